@testable import Wire

/// What our decoders say of a neighbor discovery or MLD message, under the field names of tshark.
struct NeighborFields {
  private(set) var values: [String: [String]] = [:]
  /// The packet that a redirect carries.
  private(set) var redirected: Range<Int>?

  init(_ octets: Span<UInt8>) throws {
    switch octets[0] {
    case 133: try addOptions(octets, try RouterSolicitation(decoding: octets).options)
    case 134: try addAdvertisement(octets)
    case 135:
      let message = try NeighborSolicitation(decoding: octets)
      add("icmpv6.nd.ns.target_address", message.target)
      try addOptions(octets, message.options)
    case 136:
      let message = try NeighborAdvertisement(decoding: octets)
      add("icmpv6.nd.na.flag.r", message.flags.rawValue >> 7)
      add("icmpv6.nd.na.flag.s", message.flags.rawValue >> 6 & 1)
      add("icmpv6.nd.na.flag.o", message.flags.rawValue >> 5 & 1)
      add("icmpv6.nd.na.target_address", message.target)
      try addOptions(octets, message.options)
    case 137:
      let message = try Redirect(decoding: octets)
      add("icmpv6.nd.rd.target_address", message.target)
      add("icmpv6.rd.na.destination_address", message.destination)
      try addOptions(octets, message.options)
    case 130: try addQuery(octets)
    case 131, 132:
      add("icmpv6.mld.multicast_address", try MulticastListenerReport(decoding: octets).group)
    case 143: try addReport(octets)
    default: break
    }
  }

  private mutating func add(_ key: String, _ value: some CustomStringConvertible) {
    values[key, default: []].append(value.description)
  }

  private mutating func addAdvertisement(_ octets: Span<UInt8>) throws {
    let message = try RouterAdvertisement(decoding: octets)
    let flags = message.flags.rawValue
    add("icmpv6.nd.ra.cur_hop_limit", message.hopLimit)
    add("icmpv6.nd.ra.flag.m", flags >> 7)
    add("icmpv6.nd.ra.flag.o", flags >> 6 & 1)
    add("icmpv6.nd.ra.flag.h", flags >> 5 & 1)
    add("icmpv6.nd.ra.flag.prf", message.preference.rawValue)
    add("icmpv6.nd.ra.flag.p", flags >> 2 & 1)
    add("icmpv6.nd.ra.router_lifetime", message.lifetime)
    add("icmpv6.nd.ra.reachable_time", message.reachableTime)
    add("icmpv6.nd.ra.retrans_timer", message.retransmitTimer)
    try addOptions(octets, message.options)
  }

  private mutating func addOptions(_ octets: Span<UInt8>, _ range: Range<Int>) throws {
    var walk = NeighborOptionWalk(range: range)
    while let option = try walk.next(in: octets) {
      add("icmpv6.opt.type", option.type.rawValue)
      add("icmpv6.opt.length", option.range.count / 8)
      try add(try option.value(in: octets), octets)
    }
  }

