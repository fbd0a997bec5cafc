import CLinux
import Glibc
package import Timing

/// A TCP socket for one connect(2) that is not waited for: the kernel sends the SYN. Needs no privilege.
package struct TCPSocket: ~Copyable, ProbeSocket {
  package let descriptor: Descriptor
  package var number: Int32 { descriptor.number }

  /// socket(2), non-blocking.
  package init() throws(SystemError) {
    descriptor = try Descriptor(socketOf: SOCK_STREAM.rawValue, protocol: Int32(IPPROTO_TCP))
  }

  /// Lets several sockets be bound to one port (SO_REUSEADDR); none of them listens.
  package func setReuseAddress() throws(SystemError) {
    try set(SOL_SOCKET, SO_REUSEADDR, 1, "setsockopt SO_REUSEADDR")
  }

  /// Ends a connection with RST when the socket closes, and leaves no TIME_WAIT behind (SO_LINGER of 0 s).
  package func setResetOnClose() throws(SystemError) {
    var value = linger(l_onoff: 1, l_linger: 0)
    let size = socklen_t(MemoryLayout<linger>.size)
    // `value` is a local of that size.
    guard unsafe setsockopt(number, SOL_SOCKET, SO_LINGER, &value, size) == 0 else {
      throw SystemError("setsockopt SO_LINGER", Errno(rawValue: errno))
    }
  }

  /// From the SYN to its answer as the kernel measured it (tcpi_rtt, microseconds; getsockopt(2) TCP_INFO); nil where it
  /// did not, as for a SYN that it had to send again.
  package var handshakeRoundTrip: Nanoseconds? {
    var info = tcp_info()
    var length = socklen_t(MemoryLayout<tcp_info>.size)
    // Both are locals that outlive the call; the kernel writes at most `length` octets.
    guard unsafe getsockopt(number, Int32(IPPROTO_TCP), TCP_INFO, &info, &length) == 0,
      info.tcpi_rtt > 0, info.tcpi_total_retrans == 0
    else { return nil }
    return .microseconds(Int64(info.tcpi_rtt))
  }

  /// connect(2) without waiting. How it ends: `.errorQueue` or `.writable` of a poller, then `takePendingError`.
  package func beginConnecting(to address: SocketAddress) throws(SystemError) {
    do throws(SystemError) { try connect(to: address) } catch
      where error.errno == Errno(rawValue: EINPROGRESS)
    {
      // On its way.
    }
  }
}
