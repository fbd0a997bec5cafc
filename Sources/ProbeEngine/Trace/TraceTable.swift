import Timing
import Wire

/// One probe of a trace as its sender knows it. Send times live here and nowhere else.
struct TraceSlot: NumberedSlot {
  /// What became of it.
  enum State: UInt8 {
    case free, inFlight, replied, late, lost, sendFailed
    /// The trace of its target ended before its answer came.
    case abandoned
  }
  /// No probe: the end of the list of those in flight.
  static let none = UInt64.max

  var number: UInt64 = 0
  var sentAt: Instant = .zero
  /// The kernel's transmit stamp; nil until it comes.
  var transmittedAt: Instant? = nil
  /// Neighbors in the list of probes in flight, in order of sending.
  var previous = TraceSlot.none
  var following = TraceSlot.none
  private var orderedFlow = TraceFlow(sourcePort: 0, destinationPort: 0)
  private var sentFlow = TraceFlow(sourcePort: 0, destinationPort: 0)
  private var target: Int32 = 0
  private var query: Int32 = 0
  private var flowNumber: Int32 = 0
  private var orderedLength: Int32 = 0
  private var sentLength: Int32 = 0
  private var hopLimit: UInt8 = 0
  var state: State = .free
  /// It holds no place in the window any more, although an answer is still waited for.
  var isOverdue = false

  private init() {}

  /// `ordered`: as the walk asked for it; `sent`: with the ports and the length that its number gave it.
  init(number: UInt64, ordered: TraceProbe, sent: TraceProbe, at now: Instant) {
    self.number = number
    sentAt = now
    target = Int32(clamping: ordered.target)
    query = Int32(clamping: ordered.query)
    flowNumber = Int32(clamping: ordered.flowNumber)
    hopLimit = ordered.hopLimit
    orderedFlow = ordered.flow
    sentFlow = sent.flow
    orderedLength = Int32(clamping: ordered.packetLength)
    sentLength = Int32(clamping: sent.packetLength)
    state = .inFlight
  }

  static var free: TraceSlot { TraceSlot() }
  var isFree: Bool { state == .free }
  var isInFlight: Bool { state == .inFlight }

  var ordered: TraceProbe { probe(along: orderedFlow, length: orderedLength) }
  var probe: TraceProbe { probe(along: sentFlow, length: sentLength) }

  private func probe(along flow: TraceFlow, length: Int32) -> TraceProbe {
    var probe = TraceProbe(
      target: Int(target), hopLimit: hopLimit, query: Int(query), flow: flow, packetLength: Int(length))
    probe.flowNumber = Int(flowNumber)
    return probe
  }
  /// When waiting for its answer began: neighbor resolution, which may take seconds, is not the path's time.
  var departedAt: Instant { max(transmittedAt ?? sentAt, sentAt) }
}

/// The probes of a trace, by number, and those without a verdict in order of sending.
struct TraceTable: NumberedProbes {
  /// More probes than this are not looked through for one that carries no number.
  private static let searchLimit: UInt64 = 8_192

  private let targets: [TraceTarget]
  /// An answer may come a minute late and still find its slot; so may it in 1,000 traces of 90 probes, and in as
  /// many octets as a small program may take (14 MB).
  private var ring = ProbeRing<TraceSlot>(
    initialCapacity: 128, maximumCapacity: 131_072, history: .seconds(60))
  private var first = TraceSlot.none
  private var last = TraceSlot.none
  /// Probes without a verdict.
  private(set) var inFlight = 0

  init(targets: [TraceTarget]) { self.targets = targets }

  /// The number of the next probe; numbers start at 0.
  var next: UInt64 { ring.next }
  /// The oldest probe that the next `claim` would push out while it is still in flight.
  var displacedByNextClaim: UInt64? { ring.displacedByNextClaim }
  /// The oldest probe in flight.
  var oldest: TraceSlot? { first == TraceSlot.none ? nil : ring[first] }
  /// The next younger one in flight.
  func younger(than slot: TraceSlot) -> TraceSlot? {
    slot.following == TraceSlot.none ? nil : ring[slot.following]
  }

  /// Takes the next number for a probe that is about to be sent.
  mutating func claim(ordered: TraceProbe, sent: TraceProbe, at now: Instant) -> UInt64 {
    let number = ring.next
    var slot = TraceSlot(number: number, ordered: ordered, sent: sent, at: now)
    slot.previous = last
    ring.claim(slot, now: now)
    if last == TraceSlot.none { first = number } else { ring.update(last) { $0.following = number } }
    last = number
    inFlight += 1
    return number
  }

  /// The slot of a probe, where it still has one.
  subscript(number: UInt64) -> TraceSlot? { ring[number] }

  /// Gives a probe its verdict, or another one.
  mutating func setState(_ state: TraceSlot.State, of number: UInt64) {
    guard let slot = ring[number] else { return }
    ring.update(number) {
      $0.state = state
      $0.previous = TraceSlot.none
      $0.following = TraceSlot.none
    }
    guard slot.isInFlight, state != .inFlight else { return }
    inFlight -= 1
    if slot.previous == TraceSlot.none {
      first = slot.following
    } else {
      ring.update(slot.previous) { $0.following = slot.following }
    }
    if slot.following == TraceSlot.none {
      last = slot.previous
    } else {
      ring.update(slot.following) { $0.previous = slot.previous }
    }
  }

  mutating func setTransmitted(_ at: Instant, of number: UInt64) {
    ring.update(number) { $0.transmittedAt = at }
  }

  mutating func setOverdue(_ number: UInt64) { ring.update(number) { $0.isOverdue = true } }

  // MARK: NumberedProbes

  subscript(probe number: UInt64) -> TraceProbe? { ring[number]?.probe }

  func target(of probe: TraceProbe) -> TraceTarget {
    targets.indices.contains(probe.target) ? targets[probe.target] : TraceTarget(address: .unspecified)
  }

  func youngest(endingIn low: UInt64, bits: UInt64) -> UInt64? { ring.youngest(endingIn: low, bits: bits) }

  func oldestInFlight(where fits: (TraceProbe) -> Bool) -> UInt64? {
    var slot = oldest
    while let candidate = slot {
      if fits(candidate.probe) { return candidate.number }
      slot = younger(than: candidate)
    }
    return nil
  }

  func youngest(where fits: (TraceProbe) -> Bool) -> UInt64? {
    var number = ring.next
    let end = number > TraceTable.searchLimit ? number - TraceTable.searchLimit : 0
    while number > end {
      number -= 1
      guard let slot = ring[number] else { return nil }
      if slot.state != .sendFailed, fits(slot.probe) { return number }
    }
    return nil
  }
}
