import Testing
import Timing

@testable import ProbeEngine

@Suite("Sample schedule") struct SampleScheduleTests {
  private func schedule(
    _ order: SampleGroup.Order, interval: Nanoseconds, targets: Int, start: Instant = .zero, seed: UInt64 = 1
  ) -> SampleSchedule {
    var group = SampleGroup(name: "a", probe: .echo)
    group.interval = interval
    group.order = order
    return SampleSchedule(group, targets: targets, start: start, seed: seed)
  }

  @Test("Every deadline is where exact arithmetic puts it", arguments: [1, 3, 7, 254, 100_000])
  func constantIsExact(targets: Int) {
    let interval = Int64(1_000_000_007)
    let start = Instant(nanoseconds: 123_456_789)
    var schedule = schedule(
      .constant(spacing: nil), interval: Nanoseconds(interval), targets: targets, start: start)
    var wrong = 0
    for k in 0..<(targets * 2 + 50) {
      let wide =
        Int128(k / targets) * Int128(interval) + Int128(k % targets) * Int128(interval) / Int128(targets)
      if schedule.nextDeadline != Instant(nanoseconds: start.nanoseconds + Int64(wide)) { wrong += 1 }
      schedule.advance()
    }
    #expect(wrong == 0)
  }

  @Test func `An hour later no deadline has drifted`() {
    var schedule = schedule(.constant(spacing: nil), interval: .milliseconds(7), targets: 3)
    for _ in 0..<(3 * 514_285) { schedule.advance() }
    #expect(schedule.nextDeadline == Instant(nanoseconds: 514_285 * 7_000_000))
  }

  @Test func `Spacing sets the distance within a round and lengthens a round that has no room`() {
    var short = schedule(.constant(spacing: .milliseconds(10)), interval: .milliseconds(100), targets: 3)
    var long = schedule(.constant(spacing: .milliseconds(10)), interval: .milliseconds(20), targets: 3)
    var found: [[Int64]] = [[], []]
    for _ in 0..<5 {
      found[0].append(short.nextDeadline.nanoseconds / 1_000_000)
      found[1].append(long.nextDeadline.nanoseconds / 1_000_000)
      short.advance()
      long.advance()
    }
    #expect(found == [[0, 10, 20, 100, 110], [0, 10, 20, 30, 40]])
  }

  @Test(
    "A stall drops what a naive count drops, and the rhythm stays",
    arguments: [11, 99, 100, 101, 1_000, 12_345])
  func stall(milliseconds: Int64) {
    let now = at(milliseconds)
    var dropped: [Instant] = []
    var tested = schedule(.constant(spacing: nil), interval: .milliseconds(30), targets: 7)
    let count = tested.skipMissed(now: now) { dropped.append($0) }
    var naive = schedule(.constant(spacing: nil), interval: .milliseconds(30), targets: 7)
    var all: [Instant] = []
    while naive.nextDeadline <= now {
      all.append(naive.nextDeadline)
      naive.advance()
    }
    #expect(dropped == Array(all.dropLast()))
    #expect(count == dropped.count)
    #expect(tested.nextDeadline == all.last)
  }

  @Test func `A short hiccup drops nothing`() {
    var schedule = schedule(.constant(spacing: nil), interval: .milliseconds(1), targets: 1)
    #expect(schedule.skipMissed(now: at(10)) { _ in } == 0)
    #expect(schedule.nextDeadline == .zero)
  }

  @Test func `Poisson gaps have the mean of interval by targets, and a stall keeps the seed's times`() {
    var tested = schedule(.poisson, interval: .milliseconds(100), targets: 10)
    var times: [Instant] = []
    for _ in 0..<20_000 {
      times.append(tested.nextDeadline)
      tested.advance()
    }
    let mean = Double(times[19_999].nanoseconds) / 20_000
    #expect(abs(mean - 10_000_000) < 300_000)  // four standard errors
    var stalled = schedule(.poisson, interval: .milliseconds(100), targets: 10)
    let skipped = stalled.skipMissed(now: at(1_000)) { _ in }
    #expect(stalled.nextDeadline == times.last { $0 <= at(1_000) })
    #expect(skipped == times.filter { $0 <= at(1_000) }.count - 1)
    stalled.advance()
    #expect(stalled.nextDeadline == times.first { $0 > at(1_000) })
  }

  @Test func `An interval of zero is always due and misses nothing`() {
    var schedule = schedule(.constant(spacing: nil), interval: .zero, targets: 5)
    #expect(schedule.isImmediate)
    #expect(schedule.skipMissed(now: at(1_000_000)) { _ in } == 0)
    schedule.advance()
    #expect(schedule.nextDeadline == .zero)
  }

  @Test func `Extremes saturate in place of trapping`() {
    var schedule = schedule(
      .constant(spacing: .seconds(1_000_000_000)), interval: Nanoseconds(.max), targets: 100_000,
      start: Instant(nanoseconds: .max - 5))
    for _ in 0..<300_000 { schedule.advance() }
    #expect(schedule.nextDeadline == .distantFuture)
    _ = schedule.deadlines(before: .distantFuture)
  }

  @Test func `Deadlines before an end are counted as they come`() {
    var tested = schedule(.constant(spacing: nil), interval: .milliseconds(10), targets: 3)
    let planned = tested.deadlines(before: at(1_000))
    var count: UInt64 = 0
    while tested.nextDeadline < at(1_000) {
      count += 1
      tested.advance()
    }
    #expect(planned == count)
  }
}
