/// What a neighbor discovery option says, where its layout is known here. Ranges count in the octets that the option
/// was found in.
package enum NeighborOptionValue: Hashable, Sendable {
  /// Source or target (RFC 4861 §4.6.1): 6 octets on Ethernet, others elsewhere, pads included.
  case linkLayerAddress(Range<Int>)
  case prefix(PrefixInformation)
  /// As much of the packet as was sent along (RFC 4861 §4.6.3).
  case redirectedHeader(Range<Int>)
  /// RFC 4861 §4.6.4.
  case mtu(UInt32)
  /// Milliseconds (RFC 6275 §7.3).
  case advertisementInterval(UInt32)
  /// Preference, lifetime in seconds (RFC 6275 §7.4).
  case homeAgent(preference: UInt16, lifetime: UInt16)
  /// CGA parameters without padding (RFC 3971 §5.1).
  case cga(Range<Int>)
  /// Key hash (16 octets) and signature, padding included (RFC 3971 §5.2).
  case rsaSignature(keyHash: Range<Int>, signature: Range<Int>)
  /// Seconds since 1970 in the upper 48 bits, 1/64K fractions below (RFC 3971 §5.3.1).
  case timestamp(UInt64)
  /// RFC 3971 §5.3.2, RFC 7527.
  case nonce(Range<Int>)
  case provisioningDomain(ProvisioningDomain)
  case route(RouteInformation)
  /// RFC 8106 §5.1; `servers` is a whole number of addresses.
  case recursiveDNSServers(lifetime: UInt32, servers: Range<Int>)
  /// RFC 5175: 48 bits, of which the first 8 continue the flags of the header; more may follow.
  case flagsExtension(Range<Int>)
  /// RFC 8106 §5.2: names in DNS wire form, zeros behind.
  case dnsSearchList(lifetime: UInt32, names: Range<Int>)
  /// RFC 6775 §4.1, RFC 8505: lifetime in minutes; EUI-64 or ROVR.
  case addressRegistration(status: UInt8, lifetime: UInt16, identifier: Range<Int>)
  /// RFC 6775 §4.2: lifetime in minutes.
  case sixLoWPANContext(
    length: UInt8, isCompression: Bool, identifier: UInt8, lifetime: UInt16, prefix: Range<Int>)
  /// RFC 6775 §4.3: lifetime in minutes.
  case borderRouter(version: UInt32, lifetime: UInt16, address: IPv6Address)
  /// RFC 7400 §3.4: 16 and 32 bits.
  case sixLoWPANCapability(UInt64)
  /// RFC 8910 §2.3: a URI without the NULs that pad it.
  case captivePortal(Range<Int>)
  /// RFC 8781: lifetime in seconds; nil length for a code that is not assigned.
  case pref64(prefix: IPv6Address, length: UInt8?, lifetime: UInt16)
  case encryptedDNS(EncryptedDNS)
  /// Not known here: what stands behind type and length.
  case other(Range<Int>)

  /// RFC 4861 §4.6.2, RFC 6275 §7.2, RFC 9762.
  package struct PrefixInformation: Hashable, Sendable {
    package struct Flags: RawRepresentable, Hashable, Sendable {
      package var rawValue: UInt8
      package init(rawValue: UInt8) { self.rawValue = rawValue }
      package static let onLink = Flags(rawValue: 0x80)
      package static let autonomous = Flags(rawValue: 0x40)
      /// The prefix holds the router's whole address.
      package static let routerAddress = Flags(rawValue: 0x20)
      /// Ask for a prefix of your own by DHCPv6 prefix delegation.
      package static let delegationPreferred = Flags(rawValue: 0x10)
    }
    /// As it came; above 128 is invalid.
    package var length: UInt8
    package var flags: Flags
    /// Seconds; all ones is for ever.
    package var validLifetime: UInt32
    package var preferredLifetime: UInt32
    /// As it came, bits behind the length included.
    package var prefix: IPv6Address

    package init(
      prefix: IPv6Address, length: UInt8, flags: Flags, validLifetime: UInt32, preferredLifetime: UInt32
    ) {
      self.prefix = prefix
      self.length = length
      self.flags = flags
      self.validLifetime = validLifetime
      self.preferredLifetime = preferredLifetime
    }
  }

  /// RFC 4191 §2.3.
  package struct RouteInformation: Hashable, Sendable {
    package var length: UInt8
    package var preference: RouterPreference
    /// Seconds; all ones is for ever.
    package var lifetime: UInt32
    /// What was not sent is zero.
    package var prefix: IPv6Address

    package init(prefix: IPv6Address, length: UInt8, preference: RouterPreference, lifetime: UInt32) {
      self.prefix = prefix
      self.length = length
      self.preference = preference
      self.lifetime = lifetime
    }
  }

  /// RFC 8801 §3.1.
  package struct ProvisioningDomain: Hashable, Sendable {
    package var hasHTTP: Bool
    package var isLegacy: Bool
    /// The first 16 octets behind the name are a router advertisement header in place of the outer one.
    package var hasHeader: Bool
    /// Exponent of the random delay.
    package var delay: UInt8
    package var sequence: UInt16
    /// Name in DNS wire form.
    package var name: Range<Int>
    package var header: Range<Int>?
    /// Options for this domain alone.
    package var options: Range<Int>
  }

  /// RFC 9463 §6.1.
  package struct EncryptedDNS: Hashable, Sendable {
    package var priority: UInt16
    /// Seconds.
    package var lifetime: UInt32
    /// Authentication domain name in DNS wire form.
    package var name: Range<Int>
    /// A whole number of addresses; nil where only a name is given.
    package var addresses: Range<Int>?
    /// SvcParams (RFC 9460 §2.2): key, length, value.
    package var parameters: Range<Int>
  }
}

