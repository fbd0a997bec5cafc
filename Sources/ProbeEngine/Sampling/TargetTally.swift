import Statistics
import Timing

/// What the engine keeps for each target: 96 octets, and its detail once there is a second round trip, a change or
/// trouble. Counts are 32 bits wide and saturate.
struct TargetTally {
  var attempted: UInt32 = 0
  var ok: UInt32 = 0
  var late: UInt32 = 0
  var lost: UInt32 = 0
  var icmpErrors: UInt32 = 0
  var sendErrors: UInt32 = 0
  /// Of `attempted`, in the warm-up; and how many of them have an outcome. They are in none of the others.
  var warmupAttempted: UInt32 = 0
  var warmup: UInt32 = 0
  var duplicates: UInt32 = 0
  var reordered: UInt32 = 0
  /// The youngest probe that was answered (low 32 bits of its sequence); 0: none.
  private var youngestAnswered: UInt32 = 0
  private(set) var lossBursts: UInt32 = 0
  private(set) var longestLossBurst: UInt32 = 0
  /// Probes without an answer in time since the last that had one, by sequence.
  private(set) var burst: UInt32 = 0
  private var closedOutage: Int64 = 0
  /// When the first probe of `burst` left.
  private(set) var burstBegan: Instant = .zero
  /// The only round trip, until there is a second one.
  private var firstRoundTrip: Int64 = -1
  private(set) var detail: TargetDetail?
  private var lastHopLimit: UInt8 = 0
  private var lastTrafficClass: UInt8 = 0
  private var flags: UInt8 = 0

  init() {}

  /// The detail, made where there is none yet.
  mutating func makeDetail() -> TargetDetail {
    if let detail { return detail }
    let made = TargetDetail()
    detail = made
    return made
  }

  /// Probes without an outcome, those of the warm-up too.
  var open: UInt32 {
    let closed =
      UInt64(ok) + UInt64(late) + UInt64(lost) + UInt64(icmpErrors) + UInt64(sendErrors) + UInt64(warmup)
    return UInt32(clamping: Int64(attempted) - Int64(closed))
  }

  var hopLimit: UInt8? {
    get { flags & 1 != 0 ? lastHopLimit : nil }
    set {
      lastHopLimit = newValue ?? 0
      flags |= 1
    }
  }
  var trafficClass: UInt8? {
    get { flags & 2 != 0 ? lastTrafficClass : nil }
    set {
      lastTrafficClass = newValue ?? 0
      flags |= 2
    }
  }
  /// It is to be asked again where it stays silent.
  var awaitsRetry: Bool {
    get { flags & 4 != 0 }
    set { flags = newValue ? flags | 4 : flags & ~4 }
  }
  /// Its last order has not ended.
  var hasOpenOrder: Bool {
    get { flags & 8 != 0 }
    set { flags = newValue ? flags | 8 : flags & ~8 }
  }
  /// It has answered, whenever.
  var hasAnswered: Bool {
    get { flags & 16 != 0 }
    set { flags = newValue ? flags | 16 : flags & ~16 }
  }

  mutating func count(_ outcome: SampleOutcome, isWarmup: Bool) {
    if isWarmup { return warmup.increase() }
    switch outcome {
    case .ok: ok.increase()
    case .late: late.increase()
    case .lost: lost.increase()
    case .icmpError: icmpErrors.increase()
    case .sendError: sendErrors.increase()
    }
  }

  /// Type-P-Reordered (RFC 4737 §3.3): an answer to an earlier probe than the youngest that was answered.
  mutating func noteOrder(_ sequence: UInt32) {
    if sequence > youngestAnswered { youngestAnswered = sequence } else { reordered.increase() }
  }

  /// Takes in a round trip, and returns how far it is from the one before it (RFC 3393), where there was one.
  mutating func record(_ roundTrip: Int64) -> Int64? {
    if detail?.moments.count ?? 0 == 0 {
      guard firstRoundTrip >= 0 else {
        firstRoundTrip = max(roundTrip, 0)
        return nil
      }
      _ = makeDetail().record(firstRoundTrip)
    }
    return makeDetail().record(max(roundTrip, 0))
  }

  var roundTrips: UInt64 { max(detail?.moments.count ?? 0, firstRoundTrip >= 0 ? 1 : 0) }
  /// Where there is but one.
  var onlyRoundTrip: Int64? { roundTrips == 1 ? firstRoundTrip : nil }

  /// A probe's outcome, told in the order of sequences: runs of losses and the time they took.
  mutating func close(_ outcome: SampleOutcome, sentAt: Instant) {
    if outcome == .ok {
      if burst > 0 { closedOutage = closedOutage.addingSaturating((sentAt - burstBegan).count) }
      burst = 0
      return
    }
    if burst == 0 {
      lossBursts.increase()
      burstBegan = sentAt
    }
    burst.increase()
    longestLossBurst = max(longestLossBurst, burst)
  }

  /// An outage that goes on counts until `now`.
  func outage(at now: Instant) -> Nanoseconds {
    Nanoseconds(closedOutage) + (burst > 0 ? max(now - burstBegan, .zero) : .zero)
  }
}

/// What of a target is rare, or needs a second round trip to have a meaning.
final class TargetDetail {
  private(set) var histogram = Histogram()
  private(set) var moments = Moments()
  private(set) var jitter = Jitter()
  private var previous: Int64?
  private(set) var differences = SampleMean()
  var hostTransmit = SampleMean()
  var hostReceive = SampleMean()
  var hopLimitChanges: UInt64 = 0
  var trafficClassChanges: UInt64 = 0
  var pathMTUChanges: UInt64 = 0
  var addressChanges: UInt64 = 0
  var pathChanges: UInt64 = 0
  var linkChanges: UInt64 = 0
  var stateChanges: UInt64 = 0
  var pathMTU: UInt32?
  var trouble: TargetTrouble?
  /// Round trips above this are trouble; 0: not known yet.
  var roundTripLimit: Int64 = 0
  var path: PathMemory?
  var neighbor: NeighborMemory?

  fileprivate func record(_ roundTrip: Int64) -> Int64? {
    histogram.record(roundTrip)
    moments.record(roundTrip)
    jitter.record(roundTrip)
    defer { previous = roundTrip }
    guard let previous else { return nil }
    let difference = roundTrip > previous ? roundTrip - previous : previous - roundTrip
    differences.record(difference)
    return difference
  }
}

/// A trouble that has begun and not ended.
struct TargetTrouble {
  /// The probe it began with.
  var number: UInt64
  var since: Instant
  var lost: UInt64
}

extension UInt32 {
  mutating func increase() { if self < .max { self += 1 } }
}
