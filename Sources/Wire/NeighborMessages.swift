/// A router solicitation (RFC 4861 §4.1): 8 octets and options.
package struct RouterSolicitation: Hashable, Sendable {
  /// Zero in anything a node should send; kept as it came.
  package var code: UInt8
  /// As it stood on the wire; `encode` writes zero there.
  package var checksum: UInt16
  /// Where the options stand.
  package var options: Range<Int>

  /// Octets before the options.
  package static var headerCount: Int { 8 }

  /// A message to be encoded.
  package init() {
    code = 0
    checksum = 0
    options = 8..<8
  }

  /// Reads a message that fills `octets`. The checksum is not verified.
  package init(decoding octets: Span<UInt8>) throws(WireError) {
    try octets.requireMessage(133, count: 8)
    code = octets[1]
    checksum = octets.uint16(at: 2)
    options = 8..<octets.count
  }

  /// Writes header and `options` (whole options) at `offset` with a zero checksum, and returns how many octets.
  @discardableResult
  package func encode(
    into buffer: inout MutableSpan<UInt8>, at offset: Int = 0, options: Span<UInt8>
  ) throws(WireError) -> Int {
    try buffer.requireSpace(8 + options.count, at: offset)
    buffer.store(UInt32(133) << 24 | UInt32(code) << 16, at: offset)
    buffer.store(UInt32(0), at: offset + 4)
    buffer.store(options, at: offset + 8)
    return 8 + options.count
  }
}

/// A router advertisement (RFC 4861 §4.2): 16 octets and options.
package struct RouterAdvertisement: Hashable, Sendable {
  package struct Flags: RawRepresentable, Hashable, Sendable {
    package var rawValue: UInt8
    package init(rawValue: UInt8) { self.rawValue = rawValue }
    /// Addresses come by DHCPv6.
    package static let managed = Flags(rawValue: 0x80)
    /// Other settings come by DHCPv6.
    package static let other = Flags(rawValue: 0x40)
    /// Home agent (RFC 6275 §7.1).
    package static let homeAgent = Flags(rawValue: 0x20)
    /// Neighbor discovery proxy (RFC 4389 §4.1.3.3).
    package static let proxy = Flags(rawValue: 0x04)
    /// Stub network router (draft-ietf-6man-snac-router-ra-flag).
    package static let stubRouter = Flags(rawValue: 0x02)
  }

  package var code: UInt8
  package var checksum: UInt16
  /// The hop limit that hosts should use; 0 leaves it to them.
  package var hopLimit: UInt8
  /// All eight bits; bits 4 and 3 are `preference`.
  package var flags: Flags
  /// Seconds as a default router; 0: not one.
  package var lifetime: UInt16
  /// Milliseconds; 0: unspecified.
  package var reachableTime: UInt32
  package var retransmitTimer: UInt32
  package var options: Range<Int>

  package static var headerCount: Int { 16 }

  package var preference: RouterPreference { RouterPreference(bits: flags.rawValue >> 3) }

  package init(
    hopLimit: UInt8 = 64, flags: Flags = Flags(rawValue: 0), preference: RouterPreference = .medium,
    lifetime: UInt16,
    reachableTime: UInt32 = 0, retransmitTimer: UInt32 = 0
  ) {
    code = 0
    checksum = 0
    self.hopLimit = hopLimit
    self.flags = Flags(rawValue: flags.rawValue & ~0x18 | preference.rawValue << 3)
    self.lifetime = lifetime
    self.reachableTime = reachableTime
    self.retransmitTimer = retransmitTimer
    options = 16..<16
  }

  /// Reads a message that fills `octets`. The checksum is not verified.
  package init(decoding octets: Span<UInt8>) throws(WireError) {
    try octets.requireMessage(134, count: 16)
    code = octets[1]
    checksum = octets.uint16(at: 2)
    hopLimit = octets[4]
    flags = Flags(rawValue: octets[5])
    lifetime = octets.uint16(at: 6)
    reachableTime = octets.uint32(at: 8)
    retransmitTimer = octets.uint32(at: 12)
    options = 16..<octets.count
  }

  @discardableResult
  package func encode(
    into buffer: inout MutableSpan<UInt8>, at offset: Int = 0, options: Span<UInt8>
  ) throws(WireError) -> Int {
    try buffer.requireSpace(16 + options.count, at: offset)
    buffer.store(UInt32(134) << 24 | UInt32(code) << 16, at: offset)
    buffer.store(
      UInt32(hopLimit) << 24 | UInt32(flags.rawValue) << 16 | UInt32(lifetime), at: offset + 4)
    buffer.store(reachableTime, at: offset + 8)
    buffer.store(retransmitTimer, at: offset + 12)
    buffer.store(options, at: offset + 16)
    return 16 + options.count
  }
}

