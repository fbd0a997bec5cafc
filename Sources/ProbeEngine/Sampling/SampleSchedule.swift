import Timing

/// When a group's probes are due: absolute deadlines, computed anew for each, so that none drifts.
struct SampleSchedule {
  private enum Kind {
    /// As fast as possible: always due.
    case immediate
    /// `spacing` nil: an interval's targets are spread over it evenly.
    case constant(spacing: UInt64?)
    case poisson(mean: Nanoseconds)
  }

  private let kind: Kind
  private let start: Instant
  private let targets: UInt64
  private let interval: UInt64
  /// From a target's probe to its next.
  private let cycle: UInt64
  /// Index of the next deadline.
  private let maximumLateness: Nanoseconds?
  private var tick: UInt64 = 0
  private var random: RandomNumbers
  /// When the next probe is due; always in the past where probes leave as fast as possible.
  private(set) var nextDeadline: Instant

  init(_ group: SampleGroup, targets count: Int, start: Instant, seed: UInt64) {
    self.start = start
    targets = UInt64(max(count, 1))
    interval = UInt64(max(group.interval.count, 0))
    maximumLateness = group.maximumLateness
    random = RandomNumbers(seed: seed)
    nextDeadline = start
    switch group.order {
    case .constant(let spacing):
      let spacing = spacing.map { UInt64(max($0.count, 0)) }
      let (spread, overflow) = (spacing ?? 0).multipliedReportingOverflow(by: targets)
      cycle = max(interval, overflow ? .max : spread)
      kind = cycle == 0 ? .immediate : .constant(spacing: spacing)
    case .poisson:
      cycle = interval
      kind =
        interval == 0
        ? .immediate
        : .poisson(mean: Nanoseconds(Int64(clamping: max((interval + targets / 2) / targets, 1))))
      if case .poisson(let mean) = kind { nextDeadline = start + random.nextExponential(mean: mean) }
    }
  }

  var isImmediate: Bool { if case .immediate = kind { true } else { false } }

  /// Between two deadlines of the group, on average.
  var period: Nanoseconds {
    switch kind {
    case .immediate: .zero
    case .constant(let spacing): Nanoseconds(Int64(clamping: spacing ?? interval / targets))
    case .poisson(let mean): mean
    }
  }

  /// Goes on to the next deadline.
  mutating func advance() {
    switch kind {
    case .immediate: break
    case .constant:
      tick &+= 1
      nextDeadline = deadline(tick)
    case .poisson(let mean): nextDeadline = nextDeadline + random.nextExponential(mean: mean)
    }
  }

  /// Drops the deadlines that a stall of this host made pointless, as `Pacer` does: none up to a lateness of one
  /// period or `Pacer.catchUpLimit`, beyond it all but the last one due. Returns how many; `dropped` is told each
  /// of them, `Pacer.maximumPoissonDraws` at most.
  mutating func skipMissed(now: Instant, _ dropped: (Instant) -> Void) -> Int {
    guard now - nextDeadline > maximumLateness ?? max(period, Pacer.catchUpLimit) else { return 0 }
    switch kind {
    case .immediate: return 0
    case .constant(let spacing):
      let last = lastTick(before: now, spacing: spacing)
      guard last > tick else { return 0 }
      let count = last - tick
      for i in 0..<min(count, UInt64(Pacer.maximumPoissonDraws)) { dropped(deadline(tick + i)) }
      tick = last
      nextDeadline = deadline(tick)
      return Int(clamping: count)
    case .poisson(let mean): return skipDraws(now: now, mean: mean, dropped)
    }
  }

  /// How many deadlines there are before `end`, where that can be told.
  func deadlines(before end: Instant) -> UInt64? {
    guard end > start else { return 0 }
    switch kind {
    case .immediate: return nil
    case .constant(let spacing):
      return lastTick(before: end - Nanoseconds(1), spacing: spacing) &+ 1
    case .poisson(let mean):
      return UInt64(bitPattern: (end - start).count) / UInt64(mean.count)
    }
  }

  /// Deadline k: whole cycles, and the target's place in its cycle. Saturates.
  private func deadline(_ k: UInt64) -> Instant {
    let (round, place) = k.quotientAndRemainder(dividingBy: targets)
    let offset: UInt64
    if case .constant(let spacing?) = kind {
      offset = spacing &* place  // below `cycle`, which has been computed without overflow
    } else {
      let product = interval.multipliedFullWidth(by: place)
      offset = targets.dividingFullWidth(product).quotient  // place < targets, so the quotient fits
    }
    let (cycles, overflow) = round.multipliedReportingOverflow(by: cycle)
    guard !overflow else { return .distantFuture }
    return start + Nanoseconds(Int64(clamping: cycles)) + Nanoseconds(Int64(clamping: offset))
  }

  /// The last deadline that is not after `now`, which is not before `start`.
  private func lastTick(before now: Instant, spacing: UInt64?) -> UInt64 {
    let elapsed = UInt64(bitPattern: now.nanoseconds &- start.nanoseconds)
    let (round, rest) = elapsed.quotientAndRemainder(dividingBy: max(cycle, 1))
    let place: UInt64
    if let spacing {
      place = spacing == 0 ? targets - 1 : min(rest / spacing, targets - 1)
    } else {
      // The largest place with ⌊place × interval / targets⌋ ≤ rest.
      let product = (UInt128(rest) + 1) * UInt128(targets) - 1
      place = UInt64(clamping: min(product / UInt128(interval), UInt128(targets - 1)))
    }
    let (ticks, overflow) = round.multipliedReportingOverflow(by: targets)
    return overflow ? .max - 1 : min(ticks, .max - targets) + place
  }

  private mutating func skipDraws(now: Instant, mean: Nanoseconds, _ dropped: (Instant) -> Void) -> Int {
    for count in 0..<Pacer.maximumPoissonDraws {
      var ahead = random
      let following = nextDeadline + ahead.nextExponential(mean: mean)
      guard following <= now, following < .distantFuture else { return count }
      dropped(nextDeadline)
      random = ahead
      nextDeadline = following
    }
    let undrawn = UInt64(bitPattern: now.nanoseconds &- nextDeadline.nanoseconds)
    let (count, overflow) = Int(clamping: undrawn / UInt64(mean.count))
      .addingReportingOverflow(Pacer.maximumPoissonDraws)
    nextDeadline = now
    return overflow ? .max : count
  }
}
