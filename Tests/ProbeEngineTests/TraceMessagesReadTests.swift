import Testing
import Timing
import Wire

@testable import ProbeEngine

/// A way of probing: what is written must be read back.
struct TraceWay: CustomTestStringConvertible, Sendable {
  var method: TraceConfiguration.Method
  var correlation: TraceConfiguration.Correlation
  var payload: TraceConfiguration.Payload
  var length = 80
  var flags = TCPHeader.Flags.syn
  var mode = TraceConfiguration.Mode.hops
  var isDestinationPortFixed = false

  var testDescription: String { "\(method) \(correlation) \(payload) \(length) \(flags.rawValue) \(mode)" }

  func workshop(_ change: (inout TraceConfiguration) -> Void = { _ in }) -> TraceWorkshop {
    TraceWorkshop {
      $0.method = method
      $0.correlation = correlation
      $0.payload = payload
      $0.packetLength = length
      $0.tcpFlags = flags
      $0.mode = mode
      $0.isDestinationPortFixed = isDestinationPortFixed
      $0.isTCPBare = payload == .ndisc6
      change(&$0)
    }
  }

  /// Keyed, so that each probe is told from each other by what no one can guess.
  static let keyed: [TraceWay] = [
    TraceWay(method: .udp, correlation: .keyed, payload: .pattern([])),
    TraceWay(method: .udp, correlation: .keyed, payload: .pattern([0xff]), length: 1_400),
    TraceWay(method: .udp, correlation: .portPerProbe, payload: .pattern([])),
    TraceWay(method: .udp, correlation: .portPerHop, payload: .pattern([])),
    TraceWay(method: .udp, correlation: .keyed, payload: .pattern([]), mode: .paths(confidence: 0.95)),
    TraceWay(method: .udp, correlation: .keyed, payload: .pattern([]), mode: .mtu),
    TraceWay(method: .udp, correlation: .keyed, payload: .pattern([]), length: 48),
    TraceWay(method: .icmp, correlation: .keyed, payload: .pattern([])),
    TraceWay(method: .icmp, correlation: .portPerProbe, payload: .pattern([1, 2, 3])),
    TraceWay(method: .icmp, correlation: .keyed, payload: .pattern([]), length: 62),
    TraceWay(method: .tcp, correlation: .keyed, payload: .pattern([])),
    TraceWay(method: .tcp, correlation: .portPerProbe, payload: .pattern([])),
    TraceWay(method: .tcp, correlation: .keyed, payload: .pattern([]), flags: .ack),
    TraceWay(method: .tcp, correlation: .keyed, payload: .pattern([]), length: 1_300, mode: .mtu),
    TraceWay(method: .tcp, correlation: .portPerProbe, payload: .traceroute),
  ]

  /// Told apart by ports, sequence or length alone.
  static let weak: [TraceWay] = [
    TraceWay(method: .udp, correlation: .portPerProbe, payload: .traceroute),
    TraceWay(method: .udp, correlation: .portPerProbe, payload: .pattern([]), length: 52),
    TraceWay(method: .udp, correlation: .portPerProbe, payload: .traceroute, isDestinationPortFixed: true),
    TraceWay(method: .icmp, correlation: .portPerProbe, payload: .traceroute),
    TraceWay(method: .icmp, correlation: .portPerHop, payload: .ndisc6, length: 60),
    TraceWay(method: .icmp, correlation: .keyed, payload: .pattern([]), length: 50),
    TraceWay(method: .tcp, correlation: .keyed, payload: .ndisc6, length: 60),
    TraceWay(method: .tcp, correlation: .keyed, payload: .ndisc6, length: 60, flags: .ack),
  ]
}

@Suite struct TraceMessagesReadTests {
  static let both = TraceWay.keyed + TraceWay.weak

  @Test(arguments: TraceWay.keyed)
  func `an error that quotes a probe belongs to it`(_ way: TraceWay) {
    var shop = way.workshop()
    for number: UInt64 in 0..<200 { shop.write(number) }
    for number: UInt64 in 0..<200 {
      let octets = shop.octets[number] ?? []
      let packet = errorPacket(quoting: octets)
      #expect(shop.verdict(packet) == "\(number)")
      #expect(shop.rewrites(packet, of: number)?.isEmpty == true)
      #expect(shop.reading(packet)?.answer == .timeExceeded(code: 0))
      #expect(shop.reading(packet)?.quoted.payloadLength == octets.count - 40)
    }
  }

