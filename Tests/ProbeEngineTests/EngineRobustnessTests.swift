import Testing
import Timing
import Wire

@testable import ProbeEngine

/// The invoking packet of a probe with its IPv6 header and, between the two, these extension headers.
private func packet(
  _ probe: [UInt8], to destination: IPv6Address = target, _ headers: [UInt8] = [], first: UInt8 = 58
)
  -> [UInt8]
{
  let length = headers.count + probe.count
  var octets: [UInt8] = [0x60, 0, 0, 0, UInt8(length >> 8), UInt8(length & 255), first, 64]
  for address in [ourselves, destination] {
    octets += (0..<16).map { UInt8(truncatingIfNeeded: address.bits >> UInt128(120 - 8 * $0)) }
  }
  return octets + headers + probe
}

/// Hop-by-hop with padding, destination options with padding, and a first fragment's header, before ICMPv6.
private let extensionHeaders: [UInt8] =
  [60, 0, 1, 4, 0, 0, 0, 0] + [44, 0, 1, 4, 0, 0, 0, 0] + [58, 0, 0, 1, 0xde, 0xad, 0xbe, 0xef]

private func error(_ type: UInt8, _ code: UInt8, quoting packet: [UInt8]) -> [UInt8] {
  [type, code, 0, 0, 0, 0, 5, 0] + packet
}

/// Feeds variants of a message to fresh engines with one probe in flight, and tells for each whether it was believed.
private func feed(
  _ message: ([UInt8]) -> [UInt8],
  asError: Bool = false, variants: ([UInt8]) -> [[UInt8]]
) -> [Bool] {
  let c = configuration()
  var first = PingEngine(c, at: .zero)
  let right = message(first.send(at: .zero)[0])
  return variants(right).map { octets in
    var engine = PingEngine(c, at: .zero)
    _ = engine.send(at: .zero)
    let before = engine.figures(at: at(2))
    if asError {
      engine.handleError(
        octets.span,
        ErrorArrival(
          type: 1, code: 3, info: 0, source: stranger, destination: target, stamp: at(1), readAt: at(2)))
    } else {
      engine.receive(octets, at: at(2))
    }
    engine.handleTimeout(at: at(2))
    let after = engine.figures(at: at(2))
    if before != after {
      // Exactly one probe moved, to exactly one verdict.
      #expect(after.inFlight == 0 && after.replied + after.corrupted + after.icmpErrors == 1)
      return true
    }
    return false
  }
}

private func prefixes(_ octets: [UInt8]) -> [[UInt8]] { (0...octets.count).map { Array(octets.prefix($0)) } }
private func flips(_ octets: [UInt8]) -> [[UInt8]] {
  (0..<octets.count * 8).map { bit in
    var flipped = octets
    flipped[bit / 8] ^= 0x80 >> UInt8(bit % 8)
    return flipped
  }
}

@Suite struct EngineRobustness {
  @Test func `a prefix of the right reply is believed from its header on, as corrupted until it is whole`() {
    let believed = feed({ reply(to: $0) }, variants: prefixes)
    #expect(believed == (0...64).map { $0 >= 8 })
  }

  @Test func `a flipped bit in type, identifier or sequence is not believed`() {
    let believed = feed({ reply(to: $0) }, variants: flips)
    for bit in 0..<64 * 8 {
      // Code and checksum are the kernel's affair; a flipped payload is corruption or a changed stamp.
      let isHeader = (0..<8).contains(bit) || (32..<64).contains(bit)
      #expect(believed[bit] == !isHeader, "bit \(bit)")
    }
  }

  @Test
  func
    `an error's quote by the error queue is believed from its echo header on, unless a bit says otherwise`()
  {
    #expect(feed({ $0 }, asError: true, variants: prefixes) == (0...64).map { $0 >= 8 })
    let believed = feed({ $0 }, asError: true, variants: flips)
    for bit in 0..<64 * 8 {
      let isProof = (0..<8).contains(bit) || (32..<64).contains(bit) || (24 * 8..<32 * 8).contains(bit)
      #expect(believed[bit] == !isProof, "bit \(bit)")
    }
  }

  @Test(arguments: [[], extensionHeaders])
  func `a captured error is believed from the end of the quoted echo header on`(
    headers: [UInt8]
  ) {
    for (type, code) in [(1, 0), (1, 4), (2, 0), (3, 0), (4, 1)] as [(UInt8, UInt8)] {
      let believed = feed(
        { error(type, code, quoting: packet($0, headers, first: headers.isEmpty ? 58 : 0)) },
        variants: prefixes)
      let whole = 8 + 40 + headers.count + 64
      #expect(believed.count == whole + 1)
      for (length, isBelieved) in believed.enumerated() {
        #expect(isBelieved == (length >= 8 + 40 + headers.count + 8), "type \(type), length \(length)")
      }
    }
  }

