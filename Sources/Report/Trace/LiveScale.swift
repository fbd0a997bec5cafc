import Statistics

/// A logarithmic scale of times over some columns, and histograms drawn on it.
struct LiveScale {
  private let low: Int64
  private let high: Int64
  private let columns: Int
  /// Where each column ends, the last one not included.
  private let bounds: [Int64]

  /// `low` and `high` in nanoseconds, in whatever order.
  init(from low: Int64, to high: Int64, columns: Int) {
    self.low = max(min(low, high), 1)
    self.high = max(low, high, self.low)
    self.columns = max(columns, 1)
    // Without logarithms, which would need libm: the n-th root of the ratio by bisection.
    let ratio = Double(self.high) / Double(self.low)
    var (under, over) = (1.0, max(ratio, 1.0))
    for _ in 0..<60 {
      let middle = (under + over) / 2
      if Self.power(middle, self.columns) > ratio { over = middle } else { under = middle }
    }
    var bound = Double(self.low)
    var bounds: [Int64] = []
    for _ in 1..<max(self.columns, 1) + 1 {
      bound *= over
      bounds.append(bound < 9e18 ? Int64(bound) : .max)
    }
    self.bounds = Array(bounds.dropLast())
  }

  /// `0.1..120.4 ms` where it fits.
  var title: String {
    var text: [UInt8] = []
    text.put(tenthsOfMilliseconds: low)
    text.put("..")
    text.put(tenthsOfMilliseconds: high)
    text.put(" ms")
    return text.count <= columns ? String(decoding: text, as: UTF8.self) : ""
  }

  /// One character for each column: blank for none, else the higher the more.
  func put(_ histogram: Histogram, isUTF8: Bool, into out: inout [UInt8]) {
    var counts = [UInt64](repeating: 0, count: columns)
    for bucket in histogram.buckets {
      let middle = bucket.lower + (bucket.upper - bucket.lower) / 2
      let column = bounds.firstIndex { middle <= $0 } ?? columns - 1
      let (sum, overflow) = counts[column].addingReportingOverflow(bucket.count)
      counts[column] = overflow ? .max : sum
    }
    let most = max(counts.max() ?? 1, 1)
    let levels =
      isUTF8 ? ["▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"] : [".", ":", "-", "=", "+", "*", "%", "#"]
    for count in counts {
      guard count > 0 else {
        out.put(" ")
        continue
      }
      // The most has the highest; a single one of many still has the lowest.
      let level = (UInt128(count) * 8 + UInt128(most) - 1) / UInt128(most)
      out.put(levels[Int(min(max(level, 1), 8)) - 1])
    }
  }

  private static func power(_ base: Double, _ exponent: Int) -> Double {
    var result = 1.0
    for _ in 0..<exponent { result *= base }
    return result
  }
}
