package import ProbeEngine
package import Timing
import Wire

/// A sampling run as JSON lines, one object each, by ping's conventions and `Schema/probe6-1.schema.json`. Points in
/// time beside `time` are nanoseconds since 1970-01-01T00:00:00Z, in keys that end in `_unix_ns`.
package struct SampleJSON: SampleWriter {
  package struct Options: Sendable {
    /// A line for each probe, and for each duplicate.
    package var includesRecords = true
    /// Changes, traces, neighbors, rejections and gaps.
    package var includesEvents = true
    /// Figures carry their histograms, so that runs can be merged and compared.
    package var includesHistograms = true
    package init() {}
  }

  private let options: Options
  private var run: SampleRun?
  /// Names of groups, escaped.
  private var groups: [[UInt8]] = []

  package init(options: Options = Options()) { self.options = options }

  package mutating func begin(_ run: SampleRun, at now: Instant, wall: WallClock, into out: inout [UInt8]) {
    start("start", run, at: now, wall, into: &out)
  }

  package mutating func reloaded(_ run: SampleRun, at now: Instant, wall: WallClock, into out: inout [UInt8])
  {
    start("reload", run, at: now, wall, into: &out)
  }

  package mutating func write(_ event: SampleEvent, wall: WallClock, into out: inout [UInt8]) {
    guard run != nil else { return }
    switch event {
    case .record(let record): if options.includesRecords { put("record", record, wall, into: &out) }
    case .duplicate(let record): if options.includesRecords { put("duplicate", record, wall, into: &out) }
    case .order: break
    case .change, .finding, .rejected, .gap:
      if options.includesEvents { put(other: event, wall, into: &out) }
    }
  }

  package mutating func write(_ report: borrowing SampleReport, wall: WallClock, into out: inout [UInt8]) {
    let run = report.run
    let lines = SampleJSONLines(
      time: wall.nanoseconds(at: report.summary.at), isSnapshot: !report.isLast,
      includesHistograms: options.includesHistograms)
    for group in run.configuration.groups.indices {
      let targets = run.targets(of: group)
      for target in targets where report.targets.indices.contains(target) {
        lines.putTarget(
          group: run.groupName(group), run.name(of: target), destination: run.address(of: target),
          report.targets[target], into: &out)
      }
      guard report.summary.groups.indices.contains(group) else { continue }
      lines.putGroup(
        run.groupName(group), probe: SampleNames.name(run.configuration.groups[group].probe),
        labels: run.labels.indices.contains(group) ? run.labels[group] : [], targets: targets.count,
        report.summary.groups[group], SampleJSONLines.Distributions(report.summary, group: group), into: &out)
    }
    lines.putScheduler(report.summary.scheduler, into: &out)
    for gate in report.gates {
      lines.putGate(gate, target: gate.target.flatMap { run.nameIfKnown(of: $0) }, into: &out)
    }
    lines.putSummary(SampleJSONLines.Totals(report), into: &out)
  }

  // MARK: - Lines

  private mutating func start(
    _ event: String, _ run: SampleRun, at now: Instant, _ wall: WallClock, into out: inout [UInt8]
  ) {
    self.run = run
    groups = run.configuration.groups.map { group in
      var octets: [UInt8] = []
      Escape.json(group.name.utf8, into: &octets)
      return octets
    }
    var line = JSONLine(sample: event, time: wall.nanoseconds(at: now), into: &out)
    SampleJSONStart.put(run, into: &line)
    line.end(into: &out)
  }

  private func put(_ event: String, _ record: SampleRecord, _ wall: WallClock, into out: inout [UInt8]) {
    var line = JSONLine(sample: event, time: wall.nanoseconds(at: record.at), into: &out)
    put(target: record.target, group: record.group, address: record.address, into: &line)
    line.put("seq", record.sequence)
    line.put("number", record.number)
    line.put("outcome", SampleNames.name(record.outcome))
    if let answer = SampleNames.name(record.answer) { line.put("answer", answer) }
    if record.isWarmup { line.put("warmup", true) }
    if record.octets > 0 { line.put("bytes", Int64(record.octets)) }
    line.put("scheduled_unix_ns", wall.nanoseconds(at: record.scheduledAt))
    line.put("sent_unix_ns", wall.nanoseconds(at: record.sentAt))
    if let stamp = record.transmittedAt { line.put("transmitted_unix_ns", wall.nanoseconds(at: stamp)) }
    if let stamp = record.receivedAt { line.put("received_unix_ns", wall.nanoseconds(at: stamp)) }
    if let roundTrip = record.roundTrip {
      line.put("rtt_ns", roundTrip.count)
      line.put("rtt_source", RoundTripText.name(record.roundTripSource))
    }
    if let hostTransmit = record.hostTransmit { line.put("host_tx_ns", hostTransmit.count) }
    if let hostReceive = record.hostReceive { line.put("host_rx_ns", hostReceive.count) }
    if let hopLimit = record.hopLimit { line.put("hop_limit", UInt64(hopLimit)) }
    if let trafficClass = record.trafficClass { line.put("traffic_class", UInt64(trafficClass)) }
    if let from = record.from {
      line.put("from", from, zone: record.fromZone, names: run?.interfaceNames ?? [:])
    }
    if record.answer == .icmpError {
      line.put("icmp_type", UInt64(record.errorType))
      line.put("icmp_code", UInt64(record.errorCode))
      line.put("icmp_name", ifKnown: ICMPv6ErrorText.name(type: record.errorType, code: record.errorCode))
      if record.errorType == 2 { line.put("mtu", UInt64(record.errorInfo)) }
      if record.errorType == 4 { line.put("pointer", UInt64(record.errorInfo)) }
    }
    if record.outcome == .sendError { line.put(sendError: record.errno) }
    line.end(into: &out)
  }

  private func put(other event: SampleEvent, _ wall: WallClock, into out: inout [UInt8]) {
    guard let run else { return }
    let parts = SampleJSONEvent(run: run)
    switch event {
    case .record, .duplicate, .order: break
    case .change(let change):
      var line = JSONLine(sample: "change", time: wall.nanoseconds(at: change.at), into: &out)
      put(target: change.target, group: change.group, address: nil, into: &line)
      parts.put(change.what, into: &line)
      line.end(into: &out)
    case .finding(let order, let finding):
      let name = if case .trace = order.act { "trace" } else { "neighbor" }
      var line = JSONLine(
        sample: name, time: wall.nanoseconds(at: parts.time(of: finding) ?? order.at), into: &out)
      put(target: order.target, group: order.group, address: order.destination.address, into: &line)
      parts.put(order, finding, wall, into: &line)
      line.end(into: &out)
    case .rejected(let rejection):
      var line = JSONLine(sample: "rejected", time: wall.nanoseconds(at: rejection.at), into: &out)
      if let reply = rejection.reply, let name = run.nameIfKnown(of: reply.target) {
        line.put("target", name)
        line.put("destination", ifKnown: run.address(of: reply.target))
      }
      line.put("reason", RejectionText.name(rejection.reason))
      line.put("source", rejection.source, zone: rejection.sourceZone, names: run.interfaceNames)
      if let reply = rejection.reply {
        line.put("seq", reply.sequence)
        line.put("bytes", Int64(reply.octets))
      }
      line.put("type", UInt64(rejection.type))
      line.end(into: &out)
    case .gap(let group, let gap):
      var line = JSONLine(sample: "gap", time: wall.nanoseconds(at: gap.at), into: &out)
      if groups.indices.contains(group) { line.put("group", escaped: groups[group]) }
      line.put("length_ns", gap.length.count)
      line.put("skipped", Int64(gap.skipped))
      line.end(into: &out)
    }
  }

  /// `group`, `target`, and `destination` where there is an address.
  private func put(target index: Int, group: Int, address: IPv6Address?, into line: inout JSONLine) {
    if groups.indices.contains(group) { line.put("group", escaped: groups[group]) }
    guard let run, run.configuration.targets.indices.contains(index) else { return }
    let target = run.configuration.targets[index]
    if let name = run.names[index] {
      line.put("target", name)
    } else {
      line.put("target", target.address, zone: target.zone, names: run.interfaceNames)
    }
    let address = address ?? target.address
    if address != .unspecified {
      line.put(
        "destination", address, zone: address == target.address ? target.zone : 0, names: run.interfaceNames)
    }
  }
}

