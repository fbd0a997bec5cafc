import Testing

@testable import Wire

/// What is encoded decodes to the same values, and encodes to the same octets again.
@Suite struct RoundTripTests {
  private func buffer(_ count: Int, _ body: (inout MutableSpan<UInt8>) throws -> Int) rethrows -> [UInt8] {
    var octets = [UInt8](repeating: 0xee, count: count)
    var span = octets.mutableSpan
    let written = try body(&span)
    return Array(octets[..<written])
  }

  @Test func `an IPv6 header comes back`() throws {
    var random = SplitMix(seed: 1)
    for _ in 0..<1000 {
      let header = IPv6Header(
        trafficClass: TrafficClass(rawValue: UInt8(truncatingIfNeeded: random.next())),
        flowLabel: FlowLabel(truncating: UInt32(truncatingIfNeeded: random.next())),
        payloadLength: UInt16(truncatingIfNeeded: random.next()),
        nextHeader: NextHeader(rawValue: UInt8(truncatingIfNeeded: random.next())),
        hopLimit: HopLimit(rawValue: UInt8(truncatingIfNeeded: random.next())),
        source: IPv6Address(bits: UInt128(random.next()) << 64 | UInt128(random.next())),
        destination: IPv6Address(bits: UInt128(random.next()) << 64 | UInt128(random.next())))
      let offset = Int(random.next() % 8)
      let octets = try buffer(64) { try header.encode(into: &$0, at: offset) + offset }
      #expect(try IPv6Header(decoding: octets.span, at: offset) == header)
    }
  }

