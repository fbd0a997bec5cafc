package import ProbeEngine
package import Timing
package import Wire

/// Ping's events as comma-separated values: one header record, then one record per event with always the same
/// fields, empty where there is nothing to say. Field names and meanings are those of the JSON lines. As RFC 4180
/// has it, except that records end in a line feed, as Unix tools expect. Text is escaped as for people, and a
/// field that a spreadsheet would take for a formula begins with `'` (`Escape.csv`).
package struct PingCSV: PingWriter {
  private var run: PingRun?

  package init() {}

  package mutating func begin(_ run: PingRun, at now: Instant, wall: WallClock, into out: inout OutputBuffer)
  {
    self.run = run
    for (index, field) in PingCSVField.allCases.enumerated() {
      if index > 0 { out.standardOutput.put(0x2c) }
      out.standardOutput.put(field.name)
    }
    out.standardOutput.put(0x0a)
    for name in run.unresolved {
      var record = record("unresolved", nil, at: now, wall)
      record.put(.target, name.name)
      record.put(.error, name.reason)
      record.end(into: &out.standardOutput)
    }
    beginMore(0..<min(run.targets.count, PingWriting.targetsAtOnce), at: now, wall: wall, into: &out)
  }

  package mutating func beginMore(
    _ targets: Range<Int>, at now: Instant, wall: WallClock, into out: inout OutputBuffer
  ) {
    guard let run else { return }
    for target in targets {
      var record = record("start", target, at: now, wall)
      record.put(.source, run.source)
      record.put(.interface, run.interface)
      if run.hasPayload { record.put(.bytes, Int64(run.payloadLength)) }
      record.end(into: &out.standardOutput)
    }
  }

  package func nameWanted(by event: PingEvent) -> (address: IPv6Address, zone: UInt32)? { nil }

  package mutating func write(
    _ event: PingEvent, wall: WallClock, name: String?, into out: inout OutputBuffer
  ) {
    var record: PingCSVRecord
    switch event {
    case .sent(let probe):
      record = self.record("sent", probe.target, at: probe.sentAt, wall)
      record.put(.sequence, probe.sequence)
      record.put(.bytes, Int64(probe.octets))
      record.put(.scheduleError, (probe.sentAt - probe.scheduledAt).count)
    case .sendFailed(let failure):
      record = self.record("send_failed", failure.target, at: failure.at, wall)
      record.put(.sequence, failure.sequence)
      record.put(.errno, Int64(failure.errno))
      record.put(.error, ErrnoText.name(failure.errno))
      if let mtu = failure.mtu { record.put(.mtu, UInt64(mtu)) }
    case .reply(let reply): record = self.record("reply", reply, wall)
    case .late(let reply): record = self.record("late", reply, wall)
    case .duplicate(let reply): record = self.record("duplicate", reply, wall)
    case .corrupted(let reply, let corruption):
      record = self.record("corrupted", reply, wall)
      record.put(.offset, Int64(corruption.offset))
    case .icmpError(let error): record = self.record(error, wall)
    case .lost(let probe): record = self.record("lost", probe, wall)
    case .noAnswerYet(let probe): record = self.record("outstanding", probe, wall)
    case .rejected(let rejection):
      record = self.record("rejected", rejection.reply?.target, at: rejection.at, wall)
      record.put(.source, address: rejection.source, zone: rejection.sourceZone, names: names)
      if let reply = rejection.reply {
        put(interface: reply.interface, into: &record)
        record.put(.sequence, reply.sequence)
        record.put(.bytes, Int64(reply.octets))
      }
      record.put(.type, UInt64(rejection.type))
      record.put(.reason, RejectionText.name(rejection.reason))
    case .gap(let gap):
      record = self.record("gap", nil, at: gap.at, wall)
      record.put(.length, gap.length.count)
      record.put(.skipped, Int64(gap.skipped))
    }
    record.end(into: &out.standardOutput)
  }

  package mutating func writeSnapshot(
    _ summaries: [PingSummary], at now: Instant, wall: WallClock, into out: inout OutputBuffer
  ) {
    for summary in summaries { put("snapshot", summary, now, wall, into: &out) }
  }

  package mutating func end(
    _ summaries: [PingSummary], at now: Instant, wall: WallClock, into out: inout OutputBuffer
  ) {
    for summary in summaries { put("summary", summary, now, wall, into: &out) }
  }

  // MARK: - Records

  private var names: InterfaceNames { run?.interfaceNames ?? [:] }

  private func record(_ event: String, _ target: Int?, at instant: Instant, _ wall: WallClock)
    -> PingCSVRecord
  {
    var record = PingCSVRecord(time: wall.nanoseconds(at: instant), event: event)
    if let run, let target, run.targets.indices.contains(target) {
      record.put(.target, run.targets[target].name)
      record.put(.destination, run.targets[target].address)
    }
    return record
  }

  private func record(_ event: String, _ reply: PingReply, _ wall: WallClock) -> PingCSVRecord {
    var record = record(event, reply.target, at: reply.receivedAt, wall)
    record.put(.source, address: reply.source, zone: reply.sourceZone, names: names)
    put(interface: reply.interface, into: &record)
    record.put(.sequence, reply.sequence)
    record.put(.bytes, Int64(reply.octets))
    if let hopLimit = reply.hopLimit { record.put(.hopLimit, UInt64(hopLimit)) }
    if let answer = reply.answer {
      var text: [UInt8] = []
      PingTextAnswer.put(answer, into: &text)
      // Without the comma that joins it to a line.
      record.put(.answer, String(decoding: text.dropFirst(2), as: UTF8.self))
    }
    put(reply.roundTrip, reply.roundTripSource, into: &record)
    if let hostTransmit = reply.hostTransmit { record.put(.hostTransmit, hostTransmit.count) }
    if let hostReceive = reply.hostReceive { record.put(.hostReceive, hostReceive.count) }
    return record
  }

  private func record(_ error: PingError, _ wall: WallClock) -> PingCSVRecord {
    var record = record("icmp_error", error.target, at: error.receivedAt, wall)
    record.put(.source, address: error.source, zone: error.sourceZone, names: names)
    put(interface: error.interface, into: &record)
    record.put(.sequence, error.sequence)
    if let hopLimit = error.hopLimit { record.put(.hopLimit, UInt64(hopLimit)) }
    put(error.roundTrip, error.roundTripSource, into: &record)
    record.put(.type, UInt64(error.type))
    record.put(.code, UInt64(error.code))
    record.put(.name, ICMPv6ErrorText.name(type: error.type, code: error.code))
    if error.type == 2 { record.put(.mtu, UInt64(error.info)) }
    if error.type == 4 { record.put(.pointer, UInt64(error.info)) }
    return record
  }

  private func record(_ event: String, _ probe: LostProbe, _ wall: WallClock) -> PingCSVRecord {
    var record = record(event, probe.target, at: probe.at, wall)
    record.put(.sequence, probe.sequence)
    record.put(.waited, (probe.at - probe.sentAt).count)
    return record
  }

  private func put(
    _ event: String, _ summary: PingSummary, _ now: Instant, _ wall: WallClock, into out: inout OutputBuffer
  ) {
    var record = record(event, summary.target, at: now, wall)
    record.put(.attempted, summary.attempted)
    record.put(.sent, summary.sent)
    record.put(.replied, summary.replied)
    record.put(.corrupted, summary.corrupted)
    record.put(.late, summary.late)
    record.put(.icmpErrors, summary.icmpErrors)
    record.put(.lost, summary.lost)
    record.put(.sendFailed, summary.sendFailed)
    record.put(.inFlight, summary.inFlight)
    record.put(.duplicates, summary.duplicates)
    record.put(.reordered, summary.reordered)
    record.put(.rejected, summary.rejected)
    if let times = summary.roundTrip {
      record.put(.minimum, times.minimum.count)
      record.put(.mean, times.mean.count)
      record.put(.maximum, times.maximum.count)
      record.put(.mdev, times.mdev.count)
      record.put(.p50, times.p50.count)
      record.put(.p90, times.p90.count)
      record.put(.p95, times.p95.count)
      record.put(.p99, times.p99.count)
      record.put(.p999, times.p999.count)
    }
    if let jitter = summary.jitter { record.put(.jitter, jitter.count) }
    if let error = summary.scheduleError {
      record.put(.scheduleErrorP50, error.p50.count)
      record.put(.scheduleErrorP99, error.p99.count)
      record.put(.scheduleErrorMaximum, error.maximum.count)
    }
    record.end(into: &out.standardOutput)
  }

  private func put(interface index: UInt32, into record: inout PingCSVRecord) {
    if index != 0 { record.put(.interface, names[index] ?? String(index)) }
  }

  private func put(_ roundTrip: Nanoseconds?, _ source: RoundTripSource, into record: inout PingCSVRecord) {
    guard let roundTrip else { return }
    record.put(.roundTrip, roundTrip.count)
    record.put(.roundTripSource, RoundTripText.name(source))
  }
}
