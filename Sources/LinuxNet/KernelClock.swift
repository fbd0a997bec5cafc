package import Timing

/// Both clocks read as nearly at once as can be.
package struct ClockPair: Equatable, Sendable {
  /// CLOCK_REALTIME minus CLOCK_MONOTONIC, nanoseconds.
  package var offset: Int64
  /// The true offset at the moment of reading lay within ± this many nanoseconds.
  package var error: Int64

  package init(offset: Int64, error: Int64) {
    self.offset = offset
    self.error = error
  }

  /// The pair that a real time read between two monotonic reads gives.
  package init(before: Int64, realtime: Int64, after: Int64) {
    let width = after.subtractingSaturating(before)
    offset = realtime.subtractingSaturating(before.addingSaturating(width / 2))
    error = width / 2 + 1
  }

  /// Whether `later` can only be explained by a step of the real time (settimeofday(2), an NTP step).
  ///
  /// Both clocks are slewed alike, so without a step the offset is a constant and the two readings differ
  /// by no more than their errors; `tolerance` covers the granularity of the reads.
  package func isStepped(by later: ClockPair, tolerance: Int64 = 1_000) -> Bool {
    let difference = later.offset.subtractingSaturating(offset)
    let allowed = error.addingSaturating(later.error).addingSaturating(tolerance)
    return difference > allowed || difference < Int64(0).subtractingSaturating(allowed)
  }
}

/// Turns the kernel's packet stamps (real time) into instants of the monotonic clock.
///
/// The offset between the two clocks stays exactly the same from one refresh to the next unless the real
/// time was stepped, so differences between converted stamps are the differences between the stamps.
package struct KernelClock: Sendable {
  package private(set) var pair: ClockPair
  /// How many steps of the real time were seen; stamps from before and after a step are not comparable.
  package private(set) var steps: Int

  /// Starts from a known pair (tests, simulation).
  package init(pair: ClockPair) {
    self.pair = pair
    steps = 0
  }

  /// Starts from the system's clocks.
  package init() { self.init(pair: Self.readPair()) }

  /// Reads the clocks again; keeps the old offset unless there was a step. Returns whether there was.
  @discardableResult
  package mutating func refresh() -> Bool { refresh(with: Self.readPair()) }

  /// The same with the reading given.
  @discardableResult
  package mutating func refresh(with reading: ClockPair) -> Bool {
    guard pair.isStepped(by: reading) else { return false }
    pair = reading
    steps = steps == .max ? steps : steps + 1
    return true
  }

  /// The instant of a real-time stamp in nanoseconds since 1970.
  package func monotonic(fromRealtime nanoseconds: Int64) -> Instant {
    Instant(nanoseconds: nanoseconds.subtractingSaturating(pair.offset))
  }

  /// The real time, nanoseconds since 1970, of an instant.
  package func realtime(from instant: Instant) -> Int64 {
    instant.nanoseconds.addingSaturating(pair.offset)
  }

  /// The best of three readings: the one with the smallest error.
  package static func readPair() -> ClockPair {
    var best = ClockPair(offset: 0, error: .max)
    for _ in 0..<3 {
      let before = SystemClock.monotonicNow().nanoseconds
      let realtime = SystemClock.realtimeNow()
      let after = SystemClock.monotonicNow().nanoseconds
      let pair = ClockPair(before: before, realtime: realtime, after: after)
      if pair.error < best.error { best = pair }
    }
    return best
  }
}
