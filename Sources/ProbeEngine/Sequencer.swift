import Timing

/// When the next probe is due: schedule, flood or adaptive, preload included.
struct Sequencer {
  /// A flood, or an adaptive ping, without replies goes on at 100 a second (ping(8), `-f`).
  private static let floodGap = Nanoseconds.milliseconds(10)

  private let pace: PingConfiguration.Pace
  private var pacer: Pacer
  /// Probes that leave at once at the start.
  private var preload: Int
  private let start: Instant
  private var lastSentAt: Instant?
  /// Adaptive: the present interval.
  private var interval: Nanoseconds

  init(pace: PingConfiguration.Pace, preload: Int, start: Instant, seed: UInt64) {
    self.pace = pace
    self.start = start
    self.preload = max(preload, 1) - 1
    let schedule: Schedule
    switch pace {
    case .schedule(let s): schedule = s
    case .flood: schedule = .constant(interval: Sequencer.floodGap)
    case .adaptive: schedule = .constant(interval: .seconds(1))
    }
    pacer = Pacer(schedule, start: start, seed: seed)
    interval = .seconds(1)
  }

  /// The deadline of the next tick. `inFlight`: probes without a verdict.
  func due(inFlight: UInt64, now: Instant) -> Instant {
    if preload > 0, lastSentAt != nil { return lastSentAt ?? start }
    switch pace {
    case .schedule: return pacer.nextDeadline
    case .flood(let window):
      guard let lastSentAt else { return start }
      return inFlight < UInt64(max(window, 1)) ? lastSentAt : lastSentAt + Sequencer.floodGap
    case .adaptive(let minimum):
      guard let lastSentAt else { return start }
      return inFlight == 0 ? lastSentAt + minimum : lastSentAt + max(interval, minimum)
    }
  }

  /// Deadlines that passed while nobody could send; the schedule goes on without a burst.
  mutating func skipMissed(now: Instant) -> Int {
    guard case .schedule = pace, preload == 0 else { return 0 }
    return pacer.skipMissed(now: now)
  }

  mutating func sent(at now: Instant) {
    if preload > 0, lastSentAt != nil {
      preload -= 1
      lastSentAt = now
      return
    }
    lastSentAt = now
    pacer.advance()
  }

  /// Adaptive: iputils' rule, the smoothed round trip (microseconds times 8) in whole milliseconds.
  mutating func adapt(ewmaEighthMicroseconds: Int64) {
    interval = .milliseconds((ewmaEighthMicroseconds / 8 + 500) / 1_000)
  }

  /// One period, as far as the pace has one; for waiting and for the meaning of "late by more than a period".
  var period: Nanoseconds {
    switch pace {
    case .schedule(.constant(let interval)), .schedule(.poisson(let interval)),
      .schedule(.burst(_, let interval)):
      interval
    case .flood: .zero
    case .adaptive: interval
    }
  }
}
