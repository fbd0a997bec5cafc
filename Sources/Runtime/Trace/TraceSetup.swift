import Capture
import LinuxNet
import ProbeEngine
import Timing
import Wire

/// Everything that is opened before the first probe of a trace: names, routes, sockets, capture.
struct TraceSetup: ~Copyable {
  /// The payload length of the IPv6 header has 16 bits.
  private static let longestPacket = 65_535

  var start = TraceStart()
  var configuration: TraceConfiguration
  var settings = TraceSocketSettings()
  var destinations: [TraceDestination] = []
  /// Names without an address, where the run goes on with the others.
  var failedNames: [(name: String, failure: PingFailure)] = []
  /// One of these sends, unless the method is `connect`.
  var packetSocket: PacketSocket?
  var udpSocket: UDPSocket?
  var echoSocket: ICMPv6Socket?
  /// With `packetSocket`.
  var capture: CaptureOpening?
  /// Where sockets, not a capture, say when answers came.
  private var stampStarter: StampStarter?
  /// The port of raw probes, or of all connections.
  var reservation: PortReservation?

  /// Flows come up for which no socket is open yet.
  var hasOtherFlows: Bool {
    if case .paths = configuration.mode { return true }
    return configuration.flow.sourcePort == 0
  }

  private init(_ request: TraceRequest) {
    configuration = request.configuration
    configuration.targets = []
  }

  /// `raises`: privileges that are not in effect, and are for as long as a socket that needs them is made.
  static func open(_ request: TraceRequest, raises: Capabilities = []) throws(PingFailure) -> TraceSetup {
    var setup = TraceSetup(request)
    setup.settings.raises = raises
    try setup.readSettings(request)
    if let socket = try setup.openPacketSocket(request) {
      setup.packetSocket = consume socket
      try setup.preparePackets(request)
      try setup.resolve(request)
      try setup.capture?.wait()
    } else {
      // Early: stamps start while names and routes are asked for.
      do throws(SystemError) { setup.stampStarter = try StampStarter() } catch { throw .socket(error) }
      try setup.resolve(request)
      try setup.openKernelSocket(request)
    }
    setup.configuration.framing = setup.start.path == .raw ? .packet : .message
    setup.start.flow = setup.configuration.flow
    setup.start.method = setup.configuration.method
    setup.start.packetLength = setup.configuration.packetLength
    return setup
  }

  /// Waits until the first answer will have the kernel's stamp; nearly always it would by now.
  mutating func waitForStamps() {
    guard let starter = stampStarter.take() else { return }
    _ = starter.wait(atMost: TraceLimits.stampWait)
  }

  /// Privileges go, but for those that sockets made later need: they stay permitted, and are in effect only while
  /// such a socket is made.
  mutating func dropPrivileges() throws(PingFailure) {
    do throws(SystemError) {
      guard settings.common.needsPrivilege, configuration.method == .connect || hasOtherFlows else {
        return try Privileges.dropAll()
      }
      let needed: Capabilities = [.networkAdministration, .networkRaw]
      settings.raises = try Privileges.current().permitted.intersection(needed)
      try Privileges.lower(Capabilities(rawValue: .max))
    } catch { throw .privileges(error) }
  }

  // MARK: What was asked for

  private mutating func readSettings(_ request: TraceRequest) throws(PingFailure) {
    if let seed = request.seed {
      configuration.seed = seed
    } else {
      do throws(SystemError) { configuration.seed = try EntropySource.seed() } catch { throw .system(error) }
    }
    settings.common = SocketSettings(
      interface: request.interface, mark: request.mark, isRoutingBypassed: request.isRoutingBypassed,
      isDebugged: request.isSocketDebugged)
    if let name = request.interface {
      guard let index = Interfaces.index(of: name) else { throw .unknownInterface(name) }
      settings.common.interfaceIndex = index
      start.interface = name
    }
    if let text = request.source {
      settings.source = try TargetResolution.source(text, interface: settings.common.interfaceIndex)
      settings.sourceText = text
    }
    settings.trafficClass = configuration.trafficClass
    configuration.flow.flowLabel = (request.flowLabel ?? 0) & 0xf_ffff
    configuration.flow.sourcePort = request.sourcePort ?? 0
  }

