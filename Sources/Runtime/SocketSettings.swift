import LinuxNet

/// What a person may ask of every socket of a run.
struct SocketSettings: Sendable {
  var interface: String?
  /// Index of the interface; 0 for none.
  var interfaceIndex: UInt32 = 0
  var mark: UInt32?
  var isRoutingBypassed = false
  var isDebugged = false

  /// A setting of these needs a privilege that goes when it is dropped.
  var needsPrivilege: Bool { mark != nil || isDebugged }

  /// Sets something; a failure names the option of the command line, or the socket's own.
  static func option(_ name: String, _ action: () throws(SystemError) -> Void) throws(PingFailure) {
    do throws(SystemError) { try action() } catch { throw .option(name, error) }
  }

  /// Sets them; a failure names the option of the command line.
  func apply(to socket: borrowing some ProbeSocket & ~Copyable) throws(PingFailure) {
    if let mark {
      try SocketSettings.option("--mark") { () throws(SystemError) in try socket.setMark(mark) }
    }
    if isRoutingBypassed {
      try SocketSettings.option("--no-route") { () throws(SystemError) in try socket.setDontRoute(true) }
    }
    if isDebugged {
      try SocketSettings.option("SO_DEBUG") { () throws(SystemError) in try socket.setDebug(true) }
    }
    guard let interface else { return }
    do throws(SystemError) { try socket.bind(toInterface: interface) } catch {
      // Binding needs CAP_NET_RAW before Linux 5.7; the packet information names the interface all the same.
      guard error.errno == .operationNotPermitted else { throw .option("--interface", error) }
    }
  }
}
