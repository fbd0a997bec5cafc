/// When probes are due, relative to the start of a run.
///
/// An interval of zero (or less) means as fast as possible: every probe is due at once.
package enum Schedule: Hashable, Sendable {
  /// One probe every `interval`.
  case constant(interval: Nanoseconds)
  /// A Poisson process (RFC 2330 §11.1.1): gaps are independent and exponential with this mean, so that
  /// sampling cannot fall in step with what it measures.
  case poisson(mean: Nanoseconds)
  /// `count` probes back to back every `interval`. A count below 1 means 1.
  case burst(count: Int, interval: Nanoseconds)

  /// The (mean) time between two ticks; a tick is one probe, or one burst. Never negative.
  package var period: Nanoseconds {
    switch self {
    case .constant(let interval), .poisson(let interval), .burst(_, let interval): max(interval, .zero)
    }
  }

  /// How many probes are due at one tick; at least 1.
  package var probesPerTick: Int {
    switch self {
    case .constant, .poisson: 1
    case .burst(let count, _): max(count, 1)
    }
  }
}
