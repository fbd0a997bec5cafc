import Testing
import Timing
import Wire

@testable import ProbeEngine

@Suite struct StoppingRuleTests {
  /// The table of scamper's tracelb (k = 2, 3, …), which bounds only the last step.
  private static let table: [Double: [Int]] = [
    0.95: [6, 11, 16, 21, 27, 33, 38, 44, 51, 57, 63, 70, 76, 83, 90, 96],
    0.99: [8, 15, 21, 28, 36, 43, 51, 58, 66, 74, 82, 90, 98, 106, 115, 123],
  ]

  @Test(arguments: [0.95, 0.99])
  func `The stopping points are those of the table, or one more where stopping early adds to the error`(
    confidence: Double
  ) {
    let rule = StoppingRule(confidence: confidence)
    for (index, point) in (Self.table[confidence] ?? []).enumerated() {
      let k = index + 2
      #expect(rule[k] == point || rule[k] == point + 1, "n_\(k)")
      let closed = StoppingRule.closedPoint(k, error: 1 - confidence)
      #expect(rule[k] <= closed && closed <= rule[k] + 1, "n_\(k)")
    }
    #expect(rule[2] == Self.table[confidence]?[0])
    #expect(rule[1] == rule[2])
  }

  @Test(arguments: [0.95, 0.99])
  func `A node of any fan-out is left incomplete with the stated probability at most, and not much less`(
    confidence: Double
  ) {
    let rule = StoppingRule(confidence: confidence)
    for fanOut in 2...40 {
      let miss = rule.missProbability(fanOut: fanOut)
      #expect(miss <= 1 - confidence, "\(fanOut)")
      #expect(miss > (1 - confidence) * 0.5, "\(fanOut)")
    }
    #expect(rule.missProbability(fanOut: 1) == 0)
  }

  @Test func `Two next hops are missed as a coin that falls six times on one side`() {
    #expect(StoppingRule(confidence: 0.95).missProbability(fanOut: 2) == 0.03125)
    #expect(StoppingRule(confidence: 0.99).missProbability(fanOut: 2) == 0.0078125)
  }

  @Test func `The points grow with k beyond the exact table`() {
    let rule = StoppingRule(confidence: 0.95)
    for k in 3...200 { #expect(rule[k] > rule[k - 1]) }
  }

  /// The rate at which runs miss a branch, against the exact theory. The bounds are binomial tails of 1e-8 on either
  /// side for each fan-out and for all together (unequal chances spread less than equal ones of the same mean), so
  /// that a right walk fails for fewer than one in a million seeds; the seed is fixed besides.
  @Test(arguments: [0.95, 0.99])
  func `The walk misses branches as often as the theory says, for fan-outs of 2 to 16`(confidence: Double) {
    let rule = StoppingRule(confidence: confidence)
    let runs = 150
    var allMisses = 0
    var allTheory = 0.0
    for fanOut in 2...16 {
      var misses = 0
      for run in 0..<runs {
        let seed = UInt64(fanOut * 100_000 + run) ^ UInt64(confidence * 1_000) << 32
        let driver = WalkDriver.run(
          .diamond(fanOut, salt: seed), confidence: confidence, seed: seed, isFieldTested: false,
          maximumHops: 2,
          perHop: 64)
        let branches = driver.links.filter { $0.from != .origin }.count
        #expect(branches <= fanOut)
        if branches < fanOut { misses += 1 }
        // Nothing but the rule stops it.
        #expect(driver.ends.first?.reason == .maximumHops)
      }
      let theory = rule.missProbability(fanOut: fanOut)
      let bounds = Binomial(trials: runs, chance: theory).bounds(tail: 1e-8)
      #expect(bounds.contains(misses), "fan-out \(fanOut): \(misses) of \(runs), in theory \(theory)")
      allMisses += misses
      allTheory += theory
    }
    let bounds = Binomial(trials: 15 * runs, chance: allTheory / 15).bounds(tail: 1e-8)
    #expect(bounds.contains(allMisses), "\(allMisses) of \(15 * runs), in theory \(allTheory * Double(runs))")
  }
}

/// The binomial distribution, for bounds that chance keeps to.
struct Binomial {
  let trials: Int
  let chance: Double

  /// The numbers between which all but `tail` on either side lie.
  func bounds(tail: Double) -> ClosedRange<Int> {
    var weights: [Double] = []
    var weight = 1.0
    for _ in 0..<trials { weight *= 1 - chance }
    for k in 0...trials {
      weights.append(weight)
      weight *= chance / (1 - chance) * Double(trials - k) / Double(k + 1)
    }
    var low = 0
    var sum = weights[0]
    while sum < tail {
      low += 1
      sum += weights[low]
    }
    var high = trials
    sum = weights[trials]
    while sum < tail {
      high -= 1
      sum += weights[high]
    }
    return low...high
  }
}
