import Testing
import Timing
import Wire

@testable import ProbeEngine

/// What the target itself sends, and what only looks like it.
@Suite struct TraceMessagesAnswerTests {
  private func shop(
    _ method: TraceConfiguration.Method, _ change: (inout TraceConfiguration) -> Void = { _ in }
  )
    -> TraceWorkshop
  {
    var shop = TraceWorkshop {
      $0.method = method
      change(&$0)
    }
    for number: UInt64 in 0..<9 { shop.write(number) }
    return shop
  }

  private func segment(
    _ flags: TCPHeader.Flags, sequence: UInt32 = 99, acknowledgment: UInt32,
    ports: (UInt16, UInt16) = (33_434, 50_000)
  ) throws -> [UInt8] {
    let none: [UInt8] = []
    var octets = [UInt8](repeating: 0, count: 20)
    var span = octets.mutableSpan
    let header = TCPHeader(
      source: Port(rawValue: ports.0), destination: Port(rawValue: ports.1), sequence: sequence,
      acknowledgment: acknowledgment, flags: flags, window: 0)
    try header.encode(into: &span, options: none.span, data: none.span, addresses: nil)
    return upperLayerPacket(octets, .tcp, checksumAt: 16)
  }

  private static func word(_ octets: [UInt8], at offset: Int) -> UInt32 {
    octets[offset..<offset + 4].reduce(0) { $0 << 8 | UInt32($1) }
  }

  private func sequence(_ shop: TraceWorkshop, _ number: UInt64) -> UInt32 {
    Self.word(shop.octets[number] ?? [], at: 44)
  }

