/// Asks the kernel for a route by connecting a UDP socket, which sends nothing (connect(2)).
package enum RouteProbe {
  /// The source address that the kernel would use. ENETUNREACH, EHOSTUNREACH, EACCES: as a probe would meet them.
  @discardableResult
  package static func connect(
    to destination: SocketAddress, interface: String? = nil, mark: UInt32? = nil
  ) throws(SystemError) -> SocketAddress {
    let probe = try UDPSocket()
    if let interface { try probe.bind(toInterface: interface) }
    if let mark { try probe.setMark(mark) }
    // Any port will do: nothing is sent.
    try probe.connect(to: SocketAddress(destination.address, port: 1025, scope: destination.scope))
    return try probe.localAddress()
  }
}
