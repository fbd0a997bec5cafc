/// An IPv6 packet: header, extension headers, and where the rest stands.
package struct IPv6Packet: Hashable, Sendable {
  /// How many packets inside packets are followed (RFC 2473 §4.1.1 suggests 4 levels).
  package static let tunnelLimit = 4

  package var header: IPv6Header
  package var chain: IPv6Chain
  /// The octets of the packet that are there: at most 40 and the payload length, less if it was cut.
  package var range: Range<Int>
  /// Octets that the payload length promises and that are not there.
  package var missingCount: Int

  /// What the checksum of the upper layer says.
  package enum ChecksumStatus: Hashable, Sendable {
    case valid
    case invalid
    /// UDP or TCP with the sum of the pseudo-header alone, as this host's kernel leaves it for the device to finish
    /// (CHECKSUM_PARTIAL): a packet of a neighbor on the same host (veth, loopback) that never met a device.
    case unfinished
    /// UDP with a zero checksum, which IPv6 does not allow (RFC 8200 §8.1; tunnels: RFC 6935).
    case zero
    /// Not UDP, TCP or ICMPv6; cut; a fragment; or the final destination is not known.
    case unverifiable
  }

  /// Reads the packet that starts at `offset`. Octets behind its payload length do not belong to it.
  package init(decoding octets: Span<UInt8>, at offset: Int = 0) throws(WireError) {
    header = try IPv6Header(decoding: octets, at: offset)
    let start = offset + IPv6Header.count
    var end = octets.count
    missingCount = 0
    // 0 stands for a jumbogram or for a large segment that the kernel has not cut yet: take what is there.
    if header.payloadLength > 0 || header.nextHeader == .noNextHeader {
      let promised = start + Int(header.payloadLength)
      missingCount = max(0, promised - octets.count)
      end = min(end, promised)
    }
    range = offset..<end
    chain = IPv6Chain(
      decoding: octets.extracting(0..<end), nextHeader: header.nextHeader, nextHeaderOffset: offset + 6,
      at: start)
  }

  /// The packet inside, if the upper layer is IPv6.
  package func inner(in octets: Span<UInt8>) throws(WireError) -> IPv6Packet? {
    guard chain.end == .upperLayer, chain.nextHeader == .ipv6 else { return nil }
    return try IPv6Packet(decoding: octets.extracting(0..<range.upperBound), at: chain.payload.lowerBound)
  }

  /// The innermost packet of `tunnelLimit` levels at most; the last one that can be read.
  package static func innermost(decoding octets: Span<UInt8>, at offset: Int = 0) throws(WireError)
    -> IPv6Packet
  {
    var packet = try IPv6Packet(decoding: octets, at: offset)
    for _ in 0..<tunnelLimit {
      guard let inner = try? packet.inner(in: octets) else { break }
      packet = inner
    }
    return packet
  }

  /// The source that upper-layer checksums cover: that of a home address option (RFC 6275 §6.3), else that
  /// of the header.
  package func checksumSource(in octets: Span<UInt8>) -> IPv6Address {
    guard chain.hasDestinationOptions else { return header.source }
    let packet = octets.extracting(0..<min(range.upperBound, octets.count))
    var walk = ExtensionHeaderWalk(
      nextHeader: header.nextHeader, nextHeaderOffset: range.lowerBound + 6,
      offset: range.lowerBound + IPv6Header.count)
    while let extensionHeader = try? walk.next(in: packet) {
      guard extensionHeader.kind == .destinationOptions else { continue }
      var options = IPv6OptionWalk(header: extensionHeader.range)
      while let option = try? options.next(in: packet) {
        if case .homeAddress(let address) = option.value(in: packet) { return address }
      }
    }
    return header.source
  }

  /// Compares the checksum of UDP, TCP or ICMPv6 with the octets.
  package func checksumStatus(in octets: Span<UInt8>) -> ChecksumStatus {
    guard chain.end == .upperLayer, missingCount == 0, chain.fragment?.isAtomic ?? true,
      let destination = chain.finalDestination(in: octets, header: header)
    else { return .unverifiable }
    var payload = chain.payload
    switch chain.nextHeader {
    case .udp:
      guard payload.count >= UDPHeader.count else { return .unverifiable }
      guard octets.uint16(at: payload.lowerBound + 6) != 0 else { return .zero }
      // UDP says how long it is; what lies behind is not covered (RFC 9868).
      let length = Int(octets.uint16(at: payload.lowerBound + 4))
      if length >= UDPHeader.count, length < payload.count {
        payload = payload.lowerBound..<(payload.lowerBound + length)
      }
    case .tcp: guard payload.count >= TCPHeader.minimumCount else { return .unverifiable }
    case .icmpv6: guard payload.count >= ICMPv6Header.count else { return .unverifiable }
    default: return .unverifiable
    }
    let pseudoHeader = PseudoHeader(
      source: checksumSource(in: octets), destination: destination,
      upperLayerCount: UInt32(truncatingIfNeeded: payload.count),
      nextHeader: chain.nextHeader)
    if pseudoHeader.isValid(for: octets.extracting(payload)) { return .valid }
    let field: Int
    switch chain.nextHeader {
    case .udp: field = 6
    case .tcp: field = 16
    default: return .invalid
    }
    return octets.uint16(at: payload.lowerBound + field) == ~pseudoHeader.checksum.value
      ? .unfinished : .invalid
  }
}
