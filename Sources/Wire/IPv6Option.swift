/// The type of an option of a hop-by-hop or destination options header (RFC 8200 §4.2).
package struct IPv6OptionType: RawRepresentable, Hashable, Sendable {
  package var rawValue: UInt8
  package init(rawValue: UInt8) { self.rawValue = rawValue }

  package static let pad1 = IPv6OptionType(rawValue: 0x00)
  package static let padN = IPv6OptionType(rawValue: 0x01)
  package static let tunnelEncapsulationLimit = IPv6OptionType(rawValue: 0x04)
  package static let routerAlert = IPv6OptionType(rawValue: 0x05)
  package static let performanceAndDiagnosticMetrics = IPv6OptionType(rawValue: 0x0f)
  package static let minimumPathMTU = IPv6OptionType(rawValue: 0x30)
  package static let jumboPayload = IPv6OptionType(rawValue: 0xc2)
  package static let homeAddress = IPv6OptionType(rawValue: 0xc9)

  /// What a node that does not know the option does (bits 7 and 6).
  package enum UnknownAction: UInt8, Hashable, Sendable {
    case skip = 0
    case discard = 1
    /// Discard, and send parameter problem code 2.
    case discardAndReport = 2
    /// Discard, and send parameter problem code 2 unless the destination was multicast.
    case discardAndReportUnlessMulticast = 3
  }

  package var unknownAction: UnknownAction { UnknownAction(rawValue: rawValue >> 6) ?? .skip }
  /// The data may change on the way (bit 5).
  package var mayChange: Bool { rawValue & 0x20 != 0 }

  /// The name in the IANA registry "Destination Options and Hop-by-Hop Options".
  package var name: StaticString? {
    switch rawValue {
    case 0x00: "Pad1"
    case 0x01: "PadN"
    case 0x04: "tunnel encapsulation limit"
    case 0x05: "router alert"
    case 0x0f: "PDM"
    case 0x11, 0x31: "IOAM"
    case 0x12: "AltMark"
    case 0x23, 0x63: "RPL"
    case 0x30: "minimum path MTU"
    case 0x6d: "MPL"
    case 0xc2: "jumbo payload"
    case 0xc9: "home address"
    default: nil
    }
  }
}

/// One option of a hop-by-hop or destination options header.
package struct IPv6Option: Hashable, Sendable {
  package var type: IPv6OptionType
  /// Where the octet of its type stands.
  package var offset: Int
  /// Its data, without type and length.
  package var data: Range<Int>

  /// What the data means, for the options that are known here.
  package enum Value: Hashable, Sendable {
    case padding
    /// RFC 2711; 0 = multicast listener discovery.
    case routerAlert(UInt16)
    /// Octets of the payload of a jumbogram (RFC 2675).
    case jumboPayload(UInt32)
    /// Smallest MTU so far, the one that the other end returned, and whether it is asked for (RFC 9268).
    case minimumPathMTU(UInt16, returned: UInt16, isReturnWanted: Bool)
    case tunnelEncapsulationLimit(UInt8)
    case homeAddress(IPv6Address)
    /// Not known here, or of a length that does not fit its type.
    case other
  }

  /// Reads the data in the octets that the option was found in.
  package func value(in octets: Span<UInt8>) -> Value {
    guard data.lowerBound >= 0, data.upperBound <= octets.count else { return .other }
    switch (type, data.count) {
    case (.pad1, _), (.padN, _): return .padding
    case (.routerAlert, 2): return .routerAlert(octets.uint16(at: data.lowerBound))
    case (.jumboPayload, 4): return .jumboPayload(octets.uint32(at: data.lowerBound))
    case (.minimumPathMTU, 4):
      // The lowest bit of the returned MTU is the request for it.
      let returned = octets.uint16(at: data.lowerBound + 2)
      return .minimumPathMTU(
        octets.uint16(at: data.lowerBound), returned: returned & 0xfffe, isReturnWanted: returned & 1 == 1)
    case (.tunnelEncapsulationLimit, 1): return .tunnelEncapsulationLimit(octets[data.lowerBound])
    case (.homeAddress, 16): return .homeAddress(IPv6Address(bits: octets.uint128(at: data.lowerBound)))
    default: return .other
    }
  }

  /// Writes an option other than Pad1 with `data` at `offset`, and returns how many octets.
  @discardableResult
  package static func encode(
    _ type: IPv6OptionType, data: Span<UInt8>, into buffer: inout MutableSpan<UInt8>, at offset: Int = 0
  ) throws(WireError) -> Int {
    guard type != .pad1, data.count <= 255 else {
      throw .invalid(.length, value: data.count, offset: offset)
    }
    try buffer.requireSpace(data.count + 2, at: offset)
    buffer[offset] = type.rawValue
    buffer[offset + 1] = UInt8(truncatingIfNeeded: data.count)
    buffer.store(data, at: offset + 2)
    return data.count + 2
  }
}

/// Walks the options of a hop-by-hop or destination options header, pads included.
package struct IPv6OptionWalk: Hashable, Sendable {
  /// What has not been read yet.
  package private(set) var range: Range<Int>

  /// The options of a header that stands at `header`, next header and length included.
  package init(header: Range<Int>) {
    range = min(header.lowerBound + 2, header.upperBound)..<header.upperBound
  }

  /// The next option, or nil at the end. Every step is one octet at least.
  package mutating func next(in octets: Span<UInt8>) throws(WireError) -> IPv6Option? {
    guard !range.isEmpty else { return nil }
    let rest = octets.extracting(0..<min(range.upperBound, octets.count))
    let start = range.lowerBound
    try rest.require(1, at: start)
    let type = IPv6OptionType(rawValue: rest[start])
    guard type != .pad1 else {
      range = (start + 1)..<range.upperBound
      return IPv6Option(type: type, offset: start, data: (start + 1)..<(start + 1))
    }
    try rest.require(2, at: start)
    let count = Int(rest[start + 1])
    guard count <= range.count - 2 else { throw .invalid(.length, value: count, offset: start + 1) }
    range = (start + 2 + count)..<range.upperBound
    return IPv6Option(type: type, offset: start, data: (start + 2)..<(start + 2 + count))
  }
}

/// A hop-by-hop or destination options header to be written (RFC 8200 §4.3, §4.6).
package enum IPv6OptionsHeader {
  /// Writes a header that holds `options` (whole options, one behind the other), padded to a multiple of
  /// 8 octets, and returns how many octets.
  @discardableResult
  package static func encode(
    nextHeader: NextHeader, options: Span<UInt8>, into buffer: inout MutableSpan<UInt8>, at offset: Int = 0
  ) throws(WireError) -> Int {
    guard options.count <= 2046 else { throw .invalid(.length, value: options.count, offset: offset) }
    let count = (options.count + 2 + 7) & ~7
    try buffer.requireSpace(count, at: offset)
    buffer[offset] = nextHeader.rawValue
    buffer[offset + 1] = UInt8(truncatingIfNeeded: count / 8 - 1)
    buffer.store(options, at: offset + 2)
    let padding = count - options.count - 2
    let start = offset + 2 + options.count
    buffer.fill(start..<(start + padding), with: 0)
    if padding >= 2 {
      buffer[start] = IPv6OptionType.padN.rawValue
      buffer[start + 1] = UInt8(truncatingIfNeeded: padding - 2)
    }
    return count
  }
}
