import Testing

@testable import Wire

@Suite struct RoutingHeaderTests {
  private let destination = IPv6Address("2001:db8::ff") ?? .loopback

  /// next header, length, type, segments left, then the data of the type.
  private func header(_ type: UInt8, _ segmentsLeft: UInt8, _ data: [UInt8]) -> [UInt8] {
    [17, UInt8((data.count - 4) / 8), type, segmentsLeft] + data
  }

  @Test func `the last element of an RPL route takes its elided octets from the destination`() throws {
    // CmprI 15, CmprE 14, pad 5; one address of 1 octet, the last of 2, 5 of padding.
    let octets = header(3, 2, [0xfe, 0x50, 0, 0] + [0x0a] + [0x0b, 0x0c] + [0, 0, 0, 0, 0])
    let routing = try RoutingHeader(decoding: octets.span)
    #expect(routing.kind == .rpl)
    #expect(routing.lastElement(in: octets.span, destination: destination)?.description == "2001:db8::b0c")
  }

  @Test func `an RPL route that is shorter than its last address has none`() throws {
    let octets = header(3, 1, [0x00, 0xf0, 0, 0] + [UInt8](repeating: 1, count: 16))
    let routing = try RoutingHeader(decoding: octets.span)
    #expect(routing.lastElement(in: octets.span, destination: destination) == nil)
  }

  @Test func `the last entry of a segment list must fit, and segments left with it`() throws {
    let segments = [UInt8](repeating: 1, count: 32)
    for (lastEntry, left, fault) in [
      (UInt8(1), UInt8(1), Int?.none), (1, 2, nil), (1, 3, 3), (2, 0, 4), (255, 255, 4),
    ] {
      let octets = header(4, left, [lastEntry, 0, 0, 0] + segments)
      let routing = try RoutingHeader(decoding: octets.span)
      #expect(routing.segmentRoutingFault(in: octets.span) == fault, "\(lastEntry) \(left)")
      #expect(routing.addressCount(in: octets.span) <= 2)
    }
  }

  @Test func `a route without addresses or of an unknown type has no last element`() throws {
    for type in [UInt8(0), 2, 4, 5, 253] {
      let octets = header(type, 1, [0, 0, 0, 0])
      let routing = try RoutingHeader(decoding: octets.span)
      #expect(routing.lastElement(in: octets.span, destination: destination) == nil, "type \(type)")
    }
  }

  @Test func `a checksum behind an unknown route is unverifiable, not wrong`() throws {
    var packet = try #require(GoldenPacket.all.first { $0.name == "routing type 0" }).octets
    packet[42] = 253
    #expect(try IPv6Packet(decoding: packet.span).checksumStatus(in: packet.span) == .unverifiable)
  }

  @Test func `a header longer than the octets is a typed error`() {
    #expect(throws: WireError.truncated(needed: 40, available: 8, offset: 0)) {
      _ = try RoutingHeader(decoding: [17, 4, 0, 0, 0, 0, 0, 0].span)
    }
  }
}
