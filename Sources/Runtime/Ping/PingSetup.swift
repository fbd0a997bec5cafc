import Capture
import LinuxNet
import ProbeEngine
import Timing
import Wire

/// Everything that is opened before the first probe: names, sockets, options, capture.
struct PingSetup: ~Copyable {
  /// Above this the kernel fragments, and only a socket puts replies together again.
  static let largestUnfragmented = 1_280 - 40

  var start: PingStart
  /// What every probe's envelope has beside its destination.
  var flowInfo: UInt32 = 0
  /// The socket is connected to its one target.
  var isConnected = false
  var seed: UInt64
  var interfaceIndex: UInt32
  private var socket: ICMPv6Socket?
  private var capture: CaptureHandle?

  /// So many probes a second that each system call must count.
  let isBusy: Bool

  mutating func takeSocket() -> ICMPv6Socket {
    guard let socket = socket.take() else { preconditionFailure("the socket is taken once") }
    return socket
  }

  mutating func takeCapture() -> CaptureHandle? { capture.take() }

  static func open(_ request: PingRequest) throws(PingFailure) -> PingSetup {
    var start = PingStart()
    var interfaceIndex: UInt32 = 0
    if let name = request.interface {
      guard let index = Interfaces.index(of: name) else { throw .unknownInterface(name) }
      interfaceIndex = index
      start.interface = name
    }
    try findTargets(request, interface: interfaceIndex, &start)
    var source: SocketAddress?
    if let text = request.source { source = try TargetResolution.source(text, interface: interfaceIndex) }
    start.source = source?.address

    let socket = try openSocket(request, &start)
    start.path = socket.kind
    let isBusy = request.isBusy(targets: start.targets.count)
    var setup = PingSetup(
      start: start, seed: try seed(request.seed), interfaceIndex: interfaceIndex,
      socket: consume socket, capture: nil, isBusy: isBusy)
    try setup.configure(request, source)
    try setup.openCapture(request)
    return setup
  }

  // MARK: Targets

  private static func findTargets(
    _ request: PingRequest, interface: UInt32, _ start: inout PingStart
  ) throws(PingFailure) {
    let most = request.asksAllAddresses ? Int.max : 1
    for name in request.targetNames {
      for target in try TargetResolution.resolve(name, interface: interface, atMost: most) {
        start.targets.append(target)
      }
    }
    // Room for precisely these: doubling would be a megabyte or two.
    start.targets.reserveCapacity(
      start.targets.count
        + request.targets.reduce(0) {
          if case .addresses(_, let count, _) = $1 { $0 + count } else { $0 + 1 }
        })
    for target in request.targets {
      switch target {
      case .addresses(let first, let count, let zone):
        for offset in 0..<count {
          let address = IPv6Address(bits: first.bits &+ UInt128(offset))
          start.targets.append(ProbeTarget(address: address, zone: zone))
        }
      case .name(let name):
        do throws(PingFailure) {
          for found in try TargetResolution.resolve(name, interface: interface, atMost: most) {
            start.targets.append(found)
          }
        } catch { start.unresolved.append(PingStart.Unresolved(name: name, failure: error)) }
      }
    }
  }

  // MARK: Which socket

  static func openSocket(
    _ request: PingRequest, _ start: inout PingStart
  ) throws(PingFailure) -> ICMPv6Socket {
    let needsRaw = request.path == .raw || request.needsRawSocket
    var datagramError: SystemError?
    if !needsRaw, request.arrival != .pcap || request.path == .datagram {
      do throws(SystemError) { return try ICMPv6Socket(.datagram) } catch { datagramError = error }
      guard let failure = datagramError else { throw .notPermitted(datagram: nil, raw: nil) }
      guard failure.errno == .permissionDenied || failure.errno == .protocolNotSupported else {
        throw .socket(failure)
      }
      if request.path == .datagram { throw .notPermitted(datagram: failure, raw: nil) }
      start.notes.append("datagram socket: \(failure.errno.text) (net.ipv4.ping_group_range)")
    }
    do throws(SystemError) { return try ICMPv6Socket(.raw) } catch {
      guard error.errno == .operationNotPermitted || error.errno == .permissionDenied else {
        throw .socket(error)
      }
      throw .notPermitted(datagram: datagramError, raw: error)
    }
  }

