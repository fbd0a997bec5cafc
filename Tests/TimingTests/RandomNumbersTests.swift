import Glibc
import Testing

@testable import Timing

@Suite struct RandomNumbersTests {
  // PyPI randomgen 2.5.0: b = Xoshiro256(1); s = b.state; s['s'] = np.array([1, 2, 3, 4], np.uint64);
  // b.state = s; [b.random_raw() for _ in range(6)]
  @Test func `numbers from a known state are those of another implementation`() {
    var random = RandomNumbers(state: (1, 2, 3, 4))
    let expected: [UInt64] = [
      11520, 0, 1_509_978_240, 1_215_971_899_390_074_240, 1_216_172_134_540_287_360, 607_988_272_756_665_600,
    ]
    for number in expected { #expect(random.next() == number) }
  }

  // The first four of java.util.SplittableRandom(42).nextLong(), unsigned, as the state of the same
  // Xoshiro256.
  @Test func `a seed fills the state by SplitMix64`() {
    var words = SplitMix64(state: 42)
    let state: [UInt64] = [
      13_679_457_532_755_275_413, 2_949_826_092_126_892_291, 5_139_283_748_462_763_858,
      6_349_198_060_258_255_764,
    ]
    for word in state { #expect(words.next() == word) }
    var random = RandomNumbers(seed: 42)
    let expected: [UInt64] = [
      1_546_998_764_402_558_742, 6_990_951_692_964_543_102, 12_544_586_762_248_559_009,
      17_057_574_109_182_124_193,
    ]
    for number in expected { #expect(random.next() == number) }
  }

  @Test func `a copy repeats the numbers of the original`() {
    var original = RandomNumbers(seed: 7)
    _ = original.next()
    var copy = original
    for _ in 0..<100 { #expect(original.next() == copy.next()) }
  }

  @Test func `a state of zeros is replaced and does not stick`() {
    var random = RandomNumbers(state: (0, 0, 0, 0))
    #expect((0..<4).contains { _ in random.next() != 0 })
  }

  @Test func `the logarithm is libm's to within four units in the last place`() {
    var random = RandomNumbers(seed: 3)
    var arguments: [Double] = [
      0x1p-53, 0x1p-1022, 1e-9, 0.1, 0.5, 0.707_106_781_186_547_5, 0.707_106_781_186_547_6, 0.99999,
      (1.0).nextDown, 1, (1.0).nextUp, 1.414_213_562_373_095_1, 1.5, 2, 10, 1e300, .greatestFiniteMagnitude,
    ]
    for _ in 0..<20_000 { arguments.append(random.nextUnit()) }
    for x in arguments {
      let expected = log(x)
      #expect(abs(naturalLogarithm(x) - expected) <= 4 * expected.ulp, "ln \(x)")
    }
    #expect(naturalLogarithm(1) == 0)
  }

  @Test func `units are above zero, at most one, and centred`() {
    var random = RandomNumbers(seed: 11)
    var sum = 0.0
    for _ in 0..<100_000 {
      let unit = random.nextUnit()
      #expect(unit > 0 && unit <= 1)
      sum += unit
    }
    // Standard error of the mean: 1 / √(12 × 100 000) = 0.0009; four of them.
    #expect(abs(sum / 100_000 - 0.5) < 0.0037)
  }

  /// The largest distance between the empirical distribution of the gaps and 1 - exp(-x / mean).
  private func kolmogorovDistance(seed: UInt64, mean: Int64, count: Int) -> Double {
    var random = RandomNumbers(seed: seed)
    let gaps = (0..<count).map { _ in random.nextExponential(mean: Nanoseconds(mean)).count }.sorted()
    return gaps.enumerated().map { index, gap in
      let expected = 1 - exp(-Double(gap) / Double(mean))
      return max(expected - Double(index) / Double(count), Double(index + 1) / Double(count) - expected)
    }.max() ?? 1
  }

  @Test(arguments: [1, 2, 3, 4, 5] as [UInt64])
  func `gaps pass Kolmogorov and Smirnov's test for the exponential distribution`(seed: UInt64) {
    // 1.95 / √n is the critical value at a level of 0.1 %.
    #expect(kolmogorovDistance(seed: seed, mean: 10_000_000, count: 20_000) < 1.95 / (20_000.0).squareRoot())
    #expect(kolmogorovDistance(seed: seed, mean: 100_000, count: 20_000) < 1.95 / (20_000.0).squareRoot())
  }

  @Test func `the Kolmogorov test can fail`() {
    var random = RandomNumbers(seed: 1)
    let uniform = (0..<20_000).map { _ in random.nextUnit() * 2 }.sorted()
    let distance =
      uniform.enumerated().map { index, x in abs(1 - exp(-x) - Double(index) / 20_000) }.max() ?? 0
    #expect(distance > 1.95 / (20_000.0).squareRoot())
  }

  @Test func `consecutive gaps do not depend on each other`() {
    var random = RandomNumbers(seed: 99)
    let gaps = (0..<50_000).map { _ in Double(random.nextExponential(mean: .milliseconds(1)).count) / 1e6 - 1
    }
    let covariance = zip(gaps, gaps.dropFirst()).map(*).reduce(0, +) / 50_000
    // The lag-1 correlation of independent values of variance 1 has a standard error of 1 / √n = 0.0045.
    #expect(abs(covariance) < 4 / (50_000.0).squareRoot())
  }

  @Test func `gaps of absurd means saturate`() {
    var random = RandomNumbers(seed: 5)
    for mean in [Int64.min, -1, 0] { #expect(random.nextExponential(mean: Nanoseconds(mean)) == .zero) }
    let gaps = (0..<100).map { _ in random.nextExponential(mean: Nanoseconds(.max)).count }
    #expect(gaps.allSatisfy { $0 >= 0 } && gaps.contains(.max))
  }
}
