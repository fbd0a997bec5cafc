import Testing
import Timing
import Wire

@testable import ProbeEngine

/// What probes are on the wire.
@Suite struct TraceMessagesWriteTests {
  static let flows: [TraceConfiguration.Method] = [.udp, .icmp, .tcp]

  @Test(arguments: flows)
  func `a probe is a packet whose checksum holds`(_ method: TraceConfiguration.Method) throws {
    var shop = TraceWorkshop { $0.method = method }
    for number: UInt64 in 0..<500 {
      let octets = shop.write(number)
      let packet = try IPv6Packet(decoding: octets.span)
      #expect(packet.range == 0..<octets.count)
      #expect(packet.checksumStatus(in: octets.span) == .valid)
      #expect(packet.header.hopLimit.rawValue == UInt8(number / 3 % 30 + 1))
      #expect(octets.count == shop[probe: number]?.packetLength)
    }
  }

  @Test(arguments: flows)
  func `all probes of a keyed trace are one flow`(_ method: TraceConfiguration.Method) throws {
    var shop = TraceWorkshop {
      $0.method = method
      $0.trafficClass = 0xb9
    }
    var seen: Set<[UInt8]> = []
    for number: UInt64 in 0..<300 {
      let octets = shop.write(number)
      // Version to flow label; then next header; addresses; and the first four octets of the upper layer, which
      // routers take for ports (of an echo: type, code, checksum).
      seen.insert(Array(octets[0..<4] + octets[6..<7] + octets[8..<44]))
    }
    #expect(seen.count == 1)
    #expect(seen.first?.prefix(4) == [0x6b, 0x91, 0x23, 0x45])
  }

  @Test func `an echo's checksum depends on its length alone`() throws {
    for length in 48..<110 {
      var checksums: Set<[UInt8]> = []
      var shop = TraceWorkshop {
        $0.method = .icmp
        $0.packetLength = length
      }
      for number: UInt64 in [0, 1, 2, 255, 256, 65_534, 65_535, 65_536, 1 << 33, .max / 2] {
        checksums.insert(Array(shop.write(number)[42..<44]))
      }
      // Less than two octets of payload leave no room to keep it: sequences 1, 2, 3, 256, 257, and 0 with 65535.
      #expect(checksums.count == (length < 50 ? 6 : 1), "\(length) octets")
    }
  }

  @Test func `a ping socket's echo sums up the same for every number`() throws {
    var shop = TraceWorkshop {
      $0.method = .icmp
      $0.framing = .message
      $0.flow.sourcePort = 0
    }
    var sums: Set<UInt16> = []
    for number: UInt64 in 0..<1_000 {
      let octets = shop.write(number)
      #expect(octets.count == 40 && octets.prefix(4) == [128, 0, 0, 0])
      var sum = InternetChecksum()
      sum.add(octets.span)
      sums.insert(sum.value)
    }
    #expect(sums.count == 1)
  }

  @Test func `UDP probes differ in length from their 63 neighbours, unless the length is fixed`() {
    var shop = TraceWorkshop()
    for number: UInt64 in 0..<130 {
      #expect(shop.write(number).count == 80 + Int(number % 64))
    }
    for change: @Sendable (inout TraceConfiguration) -> Void in [
      { $0.isLengthFixed = true }, { $0.mode = .mtu }, { $0.correlation = .portPerProbe },
      { $0.payload = .traceroute },
    ] {
      var shop = TraceWorkshop(change)
      #expect(Set((0..<130 as Range<UInt64>).map { shop.write($0).count }) == [80])
    }
  }

  @Test func `a UDP checksum that computes to zero is sent as ones`() throws {
    // The octets of the pattern are chosen so that the sum comes to all ones for some probe: two octets go
    // through all values.
    var shop = TraceWorkshop {
      $0.isLengthFixed = true
      $0.packetLength = 50
      $0.payload = .pattern([0, 0])
    }
    let first = shop.write(0)
    let wanted = UInt16(first[46]) << 8 | UInt16(first[47])
    var second = TraceWorkshop {
      $0.isLengthFixed = true
      $0.packetLength = 50
      $0.payload = .pattern([UInt8(wanted >> 8), UInt8(wanted & 0xff)])
    }
    #expect(Array(second.write(0)[46..<48]) == [0xff, 0xff])
  }

