import Wire

extension LinkBaseline.Router {
  /// Prefixes, routes, servers and names that are kept of one router, each. Further ones are passed over; no router has
  /// a tenth of that.
  package static let maximumItems = 64

  /// What a router advertisement says of its router; nil where it is none, or must be discarded (RFC 4861 §6.1.2).
  ///
  /// Options that break a rule are passed over, as a host does. So is what is withdrawn by a lifetime of 0: routes,
  /// servers and names. A prefix stays, with its 0.
  package init?(_ message: HeardMessage) {
    let octets = message.octets.span
    guard !message.isDiscarded, let advertisement = try? RouterAdvertisement(decoding: octets) else {
      return nil
    }
    // The reserved value is read as medium (RFC 4191 §2.2).
    let preference = advertisement.preference == .reserved ? .medium : advertisement.preference
    self.init(
      address: message.source, link: message.arrival.linkSource, hopLimit: advertisement.hopLimit,
      flags: advertisement.flags.rawValue & ~0x18, preference: preference, lifetime: advertisement.lifetime)
    var walk = NeighborOptionWalk(range: advertisement.options)
    while let option = try? walk.next(in: octets) {
      guard NeighborRule.brokenRule(of: option, in: octets) == nil,
        let value = try? option.value(in: octets)
      else { continue }
      take(option.type, value, octets)
    }
    if link == nil { link = optionLink }
    if optionLink == link { optionLink = nil }
    sort()
  }

  private mutating func take(
    _ type: NeighborOptionType, _ value: NeighborOptionValue, _ octets: Span<UInt8>
  ) {
    switch value {
    case .linkLayerAddress(let range) where type == .sourceLinkLayerAddress:
      optionLink = LinkLayerAddress(range.map { octets[$0] })
    case .mtu(let value): mtu = value
    case .prefix(let prefix):
      put(
        LinkBaseline.Prefix(
          prefix: prefix.prefix.prefix(length: prefix.length), length: prefix.length,
          flags: prefix.flags.rawValue,
          validLifetime: prefix.validLifetime, preferredLifetime: prefix.preferredLifetime))
    case .route(let route) where route.lifetime > 0:
      put(
        LinkBaseline.Route(
          prefix: route.prefix.prefix(length: route.length), length: route.length,
          preference: route.preference))
    case .recursiveDNSServers(let lifetime, let servers) where lifetime > 0:
      for start in stride(from: servers.lowerBound, to: servers.upperBound, by: 16) {
        guard let address = try? IPv6Address(decoding: octets, at: start) else { return }
        put(server: address)
      }
    case .dnsSearchList(let lifetime, let names) where lifetime > 0:
      var labels = DNSLabelWalk(range: names)
      while !labels.range.isEmpty {
        guard let name = Self.name(&labels, octets) else { return }
        if !name.isEmpty { put(name: name) }
      }
    default: break
    }
  }

  /// The next name of a list in presentation form: labels with dots between, and a backslash before a dot or backslash
  /// that is part of a label (RFC 1035 §5.1). Empty for the zeros behind the last; nil where labels cannot be read.
  private static func name(_ labels: inout DNSLabelWalk, _ octets: Span<UInt8>) -> [UInt8]? {
    var name: [UInt8] = []
    do throws(WireError) {
      while let label = try labels.next(in: octets) {
        if !name.isEmpty { name.append(UInt8(ascii: ".")) }
        for index in label {
          let octet = octets[index]
          if octet == UInt8(ascii: ".") || octet == UInt8(ascii: "\\") { name.append(UInt8(ascii: "\\")) }
          name.append(octet)
        }
      }
    } catch {
      return nil
    }
    return name
  }

  /// Takes over what another advertisement of the same router says: a router may spread its options over several
  /// (RFC 4861 §6.2.3). What both say holds as the later one says it.
  mutating func merge(_ later: LinkBaseline.Router) {
    link = later.link ?? link
    optionLink = later.optionLink ?? optionLink
    hopLimit = later.hopLimit
    flags = later.flags
    preference = later.preference
    lifetime = later.lifetime
    mtu = later.mtu ?? mtu
    for prefix in later.prefixes { put(prefix) }
    for route in later.routes { put(route) }
    for server in later.dnsServers { put(server: server) }
    for name in later.dnsSearchList { put(name: name) }
    sort()
  }

  private mutating func put(_ prefix: LinkBaseline.Prefix) {
    if let index = prefixes.firstIndex(where: { $0.prefix == prefix.prefix && $0.length == prefix.length }) {
      prefixes[index] = prefix
    } else if prefixes.count < Self.maximumItems {
      prefixes.append(prefix)
    }
  }

  private mutating func put(_ route: LinkBaseline.Route) {
    if let index = routes.firstIndex(where: { $0.prefix == route.prefix && $0.length == route.length }) {
      routes[index] = route
    } else if routes.count < Self.maximumItems {
      routes.append(route)
    }
  }

  private mutating func put(server: IPv6Address) {
    if dnsServers.count < Self.maximumItems, !dnsServers.contains(server) { dnsServers.append(server) }
  }

  private mutating func put(name: [UInt8]) {
    if dnsSearchList.count < Self.maximumItems, !dnsSearchList.contains(name) { dnsSearchList.append(name) }
  }

  /// As a reading would have it: bits behind a prefix cleared, each list in its order and within its bound.
  var inOrder: LinkBaseline.Router {
    var router = self
    router.prefixes = []
    router.routes = []
    router.dnsServers = []
    router.dnsSearchList = []
    for var prefix in prefixes {
      prefix.prefix = prefix.prefix.prefix(length: prefix.length)
      router.put(prefix)
    }
    for var route in routes {
      route.prefix = route.prefix.prefix(length: route.length)
      router.put(route)
    }
    for server in dnsServers { router.put(server: server) }
    for name in dnsSearchList { router.put(name: name) }
    router.sort()
    return router
  }

  private mutating func sort() {
    prefixes.sort { ($0.prefix.bits, $0.length) < ($1.prefix.bits, $1.length) }
    routes.sort { ($0.prefix.bits, $0.length) < ($1.prefix.bits, $1.length) }
    dnsServers.sort { $0.bits < $1.bits }
    dnsSearchList.sort { $0.lexicographicallyPrecedes($1) }
  }
}
