/// Civil time in UTC, from nanoseconds since 1970-01-01T00:00:00Z, by whole numbers alone (no leap seconds, as
/// POSIX counts). Every `Int64` has one; the years reach from 1677 to 2262.
package struct WallTime: Hashable, Sendable {
  package var year: Int64
  /// 1...12
  package var month: UInt8
  /// 1...31
  package var day: UInt8
  package var hour: UInt8
  package var minute: UInt8
  package var second: UInt8
  package var nanosecond: UInt32

  package init(nanosecondsSinceEpoch: Int64) {
    var (days, rest) = nanosecondsSinceEpoch.quotientAndRemainder(dividingBy: 86_400_000_000_000)
    if rest < 0 {
      days -= 1
      rest += 86_400_000_000_000
    }
    nanosecond = UInt32(rest % 1_000_000_000)
    let seconds = rest / 1_000_000_000
    hour = UInt8(seconds / 3_600)
    minute = UInt8(seconds / 60 % 60)
    second = UInt8(seconds % 60)

    // Days since 0000-03-01 in the proleptic Gregorian calendar, in eras of 400 years; a year that begins in
    // March has its leap day at the end, so its months follow one linear rule.
    let shifted = days + 719_468
    let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
    let dayOfEra = shifted - era * 146_097
    let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let monthFromMarch = (5 * dayOfYear + 2) / 153
    day = UInt8(dayOfYear - (153 * monthFromMarch + 2) / 5 + 1)
    month = UInt8(monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9)
    year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
  }

  /// RFC 3339 §5.6, `2026-11-21T10:00:00.000000001Z`: always nine decimals, always `Z`.
  package func put(into out: inout [UInt8]) {
    putSeconds(into: &out)
    out.put(0x2e)
    out.put(decimal: UInt64(nanosecond), width: 9)
    out.put(0x5a)
  }

  /// `2026-11-21T10:00:00`, without fraction or zone.
  package func putSeconds(into out: inout [UInt8]) {
    putDate(into: &out)
    out.put(0x54)
    putTime(into: &out)
  }

  /// `2026-11-21`
  func putDate(into out: inout [UInt8]) {
    out.put(decimal: UInt64(year), width: 4)
    out.put(0x2d)
    out.put(decimal: UInt64(month), width: 2)
    out.put(0x2d)
    out.put(decimal: UInt64(day), width: 2)
  }

  /// `10:00:00`
  func putTime(into out: inout [UInt8]) {
    out.put(decimal: UInt64(hour), width: 2)
    out.put(0x3a)
    out.put(decimal: UInt64(minute), width: 2)
    out.put(0x3a)
    out.put(decimal: UInt64(second), width: 2)
  }
}
