import Plan

/// Numbers as strtoul(3), strtol(3) and strtod(3) read them: as much of the text as is a number, and the rest.
enum CNumber {
  /// A whole number in C's notation (decimal, `0x` hexadecimal, `0` octal), after white space and a sign; wraps and
  /// saturates as strtoul(3). nil where the text does not begin with a number.
  static func unsigned(_ text: String) -> (value: UInt64, isWhole: Bool)? {
    var rest = Substring(text).utf8
    rest = rest.drop { $0 == 0x20 || (0x09...0x0d).contains($0) }
    var isNegative = false
    if let sign = rest.first, sign == UInt8(ascii: "-") || sign == UInt8(ascii: "+") {
      isNegative = sign == UInt8(ascii: "-")
      rest = rest.dropFirst()
    }
    var radix: UInt64 = 10
    if rest.first == UInt8(ascii: "0") {
      radix = 8
      let digits = rest.dropFirst(2)
      if let x = rest.dropFirst().first, x | 0x20 == UInt8(ascii: "x"),
        let digit = digits.first, NumberText.hexDigit(digit) != nil
      {
        radix = 16
        rest = digits
      }
    }
    var value: UInt64 = 0
    var hasDigits = false
    var isTooLarge = false
    while let octet = rest.first, let digit = NumberText.hexDigit(octet), UInt64(digit) < radix {
      let (product, overflow) = value.multipliedReportingOverflow(by: radix)
      let (sum, overflow2) = product.addingReportingOverflow(UInt64(digit))
      isTooLarge = isTooLarge || overflow || overflow2
      value = sum
      hasDigits = true
      rest = rest.dropFirst()
    }
    guard hasDigits else { return nil }
    if isTooLarge { return (.max, rest.isEmpty) }
    return (isNegative ? 0 &- value : value, rest.isEmpty)
  }

  /// The same kept in 32 bits, as C keeps an `unsigned int`; nil unless all of the text is the number.
  static func unsignedInt(_ text: String) -> UInt32? {
    guard let (value, isWhole) = unsigned(text), isWhole else { return nil }
    return UInt32(truncatingIfNeeded: value)
  }

  /// The number that the text begins with, and what follows; nil where there is none. No number on a command line
  /// has more than 64 characters.
  static func double(_ text: Substring) -> (value: Double, rest: Substring)? {
    let start = text.utf8.drop { $0 == 0x20 || (0x09...0x0d).contains($0) }
    var end = start.index(start.startIndex, offsetBy: min(start.count, 64))
    while end > start.startIndex {
      if let value = Double(Substring(start[..<end])) { return (value, Substring(start[end...])) }
      end = start.index(before: end)
    }
    return nil
  }

  /// A number of an error message as `%g` writes it, up to six digits.
  static func general(_ value: Double) -> String {
    if value.isNaN { return value.sign == .minus ? "-nan" : "nan" }
    if value.isInfinite { return value < 0 ? "-inf" : "inf" }
    if value == value.rounded(), abs(value) < 1e6 { return String(Int64(value)) }
    return value.description
  }
}
