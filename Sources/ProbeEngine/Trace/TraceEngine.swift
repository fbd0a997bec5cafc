package import Timing
import Wire

/// Traces paths: paces what a walk orders, gives each probe a number and a place on the wire, ties answers to
/// probes, and gives up what has waited long enough.
///
/// A state machine without I/O, as `PingEngine`: octets, times and the seed come in as arguments; probes,
/// deadlines and events go out as results. All instants are on one monotonic clock.
package struct TraceEngine: ~Copyable {
  /// As `PingEngine.stampTolerance`: a stamp further outside the time between call and read is on another clock.
  static let stampTolerance = PingEngine.stampTolerance
  /// Beyond the round trips that the adaptive wait multiplies, the host's own share.
  static let waitMargin = Nanoseconds.milliseconds(10)
  /// traceroute adds this to a round trip before it multiplies it (DEF_WAIT_PREC).
  static let tracerouteMargin = Nanoseconds.milliseconds(1)
  /// And never waits shorter than this, where the original gives up a hop that is merely slower than its neighbors.
  static let tracerouteFloor = Nanoseconds.milliseconds(300)

  package let configuration: TraceConfiguration
  let startedAt: Instant
  let messages: TraceMessages
  var walk: TraceWalks
  var table: TraceTable
  var records: [TraceRecord]
  var pace: TracePace
  var events = EventQueue<TraceEvent>()
  var rejected: UInt64 = 0
  /// The walk had nothing to ask when it was asked last, and nothing has happened since.
  private var isDry = false
  private var isStopping = false
  /// No probe in flight is given up before; too early is harmless.
  private var nextExpiry = Instant.distantFuture
  /// An answer may have brought expiries forward.
  private var isExpiryStale = false
  /// Every probe below this one is resolved, or overdue.
  private var firstTimely: UInt64 = 0
  private var nextOverdue: Instant?
  /// Nothing more will be sent, and nothing more is waited for.
  package private(set) var isFinished = false
  /// The wall clock at monotonic zero, in nanoseconds since the epoch; only ever written into payloads.
  package var wallOffset: Int64 = 0

  package init(_ configuration: TraceConfiguration, at now: Instant) {
    self.configuration = configuration
    startedAt = now
    var random = RandomNumbers(seed: configuration.seed)
    messages = TraceMessages(configuration, nonce: KeyedNonce(key: (random.next(), random.next())))
    walk = TraceWalks(configuration, at: now)
    table = TraceTable(targets: configuration.targets)
    records = Array(repeating: TraceRecord(), count: configuration.targets.count)
    pace = TracePace(configuration, at: now)
    settle(at: now)
  }

  // MARK: Out

  /// Octets that a transmit buffer must hold.
  package var messageLength: Int { messages.messageLength }
  /// The number that the next probe will have.
  package var nextNumber: UInt64 { table.next }
  /// The youngest probe whose number ends in these 32 bits (a stamp's id).
  package func number(endingIn low: UInt32) -> UInt64? { table.youngest(endingIn: UInt64(low), bits: 32) }

  /// The next thing that happened, oldest first.
  package mutating func pollEvent() -> TraceEvent? { events.next() }

  /// When the engine wants to be called again, whatever arrives before; nil once the run is over;
  /// `.distantFuture` where only an arrival can help.
  package func nextTimeout(now: Instant) -> Instant? {
    guard !isFinished else { return nil }
    var next = isExpiryStale ? earliestExpiry : nextExpiry
    if mayAsk { next = min(next, pace.due(now: now)) }
    if let nextOverdue { next = min(next, nextOverdue) }
    if let wake = walk.nextWake { next = min(next, wake) }
    if let length = configuration.deadline { next = min(next, startedAt + length) }
    return next
  }

  /// Writes the next probe that is due into the buffer and claims its slot; nil if none is due.
  package mutating func pollTransmit(at now: Instant, into buffer: inout MutableSpan<UInt8>) -> TraceTransmit?
  {
    wakeWalk(at: now)
    guard mayAsk, pace.due(now: now) <= now else { return nil }
    guard let ordered = order() else {
      isDry = true
      settle(at: now)
      return nil
    }
    pace.skipMissed(now: now)
    if let displaced = table.displacedByNextClaim { giveUp(displaced, at: now) }
    let probe = messages.assign(ordered, number: table.next)
    let number = table.claim(ordered: ordered, sent: probe, at: now)
    records[probe.target].noteSent(toHop: probe.hopLimit, at: now)
    pace.noteSent(at: now)
    nextExpiry = min(nextExpiry, now + wait(for: ordered))
    if nextOverdue == nil { nextOverdue = pace.overdueAt(now) }
    let octets = messages.write(
      into: &buffer, number: number, probe: probe, target: table.target(of: probe),
      wall: now.nanoseconds.addingSaturating(wallOffset))
    settle(at: now)
    return TraceTransmit(number: number, probe: probe, octets: octets)
  }

  /// Whether a connect socket of this probe is of no more use (answered, given up): the transport closes it.
  package func isSettled(_ number: UInt64) -> Bool { !(table[number]?.isInFlight ?? false) }

  // MARK: In

  /// The kernel's transmit stamp of a probe, on the monotonic clock.
  package mutating func handleTransmitted(_ number: UInt64, at stamp: Instant) {
    table.setTransmitted(stamp, of: number)
  }

  /// The probe reached the queue of its device.
  package mutating func handleQueued(_ number: UInt64) {}

  /// The probe never left. `mtu`: what the kernel said with EMSGSIZE.
  package mutating func handleSendFailure(_ number: UInt64, errno: Int32, mtu: UInt32? = nil, at now: Instant)
  {
    guard let slot = table[number], slot.isInFlight else { return }
    resolve(slot, as: .sendFailed)
    records[slot.probe.target].sendFailed += 1
    let failure = TraceSendFailure(number: number, probe: slot.probe, at: now, errno: errno, mtu: mtu)
    events.append(.sendFailed(failure))
    walk.handle(.sendFailed(failure), of: number, probe: slot.ordered, at: now)
    settle(at: now)
  }

  /// Time has passed.
  package mutating func handleTimeout(at now: Instant) {
    guard !isFinished else { return }
    if isExpiryStale || nextExpiry <= now { expire(at: now) }
    if let due = nextOverdue, due <= now { passOverdue(at: now) }
    wakeWalk(at: now)
    if let length = configuration.deadline, startedAt + length <= now { stop(at: now) }
    settle(at: now)
  }

  /// Sends nothing more; targets that have not ended end as `.interrupted`.
  package mutating func stop(at now: Instant) {
    guard !isStopping else { return }
    isStopping = true
    walk.stop(at: now)
    settle(at: now)
  }

  /// Modes `.rounds`: no probe leaves until `resume`.
  package mutating func pause() { walk.pause() }

  package mutating func resume(at now: Instant) {
    walk.resume(at: now)
    isDry = false
    settle(at: now)
  }

  // MARK: Private parts

  private var mayAsk: Bool { !isDry && !isStopping && !isFinished && pace.hasRoom(inFlight: table.inFlight) }

  /// The walk's next probe.
  private mutating func order() -> TraceProbe? {
    let records = records
    let most = max(configuration.inFlightPerHop, 1)
    // The kernel has no two sockets for one flow at a time.
    let mostOfTarget = configuration.method == .connect && configuration.correlation == .keyed ? 1 : Int.max
    return walk.next { target, hopLimit in
      records[target].inFlight(toHop: hopLimit) < most && records[target].inFlight < mostOfTarget
    }
  }

  private mutating func wakeWalk(at now: Instant) {
    guard !isStopping, let wake = walk.nextWake, wake <= now else { return }
    walk.wake(at: now)
    isDry = false
  }

  /// A probe gets a verdict for the first time.
  mutating func resolve(_ slot: TraceSlot, as state: TraceSlot.State) {
    table.setState(state, of: slot.number)
    guard slot.isInFlight else { return }
    records[slot.probe.target].noteResolved(hopLimit: slot.probe.hopLimit)
    if !slot.isOverdue { pace.noteGone() }
    isDry = false
  }

  mutating func giveUp(_ number: UInt64, at now: Instant) {
    guard let slot = table[number], slot.isInFlight else { return }
    resolve(slot, as: .lost)
    records[slot.probe.target].lost += 1
    let loss = TraceLoss(number: number, probe: slot.probe, sentAt: slot.sentAt, at: now)
    if configuration.reportsProbes { events.append(.lost(loss)) }
    walk.handle(.lost(loss), of: number, probe: slot.ordered, at: now)
  }

  /// After every change: what the walk has to say, and whether the run is over.
  mutating func settle(at now: Instant) {
    while let event = walk.pollEvent() {
      guard case .end(var end) = event else {
        events.append(event)
        continue
      }
      if records.indices.contains(end.target) {
        let record = records[end.target]
        end.startedAt = record.firstSentAt ?? end.startedAt
        end.sent = record.sent
        end.replied = record.replied
        end.late = record.late
        end.lost = record.lost
        end.sendFailed = record.sendFailed
        end.hasArrived = record.hasArrived
        abandon(end.target)
      }
      end.rejected = rejected
      events.append(.end(end))
    }
    if walk.isFinished { isFinished = true }
  }

  /// The target's trace is over; what is in flight for it is no longer waited for.
  private mutating func abandon(_ target: Int) {
    if records[target].inFlight > 0 {
      var slot = table.oldest
      while let candidate = slot {
        slot = table.younger(than: candidate)
        if candidate.probe.target == target { resolve(candidate, as: .abandoned) }
      }
    }
    records[target].end()
    isDry = false
  }

  // MARK: Waiting

  /// Something happened that may give the walk something to ask.
  mutating func noteChange() { isDry = false }

  /// An answer may let probes be given up sooner than was thought.
  mutating func noteShorterWaits() { isExpiryStale = true }

  /// traceroute gives up one probe at a time, the one whose line is next; and so its factors apply to that one.
  private var expiresInOrder: Bool { if case .traceroute = configuration.wait { true } else { false } }

  private var earliestExpiry: Instant {
    var earliest = Instant.distantFuture
    var slot = table.oldest
    while let candidate = slot {
      earliest = min(earliest, candidate.departedAt + wait(for: candidate.ordered))
      if expiresInOrder { break }
      slot = table.younger(than: candidate)
    }
    return earliest
  }

  private mutating func expire(at now: Instant) {
    var earliest = Instant.distantFuture
    var slot = table.oldest
    while let candidate = slot {
      slot = table.younger(than: candidate)
      let due = candidate.departedAt + wait(for: candidate.ordered)
      if due <= now {
        giveUp(candidate.number, at: now)
      } else {
        earliest = min(earliest, due)
        if expiresInOrder { break }
      }
    }
    nextExpiry = earliest
    isExpiryStale = false
  }

  /// How long an unanswered probe is waited for, as far as is known now.
  func wait(for probe: TraceProbe) -> Nanoseconds {
    switch configuration.wait {
    case .fixed(let wait): return wait
    case .adaptive(let floor, let maximum):
      guard let slowest = records[probe.target].times.slowest(near: probe.hopLimit) else {
        return max(floor, maximum)
      }
      return max(floor, min(slowest * 3 + TraceEngine.waitMargin, maximum))
    case .traceroute(let maximum, let here, let near):
      let times = records[probe.target].times
      let index = queryIndex(probe)
      let hop = index - probe.query % max(configuration.queries, 1)
      func scaled(_ time: Nanoseconds, _ factor: Double) -> Nanoseconds {
        let value = Double((time + TraceEngine.tracerouteMargin).count) * factor
        guard value < Double(maximum.count) else { return maximum }
        return max(Nanoseconds(Int64(value)), min(TraceEngine.tracerouteFloor, maximum))
      }
      if here > 0, let time = times.first(from: hop, to: hop + configuration.queries) {
        return scaled(time, here)
      }
      if near > 0, let time = times.first(from: index + 1, to: .max) { return scaled(time, near) }
      return maximum
    }
  }

  /// Where a probe stands among all that a trace may send, hop by hop.
  func queryIndex(_ probe: TraceProbe) -> Int {
    let queries = max(configuration.queries, 1)
    return max(Int(probe.hopLimit) - Int(configuration.firstHop), 0) * queries + probe.query % queries
  }

  /// Probes that have been in flight for long leave their places in the window to others.
  private mutating func passOverdue(at now: Instant) {
    nextOverdue = nil
    while firstTimely < table.next {
      if let slot = table[firstTimely], slot.isInFlight {
        guard let due = pace.overdueAt(slot.sentAt) else { return }
        if due > now {
          nextOverdue = due
          return
        }
        table.setOverdue(slot.number)
        pace.noteGone()
      }
      firstTimely += 1
    }
  }
}
