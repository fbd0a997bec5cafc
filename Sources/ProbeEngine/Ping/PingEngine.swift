import Statistics
package import Timing
import Wire

/// Pings targets: decides when probes leave, what they hold, what an arrival means, and when the run is over.
///
/// A state machine without I/O: octets, times and the seed come in as arguments; probes, deadlines and events go
/// out as results. All instants are on one monotonic clock.
package struct PingEngine: ~Copyable {
  /// However long the longest round trip was, nobody waits longer than this for the last reply.
  static let longestLinger = Nanoseconds.seconds(60)
  /// However short it was (microseconds on a loopback), the host may be this late in handing over a reply.
  static let shortestLinger = Nanoseconds.milliseconds(10)
  /// Paired clock readings are good to far less than this; a stamp further outside the time between call and
  /// read is not on the clock that we think it is on.
  static let stampTolerance = Nanoseconds.microseconds(100)

  /// MAX_MULTICAST_SOLICIT times RETRANS_TIMER (RFC 4861 §10), and some for the error's way back.
  static let neighborWait = Nanoseconds.milliseconds(3_500)
  /// EPERM: what a raw socket says of a packet that the local firewall drops.
  static let operationNotPermitted: Int32 = 1
  /// Probes given up in one go, so that a hundred thousand at once (a stopped process) do not make as many events
  /// before the first of them is told.
  static let mostGivenUpAtOnce = 16_384

  package let configuration: PingConfiguration
  let startedAt: Instant
  let nonce: KeyedNonce
  let message: ProbeMessage
  /// In place of the echo, where something else is asked.
  let question: QuestionMessage?
  var sequencer: Sequencer
  var table = SendTable()
  var targets: [TargetState]
  var events = EventQueue<PingEvent>()
  var lateness: Lateness
  var rejected: [UInt64]
  /// Probes without a verdict, over all targets.
  private(set) var inFlight: UInt64 = 0
  /// The longest time from call to read of any believed reply; the host's own share must be waited for as well.
  var longestRoundTrip: Nanoseconds?
  /// Every probe up to this one has been answered, or is overtaken by one that has been.
  var youngestAnswered: UInt64?
  /// Target whose probe of the present tick is next.
  var nextTarget = 0
  /// Targets that have as many replies as the run waits for.
  var satisfiedTargets = 0
  var lastSentAt: Instant?
  var deadlineOfTick: Instant
  var isStopping = false
  /// Nothing more will be sent, and nothing more is waited for.
  package private(set) var isFinished = false
  /// The wall clock at monotonic zero, in nanoseconds since the epoch; only ever written into payloads.
  package var wallOffset: Int64 = 0

  package init(_ configuration: PingConfiguration, at now: Instant) {
    self.configuration = configuration
    startedAt = now
    deadlineOfTick = now
    var random = RandomNumbers(seed: configuration.seed)
    nonce = KeyedNonce(key: (random.next(), random.next()))
    message = ProbeMessage(
      payloadLength: configuration.payloadLength, pattern: configuration.pattern,
      identifier: configuration.identifier)
    question = QuestionMessage(
      configuration.message, target: configuration.targets.first?.address ?? .unspecified,
      identifier: configuration.identifier)
    sequencer = Sequencer(
      pace: configuration.pace, preload: configuration.preload, start: now, seed: random.next(),
      growsWindow: !configuration.reportsSent, turns: configuration.targets.count)
    targets = configuration.targets.map { [isDetailed = configuration.targets.count == 1] _ in
      TargetState(isDetailed: isDetailed)
    }
    lateness = Lateness(period: sequencer.period)
    rejected = Array(repeating: 0, count: RejectionReason.allCases.count)
    isFinished = targets.isEmpty
  }

  /// Octets that a transmit buffer must hold.
  package var messageLength: Int { max(message.template.count, question?.template.count ?? 0) }

  // MARK: Out

  /// The next thing that happened, oldest first.
  package mutating func pollEvent() -> PingEvent? { events.next() }

  /// When the engine wants to be called again, whatever arrives before; nil once the run is over.
  package func nextTimeout(now: Instant) -> Instant? {
    guard !isFinished else { return nil }
    var next = nextTransmit(now: now) ?? .distantFuture
    if let oldest = oldestTimeout { next = min(next, oldest) }
    if let end = configuration.deadline { next = min(next, startedAt + end) }
    if let end = lingerEnd { next = min(next, end) }
    return next
  }

  /// When the next probe leaves; nil if none does.
  package func nextTransmit(now: Instant) -> Instant? {
    guard !isFinished, !isStopping, !hasAttemptedAll else { return nil }
    return isWithinTick
      ? deadlineOfTick + sequencer.offset(ofTurn: nextTarget)
      : sequencer.due(outstanding: outstanding, now: now)
  }

  /// The target whose probe leaves next.
  package var targetOfNextTransmit: Int { nextTarget }
  /// The number that the next probe will have.
  package var nextProbe: UInt64 { table.next }

  /// The next probe's transmit stamp is wanted: each one's, but in a flood that sends whole windows at once, where
  /// stamps cost a sixth of the rate, every sixteenth's. Of several targets each has a right to its round trips.
  package var stampsNextTransmit: Bool {
    !sequencer.isBatching || targets.count > 1 || table.next & 15 == 0
  }
  /// Whether that probe's was.
  package func isStamped(_ probe: UInt64) -> Bool { table[probe]?.isStamped ?? false }

  /// The youngest probe whose number ends in these 32 bits.
  package func probe(endingIn low: UInt32) -> UInt64? { table.youngest(endingIn: UInt64(low), bits: 32) }

  /// Writes the next probe that is due into the buffer and claims its slot; nil if none is due.
  package mutating func pollTransmit(at now: Instant, into buffer: inout MutableSpan<UInt8>) -> Transmit? {
    guard let due = nextTransmit(now: now), due <= now else { return nil }
    if !isWithinTick {
      let skipped = sequencer.skipMissed(now: now)
      if skipped > 0 {
        lateness.missed += UInt64(clamping: skipped)
        events.append(.gap(Gap(at: now, length: now - due, skipped: skipped)))
      }
      deadlineOfTick = min(sequencer.due(outstanding: outstanding, now: now), now)
    }
    let target = nextTarget
    let deadline = isWithinTick ? due : deadlineOfTick
    if let displaced = table.displacedByNextClaim {
      giveUp(displaced, at: now)
      settle(at: now)
      if isFinished { return nil }
    }
    let sequence = targets[target].attempted + 1
    reportOutstanding(target: target, now: now)
    let stamp = now.nanoseconds.addingSaturating(wallOffset) / 1_000
    if outstanding == 0 { sequencer.windowStarts(at: now) }
    let probe = table.claim(
      target: target, sequence: sequence, scheduledAt: deadline, now: now, stamp: stamp,
      isStamped: stampsNextTransmit)
    let octets =
      question?.write(
        into: &buffer, number: wireNumber(probe), nonce: nonce(probe),
        target: configuration.targets[target].address)
      ?? message.write(into: &buffer, sequence: wireNumber(probe), stamp: stamp, nonce: nonce(probe))

    targets[target].send(at: now)
    inFlight += 1
    lastSentAt = now
    lateness.record(deadline: deadline, departure: now)
    nextTarget = nextTarget + 1 == targets.count ? 0 : nextTarget + 1
    if nextTarget == 0 || sequencer.isEachTurnATick { sequencer.sent(at: now) }
    if configuration.reportsSent {
      events.append(
        .sent(
          SentProbe(
            target: target, sequence: sequence, scheduledAt: deadline, sentAt: now, octets: octets)))
    }
    return Transmit(probe: probe, target: target, octets: octets)
  }

  /// The figures so far, one per target.
  package func summaries(at now: Instant) -> [PingSummary] { summaries(of: targets.indices, at: now) }

  /// The figures of these targets: with a hundred thousand, nobody wants all of them in memory.
  package func summaries(of chosen: Range<Int>, at now: Instant) -> [PingSummary] {
    let rejections = rejected.reduce(0, &+)
    let scheduleError = lateness.summary
    return chosen.map { i in
      var s = targets[i].summary(withHistogram: configuration.reportsHistogram)
      s.target = i
      s.rejectedByReason = rejected
      s.rejected = rejections
      s.scheduleError = scheduleError
      s.startedAt = startedAt
      s.endedAt = now
      return s
    }
  }

  // MARK: In

  /// The kernel's transmit stamp of a probe, on the monotonic clock.
  package mutating func handleTransmitted(_ probe: UInt64, at stamp: Instant) {
    table.setTransmitted(stamp, of: probe)
  }

  /// The probe reached the queue of its device.
  package mutating func handleQueued(_ probe: UInt64) { table.setLeft(probe) }

  /// The probe never left. `mtu`: what the kernel said with EMSGSIZE.
  package mutating func handleSendFailure(_ probe: UInt64, errno: Int32, mtu: UInt32? = nil, at now: Instant)
  {
    guard let slot = table[probe], slot.state == .inFlight else { return }
    move(slot, to: .sendFailed)
    sequencer.sendFailed()
    events.append(
      .sendFailed(
        SendFailure(target: Int(slot.target), sequence: slot.sequence, at: now, errno: errno, mtu: mtu)))
    if configuration.stopsAtError || configuration.until == .down { isStopping = true }
    settle(at: now)
  }

  /// Time has passed: gives up what has waited long enough, and ends the run when its time has come.
  package mutating func handleTimeout(at now: Instant) {
    guard !isFinished else { return }
    if case .perProbe(let timeout) = configuration.wait {
      var left = PingEngine.mostGivenUpAtOnce
      while left > 0, let oldest = oldestInFlight, oldest.departedAt + patience(oldest, timeout) <= now {
        giveUp(oldest.probe, at: now)
        left -= 1
      }
    }
    if let end = lingerEnd, end <= now {
      while let oldest = oldestInFlight { giveUp(oldest.probe, at: now) }
    }
    if let length = configuration.deadline, startedAt + length <= now { finish() }
    settle(at: now)
  }

  /// Ends the run now; what is in flight stays so.
  package mutating func stop() { finish() }

  // MARK: Private parts

  /// The 64-bit number of which the wire shows the low bits; numbers on the wire start at 1.
  func wireNumber(_ probe: UInt64) -> UInt64 { probe &+ 1 }

  /// The present tick has begun, and its deadline is theirs who are still to have their turn.
  private var isWithinTick: Bool { nextTarget > 0 && !sequencer.isEachTurnATick }

  private var hasAttemptedAll: Bool {
    guard case .attempted(let count) = configuration.until, !targets.isEmpty else { return false }
    // Targets take turns, so at the end of a tick all have the same number.
    return nextTarget == 0 && targets[0].attempted >= count
  }

  private var oldestInFlight: ProbeSlot? {
    guard let slot = table[table.firstUnresolved], slot.state == .inFlight else { return nil }
    return slot
  }

  /// Probes without a verdict that no answered one has overtaken. What paces a flood: a probe that is lost must not
  /// hold it up.
  var outstanding: UInt64 {
    guard let youngestAnswered else { return inFlight }
    return min(inFlight, table.next - 1 - youngestAnswered)
  }

  private var oldestTimeout: Instant? {
    guard case .perProbe(let timeout) = configuration.wait, let oldest = oldestInFlight else { return nil }
    return oldest.departedAt + patience(oldest, timeout)
  }

  /// A probe that has not left may wait for its neighbor; the kernel says within three seconds that there is none.
  private func patience(_ slot: ProbeSlot, _ timeout: Nanoseconds) -> Nanoseconds {
    configuration.reportsDepartures && !slot.hasLeft ? max(timeout, PingEngine.neighborWait) : timeout
  }

  /// iputils' way of waiting for the last replies.
  private var lingerEnd: Instant? {
    guard case .untilEnd(let ifSilent) = configuration.wait, hasAttemptedAll,
      let last = lastSentAt
    else { return nil }
    guard let longestRoundTrip else { return ifSilent.map { last + $0 } }
    return last
      + min(
        max(longestRoundTrip * 2, sequencer.period, PingEngine.shortestLinger), PingEngine.longestLinger)
  }

  private mutating func reportOutstanding(target: Int, now: Instant) {
    guard configuration.reportsOutstanding, table.next >= UInt64(targets.count),
      let slot = table[table.next - UInt64(targets.count)], slot.state == .inFlight
    else { return }
    events.append(
      .noAnswerYet(
        LostProbe(target: Int(slot.target), sequence: slot.sequence, sentAt: slot.sentAt, at: now)))
  }

  mutating func giveUp(_ probe: UInt64, at now: Instant) {
    guard let slot = table[probe] else { return }
    if configuration.reportsDepartures, !slot.hasLeft, now - slot.sentAt >= PingEngine.neighborWait {
      return handleSendFailure(probe, errno: PingEngine.operationNotPermitted, at: now)
    }
    move(slot, to: .lost)
    events.append(
      .lost(LostProbe(target: Int(slot.target), sequence: slot.sequence, sentAt: slot.sentAt, at: now)))
    if configuration.until == .down { isStopping = true }
    sequencer.probeLost(isLatest: youngestAnswered.map { $0 < probe } ?? true)
    resolve()
  }

  /// One probe's verdict.
  mutating func move(_ slot: ProbeSlot, to state: ProbeState) {
    table.setState(state, of: slot.probe)
    let target = Int(slot.target)
    targets[target].move(from: slot.state, to: state)
    if slot.state == .inFlight { inFlight -= 1 }
    if state.isAnswered, case .replied(let count) = configuration.until, targets[target].answered == count {
      satisfiedTargets += 1
    }
  }

  private mutating func resolve() {
    while let slot = table.nextResolved() {
      targets[Int(slot.target)].resolve(slot.sequence, slot.state.outcome)
    }
  }

  /// After every change: moves past what has its verdict and looks whether the run is over.
  mutating func settle(at now: Instant) {
    resolve()
    if isStopping { return finish() }
    switch configuration.until {
    case .stopped, .down: return
    case .attempted: if hasAttemptedAll, inFlight == 0 { finish() }
    case .replied: if satisfiedTargets == targets.count { finish() }
    }
  }

  private mutating func finish() {
    isStopping = true
    isFinished = true
  }
}