  @Test(arguments: TraceWay.weak)
  func `without a key, ports, sequence and length decide, and it is said so`(_ way: TraceWay) {
    var shop = way.workshop()
    for number: UInt64 in 0..<60 { shop.write(number) }
    for number: UInt64 in 0..<60 {
      let octets = shop.octets[number] ?? []
      #expect(shop.verdict(errorPacket(quoting: octets)) == "\(number) weak")
    }
  }

  @Test(arguments: TraceWay.keyed + TraceWay.weak)
  func `the error queue's octets belong to their probe`(_ way: TraceWay) {
    var shop = way.workshop()
    for number: UInt64 in 0..<60 { shop.write(number) }
    for number: UInt64 in 0..<60 {
      let port = shop[probe: number]?.flow.destinationPort
      // The port of the socket that an error came by is that of the probe.
      let ours = shop[probe: number]?.flow.sourcePort
      let found = shop.number(ofQueued: shop.queued(shop.octets[number] ?? []), port: port, ours: ours)
      #expect(found?.number == number)
    }
  }

  @Test func `the queries of a hop that look alike are answered in order`() {
    let way = TraceWay(method: .udp, correlation: .portPerHop, payload: .ndisc6, length: 60)
    var shop = way.workshop()
    for number: UInt64 in 0..<9 { shop.write(number) }
    for number: UInt64 in [3, 4, 5] {
      #expect(shop.verdict(errorPacket(quoting: shop.octets[5] ?? [])) == "\(number) weak")
      shop.answered.insert(number)
    }
    // One answer more: a duplicate of the last.
    #expect(shop.verdict(errorPacket(quoting: shop.octets[5] ?? [])) == "5 weak")
  }

  @Test func `a probe's own socket says whose the error is, unless a key says more`() {
    var shop = TraceWorkshop { $0.payload = .traceroute }
    for number: UInt64 in 0..<9 { shop.write(number) }
    let octets = shop.queued(shop.octets[4] ?? [])
    #expect(shop.number(ofQueued: octets, socket: 4)! == (4, false))
    #expect(shop.number(ofQueued: [], socket: 4)! == (4, false))
    #expect(shop.number(ofQueued: octets, socket: 400) == nil)
    var keyed = TraceWorkshop()
    for number: UInt64 in 0..<9 { keyed.write(number) }
    #expect(keyed.number(ofQueued: keyed.queued(keyed.octets[4] ?? []), socket: 5)! == (4, false))
    var connect = TraceWorkshop {
      $0.method = .connect
      $0.framing = .message
    }
    connect.write(2)
    #expect(connect.number(ofQueued: [1, 2, 3], socket: 2)! == (2, false))
    #expect(connect.number(ofQueued: [1, 2, 3]) == nil)
  }

  @Test(arguments: TraceWay.keyed + TraceWay.weak, [false, true])
  func `a quote cut anywhere is matched rightly or not at all`(_ way: TraceWay, _ isPadded: Bool) {
    var shop = way.workshop()
    for number: UInt64 in 0..<60 { shop.write(number) }
    let labels = extensionStructure(octets("0008 0101 0012 3140"))
    // With a port for each hop the hop is what ports can tell.
    func isRight(_ found: UInt64, _ number: UInt64) -> Bool {
      found == number || way.correlation == .portPerHop && found / 3 == number / 3
    }
    for number: UInt64 in [0, 1, 31, 58] {
      let octets = shop.octets[number] ?? []
      var isMatched = false
      for count in 0...octets.count {
        let quote = Array(octets.prefix(count))
        let packet = errorPacket(quoting: quote, extensions: isPadded ? labels : nil)
        if let found = shop.number(of: packet) {
          #expect(isRight(found.number, number), "\(count) octets")
          isMatched = true
        }
        if count >= 48 + shop.messages.routingCount {
          let queued = shop.queued(quote)
          let port = shop[probe: number]?.flow.destinationPort
          let ours = shop[probe: number]?.flow.sourcePort
          if let found = shop.number(ofQueued: queued, port: port, ours: ours) {
            #expect(isRight(found.number, number), "\(count) octets")
          }
        }
      }
      #expect(isMatched)
    }
  }

