import Testing

@testable import Statistics

/// SplitMix64 (Steele, Lea and Flood, 2014): for tests, which need reproducible chance.
private struct Chance: RandomNumberGenerator {
  var state: UInt64
  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var z = state
    z = (z ^ z >> 30) &* 0xbf58_476d_1ce4_e5b9
    z = (z ^ z >> 27) &* 0x94d0_49bb_1331_11eb
    return z ^ z >> 31
  }

  /// Skewed like round trips: 1 ms and a sum of small parts, of which one is now and then ten times as long.
  mutating func roundTrip() -> Double {
    let unit = { (chance: inout Chance) in Double.random(in: 0..<1, using: &chance) }
    let body = 1e6 + 1e5 * (unit(&self) + unit(&self) + unit(&self))
    return unit(&self) < 0.05 ? body + 2e6 * unit(&self) : body
  }
}

/// A run whose round trips drift slowly: neighbors are alike, which is what blocks are for.
private func run(
  _ count: Int, scaledBy scale: Double = 1, loss: Double = 0.02, drift: Double = 0, _ chance: inout Chance
) -> BlockSample {
  var sample = BlockSample()
  var level = 0.0
  for _ in 0..<count {
    level = 0.8 * level + Double.random(in: -1..<1, using: &chance)
    let lost = Double.random(in: 0..<1, using: &chance) < loss
    sample.record(lost ? nil : Int64((chance.roundTrip() + drift * level) * scale))
  }
  sample.settle()
  return sample
}

private func whole(_ sample: BlockSample) -> Bootstrap.Sample {
  var all = BlockSample.Block()
  for block in sample.blocks { all.merge(block) }
  let mean = all.histogram.count > 0 ? Int64(all.sum / Int128(all.histogram.count)) : nil
  return .distribution(all.histogram, mean: mean, resolved: all.resolved, failed: all.failed)
}

struct BootstrapTests {
  static let statistics: [Bootstrap.Statistic] = [.mean, .percentile(50), .percentile(99), .loss]

  /// The true figures of `run`, by a sample so large that its own error does not matter.
  private static let truth: [Double] = {
    var chance = Chance(state: 99)
    var all = Histogram()
    var sum = 0.0
    let count = 100_000
    for _ in 0..<count {
      let value = chance.roundTrip()
      all.record(Int64(value))
      sum += value
    }
    return [sum / Double(count), Double(all.percentile(50) ?? 0), Double(all.percentile(99) ?? 0), 0.02]
  }()

  /// How often of 200 times an interval held the true difference, by statistic, and how often it excluded zero.
  private func trials(_ scale: Double, blocked: Bool) -> (covered: [Int], differs: [Int]) {
    var chance = Chance(state: blocked ? 11 : 12)
    var covered = [0, 0, 0, 0]
    var differs = [0, 0, 0, 0]
    for trial in 0..<200 {
      let first = run(1_000, &chance)
      let second = run(1_000, scaledBy: scale, &chance)
      var generator = Chance(state: UInt64(trial))
      let found = Bootstrap.differences(
        blocked ? .blocks(first.blocks) : whole(first), blocked ? .blocks(second.blocks) : whole(second),
        Self.statistics, resamples: 100, using: &generator)
      for (index, difference) in found.enumerated() {
        guard let difference else { continue }
        let wanted = index == 3 ? 0 : Self.truth[index] * (scale - 1)
        if (difference.lower...difference.upper).contains(wanted) { covered[index] += 1 }
        if difference.isMoreThanChance { differs[index] += 1 }
      }
    }
    return (covered, differs)
  }

