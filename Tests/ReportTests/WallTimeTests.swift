import Testing

@testable import Report

/// Oracle: Python's datetime.
@Suite struct WallTimeTests {
  @Test(arguments: [
    (0, "1970-01-01T00:00:00.000000000Z"), (1, "1970-01-01T00:00:00.000000001Z"),
    (-1, "1969-12-31T23:59:59.999999999Z"),
    (951_782_400_000_000_000, "2000-02-29T00:00:00.000000000Z"),
    (951_868_799_999_999_999, "2000-02-29T23:59:59.999999999Z"),
    (978_307_199_000_000_000, "2000-12-31T23:59:59.000000000Z"),
    (1_709_164_800_000_000_000, "2024-02-29T00:00:00.000000000Z"),
    (1_795_255_516_397_248_001, "2026-11-21T10:05:16.397248001Z"),
    (4_102_444_799_999_999_999, "2099-12-31T23:59:59.999999999Z"),
    (Int64.max, "2262-04-11T23:47:16.854775807Z"), (Int64.min, "1677-09-21T00:12:43.145224192Z"),
  ])
  func timesAreWrittenAsRFC3339(nanoseconds: Int64, expected: String) {
    #expect(text { WallTime(nanosecondsSinceEpoch: nanoseconds).put(into: &$0) } == expected)
  }

  @Test func everyDayFollowsTheOneBefore() {
    let daysInMonth: [Int64] = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
    var (year, month, day): (Int64, Int64, Int64) = (1970, 1, 1)
    for number in Int64(0)..<106_751 {
      let time = WallTime(nanosecondsSinceEpoch: number * 86_400_000_000_000)
      #expect(time.year == year && time.month == month && time.day == day)
      let isLeap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
      day += 1
      if day > daysInMonth[Int(month) - 1] + (isLeap && month == 2 ? 1 : 0) { (day, month) = (1, month + 1) }
      if month > 12 { (month, year) = (1, year + 1) }
    }
  }
}
