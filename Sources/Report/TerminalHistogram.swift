import ProbeEngine

/// Round trips drawn as horizontal bars. Rows have round bounds: of equal width where the largest is less than
/// `widestRatio` times the smallest, else in steps of 1-2-5, so that both a narrow and a long-tailed distribution
/// can be seen.
struct TerminalHistogram {
  private static let mostRows = 24
  private static let widestRatio: Int64 = 20
  private static let widestBar = 60

  private let options: PingTextOptions
  private let buckets: [HistogramBucket]

  init(_ options: PingTextOptions, _ buckets: [HistogramBucket]) {
    self.options = options
    self.buckets = buckets.filter { $0.count > 0 && $0.upper > $0.lower && $0.lower >= 0 }
  }

  func put(into out: inout [UInt8]) {
    guard let low = buckets.map(\.lower).min(), let high = buckets.map(\.upper).max() else { return }
    let bounds = Self.bounds(from: low, to: high)
    guard bounds.count > 1 else { return }
    var counts = [UInt64](repeating: 0, count: bounds.count - 1)
    for bucket in buckets {
      let middle = bucket.lower + (bucket.upper - bucket.lower) / 2
      let row = (bounds.firstIndex { $0 > middle } ?? bounds.count - 1) - 1
      let (sum, overflow) = counts[max(row, 0)].addingReportingOverflow(bucket.count)
      counts[max(row, 0)] = overflow ? .max : sum
    }
    putRows(bounds, counts, into: &out)
  }

  private func putRows(_ bounds: [Int64], _ counts: [UInt64], into out: inout [UInt8]) {
    let lowers = bounds.dropLast().map(Self.milliseconds)
    let uppers = bounds.dropFirst().map(Self.milliseconds)
    let lowerWidth = lowers.map(\.count).max() ?? 0
    let upperWidth = uppers.map(\.count).max() ?? 0
    let most = max(counts.max() ?? 1, 1)
    // Row: "lower - upper ms |bar count"
    let room = options.terminalWidth - lowerWidth - upperWidth - 8 - String(most).utf8.count - 1
    let width = min(max(room, 8), Self.widestBar)
    for (index, count) in counts.enumerated() {
      putPadded(lowers[index], lowerWidth, into: &out)
      out.put(" - ")
      putPadded(uppers[index], upperWidth, into: &out)
      out.put(" ms |")
      putBar(count, of: most, width, into: &out)
      if count > 0 {
        out.put(" ")
        out.put(decimal: count)
      }
      out.put("\n")
    }
  }

  /// Eighths of a column in UTF-8, else whole columns of `#`; never nothing for something.
  private func putBar(_ count: UInt64, of most: UInt64, _ width: Int, into out: inout [UInt8]) {
    guard count > 0 else { return }
    let steps = options.isUTF8 ? UInt128(8) : 1
    let length = max(UInt128(count) * UInt128(width) * steps / UInt128(most), 1)
    for _ in 0..<(length / steps) { out.put(options.isUTF8 ? "█" : "#") }
    let eighths = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"]
    if options.isUTF8 { out.put(eighths[Int(length % 8)]) }
  }

  private func putPadded(_ text: [UInt8], _ width: Int, into out: inout [UInt8]) {
    for _ in text.count..<max(width, text.count) { out.put(" ") }
    out.append(contentsOf: text)
  }

  private static func milliseconds(_ nanoseconds: Int64) -> [UInt8] {
    var text: [UInt8] = []
    text.put(milliseconds: nanoseconds)
    return text
  }

  /// Ascending, the first at or below `low`, the last at or above `high`; none finer than a microsecond.
  static func bounds(from low: Int64, to high: Int64) -> [Int64] {
    if low > 0, high / low < widestRatio {
      let step = roundStep(atLeast: max((high - low) / Int64(mostRows - 2), 1))
      var bounds = [low / step * step]
      while let last = bounds.last, last < high, last <= .max - step { bounds.append(last + step) }
      return bounds
    }
    // 1-2-5 steps from 1 µs to 5e18 ns.
    var bounds: [Int64] = [0]
    var decade: Int64 = 1_000
    steps: while decade <= 1_000_000_000_000_000_000 {
      for factor: Int64 in [1, 2, 5] {
        bounds.append(decade * factor)
        if decade * factor >= high { break steps }
      }
      let (next, overflow) = decade.multipliedReportingOverflow(by: 10)
      if overflow { break }
      decade = next
    }
    let first = (bounds.firstIndex { $0 > low } ?? 1) - 1
    return Array(bounds[max(first, 0)...])
  }

  /// The least of 1, 2 and 5 times a power of ten that is not less than `width` nor than a microsecond.
  private static func roundStep(atLeast width: Int64) -> Int64 {
    var decade: Int64 = 1_000
    while decade < .max / 10 {
      for factor: Int64 in [1, 2, 5] where decade * factor >= width { return decade * factor }
      decade *= 10
    }
    return decade
  }
}
