import KernelLab
import Testing
import Timing
import Wire

@testable import LinuxNet

/// ICMPv6 errors written here and sent over the loopback: the kernel under test finds the socket that they
/// concern, and queues them.
@Suite(.enabled(if: NetworkNamespace.isAvailable, "needs a network namespace (root, or unshare -Urn)"))
struct ErrorQueueTests {
  /// An ICMPv6 error of ::1 about `request`, an ICMPv6 message from ::1 to ::1; the kernel fills in the checksum.
  static func error(type: UInt8, code: UInt8, info: [UInt8], about request: [UInt8], pad: Int = 0) -> [UInt8]
  {
    let loopback = [UInt8](repeating: 0, count: 15) + [1]
    let padding = [UInt8](repeating: 0, count: pad)
    let payloadLength = request.count + pad
    return [type, code, 0, 0] + info
      + [0x60, 0, 0, 0, UInt8(payloadLength >> 8), UInt8(payloadLength & 255), 58, 63]  // IPv6 header
      + loopback + loopback + request + padding
  }

  private static func collect(_ socket: borrowing ICMPv6Socket) throws -> [(ErrorQueueItem, [UInt8])] {
    _ = try ICMPv6SocketTests.wait(socket)
    var batch = ReceiveBatch(capacity: 8, messageSize: 512)
    var items: [(ErrorQueueItem, [UInt8])] = []
    try socket.drainErrorQueue(by: &batch) { item, octets in
      if case .transmitted = item { return }
      items.append((item, octets.indices.map { octets[$0] }))
    }
    return items
  }

  @Test(arguments: [ICMPv6Socket.Kind.datagram, .raw])
  func `a time exceeded finds its socket, with offender, hop limit, stamp and the quoted message`(
    kind: ICMPv6Socket.Kind
  ) throws {
    try NetworkNamespace.run {
      let socket = try ICMPv6SocketTests.open(kind)
      let identifier = kind == .datagram ? try socket.echoIdentifier() : 0x1234
      let request = ICMPv6SocketTests.echoRequest(identifier: identifier, sequence: 9)
      let router = try ICMPv6Socket(.raw)
      try router.setUnicastHops(42)
      let before = SystemClock.realtimeNow()
      try router.send(
        Self.error(type: 3, code: 0, info: [0, 0, 0, 0], about: request).span, to: SocketAddress(.loopback))
      let items = try Self.collect(socket)
      try #require(items.count == 1)
      guard case .icmp(let error) = items[0].0 else {
        Issue.record("not an ICMPv6 error: \(items)")
        return
      }
      #expect(error.type == 3 && error.code == 0)
      #expect(error.offender == .loopback)
      #expect(error.originalDestination?.address == .loopback)
      #expect(error.hopLimit == 42)
      #expect(error.interface == 1)
      #expect(error.extensionOffset == nil)
      let stamp = error.stamp ?? 0
      #expect(stamp >= before && stamp <= SystemClock.realtimeNow())
      #expect(items[0].1 == request)
    }
  }

  @Test func `a packet too big gives its MTU`() throws {
    try NetworkNamespace.run {
      let socket = try ICMPv6SocketTests.open(.datagram)
      let request = ICMPv6SocketTests.echoRequest(identifier: try socket.echoIdentifier(), sequence: 9)
      let router = try ICMPv6Socket(.raw)
      let octets = Self.error(type: 2, code: 0, info: [0, 0, 0x05, 0x14], about: request)
      try router.send(octets.span, to: SocketAddress(.loopback))
      let items = try Self.collect(socket)
      guard case .icmp(let error)? = items.first?.0 else {
        Issue.record("not an ICMPv6 error: \(items)")
        return
      }
      #expect(error.type == 2)
      #expect(error.info == 1300)
      #expect(error.errno == .messageTooLong)
    }
  }

  @Test func `extensions behind a quoted packet are pointed out, with a broken checksum marked`() throws {
    try NetworkNamespace.run {
      let socket = try ICMPv6SocketTests.open(.datagram)
      let request = ICMPv6SocketTests.echoRequest(identifier: try socket.echoIdentifier(), sequence: 9)
      let router = try ICMPv6Socket(.raw)
      // Sixteen units of 8 octets quoted (RFC 4884 §4.1): 40 of header, 16 of message, 72 of zero. Behind them
      // version 2, checksum, and one MPLS object (RFC 4950) of one label stack entry.
      let object: [UInt8] = [0, 8, 1, 1, 0x00, 0x01, 0x01, 0xff]
      let quote = Self.error(type: 3, code: 0, info: [16, 0, 0, 0], about: request, pad: 72)
      // 2000 + 0008 + 0101 + 0001 + 01ff = 2309; its complement is dcf6.
      for (checksum, isInvalid) in [([0xdc, 0xf6] as [UInt8], false), ([0xdc, 0xf7], true)] {
        let octets = quote + [0x20, 0x00] + checksum + object
        try router.send(octets.span, to: SocketAddress(.loopback))
        let items = try Self.collect(socket)
        guard case .icmp(let error)? = items.first?.0, let octets = items.first?.1 else {
          Issue.record("not an ICMPv6 error: \(items)")
          return
        }
        // The quoted IPv6 header is gone from the octets.
        #expect(error.extensionOffset == 128 - 40)
        #expect(Array(octets.dropFirst(128 - 40 + 4)) == object)
        #expect(error.isExtensionInvalid == isInvalid)
      }
    }
  }

  @Test func `an error that waits is taken once, and does not eat the next message`() throws {
    try NetworkNamespace.run {
      let socket = try ICMPv6SocketTests.open(.datagram)
      let request = ICMPv6SocketTests.echoRequest(identifier: try socket.echoIdentifier(), sequence: 9)
      let router = try ICMPv6Socket(.raw)
      let octets = Self.error(type: 1, code: 4, info: [0, 0, 0, 0], about: request)
      try router.send(octets.span, to: SocketAddress(.loopback))
      _ = try ICMPv6SocketTests.wait(socket)
      #expect(try socket.takePendingError() == .connectionRefused)
      #expect(try socket.takePendingError() == nil)
      try router.send(octets.span, to: SocketAddress(.loopback))
      _ = try ICMPv6SocketTests.wait(socket)
      // The oracle: without sending again this would throw ECONNREFUSED.
      try socket.send(request.span, to: SocketAddress(.loopback))
      try router.send(octets.span, to: SocketAddress(.loopback))
      _ = try ICMPv6SocketTests.wait(socket)
      var batch = ReceiveBatch(capacity: 4, messageSize: 128)
      #expect(try socket.receive(into: &batch) == 1)
      #expect(batch.pendingError == .connectionRefused)
    }
  }

  @Test func `a message beyond the link's MTU is refused here, with the MTU`() throws {
    try NetworkNamespace.run {
      try NetworkNamespace.command("ip", "link", "set", "lo", "mtu", "1400")
      let socket = try ICMPv6SocketTests.open(.raw)
      try socket.setPathMTUDiscovery(.do)
      var request = ICMPv6SocketTests.echoRequest(identifier: 1, sequence: 1)
      request += [UInt8](repeating: 0, count: 1400)
      let failure = #expect(throws: SystemError.self) {
        try socket.send(request.span, to: SocketAddress(.loopback))
      }
      #expect(failure?.errno == .messageTooLong)
      let items = try Self.collect(socket)
      // Once for each try: the same errno may be a Packet Too Big that waits, so a refusal is asked for again.
      #expect(!items.isEmpty)
      #expect(items.allSatisfy { $0.0 == .local(errno: .messageTooLong, info: 1400) })
    }
  }
}
