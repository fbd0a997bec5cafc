import LinuxNet
import Timing

/// Waiting for a deadline more exactly than poll(2) does by itself.
///
/// poll(2) may oversleep by a thousandth of its timeout, whatever the timer slack (the kernel's
/// select_estimate_accuracy), and a processor that has slept for long may take hundreds of microseconds to wake up.
/// A long wait ends earlier by both, and the short rest is waited for again.
enum ExactWait {
  private static let shortest = Nanoseconds.milliseconds(2)
  private static let slackDivisor: Int64 = 500
  private static let wakeUpDivisor: Int64 = 8
  private static let longestWakeUp = Nanoseconds.microseconds(500)

  /// When to wake up for a deadline: early enough that the rest of the wait is exact.
  static func wakeUp(for deadline: Instant) -> Instant {
    let left = deadline - SystemClock.monotonicNow()
    guard left > shortest else { return deadline }
    let wakeUp = min(Nanoseconds(left.count / wakeUpDivisor), longestWakeUp)
    return deadline - Nanoseconds(left.count / slackDivisor) - wakeUp
  }
}
