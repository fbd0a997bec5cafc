/// How iputils writes its two special numbers.
enum IputilsNumber {
  /// A round trip in milliseconds: the longer, the fewer decimals, rounded half up at each step. With
  /// `isPrecise` (`-3`) always three decimals.
  static func put(microseconds time: Int64, isPrecise: Bool, into out: inout [UInt8]) {
    let time = UInt64(max(time, 0))
    if isPrecise || time < 1_000 {
      out.put(decimal: time / 1_000)
      out.put(0x2e)
      out.put(decimal: time % 1_000, width: 3)
    } else if time < 9_995 {
      out.put(decimal: (time + 5) / 1_000)
      out.put(0x2e)
      out.put(decimal: (time + 5) % 1_000 / 10, width: 2)
    } else if time < 99_950 {
      out.put(decimal: (time + 50) / 1_000)
      out.put(0x2e)
      out.put(decimal: (time + 50) % 1_000 / 100)
    } else {
      out.put(decimal: (time + 500) / 1_000)
    }
  }

  /// Loss in percent as C's `%g` writes a `float`: six significant digits, rounded half to even on the exact
  /// binary value, no trailing zeros, an exponent below 0.0001. Never negative, never above 100.
  static func put(lossOf received: UInt64, in transmitted: UInt64, into out: inout [UInt8]) {
    guard transmitted > received else {
      out.put(0x30)
      return
    }
    let percent = Float(Double(transmitted - received) * 100 / Double(transmitted))
    // percent = significand / 2^shift, exactly; the significand has 24 bits.
    let significand = UInt128(percent.significandBitPattern) | 1 << 23
    let shift = 23 - Int(percent.exponent)

    // The decimal exponent: the largest with 10^exponent <= percent. Smallest possible percent: 100 / 2^64.
    var exponent = 2
    while exponent > -20, percent < power(exponent) { exponent -= 1 }
    var digits = sixDigits(significand, shift, exponent)
    if digits >= 1_000_000 {
      exponent += 1
      digits = sixDigits(significand, shift, exponent)
    }

    var count = 6
    while count > 1, digits % 10 == 0 {
      digits /= 10
      count -= 1
    }
    if exponent < -4 {
      // d.ddde-XX
      var scale: UInt64 = 1
      for _ in 1..<count { scale *= 10 }
      out.put(decimal: digits / scale)
      if count > 1 {
        out.put(0x2e)
        out.put(decimal: digits % scale, width: count - 1)
      }
      out.put("e-")
      out.put(decimal: UInt64(-exponent), width: 2)
    } else if exponent < 0 {
      out.put("0.")
      for _ in 0..<(-exponent - 1) { out.put(0x30) }
      out.put(decimal: digits)
    } else if count <= exponent + 1 {
      out.put(decimal: digits)
      for _ in 0..<(exponent + 1 - count) { out.put(0x30) }
    } else {
      var scale: UInt64 = 1
      for _ in 0..<(count - exponent - 1) { scale *= 10 }
      out.put(decimal: digits / scale)
      out.put(0x2e)
      out.put(decimal: digits % scale, width: count - exponent - 1)
    }
  }

  private static func power(_ exponent: Int) -> Float {
    var value = 1.0
    for _ in 0..<abs(exponent) { value *= 10 }
    return Float(exponent < 0 ? 1 / value : value)
  }

  /// significand / 2^shift * 10^(5 - exponent), rounded half to even. At most 2^24 * 10^25 < 2^108.
  private static func sixDigits(_ significand: UInt128, _ shift: Int, _ exponent: Int) -> UInt64 {
    var scaled = significand
    for _ in 0..<(5 - exponent) { scaled *= 10 }
    let unit = UInt128(1) << UInt128(shift)
    var (quotient, remainder) = scaled.quotientAndRemainder(dividingBy: unit)
    if remainder * 2 > unit || (remainder * 2 == unit && quotient & 1 == 1) { quotient += 1 }
    return UInt64(quotient)
  }
}
