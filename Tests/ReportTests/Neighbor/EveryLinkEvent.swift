import ProbeEngine
import Timing
import Wire

@testable import Report

/// An act on a link with an event of every kind and every shape, everything filled in that can be, and hostile octets
/// wherever the wire, DNS, the kernel or people can put them.
struct EveryLinkEvent {
  let run: LinkRun
  let events: [LinkEvent]

  init(
    name: String = EveryEvent.hostileName, octets: [UInt8] = EveryEvent.hostileOctets,
    act: LinkRun.Act = .resolve, isContinuous: Bool = false
  ) {
    var interface = makeInterface(name)
    interface.settings = Self.settings
    var run = makeLinkRun(act, [], interface: interface)
    if [.resolve, .unicast, .dad, .conformance].contains(act) {
      run.targets = [
        LinkRun.Target(name: name, canonicalName: "host.example", address: onLink(0xb), zone: 0),
        LinkRun.Target(name: "two", canonicalName: name, address: linkLocal, zone: 2),
      ]
      if act == .conformance { run.targets.removeLast() }
    }
    run.view.addresses.append(Self.address(flags: 0xfff))
    run.interfaceNames = [2: name]
    run.notes = [name, "no permission to capture"]
    run.version = name
    run.isContinuous = isContinuous
    if act == .watch { run.view.interface = KernelInterface(index: 0, name: "", mtu: 0, link: nil) }
    self.run = run
    events =
      Self.probes + Self.messages(octets) + Self.kernel(octets) + Self.findings(octets)
      + Self.routers(octets) + Self.rest(octets, act)
  }

  // MARK: - Events

  static let probes: [LinkEvent] = {
    let probe = LinkProbe(
      number: 0, target: 0, type: 135, source: local(0xa), destination: onLink(0xb).solicitedNodeMulticast,
      attempt: 1, at: .zero)
    let unicast = LinkProbe(
      number: .max, target: 1, type: 135, source: .unspecified, destination: linkLocal,
      linkDestination: mac(0xb), attempt: 2, at: .zero)
    let other = LinkProbe(
      number: 3, target: nil, type: 200, source: local(0xa), destination: allNodes, attempt: 1, at: .zero)
    return [
      .sent(probe), .sent(unicast), .sent(other), .sendFailed(probe, errno: 105),
      .sendFailed(other, errno: 9_999), .attemptEnded(target: 0, attempt: 1, answers: 0, at: .zero),
      .attemptEnded(target: 7, attempt: 2, answers: .max, at: .zero),
    ]
  }()

