/// When probes leave, in absolute deadlines.
package enum Schedule: Hashable, Sendable {
  case constant(interval: Nanoseconds)
  /// Exponentially distributed gaps, so that probes see time averages (RFC 2330 §11.1.1).
  case poisson(mean: Nanoseconds)
  /// `count` probes back to back at every `interval`.
  case burst(count: Int, interval: Nanoseconds)
}
