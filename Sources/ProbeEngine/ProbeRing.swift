import Timing

/// What a ring must know of a probe's slot.
protocol NumberedSlot {
  /// A slot that no probe has.
  static var free: Self { get }
  var number: UInt64 { get }
  var isFree: Bool { get }
  /// The probe has no verdict yet.
  var isInFlight: Bool { get }
  var sentAt: Instant { get }
}

/// Probes by number, in a ring. The wire may show but a few bits of a number; here it has 64, so that a wrap of
/// the former changes nothing.
struct ProbeRing<Slot: NumberedSlot> {
  /// A slot younger than this is kept for late answers while there is room to grow.
  private let history: Nanoseconds
  /// For history alone the ring grows no further than this.
  private let historyCapacity: Int
  /// A power of two; where it is full, the oldest probe makes room for the next.
  private let maximumCapacity: Int

  private var slots: [Slot]
  /// The number of the next probe; numbers start at 0.
  private(set) var next: UInt64 = 0
  /// Every probe below this one has its verdict.
  private(set) var firstUnresolved: UInt64 = 0

  init(initialCapacity: Int, maximumCapacity: Int, history: Nanoseconds, historyCapacity: Int? = nil) {
    self.historyCapacity = historyCapacity ?? maximumCapacity
    slots = Array(repeating: .free, count: initialCapacity)
    self.maximumCapacity = maximumCapacity
    self.history = history
  }

  /// The oldest probe that the next `claim` would push out while it is still in flight.
  var displacedByNextClaim: UInt64? {
    guard slots.count == maximumCapacity else { return nil }
    let slot = slots[index(next)]
    return slot.isInFlight ? slot.number : nil
  }

  /// Takes the next number for a probe that is about to be sent; `slot` must hold `next`.
  mutating func claim(_ slot: Slot, now: Instant) {
    let old = slots[index(next)]
    if !old.isFree, slots.count < maximumCapacity,
      old.isInFlight || slots.count < historyCapacity && now - old.sentAt < history
    {
      grow()
    }
    slots[index(next)] = slot
    next += 1
  }

  /// The slot of a probe, where it still has one.
  subscript(number: UInt64) -> Slot? {
    let slot = slots[index(number)]
    return !slot.isFree && slot.number == number ? slot : nil
  }

  /// Changes the slot of a probe, where it still has one.
  mutating func update(_ number: UInt64, _ change: (inout Slot) -> Void) {
    let i = index(number)
    guard slots[i].number == number, !slots[i].isFree else { return }
    change(&slots[i])
  }

  /// Changes every slot that is in use; its number must stay.
  mutating func updateAll(_ change: (inout Slot) -> Void) {
    for i in slots.indices where !slots[i].isFree { change(&slots[i]) }
  }

  /// The next probe, in order of sending, that has its verdict and has not been told yet; nil while the oldest
  /// one is still in flight.
  mutating func nextResolved() -> Slot? {
    while firstUnresolved < next {
      let slot = slots[index(firstUnresolved)]
      if slot.number == firstUnresolved, slot.isInFlight { return nil }
      firstUnresolved += 1
      if slot.number == firstUnresolved - 1 { return slot }
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

  private func index(_ number: UInt64) -> Int { Int(truncatingIfNeeded: number & UInt64(slots.count - 1)) }

  private mutating func grow() {
    let old = slots
    slots = Array(repeating: .free, count: old.count * 2)
    for slot in old where !slot.isFree { slots[index(slot.number)] = slot }
  }
}
