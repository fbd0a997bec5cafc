package import Statistics
package import Timing

/// The figures of one target, or of several together. `attempted` is always the sum of the five outcomes and
/// `inFlight`.
package struct SampleFigures: Sendable {
  package var attempted: UInt64 = 0
  package var ok: UInt64 = 0
  package var late: UInt64 = 0
  package var lost: UInt64 = 0
  package var icmpErrors: UInt64 = 0
  package var sendErrors: UInt64 = 0
  package var inFlight: UInt64 = 0
  /// Beside the outcomes: probes of the warm-up that have an outcome, in none of the figures.
  package var warmup: UInt64 = 0
  package var duplicates: UInt64 = 0
  /// Type-P-Reordered (RFC 4737 §3): answers that came behind one of a later probe.
  package var reordered: UInt64 = 0
  /// Round trips of ok probes, nanoseconds.
  package var histogram = Histogram()
  package var mean: Nanoseconds?
  /// Population standard deviation.
  package var deviation: Nanoseconds?
  /// RFC 3550 §6.4.1 over round trips; of several targets the mean of theirs.
  package var jitter: Nanoseconds?
  /// Mean absolute delay variation of consecutive round trips (RFC 3393 §4.5).
  package var delayVariation: Nanoseconds?
  /// Runs of probes without an answer in time, the longest, and the time from each run's first probe to the next
  /// answered one's.
  package var lossBursts: UInt64 = 0
  package var longestLossBurst: UInt64 = 0
  package var outage = Nanoseconds.zero
  package var hopLimitChanges: UInt64 = 0
  package var trafficClassChanges: UInt64 = 0
  package var pathMTUChanges: UInt64 = 0
  package var addressChanges: UInt64 = 0
  /// Trace and neighbor groups: changes of path, of link-layer address, of state.
  package var pathChanges: UInt64 = 0
  package var linkChanges: UInt64 = 0
  package var stateChanges: UInt64 = 0
  /// What the last answers had; nil: none.
  package var hopLimit: UInt8?
  package var trafficClass: UInt8?
  package var pathMTU: UInt32?
  /// Mean time from call to send to transmit stamp and from receive stamp to read, where there were stamps.
  package var hostTransmit: Nanoseconds?
  package var hostReceive: Nanoseconds?
  /// The sums behind mean and deviation, jitter, delay variation and host delays, so that figures merge without
  /// loss. Empty in figures read from a file: `merge` then makes them of the means.
  package var moments = Moments()
  package var jitters = SampleMean()
  package var differences = SampleMean()
  package var hostTransmits = SampleMean()
  package var hostReceives = SampleMean()

  package init() {}

  /// Probes with an outcome.
  package var resolved: UInt64 { ok &+ late &+ lost &+ icmpErrors &+ sendErrors }
  /// Changes of any kind.
  package var changes: UInt64 {
    hopLimitChanges &+ trafficClassChanges &+ pathMTUChanges &+ addressChanges &+ pathChanges &+ linkChanges
      &+ stateChanges
  }
  /// The share of probes without an answer in time; nil before the first outcome.
  package var loss: Double? { resolved == 0 ? nil : Double(resolved - ok) / Double(resolved) }
}

/// How well the schedule was kept: call to send against deadline.
package struct SchedulerFigures: Sendable {
  package var histogram = Histogram()
  /// Deadlines that passed without a probe (a stopped process).
  package var missed: UInt64 = 0
  package init() {}
}

/// All figures of a run.
package struct SampleSummary: Sendable {
  package var startedAt: Instant
  package var at: Instant
  /// By group, in the order of the configuration. Histograms of host delays are kept by group.
  package var groups: [SampleFigures] = []
  package var hostTransmit: [Histogram] = []
  package var hostReceive: [Histogram] = []
  /// Delay variation (RFC 3393) by group: absolute differences.
  package var delayVariation: [Histogram] = []
  /// From deadline to the read of the answer, by group: what a caller would have waited, stalls of this host
  /// included. A deadline that a stall dropped counts with the time until probes left again (100,000 a stall at most).
  package var fromSchedule: [Histogram] = []
  package var scheduler = SchedulerFigures()
  package var rejected: UInt64 = 0
  /// More answers to probes whose outcome was told already (lost, behind the late window).
  package var stray: UInt64 = 0

  package init(startedAt: Instant, at: Instant) {
    self.startedAt = startedAt
    self.at = at
  }
}
