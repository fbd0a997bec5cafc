import Testing
import Timing
import Wire

@testable import ProbeEngine

@Suite struct StopSetTests {
  private func targets(_ n: Int) -> [IPv6Address] {
    (0..<n).map { IPv6Address(bits: 0x2001_0db8_00ff << 80 | UInt128($0 + 1)) }
  }

  /// Targets behind routers: `way` names the router at a hop, nil beyond the last one.
  private func tree(
    _ c: TraceConfiguration, delay: Nanoseconds = .milliseconds(1), way: @escaping (Int, Int) -> Int?
  ) -> (TraceTransmit, Instant) -> PathFate {
    { transmit, _ in
      let probe = transmit.probe
      if let n = way(probe.target, Int(probe.hopLimit)) {
        if n < 0 { return .silence }
        return .answers([PathAnswer(after: delay, from: router(n), content: .error(type: 3, code: 0))])
      }
      return .answers([
        PathAnswer(
          after: delay, from: c.targets[probe.target].address, content: .error(type: 1, code: 4))
      ])
    }
  }

  @Test func `a thousand targets behind the same thirty routers cost four probes each`() {
    let c = traceConfiguration(targets(1_000)) {
      $0.sharesHops = true
      $0.maximumHops = 40
      $0.reportsProbes = false
    }
    let result = run(c, tree(c) { _, hop in hop <= 30 ? hop : nil })
    #expect(result.ends.count == 1_000 && result.ends.allSatisfy { $0.reason == .reached && $0.hops == 31 })
    #expect(result.transmits.count <= 4_200, "\(result.transmits.count)")
    // The first five routers are asked for one target alone.
    #expect(result.transmits.count { $0.transmit.probe.hopLimit <= 5 } == 15)
    let last = result.hops(of: 999)
    #expect(last.count == 31 && last.map(\.hopLimit) == Array(1...31))
    #expect(last.prefix(29).allSatisfy { $0.notes == [.shared] && $0.marks == "..." })
    #expect(
      last[29].notes == [.shared] && last[29].marks == "..." && last[29].address == router(30)
        && last[30].marks == "===")
  }

  @Test func `paths that part are asked from where they part, nearer and further targets alike`() {
    // Ten branches behind hop 8, of different lengths.
    let c = traceConfiguration(targets(60)) { $0.sharesHops = true }
    func way(_ target: Int, _ hop: Int) -> Int? {
      let branch = target % 10
      guard hop <= 10 + branch else { return nil }
      return hop <= 8 ? hop : 100 * (branch + 1) + hop
    }
    let result = run(c, tree(c, way: way))
    for target in 0..<60 {
      let hops = result.hops(of: target)
      #expect(hops.count == 11 + target % 10)
      #expect(hops.dropLast().allSatisfy { $0.address == router(way(target, Int($0.hopLimit)) ?? 0) })
      #expect(result.ends.contains { $0.target == target && $0.isReached })
    }
    #expect(result.transmits.count { $0.transmit.probe.hopLimit <= 5 } == 15)
  }

  @Test func `silent routers on the shared way, silent targets and a gap are gone through`() {
    let c = traceConfiguration(targets(40)) {
      $0.sharesHops = true
      $0.gapLimit = 3
    }
    // Hop 6 and hop 9, the last before the targets, are silent; every fourth target says nothing.
    let result = run(
      c,
      tree(c) { target, hop in hop == 6 || hop == 9 || hop > 9 && target % 4 == 1 ? -1 : hop < 9 ? hop : nil }
    )
    for target in 0..<40 {
      let hops = result.hops(of: target)
      let end = result.ends.first { $0.target == target }
      #expect(end?.reason == (target % 4 == 1 ? .gapLimit : .reached), "\(target)")
      #expect(hops.count == (target % 4 == 1 ? 11 : 10), "\(target)")
      #expect(
        hops.allSatisfy {
          ($0.hopLimit == 6 || $0.hopLimit >= 9 && target % 4 == 1 || $0.hopLimit == 9) == ($0.address == nil)
        })
    }
    #expect(result.transmits.count { $0.transmit.probe.hopLimit <= 5 } == 15)
  }

  @Test func `a first target that is silent keeps nobody from being traced`() {
    let c = traceConfiguration(targets(5)) { $0.sharesHops = true }
    let result = run(c, tree(c) { target, hop in target == 0 && hop > 3 ? -1 : hop <= 12 ? hop : nil })
    #expect(result.ends.count { $0.isReached } == 4)
    for target in 1..<5 { #expect(result.hops(of: target).count == 13) }
  }

  @Test func `an error on the way ends a shared trace as any other`() {
    let c = traceConfiguration(targets(9)) { $0.sharesHops = true }
    let result = run(c) { transmit, now in
      let hop = Int(transmit.probe.hopLimit)
      if transmit.probe.target > 0, hop >= 5 {
        return .answers([
          PathAnswer(after: .milliseconds(1), from: router(4), content: .error(type: 1, code: 1))
        ])
      }
      return tree(c) { _, hop in hop <= 20 ? hop : nil }(transmit, now)
    }
    for target in 1..<9 {
      #expect(result.hops(of: target).count == 5)
      #expect(result.ends.contains { $0.target == target && $0.reason == .unreachable(type: 1, code: 1) })
    }
  }

  @Test func `targets are traced with no more at once than was asked for`() {
    let c = traceConfiguration(targets(30)) {
      $0.targetsAtOnce = 2
      $0.maximumInFlight = 1_000
    }
    let result = run(c, tree(c) { _, hop in hop <= 5 ? hop : nil })
    #expect(Set(result.transmits.filter { $0.at == .zero }.map(\.transmit.probe.target)) == [0, 1])
    #expect(result.ends.count == 30)
  }

  @Test func `stop in the middle ends each target once`() {
    let c = traceConfiguration(targets(100)) { $0.sharesHops = true }
    for time in [0, 3, 8, 9, 12, 20] as [Int64] {
      let result = run(c, stopAt: at(time), tree(c) { _, hop in hop <= 20 ? hop : nil })
      #expect(result.ends.count == 100)
    }
  }

  @Test func `many whole traces at once all come to their end`() {
    let c = traceConfiguration(targets(150)) { $0.reportsProbes = false }
    let result = run(c, tree(c) { _, hop in hop <= 29 ? hop : nil })
    #expect(result.ends.allSatisfy { $0.isReached && $0.hops == 30 && $0.lost == 0 })
    #expect(result.transmits.count >= 13_500)
  }
}