  /// Messages of every type and with every option, as answers of every standing and as heard.
  static func heard(_ octets: [UInt8]) -> [HeardMessage] {
    let options = EveryOption.all(octets)
    let nonce = option(14, [1, 2, 3, 4, 5, 6])
    var messages = [
      makeHeard(makeAdvertisement()),
      makeHeard(makeAdvertisement(flags: 0x80, link: nil), link: nil),
      makeHeard(
        makeAdvertisement(flags: 0xe0, link: mac(0xc)), from: local(0xb), to: allNodes, hopLimit: 64),
      makeHeard(makeAdvertisement(of: linkLocal, flags: 0, link: nil), to: allNodes),
      makeHeard(makeSolicitation(nonce), from: .unspecified, to: onLink(0xb).solicitedNodeMulticast),
      makeHeard(makeSolicitation(option(1, mac(0xc).octets))),
      makeHeard(makeSolicitation(), link: nil),
      makeHeard([133, 0, 0, 0, 0, 0, 0, 0] + option(1, mac(0xc).octets), from: local(0xb)),
      makeHeard(
        [137, 0, 0, 0, 0, 0, 0, 0] + Array(repeating: 0xfe, count: 32) + option(2, mac(0xc).octets)
          + option(4, octets), from: local(0xb)),
      makeHeard([137, 0, 0, 0, 0, 0, 0, 0] + Array(repeating: 0x20, count: 32), from: local(0xb)),
      makeHeard(makeRouterAdvertisement(flags: 0xff, lifetime: 0, options), from: linkLocal, to: allNodes),
      makeHeard(makeRouterAdvertisement(hopLimit: 0, flags: 0x18, options), from: linkLocal, to: allNodes),
      makeHeard(makeRouterAdvertisement([[3, 0] + octets]), from: linkLocal),
      makeHeard(makeRouterAdvertisement([[3]]), from: peer, hopLimit: 64),
      makeHeard([134, 1] + octets.prefix(9), from: peer),
      makeHeard([134]), makeHeard([]), makeHeard(octets), makeHeard([129, 0, 0, 0] + octets),
      makeHeard([130, 0, 0, 0, 0, 0, 0, 0] + Array(repeating: 0, count: 16)),
      makeHeard([130, 0, 0, 0, 0, 0, 0, 0] + Array(repeating: 0xff, count: 16)),
      makeHeard([131, 0, 0, 0, 0, 0, 0, 0] + Array(repeating: 0xff, count: 16)),
      makeHeard([132, 0, 0, 0, 0, 0, 0, 0] + Array(repeating: 0xff, count: 16)),
      makeHeard(
        [143, 0, 0, 0, 0, 0, 0xff, 0xff]
          + (0..<12).flatMap { [UInt8($0), 0, 0, 0] + Array(repeating: 0xff, count: 16) }),
    ]
    messages[0].arrival.isOutgoing = true
    messages[1].envelope.isChecksumValid = nil
    messages[2].arrival.interface = 3
    messages[2].arrival.linkDestination = nil
    messages[3].broken = (0..<23).compactMap { NeighborRule(rawValue: $0) }
      .map { BrokenRule($0, at: $0 == .hopLimit ? nil : 24) }
    return messages
  }

  static func messages(_ octets: [UInt8]) -> [LinkEvent] {
    var events: [LinkEvent] = []
    let standings: [LinkAdvertisement.Standing] = [
      .answer, .repeated, .unsolicited, .discarded, .loopedBack,
    ]
    for (index, message) in heard(octets).enumerated() {
      var answer = makeAnswer(message, standings[index % 5], target: index % 3 == 2 ? nil : index % 3)
      if index % 4 == 3 {
        (answer.roundTrip, answer.hostTransmit) = (nil, nil)
      } else if index % 4 == 2 {
        answer.roundTripSource = .user
        (answer.attempt, answer.hostReceive, answer.hostTransmit) = (2, nil, nil)
      }
      events += [.advertisement(answer), .heard(message)]
    }
    for standing in standings { events.append(.advertisement(makeAnswer(heard(octets)[0], standing))) }
    return events
  }

  static func kernel(_ octets: [UInt8]) -> [LinkEvent] {
    var changes: [KernelChange] = [.lost]
    for bit in [0, 1, 2, 4, 8, 0x10, 0x20, 0x40, 0x80, 0xff, 0xff00] as [UInt16] {
      var entry = makeEntry(.init(rawValue: bit), bit == 1 ? nil : mac(0xb))
      (entry.isRouter, entry.isProxy) = (bit == 2, bit == 4)
      entry.isExternallyLearned = bit == 8
      entry.probes = UInt32(bit)
      changes.append(.neighbor(entry, isGone: bit == 0x20))
    }
    var entry = makeEntry()
    entry.interface = 3
    (entry.confirmedAge, entry.usedAge, entry.updatedAge) = (nil, Nanoseconds(.max), Nanoseconds(.min))
    changes.append(.neighbor(entry, isGone: false))
    for isGone in [true, false] {
      changes.append(.address(Self.address(flags: isGone ? 0x40 : 0xfff), isGone: isGone))
      changes.append(.route(Self.route, isGone: isGone))
    }
    for origin in [0, 2, 3, 4] as [UInt8] {
      changes.append(
        .route(
          KernelRoute(prefix: peer, prefixLength: 128, gateway: nil, interface: 2, origin: origin),
          isGone: false))
    }
    changes.append(
      .prefix(onLink(0), length: 64, interface: 2, validLifetime: .max, preferredLifetime: 0))
    for option in EveryOption.all(octets) + [octets, []] {
      changes.append(.advertisedOption(option, from: linkLocal, interface: 2))
    }
    return changes.map { .kernel($0, at: .zero) }
      + changes.compactMap {
        if case .neighbor(let entry, _) = $0 { .neighbor(entry, at: .zero) } else { nil }
      }
  }

