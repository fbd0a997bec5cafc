import Testing

@testable import Timing

@Suite struct InstantTests {
  static let extremes: [Int64] = [.min, .min + 1, -1, 0, 1, .max - 1, .max]

  @Test func `arithmetic equals that of wider integers, cut to the range`() {
    func cut(_ value: Int128) -> Int64 { Int64(clamping: value) }
    for a in Self.extremes {
      for b in Self.extremes {
        let (wideA, wideB) = (Int128(a), Int128(b))
        #expect((Instant(nanoseconds: a) + Nanoseconds(b)).nanoseconds == cut(wideA + wideB))
        #expect((Instant(nanoseconds: a) - Nanoseconds(b)).nanoseconds == cut(wideA - wideB))
        #expect((Instant(nanoseconds: a) - Instant(nanoseconds: b)).count == cut(wideA - wideB))
        #expect((Nanoseconds(a) + Nanoseconds(b)).count == cut(wideA + wideB))
        #expect((Nanoseconds(a) - Nanoseconds(b)).count == cut(wideA - wideB))
        #expect((Nanoseconds(a) * b).count == cut(wideA * wideB))
      }
    }
  }

  @Test func `units are thousandfold steps and saturate`() {
    #expect(Nanoseconds.microseconds(-3).count == -3_000)
    #expect(Nanoseconds.milliseconds(5).count == 5_000_000)
    #expect(Nanoseconds.seconds(7).count == 7_000_000_000)
    #expect(Nanoseconds.seconds(.max).count == .max)
    #expect(Nanoseconds.seconds(.min).count == .min)
  }
}
