import Statistics
import Testing
import Timing
import Wire

@testable import ProbeEngine

@Suite("Sample orders") struct SampleOrdersTests {
  /// A path of these routers (low parts of addresses; nil: silent), the target at its end where it is reached.
  private func path(_ routers: [UInt64?], reached: Bool = true, at now: Instant) -> SampleFinding {
    var hops: [TraceHop] = []
    let nodes = routers.map { $0.map(address) } + (reached ? [address(1)] : [])
    for (i, node) in nodes.enumerated() {
      let probe = TraceProbe(
        target: 0, hopLimit: UInt8(i + 1), query: 0, flow: TraceFlow(sourcePort: 1, destinationPort: 2),
        packetLength: 60)
      var verdict = TraceHop.Verdict.lost(TraceLoss(number: 0, probe: probe, sentAt: now, at: now))
      if let node {
        verdict = .reply(
          TraceReply(
            number: 0, probe: probe, address: node, zone: 0, interface: 0,
            answer: node == address(1) ? .echoReply : .timeExceeded(code: 0),
            roundTrip: .milliseconds(Int64(i + 1)), roundTripSource: .kernel, sentAt: now, receivedAt: now))
      }
      hops.append(TraceHop(target: 0, hopLimit: UInt8(i + 1), verdicts: [verdict], at: now))
    }
    return .path(
      SampledPath(
        hops: hops,
        end: TraceEnd(
          target: 0, reason: reached ? .reached : .gapLimit, hops: UInt8(nodes.count), startedAt: now, at: now
        )))
  }

  private func tracing(count: UInt64 = 10) -> SampleEngine {
    SampleEngine(sampling(.trace(TraceOrder())) { $0.count = count }, at: .zero)
  }

  @Test func `A traceroute is ordered by schedule and its record is the target's answer`() {
    var engine = tracing(count: 2)
    let told1 = engine.send(at: .zero)
    #expect(told1.isEmpty)
    let order = engine.drain().orders[0]
    #expect(order.act == .trace(TraceOrder()) && !order.isAction && order.destination.address == address(1))
    engine.handleFinding(order.number, path([11, nil, 13], at: at(300)), at: at(300))
    let record = engine.drain().records[0]
    #expect(record.outcome == .ok && record.roundTrip == .milliseconds(4) && record.sequence == 1)
    _ = engine.send(at: at(1_000))
    let second = engine.drain().orders[0]
    engine.handleFinding(second.number, path([11], reached: false, at: at(1_300)), at: at(1_300))
    engine.handleFinding(second.number, path([11], at: at(1_300)), at: at(1_300))
    let told2 = engine.drain()
    #expect(told2.outcomes == ["lost 0.2"])
    expectFinished(engine)
    engine.checkLaws(at: at(1_300))
  }

  @Test func `A changed path is told, a hop's single silence is not`() {
    var engine = tracing()
    var told: [[SampleChange.What]] = []
    for (i, routers)
      in ([[11, nil, 13], [11, 12, nil], [11, 12, 13], [11, 22, 13], [11, 13]] as [[UInt64?]]).enumerated()
    {
      let now = at(Int64(i) * 1_000)
      _ = engine.send(at: now)
      let events = engine.drain()
      engine.handleFinding(events.orders[0].number, path(routers, at: now), at: now)
      told.append(engine.drain().changes)
    }
    #expect(told[0].isEmpty && told[1].isEmpty && told[2].isEmpty)
    let long = [11, 12, 13, 1].map { address($0) as IPv6Address? }
    let other = [11, 22, 13, 1].map { address($0) as IPv6Address? }
    let short = [11, 13, 1].map { address($0) as IPv6Address? }
    #expect(told[3] == [.path(from: long, to: other)])
    #expect(told[4] == [.path(from: other, to: short)])
    let told3 = engine.figures(of: 0, at: at(9_000))
    #expect(told3.pathChanges == 2)
  }

  @Test func `A hop that stays silent is a change, once`() {
    var memory = PathMemory([address(1), address(2), address(3)], isReached: true)
    let silent = [address(1), nil, address(3)]
    let changes = (0..<5).map { _ in memory.update(silent, isReached: true) }
    #expect(changes == [false, false, true, false, false])
    #expect(memory.hops == silent)
    let isLearned = memory.update([address(1), address(2), address(3)], isReached: true)
    #expect(!isLearned)
  }

  @Test func `A trace that does not arrive shortens no path at once`() {
    var memory = PathMemory([address(1), address(2), address(3)], isReached: true)
    let changes = (0..<4).map { _ in memory.update([address(1)], isReached: false) }
    #expect(changes == [false, false, true, false])
    #expect(memory.hops == [address(1)])
  }

