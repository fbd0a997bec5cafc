package import ProbeEngine
package import Timing
package import Wire

/// `probe6 ping` for people: one line per event, every verdict by its name, and a summary whose parts add up.
package struct PingText: PingWriter {
  private let options: PingTextOptions
  private var run: PingRun?
  private var table = PingTextTable()

  package init(options: PingTextOptions) { self.options = options }

  package mutating func begin(_ run: PingRun, at now: Instant, wall: WallClock, into out: inout OutputBuffer)
  {
    self.run = run
    if let first = run.targets.first {
      out.standardOutput.put("ping ")
      if run.isSeveral {
        out.standardOutput.put(decimal: run.targets.count)
        out.standardOutput.put(run.targets.count == 1 ? " target" : " targets")
      } else {
        Self.putName(of: first, into: &out.standardOutput)
      }
      if let source = run.source {
        out.standardOutput.put(" from ")
        Escape.text(source, into: &out.standardOutput)
      }
      if let interface = run.interface {
        out.standardOutput.put(" on ")
        Escape.text(interface, into: &out.standardOutput)
      }
      if run.hasPayload {
        out.standardOutput.put(", ")
        out.standardOutput.put(decimal: run.payloadLength)
        out.standardOutput.put(" octets of payload")
      }
      if let label = run.flowLabel {
        out.standardOutput.put(", flow label 0x")
        out.standardOutput.put(hexadecimal: UInt64(label), width: 5)
      }
      out.standardOutput.put("\n")
    }
    if options.isVerbose { putPath(run, into: &out.standardOutput) }
  }

  package func nameWanted(by event: PingEvent) -> (address: IPv6Address, zone: UInt32)? {
    guard !options.isQuiet, !options.isNumeric else { return nil }
    switch event {
    case .icmpError(let error): return (error.source, error.sourceZone)
    case .reply(let reply), .late(let reply), .duplicate(let reply), .corrupted(let reply, _):
      guard let run, run.targets.indices.contains(reply.target) else { return nil }
      // Where the target was asked for by name, its own address needs no other one.
      return AddressText.isMulticast(run.targets[reply.target].address)
        ? (reply.source, reply.sourceZone) : nil
    case .sent, .sendFailed, .lost, .noAnswerYet, .rejected, .gap: return nil
    }
  }

  package mutating func write(
    _ event: PingEvent, wall: WallClock, name: String?, into out: inout OutputBuffer
  ) {
    guard !options.isQuiet else { return }
    switch event {
    case .sent(let probe):
      guard options.isVerbose else { return }
      begin(probe.target, probe.sentAt, wall, into: &out.standardOutput)
      put(sequence: probe.sequence, into: &out.standardOutput)
      out.standardOutput.put(" sent, ")
      put(microseconds: (probe.sentAt - probe.scheduledAt).count, into: &out.standardOutput)
      out.standardOutput.put(" after its time\n")
    case .sendFailed(let failure): put(failure, wall, into: &out.standardOutput)
    case .reply(let reply): put(reply, "", wall, name, into: &out.standardOutput)
    case .late(let reply): put(reply, ", late", wall, name, into: &out.standardOutput)
    case .duplicate(let reply):
      let mark = reply.isFromAnotherHost ? ", one more host" : ", duplicate"
      put(reply, mark, wall, name, into: &out.standardOutput)
    case .corrupted(let reply, let corruption):
      put(reply, Self.text(corruption), wall, name, into: &out.standardOutput)
    case .icmpError(let error): put(error, wall, name, into: &out.standardOutput)
    case .lost(let probe):
      begin(probe.target, probe.at, wall, into: &out.standardOutput)
      put(sequence: probe.sequence, into: &out.standardOutput)
      out.standardOutput.put(" lost, no answer in ")
      out.standardOutput.put(milliseconds: (probe.at - probe.sentAt).count)
      out.standardOutput.put(" ms\n")
    case .noAnswerYet(let probe):
      begin(probe.target, probe.at, wall, into: &out.standardOutput)
      put(sequence: probe.sequence, into: &out.standardOutput)
      out.standardOutput.put(" not answered yet\n")
    case .rejected(let rejection):
      guard options.isVerbose else { return }
      put(rejection, wall, into: &out.standardOutput)
    case .gap(let gap):
      begin(nil, gap.at, wall, into: &out.standardOutput)
      out.standardOutput.put("gap: this process did not run for ")
      out.standardOutput.put(milliseconds: gap.length.count)
      out.standardOutput.put(" ms; probes left out: ")
      out.standardOutput.put(decimal: gap.skipped)
      out.standardOutput.put("\n")
    }
  }

  package mutating func writeSnapshot(
    _ summaries: [PingSummary], at now: Instant, wall: WallClock, into out: inout OutputBuffer
  ) {
    for summary in summaries {
      begin(summary.target, now, wall, into: &out.standardError)
      PingTextSummary(options, summary).putLine(into: &out.standardError)
    }
  }

  package mutating func end(
    _ summaries: [PingSummary], at now: Instant, wall: WallClock, into out: inout OutputBuffer
  ) {
    guard let run, run.isSeveral else {
      for summary in summaries { putBlock(summary, into: &out.standardOutput) }
      return
    }
    // What one row has no room for.
    let isInFull = options.isVerbose || options.showsHistogram || options.showsTiming
    if !isInFull { table.begin(run, into: &out.standardOutput) }
    for summary in summaries {
      table.add(summary)
      if isInFull {
        putBlock(summary, into: &out.standardOutput)
      } else {
        table.put(summary, run, into: &out.standardOutput)
      }
    }
    if table.count == run.targets.count {
      table.end(run, rows: !isInFull, options, into: &out.standardOutput)
    }
  }

  private func putBlock(_ summary: PingSummary, into out: inout [UInt8]) {
    out.put("\n")
    if let run, run.targets.indices.contains(summary.target) {
      Self.putName(of: run.targets[summary.target], into: &out)
      out.put("\n")
    }
    PingTextSummary(options, summary).put(into: &out)
  }

  // MARK: - Lines

  private func put(
    _ reply: PingReply, _ mark: String, _ wall: WallClock, _ name: String?, into out: inout [UInt8]
  ) {
    begin(reply.target, reply.receivedAt, wall, into: &out)
    put(sequence: reply.sequence, into: &out)
    out.put(" from ")
    put(host: reply.source, reply.sourceZone, name, into: &out)
    out.put(", ")
    out.put(decimal: reply.octets)
    out.put(" octets")
    if let hopLimit = reply.hopLimit {
      out.put(", hop limit ")
      out.put(decimal: UInt64(hopLimit))
    }
    if let answer = reply.answer { PingTextAnswer.put(answer, into: &out) }
    if let roundTrip = reply.roundTrip {
      out.put(", rtt ")
      out.put(milliseconds: roundTrip.count)
      out.put(" ms")
      if options.showsTiming { putParts(of: reply, roundTrip, into: &out) }
    }
    out.put(mark)
    out.put("\n")
  }

  /// In microseconds with three decimals, so that what is shown adds up to the nanosecond.
  private func putParts(of reply: PingReply, _ roundTrip: Nanoseconds, into out: inout [UInt8]) {
    guard reply.roundTripSource != .user else {
      out.put(" (user to user)")
      return
    }
    var total = roundTrip
    out.put(" (")
    if let hostTransmit = reply.hostTransmit {
      out.put("host tx ")
      out.put(thousandths: hostTransmit.count)
      out.put(" + ")
      total = total + hostTransmit
    }
    out.put("wire ")
    out.put(thousandths: roundTrip.count)
    if let hostReceive = reply.hostReceive {
      out.put(" + host rx ")
      out.put(thousandths: hostReceive.count)
      total = total + hostReceive
    }
    out.put(" = ")
    put(microseconds: total.count, into: &out)
    out.put(")")
  }

  private static func text(_ corruption: Corruption) -> String {
    if corruption.isTruncated { return ", corrupted: payload ends after \(corruption.payload.count) octets" }
    guard let expected = corruption.expected, let received = corruption.received else {
      return ", corrupted: octets that were not sent from offset \(corruption.offset) on"
    }
    return ", corrupted: octet \(corruption.offset) of the payload is \(received), was sent as \(expected)"
  }

  private func put(
    _ error: PingError, _ wall: WallClock, _ name: String?, into out: inout [UInt8]
  ) {
    begin(error.target, error.receivedAt, wall, into: &out)
    put(sequence: error.sequence, into: &out)
    out.put(" from ")
    put(host: error.source, error.sourceZone, name, into: &out)
    out.put(", ")
    ICMPv6ErrorText.put(type: error.type, code: error.code, into: &out)
    if error.type == 2 {
      out.put(", mtu ")
      out.put(decimal: UInt64(error.info))
      // RFC 8201 §4: a node takes no notice of such a value.
      if error.info < 1280 { out.put(" (not valid: below 1280)") }
    }
    if error.type == 4 {
      out.put(", pointer ")
      out.put(decimal: UInt64(error.info))
    }
    if let hopLimit = error.hopLimit {
      out.put(", hop limit ")
      out.put(decimal: UInt64(hopLimit))
    }
    if let roundTrip = error.roundTrip {
      out.put(", after ")
      out.put(milliseconds: roundTrip.count)
      out.put(" ms")
    }
    if error.isExtra { out.put(", one more") }
    out.put("\n")
  }

  private func put(_ failure: SendFailure, _ wall: WallClock, into out: inout [UInt8]) {
    begin(failure.target, failure.at, wall, into: &out)
    put(sequence: failure.sequence, into: &out)
    out.put(" not sent, ")
    if let name = ErrnoText.name(failure.errno) {
      out.put(name)
      out.put(": ")
    }
    out.put(ErrnoText.text(failure.errno))
    if let mtu = failure.mtu {
      out.put(", mtu ")
      out.put(decimal: UInt64(mtu))
    }
    out.put("\n")
  }

  private func put(_ rejection: Rejection, _ wall: WallClock, into out: inout [UInt8]) {
    begin(rejection.reply?.target, rejection.at, wall, into: &out)
    out.put("not believed: ICMPv6 type ")
    out.put(decimal: UInt64(rejection.type))
    out.put(" from ")
    put(host: rejection.source, rejection.sourceZone, nil, into: &out)
    if let reply = rejection.reply {
      out.put(", ")
      put(sequence: reply.sequence, into: &out)
    }
    out.put(", ")
    out.put(RejectionText.text(rejection.reason))
    out.put("\n")
  }

  private func putPath(_ run: PingRun, into out: inout [UInt8]) {
    out.put("identifier ")
    out.put(decimal: UInt64(run.identifier))
    out.put(", ")
    out.put(run.path.rawValue)
    out.put(" socket, replies by ")
    out.put(run.arrival.rawValue)
    out.put("\n")
    for note in run.pathNotes {
      Escape.text(note, into: &out)
      out.put("\n")
    }
  }

  // MARK: - Parts of lines

  /// Time and target, where they are wanted.
  private func begin(_ target: Int?, _ instant: Instant, _ wall: WallClock, into out: inout [UInt8]) {
    if options.showsTimestamps {
      WallTime(nanosecondsSinceEpoch: wall.nanoseconds(at: instant)).put(into: &out)
      out.put(" ")
    }
    guard let run, run.isSeveral, let target, run.targets.indices.contains(target) else { return }
    if run.asksAllAddresses {
      Self.putName(of: run.targets[target], into: &out)
    } else {
      Escape.text(run.targets[target].name, into: &out)
    }
    out.put(": ")
  }

  private func put(sequence: UInt64, into out: inout [UInt8]) {
    out.put("seq ")
    out.put(decimal: sequence)
  }

  private func put(host: IPv6Address, _ zone: UInt32, _ name: String?, into out: inout [UInt8]) {
    if let name {
      Escape.text(name, into: &out)
      out.put(" (")
    }
    out.put(host, zone: zone, names: run?.interfaceNames ?? [:])
    if name != nil { out.put(")") }
  }

  private func put(microseconds nanoseconds: Int64, into out: inout [UInt8]) {
    out.put(thousandths: nanoseconds)
    out.put(options.isUTF8 ? " µs" : " us")
  }

  static func putName(of target: PingRun.Target, into out: inout [UInt8]) {
    Escape.text(target.name, into: &out)
    guard target.name != target.address else { return }
    out.put(" (")
    Escape.text(target.address, into: &out)
    out.put(")")
  }
}
