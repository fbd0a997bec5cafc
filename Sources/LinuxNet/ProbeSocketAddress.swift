import CLinux
import Glibc

/// Addresses of a socket, IPv6 only.
extension ProbeSocket where Self: ~Copyable {
  /// bind(2) to a source address. The port is the identifier of a datagram ICMPv6 socket, 0 for a raw one.
  package func bind(to address: SocketAddress) throws(SystemError) {
    // The pointer is lent for the call, to a sockaddr_in6.
    try unsafe withAddress("bind", address) { unsafe Glibc.bind($0, $1, 28) }
  }

  /// Sends and receives by one interface only (SO_BINDTODEVICE). Before Linux 5.7 it needs CAP_NET_RAW.
  package func bind(toInterface name: String) throws(SystemError) {
    var octets = Array(name.utf8)
    octets.append(0)
    let number = number
    let result = unsafe octets.withUnsafeBytes { bytes in
      // The array outlives the call and the length is its own.
      unsafe setsockopt(number, SOL_SOCKET, SO_BINDTODEVICE, bytes.baseAddress, socklen_t(bytes.count))
    }
    guard result == 0 else { throw SystemError("setsockopt SO_BINDTODEVICE", Errno(rawValue: errno)) }
  }

  /// connect(2): fixes the destination, and lets only its messages in. A raw socket refuses a port.
  package func connect(to address: SocketAddress) throws(SystemError) {
    // The pointer is lent for the call, to a sockaddr_in6.
    try unsafe withAddress("connect", address) { unsafe Glibc.connect($0, $1, 28) }
  }

  /// getsockname(2): the port of a bound datagram ICMPv6 socket is its echo identifier.
  package func localAddress() throws(SystemError) -> SocketAddress {
    var raw = sockaddr_in6()
    var length: socklen_t = 28
    let number = number
    _ = try retrying("getsockname") {
      // `raw` and `length` are locals; the kernel writes at most `length` octets.
      unsafe withUnsafeMutablePointer(to: &raw) { pointer in
        unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
          unsafe getsockname(number, $0, &length)
        }
      }
    }
    guard let address = SocketAddress(raw) else {
      throw SystemError("getsockname", .addressFamilyNotSupported)
    }
    return address
  }

  private func withAddress(
    _ call: StaticString, _ address: SocketAddress, _ body: (Int32, UnsafePointer<sockaddr>) -> Int32
  ) throws(SystemError) {
    var raw = address.raw
    let number = number
    _ = try retrying(call) {
      // `raw` is a local, and the length is that of a sockaddr_in6.
      unsafe withUnsafePointer(to: &raw) { pointer in
        unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { unsafe body(number, $0) }
      }
    }
  }
}
