import Capture
import LinuxNet
import ProbeEngine
import Wire

extension LinkRequest.Act {
  /// Packets leave.
  var sends: Bool {
    switch self {
    case .neighbor(let configuration): configuration.solicits
    case .conformance, .scan: true
    case .routers(let configuration): configuration.attempts > 0 && configuration.solicits
    case .baseline(let configuration): configuration.solicits
    case .watch: false
    }
  }

  /// It may go on for hours, and meet a flood.
  var isLong: Bool {
    switch self {
    case .watch, .baseline: true
    case .routers(let configuration): configuration.watch != .no
    case .neighbor, .conformance, .scan: false
    }
  }

  /// Types that it listens for: what else a busy host hears (echo) need not wake it.
  var heardTypes: [ClosedRange<UInt8>] {
    switch self {
    case .neighbor, .conformance: [135...136]
    case .routers, .baseline: [133...137]
    case .watch: [130...137, 143...143]
    case .scan: CaptureFilter.neighborTypes
    }
  }

  /// MLD reports go to a group of routers (ff02::16), which a network card need not let in.
  var wantsListenerReports: Bool {
    if case .scan(let configuration) = self { configuration.asksListeners } else { false }
  }
}

/// What the request leaves to be found out: targets, sources, seed.
extension LinkSetup {
  mutating func fillIn(_ request: LinkRequest) throws(PingFailure) {
    let seed = try LinkSetup.seed(request)
    switch act {
    case .neighbor(var configuration):
      try fillIn(&configuration, request)
      configuration.seed = seed
      act = .neighbor(configuration)
    case .conformance(var configuration):
      try fillIn(&configuration, request)
      configuration.seed = seed
      act = .conformance(configuration)
    case .routers(var configuration):
      configuration.source = try chosenSource(request) ?? configuration.source ?? start.view.linkLocalSource
      start.source = configuration.source
      act = .routers(configuration)
    case .baseline(var configuration):
      configuration.source = try chosenSource(request) ?? configuration.source ?? start.view.linkLocalSource
      start.source = configuration.source
      act = .baseline(configuration)
    case .scan(var configuration):
      if let source = try chosenSource(request) { configuration.sources = [source] }
      // Where none is named the engine asks from one of each prefix.
      guard let first = configuration.sources.first ?? start.view.linkLocalSource ?? start.view.sources.first
      else { throw noSource }
      configuration.seed = seed
      start.source = first
      act = .scan(configuration)
    case .watch: break
    }
  }

  private mutating func fillIn(
    _ configuration: inout NeighborConfiguration, _ request: LinkRequest
  ) throws(PingFailure) {
    configuration.targets = start.targets.map { NeighborConfiguration.Target($0.address) }
    configuration.source = .unspecified
    // Nobody is asked, or from `::`.
    if packetSocket == nil || configuration.act == .duplicateDetection { return }
    guard let source = try chosenSource(request) ?? neighborSource() else { throw noSource }
    configuration.source = source
    start.source = source
  }

  /// For link-local targets a link-local one, for others what the kernel would take on this interface.
  private func neighborSource() -> IPv6Address? {
    start.view.neighborSource(for: start.targets.map(\.address))
  }

  /// The one that was asked for: an address of this host on that link, or `::`.
  private func chosenSource(_ request: LinkRequest) throws(PingFailure) -> IPv6Address? {
    guard let text = request.source else { return nil }
    let view = start.view
    let source = try TargetResolution.source(text, interface: view.interface.index)
    guard source.address == .unspecified || view.isOwn(source.address),
      source.scope == 0 || source.scope == view.interface.index
    else { throw .source(text, SystemError("bind", .addressNotAvailable)) }
    return source.address
  }

  private var noSource: PingFailure {
    let view = start.view
    if view.addresses.contains(where: { $0.isTentative }) {
      return .link(
        text:
          "\(view.interface.name) has no address to ask from yet: its duplicate address detection is going on"
      )
    }
    return .link(text: "\(view.interface.name) has no IPv6 address to ask from")
  }

  private static func seed(_ request: LinkRequest) throws(PingFailure) -> UInt64 {
    if let seed = request.seed { return seed }
    do throws(SystemError) { return try EntropySource.seed() } catch { throw .system(error) }
  }
}

extension KernelView {
  /// Addresses that may be a source (RFC 4862 §5.4: not a tentative one, unless it is optimistic, nor a duplicate).
  var sources: [IPv6Address] {
    addresses.filter { !$0.isDuplicate && (!$0.isTentative || $0.flags & 0x04 != 0) }.map(\.address)
  }

  /// For link-local targets a link-local one, for others what the kernel would take on this interface.
  func neighborSource(for targets: [IPv6Address]) -> IPv6Address? {
    let other = targets.first { !isOwn($0) } ?? targets.first
    if let other, !other.isLinkLocalUnicast {
      let query = Routing.Query(to: other, interface: interface.index)
      if let source = (try? Routing.lookUp(query))?.source, sources.contains(source) { return source }
    }
    return linkLocalSource ?? sources.first
  }
}