  static let obstacles: [AcceptanceObstacle] = [
    .discarded(.hopLimit), .ipv6Disabled, .acceptRAOff, .forwarding, .noLinkLocalAddress, .defaultRouterOff,
    .prefixInformationOff, .autoconfigurationOff, .hopLimitTooLow(minimum: 32), .lifetimeTooShort(minimum: 0),
    .mtuOff, .mtuOutOfRange, .prefixLengthNot64, .routeTooLong(maximum: 0), .fromThisHost,
    .optionIgnored(.prefixLinkLocal), .duplicateAddress, .lifetimeZero, .routePreferenceOff,
    .delegationPreferred, .unknown,
  ]

  static let fields: [Finding.Field] = [
    .hopLimit, .managed, .other, .homeAgent, .proxy, .preference, .lifetime, .reachableTime,
    .retransmitTimer, .mtu, .prefix, .prefixFlags, .validLifetime, .preferredLifetime, .route, .routeLifetime,
    .recursiveDNSServers, .dnsSearchList, .captivePortal, .pref64, .encryptedDNS, .router, .link,
  ]

  static func values(_ octets: [UInt8]) -> [Finding.Value] {
    [
      .number(.max), .number(0), .flag(true), .flag(false), .address(linkLocal), .addresses([peer, other]),
      .addresses([]), .prefix(peer, length: 200), .link(mac(0xb)), .text(octets), .text([]),
      .preference(.high), .none,
    ]
  }

  /// Every kind bare and full, every field, value, rule and obstacle.
  static func findings(_ octets: [UInt8]) -> [LinkEvent] {
    var findings: [Finding] = []
    let values = values(octets)
    for (index, kind) in Finding.Kind.allCases.enumerated() {
      findings.append(Finding(kind, .notice, at: .zero))
      var full = Finding(kind, .problem, at: .zero)
      (full.address, full.link) = (linkLocal, mac(0xb))
      (full.otherAddress, full.otherLink) = (local(2), mac(0xc))
      (full.field, full.prefix, full.prefixLength) = (fields[index % fields.count], onLink(0), 64)
      full.rule = BrokenRule(.optionLayout, at: 16)
      full.obstacle = .unknown
      (full.expected, full.found) = (values[index % values.count], values[(index + 1) % values.count])
      full.target = index % 2
      findings.append(full)
      full.prefix = nil
      findings.append(full)
    }
    for (index, field) in fields.enumerated() {
      for (offset, kind) in [Finding.Kind.changed, .inconsistentRouters].enumerated() {
        var finding = Finding(kind, .problem, at: .zero)
        finding.field = field
        (finding.address, finding.prefix) = (linkLocal, index % 2 == 0 ? onLink(0) : nil)
        (finding.expected, finding.found) = (
          values[(index + offset) % values.count], values[(index + 5) % values.count]
        )
        findings.append(finding)
      }
    }
    for raw in 0..<23 as Range<UInt8> {
      var finding = Finding(.brokenRule, .problem, at: .zero)
      finding.rule = NeighborRule(rawValue: raw).map { BrokenRule($0, at: raw % 2 == 0 ? nil : Int(raw)) }
      findings.append(finding)
    }
    for obstacle in obstacles {
      var finding = Finding(.notAccepted, .notice, at: .zero)
      (finding.address, finding.obstacle, finding.field) = (linkLocal, obstacle, .mtu)
      findings.append(finding)
    }
    return findings.map { .finding($0) }
  }

