@testable import Plan
import ProbeEngine
import Statistics
import Testing
import Timing

@testable import Commands

/// Runs of which is known what they are drawn from.
@Suite struct RunComparisonTests {
  /// So many round trips around `center` ns, one in `every` lost.
  private func run(
    around center: Int64, _ count: Int, losing every: Int = 0, seed: UInt64, hasRecords: Bool = true,
    group: String = "n"
  ) -> RunFile {
    var generator = RandomNumbers(seed: seed)
    var figures = SampleFigures()
    var blocks = BlockSample()
    var moments = Moments()
    for index in 1...count {
      figures.attempted += 1
      if every > 0, index % every == 0 {
        figures.lost += 1
        blocks.record(nil)
        continue
      }
      let roundTrip = center + Int64.random(in: -center / 10...center / 10, using: &generator)
      figures.ok += 1
      figures.histogram.record(roundTrip)
      moments.record(roundTrip)
      blocks.record(roundTrip)
    }
    figures.mean = moments.mean.map { Nanoseconds($0) }
    figures.deviation = moments.deviation.map { Nanoseconds($0) }
    blocks.settle()
    var file = RunFile()
    file.series = [
      RunFile.Series(group: group, target: "t", figures: figures),
      RunFile.Series(group: group, target: nil, figures: figures, blocks: hasRecords ? blocks.blocks : []),
    ]
    return file
  }

  private func compare(_ first: RunFile, _ second: RunFile) -> RunComparison {
    RunComparison(first, second, confidence: 0.95, resamples: 400, seed: 1)
  }

  private func verdicts(_ comparison: RunComparison) -> [String] {
    comparison.rows.map { "\($0.metric.rawValue) \($0.verdict.rawValue)" }
  }

  @Test(arguments: [true, false])
  func runsOfOneKindDifferByChanceOnly(_ hasRecords: Bool) {
    let comparison = compare(
      run(around: 1_000_000, 4_000, losing: 100, seed: 1, hasRecords: hasRecords),
      run(around: 1_000_000, 4_000, losing: 100, seed: 2, hasRecords: hasRecords))
    #expect(verdicts(comparison) == ["mean same", "p50 same", "p99 same", "loss same"])
    #expect(!comparison.isWorse && comparison.notes.isEmpty)
    #expect(comparison.rows.allSatisfy { $0.resampling == (hasRecords ? .blocks : .histogram) })
  }

  @Test(arguments: [true, false])
  func whatIsSlowerAndLosesMoreIsWorseAndTheOtherWayRoundBetter(_ hasRecords: Bool) {
    let fast = run(around: 1_000_000, 4_000, seed: 1, hasRecords: hasRecords)
    let slow = run(around: 1_050_000, 4_000, losing: 50, seed: 2, hasRecords: hasRecords)
    let worse = compare(fast, slow)
    #expect(verdicts(worse) == ["mean worse", "p50 worse", "p99 worse", "loss worse"])
    #expect(worse.isWorse)
    for row in worse.rows { #expect((row.interval?.lower ?? 0) > 0 && (row.difference ?? 0) > 0) }
    let better = compare(slow, fast)
    #expect(verdicts(better) == ["mean better", "p50 better", "p99 better", "loss better"])
    #expect(!better.isWorse)
  }

  @Test func fewProbesSayNothing() {
    let few = compare(run(around: 1_000_000, 5, seed: 1), run(around: 9_000_000, 5, seed: 2))
    #expect(verdicts(few) == ["mean too_few", "p50 too_few", "p99 too_few", "loss too_few"])
    #expect(few.rows.allSatisfy { $0.interval == nil && $0.first != nil })
    #expect(!few.isWorse)
  }

  @Test func groupsThatOnlyOneRunHasAreTold() {
    let comparison = compare(
      run(around: 1_000, 100, seed: 1, group: "a\u{1b}"), run(around: 1_000, 100, seed: 1, group: "b"))
    #expect(comparison.rows.isEmpty)
    #expect(comparison.notes == ["'a\\x1b' is only in the first run", "'b' is only in the second run"])
  }

  @Test func theSameFilesGiveTheSameAnswer() {
    let first = run(around: 1_000_000, 500, losing: 9, seed: 1)
    let second = run(around: 1_010_000, 500, losing: 7, seed: 2)
    let text = compare(first, second).text(confidence: 0.95)
    #expect(text == compare(first, second).text(confidence: 0.95))
    let lines = text.split(separator: "\n")
    #expect(
      lines.first?.split(separator: " ").first == "group" && lines.first?.contains("95 % interval") == true)
    #expect(lines.count == 6)
    for line in lines { #expect(line.last != " ") }
  }

  @Test func mergedRunsAreOneRunOfAllTheirProbes() throws {
    let first = run(around: 1_000_000, 1_000, losing: 10, seed: 1)
    let second = run(around: 3_000_000, 500, seed: 2)
    var merging = RunMerging()
    merging.add(first, from: "a")
    merging.add(second, from: "b")
    #expect(merging.attempted == 1_500 && merging.notes.isEmpty)
    let read = try RunFile.read(merging.lines(at: 0, host: "h"))
    #expect(!read.isCut && read.badLineCount == 0)
    let group = try #require(read.series.first { $0.target == nil })
    #expect(group.group == "n" && group.targets == 1 && read.series.count == 2)
    #expect(group.figures.ok == 1_400 && group.figures.lost == 100)
    var expected = first.series[1].figures.histogram
    expected.merge(second.series[1].figures.histogram)
    #expect(group.figures.histogram == expected)
    // 900 of 1 ms and 500 of 3 ms.
    var moments = Moments()
    for (run, center) in [(900, 1_000_000), (500, 3_000_000)] as [(Int, Int64)] {
      for _ in 0..<run { moments.record(center) }
    }
    let mean = try #require(group.figures.mean?.count)
    #expect(abs(mean - (moments.mean ?? 0)) < 10_000)
    let deviation = try #require(group.figures.deviation?.count)
    #expect(abs(deviation - (moments.deviation ?? 0)) < 10_000)
    // Merging goes on from there as from the runs themselves.
    var again = RunMerging()
    again.add(read, from: "ab")
    again.add(first, from: "a")
    #expect(again.attempted == 2_500)
  }
}