extension NeighborOption {
  /// Reads the option in the octets that it was found in. Throws where its length does not fit its type: the option
  /// is then ignored while the rest of the message holds.
  package func value(in octets: Span<UInt8>) throws(WireError) -> NeighborOptionValue {
    try octets.require(range.count, at: range.lowerBound)
    let start = range.lowerBound
    switch type {
    case .sourceLinkLayerAddress, .targetLinkLayerAddress: return .linkLayerAddress(data)
    case .prefixInformation:
      try requireCount(32)
      return .prefix(
        NeighborOptionValue.PrefixInformation(
          prefix: IPv6Address(bits: octets.uint128(at: start + 16)), length: octets[start + 2],
          flags: .init(rawValue: octets[start + 3]), validLifetime: octets.uint32(at: start + 4),
          preferredLifetime: octets.uint32(at: start + 8)))
    case .redirectedHeader: return .redirectedHeader((start + 8)..<range.upperBound)
    case .mtu:
      try requireCount(8)
      return .mtu(octets.uint32(at: start + 4))
    case .advertisementInterval:
      try requireCount(8)
      return .advertisementInterval(octets.uint32(at: start + 4))
    case .homeAgentInformation:
      try requireCount(8)
      return .homeAgent(preference: octets.uint16(at: start + 4), lifetime: octets.uint16(at: start + 6))
    case .cga:
      let pad = Int(octets[start + 2])
      guard pad <= range.count - 4 else { throw .invalid(.length, value: pad, offset: start + 2) }
      return .cga((start + 4)..<(range.upperBound - pad))
    case .rsaSignature:
      try requireAtLeast(24)
      return .rsaSignature(
        keyHash: (start + 4)..<(start + 20), signature: (start + 20)..<range.upperBound)
    case .timestamp:
      try requireCount(16)
      return .timestamp(octets.uint64(at: start + 8))
    case .nonce: return .nonce(data)
    case .provisioningDomain: return .provisioningDomain(try provisioningDomain(octets))
    case .routeInformation: return .route(try route(octets))
    case .recursiveDNSServer:
      // 8 octets and whole addresses: the length is odd, and 3 at least (RFC 8106 §5.1).
      guard range.count >= 24, range.count % 16 == 8 else { throw wrongLength }
      return .recursiveDNSServers(
        lifetime: octets.uint32(at: start + 4), servers: (start + 8)..<range.upperBound)
    case .flagsExtension: return .flagsExtension(data)
    case .dnsSearchList:
      try requireAtLeast(16)
      return .dnsSearchList(lifetime: octets.uint32(at: start + 4), names: (start + 8)..<range.upperBound)
    case .addressRegistration:
      try requireAtLeast(16)
      return .addressRegistration(
        status: octets[start + 2], lifetime: octets.uint16(at: start + 6),
        identifier: (start + 8)..<range.upperBound)
    case .sixLoWPANContext:
      try requireAtLeast(16)
      let bits = octets[start + 3]
      return .sixLoWPANContext(
        length: octets[start + 2], isCompression: bits & 0x10 != 0, identifier: bits & 0xf,
        lifetime: octets.uint16(at: start + 6), prefix: (start + 8)..<range.upperBound)
    case .authoritativeBorderRouter:
      try requireCount(24)
      let version = UInt32(octets.uint16(at: start + 4)) << 16 | UInt32(octets.uint16(at: start + 2))
      return .borderRouter(
        version: version, lifetime: octets.uint16(at: start + 6),
        address: IPv6Address(bits: octets.uint128(at: start + 8)))
    case .sixLoWPANCapability:
      try requireCount(8)
      return .sixLoWPANCapability(
        UInt64(octets.uint16(at: start + 2)) << 32 | UInt64(octets.uint32(at: start + 4)))
    case .captivePortal:
      var end = range.upperBound
      while end > data.lowerBound, octets[end - 1] == 0 { end -= 1 }
      return .captivePortal(data.lowerBound..<end)
    case .pref64:
      try requireCount(16)
      let word = octets.uint16(at: start + 2)
      return .pref64(
        prefix: IPv6Address(
          bits: UInt128(octets.uint64(at: start + 4)) << 64
            | UInt128(octets.uint32(at: start + 12)) << 32),
        length: PREF64Length.of(code: word & 7), lifetime: word & 0xfff8)
    case .encryptedDNS: return .encryptedDNS(try encryptedDNS(octets))
    default: return .other(data)
    }
  }