  static func seed(_ given: UInt64?) throws(PingFailure) -> UInt64 {
    if let given { return given }
    do throws(SystemError) { return try EntropySource.seed() } catch { throw .system(error) }
  }

  // MARK: Options

  private mutating func configure(_ request: PingRequest, _ source: SocketAddress?) throws(PingFailure) {
    guard let socket = socket.take() else { return }
    let isRaw = socket.kind == .raw
    let isCaptured = isRaw && wantsCapture(request)
    start.isCaptured = isCaptured

    // A raw socket whose replies are captured needs nothing but transmit stamps.
    try SocketSettings.option("IPV6_RECVHOPLIMIT") { () throws(SystemError) in try socket.setReceiveHopLimit()
    }
    try SocketSettings.option("IPV6_RECVTCLASS") { () throws(SystemError) in
      try socket.setReceiveTrafficClass(!isBusy)
    }
    try SocketSettings.option("IPV6_RECVPKTINFO") { () throws(SystemError) in
      try socket.setReceivePacketInfo(!isBusy)
    }
    try SocketSettings.option("SO_TIMESTAMPING") { () throws(SystemError) in
      try socket.setTimestamps(transmit: isBusy ? .asked : isRaw ? .each : .eachAndQueued)
    }
    if !isCaptured {
      try SocketSettings.option("IPV6_RECVERR") { () throws(SystemError) in try socket.setReceiveErrors() }
    }
    if isRaw {
      let types: [UInt8] = isCaptured ? [] : request.configuration.message.replyTypes
      try SocketSettings.option("ICMP6_FILTER") { () throws(SystemError) in
        try socket.setFilter(passing: types)
      }
    }
    if let hops = request.hopLimit {
      try SocketSettings.option("--hop-limit") { () throws(SystemError) in
        try socket.setUnicastHops(hops)
        try socket.setMulticastHops(hops)
      }
    }
    if let value = request.trafficClass {
      try SocketSettings.option("--traffic-class") { () throws(SystemError) in
        try socket.setTrafficClass(value)
      }
    }
    if let mode = request.pathMTUDiscovery {
      try SocketSettings.option("--pmtud") { () throws(SystemError) in
        try socket.setPathMTUDiscovery(mode.option)
      }
    }
    if let octets = request.sendBuffer {
      try SocketSettings.option("--send-buffer") { () throws(SystemError) in
        _ = try socket.setSendBuffer(Int32(clamping: octets))
      }
    }
    if isBusy, !isCaptured {
      // Replies to a whole window must fit while we send; a failure costs room, not truth.
      _ = try? socket.setReceiveBuffer(4 << 20)
    }
    if request.isMulticastLoopOff {
      try SocketSettings.option("--no-multicast-loop") { () throws(SystemError) in
        try socket.setMulticastLoop(false)
      }
    }
    try SocketSettings(
      interface: request.interface, interfaceIndex: interfaceIndex, mark: request.mark,
      isRoutingBypassed: request.isRoutingBypassed, isDebugged: request.isSocketDebugged
    ).apply(to: socket)
    if request.interface != nil {
      try SocketSettings.option("--interface") { () throws(SystemError) in
        try socket.setMulticastInterface(interfaceIndex)
      }
    }
    let source = try findSource(request, chosen: source)
    try bindSource(request, source, socket)
    try chooseIdentifier(request, source, socket)
    if let label = request.flowLabel, let target = start.targets.first {
      do throws(SystemError) {
        flowInfo = try socket.leaseFlowLabel(label, to: target.address)
        start.flowLabel = flowInfo & 0xfffff
      } catch { throw .option("--flow-label", error) }
    }
    if request.isFlood, socket.kind == .datagram, start.targets.count == 1, interfaceIndex == 0,
      let target = start.targets.first, !target.address.isMulticast
    {
      // A connected socket spares the kernel one route look-up per probe; where there is no route, each probe
      // says so itself.
      let destination = SocketAddress(target.address, scope: target.zone, flowInfo: flowInfo)
      isConnected = (try? socket.connect(to: destination)) != nil
    }
    self.socket = consume socket
  }

