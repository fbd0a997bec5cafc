import ProbeEngine
import Wire

/// A message that was heard, in words for a time line.
struct HeardText {
  func put(_ message: HeardMessage, into out: inout [UInt8]) {
    if !putNeighborDiscovery(message, into: &out) { putOther(message, into: &out) }
    if message.arrival.isOutgoing { out.put(" (ours)") }
    for broken in message.broken {
      out.put("; breaks ")
      out.put(broken.rule.name)
      if let offset = broken.offset {
        out.put(" at octet ")
        out.put(decimal: offset)
      }
    }
    if message.isDiscarded { out.put("; not believed") }
  }

  /// false: it is none, or too short for one.
  private func putNeighborDiscovery(_ message: HeardMessage, into out: inout [UInt8]) -> Bool {
    let octets = message.octets.span
    switch message.type {
    case 133:
      guard let solicitation = try? RouterSolicitation(decoding: octets) else { return false }
      out.put("router solicitation from ")
      putStation(message, .sourceLinkLayerAddress, solicitation.options, into: &out)
    case 134:
      guard let advertisement = try? RouterAdvertisement(decoding: octets) else { return false }
      put(advertisement, message, into: &out)
    case 135:
      guard let solicitation = try? NeighborSolicitation(decoding: octets) else { return false }
      if message.source == .unspecified {
        out.put("duplicate address detection for ")
        out.put(solicitation.target)
        if let link = message.arrival.linkSource {
          out.put(" by ")
          out.put(link)
        }
        if let nonce = message.option(.nonce, from: solicitation.options) {
          out.put(", nonce ")
          out.put(hexadecimal: nonce)
        }
      } else {
        out.put("who has ")
        out.put(solicitation.target)
        out.put("? asks ")
        putStation(message, .sourceLinkLayerAddress, solicitation.options, into: &out)
        if !message.destination.isMulticast { out.put(", by unicast") }
      }
    case 136:
      guard let advertisement = try? NeighborAdvertisement(decoding: octets) else { return false }
      put(advertisement, message, into: &out)
    case 137:
      guard let redirect = try? Redirect(decoding: octets) else { return false }
      out.put("redirect by ")
      putStation(message, .sourceLinkLayerAddress, 0..<0, into: &out)
      out.put(": to ")
      out.put(redirect.destination)
      out.put(redirect.target == redirect.destination ? " directly, it is a neighbor" : " by ")
      if redirect.target != redirect.destination { out.put(redirect.target) }
      if let link = message.option(.targetLinkLayerAddress, from: redirect.options)
        .flatMap({ LinkLayerAddress($0) })
      {
        out.put(" at ")
        out.put(link)
      }
    default: return false
    }
    return true
  }

  private func put(_ advertisement: RouterAdvertisement, _ message: HeardMessage, into out: inout [UInt8]) {
    out.put("router ")
    putStation(message, .sourceLinkLayerAddress, advertisement.options, into: &out)
    if advertisement.lifetime == 0 {
      out.put(": not a default router (lifetime 0)")
    } else {
      out.put(": lifetime ")
      DurationText.put(seconds: UInt64(advertisement.lifetime), into: &out)
    }
    if advertisement.preference != .medium { out.put(", preference " + advertisement.preference.name) }
    for name in advertisement.flags.names { out.put(", " + LinkWords.plain(name)) }
    let octets = message.octets.span
    var walk = NeighborOptionWalk(range: advertisement.options)
    while let option = try? walk.next(in: octets) {
      switch try? option.value(in: octets) {
      case .prefix(let prefix):
        out.put(", prefix ")
        out.put(prefix.prefix, length: prefix.length)
        if prefix.validLifetime == 0 { out.put(" (over)") }
      case .mtu(let mtu):
        out.put(", mtu ")
        out.put(decimal: UInt64(mtu))
      case .route(let route):
        out.put(", route ")
        out.put(route.prefix, length: route.length)
      case .recursiveDNSServers(_, let servers):
        for server in octets.addresses(servers) {
          out.put(", DNS server ")
          out.put(server)
        }
      default: break
      }
    }
  }

