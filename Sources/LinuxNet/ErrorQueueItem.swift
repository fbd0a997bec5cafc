import CLinux
import Glibc
package import Wire

/// One entry of a socket's error queue (recv(2) MSG_ERRQUEUE, IPV6_RECVERR in ipv6(7)).
package enum ErrorQueueItem: Equatable, Sendable {
  /// A message left for the driver. `id` counts the socket's messages from 0 unless it was given with the
  /// message; `stamp` is real time, nanoseconds since 1970.
  case transmitted(id: UInt32, stamp: Int64)
  /// A message passed the firewall and neighbor resolution, and reached the queue of a device.
  case queued(id: UInt32)
  /// An ICMPv6 error answered one of the socket's messages.
  case icmp(ICMPError)
  /// This host refused a message; `info` is the path's MTU for EMSGSIZE.
  case local(errno: Errno, info: UInt32)
  case other

  /// An ICMPv6 error as the kernel hands it over. Its octets are the invoking packet from its ICMPv6 (UDP, TCP)
  /// header on, as far as it was quoted, with the extensions behind.
  package struct ICMPError: Equatable, Sendable {
    package var type: UInt8
    package var code: UInt8
    /// The MTU of a Packet Too Big, the pointer of a Parameter Problem, else 0.
    package var info: UInt32
    /// What the kernel makes of the error (icmpv6_err_convert).
    package var errno: Errno
    /// Who sent the error.
    package var offender: IPv6Address
    /// Interface index for a link-local offender, else 0.
    package var offenderScope: UInt32
    /// Where the invoking packet was going; its port is 0 for ICMPv6.
    package var originalDestination: SocketAddress?
    /// The hop limit with which the error arrived.
    package var hopLimit: UInt8?
    package var trafficClass: UInt8?
    /// Interface the error came in by; 0 when not asked for.
    package var interface: UInt32
    /// When the error arrived: real time, nanoseconds since 1970.
    package var stamp: Int64?
    /// Where the RFC 4884 extension structure starts in the octets (IPV6_RECVERR_RFC4884).
    package var extensionOffset: Int?
    /// The kernel found the extension structure malformed (SO_EE_RFC4884_FLAG_INVALID).
    package var isExtensionInvalid: Bool
  }

  /// Reads an entry from its control messages; nil when they hold no sock_extended_err.
  init?(destination: SocketAddress?, control: borrowing Span<UInt8>) {
    var metadata = ReceivedMetadata(source: SocketAddress(.unspecified))
    var extended: Range<Int>?
    var offset = 0
    while let message = ControlMessage(in: control, at: offset) {
      let isExtended =
        message.level == Int32(IPPROTO_IPV6) && message.type == IPV6_RECVERR
        // A packet socket's stamps come under its own name.
        || message.level == Int32(CLINUX_SOL_PACKET) && message.type == Int32(CLINUX_PACKET_TX_TIMESTAMP)
      if isExtended, message.data.count >= 16 {
        extended = message.data
      } else {
        metadata.read(message, in: control)
      }
      offset = message.end
    }
    guard let extended else { return nil }
    let start = extended.lowerBound
    // struct sock_extended_err, its layout asserted in CLinux.
    let errno = Errno(rawValue: Int32(bitPattern: control.native32(at: start)))
    let info = control.native32(at: start + 8)
    switch UInt32(control[start + 4]) {
    case UInt32(CLINUX_SO_EE_ORIGIN_TIMESTAMPING):
      // `info` is SCM_TSTAMP_SND (0) or SCM_TSTAMP_SCHED (1); no other kind was asked for.
      guard info <= 1, let stamp = metadata.stamp else {
        self = .other
        return
      }
      let id = control.native32(at: start + 12)
      self = info == 0 ? .transmitted(id: id, stamp: stamp) : .queued(id: id)
    case UInt32(CLINUX_SO_EE_ORIGIN_ICMP6):
      var error = ICMPError(
        type: control[start + 5], code: control[start + 6], info: info, errno: errno, offender: .unspecified,
        offenderScope: 0, originalDestination: destination, hopLimit: metadata.hopLimit,
        trafficClass: metadata.trafficClass, interface: metadata.interface, stamp: metadata.stamp,
        extensionOffset: nil, isExtensionInvalid: control[start + 14] & 1 != 0)
      // ee_rfc4884.len: 0 stands for none.
      let extensionOffset = Int(control.native16(at: start + 12))
      if extensionOffset > 0 { error.extensionOffset = extensionOffset }
      // SO_EE_OFFENDER: a sockaddr_in6 right behind.
      if extended.count >= 16 + 28, control.native16(at: start + 16) == UInt16(AF_INET6) {
        error.offender = control.address(at: start + 16 + 8)
        error.offenderScope = control.native32(at: start + 16 + 24)
      }
      self = .icmp(error)
    case UInt32(CLINUX_SO_EE_ORIGIN_LOCAL):
      self = .local(errno: errno, info: info)
    default:
      self = .other
    }
  }
}
