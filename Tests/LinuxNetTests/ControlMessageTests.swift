import CLinux
import Glibc
import Testing
import Wire

@testable import LinuxNet

/// Control buffers written here octet by octet: what the kernel would never send must not trap either.
@Suite struct ControlMessageTests {
  /// One control message: length, level, type, data, padded to eight octets.
  static func message(_ level: Int32, _ type: Int32, _ data: [UInt8], length: UInt64? = nil) -> [UInt8] {
    var octets: [UInt8] = []
    let length = length ?? UInt64(16 + data.count)
    for i in 0..<8 { octets.append(UInt8(truncatingIfNeeded: length >> UInt64(8 * i))) }
    octets += native(UInt32(bitPattern: level)) + native(UInt32(bitPattern: type)) + data
    while octets.count % 8 != 0 { octets.append(0) }
    return octets
  }

  static func native(_ value: UInt32) -> [UInt8] {
    (0..<4).map { UInt8(truncatingIfNeeded: value >> (8 * UInt32($0))) }
  }

  /// sock_extended_err: errno, origin, type, code, padding, info, data; and the offender's sockaddr_in6.
  static func extendedError(
    errno: Int32, origin: UInt8, type: UInt8, code: UInt8, info: UInt32, data: UInt32, scope: UInt32 = 0
  ) -> [UInt8] {
    native(UInt32(errno)) + [origin, type, code, 0] + native(info) + native(data)
      + [UInt8(AF_INET6), 0, 0, 0, 0, 0, 0, 0]  // family, port, flow information
      + [0xfe, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 9]  // fe80::9
      + native(scope)
  }

  static func metadata(_ control: [UInt8]) -> ReceivedMetadata {
    ReceivedMetadata(source: SocketAddress(.loopback), control: control.span, isTruncated: false)
  }

  static let everything: [UInt8] =
    message(41, IPV6_HOPLIMIT, native(63))
    + message(41, IPV6_TCLASS, native(0xb8))
    + message(41, 11, [0x0b, 0x81, 0x23, 0x45])  // IPV6_FLOWINFO: class b8, label 12345
    + message(41, IPV6_PKTINFO, [0x20, 0x01] + [UInt8](repeating: 0, count: 13) + [5] + native(7))
    + message(
      SOL_SOCKET, 37, native(10) + native(0) + native(20) + native(0) + [UInt8](repeating: 0, count: 32))

  @Test func `every known control message is read`() {
    let found = Self.metadata(Self.everything)
    #expect(found.hopLimit == 63)
    #expect(found.trafficClass == 0xb8)
    #expect(found.flowLabel == 0x12345)
    #expect(found.destination == IPv6Address(bits: 0x2001 << 112 | 5))
    #expect(found.interface == 7)
    #expect(found.stamp == 10_000_000_020)
  }

  @Test func `every shorter prefix and every flipped bit gives a value`() {
    for count in 0...Self.everything.count { _ = Self.metadata(Array(Self.everything.prefix(count))) }
    for bit in 0..<Self.everything.count * 8 {
      var octets = Self.everything
      octets[bit / 8] ^= 1 << UInt8(bit % 8)
      _ = Self.metadata(octets)
      _ = ErrorQueueItem(destination: nil, control: octets.span)
    }
  }

  @Test(arguments: [0, 1, 15, 1 << 32, 1 << 62, UInt64.max - 7, UInt64.max] as [UInt64])
  func `an impossible length ends the reading`(length: UInt64) {
    let control = Self.message(41, IPV6_HOPLIMIT, Self.native(1), length: length) + Self.everything
    #expect(Self.metadata(control) == ReceivedMetadata(source: SocketAddress(.loopback)))
  }

  @Test func `a stamp beyond what 64 bits of nanoseconds hold is no stamp`() {
    let seconds = [UInt8](repeating: 0xff, count: 7) + [0x7f]
    let control = Self.message(SOL_SOCKET, 37, seconds + [UInt8](repeating: 0, count: 40))
    #expect(Self.metadata(control).stamp == nil)
  }

  @Test func `a transmit stamp is told from an error by its origin`() {
    let stamp = Self.message(SOL_SOCKET, 37, Self.native(1) + [UInt8](repeating: 0, count: 44))
    let extended = Self.extendedError(errno: ENOMSG, origin: 4, type: 0, code: 0, info: 0, data: 17)
    let control = stamp + Self.message(41, IPV6_RECVERR, extended)
    let item = ErrorQueueItem(destination: nil, control: control.span)
    #expect(item == .transmitted(id: 17, stamp: 1_000_000_000))
  }

  @Test func `an ICMPv6 error carries its offender, zone, hop limit and extension place`() {
    let extended = Self.extendedError(
      errno: EHOSTUNREACH, origin: 3, type: 3, code: 0, info: 0, data: 128, scope: 4)
    let control =
      Self.message(41, IPV6_HOPLIMIT, Self.native(254)) + Self.message(41, IPV6_RECVERR, extended)
    let item = ErrorQueueItem(destination: SocketAddress(.loopback), control: control.span)
    guard case .icmp(let error)? = item else {
      Issue.record("not an ICMPv6 error: \(String(describing: item))")
      return
    }
    #expect(error.type == 3 && error.code == 0)
    #expect(error.errno == .hostUnreachable)
    #expect(error.offender == IPv6Address(bits: 0xfe80 << 112 | 9))
    #expect(error.offenderScope == 4)
    #expect(error.hopLimit == 254)
    #expect(error.originalDestination == SocketAddress(.loopback))
    #expect(error.extensionOffset == 128)
    #expect(!error.isExtensionInvalid)
  }

  @Test func `a local refusal gives its errno and the path's MTU`() {
    let extended = Self.extendedError(errno: EMSGSIZE, origin: 1, type: 0, code: 0, info: 1280, data: 0)
    let control = Self.message(41, IPV6_RECVERR, extended)
    let item = ErrorQueueItem(destination: nil, control: control.span)
    #expect(item == .local(errno: .messageTooLong, info: 1280))
    let nothing = ErrorQueueItem(destination: nil, control: [UInt8]().span)
    #expect(nothing == nil)
  }
}
