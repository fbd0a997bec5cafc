import Statistics
import Testing
import Timing
import Wire

@testable import ProbeEngine

@Suite("Sample matching") struct SampleMatchingTests {
  @Test(
    "An echo reply counts only with identifier, number, nonce and source",
    arguments: [0, 8, 16, 31, 32, 56, 1_400])
  func echo(payloadLength: Int) {
    var engine = SampleEngine(
      sampling(targets: 2) {
        $0.interval = .zero
        $0.count = 1
        $0.payloadLength = payloadLength
      }, at: .zero)
    let sent = engine.send(at: .zero)
    #expect(sent.map { $0.octets.count } == [payloadLength + 8, payloadLength + 8])
    let good = reply(to: sent[0].octets)
    // Another process's identifier; a number that was never sent; the other target as its source.
    for (change, reason) in [(4, RejectionReason.identifier), (6, .sequence)] {
      var octets = good
      octets[change] ^= 0xff
      engine.receive(octets, at: at(1))
      #expect(engine.drain().rejections == [reason])
    }
    engine.receive(good, from: address(2), at: at(1))
    #expect(engine.drain().rejections == [.source])
    if payloadLength >= 8 {
      // One bit of the nonce; and cut before its end.
      var octets = good
      octets[8 + (payloadLength >= 32 ? 31 : min(payloadLength, 16) - 1)] ^= 1
      engine.receive(octets, at: at(1))
      engine.receive(Array(good.prefix(8 + 7)), at: at(1))
      #expect(engine.drain().rejections == [.nonce, .nonce])
    }
    let before = engine.inFlight
    #expect(before == 2)
    engine.receive(good, at: at(1))
    engine.answer(sent[1], at: at(1))
    #expect(engine.drain().outcomes == ["ok 0.1", "ok 1.1"])
    expectFinished(engine)
  }

  @Test func `Captured packets are believed with a right checksum only`() throws {
    var engine = SampleEngine(sampling { $0.count = 1 }, at: .zero)
    let probe = engine.send(at: .zero)[0]
    var octets = reply(to: probe.octets)
    engine.receive(octets, at: at(1)) { $0.isChecksumUnverified = true }
    #expect(engine.drain().rejections == [.checksum])
    let sum = ICMPv6Checksum.value(of: octets.span, from: address(1), to: ourselves)
    octets[2] = UInt8(sum >> 8)
    octets[3] = UInt8(sum & 0xff)
    engine.receive(octets, at: at(1)) { $0.isChecksumUnverified = true }
    #expect(engine.drain().outcomes == ["ok 0.1"])
  }

