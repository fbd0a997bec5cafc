import CLinux
import Glibc

/// A socket for ICMPv6: a "ping" socket of the kernel, or a raw one.
package struct ICMPv6Socket: ~Copyable, ProbeSocket {
  package enum Kind: Hashable, Sendable {
    /// SOCK_DGRAM: echo only, needs `net.ipv4.ping_group_range`; the kernel owns the identifier, and gives
    /// this socket its own replies only.
    case datagram
    /// SOCK_RAW: any type, needs CAP_NET_RAW; hears every ICMPv6 message of the host.
    case raw
  }

  package let kind: Kind
  package let descriptor: Descriptor
  package var number: Int32 { descriptor.number }

  /// socket(2). EACCES: datagram sockets are off for this group; EPERM: no CAP_NET_RAW; EAFNOSUPPORT: no IPv6.
  package init(_ kind: Kind) throws(SystemError) {
    let type = kind == .datagram ? SOCK_DGRAM.rawValue : SOCK_RAW.rawValue
    descriptor = try Descriptor(socketOf: type, protocol: Int32(IPPROTO_ICMPV6))
    self.kind = kind
  }

  /// The echo identifier of a datagram socket. Binds the socket to a free one when it has none yet.
  package func echoIdentifier() throws(SystemError) -> UInt16 {
    let bound = try localAddress()
    if bound.port != 0 || kind == .raw { return bound.port }
    try bind(to: bound)
    return try localAddress().port
  }
}
