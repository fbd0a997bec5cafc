import Plan
import ProbeEngine
import Report
import Statistics
import Timing

/// Several runs put together to one: counts and histograms without loss.
struct RunMerging {
  private struct Name: Hashable {
    var group: String
    var target: String?
  }

  private var files: [String] = []
  private var groups: [String] = []
  /// Targets of a group, by its place.
  private var targets: [[String]] = []
  private var series: [Name: RunFile.Series] = [:]
  private var scheduler = SchedulerFigures()
  private var rejected: UInt64 = 0
  private var stray: UInt64 = 0
  /// What does not fit together, in words.
  private(set) var notes: [String] = []

  init() {}

  mutating func add(_ run: RunFile, from file: String) {
    files.append(file)
    for part in run.series {
      let name = Name(group: part.group, target: part.target)
      let group = place(of: part.group)
      guard var sum = series[name] else {
        if let target = part.target { targets[group].append(target) }
        series[name] = part
        continue
      }
      if let probe = sum.probe, let other = part.probe, probe != other {
        notes.append(
          "\(quoted(part.group)) is \(escaped(other)) in \(quoted(file)), \(escaped(probe)) before it")
        sum.probe = nil
      }
      sum.merge(part)
      series[name] = sum
    }
    scheduler.histogram.merge(run.scheduler.histogram)
    scheduler.missed = scheduler.missed.saturated(adding: run.scheduler.missed)
    rejected = rejected.saturated(adding: run.rejected)
    stray = stray.saturated(adding: run.stray)
  }

  /// Probes of all groups.
  var attempted: UInt64 { sums.attempted }

  /// A run's file, without records.
  func lines(at time: Int64, host: String?) -> [UInt8] {
    var line = JSONLine()
    line.put("schema", "probe6/1")
    line.put("event", "start")
    line.put("time", time: time)
    line.put("verb", "merge")
    line.put("host", ifKnown: host)
    line.array("merged_from", files) { file, octets in
      octets.put("\"")
      Escape.json(file.utf8, into: &octets)
      octets.put("\"")
    }
    line.put("version", Version.text)
    var out = line.finished()
    let lines = SampleJSONLines(time: time)
    for (place, group) in groups.enumerated() {
      for target in targets[place] {
        guard let part = series[Name(group: group, target: target)] else { continue }
        lines.putTarget(group: group, target, destination: part.destination, part.figures, into: &out)
      }
      guard let part = series[Name(group: group, target: nil)] else { continue }
      var distributions = SampleJSONLines.Distributions()
      distributions.hostTransmit = part.hostTransmit
      distributions.hostReceive = part.hostReceive
      distributions.delayVariation = part.delayVariation
      distributions.fromSchedule = part.fromSchedule
      lines.putGroup(
        group, probe: part.probe, labels: part.labels.map { SampleRun.Label(name: $0.name, value: $0.value) },
        targets: targets[place].count, part.figures, distributions, into: &out)
    }
    lines.putScheduler(scheduler, into: &out)
    var totals = SampleJSONLines.Totals()
    totals.groups = groups.count
    totals.targets = targets.reduce(0) { $0 + $1.count }
    totals.figures = sums
    totals.missed = scheduler.missed
    totals.rejected = rejected
    totals.stray = stray
    lines.putSummary(totals, into: &out)
    return out
  }

  // MARK: private parts

  private var sums: SampleFigures {
    var sums = SampleFigures()
    for group in groups {
      guard let part = series[Name(group: group, target: nil)] else { continue }
      sums.mergeOutcomes(part.figures)
    }
    return sums
  }

  private mutating func place(of group: String) -> Int {
    if let place = groups.firstIndex(of: group) { return place }
    groups.append(group)
    targets.append([])
    return groups.count - 1
  }
}

extension RunFile.Series {
  /// Takes in what another run says of the same group or target.
  mutating func merge(_ other: RunFile.Series) {
    figures.merge(other.figures)
    if destination != other.destination { destination = nil }
    let others = other.labels
    labels.removeAll { label in !others.contains(label) }
    // Records are not carried over.
    blocks = []
    Self.merge(&hostTransmit, other.hostTransmit)
    Self.merge(&hostReceive, other.hostReceive)
    Self.merge(&delayVariation, other.delayVariation)
    Self.merge(&fromSchedule, other.fromSchedule)
  }

