import Testing

@testable import Timing

@Suite struct PacerTests {
  static let start = Instant(nanoseconds: 1_000_000_007)

  private func deadlines(_ pacer: Pacer, _ count: Int) -> [Int64] {
    var pacer = pacer
    return (0..<count).map { _ in
      defer { pacer.advance() }
      return pacer.nextDeadline.nanoseconds
    }
  }

  @Test(arguments: [1, 100_000, 1_000_000, 333_333_333] as [Int64])
  func `a constant schedule is at start + k × interval for every k`(interval: Int64) {
    var pacer = Pacer(.constant(interval: Nanoseconds(interval)), start: Self.start, seed: 0)
    for k in 0..<200_000 as Range<Int64> {
      guard pacer.nextDeadline.nanoseconds == Self.start.nanoseconds + k * interval else {
        Issue.record("drift at probe \(k): \(pacer.nextDeadline)")
        return
      }
      pacer.advance()
    }
  }

  @Test func `a burst sends its probes at one deadline`() {
    let pacer = Pacer(.burst(count: 3, interval: .seconds(1)), start: .zero, seed: 0)
    let second: Int64 = 1_000_000_000
    #expect(deadlines(pacer, 7) == [0, 0, 0, second, second, second, 2 * second])
  }

  @Test(arguments: [Int.min, -1, 0, 1])
  func `a burst of fewer than one probe is a burst of one`(count: Int) {
    let pacer = Pacer(.burst(count: count, interval: Nanoseconds(5)), start: .zero, seed: 0)
    #expect(deadlines(pacer, 3) == [0, 5, 10])
  }

  @Test(arguments: [0, -1, .min] as [Int64])
  func `an interval of zero or less is due at once, for ever, and misses nothing`(interval: Int64) {
    for schedule in [
      Schedule.constant(interval: Nanoseconds(interval)), .poisson(mean: Nanoseconds(interval)),
      .burst(count: 2, interval: Nanoseconds(interval)),
    ] {
      var pacer = Pacer(schedule, start: Self.start, seed: 1)
      #expect(deadlines(pacer, 4) == Array(repeating: Self.start.nanoseconds, count: 4))
      let later = Self.start + .seconds(3600)
      #expect(pacer.skipMissed(now: later) == 0)
      #expect(pacer.nextDeadline == later)
    }
  }

  @Test func `a Poisson schedule is the same for the same seed only`() {
    let schedule = Schedule.poisson(mean: .milliseconds(1))
    let first = deadlines(Pacer(schedule, start: .zero, seed: 1), 1_000)
    #expect(first == deadlines(Pacer(schedule, start: .zero, seed: 1), 1_000))
    #expect(first != deadlines(Pacer(schedule, start: .zero, seed: 2), 1_000))
    #expect(first == first.sorted())
  }

  @Test(arguments: [1, 2, 3] as [UInt64])
  func `a Poisson schedule keeps its mean rate at 100 µs`(seed: UInt64) {
    let last = deadlines(Pacer(.poisson(mean: .microseconds(100)), start: .zero, seed: seed), 100_001)[
      100_000]
    // The sum of n gaps has a relative standard error of 1 / √n = 0.32 %; four of them.
    #expect(abs(Double(last) / (100_000 * 100_000) - 1) < 0.0127)
  }

  @Test func `lateness up to the limit drops nothing, so the rate holds`() {
    var pacer = Pacer(.constant(interval: .microseconds(100)), start: .zero, seed: 0)
    #expect(pacer.skipMissed(now: Instant.zero + Pacer.catchUpLimit) == 0)
    #expect(pacer.nextDeadline == .zero)
    var slow = Pacer(.constant(interval: .seconds(1)), start: .zero, seed: 0)
    #expect(slow.skipMissed(now: Instant.zero + .seconds(1)) == 0)
    #expect(slow.nextDeadline == .zero)
  }

