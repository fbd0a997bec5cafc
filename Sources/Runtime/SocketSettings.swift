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

  /// Sets them; a failure names the option of the command line.
  func apply(to socket: borrowing some ProbeSocket & ~Copyable) throws(PingFailure) {
    if let mark {
      do throws(SystemError) { try socket.setMark(mark) } catch { throw .option("--mark", error) }
    }
    if isRoutingBypassed {
      do throws(SystemError) { try socket.setDontRoute(true) } catch { throw .option("--no-route", error) }
    }
    if isDebugged {
      do throws(SystemError) { try socket.setDebug(true) } catch { throw .option("SO_DEBUG", error) }
    }
    guard let interface else { return }
    do throws(SystemError) { try socket.bind(toInterface: interface) } catch {
      // Binding needs CAP_NET_RAW before Linux 5.7; the packet information names the interface all the same.
      guard error.errno == .operationNotPermitted else { throw .option("--interface", error) }
    }
  }
}