  private static func merge(_ sum: inout Histogram?, _ other: Histogram?) {
    guard let other else { return }
    guard sum != nil else {
      sum = other
      return
    }
    sum?.merge(other)
  }
}

extension SampleFigures {
  /// Only the counts of outcomes.
  mutating func mergeOutcomes(_ other: SampleFigures) {
    attempted = attempted.saturated(adding: other.attempted)
    ok = ok.saturated(adding: other.ok)
    late = late.saturated(adding: other.late)
    lost = lost.saturated(adding: other.lost)
    icmpErrors = icmpErrors.saturated(adding: other.icmpErrors)
    sendErrors = sendErrors.saturated(adding: other.sendErrors)
    inFlight = inFlight.saturated(adding: other.inFlight)
    warmup = warmup.saturated(adding: other.warmup)
  }

  /// As if both had been one: counts and histograms add up, mean and deviation are those of all round trips, and what
  /// is a mean of its own is weighted by them. What the last answers had is the later run's.
  mutating func merge(_ other: SampleFigures) {
    let (own, others) = (Double(histogram.count), Double(other.histogram.count))
    (mean, deviation) = Self.pooled(self, own, other, others)
    jitter = Self.weighted(jitter, own, other.jitter, others)
    delayVariation = Self.weighted(delayVariation, own, other.delayVariation, others)
    hostTransmit = Self.weighted(hostTransmit, own, other.hostTransmit, others)
    hostReceive = Self.weighted(hostReceive, own, other.hostReceive, others)
    mergeOutcomes(other)
    duplicates = duplicates.saturated(adding: other.duplicates)
    reordered = reordered.saturated(adding: other.reordered)
    histogram.merge(other.histogram)
    lossBursts = lossBursts.saturated(adding: other.lossBursts)
    longestLossBurst = max(longestLossBurst, other.longestLossBurst)
    outage = outage + other.outage
    hopLimitChanges = hopLimitChanges.saturated(adding: other.hopLimitChanges)
    trafficClassChanges = trafficClassChanges.saturated(adding: other.trafficClassChanges)
    pathMTUChanges = pathMTUChanges.saturated(adding: other.pathMTUChanges)
    addressChanges = addressChanges.saturated(adding: other.addressChanges)
    pathChanges = pathChanges.saturated(adding: other.pathChanges)
    linkChanges = linkChanges.saturated(adding: other.linkChanges)
    stateChanges = stateChanges.saturated(adding: other.stateChanges)
    hopLimit = other.hopLimit ?? hopLimit
    trafficClass = other.trafficClass ?? trafficClass
    pathMTU = other.pathMTU ?? pathMTU
  }

  /// Mean and deviation of two parts together (Chan, Golub and LeVeque 1979).
  private static func pooled(
    _ a: SampleFigures, _ n: Double, _ b: SampleFigures, _ m: Double
  ) -> (Nanoseconds?, Nanoseconds?) {
    guard let meanA = a.mean, n > 0 else { return (b.mean, b.deviation) }
    guard let meanB = b.mean, m > 0 else { return (a.mean, a.deviation) }
    let step = Double(meanB.count) - Double(meanA.count)
    let mean = Double(meanA.count) + step * m / (n + m)
    guard let deviationA = a.deviation, let deviationB = b.deviation else { return (rounded(mean), nil) }
    let (da, db) = (Double(deviationA.count), Double(deviationB.count))
    let squares = da * da * n + db * db * m + step * step * n * m / (n + m)
    return (rounded(mean), rounded((squares / (n + m)).squareRoot()))
  }

  private static func weighted(
    _ a: Nanoseconds?, _ n: Double, _ b: Nanoseconds?, _ m: Double
  ) -> Nanoseconds? {
    guard let a, n > 0 else { return b }
    guard let b, m > 0 else { return a }
    return rounded((Double(a.count) * n + Double(b.count) * m) / (n + m))
  }

  private static func rounded(_ value: Double) -> Nanoseconds {
    Nanoseconds(Int64(min(max(value, 0), 9e18).rounded()))
  }
}

extension UInt64 {
  fileprivate func saturated(adding other: UInt64) -> UInt64 {
    let (sum, overflow) = addingReportingOverflow(other)
    return overflow ? .max : sum
  }
}
