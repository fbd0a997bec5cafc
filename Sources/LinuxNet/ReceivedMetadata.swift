import CLinux
import Glibc
package import Wire

/// What the kernel says about a received message beside its octets.
package struct ReceivedMetadata: Equatable, Sendable {
  /// The sender; its scope is set for link-local addresses.
  package var source: SocketAddress
  /// The address it was sent to (IPV6_PKTINFO).
  package var destination: IPv6Address?
  /// The index of the interface it came in by (IPV6_PKTINFO); 0 when not asked for.
  package var interface: UInt32 = 0
  package var hopLimit: UInt8?
  package var trafficClass: UInt8?
  /// 20 bits (IPV6_FLOWINFO); the kernel leaves it out when flow label and traffic class are both 0.
  package var flowLabel: UInt32?
  /// When the kernel took the packet from the driver: real time, nanoseconds since 1970.
  package var stamp: Int64?
  /// The message was longer than the buffer (MSG_TRUNC).
  package var isTruncated: Bool = false

  package init(source: SocketAddress) { self.source = source }

  /// Reads every control message that is known; others, and malformed ones, are passed over.
  init(source: SocketAddress, control: borrowing Span<UInt8>, isTruncated: Bool) {
    self.source = source
    self.isTruncated = isTruncated
    var offset = 0
    while let message = ControlMessage(in: control, at: offset) {
      read(message, in: control)
      offset = message.end
    }
  }

  @inline(__always)
  mutating func read(_ message: ControlMessage, in control: borrowing Span<UInt8>) {
    let start = message.data.lowerBound
    switch (message.level, message.type) {
    case (SOL_SOCKET, Int32(CLINUX_SO_TIMESTAMPING)) where message.data.count >= 48:
      // Three timespecs (struct scm_timestamping): software, unused, hardware.
      stamp = control.stamp(at: start) ?? stamp
    case (SOL_SOCKET, Int32(CLINUX_SO_TIMESTAMPNS)) where message.data.count >= 16:
      stamp = stamp ?? control.stamp(at: start)
    case (Int32(IPPROTO_IPV6), IPV6_HOPLIMIT) where message.data.count >= 4:
      hopLimit = UInt8(exactly: control.native32(at: start))
    case (Int32(IPPROTO_IPV6), IPV6_TCLASS) where message.data.count >= 4:
      trafficClass = UInt8(exactly: control.native32(at: start))
    case (Int32(IPPROTO_IPV6), IPV6_PKTINFO) where message.data.count >= 20:
      destination = control.address(at: start)
      interface = control.native32(at: start + 16)
    case (Int32(IPPROTO_IPV6), Int32(CLINUX_IPV6_FLOWINFO)) where message.data.count >= 4:
      flowLabel = UInt32(bigEndian: control.native32(at: start)) & 0xf_ffff
    default: break
    }
  }
}

extension Span where Element == UInt8 {
  /// A struct timespec as nanoseconds; nil for the zero that stands for "no stamp".
  @inline(__always)
  func stamp(at offset: Int) -> Int64? {
    let seconds = Int64(bitPattern: native64(at: offset))
    let nanoseconds = Int64(bitPattern: native64(at: offset + 8))
    let (product, tooLong) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
    let (sum, tooLarge) = product.addingReportingOverflow(nanoseconds)
    return tooLong || tooLarge || sum == 0 ? nil : sum
  }
}
