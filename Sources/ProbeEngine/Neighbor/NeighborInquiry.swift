import Timing
import Wire

/// A station that claims a target.
struct NeighborClaimant {
  var claim: NeighborClaim
  /// The address that traffic for the target goes to, so far as the claim says: by option, else where a unicast
  /// solicitation went that it answers, else by frame.
  var station: LinkLayerAddress?
  /// It performs duplicate address detection itself; it has the address no more than we have.
  var isSolicitation: Bool
  /// It answered us; others only announced themselves.
  var hasAnswered = false
  /// The attempt that it answered last.
  var lastAttempt = -1
}

/// What is known of one target while it is asked for.
struct NeighborInquiry {
  enum Way: Hashable {
    case multicast
    /// To the target itself, in a frame to this address.
    case unicast(LinkLayerAddress?)
  }

  /// Claimants that are kept; a forger must not fill the memory.
  static let claimantLimit = 16
  /// Solicitations that are remembered: an answer that is later than so many windows belongs to none.
  static let memory = 4
  /// Messages that wait for a transmit stamp.
  static let heldLimit = 32

  let address: IPv6Address
  let kernel: KernelNeighbor?
  /// The next target with the same address, where one was given more than once.
  var nextSame: Int?
  var way: Way = .multicast
  /// Where unicast solicitations went; nil before the first.
  var unicastLink: LinkLayerAddress?
  var hasAskedByUnicast: Bool { unicastAttempts > 0 }
  var hasUnicastLeft: Bool { unicastAttempts > unicastFailures }
  var unicastAttempts = 0
  private var unicastFailures = 0
  var attempt = 0
  var attemptsOfWay = 0
  /// Somebody answered since this way was taken.
  var isWayAnswered = false
  var isAnsweredByUnicast = false
  /// The youngest last.
  var solicitations: [SentSolicitation] = []
  /// The end of the open window, the next solicitation, the end of waiting for a stamp.
  var window: TimerQueue<NeighborTimer>.Handle?
  var transmit: TimerQueue<Int>.Handle?
  var patience: TimerQueue<NeighborTimer>.Handle?
  var held: [HeardMessage] = []
  var claimants: [NeighborClaimant] = []
  /// Rules that were told already.
  var brokenRules = NeighborRuleSet()
  var isLoopTold = false
  /// Answered, and a second station is listened for.
  var isLingering = false
  var hasEnded = false
  var summary: NeighborSummary

  init(_ index: Int, address: IPv6Address, kernel: KernelNeighbor?, at now: Instant) {
    self.address = address
    self.kernel = kernel
    summary = NeighborSummary(target: index, verdict: .interrupted, at: now)
    summary.kernel = kernel
  }

  /// Where the youngest solicitation before a frame with this stamp stands in `solicitations`.
  func solicitation(before stamp: Instant) -> Int? {
    solicitations.lastIndex { $0.isBefore(stamp) }
  }

  /// An answer whose round trip would be lost if it were looked at now.
  func mustWait(_ message: HeardMessage) -> Bool {
    guard let index = solicitation(before: message.arrival.stamp) else { return false }
    return solicitations[index].transmittedAt == nil && !solicitations[index].isUnstamped
  }

  /// Link-layer addresses that more than one station would stand for.
  var isContested: Bool {
    guard let first = claimants.first(where: { !$0.isSolicitation && $0.station != nil })?.station else {
      return false
    }
    return claimants.contains { !$0.isSolicitation && $0.station != nil && $0.station != first }
  }

  /// The first that answered.
  var answerer: NeighborClaimant? { claimants.first { $0.hasAnswered } }

  // MARK: Sums

  /// A window is over.
  mutating func close(_ index: Int) {
    guard !solicitations[index].isClosed else { return }
    solicitations[index].isClosed = true
    if solicitations[index].hasFailed {
      summary.sendFailed += 1
    } else if solicitations[index].answers > 0 {
      summary.answered += 1
    } else {
      summary.unanswered += 1
    }
  }

  /// An answer to a solicitation, late ones included.
  mutating func credit(_ index: Int) {
    if solicitations[index].isClosed, solicitations[index].answers == 0, !solicitations[index].hasFailed {
      summary.unanswered -= 1
      summary.answered += 1
    }
    solicitations[index].answers += 1
  }

  /// It never left, as is known now.
  mutating func fail(_ index: Int, errno: Int32) {
    if solicitations[index].isClosed, !solicitations[index].hasFailed {
      if solicitations[index].answers > 0 { summary.answered -= 1 } else { summary.unanswered -= 1 }
      summary.sendFailed += 1
    }
    solicitations[index].hasFailed = true
    if solicitations[index].isUnicast { unicastFailures += 1 }
    summary.sendErrno = errno
  }

  // MARK: Claims

  /// The claimant that a message speaks for, made where there is none yet; nil: there is no room for one more.
  ///
  /// An answer without the option is from a station that is known by its frames already, or from the one that was
  /// asked by unicast: Linux leaves the option out of such answers, and a virtual router's frames may bear another
  /// address than it has.
  mutating func claimant(
    option: LinkLayerAddress?, asked: LinkLayerAddress?, flags: NeighborAdvertisement.Flags,
    isSolicitation: Bool, _ message: HeardMessage
  ) -> (index: Int, isNewStation: Bool)? {
    let frame = message.arrival.linkSource
    let alike = claimants.indices.filter { claimants[$0].isSolicitation == isSolicitation }
    if let option {
      if let known = alike.first(where: {
        claimants[$0].claim.optionLink == option && claimants[$0].claim.frameLink == frame
      }) {
        return (known, false)
      }
      if let known = alike.first(where: {
        claimants[$0].claim.optionLink == nil
          && (claimants[$0].claim.frameLink == frame || claimants[$0].claim.frameLink == option)
      }) {
        let isNew = !alike.contains { $0 != known && claimants[$0].station == option }
        claimants[known].claim.optionLink = option
        claimants[known].station = option
        return (known, isNew)
      }
    } else if let known = alike.first(where: {
      claimants[$0].claim.frameLink == frame || (frame != nil && claimants[$0].claim.optionLink == frame)
    }) {
      return (known, false)
    }
    guard claimants.count < Self.claimantLimit else { return nil }
    let station = option ?? asked ?? frame
    let isNew = !alike.contains { claimants[$0].station == station }
    claimants.append(
      NeighborClaimant(
        claim: NeighborClaim(
          optionLink: option, frameLink: frame, source: message.source, flags: flags, answers: 0,
          roundTrip: nil, firstAt: message.arrival.stamp), station: station, isSolicitation: isSolicitation))
    return (claimants.count - 1, isNew)
  }
}

/// What a time that has come is for.
enum NeighborTimer {
  /// The window of the target's youngest solicitation is over.
  case window(Int)
  /// Answers for the target have waited long enough for a transmit stamp.
  case patience(Int)
}
