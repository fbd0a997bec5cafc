import Timing
import Wire

/// Joins router advertisements with what the kernel made of them: which address, route, MTU and hop limit came of each
/// part, and if none, why.
///
/// What is there counts more than what settings let expect: daemons of user space read advertisements as well, and
/// Linux takes some options that break a rule. Settings as ip-sysctl of the kernel's documentation has them; what
/// it does not say was measured with Linux 6.18 (`RouterAcceptanceTests`).
package struct RouterAcceptance {
  private let view: KernelView
  /// Addresses that were refused as duplicates and are gone since: the kernel takes away those it had made itself.
  private let refused: [KernelAddress]
  private let routes: [PrefixKey: [KernelRoute]]

  /// Lifetimes are whole seconds, and the kernel's clock for them ticks slowly.
  private static let slack: Int64 = 3
  /// RTPROT_RA of linux/rtnetlink.h.
  private static let originAdvertisement: UInt8 = 9
  /// IFAPROT_KERNEL_RA of linux/if_addr.h.
  private static let addressOriginAdvertisement: UInt8 = 2
  /// IFA_F_PERMANENT: a person or a daemon gave it.
  private static let permanent: UInt32 = 0x80

  package init(view: KernelView, refused: [KernelAddress] = []) {
    self.view = view
    self.refused = refused
    var routes: [PrefixKey: [KernelRoute]] = [:]
    for route in view.routes {
      routes[PrefixKey(route.prefix, length: route.prefixLength), default: []].append(route)
    }
    self.routes = routes
  }

  /// The parts in the order: default router, hop limit, MTU, prefixes, routes. None where it is no router
  /// advertisement.
  package func parts(of message: HeardMessage) -> [AcceptedPart] {
    guard let contents = AdvertisedContents(message) else { return [] }
    return parts(of: message, contents)
  }

  func parts(of message: HeardMessage, _ contents: AdvertisedContents) -> [AcceptedPart] {
    let whole = obstacles(ofWhole: message, contents.header)
    let reading = Reading(
      source: message.source, age: max(0, (view.at - contents.stamp).count / 1_000_000_000), whole: whole)
    let router = defaultRouter(contents.header, reading)
    var parts = [router]
    if contents.header.hopLimit != 0 { parts.append(hopLimit(contents.header, reading, router)) }
    if let mtu = contents.mtu { parts.append(self.mtu(mtu, reading, router)) }
    for prefix in contents.prefixes { parts.append(self.prefix(prefix, reading)) }
    for route in contents.routes { parts.append(self.route(route, reading)) }
    return parts
  }

  /// One advertisement as it is joined.
  private struct Reading {
    let source: IPv6Address
    /// Whole seconds since it came.
    let age: Int64
    /// What stands against all of it.
    let whole: [AcceptanceObstacle]

    /// Seconds that are left of a lifetime; nil: for ever.
    func left(of lifetime: UInt32) -> Int64? {
      lifetime == .max ? nil : max(0, Int64(lifetime) - age)
    }
  }

  // MARK: Obstacles

  private var settings: KernelSettings { view.interface.settings }

  private func obstacles(
    ofWhole message: HeardMessage, _ header: RouterAdvertisement
  ) -> [AcceptanceObstacle] {
    if let broken = message.broken.first(where: { $0.rule.consequence == .messageDiscarded }) {
      return [.discarded(broken.rule)]
    }
    // Below 1280 the kernel takes IPv6 from the interface.
    if settings.disableIPv6 ?? 0 != 0 || view.interface.mtu < 1_280 { return [.ipv6Disabled] }
    if settings.acceptRA == 0 { return [.acceptRAOff] }
    if settings.acceptRA == 1, settings.forwarding ?? 0 != 0 { return [.forwarding] }
    // Measured: with accept_ra_from_local the default route by an own address fails, and all behind it is left.
    if settings.acceptFromLocal ?? 0 != 0, header.lifetime > 0, settings.acceptDefaultRouter != 0,
      view.isOwn(message.source)
    {
      return [.fromThisHost]
    }
    return []
  }

  /// What keeps the kernel from the header (measured: from the hop limit as well as from the default route).
  private func obstacles(
    ofHeader header: RouterAdvertisement, _ reading: Reading
  ) -> [AcceptanceObstacle] {
    var obstacles = reading.whole
    if settings.acceptDefaultRouter == 0 { obstacles.append(.defaultRouterOff) }
    if settings.acceptFromLocal ?? 0 == 0, view.isOwn(reading.source) { obstacles.append(.fromThisHost) }
    if let obstacle = lifetimeObstacle(UInt32(header.lifetime)) { obstacles.append(obstacle) }
    return obstacles
  }

  private func lifetimeObstacle(_ lifetime: UInt32) -> AcceptanceObstacle? {
    guard let minimum = settings.acceptMinimumLifetime, lifetime > 0, Int64(lifetime) < Int64(minimum)
    else { return nil }
    return .lifetimeTooShort(minimum: minimum)
  }

  /// What is said where nothing came of a part: `known`, or what little explains it.
  private func explained(_ known: [AcceptanceObstacle]) -> [AcceptanceObstacle] {
    if !known.isEmpty { return known }
    return [view.linkLocalSource == nil ? .noLinkLocalAddress : .unknown]
  }

  // MARK: Parts

  private func defaultRouter(_ header: RouterAdvertisement, _ reading: Reading) -> AcceptedPart {
    var part = AcceptedPart(.defaultRouter)
    part.route = route(PrefixKey(.unspecified, length: 0), via: reading.source)
    let left = max(0, Int64(header.lifetime) - reading.age)
    part.obstacles = obstacles(
      known: obstacles(ofHeader: header, reading), left: left,
      standing: part.route.map { standing(of: $0.lifetime, left: left) })
    return part
  }

  private func hopLimit(
    _ header: RouterAdvertisement, _ reading: Reading, _ router: AcceptedPart
  ) -> AcceptedPart {
    var part = AcceptedPart(.hopLimit(header.hopLimit))
    var known = obstacles(ofHeader: header, reading)
    if let minimum = settings.acceptMinimumHopLimit, Int(header.hopLimit) < minimum {
      known.append(.hopLimitTooLow(minimum: minimum))
    }
    let used = [router.route?.hopLimit.map { Int($0) }, settings.hopLimit]
    if used.contains(where: { $0 == Int(header.hopLimit) }) { return part }
    let isKnown = used.contains { $0 != nil }
    part.obstacles = isKnown ? explained(known) : known
    return part
  }

  private func mtu(_ mtu: UInt32, _ reading: Reading, _ router: AcceptedPart) -> AcceptedPart {
    var part = AcceptedPart(.mtu(mtu))
    part.mtu = view.interface.ipv6MTU
    // Measured: the default route keeps it where another router's option was read later.
    if router.route?.mtu == mtu { part.route = router.route }
    guard part.mtu != mtu, part.route == nil else { return part }
    var known = reading.whole
    if settings.acceptMTU == 0 { known.append(.mtuOff) }
    if mtu < 1_280 || mtu > view.interface.mtu { known.append(.mtuOutOfRange) }
    part.obstacles = part.mtu == nil ? known : explained(known)
    return part
  }

  private func prefix(_ prefix: AdvertisedContents.Prefix, _ reading: Reading) -> AcceptedPart {
    let information = prefix.information
    var part = AcceptedPart(.prefix(information.prefix, length: information.length))
    let key = prefix.key
    let wantsAddress = information.flags.rawValue & 0x40 != 0
    let wantsRoute = information.flags.rawValue & 0x80 != 0
    guard wantsAddress || wantsRoute else { return part }
    var known = reading.whole
    if let broken = prefix.broken { known.append(.optionIgnored(broken)) }
    if settings.acceptPrefixInformation == 0 { known.append(.prefixInformationOff) }
    if let obstacle = lifetimeObstacle(information.validLifetime) { known.append(obstacle) }
    let left = reading.left(of: information.validLifetime)
    if wantsRoute {
      part.route = (routes[key] ?? []).first { $0.gateway == nil && $0.lifetime != 0 }
      part.obstacles = obstacles(
        known: known, left: left,
        // Whoever gave an address of the prefix by hand has made the route too, and it does not age.
        standing: part.route.map { standing(of: $0.lifetime, left: left) })
    }
    if wantsAddress {
      part.addresses = view.addresses.filter { key.contains($0.address) && isAutoconfigured($0) }
      add(addressObstacles(prefix, known, left, part.addresses), to: &part.obstacles)
    }
    return part
  }

  private func addressObstacles(
    _ prefix: AdvertisedContents.Prefix, _ common: [AcceptanceObstacle], _ left: Int64?,
    _ addresses: [KernelAddress]
  ) -> [AcceptanceObstacle] {
    var known = common
    if settings.autoconfiguration == 0 { known.append(.autoconfigurationOff) }
    if prefix.information.length != 64 { known.append(.prefixLengthNot64) }
    if settings.honorsDelegationPreferredFlag ?? 0 != 0, prefix.information.flags.rawValue & 0x10 != 0 {
      known.append(.delegationPreferred)
    }
    let good = addresses.filter { !$0.isDuplicate }
    if good.isEmpty, addresses.count > 0 || isRefused(prefix.key) { known.append(.duplicateAddress) }
    let standings = good.map { standing(of: $0.validLifetime, left: left) }
    return obstacles(
      known: known, left: left,
      standing: standings.isEmpty ? nil : standings.contains(.fresh) ? .fresh : .old)
  }

  private func route(_ route: AdvertisedContents.Route, _ reading: Reading) -> AcceptedPart {
    let information = route.information
    var part = AcceptedPart(.route(information.prefix, length: information.length))
    var known = reading.whole
    if let broken = route.broken { known.append(.optionIgnored(broken)) }
    if settings.acceptRouterPreference == 0 { known.append(.routePreferenceOff) }
    if let maximum = settings.acceptRouteInformationMaximumLength, Int(information.length) > maximum {
      known.append(.routeTooLong(maximum: maximum))
    }
    if information.length == 0, settings.acceptDefaultRouter == 0 { known.append(.defaultRouterOff) }
    if view.isOwn(reading.source) { known.append(.fromThisHost) }
    if let obstacle = lifetimeObstacle(information.lifetime) { known.append(obstacle) }
    let left = reading.left(of: information.lifetime)
    part.route = self.route(route.key, via: reading.source)
    part.obstacles = obstacles(
      known: known, left: left, standing: part.route.map { standing(of: $0.lifetime, left: left) })
    return part
  }

  // MARK: What is there

  /// Whether what is there can be of this advertisement, by what is left of its lifetime.
  private enum Standing { case fresh, old }

  /// `lifetime` and `left` in seconds; nil: for ever.
  private func standing(of lifetime: UInt32?, left: Int64?) -> Standing {
    guard let lifetime else { return .fresh }
    guard let left else { return .old }
    return Int64(lifetime) >= left - Self.slack ? .fresh : .old
  }

  /// What stands against a part: nothing where something came of it. What is there with too little left was made of
  /// an earlier advertisement where something is known that keeps the kernel from this one; else another router's
  /// lifetime counts.
  private func obstacles(
    known: [AcceptanceObstacle], left: Int64?, standing: Standing?
  ) -> [AcceptanceObstacle] {
    if left == 0 { return [.lifetimeZero] }
    switch standing {
    case .fresh?: return []
    case .old?: return known
    case nil: return explained(known)
    }
  }

  /// The route that an advertisement made; expired ones stay in the table for a while.
  private func route(_ key: PrefixKey, via gateway: IPv6Address) -> KernelRoute? {
    (routes[key] ?? []).first {
      $0.gateway == gateway && $0.origin == Self.originAdvertisement && $0.lifetime != 0
    }
  }

  /// Kernels before 5.18 do not tell the origin.
  private func isAutoconfigured(_ address: KernelAddress) -> Bool {
    address.origin == Self.addressOriginAdvertisement
      || address.origin == 0 && address.flags & Self.permanent == 0
  }

  /// Duplicate address detection failed for an address of that prefix, or for the link-local one, whose identifier
  /// addresses of a prefix share.
  private func isRefused(_ key: PrefixKey) -> Bool {
    refused.contains { key.contains($0.address) }
      || view.addresses.contains { $0.address.isLinkLocalUnicast && $0.isDuplicate }
  }

  private func add(_ obstacles: [AcceptanceObstacle], to all: inout [AcceptanceObstacle]) {
    for obstacle in obstacles where !all.contains(where: { $0 == obstacle }) { all.append(obstacle) }
  }
}
