import CLinux
import Wire

/// A request to the kernel's routing room (netlink(7), rtnetlink(7)), built octet by octet.
struct NetlinkRequest {
  private(set) var octets: [UInt8] = []

  /// NLM_F_REQUEST and NLM_F_DUMP: for a whole table.
  static let dump: UInt16 = 0x301

  /// The header (struct nlmsghdr) and the fixed part that the type wants.
  init(type: UInt16, flags: UInt16, sequence: UInt32, fixed: [UInt8]) {
    append32(0)
    append16(type)
    append16(flags)
    append32(sequence)
    append32(0)
    octets += fixed
    align()
    setLength()
  }

  /// Appends an attribute (struct rtattr).
  mutating func append(_ type: UInt16, _ value: [UInt8]) {
    append16(UInt16(4 + value.count))
    append16(type)
    octets += value
    align()
    setLength()
  }

  mutating func append(_ type: UInt16, _ value: UInt32) { append(type, Self.native(value)) }
  mutating func append(_ type: UInt16, _ value: IPv6Address) { append(type, Self.network(value)) }

  static func native(_ value: UInt32) -> [UInt8] {
    [
      UInt8(truncatingIfNeeded: value), UInt8(truncatingIfNeeded: value >> 8),
      UInt8(truncatingIfNeeded: value >> 16), UInt8(truncatingIfNeeded: value >> 24),
    ]
  }

  static func network(_ address: IPv6Address) -> [UInt8] {
    (0..<16).map { UInt8(truncatingIfNeeded: address.bits >> (120 - 8 * UInt128($0))) }
  }

  private mutating func append16(_ value: UInt16) {
    octets += [UInt8(truncatingIfNeeded: value), UInt8(truncatingIfNeeded: value >> 8)]
  }
  private mutating func append32(_ value: UInt32) { octets += Self.native(value) }
  private mutating func align() { while octets.count % 4 != 0 { octets.append(0) } }
  private mutating func setLength() { octets.replaceSubrange(0..<4, with: Self.native(UInt32(octets.count))) }
}

/// A message from the kernel, as a place in the octets that were received.
struct NetlinkMessage {
  var type: UInt16
  var flags: UInt16
  var sequence: UInt32
  /// Behind the header.
  var body: Range<Int>
  /// Where the next one starts.
  var end: Int

  /// The message that starts at `offset`; nil where none fits.
  init?(in octets: borrowing Span<UInt8>, at offset: Int) {
    guard offset + 16 <= octets.count else { return nil }
    let length = Int(octets.native32(at: offset))
    guard length >= 16, length <= octets.count - offset else { return nil }
    type = octets.native16(at: offset + 4)
    flags = octets.native16(at: offset + 6)
    sequence = octets.native32(at: offset + 8)
    body = offset + 16..<offset + length
    end = offset + (length + 3) & ~3
  }
}

/// An attribute within a message (struct rtattr).
struct NetlinkAttribute {
  var type: UInt16
  var value: Range<Int>
  var end: Int

  /// The attribute that starts at `offset`, inside of a part that ends at `limit`; nil where none fits.
  init?(in octets: borrowing Span<UInt8>, at offset: Int, limit: Int) {
    guard limit <= octets.count, offset + 4 <= limit else { return nil }
    let length = Int(octets.native16(at: offset))
    guard length >= 4, length <= limit - offset else { return nil }
    // The two upper bits say "nested" and "network order".
    type = octets.native16(at: offset + 2) & 0x3fff
    value = offset + 4..<offset + length
    end = offset + (length + 3) & ~3
  }
}
