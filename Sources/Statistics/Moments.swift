/// Count, extremes, mean and deviation of integers of one unit, exactly and in constant memory.
///
/// Sums are exact integers, so neither order, nor size, nor number of values costs precision, and two of them
/// merge into precisely what one would have seen. Only the count could ever saturate, after 2^64 values; what
/// comes after that is not recorded.
package struct Moments: Hashable, Sendable {
  package private(set) var count: UInt64 = 0
  private var least = Int64.max
  private var greatest = Int64.min
  private var total: Int128 = 0
  private var squares = UInt256.zero

  package init() {}

  /// As good as can be from figures that were rounded: both means come out as given, to the unit.
  package init(count: UInt64, min: Int64, max: Int64, mean: Int64, deviation: Int64) {
    guard count > 0 else { return }
    self.count = count
    least = min
    greatest = max
    total = Int128(mean) * Int128(count)
    let magnitude = (UInt128(mean.magnitude), UInt128(deviation.magnitude))
    squares = UInt256(magnitude.0 * magnitude.0).multiplied(by: count)
    squares += UInt256(magnitude.1 * magnitude.1).multiplied(by: count)
  }

  package mutating func record(_ value: Int64) {
    guard count < .max else { return }
    count += 1
    least = Swift.min(least, value)
    greatest = Swift.max(greatest, value)
    total += Int128(value)
    let magnitude = UInt128(value.magnitude)
    squares += UInt256(magnitude * magnitude)
  }

  /// Adds what the other has seen. If the counts together exceed 2^64, the other is left out.
  package mutating func merge(_ other: Moments) {
    let (sum, overflow) = count.addingReportingOverflow(other.count)
    guard !overflow else { return }
    count = sum
    least = Swift.min(least, other.least)
    greatest = Swift.max(greatest, other.greatest)
    total += other.total
    squares += other.squares
  }

  package mutating func reset() { self = Moments() }

  /// The smallest value; nil before the first.
  package var min: Int64? { count == 0 ? nil : least }
  /// The largest value; nil before the first.
  package var max: Int64? { count == 0 ? nil : greatest }
  /// The exact sum of all values.
  package var sum: Int128 { total }
  /// The mean, rounded towards zero; nil before the first value.
  package var mean: Int64? { count == 0 ? nil : Int64(clamping: total / Int128(count)) }

  /// The population standard deviation, rounded down; nil before the first value. What ping calls mdev.
  package var deviation: Int64? {
    guard count > 0 else { return nil }
    // ⌊√(N / n²)⌋ with N = n Σx² - (Σx)². Dividing twice by n rounds the same way as dividing once by n².
    let n = squares.multiplied(by: count).subtractingToZero(squareOfTotal)
    return Int64(clamping: n.quotient(by: count).quotient(by: count).low.squareRoot)
  }

  /// The deviation with the roundings of iputils' ping, whose values are microseconds (ping_common.c).
  ///
  /// The variance is (Σx² - ⌊(Σx)² / n⌋) / n rounded down, and its root is one higher than the integer root
  /// where variance + 1 is a square, as the Newton iteration there ends. iputils changes to a coarser formula
  /// once the sum passes 2^31 µs, to avoid an overflow that cannot happen here; that one is not followed.
  package var iputilsDeviation: Int64? {
    guard count > 0 else { return nil }
    let variance = squares.subtractingToZero(squareOfTotal.quotient(by: count)).quotient(by: count).low
    let root = variance.squareRoot
    let above = UInt128(root) + 1
    return Int64(clamping: variance > 0 && variance == above * above - 1 ? root + 1 : root)
  }

  private var squareOfTotal: UInt256 { UInt256(product: total.magnitude, total.magnitude) }
}
