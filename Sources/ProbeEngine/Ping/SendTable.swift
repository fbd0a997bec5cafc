import Timing

/// What became of one probe.
enum ProbeState: UInt8 {
  case free, inFlight, replied, corrupted, late, icmpError, lost, sendFailed
}

/// One probe as its sender knows it. Send times live here and nowhere else.
struct ProbeSlot: NumberedSlot {
  var probe: UInt64 = 0
  var sequence: UInt64 = 0
  var scheduledAt: Instant = .zero
  var sentAt: Instant = .zero
  /// The kernel's transmit stamp; nil until it comes.
  var transmittedAt: Instant? = nil
  /// When waiting for its answer began: neighbor resolution, which may take seconds, is not the network's time.
  var departedAt: Instant { max(transmittedAt ?? sentAt, sentAt) }
  /// The probe reached a device, by whichever stamp said so first.
  var hasLeft = false
  /// The wall clock in microseconds as it was written into the payload.
  var stamp: Int64 = 0
  /// Low half of the first replier's address: tells a duplicate from another member of a multicast group.
  var replier: UInt64 = 0
  var target: Int32 = 0
  var state: ProbeState = .free
  /// A transmit stamp was asked for; without one the round trip is not measured at all.
  var isStamped = true

  static var free: ProbeSlot { ProbeSlot() }
  var number: UInt64 { probe }
  var isFree: Bool { state == .free }
  var isInFlight: Bool { state == .inFlight }
}

/// The probes of a ping.
struct SendTable {
  /// 64 slots serve an hour of one probe a second without an allocation. What is younger than ten seconds is kept
  /// for late replies and duplicates, up to 131,072 of them. With more than a million in flight the oldest one is given
  /// up for the next.
  private var ring = ProbeRing<ProbeSlot>(
    initialCapacity: 64, maximumCapacity: 1 << 20, history: .seconds(10), historyCapacity: 131_072)

  /// The number of the next probe; numbers start at 0.
  var next: UInt64 { ring.next }
  /// Every probe below this one has its verdict.
  var firstUnresolved: UInt64 { ring.firstUnresolved }
  /// The oldest probe that the next `claim` would push out while it is still in flight.
  var displacedByNextClaim: UInt64? { ring.displacedByNextClaim }

  /// Takes the next number for a probe that is about to be sent.
  mutating func claim(
    target: Int, sequence: UInt64, scheduledAt: Instant, now: Instant, stamp: Int64, isStamped: Bool
  ) -> UInt64 {
    let probe = ring.next
    ring.claim(
      ProbeSlot(
        probe: probe, sequence: sequence, scheduledAt: scheduledAt, sentAt: now, stamp: stamp,
        target: Int32(truncatingIfNeeded: target), state: .inFlight, isStamped: isStamped),
      now: now)
    return probe
  }

  /// The slot of a probe, where it still has one.
  subscript(probe: UInt64) -> ProbeSlot? { ring[probe] }

  mutating func setState(_ state: ProbeState, of probe: UInt64) { ring.update(probe) { $0.state = state } }

  mutating func setTransmitted(_ at: Instant, of probe: UInt64) {
    ring.update(probe) {
      $0.transmittedAt = at
      $0.hasLeft = true
    }
  }

  mutating func setLeft(_ probe: UInt64) { ring.update(probe) { $0.hasLeft = true } }

  mutating func setReplier(_ replier: UInt64, of probe: UInt64) {
    ring.update(probe) { $0.replier = replier }
  }

  /// The next probe, in order of sending, that has its verdict and has not been told yet; nil while the oldest
  /// one is still in flight.
  mutating func nextResolved() -> ProbeSlot? { ring.nextResolved() }

  /// The youngest probe whose number ends in `low` (of so many bits), if it has been sent.
  func youngest(endingIn low: UInt64, bits: UInt64) -> UInt64? { ring.youngest(endingIn: low, bits: bits) }
}
