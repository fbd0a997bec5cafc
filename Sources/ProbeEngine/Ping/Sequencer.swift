import Timing

/// When the next probe is due: schedule, flood or adaptive, preload included.
struct Sequencer {
  /// A flood, or an adaptive ping, without replies goes on at 100 a second (ping(8), `-f`).
  private static let longestFloodGap = Nanoseconds.milliseconds(10)

  /// Where the answers to a whole window are back within this, path and responder are not what limits the rate,
  /// and the window doubles; where it takes longer, it goes back to what was asked for.
  private static let promptly = Nanoseconds.milliseconds(1)
  private static let largestFloodWindow = 128
  /// Nothing from the peer may stretch the adaptive interval further than this (iputils' own longest wait).
  private static let longestAdaptiveInterval = Nanoseconds.seconds(10)

  private let pace: PingConfiguration.Pace
  private var floodWindow = 1
  private let growsWindow: Bool
  private var largestWindow = Sequencer.largestFloodWindow
  /// When the present window's first probe left.
  private var windowStartedAt: Instant = .zero
  private var pacer: Pacer
  /// How many targets take turns.
  private let turns: Int
  /// Between probes that no answer releases: each target has its 100 a second.
  private let floodGap: Nanoseconds
  /// Probes that leave at once at the start.
  private var preload: Int
  private let start: Instant
  private var lastSentAt: Instant?
  /// A probe did not leave or was lost, and nothing has been answered since: no answer sets the pace then.
  private var isBackingOff = false
  /// Flood: probes without a verdict when the window before was answered.
  private var leftBehind: UInt64 = 0
  /// Adaptive: the present interval.
  private var interval: Nanoseconds

  /// `growsWindow`: a flood sends whole windows at once where answers are prompt; not where each probe is shown.
  /// `turns`: so many targets share the pace.
  init(
    pace: PingConfiguration.Pace, preload: Int, start: Instant, seed: UInt64, growsWindow: Bool = true,
    turns: Int = 1
  ) {
    self.pace = pace
    self.turns = max(turns, 1)
    floodGap = max(Nanoseconds(Sequencer.longestFloodGap.count / Int64(max(turns, 1))), Nanoseconds(1_000))
    self.growsWindow = growsWindow
    self.start = start
    self.preload = max(preload, 1) - 1
    let schedule: Schedule
    switch pace {
    case .schedule(.poisson(let mean)):
      schedule = .poisson(mean: Nanoseconds(max(mean.count / Int64(max(turns, 1)), 1)))
    case .schedule(let s): schedule = s
    case .flood(let window):
      schedule = .constant(interval: floodGap)
      floodWindow = max(window, 1)
    case .adaptive: schedule = .constant(interval: .seconds(1))
    }
    pacer = Pacer(schedule, start: start, seed: seed)
    interval = .seconds(1)
  }

  /// The deadline of the next tick. `outstanding`: probes that may still be answered in their turn.
  func due(outstanding: UInt64, now: Instant) -> Instant {
    if preload > 0, lastSentAt != nil { return lastSentAt ?? start }
    switch pace {
    case .schedule: return pacer.nextDeadline
    case .flood:
      guard let lastSentAt else { return start }
      let isOpen = outstanding < UInt64(floodWindow) && !isBackingOff
      return isOpen ? lastSentAt : lastSentAt + floodGap
    case .adaptive(let minimum):
      guard let lastSentAt else { return start }
      if isBackingOff { return lastSentAt + max(minimum, Sequencer.longestFloodGap) }
      if outstanding == 0 { return lastSentAt + minimum }
      // Below half a millisecond the interval is none: it is then replies that let the next probe go, as in a flood.
      let wait = max(interval, minimum)
      return lastSentAt + (wait > .zero ? wait : Sequencer.longestFloodGap)
    }
  }

  /// Every probe has a tick of its own, whosever turn it is; else a tick is one turn of all targets. In a flood it is
  /// answers that release probes, one by one. With several targets random gaps are drawn between probes: together
  /// they leave as one Poisson process.
  var isEachTurnATick: Bool {
    guard turns > 1 else { return false }
    switch pace {
    case .schedule(.poisson), .flood: return true
    case .schedule, .adaptive: return false
    }
  }

  /// How long after the beginning of its tick a target has its turn: constant intervals are shared out evenly, so that
  /// a thousand targets are no burst of a thousand probes.
  func offset(ofTurn turn: Int) -> Nanoseconds {
    guard case .schedule(.constant(let interval)) = pace, preload == 0 else { return .zero }
    return Nanoseconds(Int64(clamping: Int128(interval.count) * Int128(turn) / Int128(turns)))
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

  /// An answer that is believed.
  mutating func answered() { isBackingOff = false }

  /// A probe never left.
  mutating func sendFailed() {
    probeLost(isLatest: true)
  }

  /// Flood: the last probe of the window has been answered. `inFlight`: probes without a verdict, which are then
  /// lost or overtaken.
  mutating func windowAnswered(inFlight: UInt64, at now: Instant) {
    guard case .flood(let window) = pace, growsWindow else { return }
    let hasLost = inFlight > leftBehind
    leftBehind = inFlight
    if hasLost {
      // So many at once are too many for path or host: it stays at half of them.
      largestWindow = max(floodWindow / 2, window, 1)
      floodWindow = largestWindow
    } else if now - windowStartedAt <= Sequencer.promptly {
      floodWindow = min(floodWindow * 2, max(window, largestWindow))
    } else {
      floodWindow = max(window, 1)
    }
  }

  /// Flood: the window has grown to its largest.
  var isBatching: Bool { floodWindow >= Sequencer.largestFloodWindow }

  /// Flood: a probe leaves while none is in flight.
  mutating func windowStarts(at now: Instant) { windowStartedAt = now }

  /// A probe was lost. `isLatest`: nothing sent after it has been answered, so that its place in the window must not
  /// go to the next one at once.
  mutating func probeLost(isLatest: Bool) {
    guard isLatest else { return }
    isBackingOff = true
    if case .flood(let window) = pace { floodWindow = max(window, 1) }
  }

  /// Adaptive: iputils' rule, the smoothed round trip (microseconds times 8) in whole milliseconds.
  mutating func adapt(ewmaEighthMicroseconds: Int64) {
    interval = min(
      .milliseconds((ewmaEighthMicroseconds / 8).addingSaturating(500) / 1_000),
      Sequencer.longestAdaptiveInterval)
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
