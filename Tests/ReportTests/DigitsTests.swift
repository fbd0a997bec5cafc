import Testing

@testable import Report

/// Oracle: the standard library's own conversions; for the rest values worked out by hand.
@Suite struct DigitsTests {
  @Test func decimalAgreesWithTheStandardLibrary() {
    for number: Int64 in [0, 1, 9, 10, 11, 99, 100, 101, 65_535, -1, -10, .max, .min, .min + 1] {
      #expect(text { $0.put(decimal: number) } == String(number))
      #expect(text { $0.put(decimal: UInt64(bitPattern: number)) } == String(UInt64(bitPattern: number)))
    }
    #expect(text { $0.put(decimal: 123 as Int) } == "123")
  }

  @Test func leadingZerosFillTheWidthAndLongNumbersStayWhole() {
    #expect(text { $0.put(decimal: 0, width: 3) } == "000")
    #expect(text { $0.put(decimal: 7, width: 3) } == "007")
    #expect(text { $0.put(decimal: 10, width: 3) } == "010")
    #expect(text { $0.put(decimal: 100, width: 3) } == "100")
    #expect(text { $0.put(decimal: 1_234, width: 3) } == "1234")
    #expect(text { $0.put(decimal: .max, width: 30) }.hasSuffix("18446744073709551615"))
  }

  @Test func hexadecimalAgreesWithTheStandardLibrary() {
    for number: UInt64 in [0, 1, 9, 10, 15, 16, 255, 256, 0xfffff, 0x1_0000_0000, .max] {
      #expect(text { $0.put(hexadecimal: number) } == String(number, radix: 16))
    }
    #expect(text { $0.put(hexadecimal: 0x1f, width: 5) } == "0001f")
    #expect(text { $0.put(hexadecimal: 0x12345, width: 2) } == "12345")
  }

  @Test(arguments: [
    (0, "0.000"), (499, "0.000"), (500, "0.001"), (1_499, "0.001"), (123_456_789, "123.457"),
    (-500, "-0.001"), (-1_500_000, "-1.500"), (Int64.max, "9223372036854.776"),
    (Int64.min, "-9223372036854.776"),
  ])
  func millisecondsHaveThreeDecimalsRoundedHalfAwayFromZero(nanoseconds: Int64, expected: String) {
    #expect(text { $0.put(milliseconds: nanoseconds) } == expected)
  }
}
