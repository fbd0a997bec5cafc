import Testing

@testable import Wire

@Suite struct ICMPv6ErrorTests {
  private let quoted = GoldenPacket.all.first { $0.name == "time exceeded 0" }?.octets ?? []

  /// The message of a golden packet without extension headers.
  private func message(_ name: String) throws -> [UInt8] {
    let packet = try #require(GoldenPacket.all.first { $0.name == name })
    return Array(packet.octets[40...])
  }

  @Test func `a quote that is cut anywhere yields what is there`() throws {
    let octets = try message("time exceeded 0")
    for count in 8...octets.count {
      let cut = Array(octets[..<count])
      let error = try ICMPv6Error(decoding: cut.span)
      let invoking = InvokingPacket(decoding: cut.span, in: error.invokingPacket)
      let quote = count - 8
      #expect((invoking.header != nil) == (quote >= 40), "\(quote) octets")
      let expected: InvokingPacket.UpperLayer =
        switch quote - 40 {
        case ..<2: .none
        case 2..<6: .icmpv6(type: 128, code: 0)
        case 6..<8: .echo(.request, identifier: 0x1234, sequence: nil)
        default: .echo(.request, identifier: 0x1234, sequence: 0x5678)
        }
      #expect(invoking.upperLayer == expected, "\(quote) octets")
    }
  }

  @Test func `a quote of TCP behind destination options is cut anywhere too`() throws {
    let octets = try message("parameter problem 2")
    for count in 8...octets.count {
      let cut = Array(octets[..<count])
      let error = try ICMPv6Error(decoding: cut.span)
      #expect(error.kind == .parameterProblem(.unrecognizedOption, pointer: 42))
      let invoking = InvokingPacket(decoding: cut.span, in: error.invokingPacket)
      let upper = count - 8 - 40 - 8
      if count >= 48, upper < 0 {
        #expect(invoking.chain?.end != .upperLayer)
        #expect(invoking.upperLayerRange == nil)
      }
      let expected: InvokingPacket.UpperLayer =
        switch upper {
        case ..<4: .none
        case 4..<8: .tcp(source: 2, destination: 3, sequence: nil)
        default: .tcp(source: 2, destination: 3, sequence: 9)
        }
      #expect(invoking.upperLayer == expected, "\(upper) octets")
    }
  }

  @Test func `the zeros that pad a quote do not belong to the packet`() throws {
    let octets = try message("mpls")
    let error = try ICMPv6Error(decoding: octets.span)
    #expect(error.extensionPlace == .lengthField)
    #expect(error.invokingPacket == 8..<136)
    let invoking = InvokingPacket(decoding: octets.span, in: error.invokingPacket)
    // 40 of IPv6, 8 of UDP, 32 of data.
    #expect(invoking.range == 8..<88)
    #expect(
      invoking.upperLayer
        == .udp(source: 0xc000, destination: 33435, length: 40, checksum: octets.span.uint16(at: 54)))
  }

  @Test func `a legacy structure is believed only with a checksum that holds`() throws {
    var octets = try message("legacy mpls")
    #expect(try ICMPv6Error(decoding: octets.span).extensionPlace == .legacy)
    octets[8 + 128 + 8] ^= 1
    #expect(try ICMPv6Error(decoding: octets.span).extensions == nil)
    octets[8 + 128 + 8] ^= 1
    // A zero checksum says there is none.
    octets[8 + 128 + 2] = 0
    octets[8 + 128 + 3] = 0
    #expect(try ICMPv6Error(decoding: octets.span).extensions == nil)
    #expect(try ICMPv6Error(decoding: octets.span).invokingPacket == 8..<octets.count)
  }

  @Test func `a length field that does not fit leaves the whole rest as the quote`() throws {
    var octets = try message("mpls")
    for length: UInt8 in [1, 15, 200, 255] {
      octets[4] = length
      let error = try ICMPv6Error(decoding: octets.span)
      #expect(error.extensions == nil, "length \(length)")
      #expect(error.invokingPacket == 8..<octets.count, "length \(length)")
    }
  }

  @Test func `an extension structure of another version is not read`() throws {
    var octets = try message("mpls")
    octets[8 + 128] = 0x10
    let error = try ICMPv6Error(decoding: octets.span)
    #expect(error.extensions == nil)
    #expect(error.invokingPacket == 8..<136)
  }

  @Test(arguments: [UInt16(0), 3, 13, 0xffff])
  func `an object with a bad length ends the walk and leaves the rest`(length: UInt16) throws {
    var octets = try message("mpls")
    octets[140] = UInt8(length >> 8)
    octets[141] = UInt8(length & 0xff)
    let structure = try ICMPExtensionStructure(decoding: octets.span, in: 136..<octets.count)
    #expect(!structure.isChecksumValid)
    var walk = structure.objects
    #expect(throws: WireError.invalid(.length, value: Int(length), offset: 140)) {
      _ = try walk.next(in: octets.span)
    }
    #expect(walk.range == 140..<octets.count)
  }

  @Test func `only messages that can carry extensions are given them`() {
    var octets = [UInt8](repeating: 0, count: 512)
    var span = octets.mutableSpan
    #expect(throws: WireError.invalid(.layout, value: 2, offset: 0)) {
      try ICMPv6Error(.packetTooBig(code: 0, mtu: 1280))
        .encode(into: &span, invoking: [1].span, extensions: [0x20, 0, 0, 0].span)
    }
  }

  @Test func `a message that is no error is another type`() {
    #expect(throws: WireError.invalid(.messageType, value: 128, offset: 0)) {
      _ = try ICMPv6Error(decoding: [128, 0, 0, 0, 0, 0, 0, 0].span)
    }
  }
}
