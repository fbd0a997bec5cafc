/// Extremes, mean and deviation of round trips, in nanoseconds and in the microseconds that ping prints.
package struct RoundTripStatistics: Hashable, Sendable {
  /// In nanoseconds.
  package private(set) var nanoseconds = Moments()
  /// In whole microseconds, each round trip cut before it is added, as iputils does: `min`, `mean`, `max` and
  /// `iputilsDeviation` are the integers of its `rtt min/avg/max/mdev` line.
  package private(set) var microseconds = Moments()
  /// The moving average of the same microseconds, for the `ipg/ewma` figure and adaptive pacing.
  package private(set) var ewma = Ewma()

  package init() {}

  package mutating func record(_ roundTrip: Int64) {
    nanoseconds.record(roundTrip)
    microseconds.record(roundTrip / 1_000)
    ewma.record(roundTrip / 1_000)
  }

  /// Adds what the other has seen. A moving average belongs to one series in its order, so `ewma` stays.
  package mutating func merge(_ other: RoundTripStatistics) {
    nanoseconds.merge(other.nanoseconds)
    microseconds.merge(other.microseconds)
  }

  package mutating func reset() { self = RoundTripStatistics() }

  package var count: UInt64 { nanoseconds.count }
  /// In nanoseconds; nil before the first round trip. Likewise the next three.
  package var min: Int64? { nanoseconds.min }
  package var max: Int64? { nanoseconds.max }
  /// Rounded towards zero.
  package var mean: Int64? { nanoseconds.mean }
  /// Population standard deviation, rounded down.
  package var mdev: Int64? { nanoseconds.deviation }
  /// The exact sum in nanoseconds.
  package var sum: Int128 { nanoseconds.sum }
}
