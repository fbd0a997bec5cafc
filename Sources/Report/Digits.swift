/// Numbers as text, appended octet by octet: no `String` is built, and the locale has no say.
extension [UInt8] {
  @inline(__always)
  package mutating func put(_ text: String) { append(contentsOf: text.utf8) }

  @inline(__always)
  mutating func put(_ octet: UInt8) { append(octet) }

  /// Decimal, without leading zeros.
  package mutating func put(decimal number: UInt64) {
    if number < 10 {
      append(0x30 &+ UInt8(truncatingIfNeeded: number))
      return
    }
    let start = count
    var rest = number
    while rest > 0 {
      let (quotient, remainder) = rest.quotientAndRemainder(dividingBy: 10)
      append(0x30 &+ UInt8(truncatingIfNeeded: remainder))
      rest = quotient
    }
    self[start...].reverse()
  }

  /// Decimal with a minus sign where it is due; right for `Int64.min` as well.
  package mutating func put(decimal number: Int64) {
    if number < 0 { append(0x2d) }
    put(decimal: number.magnitude)
  }

  package mutating func put(decimal number: Int) { put(decimal: Int64(number)) }

  /// Decimal with leading zeros up to `width` digits; longer numbers are kept whole.
  package mutating func put(decimal number: UInt64, width: Int) {
    var bound: UInt64 = 10
    var digits = 1
    while digits < width {
      if number < bound { append(0x30) }
      digits += 1
      let (product, overflow) = bound.multipliedReportingOverflow(by: 10)
      bound = overflow ? .max : product
    }
    put(decimal: number)
  }

  /// Lower-case hexadecimal without a prefix and without leading zeros, except up to `width` digits.
  package mutating func put(hexadecimal number: UInt64, width: Int = 1) {
    let significant = Swift.max((67 - number.leadingZeroBitCount) / 4, 1)
    var digit = Swift.max(significant, width)
    while digit > 0 {
      digit -= 1
      let nibble = digit < 16 ? UInt8(truncatingIfNeeded: number >> UInt64(4 * digit)) & 0xf : 0
      append(nibble < 10 ? 0x30 &+ nibble : 0x57 &+ nibble)
    }
  }

  /// A number of thousandths with its three decimals: 1234 is `1.234`.
  package mutating func put(thousandths number: Int64) {
    if number < 0 { append(0x2d) }
    let (whole, rest) = number.magnitude.quotientAndRemainder(dividingBy: 1_000)
    put(decimal: whole)
    append(0x2e)
    put(decimal: rest, width: 3)
  }

  /// Nanoseconds as milliseconds with three decimals, rounded half away from zero.
  package mutating func put(milliseconds nanoseconds: Int64) {
    put(thousandths: roundedMicroseconds(nanoseconds))
  }

  /// A share of one as percent with at most two decimals, none of them a zero at the end: 0.95 is `95`. What is
  /// no share counts as the nearest one.
  mutating func put(percent share: Double) {
    let hundredths = share.isNaN ? 0 : UInt64((Swift.min(Swift.max(share, 0), 1) * 10_000).rounded())
    put(decimal: hundredths / 100)
    let rest = hundredths % 100
    guard rest > 0 else { return }
    append(0x2e)
    if rest % 10 == 0 { put(decimal: rest / 10) } else { put(decimal: rest, width: 2) }
  }
}

/// Nanoseconds to the nearest microsecond, halves away from zero.
package func roundedMicroseconds(_ nanoseconds: Int64) -> Int64 {
  let (quotient, remainder) = nanoseconds.quotientAndRemainder(dividingBy: 1_000)
  if remainder >= 500 { return quotient + 1 }
  if remainder <= -500 { return quotient - 1 }
  return quotient
}
