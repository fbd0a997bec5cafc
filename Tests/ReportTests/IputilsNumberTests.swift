import Testing

@testable import Report

/// Oracles: C's `%g` on a value rounded to binary32 (by way of Python), and iputils' thresholds.
@Suite struct IputilsNumberTests {
  @Test(
    arguments: [
      (3, 2, "33.3333"), (3, 1, "66.6667"), (7, 6, "14.2857"), (10, 9, "10"), (1_000, 999, "0.1"),
      (1_000_000, 999_999, "0.0001"), (2_000_000, 1_999_999, "5e-05"), (3_000_000, 2_999_999, "3.33333e-05"),
      (1, 0, "100"), (8, 7, "12.5"), (64, 63, "1.5625"), (640, 1, "99.8438"), (700_000, 7, "99.999"),
      (9_223_372_036_854_775_808, 9_223_372_036_854_775_807, "1.0842e-17"),
      (18_446_744_073_709_551_615, 18_446_744_073_709_551_614, "5.42101e-18"), (100_000, 1, "99.999"),
      (1_000_001, 1, "99.9999"), (123_456_789, 3, "100"), (32, 1, "96.875"), (2_048, 1, "99.9512"),
      (2_048, 2_047, "0.0488281"), (65_536, 65_535, "0.00152588"), (300, 1, "99.6667"),
      (904_407_670_761, 532_921_988_457, "41.075"), (39_778_361_402, 8_591_874_696, "78.4006"),
      (3_246, 2_989, "7.91744"), (73, 70, "4.10959"), (864_495_366, 782_637_466, "9.46887"),
      (679, 624, "8.10015"), (66, 64, "3.0303"), (6, 1, "83.3333"), (450_562, 159_553, "64.588"),
      (9, 8, "11.1111"), (737, 200, "72.863"), (30, 5, "83.3333"), (5, 5, "0"), (4, 5, "0"), (0, 0, "0"),
    ] as [(UInt64, UInt64, String)])
  func lossIsWrittenAsByPrintf(transmitted: UInt64, received: UInt64, expected: String) {
    #expect(text { IputilsNumber.put(lossOf: received, in: transmitted, into: &$0) } == expected)
  }

  @Test(arguments: [
    (0, "0.000"), (1, "0.001"), (30, "0.030"), (999, "0.999"), (1_000, "1.00"), (1_004, "1.00"),
    (1_005, "1.01"), (9_994, "9.99"), (9_995, "10.0"), (10_049, "10.0"), (10_050, "10.1"), (99_949, "99.9"),
    (99_950, "100"), (100_499, "100"), (100_500, "101"), (2_054_321, "2054"), (-5, "0.000"),
    (Int64.max, "9223372036854776"),
  ])
  func roundTripsLoseDecimalsAsTheyGrow(microseconds: Int64, expected: String) {
    #expect(
      text { IputilsNumber.put(microseconds: microseconds, isPrecise: false, into: &$0) } == expected)
  }

  @Test(arguments: [(30, "0.030"), (1_005, "1.005"), (2_054_321, "2054.321")])
  func preciseRoundTripsKeepThreeDecimals(microseconds: Int64, expected: String) {
    #expect(text { IputilsNumber.put(microseconds: microseconds, isPrecise: true, into: &$0) } == expected)
  }
}
