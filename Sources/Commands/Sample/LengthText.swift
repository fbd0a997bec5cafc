import Report
import Timing

/// Lengths of time and rates for people, exact where they are short.
enum LengthText {
  /// `100 ms`, `1.5 s`, `5 min`, `2 h`.
  static func text(_ length: Nanoseconds) -> String {
    let count = length.count
    for (unit, name) in [(3_600, "h"), (60, "min")] as [(Int64, String)] {
      let unit = unit * 1_000_000_000
      if count >= unit, count % unit == 0 { return "\(count / unit) \(name)" }
    }
    switch count {
    case 1_000_000_000...: return decimal(count / 1_000_000) + " s"
    case 1_000_000...: return decimal(count / 1_000) + " ms"
    case 1_000...: return decimal(count) + " us"
    default: return "\(count) ns"
    }
  }

  /// At most three decimals; huge and impossible numbers are cut to what an integer holds.
  static func text(_ number: Double) -> String {
    let thousandths = (number * 1_000).rounded()
    guard thousandths < 9e18 else { return "more than 9000000000000000" }
    return decimal(thousandths > 0 ? Int64(thousandths) : 0)
  }

  /// Thousandths without zeros at the end.
  private static func decimal(_ thousandths: Int64) -> String {
    var octets: [UInt8] = []
    octets.put(thousandths: thousandths)
    while octets.last == 0x30 { octets.removeLast() }
    if octets.last == 0x2e { octets.removeLast() }
    return String(decoding: octets, as: UTF8.self)
  }
}
