import ProbeEngine
import Statistics
import Timing

/// What the records of a run add up to: the stretches of each group, and figures of groups and targets for a file that
/// ends without its own.
struct RunTallies {
  private struct Tally {
    let group: Int
    let target: String?
    var figures = SampleFigures()
    var moments = Moments()
    var jitter = Jitter()
  }

  private var groups: [String] = []
  private var groupIndex: [String: Int] = [:]
  private var samples: [BlockSample] = []
  /// By group, then by target.
  private var totals: [Tally] = []
  private var tallies: [[String: Tally]] = []
  /// Targets in the order of their first record.
  private var order: [[String]] = []

  mutating func take(_ line: RunLine) {
    guard let name = line.group, let target = line.target else { return }
    let group = index(of: name)
    if line.event == .duplicate {
      guard !line.isWarmup else { return }
      totals[group].figures.duplicates &+= 1
      tallies[group][target]?.figures.duplicates &+= 1
      return
    }
    guard let outcome = line.outcome else { return }
    Self.count(outcome, line, &totals[group])
    if Self.count(outcome, line, &tallies[group][target, default: Tally(group: group, target: target)]) {
      order[group].append(target)
    }
    if !line.isWarmup { samples[group].record(outcome == .ok ? line.roundTrip : nil) }
  }

  mutating func settle() {
    for group in samples.indices { samples[group].settle() }
  }

  func blocks(of group: String) -> [BlockSample.Block] {
    groupIndex[group].map { samples[$0].blocks } ?? []
  }

  func series() -> [RunFile.Series] {
    var series: [RunFile.Series] = []
    for (group, name) in groups.enumerated() {
      var jitters: [Int64] = []
      for target in order[group] {
        guard let tally = tallies[group][target] else { continue }
        if let jitter = tally.jitter.value { jitters.append(jitter) }
        series.append(
          RunFile.Series(group: name, target: target, figures: Self.figures(tally, tally.jitter.value)))
      }
      // As SampleFigures: of several targets the mean of theirs.
      let mean =
        jitters.isEmpty ? nil : Int64(jitters.reduce(Int128(0)) { $0 + Int128($1) } / Int128(jitters.count))
      var whole = RunFile.Series(
        group: name, target: nil, figures: Self.figures(totals[group], mean), blocks: samples[group].blocks)
      whole.targets = order[group].count
      series.append(whole)
    }
    return series
  }

  private mutating func index(of name: String) -> Int {
    if let index = groupIndex[name] { return index }
    let index = groups.count
    groupIndex[name] = index
    groups.append(name)
    samples.append(BlockSample())
    totals.append(Tally(group: index, target: nil))
    tallies.append([:])
    order.append([])
    return index
  }

  /// True: this was its first record.
  @discardableResult
  private static func count(_ outcome: SampleOutcome, _ line: RunLine, _ tally: inout Tally) -> Bool {
    let isFirst = tally.figures.attempted == 0 && tally.figures.warmup == 0
    guard !line.isWarmup else {
      tally.figures.warmup &+= 1
      return isFirst
    }
    tally.figures.attempted &+= 1
    switch outcome {
    case .ok: tally.figures.ok &+= 1
    case .late: tally.figures.late &+= 1
    case .lost: tally.figures.lost &+= 1
    case .icmpError: tally.figures.icmpErrors &+= 1
    case .sendError: tally.figures.sendErrors &+= 1
    }
    if outcome == .ok, let roundTrip = line.roundTrip {
      tally.figures.histogram.record(roundTrip)
      tally.moments.record(roundTrip)
      tally.jitter.record(roundTrip)
    }
    return isFirst
  }

  private static func figures(_ tally: Tally, _ jitter: Int64?) -> SampleFigures {
    var figures = tally.figures
    figures.mean = tally.moments.mean.map { Nanoseconds($0) }
    figures.deviation = tally.moments.deviation.map { Nanoseconds($0) }
    figures.jitter = jitter.map { Nanoseconds($0) }
    return figures
  }
}