  @Test(
    "An ICMPv6 error that quotes the probe, cut anywhere behind its header, ends it",
    arguments: [8, 9, 24, 31, 32, 40, 64])
  func quotes(length: Int) {
    var engine = SampleEngine(sampling { $0.count = 1 }, at: .zero)
    let probe = engine.send(at: .zero)[0]
    func refuse(_ octets: [UInt8], _ destination: IPv6Address?) {
      engine.handleError(
        octets.span,
        ErrorArrival(
          type: 1, code: 3, info: 0, source: stranger, destination: destination, stamp: at(2), readAt: at(2)),
        isUDP: false)
    }
    refuse(Array(probe.octets.prefix(7)), address(1))
    refuse(Array(probe.octets.prefix(length)), address(5))
    #expect(engine.drain().rejections == [.quote, .quote])
    refuse(Array(probe.octets.prefix(length)), address(1))
    let records = engine.drain().records
    #expect(records.map { $0.outcome } == [.icmpError])
    #expect(
      records[0].from == stranger && records[0].errorCode == 3 && records[0].roundTrip == .milliseconds(2))
  }

  @Test func `A captured error is read from the invoking packet on`() {
    var engine = SampleEngine(
      sampling {
        $0.count = 2; $0.interval = .milliseconds(1)
      }, at: .zero)
    let probe = engine.send(at: .zero)[0]
    // Packet too big, MTU 1400; then IPv6 header: version, payload length, next header 58, hop limit, addresses.
    var octets: [UInt8] = [2, 0, 0, 0, 0, 0, 0x05, 0x78]
    octets += [0x60, 0, 0, 0, 0, UInt8(probe.octets.count), 58, 1]
    for address in [ourselves, address(1)] {
      for i in 0..<16 { octets.append(UInt8(truncatingIfNeeded: address.bits >> UInt128(120 - 8 * i))) }
    }
    octets += probe.octets.prefix(40)
    engine.receive(octets, from: stranger, at: at(1))
    let events = engine.drain()
    #expect(events.outcomes == ["icmpError 0.1"])
    #expect(events.changes == [.pathMTU(from: 0, to: 1_400)])
    #expect(events.records[0].errorInfo == 1_400)
  }

  @Test func `A datagram finds its probe by what it echoes, else the oldest to that address and port`() {
    var engine = SampleEngine(
      sampling(.udp(acceptsUnreachable: false), targets: 2, port: 7) {
        $0.interval = .milliseconds(10)
        $0.count = 3
      }, at: .zero)
    var sent: [SentSample] = []
    for i in 0..<6 { sent += engine.send(at: at(Int64(i) * 5)) }
    #expect(sent.map { $0.transmit.target } == [0, 1, 0, 1, 0, 1])
    func arrive(_ octets: [UInt8], _ source: UInt64, port: UInt16 = 7) {
      engine.handleDatagram(
        octets.span, from: port, Arrival(source: address(source), stamp: at(30), readAt: at(30)))
    }
    arrive(sent[4].octets, 1)
    arrive(Array("hello".utf8), 1)
    arrive(Array("hello".utf8), 2, port: 9)
    arrive(Array("hello".utf8), 9)
    arrive(sent[4].octets, 1)
    arrive(Array("hello".utf8), 1)
    arrive(Array("hello".utf8), 1)
    let events = engine.drain()
    #expect(events.outcomes == ["ok 0.3", "ok 0.1", "ok 0.2"])
    #expect(events.duplicates == 1)
    #expect(events.rejections == [.sequence, .sequence, .sequence])
  }

  @Test("A port unreachable is an answer or an error, as the plan says", arguments: [true, false])
  func portUnreachable(accepts: Bool) {
    var engine = SampleEngine(
      sampling(.udp(acceptsUnreachable: accepts), port: 33_434) {
        $0.count = 2; $0.interval = .milliseconds(1)
      },
      at: .zero)
    let first = engine.send(at: .zero)[0]
    let second = engine.send(at: at(1))[0]
    var error = ErrorArrival(
      type: 1, code: 4, info: 0, source: address(1), destination: address(1), stamp: at(2), readAt: at(2))
    error.destinationPort = 33_434
    engine.handleError(first.octets.span, error, isUDP: true)
    // A router's word is none of the target's.
    error.source = stranger
    engine.handleError(second.octets.span.extracting(first: 3), error, isUDP: true)
    let records = engine.drain().records
    #expect(records.map { $0.outcome } == [accepts ? .ok : .icmpError, .icmpError])
    #expect(records.allSatisfy { $0.answer == .icmpError && $0.errorType == 1 && $0.errorCode == 4 })
  }

  @Test("TCP answers by number", arguments: [true, false])
  func tcp(acceptsReset: Bool) {
    var engine = SampleEngine(
      sampling(.tcp(acceptsReset: acceptsReset), port: 443) {
        $0.count = 3; $0.interval = .milliseconds(1)
      },
      at: .zero)
    var sent: [SentSample] = []
    for i in 0..<3 { sent += engine.send(at: at(Int64(i))) }
    let numbers = sent.map { $0.transmit.number }
    #expect(sent.map { $0.transmit.octets } == [0, 0, 0])
    let open = engine.isSettled(numbers[0])
    #expect(!open)
    let arrival = Arrival(source: address(1), readAt: at(5))
    engine.handleConnected(numbers[0], .open, arrival)
    engine.handleConnected(numbers[1], .reset, arrival)
    engine.handleError(
      of: numbers[2], ErrorArrival(type: 1, code: 1, info: 0, source: stranger, readAt: at(5)))
    engine.handleConnected(99, .open, arrival)
    let closed = engine.isSettled(numbers[0])
    #expect(closed)
    let records = engine.drain().records
    #expect(records.map { $0.outcome } == [.ok, acceptsReset ? .ok : .icmpError, .icmpError])
    #expect(records.map { $0.answer } == [.open, .reset, .icmpError])
    expectFinished(engine)
  }

  @Test func `Hostile octets change no outcome, set no timer and never trap`() {
    var engine = SampleEngine(
      sampling(targets: 3) {
        $0.interval = .milliseconds(10)
      } run: {
        $0.duration = .seconds(1)
      }, at: .zero)
    var random = RandomNumbers(seed: 5)
    let sent = engine.send(at: .zero) + engine.send(at: at(5))
    let timer = engine.nextTimeout(now: at(6))
    let slots = engine.nextNumber
    for round in 0..<20_000 {
      var octets = sent[round % sent.count].octets
      switch round % 4 {
      case 0:
        octets = (0..<Int.random(in: 0...120, using: &random)).map { _ in
          UInt8.random(in: 0...255, using: &random)
        }
      case 1: octets = [UInt8](reply(to: octets).prefix(Int.random(in: 0..<40, using: &random)))
      default:
        octets[0] = [1, 2, 3, 4, 100, 129, 128, 160].randomElement(using: &random) ?? 129
        for _ in 0..<3 {
          octets[Int.random(in: 24..<40, using: &random)] = UInt8.random(in: 0...255, using: &random)
        }
      }
      let source = [address(1), stranger, .unspecified].randomElement(using: &random) ?? stranger
      engine.receive(octets, from: source, at: at(6)) { $0.isChecksumUnverified = round % 8 == 0 }
      engine.handleDatagram(
        octets.span, from: UInt16(truncatingIfNeeded: round), Arrival(source: source, readAt: at(6)))
      engine.handleError(
        octets.span,
        ErrorArrival(type: 1, code: 0, info: .max, source: source, destination: stranger, readAt: at(6)),
        isUDP: Bool.random(using: &random))
      engine.handleFinding(.random(in: 0...10, using: &random), .failed(errno: 1, text: ""), at: at(6))
    }
    #expect(engine.drain().records.isEmpty)
    let (timerAfter, slotsAfter) = (engine.nextTimeout(now: at(6)), engine.nextNumber)
    #expect(timer == timerAfter && slots == slotsAfter)
    engine.checkLaws(at: at(6))
  }

  @Test func `A group is answered by its members, and by more than one`() {
    var configuration = sampling { $0.count = 1 }
    configuration.targets[0].address = IPv6Address(bits: 0xff02 << 112 | 1)
    configuration.targets[0].zone = 3
    var engine = SampleEngine(configuration, at: .zero)
    let probe = engine.send(at: .zero)[0]
    engine.receive(reply(to: probe.octets), from: address(8), at: at(1)) { $0.sourceZone = 4 }
    engine.receive(reply(to: probe.octets), from: address(8), at: at(1)) { $0.sourceZone = 3 }
    engine.receive(reply(to: probe.octets), from: address(9), at: at(2)) { $0.sourceZone = 3 }
    let events = engine.drain()
    #expect(events.rejections == [.source] && events.duplicates == 1)
    #expect(events.records.map { $0.from } == [address(8)])
  }

  @Test func `Hop limit and traffic class of answers are watched`() {
    var engine = SampleEngine(
      sampling {
        $0.count = 4; $0.interval = .milliseconds(1)
      }, at: .zero)
    for (i, field) in [(64, 0), (64, 0), (63, 0), (63, 8)].enumerated() {
      let probe = engine.send(at: at(Int64(i)))[0]
      engine.answer(probe, at: at(Int64(i))) {
        $0.hopLimit = UInt8(field.0)
        $0.trafficClass = UInt8(field.1)
      }
    }
    #expect(engine.drain().changes == [.hopLimit(from: 64, to: 63), .trafficClass(from: 0, to: 8)])
    let figures = engine.figures(of: 0, at: at(9))
    #expect(figures.hopLimitChanges == 1 && figures.trafficClassChanges == 1 && figures.changes == 2)
    #expect(figures.hopLimit == 63 && figures.trafficClass == 8)
  }
}
