import Testing
import Timing

@testable import Report

@Suite struct DurationTextTests {
  @Test(arguments: [
    (0, "0 s"), (59, "59 s"), (60, "1 min"), (1_800, "30 min"), (86_400, "1 d"),
    (90_061, "1 d 1 h 1 min 1 s"), (UInt64.max, "213503982334601 d 7 h 15 s"),
  ])
  func secondsAreToldByEveryUnitThatIsNotZero(_ seconds: UInt64, _ expected: String) {
    #expect(text { DurationText.put(seconds: seconds, into: &$0) } == expected)
  }

  @Test func aLifetimeOfAllOnesIsInfinity() {
    #expect(text { DurationText.put(lifetime: .max, into: &$0) } == "infinity")
    #expect(text { DurationText.put(lifetime: .max - 1, into: &$0) } == "49710 d 6 h 28 min 14 s")
  }

  @Test(arguments: [
    (-5, "0.0 s"), (3_250_000_000, "3.2 s"), (9_999_999_999, "9.9 s"), (10_000_000_000, "10 s"),
    (119_000_000_000, "119 s"), (120_000_000_000, "2 min"), (7_200_000_000_000, "2 h"),
    (172_800_000_000_000, "2 d"),
  ])
  func anAgeIsToldInItsLargestUnit(_ nanoseconds: Int64, _ expected: String) {
    #expect(text { DurationText.put(age: Nanoseconds(nanoseconds), into: &$0) } == expected)
  }
}
