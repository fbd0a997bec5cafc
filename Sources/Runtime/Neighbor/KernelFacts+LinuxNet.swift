import LinuxNet
import ProbeEngine
import Timing
import Wire

/// The kernel's tables as engines see them.

extension KernelNeighbor {
  /// nil for a group that this host sends to: the table holds those too, and nobody has them.
  init?(_ entry: NeighborEntry) {
    guard !entry.address.isMulticast else { return nil }
    self.init(
      address: entry.address, interface: entry.interface, link: LinkLayerAddress(entry.linkLayerAddress),
      state: State(rawValue: entry.state))
    isRouter = entry.isRouter
    isProxy = entry.isProxy
    isExternallyLearned = entry.isExternallyLearned
    confirmedAge = entry.confirmedAge
    usedAge = entry.usedAge
    updatedAge = entry.updatedAge
    probes = entry.probes
  }
}

extension KernelNeighborLimits {
  init(_ limits: NeighborLimits) {
    self.init(thresholds: limits.thresholds, entries: limits.entries, tableFulls: limits.tableFulls)
  }
}

extension KernelAddress {
  init(_ address: InterfaceAddress) {
    self.init(
      address: address.address, prefixLength: address.prefixLength, interface: address.interface,
      flags: address.flags)
    validLifetime = address.validLifetime
    preferredLifetime = address.preferredLifetime
    origin = address.origin
  }
}

extension KernelRoute {
  /// One for each next hop by `interface` (0: by any). None for a route that leads to no neighbor (own and multicast
  /// addresses, routes that refuse), and for tables of other rules: what an advertisement makes may be in the table
  /// of a VRF, whatever its number.
  static func all(_ entry: RouteEntry, by interface: UInt32) -> [KernelRoute] {
    let isOfAdvertisement = entry.origin == 9
    guard entry.kind == .unicast, !entry.isCached, entry.table == RouteEntry.mainTable || isOfAdvertisement
    else { return [] }
    return entry.nextHops.filter { interface == 0 || $0.interface == interface }.map { hop in
      var route = KernelRoute(
        prefix: entry.prefix, prefixLength: entry.prefixLength, gateway: hop.gateway,
        interface: hop.interface, origin: entry.origin)
      route.metric = entry.metric
      route.mtu = entry.mtu
      route.hopLimit = entry.hopLimit
      route.lifetime = entry.lifetime
      route.preference = RouterPreference(rawValue: entry.preference) ?? .medium
      return route
    }
  }
}

extension KernelInterface {
  init(_ link: Link) {
    self.init(index: link.index, name: link.name, mtu: link.mtu, link: link.neighborAddress)
    isUp = link.isUp
    isRunning = link.isRunning
    isLoopback = link.isLoopback
  }

  /// All interfaces at once.
  static let all = KernelInterface(index: 0, name: "", mtu: 0, link: nil)
}

extension Link {
  /// The address that frames have; nil where they have none: the loopback's zeros, and the ends of a tunnel, which the
  /// kernel keeps in its place (ARPHRD_TUNNEL and its kin).
  var neighborAddress: LinkLayerAddress? {
    (768...779).contains(hardwareType) ? nil : LinkLayerAddress(linkLayerAddress)
  }
}

extension KernelSettings {
  init(_ settings: IPv6Settings) {
    self.init()
    disableIPv6 = settings["disable_ipv6"]
    forwarding = settings["forwarding"]
    acceptRA = settings["accept_ra"]
    acceptDefaultRouter = settings["accept_ra_defrtr"]
    acceptPrefixInformation = settings["accept_ra_pinfo"]
    acceptRouterPreference = settings["accept_ra_rtr_pref"]
    acceptRouteInformationMaximumLength = settings["accept_ra_rt_info_max_plen"]
    acceptMTU = settings["accept_ra_mtu"]
    hopLimit = settings["hop_limit"]
    acceptMinimumHopLimit = settings["accept_ra_min_hop_limit"]
    acceptMinimumLifetime = settings["accept_ra_min_lft"]
    acceptFromLocal = settings["accept_ra_from_local"]
    autoconfiguration = settings["autoconf"]
    addressGenerationMode = settings["addr_gen_mode"]
    duplicateAddressTransmits = settings["dad_transmits"]
    honorsDelegationPreferredFlag = settings["ra_honor_pio_pflag"]
  }
}

extension KernelChange {
  /// What a change means to whoever looks at `interface` (0: at all): none, one, or one for each next hop of a route.
  static func all(_ change: NetlinkChange, on interface: UInt32) -> [KernelChange] {
    func isWanted(_ other: UInt32) -> Bool { interface == 0 || other == interface }
    switch change {
    case .neighbor(let entry, let isGone):
      guard isWanted(entry.interface), let neighbor = KernelNeighbor(entry) else { return [] }
      return [.neighbor(neighbor, isGone: isGone)]
    case .address(let address, let isGone):
      return isWanted(address.interface) ? [.address(KernelAddress(address), isGone: isGone)] : []
    case .route(let entry, let isGone):
      return KernelRoute.all(entry, by: interface).map { .route($0, isGone: isGone) }
    case .prefix(let prefix):
      guard isWanted(prefix.interface) else { return [] }
      return [
        .prefix(
          prefix.prefix, length: prefix.prefixLength, interface: prefix.interface,
          validLifetime: prefix.validLifetime, preferredLifetime: prefix.preferredLifetime)
      ]
    case .userOption(let option):
      guard isWanted(option.interface) else { return [] }
      return [.advertisedOption(option.octets, from: option.source, interface: option.interface)]
    case .link: return []
    case .lost: return [.lost]
    }
  }
}
