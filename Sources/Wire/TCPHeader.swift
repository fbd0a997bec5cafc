/// A TCP header (RFC 9293 §3.1).
package struct TCPHeader: Hashable, Sendable {
  /// The nine flags, the lowest bit FIN.
  package struct Flags: RawRepresentable, Hashable, Sendable {
    package var rawValue: UInt16
    package init(rawValue: UInt16) { self.rawValue = rawValue }
    package static let fin = Flags(rawValue: 0x001)
    package static let syn = Flags(rawValue: 0x002)
    package static let rst = Flags(rawValue: 0x004)
    package static let psh = Flags(rawValue: 0x008)
    package static let ack = Flags(rawValue: 0x010)
    package static let urg = Flags(rawValue: 0x020)
    package static let ece = Flags(rawValue: 0x040)
    package static let cwr = Flags(rawValue: 0x080)
    /// Accurate ECN (RFC 9768), formerly NS.
    package static let ae = Flags(rawValue: 0x100)
  }

  package var source: Port
  package var destination: Port
  package var sequence: UInt32
  package var acknowledgment: UInt32
  /// The three bits between data offset and flags.
  package var reserved: UInt8
  package var flags: Flags
  package var window: UInt16
  /// As it stood on the wire.
  package var checksum: UInt16
  package var urgentPointer: UInt16
  /// The options, padding included, in the octets that were decoded.
  package var options: Range<Int>
  /// The data behind the header.
  package var data: Range<Int>

  /// Octets of a header without options.
  package static var minimumCount: Int { 20 }

  /// A header to be encoded.
  package init(
    source: Port, destination: Port, sequence: UInt32, acknowledgment: UInt32 = 0, flags: Flags,
    window: UInt16,
    urgentPointer: UInt16 = 0
  ) {
    self.source = source
    self.destination = destination
    self.sequence = sequence
    self.acknowledgment = acknowledgment
    reserved = 0
    self.flags = flags
    self.window = window
    checksum = 0
    self.urgentPointer = urgentPointer
    options = 20..<20
    data = 20..<20
  }

  /// Reads the segment from `offset` to the end of the octets. The checksum is not verified.
  package init(decoding octets: Span<UInt8>, at offset: Int = 0) throws(WireError) {
    try octets.require(Self.minimumCount, at: offset)
    let headerCount = Int(octets[offset + 12] >> 4) * 4
    guard headerCount >= Self.minimumCount else {
      throw .invalid(.length, value: headerCount, offset: offset + 12)
    }
    try octets.require(headerCount, at: offset)
    source = Port(rawValue: octets.uint16(at: offset))
    destination = Port(rawValue: octets.uint16(at: offset + 2))
    sequence = octets.uint32(at: offset + 4)
    acknowledgment = octets.uint32(at: offset + 8)
    reserved = octets[offset + 12] >> 1 & 7
    flags = Flags(rawValue: octets.uint16(at: offset + 12) & 0x1ff)
    window = octets.uint16(at: offset + 14)
    checksum = octets.uint16(at: offset + 16)
    urgentPointer = octets.uint16(at: offset + 18)
    options = (offset + Self.minimumCount)..<(offset + headerCount)
    data = (offset + headerCount)..<octets.count
  }

  /// Writes header, options, `data` and checksum at `offset`, and returns how many octets.
  ///
  /// `options` holds whole options, one behind the other; they are padded with end-of-list. Without addresses
  /// the checksum is zero, which serves sockets where the kernel writes it.
  @discardableResult
  package func encode(
    into buffer: inout MutableSpan<UInt8>, at offset: Int = 0, options: Span<UInt8>, data: Span<UInt8>,
    addresses: (source: IPv6Address, destination: IPv6Address)?
  ) throws(WireError) -> Int {
    guard options.count <= 40 else { throw .invalid(.length, value: options.count, offset: offset) }
    guard reserved <= 7, flags.rawValue <= 0x1ff else {
      throw .invalid(.fieldWidth, value: Int(flags.rawValue), offset: offset + 12)
    }
    let headerCount = Self.minimumCount + (options.count + 3) & ~3
    let count = headerCount + data.count
    try buffer.requireSpace(count, at: offset)
    buffer.store(source.rawValue, at: offset)
    buffer.store(destination.rawValue, at: offset + 2)
    buffer.store(sequence, at: offset + 4)
    buffer.store(acknowledgment, at: offset + 8)
    let offsetAndFlags =
      UInt16(truncatingIfNeeded: headerCount / 4) << 12 | UInt16(reserved) << 9 | flags.rawValue
    buffer.store(offsetAndFlags, at: offset + 12)
    buffer.store(window, at: offset + 14)
    buffer.store(UInt16(0), at: offset + 16)
    buffer.store(urgentPointer, at: offset + 18)
    buffer.store(options, at: offset + Self.minimumCount)
    buffer.fill((offset + Self.minimumCount + options.count)..<(offset + headerCount), with: 0)
    buffer.store(data, at: offset + headerCount)
    if let addresses {
      let pseudoHeader = PseudoHeader(
        source: addresses.source, destination: addresses.destination,
        upperLayerCount: UInt32(truncatingIfNeeded: count), nextHeader: .tcp)
      buffer.store(
        pseudoHeader.checksum(of: buffer.span.extracting(offset..<(offset + count))), at: offset + 16)
    }
    return count
  }
}

#if !$Embedded
  // The array literals of OptionSet allocate, so the conformance stays out of the build that proves the
  // codec does not.
  extension TCPHeader.Flags: OptionSet {}
#endif
