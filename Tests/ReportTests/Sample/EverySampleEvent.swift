import ProbeEngine
import Statistics
import Timing
import Wire

@testable import Report

/// A sampling run with an event of every kind and every shape, everything filled in that can be, and hostile octets
/// wherever people, DNS, the wire or the kernel can put them.
struct EverySampleEvent {
  let run: SampleRun
  let events: [SampleEvent]
  /// What no engine says: a target and a group that are not there, and instants that no clock has.
  let strangers: [SampleEvent] = [
    .record(
      makeRecord(9, .lost, target: 77) {
        $0.group = 99
        $0.scheduledAt = Instant(nanoseconds: .min)
        $0.at = .distantFuture
      }),
    .duplicate(makeRecord(10, target: 77, microseconds: 5) { $0.group = -1 }),
    .change(SampleChange(target: -1, group: 99, what: .hopLimit(from: 0, to: 1), at: .distantFuture)),
    .gap(group: 99, Gap(at: .zero, length: Nanoseconds(.min), skipped: .min)),
  ]
  /// A snapshot and the end.
  let reports: [SampleReport]

  init(name: String = EveryEvent.hostileName) {
    var run = makeSampleRun()
    run.names = [1: name, 3: name]
    run.labels = [
      [
        SampleRun.Label(name: name, value: name), SampleRun.Label(name: "group", value: "a\"b\\c"),
        SampleRun.Label(name: "9lives", value: ""),
      ], [],
    ]
    run.plan = name
    run.host = name
    run.version = name
    run.pathNotes = [name, "ping_group_range is closed"]
    run.interfaceNames = [2: name]
    run.path = .raw
    run.arrival = .pcap
    run.configuration.groups[0].name = name
    run.configuration.groups[0].path.hopLimit = 3
    run.configuration.groups[0].path.trafficClass = 184
    run.configuration.groups[0].path.interface = name
    run.configuration.groups[0].path.source = name
    run.configuration.groups[0].path.isUnfragmented = true
    run.configuration.groups[0].order = .constant(spacing: .microseconds(10))
    run.configuration.groups[0].count = .max
    run.configuration.groups[0].retry = SampleGroup.Retry(attempts: 3, backoff: 1.5)
    run.configuration.groups[0].onTrouble = TraceOrder(method: .tcp, port: 443)
    run.configuration.groups[0].troubleRoundTrip = .milliseconds(5)
    run.configuration.groups[1].order = .poisson
    var udp = SampleGroup(name: "udp", probe: .udp(acceptsUnreachable: true))
    udp.onTrouble = TraceOrder()
    run.configuration.groups += [
      udp, SampleGroup(name: "path", probe: .trace(TraceOrder(method: .icmp))),
      SampleGroup(name: "link", probe: .neighbor(interface: name)), SampleGroup(name: "idle", probe: .echo),
    ]
    run.configuration.targets += [
      SampleTarget(.unspecified, group: 2, port: 9), SampleTarget(peer, group: 3),
      SampleTarget(linkLocal, zone: 9, group: 4),
    ]
    run.names[4] = name
    self.run = run
    events = Self.records + Self.changes + Self.findings(name) + Self.others
    reports = [Self.report(run, name, isLast: false), Self.report(run, name, isLast: true)]
  }

  // MARK: - Events