  // MARK: Which way

  /// The raw socket, where it is asked for or allowed; nil leaves it to the kernel's own sockets.
  private mutating func openPacketSocket(_ request: TraceRequest) throws(PingFailure) -> PacketSocket? {
    guard request.path != .errorQueue, configuration.method != .connect else { return nil }
    do throws(PingFailure) {
      let socket = try settings.open(PacketSocket.self, port: 0, isBound: false)
      start.path = .raw
      start.isCaptured = true
      return socket
    } catch {
      guard case .socket(let failure) = error,
        failure.errno == .operationNotPermitted || failure.errno == .permissionDenied
      else { throw error }
      if request.path == .raw { throw .notPermitted(datagram: nil, raw: failure) }
      start.notes.append("raw socket: \(failure.errno.text) (CAP_NET_RAW)")
      return nil
    }
  }

  /// The port that raw probes have, and the capture of what comes back to it.
  private mutating func preparePackets(_ request: TraceRequest) throws(PingFailure) {
    let number: UInt8
    switch configuration.method {
    case .icmp:
      number = 58
      if request.sourcePort == nil {
        configuration.flow.sourcePort = UInt16(truncatingIfNeeded: configuration.seed >> 16)
      }
    case .udp:
      number = 17
      try reservePort(request, PortReservation.udp)
    case .tcp, .connect:
      number = 6
      try reservePort(request, PortReservation.tcp)
    }
    // Either our port is the same in all probes, or the target's. That one must be told apart: on the loopback our
    // own probes come in as well.
    let varied = variedPort
    // Names are asked for meanwhile; addresses cost nothing.
    capture = try CaptureOpening.ofTrace(
      filter: CaptureFilter.trace(
        protocol: number, port: varied == .source ? nil : configuration.flow.sourcePort,
        remotePort: varied == .destination ? nil : configuration.flow.destinationPort),
      packetLength: configuration.method == .icmp ? configuration.packetLength : 0,
      isBeside: !request.targetNames.allSatisfy(TargetResolution.isNumeric))
  }

  private enum VariedPort {
    case none, source, destination
  }

  /// Which port counts probes or flows, as the engine's messages and walks have it.
  private var variedPort: VariedPort {
    if case .paths = configuration.mode {
      return configuration.method == .udp && !configuration.isDestinationPortFixed ? .destination : .source
    }
    switch configuration.correlation {
    case .keyed: return .none
    case .portPerProbe where configuration.method == .tcp || configuration.isDestinationPortFixed:
      return .source
    case .portPerProbe, .portPerHop: return .destination
    }
  }

  private mutating func reservePort(
    _ request: TraceRequest, _ reserve: (SocketAddress) throws(SystemError) -> PortReservation
  ) throws(PingFailure) {
    let address = SocketAddress(
      settings.source?.address ?? .unspecified, port: request.sourcePort ?? 0,
      scope: settings.source?.scope ?? 0)
    do throws(SystemError) {
      let reservation = try reserve(address)
      configuration.flow.sourcePort = reservation.port
      self.reservation = consume reservation
    } catch { throw settings.bindFailure(error) }
  }

  /// The kernel's own socket for the method.
  private mutating func openKernelSocket(_ request: TraceRequest) throws(PingFailure) {
    start.path = .errorQueue
    if configuration.method == .tcp {
      configuration.method = .connect
      start.notes.append("connect(2) in place of half-open TCP")
    }
    if !settings.gateways.isEmpty {
      start.notes.append(
        "lengths without the routing header's \(TraceSocketSettings.segmentsLength(settings.gateways)) octets"
      )
    }
    let hasOnePort = !request.hasSocketPerProbe || request.sourcePort != nil
    let port = request.sourcePort ?? 0
    switch configuration.method {
    case .udp:
      let socket = try settings.open(UDPSocket.self, port: port, isBound: hasOnePort)
      if hasOnePort { configuration.flow.sourcePort = try TraceSetup.port(of: socket) }
      udpSocket = consume socket
    case .icmp:
      let socket = try openEcho(port)
      configuration.flow.sourcePort = try TraceSetup.port(of: socket)
      configuration.flow.destinationPort = 0
      echoSocket = consume socket
    case .tcp, .connect:
      if hasOnePort { try reservePort(request, PortReservation.tcp) }
    }
  }