  static func routers(_ octets: [UInt8]) -> [LinkEvent] {
    var parts: [AcceptedPart] = []
    let kinds: [AcceptedPart.Part] = [
      .defaultRouter, .prefix(onLink(0), length: 64), .route(peer, length: 48), .mtu(1_400), .hopLimit(64),
    ]
    for kind in kinds {
      parts.append(AcceptedPart(kind))
      var full = AcceptedPart(kind)
      (full.addresses, full.route, full.mtu) = ([address(flags: 0x01), address(flags: 0)], route, 1_400)
      parts.append(full)
      full.obstacles = obstacles
      parts.append(full)
    }
    let whole = makeHeard(
      makeRouterAdvertisement(flags: 0xca, EveryOption.all(octets)), from: linkLocal, to: allNodes)
    var row = makeRouterRow(1, whole, parts: parts)
    (row.optionLink, row.advertisements) = (mac(2), .max)
    row.at = .zero + .seconds(100_000)
    var bare = makeRouterRow(2, makeHeard([134], from: local(2)))
    (bare.frameLink, bare.roundTrip, bare.parts) = (nil, nil, [])
    let others = [3, 4].map {
      makeRouterRow($0, makeHeard(makeRouterAdvertisement([makePrefix()]), from: local($0), hopLimit: 3))
    }
    return ([row, bare] + others).map { .router($0) }
  }

  // MARK: - The end

  static func rest(_ octets: [UInt8], _ act: LinkRun.Act) -> [LinkEvent] {
    var events: [LinkEvent] = [
      .station(
        StationRow(
          link: mac(0xb),
          addresses: [0, 1, 2, 4, 8, 16, 31].map {
            StationRow.Address(local($0), ways: StationRow.Ways(rawValue: $0))
          }, unexplainedGroups: [peer.solicitedNodeMulticast], isRouter: true, isThisHost: true)),
      .station(StationRow(link: nil, addresses: [])),
    ]
    for solicitation in CraftedSolicitation.allCases {
      let answer = ConformanceRow.Answer(
        flags: solicitation.rawValue << 4, isToAllNodes: solicitation == .unicast,
        hasLinkLayerAddress: solicitation != .unicast)
      events.append(
        .conformance(
          ConformanceRow(
            solicitation, expected: solicitation.rawValue % 2 == 0 ? answer : nil,
            received: solicitation.rawValue % 3 == 0 ? answer : nil,
            errno: solicitation == .badChecksum ? 1 : nil, at: .zero)))
    }
    switch act {
    case .resolve, .unicast, .dad: events += neighborSummaries.map { .summary(.neighbor($0)) }
    case .conformance: events.append(.summary(.conformance(tried: 21, asExpected: 20, at: .zero)))
    case .routers: events += routersSummaries.map { .summary(.routers($0)) }
    case .neighbors:
      let limits = KernelNeighborLimits(thresholds: [128, 512, 1_024], entries: 12, tableFulls: 3)
      events += [
        .summary(.table(limits, entries: 12, at: .zero)), .summary(.table(nil, entries: 1, at: .zero)),
        .summary(
          .table(KernelNeighborLimits(thresholds: [], entries: 0, tableFulls: 0), entries: 0, at: .zero)),
      ]
    case .watch:
      var summary = WatchSummary(at: .zero)
      events.append(.summary(.watch(summary)))
      (summary.droppedFrames, summary.droppedChanges, summary.messages) = (.max, 1, 1)
      events.append(.summary(.watch(summary)))
    case .scan:
      var summary = ScanSummary(at: .zero)
      events.append(.summary(.scan(summary)))
      (summary.sendFailed, summary.sendErrno, summary.dropped) = (1, 100, .max)
      events.append(.summary(.scan(summary)))
    case .baseline: events += guardSummaries(octets).map { .summary(.baseline($0)) }
    }
    return events
  }