  @Test func `ports go on from the first and never are zero`() {
    var shop = TraceWorkshop {
      $0.correlation = .portPerProbe
      $0.flow.destinationPort = 65_534
    }
    for number: UInt64 in 0..<4 { shop.write(number) }
    let ports = (0..<4 as Range<UInt64>).map { shop[probe: $0]?.flow.destinationPort }
    #expect(ports == [65_534, 65_535, 1, 1])
    var hops = TraceWorkshop { $0.correlation = .portPerHop }
    for number: UInt64 in 0..<6 { hops.write(number) }
    #expect(
      (0..<6 as Range<UInt64>).map { hops[probe: $0]?.flow.destinationPort } == [
        33_435, 33_435, 33_435, 33_436, 33_436, 33_436,
      ])
    var segments = TraceWorkshop {
      $0.method = .tcp
      $0.correlation = .portPerProbe
    }
    segments.write(5)
    #expect(
      segments[probe: 5]?.flow == TraceFlow(sourcePort: 50_005, destinationPort: 33_434, flowLabel: 0x12345))
  }

  @Test func `gateways stand in a segment routing header, the last first`() throws {
    let gateways = [UInt128(1), 2, 3].map { IPv6Address(bits: 0x2001_0db8_0009 << 80 | $0) }
    for method in TraceMessagesWriteTests.flows {
      var shop = TraceWorkshop {
        $0.method = method
        $0.gateways = gateways
        $0.packetLength = 200
      }
      let octets = shop.write(7)
      let packet = try IPv6Packet(decoding: octets.span)
      let place = try #require(packet.chain.routing)
      let routing = try RoutingHeader(decoding: octets.span, at: place.lowerBound)
      #expect(packet.header.destination == gateways[0])
      #expect(routing.kind == .segmentRouting && routing.segmentsLeft == 3)
      #expect(routing.segmentRoutingFault(in: octets.span) == nil)
      #expect(
        (0..<4).map { routing.address($0, in: octets.span) } == [TraceWorkshop.destination]
          + gateways.reversed())
      #expect(packet.checksumStatus(in: octets.span) == .valid)
      #expect(octets.count == (method == .tcp ? 40 + 72 + 24 : method == .udp ? 207 : 200))
    }
  }

  @Test func `a SYN carries no data unless a length is asked for`() throws {
    var plain = TraceWorkshop { $0.method = .tcp }
    #expect(plain.write(0).count == 64)
    var long = TraceWorkshop {
      $0.method = .tcp
      $0.mode = .mtu
      $0.packetLength = 1_400
    }
    #expect(long.write(0).count == 1_400)
  }

  @Test func `what the kernel makes is left to it`() {
    for method: TraceConfiguration.Method in [.connect, .tcp] {
      var shop = TraceWorkshop {
        $0.method = method
        $0.framing = .message
      }
      #expect(shop.write(3).isEmpty)
    }
    var datagram = TraceWorkshop { $0.framing = .message }
    #expect(datagram.write(3).count == 80 + 3 - 48)
  }

  @Test func `a length that leaves no room is the least there is`() {
    for (method, least): (TraceConfiguration.Method, Int) in [(.udp, 48), (.icmp, 48), (.tcp, 64)] {
      var shop = TraceWorkshop {
        $0.method = method
        $0.packetLength = 0
        $0.isLengthFixed = true
      }
      #expect(shop.write(1).count == least)
    }
  }
}