  private func bindSource(
    _ request: PingRequest, _ source: SocketAddress?, _ socket: borrowing ICMPv6Socket
  ) throws(PingFailure) {
    guard let source else { return }
    let port = socket.kind == .datagram ? (request.identifier ?? 0) : 0
    do throws(SystemError) {
      try socket.bind(to: SocketAddress(source.address, port: port, scope: source.scope))
    } catch { throw .source(request.source ?? "", error) }
  }

  /// Asks for the route where that is wanted: to fail early as iputils does, to name source and interface, or to
  /// keep to the source found now (`-B`). Returns the source to bind to, if any.
  private mutating func findSource(
    _ request: PingRequest, chosen: SocketAddress?
  ) throws(PingFailure) -> SocketAddress? {
    guard let target = start.targets.first else { return chosen }
    let zone = target.zone != 0 ? target.zone : interfaceIndex
    var found: SocketAddress?
    if request.checksRouteFirst || request.isSourceFixed {
      do throws(SystemError) {
        found = try RouteProbe.connect(
          to: SocketAddress(target.address, scope: zone), interface: request.interface, mark: request.mark)
      } catch {
        // Elsewhere each probe says itself that there is no route.
        if request.checksRouteFirst { throw .noRoute(error) }
      }
    }
    // One line cannot name the routes of several targets.
    if request.namesRoute, chosen == nil, start.targets.count == 1 {
      let query = Routing.Query(
        to: target.address, interface: zone, mark: request.mark ?? 0,
        trafficClass: request.trafficClass ?? 0)
      let route = try? Routing.lookUp(query)
      start.source = found?.address ?? route?.source
      if start.interface == nil, let index = route?.interface { start.interface = Interfaces.name(of: index) }
    }
    return chosen ?? (request.isSourceFixed ? found : nil)
  }

  private mutating func chooseIdentifier(
    _ request: PingRequest, _ source: SocketAddress?, _ socket: borrowing ICMPv6Socket
  ) throws(PingFailure) {
    do throws(SystemError) {
      if socket.kind == .raw {
        if let identifier = request.identifier {
          start.identifier = identifier
        } else {
          start.identifier = UInt16(truncatingIfNeeded: try EntropySource.seed())
        }
        return
      }
      if source == nil, let identifier = request.identifier {
        try socket.bind(to: SocketAddress(.unspecified, port: identifier))
      }
      start.identifier = try socket.echoIdentifier()
    } catch { throw .option("--identifier", error) }
  }

  // MARK: Capture

  private func wantsCapture(_ request: PingRequest) -> Bool {
    switch request.arrival {
    case .pcap: true
    case .socket: false
    case .automatic: request.configuration.payloadLength + 8 <= PingSetup.largestUnfragmented
    }
  }

  private mutating func openCapture(_ request: PingRequest) throws(PingFailure) {
    guard start.isCaptured else { return }
    do throws(CaptureError) {
      // Replies may come back by another interface than the one that probes leave by.
      capture = try CaptureHandle.open(
        interface: request.interface ?? "any",
        filter: PingSetup.captureFilter(types: request.configuration.message.replyTypes),
        options: PingSetup.captureOptions)
    } catch { throw .capture(text: error.description) }
  }

  /// Answers of these types, and ICMPv6 errors.
  static func captureFilter(types: [UInt8]) -> String { CaptureFilter.icmpv6(types: [1, 2, 3, 4] + types) }

  static var captureOptions: CaptureHandle.Options {
    var options = CaptureHandle.Options()
    options.incomingOnly = true
    // The ring has slots of the snapshot's size: this gives a thousand, where 65,535 octets would give sixteen, and
    // drop what comes while standard output blocks. No reply on this path is longer than an unfragmented packet.
    options.snapshotLength = 4_096
    options.bufferSize = 4 << 20
    return options
  }
}

extension PingConfiguration.Message {
  /// ICMPv6 types that answer this message.
  var replyTypes: [UInt8] {
    switch self {
    case .echo: [129]
    case .nodeInformation: [140]
    case .extendedEcho: [161]
    }
  }
}

extension PingRequest {
  /// Datagram sockets carry echo requests only, and their identifier cannot be 0.
  var needsRawSocket: Bool {
    if case .nodeInformation = configuration.message { return true }
    return identifier == 0
  }
}

extension PingRequest.PathMTUDiscovery {
  var option: PathMTUMode {
    switch self {
    case .do: .do
    case .dont: .dont
    case .want: .want
    case .probe: .probe
    }
  }
}
