/// An IPv6 address (RFC 4291), 16 octets held as one big-endian number.
@usableFromInline package struct IPv6Address: Hashable, Sendable {
  /// The address as a 128-bit number; the first octet on the wire is the most significant.
  @usableFromInline package var bits: UInt128

  @inlinable package init(bits: UInt128) { self.bits = bits }

  /// `::` (RFC 4291 §2.5.2).
  package static let unspecified = IPv6Address(bits: 0)
  /// `::1` (RFC 4291 §2.5.3).
  package static let loopback = IPv6Address(bits: 1)

  /// ff00::/8 (RFC 4291 §2.7).
  package var isMulticast: Bool { bits >> 120 == 0xff }
  /// fe80::/10 (RFC 4291 §2.5.6).
  package var isLinkLocalUnicast: Bool { bits >> 118 == 0x3fa }
  /// ::ffff:0:0/96 (RFC 4291 §2.5.5.2).
  package var isIPv4Mapped: Bool { bits >> 32 == 0xffff }
  /// An address that means nothing without a zone (RFC 4007): link-local unicast, or multicast of
  /// interface-local (1) or link-local (2) scope.
  package var needsZone: Bool {
    isLinkLocalUnicast || (isMulticast && (1...2).contains(UInt8(truncatingIfNeeded: bits >> 112) & 0xf))
  }
}

extension IPv6Address {
  /// The solicited-node group of this address: ff02::1:ff00:0/104 and its low 24 bits (RFC 4291 §2.7.1).
  package var solicitedNodeMulticast: IPv6Address {
    IPv6Address(bits: 0xff02_0000_0000_0000_0000_0001_ff00_0000 | bits & 0xff_ffff)
  }

  /// Reads 16 octets at `offset`.
  @inlinable
  package init(decoding octets: Span<UInt8>, at offset: Int = 0) throws(WireError) {
    try octets.require(16, at: offset)
    bits = octets.uint128(at: offset)
  }

  /// Writes 16 octets at `offset` and returns 16.
  @inlinable @discardableResult
  package func encode(into buffer: inout MutableSpan<UInt8>, at offset: Int = 0) throws(WireError) -> Int {
    try buffer.requireSpace(16, at: offset)
    buffer.store(bits, at: offset)
    return 16
  }
}
