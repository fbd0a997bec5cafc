import Testing
import Timing
import Wire

@testable import ProbeEngine

/// Octets that nobody honest sends.
@Suite struct TraceMessagesForgeryTests {
  @Test(arguments: TraceWay.keyed)
  func `a quote with a wrong key is refused`(_ way: TraceWay) {
    var shop = way.workshop()
    for number: UInt64 in 0..<20 { shop.write(number) }
    let octets = shop.octets[11] ?? []
    let places = way.method == .tcp ? Array(44..<48) : Array(48..<60)
    for place in places {
      for bit in 0..<8 {
        var forged = octets
        forged[place] ^= 1 << UInt8(bit)
        #expect(shop.verdict(errorPacket(quoting: forged)) == "nonce")
      }
    }
  }

  @Test(arguments: TraceWay.keyed)
  func `a key of a probe that was never sent is refused`(_ way: TraceWay) {
    var shop = way.workshop()
    for number: UInt64 in 0..<20 { shop.write(number) }
    var other = way.workshop()
    let future = other.write(40)
    let verdict = shop.verdict(errorPacket(quoting: future))
    #expect(verdict == (way.method == .tcp ? "nonce" : "sequence"))
  }

  @Test func `a damaged message is refused by its checksum, if it would be ours`() {
    for method: TraceConfiguration.Method in [.udp, .icmp, .tcp] {
      var shop = TraceWorkshop { $0.method = method }
      var packet = errorPacket(quoting: shop.write(0))
      packet[42] ^= 1
      #expect(shop.verdict(packet) == "checksum 3")
      packet = errorPacket(quoting: shop.write(0))
      #expect(shop.verdict(packet.dropLast() + []) == "malformed 3")
    }
  }

  @Test(arguments: TraceWay.keyed)
  func `no single octet makes one probe another`(_ way: TraceWay) {
    var shop = way.workshop()
    for number: UInt64 in 0..<40 { shop.write(number) }
    let octets = shop.octets[17] ?? []
    for place in 0..<min(octets.count, 80) {
      for value: UInt8 in [0, 1, 0x7f, 0x80, 0xff, octets[place] &+ 1] {
        var changed = octets
        changed[place] = value
        guard let found = shop.number(of: errorPacket(quoting: changed)) else { continue }
        #expect(found.number == 17 && !found.isWeak, "octet \(place) = \(value)")
      }
    }
  }

  @Test(arguments: TraceWay.keyed + TraceWay.weak)
  func `random octets are never believed and never trap`(_ way: TraceWay) {
    var random = RandomNumbers(seed: 42)
    var shop = way.workshop()
    for number: UInt64 in 0..<40 { shop.write(number) }
    let seeds = [
      errorPacket(quoting: shop.octets[20] ?? []),
      errorPacket(
        quoting: shop.octets[21] ?? [], extensions: extensionStructure(octets("0008 0101 0012 3140"))),
      icmpPacket([129] + (shop.octets[22] ?? []).dropFirst(41)),
    ]
    for _ in 0..<3_000 {
      let noise = (0..<Int(random.next() % 200)).map { _ in UInt8(truncatingIfNeeded: random.next()) }
      #expect(shop.number(of: noise) == nil)
      _ = shop.number(ofQueued: noise, type: UInt8(truncatingIfNeeded: random.next()))
      _ = shop.messages.read(message: noise.span)
      // Damage in a packet that would be ours; the checksum is made right again.
      var packet = seeds[Int(random.next() % 3)]
      for _ in 0...(random.next() % 4) {
        packet[Int(random.next() % UInt64(packet.count))] = UInt8(truncatingIfNeeded: random.next())
      }
      packet.removeLast(Int(random.next() % UInt64(packet.count)))
      if packet.count > 48 { _ = shop.number(of: icmpPacket(Array(packet.dropFirst(40)))) }
      _ = shop.number(of: packet)
    }
  }

