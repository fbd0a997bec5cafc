import LinuxNet
import ProbeEngine
import Timing

/// What an act wants to know of the kernel, and how it is read: now, and again when the engine asks.
struct KernelTables: Sendable {
  struct Parts: OptionSet, Sendable {
    var rawValue: UInt8
    static let neighbors = Parts(rawValue: 1)
    static let routes = Parts(rawValue: 2)
    static let settings = Parts(rawValue: 4)
    static let limits = Parts(rawValue: 8)
  }

  /// Index of the interface; 0: all of them.
  let interface: UInt32
  let parts: Parts

  /// Reads all of it. ENODEV: the interface is gone.
  func read() throws(SystemError) -> KernelView {
    guard interface != 0 else { return try read(.all, Interfaces.addresses()) }
    let routing = try Routing.Conversation()
    return try read(KernelInterface(routing.link(interface)), Interfaces.addresses())
  }

  /// The same where some of it is known.
  func read(
    _ known: KernelInterface, _ addresses: [InterfaceAddress]
  ) throws(SystemError) -> KernelView {
    var known = known
    if parts.contains(.settings), interface != 0 {
      let settings = IPv6Settings(interface: known.name)
      known.settings = KernelSettings(settings)
      known.ipv6MTU = settings["mtu"].flatMap { UInt32(exactly: $0) }
    }
    var view = KernelView(interface: known, at: .zero)
    view.addresses = addresses.filter { interface == 0 || $0.interface == interface }.map {
      KernelAddress($0)
    }
    if parts.contains(.neighbors) {
      view.neighbors = try NeighborTable.entries(interface: interface).compactMap {
        KernelNeighbor($0)
      }
    }
    if parts.contains(.routes) {
      for entry in try RouteTable.entries(interface: interface) {
        view.routes += KernelRoute.all(entry, by: interface)
      }
    }
    // Bounds are beside the point where the kernel does not tell them.
    if parts.contains(.limits) {
      view.limits = (try? NeighborTable.limits()).map { KernelNeighborLimits($0) }
    }
    view.at = SystemClock.monotonicNow()
    return view
  }
}

extension LinkRequest.Act {
  /// What the act looks at: a table that nobody asks for costs time before the first packet.
  var kernelParts: KernelTables.Parts {
    switch self {
    case .neighbor(let configuration):
      configuration.act == .duplicateDetection ? [] : .neighbors
    case .conformance: .neighbors
    case .routers: [.neighbors, .routes, .settings]
    case .watch: [.neighbors, .routes, .settings, .limits]
    case .scan: .neighbors
    case .baseline: [.neighbors, .routes, .settings]
    }
  }
}
