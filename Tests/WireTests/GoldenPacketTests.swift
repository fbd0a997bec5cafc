import Testing

@testable import Wire

@Suite struct GoldenPacketTests {
  @Test func `there are golden packets`() {
    #expect(GoldenPacket.all.count >= 60)
  }

  @Test(arguments: GoldenPacket.all)
  func `a packet of scapy decodes to the fields it was built with`(packet: GoldenPacket) throws {
    let decoded = try PacketFields(packet.octets).values
    for (key, expected) in packet.fields {
      // Where one value is given, it is that of the outermost header.
      let values = decoded[key] ?? []
      #expect(expected.count == 1 ? values.prefix(1) == expected[...] : values == expected, "\(key)")
    }
  }

  @Test(arguments: GoldenPacket.all)
  func `the checksum of a packet of scapy is right, and wrong after any flip of its upper layer`(
    packet: GoldenPacket
  ) throws {
    let decoded = try IPv6Packet(decoding: packet.octets.span)
    let status = decoded.checksumStatus(in: packet.octets.span)
    guard decoded.chain.end == .upperLayer, decoded.chain.nextHeader != .ipv6 else {
      #expect(status == .unverifiable)
      return
    }
    #expect(status == .valid)
    // UDP's length says how far its checksum goes, so a flip there may not be seen as one.
    let isUDP = decoded.chain.nextHeader == .udp
    for index in decoded.chain.payload {
      if isUDP, (4..<8).contains(index - decoded.chain.payload.lowerBound) { continue }
      var octets = packet.octets
      octets[index] ^= 0x10
      let flipped = try IPv6Packet(decoding: octets.span)
      #expect(flipped.checksumStatus(in: octets.span) != .valid, "octet \(index)")
    }
  }

  /// Oracle run only: `Tests/Golden/check_wire_with_tshark.py` names a folder and compares what is put there.
  @Test func `what we decode and encode is written out for tshark`() throws {
    let decoded = try GoldenPacket.all.map { "\($0.name)|\(try PacketFields($0.octets).line)\n" }.joined()
    let packets = try EncodedPacket.all()
    let encoded = try packets.map { "\($0.name)|\(try PacketFields($0.octets).line)\n" }.joined()
    #expect(packets.count >= 40)
    guard let folder = TestFiles.environment("PROBE6_GOLDEN_OUT") else { return }
    try TestFiles.write(Array(decoded.utf8), to: folder + "/golden.fields")
    try TestFiles.write(Array(encoded.utf8), to: folder + "/encoded.fields")
    try TestFiles.write(EncodedPacket.pcap(packets), to: folder + "/encoded.pcap")
  }
}