  static let neighborSummaries: [NeighborSummary] = {
    var summaries: [NeighborSummary] = []
    var tentative = makeClaim(mac(0xc), frame: mac(0xd))
    tentative.source = .unspecified
    var bare = makeClaim(nil)
    (bare.roundTrip, bare.frameLink) = (nil, nil)
    for verdict in NeighborVerdict.allCases {
      summaries.append(makeNeighborSummary(verdict))
      var full = makeNeighborSummary(
        verdict, target: 1, claims: [makeClaim(), tentative, bare], kernel: makeEntry(.permanent, mac(0xc)),
        attempted: 3)
      (full.discarded, full.loopedBack, full.furtherAnswers) = (2, 2, 1)
      (full.sendFailed, full.sendErrno) = (1, 105)
      summaries.append(full)
      summaries.append(
        makeNeighborSummary(verdict, target: 7, claims: [makeClaim()], kernel: makeEntry(.failed, nil)))
    }
    return summaries
  }()

  static let routersSummaries: [RoutersSummary] = {
    var some = RoutersSummary(at: .zero)
    (some.routers, some.advertisements, some.discarded, some.forgotten) = (2, .max, 1, 3)
    (some.sendFailed, some.sendErrno, some.problems, some.isInterrupted) = (1, 9_999, 2, true)
    var none = RoutersSummary(at: .zero)
    none.solicitations = 3
    return [some, none, RoutersSummary(at: .zero)]
  }()

  static func guardSummaries(_ octets: [UInt8]) -> [GuardSummary] {
    var full = LinkBaseline.Router(
      address: linkLocal, link: mac(1), hopLimit: 64, flags: 0xff, preference: .reserved, lifetime: 1_800)
    (full.mtu, full.optionLink) = (1_500, mac(2))
    full.prefixes = [
      .init(prefix: onLink(0), length: 64, flags: 0xff, validLifetime: .max, preferredLifetime: 0),
      .init(prefix: peer, length: 128, flags: 0, validLifetime: 1, preferredLifetime: 1),
    ]
    full.routes = [.init(prefix: peer, length: 48, preference: .low)]
    full.dnsServers = [peer, other]
    full.dnsSearchList = [octets, Array("example".utf8)]
    let bare = LinkBaseline.Router(
      address: local(2), link: nil, hopLimit: 0, flags: 0, preference: .medium, lifetime: 0)
    let baseline = LinkBaseline(routers: [full, bare])
    var compared = GuardSummary(baseline: baseline, isWritten: false, at: .zero)
    (compared.problems, compared.notices, compared.dropped) = (2, .max, 1)
    (compared.sendFailed, compared.sendErrno, compared.repeats) = (2, 1, 5)
    compared.isInterrupted = true
    return [
      GuardSummary(baseline: baseline, isWritten: true, at: .zero), compared,
      GuardSummary(baseline: LinkBaseline(), isWritten: false, at: .zero),
    ]
  }

  static func address(flags: UInt32) -> KernelAddress {
    var address = KernelAddress(address: local(0xa), prefixLength: 64, interface: 2, flags: flags)
    (address.validLifetime, address.preferredLifetime, address.origin) = (.max, 100, 2)
    return address
  }

  static let route: KernelRoute = {
    var route = KernelRoute(
      prefix: .unspecified, prefixLength: 0, gateway: linkLocal, interface: 2, origin: 9)
    (route.metric, route.mtu, route.hopLimit, route.lifetime) = (1_024, 1_400, 64, 1_795)
    route.preference = .high
    return route
  }()

  static let settings: KernelSettings = {
    var settings = KernelSettings()
    settings.disableIPv6 = 0
    settings.forwarding = 1
    settings.acceptRA = 2
    settings.acceptDefaultRouter = 1
    settings.acceptPrefixInformation = 1
    settings.acceptRouterPreference = 1
    settings.acceptRouteInformationMaximumLength = 0
    settings.acceptMTU = 1
    settings.acceptMinimumHopLimit = 1
    settings.acceptMinimumLifetime = 0
    settings.acceptFromLocal = 0
    settings.autoconfiguration = 1
    settings.addressGenerationMode = 0
    settings.duplicateAddressTransmits = 1
    settings.hopLimit = 64
    settings.honorsDelegationPreferredFlag = -1
    return settings
  }()
}
