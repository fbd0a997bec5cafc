package import Wire

/// An IPv6 packet around one ICMPv6 message, as it leaves by a raw socket: header, message, checksum.
package struct LinkPacket: Sendable {
  package private(set) var octets: [UInt8]
  private let source: IPv6Address
  private let destination: IPv6Address

  /// The packet of the message in `message`, whose checksum is written here.
  package init(
    source: IPv6Address, destination: IPv6Address, hopLimit: UInt8 = 255, message: [UInt8]
  ) {
    self.source = source
    self.destination = destination
    octets = [UInt8](repeating: 0, count: IPv6Header.count) + message
    let header = IPv6Header(
      payloadLength: UInt16(clamping: message.count), nextHeader: .icmpv6,
      hopLimit: HopLimit(rawValue: hopLimit), source: source, destination: destination)
    var span = octets.mutableSpan
    // There are 40 octets.
    _ = try? header.encode(into: &span)
    writeChecksum()
  }

  /// Compares and copies: how many octets, or nil where `buffer` has no room.
  package func write(into buffer: inout MutableSpan<UInt8>) -> Int? {
    guard octets.count <= buffer.count else { return nil }
    for index in octets.indices { buffer[index] = octets[index] }
    return octets.count
  }

  private mutating func writeChecksum() {
    guard octets.count >= IPv6Header.count + 4 else { return }
    let pseudoHeader = PseudoHeader(
      source: source, destination: destination,
      upperLayerCount: UInt32(clamping: octets.count - IPv6Header.count),
      nextHeader: .icmpv6)
    let checksum = pseudoHeader.checksum(of: octets.span.extracting(IPv6Header.count..<octets.count))
    var span = octets.mutableSpan
    span.store(checksum, at: IPv6Header.count + 2)
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
