package import Timing
import Wire

/// Asks the routers of a link, or only listens, and shows every advertisement whole: `rdisc`.
///
/// Solicitations leave at most `attempts` times, `interval` apart, until a window had a valid answer. That there is no
/// router is said after every window only, and not before an answer to the last solicitation could legally have come.
/// At the end the kernel's state is asked for once, and each router is joined with what the kernel made of it.
package struct RouterEngine: LinkEngine {
  /// How long an answer is held back for the transmit stamp of its solicitation: the stamp comes by the error queue,
  /// the answer by the capture, and neither waits for the other.
  static let stampPatience = Nanoseconds.milliseconds(50)
  /// Events that are held back at most meanwhile.
  static let maximumHeld = 64
  /// How long the kernel's state is waited for at the end.
  static let viewPatience = Nanoseconds.seconds(2)
  /// From a solicitation that could not leave to the next, where `interval` is longer.
  static let retryPause = Nanoseconds.seconds(1)
  /// Findings of a whole run; further ones are counted.
  static let maximumFindings = 1_024
  /// EMSGSIZE of Linux: the caller's buffer has no room.
  static let messageTooLong: Int32 = 90

  enum Phase {
    /// Before the first `handleTimeout`.
    case idle
    /// Within the window of an attempt (0: of listening alone).
    case window(until: Instant)
    /// After the last window: an answer to the last solicitation may still come.
    case patience(until: Instant)
    /// Nothing more is asked.
    case watching(until: Instant)
    /// The kernel's state was asked for.
    case asking(until: Instant)
    /// Only events that are held back are missing.
    case closing(KernelView?, at: Instant)
    case ended
  }

  let configuration: RouterConfiguration
  let view: KernelView
  private let packet: LinkPacket
  private let source: IPv6Address
  private let linkDestination: LinkLayerAddress?

  var phase = Phase.idle
  /// When a solicitation is to leave; nil: none is.
  private var dueAt: Instant?
  private var nextNumber: UInt64 = 0
  private var startedAt: Instant
  /// The youngest that did not fail, and the one before.
  private var lastSentAt: Instant?
  private var previousSentAt: Instant?
  /// From 1; 0 before the first.
  private(set) var attempt = 0
  private var hasAttemptFailed = false
  var answersInWindow = 0
  var answers: UInt64 = 0
  private var hasSaidNoRouter = false

  var solicitations = RouterSolicitations()
  var routers: RouterRecords
  /// The last valid advertisement of this host itself.
  var own: HeardMessage?
  /// Addresses of this host that were refused as duplicates meanwhile.
  var refused: [KernelAddress] = []
  /// Sources whose discarded messages are shown.
  var discardedSources: Set<IPv6Address> = []
  /// Findings that were told, so that each is told once.
  var told: Set<FindingKey> = []
  /// Messages and findings that were not shown, for want of room.
  var dropped: UInt64 = 0
  var summary: RoutersSummary

  private var events = EventQueue<LinkEvent>()
  /// Behind an answer that waits for its transmit stamp; in order.
  private var held: [LinkEvent] = []
  private var heldUntil = Instant.distantFuture
  /// This solicitation's stamp did not come in time: its answers are no longer held back.
  private var overdueStamp: UInt64?

  package init(_ configuration: RouterConfiguration, view: KernelView, at now: Instant) {
    self.configuration = configuration
    self.view = view
    source = configuration.source ?? .unspecified
    let destination = configuration.destination
    packet = LinkPacket.routerSolicitation(
      source: source, destination: destination,
      link: configuration.includesLinkLayerAddress ? view.interface.link : nil)
    linkDestination = destination.isMulticast ? nil : view.neighbor(destination)?.link
    routers = RouterRecords(maximum: configuration.maximumRouters)
    summary = RoutersSummary(at: now)
    startedAt = now
  }

  // MARK: Time

  package mutating func handleTimeout(at now: Instant) {
    if !held.isEmpty, now >= heldUntil {
      if case .waits(let number) = waitOfHeld { overdueStamp = number }
      release()
    }
    switch phase {
    case .idle:
      startedAt = now
      if configuration.attempts > 0 {
        begin(at: now)
      } else {
        phase = .window(until: now + configuration.interval)
      }
    case .window(let end) where now >= end: endWindow(at: now)
    case .patience(let end) where now >= end: endPatience(at: now)
    case .asking(let end) where now >= end: close(nil, at: now)
    default: break
    }
    if let end = watchEnd, now >= end {
      switch phase {
      case .window, .patience, .watching: ask(at: now)
      default: break
      }
    }
    if !configuration.solicits, let due = dueAt, due <= now { openWindow(at: now) }
  }

  package func nextTimeout(now: Instant) -> Instant? {
    var next: Instant
    switch phase {
    case .idle: next = now
    case .window(let end), .patience(let end): next = min(end, watchEnd ?? .distantFuture)
    case .watching(let end), .asking(let end): next = end
    case .closing: next = .distantFuture
    case .ended: return nil
    }
    if let dueAt { next = min(next, dueAt) }
    return held.isEmpty ? next : min(next, heldUntil)
  }

  /// When a watch that is bounded ends.
  private var watchEnd: Instant? {
    guard case .time(let length) = configuration.watch else { return nil }
    return startedAt + length
  }

  /// The next attempt is due; its window begins when the solicitation leaves.
  private mutating func begin(at now: Instant) {
    dueAt = now
    phase = .window(until: .distantFuture)
  }

  private mutating func endWindow(at now: Instant) {
    // A window in which nobody was asked is none.
    if !hasAttemptFailed { endAttempt(at: now) }
    if answersInWindow > 0 { return listenOn(at: now) }
    if attempt < configuration.attempts { return begin(at: now) }
    guard let lastSentAt else { return listenOn(at: now) }
    let end = lastSentAt + configuration.patience
    phase = .patience(until: end)
    if now >= end { endPatience(at: now) }
  }

  mutating func endAttempt(at now: Instant) {
    emit(.attemptEnded(target: 0, attempt: attempt, answers: answersInWindow, at: now))
  }

  private mutating func endPatience(at now: Instant) {
    sayNoRouter(at: now)
    listenOn(at: now)
  }

  /// Every window is over.
  private mutating func listenOn(at now: Instant) {
    switch configuration.watch {
    case .no: ask(at: now)
    case .untilStopped: phase = .watching(until: .distantFuture)
    case .time: phase = .watching(until: watchEnd ?? now)
    }
  }

  private mutating func sayNoRouter(at now: Instant) {
    guard !hasSaidNoRouter, answers == 0 else { return }
    hasSaidNoRouter = true
    var finding = Finding(.noRouter, .problem, at: now)
    finding.address = configuration.destination.isMulticast ? nil : configuration.destination
    report(finding)
  }

  package mutating func stop(at now: Instant) {
    switch phase {
    case .idle, .window, .patience:
      summary.isInterrupted = true
      ask(at: now)
    case .watching:
      summary.isInterrupted = configuration.watch != .untilStopped
      ask(at: now)
    case .asking, .closing, .ended: break
    }
  }

  // MARK: The kernel

  package var wantsKernelView: Bool {
    if case .asking = phase { return true }
    return false
  }

  /// The kernel's state is wanted: what comes after belongs to nobody.
  mutating func ask(at now: Instant) {
    dueAt = nil
    phase = .asking(until: now + Self.viewPatience)
  }

  package mutating func handleKernelView(_ view: KernelView) {
    guard wantsKernelView else { return }
    close(view, at: view.at)
  }

  package mutating func handleKernel(_ change: KernelChange, at now: Instant) {
    guard !isOver, case .address(let address, _) = change, address.isDuplicate,
      view.interface.index == 0 || address.interface == view.interface.index
    else { return }
    if refused.count < configuration.maximumRouters,
      !refused.contains(where: { $0.address == address.address })
    {
      refused.append(address)
    }
    var finding = Finding(.duplicateAddress, .problem, at: now)
    finding.address = address.address
    report(finding)
  }

  package mutating func handleCaptureLoss(_ frames: UInt64, at now: Instant) {
    dropped &+= frames
  }

  /// The summary is made: what comes now is not told.
  private var isOver: Bool {
    switch phase {
    case .closing, .ended: true
    default: false
    }
  }

  private mutating func close(_ view: KernelView?, at now: Instant) {
    phase = .closing(view, at: now)
    finishIfReady()
  }

  private mutating func finishIfReady() {
    guard held.isEmpty, case .closing(let view, let now) = phase else { return }
    phase = .ended
    finish(view, at: now)
  }

  // MARK: Sending

  package var longestPacket: Int {
    configuration.attempts > 0 && configuration.solicits ? packet.octets.count : 0
  }

  /// Another attempt begins, whether or not it asks.
  private mutating func openWindow(at now: Instant) {
    dueAt = nil
    attempt += 1
    answersInWindow = 0
    hasAttemptFailed = false
    phase = .window(until: now + configuration.interval)
  }

  package mutating func pollTransmit(
    at now: Instant, into buffer: inout MutableSpan<UInt8>
  ) -> LinkTransmit? {
    guard configuration.solicits, let due = dueAt, due <= now else { return nil }
    openWindow(at: now)
    let number = nextNumber
    nextNumber += 1
    summary.solicitations += 1
    previousSentAt = lastSentAt
    lastSentAt = now
    solicitations.add(RouterSolicitations.Entry(number: number, attempt: attempt, at: now))
    emit(.sent(probe(number, attempt: attempt, at: now)))
    guard let octets = packet.write(into: &buffer) else {
      handleSendFailure(number, errno: Self.messageTooLong, at: now)
      return nil
    }
    return LinkTransmit(
      number: number, octets: octets, destination: configuration.destination,
      linkDestination: linkDestination)
  }

  private func probe(_ number: UInt64, attempt: Int, at sentAt: Instant) -> LinkProbe {
    LinkProbe(
      number: number, target: nil, type: 133, source: source, destination: configuration.destination,
      linkDestination: linkDestination, attempt: attempt, at: sentAt)
  }

  package mutating func handleTransmitted(_ number: UInt64, at stamp: Instant) {
    guard solicitations.transmitted(number, at: stamp) else { return }
    let solicitations = solicitations
    // What was let go before the stamp came.
    routers.forEach { $0.complete(solicitations) }
    if held.isEmpty { return }
    if case .waits = waitOfHeld { return }
    release()
  }

  package mutating func handleSendFailure(_ number: UInt64, errno: Int32, at now: Instant) {
    guard !isOver, let entry = solicitations.failed(number) else { return }
    summary.sendFailed += 1
    summary.sendErrno = errno
    emit(.sendFailed(probe(number, attempt: entry.attempt, at: entry.at), errno: errno))
    if !held.isEmpty { release() }
    guard entry.attempt == attempt else { return }
    lastSentAt = previousSentAt
    guard case .window(let end) = phase else { return }
    hasAttemptFailed = true
    guard attempt < configuration.attempts else {
      // Nothing left this host: there is nothing to wait for.
      if lastSentAt == nil, answers == 0 { listenOn(at: now) }
      return
    }
    phase = .window(until: min(end, now + Self.retryPause))
  }

  // MARK: Events

  package mutating func pollEvent() -> LinkEvent? { events.next() }

  /// Appends, behind what is held back.
  mutating func emit(_ event: LinkEvent) {
    if held.isEmpty { return events.append(event) }
    held.append(event)
    if held.count > Self.maximumHeld { release() }
  }

  /// Appends an answer, which waits for the transmit stamp where that is still to come.
  mutating func emit(answer: LinkAdvertisement) {
    guard held.isEmpty, case .waits(let number) = solicitations.roundTrip(to: answer.message.arrival),
      number != overdueStamp
    else { return emit(.advertisement(completed(answer))) }
    held.append(.advertisement(answer))
    heldUntil = answer.message.arrival.readAt + Self.stampPatience
  }

  private var waitOfHeld: RouterSolicitations.RoundTrip {
    guard case .advertisement(let answer)? = held.first else { return .none }
    return solicitations.roundTrip(to: answer.message.arrival)
  }

  private mutating func release() {
    for event in held {
      guard case .advertisement(let answer) = event else {
        events.append(event)
        continue
      }
      events.append(.advertisement(completed(answer)))
    }
    held.removeAll()
    heldUntil = .distantFuture
    finishIfReady()
  }

  private func completed(_ answer: LinkAdvertisement) -> LinkAdvertisement {
    guard answer.standing == .answer || answer.standing == .repeated, answer.roundTrip == nil,
      case .known(let roundTrip, let hostTransmit) = solicitations.roundTrip(to: answer.message.arrival)
    else { return answer }
    var answer = answer
    answer.roundTrip = roundTrip
    answer.hostTransmit = hostTransmit
    return answer
  }

  // MARK: Findings

  /// Told once for each `FindingKey`; the first `maximumFindings`.
  mutating func report(_ finding: Finding) {
    let key = FindingKey(
      kind: finding.kind, address: finding.address, link: finding.link, otherLink: finding.otherLink,
      rule: finding.rule?.rule, found: finding.found)
    guard !told.contains(key) else { return }
    guard told.count < Self.maximumFindings else { return dropped &+= 1 }
    told.insert(key)
    tell(finding)
  }

  mutating func tell(_ finding: Finding) {
    // That nobody answered is told by the number of routers.
    if finding.severity == .problem, finding.kind != .noRouter { summary.problems += 1 }
    emit(.finding(finding))
  }

  struct FindingKey: Hashable {
    var kind: Finding.Kind
    var address: IPv6Address?
    var link: LinkLayerAddress?
    var otherLink: LinkLayerAddress?
    var rule: NeighborRule?
    var found: Finding.Value?
  }
}
