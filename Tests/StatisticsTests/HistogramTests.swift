import Testing

@testable import Statistics

@Suite struct HistogramTests {
  private func histogram(_ values: some Sequence<Int64>) -> Histogram {
    var histogram = Histogram()
    for value in values { histogram.record(value) }
    return histogram
  }

  // numpy.percentile(series, [1, 10, 25, 50, 75, 90, 95, 99, 99.9, 99.99], method="inverted_cdf")
  static let percents = [1, 10, 25, 50, 75, 90, 95, 99, 99.9, 99.99]
  @Test(
    arguments: [
      (
        .uniform,
        [111_322, 202_040, 353_228, 601_858, 850_536, 999_097, 1_050_771, 1_089_940, 1_099_091, 1_099_736]
      ),
      (
        .octaves,
        [
          38_114, 98_608, 497_008, 8_315_776, 128_880_640, 742_653_952, 1_293_713_408, 1_987_117_056,
          2_127_724_544,
          2_143_289_344,
        ]
      ),
      (
        .twoHumps,
        [
          30_055, 30_554, 31_385, 32_769, 34_147, 34_993, 10_000_489_250, 10_000_896_080, 10_000_991_530,
          10_000_999_310,
        ]
      ),
      (.tiny, [3, 29, 74, 150, 226, 270, 285, 296, 299, 299]),
    ] as [(Series, [Int64])])
  func `percentiles are within 0.4 % of numpy's`(series: Series, expected: [Int64]) throws {
    let histogram = histogram(series.values())
    for (percent, value) in zip(Self.percents, expected) {
      let measured = try #require(histogram.percentile(percent))
      #expect(abs(measured - value) * 256 <= value, "p\(percent)")
    }
    #expect(histogram.median == histogram.percentile(50))
  }

  @Test(arguments: Series.allCases)
  func `every percentile is within the bound of the sorted values`(series: Series) throws {
    let values = series.values(3_001).sorted()
    let histogram = histogram(values)
    for rank in 1...values.count {
      // The middle of the percentages that mean this rank.
      let percent = (Double(rank) - 0.5) / Double(values.count) * 100
      let measured = try #require(histogram.percentile(percent))
      guard abs(measured - values[rank - 1]) * 256 <= values[rank - 1] else {
        Issue.record("rank \(rank): \(measured) for \(values[rank - 1])")
        return
      }
    }
    #expect(histogram.percentile(0) == values.first && histogram.percentile(100) == values.last)
  }

  @Test func `nearest rank means the smallest value that enough others do not exceed`() {
    let thousand = histogram((1...1_000).map { $0 <= 999 ? 1 : 2 })
    // ⌈0.999 × 1000⌉ = 999, and the 999th is still 1.
    #expect(thousand.percentile(99.9) == 1)
    #expect(thousand.percentile(99.91) == 2)
    let ten = histogram(1...10)
    #expect([10, 10.1, 50, 50.1, 90, 95, 99, 100].map { ten.percentile($0) } == [1, 2, 5, 6, 9, 10, 10, 10])
  }

  @Test func `percentages out of range are 0 or 100, and no number has no percentile`() {
    let histogram = histogram([5, 6, 7])
    #expect(histogram.percentile(-.infinity) == 5 && histogram.percentile(-1) == 5)
    #expect(histogram.percentile(101) == 7 && histogram.percentile(.infinity) == 7)
    #expect(histogram.percentile(.nan) == nil)
    #expect(Histogram().percentile(50) == nil && Histogram().min == nil && Histogram().max == nil)
  }

