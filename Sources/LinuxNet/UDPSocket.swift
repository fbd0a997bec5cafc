import CLinux
import Glibc

/// A UDP socket that sends to whom each message says and hears of errors by its queue. Needs no privilege.
package struct UDPSocket: ~Copyable, ProbeSocket {
  package let descriptor: Descriptor
  package var number: Int32 { descriptor.number }

  /// socket(2), non-blocking. EAFNOSUPPORT: no IPv6; EMFILE: no descriptor left.
  package init() throws(SystemError) {
    descriptor = try Descriptor(socketOf: SOCK_DGRAM.rawValue, protocol: Int32(IPPROTO_UDP))
  }
}