extension JSONLine {
  /// `errno`, `error` and `message` of what never left; 0 stands for a name without an address.
  mutating func put(sendError errno: Int32) {
    put("errno", Int64(errno))
    put("error", ifKnown: ErrnoText.name(errno))
    put("message", errno == 0 ? "the name has no address" : ErrnoText.text(errno))
  }
}

extension SampleJSONLines.Distributions {
  /// A group's.
  init(_ summary: SampleSummary, group: Int) {
    self.init()
    if summary.hostTransmit.indices.contains(group) { hostTransmit = summary.hostTransmit[group] }
    if summary.hostReceive.indices.contains(group) { hostReceive = summary.hostReceive[group] }
    if summary.delayVariation.indices.contains(group) { delayVariation = summary.delayVariation[group] }
    if summary.fromSchedule.indices.contains(group) { fromSchedule = summary.fromSchedule[group] }
  }
}

extension SampleJSONLines.Totals {
  init(_ report: borrowing SampleReport) {
    self.init()
    groups = report.run.configuration.groups.count
    targets = report.run.configuration.targets.count
    duration = report.summary.at - report.summary.startedAt
    figures = SampleFigures(sumOf: report.summary.groups)
    missed = report.summary.scheduler.missed
    rejected = report.summary.rejected
    stray = report.summary.stray
    gates = report.gates.count
    failedGates = report.gates.count { !$0.held }
    isInterrupted = report.isInterrupted
  }
}

extension SampleFigures {
  /// Only the counts of outcomes.
  init(sumOf figures: some Sequence<SampleFigures>) {
    self.init()
    for part in figures {
      attempted &+= part.attempted
      ok &+= part.ok
      late &+= part.late
      lost &+= part.lost
      icmpErrors &+= part.icmpErrors
      sendErrors &+= part.sendErrors
      inFlight &+= part.inFlight
      warmup &+= part.warmup
    }
  }
}

extension SampleRun {
  /// The target's address with its zone; nil where a name has none.
  func address(of target: Int) -> String? {
    guard configuration.targets.indices.contains(target), configuration.targets[target].isResolved else {
      return nil
    }
    var text: [UInt8] = []
    text.put(configuration.targets[target].address)
    // The writer escapes, this does not: an interface's name may hold anything.
    let zone = configuration.targets[target].zone
    if zone != 0 { text.put("%" + (interfaceNames[zone] ?? String(zone))) }
    return String(decoding: text, as: UTF8.self)
  }

  func nameIfKnown(of target: Int) -> String? {
    configuration.targets.indices.contains(target) ? name(of: target) : nil
  }
}
