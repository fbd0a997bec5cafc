/// A 48-bit link-layer address.
package struct EthernetAddress: Hashable, Sendable {
  /// The address as a number; the first octet on the wire is the most significant of 48 bits.
  package let bits: UInt64

  /// Keeps the low 48 bits.
  package init(truncating bits: UInt64) { self.bits = bits & 0xffff_ffff_ffff }

  /// All ones.
  package static let broadcast = EthernetAddress(truncating: .max)

  /// The address that an IPv6 multicast group goes to: 33:33 and the low 32 bits (RFC 2464 §7).
  package init(multicast group: IPv6Address) {
    bits = 0x3333 << 32 | UInt64(truncatingIfNeeded: group.bits & 0xffff_ffff)
  }

  /// The group bit, the lowest of the first octet.
  package var isMulticast: Bool { bits >> 40 & 1 == 1 }

  package init(decoding octets: Span<UInt8>, at offset: Int = 0) throws(WireError) {
    try octets.require(6, at: offset)
    bits = UInt64(octets.uint16(at: offset)) << 32 | UInt64(octets.uint32(at: offset + 2))
  }

  @discardableResult
  package func encode(into buffer: inout MutableSpan<UInt8>, at offset: Int = 0) throws(WireError) -> Int {
    try buffer.requireSpace(6, at: offset)
    buffer.store(UInt16(truncatingIfNeeded: bits >> 32), at: offset)
    buffer.store(UInt32(truncatingIfNeeded: bits), at: offset + 2)
    return 6
  }
}

/// An Ethernet II header, with one 802.1Q tag or none.
package struct EthernetHeader: Hashable, Sendable {
  /// What a frame carries (IEEE "EtherType").
  package struct EtherType: RawRepresentable, Hashable, Sendable {
    package var rawValue: UInt16
    package init(rawValue: UInt16) { self.rawValue = rawValue }
    package static let ipv4 = EtherType(rawValue: 0x0800)
    package static let vlan = EtherType(rawValue: 0x8100)
    package static let ipv6 = EtherType(rawValue: 0x86dd)
  }

  package var destination: EthernetAddress
  package var source: EthernetAddress
  /// Priority, drop eligible and VLAN identifier of an 802.1Q tag.
  package var tag: UInt16?
  package var etherType: EtherType

  /// Octets of the header on the wire.
  package var count: Int { tag == nil ? 14 : 18 }

  package init(
    destination: EthernetAddress, source: EthernetAddress, tag: UInt16? = nil, etherType: EtherType
  ) {
    self.destination = destination
    self.source = source
    self.tag = tag
    self.etherType = etherType
  }

  package init(decoding octets: Span<UInt8>, at offset: Int = 0) throws(WireError) {
    try octets.require(14, at: offset)
    destination = try EthernetAddress(decoding: octets, at: offset)
    source = try EthernetAddress(decoding: octets, at: offset + 6)
    etherType = EtherType(rawValue: octets.uint16(at: offset + 12))
    if etherType == .vlan {
      try octets.require(18, at: offset)
      tag = octets.uint16(at: offset + 14)
      etherType = EtherType(rawValue: octets.uint16(at: offset + 16))
    }
  }

  /// Writes the header at `offset`, and returns how many octets.
  @discardableResult
  package func encode(into buffer: inout MutableSpan<UInt8>, at offset: Int = 0) throws(WireError) -> Int {
    try buffer.requireSpace(count, at: offset)
    try destination.encode(into: &buffer, at: offset)
    try source.encode(into: &buffer, at: offset + 6)
    if let tag {
      buffer.store(EtherType.vlan.rawValue, at: offset + 12)
      buffer.store(tag, at: offset + 14)
    }
    buffer.store(etherType.rawValue, at: offset + count - 2)
    return count
  }
}

#if !$Embedded
  extension EthernetAddress: CustomStringConvertible {
    /// Six pairs of hexadecimal digits with colons between.
    package var description: String {
      var text = ""
      for shift in stride(from: UInt64(40), through: 0, by: -8) {
        let octet = bits >> shift & 0xff
        text += (octet < 16 ? "0" : "") + String(octet, radix: 16) + (shift > 0 ? ":" : "")
      }
      return text
    }
  }
#endif
