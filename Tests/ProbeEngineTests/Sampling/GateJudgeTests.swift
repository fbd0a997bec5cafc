import Statistics
import Testing
import Timing
import Wire

@testable import ProbeEngine

@Suite("Gates") struct GateJudgeTests {
  private func figures(_ trips: [Int64], lost: UInt64 = 0) -> SampleFigures {
    var figures = SampleFigures()
    for trip in trips {
      figures.histogram.record(trip * 1_000_000)
      figures.moments.record(trip * 1_000_000)
    }
    figures.ok = UInt64(trips.count)
    figures.lost = lost
    figures.attempted = figures.ok + lost
    figures.updateMeans()
    return figures
  }

  private func judge(
    _ scope: Gate.Scope, _ metric: Gate.Metric, _ comparison: Gate.Comparison, _ limit: Gate.Value,
    _ targets: [SampleFigures]
  ) -> GateResult {
    var summary = SampleSummary(startedAt: .zero, at: at(1))
    var sum = SampleFigures()
    for figures in targets { sum.merge(figures) }
    summary.groups = [SampleFigures(), sum]
    summary.scheduler.histogram.record(300_000)
    summary.fromSchedule = [Histogram(), sum.histogram]
    return Gate(scope: scope, metric: metric, comparison: comparison, limit: limit, text: "").judge(
      summary, groups: [SampleGroup(name: "none", probe: .echo), SampleGroup(name: "nodes", probe: .echo)],
      targets: targets.indices.map { SampleTarget(address(UInt64($0)), group: 1) },
      figures: { targets[$0] }, name: { "t\($0)" })
  }

  @Test func `A group's percentile, loss and counts are measured in the limit's unit`() {
    let targets = [figures([1, 2, 3]), figures([4, 9], lost: 5)]
    let group = Gate.Scope.group("nodes")
    let worst = judge(group, .percentile(100), .less, .time(.milliseconds(9)), targets)
    #expect(!worst.held && worst.measured == .time(.milliseconds(9)))
    #expect(judge(group, .maximum, .lessOrEqual, .time(.milliseconds(9)), targets).held)
    #expect(judge(group, .mean, .equal, .time(.microseconds(3_800)), targets).held)
    #expect(judge(group, .loss, .equal, .share(0.5), targets).held)
    #expect(judge(group, .lost, .equal, .count(5), targets).held)
    #expect(judge(group, .fromSchedule(0), .equal, .time(.milliseconds(1)), targets).held)
    #expect(judge(group, .attempted, .notEqual, .count(10), targets).held == false)
    #expect(judge(.scheduler, .scheduleError(99), .less, .time(.microseconds(301)), targets).held)
    #expect(judge(.scheduler, .missed, .equal, .count(0), targets).held)
  }

  @Test func `Of each target the worst decides`() {
    let targets = [figures([1]), figures([7]), figures([3])]
    let each = Gate.Scope.eachTarget("nodes")
    let high = judge(each, .maximum, .less, .time(.milliseconds(5)), targets)
    #expect(!high.held && high.target == 1)
    let low = judge(each, .ok, .greaterOrEqual, .count(1), targets)
    #expect(low.held && low.target == 0)
    let silent = judge(each, .maximum, .less, .time(.milliseconds(50)), targets + [figures([], lost: 1)])
    #expect(!silent.held && silent.target == 3 && silent.measured == nil)
    let one = judge(.target(group: "nodes", name: "t2"), .minimum, .equal, .time(.milliseconds(3)), targets)
    #expect(one.held && one.target == 2)
  }

  @Test(
    "A gate with nothing to measure fails",
    arguments: [
      Gate.Scope.group("none"), .group("gone"), .eachTarget("none"), .target(group: "nodes", name: "x"),
    ])
  func nothing(scope: Gate.Scope) {
    for metric in [Gate.Metric.percentile(50), .loss, .changes, .outage, .jitter, .attempted, .missed] {
      for limit in [Gate.Value.time(.zero), .share(0), .count(0)] {
        for comparison in Gate.Comparison.allCases {
          let result = judge(scope, metric, comparison, limit, [figures([1])])
          #expect(!result.held && result.measured == nil)
        }
      }
    }
  }

  @Test func `A limit in another unit than the figure holds never`() {
    #expect(!judge(.group("nodes"), .maximum, .notEqual, .count(1), [figures([1])]).held)
  }
}

@Suite("Merged figures") struct SampleFiguresMergeTests {
  @Test func `Merging is as having seen all at once`() {
    var random = RandomNumbers(seed: 2)
    var whole = Moments()
    var sum = SampleFigures()
    var fromFile = SampleFigures()
    for _ in 0..<200 {
      var part = SampleFigures()
      for _ in 0..<Int.random(in: 1...9, using: &random) {
        let trip = Int64.random(in: 20_000...900_000_000, using: &random)
        part.histogram.record(trip)
        part.moments.record(trip)
        whole.record(trip)
        part.ok += 1
        part.attempted += 1
      }
      part.longestLossBurst = part.ok
      part.updateMeans()
      sum.merge(part)
      part.moments = Moments()
      fromFile.merge(part)
    }
    #expect(sum.mean?.count == whole.mean && sum.deviation?.count == whole.deviation)
    #expect(sum.ok == whole.count && sum.histogram.count == whole.count && sum.longestLossBurst == 9)
    #expect(abs((fromFile.mean?.count ?? 0) - (whole.mean ?? 0)) <= 1)
    #expect(abs((fromFile.deviation?.count ?? 0) - (whole.deviation ?? 0)) <= 2)
  }

  @Test func `Jitter is the mean of the targets', delay variation that of all differences`() {
    var (a, b) = (SampleFigures(), SampleFigures())
    a.jitters = SampleMean(mean: .microseconds(10), count: 1)
    b.jitters = SampleMean(mean: .microseconds(30), count: 1)
    a.differences = SampleMean(mean: .microseconds(10), count: 1)
    b.differences = SampleMean(mean: .microseconds(30), count: 3)
    a.merge(b)
    #expect(a.jitter == .microseconds(20) && a.delayVariation == .microseconds(25))
    var c = SampleFigures()
    c.jitter = .microseconds(50)
    a.merge(c)
    #expect(a.jitter == .microseconds(30))
  }

  @Test func `Means do not drift over many merges`() {
    var sum = SampleFigures()
    for _ in 0..<10_000 {
      var part = SampleFigures()
      part.differences = SampleMean(mean: Nanoseconds(3), count: 1)
      part.hostTransmits = SampleMean(mean: Nanoseconds(2), count: 2)
      sum.merge(part)
    }
    #expect(sum.delayVariation == Nanoseconds(3) && sum.hostTransmit == Nanoseconds(2))
  }
}