/// What other tools put on the wire, as tcpdump recorded it.
@Suite struct OtherToolsOctetsTests {
  @Test func `traceroute's datagram`() {
    var shop = TraceWorkshop {
      $0.payload = .traceroute
      $0.correlation = .portPerProbe
      $0.packetLength = 80
    }
    #expect(
      Array(shop.write(1)[42...].dropFirst(6))
        == octets(
          """
          4041 4243 4445 4647 4849 4a4b 4c4d 4e4f
          5051 5253 5455 5657 5859 5a5b 5c5d 5e5f
          """))
    var long = TraceWorkshop {
      $0.payload = .traceroute
      $0.packetLength = 48 + 66
      $0.correlation = .portPerProbe
    }
    #expect(long.write(0).suffix(3) == [0x7f, 0x40, 0x41])
    #expect(Array(long.write(2)[42..<44]) == [0x82, 0x9c])
  }

  @Test func `traceroute -I's echo request`() {
    var shop = TraceWorkshop {
      $0.method = .icmp
      $0.payload = .traceroute
      $0.correlation = .portPerProbe
      $0.flow = TraceFlow(sourcePort: 0x6a88, destinationPort: 0, flowLabel: 0x6d6bd)
    }
    for number: UInt64 in 0..<3 { shop.write(number) }
    #expect(
      shop.write(3)
        == octets(
          """
          6006 d6bd 0028 3a02 2001 0db8 0000 0000
          0000 0000 0000 0001 2001 0db8 0001 0000
          0000 0000 0000 0001 8000 4416 6a88 0004
          4849 4a4b 4c4d 4e4f 5051 5253 5455 5657
          5859 5a5b 5c5d 5e5f 6061 6263 6465 6667
          """))
  }

  @Test func `traceroute -T's segment`() throws {
    var shop = TraceWorkshop {
      $0.method = .tcp
      $0.payload = .traceroute
      $0.correlation = .portPerProbe
      $0.tcpOptions = octets("0204 05a0 0402 080a 8dc1 8ed5 0000 0000 0103 0302")
      $0.flow = TraceFlow(sourcePort: 0xa839, destinationPort: 80, flowLabel: 0x20229)
      $0.packetLength = 80
    }
    var ours = shop.write(0)
    // Sequence and checksum are theirs and ours.
    for place in Array(44..<48) + [56, 57] { ours[place] = 0 }
    #expect(
      ours
        == octets(
          """
          6002 0229 0028 0601 2001 0db8 0000 0000
          0000 0000 0000 0001 2001 0db8 0001 0000
          0000 0000 0000 0001 a839 0050 0000 0000
          0000 0000 a002 1680 0000 0000 0204 05a0
          0402 080a 8dc1 8ed5 0000 0000 0103 0302
          """))
  }

  @Test func `rltraceroute6's datagram`() {
    var shop = TraceWorkshop {
      $0.payload = .ndisc6
      $0.correlation = .portPerHop
      $0.packetLength = 60
      $0.flow = TraceFlow(sourcePort: 0x95ef, destinationPort: 33_434, flowLabel: 0x2aab2)
    }
    #expect(
      shop.write(3)
        == octets(
          """
          6002 aab2 0014 1102 2001 0db8 0000 0000
          0000 0000 0000 0001 2001 0db8 0001 0000
          0000 0000 0000 0001 95ef 829c 0014 8bc5
          0000 0000 0000 0000 0000 0000
          """))
  }

  @Test func `tracert6's echo request`() {
    var shop = TraceWorkshop {
      $0.method = .icmp
      $0.payload = .ndisc6
      $0.correlation = .portPerHop
      $0.packetLength = 60
      $0.flow = TraceFlow(sourcePort: 0x6a55, destinationPort: 0, flowLabel: 0x6d6bd)
    }
    #expect(
      shop.write(1)
        == octets(
          """
          6006 d6bd 0014 3a01 2001 0db8 0000 0000
          0000 0000 0000 0001 2001 0db8 0001 0000
          0000 0000 0000 0001 8000 b8e5 6a55 0101
          0000 0000 0000 0000 0000 0000
          """))
  }

  @Test(arguments: [TCPHeader.Flags.syn, .ack])
  func `tcptraceroute6's segments`(_ flags: TCPHeader.Flags) {
    var shop = TraceWorkshop {
      $0.method = .tcp
      $0.payload = .ndisc6
      $0.tcpFlags = flags
      $0.isTCPBare = true
      $0.packetLength = 60
      $0.flow = TraceFlow(sourcePort: 0x9599, destinationPort: 33_434, flowLabel: 0x20229)
    }
    // Their process id and checksum.
    var ours = shop.write(5)
    for place in (flags == .syn ? [46, 47] : [50, 51]) + [56, 57] { ours[place] = 0 }
    let sequence = flags == .syn ? "0202 0000 0000 0000 5002" : "0000 0000 0202 0000 5010"
    #expect(
      ours
        == octets(
          """
          6002 0229 0014 0602 2001 0db8 0000 0000
          0000 0000 0000 0001 2001 0db8 0001 0000
          0000 0000 0000 0001 9599 829a \(sequence) 1000 0000 0000
          """))
  }

  @Test func `tracepath's datagram`() {
    var shop = TraceWorkshop {
      $0.payload = .tracepath
      $0.correlation = .portPerProbe
      $0.packetLength = 1_500
      $0.flow = TraceFlow(sourcePort: 0xbe34, destinationPort: 44_444, flowLabel: 0xb3d30)
    }
    // 12107 s and 631210392 ns.
    var ours = shop.write(0, wall: 12_107_631_210_392)
    let sum = ours[46..<48]
    #expect(!sum.elementsEqual([0, 0]))
    ours[46] = 0
    ours[47] = 0
    #expect(
      ours == octets(
        """
        600b 3d30 05b4 1101 2001 0db8 0000 0000
        0000 0000 0000 0001 2001 0db8 0001 0000
        0000 0000 0000 0001 be34 ad9c 05b4 0000
        0100 0000 0000 0000 4b2f 0000 0000 0000
        9881 9f25 0000 0000
        """) + [UInt8](repeating: 0, count: 1_500 - 72))
    shop.write(63)
    shop.write(64)
    #expect(shop[probe: 63]?.flow.destinationPort == 44_507)
    #expect(shop[probe: 64]?.flow.destinationPort == 44_444)
  }
}
