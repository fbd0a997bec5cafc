import Testing
import Timing

@testable import Plan

@Suite struct NumberTextTests {
  private func integer(
    _ text: String, allowsHex: Bool = false, manner: NumberText.Manner = .strict
  ) -> Result<Int128, NumberProblem> {
    Result { () throws(NumberProblem) in try NumberText.integer(text, allowsHex: allowsHex, manner: manner) }
  }

  private func seconds(
    _ text: String, allowsUnits: Bool = false, manner: NumberText.Manner = .strict
  ) -> Result<Int64, NumberProblem> {
    Result { () throws(NumberProblem) in
      try NumberText.seconds(text, allowsUnits: allowsUnits, manner: manner).count
    }
  }

  @Test(arguments: [
    "", "abc", "NaN", "nan", "inf", "1e309", "1e3", "0x", "0X", "0xg", "x", "１", "٣", "1.0", "1,0", "1 ",
    " 1", "+1",
    "-", "--1", "1-", "0b1", "1_000", "\u{0}", "1\u{0}", "½",
  ]) func whatIsNoWholeNumberIsSaidToBeNone(_ text: String) {
    #expect(integer(text) == .failure(.notANumber))
    #expect(integer(text, allowsHex: true) == .failure(.notANumber))
  }

  @Test func wholeNumbersAreRead() {
    #expect(integer("0") == .success(0))
    #expect(integer("-1") == .success(-1))
    #expect(integer("010") == .success(10))
    #expect(integer("18446744073709551615") == .success(18_446_744_073_709_551_615))
    #expect(integer("170141183460469231731687303715884105727") == .success(.max))
    #expect(integer("170141183460469231731687303715884105728") == .failure(.overflow))
    #expect(integer(String(repeating: "9", count: 10_000)) == .failure(.overflow))
    #expect(integer("0x1F", allowsHex: true) == .success(31))
    #expect(integer("0XfF", allowsHex: true) == .success(255))
    #expect(integer("0x1F") == .failure(.notANumber))
    #expect(integer("-0x1", allowsHex: true) == .success(-1))
    #expect(integer(" \t+7", manner: .asC) == .success(7))
    #expect(integer(" -7", manner: .asC) == .success(-7))
    #expect(integer("7 ", manner: .asC) == .failure(.notANumber))
  }

  @Test(arguments: [
    ("0", Int64(0)), ("1", 1_000_000_000), ("1.", 1_000_000_000), (".5", 500_000_000), ("0.0001", 100_000),
    ("0.000000001", 1), ("0.0000000005", 1), ("0.0000000014", 1), ("1.9999999999", 2_000_000_000),
    ("-1", -1_000_000_000), ("-0", 0), ("00001", 1_000_000_000),
    ("1.50000000000000000000000000000000000000000000", 1_500_000_000), ("9223372036.854775807", .max),
    ("9223372037", .max), ("99999999999999999999999999999999", .max),
  ]) func secondsBecomeNanosecondsExactly(_ text: String, _ nanoseconds: Int64) {
    #expect(seconds(text) == .success(nanoseconds))
  }

  @Test(arguments: [
    ("100us", Int64(100_000)), ("100µs", 100_000), ("1.5ms", 1_500_000), ("2s", 2_000_000_000),
    ("5m", 300_000_000_000), ("5min", 300_000_000_000), ("1h", 3_600_000_000_000), ("1d", 86_400_000_000_000),
    ("7ns", 7), ("0.5ns", 1), ("0ms", 0), ("2", 2_000_000_000),
  ]) func unitsAreReadWhereTheyAreAllowed(_ text: String, _ nanoseconds: Int64) {
    #expect(seconds(text, allowsUnits: true) == .success(nanoseconds))
    if text != "2" { #expect(seconds(text) == .failure(.notANumber)) }
  }

  @Test(arguments: [
    "", "abc", "NaN", "inf", "Infinity", "0x10", "0x", "１", "1,5", ".", "-", "1e3", "1e309", "1..2", "1.2.3",
    "+1", " 1",
    "1 s", "1S", "1sec", "s", "ms", "1 ", "\u{0}", "1\u{0}",
  ]) func whatIsNoLengthOfTimeIsSaidToBeNone(_ text: String) {
    #expect(seconds(text, allowsUnits: true) == .failure(.notANumber))
  }

  @Test func exponentsAreReadInTheMannerOfC() {
    #expect(seconds("1e-3", manner: .asC) == .success(1_000_000))
    #expect(seconds("1E+3", manner: .asC) == .success(1_000_000_000_000))
    #expect(seconds("2.5e0", manner: .asC) == .success(2_500_000_000))
    #expect(seconds("1e308", manner: .asC) == .success(.max))
    #expect(seconds("1e309", manner: .asC) == .failure(.overflow))
    #expect(seconds("1e-320", manner: .asC) == .failure(.overflow))
    #expect(seconds("0e309", manner: .asC) == .success(0))
    #expect(seconds("1e" + String(repeating: "9", count: 200), manner: .asC) == .failure(.overflow))
    #expect(seconds("1e-" + String(repeating: "9", count: 200), manner: .asC) == .failure(.overflow))
    for text in ["1e", "1e+", "1e-", "1e 1", "1e1.5", "1e1e1", "e1", "1e0x1"] {
      #expect(seconds(text, manner: .asC) == .failure(.notANumber), "\(text)")
    }
  }

  @Test func aShortestLengthIsNotTakenForZero() {
    #expect(seconds("0.0000000001") == .failure(.overflow))
    #expect(seconds("0." + String(repeating: "0", count: 1_000) + "1") == .failure(.overflow))
    #expect(seconds("0." + String(repeating: "0", count: 1_000)) == .success(0))
  }
}
