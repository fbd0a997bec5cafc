import Statistics
import Timing

/// The whole figures of one target: counts, one per verdict, and statistics in bounded memory. Some 1.5 KiB, and the
/// histograms' buckets.
final class TargetFigures {
  var attempted: UInt64 = 0
  var counts = VerdictCounts()
  var duplicates: UInt64 = 0
  var extraErrors: UInt64 = 0
  var pipe: UInt64 = 0

  var roundTrips = RoundTripStatistics()
  var histogram = Histogram()
  var jitter = Jitter()
  var reordering = Reordering()
  var lossBursts = LossBursts(firstSequence: 1)
  var hostTransmit = PartStatistics()
  var hostReceive = PartStatistics()
  var sources: [UInt64] = [0, 0, 0]

  var firstSentAt: Instant?
  var lastSentAt: Instant?

  func record(_ roundTrip: Int64, _ source: RoundTripSource, hostTransmit: Int64?, hostReceive: Int64?) {
    roundTrips.record(roundTrip)
    histogram.record(roundTrip)
    jitter.record(roundTrip)
    sources[Int(source.rawValue)] += 1
    if let hostTransmit { self.hostTransmit.record(hostTransmit) }
    if let hostReceive { self.hostReceive.record(hostReceive) }
  }

  func summary(withHistogram: Bool) -> PingSummary {
    var s = PingSummary()
    s.attempted = attempted
    s.replied = counts.replied
    s.corrupted = counts.corrupted
    s.late = counts.late
    s.icmpErrors = counts.icmpErrors
    s.lost = counts.lost
    s.sendFailed = counts.sendFailed
    s.inFlight = counts.inFlight
    s.duplicates = duplicates
    s.reordered = reordering.reordered
    s.maximumReorderingExtent = reordering.maximumExtent
    s.extraErrors = extraErrors
    s.lossBursts = lossBursts.bursts
    s.longestLossBurst = lossBursts.longest
    s.roundTrip = RoundTripSummary(roundTrips, histogram)
    s.hostTransmit = RoundTripSummary(hostTransmit.moments, hostTransmit.histogram)
    s.hostReceive = RoundTripSummary(hostReceive.moments, hostReceive.histogram)
    s.roundTripSources = sources
    s.jitter = jitter.value.map(Nanoseconds.init)
    if withHistogram {
      s.histogram = histogram.buckets.map {
        HistogramBucket(lower: $0.lower, upper: $0.upper.addingSaturating(1), count: $0.count)
      }
    }
    s.firstSentAt = firstSentAt
    s.lastSentAt = lastSentAt
    s.pipe = pipe
    s.ewmaEighthMicroseconds = roundTrips.ewma.eighths
    return s
  }
}

extension ProbeState {
  /// A reply came, late or damaged as it may be.
  var isAnswered: Bool { self == .replied || self == .late || self == .corrupted }

  /// What a verdict means for bursts of loss. A late reply is still a loss to whoever waited.
  var outcome: LossBursts.Outcome {
    switch self {
    case .lost, .late: .lost
    case .free, .sendFailed, .inFlight: .excluded
    case .replied, .corrupted, .icmpError: .received
    }
  }
}

/// How many probes stand at each verdict; the sum is what was attempted.
struct VerdictCounts {
  var inFlight: UInt64 = 0
  var replied: UInt64 = 0
  var corrupted: UInt64 = 0
  var late: UInt64 = 0
  var icmpErrors: UInt64 = 0
  var lost: UInt64 = 0
  var sendFailed: UInt64 = 0

  /// One probe's verdict changes; nothing is counted twice and nothing falls out.
  mutating func move(from old: ProbeState, to new: ProbeState) {
    add(&self, old, -1)
    add(&self, new, 1)
  }

  private func add(_ counts: inout VerdictCounts, _ state: ProbeState, _ by: Int64) {
    switch state {
    case .free: return
    case .inFlight: counts.inFlight = counts.inFlight &+ UInt64(bitPattern: by)
    case .replied: counts.replied = counts.replied &+ UInt64(bitPattern: by)
    case .corrupted: counts.corrupted = counts.corrupted &+ UInt64(bitPattern: by)
    case .late: counts.late = counts.late &+ UInt64(bitPattern: by)
    case .icmpError: counts.icmpErrors = counts.icmpErrors &+ UInt64(bitPattern: by)
    case .lost: counts.lost = counts.lost &+ UInt64(bitPattern: by)
    case .sendFailed: counts.sendFailed = counts.sendFailed &+ UInt64(bitPattern: by)
    }
  }
}

/// Moments and histogram of one part of the round trips.
struct PartStatistics {
  var moments = Moments()
  var histogram = Histogram()

  mutating func record(_ value: Int64) {
    moments.record(value)
    histogram.record(value)
  }
}

extension RoundTripSummary {
  init?(_ moments: Moments, _ histogram: Histogram) {
    guard let minimum = moments.min, let mean = moments.mean, let maximum = moments.max,
      let mdev = moments.deviation
    else { return nil }
    func percentile(_ p: Double) -> Nanoseconds { Nanoseconds(histogram.percentile(p) ?? 0) }
    self.init(
      count: moments.count, minimum: Nanoseconds(minimum), mean: Nanoseconds(mean),
      maximum: Nanoseconds(maximum), mdev: Nanoseconds(mdev), p50: percentile(50), p90: percentile(90),
      p95: percentile(95), p99: percentile(99), p999: percentile(99.9))
  }

  init?(_ roundTrips: RoundTripStatistics, _ histogram: Histogram) {
    self.init(roundTrips.nanoseconds, histogram)
  }
}
