package import ProbeEngine
package import Timing
package import Wire

/// Ping's events as JSON lines, one object each, as `Schema/probe6-1.schema.json` says. The conventions hold for
/// every verb: `schema`, `event` and `time` (UTC, nanoseconds) come first, lengths of time are whole numbers whose
/// key ends in `_ns`, what is not known is absent, keys are snake_case.
package struct PingJSON: PingWriter {
  private let includesHistogram: Bool
  private var run: PingRun?

  /// - Parameter includesHistogram: the summary carries the buckets of round trips.
  package init(includesHistogram: Bool = false) { self.includesHistogram = includesHistogram }

  package mutating func begin(_ run: PingRun, at now: Instant, wall: WallClock, into out: inout OutputBuffer)
  {
    self.run = run
    for name in run.unresolved {
      var line = line("unresolved", at: now, wall)
      line.put("target", name.name)
      line.put("error", name.reason)
      out.standardOutput.append(contentsOf: line.finished())
    }
    beginMore(0..<min(run.targets.count, PingWriting.targetsAtOnce), at: now, wall: wall, into: &out)
  }

  package mutating func beginMore(
    _ targets: Range<Int>, at now: Instant, wall: WallClock, into out: inout OutputBuffer
  ) {
    guard let run else { return }
    for target in targets {
      var line = line("start", at: now, wall)
      line.put("verb", "ping")
      put(target: target, into: &line)
      line.put("source", ifKnown: run.source)
      line.put("interface", ifKnown: run.interface)
      if run.hasPayload { line.put("payload_bytes", Int64(run.payloadLength)) }
      line.put("identifier", UInt64(run.identifier))
      if let label = run.flowLabel { line.put("flow_label", UInt64(label)) }
      line.put("path", run.path.rawValue)
      line.put("arrival", run.arrival.rawValue)
      if !run.pathNotes.isEmpty {
        line.array("path_notes", run.pathNotes) { note, octets in Self.quote(note.utf8, into: &octets) }
      }
      line.put("version", run.version)
      out.standardOutput.append(contentsOf: line.finished())
    }
  }

  package func nameWanted(by event: PingEvent) -> (address: IPv6Address, zone: UInt32)? { nil }

  package mutating func write(
    _ event: PingEvent, wall: WallClock, name: String?, into out: inout OutputBuffer
  ) {
    var line: JSONLine
    switch event {
    case .sent(let probe):
      line = self.line("sent", at: probe.sentAt, wall)
      put(target: probe.target, into: &line)
      line.put("seq", probe.sequence)
      line.put("bytes", Int64(probe.octets))
      line.put("schedule_error_ns", (probe.sentAt - probe.scheduledAt).count)
    case .sendFailed(let failure):
      line = self.line("send_failed", at: failure.at, wall)
      put(target: failure.target, into: &line)
      line.put("seq", failure.sequence)
      line.put("errno", Int64(failure.errno))
      line.put("error", ifKnown: ErrnoText.name(failure.errno))
      line.put("message", ErrnoText.text(failure.errno))
      if let mtu = failure.mtu { line.put("mtu", UInt64(mtu)) }
    case .reply(let reply): line = self.line("reply", reply, wall)
    case .late(let reply): line = self.line("late", reply, wall)
    case .duplicate(let reply): line = self.line("duplicate", reply, wall)
    case .corrupted(let reply, let corruption):
      line = self.line("corrupted", reply, wall)
      line.put("offset", Int64(corruption.offset))
      if let expected = corruption.expected { line.put("expected", UInt64(expected)) }
      if let received = corruption.received { line.put("received", UInt64(received)) }
      line.put("truncated", corruption.isTruncated)
    case .icmpError(let error): line = self.line(error, wall)
    case .lost(let probe): line = self.line("lost", probe, wall)
    case .noAnswerYet(let probe): line = self.line("outstanding", probe, wall)
    case .rejected(let rejection): line = self.line(rejection, wall)
    case .gap(let gap):
      line = self.line("gap", at: gap.at, wall)
      line.put("length_ns", gap.length.count)
      line.put("skipped", Int64(gap.skipped))
    }
    out.standardOutput.append(contentsOf: line.finished())
  }

  package mutating func writeSnapshot(
    _ summaries: [PingSummary], at now: Instant, wall: WallClock, into out: inout OutputBuffer
  ) {
    for summary in summaries { put(summary, "snapshot", now, wall, into: &out) }
  }

  package mutating func end(
    _ summaries: [PingSummary], at now: Instant, wall: WallClock, into out: inout OutputBuffer
  ) {
    for summary in summaries { put(summary, "summary", now, wall, into: &out) }
  }

  // MARK: - Lines

  private func line(_ event: String, at instant: Instant, _ wall: WallClock) -> JSONLine {
    var line = JSONLine()
    line.put("schema", "probe6/1")
    line.put("event", event)
    line.put("time", time: wall.nanoseconds(at: instant))
    return line
  }

  private func line(_ event: String, _ reply: PingReply, _ wall: WallClock) -> JSONLine {
    var line = line(event, at: reply.receivedAt, wall)
    put(target: reply.target, into: &line)
    line.put("source", reply.source, zone: reply.sourceZone, names: names)
    put(interface: reply.interface, into: &line)
    line.put("seq", reply.sequence)
    line.put("bytes", Int64(reply.octets))
    if let hopLimit = reply.hopLimit { line.put("hop_limit", UInt64(hopLimit)) }
    if let trafficClass = reply.trafficClass { line.put("traffic_class", UInt64(trafficClass)) }
    put(reply.roundTrip, reply.roundTripSource, into: &line)
    if let hostTransmit = reply.hostTransmit { line.put("host_tx_ns", hostTransmit.count) }
    if let hostReceive = reply.hostReceive { line.put("host_rx_ns", hostReceive.count) }
    if reply.isFromAnotherHost { line.put("from_another_host", true) }
    if let answer = reply.answer { line.object("answer") { Self.put(answer, into: &$0) } }
    return line
  }

  private func line(_ error: PingError, _ wall: WallClock) -> JSONLine {
    var line = line("icmp_error", at: error.receivedAt, wall)
    put(target: error.target, into: &line)
    put(interface: error.interface, into: &line)
    line.put("seq", error.sequence)
    line.put("type", UInt64(error.type))
    line.put("code", UInt64(error.code))
    line.put("name", ifKnown: ICMPv6ErrorText.name(type: error.type, code: error.code))
    line.put("from", error.source, zone: error.sourceZone, names: names)
    if error.type == 2 { line.put("mtu", UInt64(error.info)) }
    if error.type == 4 { line.put("pointer", UInt64(error.info)) }
    if let hopLimit = error.hopLimit { line.put("hop_limit", UInt64(hopLimit)) }
    put(error.roundTrip, error.roundTripSource, into: &line)
    if error.isExtra { line.put("extra", true) }
    return line
  }

  private func line(_ event: String, _ probe: LostProbe, _ wall: WallClock) -> JSONLine {
    var line = line(event, at: probe.at, wall)
    put(target: probe.target, into: &line)
    line.put("seq", probe.sequence)
    line.put("waited_ns", (probe.at - probe.sentAt).count)
    return line
  }

  private func line(_ rejection: Rejection, _ wall: WallClock) -> JSONLine {
    var line = line("rejected", at: rejection.at, wall)
    if let reply = rejection.reply { put(target: reply.target, into: &line) }
    line.put("reason", RejectionText.name(rejection.reason))
    line.put("source", rejection.source, zone: rejection.sourceZone, names: names)
    if let reply = rejection.reply {
      put(interface: reply.interface, into: &line)
      line.put("seq", reply.sequence)
      line.put("bytes", Int64(reply.octets))
    }
    line.put("type", UInt64(rejection.type))
    return line
  }

  private func put(
    _ summary: PingSummary, _ event: String, _ now: Instant, _ wall: WallClock, into out: inout OutputBuffer
  ) {
    var line = line(event, at: now, wall)
    line.put("verb", "ping")
    put(target: summary.target, into: &line)
    PingJSONSummary.put(summary, includesHistogram: includesHistogram, into: &line)
    out.standardOutput.append(contentsOf: line.finished())
  }

  // MARK: - Parts of lines

  private var names: InterfaceNames { run?.interfaceNames ?? [:] }

  private func put(target index: Int, into line: inout JSONLine) {
    guard let run, run.targets.indices.contains(index) else { return }
    line.put("target", run.targets[index].name)
    line.put("destination", run.targets[index].address)
  }

  private func put(interface index: UInt32, into line: inout JSONLine) {
    if index != 0 { line.put("interface", names[index] ?? String(index)) }
  }

  private func put(_ roundTrip: Nanoseconds?, _ source: RoundTripSource, into line: inout JSONLine) {
    guard let roundTrip else { return }
    line.put("rtt_ns", roundTrip.count)
    line.put("rtt_source", RoundTripText.name(source))
  }

  private static func put(_ answer: PingReply.Answer, into line: inout JSONLine) {
    switch answer {
    case .names(let names):
      line.put("kind", "names")
      line.array("names", names) { name, octets in quote(name, into: &octets) }
    case .ipv6Addresses(let addresses):
      line.put("kind", "ipv6_addresses")
      line.array("addresses", addresses) { address, octets in
        octets.put(0x22)
        octets.put(address)
        octets.put(0x22)
      }
    case .ipv4Addresses(let addresses):
      line.put("kind", "ipv4_addresses")
      line.array("addresses", addresses) { address, octets in
        octets.put(0x22)
        octets.put(ipv4: address)
        octets.put(0x22)
      }
    case .refused: line.put("kind", "refused")
    case .unknownQueryType: line.put("kind", "unknown_query_type")
    case .unknownCode(let code):
      line.put("kind", "unknown_code")
      line.put("code", UInt64(code))
    case .malformed: line.put("kind", "malformed")
    case .interfaceStatus(let code, let state, let isActive, let hasIPv4, let hasIPv6):
      line.put("kind", "interface_status")
      line.put("code", UInt64(code))
      line.put("state", UInt64(state))
      line.put("active", isActive)
      line.put("ipv4", hasIPv4)
      line.put("ipv6", hasIPv6)
    }
  }

  private static func quote(_ text: some Sequence<UInt8>, into octets: inout [UInt8]) {
    octets.put(0x22)
    Escape.json(text, into: &octets)
    octets.put(0x22)
  }
}
