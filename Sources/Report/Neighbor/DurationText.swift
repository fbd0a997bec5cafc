import Timing

/// Lengths of time for people.
enum DurationText {
  /// Every unit that is not zero: 90061 is `1 d 1 h 1 min 1 s`.
  static func put(seconds: UInt64, into out: inout [UInt8]) {
    var rest = seconds
    var isFirst = true
    for (unit, name) in [(86_400, " d"), (3_600, " h"), (60, " min"), (1, " s")] as [(UInt64, String)] {
      let (quotient, remainder) = rest.quotientAndRemainder(dividingBy: unit)
      rest = remainder
      guard quotient > 0 || isFirst && unit == 1 else { continue }
      if !isFirst { out.put(" ") }
      isFirst = false
      out.put(decimal: quotient)
      out.put(name)
    }
  }

  /// A lifetime of 32 bits from the wire: all ones is `infinity` (RFC 4861 §4.6.2).
  static func put(lifetime: UInt32, into out: inout [UInt8]) {
    if lifetime == .max { out.put("infinity") } else { put(seconds: UInt64(lifetime), into: &out) }
  }

  /// An age, in the largest unit that tells it to two digits or more: `3.2 s`, `40 s`, `12 min`, `30 h`, `9 d`.
  static func put(age: Nanoseconds, into out: inout [UInt8]) {
    let tenths = max(0, age.count) / 100_000_000
    let seconds = tenths / 10
    switch seconds {
    case ..<10:
      out.put(tenths: tenths)
      out.put(" s")
    case ..<120: out.put("\(seconds) s")
    case ..<7_200: out.put("\(seconds / 60) min")
    case ..<172_800: out.put("\(seconds / 3_600) h")
    default: out.put("\(seconds / 86_400) d")
    }
  }
}
