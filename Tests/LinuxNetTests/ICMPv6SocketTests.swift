import Testing
import Timing
import Wire

@testable import LinuxNet

/// Echoes to ::1, answered by the kernel.
@Suite(.enabled(if: NetworkNamespace.isAvailable, "needs a network namespace (root, or unshare -Urn)"))
struct ICMPv6SocketTests {
  /// An echo request: type, code, checksum (the kernel's), identifier, sequence, eight octets of payload.
  static func echoRequest(identifier: UInt16, sequence: UInt16) -> [UInt8] {
    [
      128, 0, 0, 0, UInt8(identifier >> 8), UInt8(identifier & 255), UInt8(sequence >> 8),
      UInt8(sequence & 255),
      1, 2, 3, 4, 5, 6, 7, 8,
    ]
  }

  static func open(_ kind: ICMPv6Socket.Kind) throws -> ICMPv6Socket {
    try NetworkNamespace.allowPingSockets()
    let socket = try ICMPv6Socket(kind)
    try socket.setReceiveHopLimit()
    try socket.setReceiveTrafficClass()
    try socket.setReceivePacketInfo()
    try socket.setReceiveFlowInfo()
    try socket.setReceiveErrors()
    try socket.setTimestamps()
    if kind == .raw { try socket.setFilter(passing: [1, 2, 3, 4, 129]) }
    return socket
  }

  /// Waits until the socket has something to read, or to tell; a second is for ever here.
  static func wait(_ socket: borrowing ICMPv6Socket) throws -> Readiness {
    var poller = Poller()
    let slot = poller.add(socket.descriptor)
    _ = try poller.wait(until: SystemClock.monotonicNow() + .seconds(1))
    return poller.readiness(of: slot)
  }

  @Test(arguments: [ICMPv6Socket.Kind.datagram, .raw])
  func `an echo to the loopback comes back with everything the kernel knows`(kind: ICMPv6Socket.Kind) throws {
    try NetworkNamespace.run {
      let socket = try Self.open(kind)
      try socket.setUnicastHops(77)
      try socket.setTrafficClass(0xb8)
      let identifier = kind == .datagram ? try socket.echoIdentifier() : 0x1234
      #expect(identifier != 0)
      let before = SystemClock.realtimeNow()
      let request = Self.echoRequest(identifier: identifier, sequence: 7)
      try socket.send(request.span, to: SocketAddress(.loopback))
      let readiness = try Self.wait(socket)
      #expect(readiness.contains(.readable))
      var batch = ReceiveBatch(capacity: 4, messageSize: 256)
      #expect(try socket.receive(into: &batch) == 1)
      batch.withMessage(0) { octets, metadata in
        let text = octets.indices.map { octets[$0] }
        #expect(text[0] == 129)
        #expect(text[4...] == request[4...])
        #expect(metadata.source == SocketAddress(.loopback))
        #expect(metadata.destination == .loopback)
        #expect(metadata.interface == 1)
        #expect(metadata.hopLimit == 64)
        // The kernel's echo reply mirrors no traffic class (net.ipv6.icmp.echo... stays 0).
        #expect(metadata.trafficClass != nil)
        #expect(!metadata.isTruncated)
        let stamp = metadata.stamp ?? 0
        #expect(stamp >= before && stamp <= SystemClock.realtimeNow())
      }
      var stamps: [ErrorQueueItem] = []
      try socket.drainErrorQueue(by: &batch) { item, octets in
        stamps.append(item)
        #expect(octets.count == 0)
      }
      #expect(stamps.count == 1)
      guard case .transmitted(let id, let stamp)? = stamps.first else {
        Issue.record("no transmit stamp: \(stamps)")
        return
      }
      #expect(id == 0)
      #expect(stamp >= before && stamp <= SystemClock.realtimeNow())
    }
  }
}