/// Preference of a default router or of a route (RFC 4191 §2.1): two bits, signed.
package enum RouterPreference: UInt8, Hashable, Sendable {
  case medium = 0
  case high = 1
  /// 10: read as medium in the header, while a route information option with it is ignored (RFC 4191 §2.2, §2.3).
  case reserved = 2
  case low = 3

  /// Looks at the low two bits.
  init(bits: UInt8) {
    switch bits & 3 {
    case 0: self = .medium
    case 1: self = .high
    case 2: self = .reserved
    default: self = .low
    }
  }
}

/// A neighbor solicitation (RFC 4861 §4.3): 24 octets and options.
package struct NeighborSolicitation: Hashable, Sendable {
  package var code: UInt8
  package var checksum: UInt16
  package var target: IPv6Address
  package var options: Range<Int>

  package static var headerCount: Int { 24 }

  package init(target: IPv6Address) {
    code = 0
    checksum = 0
    self.target = target
    options = 24..<24
  }

  package init(decoding octets: Span<UInt8>) throws(WireError) {
    try octets.requireMessage(135, count: 24)
    code = octets[1]
    checksum = octets.uint16(at: 2)
    target = try IPv6Address(decoding: octets, at: 8)
    options = 24..<octets.count
  }

  @discardableResult
  package func encode(
    into buffer: inout MutableSpan<UInt8>, at offset: Int = 0, options: Span<UInt8>
  ) throws(WireError) -> Int {
    try buffer.requireSpace(24 + options.count, at: offset)
    buffer.store(UInt32(135) << 24 | UInt32(code) << 16, at: offset)
    buffer.store(UInt32(0), at: offset + 4)
    buffer.store(target.bits, at: offset + 8)
    buffer.store(options, at: offset + 24)
    return 24 + options.count
  }
}

/// A neighbor advertisement (RFC 4861 §4.4): 24 octets and options.
package struct NeighborAdvertisement: Hashable, Sendable {
  package struct Flags: RawRepresentable, Hashable, Sendable {
    package var rawValue: UInt8
    package init(rawValue: UInt8) { self.rawValue = rawValue }
    package static let router = Flags(rawValue: 0x80)
    package static let solicited = Flags(rawValue: 0x40)
    package static let override = Flags(rawValue: 0x20)
  }

  package var code: UInt8
  package var checksum: UInt16
  package var flags: Flags
  package var target: IPv6Address
  package var options: Range<Int>

  package static var headerCount: Int { 24 }

  package init(flags: Flags, target: IPv6Address) {
    code = 0
    checksum = 0
    self.flags = flags
    self.target = target
    options = 24..<24
  }

  package init(decoding octets: Span<UInt8>) throws(WireError) {
    try octets.requireMessage(136, count: 24)
    code = octets[1]
    checksum = octets.uint16(at: 2)
    flags = Flags(rawValue: octets[4])
    target = try IPv6Address(decoding: octets, at: 8)
    options = 24..<octets.count
  }

  @discardableResult
  package func encode(
    into buffer: inout MutableSpan<UInt8>, at offset: Int = 0, options: Span<UInt8>
  ) throws(WireError) -> Int {
    try buffer.requireSpace(24 + options.count, at: offset)
    buffer.store(UInt32(136) << 24 | UInt32(code) << 16, at: offset)
    buffer.store(UInt32(flags.rawValue) << 24, at: offset + 4)
    buffer.store(target.bits, at: offset + 8)
    buffer.store(options, at: offset + 24)
    return 24 + options.count
  }
}

/// A redirect (RFC 4861 §4.5): 40 octets and options.
package struct Redirect: Hashable, Sendable {
  package var code: UInt8
  package var checksum: UInt16
  /// The better first hop; the destination itself where that is a neighbor.
  package var target: IPv6Address
  package var destination: IPv6Address
  package var options: Range<Int>

  package static var headerCount: Int { 40 }

  package init(target: IPv6Address, destination: IPv6Address) {
    code = 0
    checksum = 0
    self.target = target
    self.destination = destination
    options = 40..<40
  }

  package init(decoding octets: Span<UInt8>) throws(WireError) {
    try octets.requireMessage(137, count: 40)
    code = octets[1]
    checksum = octets.uint16(at: 2)
    target = try IPv6Address(decoding: octets, at: 8)
    destination = try IPv6Address(decoding: octets, at: 24)
    options = 40..<octets.count
  }

  @discardableResult
  package func encode(
    into buffer: inout MutableSpan<UInt8>, at offset: Int = 0, options: Span<UInt8>
  ) throws(WireError) -> Int {
    try buffer.requireSpace(40 + options.count, at: offset)
    buffer.store(UInt32(137) << 24 | UInt32(code) << 16, at: offset)
    buffer.store(UInt32(0), at: offset + 4)
    buffer.store(target.bits, at: offset + 8)
    buffer.store(destination.bits, at: offset + 24)
    buffer.store(options, at: offset + 40)
    return 40 + options.count
  }
}

extension Span where Element == UInt8 {
  /// Throws unless a message of that type and so many octets stands here.
  func requireMessage(_ type: UInt8, count: Int) throws(WireError) {
    try require(count)
    guard self[0] == type else { throw .invalid(.messageType, value: Int(self[0]), offset: 0) }
  }
}
