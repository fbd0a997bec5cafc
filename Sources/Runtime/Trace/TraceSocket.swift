import LinuxNet
import ProbeEngine
import Wire

/// What a trace sends by, on one of its ways.
enum TraceSocketKind: Sendable {
  /// UDP datagrams; octets are their payload.
  case udp
  /// Echo requests of a "ping" socket; octets are the message.
  case echo
  /// Whole packets.
  case packet
}

protocol TraceSocket: ProbeSocket, ~Copyable {
  static var way: TraceSocketKind { get }
  static func open() throws(SystemError) -> Self
}

extension UDPSocket: TraceSocket {
  static var way: TraceSocketKind { .udp }
  static func open() throws(SystemError) -> UDPSocket { try UDPSocket() }
}

extension ICMPv6Socket: TraceSocket {
  static var way: TraceSocketKind { .echo }
  static func open() throws(SystemError) -> ICMPv6Socket { try ICMPv6Socket(.datagram) }
}

extension PacketSocket: TraceSocket {
  static var way: TraceSocketKind { .packet }
  static func open() throws(SystemError) -> PacketSocket { try PacketSocket() }
}

/// How sockets of a trace are made, at its start and for flows that come up later.
struct TraceSocketSettings: Sendable {
  var common = SocketSettings()
  /// Address and zone to bind to; the port is the flow's.
  var source: SocketAddress?
  /// As it was given.
  var sourceText = ""
  var trafficClass: UInt8 = 0
  /// Never `.want` or `.do`: the kernel's cached path MTU is not trusted, only the link's.
  var pathMTU: PathMTUMode = .probe
  /// Routers to go through, by the kernel's own routing header (sockets that do not bring their own).
  var gateways: [IPv6Address] = []
  /// Privileges were kept for sockets that are made later (`SO_MARK`), and are raised for as long as that takes.
  var raises: Capabilities = []

  /// Octets that the kernel's routing header adds to each packet (RFC 8754 §2; the last segment is the target).
  static func segmentsLength(_ routers: [IPv6Address]) -> Int { 8 + 16 * (routers.count + 1) }

  /// Makes a socket for one flow; `port` 0 leaves the choice to the kernel, which is made by binding if
  /// `isBound`, else with the first message.
  func open<Socket: TraceSocket & ~Copyable>(
    _: Socket.Type, port: UInt16, isBound: Bool
  ) throws(PingFailure) -> Socket {
    let socket = try TraceSocketSettings.make { () throws(SystemError) in try Socket.open() }
    try apply(to: socket)
    switch Socket.way {
    case .packet:
      // Beyond the link's MTU the error queue says how long the packet may be.
      try SocketSettings.option("IPV6_RECVERR") { () throws(SystemError) in try socket.setReceiveErrors() }
      try bind(socket, port: 0, isNeeded: false)
    case .udp:
      try SocketSettings.option("IPV6_V6ONLY") { () throws(SystemError) in try socket.setIPv6Only() }
      try applyToMessages(of: socket)
      try bind(socket, port: port, isNeeded: isBound || port != 0)
    case .echo:
      try applyToMessages(of: socket)
      try bind(socket, port: port, isNeeded: true)
    }
    try SocketSettings.option("SO_TIMESTAMPING") { () throws(SystemError) in
      try socket.setTimestamps(transmit: .each, receive: Socket.way != .packet)
    }
    return socket
  }

  /// Makes a socket for one connect(2); without a hop limit the route's.
  func openTCP(port: UInt16, hopLimit: UInt8?) throws(PingFailure) -> TCPSocket {
    let socket = try TraceSocketSettings.make { () throws(SystemError) in try TCPSocket() }
    try raising { () throws(PingFailure) in try common.apply(to: socket) }
    do throws(SystemError) {
      try socket.setIPv6Only()
      try socket.setReuseAddress()
      try socket.setResetOnClose()
      if let hopLimit { try socket.setUnicastHops(hopLimit) }
      try socket.setAutomaticFlowLabel(false)
      try socket.setSendFlowInfo()
      try socket.setReceiveErrors()
      try socket.setReceiveHopLimit()
      try socket.setReceivePacketInfo()
      try socket.setTimestamps(transmit: .none)
      if trafficClass != 0 { try socket.setTrafficClass(trafficClass) }
      if !gateways.isEmpty { try socket.setSegments(gateways) }
    } catch { throw .socket(error) }
    try bind(socket, port: port, isNeeded: port != 0)
    return socket
  }

  private static func make<Socket: ~Copyable>(
    _ body: () throws(SystemError) -> Socket
  ) throws(PingFailure) -> Socket {
    do throws(SystemError) { return try body() } catch { throw .socket(error) }
  }

  private func apply(to socket: borrowing some ProbeSocket & ~Copyable) throws(PingFailure) {
    try raising { () throws(PingFailure) in try common.apply(to: socket) }
    try SocketSettings.option("IPV6_MTU_DISCOVER") { () throws(SystemError) in
      try socket.setPathMTUDiscovery(pathMTU)
    }
  }

  private func applyToMessages(of socket: borrowing some ProbeSocket & ~Copyable) throws(PingFailure) {
    do throws(SystemError) {
      try socket.setReceiveErrors()
      try socket.setReceiveHopLimit()
      try socket.setReceiveTrafficClass()
      try socket.setReceivePacketInfo()
      try socket.setAutomaticFlowLabel(false)
      try socket.setSendFlowInfo()
    } catch { throw .socket(error) }
    if trafficClass != 0 {
      try SocketSettings.option("--traffic-class") { () throws(SystemError) in
        try socket.setTrafficClass(trafficClass)
      }
    }
    if !gateways.isEmpty {
      try SocketSettings.option("--gateway") { () throws(SystemError) in
        try socket.setSegments(gateways)
      }
    }
  }

  private func bind(
    _ socket: borrowing some ProbeSocket & ~Copyable, port: UInt16, isNeeded: Bool
  ) throws(PingFailure) {
    guard isNeeded || source != nil else { return }
    let address = SocketAddress(source?.address ?? .unspecified, port: port, scope: source?.scope ?? 0)
    do throws(SystemError) { try socket.bind(to: address) } catch {
      throw bindFailure(error)
    }
  }

  /// Whether address or port is at fault.
  func bindFailure(_ error: SystemError) -> PingFailure {
    let isPort = error.errno == .addressInUse || error.errno == .permissionDenied
    return isPort || source == nil ? .option("--source-port", error) : .source(sourceText, error)
  }

  private func raising(_ body: () throws(PingFailure) -> Void) throws(PingFailure) {
    guard !raises.isEmpty else { return try body() }
    do throws(SystemError) { try Privileges.raise(raises) } catch { throw .privileges(error) }
    defer { try? Privileges.lower(raises) }
    try body()
  }
}