  private func openEcho(_ identifier: UInt16) throws(PingFailure) -> ICMPv6Socket {
    do throws(PingFailure) {
      return try settings.open(ICMPv6Socket.self, port: identifier, isBound: true)
    } catch {
      guard case .socket(let failure) = error,
        failure.errno == .permissionDenied || failure.errno == .protocolNotSupported
      else { throw error }
      // net.ipv4.ping_group_range keeps this user's groups off.
      throw .notPermitted(datagram: failure, raw: nil)
    }
  }

  private static func port(of socket: borrowing some ProbeSocket & ~Copyable) throws(PingFailure) -> UInt16 {
    do throws(SystemError) { return try socket.localAddress().port } catch { throw .socket(error) }
  }

  // MARK: Where to

  private mutating func resolve(_ request: TraceRequest) throws(PingFailure) {
    let interface = settings.common.interfaceIndex
    var gateways: [TraceStart.Target] = []
    for text in request.gateways {
      gateways.append(try TargetResolution.resolve(text, interface: interface).traced)
    }
    if start.path == .raw {
      configuration.gateways = gateways.map(\.address)
    } else {
      settings.gateways = gateways.map(\.address)
    }
    for name in request.targetNames {
      do throws(PingFailure) {
        start.targets.append(try TargetResolution.resolve(name, interface: interface).traced)
      } catch {
        guard request.keepsGoingWithoutNames else { throw error }
        failedNames.append((name, error))
      }
    }
    do throws(SystemError) { try askRoutes(by: gateways.first) } catch { throw .system(error) }
    if configuration.packetLength == 0 {
      configuration.packetLength = Int(start.linkMTU ?? 1_500)
    }
    configuration.packetLength = min(configuration.packetLength, TraceSetup.longestPacket)
    // What is longer than the link takes is sent in fragments, unless just that is to be found out.
    if case .mtu = configuration.mode { return }
    if let isAllowed = request.isFragmentationAllowed {
      if isAllowed { settings.pathMTU = .dont }
      return
    }
    if let mtu = start.linkMTU, configuration.packetLength > Int(mtu) { settings.pathMTU = .dont }
  }

  /// Source, interface and MTU of the way to each target (or to the first router that all go by). No route is no
  /// failure here: each probe says so itself.
  private mutating func askRoutes(by gateway: TraceStart.Target?) throws(SystemError) {
    let routing = try Routing.Conversation()
    for i in start.targets.indices {
      let target = start.targets[i]
      let next = gateway ?? target
      let route = try? routing.lookUp(
        Routing.Query(
          to: next.address, source: settings.source?.address,
          interface: next.zone != 0 ? next.zone : settings.common.interfaceIndex,
          mark: settings.common.mark ?? 0, trafficClass: configuration.trafficClass,
          flowLabel: configuration.flow.flowLabel))
      let source = settings.source?.address ?? route?.source
      start.targets[i].source = source
      start.targets[i].interface = route?.interface ?? 0
      if let route, route.isCached { start.targets[i].cachedMTU = route.mtu }
      if start.linkMTU == nil, let index = route?.interface, let link = try? routing.link(index) {
        start.linkMTU = link.mtu
        if start.interface == nil { start.interface = link.name }
      }
      configuration.targets.append(
        TraceTarget(
          address: target.address, zone: target.zone,
          source: start.path == .raw ? source ?? .unspecified : .unspecified))
      // With a routing header of ours the first router is the destination of the packet.
      let first = start.path == .raw ? next : target
      destinations.append(TraceDestination(address: first.address, zone: first.zone))
    }
  }
}

extension PingStart.Target {
  fileprivate var traced: TraceStart.Target {
    TraceStart.Target(
      name: name, canonicalName: canonicalName, address: address, zone: zone, isNumeric: isNumeric)
  }
}
