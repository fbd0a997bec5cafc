import Testing
import Timing
import Wire

@testable import ProbeEngine

@Suite struct RoundWalkTests {
  private func rounds(
    _ count: Int?, _ interval: Nanoseconds = .seconds(1), _ addresses: [IPv6Address] = [target],
    _ change: (inout TraceConfiguration) -> Void = { _ in }
  ) -> TraceConfiguration {
    traceConfiguration(addresses) {
      $0.mode = .rounds(count: count, interval: interval)
      change(&$0)
    }
  }

  private func told(_ result: PathRun) -> [(target: Int, number: Int, at: Instant)] {
    result.events.compactMap {
      if case .round(let target, let number, let at) = $0 { (target, number, at) } else { nil }
    }
  }

  @Test func `each round asks each hop once, spread evenly over the interval`() {
    let c = rounds(5)
    let result = run(c, chain(c, length: 8) { _ in .milliseconds(2) })
    #expect(told(result).map(\.number) == [1, 2, 3, 4, 5] && result.hops.isEmpty)
    #expect(result.ends[0].reason == .reached && result.ends[0].hops == 8 && result.ends[0].address == target)
    // The first round finds the end at once; the others take 125 ms from probe to probe.
    let first = result.transmits.filter { $0.transmit.probe.query == 0 }
    #expect(first.allSatisfy { $0.at < at(20) } && first.count <= 14)
    for query in 1..<5 {
      let round = result.transmits.filter { $0.transmit.probe.query == query }
      #expect(round.map(\.transmit.probe.hopLimit) == Array(1...8))
      #expect(round.map(\.at) == (0..<8).map { at(Int64(query) * 1_000 + $0 * 125) })
    }
    #expect(result.elapsed == .milliseconds(4_877))
  }

  @Test func `one round is over as soon as its answers are there`() {
    let c = rounds(1)
    let result = run(c, chain(c, length: 12) { _ in .milliseconds(2) })
    #expect(result.elapsed < .milliseconds(20) && told(result).map(\.number) == [1])
  }

  @Test func `beyond the last hop that answers only a few are asked, and all the way now and then`() {
    let c = rounds(20, .milliseconds(500))
    let result = run(c, chain(c, length: 40, silent: Set(5...39)))
    for (transmit, _) in result.transmits
    where transmit.probe.query + 1 != 10 && transmit.probe.query + 1 != 20 {
      #expect(transmit.probe.hopLimit <= 9)
    }
    #expect(result.transmits.count { $0.transmit.probe.query == 9 } >= 28)
    #expect(result.ends.first?.reason == .gapLimit && result.ends.first?.hops == 4)
  }

  @Test func `a path that becomes longer or shorter is followed`() {
    let c = rounds(20, .milliseconds(100))
    let result = run(c) { transmit, now in
      chain(c, length: now < at(600) ? 6 : now < at(1_200) ? 9 : 4)(transmit, now)
    }
    func hops(_ query: Int) -> [UInt8] {
      result.transmits.filter { $0.transmit.probe.query == query }.map(\.transmit.probe.hopLimit)
    }
    #expect(hops(4) == Array(1...6) && hops(11) == Array(1...9) && hops(19) == Array(1...4))
    #expect(result.ends[0].hops == 4)
  }

  @Test func `a target that stops answering is looked for further on`() {
    let c = rounds(30, .milliseconds(500))
    let result = run(c) { transmit, now in
      now < at(2_000)
        ? chain(c, length: 5)(transmit, now) : chain(c, length: 8, silent: [5, 6])(transmit, now)
    }
    #expect(result.ends[0].hops == 8 && result.ends[0].isReached)
  }

  @Test func `rounds go on until they are stopped, and the sums add up`() {
    let c = rounds(nil, .milliseconds(100))
    let result = run(c, stopAt: at(60_050), chain(c, length: 10, silent: [3]))
    #expect(told(result).count >= 600 && result.ends[0].reason == .interrupted)
    #expect(result.ends[0].address == target)
    // Lost ones hold their places for half a second at least: the hop is left out of some rounds.
    #expect(result.mostInFlightPerHop == 3)
  }

  @Test func `pause stops the probes, and resume goes on with the next one in the old rhythm`() {
    let c = rounds(4, .milliseconds(400))
    var pausedAt: Instant?
    var resumedAt: Instant?
    let result = run(
      c, stopAt: at(60_000),
      each: { engine, now in
        if now >= at(900), pausedAt == nil {
          pausedAt = now
          engine.pause()
        } else if pausedAt != nil, resumedAt == nil {
          resumedAt = now
          engine.resume(at: now)
        }
      }, chain(c, length: 4))
    guard let resumedAt else {
      Issue.record("never woken")
      return
    }
    #expect(pausedAt == at(900) && resumedAt > at(900))
    let later = result.transmits.filter { $0.at >= at(900) }
    #expect(later.map(\.transmit.probe.hopLimit) == [2, 3, 4, 1, 2, 3, 4])
    for (i, (_, at)) in later.enumerated() { #expect(at == resumedAt + .milliseconds(Int64(i) * 100)) }
  }

  @Test func `a stall makes up for nothing`() {
    let c = rounds(8, .milliseconds(100))
    var engine = TraceEngine(c, at: .zero)
    var buffer = [UInt8](repeating: 0, count: engine.messageLength)
    var span = buffer.mutableSpan
    while engine.pollTransmit(at: .zero, into: &span) != nil {}
    engine.handleTimeout(at: at(10_000))
    var sent = 0
    while engine.pollTransmit(at: at(10_000), into: &span) != nil { sent += 1 }
    #expect(sent <= 6)
  }

  @Test func `several targets take turns in a round and end together`() {
    let c = rounds(3, .seconds(1), [target, stranger])
    let result = run(c, chain(c, length: 5) { _ in .milliseconds(1) })
    #expect(result.ends.map(\.target) == [0, 1] && told(result).count == 6)
    #expect(result.transmits.count { $0.transmit.probe.query == 1 } == 10)
  }
}
