import Testing

@testable import Statistics

@Suite struct RoundTripStatisticsTests {
  private func statistics(_ roundTrips: [Int64]) -> RoundTripStatistics {
    var statistics = RoundTripStatistics()
    for roundTrip in roundTrips { statistics.record(roundTrip) }
    return statistics
  }

  // Python: v = [x // 1000 for x in series]; sum(v) // n and the port of iputils' deviation.
  @Test(
    arguments: [
      (.uniform, 601, 288), (.octaves, 199_363, 427_740), (.twoHumps, 988_578, 2_984_745),
    ] as [(Series, Int64, Int64)])
  func `microseconds are cut before they are added, as ping does`(series: Series, mean: Int64, mdev: Int64) {
    let statistics = statistics(series.values())
    #expect(statistics.microseconds.mean == mean)
    #expect(statistics.microseconds.iputilsDeviation == mdev)
  }

  @Test func `nanoseconds and microseconds come from the same round trips`() {
    let statistics = statistics([23_999, 41_001, 30_500])
    #expect(statistics.count == 3 && statistics.sum == 95_500)
    #expect(statistics.min == 23_999 && statistics.microseconds.min == 23)
    #expect(statistics.max == 41_001 && statistics.microseconds.max == 41)
    // 31 833.3; but 23 + 41 + 30 = 94 gives 31 and not 31.8.
    #expect(statistics.mean == 31_833 && statistics.microseconds.mean == 31)
    // Python: statistics.pstdev([23999, 41001, 30500]) = 7004.19...
    #expect(statistics.mdev == 7_004)
  }

  @Test func `merging adds both units and leaves the moving average`() {
    let values = Series.uniform.values()
    var left = statistics(Array(values[..<9_000]))
    let average = left.ewma
    left.merge(statistics(Array(values[9_000...])))
    let all = statistics(values)
    #expect(left.nanoseconds == all.nanoseconds && left.microseconds == all.microseconds)
    #expect(left.ewma == average)
  }

  @Test func `resetting forgets everything`() {
    var statistics = statistics([1, 2, 3])
    statistics.reset()
    #expect(statistics == RoundTripStatistics())
  }
}

@Suite struct EwmaTests {
  // A Python port of iputils: r = t * 8 if r == 0 else r + t - int(r / 8), over the first twelve microseconds
  // of the uniform series; shown r // 8.
  @Test func `the moving average is iputils'`() {
    var ewma = Ewma()
    let shown = Series.uniform.values(12).map { value in
      ewma.record(value / 1_000)
      return ewma.value
    }
    #expect(shown == [934, 947, 884, 810, 748, 772, 758, 737, 695, 638, 636, 635])
  }

  @Test func `a zero before the first value changes nothing`() {
    var ewma = Ewma()
    #expect(ewma.value == 0)
    ewma.record(0)
    ewma.record(80)
    #expect(ewma.value == 80)
  }

  @Test func `extreme values saturate`() {
    for value in extremes {
      var ewma = Ewma()
      for _ in 0..<1_000 { ewma.record(value) }
      for other in extremes { ewma.record(other) }
      var settled = Ewma()
      settled.record(.max)
      #expect(ewma.value.magnitude <= settled.value.magnitude)
    }
  }
}
