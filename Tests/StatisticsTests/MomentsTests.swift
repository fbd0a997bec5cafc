import Testing

@testable import Statistics

@Suite struct MomentsTests {
  private func moments(_ values: [Int64]) -> Moments {
    var moments = Moments()
    for value in values { moments.record(value) }
    return moments
  }

  // Python over the same series: min, max, sum, sum // n, math.isqrt((n * Σx² - (Σx)²) // n²), the last
  // checked to agree with numpy.std to within 2.
  @Test(
    arguments: [
      (.uniform, 100_001, 1_099_923, 12_044_112_819, 602_205, 288_299),
      (.octaves, 32_783, 2_146_435_072, 3_987_280_596_378, 199_364_029, 427_740_983),
      (.twoHumps, 30_001, 10_000_999_870, 19_771_578_309_943, 988_578_915, 2_984_745_284),
      (.tiny, 0, 299, 2_993_015, 149, 87),
    ] as [(Series, Int64, Int64, Int128, Int64, Int64)])
  func `moments of a series are Python's to the last digit`(
    series: Series, min: Int64, max: Int64, sum: Int128, mean: Int64, deviation: Int64
  ) {
    let moments = moments(series.values())
    #expect(moments.count == 20_000)
    #expect(moments.min == min && moments.max == max)
    #expect(moments.sum == sum && moments.mean == mean)
    #expect(moments.deviation == deviation)
  }

  // A Python port of iputils' formula: llsqrt((s2 - s * s // n) // n) with its Newton iteration.
  @Test(
    arguments: [
      ([0], 0), ([7], 0), ([0, 2], 1), ([1, 3, 5], 1), ([0, 4], 2), ([10, 14], 2), ([5, 5, 5, 9], 2),
      ([48, 53, 49, 61, 47], 5), ([1_000, 1_000, 1_001], 0), ([0, 0, 0, 5], 2), ([3, 9, 27, 81], 30),
      ([100, 116], 8), ([2_147_483, 2_147_484, 2_147_490], 3),
      // Variance 3 and 8, one below a square: the iteration ends at 2 and 3.
      ([1, 2, 5], 2), ([0, 5, 7], 3),
    ] as [([Int64], Int64)])
  func `the deviation of microseconds is the integer that iputils prints`(values: [Int64], mdev: Int64) {
    #expect(moments(values).iputilsDeviation == mdev)
  }

  @Test func `nothing recorded is nothing said`() {
    let empty = Moments()
    #expect(empty.count == 0 && empty.sum == 0)
    #expect(empty.min == nil && empty.max == nil && empty.mean == nil)
    #expect(empty.deviation == nil && empty.iputilsDeviation == nil)
  }

  @Test func `the mean is cut towards zero on both sides`() {
    #expect(moments([1, 2]).mean == 1)
    #expect(moments([-1, -2]).mean == -1)
  }

  @Test func `a large offset costs no precision`() {
    // Where floating-point sums of squares lose every digit.
    let offset: Int64 = 1 << 61
    #expect(moments([4, 7, 13, 16].map { $0 + offset }).deviation == moments([4, 7, 13, 16]).deviation)
    #expect(moments([4, 7, 13, 16]).deviation == 4)
  }

  @Test func `deviation agrees with Welford's algorithm in floating point`() {
    for series in Series.allCases {
      var (mean, sum, n) = (0.0, 0.0, 0.0)
      for value in series.values() {
        n += 1
        let delta = Double(value) - mean
        mean += delta / n
        sum += delta * (Double(value) - mean)
      }
      let exact = Double(moments(series.values()).deviation ?? -1)
      let welford = (sum / n).squareRoot()
      #expect(exact <= welford * (1 + 1e-9) && welford < (exact + 1) * (1 + 1e-9))
    }
  }

  @Test func `the ends of Int64 neither trap nor wrap`() {
    let ends = moments([.min, .max])
    #expect(ends.sum == -1 && ends.mean == 0)
    #expect(ends.deviation == .max)
    #expect(moments([.min, .min, .min]).deviation == 0)
    #expect(moments([.min, .min, .min]).mean == .min)
    for a in extremes {
      for b in extremes {
        let both = moments([a, b])
        #expect(both.mean == Int64((Int128(a) + Int128(b)) / 2))
        // Half the distance, rounded down, is the deviation of two values.
        #expect(both.deviation == Int64(a.separation(from: b) / 2))
      }
    }
  }

  @Test func `counts near 2^64 keep the sums exact`() {
    var large = moments([.min, .max, .max, .min])
    // Doubled 61 times: 2^63 values.
    for _ in 0..<61 { large.merge(large) }
    #expect(large.count == 1 << 63 && large.mean == 0 && large.deviation == .max)
    // Once more would be 2^64: left out.
    let before = large
    large.merge(large)
    #expect(large == before)
  }

  @Test func `merging is commutative, associative and the same as recording everything`() {
    let values = Series.octaves.values()
    let parts = [values[..<10], values[10..<7_777], values[7_777...]].map { moments(Array($0)) }
    func merged(_ order: [Int]) -> Moments {
      var result = Moments()
      for index in order { result.merge(parts[index]) }
      return result
    }
    var right = parts[1]
    right.merge(parts[2])
    var nested = parts[0]
    nested.merge(right)
    for result in [merged([0, 1, 2]), merged([2, 0, 1]), merged([1, 2, 0]), nested] {
      #expect(result == moments(values))
    }
  }

  @Test func `Moments of rounded figures give them back`() {
    var seen = Moments()
    for value in [20_000, 21_000, 900_000_000, 35] as [Int64] { seen.record(value) }
    let made = Moments(
      count: seen.count, min: seen.min ?? 0, max: seen.max ?? 0, mean: seen.mean ?? 0,
      deviation: seen.deviation ?? 0)
    #expect(made.count == 4 && made.min == 35 && made.max == 900_000_000)
    #expect(made.mean == seen.mean && made.deviation == seen.deviation)
    #expect(Moments(count: 0, min: 1, max: 1, mean: 1, deviation: 1) == Moments())
    let huge = Moments(count: .max, min: .min, max: .max, mean: .max, deviation: .max)
    #expect(huge.mean == .max)
  }
}