  @Test func `a fragment header comes back`() throws {
    var random = SplitMix(seed: 2)
    for _ in 0..<1000 {
      let header = FragmentHeader(
        nextHeader: .udp, offset: Int(random.next() % 8192) * 8, isMore: random.next() & 1 == 1,
        identification: UInt32(truncatingIfNeeded: random.next()))
      let octets = try buffer(8) { try header.encode(into: &$0) }
      #expect(try FragmentHeader(decoding: octets.span) == header)
    }
    #expect(throws: WireError.invalid(.fieldWidth, value: 4, offset: 2)) {
      try buffer(8) {
        try FragmentHeader(nextHeader: .udp, offset: 4, isMore: true, identification: 1).encode(into: &$0)
      }
    }
  }

  @Test func `every number of a code or type comes back`() {
    for value in UInt8.min...UInt8.max {
      #expect(ICMPv6Type(rawValue: value).rawValue == value)
      #expect(DestinationUnreachableCode(rawValue: value).rawValue == value)
      #expect(TimeExceededCode(rawValue: value).rawValue == value)
      #expect(ParameterProblemCode(rawValue: value).rawValue == value)
      #expect(RoutingHeader.Kind(rawValue: value).rawValue == value)
      #expect(ICMPv6ExtendedEchoReply.Code(rawValue: value).rawValue == value)
      #expect(NodeInformation.QueryType(rawValue: UInt16(value)).rawValue == UInt16(value))
    }
  }

  @Test func `error messages of every type and code come back`() throws {
    var random = SplitMix(seed: 3)
    for type in UInt8(0)...127 {
      for code in [UInt8(0), 4, 10, 255] {
        let word = UInt32(truncatingIfNeeded: random.next())
        let kind: ICMPv6Error.Kind =
          switch type {
          case 1: .destinationUnreachable(.init(rawValue: code))
          case 2: .packetTooBig(code: code, mtu: word)
          case 3: .timeExceeded(.init(rawValue: code))
          case 4: .parameterProblem(.init(rawValue: code), pointer: word)
          default: .unknown(type: type, code: code, word: word)
          }
        let quote = random.octets(Int(random.next() % 120))
        let octets = try buffer(256) { try ICMPv6Error(kind).encode(into: &$0, invoking: quote.span) }
        let decoded = try ICMPv6Error(decoding: octets.span)
        #expect(decoded.kind == kind)
        #expect(decoded.type == type)
        #expect(decoded.code == code)
        #expect(decoded.extensions == nil)
        #expect(Array(octets[decoded.invokingPacket]) == quote)
      }
    }
  }

  @Test func `interface information comes back`() throws {
    var random = SplitMix(seed: 4)
    for round in 0..<500 {
      let name = round % 3 == 0 ? nil : (0..<(round % 64)).map { _ in UInt8(97 + random.next() % 26) }
      let address: InterfaceInformation.Address? =
        switch random.next() % 3 {
        case 0: nil
        case 1: .ipv4(UInt32(truncatingIfNeeded: random.next()))
        default: .ipv6(IPv6Address(bits: UInt128(random.next())))
        }
      let information = InterfaceInformation(
        role: .init(rawValue: UInt8(random.next() % 4)) ?? .incoming,
        index: random.next() & 1 == 0 ? nil : UInt32(truncatingIfNeeded: random.next()), address: address,
        mtu: random.next() & 1 == 0 ? nil : 9000)
      let octets = try buffer(256) { span in
        if let name { return try information.encode(into: &span, name: name.span) }
        return try information.encode(into: &span)
      }
      #expect(octets.count == Int(octets.span.uint16(at: 0)))
      var decoded = try InterfaceInformation(decoding: octets.span, type: octets[3], data: 4..<octets.count)
      #expect(decoded.name.map { Array(octets[$0]) } == name)
      decoded.name = nil
      #expect(decoded == information)
    }
  }

  @Test func `interface identification comes back`() throws {
    let source = Array("a name of an interface".utf8)
    for question: InterfaceIdentification in [
      .name(2..<6), .index(.max), .address(.ipv4(0x0102_0304)), .address(.ipv6(.loopback)),
      .otherAddress(family: 6, 0..<6),
    ] {
      let octets = try buffer(64) { try question.encode(into: &$0, from: source.span) }
      #expect(octets.count % 4 == 0)
      let decoded = try InterfaceIdentification(
        decoding: octets.span, type: octets[3], data: 4..<octets.count)
      switch (question, decoded) {
      case (.name(let asked), .name(let answered)): #expect(source[asked] == octets[answered])
      case (.otherAddress(let asked, let range), .otherAddress(let answered, let place)):
        #expect(asked == answered)
        #expect(source[range] == octets[place])
      default: #expect(question == decoded)
      }
    }
  }

  @Test func `TCP options come back`() throws {
    let source = (0..<40).map { UInt8($0) }
    let options: [TCPOption] = [
      .noOperation, .maximumSegmentSize(1220), .windowScale(14), .selectiveAcknowledgmentPermitted,
      .timestamps(value: 1, echoReply: .max), .selectiveAcknowledgment(blocks: 0..<16),
      .other(kind: 254, data: 3..<5),
    ]
    let octets = try buffer(64) { span in
      var length = 0
      for option in options { length += try option.encode(into: &span, at: length, from: source.span) }
      return length
    }
    var walk = TCPOptionWalk(options: 0..<octets.count)
    for option in options {
      let decoded = try #require(try walk.next(in: octets.span))
      switch (option, decoded) {
      case (.selectiveAcknowledgment(let asked), .selectiveAcknowledgment(let blocks)):
        #expect(source[asked] == octets[blocks])
      case (.other(let kind, let data), .other(let decodedKind, let range)):
        #expect(kind == decodedKind)
        #expect(source[data] == octets[range])
      default: #expect(option == decoded)
      }
    }
    #expect(try walk.next(in: octets.span) == nil)
  }

  @Test func `node information and extended echo come back`() throws {
    let information = NodeInformation(
      .query(.ipv6Address), queryType: .nodeAddresses, flags: [.all, .global], nonce: 0x0102_0304_0506_0708)
    let octets = try buffer(64) { try information.encode(into: &$0, data: [1, 2, 3].span) }
    var decoded = try NodeInformation(decoding: octets.span)
    #expect(Array(octets[decoded.data]) == [1, 2, 3])
    decoded.data = information.data
    #expect(decoded == information)

    for state in UInt8(0)...7 {
      let reply = ICMPv6ExtendedEchoReply(
        code: .multipleInterfaces, identifier: 0xfffe, sequence: 255,
        state: .init(rawValue: state) ?? .reserved,
        isActive: state & 1 == 1, hasIPv4: state & 2 == 2, hasIPv6: state & 4 == 4)
      let octets = try buffer(8) { try reply.encode(into: &$0) }
      #expect(try ICMPv6ExtendedEchoReply(decoding: octets.span) == reply)
    }
  }

  @Test func `an Ethernet header comes back, with a tag and without`() throws {
    for tag in [nil, UInt16(0x2fff)] {
      let header = EthernetHeader(
        destination: EthernetAddress(multicast: IPv6Address(bits: 0xff02 << 112 | 0x1_ff12_3456)),
        source: EthernetAddress(truncating: 0x0200_0000_0001), tag: tag, etherType: .ipv6)
      let octets = try buffer(32) { try header.encode(into: &$0) }
      #expect(octets.count == header.count)
      #expect(Array(octets[..<6]) == [0x33, 0x33, 0xff, 0x12, 0x34, 0x56])
      #expect(try EthernetHeader(decoding: octets.span) == header)
      #expect(header.destination.description == "33:33:ff:12:34:56")
    }
  }
}
