import KernelLab
import Testing
import Timing
import Wire

@testable import LinuxNet

/// Whole packets over the loopback.
@Suite(.enabled(if: NetworkNamespace.isAvailable, "needs a network namespace (root, or unshare -Urn)"))
struct PacketSocketTests {
  /// A UDP datagram of one octet from and to ::1 in an IPv6 packet.
  static func packet(to port: UInt16, flowLabel: UInt32, pad: Int = 0) throws -> [UInt8] {
    let length = UInt16(9 + pad)
    var octets = [UInt8](repeating: 0, count: 49 + pad)
    var span = octets.mutableSpan
    let header = IPv6Header(
      trafficClass: 0x14, flowLabel: try #require(FlowLabel(rawValue: flowLabel)), payloadLength: length,
      nextHeader: .udp, hopLimit: 9, source: .loopback, destination: .loopback)
    _ = try header.encode(into: &span)
    octets[40...47] = [
      0xc0, 0x00, UInt8(port >> 8), UInt8(port & 255), UInt8(length >> 8), UInt8(length & 255), 0, 0,
    ]
    // ::1 and ::1, length twice (pseudo header and header), next header 17, ports, one octet of 0x61 in the upper
    // half of its word; the padding is zero.
    var sum = 2 + 2 * UInt32(length) + 17 + 0xc000 + UInt32(port) + 0x6100
    while sum > 0xffff { sum = sum & 0xffff + sum >> 16 }
    octets[46] = UInt8(truncatingIfNeeded: ~sum >> 8)
    octets[47] = UInt8(truncatingIfNeeded: ~sum)
    octets[48] = 0x61
    return octets
  }

  @Test func `a packet arrives as it was written, and gives its stamp under our number`() throws {
    try NetworkNamespace.run {
      let receiver = try UDPSocketTests.open()
      try receiver.setReceiveTrafficClass()
      let socket = try PacketSocket()
      try socket.setTimestamps(receive: false)
      let numbers = socket.takesStampIdentifier()
      let octets = try Self.packet(to: try receiver.localAddress().port, flowLabel: 0xabcde)
      try socket.send(
        octets.span, Envelope(to: SocketAddress(.loopback), stampIdentifier: numbers ? 77 : nil))
      var poller = Poller()
      _ = poller.add(receiver.descriptor)
      _ = try poller.wait(until: SystemClock.monotonicNow() + .seconds(1))
      var batch = ReceiveBatch(capacity: 2, messageSize: 64)
      // The oracle: the kernel's own UDP checked the checksum, read the header.
      #expect(try receiver.receive(into: &batch) == 1)
      batch.withMessage(0) { octets, metadata in
        #expect(octets.count == 1 && octets[0] == 0x61)
        #expect(metadata.source == SocketAddress(.loopback, port: 0xc000))
        #expect(metadata.hopLimit == 9)
        #expect(metadata.trafficClass == 0x14)
        #expect(metadata.flowLabel == 0xabcde)
      }
      var ids: [UInt32] = []
      try socket.drainErrorQueue(by: &batch) { item, _ in
        if case .transmitted(let id, _) = item { ids.append(id) }
      }
      #expect(ids == [numbers ? 77 : 0])
    }
  }

  @Test func `a packet beyond the link's MTU is refused with the MTU`() throws {
    try NetworkNamespace.run {
      try NetworkNamespace.command("ip", "link", "set", "lo", "mtu", "1400")
      let socket = try PacketSocket()
      try socket.setReceiveErrors()
      try socket.setPathMTUDiscovery(.probe)
      let octets = try Self.packet(to: 9, flowLabel: 0, pad: 1_352)
      let failure = #expect(throws: SystemError.self) {
        try socket.send(octets.span, Envelope(to: SocketAddress(.loopback)))
      }
      #expect(failure?.errno == .messageTooLong)
      var batch = ReceiveBatch(capacity: 8, messageSize: 64)
      var items: [ErrorQueueItem] = []
      try socket.drainErrorQueue(by: &batch) { item, _ in items.append(item) }
      #expect(!items.isEmpty)
      #expect(items.allSatisfy { $0 == .local(errno: .messageTooLong, info: 1_400) })
    }
  }
}