  @Test func `Neighbors are compared by link-layer address and verdict`() {
    var engine = SampleEngine(sampling(.neighbor(interface: "eth0")) { $0.count = 5 }, at: .zero)
    let macs = [1, 1, 2, nil, 2].map { $0.flatMap { LinkLayerAddress([2, 0, 0, 0, 0, UInt8($0)]) } }
    let verdicts: [NeighborVerdict] = [.agrees, .agrees, .differs, .silent, .agrees]
    var changes: [SampleChange.What] = []
    var outcomes: [SampleOutcome] = []
    for i in 0..<5 {
      let now = at(Int64(i) * 1_000)
      _ = engine.send(at: now)
      let order = engine.drain().orders[0]
      #expect(order.act == .neighbor(interface: "eth0"))
      var summary = NeighborSummary(target: 0, verdict: verdicts[i], at: now)
      if let mac = macs[i] {
        summary.claims = [
          NeighborClaim(
            optionLink: mac, frameLink: mac, source: address(1), flags: .init(rawValue: 0), answers: 1,
            roundTrip: .microseconds(70), firstAt: now)
        ]
      }
      engine.handleFinding(order.number, .neighbor(summary), at: now)
      let events = engine.drain()
      changes += events.changes
      outcomes += events.records.map { $0.outcome }
    }
    #expect(outcomes == [.ok, .ok, .lost, .lost, .ok])
    #expect(
      changes == [
        .link(from: macs[0], to: macs[2]), .neighborState(from: .agrees, to: .differs),
        .link(from: macs[2], to: nil), .neighborState(from: .differs, to: .silent),
        .link(from: nil, to: macs[4]), .neighborState(from: .silent, to: .agrees),
      ])
    let figures = engine.figures(of: 0, at: at(5_000))
    #expect(figures.linkChanges == 3 && figures.stateChanges == 3 && figures.histogram.count == 3)
  }

  @Test func `What cannot be carried out is a send error, what is under way is not ordered again`() {
    var engine = tracing(count: 3)
    _ = engine.send(at: .zero)
    let order = engine.drain().orders[0]
    _ = engine.send(at: at(1_000))
    let events = engine.drain()
    #expect(events.orders.isEmpty && events.gaps.map { $0.skipped } == [1])
    engine.handleFinding(order.number, .failed(errno: 1, text: "no"), at: at(1_500))
    let record = engine.drain().records[0]
    #expect(record.outcome == .sendError && record.errno == 1)
    // Nobody ever tells what came of the last: a minute later it is lost.
    _ = engine.send(at: at(2_000))
    let end = engine.nextTimeout(now: at(2_000))
    #expect(end == at(62_000))
    engine.handleTimeout(at: at(62_000))
    let told4 = engine.drain()
    #expect(told4.outcomes == ["lost 0.2"])
    expectFinished(engine)
  }
}

@Suite("Sample trouble") struct SampleTroubleTests {
  @Test func `Loss orders one trace, and another only after recovery`() {
    var engine = SampleEngine(
      sampling {
        $0.interval = .milliseconds(100)
        $0.timeout = .milliseconds(50)
        $0.lateWindow = .milliseconds(10)
        $0.count = 30
        $0.onTrouble = TraceOrder(method: .icmp)
        $0.troubleLosses = 2
      }, at: .zero)
    // A single loss at 3, a cut from 10 to 15, another from 20 to 22.
    let lost: Set<UInt64> = [3, 10, 11, 12, 13, 14, 15, 20, 21, 22]
    var now = Instant.zero
    var told: [String] = []
    while let next = engine.nextTimeout(now: now) {
      now = max(now, next)
      engine.handleTimeout(at: now)
      for probe in engine.send(at: now) where !lost.contains(probe.transmit.number) {
        engine.answer(probe, at: now + .milliseconds(1))
      }
      let events = engine.drain()
      for change in events.changes { told.append("\(change)") }
      for order in events.orders {
        #expect(order.isAction && order.number >> 63 == 1)
        told.append("order")
        engine.handleFinding(order.number, .failed(errno: 1, text: ""), at: now)
      }
    }
    #expect(told.count == 6)
    #expect(told.map { $0.prefix(7) } == ["trouble", "order", "recover", "trouble", "order", "recover"])
    let recovered = SampleChange.What.recovered(after: .milliseconds(600), lost: 6)
    #expect(told[2] == "\(recovered)")
    let figures = engine.figures(of: 0, at: now)
    #expect(figures.lost == 10 && figures.lossBursts == 3 && figures.longestLossBurst == 6)
    #expect(figures.outage == .milliseconds(100 + 600 + 300))
    #expect(figures.changes == 0)
    expectFinished(engine)
  }

  @Test func `A round trip above four times the median is trouble once there are twenty`() {
    var engine = SampleEngine(
      sampling {
        $0.interval = .milliseconds(10)
        $0.count = 40
        $0.onTrouble = TraceOrder()
      }, at: .zero)
    var changes: [SampleChange.What] = []
    for i in 0..<40 as Range<Int64> {
      let probe = engine.send(at: at(i * 10))[0]
      // The first slow one comes too early to be judged.
      let slow = i == 5 || i == 30 || i == 31
      engine.answer(probe, at: at(i * 10) + .microseconds(slow ? 4_100 : 1_000))
      changes += engine.drain().changes
    }
    let limit = engine.tallies[0].detail?.roundTripLimit ?? 0
    #expect((3_980_000...4_020_000).contains(limit))
    #expect(
      changes == [
        .trouble(.roundTrip(.microseconds(4_100), limit: Nanoseconds(limit))),
        .recovered(after: .milliseconds(20), lost: 0),
      ])
  }
}
