import Statistics
import Testing
import Timing
import Wire

@testable import ProbeEngine

@Suite("Sample engine") struct SampleEngineTests {
  @Test func `Targets are asked in turn, spread over the interval, so often as the plan says`() {
    var engine = SampleEngine(
      sampling(targets: 4) {
        $0.interval = .milliseconds(100)
        $0.count = 3
      }, at: .zero)
    let sent = engine.run(until: at(10_000))
    #expect(sent.map { $0.transmit.target } == [0, 1, 2, 3, 0, 1, 2, 3, 0, 1, 2, 3])
    #expect(sent.map { $0.at } == (0..<12).map { at($0 * 25) })
    expectFinished(engine)
    let (attempted, planned) = engine.progress
    #expect(attempted == 12 && planned == 12)
    let figures1 = engine.figures(of: 2, at: at(10_000))
    #expect(figures1.lost == 3)
    engine.checkLaws(at: at(10_000))
  }

  @Test func `What comes back moves no deadline`() {
    let configuration = sampling(targets: 3) {
      $0.interval = .milliseconds(30)
    } run: {
      $0.duration = .seconds(2)
    }
    var silent = SampleEngine(configuration, at: .zero)
    let without = silent.run(until: at(9_000)).map { $0.at }
    var answered = SampleEngine(configuration, at: .zero)
    var with: [Instant] = []
    var now = Instant.zero
    while let next = answered.nextTimeout(now: now) {
      now = max(now, next)
      answered.handleTimeout(at: now)
      for probe in answered.send(at: now) {
        with.append(now)
        answered.answer(probe, at: now + .microseconds(200))
      }
    }
    #expect(with == without)
    #expect(with.count == 200)
  }

  @Test func `An answer is ok in time, late behind it, and a stray behind the late window`() {
    var engine = SampleEngine(
      sampling {
        $0.count = 4
        $0.timeout = .milliseconds(500)
        $0.lateWindow = .milliseconds(300)
      }, at: .zero)
    let first = engine.send(at: .zero)[0]
    engine.answer(first, at: at(500))
    engine.answer(first, at: at(501))
    let second = engine.send(at: at(1_000))[0]
    engine.answer(second, at: at(1_501))
    let third = engine.send(at: at(2_000))[0]
    engine.handleTimeout(at: at(2_500))
    let window = engine.nextTimeout(now: at(2_500))
    #expect(window == at(2_800))
    engine.handleTimeout(at: at(2_800))
    engine.answer(third, at: at(2_801))
    let fourth = engine.send(at: at(3_000))[0]
    // Read behind all windows, stamped in time.
    engine.answer(fourth, at: at(9_000)) { $0.stamp = at(3_100) }
    let events = engine.drain()
    #expect(events.outcomes == ["ok 0.1", "late 0.2", "lost 0.3", "ok 0.4"])
    #expect(events.duplicates == 1)
    let summary = engine.summary(at: at(9_000))
    #expect(summary.stray == 1)
    #expect(summary.groups[0].histogram.count == 2)
    #expect(events.records[3].roundTrip == .milliseconds(100))
    #expect(events.records[3].hostReceive == .milliseconds(5_900))
    expectFinished(engine)
  }

  @Test func `Without a late window a probe is lost at its timeout`() {
    var engine = SampleEngine(
      sampling {
        $0.count = 1; $0.lateWindow = .zero
      }, at: .zero)
    _ = engine.send(at: .zero)
    let timeout = engine.nextTimeout(now: .zero)
    #expect(timeout == at(1_000))
    engine.handleTimeout(at: at(1_000))
    let outcomes = engine.drain().outcomes
    #expect(outcomes == ["lost 0.1"])
    let further = engine.nextTimeout(now: at(1_000))
    #expect(further == nil)
    expectFinished(engine)
  }

  @Test func `Warm-up probes are told and enter no figure`() {
    var engine = SampleEngine(
      sampling {
        $0.interval = .milliseconds(100)
      } run: {
        $0.warmup = .milliseconds(250)
        $0.duration = .seconds(1)
      }, at: .zero)
    var now = Instant.zero
    while let next = engine.nextTimeout(now: now) {
      now = max(now, next)
      engine.handleTimeout(at: now)
      for probe in engine.send(at: now) { engine.answer(probe, at: now + .milliseconds(1)) }
      engine.checkLaws(at: now)
    }
    let records = engine.drain().records
    #expect(records.map { $0.isWarmup } == [true, true, true] + Array(repeating: false, count: 7))
    let figures = engine.figures(of: 0, at: now)
    #expect(figures.attempted == 7 && figures.ok == 7 && figures.warmup == 3)
    let figures6 = engine.summary(at: now)
    #expect(figures6.fromSchedule[0].count == 7)
  }

