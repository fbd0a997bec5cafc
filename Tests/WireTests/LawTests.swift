import Testing

@testable import Wire

/// Octets never trap: whatever comes in is a value or a typed error.
@Suite struct LawTests {
  @Test(arguments: GoldenPacket.all)
  func `every prefix of a golden packet gives a value or a typed error`(packet: GoldenPacket) throws {
    for count in 0...packet.octets.count { try Exercise.all(Array(packet.octets[..<count])) }
  }

  @Test(arguments: GoldenPacket.all)
  func `every suffix of a golden packet gives a value or a typed error`(packet: GoldenPacket) throws {
    // A suffix is what an upper layer, an option or an object looks like when it is taken for another.
    for start in 0..<min(200, packet.octets.count) { try Exercise.all(Array(packet.octets[start...])) }
  }

  @Test(arguments: GoldenPacket.all)
  func `every bit flip of a golden packet gives a value or a typed error`(packet: GoldenPacket) throws {
    var octets = packet.octets
    for index in octets.indices {
      // Far inside the data of a long echo, one bit is like the other.
      if index > 320, index % 16 != 0 { continue }
      for bit in 0..<8 {
        octets[index] ^= 1 << bit
        try Exercise.all(octets)
        octets[index] ^= 1 << bit
      }
    }
  }

  @Test func `random octets give a value or a typed error`() throws {
    var random = SplitMix(seed: 4443)
    for _ in 0..<20_000 {
      var octets = random.octets(Int(random.next() % 160))
      // Half of them get past the version.
      if let first = octets.first, random.next() & 1 == 0 { octets[0] = first & 0xf | 0x60 }
      try Exercise.all(octets)
    }
  }

  @Test func `random octets behind a header give a value or a typed error`() throws {
    var random = SplitMix(seed: 8200)
    let protocols: [UInt8] = [0, 6, 17, 41, 43, 44, 51, 58, 59, 60, 135]
    for _ in 0..<20_000 {
      var octets = random.octets(40 + Int(random.next() % 120))
      octets[0] = 0x60
      octets[6] = protocols[Int(random.next() % UInt64(protocols.count))]
      if octets.count > 48 { octets[40] = protocols[Int(random.next() % UInt64(protocols.count))] }
      try Exercise.all(octets)
    }
  }

  @Test func `two hundred chained headers end at the limit`() throws {
    for (kind, count) in [(NextHeader.destinationOptions, 200), (.routing, 200), (.fragment, 200)] {
      var octets = [UInt8](repeating: 0, count: 40 + 8 * count)
      octets[0] = 0x60
      octets[6] = kind.rawValue
      for header in 0..<count { octets[40 + 8 * header] = kind.rawValue }
      let packet = try IPv6Packet(decoding: octets.span)
      #expect(packet.chain.headerCount == ExtensionHeaderWalk.limit)
      #expect(packet.chain.end == .broken(.invalid(.tooMany, value: 16, offset: 40 + 16 * 8)))
    }
  }

  @Test func `packets in packets end at the limit`() throws {
    var octets: [UInt8] = []
    for level in 0..<40 {
      var header = [UInt8](repeating: 0, count: 40)
      header[0] = 0x60
      header[6] = NextHeader.ipv6.rawValue
      header[7] = UInt8(level)
      octets += header
    }
    let innermost = try IPv6Packet.innermost(decoding: octets.span)
    #expect(innermost.header.hopLimit == HopLimit(rawValue: UInt8(IPv6Packet.tunnelLimit)))
  }
}
