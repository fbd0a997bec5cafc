import Testing

@testable import Wire

@Suite struct ExtensionHeaderTests {
  private func chain(_ nextHeader: NextHeader, _ octets: [UInt8]) -> IPv6Chain {
    IPv6Chain(decoding: octets.span, nextHeader: nextHeader, nextHeaderOffset: 6, at: 0)
  }

  @Test func `hop-by-hop options anywhere but first end the chain where the parameter problem points`() {
    let octets: [UInt8] = [0, 0, 1, 4, 0, 0, 0, 0] + [58, 0, 1, 4, 0, 0, 0, 0]
    #expect(
      chain(.destinationOptions, octets).end == .broken(.invalid(.hopByHopPlace, value: 0, offset: 0)))
    #expect(chain(.hopByHop, [58, 0, 1, 4, 0, 0, 0, 0]).end == .upperLayer)
  }

  @Test func `an authentication header counts in units of four`() {
    // Length 4: (4 + 2) * 4 = 24 octets.
    let octets: [UInt8] = [17, 4] + [UInt8](repeating: 0, count: 22) + [0, 1, 0, 2, 0, 8, 0, 0]
    #expect(chain(.authentication, octets).payload == 24..<32)
  }

  @Test func `what a chain ends with is told`() {
    #expect(chain(.encapsulatingSecurityPayload, [1, 2, 3]).end == .encrypted)
    #expect(chain(.noNextHeader, [1, 2, 3]).end == .noNextHeader)
    #expect(chain(.fragment, [17, 0, 0, 8, 0, 0, 0, 1]).end == .laterFragment)
    #expect(chain(.fragment, [17, 0, 0, 1, 0, 0, 0, 1]).end == .upperLayer)
    #expect(
      chain(.routing, [17, 1, 0, 0, 0, 0, 0, 0]).end
        == .broken(.truncated(needed: 16, available: 8, offset: 0)))
  }

  @Test func `options are padded to a multiple of eight with whole pads`() throws {
    for count in 0..<32 {
      var octets = [UInt8](repeating: 0xee, count: 64)
      var span = octets.mutableSpan
      // Pad1 is the one option of a single octet.
      let options = [UInt8](repeating: 0, count: count)
      let written = try IPv6OptionsHeader.encode(nextHeader: .udp, options: options.span, into: &span)
      #expect(written % 8 == 0)
      #expect(Int(span[1]) == written / 8 - 1)
      var walk = IPv6OptionWalk(header: 0..<written)
      var seen = 0
      while let option = try walk.next(in: span.span) {
        #expect(option.value(in: span.span) == .padding)
        seen += 1
      }
      #expect(seen >= count)
      #expect(span[written] == 0xee)
    }
  }

  @Test func `an option with a length beyond its header ends the walk`() throws {
    let octets: [UInt8] = [17, 0, 1, 0, 5, 3, 0, 0]
    var walk = IPv6OptionWalk(header: 0..<8)
    #expect(try walk.next(in: octets.span)?.type == .padN)
    #expect(throws: WireError.invalid(.length, value: 3, offset: 5)) { _ = try walk.next(in: octets.span) }
    #expect(walk.range == 4..<8)
  }

  @Test func `a node that does not know an option does what its two high bits say`() {
    #expect(IPv6OptionType(rawValue: 0x05).unknownAction == .skip)
    #expect(IPv6OptionType(rawValue: 0x45).unknownAction == .discard)
    #expect(IPv6OptionType(rawValue: 0x85).unknownAction == .discardAndReport)
    #expect(IPv6OptionType.jumboPayload.unknownAction == .discardAndReportUnlessMulticast)
    #expect(IPv6OptionType.minimumPathMTU.mayChange)
  }

  @Test func `a packet that was cut says how much is missing`() throws {
    let packet = try #require(GoldenPacket.all.first { $0.name == "echo request 56" }).octets
    let cut = Array(packet[..<60])
    let decoded = try IPv6Packet(decoding: cut.span)
    #expect(decoded.missingCount == packet.count - 60)
    #expect(decoded.checksumStatus(in: cut.span) == .unverifiable)
    let longer = packet + [0, 0, 0, 0, 0, 0]
    #expect(try IPv6Packet(decoding: longer.span).range == 0..<packet.count)
    #expect(try IPv6Packet(decoding: longer.span).checksumStatus(in: longer.span) == .valid)
  }

  @Test func `another version is a typed error`() {
    var octets = [UInt8](repeating: 0, count: 40)
    octets[0] = 0x45
    #expect(throws: WireError.invalid(.ipVersion, value: 4, offset: 0)) {
      _ = try IPv6Header(decoding: octets.span)
    }
  }
}
