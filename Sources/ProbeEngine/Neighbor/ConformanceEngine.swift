package import Timing
import Wire

/// Sends one target (the first) the crafted solicitations, one after the other, and compares the answers with Linux's.
///
/// The first is asked again, up to `attempts`, with the whole interval as its window: without an answer to it there is
/// nothing to compare, and the target is `silent`. The others have a shorter window, for a station that answers one
/// solicitation answers the next as fast. An answer belongs to a question if it came in its window and goes where the
/// answer to it must go: to us, or to all nodes where it came from `::`.
package struct ConformanceEngine: LinkEngine {
  /// What a window is at least, where the interval is not shorter, and how many round trips it holds.
  static let shortestWindow = Nanoseconds.milliseconds(300)
  static let roundTripsOfWindow: Int64 = 4
  /// Messages kept of one window.
  static let heardLimit = 64
  /// EHOSTUNREACH: nobody told where unicast frames should go.
  static let hostUnreachable: Int32 = 113

  private let configuration: NeighborConfiguration
  private let view: KernelView
  private let target: IPv6Address?
  private var surroundings: CraftedSurroundings
  private let nonce: [UInt8]
  private var events = EventQueue<LinkEvent>()
  private var unconfirmed: LinkProbe?
  private var isFinished = false
  private var hasBegun = false
  /// The next to send, or the one whose window is open.
  private var turn = 0
  private var attempt = 1
  private var number: UInt64 = 0
  private var due: Instant
  private var windowEnd: Instant?
  private var window: Nanoseconds
  private var sent: SentSolicitation?
  private var heard: [HeardMessage] = []
  /// Messages of this window that there was no room for.
  private var dropped: UInt64 = 0
  private var tried = 0
  private var asExpected = 0
  private var summary: NeighborSummary

  package init(_ configuration: NeighborConfiguration, view: KernelView, at now: Instant) {
    self.configuration = configuration
    self.view = view
    target = configuration.targets.first?.address
    due = now
    window = configuration.interval
    var random = RandomNumbers(seed: configuration.seed)
    let bits = random.next()
    nonce = (0..<6).map { UInt8(truncatingIfNeeded: bits >> (8 * UInt64($0))) }
    surroundings = CraftedSurroundings(
      target: target ?? .unspecified, targetLink: nil, source: configuration.source,
      linkLocalSource: view.linkLocalSource ?? configuration.source, link: view.interface.link)
    summary = NeighborSummary(target: 0, verdict: .interrupted, at: now)
    summary.kernel = target.flatMap { view.neighbor($0) }
  }

  // MARK: Out

  /// Headers with a fragment header, the target and two options of link-layer addresses.
  package var longestPacket: Int { 160 }

  package mutating func pollEvent() -> LinkEvent? {
    confirm()
    return events.next()
  }

  package func nextTimeout(now: Instant) -> Instant? {
    guard hasBegun else { return now }
    return isFinished ? nil : windowEnd ?? due
  }

  package mutating func pollTransmit(at now: Instant, into buffer: inout MutableSpan<UInt8>) -> LinkTransmit?
  {
    while hasBegun, !isFinished, windowEnd == nil, due <= now {
      let crafted = CraftedSolicitation.allCases[turn]
      if crafted.isUnicast, surroundings.targetLink == nil, view.interface.link != nil {
        finishRow(nil, errno: Self.hostUnreachable, at: now)
        continue
      }
      let packet = crafted.packet(surroundings, nonce: nonce)
      guard let octets = packet.write(into: &buffer) else { return nil }
      let link = crafted.isUnicast ? surroundings.targetLink : nil
      unconfirmed = LinkProbe(
        number: number, target: 0, type: 135, source: packet.source, destination: packet.destination,
        linkDestination: link, attempt: turn + 1, at: now)
      sent = SentSolicitation(number: number, attempt: turn + 1, at: now)
      windowEnd = now + window
      let transmit = LinkTransmit(
        number: number, octets: octets, destination: packet.destination, linkDestination: link)
      number += 1
      return transmit
    }
    return nil
  }

  // MARK: In

  package mutating func handleReceived(_ message: HeardMessage) {
    confirm()
    guard !isFinished, !message.arrival.isOutgoing, message.type == 136, let target else { return }
    let said = (try? NeighborAdvertisement(decoding: message.octets.span))?.target ?? message.source
    let asked = sent.map { CraftedSolicitation.allCases[$0.attempt - 1].subject(surroundings) }
    guard said == target || said == asked else { return }
    guard heard.count < Self.heardLimit else {
      dropped += 1
      return
    }
    heard.append(message)
  }

  package mutating func handleTransmitted(_ number: UInt64, at stamp: Instant) {
    confirm()
    if sent?.number == number { sent?.stamp(stamp) }
  }

  package mutating func handleSendFailure(_ number: UInt64, errno: Int32, at now: Instant) {
    guard !isFinished, sent?.number == number, windowEnd != nil, let probe = unconfirmed ?? lastProbe else {
      return
    }
    unconfirmed = nil
    events.append(.sendFailed(probe, errno: errno))
    sent?.hasFailed = true
    summary.sendFailed += 1
    summary.sendErrno = errno
    _ = readWindow(at: now)
    // The first is the one that says whether there is anybody to ask.
    if turn == 0 {
      summary.attempted += 1
      finishFirst(nil, at: now)
    } else {
      finishRow(nil, errno: errno, at: now)
    }
  }

  package mutating func handleCaptureLoss(_ frames: UInt64, at now: Instant) {
    confirm()
    dropped = dropped.addingReportingOverflow(frames).partialValue
  }

  package mutating func handleTimeout(at now: Instant) {
    confirm()
    if !hasBegun { begin(at: now) }
    guard !isFinished, let end = windowEnd, end <= now else { return }
    let answer = readWindow(at: now)
    if turn == 0 {
      summary.attempted += 1
      if answer == nil { summary.unanswered += 1 } else { summary.answered += 1 }
      finishFirst(answer, at: now)
    } else {
      finishRow(answer, errno: nil, at: now)
    }
  }

  package mutating func stop(at now: Instant) {
    confirm()
    hasBegun = true
    if !isFinished { finish(at: now) }
  }

  // MARK: One after the other

  private mutating func begin(at now: Instant) {
    hasBegun = true
    due = now
    guard let target, !view.isOwn(target), configuration.attempts > 0 else {
      // Nobody to ask: none, or ourselves.
      if let target, view.isOwn(target) { summary.verdict = .local }
      summary.at = now
      events.append(.summary(.neighbor(summary)))
      return finish(at: now)
    }
  }

  /// The plain multicast solicitation: whoever does not answer that is silent, and the other rows would say nothing.
  private mutating func finishFirst(_ answer: ConformanceRow.Answer?, at now: Instant) {
    if let answer {
      surroundings.isRouter = answer.flags & 0x80 != 0
      if let roundTrip = summary.claims.first?.roundTrip {
        window = min(window, max(Self.shortestWindow, roundTrip * Self.roundTripsOfWindow))
      } else {
        window = min(window, Self.shortestWindow)
      }
      return finishRow(answer, errno: nil, at: now)
    }
    guard attempt >= configuration.attempts else {
      attempt += 1
      due = max(now, (sent?.at ?? now) + configuration.interval)
      windowEnd = nil
      sent = nil
      return
    }
    let isUnsent = summary.attempted == summary.sendFailed
    summary.verdict = isUnsent ? .sendFailed : .silent
    summary.at = now
    finishRow(nil, errno: isUnsent ? summary.sendErrno : nil, at: now, isLast: true)
    events.append(.summary(.neighbor(summary)))
    finish(at: now)
  }

  private mutating func finishRow(
    _ answer: ConformanceRow.Answer?, errno: Int32?, at now: Instant, isLast: Bool = false
  ) {
    let crafted = CraftedSolicitation.allCases[turn]
    let row = ConformanceRow(
      crafted, expected: crafted.expected(surroundings), received: answer, errno: errno, at: now)
    events.append(.conformance(row))
    tried += 1
    if row.isAsExpected { asExpected += 1 }
    turn += 1
    due = now
    windowEnd = nil
    sent = nil
    if turn == CraftedSolicitation.allCases.count, !isLast { finish(at: now) }
  }

  private mutating func finish(at now: Instant) {
    isFinished = true
    if dropped > 0 {
      var finding = Finding(.dropped, .notice, at: now)
      finding.address = target
      finding.found = .number(dropped)
      events.append(.finding(finding))
    }
    events.append(.summary(.conformance(tried: tried, asExpected: asExpected, at: now)))
  }

  // MARK: The answers of a window

  /// Tells what was heard in the window, and gives the answer to its question.
  private mutating func readWindow(at now: Instant) -> ConformanceRow.Answer? {
    var answer: ConformanceRow.Answer?
    for message in heard {
      let isInWindow = sent?.isBefore(message.arrival.stamp) ?? false
      var advertisement = LinkAdvertisement(
        message: message, target: 0, standing: .unsolicited, attempt: isInWindow ? sent?.attempt ?? 0 : 0)
      if isInWindow { advertisement.measure(from: sent) }
      if message.isDiscarded {
        advertisement.standing = .discarded
        summary.discarded += 1
      } else if isInWindow, isForQuestion(message) {
        advertisement.standing = answer == nil ? .answer : .repeated
        if answer == nil { answer = read(message, advertisement) }
      }
      events.append(.advertisement(advertisement))
    }
    heard.removeAll(keepingCapacity: true)
    return answer
  }

  /// An answer goes to who asked, or to all nodes if nobody said who asks (RFC 4861 §7.2.4).
  private func isForQuestion(_ message: HeardMessage) -> Bool {
    let source = CraftedSolicitation.allCases[turn].source(surroundings)
    return source == .unspecified ? message.destination.isMulticast : message.destination == source
  }

  private mutating func read(
    _ message: HeardMessage, _ advertisement: LinkAdvertisement
  ) -> ConformanceRow.Answer? {
    guard let decoded = try? NeighborAdvertisement(decoding: message.octets.span) else { return nil }
    let option = message.linkLayerAddress(.targetLinkLayerAddress)
    if turn == 0 {
      surroundings.targetLink = option ?? message.arrival.linkSource
      summary.claims = [
        NeighborClaim(
          optionLink: option, frameLink: message.arrival.linkSource, source: message.source,
          flags: decoded.flags, answers: 1, roundTrip: advertisement.roundTrip,
          firstAt: message.arrival.stamp)
      ]
    }
    return ConformanceRow.Answer(
      flags: decoded.flags.rawValue & 0xe0, isToAllNodes: message.destination.isMulticast,
      hasLinkLayerAddress: option != nil)
  }

  private var lastProbe: LinkProbe? {
    guard let sent else { return nil }
    let crafted = CraftedSolicitation.allCases[turn]
    let packet = crafted.packet(surroundings, nonce: nonce)
    return LinkProbe(
      number: sent.number, target: 0, type: 135, source: packet.source, destination: packet.destination,
      linkDestination: crafted.isUnicast ? surroundings.targetLink : nil, attempt: sent.attempt, at: sent.at)
  }

  /// Nobody has said that it did not leave, so it did.
  private mutating func confirm() {
    guard let probe = unconfirmed else { return }
    unconfirmed = nil
    events.append(.sent(probe))
  }
}
