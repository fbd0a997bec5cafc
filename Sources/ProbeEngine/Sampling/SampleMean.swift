package import Timing

/// A sum and how many were added, so that means of several targets or runs add up to what one would have seen.
package struct SampleMean: Hashable, Sendable {
  package private(set) var sum: Int128 = 0
  package private(set) var count: UInt64 = 0

  package init() {}

  /// So many values of this mean.
  package init(mean: Nanoseconds, count: UInt64) {
    sum = Int128(mean.count) * Int128(count)
    self.count = count
  }

  package mutating func record(_ value: Int64) {
    sum &+= Int128(value)
    count &+= 1
  }

  package mutating func merge(_ other: SampleMean) {
    sum &+= other.sum
    count &+= other.count
  }

  /// Rounded to the nearest; nil before the first.
  package var mean: Nanoseconds? {
    guard count > 0 else { return nil }
    let half = Int128(count) / 2
    return Nanoseconds(Int64(clamping: (sum + (sum < 0 ? -half : half)) / Int128(count)))
  }
}
