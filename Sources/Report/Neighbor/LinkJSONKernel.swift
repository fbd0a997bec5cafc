import ProbeEngine
import Timing
import Wire

/// The keys of what the kernel knows.
struct LinkJSONKernel {
  let scope: LinkJSONScope

  func put(_ entry: KernelNeighbor, into object: inout JSONLine) {
    scope.put("address", entry.address, zone: entry.interface, into: &object)
    object.put("link", link: entry.link)
    object.put("state", words: entry.state.names)
    object.put("router", entry.isRouter)
    object.put("proxy", entry.isProxy)
    object.put("externally_learned", entry.isExternallyLearned)
    object.put("confirmed_age_ns", ifKnown: entry.confirmedAge?.count)
    object.put("used_age_ns", ifKnown: entry.usedAge?.count)
    object.put("updated_age_ns", ifKnown: entry.updatedAge?.count)
    object.put("probes", UInt64(entry.probes))
  }

  func put(_ address: KernelAddress, into object: inout JSONLine) {
    scope.put("address", address.address, zone: address.interface, into: &object)
    object.put("prefix_length", UInt64(address.prefixLength))
    object.put("flags", words: address.flagNames)
    object.put("flags_bits", UInt64(address.flags))
    if let valid = address.validLifetime { object.put("valid_lifetime_ns", lifetime: valid) }
    if let preferred = address.preferredLifetime { object.put("preferred_lifetime_ns", lifetime: preferred) }
    object.put("protocol", UInt64(address.origin))
  }

  func put(_ route: KernelRoute, into object: inout JSONLine) {
    object.put(prefix: route.prefix, length: route.prefixLength)
    if let gateway = route.gateway { scope.put("gateway", gateway, zone: route.interface, into: &object) }
    object.put("protocol", UInt64(route.origin))
    object.put("metric", UInt64(route.metric))
    if let mtu = route.mtu { object.put("mtu", UInt64(mtu)) }
    if let hopLimit = route.hopLimit { object.put("hop_limit", UInt64(hopLimit)) }
    if let lifetime = route.lifetime { object.put("lifetime_ns", seconds: UInt64(lifetime)) }
    object.put("preference", route.preference.name)
  }

  func put(_ change: KernelChange, into line: inout JSONLine) {
    switch change {
    case .neighbor(let entry, let isGone):
      scope.put(interface: entry.interface, into: &line)
      line.put("kind", "neighbor")
      line.put("gone", isGone)
      put(entry, into: &line)
    case .address(let address, let isGone):
      scope.put(interface: address.interface, into: &line)
      line.put("kind", "address")
      line.put("gone", isGone)
      put(address, into: &line)
    case .route(let route, let isGone):
      scope.put(interface: route.interface, into: &line)
      line.put("kind", "route")
      line.put("gone", isGone)
      put(route, into: &line)
    case .prefix(let prefix, let length, let interface, let valid, let preferred):
      scope.put(interface: interface, into: &line)
      line.put("kind", "prefix")
      line.put(prefix: prefix, length: length)
      line.put("valid_lifetime_ns", lifetime: valid)
      line.put("preferred_lifetime_ns", lifetime: preferred)
    case .advertisedOption(let octets, let source, let interface):
      scope.put(interface: interface, into: &line)
      line.put("kind", "option")
      scope.put("from", source, zone: interface, into: &line)
      var walk = NeighborOptionWalk(range: 0..<octets.count)
      if let option = try? walk.next(in: octets.span) {
        line.object("option") { LinkJSONOption.put(option, in: octets, into: &$0) }
      }
      line.put("octets", hexadecimal: octets)
    case .lost: line.put("kind", "lost")
    }
  }

  func put(_ limits: KernelNeighborLimits, into object: inout JSONLine) {
    object.array("gc_thresholds", limits.thresholds) { $1.put(decimal: UInt64($0)) }
    object.put("entries", UInt64(limits.entries))
    object.put("table_fulls", limits.tableFulls)
  }

  /// By the names of net.ipv6.conf.
  func put(_ settings: KernelSettings, into object: inout JSONLine) {
    for (name, value) in [
      ("disable_ipv6", settings.disableIPv6), ("forwarding", settings.forwarding),
      ("accept_ra", settings.acceptRA), ("accept_ra_defrtr", settings.acceptDefaultRouter),
      ("accept_ra_pinfo", settings.acceptPrefixInformation),
      ("accept_ra_rtr_pref", settings.acceptRouterPreference),
      ("accept_ra_rt_info_max_plen", settings.acceptRouteInformationMaximumLength),
      ("accept_ra_mtu", settings.acceptMTU), ("accept_ra_min_hop_limit", settings.acceptMinimumHopLimit),
      ("accept_ra_min_lft", settings.acceptMinimumLifetime),
      ("accept_ra_from_local", settings.acceptFromLocal),
      ("autoconf", settings.autoconfiguration), ("addr_gen_mode", settings.addressGenerationMode),
      ("hop_limit", settings.hopLimit), ("dad_transmits", settings.duplicateAddressTransmits),
      ("ra_honor_pio_pflag", settings.honorsDelegationPreferredFlag),
    ] {
      object.put(name, ifKnown: value.map { Int64($0) })
    }
  }
}

/// What addresses mean nothing without: zones, by the names of interfaces. Inside `message` addresses stand as on
/// the wire.
struct LinkJSONScope {
  let run: LinkRun

  /// With a zone where the address needs one; `zone` 0 is the interface of the run.
  func put(_ key: String, _ address: IPv6Address, zone: UInt32 = 0, into line: inout JSONLine) {
    let interface = zone == 0 ? run.view.interface.index : zone
    line.put(
      key, address, zone: address.needsZone ? interface : 0, names: run.interfaceNames)
  }

  /// By name, else by index; absent where there is none.
  func put(interface index: UInt32? = nil, into line: inout JSONLine) {
    let own = run.view.interface
    if index == nil || index == own.index {
      if own.index != 0 { line.put("interface", own.name) }
    } else if let index, index != 0 {
      line.put("interface", run.interfaceNames[index] ?? String(index))
    }
  }

  func put(target index: Int?, into line: inout JSONLine) {
    guard let index, run.targets.indices.contains(index) else { return }
    let target = run.targets[index]
    line.put("target", target.name)
    line.put(
      "destination", target.address, zone: target.address.needsZone ? target.zone : 0,
      names: run.interfaceNames)
  }
}
