import KernelLab
import Testing
import Timing
import Wire

@testable import LinuxNet

/// Packets to a link-layer address of our choice.
@Suite(.enabled(if: NetworkNamespace.isAvailable, "needs a network namespace (root, or unshare -Urn)"))
struct LinkSocketTests {
  @Test(arguments: [true, false])
  func `a packet leaves as it was written, and gives its stamp under our number`(isNumbered: Bool) throws {
    try NetworkNamespace.run {
      let receiver = try UDPSocketTests.open()
      let socket = try LinkSocket()
      try socket.setTimestamps(receive: false)
      // Whether this kernel takes numbers another socket can tell.
      let other = try PacketSocket()
      try other.setTimestamps(receive: false)
      let number: UInt32? = isNumbered && other.takesStampIdentifier() ? 77 : nil
      let octets = try PacketSocketTests.packet(to: try receiver.localAddress().port, flowLabel: 0xabcde)
      let before = SystemClock.realtimeNow()
      try socket.send(
        octets.span, to: [UInt8](repeating: 0, count: 6), interface: 1, stampIdentifier: number)
      var poller = Poller()
      _ = poller.add(receiver.descriptor)
      _ = try poller.wait(until: SystemClock.monotonicNow() + .seconds(10))
      var batch = ReceiveBatch(capacity: 2, messageSize: 64)
      // The oracle: the kernel's own UDP checked the checksum, read the header.
      #expect(try receiver.receive(into: &batch) == 1)
      batch.withMessage(0) { octets, metadata in
        #expect(octets.count == 1 && octets[0] == 0x61)
        #expect(metadata.source == SocketAddress(.loopback, port: 0xc000))
        #expect(metadata.hopLimit == 9)
      }
      var ids: [UInt32] = []
      var stamps: [Int64] = []
      try socket.drainErrorQueue(by: &batch) { item, _ in
        if case .transmitted(let id, let stamp) = item {
          ids.append(id)
          stamps.append(stamp)
        }
      }
      #expect(ids == [number ?? 0])
      #expect(stamps.allSatisfy { $0 >= before && $0 <= SystemClock.realtimeNow() })
      // What the loopback brought in is nothing to it.
      #expect(try socket.receive(into: &batch) == 0)
    }
  }

  @Test func `the frame goes where it is told to, whatever the neighbor table says`() throws {
    try NetworkNamespace.run {
      let router = try NeighborRouter.start()
      let index = try #require(Interfaces.index(of: "v0"))
      let peer = try IPv6Address(parsing: NeighborRouter.router)
      let own = try IPv6Address(parsing: NeighborRouter.host)
      try NetworkNamespace.command("ping", "-6", "-c", "1", "-w", "10", NeighborRouter.router)
      let entry = try #require(try NeighborTable.entries(interface: index).first { $0.address == peer })
      let wrong: [UInt8] = [2, 0, 0, 0, 0, 0x66]
      try NetworkNamespace.command(
        "ip", "-6", "neigh", "replace", NeighborRouter.router, "lladdr", linkText(wrong), "dev", "v0", "nud",
        "permanent")
      let hearer = try ICMPv6Socket(.raw)
      try hearer.setFilter(passing: [129])
      let socket = try LinkSocket()
      // The first to a station that is not there: only the second is answered.
      for (sequence, link) in [(UInt8(1), wrong), (2, entry.linkLayerAddress)] {
        let octets = try Self.echo(from: own, to: peer, sequence: sequence)
        try socket.send(octets.span, to: link, interface: index)
      }
      var poller = Poller()
      _ = poller.add(hearer.descriptor)
      #expect(try poller.wait(until: SystemClock.monotonicNow() + .seconds(10)) == 1)
      var batch = ReceiveBatch(capacity: 4, messageSize: 64)
      #expect(try hearer.receive(into: &batch) == 1)
      batch.withMessage(0) { octets, _ in #expect(octets[7] == 2) }
      _ = router
    }
  }

  @Test func `what cannot leave is a typed error`() throws {
    try NetworkNamespace.run {
      try NetworkNamespace.command(
        "ip", "link", "add", "left", "type", "veth", "peer", "name", "right")
      let left = try #require(Interfaces.index(of: "left"))
      let socket = try LinkSocket()
      let octets = [UInt8](repeating: 0x60, count: 60)
      let long = [UInt8](repeating: 0x60, count: 1_501)
      func errno(_ octets: [UInt8], _ link: [UInt8], _ interface: UInt32) -> Errno? {
        do throws(SystemError) {
          try socket.send(octets.span, to: link, interface: interface)
          return nil
        } catch { return error.errno }
      }
      let link = [UInt8](repeating: 2, count: 6)
      #expect(errno(octets, link, left) == .networkDown)
      #expect(errno(octets, link, 999) == .noSuchDevice)
      try NetworkNamespace.command("ip", "link", "set", "left", "up")
      try NetworkNamespace.command("ip", "link", "set", "right", "up")
      #expect(errno(octets, [UInt8](repeating: 2, count: 33), left) == .invalidArgument)
      #expect(errno(long, link, left) == .messageTooLong)
      #expect(errno(octets, link, left) == nil)
    }
  }

  /// An echo request of eight octets in an IPv6 packet.
  static func echo(from source: IPv6Address, to destination: IPv6Address, sequence: UInt8) throws -> [UInt8] {
    var message: [UInt8] = [128, 0, 0, 0, 0x12, 0x34, 0, sequence]
    let sum = PseudoHeader(source: source, destination: destination, upperLayerCount: 8, nextHeader: .icmpv6)
      .checksum(of: message.span)
    message[2] = UInt8(sum >> 8)
    message[3] = UInt8(sum & 255)
    var octets = [UInt8](repeating: 0, count: 40)
    var span = octets.mutableSpan
    _ = try IPv6Header(
      payloadLength: 8, nextHeader: .icmpv6, hopLimit: HopLimit(rawValue: 64), source: source,
      destination: destination
    ).encode(into: &span)
    return octets + message
  }
}
