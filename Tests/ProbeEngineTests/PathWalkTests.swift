import Testing
import Timing
import Wire

@testable import ProbeEngine

@Suite struct PathWalkTests {
  @Test func `A plain path is a chain of links, and its last is an arrival`() {
    let topology = PathTopology.chain(6)
    let run = WalkDriver.run(topology)
    #expect(run.links == topology.links)
    #expect(run.balancers.isEmpty)
    #expect(run.hops.map(\.hopLimit) == [1, 2, 3, 4, 5, 6])
    #expect(run.ends.first?.reason == .reached)
    print("chain", run.sent, run.now)
  }

  @Test func `A diamond of four`() {
    let topology = PathTopology.diamond(4)
    let run = WalkDriver.run(topology)
    print(
      "diamond", run.sent, run.now, run.links, run.balancers.map { ($0.hashes, $0.branches.count, $0.probes) }
    )
    #expect(run.links.isSubset(of: topology.links))
    #expect(run.ends.first?.reason == .reached)
  }
}
