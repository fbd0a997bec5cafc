/// The type of a neighbor discovery option (IANA "IPv6 Neighbor Discovery Option Formats").
package struct NeighborOptionType: RawRepresentable, Hashable, Sendable {
  package var rawValue: UInt8
  package init(rawValue: UInt8) { self.rawValue = rawValue }

  package static let sourceLinkLayerAddress = NeighborOptionType(rawValue: 1)
  package static let targetLinkLayerAddress = NeighborOptionType(rawValue: 2)
  package static let prefixInformation = NeighborOptionType(rawValue: 3)
  package static let redirectedHeader = NeighborOptionType(rawValue: 4)
  package static let mtu = NeighborOptionType(rawValue: 5)
  package static let advertisementInterval = NeighborOptionType(rawValue: 7)
  package static let homeAgentInformation = NeighborOptionType(rawValue: 8)
  package static let cga = NeighborOptionType(rawValue: 11)
  package static let rsaSignature = NeighborOptionType(rawValue: 12)
  package static let timestamp = NeighborOptionType(rawValue: 13)
  package static let nonce = NeighborOptionType(rawValue: 14)
  package static let provisioningDomain = NeighborOptionType(rawValue: 21)
  package static let routeInformation = NeighborOptionType(rawValue: 24)
  package static let recursiveDNSServer = NeighborOptionType(rawValue: 25)
  package static let flagsExtension = NeighborOptionType(rawValue: 26)
  package static let dnsSearchList = NeighborOptionType(rawValue: 31)
  package static let addressRegistration = NeighborOptionType(rawValue: 33)
  package static let sixLoWPANContext = NeighborOptionType(rawValue: 34)
  package static let authoritativeBorderRouter = NeighborOptionType(rawValue: 35)
  package static let sixLoWPANCapability = NeighborOptionType(rawValue: 36)
  package static let captivePortal = NeighborOptionType(rawValue: 37)
  package static let pref64 = NeighborOptionType(rawValue: 38)
  package static let encryptedDNS = NeighborOptionType(rawValue: 144)

  /// The registry's name; nil for a number that is not assigned or not known here.
  package var name: StaticString? {
    switch rawValue {
    case 1: "source link-layer address"
    case 2: "target link-layer address"
    case 3: "prefix information"
    case 4: "redirected header"
    case 5: "MTU"
    case 6: "NBMA shortcut limit"
    case 7: "advertisement interval"
    case 8: "home agent information"
    case 9: "source address list"
    case 10: "target address list"
    case 11: "CGA"
    case 12: "RSA signature"
    case 13: "timestamp"
    case 14: "nonce"
    case 15: "trust anchor"
    case 16: "certificate"
    case 17: "IP address and prefix"
    case 18: "new router prefix information"
    case 19: "link-layer address"
    case 20: "neighbor advertisement acknowledgment"
    case 21: "PvD ID router advertisement"
    case 23: "MAP"
    case 24: "route information"
    case 25: "recursive DNS server"
    case 26: "RA flags extension"
    case 27: "handover key request"
    case 28: "handover key reply"
    case 29: "handover assist information"
    case 30: "mobile node identifier"
    case 31: "DNS search list"
    case 32: "proxy signature"
    case 33: "address registration"
    case 34: "6LoWPAN context"
    case 35: "authoritative border router"
    case 36: "6LoWPAN capability indication"
    case 37: "DHCP captive portal"
    case 38: "PREF64"
    case 39: "crypto-ID parameters"
    case 40: "NDP signature"
    case 41: "resource directory address"
    case 138: "CARD request"
    case 139: "CARD reply"
    case 144: "encrypted DNS"
    case 253, 254: "experiment"
    default: nil
    }
  }
}

/// One option of a neighbor discovery message (RFC 4861 §4.6).
package struct NeighborOption: Hashable, Sendable {
  package var type: NeighborOptionType
  /// All its octets: type, length and what they frame; a multiple of 8.
  package var range: Range<Int>
  /// Where the octet of its type stands.
  package var offset: Int { range.lowerBound }
  /// Without type and length.
  package var data: Range<Int> { (range.lowerBound + 2)..<range.upperBound }

  /// Writes an option whose octets behind type and length are `data`, padded with zeros to a multiple of 8, and
  /// returns how many octets.
  @discardableResult
  package static func encode(
    _ type: NeighborOptionType, data: Span<UInt8>, into buffer: inout MutableSpan<UInt8>, at offset: Int = 0
  ) throws(WireError) -> Int {
    let count = (data.count + 2 + 7) & ~7
    guard count <= 255 * 8 else { throw .invalid(.length, value: data.count, offset: offset) }
    try buffer.requireSpace(count, at: offset)
    buffer.fill(offset..<(offset + count), with: 0)
    buffer[offset] = type.rawValue
    buffer[offset + 1] = UInt8(truncatingIfNeeded: count / 8)
    buffer.store(data, at: offset + 2)
    return count
  }
}

/// Walks the options of a neighbor discovery message. Every step is 8 octets at least.
package struct NeighborOptionWalk: Hashable, Sendable {
  /// What has not been read yet.
  package private(set) var range: Range<Int>

  /// The options that stand in `range` of a message.
  package init(range: Range<Int>) { self.range = range }

  /// The next option, or nil at the end.
  ///
  /// Length 0, and a length that reaches behind the message, are errors after which there is no going on: the
  /// whole message must be discarded (RFC 4861 §4.6, §6.1).
  package mutating func next(in octets: Span<UInt8>) throws(WireError) -> NeighborOption? {
    guard !range.isEmpty else { return nil }
    let end = min(range.upperBound, octets.count)
    let start = range.lowerBound
    guard start + 2 <= end else {
      throw .truncated(needed: 2, available: max(0, end - start), offset: start)
    }
    let count = Int(octets[start + 1]) * 8
    guard count > 0 else { throw .invalid(.length, value: 0, offset: start + 1) }
    guard count <= end - start else {
      throw .truncated(needed: count, available: end - start, offset: start)
    }
    range = (start + count)..<range.upperBound
    return NeighborOption(
      type: NeighborOptionType(rawValue: octets[start]), range: start..<(start + count))
  }
}
