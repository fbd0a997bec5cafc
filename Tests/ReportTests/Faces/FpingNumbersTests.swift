import Testing

@testable import Report

@Suite struct FpingNumbersTests {
  static func text(_ nanoseconds: Int64) -> String {
    var out: [UInt8] = []
    out.put(fping: nanoseconds)
    return String(decoding: out, as: UTF8.self)
  }

  /// What printf(3) makes of them with the form that fping chooses.
  @Test(arguments: [
    (0, "0.000"), (499, "0.000"), (34_000, "0.034"), (999_400, "0.999"), (999_600, "1.000"),
    (1_000_000, "1.00"),
    (1_234_000, "1.23"), (9_996_000, "10.00"), (10_000_000, "10.0"), (12_340_000, "12.3"),
    (99_960_000, "100.0"),
    (100_000_000, "100"), (250_400_000, "250"), (999_999_400_000, "999999"), (1_000_000_000_000, "1.000e+06"),
    (1_234_400_000_000, "1.234e+06"), (9_999_600_000_000, "1.000e+07"), (Int64.max, "9.223e+12"),
    (-5, "0.000"),
  ])
  func threeDigitsThatCount(nanoseconds: Int64, expected: String) {
    #expect(Self.text(nanoseconds) == expected)
  }

  @Test(arguments: [
    (FpingTextOptions.Timestamp.unix, "1795250166.12346"), (.ctime, "Sat Nov 21 09:06:06 2026"),
    (.iso, "2026-11-21T09:06:06+0030"), (.rfc3339, "2026-11-21 09:06:06"),
  ])
  func timesInFourForms(form: FpingTextOptions.Timestamp, expected: String) {
    var out: [UInt8] = []
    out.put(fpingTime: 1_795_250_166_123_456_789, form, offset: 1_800)
    #expect(String(decoding: out, as: UTF8.self) == expected)
  }

  @Test func roundTripsThatAreKeptArePrintedTheSame() {
    var kept = FpingRoundTrips(targets: 2)
    let roundTrips: [Int64] = [34_567, 1_234_567, 2_147_483_647, 2_147_483_648, 4_999_499_999]
    for (probe, roundTrip) in roundTrips.enumerated() {
      kept.set(UInt64(probe), of: 1, to: roundTrip)
      #expect(kept[UInt64(probe), of: 1].map(Self.text) == Self.text(roundTrip))
      #expect(kept[UInt64(probe), of: 0] == nil)
    }
    #expect(kept[5, of: 1] == nil)
  }
}
