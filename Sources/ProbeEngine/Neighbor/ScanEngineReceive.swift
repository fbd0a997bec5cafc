import Wire

// What a message says about its station. Only what cannot come from behind a router is believed, for the frame names
// the router then.
extension ScanEngine {
  mutating func take(_ message: HeardMessage) {
    switch message.type {
    case 129: takeEchoReply(message)
    // Errors and echo replies that are not for us are no evidence: they come from anywhere.
    case 1...127: takeParameterProblem(message)
    case 131, 132: takeReport(message)
    case 143: takeReportV2(message)
    case 133...137: takeNeighborDiscovery(message)
    default:
      if message.source.isLinkLocalUnicast || message.destination.isLinkScopeMulticast {
        record(message.source, message, .other)
      }
    }
  }

  private mutating func takeEchoReply(_ message: HeardMessage) {
    let octets = message.octets.span
    guard let echo = try? ICMPv6Echo(decoding: octets), echo.kind == .reply,
      let number = cookie.number(of: echo, in: octets),
      sourceAsked(number, withOption: false) == message.destination, !wasForwarded(message)
    else { return }
    record(message.source, message, .echo)
  }

  private mutating func takeParameterProblem(_ message: HeardMessage) {
    let octets = message.octets.span
    guard message.type == 4, let error = try? ICMPv6Error(decoding: octets), !wasForwarded(message) else {
      return
    }
    let quote = InvokingPacket(decoding: octets, in: error.invokingPacket)
    guard let header = quote.header, header.destination == LinkQuestion.allNodes,
      header.source == message.destination, quote.chain?.nextHeader == .icmpv6,
      let range = quote.upperLayerRange
    else { return }
    let quoted = octets.extracting(range)
    guard let echo = try? ICMPv6Echo(decoding: quoted), echo.kind == .request,
      let number = cookie.number(of: echo, in: quoted),
      sourceAsked(number, withOption: true) == message.destination
    else { return }
    record(message.source, message, .parameterProblem)
  }

  /// A host whose routes know nothing of the source's prefix answers by its router, whose frame then arrives, and the
  /// usual hop limits have become less by one. Questions do not cross a router, answers may.
  private func wasForwarded(_ message: HeardMessage) -> Bool {
    switch message.envelope.hopLimit {
    case 31, 63, 127, 254: !message.source.isLinkLocalUnicast
    default: false
    }
  }

  private mutating func takeNeighborDiscovery(_ message: HeardMessage) {
    // Those have a hop limit of 255, or were discarded: no router had a hand in them.
    let octets = message.octets.span
    switch message.type {
    case 133: record(message.source, message, .neighborDiscovery)
    case 134, 137:
      record(message.source, message, .neighborDiscovery)
      setRouter(message)
    case 135:
      guard let solicitation = try? NeighborSolicitation(decoding: octets) else { return }
      // From `::` it is the address that the station is about to take.
      let address = message.source == .unspecified ? solicitation.target : message.source
      record(address, message, .neighborDiscovery)
    default:
      guard let advertisement = try? NeighborAdvertisement(decoding: octets) else { return }
      record(advertisement.target, message, .neighborDiscovery)
      record(message.source, message, .neighborDiscovery)
      if advertisement.flags.rawValue & NeighborAdvertisement.Flags.router.rawValue != 0 {
        setRouter(message)
      }
    }
  }

  private mutating func takeReport(_ message: HeardMessage) {
    guard isReport(message), let report = try? MulticastListenerReport(decoding: message.octets.span) else {
      return
    }
    record(message.source, message, .listenerReport)
    if !report.isDone, report.group.isSolicitedNode { record(group: report.group, message) }
  }

  private mutating func takeReportV2(_ message: HeardMessage) {
    let octets = message.octets.span
    guard isReport(message), var walk = try? MulticastAddressRecordWalk(decoding: octets) else { return }
    record(message.source, message, .listenerReport)
    while let next = try? walk.next(in: octets) {
      guard next.group.isSolicitedNode else { continue }
      switch next.kind {
      // Excludes some sources, or none: it listens.
      case .isExcluding, .toExcluding: record(group: next.group, message)
      case .isIncluding, .toIncluding, .allowsNewSources:
        if !next.sources.isEmpty { record(group: next.group, message) }
      case .blocksOldSources, nil: break
      }
    }
  }

  /// RFC 3810 §5.2.13: reports come from a link-local address, or from `::`, with hop limit 1.
  private func isReport(_ message: HeardMessage) -> Bool {
    message.envelope.hopLimit == 1
      && (message.source == .unspecified || message.source.isLinkLocalUnicast)
  }
}

extension IPv6Address {
  /// ff02::1:ff00:0/104.
  fileprivate var isSolicitedNode: Bool {
    bits >> 24 == IPv6Address.unspecified.solicitedNodeMulticast.bits >> 24
  }
  /// Multicast of interface-local or link-local scope.
  fileprivate var isLinkScopeMulticast: Bool { isMulticast && needsZone }
}
