/// An unsigned integer of 256 bits with the few operations that exact sums of squares need.
///
/// The square of an Int64 has up to 126 bits and 2^64 of them add up to at most 190, a count times that to
/// 254: with this width no sum in this room can overflow.
struct UInt256: Hashable, Sendable {
  var high: UInt128
  var low: UInt128

  static let zero = UInt256(high: 0, low: 0)

  init(high: UInt128, low: UInt128) { (self.high, self.low) = (high, low) }
  init(_ value: UInt128) { self.init(high: 0, low: value) }
  init(product a: UInt128, _ b: UInt128) {
    let product = a.multipliedFullWidth(by: b)
    self.init(high: product.high, low: product.low)
  }

  /// Modulo 2^256.
  static func += (a: inout UInt256, b: UInt256) {
    let (low, carry) = a.low.addingReportingOverflow(b.low)
    a = UInt256(high: a.high &+ b.high &+ (carry ? 1 : 0), low: low)
  }

  /// The difference, or zero where it would be negative.
  func subtractingToZero(_ other: UInt256) -> UInt256 {
    let (low, borrow) = low.subtractingReportingOverflow(other.low)
    let (withoutBorrow, overflow1) = high.subtractingReportingOverflow(other.high)
    let (high, overflow2) = withoutBorrow.subtractingReportingOverflow(borrow ? 1 : 0)
    return overflow1 || overflow2 ? .zero : UInt256(high: high, low: low)
  }

  /// Modulo 2^256.
  func multiplied(by factor: UInt64) -> UInt256 {
    var product = UInt256(product: low, UInt128(factor))
    product.high &+= high &* UInt128(factor)
    return product
  }

  /// The quotient, rounded down. A divisor of zero gives zero.
  func quotient(by divisor: UInt64) -> UInt256 {
    guard divisor > 0 else { return .zero }
    var remainder: UInt64 = 0
    // Long division by 64-bit digits: the remainder is below the divisor, so each quotient digit fits.
    func digit(_ value: UInt64) -> UInt128 {
      let step = divisor.dividingFullWidth((remainder, value))
      remainder = step.remainder
      return UInt128(step.quotient)
    }
    let q3 = digit(UInt64(truncatingIfNeeded: high >> 64))
    let q2 = digit(UInt64(truncatingIfNeeded: high))
    let q1 = digit(UInt64(truncatingIfNeeded: low >> 64))
    let q0 = digit(UInt64(truncatingIfNeeded: low))
    return UInt256(high: q3 << 64 | q2, low: q1 << 64 | q0)
  }
}

extension UInt128 {
  /// The largest integer whose square is not above this one.
  var squareRoot: UInt64 {
    guard self > 0 else { return 0 }
    // Newton from above falls until it has reached the root. 2^⌈bits/2⌉ is above it and at most 2^64.
    var root = UInt128(1) << UInt128((Self.bitWidth - leadingZeroBitCount + 1) / 2)
    while true {
      let next = (root + self / root) / 2
      if next >= root { return UInt64(clamping: root) }
      root = next
    }
  }
}

extension Int64 {
  /// How far two numbers are apart, in either order; always exact.
  func separation(from other: Int64) -> UInt64 {
    UInt64(bitPattern: self > other ? self &- other : other &- self)
  }
}

extension UInt64 {
  func addingSaturating(_ other: UInt64) -> UInt64 {
    let (sum, overflow) = addingReportingOverflow(other)
    return overflow ? .max : sum
  }
}
