/// The deadlines of a schedule, one probe at a time.
///
/// Deadlines are absolute: each follows from the one before it and never from the time at which a probe
/// left, so lateness does not add up to drift. The first probe is due at the start. The pacer reads no clock.
///
/// The loop: once `nextDeadline` is reached, call `skipMissed(now:)`, and if `nextDeadline` is still due,
/// send and `advance()`.
package struct Pacer: Sendable {
  /// Up to this lateness (or one period, if that is longer) every probe is still sent, late, so that short
  /// hiccups of the scheduler do not lower the rate; beyond it the process did not run (SIGSTOP, suspend)
  /// and what was missed is dropped. 10 ms: the worst hiccup seen with both cores busy was 8 ms, and at
  /// 100 µs it limits catching up to 100 probes.
  package static let catchUpLimit = Nanoseconds.milliseconds(10)
  /// After a stall a Poisson schedule draws the gaps it missed, so that the rest of it stays what the seed
  /// says; but at most this many (a few ms of work; a day at one a second). Past that it starts anew from
  /// now, and the number dropped is an expectation.
  package static let maximumPoissonDraws = 100_000

  package let schedule: Schedule
  /// When the next probe is due. `Instant.distantFuture` once the schedule has left the range of `Instant`.
  package private(set) var nextDeadline: Instant
  /// How many probes of the tick at `nextDeadline` are still to be sent, the next one included; at least 1.
  private var leftInTick: Int
  private var random: RandomNumbers
  /// A Poisson gap that is drawn but not yet used.
  private var drawnGap: Nanoseconds?

  package init(_ schedule: Schedule, start: Instant, seed: UInt64) {
    self.schedule = schedule
    nextDeadline = start
    leftInTick = schedule.probesPerTick
    random = RandomNumbers(seed: seed)
  }

  /// Goes on to the next probe: the one at `nextDeadline` has been dealt with.
  package mutating func advance() {
    leftInTick -= 1
    if leftInTick == 0 { advanceTick() }
  }

  /// Drops the probes that a stall made pointless, and says how many.
  ///
  /// Nothing is dropped up to a lateness of one period or `catchUpLimit`. Beyond that all ticks before the
  /// last one due are dropped; the last one stays, so sending resumes at once with a single tick, and then in
  /// the old rhythm. With a period of zero nothing can be missed, and the next deadline becomes `now`.
  package mutating func skipMissed(now: Instant) -> Int {
    guard now > nextDeadline else { return 0 }
    let period = schedule.period
    guard period > .zero else {
      nextDeadline = now
      return 0
    }
    guard now - nextDeadline > max(period, Self.catchUpLimit) else { return 0 }
    return if case .poisson = schedule { skipDraws(now: now) } else { skipTicks(now: now, period: period) }
  }

  /// Makes the next probe due at `instant`, with a whole tick there, and continues from there.
  ///
  /// For schedules that something else pulls forward or pushes back: a flood that a reply releases, an
  /// adaptive ping, a run that was paused on purpose.
  package mutating func restart(at instant: Instant) {
    nextDeadline = instant
    leftInTick = schedule.probesPerTick
  }

  private mutating func advanceTick() {
    leftInTick = schedule.probesPerTick
    nextDeadline = nextDeadline + nextGap()
  }

  private mutating func nextGap() -> Nanoseconds {
    switch schedule {
    case .constant, .burst: schedule.period
    case .poisson(let mean): drawnGap.take() ?? random.nextExponential(mean: mean)
    }
  }

  private mutating func skipTicks(now: Instant, period: Nanoseconds) -> Int {
    // Modulo 2^64 the distance between any two Int64 in order is exact.
    let late = UInt64(bitPattern: now.nanoseconds &- nextDeadline.nanoseconds)
    let ticks = late / UInt64(period.count)
    // The last tick is at or before `now`, so neither the product nor the sum leaves its range.
    nextDeadline.nanoseconds &+= Int64(bitPattern: ticks &* UInt64(period.count))
    let (inWholeTicks, overflow) = (ticks - 1).multipliedReportingOverflow(by: UInt64(schedule.probesPerTick))
    let dropped = Int(clamping: inWholeTicks).addingReportingOverflow(leftInTick)
    leftInTick = schedule.probesPerTick
    return overflow || dropped.overflow ? .max : dropped.partialValue
  }

  private mutating func skipDraws(now: Instant) -> Int {
    for dropped in 0..<Self.maximumPoissonDraws {
      let gap = nextGap()
      let following = nextDeadline + gap
      guard following <= now, following < .distantFuture else {
        // `nextDeadline` is the last one due; the gap after it is drawn already and must not be lost.
        drawnGap = gap
        return dropped
      }
      nextDeadline = following
    }
    let undrawn = UInt64(bitPattern: now.nanoseconds &- nextDeadline.nanoseconds)
    let expected = Int(clamping: undrawn / UInt64(schedule.period.count))
    nextDeadline = now + nextGap()
    let (dropped, overflow) = expected.addingReportingOverflow(Self.maximumPoissonDraws)
    return overflow ? .max : dropped
  }
}
