import CLinux
import Glibc

/// A raw socket for whole IPv6 packets with the caller's own header (IPPROTO_RAW, raw(7)). Needs CAP_NET_RAW.
///
/// The kernel writes nothing into the packet; it looks up the route of the destination in the envelope, whose port
/// must be 0. It receives nothing. A packet beyond the MTU of its device is EMSGSIZE.
package struct PacketSocket: ~Copyable, ProbeSocket {
  package let descriptor: Descriptor
  package var number: Int32 { descriptor.number }

  /// socket(2), non-blocking. EPERM: no CAP_NET_RAW.
  package init() throws(SystemError) {
    descriptor = try Descriptor(socketOf: SOCK_RAW.rawValue, protocol: Int32(IPPROTO_RAW))
  }
}
