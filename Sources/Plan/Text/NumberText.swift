package import Timing

/// Why a text is not the number that was asked for.
package enum NumberProblem: Error, Hashable, Sendable {
  case notANumber
  /// A number, but too large (or, for a length of time, too small) to be held.
  case overflow
}

/// Reads numbers that people write: ASCII digits only, no locale, never traps.
package enum NumberText {
  /// How forgiving the reader is.
  package enum Manner: Sendable {
    /// Digits, perhaps after a minus sign.
    case strict
    /// As strtol(3) and strtod(3): leading white space, a plus sign, a decimal exponent in a length of time.
    case asC
  }

  /// A whole number, decimal, or hexadecimal after `0x` where allowed.
  package static func integer(
    _ text: String, allowsHex: Bool = false, manner: Manner = .strict
  ) throws(NumberProblem) -> Int128 {
    var digits = Substring(text).utf8
    let isNegative = takeSign(&digits, manner)
    var radix: Int128 = 10
    if allowsHex, digits.count > 1, digits.first == UInt8(ascii: "0"),
      digits.dropFirst().first.map({ $0 | 0x20 }) == UInt8(ascii: "x")
    {
      radix = 16
      digits = digits.dropFirst(2)
    }
    guard !digits.isEmpty else { throw .notANumber }
    var value: Int128 = 0
    var hasOverflowed = false
    for octet in digits {
      guard let digit = hexDigit(octet), Int128(digit) < radix else { throw .notANumber }
      let (product, overflow) = value.multipliedReportingOverflow(by: radix)
      let (sum, overflow2) = product.addingReportingOverflow(Int128(digit))
      hasOverflowed = hasOverflowed || overflow || overflow2
      value = sum
    }
    if hasOverflowed { throw .overflow }
    return isNegative ? -value : value
  }

  /// A length of time. Without a unit the number is in seconds; units (`ns`, `us`, `µs`, `ms`, `s`, `m`, `h`,
  /// `d`) only where allowed. Rounded to the nanosecond; longer than 292 years is `Int64.max`. Overflow: beyond
  /// what a Double can hold, or not zero but rounded to zero.
  package static func seconds(
    _ text: String, allowsUnits: Bool = false, manner: Manner = .strict
  ) throws(NumberProblem) -> Nanoseconds {
    var rest = Substring(text).utf8
    let isNegative = takeSign(&rest, manner)
    // mantissa × 10^exponent; digits beyond the twentieth only move the exponent.
    var mantissa: UInt128 = 0
    var exponent = 0
    var digitCount = 0
    var isFraction = false
    while let octet = rest.first {
      if octet == UInt8(ascii: "."), !isFraction {
        isFraction = true
      } else if octet >= UInt8(ascii: "0"), octet <= UInt8(ascii: "9") {
        digitCount += 1
        if mantissa < 10_000_000_000_000_000_000 {
          mantissa = mantissa * 10 + UInt128(octet - UInt8(ascii: "0"))
          if isFraction { exponent -= 1 }
        } else if !isFraction {
          exponent += 1
        }
      } else {
        break
      }
      rest = rest.dropFirst()
    }
    guard digitCount > 0 else { throw .notANumber }
    if manner == .asC, let octet = rest.first, octet | 0x20 == UInt8(ascii: "e") {
      let written = String(Substring(rest.dropFirst()))
      do throws(NumberProblem) {
        exponent += Int(clamping: try integer(written, manner: .asC).clamped(to: -100_000...100_000))
      } catch {
        // A blank may lead a number, but not stand within one.
        if error == .notANumber { throw .notANumber }
        exponent += written.utf8.first == UInt8(ascii: "-") ? -100_000 : 100_000
      }
      if written.utf8.first.map(isBlank) ?? true { throw .notANumber }
      rest = rest.suffix(0)
    }
    guard let unit = unit(String(Substring(rest)), allowed: allowsUnits) else { throw .notANumber }
    let length = try scaled(mantissa, by: exponent, unit: unit)
    return isNegative ? Nanoseconds.zero - length : length
  }

  /// Nanoseconds in a unit; nil where there is no such unit.
  private static func unit(_ text: String, allowed: Bool) -> UInt128? {
    if text.isEmpty { return 1_000_000_000 }
    guard allowed else { return nil }
    switch text {
    case "ns": return 1
    case "us", "µs", "μs": return 1_000
    case "ms": return 1_000_000
    case "s": return 1_000_000_000
    case "m", "min": return 60_000_000_000
    case "h": return 3_600_000_000_000
    case "d": return 86_400_000_000_000
    default: return nil
    }
  }

  /// mantissa × 10^exponent × unit, in nanoseconds.
  private static func scaled(
    _ mantissa: UInt128, by exponent: Int, unit: UInt128
  ) throws(NumberProblem) -> Nanoseconds {
    if mantissa == 0 { return .zero }
    // Under 10^20 × 86.4 × 10^12, which 128 bits hold.
    var value = mantissa * unit
    if exponent >= 0 {
      // DBL_MAX has 309 digits.
      if String(mantissa).utf8.count + exponent > 309 { throw .overflow }
      for _ in 0..<min(exponent, 40) {
        value = value.multipliedReportingOverflow(by: 10).overflow ? .max : value * 10
      }
    } else {
      for _ in 0..<min(-exponent - 1, 40) { value /= 10 }
      value = exponent < -41 ? 0 : (value / 10) + (value % 10 >= 5 ? 1 : 0)
    }
    guard value > 0 else { throw .overflow }
    return Nanoseconds(Int64(clamping: value))
  }

  private static func isBlank(_ octet: UInt8) -> Bool { octet == 0x20 || (0x09...0x0d).contains(octet) }

  private static func takeSign(_ text: inout Substring.UTF8View, _ manner: Manner) -> Bool {
    if manner == .asC { text = text.drop(while: isBlank) }
    if text.first == UInt8(ascii: "-") {
      text = text.dropFirst()
      return true
    }
    if manner == .asC, text.first == UInt8(ascii: "+") { text = text.dropFirst() }
    return false
  }

  package static func hexDigit(_ octet: UInt8) -> UInt8? {
    switch octet {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): octet - UInt8(ascii: "0")
    case UInt8(ascii: "a")...UInt8(ascii: "f"): octet - UInt8(ascii: "a") + 10
    case UInt8(ascii: "A")...UInt8(ascii: "F"): octet - UInt8(ascii: "A") + 10
    default: nil
    }
  }
}

extension Int128 {
  fileprivate func clamped(to range: ClosedRange<Int128>) -> Int128 {
    Swift.min(Swift.max(self, range.lowerBound), range.upperBound)
  }
}
