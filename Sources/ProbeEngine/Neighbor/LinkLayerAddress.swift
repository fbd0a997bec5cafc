package import Wire

/// A link-layer address as it came: 6 octets on Ethernet, others elsewhere.
package struct LinkLayerAddress: Hashable, Sendable {
  /// As many as are kept of an option or a frame's header; none in use is longer (InfiniBand has 20).
  package static let longest = 32

  /// 1 to `longest` of them.
  package let octets: [UInt8]

  /// Keeps `longest` octets at most; nil for none.
  package init?(_ octets: some Sequence<UInt8>) {
    let kept = Array(octets.prefix(Self.longest))
    guard !kept.isEmpty else { return nil }
    self.octets = kept
  }

  package init(_ address: EthernetAddress) {
    octets = (0..<6).map { UInt8(truncatingIfNeeded: address.bits >> (40 - 8 * UInt64($0))) }
  }

  /// nil where it has not 6 octets.
  package var ethernet: EthernetAddress? {
    guard octets.count == 6 else { return nil }
    return EthernetAddress(truncating: octets.reduce(0) { $0 << 8 | UInt64($1) })
  }
}

extension LinkLayerAddress: Comparable {
  /// In the order of octets.
  package static func < (left: LinkLayerAddress, right: LinkLayerAddress) -> Bool {
    left.octets.lexicographicallyPrecedes(right.octets)
  }
}
