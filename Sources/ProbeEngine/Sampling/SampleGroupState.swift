import Statistics
import Timing

/// What is kept by group in place of by target. Large, and so not in `SampleGroupState`, which is looked at often.
struct SampleGroupMeasures {
  var hostTransmit = Histogram()
  var hostReceive = Histogram()
  var delayVariation = Histogram()
  /// From deadline to the read of the answer.
  var fromSchedule = Histogram()
}

/// A group while it runs.
struct SampleGroupState {
  enum Kind {
    case echo
    case udp(acceptsUnreachable: Bool)
    case tcp(acceptsReset: Bool)
    case order
  }

  let kind: Kind
  let name: String
  /// Its targets, by the configuration's index.
  var targets: Range<Int>
  let message: SampleMessage?
  let timeout: Nanoseconds
  let lateWindow: Nanoseconds
  /// Probes to each target by the schedule.
  let count: UInt64?
  let retry: SampleGroup.Retry?
  private let spacing: Nanoseconds
  var schedule: SampleSchedule
  /// The target whose turn it is, from `targets.lowerBound`.
  private(set) var turn = 0
  /// Poisson with a count: targets with probes to come, by offset.
  private var left: [Int32] = []
  private let drawsTargets: Bool
  private var random: RandomNumbers
  /// Probes to come by the schedule; nil: without end.
  private(set) var remaining: UInt64?
  /// Targets that were asked and are asked again where they stay silent.
  var retries = TimerQueue<Int32>()
  /// How many of them have not answered.
  var waitingRetries = 0
  var lastSentAt: Instant?
  var queue = SampleQueue()

  let onTrouble: TraceOrder?
  let troubleLosses: UInt32
  let troubleRoundTrip: Nanoseconds?

  init(
    _ group: SampleGroup, targets: Range<Int>, tallies: [TargetTally], identifier: UInt16, start: Instant,
    random: inout RandomNumbers
  ) {
    name = group.name
    self.targets = targets
    timeout = max(group.timeout, .zero)
    lateWindow = max(group.lateWindow, .zero)
    // Who is asked until it answers is asked by the schedule once.
    count = group.retry == nil ? group.count : 1
    retry = group.retry
    switch group.probe {
    case .echo: (kind, message) = (.echo, SampleMessage(group, isEcho: true, identifier: identifier))
    case .udp(let accepts):
      (kind, message) = (
        .udp(acceptsUnreachable: accepts), SampleMessage(group, isEcho: false, identifier: 0)
      )
    case .tcp(let accepts): (kind, message) = (.tcp(acceptsReset: accepts), nil)
    case .trace, .neighbor: (kind, message) = (.order, nil)
    }
    if case .constant(let spacing?) = group.order {
      self.spacing = max(spacing, .zero)
    } else {
      spacing = .zero
    }
    schedule = SampleSchedule(group, targets: targets.count, start: start, seed: random.next())
    self.random = RandomNumbers(seed: random.next())
    drawsTargets = group.order == .poisson
    onTrouble = group.onTrouble
    troubleLosses = UInt32(clamping: max(group.troubleLosses, 1))
    troubleRoundTrip = group.troubleRoundTrip
    guard let count else { return }
    var sum: UInt64 = 0
    for target in targets {
      let asked = UInt64(tallies[target].attempted)
      guard asked < count else { continue }
      sum = sum.addingReportingOverflow(count - asked).partialValue
      if drawsTargets { left.append(Int32(truncatingIfNeeded: target - targets.lowerBound)) }
    }
    remaining = sum
  }

  var isEmpty: Bool { targets.isEmpty }
  var isOrder: Bool { if case .order = kind { true } else { false } }

  /// When the next probe is due by the schedule; nil: no more.
  func nextScheduled(now: Instant) -> Instant? {
    guard remaining != 0, !isEmpty else { return nil }
    return schedule.isImmediate ? max(now, schedule.nextDeadline) : schedule.nextDeadline
  }

  /// When a target is asked again; nil: none is.
  var nextRetry: Instant? {
    guard let earliest = retries.earliest else { return nil }
    guard let lastSentAt else { return earliest }
    return max(earliest, lastSentAt + spacing)
  }

  /// The target whose probe is due by the schedule; goes on to the next one.
  mutating func nextTarget(_ tallies: [TargetTally]) -> Int? {
    guard !isEmpty, remaining != 0 else { return nil }
    if let remaining { self.remaining = remaining - 1 }
    guard drawsTargets else {
      // Nobody is passed over but who has had all its probes before this plan came.
      for _ in targets {
        let target = targets.lowerBound + turn
        turn = turn + 1 == targets.count ? 0 : turn + 1
        if let count, UInt64(tallies[target].attempted) >= count { continue }
        return target
      }
      return nil
    }
    guard let count else { return targets.lowerBound + Int.random(in: 0..<targets.count, using: &random) }
    guard !left.isEmpty else { return nil }
    let place = Int.random(in: 0..<left.count, using: &random)
    let target = targets.lowerBound + Int(left[place])
    if UInt64(tallies[target].attempted) + 1 >= count {
      left.swapAt(place, left.count - 1)
      left.removeLast()
    }
    return target
  }

  /// Goes on where a group of the same pace and targets is.
  mutating func takeSchedule(of old: SampleGroupState) {
    schedule = old.schedule
    turn = old.turn
    left = old.left
    random = old.random
    remaining = old.remaining
    let moved = Int32(truncatingIfNeeded: targets.lowerBound - old.targets.lowerBound)
    var waiting = old.retries
    while let (deadline, target) = waiting.popDue(at: .distantFuture) {
      retries.insert(target + moved, at: deadline)
    }
    waitingRetries = old.waitingRetries
  }

  /// How long the probe with that sequence (from 1) is waited for; with retries each wait is longer.
  func timeout(ofSequence sequence: UInt32) -> Nanoseconds {
    guard let retry, sequence > 1 else { return timeout }
    var wait = Double(timeout.count)
    // Whatever the plan says, 2^63 ns are not passed, and 64 steps are enough to get there.
    for _ in 1..<min(sequence, 64) { wait *= max(retry.backoff, 1) }
    return Nanoseconds(wait < 0x1p62 ? Int64(wait) : 1 << 62)
  }

  /// Probes that there will be until `end`; nil: not known.
  func planned(until end: Instant?, attempted: UInt64) -> UInt64? {
    if retry != nil { return nil }
    let byCount = remaining.map { attempted &+ $0 }
    let byTime = end.flatMap { schedule.deadlines(before: $0) }
    switch (byCount, byTime) {
    case (let a?, let b?): return min(a, b)
    case (let a, let b): return a ?? b
    }
  }
}