  private func put(_ advertisement: NeighborAdvertisement, _ message: HeardMessage, into out: inout [UInt8]) {
    out.put(advertisement.target)
    out.put(" is at ")
    let option = message.option(.targetLinkLayerAddress, from: advertisement.options)
      .flatMap { LinkLayerAddress($0) }
    let frame = message.arrival.linkSource
    if let link = option ?? frame { out.put(link) } else { out.put("no link-layer address") }
    if let option, let frame, option != frame {
      out.put(" in a frame from ")
      out.put(frame)
    }
    let flags = advertisement.flags.names
    out.put(" (")
    out.put(flags.isEmpty ? "no flags" : flags.joined(separator: " "))
    out.put(")")
    if message.source != advertisement.target {
      out.put(", says ")
      out.put(message.source)
    }
    out.put(message.destination.isMulticast ? ", to all" : ", to ")
    if !message.destination.isMulticast { out.put(message.destination) }
  }

  /// `fe80::b (02:00:00:00:00:0b)`
  private func putStation(
    _ message: HeardMessage, _ type: NeighborOptionType, _ options: Range<Int>, into out: inout [UInt8]
  ) {
    out.put(message.source)
    let option = message.option(type, from: options).flatMap { LinkLayerAddress($0) }
    guard let link = option ?? message.arrival.linkSource else { return }
    out.put(" (")
    out.put(link)
    if let option, let frame = message.arrival.linkSource, option != frame {
      out.put(" in a frame from ")
      out.put(frame)
    }
    out.put(")")
  }

  private func putOther(_ message: HeardMessage, into out: inout [UInt8]) {
    if let name = message.name {
      out.put(LinkWords.plain(name))
    } else {
      out.put("ICMPv6 type ")
      out.put(decimal: UInt64(message.type))
    }
    if (133...137).contains(message.type) { out.put(" cut short") }
    out.put(" from ")
    putStation(message, .sourceLinkLayerAddress, 0..<0, into: &out)
    let groups = message.groups
    if !groups.isEmpty { out.put(": ") }
    for (index, group) in groups.prefix(8).enumerated() {
      if index > 0 { out.put(", ") }
      switch group.change {
      case .asks: out.put("about ")
      case .listens: out.put("listens to ")
      case .leaves: out.put("leaves ")
      }
      out.put(group.group)
    }
    if groups.count > 8 {
      out.put(" and ")
      out.put(decimal: groups.count - 8)
      out.put(" more")
    }
  }
}

extension HeardMessage {
  /// For programs; nil for a type that is not known here, and without octets.
  var name: String? { octets.isEmpty ? nil : Self.name(of: type) }

  static func name(of type: UInt8) -> String? {
    switch type {
    case 1: "destination_unreachable"
    case 2: "packet_too_big"
    case 3: "time_exceeded"
    case 4: "parameter_problem"
    case 128: "echo_request"
    case 129: "echo_reply"
    case 130: "multicast_listener_query"
    case 131, 143: "multicast_listener_report"
    case 132: "multicast_listener_done"
    case 133: "router_solicitation"
    case 134: "router_advertisement"
    case 135: "neighbor_solicitation"
    case 136: "neighbor_advertisement"
    case 137: "redirect"
    default: nil
    }
  }

  /// Of a multicast listener message: the groups that it speaks of, in records of known types.
  var groups: [MulticastGroupText] {
    let span = octets.span
    if let query = try? MulticastListenerQuery(decoding: span) {
      return query.group == .unspecified ? [] : [MulticastGroupText(change: .asks, group: query.group)]
    }
    if let report = try? MulticastListenerReport(decoding: span) {
      return [MulticastGroupText(change: report.isDone ? .leaves : .listens, group: report.group)]
    }
    guard var walk = try? MulticastAddressRecordWalk(decoding: span) else { return [] }
    var groups: [MulticastGroupText] = []
    while let record = try? walk.next(in: span) {
      guard record.kind != nil else { continue }
      // No source is included: it listens no longer (RFC 3810 §5.2.12).
      let isLeaving = (record.kind == .isIncluding || record.kind == .toIncluding) && record.sources.isEmpty
      groups.append(MulticastGroupText(change: isLeaving ? .leaves : .listens, group: record.group))
    }
    return groups
  }
}

/// A group in a multicast listener message and what is said of it.
struct MulticastGroupText: Hashable {
  enum Change: String, Hashable { case asks, listens, leaves }
  var change: Change
  var group: IPv6Address
}
