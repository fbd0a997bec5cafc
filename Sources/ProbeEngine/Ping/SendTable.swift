import Timing

/// What became of one probe.
enum ProbeState: UInt8 {
  case free, inFlight, replied, corrupted, late, icmpError, lost, sendFailed
}

/// One probe as its sender knows it. Send times live here and nowhere else.
struct ProbeSlot {
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
}

/// Probes by number, in a ring. The wire shows 16 bits of a sequence; a probe's number has 64, so a wrap of the
/// former changes nothing here.
struct SendTable {
  /// Enough for an hour of one probe a second to begin with nothing allocated twice.
  private static let initialCapacity = 64
  /// A slot younger than this is kept for late replies and duplicates while there is room to grow.
  private static let history = Nanoseconds.seconds(10)
  /// With room for every 16-bit sequence twice, the oldest probe in flight is given up for the next.
  private static let maximumCapacity = 131_072

  private var slots: [ProbeSlot]
  /// The number of the next probe; numbers start at 0.
  private(set) var next: UInt64 = 0
  /// Every probe below this one has its verdict.
  private(set) var firstUnresolved: UInt64 = 0

  init() { slots = Array(repeating: ProbeSlot(), count: SendTable.initialCapacity) }

  /// The oldest probe that the next `claim` would push out while it is still in flight.
  var displacedByNextClaim: UInt64? {
    guard slots.count == SendTable.maximumCapacity else { return nil }
    let slot = slots[index(next)]
    return slot.state == .inFlight ? slot.probe : nil
  }

  /// Takes the next number for a probe that is about to be sent.
  mutating func claim(
    target: Int, sequence: UInt64, scheduledAt: Instant, now: Instant, stamp: Int64, isStamped: Bool
  ) -> UInt64 {
    let old = slots[index(next)]
    if old.state != .free, slots.count < SendTable.maximumCapacity,
      old.state == .inFlight || now - old.sentAt < SendTable.history
    {
      grow()
    }
    let probe = next
    slots[index(probe)] = ProbeSlot(
      probe: probe, sequence: sequence, scheduledAt: scheduledAt, sentAt: now, stamp: stamp,
      target: Int32(truncatingIfNeeded: target), state: .inFlight,
      isStamped: isStamped)
    next += 1
    return probe
  }

  /// The slot of a probe, where it still has one.
  subscript(probe: UInt64) -> ProbeSlot? {
    let slot = slots[index(probe)]
    return slot.state != .free && slot.probe == probe ? slot : nil
  }

  mutating func setState(_ state: ProbeState, of probe: UInt64) {
    let i = index(probe)
    guard slots[i].probe == probe else { return }
    slots[i].state = state
  }

  mutating func setTransmitted(_ at: Instant, of probe: UInt64) {
    let i = index(probe)
    guard slots[i].probe == probe, slots[i].state != .free else { return }
    slots[i].transmittedAt = at
    slots[i].hasLeft = true
  }

  mutating func setLeft(_ probe: UInt64) {
    let i = index(probe)
    guard slots[i].probe == probe, slots[i].state != .free else { return }
    slots[i].hasLeft = true
  }

  mutating func setReplier(_ replier: UInt64, of probe: UInt64) {
    let i = index(probe)
    guard slots[i].probe == probe else { return }
    slots[i].replier = replier
  }

  /// The next probe, in order of sending, that has its verdict and has not been told yet; nil while the oldest
  /// one is still in flight.
  mutating func nextResolved() -> ProbeSlot? {
    while firstUnresolved < next {
      let slot = slots[index(firstUnresolved)]
      if slot.probe == firstUnresolved, slot.state == .inFlight { return nil }
      firstUnresolved += 1
      if slot.probe == firstUnresolved - 1 { return slot }
    }
    return nil
  }

  /// The youngest probe whose number ends in `low` (of so many bits), if it has been sent.
  func youngest(endingIn low: UInt64, bits: UInt64) -> UInt64? {
    guard next > 0 else { return nil }
    let modulus: UInt64 = 1 << bits
    let last = next - 1
    let distance = (last &- low) & (modulus - 1)
    return distance <= last ? last - distance : nil
  }

  private func index(_ probe: UInt64) -> Int { Int(truncatingIfNeeded: probe & UInt64(slots.count - 1)) }

  private mutating func grow() {
    let old = slots
    slots = Array(repeating: ProbeSlot(), count: old.count * 2)
    for slot in old where slot.state != .free { slots[index(slot.probe)] = slot }
  }
}
