import ProbeEngine
import Testing

@testable import Report

@Suite struct TerminalHistogramTests {
  static func drawn(_ buckets: [(Int64, Int64, UInt64)], isUTF8: Bool = true) -> [String] {
    var options = PingTextOptions()
    options.isUTF8 = isUTF8
    options.terminalWidth = 50
    let histogram = TerminalHistogram(
      options, buckets.map { HistogramBucket(lower: $0.0, upper: $0.1, count: $0.2) })
    return text { histogram.put(into: &$0) }.split(separator: "\n").map(String.init)
  }

  @Test func aNarrowDistributionHasRowsOfEqualWidthAndShowsItsHoles() {
    let lines = Self.drawn(
      [(100_000, 101_000, 4), (102_000, 103_000, 1), (104_000, 105_000, 8)], isUTF8: false)
    #expect(
      lines == [
        "0.100 - 0.101 ms |############### 4", "0.101 - 0.102 ms |", "0.102 - 0.103 ms |### 1",
        "0.103 - 0.104 ms |", "0.104 - 0.105 ms |############################## 8",
      ])
  }

  @Test func aLongTailHasRowsInStepsOf125() {
    let lines = Self.drawn([
      (100_000, 101_000, 1_000), (2_000_000, 2_100_000, 1), (90_000_000, 91_000_000, 10),
    ])
    #expect(lines.count == 9)
    #expect(lines[0] == " 0.100 -   0.200 ms |████████████████████████ 1000")
    #expect(lines[0].count == 50)
    #expect(lines[4] == " 2.000 -   5.000 ms |▏ 1")
    #expect(lines[8].hasPrefix("50.000 - 100.000 ms |▏ 10"))
  }

  @Test func everyCountIsInSomeRow() {
    var generator = Generator(state: 31)
    for _ in 0..<200 {
      var total: UInt64 = 0
      let low = Int64.random(in: 0...1_000_000_000, using: &generator)
      let buckets = (0..<50).map { _ -> (Int64, Int64, UInt64) in
        let lower = low + Int64.random(in: 0...(low * 40 + 10), using: &generator)
        let count = UInt64.random(in: 1...9, using: &generator)
        total += count
        return (lower, lower + lower / 64 + 1, count)
      }
      let shown = Self.drawn(buckets).compactMap { line -> UInt64? in
        line.contains("| ") || line.hasSuffix("|")
          ? nil : line.split(separator: " ").last.flatMap { UInt64($0) }
      }
      #expect(shown.reduce(0, +) == total)
      #expect(shown.count <= 26)
    }
  }

  @Test func nothingIsDrawnOfNothing() {
    #expect(Self.drawn([]).isEmpty)
    #expect(Self.drawn([(5, 5, 1), (0, 10, 0)]).isEmpty)
  }
}
