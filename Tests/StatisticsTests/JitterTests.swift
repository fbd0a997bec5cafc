import Testing

@testable import Statistics

@Suite struct JitterTests {
  // Python, in floating point: J += (abs(b - a) - J) / 16 over the first n values.
  @Test(
    arguments: [
      (.uniform, 2, 6836.1875), (.uniform, 3, 44093.73828125), (.uniform, 10, 104509.31798706185),
      (.uniform, 100, 359301.15405827324), (.uniform, 1_000, 308070.1741461566),
      (.uniform, 20_000, 397442.20029370906), (.octaves, 20_000, 87728918.22908378),
    ] as [(Series, Int, Double)])
  func `jitter is the real number of RFC 3550 to within a nanosecond`(series: Series, n: Int, jitter: Double)
  {
    var measured = Jitter()
    for value in series.values(n) { measured.record(value) }
    #expect(measured.differences == UInt64(n - 1))
    #expect(abs(Double(measured.value ?? -1) - jitter) <= 1)
  }

  @Test func `there is no jitter before the second round trip`() {
    var jitter = Jitter()
    #expect(jitter.value == nil)
    jitter.record(5)
    #expect(jitter.value == nil)
    jitter.record(5)
    #expect(jitter.value == 0)
  }

  @Test func `a constant difference is where jitter settles, from below`() {
    var jitter = Jitter()
    for index in 0..<1_000 { jitter.record(index % 2 == 0 ? 0 : 1_000) }
    #expect(jitter.value == 1_000)
  }

  @Test func `jitter dies down to nothing`() {
    var jitter = Jitter()
    jitter.record(0)
    for _ in 0..<1_000 { jitter.record(1 << 40) }
    #expect(jitter.value == 0)
  }

  @Test func `the ends of Int64 saturate`() {
    var jitter = Jitter()
    for index in 0..<10_000 { jitter.record(index % 2 == 0 ? .min : .max) }
    #expect(jitter.value == 1 << 58)
  }
}
