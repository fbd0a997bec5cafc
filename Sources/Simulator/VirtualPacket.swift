import Wire

/// A probe on its way, as the last node has left it, and the packets that answer it.
struct VirtualPacket {
  var octets: [UInt8]
  /// As it left the host: translators undo their work on the way back.
  private let original: [UInt8]
  /// The addresses that it left the host with.
  let asked: IPv6Address
  private let asking: IPv6Address
  /// A translator has seen it: errors come back from the address that was asked.
  var isMasked = false

  private static var start: Int { IPv6Header.count }

  init(octets: [UInt8], header: IPv6Header) {
    self.octets = octets
    original = octets
    asked = header.destination
    asking = header.source
  }

  var upperLayer: NextHeader { NextHeader(rawValue: octets[6]) }
  var flowLabel: UInt32 { octets.span.uint32(at: 0) & 0xf_ffff }
  /// The first four octets of the upper layer.
  var ports: UInt32 { octets.count >= Self.start + 4 ? octets.span.uint32(at: Self.start) : 0 }

  /// What a host demands before it looks into a packet.
  var isIntact: Bool {
    guard let packet = try? IPv6Packet(decoding: octets.span) else { return false }
    return packet.missingCount == 0 && packet.checksumStatus(in: octets.span) == .valid
  }

  // MARK: Rewriting

  private var checksumPlace: Int? {
    let place: Int
    switch upperLayer {
    case .udp: place = Self.start + 6
    case .tcp: place = Self.start + 16
    case .icmpv6: place = Self.start + 2
    default: return nil
    }
    return place + 2 <= octets.count ? place : nil
  }

  mutating func apply(_ rewrite: VirtualNode.Rewrite) {
    let wasIntact = isIntact
    var span = octets.mutableSpan
    let first = span.span.uint32(at: 0)
    switch rewrite {
    case .differentiatedServices(let value):
      span.store(first & ~0x0fc0_0000 | UInt32(value & 63) << 22, at: 0)
    case .ecn(let value): span.store(first & ~0x0030_0000 | UInt32(value & 3) << 20, at: 0)
    case .flowLabel(let value): span.store(first & ~0xf_ffff | value & 0xf_ffff, at: 0)
    case .length(let value): span.store(value, at: 4)
    case .source(let address):
      span.store(address.bits, at: 8)
      if wasIntact { correctChecksum() }
    case .destination(let address):
      span.store(address.bits, at: 24)
      if wasIntact { correctChecksum() }
    case .sourcePort(let port):
      // An echo's identifier takes the port's part.
      let place = upperLayer == .icmpv6 ? Self.start + 4 : Self.start
      if octets.count >= place + 2 { store(port, at: place) }
      if wasIntact { correctChecksum() }
    case .destinationPort(let port):
      guard upperLayer != .icmpv6, octets.count >= Self.start + 4 else { return }
      store(port, at: Self.start + 2)
      if wasIntact { correctChecksum() }
    case .checksum(let value): if let checksumPlace { store(value, at: checksumPlace) }
    }
  }

  private mutating func store(_ value: UInt16, at place: Int) {
    var span = octets.mutableSpan
    span.store(value, at: place)
  }

  /// A translator keeps the checksum right (RFC 6146 §3.4).
  private mutating func correctChecksum() {
    guard let checksumPlace else { return }
    store(0, at: checksumPlace)
    let checksum = checksum
    store(upperLayer == .udp && checksum == 0 ? 0xffff : checksum, at: checksumPlace)
  }

  private var checksum: UInt16 {
    let upper = octets.span.extracting(Self.start..<octets.count)
    let pseudoHeader = PseudoHeader(
      source: IPv6Address(bits: octets.span.uint128(at: 8)),
      destination: IPv6Address(bits: octets.span.uint128(at: 24)),
      upperLayerCount: UInt32(clamping: upper.count), nextHeader: upperLayer)
    return pseudoHeader.checksum(of: upper)
  }

  // MARK: Answers

  /// An ICMPv6 error of a node that quotes this packet.
  func error(_ type: UInt8, _ code: UInt8, _ word: UInt32, from node: VirtualNode, _ origin: IPv6Address)
    -> [UInt8]
  {
    error(type, code, word, quoting: octets, from: node, origin)
  }

  /// An error of somebody who has not seen the packet: what it quotes is a guess.
  func forgedError(_ type: UInt8, _ code: UInt8, from node: VirtualNode, _ origin: IPv6Address) -> [UInt8] {
    var guess = octets
    // In the sequence of TCP, in the payload of the others.
    let place = upperLayer == .tcp ? Self.start + 5 : Self.start + 14
    if place < guess.count { guess[place] ^= 0x55 }
    return error(type, code, 0, quoting: guess, from: node, origin)
  }

