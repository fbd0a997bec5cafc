package import Timing
import Wire

/// Finds the stations of a link: asks all nodes, listens to whatever else they say, and groups their addresses by the
/// link-layer address of the frames.
///
/// Asks only from addresses that the interface has and may use, and never answers anything.
package struct ScanEngine: LinkEngine {
  /// From one question to the next: a link of many stations answers each with a burst.
  static let gap = Nanoseconds.milliseconds(1)

  private enum Question { case echo, unknownOption, routers, listeners }

  private let configuration: ScanConfiguration
  let view: KernelView
  private let sources: [IPv6Address]
  private let routerSource: IPv6Address?
  private let listenerSource: IPv6Address?
  let cookie: ScanCookie
  /// Questions of one round, and of all.
  private let questionsPerRound: UInt64
  private let questionCount: UInt64
  /// The next question's number; those before it were asked.
  private var asked: UInt64 = 0
  private var nextAskAt: Instant
  private var roundStartedAt: Instant
  private var endAt: Instant
  private var events = EventQueue<LinkEvent>()
  private var isFinished = false
  private var summary: ScanSummary
  private var lastProbe: LinkProbe?
  private var losses = LossCount(pause: .seconds(1))
  private(set) var stations: ScanStations

  package init(_ configuration: ScanConfiguration, view: KernelView, at now: Instant) {
    self.configuration = configuration
    self.view = view
    sources = Self.sources(configuration, view)
    listenerSource =
      configuration.asksListeners
      ? sources.first { $0.isLinkLocalUnicast } ?? view.linkLocalSource : nil
    var random = RandomNumbers(seed: configuration.seed)
    let nonce = KeyedNonce(key: (random.next(), random.next()))
    cookie = ScanCookie(identifier: UInt16(truncatingIfNeeded: random.next()), nonce: nonce)
    let kinds = (configuration.asksEcho ? 1 : 0) + (configuration.asksUnknownOption ? 1 : 0)
    routerSource =
      configuration.asksRouters ? sources.first { $0.isLinkLocalUnicast } ?? view.linkLocalSource : nil
    questionsPerRound = UInt64(
      sources.count * kinds + (routerSource == nil ? 0 : 1) + (listenerSource == nil ? 0 : 1))
    let total = questionsPerRound.multipliedReportingOverflow(by: UInt64(max(0, configuration.rounds)))
    questionCount = total.overflow ? .max : total.partialValue
    nextAskAt = now
    roundStartedAt = now
    endAt = now + configuration.patience
    summary = ScanSummary(at: now)
    stations = ScanStations(
      maximum: configuration.maximumAddresses, own: view.interface.link,
      addresses: view.addresses.map(\.address))
  }

  /// Those asked for that the interface really has; where none are named, one for each of its prefixes. An address in
  /// doubt (tentative, a duplicate) is not used.
  private static func sources(_ configuration: ScanConfiguration, _ view: KernelView) -> [IPv6Address] {
    let usable = view.addresses.filter {
      !$0.isDuplicate && (!$0.isTentative || $0.flags & 0x04 != 0) && $0.address.isStationAddress
    }
    var chosen: [IPv6Address] = []
    if configuration.sources.isEmpty {
      var prefixes: Set<IPv6Address> = []
      for address in usable
      where prefixes.insert(address.address.prefix(length: address.prefixLength)).inserted {
        chosen.append(address.address)
      }
    } else {
      for source in configuration.sources
      where !chosen.contains(source) && usable.contains(where: { $0.address == source }) {
        chosen.append(source)
      }
    }
    return chosen
  }

  package mutating func handleReceived(_ message: HeardMessage) {
    guard !isFinished, !message.arrival.isOutgoing, message.envelope.isChecksumValid != false,
      !message.isDiscarded
    else { return }
    // Our own frames, come back to us, say nothing new.
    if let link = view.interface.link, message.arrival.linkSource == link { return }
    take(message)
  }

  package mutating func handleCaptureLoss(_ frames: UInt64, at now: Instant) {
    guard !isFinished else { return }
    losses.add(frames, at: now)
  }

  package mutating func handleTransmitted(_ number: UInt64, at stamp: Instant) {}

  package mutating func handleSendFailure(_ number: UInt64, errno: Int32, at now: Instant) {
    guard !isFinished, number < asked else { return }
    summary.sendFailed += 1
    summary.sendErrno = errno
    let probe = lastProbe?.number == number ? lastProbe : probe(number, at: now)
    if let probe { events.append(.sendFailed(probe, errno: errno)) }
  }

  package mutating func handleTimeout(at now: Instant) {
    guard !isFinished, asked == questionCount, now >= endAt else { return }
    finish(at: now)
  }

  package mutating func pollTransmit(at now: Instant, into buffer: inout MutableSpan<UInt8>) -> LinkTransmit?
  {
    guard !isFinished, asked < questionCount, now >= nextAskAt, let probe = probe(asked, at: now) else {
      return nil
    }
    let octets = packet(asked)
    let fits = octets.count <= buffer.count
    if fits { buffer.store(octets.span, at: 0) }
    if asked % questionsPerRound == 0 { roundStartedAt = now }
    asked += 1
    nextAskAt = now + Self.gap
    if asked % questionsPerRound == 0 {
      nextAskAt = max(nextAskAt, roundStartedAt + configuration.interval)
    }
    endAt = now + configuration.patience
    // Whoever calls gives `longestPacket` octets; without them the question is passed over, not tried for ever.
    guard fits else { return nil }
    summary.questions += 1
    lastProbe = probe
    events.append(.sent(probe))
    return LinkTransmit(
      number: probe.number, octets: octets.count, destination: probe.destination, linkDestination: nil)
  }

  package mutating func pollEvent() -> LinkEvent? { events.next() }

  package func nextTimeout(now: Instant) -> Instant? {
    isFinished ? nil : asked < questionCount ? nextAskAt : endAt
  }

  package mutating func stop(at now: Instant) {
    guard !isFinished else { return }
    finish(at: now)
  }

  package var longestPacket: Int { questionCount == 0 ? 0 : LinkQuestion.longest }

  // MARK: Questions

  private func question(_ number: UInt64) -> (Question, IPv6Address)? {
    guard questionsPerRound > 0 else { return nil }
    let index = Int(number % questionsPerRound)
    let isBoth = configuration.asksEcho && configuration.asksUnknownOption
    let source = isBoth ? index / 2 : index
    let isEither = configuration.asksEcho || configuration.asksUnknownOption
    guard isEither, source < sources.count else {
      let rest = index - sources.count * (isBoth ? 2 : isEither ? 1 : 0)
      if rest == 0, let routerSource { return (.routers, routerSource) }
      return listenerSource.map { (.listeners, $0) }
    }
    let isEcho = isBoth ? index % 2 == 0 : configuration.asksEcho
    return (isEcho ? .echo : .unknownOption, sources[source])
  }

  private func packet(_ number: UInt64) -> [UInt8] {
    guard let (kind, source) = question(number) else { return [] }
    let sequence = UInt16(truncatingIfNeeded: number)
    switch kind {
    case .echo:
      return LinkQuestion.echo(
        from: source, identifier: cookie.identifier, sequence: sequence, data: cookie.octets(number))
    case .unknownOption:
      return LinkQuestion.unknownOption(
        from: source, identifier: cookie.identifier, sequence: sequence, data: cookie.octets(number))
    case .routers:
      return LinkPacket.routerSolicitation(
        source: source, destination: LinkQuestion.allRouters, link: view.interface.link
      ).octets
    case .listeners: return LinkQuestion.listenerQuery(from: source)
    }
  }

  private func probe(_ number: UInt64, at now: Instant) -> LinkProbe? {
    guard let (kind, source) = question(number) else { return nil }
    let type: UInt8 =
      switch kind {
      case .echo, .unknownOption: 128
      case .routers: 133
      case .listeners: 130
      }
    return LinkProbe(
      number: number, target: nil, type: type, source: source,
      destination: kind == .routers ? LinkQuestion.allRouters : LinkQuestion.allNodes,
      attempt: Int(clamping: number / questionsPerRound + 1), at: now)
  }

  /// The address that an echo request was sent from, if that number was asked so.
  func sourceAsked(_ number: UInt64, withOption: Bool) -> IPv6Address? {
    guard number < asked, let (kind, source) = question(number) else { return nil }
    return kind == (withOption ? .unknownOption : .echo) ? source : nil
  }

  // MARK: What comes of it

  mutating func record(_ address: IPv6Address, _ message: HeardMessage, _ way: StationRow.Ways) {
    guard address.isStationAddress else { return }
    let link = message.arrival.linkSource
    switch stations.record(address, at: link, way) {
    case .known, .added: break
    case .noRoom: losses.add(at: message.arrival.readAt)
    case .conflict(let first):
      var finding = Finding(
        .conflict, .problem, at: min(message.arrival.stamp, message.arrival.readAt))
      finding.address = address
      finding.link = first
      finding.otherLink = link
      summary.problems += 1
      events.append(.finding(finding))
    }
  }

  mutating func record(group: IPv6Address, _ message: HeardMessage) {
    if stations.record(group: group, at: message.arrival.linkSource) == .noRoom {
      losses.add(at: message.arrival.readAt)
    }
  }

  mutating func setRouter(_ message: HeardMessage) { stations.setRouter(message.arrival.linkSource) }

  private mutating func finish(at now: Instant) {
    let own = StationRow(
      link: view.interface.link,
      addresses: view.addresses.map(\.address).sorted { $0.bits < $1.bits }.map {
        StationRow.Address($0, ways: StationRow.Ways(rawValue: 0))
      },
      isRouter: view.interface.settings.forwarding.map { $0 > 0 } == true, isThisHost: true)
    // Without link-layer addresses this host comes first.
    let rows = ([own] + stations.rows).sorted {
      guard let left = $0.link else { return $1.link != nil || ($0.isThisHost && !$1.isThisHost) }
      guard let right = $1.link else { return false }
      return left < right
    }
    for row in rows {
      summary.addresses += row.addresses.count
      events.append(.station(row))
    }
    if let finding = losses.finding(at: now, isLast: true) { events.append(.finding(finding)) }
    summary.stations = rows.count
    summary.dropped = losses.total
    summary.at = now
    events.append(.summary(.scan(summary)))
    isFinished = true
  }
}

extension IPv6Address {
  /// The address with all bits behind the first `length` cleared; lengths above 128 count as 128.
  func prefix(length: UInt8) -> IPv6Address {
    length == 0 ? .unspecified : IPv6Address(bits: bits & ~UInt128(0) << UInt128(128 - min(128, Int(length))))
  }
}
