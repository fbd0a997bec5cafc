package import ProbeEngine
package import Statistics
package import Timing

/// JSON lines about figures, from figures alone: for the end of a run, and for runs put together from files.
package struct SampleJSONLines: Sendable {
  /// Distributions that only groups have.
  package struct Distributions: Sendable {
    package var hostTransmit: Histogram?
    package var hostReceive: Histogram?
    package var delayVariation: Histogram?
    package var fromSchedule: Histogram?
    package init() {}
  }

  /// What a run's last line says of it.
  package struct Totals: Sendable {
    package var groups = 0
    package var targets = 0
    /// From first to last moment; absent where runs are put together.
    package var duration: Nanoseconds?
    package var figures = SampleFigures()
    package var missed: UInt64 = 0
    package var rejected: UInt64 = 0
    package var stray: UInt64 = 0
    package var gates = 0
    package var failedGates = 0
    package var isInterrupted = false
    package init() {}
  }

  /// Nanoseconds since the epoch: the time of all lines.
  private let time: Int64
  private let isSnapshot: Bool
  private let includesHistograms: Bool

  package init(time: Int64, isSnapshot: Bool = false, includesHistograms: Bool = true) {
    self.time = time
    self.isSnapshot = isSnapshot
    self.includesHistograms = includesHistograms
  }

  /// - Parameter destination: its address; nil where the name has none, or several runs had several.
  package func putTarget(
    group: String, _ name: String, destination: String?, _ figures: SampleFigures, into out: inout [UInt8]
  ) {
    var line = line("target", into: &out)
    line.put("group", group)
    line.put("target", name)
    line.put("destination", ifKnown: destination)
    put(figures, into: &line)
    line.end(into: &out)
  }

  /// - Parameter probe: as a plan names it; nil where it is not known.
  package func putGroup(
    _ name: String, probe: String?, labels: [SampleRun.Label], targets: Int, _ figures: SampleFigures,
    _ distributions: Distributions, into out: inout [UInt8]
  ) {
    var line = line("group", into: &out)
    line.put("group", name)
    line.put("probe", ifKnown: probe)
    line.put(labels: labels)
    line.put("targets", Int64(targets))
    put(figures, into: &line)
    put("host_tx_ns", distributions.hostTransmit, into: &line)
    put("host_rx_ns", distributions.hostReceive, into: &line)
    put("delay_variation_ns", distributions.delayVariation, into: &line)
    put("from_schedule_ns", distributions.fromSchedule, into: &line)
    line.end(into: &out)
  }

  package func putScheduler(_ figures: SchedulerFigures, into out: inout [UInt8]) {
    var line = line("scheduler", into: &out)
    line.put("missed", figures.missed)
    put("schedule_error_ns", figures.histogram, into: &line)
    line.end(into: &out)
  }

  /// - Parameter target: the name of the target that decided.
  package func putGate(_ result: GateResult, target: String?, into out: inout [UInt8]) {
    var line = line("gate", into: &out)
    let gate = result.gate
    line.put("gate", gate.text)
    var decider = target
    switch gate.scope {
    case .group(let group):
      line.put("scope", "group")
      line.put("group", group)
    case .eachTarget(let group):
      line.put("scope", "each_target")
      line.put("group", group)
    case .target(let group, let name):
      line.put("scope", "target")
      line.put("group", group)
      decider = target ?? name
    case .scheduler: line.put("scope", "scheduler")
    }
    line.put("target", ifKnown: decider)
    line.put("metric", GateText.name(gate.metric))
    line.put("comparison", gate.comparison.rawValue)
    line.put("limit", gate.limit)
    if let measured = result.measured { line.put("measured", measured) }
    line.put("held", result.held)
    line.end(into: &out)
  }

  package func putSummary(_ totals: Totals, into out: inout [UInt8]) {
    // Its name tells a snapshot's end already.
    var line = JSONLine(sample: isSnapshot ? "snapshot" : "summary", time: time, into: &out)
    line.put("verb", "sample")
    line.put("duration_ns", ifKnown: totals.duration?.count)
    line.put("groups", Int64(totals.groups))
    line.put("targets", Int64(totals.targets))
    put(outcomes: totals.figures, into: &line)
    line.put("missed", totals.missed)
    line.put("rejected", totals.rejected)
    line.put("stray", totals.stray)
    line.put("gates", Int64(totals.gates))
    line.put("gates_failed", Int64(totals.failedGates))
    line.put("held", totals.failedGates == 0)
    line.put("interrupted", totals.isInterrupted)
    line.end(into: &out)
  }

  // MARK: - Parts

  private func line(_ event: String, into out: inout [UInt8]) -> JSONLine {
    var line = JSONLine(sample: event, time: time, into: &out)
    if isSnapshot { line.put("snapshot", true) }
    return line
  }

  private func put(outcomes figures: SampleFigures, into line: inout JSONLine) {
    line.put("attempted", figures.attempted)
    line.put("ok", figures.ok)
    line.put("late", figures.late)
    line.put("lost", figures.lost)
    line.put("icmp_errors", figures.icmpErrors)
    line.put("send_errors", figures.sendErrors)
    line.put("in_flight", figures.inFlight)
    line.put("warmup", figures.warmup)
    if let loss = figures.loss { line.put("loss", share: loss) }
  }

  private func put(_ figures: SampleFigures, into line: inout JSONLine) {
    put(outcomes: figures, into: &line)
    line.put("duplicates", figures.duplicates)
    line.put("reordered", figures.reordered)
    line.put("loss_bursts", figures.lossBursts)
    line.put("longest_loss_burst", figures.longestLossBurst)
    line.put("outage_ns", figures.outage.count)
    line.put("hop_limit_changes", figures.hopLimitChanges)
    line.put("traffic_class_changes", figures.trafficClassChanges)
    line.put("path_mtu_changes", figures.pathMTUChanges)
    line.put("address_changes", figures.addressChanges)
    line.put("path_changes", figures.pathChanges)
    line.put("link_changes", figures.linkChanges)
    line.put("state_changes", figures.stateChanges)
    if let hopLimit = figures.hopLimit { line.put("hop_limit", UInt64(hopLimit)) }
    if let trafficClass = figures.trafficClass { line.put("traffic_class", UInt64(trafficClass)) }
    if let pathMTU = figures.pathMTU { line.put("path_mtu", UInt64(pathMTU)) }
    line.put("jitter_ns", ifKnown: figures.jitter?.count)
    line.put("delay_variation_mean_ns", ifKnown: figures.delayVariation?.count)
    line.put("host_tx_mean_ns", ifKnown: figures.hostTransmit?.count)
    line.put("host_rx_mean_ns", ifKnown: figures.hostReceive?.count)
    put("rtt_ns", figures.histogram, mean: figures.mean, deviation: figures.deviation, into: &line)
  }

  /// A distribution. Count, minimum and maximum are exact, and so are mean and deviation where they are known;
  /// percentiles are within 0.4 %. From `histogram` (lower end, end behind it, count) it can be rebuilt.
  private func put(
    _ key: String, _ histogram: Histogram?, mean: Nanoseconds? = nil, deviation: Nanoseconds? = nil,
    into line: inout JSONLine
  ) {
    guard let histogram, let minimum = histogram.min, let maximum = histogram.max else { return }
    line.object(key) { object in
      object.put("count", histogram.count)
      object.put("min", minimum)
      object.put("mean", ifKnown: mean?.count)
      object.put("max", maximum)
      object.put("mdev", ifKnown: deviation?.count)
      for (name, percent) in [("p50", 50.0), ("p90", 90), ("p95", 95), ("p99", 99), ("p999", 99.9)] {
        object.put(name, ifKnown: histogram.percentile(percent))
      }
      guard includesHistograms else { return }
      object.array("histogram", histogram.buckets) { bucket, octets in
        octets.put(0x5b)
        octets.put(decimal: bucket.lower)
        octets.put(0x2c)
        octets.put(decimal: bucket.upper.addingSaturating(1))
        octets.put(0x2c)
        octets.put(decimal: bucket.count)
        octets.put(0x5d)
      }
    }
  }
}

extension JSONLine {
  /// The beginning of every line of sampling.
  init(sample event: String, time: Int64, into out: inout [UInt8]) {
    self.init(behind: &out)
    put("schema", escaped: Self.schema)
    put("event", event)
    put("time", time: time)
  }

  private static let schema = Array("probe6/1".utf8)

  /// Absent where there are none.
  mutating func put(labels: [SampleRun.Label]) {
    guard !labels.isEmpty else { return }
    object("labels") { object in
      for label in labels { object.put(anyKey: label.name, label.value) }
    }
  }

  /// `limit_ns`, `limit_share` or `limit_count`.
  fileprivate mutating func put(_ key: String, _ value: Gate.Value) {
    switch value {
    case .time(let time): put(key + "_ns", time.count)
    case .share(let share): put(key + "_share", share: share)
    case .count(let count): put(key + "_count", count)
    }
  }
}