  @Test func `a stall leaves one probe due and the old rhythm behind it`() {
    var pacer = Pacer(.constant(interval: .seconds(1)), start: .zero, seed: 0)
    pacer.advance()
    // Stopped from before 1 s until 11.5 s: 1 ... 10 are dropped, 11 leaves half a second late, then 12.
    #expect(pacer.skipMissed(now: Instant.zero + .milliseconds(11_500)) == 10)
    #expect(pacer.nextDeadline == Instant.zero + .seconds(11))
    #expect(pacer.skipMissed(now: Instant.zero + .milliseconds(11_500)) == 0)
    pacer.advance()
    #expect(pacer.nextDeadline == Instant.zero + .seconds(12))
  }

  @Test func `a stall in the middle of a burst drops its rest and all whole bursts but the last`() {
    var pacer = Pacer(.burst(count: 4, interval: .seconds(1)), start: .zero, seed: 0)
    pacer.advance()
    #expect(pacer.skipMissed(now: Instant.zero + .milliseconds(3_200)) == 3 + 4 + 4)
    let second: Int64 = 1_000_000_000
    #expect(
      deadlines(pacer, 5) == [3 * second, 3 * second, 3 * second, 3 * second, 4 * second])
  }

  @Test(arguments: [
    Schedule.constant(interval: .microseconds(100)), .poisson(mean: .microseconds(100)),
    .burst(count: 5, interval: .microseconds(500)),
  ])
  func `what is sent and what is dropped are together the whole schedule`(schedule: Schedule) {
    let all = deadlines(Pacer(schedule, start: .zero, seed: 8), 50_000)
    var pacer = Pacer(schedule, start: .zero, seed: 8)
    var random = RandomNumbers(seed: 4)
    var now = Instant.zero
    var index = 0
    while index < 40_000 {
      // Mostly on time, sometimes a hiccup, sometimes a stall of up to 100 ms.
      let chance = random.next() % 100
      let late = chance < 95 ? 0 : chance < 99 ? random.next() % 5_000_000 : random.next() % 100_000_000
      now = max(now, pacer.nextDeadline) + Nanoseconds(Int64(late))
      index += pacer.skipMissed(now: now)
      #expect(pacer.nextDeadline.nanoseconds == all[index])
      guard pacer.nextDeadline <= now else { continue }
      pacer.advance()
      index += 1
    }
  }

  @Test func `a Poisson stall of a century ends soon with the expected count`() {
    var pacer = Pacer(.poisson(mean: .microseconds(100)), start: .zero, seed: 6)
    let century = Instant.zero + .seconds(3_155_760_000)
    let dropped = pacer.skipMissed(now: century)
    #expect(abs(Double(dropped) / 31_557_600_000_000 - 1) < 0.001)
    #expect(pacer.nextDeadline >= century)
    #expect(pacer.nextDeadline < century + .milliseconds(4))
  }

  @Test func `restarting moves the schedule and keeps its interval`() {
    var pacer = Pacer(.burst(count: 2, interval: .seconds(1)), start: .zero, seed: 0)
    pacer.advance()
    pacer.restart(at: Instant(nanoseconds: 77))
    #expect(deadlines(pacer, 3) == [77, 77, 1_000_000_077])
  }

  @Test func `instants and intervals at the ends of their range do not trap`() {
    for interval in [1, 100_000, .max] as [Int64] {
      for schedule in [
        Schedule.constant(interval: Nanoseconds(interval)), .poisson(mean: Nanoseconds(interval)),
        .burst(count: 1, interval: Nanoseconds(interval)),
        .burst(count: .max, interval: Nanoseconds(interval)),
      ] {
        for start in [Int64.min, 0, .max] {
          for now in InstantTests.extremes {
            var pacer = Pacer(schedule, start: Instant(nanoseconds: start), seed: 1)
            pacer.advance()
            let before = pacer.nextDeadline
            #expect(pacer.skipMissed(now: Instant(nanoseconds: now)) >= 0)
            #expect(pacer.nextDeadline >= before)
            pacer.advance()
          }
        }
      }
    }
  }
}
