package import Timing

/// A run's figures for one target so far. `attempted` is always the sum of `replied`, `corrupted`, `late`,
/// `icmpErrors`, `lost`, `sendFailed` and `inFlight`.
package struct PingSummary: Sendable {
  package var target = 0
  package var attempted: UInt64 = 0
  package var replied: UInt64 = 0
  package var corrupted: UInt64 = 0
  package var late: UInt64 = 0
  package var icmpErrors: UInt64 = 0
  package var lost: UInt64 = 0
  package var sendFailed: UInt64 = 0
  package var inFlight: UInt64 = 0

  /// Beside the verdicts.
  package var duplicates: UInt64 = 0
  package var reordered: UInt64 = 0
  package var rejected: UInt64 = 0
  /// Indexed by `RejectionReason.rawValue`.
  package var rejectedByReason: [UInt64] = Array(repeating: 0, count: RejectionReason.allCases.count)
  /// ICMPv6 errors to probes that had their verdict already.
  package var extraErrors: UInt64 = 0
  package var lossBursts: UInt64 = 0
  package var longestLossBurst: UInt64 = 0
  package var maximumReorderingExtent: UInt64 = 0

  /// Round trips of replied and late probes (no duplicates, nothing corrupted); nil where there was none.
  package var roundTrip: RoundTripSummary?
  /// The figures of the parts, where kernel stamps were there.
  package var hostTransmit: RoundTripSummary?
  package var hostReceive: RoundTripSummary?
  /// How many round trips came from which clocks, indexed by `RoundTripSource.rawValue`.
  package var roundTripSources: [UInt64] = [0, 0, 0]
  /// RFC 3550 §6.4.1, over round trips.
  package var jitter: Nanoseconds?
  /// Call to send against the schedule's deadline.
  package var scheduleError: ScheduleErrorSummary?
  /// Buckets of the histogram of round trips: lower bound (inclusive), upper bound (exclusive), count.
  package var histogram: [HistogramBucket] = []

  package var startedAt: Instant = .zero
  package var firstSentAt: Instant?
  package var lastSentAt: Instant?
  package var endedAt: Instant = .zero
  /// iputils: the most probes attempted when one of them was answered, from that one on; 0 where nothing was.
  package var pipe: UInt64 = 0
  /// iputils: the smoothed round trip in microseconds times 8.
  package var ewmaEighthMicroseconds: Int64 = 0

  /// Probes that left.
  package var sent: UInt64 { attempted - min(attempted, sendFailed) }

  package init() {}
}

package struct RoundTripSummary: Sendable {
  package var count: UInt64
  package var minimum: Nanoseconds
  package var mean: Nanoseconds
  package var maximum: Nanoseconds
  /// Population standard deviation.
  package var mdev: Nanoseconds
  package var p50: Nanoseconds
  package var p90: Nanoseconds
  package var p95: Nanoseconds
  package var p99: Nanoseconds
  package var p999: Nanoseconds

  package init(
    count: UInt64, minimum: Nanoseconds, mean: Nanoseconds, maximum: Nanoseconds, mdev: Nanoseconds,
    p50: Nanoseconds, p90: Nanoseconds, p95: Nanoseconds, p99: Nanoseconds, p999: Nanoseconds
  ) {
    self.count = count
    self.minimum = minimum
    self.mean = mean
    self.maximum = maximum
    self.mdev = mdev
    self.p50 = p50
    self.p90 = p90
    self.p95 = p95
    self.p99 = p99
    self.p999 = p999
  }
}

package struct ScheduleErrorSummary: Sendable {
  package var p50: Nanoseconds
  package var p99: Nanoseconds
  package var maximum: Nanoseconds
  /// Deadlines that passed without a probe (a stopped process).
  package var missed: UInt64

  package init(p50: Nanoseconds, p99: Nanoseconds, maximum: Nanoseconds, missed: UInt64) {
    self.p50 = p50
    self.p99 = p99
    self.maximum = maximum
    self.missed = missed
  }
}

package struct HistogramBucket: Sendable {
  package var lower: Int64
  package var upper: Int64
  package var count: UInt64

  package init(lower: Int64, upper: Int64, count: UInt64) {
    self.lower = lower
    self.upper = upper
    self.count = count
  }
}
