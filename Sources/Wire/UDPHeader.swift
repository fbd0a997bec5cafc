/// A UDP header (RFC 768), 8 octets.
package struct UDPHeader: Hashable, Sendable {
  package var source: Port
  package var destination: Port
  /// Octets of header and data; 0 in a jumbogram (RFC 2675 §4).
  package var length: UInt16
  /// As it stood on the wire.
  package var checksum: UInt16
  /// The data that is there, in the octets that were decoded.
  package var data: Range<Int>

  package static var count: Int { 8 }

  /// A header to be encoded.
  package init(source: Port, destination: Port) {
    self.source = source
    self.destination = destination
    length = 0
    checksum = 0
    data = 8..<8
  }

  /// Reads the datagram that starts at `offset`. The checksum is not verified.
  ///
  /// A length below 8 is malformed, except 0. One beyond the octets is not: `data` is then what is there.
  package init(decoding octets: Span<UInt8>, at offset: Int = 0) throws(WireError) {
    try octets.require(Self.count, at: offset)
    source = Port(rawValue: octets.uint16(at: offset))
    destination = Port(rawValue: octets.uint16(at: offset + 2))
    length = octets.uint16(at: offset + 4)
    checksum = octets.uint16(at: offset + 6)
    guard length == 0 || length >= 8 else {
      throw .invalid(.length, value: Int(length), offset: offset + 4)
    }
    let end = length == 0 ? octets.count : min(octets.count, offset + Int(length))
    data = (offset + Self.count)..<end
  }

  /// Writes header, `data` and checksum at `offset`, and returns how many octets.
  ///
  /// A checksum that computes to zero is sent as ffff (RFC 8200 §8.1). Without addresses the field is zero,
  /// which serves sockets where the kernel writes it.
  @discardableResult
  package func encode(
    into buffer: inout MutableSpan<UInt8>, at offset: Int = 0, data: Span<UInt8>,
    addresses: (source: IPv6Address, destination: IPv6Address)?
  ) throws(WireError) -> Int {
    let count = Self.count + data.count
    guard count <= 0xffff else { throw .invalid(.length, value: count, offset: offset + 4) }
    try buffer.requireSpace(count, at: offset)
    buffer.store(source.rawValue, at: offset)
    buffer.store(destination.rawValue, at: offset + 2)
    buffer.store(UInt16(truncatingIfNeeded: count), at: offset + 4)
    buffer.store(UInt16(0), at: offset + 6)
    buffer.store(data, at: offset + 8)
    if let addresses {
      let pseudoHeader = PseudoHeader(
        source: addresses.source, destination: addresses.destination,
        upperLayerCount: UInt32(truncatingIfNeeded: count), nextHeader: .udp)
      let checksum = pseudoHeader.checksum(of: buffer.span.extracting(offset..<(offset + count)))
      buffer.store(checksum == 0 ? 0xffff : checksum, at: offset + 6)
    }
    return count
  }
}