  @Test func `an echo reply belongs to its probe, by capture and by socket`() {
    let shop = shop(.icmp)
    for number: UInt64 in 0..<9 {
      let message = [129] + (shop.octets[number] ?? []).dropFirst(41)
      #expect(shop.verdict(icmpPacket(message, from: TraceWorkshop.destination)) == "\(number)")
      // From another address it is believed all the same: its key says so.
      #expect(shop.verdict(icmpPacket(message)) == "\(number)")
      guard case .reading(let reading) = shop.messages.read(message: message.span) else {
        Issue.record("not read")
        continue
      }
      #expect(reading.answer == .echoReply)
      #expect(
        shop.messages.rewrites(
          reading.quoted, number: number, probe: shop.probes[number]!, target: shop.configuration.targets[0]
        ).isEmpty)
    }
  }

  @Test func `an echo reply without the right cookie is refused`() {
    let shop = shop(.icmp)
    let good = [129] + (shop.octets[4] ?? []).dropFirst(41)
    for place in 8..<20 {
      var bad = Array(good)
      bad[place] ^= 0x10
      #expect(shop.verdict(icmpPacket(bad, from: TraceWorkshop.destination)) == "nonce")
    }
    // Nor is one whose payload was left away, or is nothing but zeros.
    let empty = good.prefix(8) + [UInt8](repeating: 0, count: 32)
    #expect(shop.verdict(icmpPacket(Array(empty), from: TraceWorkshop.destination)) == "nonce")
    #expect(shop.verdict(icmpPacket(Array(good.prefix(8)), from: TraceWorkshop.destination)) == "quote")
    var other = Array(good)
    other[4] ^= 1
    other[12] ^= 1
    #expect(shop.verdict(icmpPacket(other, from: TraceWorkshop.destination)) == "foreign")
  }

  @Test func `what other tools' payloads carry is believed from the target alone`() {
    let shop = shop(.icmp) {
      $0.payload = .traceroute
      $0.correlation = .portPerProbe
    }
    let message = [129] + (shop.octets[4] ?? []).dropFirst(41)
    #expect(shop.verdict(icmpPacket(Array(message), from: TraceWorkshop.destination)) == "4 weak")
    #expect(shop.verdict(icmpPacket(Array(message))) == "quote")
  }

  @Test func `a segment belongs to the probe it acknowledges`() throws {
    let shop = shop(.tcp)
    for number: UInt64 in 0..<9 {
      let acknowledgment = sequence(shop, number) &+ 1
      for flags: TCPHeader.Flags in [[.syn, .ack], [.rst, .ack], [.syn, .ack, .ece]] {
        let packet = try segment(flags, acknowledgment: acknowledgment)
        #expect(shop.verdict(packet) == "\(number)")
        #expect(shop.reading(packet)?.answer == .tcp(flags))
      }
    }
    let right = sequence(shop, 4) &+ 1
    #expect(shop.verdict(try segment([.rst, .ack], acknowledgment: right ^ 0x8000_0000)) == "nonce")
    #expect(shop.verdict(try segment([.rst, .ack], acknowledgment: right &+ 1)) == "nonce")
    // An acknowledgment alone, a reset without one, other ports.
    #expect(shop.verdict(try segment(.ack, acknowledgment: right)) == "foreign")
    #expect(shop.verdict(try segment(.rst, sequence: right, acknowledgment: 0)) == "foreign")
    #expect(shop.verdict(try segment([.syn, .ack], acknowledgment: right, ports: (80, 50_000))) == "foreign")
    #expect(
      shop.verdict(try segment([.syn, .ack], acknowledgment: right, ports: (33_434, 50_001))) == "foreign")
  }

  @Test func `a reset acknowledges data too`() throws {
    var shop = TraceWorkshop {
      $0.method = .tcp
      $0.mode = .mtu
      $0.packetLength = 1_500
    }
    for number: UInt64 in 0..<9 { shop.write(number) }
    let first = sequence(shop, 6) &+ 1
    #expect(shop.verdict(try segment([.rst, .ack], acknowledgment: first &+ 1_436)) == "6")
    #expect(shop.verdict(try segment([.syn, .ack], acknowledgment: first)) == "6")
    #expect(shop.verdict(try segment([.rst, .ack], acknowledgment: first &+ 1_435)) == "nonce")
  }

  @Test func `an acknowledgment is reset by its own number`() throws {
    for payload: TraceConfiguration.Payload in [.pattern([]), .ndisc6] {
      let shop = shop(.tcp) {
        $0.tcpFlags = .ack
        $0.payload = payload
      }
      let acknowledged = Self.word(shop.octets[5] ?? [], at: 48)
      let verdict = shop.verdict(try segment(.rst, sequence: acknowledged, acknowledgment: 0))
      #expect(verdict == (payload == .ndisc6 ? "5 weak" : "5"))
    }
  }

  @Test func `a datagram of the target belongs to the probe of its ports`() {
    let shop = shop(.udp) { $0.correlation = .portPerProbe }
    func datagram(_ port: UInt16, from source: IPv6Address = TraceWorkshop.destination) -> [UInt8] {
      let ports = [UInt8(port >> 8), UInt8(port & 255), 0xc3, 0x50]
      return upperLayerPacket(ports + [0, 11, 0, 0, 1, 2, 3], .udp, checksumAt: 6, from: source)
    }
    let payload: [UInt8] = [1]
    #expect(shop.verdict(datagram(33_438)) == "4 weak")
    #expect(shop.reading(datagram(33_438))?.answer == .datagram)
    #expect(shop.verdict(datagram(33_438, from: TraceWorkshop.router)) == "quote")
    guard
      case .reading(let reading) = shop.messages.read(
        datagram: payload.span, sourcePort: 33_440, destinationPort: 50_000),
      case .probe(6, isWeak: true) =
        shop.messages.match(reading, in: shop)
    else {
      Issue.record("not read")
      return
    }
    guard
      case .foreign = shop.messages.read(datagram: payload.span, sourcePort: 33_440, destinationPort: 50_001)
    else {
      Issue.record("another port of ours")
      return
    }
  }

  @Test func `a datagram that repeats the start of the probe belongs to it`() {
    let shop = shop(.udp)
    func answer(_ payload: [UInt8]) -> String {
      let ports: [UInt8] = [0x82, 0x9a, 0xc3, 0x50]
      return shop.verdict(
        upperLayerPacket(ports + [0, UInt8(8 + payload.count), 0, 0] + payload, .udp, checksumAt: 6))
    }
    let payload = Array((shop.octets[5] ?? []).dropFirst(48))
    #expect(answer(payload) == "5")
    #expect(answer(Array(payload.prefix(2))) == "5 weak")
    // A name server takes it for a query (RFC 1035 §4.1.1: QR is 0).
    #expect(payload[2] & 0x80 == 0)
    // Of nine probes any could be the one.
    #expect(answer([payload[0] ^ 0x80, 0]) == "quote")
    #expect(answer([]) == "quote")
  }

  @Test func `our own probes are no answers`() {
    for method: TraceConfiguration.Method in [.udp, .icmp, .tcp] {
      for mode: TraceConfiguration.Mode in [.hops, .paths(confidence: 0.95)] {
        let shop = shop(method) {
          $0.mode = mode
          $0.flow.sourcePort = 33_500
        }
        for number: UInt64 in 0..<9 {
          let verdict = shop.verdict(shop.octets[number] ?? [])
          #expect(verdict == "foreign" || verdict == "quote")
          if mode == .hops { #expect(verdict == "foreign") }
        }
      }
    }
  }

  @Test func `another process's traffic is no word worth`() {
    var stranger = TraceWorkshop(key: 1) { $0.flow = TraceFlow(sourcePort: 44_444, destinationPort: 53) }
    let octets = stranger.write(3)
    for method: TraceConfiguration.Method in [.udp, .icmp, .tcp] {
      let shop = shop(method)
      #expect(shop.verdict(octets) == "foreign")
      #expect(shop.verdict(errorPacket(quoting: octets)) == "foreign")
      #expect(shop.verdict(errorPacket(quoting: errorPacket(quoting: octets))) == "foreign")
      #expect(shop.verdict(icmpPacket([135, 0, 0, 0, 0, 0, 0, 0])) == "foreign")
      #expect(shop.verdict([]) == "foreign")
      #expect(shop.verdict([0x60]) == "foreign")
    }
  }

  @Test func `a quote that ends before the ports of a packet to our target is a word worth`() {
    let shop = shop(.udp)
    let quote = (shop.octets[3] ?? []).prefix(42)
    #expect(shop.verdict(errorPacket(quoting: Array(quote))) == "quote 3")
    var other = Array(quote)
    other[39] = 0x77
    #expect(shop.verdict(errorPacket(quoting: other)) == "foreign")
  }
}
