import Wire

/// Whom the crafted solicitations ask, and from where.
struct CraftedSurroundings {
  var target: IPv6Address
  /// The target's, as its first answer told; nil until then.
  var targetLink: LinkLayerAddress?
  var source: IPv6Address
  /// A link-local one, where there is.
  var linkLocalSource: IPv6Address
  var link: LinkLayerAddress?
  /// The target says that it is a router.
  var isRouter = false
}

extension CraftedSolicitation {
  private static let group = IPv6Address(bits: 0xff02 << 112 | 1)

  /// Goes to the target alone, in a frame to its link-layer address.
  var isUnicast: Bool {
    switch self {
    case .unicast, .unicastWithoutLink, .unspecifiedToUnicast: true
    default: false
    }
  }

  /// From `::`, so that an answer would go to all nodes.
  private var isFromUnspecified: Bool {
    switch self {
    case .duplicateDetection, .duplicateDetectionWithNonce, .unspecifiedToAllNodes, .unspecifiedToUnicast,
      .unspecifiedWithLink:
      true
    default: false
    }
  }

  func source(_ surroundings: CraftedSurroundings) -> IPv6Address {
    if isFromUnspecified { return .unspecified }
    return self == .allNodes ? surroundings.linkLocalSource : surroundings.source
  }

  private func destination(_ surroundings: CraftedSurroundings) -> IPv6Address {
    if isUnicast { return surroundings.target }
    switch self {
    case .allNodes, .unspecifiedToAllNodes: return Self.group
    default: return surroundings.target.solicitedNodeMulticast
    }
  }

  /// What the target field holds.
  func subject(_ surroundings: CraftedSurroundings) -> IPv6Address {
    self == .targetMulticast ? surroundings.target.solicitedNodeMulticast : surroundings.target
  }

  /// What Linux does with it, as measured; nil: it stays silent.
  func expected(_ surroundings: CraftedSurroundings) -> ConformanceRow.Answer? {
    let router: UInt8 = surroundings.isRouter ? 0x80 : 0
    switch self {
    case .multicast, .multicastWithoutLink, .reservedBits, .unknownOptionFirst, .allNodes:
      return ConformanceRow.Answer(flags: router | 0x60, hasLinkLayerAddress: true)
    case .unicast, .unicastWithoutLink:
      return ConformanceRow.Answer(flags: router | 0x40, hasLinkLayerAddress: false)
    case .duplicateDetection, .duplicateDetectionWithNonce:
      return ConformanceRow.Answer(flags: router | 0x20, isToAllNodes: true, hasLinkLayerAddress: true)
    case .targetMulticast, .unspecifiedToAllNodes, .unspecifiedToUnicast, .unspecifiedWithLink, .hopLimit254,
      .badChecksum, .code1, .shortMessage, .zeroLengthOption, .atomicFragment, .overrunningOption,
      .trailingOctets:
      return nil
    }
  }

  /// The packet as it leaves.
  func packet(_ surroundings: CraftedSurroundings, nonce: [UInt8]) -> LinkPacket {
    var packet = LinkPacket(
      source: source(surroundings), destination: destination(surroundings),
      hopLimit: self == .hopLimit254 ? 254 : 255, isAtomicFragment: self == .atomicFragment,
      message: message(surroundings, nonce: nonce))
    if self == .badChecksum { packet.spoilChecksum() }
    return packet
  }

  private func message(_ surroundings: CraftedSurroundings, nonce: [UInt8]) -> [UInt8] {
    let options = options(surroundings, nonce: nonce)
    var message = LinkPacket.message(NeighborSolicitation.headerCount + options.count) {
      span throws(WireError) in
      try NeighborSolicitation(target: subject(surroundings)).encode(into: &span, options: options.span)
    }
    switch self {
    case .reservedBits: for index in 4..<8 { message[index] = 0xff }
    case .code1: message[1] = 1
    case .shortMessage: message = Array(message.prefix(16))
    default: break
    }
    return message
  }

  private func options(_ surroundings: CraftedSurroundings, nonce: [UInt8]) -> [UInt8] {
    let link = LinkPacket.option(.sourceLinkLayerAddress, surroundings.link?.octets ?? [])
    switch self {
    case .multicastWithoutLink, .unicastWithoutLink, .duplicateDetection, .unspecifiedToAllNodes,
      .unspecifiedToUnicast, .shortMessage:
      return []
    case .duplicateDetectionWithNonce: return LinkPacket.option(.nonce, nonce)
    case .unknownOptionFirst: return [250, 1, 0, 0, 0, 0, 0, 0] + link
    // Where the link has no addresses, an empty option has to bear the wrong length.
    case .zeroLengthOption: return [1, 0] + (link.isEmpty ? [0, 0, 0, 0, 0, 0] : link.dropFirst(2))
    case .overrunningOption:
      let count = UInt8(truncatingIfNeeded: link.count / 8 + 1)
      return [1, count] + (link.isEmpty ? [] : link.dropFirst(2))
    case .trailingOctets: return link + [0, 0, 0, 0]
    default: return link
    }
  }
}
