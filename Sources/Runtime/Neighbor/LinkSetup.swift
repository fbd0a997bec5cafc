import Capture
import LinuxNet
import ProbeEngine
import Timing
import Wire

/// Everything that is opened before the first packet of an act on a link: names, interface, the kernel's tables,
/// sockets, capture.
struct LinkSetup: ~Copyable {
  var start: LinkStart
  /// With targets, sources and seed filled in.
  var act: LinkRequest.Act
  var tables: KernelTables
  /// These send, unless nothing is to be sent.
  var packetSocket: PacketSocket?
  var linkSocket: LinkSocket?
  /// A time line hears of the kernel's changes.
  var monitor: NetlinkMonitor?
  /// Frames of this host are heard as well.
  var hearsOutgoing = false
  private var opening: CaptureOpening?
  private var addresses: [InterfaceAddress] = []

  mutating func takeCapture() -> CaptureHandle? { opening?.take() }

  private init(_ request: LinkRequest) {
    act = request.act
    tables = KernelTables(interface: 0, parts: request.act.kernelParts)
    start = LinkStart(view: KernelView(interface: .all, at: .zero), at: .zero)
  }

  static func open(_ request: LinkRequest) throws(PingFailure) -> LinkSetup {
    var setup = LinkSetup(request)
    if case .watch(let configuration) = request.act {
      try setup.openWatch(request, configuration)
      return setup
    }
    try setup.openLink(request)
    // Still while the capture opens.
    try setup.fillIn(request)
    try setup.waitForCapture()
    return setup
  }

  // MARK: A time line, or a table

  private mutating func openWatch(
    _ request: LinkRequest, _ configuration: WatchConfiguration
  ) throws(PingFailure) {
    var interface = KernelInterface.all
    if let name = request.interface { interface = try Self.interface(named: name) }
    tables = KernelTables(interface: interface.index, parts: tables.parts)
    if configuration.isContinuous {
      hearsOutgoing = configuration.includesOutgoing
      // Before the tables are read: nothing may change in between and not be told.
      do throws(SystemError) { monitor = try NetlinkMonitor() } catch { throw .socket(error) }
      try openCapture(request, on: interface)
      do throws(PingFailure) { try waitForCapture() } catch {
        guard case .notPermitted = error, request.allowsKernelAlone else { throw error }
        start.notes.append(
          "the kernel's changes alone, nothing from the wire: that needs CAP_NET_RAW (setcap cap_net_raw+ep FILE, or run as root)"
        )
      }
    }
    try readTables(interface)
  }

  // MARK: Acts with packets

  private mutating func openLink(_ request: LinkRequest) throws(PingFailure) {
    do throws(SystemError) { addresses = try Interfaces.addresses() } catch { throw .system(error) }
    var chosen: KernelInterface?
    if let name = request.interface { chosen = try Self.interface(named: name) }
    // Names may take long: the capture opens meanwhile. What it may lack is said by the sockets.
    let isNamed = !request.targetNames.allSatisfy(TargetResolution.isNumeric)
    if let chosen, isNamed { try openCapture(request, on: chosen) }
    for name in request.targetNames {
      let target = try TargetResolution.resolve(name, interface: chosen?.index ?? 0)
      start.targets.append(
        LinkStart.Target(
          name: target.name, canonicalName: target.canonicalName, address: target.address, zone: target.zone))
    }
    let interface: KernelInterface
    if let chosen { interface = chosen } else { interface = try Self.interface(linkOfTargets()) }
    for target in start.targets where target.zone != 0 && target.zone != interface.index {
      throw .differentLinks(
        target.name, on: Self.name(target.zone), "what -I names", onOther: interface.name)
    }
    tables = KernelTables(interface: interface.index, parts: tables.parts)
    if isAllLocal(on: interface.index) {
      opening = nil
      return try readTables(interface)
    }
    if opening == nil { try openCapture(request, on: interface) }
    // While the capture opens.
    if act.sends { try openSockets(on: interface) }
    switch act {
    // The kernel deletes an address that it made of a prefix and then refused: only the change tells. And a guard has
    // to know which addresses are this host's, for as long as it runs.
    case .routers, .baseline:
      do throws(SystemError) { monitor = try NetlinkMonitor() } catch { throw .socket(error) }
    case .neighbor, .conformance, .watch, .scan: break
    }
    try readTables(interface)
  }

  private mutating func openSockets(on interface: KernelInterface) throws(PingFailure) {
    do throws(SystemError) {
      let socket = try PacketSocket()
      // Of what this host hears of its own multicast, only what the link brought back is of interest.
      try socket.setMulticastLoop(false)
      try socket.setTimestamps(receive: false)
      try socket.bind(toInterface: interface.name)
      try socket.setMulticastInterface(interface.index)
      let link = try LinkSocket()
      try link.setTimestamps(receive: false)
      joinGroups(by: socket, on: interface.index)
      packetSocket = consume socket
      linkSocket = consume link
    } catch {
      guard error.errno == .operationNotPermitted || error.errno == .permissionDenied else {
        throw .socket(error)
      }
      throw .notPermitted(datagram: nil, raw: error)
    }
  }

