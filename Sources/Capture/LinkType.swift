import Wire

/// What stands before the IPv6 header of a captured frame (a DLT_ value of libpcap).
package struct LinkType: RawRepresentable, Hashable, Sendable {
  package var rawValue: Int32
  package init(rawValue: Int32) { self.rawValue = rawValue }

  /// DLT_NULL: the address family in the host's byte order.
  package static let null = LinkType(rawValue: 0)
  /// DLT_EN10MB.
  package static let ethernet = LinkType(rawValue: 1)
  /// DLT_RAW on Linux: nothing.
  package static let raw = LinkType(rawValue: 12)
  /// LINKTYPE_RAW as files have it: nothing.
  package static let rawFile = LinkType(rawValue: 101)
  /// DLT_LOOP: the address family in network order.
  package static let loop = LinkType(rawValue: 108)
  /// DLT_LINUX_SLL: what the "any" interface and odd links give.
  package static let linuxCooked = LinkType(rawValue: 113)
  /// DLT_IPV6.
  package static let ipv6 = LinkType(rawValue: 229)
  /// DLT_LINUX_SLL2.
  package static let linuxCooked2 = LinkType(rawValue: 276)

  /// Where the IPv6 header starts in a frame of this link; nil when the frame does not say that it carries
  /// IPv6, or is too short to say. VLAN tags (IEEE 802.1Q, 802.1ad) are stepped over, at most two.
  package func networkHeaderOffset(in frame: Span<UInt8>) -> Int? {
    switch self {
    case .ethernet:
      var offset = 12
      for _ in 0...2 {
        guard let type = frame.network16(at: offset) else { return nil }
        if type == Self.ipv6EtherType { return offset + 2 }
        guard type == 0x8100 || type == 0x88a8 else { return nil }
        offset += 4
      }
      return nil
    case .raw, .rawFile, .ipv6:
      guard frame.count > 0, frame[0] >> 4 == 6 else { return nil }
      return 0
    case .null, .loop:
      // The family's number differs between systems; the header's own version is what all agree on.
      guard frame.count > 4, frame[4] >> 4 == 6 else { return nil }
      return 4
    case .linuxCooked:
      return frame.network16(at: 14) == Self.ipv6EtherType ? 16 : nil
    case .linuxCooked2:
      guard frame.count >= 20 else { return nil }
      return frame.network16(at: 0) == Self.ipv6EtherType ? 20 : nil
    default:
      return nil
    }
  }

  /// Whether this host sent the frame; nil where the link's header does not tell (Ethernet does not).
  package func direction(of frame: Span<UInt8>) -> FrameDirection? {
    let packetType: UInt16? =
      switch self {
      case .linuxCooked: frame.network16(at: 0)
      case .linuxCooked2: frame.count > 10 ? UInt16(frame[10]) : nil
      default: nil
      }
    guard let packetType else { return nil }
    // PACKET_OUTGOING is 4; 0...3 are this host, broadcast, multicast, other host.
    return packetType == 4 ? .outgoing : .incoming
  }

  /// Index of the interface that a frame passed; 0 where the link's header does not tell.
  package func interface(of frame: Span<UInt8>) -> UInt32 {
    guard self == .linuxCooked2, let high = frame.network16(at: 4), let low = frame.network16(at: 6) else {
      return 0
    }
    return UInt32(high) << 16 | UInt32(low)
  }

  /// The link-layer addresses of a frame, as places in it.
  package struct Addresses: Equatable, Sendable {
    /// nil where the link has none, or does not tell. At most eight octets of a cooked frame's.
    package var source: Range<Int>?
    package var destination: Range<Int>?
  }

  /// Who sent a frame to whom, by its header. Cooked frames name the sender alone.
  package func addresses(in frame: Span<UInt8>) -> Addresses {
    switch self {
    case .ethernet where frame.count >= 12: Addresses(source: 6..<12, destination: 0..<6)
    case .linuxCooked where frame.count >= 16:
      Addresses(source: Self.cooked(at: 6, length: frame.network16(at: 4)))
    case .linuxCooked2 where frame.count >= 20:
      Addresses(source: Self.cooked(at: 12, length: UInt16(frame[11])))
    default: Addresses()
    }
  }

  /// The VLAN identifier (12 bits) of a frame's outermost tag (IEEE 802.1Q, 802.1ad); 0 for a tag of priority alone;
  /// nil for no tag.
  package func vlan(in frame: Span<UInt8>) -> UInt16? {
    guard self == .ethernet, let type = frame.network16(at: 12), type == 0x8100 || type == 0x88a8,
      let tag = frame.network16(at: 14)
    else { return nil }
    return tag & 0xfff
  }

  private static func cooked(at start: Int, length: UInt16?) -> Range<Int>? {
    guard let length, length > 0 else { return nil }
    return start..<start + min(8, Int(length))
  }

  private static let ipv6EtherType: UInt16 = 0x86dd
}

/// Which way a frame went, seen from this host.
package enum FrameDirection: Hashable, Sendable {
  case incoming, outgoing
}

extension Span where Element == UInt8 {
  fileprivate func network16(at offset: Int) -> UInt16? {
    guard offset + 2 <= count else { return nil }
    return UInt16(self[offset]) << 8 | UInt16(self[offset + 1])
  }
}
