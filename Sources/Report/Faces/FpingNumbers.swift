import Timing

/// Numbers and times as fping writes them.
extension [UInt8] {
  /// Nanoseconds as milliseconds with three digits that count: `0.034`, `1.23`, `12.3`, `123`, and from a million on
  /// `1.234e+06`.
  mutating func put(fping nanoseconds: Int64) {
    let time = UInt64(Swift.max(nanoseconds, 0))
    switch time {
    case ..<1_000_000: put(fraction: (time + 500) / 1_000, digits: 3)
    case ..<10_000_000: put(fraction: (time + 5_000) / 10_000, digits: 2)
    case ..<100_000_000: put(fraction: (time + 50_000) / 100_000, digits: 1)
    case ..<1_000_000_000_000: put(decimal: (time + 500_000) / 1_000_000)
    default:
      var exponent: UInt64 = 6
      var unit: UInt64 = 1_000_000_000
      while time / unit >= 10_000 {
        exponent += 1
        unit *= 10
      }
      var thousandths = (time + unit / 2) / unit
      if thousandths == 10_000 {
        thousandths = 1_000
        exponent += 1
      }
      put(fraction: thousandths, digits: 3)
      put("e+")
      put(decimal: exponent, width: 2)
    }
  }

  /// A number of tenths, hundredths or thousandths with its decimals.
  private mutating func put(fraction number: UInt64, digits: Int) {
    let unit: UInt64 = digits == 3 ? 1_000 : digits == 2 ? 100 : 10
    put(decimal: number / unit)
    put(0x2e)
    put(decimal: number % unit, width: digits)
  }

  /// Right-aligned in seven columns, as `%7d`.
  mutating func put(fpingCount count: UInt64) {
    var bound: UInt64 = 1_000_000
    while bound > 1, count < bound {
      put(0x20)
      bound /= 10
    }
    put(decimal: count)
  }

  /// A point in time; `offset`: local time minus UTC, seconds.
  mutating func put(fpingTime nanoseconds: Int64, _ form: FpingTextOptions.Timestamp, offset: Int64) {
    let local = WallTime(nanosecondsSinceEpoch: nanoseconds.addingSaturating(offset * 1_000_000_000))
    switch form {
    case .unix:
      let hundredThousandths = nanoseconds / 10_000 + (nanoseconds % 10_000 >= 5_000 ? 1 : 0)
      put(decimal: hundredThousandths / 100_000)
      put(0x2e)
      put(decimal: (hundredThousandths % 100_000).magnitude, width: 5)
    case .ctime:
      put(weekday(of: nanoseconds.addingSaturating(offset * 1_000_000_000)))
      put(0x20)
      put(
        ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"][
          Int(local.month) - 1])
      put(local.day < 10 ? "  " : " ")
      put(decimal: UInt64(local.day))
      put(0x20)
      local.putTime(into: &self)
      put(0x20)
      put(decimal: local.year)
    case .iso:
      local.putSeconds(into: &self)
      put(offset < 0 ? "-" : "+")
      put(decimal: offset.magnitude / 3_600, width: 2)
      put(decimal: offset.magnitude / 60 % 60, width: 2)
    case .rfc3339:
      local.putDate(into: &self)
      put(0x20)
      local.putTime(into: &self)
    }
  }

  private func weekday(of nanoseconds: Int64) -> String {
    let day = 86_400_000_000_000 as Int64
    let days = nanoseconds / day - (nanoseconds % day < 0 ? 1 : 0)
    // The first of January 1970 was a Thursday.
    return ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"][Int(((days % 7) + 7) % 7)]
  }
}