  private static var records: [SampleEvent] {
    var full = makeRecord(1, target: 2, microseconds: 350) {
      $0.transmittedAt = $0.sentAt + .microseconds(20)
      $0.hostTransmit = .microseconds(20)
      $0.hostReceive = Nanoseconds(11_001)
      $0.trafficClass = 8
      $0.from = linkLocal
      $0.fromZone = 2
      $0.isWarmup = true
    }
    full.sequence = .max
    full.number = .max
    var records: [SampleEvent] = [
      .record(full), .duplicate(full), .record(makeRecord(2, .lost, target: 1)),
      .record(makeRecord(3, .late, microseconds: 1_200_000)),
      .record(makeRecord(4, target: 3, microseconds: 80)),
      .record(makeRecord(5, .icmpError, target: 3, microseconds: 90) { $0.answer = .reset }),
      .record(makeRecord(6, .sendError, target: 1) { $0.errno = 105 }),
      .record(makeRecord(7, .sendError, target: 1) { $0.errno = 4095 }),
      .record(
        makeRecord(8, .sendError, target: 4) {
          $0.group = 2
          $0.address = .unspecified
          $0.octets = 0
        }),
    ]
    for (type, code) in [(1, 0), (1, 200), (2, 0), (3, 0), (4, 1), (99, 9)] as [(UInt8, UInt8)] {
      records.append(
        .record(
          makeRecord(11, .icmpError, target: 1, microseconds: 400) {
            $0.errorType = type
            $0.errorCode = code
            $0.errorInfo = .max
            $0.from = other
          }))
    }
    return records
  }

  private static var changes: [SampleEvent] {
    let link = LinkLayerAddress([2, 0, 0, 0, 0, 1] as [UInt8])
    let changes: [SampleChange.What] = [
      .hopLimit(from: 64, to: 63), .trafficClass(from: 0, to: 255), .pathMTU(from: 0, to: 1_280),
      .pathMTU(from: 1_500, to: .max), .address(from: nil, to: peer), .address(from: peer, to: nil),
      .path(from: [], to: [peer, nil, other]), .path(from: [nil], to: [peer]), .link(from: nil, to: link),
      .link(from: link, to: nil), .neighborState(from: .agrees, to: .multicastOnly),
      .trouble(.losses(3)), .trouble(.losses(1)),
      .trouble(.roundTrip(.milliseconds(9), limit: .milliseconds(5))),
      .recovered(after: .seconds(3), lost: 30), .recovered(after: Nanoseconds(.min), lost: 0),
    ]
    return changes.enumerated().map { index, what in
      .change(SampleChange(target: index % 7, group: 0, what: what, at: .zero + .seconds(Int64(index))))
    }
  }

  private static func findings(_ name: String) -> [SampleEvent] {
    func order(_ target: Int, _ act: SampleOrder.Act, isAction: Bool) -> SampleOrder {
      SampleOrder(
        number: 40, target: target, group: target == 6 ? 4 : 3, destination: SampleTarget(peer, group: 3),
        act: act, isAction: isAction, at: .zero + .seconds(2))
    }
    let trace = SampleOrder.Act.trace(TraceOrder())
    let neighbor = SampleOrder.Act.neighbor(interface: name)
    let failure = TraceHop.Verdict.sendFailed(
      TraceSendFailure(number: 9, probe: makeProbe(3), at: .zero, errno: 101))
    let hops = [
      makeHop(
        1, [.reply(makeTraceReply(1)), .reply(makeTraceReply(1, 1, zone: 2) { $0.isLate = true })]),
      makeSilentHop(2), makeHop(3, [failure]),
      makeHop(4, [.reply(makeTraceReply(4, from: traced, .unreachable(code: 4)) { $0.roundTrip = nil })]),
    ]
    let reasons: [TraceEnd.Reason] = [
      .reached, .unreachable(type: 1, code: 0), .maximumHops, .gapLimit, .loop, .sendFailed(101),
      .interrupted,
    ]
    var events: [SampleEvent] = reasons.enumerated().map { index, reason in
      .finding(
        order(5, trace, isAction: index.isMultiple(of: 2)),
        .path(
          SampledPath(
            hops: index == 3 ? [] : hops,
            end: makeTraceEnd(reason, hops: 4, replied: 3) { $0.pathMTU = 1_400 })))
    }
    let link = LinkLayerAddress([2, 0, 0, 0, 0, 1] as [UInt8])
    var full = NeighborSummary(target: 0, verdict: .agrees, at: .zero)
    full.claims = [
      NeighborClaim(
        optionLink: link, frameLink: link, source: linkLocal, flags: NeighborAdvertisement.Flags(rawValue: 0),
        answers: 2,
        roundTrip: .microseconds(90), firstAt: .zero),
      NeighborClaim(
        optionLink: nil, frameLink: nil, source: peer, flags: NeighborAdvertisement.Flags(rawValue: 0),
        answers: 1, roundTrip: nil, firstAt: .zero),
    ]
    full.kernel = KernelNeighbor(address: linkLocal, interface: 2, link: link, state: .reachable)
    full.sendErrno = 101
    for verdict in NeighborVerdict.allCases {
      full.verdict = verdict
      events.append(.finding(order(6, neighbor, isAction: false), .neighbor(full)))
    }
    for act in [trace, neighbor] {
      events += [
        .order(order(6, act, isAction: false)),
        .finding(order(6, act, isAction: true), .failed(errno: 1, text: name)),
        .finding(order(6, act, isAction: false), .failed(errno: 4095, text: name)),
      ]
    }
    return events
  }

