package import Timing
import Wire

/// Compares what routers and neighbors say with a baseline, or makes one.
///
/// What is held against it: problems are a router that is not in the baseline, or is missing, or differs from it in
/// link-layer address, header, prefixes, routes or name servers; one of its routers that retires (a lifetime of 0, or a
/// neighbor advertisement without the router flag, both of which take the default route from hosts); a claim to an
/// address of this host; a message that breaks a rule; a flood; a redirect from anybody but a router of the baseline
/// at its own link-layer address. Such a router's redirect is what redirects are for: a notice.
package struct GuardEngine: LinkEngine {
  /// A solicitation is repeated so often while somebody is not heard, with so much time between (RFC 4861 §10).
  static let maximumSolicitations = 3
  static let solicitationInterval = Nanoseconds.seconds(4)
  /// A legal answer comes within this: 0.5 s of delay, and 3 s from one multicast advertisement to the next (§6.2.6).
  static let answerTime = Nanoseconds.milliseconds(3_500)
  /// Advertisements of one router in this time are one: it may spread its options over several (§6.2.3).
  static let collectingTime = Nanoseconds.seconds(1)
  /// A router that is no default router (lifetime 0) is silent for so long at most: three of the longest intervals.
  static let longestSilence = Nanoseconds.seconds(5_400)
  /// Different findings in one minute: about the baseline's routers and this host, and about all others. Strangers
  /// cannot take the room of what matters.
  static let maximumFindings = 1_024

  let configuration: GuardConfiguration
  let view: KernelView
  private let startedAt: Instant
  private let solicitation: LinkPacket
  private let source: IPv6Address
  private var solicitations = 0
  private var solicitedAt: Instant?
  /// The same without the last one, in case it fails.
  private var solicitedBefore: Instant?
  private var nextSolicitationAt: Instant
  var own: OwnAddresses
  var routers: GuardRouters
  private var collections = TimerQueue<IPv6Address>()
  private var flood: FloodMeter
  private var knownLimit: RepeatLimit
  private var strangerLimit: RepeatLimit
  private var losses = LossCount(pause: .seconds(60))
  private var events = EventQueue<LinkEvent>()
  private var summary: GuardSummary
  private var isFinished = false

  package init(_ configuration: GuardConfiguration, view: KernelView, at now: Instant) {
    self.configuration = configuration
    self.view = view
    startedAt = now
    nextSolicitationAt = now
    source = configuration.source ?? view.linkLocalSource ?? .unspecified
    solicitation = .routerSolicitation(
      source: source, destination: Self.allRouters, link: view.interface.link)
    own = OwnAddresses(view)
    routers = GuardRouters(configuration.baseline, maximumStrangers: configuration.maximumRouters)
    flood = FloodMeter(rate: configuration.floodRate)
    knownLimit = RepeatLimit(repeats: configuration.maximumRepeats, maximum: Self.maximumFindings)
    strangerLimit = RepeatLimit(repeats: configuration.maximumRepeats, maximum: Self.maximumFindings)
    summary = GuardSummary(
      baseline: LinkBaseline(), isWritten: configuration.baseline == nil, at: now)
  }

  /// All routers of the link (RFC 4291 §2.7.1).
  static let allRouters = IPv6Address(bits: 0xff02 << 112 | 2)

  package mutating func handleReceived(_ message: HeardMessage) {
    guard !isFinished, !message.arrival.isOutgoing else { return }
    take(message, at: message.arrival.readAt)
  }

  package mutating func handleKernel(_ change: KernelChange, at now: Instant) { _ = own.handle(change) }
  package var wantsKernelView: Bool { own.isStale && !isFinished }
  package mutating func handleKernelView(_ view: KernelView) { own.take(view) }

  package mutating func handleCaptureLoss(_ frames: UInt64, at now: Instant) {
    guard !isFinished else { return }
    losses.add(frames, at: now)
  }

  package mutating func handleTransmitted(_ number: UInt64, at stamp: Instant) {}

  package mutating func handleSendFailure(_ number: UInt64, errno: Int32, at now: Instant) {
    guard !isFinished, number < UInt64(solicitations) else { return }
    if number + 1 == UInt64(solicitations) { solicitedAt = solicitedBefore }
    summary.sendFailed += 1
    summary.sendErrno = errno
    events.append(.sendFailed(probe(Int(number), at: now), errno: errno))
  }

  package mutating func handleTimeout(at now: Instant) {
    guard !isFinished else { return }
    // The meter limits itself, and each of its findings has a count that no other has.
    if let finding = flood.finding(at: now) { append(finding) }
    while let (_, address) = collections.popDue(at: now) { endCollecting(address, at: now) }
    if let finding = losses.finding(at: now) { append(finding) }
    tellMissing(at: now, patience: Self.solicitationInterval)
    if let endAt, now >= endAt { finish(at: now) }
  }

  package mutating func pollTransmit(at now: Instant, into buffer: inout MutableSpan<UInt8>) -> LinkTransmit?
  {
    guard !isFinished, let dueAt = solicitationDueAt, now >= dueAt,
      let octets = solicitation.write(into: &buffer)
    else { return nil }
    let probe = probe(solicitations, at: now)
    solicitations += 1
    solicitedBefore = solicitedAt
    solicitedAt = now
    nextSolicitationAt = now + Self.solicitationInterval
    events.append(.sent(probe))
    return LinkTransmit(
      number: probe.number, octets: octets, destination: probe.destination, linkDestination: nil)
  }

  package mutating func pollEvent() -> LinkEvent? { events.next() }

  package func nextTimeout(now: Instant) -> Instant? {
    guard !isFinished else { return nil }
    let times = [
      endAt, solicitationDueAt, collections.earliest, flood.dueAt, losses.dueAt,
      missingAt(patience: Self.solicitationInterval),
    ]
    return times.reduce(.distantFuture) { min($0, $1 ?? .distantFuture) }
  }

  package mutating func stop(at now: Instant) {
    guard !isFinished else { return }
    summary.isInterrupted = configuration.duration != nil
    finish(at: now)
  }

  package var longestPacket: Int { configuration.solicits ? solicitation.octets.count : 0 }

  /// For the tests: what is remembered, all of it bounded.
  var tableCounts: (routers: Int, findings: Int, timers: Int) {
    (routers.seen.count, knownLimit.count + strangerLimit.count, collections.count)
  }

  // MARK: What comes of a message

  mutating func countAdvertisement(_ message: HeardMessage, at now: Instant) {
    summary.advertisements += 1
    if let finding = flood.finding(at: now) { append(finding) }
    flood.count(from: message.arrival.linkSource, at: now)
  }

  mutating func collect(_ router: LinkBaseline.Router, at now: Instant) {
    if routers.take(router, at: now) {
      collections.insert(router.address, at: now + Self.collectingTime)
    }
  }

  mutating func drop(at now: Instant) { losses.add(at: now) }

  /// Tells it unless it has been told within the minute.
  mutating func tell(_ finding: Finding, at now: Instant) {
    let isKnown = finding.address.map { isExpected($0) || own.contains($0, on: view.interface.index) } ?? true
    let verdict =
      isKnown ? knownLimit.judge(finding, at: now) : strangerLimit.judge(finding, at: now)
    switch verdict {
    case .tell: append(finding)
    case .repeated: summary.repeats += 1
    case .noRoom: losses.add(at: now)
    }
  }

  func isExpected(_ address: IPv6Address) -> Bool { routers.expected[address] != nil }

  private mutating func append(_ finding: Finding) {
    if finding.severity == .problem { summary.problems += 1 } else { summary.notices += 1 }
    events.append(.finding(finding))
  }

  private mutating func endCollecting(_ address: IPv6Address, at now: Instant) {
    for finding in routers.endCollecting(address, at: now) { tell(finding, at: now) }
  }

  // MARK: Soliciting, and who is missing

  private func probe(_ number: Int, at now: Instant) -> LinkProbe {
    LinkProbe(
      number: UInt64(number), target: nil, type: 133, source: source, destination: Self.allRouters,
      attempt: number + 1, at: now)
  }

  /// nil: no further solicitation. The first one goes out in any case, the others while somebody is not heard and
  /// there is time for an answer.
  private var solicitationDueAt: Instant? {
    guard configuration.solicits, solicitations < Self.maximumSolicitations else { return nil }
    guard solicitations > 0 else { return nextSolicitationAt }
    if let endAt, nextSolicitationAt + Self.answerTime > endAt { return nil }
    let isComplete =
      configuration.baseline == nil
      ? !routers.seen.isEmpty
      : routers.expected.allSatisfy { $0.value.heardAt != nil || isOwn($0.key) }
    return isComplete ? nil : nextSolicitationAt
  }

  private func isOwn(_ address: IPv6Address) -> Bool { own.contains(address, on: view.interface.index) }

  /// When a router of the baseline counts as missing, if it stays silent. One that was solicited: `patience` after the
  /// last solicitation. Else, and once it was heard: after the lifetime that the baseline gives it, within which it
  /// must have spoken again (RFC 4861 §6.2.1). nil: never, or it has been told.
  private func missingAt(_ router: GuardRouters.Expected, patience: Nanoseconds) -> Instant? {
    guard !router.isMissing, !isOwn(router.baseline.address) else { return nil }
    if router.heardAt == nil, let solicitedAt {
      return solicitationDueAt == nil || patience < Self.solicitationInterval ? solicitedAt + patience : nil
    }
    let lifetime = router.baseline.lifetime
    return (router.heardAt ?? startedAt)
      + (lifetime > 0 ? .seconds(Int64(lifetime)) : Self.longestSilence)
  }

  private func missingAt(patience: Nanoseconds) -> Instant? {
    routers.expected.values.compactMap { missingAt($0, patience: patience) }.min()
  }

  private mutating func tellMissing(at now: Instant, patience: Nanoseconds) {
    let missing = routers.expected.values.filter {
      missingAt($0, patience: patience).map { $0 <= now } == true
    }
    for router in missing.sorted(by: { $0.baseline.address.bits < $1.baseline.address.bits }) {
      routers.setMissing(router.baseline.address)
      var finding = Finding(.missingRouter, .problem, at: now)
      finding.address = router.baseline.address
      finding.link = router.baseline.link
      tell(finding, at: now)
    }
  }

  private var endAt: Instant? { configuration.duration.map { startedAt + $0 } }

  private mutating func finish(at now: Instant) {
    for address in routers.collecting { endCollecting(address, at: now) }
    // At the end a router had its chance once a legal answer's time is over.
    tellMissing(at: now, patience: Self.answerTime)
    if let finding = flood.finding(at: now, isLast: true) { append(finding) }
    if let finding = losses.finding(at: now, isLast: true) { append(finding) }
    summary.baseline = routers.picture
    summary.dropped = losses.total
    summary.at = now
    events.append(.summary(.baseline(summary)))
    isFinished = true
  }
}
