import Timing

/// One probe as its sender knows it, in 48 octets.
struct SampleSlot: NumberedSlot {
  enum State: UInt8 {
    case free, inFlight
    /// Carried out elsewhere; what came of it is told by `handleFinding`.
    case order
    case ok, late, lost, icmpError, sendError
    /// Its target is in the plan no more.
    case forgotten
  }

  var number: UInt64 = 0
  var scheduledAt: Instant = .zero
  var sentAt: Instant = .zero
  private var stamp = Instant(nanoseconds: .min)
  /// Low 32 bits.
  var sequence: UInt32 = 0
  var target: Int32 = 0
  var state: State = .free
  private var flags: UInt8 = 0

  static var free: SampleSlot { SampleSlot() }
  var isFree: Bool { state == .free }
  var isInFlight: Bool { state == .inFlight }

  init() {}

  init(
    number: UInt64, target: Int, sequence: UInt32, scheduledAt: Instant, sentAt: Instant, state: State
  ) {
    self.number = number
    self.target = Int32(truncatingIfNeeded: target)
    self.sequence = sequence
    self.scheduledAt = scheduledAt
    self.sentAt = sentAt
    self.state = state
  }

  /// The kernel's transmit stamp; nil until it comes.
  var transmittedAt: Instant? {
    get { stamp.nanoseconds == .min ? nil : stamp }
    set { stamp = newValue ?? Instant(nanoseconds: .min) }
  }
  /// When waiting for its answer began: neighbor resolution, which may take seconds, is not the network's time.
  var departedAt: Instant { max(transmittedAt ?? sentAt, sentAt) }

  /// The probe reached a device.
  var hasLeft: Bool {
    get { flags & 1 != 0 }
    set { flags = newValue ? flags | 1 : flags & ~1 }
  }
  var isWarmup: Bool {
    get { flags & 2 != 0 }
    set { flags = newValue ? flags | 2 : flags & ~2 }
  }
  /// Its end is in the engine's timers, not in its group's queue.
  var isTimedApart: Bool {
    get { flags & 4 != 0 }
    set { flags = newValue ? flags | 4 : flags & ~4 }
  }
  /// Answered, and slower than its target's band.
  var isSlow: Bool {
    get { flags & 8 != 0 }
    set { flags = newValue ? flags | 8 : flags & ~8 }
  }
}

/// The probes of a sampling run. A million may be in flight; beyond it the oldest one is given up for the next. What
/// is younger than two seconds is kept for duplicates and strays.
typealias SampleTable = ProbeRing<SampleSlot>

extension ProbeRing where Slot == SampleSlot {
  init(capacity: Int) {
    self.init(initialCapacity: min(64, capacity), maximumCapacity: capacity, history: .seconds(2))
  }
}

/// The numbers of a group's probes in the order in which they left, from the first one without an outcome on.
///
/// Two places move over them: `first`, by outcomes, so that runs of losses are seen in order; and the one whose
/// timeout is next, since all waits of a queue are equally long. A ring that keeps its storage.
struct SampleQueue {
  private var numbers: [UInt64] = []
  private var head = 0
  private var count = 0
  /// How many from the first on are no more to be timed here.
  private var timed = 0

  var isEmpty: Bool { count == 0 }
  var first: UInt64? { count > 0 ? numbers[head] : nil }
  /// The one whose timeout is next.
  var nextTimed: UInt64? { timed < count ? numbers[(head + timed) & (numbers.count - 1)] : nil }

  mutating func append(_ number: UInt64) {
    if count == numbers.count { grow() }
    numbers[(head + count) & (numbers.count - 1)] = number
    count += 1
  }

  mutating func removeFirst() {
    head = (head + 1) & (numbers.count - 1)
    count -= 1
    timed = max(timed - 1, 0)
  }

  mutating func passTimed() { timed += 1 }

  /// For looking up one among them.
  func number(at offset: Int) -> UInt64? {
    offset < count ? numbers[(head + offset) & (numbers.count - 1)] : nil
  }

  private mutating func grow() {
    var grown = [UInt64](repeating: 0, count: max(numbers.count * 2, 16))
    for i in 0..<count { grown[i] = numbers[(head + i) & (numbers.count - 1)] }
    numbers = grown
    head = 0
  }
}
