import Plan
import ProbeEngine
import Statistics
import Timing

/// What became better or worse between two runs, by more than chance or not.
struct RunComparison {
  enum Metric: String, CaseIterable {
    case mean, p50, p99, loss

    var statistic: Bootstrap.Statistic {
      switch self {
      case .mean: .mean
      case .p50: .percentile(50)
      case .p99: .percentile(99)
      case .loss: .loss
      }
    }
  }

  enum Verdict: String {
    case worse, better, same
    case tooFew = "too_few"
  }

  /// How the runs were drawn anew.
  enum Resampling: String {
    /// Stretches of records.
    case blocks
    /// Single round trips, each for itself.
    case histogram
    /// One run so, the other so.
    case mixed
  }

  /// One metric of one group. Times are nanoseconds, loss is a share.
  struct Row {
    var group: String
    var metric: Metric
    /// nil: nothing was measured.
    var first: Double?
    var second: Double?
    /// Of the second minus the first; nil where there was too little.
    var interval: (lower: Double, upper: Double)?
    var resampling: Resampling
    var verdict: Verdict
  }

  private(set) var rows: [Row] = []
  /// Groups that only one of the runs has, or that it asks something else, in words.
  private(set) var notes: [String] = []

  var isWorse: Bool { rows.contains { $0.verdict == .worse } }

  init(_ first: RunFile, _ second: RunFile, confidence: Double, resamples: Int, seed: UInt64) {
    let groups = first.series.filter { $0.target == nil }
    let others = second.series.filter { $0.target == nil }
    for group in groups {
      guard let other = others.first(where: { $0.group == group.group }) else {
        notes.append("\(quoted(group.group)) is only in the first run")
        continue
      }
      if let probe = group.probe, let otherProbe = other.probe, probe != otherProbe {
        notes.append(
          "\(quoted(group.group)) is \(escaped(probe)) in the first run, \(escaped(otherProbe)) in the second"
        )
      }
      // Each group by itself: what else is in the file changes nothing.
      var generator = RandomNumbers(seed: seed)
      rows += Self.rows(
        group, other, confidence: confidence, resamples: resamples, using: &generator)
    }
    for other in others where !groups.contains(where: { $0.group == other.group }) {
      notes.append("\(quoted(other.group)) is only in the second run")
    }
  }

  // MARK: private parts

  private static func rows(
    _ first: RunFile.Series, _ second: RunFile.Series, confidence: Double, resamples: Int,
    using generator: inout RandomNumbers
  ) -> [Row] {
    let differences = Bootstrap.differences(
      sample(first), sample(second), Metric.allCases.map(\.statistic), confidence: confidence,
      resamples: resamples, using: &generator)
    let resampling: Resampling =
      switch (isBlocked(first), isBlocked(second)) {
      case (true, true): .blocks
      case (false, false): .histogram
      default: .mixed
      }
    return zip(Metric.allCases, differences).map { metric, difference in
      var row = Row(
        group: first.group, metric: metric, first: difference?.first ?? value(metric, first.figures),
        second: difference?.second ?? value(metric, second.figures), resampling: resampling, verdict: .tooFew)
      guard let difference else { return row }
      row.interval = (difference.lower, difference.upper)
      row.verdict = !difference.isMoreThanChance ? .same : difference.lower > 0 ? .worse : .better
      return row
    }
  }

  private static func isBlocked(_ series: RunFile.Series) -> Bool {
    series.blocks.count >= Bootstrap.fewestBlocks
  }

  private static func sample(_ series: RunFile.Series) -> Bootstrap.Sample {
    if isBlocked(series) { return .blocks(series.blocks) }
    let figures = series.figures
    return .distribution(
      figures.histogram, mean: figures.mean?.count, resolved: figures.resolved,
      failed: figures.resolved - min(figures.ok, figures.resolved))
  }

  private static func value(_ metric: Metric, _ figures: SampleFigures) -> Double? {
    switch metric {
    case .mean: figures.mean.map { Double($0.count) }
    case .p50: figures.histogram.percentile(50).map { Double($0) }
    case .p99: figures.histogram.percentile(99).map { Double($0) }
    case .loss: figures.loss
    }
  }
}
