import Testing
import Timing

@testable import ProbeEngine

@Suite struct MTUSearchTests {
  /// Runs a search where packets up to `mtu` pass; `loss` of those that pass are lost.
  private func run(_ mtu: Int, high: Int, loss: Double = 0, seed: UInt64 = 1) -> (
    found: Int, batches: Int, probes: Int
  ) {
    var chance = RandomNumbers(seed: seed)
    var search = MTUSearch(passes: 1_280, fails: high)
    var batches = 0
    var probes = 0
    while !search.isDone, batches < 100 {
      let batch = search.batch
      #expect(!batch.isEmpty && batch.count <= 3)
      #expect(batch.allSatisfy { $0 > search.low && $0 < high })
      batches += 1
      for size in batch {
        probes += 1
        if size <= mtu, loss == 0 || chance.nextUnit() > loss {
          search.noteAnswer(size)
        } else {
          search.noteLoss(size)
        }
      }
    }
    return (search.low, batches, probes)
  }

  @Test func `Every size between the minimum and the link's is found exactly, in few batches`() {
    for mtu in 1_280..<1_500 {
      let result = run(mtu, high: 1_500)
      #expect(result.found == mtu)
      #expect(result.batches <= 9, "\(mtu): \(result.batches)")
    }
  }

  @Test func `Sizes that are met often take the fewest`() {
    for mtu in MTUSearch.commonSizes where mtu < 1_500 {
      #expect(run(mtu, high: 1_500).batches <= 5, "\(mtu)")
    }
  }

  @Test func `Jumbo sizes are found as well`() {
    for mtu in [1_500, 1_501, 4_000, 8_999, 9_000, 9_215] { #expect(run(mtu, high: 9_216).found == mtu) }
    #expect(run(40_000, high: 65_535).found == 40_000)
  }

  @Test func `One octet of room is decided already`() {
    let search = MTUSearch(passes: 1_499, fails: 1_500)
    #expect(search.isDone)
    #expect(search.batch.isEmpty)
  }

  @Test func `With one in ten lost the size is hardly ever told too small, and never too large`() {
    var wrong = 0
    for seed in UInt64(1)...1_000 {
      let mtu = 1_280 + Int(seed % 220)
      let found = run(mtu, high: 1_500, loss: 0.1, seed: seed).found
      #expect(found <= mtu)
      if found != mtu { wrong += 1 }
    }
    #expect(wrong <= 10, "\(wrong)")
  }
}
