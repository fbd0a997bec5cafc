import Testing

@testable import Wire

@Suite struct UpperLayerTests {
  @Test(arguments: [UInt8(0), 1, 3, 255])
  func `a TCP option with a bad length ends the walk, and the rest is told`(length: UInt8) throws {
    let octets: [UInt8] = [1, 2, 4, 5, 180, 254, length, 0]
    var walk = TCPOptionWalk(options: 0..<octets.count)
    #expect(try walk.next(in: octets.span) == .noOperation)
    #expect(try walk.next(in: octets.span) == .maximumSegmentSize(1460))
    if length == 3 {
      #expect(try walk.next(in: octets.span) == .other(kind: 254, data: 7..<8))
    } else {
      #expect(throws: WireError.invalid(.length, value: Int(length), offset: 6)) {
        _ = try walk.next(in: octets.span)
      }
      #expect(walk.range == 5..<8)
    }
  }

  @Test func `known TCP options of a wrong length are kept as they are`() throws {
    for octets: [UInt8] in [[2, 3, 1], [3, 2], [4, 3, 0], [5, 9, 0, 0, 0, 0, 0, 0, 0], [8, 4, 0, 0]] {
      var walk = TCPOptionWalk(options: 0..<octets.count)
      #expect(try walk.next(in: octets.span) == .other(kind: octets[0], data: 2..<octets.count))
    }
  }

  @Test func `a TCP data offset below five or beyond the segment is a typed error`() {
    var octets = [UInt8](repeating: 0, count: 20)
    octets[12] = 0x40
    #expect(throws: WireError.invalid(.length, value: 16, offset: 12)) {
      _ = try TCPHeader(decoding: octets.span)
    }
    octets[12] = 0x60
    #expect(throws: WireError.truncated(needed: 24, available: 20, offset: 0)) {
      _ = try TCPHeader(decoding: octets.span)
    }
  }

  @Test func `a UDP length below eight is a typed error, zero means the rest`() throws {
    var octets = [UInt8](repeating: 0, count: 12)
    for length in UInt8(1)...7 {
      octets[5] = length
      #expect(throws: WireError.invalid(.length, value: Int(length), offset: 4)) {
        _ = try UDPHeader(decoding: octets.span)
      }
    }
    octets[5] = 0
    #expect(try UDPHeader(decoding: octets.span).data == 8..<12)
    octets[5] = 9
    #expect(try UDPHeader(decoding: octets.span).data == 8..<9)
    octets[5] = 200
    #expect(try UDPHeader(decoding: octets.span).data == 8..<12)
  }

  @Test func `a UDP checksum of zero is neither right nor wrong`() throws {
    var octets = try #require(GoldenPacket.all.first { $0.name == "udp" }).octets
    octets[46] = 0
    octets[47] = 0
    #expect(try IPv6Packet(decoding: octets.span).checksumStatus(in: octets.span) == .zero)
  }

  /// Worked out by hand, as the kernel leaves it with CHECKSUM_PARTIAL.
  @Test(arguments: [UInt8(6), 17])
  func `a sum of the pseudo-header alone is unfinished, and any other is wrong`(nextHeader: UInt8) throws {
    let count = nextHeader == 6 ? 20 : 12
    var octets = [UInt8](repeating: 0, count: 40 + count)
    octets[0] = 0x60
    octets[5] = UInt8(count)
    octets[6] = nextHeader
    octets[7] = 64
    octets.replaceSubrange(8..<10, with: [0xfd, 0])
    octets[23] = 1
    octets.replaceSubrange(24..<26, with: [0xfd, 0])
    octets[39] = 2
    if nextHeader == 6 { octets[52] = 0x50 } else { octets[45] = 12 }
    // 2 x 0xfd00 + 1 + 2 + length + protocol, its carry added back.
    let sum = 0xfa01 + 3 + count + Int(nextHeader)
    let field = nextHeader == 6 ? 56 : 46
    octets[field] = UInt8(sum >> 8)
    octets[field + 1] = UInt8(sum & 0xff)
    #expect(try IPv6Packet(decoding: octets.span).checksumStatus(in: octets.span) == .unfinished)
    octets[field + 1] ^= 1
    #expect(try IPv6Packet(decoding: octets.span).checksumStatus(in: octets.span) == .invalid)
  }

  @Test func `a UDP checksum that computes to zero is sent as all ones`() throws {
    let packet = try #require(
      try EncodedPacket.all().first { $0.name == "udp whose checksum computes to zero" })
    #expect(packet.octets.span.uint16(at: 46) == 0xffff)
  }

  @Test func `no encoder writes past its buffer, or says less than it needs`() throws {
    let data = (0..<5).map { UInt8($0) }
    let encoders: [(inout MutableSpan<UInt8>) throws -> Int] = [
      { try ICMPv6Echo(.request, identifier: 1, sequence: 2).encode(into: &$0, at: 1, data: data.span) },
      { try ICMPv6Error(.timeExceeded(.hopLimit)).encode(into: &$0, at: 1, invoking: data.span) },
      { try UDPHeader(source: 1, destination: 2).encode(into: &$0, at: 1, data: data.span, addresses: nil) },
      {
        try TCPHeader(source: 1, destination: 2, sequence: 3, flags: .syn, window: 4)
          .encode(into: &$0, at: 1, options: data.span, data: data.span, addresses: nil)
      },
      {
        try NodeInformation(.reply(.success), queryType: .noOperation, flags: [], nonce: 1).encode(
          into: &$0, at: 1, data: data.span)
      },
      {
        try InterfaceInformation(role: .nextHop, index: 1, mtu: 2).encode(into: &$0, at: 1, name: data.span)
      },
      { try IPv6OptionsHeader.encode(nextHeader: .udp, options: data.span, into: &$0, at: 1) },
      {
        try RoutingHeader.encode(
          .segmentRouting, nextHeader: .udp, segmentsLeft: 0, segments: [UInt8](repeating: 0, count: 16).span,
          into: &$0, at: 1)
      },
      { try DNSName.encode(Array("ab.cd".utf8).span, into: &$0, at: 1) },
      {
        try ICMPv6ExtendedEchoRequest(identifier: 1, sequence: 2, isLocal: true).encode(
          into: &$0, at: 1, interface: .name(0..<5), from: data.span)
      },
    ]
    for (index, encode) in encoders.enumerated() {
      var large = [UInt8](repeating: 0xee, count: 256)
      var span = large.mutableSpan
      let count = try encode(&span)
      #expect(span[0] == 0xee && span[count + 1] == 0xee, "encoder \(index)")
      for room in 0...count {
        var small = [UInt8](repeating: 0, count: room)
        var span = small.mutableSpan
        do {
          _ = try encode(&span)
          Issue.record("encoder \(index) wrote \(count) octets from 1 on into \(room)")
        } catch WireError.noSpace {
        }
      }
    }
  }
}