  @Test func `an interval of 95 percent holds the true difference about so often`() {
    let (covered, differs) = trials(1.2, blocked: false)
    // 90 to 99 percent of 200.
    for count in covered { #expect((180...199).contains(count), "\(covered)") }
    // A fifth more is found; loss is the same, and rarely differs.
    #expect(differs[0] == 200 && differs[1] == 200 && differs[3] <= 20, "\(differs)")
  }

  @Test func `runs of one kind rarely differ`() {
    let (covered, differs) = trials(1, blocked: true)
    for count in covered { #expect((180...199).contains(count), "\(covered)") }
    for count in differs { #expect(count <= 20, "\(differs)") }
  }

  @Test func `what drifts is judged by stretches, for single probes would call it a difference`() {
    var chance = Chance(state: 5)
    var byBlocks = 0
    var byProbes = 0
    for trial in 0..<60 {
      let first = run(1_500, drift: 3e5, &chance)
      let second = run(1_500, drift: 3e5, &chance)
      var generator = Chance(state: UInt64(trial))
      let blocks = Bootstrap.differences(
        .blocks(first.blocks), .blocks(second.blocks), [.mean], resamples: 60, using: &generator)
      let probes = Bootstrap.differences(
        whole(first), whole(second), [.mean], resamples: 60, using: &generator)
      if blocks[0]?.isMoreThanChance ?? false { byBlocks += 1 }
      if probes[0]?.isMoreThanChance ?? false { byProbes += 1 }
    }
    #expect(byBlocks < 15 && byProbes > 2 * byBlocks, "\(byBlocks) \(byProbes)")
  }

  @Test func `loss that grows is found and loss that is not there is no difference`() {
    var chance = Chance(state: 3)
    var generator = Chance(state: 1)
    let none = run(5_000, loss: 0, &chance)
    let some = run(5_000, loss: 0.01, &chance)
    let found = Bootstrap.differences(
      .blocks(none.blocks), .blocks(some.blocks), [.loss], resamples: 200, using: &generator)
    #expect(found[0].map { $0.isMoreThanChance && $0.first == 0 && $0.lower > 0 } ?? false)
    let same = Bootstrap.differences(
      .blocks(none.blocks), .blocks(none.blocks), [.loss], resamples: 200, using: &generator)
    #expect(same[0].map { !$0.isMoreThanChance && $0.lower == 0 && $0.upper == 0 } ?? false)
  }

  @Test func `the same seed gives the same interval`() {
    var chance = Chance(state: 3)
    let (a, b) = (run(1_000, &chance), run(1_000, &chance))
    for (first, second) in [(Bootstrap.Sample.blocks(a.blocks), .blocks(b.blocks)), (whole(a), whole(b))] {
      var one = Chance(state: 8)
      var two = Chance(state: 8)
      #expect(
        Bootstrap.differences(first, second, Self.statistics, resamples: 200, using: &one)
          == Bootstrap.differences(first, second, Self.statistics, resamples: 200, using: &two))
    }
  }

  @Test func `too little says nothing`() {
    var chance = Chance(state: 3)
    var generator = Chance(state: 1)
    let (few, many) = (run(7, &chance), run(1_000, &chance))
    #expect(
      Bootstrap.differences(whole(few), whole(many), Self.statistics, using: &generator) == [
        nil, nil, nil, nil,
      ])
    let lost = run(1_000, loss: 1, &chance)
    let found = Bootstrap.differences(
      .blocks(lost.blocks), .blocks(many.blocks), Self.statistics, using: &generator)
    #expect(found[0] == nil && found[1] == nil && found[2] == nil && found[3]?.first == 1)
    // 40 values know nothing of a 99th percentile.
    #expect(
      Bootstrap.differences(whole(run(40, &chance)), whole(many), [.percentile(99)], using: &generator) == [
        nil
      ])
  }

  @Test func `a million values keep their sum and few stretches`() {
    var sample = BlockSample()
    for value in 0..<1_000_000 as Range<Int64> { sample.record(value % 10 == 0 ? nil : 1_000_000 + value) }
    sample.settle()
    #expect((128...256).contains(sample.blocks.count))
    #expect(sample.blocks.reduce(0) { $0 + $1.resolved } == 1_000_000)
    #expect(sample.blocks.reduce(0) { $0 + $1.failed } == 100_000)
    let sum = (0..<1_000_000 as Range<Int128>).reduce(0) { $1 % 10 == 0 ? $0 : $0 + 1_000_000 + $1 }
    #expect(sample.blocks.reduce(0) { $0 + $1.sum } == sum)
    // All stretches but the last are equally long, and consecutive.
    #expect(Set(sample.blocks.dropLast().map(\.resolved)).count == 1)
    #expect(
      zip(sample.blocks, sample.blocks.dropFirst()).allSatisfy {
        ($0.histogram.max ?? 0) < ($1.histogram.min ?? 0)
      })
  }
}
