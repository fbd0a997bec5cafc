import Statistics
import Testing
import Timing
import Wire

@testable import ProbeEngine

@Suite("Sample reconfiguration") struct SampleReconfigureTests {
  private func plan(_ names: [String], _ targets: [(Int, UInt64)], interval: Nanoseconds = .milliseconds(100))
    -> SampleConfiguration
  {
    var configuration = SampleConfiguration(
      groups: names.map {
        var group = SampleGroup(name: $0, probe: .echo)
        group.interval = interval
        return group
      },
      targets: targets.map { SampleTarget(address($0.1), group: $0.0) })
    configuration.identifier = 9
    configuration.seed = 3
    return configuration
  }

  @Test func `Kept targets keep their state and their probes in flight`() {
    var engine = SampleEngine(plan(["a", "b"], [(0, 1), (0, 2), (1, 3)]), at: .zero)
    let sent = engine.send(at: .zero)
    #expect(sent.map { $0.transmit.target } == [0, 2])
    let second = engine.send(at: at(50))[0]
    engine.answer(second, at: at(51))
    // Target 1 (2001:db8::1:2) and 2 stay, in another order; 0 goes, one is new.
    engine.reconfigure(plan(["b", "a"], [(0, 3), (1, 4), (1, 2)]), keeping: [2, nil, 1], at: at(60))
    let inFlight = engine.inFlight
    #expect(inFlight == 1)
    engine.checkLaws(at: at(60))
    engine.answer(sent[1], at: at(70))
    engine.answer(sent[0], at: at(71))
    let events = engine.drain()
    #expect(events.outcomes == ["ok 1.1", "ok 0.1"])
    #expect(events.rejections == [.sequence])
    let kept = engine.figures(of: 2, at: at(80))
    #expect(kept.ok == 1 && kept.histogram.max == 1_000_000)
    let new = engine.figures(of: 1, at: at(80))
    #expect(new.attempted == 0)
    engine.checkLaws(at: at(80))
  }

  @Test func `A group that did not change keeps its rhythm`() {
    let old = plan(["a"], [(0, 1), (0, 2)])
    var engine = SampleEngine(old, at: .zero)
    var reference = SampleEngine(old, at: .zero)
    var times: [[Instant]] = [[], []]
    for i in 0..<30 {
      let now = at(Int64(i) * 10)
      times[0] += engine.send(at: now).map { $0.at }
      times[1] += reference.send(at: now).map { $0.at }
      if i == 7 {
        engine.reconfigure(plan(["b", "a"], [(1, 1), (1, 2)]), keeping: [0, 1], at: now)
      }
    }
    #expect(times[0] == times[1])
    #expect(times[0].count == 6)
    let sequence = engine.figures(of: 0, at: at(300)).attempted
    #expect(sequence == 3)
  }

  @Test func `A new interval begins at once and a target's new address is a change`() {
    var engine = SampleEngine(plan(["a"], [(0, 1)]), at: .zero)
    _ = engine.send(at: .zero)
    engine.reconfigure(plan(["a"], [(0, 5)], interval: .milliseconds(10)), keeping: [0], at: at(3))
    let sent = engine.send(at: at(3)) + engine.send(at: at(13))
    #expect(sent.map { $0.transmit.destination.address } == [address(5), address(5)])
    let told1 = engine.drain()
    #expect(told1.changes == [.address(from: address(1), to: address(5))])
    engine.stop(at: at(14))
    for _ in 0..<10 { if let next = engine.nextTimeout(now: at(14)) { engine.handleTimeout(at: next) } }
    expectFinished(engine)
    let records = engine.drain().records
    #expect(records.map { $0.address } == [address(1), address(5), address(5)])
    engine.checkLaws(at: at(9_999))
  }

  @Test func `Counts that are done are not begun again`() {
    var configuration = plan(["a"], [(0, 1), (0, 2)])
    configuration.groups[0].count = 2
    var engine = SampleEngine(configuration, at: .zero)
    for i in 0..<3 { _ = engine.send(at: at(Int64(i) * 50)) }
    configuration.targets.append(SampleTarget(address(3)))
    engine.reconfigure(configuration, keeping: [0, 1, nil], at: at(101))
    let sent = engine.run(until: at(5_000))
    #expect(sent.map { $0.transmit.target } == [1, 2, 2])
    expectFinished(engine)
  }
}
