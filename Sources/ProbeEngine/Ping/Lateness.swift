import Statistics
import Timing

/// The run's own lateness: call to send against the schedule's deadline.
struct Lateness {
  private var statistics: LatenessStatistics
  var missed: UInt64 = 0

  init(period: Nanoseconds) { statistics = LatenessStatistics(period: period.count) }

  mutating func record(deadline: Instant, departure: Instant) {
    statistics.record(deadline: deadline.nanoseconds, departure: departure.nanoseconds)
  }

  var summary: ScheduleErrorSummary? {
    guard let p50 = statistics.p50, let p99 = statistics.p99, let maximum = statistics.max else { return nil }
    return ScheduleErrorSummary(
      p50: Nanoseconds(p50), p99: Nanoseconds(p99), maximum: Nanoseconds(maximum), missed: missed)
  }
}
