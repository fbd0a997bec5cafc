import Wire

/// What a neighbor discovery message says about who has an address: the target of a neighbor advertisement, the source
/// of the others.
struct AddressClaim: Hashable, Sendable {
  var address: IPv6Address
  /// From the source or target link-layer address option.
  var optionLink: LinkLayerAddress?
  /// From the frame's header.
  var frameLink: LinkLayerAddress?
  /// It calls itself a router, or no router; nil: it does not say.
  var isRouter: Bool?

  /// Where traffic for the address would go.
  var link: LinkLayerAddress? { optionLink ?? frameLink }

  /// nil: the message must be discarded, or claims no unicast address.
  init?(_ message: HeardMessage) {
    guard !message.isDiscarded else { return nil }
    let octets = message.octets.span
    var address = message.source
    let options: Range<Int>
    switch message.type {
    case 133:
      guard let decoded = try? RouterSolicitation(decoding: octets) else { return nil }
      options = decoded.options
    case 134:
      guard let decoded = try? RouterAdvertisement(decoding: octets) else { return nil }
      options = decoded.options
      isRouter = true
    case 135:
      guard let decoded = try? NeighborSolicitation(decoding: octets) else { return nil }
      options = decoded.options
    case 136:
      guard let decoded = try? NeighborAdvertisement(decoding: octets) else { return nil }
      options = decoded.options
      address = decoded.target
      isRouter = decoded.flags.rawValue & NeighborAdvertisement.Flags.router.rawValue != 0
    default: return nil
    }
    guard address.isStationAddress else { return nil }
    self.address = address
    frameLink = message.arrival.linkSource
    let type: NeighborOptionType =
      message.type == 136 ? .targetLinkLayerAddress : .sourceLinkLayerAddress
    var walk = NeighborOptionWalk(range: options)
    while let option = try? walk.next(in: octets) {
      guard option.type == type else { continue }
      optionLink = LinkLayerAddress(option.data.map { octets[$0] })
      break
    }
  }
}

extension IPv6Address {
  /// One that a single station of a link can have: neither `::`, `::1` nor multicast.
  var isStationAddress: Bool { !isMulticast && self != .unspecified && self != .loopback }
}
