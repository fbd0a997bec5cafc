package import Wire

/// An IPv6 packet around one ICMPv6 message, as it leaves by a raw socket: header, message, checksum.
package struct LinkPacket: Sendable {
  package private(set) var octets: [UInt8]
  package let source: IPv6Address
  package let destination: IPv6Address
  /// Where the message begins.
  private let start: Int

  /// The packet of the message in `message`, whose checksum is written here.
  ///
  /// `isAtomicFragment`: a fragment header stands before it although it is whole (RFC 6946).
  package init(
    source: IPv6Address, destination: IPv6Address, hopLimit: UInt8 = 255, isAtomicFragment: Bool = false,
    message: [UInt8]
  ) {
    self.source = source
    self.destination = destination
    start = IPv6Header.count + (isAtomicFragment ? FragmentHeader.count : 0)
    octets = [UInt8](repeating: 0, count: start) + message
    let header = IPv6Header(
      payloadLength: UInt16(clamping: octets.count - IPv6Header.count),
      nextHeader: isAtomicFragment ? .fragment : .icmpv6, hopLimit: HopLimit(rawValue: hopLimit),
      source: source, destination: destination)
    var span = octets.mutableSpan
    // There is room for both headers.
    _ = try? header.encode(into: &span)
    if isAtomicFragment {
      let fragment = FragmentHeader(nextHeader: .icmpv6, offset: 0, isMore: false, identification: 1)
      _ = try? fragment.encode(into: &span, at: IPv6Header.count)
    }
    writeChecksum()
  }

  /// Makes the checksum a wrong one.
  package mutating func spoilChecksum() {
    guard octets.count >= start + 4 else { return }
    octets[start + 3] ^= 0x55
  }

  /// Copies it: how many octets, or nil where `buffer` has no room.
  package func write(into buffer: inout MutableSpan<UInt8>) -> Int? {
    guard octets.count <= buffer.count else { return nil }
    for index in octets.indices { buffer[index] = octets[index] }
    return octets.count
  }

  private mutating func writeChecksum() {
    guard octets.count >= start + 4 else { return }
    let pseudoHeader = PseudoHeader(
      source: source, destination: destination,
      upperLayerCount: UInt32(clamping: octets.count - start), nextHeader: .icmpv6)
    let checksum = pseudoHeader.checksum(of: octets.span.extracting(start..<octets.count))
    let place = start + 2
    var span = octets.mutableSpan
    span.store(checksum, at: place)
  }
}

extension LinkPacket {
  /// A neighbor solicitation (RFC 4861 §4.3). `destination` nil: the target's solicited-node group.
  package static func neighborSolicitation(
    target: IPv6Address, source: IPv6Address, destination: IPv6Address? = nil, link: LinkLayerAddress?,
    nonce: [UInt8] = []
  ) -> LinkPacket {
    var options = option(.sourceLinkLayerAddress, link?.octets ?? [])
    options += option(.nonce, nonce)
    return LinkPacket(
      source: source, destination: destination ?? target.solicitedNodeMulticast,
      message: message(NeighborSolicitation.headerCount + options.count) { span throws(WireError) in
        try NeighborSolicitation(target: target).encode(into: &span, options: options.span)
      })
  }

  /// A router solicitation (RFC 4861 §4.1).
  package static func routerSolicitation(
    source: IPv6Address, destination: IPv6Address, link: LinkLayerAddress?
  ) -> LinkPacket {
    let options = option(.sourceLinkLayerAddress, source == .unspecified ? [] : link?.octets ?? [])
    return LinkPacket(
      source: source, destination: destination,
      message: message(RouterSolicitation.headerCount + options.count) { span throws(WireError) in
        try RouterSolicitation().encode(into: &span, options: options.span)
      })
  }

  /// One option; nothing where there are no octets for it.
  static func option(_ type: NeighborOptionType, _ data: [UInt8]) -> [UInt8] {
    guard !data.isEmpty else { return [] }
    return message((data.count + 2 + 7) & ~7) { span throws(WireError) in
      try NeighborOption.encode(type, data: data.span, into: &span)
    }
  }

  /// So many octets, filled by `encode`, which has that much room.
  static func message(
    _ count: Int, _ encode: (inout MutableSpan<UInt8>) throws(WireError) -> Int
  ) -> [UInt8] {
    var octets = [UInt8](repeating: 0, count: count)
    var span = octets.mutableSpan
    // The room was counted by the caller.
    _ = try? encode(&span)
    return octets
  }
}
