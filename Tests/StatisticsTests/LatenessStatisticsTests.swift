import Testing

@testable import Statistics

@Suite struct LatenessStatisticsTests {
  @Test func `lateness is departure minus deadline, and early is not late`() {
    var statistics = LatenessStatistics(period: 100)
    #expect(statistics.p50 == nil && statistics.max == nil)
    for (deadline, departure) in [(0, 10), (100, 90), (200, 300), (300, 401), (400, 420)] as [(Int64, Int64)]
    {
      statistics.record(deadline: deadline, departure: departure)
    }
    // Sorted: 0, 10, 20, 100, 101. Only 101 is more than a period.
    #expect(statistics.count == 5 && statistics.p50 == 20 && statistics.p99 == 101 && statistics.max == 101)
    #expect(statistics.missed == 1)
  }

  @Test func `without a period nothing is missed`() {
    for period in [0, -1, .min] as [Int64] {
      var statistics = LatenessStatistics(period: period)
      statistics.record(deadline: 0, departure: .max)
      #expect(statistics.missed == 0 && statistics.max == .max && statistics.period == 0)
    }
  }

  @Test func `the ends of Int64 saturate`() {
    var statistics = LatenessStatistics(period: .max)
    for deadline in extremes {
      for departure in extremes { statistics.record(deadline: deadline, departure: departure) }
    }
    #expect(statistics.max == .max && statistics.missed == 0)
    #expect(statistics.histogram.min == 0)
  }

  @Test func `merging adds latenesses, misses and drops`() {
    var (a, b) = (LatenessStatistics(period: 10), LatenessStatistics(period: 10))
    a.record(deadline: 0, departure: 5)
    b.record(deadline: 0, departure: 11)
    b.recordDropped(3)
    a.recordDropped(.max)
    a.recordDropped(-1)
    a.merge(b)
    #expect(a.count == 2 && a.missed == 1 && a.max == 11)
    #expect(a.dropped == UInt64(Int.max) + 3)
  }
}