  @Test func `A target without an address has send errors, and the run goes on`() {
    var engine = SampleEngine(
      sampling(targets: 2) {
        $0.count = 2; $0.interval = .milliseconds(10)
      } run: {
        $0.targets[0].address = .unspecified
      }, at: .zero)
    let sent = engine.run(until: at(5_000))
    #expect(sent.map { $0.transmit.target } == [1, 1])
    let records = engine.drain().records
    #expect(records.filter { $0.target == 0 }.map { $0.outcome } == [.sendError, .sendError])
    #expect(records.filter { $0.target == 0 }.map { $0.errno } == [0, 0])
    expectFinished(engine)
  }

  @Test func `A name that moves takes its probes in flight along`() {
    var engine = SampleEngine(
      sampling {
        $0.count = 3; $0.interval = .milliseconds(100)
      }, at: .zero)
    let first = engine.send(at: .zero)[0]
    engine.handleAddress(of: 0, ProbeTarget(address: address(99)), at: at(1))
    engine.answer(first, at: at(2))
    let second = engine.send(at: at(100))[0]
    #expect(second.transmit.destination.address == address(99))
    // The old address is nobody's any more.
    engine.receive(reply(to: second.octets), from: address(1), at: at(101))
    engine.answer(second, at: at(102))
    engine.handleAddress(of: 0, nil, at: at(150))
    _ = engine.send(at: at(200))
    let events = engine.drain()
    #expect(events.outcomes == ["ok 0.1", "ok 0.2", "sendError 0.3"])
    #expect(events.records.map { $0.address } == [address(1), address(99), .unspecified])
    #expect(
      events.changes == [
        .address(from: address(1), to: address(99)), .address(from: address(99), to: nil),
      ])
    #expect(events.rejections == [.source])
    let figures2 = engine.figures(of: 0, at: at(200))
    #expect(figures2.addressChanges == 2)
  }

  @Test func `A stalled host drops deadlines, says so, and hides it from no percentile from schedule`() {
    var engine = SampleEngine(
      sampling {
        $0.interval = .milliseconds(10)
      } run: {
        $0.duration = .seconds(10)
      }, at: .zero)
    var now = Instant.zero
    while let next = engine.nextTimeout(now: now) {
      now = max(now, next)
      // One stall of a second.
      if now == at(5_000) { now = at(6_000) }
      engine.handleTimeout(at: now)
      for probe in engine.send(at: now) { engine.answer(probe, at: now + .microseconds(100)) }
    }
    let events = engine.drain()
    #expect(events.gaps.map { $0.skipped } == [100])
    let summary = engine.summary(at: now)
    #expect(summary.scheduler.missed == 100)
    #expect(summary.groups[0].attempted == 900)
    // What was sent saw nothing of it.
    #expect(summary.groups[0].histogram.max == 100_000)
    // Of 1,000 deadlines a tenth waited up to a second: nine in ten nothing, one in twenty half of it.
    #expect(summary.fromSchedule[0].count == 1_000)
    let p95 = summary.fromSchedule[0].percentile(95) ?? 0
    #expect((490_000_000...520_000_000).contains(p95))
    #expect(summary.fromSchedule[0].percentile(89) ?? .max < 200_000)
  }

  @Test func `As fast as possible, 100,000 targets are asked once in bounded memory`() {
    var engine = SampleEngine(
      sampling(targets: 100_000) {
        $0.interval = .zero; $0.count = 1; $0.lateWindow = .zero
      } run: {
        $0.reportsRecords = false
      }, at: .zero)
    var buffer = [UInt8](repeating: 0, count: engine.messageLength)
    var sent = 0
    while true {
      var span = buffer.mutableSpan
      guard let transmit = engine.pollTransmit(at: at(1), into: &span) else { break }
      sent += 1
      // Every tenth is silent.
      if transmit.target % 10 == 0 { continue }
      engine.receive(reply(to: buffer), from: transmit.destination.address, at: at(2))
    }
    #expect(sent == 100_000)
    let inFlight = engine.inFlight
    #expect(inFlight == 10_000)
    while !engine.isFinished { engine.handleTimeout(at: at(1_001)) }
    let figures = engine.summary(at: at(1_001)).groups[0]
    #expect(figures.attempted == 100_000 && figures.ok == 90_000 && figures.lost == 10_000)
    #expect(figures.histogram.count == 90_000)
    let details = engine.tallies.count { $0.detail != nil }
    #expect(details == 0)
  }

  @Test func `More than 65,536 probes in flight to one target keep their numbers apart`() {
    var engine = SampleEngine(
      sampling {
        $0.interval = .zero; $0.count = 66_000; $0.timeout = .seconds(60)
      } run: {
        $0.reportsRecords = false
      }, at: .zero)
    let sent = engine.send(at: .zero)
    let inFlight = engine.inFlight
    #expect(sent.count == 66_000 && inFlight == 66_000)
    for probe in sent.reversed() { engine.answer(probe, at: at(10)) }
    let figures = engine.figures(of: 0, at: at(10))
    #expect(figures.ok == 66_000 && figures.duplicates == 0)
    #expect(figures.reordered == 65_999)
    let summary = engine.summary(at: at(10))
    #expect(summary.rejected == 0)
    expectFinished(engine)
  }

  @Test func `A target's state is small, a probe's slot too`() {
    #expect(MemoryLayout<TargetTally>.stride <= 100)
    #expect(MemoryLayout<SampleSlot>.stride <= 56)
  }

  @Test func `Who is silent is asked again, each wait longer, and who answers no more`() {
    var engine = SampleEngine(
      sampling(targets: 2) {
        $0.order = .constant(spacing: .milliseconds(10))
        $0.interval = .zero
        $0.timeout = .milliseconds(500)
        $0.lateWindow = .zero
        $0.retry = .init(attempts: 4, backoff: 1.5)
      }, at: .zero)
    var now = Instant.zero
    var asked: [String] = []
    while let next = engine.nextTimeout(now: now) {
      now = max(now, next)
      engine.handleTimeout(at: now)
      for probe in engine.send(at: now) {
        asked.append("\(probe.transmit.target) at \(now.nanoseconds / 100_000)")
        if probe.transmit.target == 1, probe.at > at(100) { engine.answer(probe, at: now + .milliseconds(1)) }
      }
      engine.checkLaws(at: now)
    }
    // 500, 750, 1125 and 1687.5 ms.
    #expect(asked == ["0 at 0", "1 at 100", "0 at 5000", "1 at 5100", "0 at 12500", "0 at 23750"])
    #expect(now == Instant(nanoseconds: 4_062_500_000))
    let figures3 = engine.figures(of: 0, at: now)
    #expect(figures3.lost == 4)
    let figures4 = engine.figures(of: 1, at: now)
    #expect(figures4.ok == 1)
  }

  @Test func `A Poisson group gives every target its count`() {
    var engine = SampleEngine(
      sampling(targets: 9) {
        $0.order = .poisson; $0.interval = .milliseconds(90); $0.count = 20
      }, at: .zero)
    let sent = engine.run(until: at(100_000))
    #expect(sent.count == 180)
    expectFinished(engine)
    var counts = [Int](repeating: 0, count: 9)
    for probe in sent { counts[probe.transmit.target] += 1 }
    #expect(counts == Array(repeating: 20, count: 9))
    // In no order: the chance of nine different first ones is 9!/9^9.
    #expect(sent.prefix(9).map { $0.transmit.target } != Array(0..<9))
  }

  @Test func `What the firewall drops is a send error where departures are told`() {
    var engine = SampleEngine(
      sampling {
        $0.count = 2
      } run: {
        $0.reportsDepartures = true
      }, at: .zero)
    _ = engine.send(at: .zero, stamps: false)
    let second = engine.send(at: at(1_000), stamps: false)[0]
    engine.handleQueued(second.transmit.number)
    var now = Instant.zero
    while let next = engine.nextTimeout(now: now) {
      now = max(now, next)
      engine.handleTimeout(at: now)
    }
    let records = engine.drain().records
    #expect(
      records.map { "\($0.outcome) \($0.sequence) \($0.errno) \($0.at.nanoseconds / 1_000_000)" } == [
        "lost 2 0 3000", "sendError 1 1 3500",
      ])
  }

  @Test func `Stop waits for what is in flight, abandon does not`() {
    var engine = SampleEngine(sampling { $0.interval = .milliseconds(10) }, at: .zero)
    let probe = engine.send(at: .zero)[0]
    engine.stop(at: at(5))
    let more = engine.send(at: at(50))
    #expect(more.isEmpty)
    expectFinished(engine, false)
    engine.answer(probe, at: at(60))
    expectFinished(engine)
    var other = SampleEngine(sampling { $0.interval = .milliseconds(10) }, at: .zero)
    _ = other.send(at: .zero)
    other.abandon(at: at(5))
    let inFlight = other.inFlight
    #expect(inFlight == 1)
    expectFinished(other)
    other.checkLaws(at: at(5))
  }

  @Test func `Nothing to do is over at once`() {
    expectFinished(SampleEngine(sampling(targets: 0), at: .zero))
    expectFinished(SampleEngine(sampling { $0.count = 0 }, at: .zero))
    expectFinished(SampleEngine(sampling(run: { $0.duration = .zero }), at: .zero))
  }

  @Test func `Send failures are outcomes with their errno, and a path MTU where the kernel names one`() {
    var engine = SampleEngine(sampling { $0.count = 2 }, at: .zero)
    let first = engine.send(at: .zero)[0]
    engine.handleSendFailure(first.transmit.number, errno: 90, mtu: 1_400, at: .zero)
    engine.handleSendFailure(first.transmit.number, errno: 90, at: .zero)
    // Whoever answers what never left lies.
    engine.answer(first, at: at(1))
    let events = engine.drain()
    #expect(events.outcomes == ["sendError 0.1"] && events.records[0].errno == 90)
    #expect(events.changes == [.pathMTU(from: 0, to: 1_400)])
    #expect(events.rejections == [.sequence])
    let figures5 = engine.figures(of: 0, at: at(1))
    #expect(figures5.pathMTU == 1_400)
  }
}
