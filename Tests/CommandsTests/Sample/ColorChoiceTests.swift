import Testing
import Timing

@testable import Commands

@Suite struct ColorChoiceTests {
  @Test func colorsFollowTheOptionThenTheEnvironmentThenTheStream() {
    func isColored(
      _ choice: SampleDisplay.Color, _ isTerminal: Bool, _ environment: [String: String] = [:]
    ) -> Bool {
      ColorChoice.isColored(choice, isTerminal: isTerminal) { environment[$0] }
    }
    #expect(isColored(.auto, true) && !isColored(.auto, false))
    #expect(isColored(.always, false, ["NO_COLOR": "1"]) && !isColored(.never, true, ["FORCE_COLOR": "1"]))
    #expect(!isColored(.auto, true, ["NO_COLOR": "1"]) && isColored(.auto, true, ["NO_COLOR": ""]))
    #expect(!isColored(.auto, true, ["TERM": "dumb"]))
    #expect(isColored(.auto, false, ["FORCE_COLOR": "1"]) && !isColored(.auto, false, ["FORCE_COLOR": "0"]))
    #expect(!isColored(.auto, false, ["FORCE_COLOR": "1", "NO_COLOR": "1"]))
  }

  @Test func lengthsAndRatesAreExactWhereTheyAreShort() {
    let lengths: [(Nanoseconds, String)] = [
      (.zero, "0 ns"), (Nanoseconds(999), "999 ns"), (.microseconds(1), "1 us"),
      (Nanoseconds(1_500), "1.5 us"),
      (.milliseconds(100), "100 ms"), (.milliseconds(1_500), "1.5 s"), (.seconds(59), "59 s"),
      (.seconds(60), "1 min"), (.seconds(90), "90 s"), (.seconds(7_200), "2 h"),
    ]
    for (length, text) in lengths { #expect(LengthText.text(length) == text) }
    #expect(LengthText.text(30.0) == "30" && LengthText.text(1.0 / 3) == "0.333")
    #expect(LengthText.text(1e300) == "more than 9000000000000000" && LengthText.text(-1.0) == "0")
  }
}
