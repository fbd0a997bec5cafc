import Testing
import Timing

@testable import LinuxNet

@Suite struct KernelClockTests {
  @Test func `a pair's offset is from the middle of the two monotonic reads, its error half their distance`()
  {
    let pair = ClockPair(before: 1_000, realtime: 5_000_050, after: 1_100)
    #expect(pair.offset == 5_000_050 - 1_050)
    // Half of 100, and one for the division.
    #expect(pair.error == 51)
  }

  @Test(
    arguments: [
      // old offset, old error, new offset, new error, stepped
      (0, 50, 1_099, 49, false), (0, 50, 1_100, 49, true), (0, 50, -1_099, 49, false),
      (0, 50, -1_100, 49, true),
      (0, 50, 900_000, 900_000, false), (0, 0, 1_000, 0, false), (0, 0, 1_001, 0, true),
      (Int64.max, 1, Int64.min, 1, true), (Int64.min, 1, Int64.max, 1, true),
      (0, Int64.max, 5, Int64.max, false),
    ] as [(Int64, Int64, Int64, Int64, Bool)])
  func `only a difference beyond both errors and a microsecond is a step`(
    old: Int64, oldError: Int64, new: Int64, newError: Int64, isStepped: Bool
  ) {
    let pair = ClockPair(offset: old, error: oldError)
    #expect(pair.isStepped(by: ClockPair(offset: new, error: newError)) == isStepped)
  }

  @Test func `without a step the offset stays exactly the same through every refresh`() {
    var clock = KernelClock(pair: ClockPair(offset: 1_000_000, error: 40))
    for wobble in Int64(-400)...400 {
      let isStep = clock.refresh(with: ClockPair(offset: 1_000_000 + wobble, error: 40))
      #expect(!isStep)
    }
    #expect(clock.pair.offset == 1_000_000)
    #expect(clock.steps == 0)
    #expect(clock.monotonic(fromRealtime: 1_000_123) == Instant(nanoseconds: 123))
    #expect(clock.realtime(from: Instant(nanoseconds: 123)) == 1_000_123)
  }

  @Test func `a step of thirty seconds either way is taken over and counted`() {
    var clock = KernelClock(pair: ClockPair(offset: 100_000_000_000, error: 40))
    for offset in [130_000_000_000, 100_000_000_000] as [Int64] {
      let isStep = clock.refresh(with: ClockPair(offset: offset, error: 40))
      #expect(isStep)
    }
    #expect(clock.steps == 2)
    #expect(clock.pair.offset == 100_000_000_000)
  }

  @Test func `conversions at the ends of time saturate`() {
    let clock = KernelClock(pair: ClockPair(offset: .max, error: 1))
    #expect(clock.monotonic(fromRealtime: .min).nanoseconds == .min)
    #expect(clock.realtime(from: .distantFuture) == .max)
  }

  @Test func `the system's clocks give a pair that the next reading does not contradict`() {
    var clock = KernelClock()
    for _ in 0..<1_000 { clock.refresh() }
    #expect(clock.steps == 0)
    let now = SystemClock.realtimeNow()
    let difference = clock.monotonic(fromRealtime: now) - SystemClock.monotonicNow()
    #expect(abs(difference.count) < 1_000_000_000)
  }

  @Test func `a sleep ends no earlier than its deadline, and one in the past at once`() {
    let deadline = SystemClock.monotonicNow() + .milliseconds(2)
    #expect(SystemClock.sleep(until: deadline))
    #expect(SystemClock.monotonicNow() >= deadline)
    #expect(SystemClock.sleep(until: .zero))
  }
}
