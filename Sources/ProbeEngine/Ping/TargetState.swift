import Statistics
import Timing

/// What a ping engine keeps of each target: 72 octets until its second answer, and then its whole figures beside.
///
/// A target that never answers, or once, is what a sweep over many consists of. The counts here are 32 bits wide;
/// before one of them could wrap, the figures with 64 take over.
struct TargetState {
  /// nil: what stands below is all that there is to know.
  private var figures: TargetFigures?

  /// The one round trip, in nanoseconds; negative: none.
  private var roundTrip: Int64 = -1
  /// The host's parts of it, in nanoseconds; `.max`: not known.
  private var hostTransmit = UInt32.max
  private var hostReceive = UInt32.max
  private var attemptedInline: UInt32 = 0
  private var lost: UInt32 = 0
  private var sendFailed: UInt32 = 0
  private var icmpErrors: UInt32 = 0
  private var bursts: UInt32 = 0
  private var longestBurst: UInt32 = 0
  private var currentBurst: UInt32 = 0
  /// Probes whose verdict has been told to the bursts: all up to this sequence.
  private var resolved: UInt32 = 0
  private var pipe: UInt32 = 0
  /// The sequence of the one reply that is in the statistics; 0: none.
  private var answeredSequence: UInt32 = 0
  /// The verdict of the one probe that was answered: replied, late or corrupted; free: none.
  private var answer = ProbeState.free
  private var source = RoundTripSource.user

  /// `isDetailed`: with the whole figures from the first probe on, the times of first and last departure among them.
  init(isDetailed: Bool) { if isDetailed { figures = TargetFigures() } }

  var attempted: UInt64 { figures?.attempted ?? UInt64(attemptedInline) }

  /// Probes that were replied to, however late or damaged the reply.
  var answered: UInt64 {
    guard let counts = figures?.counts else { return answer == .free ? 0 : 1 }
    return counts.replied + counts.late + counts.corrupted
  }

  var ewmaEighthMicroseconds: Int64 {
    figures?.roundTrips.ewma.eighths ?? (roundTrip < 0 ? 0 : roundTrip / 1_000 * 8)
  }

  /// One more probe leaves.
  mutating func send(at now: Instant) {
    if figures == nil, attemptedInline < .max {
      attemptedInline += 1
      return
    }
    let figures = wholeFigures()
    figures.attempted += 1
    figures.counts.inFlight += 1
    figures.firstSentAt = figures.firstSentAt ?? now
    figures.lastSentAt = now
  }

  /// One probe's verdict changes; nothing is counted twice and nothing falls out.
  mutating func move(from old: ProbeState, to new: ProbeState) {
    if new.isAnswered, figures == nil, answer != .free { figures = makeFigures() }
    if let figures { return figures.counts.move(from: old, to: new) }
    count(old, &-, 1)
    count(new, &+, 1)
  }

  mutating func noteDuplicate() { wholeFigures().duplicates += 1 }

  mutating func noteExtraError() { wholeFigures().extraErrors += 1 }

  /// That probe has been answered.
  mutating func notePipe(_ sequence: UInt64) {
    let length = attempted &- sequence &+ 1
    if let figures {
      figures.pipe = max(figures.pipe, length)
    } else {
      pipe = max(pipe, UInt32(clamping: length))
    }
  }

  /// A believed reply enters the statistics, after the move to its verdict.
  mutating func record(_ reply: PingReply) {
    let parts = (reply.hostTransmit?.count, reply.hostReceive?.count)
    if figures == nil, answeredSequence > 0 || !Self.fits(parts.0) || !Self.fits(parts.1) {
      figures = makeFigures()
    }
    if let figures {
      if let roundTrip = reply.roundTrip {
        figures.record(
          roundTrip.count, reply.roundTripSource, hostTransmit: parts.0, hostReceive: parts.1)
      }
      _ = figures.reordering.record(reply.sequence)
      return
    }
    answeredSequence = UInt32(clamping: reply.sequence)
    guard let time = reply.roundTrip else { return }
    roundTrip = max(time.count, 0)
    source = reply.roundTripSource
    hostTransmit = parts.0.map { UInt32(clamping: $0) } ?? .max
    hostReceive = parts.1.map { UInt32(clamping: $0) } ?? .max
  }

  /// The verdict of the next sequence in order.
  mutating func resolve(_ sequence: UInt64, _ outcome: LossBursts.Outcome) {
    if let figures { return figures.lossBursts.resolve(sequence, outcome) }
    resolved = UInt32(clamping: sequence)
    switch outcome {
    case .excluded: return
    case .received: currentBurst = 0
    case .lost:
      if currentBurst == 0 { bursts += 1 }
      currentBurst += 1
      longestBurst = max(longestBurst, currentBurst)
    }
  }

  func summary(withHistogram: Bool) -> PingSummary {
    (figures ?? makeFigures()).summary(withHistogram: withHistogram)
  }

  // MARK: Private parts

  private static func fits(_ part: Int64?) -> Bool { part.map { $0 < Int64(UInt32.max) } ?? true }

  private mutating func count(_ state: ProbeState, _ step: (UInt32, UInt32) -> UInt32, _ by: UInt32) {
    switch state {
    // In flight is what no other verdict has.
    case .free, .inFlight: return
    case .replied, .corrupted, .late: answer = state
    case .icmpError: icmpErrors = step(icmpErrors, by)
    case .lost: lost = step(lost, by)
    case .sendFailed: sendFailed = step(sendFailed, by)
    }
  }

  private mutating func wholeFigures() -> TargetFigures {
    if let figures { return figures }
    let made = makeFigures()
    figures = made
    return made
  }

  /// The figures as if they had been kept from the first probe on, but for the times of departure.
  private func makeFigures() -> TargetFigures {
    let made = TargetFigures()
    made.attempted = UInt64(attemptedInline)
    made.counts.lost = UInt64(lost)
    made.counts.sendFailed = UInt64(sendFailed)
    made.counts.icmpErrors = UInt64(icmpErrors)
    made.counts.inFlight = UInt64(attemptedInline &- lost &- sendFailed &- icmpErrors)
    made.counts.move(from: answer == .free ? .free : .inFlight, to: answer)
    made.pipe = UInt64(pipe)
    made.lossBursts = LossBursts(
      firstSequence: UInt64(resolved) + 1, bursts: UInt64(bursts), longest: UInt64(longestBurst),
      current: UInt64(currentBurst))
    if answeredSequence > 0 { _ = made.reordering.record(UInt64(answeredSequence)) }
    if roundTrip >= 0 {
      made.record(
        roundTrip, source, hostTransmit: hostTransmit == .max ? nil : Int64(hostTransmit),
        hostReceive: hostReceive == .max ? nil : Int64(hostReceive))
    }
    return made
  }
}
