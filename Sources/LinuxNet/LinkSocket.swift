import CLinux
import Glibc

/// A socket for whole IPv6 packets to a link-layer address of the caller's choice (AF_PACKET, SOCK_DGRAM, packet(7)).
/// Needs CAP_NET_RAW. It receives nothing.
///
/// The kernel writes the frame's header and nothing of the packet; routes, neighbor table and firewall are not asked.
/// Closing it takes the kernel tens of milliseconds (synchronize_net).
package struct LinkSocket: ~Copyable, ProbeSocket {
  package let descriptor: Descriptor
  package var number: Int32 { descriptor.number }

  /// socket(2), non-blocking. EPERM: no CAP_NET_RAW.
  package init() throws(SystemError) {
    let type = Int32(SOCK_DGRAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue)
    // Protocol 0: no frame comes in.
    descriptor = Descriptor(owning: try retrying("socket AF_PACKET") { socket(AF_PACKET, type, 0) })
  }

  /// Sends one packet by `interface` to the frame address `destination` (as many octets as the link's addresses have:
  /// the kernel does not look); never waits. `stampIdentifier`: as in `Envelope`; whether the kernel takes one another socket can tell.
  ///
  /// ENETDOWN: the interface is down; ENXIO: there is none; EMSGSIZE: beyond its MTU; EINVAL: more than 32 octets of address.
  package func send(
    _ octets: Span<UInt8>, to destination: [UInt8], interface: UInt32, stampIdentifier: UInt32? = nil
  ) throws(SystemError) {
    let number = number
    let flags = Int32(MSG_DONTWAIT | Int(MSG_NOSIGNAL))
    _ = try retrying("sendmsg") {
      // The octets are lent for the call, and the address is an array that outlives it; lengths are their own.
      unsafe octets.withUnsafeBufferPointer { buffer in
        unsafe clinux_send_link(
          number, buffer.baseAddress, buffer.count, interface, destination, destination.count,
          stampIdentifier == nil ? 0 : 1, stampIdentifier ?? 0, flags)
      }
    }
  }
}
