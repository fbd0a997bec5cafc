/// A bound socket that keeps a port from the host's other programs while raw probes use it.
///
/// A UDP answer finds an owner, so that the kernel does not call the port unreachable; a SYN and ACK finds no
/// connection, and the kernel answers RST.
package struct PortReservation: ~Copyable {
  private enum Holder: ~Copyable {
    case udp(UDPSocket)
    case tcp(TCPSocket)
  }
  private let holder: Holder
  package let port: UInt16

  /// Binds a UDP socket; port 0 takes a free one. EADDRINUSE, EADDRNOTAVAIL, EACCES: as bind(2) says.
  package static func udp(_ address: SocketAddress) throws(SystemError) -> PortReservation {
    let socket = try UDPSocket()
    try socket.setIPv6Only()
    try socket.bind(to: address)
    let port = try socket.localAddress().port
    // Nobody reads it: what comes must not pile up.
    _ = try? socket.setReceiveBuffer(0)
    return PortReservation(holder: .udp(socket), port: port)
  }

  /// Binds a TCP socket, which others may share that do not listen either (SO_REUSEADDR).
  package static func tcp(_ address: SocketAddress) throws(SystemError) -> PortReservation {
    let socket = try TCPSocket()
    try socket.setIPv6Only()
    try socket.setReuseAddress()
    try socket.bind(to: address)
    let port = try socket.localAddress().port
    return PortReservation(holder: .tcp(socket), port: port)
  }

  private init(holder: consuming Holder, port: UInt16) {
    self.holder = holder
    self.port = port
  }
}