  @Test func `an extension's length fields are never trusted`() {
    var random = RandomNumbers(seed: 43)
    var shop = TraceWorkshop()
    let quote = shop.write(0)
    for _ in 0..<3_000 {
      let objects = (0..<Int(random.next() % 60)).map { _ in UInt8(truncatingIfNeeded: random.next() & 0x1f) }
      for isLegacy in [false, true] {
        let packet = errorPacket(
          quoting: quote, extensions: extensionStructure(objects), isLegacy: isLegacy)
        #expect(shop.verdict(packet) == "0")
      }
    }
  }
}

/// What a quote shows changed, and what routers add.
@Suite struct TraceMessagesQuoteTests {
  /// A quote with these octets at these places.
  private func changed(_ octets: [UInt8], _ changes: [Int: UInt8]) -> [UInt8] {
    var octets = octets
    for (place, value) in changes { octets[place] = value }
    return octets
  }

  @Test func `each rewritten field is reported`() {
    for method: TraceConfiguration.Method in [.udp, .icmp, .tcp] {
      var shop = TraceWorkshop {
        $0.method = method
        $0.trafficClass = 0xb8
        if method == .icmp { $0.flow.destinationPort = 0 }
      }
      let octets = shop.write(0)
      func rewrites(_ changes: [Int: UInt8]) -> [TraceRewrite]? {
        let packet = errorPacket(quoting: changed(octets, changes))
        return shop.verdict(packet) == "0" ? shop.rewrites(packet, of: 0) : nil
      }
      let source = TraceWorkshop.source
      let destination = TraceWorkshop.destination
      #expect(rewrites([:]) == [])
      #expect(rewrites([7: 0]) == [])
      #expect(rewrites([0: 0x60, 1: 0x01]) == [.differentiatedServices(sent: 46, quoted: 0)])
      #expect(rewrites([1: 0xb1]) == [.ecn(sent: 0, quoted: 3)])
      #expect(rewrites([3: 0x46]) == [.flowLabel(sent: 0x12345, quoted: 0x12346)])
      #expect(rewrites([1: 0x80, 2: 0, 3: 0]) == [.flowLabel(sent: 0x12345, quoted: 0)])
      #expect(
        rewrites([8: 0x30]) == [
          .source(sent: source, quoted: IPv6Address(bits: source.bits ^ 0x10 << 120))
        ])
      #expect(
        rewrites([39: 9]) == [
          .destination(sent: destination, quoted: IPv6Address(bits: destination.bits ^ 8))
        ])
      #expect(rewrites([40: 0xc4]) == (method == .icmp ? nil : [.sourcePort(sent: 50_000, quoted: 50_256)]))
      #expect(
        rewrites([42: 0])
          == (method == .icmp
            ? [checksum(octets, 42, 0)]
            : [.destinationPort(sent: 33_434, quoted: 154)]))
      if method == .icmp {
        #expect(rewrites([44: 0xc4]) == [.sourcePort(sent: 50_000, quoted: 50_256)])
      }
      let length = octets.count - 40
      #expect(rewrites([5: UInt8(length + 1)]) == [.length(sent: length, quoted: length + 1)])
      let place = method == .udp ? 46 : method == .icmp ? 42 : 56
      #expect(rewrites([place: octets[place] ^ 1]) == [checksum(octets, place, octets[place] ^ 1)])
      #expect(rewrites([0: 0x60, 1: 0x01, 40: octets[40], 39: 9, 56: octets[56]])?.count == 2)
    }
  }

  private func checksum(_ octets: [UInt8], _ place: Int, _ value: UInt8) -> TraceRewrite {
    let low = octets[place + 1]
    return .checksum(
      sent: UInt16(octets[place]) << 8 | UInt16(low), quoted: UInt16(value) << 8 | UInt16(low))
  }

  @Test func `a checksum that the kernel makes is not compared`() {
    var shop = TraceWorkshop { $0.framing = .message }
    let probe = shop.write(0)
    var quoted = TraceReading.Quoted()
    quoted.checksum = 0x1234
    #expect(probe.count == 32)
    #expect(
      shop.messages.rewrites(
        quoted, number: 0, probe: shop.probes[0]!, target: shop.configuration.targets[0]
      ).isEmpty)
  }

  @Test func `extensions are read in both layouts, at every probe size, on both ways`() {
    let structure = extensionStructure(octets("000c 0101 0012 3040 0045 6fff"))
    let expected: [TraceExtension] = [
      .mpls([
        MPLSLabelStackEntry(label: 0x00123, trafficClass: 0, isBottomOfStack: false, timeToLive: 0x40),
        MPLSLabelStackEntry(label: 0x00456, trafficClass: 7, isBottomOfStack: true, timeToLive: 0xff),
      ])
    ]
    for method: TraceConfiguration.Method in [.udp, .icmp, .tcp] {
      for length in [60, 80, 128, 129, 200, 1_100] {
        var shop = TraceWorkshop {
          $0.method = method
          $0.packetLength = length
          $0.isLengthFixed = true
        }
        let octets = shop.write(0)
        for isLegacy in [false, true] {
          let packet = errorPacket(quoting: octets, extensions: structure, isLegacy: isLegacy)
          #expect(shop.reading(packet)?.extensions == expected)
          #expect(shop.number(of: packet)?.number == 0)
          // The error queue shows what stands behind the quoted headers.
          let skipped = method == .udp ? 48 : 40
          let queued = Array(packet.dropFirst(48 + skipped))
          let place = isLegacy ? nil : max(128, (octets.count + 7) & ~7) - skipped
          var error = ErrorArrival(
            type: 3, code: 0, info: 0, source: TraceWorkshop.router,
            destination: TraceWorkshop.destination, readAt: .zero)
          error.extensionOffset = place
          error.destinationPort = method == .icmp ? 0 : 33_434
          guard case .reading(let reading) = shop.messages.read(error: queued.span, error, number: nil) else {
            Issue.record("not read")
            continue
          }
          #expect(reading.extensions == expected)
        }
      }
    }
  }

  @Test func `interfaces and unknown objects are kept`() {
    var shop = TraceWorkshop()
    let quote = shop.write(0)
    var object = [UInt8](repeating: 0, count: 64)
    var span = object.mutableSpan
    let information = InterfaceInformation(
      role: .nextHop, index: 7, address: .ipv6(TraceWorkshop.router), mtu: 1_500)
    let name = Array("eth0".utf8)
    guard let count = try? information.encode(into: &span, name: name.span) else {
      Issue.record("not written")
      return
    }
    let structure = extensionStructure(Array(object.prefix(count)) + octets("0006 f701 abcd"))
    #expect(
      shop.reading(errorPacket(quoting: quote, extensions: structure))?.extensions == [
        .interface(role: .nextHop, index: 7, address: .ipv6(TraceWorkshop.router), name: name, mtu: 1_500),
        .other(classNumber: 0xf7, type: 1, data: [0xab, 0xcd]),
      ])
  }

  @Test func `objects are bounded`() {
    var shop = TraceWorkshop()
    let many = extensionStructure([UInt8]((0..<200).flatMap { _ in octets("0004 f701") }))
    let packet = errorPacket(quoting: shop.write(0), extensions: many)
    #expect(shop.reading(packet)?.extensions.count == 16)
  }

  @Test func `an extension with a wrong checksum is left out`() {
    var shop = TraceWorkshop()
    var structure = extensionStructure(octets("0008 0101 0012 3140"))
    structure[6] ^= 1
    let packet = errorPacket(quoting: shop.write(0), extensions: structure)
    #expect(shop.reading(packet)?.extensions == [])
    #expect(shop.verdict(packet) == "0")
  }
}
