import Testing
import Timing
import Wire

@testable import ProbeEngine

@Suite struct LinkPacketTests {
  private let source = IPv6Address(bits: 0xfe80 << 112 | 0xa)
  private let target = SolicitedLink.target(0)

  @Test func `a neighbor solicitation is these octets`() {
    let packet = LinkPacket.neighborSolicitation(
      target: target, source: source, link: SolicitedLink.link, nonce: [1, 2, 3, 4, 5, 6])
    var expected: [UInt8] = [
      0x60, 0, 0, 0,  // version, traffic class, flow label
      0, 40, 58, 255,  // payload length, ICMPv6, hop limit
    ]
    expected += SolicitedLink.octets(source) + SolicitedLink.octets(target.solicitedNodeMulticast)
    // The checksum is scapy's (2.5.0), as are all octets.
    expected += [135, 0, 0x32, 0x3c, 0, 0, 0, 0] + SolicitedLink.octets(target)
    expected += [1, 1, 2, 0, 0, 0, 0, 0x0a]  // source link-layer address
    expected += [14, 1, 1, 2, 3, 4, 5, 6]  // nonce
    #expect(packet.octets == expected)
  }

  @Test func `a router solicitation from nowhere has no link-layer address`() throws {
    let routers = IPv6Address(bits: 0xff02 << 112 | 2)
    let plain = LinkPacket.routerSolicitation(source: source, destination: routers, link: SolicitedLink.link)
    #expect(plain.octets.count == 56 && plain.octets[40] == 133)
    let unspecified = LinkPacket.routerSolicitation(
      source: .unspecified, destination: routers, link: SolicitedLink.link)
    #expect(unspecified.octets.count == 48)
    for packet in [plain, unspecified] {
      let arrival = FrameArrival(interface: 1, stamp: .zero, readAt: .zero)
      let heard = HeardMessage(decoding: packet.octets.span, arrival)
      let message = try #require(heard)
      #expect(message.broken.isEmpty && message.envelope.isChecksumValid == true)
    }
  }

  @Test func `an address of any length fits its option`() {
    for count in 1...LinkLayerAddress.longest {
      let address = (0..<count).map { UInt8($0 + 1) }
      let option = LinkPacket.option(.sourceLinkLayerAddress, address)
      #expect(option.count % 8 == 0 && option.count == Int(option[1]) * 8 && option.count < count + 10)
      #expect(Array(option[2..<(2 + count)]) == address && option[(2 + count)...].allSatisfy { $0 == 0 })
    }
    #expect(LinkPacket.option(.nonce, []).isEmpty)
  }

  @Test func `a packet goes into a buffer that has room, and only there`() {
    let packet = LinkPacket.neighborSolicitation(target: target, source: source, link: nil)
    var small = [UInt8](repeating: 1, count: packet.octets.count - 1)
    var span = small.mutableSpan
    let refused = packet.write(into: &span)
    #expect(refused == nil)
    #expect(small.allSatisfy { $0 == 1 })
    var large = [UInt8](repeating: 1, count: packet.octets.count + 1)
    var room = large.mutableSpan
    let written = packet.write(into: &room)
    #expect(written == packet.octets.count)
    #expect(Array(large.dropLast()) == packet.octets && large.last == 1)
  }

  @Test func `messages without a checksum field stay as they are`() {
    var packet = LinkPacket(source: source, destination: target, message: [1, 2, 3])
    packet.spoilChecksum()
    #expect(Array(packet.octets.dropFirst(40)) == [1, 2, 3])
  }
}
