import Testing
import Timing
import Wire
@testable import ProbeEngine
@Suite struct ZDebugTests {
  @Test func dbg() {
    for seed in UInt64(1)...40 {
      var topology = PathTopology([[1], [2, 3], [4], [4], [5], []], salt: seed)
      topology.routers[3].isSilent = true
      let run = WalkDriver.run(topology, seed: seed, keepsProbes: true)
      print("SEED", seed, run.now, run.sent)
      if run.now > .zero + .seconds(9) { show(run); break }
    }
  }
  func show(_ run: WalkDriver<PathWalk>) {
    var line = ""
    var last = Int64(-1)
    for (i, p) in run.probes.enumerated() {
      let t = run.times[i].nanoseconds / 1_000_000
      if t != last { print(last, line); line = ""; last = t }
      line += " \(p.hopLimit):\(p.flowNumber)"
    }
    print(last, line)
    var seen: Set<Int> = []
    for p in run.probes where seen.insert(p.flowNumber).inserted { print(p.flowNumber, p.flow.destinationPort, p.flow.flowLabel) }
    print(run.now, run.links, run.balancers.map { ($0.node, $0.hashes) })
  }
}