  @Test func `a quote of 48 octets is enough where lengths differ, and its match is weak`() {
    var shop = TraceWorkshop()
    for number: UInt64 in 0..<64 { shop.write(number) }
    for number: UInt64 in 0..<64 {
      let packet = errorPacket(quoting: Array((shop.octets[number] ?? []).prefix(48)))
      #expect(shop.verdict(packet) == "\(number) weak")
    }
    // Of 65 probes two have the same length.
    shop.write(64)
    #expect(shop.verdict(errorPacket(quoting: Array((shop.octets[0] ?? []).prefix(48)))) == "quote")
    shop.answered.insert(64)
    #expect(shop.verdict(errorPacket(quoting: Array((shop.octets[0] ?? []).prefix(48)))) == "0 weak")
  }

  @Test func `numbers that have come round are told apart by their keys`() {
    for method: TraceConfiguration.Method in [.udp, .icmp, .tcp] {
      var shop = TraceWorkshop { $0.method = method }
      let round: UInt64 = method == .tcp ? 65_536 : 1 << 32
      let numbers = (0..<5).map { 77 + $0 * round }
      for number in numbers { shop.write(number) }
      for number in numbers {
        #expect(shop.verdict(errorPacket(quoting: shop.octets[number] ?? [])) == "\(number)")
      }
    }
  }

  @Test func `the quote is found behind extension headers`() {
    for method: TraceConfiguration.Method in [.udp, .icmp, .tcp] {
      var shop = TraceWorkshop { $0.method = method }
      for number: UInt64 in 0..<9 { shop.write(number) }
      var quote = shop.octets[7] ?? []
      // A router put hop-by-hop options and an atomic fragment header in (next header, length, six of padding).
      let upper = quote[6]
      quote[6] = 0
      quote.insert(contentsOf: [44, 0, 1, 4, 0, 0, 0, 0, upper, 0, 0, 0, 0, 0, 0, 9], at: 40)
      quote[5] += 16
      let packet = errorPacket(quoting: quote)
      #expect(shop.verdict(packet) == "7")
      let length = (shop.octets[7]?.count ?? 0) - 40
      #expect(shop.rewrites(packet, of: 7) == [.length(sent: length, quoted: length + 16)])
    }
  }

  @Test func `segment routing in a quote changes nothing`() {
    let gateways = [UInt128(1), 2].map { IPv6Address(bits: 0x2001_0db8_0009 << 80 | $0) }
    for method: TraceConfiguration.Method in [.udp, .icmp, .tcp] {
      var shop = TraceWorkshop {
        $0.method = method
        $0.gateways = gateways
        $0.packetLength = 160
      }
      for number: UInt64 in 0..<9 { shop.write(number) }
      let packet = errorPacket(quoting: shop.octets[7] ?? [])
      #expect(shop.verdict(packet) == "7")
      #expect(shop.rewrites(packet, of: 7) == [])
    }
  }

  @Test func `every error has its answer`() {
    var shop = TraceWorkshop()
    let quote = shop.write(0)
    func answer(_ type: UInt8, _ code: UInt8, _ word: UInt32 = 0) -> TraceAnswer? {
      shop.reading(errorPacket(quoting: quote, type: type, code: code, word: word))?.answer
    }
    #expect(answer(3, 0) == .timeExceeded(code: 0))
    #expect(answer(3, 1) == .timeExceeded(code: 1))
    #expect(answer(1, 4) == .unreachable(code: 4))
    #expect(answer(1, 200) == .unreachable(code: 200))
    #expect(answer(2, 0, 1_280) == .packetTooBig(mtu: 1_280))
    #expect(answer(2, 7, .max) == .packetTooBig(mtu: .max))
    #expect(answer(4, 1, 6) == .parameterProblem(code: 1, pointer: 6))
    #expect(answer(100, 3) == .otherError(type: 100, code: 3))
    #expect(answer(127, 3) == .otherError(type: 127, code: 3))
  }
}