  @Test func `buckets cover the whole range without gap or overlap, none wider than 1/128 of its start`() {
    var next: Int64 = 0
    for bucket in 0..<Histogram.bucketCount {
      let range = Histogram.range(ofBucket: bucket)
      #expect(range.lowerBound == next)
      #expect(
        Histogram.bucket(of: range.lowerBound) == bucket && Histogram.bucket(of: range.upperBound) == bucket)
      let width = range.upperBound - range.lowerBound + 1
      #expect(width == 1 || width <= range.lowerBound / 128)
      next = range.upperBound == .max ? -1 : range.upperBound + 1
    }
    // The last one ended at Int64.max.
    #expect(next == -1)
  }

  @Test func `buckets come in order, hold every value and leave out the empty ones`() {
    for series in Series.allCases {
      let values = series.values()
      let buckets = Array(histogram(values).buckets)
      #expect(buckets.reduce(0) { $0 + $1.count } == 20_000)
      #expect(zip(buckets, buckets.dropFirst()).allSatisfy { $0.upper < $1.lower })
      #expect(buckets.allSatisfy { $0.count > 0 })
      for bucket in buckets.prefix(20) {
        #expect(bucket.count == UInt64(values.count { bucket.lower...bucket.upper ~= $0 }))
      }
    }
  }

  @Test func `merging is commutative, associative and the same as recording everything`() {
    let parts = Series.allCases.map { histogram($0.values(2_000)) }
    let all = histogram(Series.allCases.flatMap { $0.values(2_000) })
    func merged(_ order: [Int]) -> Histogram {
      var result = Histogram()
      for index in order { result.merge(parts[index]) }
      return result
    }
    #expect(merged([0, 1, 2, 3]) == all)
    #expect(merged([3, 1, 0, 2]) == all)
    var (left, right) = (parts[0], parts[2])
    left.merge(parts[1])
    right.merge(parts[3])
    left.merge(right)
    #expect(left == all)
    left.merge(Histogram())
    #expect(left == all)
    #expect(left != parts[0])
  }

  @Test func `extreme values neither trap nor leave their place`() {
    let histogram = histogram(extremes)
    #expect(histogram.count == UInt64(extremes.count))
    // Negative values count as zero.
    #expect(histogram.min == 0 && histogram.max == .max)
    #expect(histogram.buckets.first { _ in true } == Histogram.Bucket(lower: 0, upper: 0, count: 4))
    for percent in stride(from: 0.0, through: 100, by: 0.5) {
      #expect(0...Int64.max ~= (histogram.percentile(percent) ?? -1))
    }
  }

  /// A histogram that has recorded one value so often, made by doubling.
  private func histogram(of value: Int64, count: UInt64) -> Histogram {
    var (result, power) = (Histogram(), histogram([value]))
    for bit in 0..<(UInt64.bitWidth - count.leadingZeroBitCount) {
      if count & 1 << UInt64(bit) != 0 { result.merge(power) }
      power.merge(power)
    }
    return result
  }

  @Test(arguments: [1 << 32 - 1, 1 << 33 - 1, 1 << 40 - 1, 1 << 63 - 1] as [UInt64])
  func `recording carries from the low half of a count to the high one`(count: UInt64) {
    var histogram = histogram(of: 7, count: count)
    histogram.record(7)
    #expect(Array(histogram.buckets) == [Histogram.Bucket(lower: 7, upper: 7, count: count + 1)])
  }

  @Test func `counts go on past 32 bits and stop at 64`() {
    var histogram = histogram([1_000, 1_000, 5_000])
    for _ in 0..<31 { histogram.merge(histogram) }
    #expect(Array(histogram.buckets).map(\.count) == [1 << 32, 1 << 31])
    for _ in 0..<64 { histogram.merge(histogram) }
    #expect(histogram.count == .max)
    #expect(Array(histogram.buckets).map(\.count) == [.max, .max])
    histogram.record(1_000)
    histogram.record(5_000)
    #expect(histogram.count == .max)
    #expect(Array(histogram.buckets).map(\.count) == [.max, .max])
    #expect(histogram.percentile(99) != nil)
    histogram.reset()
    histogram.record(1_000)
    #expect(Array(histogram.buckets).map(\.count) == [1])
  }

  @Test func `a copy keeps what it had`() {
    var histogram = histogram([1, 2, 3])
    let copy = histogram
    histogram.record(4)
    #expect(copy.count == 3 && Array(copy.buckets).count == 3 && histogram.count == 4)
  }

  @Test func `resetting forgets all and keeps the memory`() {
    var histogram = histogram(Series.octaves.values())
    let reserved = histogram.reservedOctets
    histogram.reset()
    #expect(histogram == Histogram() && histogram.reservedOctets == reserved)
    for value in Series.octaves.values() { histogram.record(value) }
    #expect(histogram == self.histogram(Series.octaves.values()) && histogram.reservedOctets == reserved)
  }

  @Test func `a typical target takes under 4 KiB and the whole range 32`() {
    // 1 ... 8 ms, and a time-out.
    let typical = histogram((0..<5_000).map { 1_000_000 + $0 * 1_400 } + [10_000_000_000])
    #expect(typical.reservedOctets + MemoryLayout<Histogram>.size < 4_096)
    let full = histogram((0..<Histogram.bucketCount).map { Histogram.range(ofBucket: $0).lowerBound })
    #expect(full.reservedOctets + MemoryLayout<Histogram>.size < 32_768)
  }

  @Test func `recording allocates nothing once each quarter octave has occurred`() {
    var histogram = histogram(Series.octaves.values())
    let reserved = histogram.reservedOctets
    for _ in 0..<10 {
      for value in Series.octaves.values() { histogram.record(value) }
    }
    #expect(histogram.reservedOctets == reserved)
  }

  @Test(arguments: Series.allCases) func `a histogram comes back from its buckets`(series: Series) {
    let written = histogram(series.values())
    let buckets = written.buckets.map { (lower: $0.lower, upper: $0.upper, count: $0.count) }
    let read = Histogram(buckets: buckets.reversed(), minimum: written.min, maximum: written.max)
    #expect(read == written)
    #expect(read?.percentile(99.9) == written.percentile(99.9))
  }

  @Test func `the largest values and nothing at all come back too`() {
    let top = histogram([0, .max, .max])
    let buckets = top.buckets.map { (lower: $0.lower, upper: $0.upper, count: $0.count) }
    #expect(Histogram(buckets: buckets, minimum: 0, maximum: .max) == top)
    let nothing: [(lower: Int64, upper: Int64, count: UInt64)] = []
    #expect(Histogram(buckets: nothing, minimum: nil, maximum: nil) == Histogram())
    #expect(Histogram(buckets: nothing, minimum: 1, maximum: nil) == nil)
  }

  @Test(
    arguments: [
      ([(1000, 1003, 0)], 1000, 1000), ([(1000, 1001, 1)], 1000, 1000), ([(1001, 1008, 1)], 1001, 1001),
      ([(-8, -1, 1)], -8, -8), ([(1000, 1007, 1), (1000, 1007, 1)], 1000, 1001),
      ([(1000, 1007, 1)], 999, 1000),
      ([(1000, 1007, 1)], 1000, 1008), ([(1000, 1007, 2)], 1003, 1002), ([(1000, 1007, 1)], nil, 1000),
      ([(1007, 1000, 1)], 1000, 1000),
    ] as [([(Int64, Int64, UInt64)], Int64?, Int64?)])
  func `buckets that are none of ours are refused`(
    buckets: [(Int64, Int64, UInt64)], minimum: Int64?, maximum: Int64?
  ) {
    let buckets = buckets.map { (lower: $0.0, upper: $0.1, count: $0.2) }
    #expect(Histogram(buckets: buckets, minimum: minimum, maximum: maximum) == nil)
  }
}
