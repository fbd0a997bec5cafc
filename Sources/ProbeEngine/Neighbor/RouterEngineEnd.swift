import Timing
import Wire

extension RouterEngine {
  /// Rows, findings that take the whole link together, summary.
  mutating func finish(_ view: KernelView?, at now: Instant) {
    let acceptance = view.map { RouterAcceptance(view: $0, refused: refused) }
    var joined: [(row: RouterRow, contents: AdvertisedContents)] = []
    for record in routers.all {
      // Nothing else was remembered.
      guard let contents = AdvertisedContents(record.message) else { continue }
      var row = RouterRow(
        address: record.message.source, advertisement: record.message,
        advertisements: record.advertisements, at: now)
      row.frameLink = record.message.arrival.linkSource
      row.optionLink = record.optionLink
      row.roundTrip = record.roundTrip
      row.parts = acceptance?.parts(of: record.message, contents)
      joined.append((row, contents))
      emit(.router(row))
    }
    let consistency = RouterConsistency.findings(
      of: routers.all.map { $0.message } + (own.map { [$0] } ?? []), at: now, limit: Self.maximumFindings)
    for finding in consistency.findings { tell(finding) }
    dropped &+= consistency.omitted
    if let view {
      for (row, _) in joined { reportParts(of: row, view, at: now) }
      reportUnexplainedMTU(joined.map { $0.contents }, view, at: now)
    }
    for (_, contents) in joined { dropped &+= contents.omitted }
    reportDropped(at: now)
    summary.routers = routers.all.count
    summary.at = now
    emit(.summary(.routers(summary)))
  }

  private mutating func reportDropped(at now: Instant) {
    dropped &+= summary.forgotten
    guard dropped > 0 else { return }
    var finding = Finding(.dropped, .notice, at: now)
    finding.found = .number(dropped)
    tell(finding)
  }

  // MARK: What the kernel made of it

  private mutating func reportParts(of row: RouterRow, _ view: KernelView, at now: Instant) {
    let parts = (row.parts ?? []).filter { $0.obstacles != [.lifetimeZero] }
    let router = parts.first { $0.part == .defaultRouter }
    var base = Finding(.notAccepted, .notice, at: now)
    base.address = row.address
    base.link = row.frameLink
    for part in parts {
      guard case .mtu(let mtu) = part.part else { continue }
      reportMTU(mtu, part, route: router?.route, view, base)
    }
    if let whole = parts.first?.obstacles.first, whole.isAboutWhole,
      parts.allSatisfy({ $0.obstacles.first == whole })
    {
      // One reason for everything is said once.
      base.obstacle = whole
      return tell(base)
    }
    for part in parts where !part.obstacles.isEmpty {
      var finding = base
      finding.obstacle = part.obstacles.first
      switch part.part {
      case .defaultRouter: finding.field = .router
      case .prefix(let prefix, let length):
        (finding.field, finding.prefix, finding.prefixLength) = (.prefix, prefix, length)
      case .route(let prefix, let length):
        (finding.field, finding.prefix, finding.prefixLength) = (.route, prefix, length)
      case .hopLimit(let hopLimit):
        (finding.field, finding.found) = (.hopLimit, .number(UInt64(hopLimit)))
      case .mtu: continue
      }
      tell(finding)
    }
  }

  /// What is advertised, what IPv6 on the interface uses, what the default route uses. An MTU that cannot be used is
  /// told when it is heard.
  private mutating func reportMTU(
    _ mtu: UInt32, _ part: AcceptedPart, route: KernelRoute?, _ view: KernelView, _ base: Finding
  ) {
    guard mtu >= 1_280, mtu <= view.interface.mtu else { return }
    var used: UInt32?
    if let interface = part.mtu, interface != mtu { used = interface }
    if let route = route?.mtu, route != mtu { used = used ?? route }
    guard let used else { return }
    var finding = base
    finding.kind = .mtuDiffers
    finding.severity = .problem
    finding.field = .mtu
    finding.expected = .number(UInt64(mtu))
    finding.found = .number(UInt64(used))
    finding.obstacle = part.obstacles.first
    tell(finding)
  }

  /// IPv6 uses less than the link carries, and no router that was heard says so: somebody set it, or a router that
  /// is gone.
  private mutating func reportUnexplainedMTU(
    _ routers: [AdvertisedContents], _ view: KernelView, at now: Instant
  ) {
    guard !routers.isEmpty, routers.allSatisfy({ $0.mtu == nil }), let used = view.interface.ipv6MTU,
      used < view.interface.mtu
    else { return }
    var finding = Finding(.mtuDiffers, .notice, at: now)
    finding.field = .mtu
    finding.expected = .number(UInt64(view.interface.mtu))
    finding.found = .number(UInt64(used))
    tell(finding)
  }
}

extension AcceptanceObstacle {
  /// It stands against every part.
  var isAboutWhole: Bool {
    switch self {
    case .discarded, .ipv6Disabled, .acceptRAOff, .forwarding: true
    default: false
    }
  }
}
