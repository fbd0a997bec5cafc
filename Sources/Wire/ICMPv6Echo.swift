/// An echo request or reply (RFC 4443 §4.1, §4.2): 8 octets and data.
@usableFromInline package struct ICMPv6Echo: Hashable, Sendable {
  /// Request or reply.
  @usableFromInline package enum Kind: UInt8, Hashable, Sendable {
    case request = 128
    case reply = 129
  }

  @usableFromInline package var kind: Kind
  /// Zero in anything a node should send; kept as it came.
  @usableFromInline package var code: UInt8
  /// As it stood on the wire; `encode` writes zero there.
  @usableFromInline package var checksum: UInt16
  @usableFromInline package var identifier: UInt16
  @usableFromInline package var sequence: UInt16
  /// Where the data stands in the octets that were decoded.
  @usableFromInline package var data: Range<Int>

  /// Octets before the data.
  @inlinable package static var headerCount: Int { 8 }

  /// A message to be encoded.
  @inlinable
  package init(_ kind: Kind, identifier: UInt16, sequence: UInt16) {
    self.kind = kind
    code = 0
    checksum = 0
    self.identifier = identifier
    self.sequence = sequence
    data = 8..<8
  }

  /// Reads an echo message that fills `octets`. The checksum is not verified.
  @inlinable
  package init(decoding octets: Span<UInt8>) throws(WireError) {
    guard octets.count >= 8 else { throw .truncated(needed: 8, available: octets.count, offset: 0) }
    guard let kind = Kind(rawValue: octets[0]) else {
      throw .invalid(.messageType, value: Int(octets[0]), offset: 0)
    }
    self.kind = kind
    code = octets[1]
    checksum = octets.uint16(at: 2)
    identifier = octets.uint16(at: 4)
    sequence = octets.uint16(at: 6)
    data = 8..<octets.count
  }

  /// Writes header and `data` at `offset` with a zero checksum, and returns how many octets.
  @inlinable @discardableResult
  package func encode(
    into buffer: inout MutableSpan<UInt8>, at offset: Int = 0, data: Span<UInt8>
  ) throws(WireError) -> Int {
    let count = data.count + 8
    try buffer.requireSpace(count, at: offset)
    // One store: a checksum that reads these octets as one number need not wait for four.
    let header =
      UInt64(kind.rawValue) << 56 | UInt64(code) << 48 | UInt64(identifier) << 16 | UInt64(sequence)
    buffer.store(header, at: offset)
    buffer.store(data, at: offset + 8)
    return count
  }

  /// Writes header, `data` and the checksum between `source` and `destination` at `offset`, and returns how
  /// many octets.
  @inlinable @discardableResult
  package func encode(
    into buffer: inout MutableSpan<UInt8>, at offset: Int = 0, data: Span<UInt8>, from source: IPv6Address,
    to destination: IPv6Address
  ) throws(WireError) -> Int {
    let count = try encode(into: &buffer, at: offset, data: data)
    let checksum = ICMPv6Checksum.value(
      of: buffer.span.extracting(offset..<(offset + count)), from: source, to: destination)
    buffer.store(checksum, at: offset + 2)
    return count
  }
}