  private var wrongLength: WireError {
    .invalid(.length, value: range.count / 8, offset: range.lowerBound + 1)
  }
  private func requireCount(_ count: Int) throws(WireError) {
    guard range.count == count else { throw wrongLength }
  }
  private func requireAtLeast(_ count: Int) throws(WireError) {
    guard range.count >= count else { throw wrongLength }
  }

  private func route(_ octets: Span<UInt8>) throws(WireError) -> NeighborOptionValue.RouteInformation {
    let start = range.lowerBound
    let length = octets[start + 2]
    guard range.count <= 24, length <= 128, Int(length) <= (range.count - 8) * 8 else { throw wrongLength }
    var bits: UInt128 = 0
    if range.count >= 16 { bits = UInt128(octets.uint64(at: start + 8)) << 64 }
    if range.count >= 24 { bits |= UInt128(octets.uint64(at: start + 16)) }
    return NeighborOptionValue.RouteInformation(
      prefix: IPv6Address(bits: bits), length: length,
      preference: RouterPreference(bits: octets[start + 3] >> 3),
      lifetime: octets.uint32(at: start + 4))
  }

  private func provisioningDomain(
    _ octets: Span<UInt8>
  ) throws(WireError) -> NeighborOptionValue.ProvisioningDomain {
    let start = range.lowerBound
    let bits = octets.uint16(at: start + 2)
    var labels = DNSLabelWalk(range: (start + 6)..<range.upperBound)
    while try labels.next(in: octets) != nil {}
    let name = (start + 6)..<labels.range.lowerBound
    // What follows stands on a multiple of 8 octets from the option's start.
    let behind = min(start + (name.upperBound - start + 7) & ~7, range.upperBound)
    let hasHeader = bits & 0x2000 != 0
    guard !hasHeader || behind + 16 <= range.upperBound else { throw wrongLength }
    let header = hasHeader ? behind..<(behind + 16) : nil
    return NeighborOptionValue.ProvisioningDomain(
      hasHTTP: bits & 0x8000 != 0, isLegacy: bits & 0x4000 != 0, hasHeader: hasHeader,
      delay: UInt8(truncatingIfNeeded: bits & 0xf), sequence: octets.uint16(at: start + 4), name: name,
      header: header, options: (header?.upperBound ?? behind)..<range.upperBound)
  }

  private func encryptedDNS(_ octets: Span<UInt8>) throws(WireError) -> NeighborOptionValue.EncryptedDNS {
    let start = range.lowerBound
    try requireAtLeast(16)
    let nameCount = Int(octets.uint16(at: start + 8))
    let nameEnd = start + 10 + nameCount
    guard nameEnd <= range.upperBound else { throw .invalid(.length, value: nameCount, offset: start + 8) }
    var value = NeighborOptionValue.EncryptedDNS(
      priority: octets.uint16(at: start + 2), lifetime: octets.uint32(at: start + 4),
      name: (start + 10)..<nameEnd, addresses: nil, parameters: range.upperBound..<range.upperBound)
    // Nothing but padding behind the name: a name alone.
    var isNameAlone = true
    for index in nameEnd..<range.upperBound where octets[index] != 0 { isNameAlone = false }
    if isNameAlone { return value }
    guard nameEnd + 2 <= range.upperBound else { throw wrongLength }
    let addressCount = Int(octets.uint16(at: nameEnd))
    let addressEnd = nameEnd + 2 + addressCount
    guard addressCount % 16 == 0, addressEnd + 2 <= range.upperBound else {
      throw .invalid(.length, value: addressCount, offset: nameEnd)
    }
    value.addresses = (nameEnd + 2)..<addressEnd
    let parameterCount = Int(octets.uint16(at: addressEnd))
    guard addressEnd + 2 + parameterCount <= range.upperBound else {
      throw .invalid(.length, value: parameterCount, offset: addressEnd)
    }
    value.parameters = (addressEnd + 2)..<(addressEnd + 2 + parameterCount)
    return value
  }
}

/// Prefix lengths by their code in a PREF64 option (RFC 8781 §4).
private enum PREF64Length {
  static func of(code: UInt16) -> UInt8? {
    switch code {
    case 0: 96
    case 1: 64
    case 2: 56
    case 3: 48
    case 4: 40
    case 5: 32
    default: nil
    }
  }
}