  @Test(arguments: [[], extensionHeaders])
  func `a captured error with a flipped bit never does more than its own verdict`(
    headers: [UInt8]
  ) {
    let believed = feed(
      { error(1, 4, quoting: packet($0, headers, first: headers.isEmpty ? 58 : 0)) }, variants: flips)
    let start = (8 + 40 + headers.count) * 8
    // Destination of the quoted packet, quoted type, identifier and sequence, nonce.
    for place in [
      (8 + 24) * 8..<(8 + 40) * 8, start..<start + 8, start + 32..<start + 64,
      start + 24 * 8..<start + 32 * 8,
    ] {
      for bit in place { #expect(!believed[bit], "bit \(bit)") }
    }
  }

  @Test func `an error that quotes a later fragment, another protocol or another destination is not ours`() {
    for build in [
      { packet($0, [58, 0, 0, 8, 0, 0, 0, 1], first: 44) },
      { packet($0, first: 17) },
      { packet($0, to: stranger) },
      { reply(to: $0) },
    ] as [([UInt8]) -> [UInt8]] {
      #expect(feed({ error(1, 0, quoting: build($0)) }, variants: { [$0] }) == [false])
    }
  }

  @Test func `random octets never trap and change nothing`() {
    var random = RandomNumbers(seed: 5)
    for message in [
      PingConfiguration.Message.echo,
      .nodeInformation(NodeInformationQuestion(kind: .name, subject: nil)),
      .extendedEcho(InterfaceQuestion(interface: .name(Array("eth0".utf8)), isLocal: true)),
    ] {
      let c = configuration {
        $0.message = message
        $0.preload = 5
        $0.pace = .schedule(.constant(interval: .milliseconds(1)))
        $0.wait = .perProbe(.seconds(100))
      }
      var engine = PingEngine(c, at: .zero)
      #expect(engine.send(at: .zero).count == 5)
      let before = engine.figures(at: .zero)
      for turn in 0..<20_000 {
        var octets = (0..<Int(random.next() % 120)).map { _ in UInt8(truncatingIfNeeded: random.next()) }
        // Half of them have a type that is looked at, and an identifier that is ours.
        if turn % 2 == 0, octets.count >= 8 {
          octets[0] = [1, 2, 3, 4, 129, 140][Int(random.next() % 6)]
          if octets[0] == 129 { octets.replaceSubrange(4..<6, with: [0x43, 0x21]) }
        }
        if turn % 3 == 0 {
          engine.handleError(
            octets.span,
            ErrorArrival(
              type: UInt8(truncatingIfNeeded: random.next()), code: 0, info: .max, source: stranger,
              readAt: .zero))
        } else {
          engine.receive(octets, at: .zero) {
            $0.stamp = Instant(nanoseconds: Int64(bitPattern: random.next()))
          }
        }
        while engine.pollEvent() != nil {}
      }
      #expect(engine.figures(at: .zero) == before)
      #expect(engine.summaries(at: .zero)[0].rejected > 5_000)
    }
  }

  @Test func `what nobody has checked is checked, and without a destination cannot be`() {
    for isRight in [true, false] {
      for hasDestination in [true, false] {
        var engine = PingEngine(configuration(), at: .zero)
        var octets = reply(to: engine.send(at: .zero)[0])
        let sum = ICMPv6Checksum.value(of: octets, from: target, to: ourselves) ^ (isRight ? 0 : 0x0100)
        octets[2] = UInt8(sum >> 8)
        octets[3] = UInt8(sum & 255)
        engine.receive(octets, at: at(1)) {
          $0.isChecksumUnverified = true
          if !hasDestination { $0.destination = nil }
        }
        #expect(engine.drain().names == [isRight && hasDestination ? "reply 1" : "rejected checksum"])
      }
    }
  }

  @Test func `stamps from nowhere neither trap nor enter the round trip`() {
    for stamp in [Int64.min, -1, 0, 999_000_000, 5_000_000_000, .max] {
      var engine = PingEngine(configuration(), at: at(1_000))
      let probe = engine.send(at: at(1_000))[0]
      engine.receive(reply(to: probe), at: at(1_007)) { $0.stamp = Instant(nanoseconds: stamp) }
      #expect(engine.drain().names == ["reply 1"])
      let s = engine.summaries(at: at(1_007))[0]
      #expect(s.roundTrip?.mean == .milliseconds(7) && s.roundTripSources == [0, 0, 1])
    }
  }
}

extension ICMPv6Checksum {
  /// One's complement of the sum over pseudo-header and message, its checksum field zero (RFC 8200 §8.1), word by word.
  fileprivate static func value(of message: [UInt8], from source: IPv6Address, to destination: IPv6Address)
    -> UInt16
  {
    var octets = message
    octets[2] = 0
    octets[3] = 0
    for address in [source, destination] {
      octets += (0..<16).map { UInt8(truncatingIfNeeded: address.bits >> UInt128(120 - 8 * $0)) }
    }
    octets += [0, 0, UInt8(message.count >> 8), UInt8(message.count & 255), 0, 0, 0, 58]
    var sum: UInt32 = 0
    for i in stride(from: 0, to: octets.count, by: 2) {
      sum += UInt32(octets[i]) << 8 | UInt32(octets[i + 1])
    }
    while sum > 0xffff { sum = (sum & 0xffff) + (sum >> 16) }
    return ~UInt16(sum)
  }
}