  private func error(
    _ type: UInt8, _ code: UInt8, _ word: UInt32, quoting invoking: [UInt8], from node: VirtualNode,
    _ origin: IPv6Address
  ) -> [UInt8] {
    let kind: ICMPv6Error.Kind =
      switch type {
      case 1: .destinationUnreachable(DestinationUnreachableCode(rawValue: code))
      case 2: .packetTooBig(code: code, mtu: word)
      case 3: .timeExceeded(TimeExceededCode(rawValue: code))
      case 4: .parameterProblem(ParameterProblemCode(rawValue: code), pointer: word)
      default: .unknown(type: type, code: code, word: word)
      }
    let hasExtensions = !node.extensions.isEmpty && (type == 1 || type == 3)
    let structure = hasExtensions ? structure(node.extensions) : []
    // An error stays within the minimum MTU (RFC 4443 §2.4 (c)).
    let room = 1_280 - IPv6Header.count - ICMPv6Error.headerCount - structure.count
    var quote = Array(invoking.prefix(min(node.quoteCount ?? room, room & ~7)))
    if hasExtensions, node.isLegacy {
      quote = Array(quote.prefix(128))
      quote += [UInt8](repeating: 0, count: 128 - quote.count) + structure
    }
    var message = [UInt8](repeating: 0, count: 1_280)
    var span = message.mutableSpan
    let count: Int?
    if hasExtensions, !node.isLegacy {
      count = try? ICMPv6Error(kind).encode(into: &span, invoking: quote.span, extensions: structure.span)
    } else {
      count = try? ICMPv6Error(kind).encode(into: &span, invoking: quote.span)
    }
    return packet(
      Array(message.prefix(count ?? 0)), .icmpv6, checksumAt: 2, from: origin)
  }

  private func structure(_ objects: [UInt8]) -> [UInt8] {
    var octets = [UInt8](repeating: 0, count: ICMPExtensionStructure.headerCount) + objects
    var span = octets.mutableSpan
    return (try? ICMPExtensionStructure.finish(&span, 0..<span.count)) == nil ? [] : octets
  }

  func echoReply(from source: IPv6Address) -> [UInt8] {
    var message = Array(original.dropFirst(Self.start))
    message[0] = ICMPv6Echo.Kind.reply.rawValue
    message[2] = 0
    message[3] = 0
    return packet(message, .icmpv6, checksumAt: 2, from: source)
  }

  /// A datagram back between the same ports that repeats the first two octets, as a name server does.
  func datagram(from source: IPv6Address) -> [UInt8] {
    let start = Self.start
    var message = Array(original[start + 2..<start + 4]) + Array(original[start..<start + 2])
    let repeated = Array(original.dropFirst(start + UDPHeader.count).prefix(2))
    message += [0, UInt8(UDPHeader.count + repeated.count + 2), 0, 0]
    return packet(message + repeated + [0x80, 0x01], .udp, checksumAt: 6, from: source)
  }

  /// What a listening or a closed port says to a segment (RFC 9293 §3.10.7); nil where that is nothing.
  func segment(_ flags: TCPHeader.Flags, from source: IPv6Address) -> [UInt8]? {
    guard let probe = try? TCPHeader(decoding: original.span, at: Self.start) else { return nil }
    let taken =
      (probe.flags.contains(.syn) ? 1 : 0) + (probe.flags.contains(.fin) ? 1 : 0)
      + (flags.contains(.syn) ? 0 : probe.data.count)
    var answer = TCPHeader(
      source: probe.destination, destination: probe.source, sequence: flags.contains(.syn) ? 0x0102_0304 : 0,
      acknowledgment: probe.sequence &+ UInt32(taken), flags: flags, window: flags.contains(.syn) ? 64_800 : 0
    )
    if probe.flags.contains(.ack) {
      // Neither state knows the connection: reset, with the number that was acknowledged.
      answer.flags = .rst
      answer.sequence = probe.acknowledgment
      answer.acknowledgment = 0
    }
    let none: [UInt8] = []
    var message = [UInt8](repeating: 0, count: TCPHeader.minimumCount)
    var span = message.mutableSpan
    guard
      (try? answer.encode(into: &span, options: none.span, data: none.span, addresses: nil)) != nil
    else { return nil }
    return packet(message, .tcp, checksumAt: 16, from: source)
  }

  /// A packet back to the host around an upper layer whose checksum field holds zero.
  private func packet(
    _ upper: [UInt8], _ nextHeader: NextHeader, checksumAt place: Int, from origin: IPv6Address
  ) -> [UInt8] {
    let pseudoHeader = PseudoHeader(
      source: origin, destination: asking, upperLayerCount: UInt32(clamping: upper.count),
      nextHeader: nextHeader)
    let checksum = pseudoHeader.checksum(of: upper.span)
    let header = IPv6Header(
      payloadLength: UInt16(clamping: upper.count), nextHeader: nextHeader, hopLimit: 64, source: origin,
      destination: asking)
    var packet = [UInt8](repeating: 0, count: IPv6Header.count) + upper
    var span = packet.mutableSpan
    guard (try? header.encode(into: &span)) != nil else { return [] }
    span.store(checksum, at: IPv6Header.count + place)
    return packet
  }
}
