import Statistics
package import Timing
import Wire

/// A probe that is to leave now.
package struct SampleTransmit: Sendable {
  package var number: UInt64
  package var target: Int
  package var destination: SampleTarget
  /// Octets of the buffer: an ICMPv6 message without checksum, or a UDP payload; TCP: 0.
  package var octets: Int

  package init(number: UInt64, target: Int, destination: SampleTarget, octets: Int) {
    self.number = number
    self.target = target
    self.destination = destination
    self.octets = octets
  }
}

/// Samples many targets by one schedule: open loop, 64-bit numbers, one outcome for each probe.
///
/// A state machine without I/O, as `PingEngine`. All instants are on one monotonic clock.
///
/// What has arrived is to be read before `handleTimeout` is called: an answer that was there in time but is read
/// after its probe was told lost is a stray.
package struct SampleEngine: ~Copyable {
  /// So many probes at most are given up, or found without an address, in one call: what they tell is then drained
  /// before more of it comes together.
  static let batch = 1_024
  /// Once nothing more is sent, orders are waited for no longer than this.
  static let longestOrder = Nanoseconds.seconds(60)

  package internal(set) var configuration: SampleConfiguration
  package internal(set) var isFinished = false
  /// The wall clock at monotonic zero, in nanoseconds since the epoch; only ever written into payloads.
  package var wallOffset: Int64 = 0
  let startedAt: Instant
  let nonce: KeyedNonce
  var random: RandomNumbers
  var groups: [SampleGroupState] = []
  var tallies: [TargetTally]
  var table = SampleTable()
  /// Probes whose wait is not that of their group's queue: asked again, or waiting for a neighbor.
  var timers = TimerQueue<UInt64>()
  var events = EventQueue<SampleEvent>()
  /// Orders without a finding, by number.
  var orders: [UInt64: OpenOrder] = [:]
  var actions: UInt64 = 0
  /// Where probes of a target went before it had its present address.
  var former: [Int32: [FormerAddress]] = [:]
  /// UDP targets in the order of address and port, so that a datagram finds its target.
  var datagramTargets: [Int32] = []
  var scheduler = SchedulerFigures()
  var rejected: UInt64 = 0
  var stray: UInt64 = 0
  var attempted: UInt64 = 0
  /// Probes without an outcome.
  package internal(set) var inFlight: UInt64 = 0
  var isStopping = false
  /// When the last probe left: an outage that goes on ends here in the figures.
  var lastSentAt: Instant
  /// When it was first seen that nothing more will be sent.
  var doneAt: Instant?

  package init(_ configuration: SampleConfiguration, at now: Instant) {
    self.configuration = configuration
    startedAt = now
    lastSentAt = now
    random = RandomNumbers(seed: configuration.seed)
    nonce = KeyedNonce(key: (random.next(), random.next()))
    tallies = Array(repeating: TargetTally(), count: configuration.targets.count)
    groups = makeGroups(at: now)
    indexDatagramTargets()
    settle(at: now)
  }

  // MARK: Out

  /// Octets that a transmit buffer must hold; may grow with `reconfigure`.
  package var messageLength: Int { groups.reduce(0) { max($0, $1.message?.template.count ?? 0) } }
  /// The number that the next probe will have.
  package var nextNumber: UInt64 { table.next }
  /// The youngest probe whose number ends in these 32 bits (a stamp's id).
  package func number(endingIn low: UInt32) -> UInt64? { table.youngest(endingIn: UInt64(low), bits: 32) }
  package mutating func pollEvent() -> SampleEvent? { events.next() }

  /// When to call `handleTimeout` and `pollTransmit` again; nil once the run is over.
  package func nextTimeout(now: Instant) -> Instant? {
    guard !isFinished else { return nil }
    var next = nextTransmit(now: now)?.due ?? .distantFuture
    for group in groups.indices {
      guard let number = groups[group].queue.nextTimed, let slot = table[number] else { continue }
      next = min(next, slot.sentAt + groups[group].timeout + groups[group].lateWindow)
    }
    if let earliest = timers.earliest { next = min(next, earliest) }
    if let end = sendingEnd, doneAt == nil { next = min(next, end) }
    if let doneAt, !orders.isEmpty { next = min(next, doneAt + SampleEngine.longestOrder) }
    return next
  }

  /// Whether a TCP socket of this probe is of no more use: the transport closes it.
  package func isSettled(_ number: UInt64) -> Bool { !(table[number]?.isInFlight ?? false) }

  /// What is done and what is to be done, for a progress line: probes attempted, and all that there will be (nil:
  /// not known).
  package var progress: (attempted: UInt64, planned: UInt64?) {
    if isStopping { return (attempted, attempted) }
    var planned: UInt64? = 0
    for group in groups {
      let asked = group.targets.reduce(0 as UInt64) { $0 &+ UInt64(tallies[$1].attempted) }
      guard let sum = planned, let more = group.planned(until: sendingEnd, attempted: asked) else {
        planned = nil
        break
      }
      planned = sum &+ more
    }
    return (attempted, planned)
  }

  // MARK: In

  /// Time has passed: gives up what has waited long enough, and ends the run when its time has come. Call again
  /// while `nextTimeout` is not after `now`.
  package mutating func handleTimeout(at now: Instant) {
    guard !isFinished else { return }
    var budget = SampleEngine.batch
    for group in groups.indices { expireQueue(of: group, at: now, &budget) }
    expireTimers(at: now, &budget)
    if let doneAt, doneAt + SampleEngine.longestOrder <= now { expireOrders(at: now) }
    settle(at: now)
  }

  /// Sends nothing more; what is in flight is waited for.
  package mutating func stop(at now: Instant) {
    isStopping = true
    settle(at: now)
  }

  /// Ends now; probes in flight stay so.
  package mutating func abandon(at now: Instant) {
    isStopping = true
    isFinished = true
  }

  // MARK: Private parts

  /// Nothing leaves at or behind this.
  var sendingEnd: Instant? { configuration.duration.map { startedAt + $0 } }

  /// Groups from the configuration, each with its schedule from `start` (and its splay) on.
  mutating func makeGroups(at start: Instant) -> [SampleGroupState] {
    var first = 0
    return configuration.groups.indices.map { i in
      var end = first
      while end < configuration.targets.count, Int(configuration.targets[end].group) == i { end += 1 }
      defer { first = end }
      var delay: Int64 = 0
      if configuration.splay > .zero {
        delay = Int64.random(in: 0...configuration.splay.count, using: &random)
      }
      return SampleGroupState(
        configuration.groups[i], targets: first..<end, tallies: tallies, identifier: configuration.identifier,
        start: start + Nanoseconds(delay), random: &random)
    }
  }

  /// After every change: looks whether the run is over.
  mutating func settle(at now: Instant) {
    guard !isFinished else { return }
    if doneAt == nil {
      guard isStopping || nextTransmit(now: now) == nil else { return }
      doneAt = now
    } else if !isStopping, nextTransmit(now: now) != nil {
      doneAt = nil
      return
    }
    if inFlight == 0, orders.isEmpty { isFinished = true }
  }
}

/// An order that has not ended.
struct OpenOrder {
  var order: SampleOrder
  var slot: SampleSlot?
}

/// Where a target's probes with numbers below this one went.
struct FormerAddress {
  var below: UInt64
  var destination: SampleTarget
}
