package import ProbeEngine
package import Timing
package import Wire

/// The `ping6` face: what iputils' ping prints, octet for octet, where iputils is right. Where it is not, this is
/// on purpose different: sequences in ICMPv6 errors have all their 16 bits, loss is never negative, a run whose
/// replies could not be timed has no rtt line, probes that never left are not "transmitted", and with `-f` a
/// duplicate does not take away the dot of a lost probe.
package struct IputilsText: PingWriter {
  private let options: IputilsTextOptions
  private var run: PingRun?
  /// Of the address asked: another source is no wonder then.
  private var isMulticast = false
  private var isSubnetRouterAnycast = false
  /// Probes without a verdict yet; counted for flood dots only.
  private var inFlight = 0
  /// The text of the address that was printed last: most runs hear one host only.
  private var lastHost: (address: IPv6Address, zone: UInt32, name: String?, text: [UInt8])?

  package init(options: IputilsTextOptions) { self.options = options }

  package mutating func begin(_ run: PingRun, at now: Instant, wall: WallClock, into out: inout OutputBuffer)
  {
    self.run = run
    if !options.pattern.isEmpty, !options.isQuiet {
      out.standardOutput.put("PATTERN: 0x")
      for octet in options.pattern { out.standardOutput.put(hexadecimal: UInt64(octet), width: 2) }
      out.standardOutput.put("\n")
    }
    guard let target = run.targets.first else { return }
    isMulticast = AddressText.isMulticast(target.address)
    isSubnetRouterAnycast = AddressText.isSubnetRouterAnycast(target.address)
    header(target, run, into: &out.standardOutput)
  }

  package func nameWanted(by event: PingEvent) -> (address: IPv6Address, zone: UInt32)? {
    guard !options.isQuiet, !options.isFlood, areNamesShown else { return nil }
    switch event {
    case .reply(let reply), .late(let reply), .duplicate(let reply), .corrupted(let reply, _):
      return (reply.source, reply.sourceZone)
    case .rejected(let rejection):
      guard rejection.reason == .source, let reply = rejection.reply else { return nil }
      return (reply.source, reply.sourceZone)
    case .icmpError(let error): return (error.source, error.sourceZone)
    case .sent, .sendFailed, .lost, .noAnswerYet, .gap: return nil
    }
  }

  package mutating func write(
    _ event: PingEvent, wall: WallClock, name: String?, into out: inout OutputBuffer
  ) {
    switch event {
    case .sent:
      inFlight += 1
      if options.isFlood, !options.isQuiet, inFlight < options.terminalWidth { out.standardOutput.put(0x2e) }
    case .sendFailed(let failure): sendFailed(failure, into: &out)
    case .reply(let reply):
      settle()
      answered(reply, nil, .none, wall, name, into: &out.standardOutput)
    case .corrupted(let reply, let corruption):
      settle()
      answered(reply, corruption, .none, wall, name, into: &out.standardOutput)
    case .late(let reply): answered(reply, nil, .none, wall, name, into: &out.standardOutput)
    case .duplicate(let reply): answered(reply, nil, .duplicate, wall, name, into: &out.standardOutput)
    case .icmpError(let error):
      if !error.isExtra { settle() }
      icmpError(error, wall, name, into: &out.standardOutput)
    case .lost: settle()
    case .noAnswerYet(let probe):
      timestamp(probe.at, wall, into: &out.standardOutput)
      out.standardOutput.put("no answer yet for icmp_seq=")
      out.standardOutput.put(decimal: probe.sequence & 0xffff)
      out.standardOutput.put("\n")
    case .rejected(let rejection):
      guard rejection.reason == .source, let reply = rejection.reply else { return }
      answered(reply, nil, .differentAddress, wall, name, into: &out.standardOutput)
    case .gap: return
    }
  }

  package mutating func writeSnapshot(
    _ summaries: [PingSummary], at now: Instant, wall: WallClock, into out: inout OutputBuffer
  ) {
    guard let summary = summaries.first else { return }
    IputilsStatistics(options, summary).putStatus(into: &out.standardError)
  }

  package mutating func end(
    _ summaries: [PingSummary], at now: Instant, wall: WallClock, into out: inout OutputBuffer
  ) {
    guard let summary = summaries.first else { return }
    out.standardOutput.put("\n--- ")
    Escape.text(run?.targets.first?.name ?? "", into: &out.standardOutput)
    out.standardOutput.put(" ping statistics ---\n")
    IputilsStatistics(options, summary).put(into: &out.standardOutput)
  }

  // MARK: - Lines

  private enum Mark { case none, duplicate, differentAddress }

  private var areNamesShown: Bool {
    options.areNamesForced
      || !(options.isNumeric || options.isFlood || run?.targets.first?.isNumeric ?? false)
  }

  private mutating func settle() { inFlight = max(inFlight - 1, 0) }

  private func header(_ target: PingRun.Target, _ run: PingRun, into out: inout [UInt8]) {
    out.put("PING ")
    Escape.text(target.name, into: &out)
    switch options.form {
    case .v20231222:
      out.put(" (")
      Escape.text(target.address, into: &out)
      out.put(") ")
    case .v20221126:
      out.put("(")
      if let name = target.reverseName, areNamesShown {
        Escape.text(name, into: &out)
        out.put(" (")
        Escape.text(target.address, into: &out)
        out.put(")")
      } else {
        Escape.text(target.address, into: &out)
      }
      out.put(") ")
    }
    if let label = run.flowLabel {
      out.put(", flow 0x")
      out.put(hexadecimal: UInt64(label), width: 5)
      out.put(", ")
    }
    if options.isSourceChosen || options.chosenInterface != nil {
      out.put("from ")
      Escape.text(run.source ?? "::", into: &out)
      out.put(" ")
      Escape.text(options.chosenInterface ?? "", into: &out)
      out.put(": ")
    }
    out.put(decimal: run.payloadLength)
    out.put(" data bytes\n")
  }

  private mutating func answered(
    _ reply: PingReply, _ corruption: Corruption?, _ mark: Mark, _ wall: WallClock, _ name: String?,
    into out: inout [UInt8]
  ) {
    guard !options.isQuiet else { return }
    if options.isFlood {
      // What was refused or is a duplicate answers no dot.
      guard mark == .none else { return }
      out.put("\u{8} \u{8}")
      if options.isAudible { out.put(0x07) }
      return
    }
    timestamp(reply.receivedAt, wall, into: &out)
    out.put(decimal: reply.octets)
    out.put(" bytes from ")
    host(reply.source, reply.sourceZone, name, into: &out)
    out.put(0x3a)
    if let answer = reply.answer {
      IputilsAnswer.put(answer, into: &out)
      out.put("; seq=")
      out.put(decimal: reply.sequence & 0xffff)
      out.put(";")
    } else {
      out.put(" icmp_seq=")
      out.put(decimal: reply.sequence & 0xffff)
      // iputils knows its identifier only where it chose it.
      if options.isVerbose, run?.path == .raw {
        out.put(" ident=")
        out.put(decimal: UInt64(reply.identifier))
      }
    }
    if let hopLimit = reply.hopLimit {
      out.put(" ttl=")
      out.put(decimal: UInt64(hopLimit))
    }
    if corruption?.isTruncated ?? false {
      out.put(" (truncated)\n")
      return
    }
    if options.isTimingShown, let roundTrip = reply.roundTrip {
      out.put(" time=")
      let time = roundedMicroseconds(roundTrip.count)
      IputilsNumber.put(microseconds: time, isPrecise: options.isPrecise, into: &out)
      out.put(" ms")
    }
    switch mark {
    case .none: break
    case .duplicate: if !isMulticast || options.isVerbose { out.put(" (DUP!)") }
    case .differentAddress: if !isMulticast, !isSubnetRouterAnycast { out.put(" (DIFFERENT ADDRESS!)") }
    }
    if let corruption { wrongData(corruption, into: &out) }
    if options.isAudible { out.put(0x07) }
    out.put(0x0a)
  }

  /// The rows begin at octet 16, after the time stamp, and hold 32 octets each.
  private func wrongData(_ corruption: Corruption, into out: inout [UInt8]) {
    guard let expected = corruption.expected, let received = corruption.received else { return }
    out.put("\nwrong data byte #")
    out.put(decimal: corruption.offset)
    out.put(" should be 0x")
    out.put(hexadecimal: UInt64(expected))
    out.put(" but was 0x")
    out.put(hexadecimal: UInt64(received))
    for (offset, octet) in corruption.payload.prefix(run?.payloadLength ?? .max).enumerated().dropFirst(16) {
      if offset % 32 == 16 {
        out.put("\n#")
        out.put(decimal: offset)
        out.put(0x09)
      }
      out.put(hexadecimal: UInt64(octet))
      out.put(0x20)
    }
  }

  private mutating func icmpError(
    _ error: PingError, _ wall: WallClock, _ name: String?, into out: inout [UInt8]
  ) {
    guard !options.isQuiet else { return }
    if options.isFlood {
      if !error.isExtra { out.put("\u{8}E") }
      return
    }
    timestamp(error.receivedAt, wall, into: &out)
    out.put("From ")
    host(error.source, error.sourceZone, name, into: &out)
    out.put(" icmp_seq=")
    out.put(decimal: error.sequence & 0xffff)
    out.put(0x20)
    IputilsErrorText.put(
      type: error.type, code: error.code, info: error.info, form: options.form, into: &out)
    out.put(0x0a)
  }

  private func sendFailed(_ failure: SendFailure, into out: inout OutputBuffer) {
    guard !options.isQuiet else { return }
    if options.isFlood {
      out.standardOutput.put(0x45)
      return
    }
    if options.form == .v20221126, let mtu = failure.mtu {
      out.standardError.put("ping: local error: message too long, mtu: ")
      out.standardError.put(decimal: UInt64(mtu))
    } else {
      out.standardError.put("ping: sendmsg: ")
      out.standardError.put(ErrnoText.text(failure.errno))
    }
    out.standardError.put(0x0a)
  }

  // MARK: - Parts of lines

  private func timestamp(_ instant: Instant, _ wall: WallClock, into out: inout [UInt8]) {
    guard options.showsTimestamps else { return }
    let nanoseconds = UInt64(max(wall.nanoseconds(at: instant), 0))
    out.put(0x5b)
    out.put(decimal: nanoseconds / 1_000_000_000)
    out.put(0x2e)
    out.put(decimal: nanoseconds / 1_000 % 1_000_000, width: 6)
    out.put("] ")
  }

  private mutating func host(
    _ address: IPv6Address, _ zone: UInt32, _ name: String?, into out: inout [UInt8]
  ) {
    if let last = lastHost, last.address == address, last.zone == zone, last.name == name {
      out.append(contentsOf: last.text)
      return
    }
    var text: [UInt8] = []
    if let name {
      Escape.text(name, into: &text)
      text.put(" (")
    }
    text.put(address, zone: zone, names: run?.interfaceNames ?? [:])
    if name != nil { text.put(")") }
    out.append(contentsOf: text)
    lastHost = (address, zone, name, text)
  }
}