  /// Whoever detects duplicates listens to the address's group (RFC 4862 §5.4.2): others may ask for it there. Where
  /// that fails answers, which come to all nodes, are heard all the same.
  private func joinGroups(by socket: borrowing PacketSocket, on interface: UInt32) {
    guard case .neighbor(let configuration) = act, configuration.act == .duplicateDetection else { return }
    for target in start.targets {
      try? socket.join(group: target.address.solicitedNodeMulticast, interface: interface)
    }
  }

  /// The interface by which all targets are reached.
  private mutating func linkOfTargets() throws(PingFailure) -> UInt32 {
    guard let first = start.targets.first else {
      throw .link(text: "an interface is needed\(Self.choice())")
    }
    let interface = try link(of: first)
    for target in start.targets.dropFirst() {
      let other = try link(of: target)
      guard other == interface else {
        throw .differentLinks(
          first.name, on: Self.name(interface), target.name, onOther: Self.name(other))
      }
    }
    return interface
  }

  private mutating func link(of target: LinkStart.Target) throws(PingFailure) -> UInt32 {
    if target.zone != 0 { return target.zone }
    // The route to an own address leads to the loopback, wherever the address is.
    if let own = addresses.first(where: { $0.address == target.address }) { return own.interface }
    let route: Route
    do throws(SystemError) { route = try Routing.lookUp(Routing.Query(to: target.address)) } catch {
      throw .link(text: "\(target.name): \(error.errno.text): which interface is it on?\(Self.choice())")
    }
    if let gateway = route.gateway {
      start.notes.append(
        "\(target.name) is behind a router, \(gateway), not on the link \(Self.name(route.interface))"
      )
    }
    return route.interface
  }

  /// Nobody need be asked: every target is an address of this host on that link.
  private func isAllLocal(on interface: UInt32) -> Bool {
    guard case .neighbor = act, !start.targets.isEmpty else { return false }
    return start.targets.allSatisfy { target in
      addresses.contains { $0.interface == interface && $0.address == target.address && !$0.isDuplicate }
    }
  }

  // MARK: Capture and tables

  private mutating func openCapture(
    _ request: LinkRequest, on interface: KernelInterface
  ) throws(PingFailure) {
    guard interface.isUp else { throw .link(text: "\(interface.name) is down") }
    var options = CaptureHandle.Options()
    options.incomingOnly = !hearsOutgoing
    options.isPromiscuous = request.isPromiscuous || act.wantsListenerReports
    // The ring has slots of this size: a whole frame, with tags, of a link that is not the loopback.
    options.snapshotLength = Int32(
      clamping: interface.index == 0
        ? LinkLimits.longestSnapshot
        : max(LinkLimits.shortestSnapshot, min(Int(interface.mtu) + 64, LinkLimits.longestSnapshot)))
    options.bufferSize = act.isLong ? LinkLimits.longRing : LinkLimits.ring
    opening = try CaptureOpening(
      interface: interface.index == 0 ? "any" : interface.name,
      filter: CaptureFilter.neighbor(types: act.heardTypes), options: options, isBeside: true)
  }

  private mutating func waitForCapture() throws(PingFailure) {
    do throws(PingFailure) { try opening?.wait() } catch {
      let failure = opening?.failure
      opening = nil
      guard failure?.kind == .permissionDenied else { throw error }
      throw .notPermitted(datagram: nil, raw: SystemError("socket AF_PACKET", .operationNotPermitted))
    }
    start.isCaptured = opening != nil
  }

  private mutating func readTables(_ interface: KernelInterface) throws(PingFailure) {
    do throws(SystemError) {
      let addresses = addresses.isEmpty ? try Interfaces.addresses() : addresses
      start.view = try tables.read(interface, addresses)
    } catch { throw .system(error) }
    // What is read again is read for the addresses, unless advertisements are joined with it: where changes were lost
    // a large table would lose more.
    if case .routers = act { return }
    tables = KernelTables(interface: interface.index, parts: [])
  }

  // MARK: Interfaces by name and number

  private static func interface(named name: String) throws(PingFailure) -> KernelInterface {
    guard let index = Interfaces.index(of: name) else { throw .unknownInterface(name) }
    return try interface(index)
  }

  private static func interface(_ index: UInt32) throws(PingFailure) -> KernelInterface {
    do throws(SystemError) { return KernelInterface(try Routing.Conversation().link(index)) } catch {
      guard error.errno == .noDevice else { throw .system(error) }
      throw .unknownInterface(name(index))
    }
  }

  private static func name(_ index: UInt32) -> String { Interfaces.name(of: index) ?? "\(index)" }

  /// What could be named.
  private static func choice() -> String {
    let names = ((try? Interfaces.links()) ?? []).filter { $0.isUp && !$0.isLoopback }.map(\.name)
    return names.isEmpty ? "" : " (-I with one of \(names.joined(separator: ", ")))"
  }
}
