/// A routing header (RFC 8200 §4.4) of any type.
package struct RoutingHeader: Hashable, Sendable {
  /// The routing type (IANA "IPv6 routing types").
  package enum Kind: Hashable, Sendable {
    /// Source route, deprecated (RFC 5095).
    case sourceRoute
    /// Mobile IPv6 home address (RFC 6275 §6.4).
    case homeAddress
    /// RPL source route (RFC 6554).
    case rpl
    /// Segment routing (RFC 8754).
    case segmentRouting
    case unknown(UInt8)

    package init(rawValue: UInt8) {
      self =
        switch rawValue {
        case 0: .sourceRoute
        case 2: .homeAddress
        case 3: .rpl
        case 4: .segmentRouting
        default: .unknown(rawValue)
        }
    }

    package var rawValue: UInt8 {
      switch self {
      case .sourceRoute: 0
      case .homeAddress: 2
      case .rpl: 3
      case .segmentRouting: 4
      case .unknown(let value): value
      }
    }
  }

  package var nextHeader: NextHeader
  package var kind: Kind
  package var segmentsLeft: UInt8
  /// The whole header, in the octets that were decoded.
  package var range: Range<Int>

  /// What depends on the type: everything after segments left.
  package var data: Range<Int> { (range.lowerBound + 4)..<range.upperBound }

  package init(decoding octets: Span<UInt8>, at offset: Int = 0) throws(WireError) {
    try octets.require(8, at: offset)
    let count = (Int(octets[offset + 1]) + 1) * 8
    try octets.require(count, at: offset)
    nextHeader = NextHeader(rawValue: octets[offset])
    kind = Kind(rawValue: octets[offset + 2])
    segmentsLeft = octets[offset + 3]
    range = offset..<(offset + count)
  }

  /// How many whole addresses the header lists; 0 for types that list none or compress them.
  package func addressCount(in octets: Span<UInt8>) -> Int {
    switch kind {
    case .sourceRoute: (range.count - 8) / 16
    case .homeAddress: range.count == 24 ? 1 : 0
    case .segmentRouting: min(Int(octets[range.lowerBound + 4]) + 1, (range.count - 8) / 16)
    case .rpl, .unknown: 0
    }
  }

  /// The address at `index` of the list as it stands on the wire: for segment routing, 0 is the last segment.
  package func address(_ index: Int, in octets: Span<UInt8>) -> IPv6Address? {
    guard index >= 0, index < addressCount(in: octets) else { return nil }
    return IPv6Address(bits: octets.uint128(at: range.lowerBound + 8 + 16 * index))
  }

  /// Where the packet will end up: the last address of the route, or nil if the type or its data do not say.
  ///
  /// `destination` is that of the IPv6 header, which RPL takes the elided octets from.
  package func lastElement(in octets: Span<UInt8>, destination: IPv6Address) -> IPv6Address? {
    switch kind {
    case .sourceRoute: return address(addressCount(in: octets) - 1, in: octets)
    case .homeAddress, .segmentRouting: return address(0, in: octets)
    case .rpl:
      // CmprI 4, CmprE 4, pad 4, reserved 20 (RFC 6554 §3).
      let elided = Int(octets[range.lowerBound + 4] & 0xf)
      let pad = Int(octets[range.lowerBound + 5] >> 4)
      let last = range.upperBound - pad - (16 - elided)
      guard last >= range.lowerBound + 8 else { return nil }
      var bits = elided == 0 ? 0 : destination.bits >> UInt128(128 - 8 * elided)
      for index in 0..<(16 - elided) { bits = bits << 8 | UInt128(octets[last + index]) }
      return IPv6Address(bits: bits)
    case .unknown: return nil
    }
  }

  /// Segment routing data that breaks RFC 8754 §2: the offset of the field that a parameter problem names.
  package func segmentRoutingFault(in octets: Span<UInt8>) -> Int? {
    guard kind == .segmentRouting else { return nil }
    let lastEntry = Int(octets[range.lowerBound + 4])
    // Length counts 8-octet units after the first, two for each segment.
    guard lastEntry <= (range.count - 8) / 16 - 1 else { return range.lowerBound + 4 }
    return Int(segmentsLeft) <= lastEntry + 1 ? nil : range.lowerBound + 3
  }

  /// Writes a type 0, 2 or 4 header that lists `segments` as they stand on the wire, and returns its octets.
  ///
  /// `segments` holds 16 octets for each address. For type 4 the last entry, no flags and no tag are set.
  @discardableResult
  package static func encode(
    _ kind: Kind, nextHeader: NextHeader, segmentsLeft: UInt8, segments: Span<UInt8>,
    into buffer: inout MutableSpan<UInt8>, at offset: Int = 0
  ) throws(WireError) -> Int {
    let addresses = segments.count / 16
    guard segments.count == addresses * 16, addresses <= 127 else {
      throw .invalid(.length, value: segments.count, offset: offset)
    }
    switch kind {
    case .sourceRoute: break
    case .homeAddress where addresses == 1: break
    case .segmentRouting where addresses > 0: break
    default: throw .invalid(.layout, value: Int(kind.rawValue), offset: offset + 2)
    }
    let count = 8 + segments.count
    try buffer.requireSpace(count, at: offset)
    buffer[offset] = nextHeader.rawValue
    buffer[offset + 1] = UInt8(truncatingIfNeeded: addresses * 2)
    buffer[offset + 2] = kind.rawValue
    buffer[offset + 3] = segmentsLeft
    let lastEntry = kind == .segmentRouting ? UInt32(truncatingIfNeeded: addresses - 1) << 24 : 0
    buffer.store(lastEntry, at: offset + 4)
    buffer.store(segments, at: offset + 8)
    return count
  }
}