  private mutating func add(_ value: NeighborOptionValue, _ octets: Span<UInt8>) throws {
    switch value {
    case .linkLayerAddress(let range): add("icmpv6.opt.linkaddr", hex(octets, range, separator: ":"))
    case .prefix(let prefix):
      add("icmpv6.opt.prefix.length", prefix.length)
      add("icmpv6.opt.prefix.flag.l", prefix.flags.rawValue >> 7)
      add("icmpv6.opt.prefix.flag.a", prefix.flags.rawValue >> 6 & 1)
      add("icmpv6.opt.prefix.flag.r", prefix.flags.rawValue >> 5 & 1)
      add("icmpv6.opt.prefix.valid_lifetime", prefix.validLifetime)
      add("icmpv6.opt.prefix.preferred_lifetime", prefix.preferredLifetime)
      add("icmpv6.opt.prefix", prefix.prefix)
    case .mtu(let mtu): add("icmpv6.opt.mtu", mtu)
    case .advertisementInterval(let interval): add("icmpv6.opt.advertisement_interval", interval)
    case .homeAgent(let preference, let lifetime):
      add("icmpv6.opt.home_agent_preference", preference)
      add("icmpv6.opt.home_agent_lifetime", lifetime)
    case .nonce(let range): add("icmpv6.opt.nonce", hex(octets, range))
    case .rsaSignature(let keyHash, _): add("icmpv6.opt.rsa.key_hash", hex(octets, keyHash))
    case .route(let route):
      add("icmpv6.opt.prefix.length", route.length)
      add("icmpv6.opt.route_info.flag.route_preference", route.preference.rawValue)
      add("icmpv6.opt.route_lifetime", route.lifetime)
      add("icmpv6.opt.prefix", route.prefix)
    case .recursiveDNSServers(let lifetime, let servers):
      add("icmpv6.opt.rdnss.lifetime", lifetime)
      for offset in stride(from: servers.lowerBound, to: servers.upperBound, by: 16) {
        add("icmpv6.opt.rdnss", try IPv6Address(decoding: octets, at: offset))
      }
    case .dnsSearchList(let lifetime, let names):
      add("icmpv6.opt.dnssl.lifetime", lifetime)
      var labels = DNSLabelWalk(range: names)
      while !labels.range.isEmpty {
        var name: [String] = []
        while let label = try labels.next(in: octets) {
          name.append(String(decoding: octets.extracting(label).array, as: UTF8.self))
        }
        if !name.isEmpty { add("icmpv6.opt.dnssl", name.joined(separator: ".")) }
      }
    case .addressRegistration(let status, let lifetime, _):
      add("icmpv6.opt.aro.status", status)
      add("icmpv6.opt.aro.registration_lifetime", lifetime)
    case .sixLoWPANContext(let length, let isCompression, let identifier, let lifetime, _):
      add("icmpv6.opt.6co.context_length", length)
      add("icmpv6.opt.6co.flag.c", isCompression ? 1 : 0)
      add("icmpv6.opt.6co.flag.cid", identifier)
      add("icmpv6.opt.6co.valid_lifetime", lifetime)
    case .borderRouter(let version, let lifetime, let address):
      add("icmpv6.opt.abro.version_low", version & 0xffff)
      add("icmpv6.opt.abro.version_high", version >> 16)
      add("icmpv6.opt.abro.valid_lifetime", lifetime)
      add("icmpv6.opt.abro.6lbr_address", address)
    case .captivePortal(let range):
      add("icmpv6.opt.captive_portal", String(decoding: octets.extracting(range).array, as: UTF8.self))
    case .pref64(let prefix, _, let lifetime):
      add("icmpv6.opt.pref64.scaled_lifetime", lifetime / 8)
      add("icmpv6.opt.pref64.prefix", prefix)
    case .redirectedHeader(let range): redirected = range
    case .cga, .timestamp, .provisioningDomain, .flagsExtension, .sixLoWPANCapability,
      .encryptedDNS, .other:
      break
    }
  }

  private mutating func addQuery(_ octets: Span<UInt8>) throws {
    let query = try MulticastListenerQuery(decoding: octets)
    add("icmpv6.mld.multicast_address", query.group)
    guard let version2 = query.version2 else {
      add("icmpv6.mld.maximum_response_delay", query.maximumResponseCode)
      return
    }
    add("icmpv6.mld.maximum_response_code", query.maximumResponseCode)
    add("icmpv6.mld.flag.s", version2.suppressesRouterProcessing ? 1 : 0)
    add("icmpv6.mld.flag.qrv", version2.robustness)
    add("icmpv6.mld.qqi", version2.intervalCode)
    add("icmpv6.mld.nb_sources", version2.sourceCount)
    for offset in stride(from: version2.sources.lowerBound, to: version2.sources.upperBound, by: 16) {
      add("icmpv6.mld.source_address", try IPv6Address(decoding: octets, at: offset))
    }
  }

  private mutating func addReport(_ octets: Span<UInt8>) throws {
    var walk = try MulticastAddressRecordWalk(decoding: octets)
    add("icmpv6.mldr.nb_mcast_records", walk.remaining)
    while let record = try walk.next(in: octets) {
      add("icmpv6.mldr.mar.record_type", record.kind?.rawValue ?? 0)
      add("icmpv6.mldr.mar.nb_sources", record.sources.count / 16)
      add("icmpv6.mldr.mar.multicast_address", record.group)
      for offset in stride(from: record.sources.lowerBound, to: record.sources.upperBound, by: 16) {
        add("icmpv6.mldr.mar.source_address", try IPv6Address(decoding: octets, at: offset))
      }
    }
  }

  /// As tshark prints octets.
  private func hex(_ octets: Span<UInt8>, _ range: Range<Int>, separator: String = "") -> String {
    octets.extracting(range).array.map { $0 < 16 ? "0" + String($0, radix: 16) : String($0, radix: 16) }
      .joined(separator: separator)
  }
}
