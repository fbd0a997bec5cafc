package import Timing
package import Wire

/// What is known of a captured frame beside the packet in it.
package struct FrameArrival: Hashable, Sendable {
  /// Index of the interface that was captured on.
  package var interface: UInt32
  /// From the frame's header; nil where the link has none.
  package var linkSource: LinkLayerAddress?
  package var linkDestination: LinkLayerAddress?
  /// This host sent it (only captures of both directions have such; where the link does not tell, a frame from the
  /// interface's own address counts as sent).
  package var isOutgoing: Bool
  /// The capture's stamp, on the monotonic clock.
  package var stamp: Instant
  /// When the read returned.
  package var readAt: Instant

  package init(
    interface: UInt32, linkSource: LinkLayerAddress? = nil, linkDestination: LinkLayerAddress? = nil,
    isOutgoing: Bool = false, stamp: Instant, readAt: Instant
  ) {
    self.interface = interface
    self.linkSource = linkSource
    self.linkDestination = linkDestination
    self.isOutgoing = isOutgoing
    self.stamp = stamp
    self.readAt = readAt
  }
}

/// A rule that a message breaks, and where.
package struct BrokenRule: Hashable, Sendable {
  package var rule: NeighborRule
  /// Offset of the option in the ICMPv6 message; nil where the rule is about the message.
  package var offset: Int?

  package init(_ rule: NeighborRule, at offset: Int? = nil) {
    self.rule = rule
    self.offset = offset
  }
}

/// One ICMPv6 message that was heard on the link: its octets, and what had to be read once.
///
/// Made from a captured packet; whoever shows it reads header and options from `octets` with Wire.
package struct HeardMessage: Hashable, Sendable {
  package var arrival: FrameArrival
  /// Source, destination, hop limit, whether it came in fragments, whether the checksum holds (nil: cannot be told).
  package var envelope: NeighborEnvelope
  /// The message from its type on; of a fragmented one what its first fragment holds.
  package var octets: [UInt8]
  /// For types 133 to 137: what it breaks, in the order of the octets (the message's own first). Empty for others.
  package var broken: [BrokenRule]

  /// ICMPv6 type; 0 for a message without octets.
  package var type: UInt8 { octets.first ?? 0 }
  package var source: IPv6Address { envelope.source }
  package var destination: IPv6Address { envelope.destination }
  /// A receiver must discard it (RFC 4861 §6.1, §7.1, §8.1).
  package var isDiscarded: Bool { broken.contains { $0.rule.consequence == .messageDiscarded } }

  package init(
    arrival: FrameArrival, envelope: NeighborEnvelope, octets: [UInt8], broken: [BrokenRule]
  ) {
    self.arrival = arrival
    self.envelope = envelope
    self.octets = octets
    self.broken = broken
  }
}

extension HeardMessage {
  /// The ICMPv6 message of a captured IPv6 packet, as far as its octets go. nil: no IPv6, no ICMPv6, or a fragment
  /// that is not the first.
  package init?(decoding packet: Span<UInt8>, _ arrival: FrameArrival) {
    guard let decoded = try? IPv6Packet(decoding: packet), decoded.chain.end == .upperLayer,
      decoded.chain.nextHeader == .icmpv6, decoded.chain.payload.lowerBound < decoded.range.upperBound
    else { return nil }
    let status = decoded.checksumStatus(in: packet)
    let payload = packet.extracting(decoded.chain.payload)
    let octets = payload.indices.map { payload[$0] }
    let envelope = NeighborEnvelope(
      source: decoded.header.source, destination: decoded.header.destination,
      hopLimit: decoded.header.hopLimit.rawValue, isFragmented: decoded.chain.fragment != nil,
      isChecksumValid: status == .unverifiable ? nil : status == .valid || status == .unfinished)
    var broken: [BrokenRule] = []
    if (133...137).contains(octets[0]) {
      broken = BrokenRule.all(in: octets.span, envelope)
      // A packet that ends before its payload length says is dropped by any receiver, wherever it was cut.
      if decoded.missingCount > 0, !broken.contains(where: { $0.rule == .length }) {
        broken.insert(BrokenRule(.length), at: 0)
      }
    }
    self.init(arrival: arrival, envelope: envelope, octets: octets, broken: broken)
  }

  /// Where the options of a neighbor discovery message begin; nil for other messages and those that are too short.
  package var options: Range<Int>? {
    let count =
      switch type {
      case 133: RouterSolicitation.headerCount
      case 134: RouterAdvertisement.headerCount
      case 135: NeighborSolicitation.headerCount
      case 136: NeighborAdvertisement.headerCount
      case 137: Redirect.headerCount
      default: Int.max
      }
    return count <= octets.count ? count..<octets.count : nil
  }

  /// What stands behind type and length of the first option of a type.
  package func option(_ type: NeighborOptionType) -> [UInt8]? {
    guard let options else { return nil }
    var walk = NeighborOptionWalk(range: options)
    while let option = try? walk.next(in: octets.span) {
      if option.type == type { return Array(octets[option.data]) }
    }
    return nil
  }

  /// The address in the first source or target link-layer address option.
  ///
  /// An option says not where its address ends; a frame's address is as long as those of the link are.
  package func linkLayerAddress(_ type: NeighborOptionType) -> LinkLayerAddress? {
    guard let data = option(type) else { return nil }
    let count = arrival.linkSource?.octets.count ?? 6
    // Of another length than the link's: it is shown as it is.
    return LinkLayerAddress((count + 2 + 7) & ~7 == data.count + 2 ? Array(data[..<count]) : data)
  }
}

extension BrokenRule {
  /// The rules that a neighbor discovery message (types 133 to 137) breaks: the message's own, then its options' in
  /// their order.
  package static func all(in octets: Span<UInt8>, _ envelope: NeighborEnvelope) -> [BrokenRule] {
    var found: [BrokenRule] = []
    NeighborRule.forEachBroken(by: octets, envelope) { found.append(BrokenRule($0, at: $1)) }
    return found
  }
}
