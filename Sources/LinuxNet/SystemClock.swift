import CLinux
import Glibc
package import Timing

/// The kernel's clocks (clock_gettime(2)) and sleeping by them.
package enum SystemClock {
  /// CLOCK_MONOTONIC now.
  package static func monotonicNow() -> Instant { Instant(nanoseconds: read(CLOCK_MONOTONIC)) }

  /// CLOCK_REALTIME now: nanoseconds since 1970-01-01 UTC.
  package static func realtimeNow() -> Int64 { read(CLOCK_REALTIME) }

  /// Sleeps until the monotonic clock shows `deadline` (clock_nanosleep(2), TIMER_ABSTIME): no drift.
  /// Returns early, with false, when a signal interrupts.
  @discardableResult
  package static func sleep(until deadline: Instant) -> Bool {
    guard deadline.nanoseconds > 0 else { return true }
    var wake = timespec(
      tv_sec: Int(deadline.nanoseconds / 1_000_000_000), tv_nsec: Int(deadline.nanoseconds % 1_000_000_000))
    // `wake` is a local that outlives the call; with TIMER_ABSTIME no remainder is written.
    return unsafe clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &wake, nil) == 0
  }

  /// PR_SET_TIMERSLACK of the calling thread; the default of 50 µs makes every wait that much late.
  package static func setTimerSlack(nanoseconds: UInt) throws(SystemError) {
    _ = try retrying("prctl PR_SET_TIMERSLACK") { clinux_set_timer_slack(nanoseconds) }
  }

  @inline(__always)
  private static func read(_ clock: clockid_t) -> Int64 {
    var now = timespec()
    // `now` is a local; these clocks always exist, so the call cannot fail.
    _ = unsafe clock_gettime(clock, &now)
    return Int64(now.tv_sec).multipliedSaturating(1_000_000_000).addingSaturating(Int64(now.tv_nsec))
  }
}
