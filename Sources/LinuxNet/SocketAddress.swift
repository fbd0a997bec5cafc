import CLinux
import Glibc
package import Wire

/// An IPv6 socket address (struct sockaddr_in6, ipv6(7)).
package struct SocketAddress: Hashable, Sendable {
  package var address: IPv6Address
  /// Must be 0 for a raw socket; the identifier for a datagram ICMPv6 socket.
  package var port: UInt16
  /// The interface index that the zone of a link-local address stands for; 0 for none.
  package var scope: UInt32
  /// Traffic class and flow label as they stand in the IPv6 header (28 bits), host order.
  package var flowInfo: UInt32

  package init(_ address: IPv6Address, port: UInt16 = 0, scope: UInt32 = 0, flowInfo: UInt32 = 0) {
    self.address = address
    self.port = port
    self.scope = scope
    self.flowInfo = flowInfo
  }

  /// The kernel's form of it; nil for another address family.
  init?(_ raw: sockaddr_in6) {
    guard Int32(raw.sin6_family) == AF_INET6 else { return nil }
    self.init(
      IPv6Address(raw.sin6_addr), port: UInt16(bigEndian: raw.sin6_port), scope: raw.sin6_scope_id,
      flowInfo: UInt32(bigEndian: raw.sin6_flowinfo))
  }

  var raw: sockaddr_in6 {
    sockaddr_in6(
      sin6_family: sa_family_t(AF_INET6), sin6_port: port.bigEndian, sin6_flowinfo: flowInfo.bigEndian,
      sin6_addr: address.raw, sin6_scope_id: scope)
  }
}

extension IPv6Address {
  init(_ raw: in6_addr) {
    // Both are 16 octets without padding, and every bit pattern is valid in both.
    self.init(bits: unsafe UInt128(bigEndian: unsafeBitCast(raw, to: UInt128.self)))
  }

  var raw: in6_addr {
    // As above, the other way round.
    unsafe unsafeBitCast(bits.bigEndian, to: in6_addr.self)
  }
}
