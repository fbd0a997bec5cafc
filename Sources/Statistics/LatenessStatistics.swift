/// How well a run kept its own schedule: departures against deadlines.
///
/// All times are nanoseconds of one clock. A departure before its deadline counts as a lateness of zero.
package struct LatenessStatistics: Equatable, Sendable {
  /// The time between two deadlines; zero where the schedule has none to miss.
  package let period: Int64
  /// Every lateness; it gives the percentiles that have no name here.
  package private(set) var histogram = Histogram()
  /// How many probes left more than one period after their deadline.
  package private(set) var missed: UInt64 = 0
  /// How many probes were dropped after a stall and never left.
  package private(set) var dropped: UInt64 = 0

  package init(period: Int64) { self.period = Swift.max(period, 0) }

  package mutating func record(deadline: Int64, departure: Int64) {
    let lateness = departure > deadline ? Int64(clamping: deadline.separation(from: departure)) : 0
    histogram.record(lateness)
    if period > 0, lateness > period { missed = missed.addingSaturating(1) }
  }

  package mutating func recordDropped(_ count: Int) {
    dropped = dropped.addingSaturating(UInt64(clamping: count))
  }

  /// Adds what the other has seen, judged by its own period.
  package mutating func merge(_ other: LatenessStatistics) {
    histogram.merge(other.histogram)
    missed = missed.addingSaturating(other.missed)
    dropped = dropped.addingSaturating(other.dropped)
  }

  package var count: UInt64 { histogram.count }
  /// In nanoseconds; nil before the first departure. Likewise the next two.
  package var p50: Int64? { histogram.percentile(50) }
  package var p99: Int64? { histogram.percentile(99) }
  package var max: Int64? { histogram.max }
}