  private static var others: [SampleEvent] {
    var reply = makeReply(4)
    reply.target = 1
    return [
      .rejected(Rejection(reason: .nonce, source: linkLocal, sourceZone: 2, type: 129, at: .zero)),
      .rejected(Rejection(reason: .source, source: other, sourceZone: 0, type: 129, at: .zero, reply: reply)),
      .gap(group: 0, Gap(at: .zero, length: .seconds(3), skipped: 30)),
    ]
  }

  // MARK: - Figures

  private static func report(_ run: SampleRun, _ name: String, isLast: Bool) -> SampleReport {
    var full = makeFigures(microseconds: [1, 350, 2_000_000, 90_000_000], lost: 1)
    full.late = 1
    full.icmpErrors = 2
    full.sendErrors = 3
    full.inFlight = 4
    full.attempted = 15
    full.warmup = 5
    full.duplicates = 6
    full.reordered = 7
    full.histogram.record(.max)
    full.jitter = .microseconds(9)
    full.delayVariation = .microseconds(8)
    full.lossBursts = 2
    full.longestLossBurst = 3
    full.outage = .milliseconds(1_500)
    full.hopLimitChanges = 1
    full.pathMTU = 1_280
    full.hopLimit = 63
    full.trafficClass = 8
    full.hostTransmit = .microseconds(20)
    full.hostReceive = .microseconds(11)
    let targets = run.configuration.targets.indices.map { $0 == 1 ? SampleFigures() : full }
    let gates: [GateResult] = [
      makeGate(name, measured: .time(.milliseconds(1)), held: true),
      makeGate("nothing", measured: nil, held: false),
      makeGate(
        "each", .eachTarget(name), .loss, limit: .share(0.001), measured: .share(0.25), held: false, target: 1
      ),
      makeGate(
        "one", .target(group: name, name: name), .longestLossBurst, limit: .count(1), measured: .count(3),
        held: false),
      makeGate("s", .scheduler, .scheduleError(99.9), measured: .time(Nanoseconds(5)), held: true),
      makeGate("twice", measured: .time(.zero), held: true, target: 99),
      makeGate("twice", measured: .time(.zero), held: true),
    ]
    var report = makeSampleReport(
      run, targets: targets,
      groups: run.configuration.groups.indices.map { $0 == 5 ? SampleFigures() : full },
      gates: gates, isLast: isLast
    ) {
      let times = makeHistogram([0, 1_000, .max])
      $0.hostTransmit = [times]
      $0.hostReceive = [times, Histogram()]
      $0.delayVariation = [times]
      $0.fromSchedule = [times, times, times, times, times, times]
      $0.scheduler.histogram = times
      $0.scheduler.missed = .max
      $0.rejected = 2
      $0.stray = 1
    }
    var timeline = SampleTimeline(startedAt: .zero)
    for second in 0..<50 where second % 7 != 0 {
      timeline.record(
        second % 5 == 0 ? nil : .microseconds(Int64(second) * 10), at: .zero + .seconds(Int64(second)))
    }
    report.timelines = [timeline, SampleTimeline()]
    report.isInterrupted = isLast
    return report
  }
}
