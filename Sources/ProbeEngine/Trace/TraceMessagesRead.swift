import Wire

/// What arrivals are. Nothing here looks into the table of probes; nothing is believed before `match`.
extension TraceMessages {
  /// A captured packet from its IPv6 header on; checksums are verified here. A capture sees everything, our own
  /// probes included.
  func read(packet octets: Span<UInt8>) -> Outcome {
    guard let packet = try? IPv6Packet(decoding: octets), packet.chain.end == .upperLayer else {
      return .foreign
    }
    let outcome: Outcome
    var type: UInt8 = 0
    let payload = packet.chain.payload
    switch packet.chain.nextHeader {
    case .icmpv6:
      guard payload.count >= ICMPv6Header.count else { return .foreign }
      type = octets[payload.lowerBound]
      outcome = read(icmpv6: octets.extracting(payload), from: packet.header.source)
    case .tcp: outcome = read(segment: octets.extracting(payload))
    case .udp: outcome = read(udp: octets.extracting(payload), from: packet.header.source)
    default: return .foreign
    }
    if case .foreign = outcome { return .foreign }
    guard packet.missingCount == 0 else { return .rejected(.malformed, type: type) }
    switch packet.checksumStatus(in: octets) {
    // From a neighbor on this host: nothing on the way could damage it, and no device was there to finish the sum.
    case .valid, .unfinished: return outcome
    default: return .rejected(.checksum, type: type)
    }
  }

  /// An ICMPv6 message of a ping socket.
  func read(message octets: Span<UInt8>) -> Outcome { read(icmpv6: octets, from: nil) }

  /// The payload of a UDP datagram. Whoever sent it, the caller knows.
  func read(datagram octets: Span<UInt8>, sourcePort: UInt16, destinationPort: UInt16) -> Outcome {
    guard configuration.method == .udp, isPort(ours: destinationPort, theirs: sourcePort) else {
      return .foreign
    }
    var quoted = TraceReading.Quoted()
    quoted.sourcePort = destinationPort
    quoted.destinationPort = sourcePort
    let repeated = cookie(in: octets)
    var signature = TraceReading.Signature.ports(
      source: destinationPort, destination: sourcePort, length: nil)
    if let repeated, isCertain(repeated) {
      signature = repeated
    } else if hasRoomForOurs, octets.count >= 2 {
      signature = .repeated(
        key.low(ofIdentification: octets.uint16(at: 0)), source: destinationPort, destination: sourcePort)
    }
    return .reading(
      TraceReading(signature: signature, answer: .datagram, extensions: [], quoted: quoted))
  }

  // MARK: Upper layers

  private func read(icmpv6 octets: Span<UInt8>, from source: IPv6Address?) -> Outcome {
    guard octets.count >= ICMPv6Header.count else { return .foreign }
    if octets[0] < 128 { return read(icmpError: octets) }
    guard configuration.method == .icmp, let echo = try? ICMPv6Echo(decoding: octets), echo.kind == .reply
    else { return .foreign }
    // A reply is whole, so where a cookie was sent one must be there.
    let signature = cookie(in: octets.extracting(echo.data)) ?? .echoSequence(echo.sequence)
    guard isPort(ours: echo.identifier, theirs: 0) || isCertain(signature) else { return .foreign }
    var quoted = TraceReading.Quoted()
    if case .echoSequence = signature {
      quoted.destination = source
      quoted.payloadLength = routingCount + octets.count
    }
    return .reading(
      TraceReading(signature: signature, answer: .echoReply, extensions: [], quoted: quoted))
  }

  /// A segment of the target. Its acknowledgment names the probe, or, where that acknowledged itself, the sequence
  /// of a reset does (RFC 9293 §3.5.2).
  private func read(segment octets: Span<UInt8>) -> Outcome {
    guard configuration.method == .tcp, let segment = try? TCPHeader(decoding: octets),
      isPort(ours: segment.destination.rawValue, theirs: segment.source.rawValue)
    else { return .foreign }
    let sequence: UInt32
    if segment.flags.contains(.ack), segment.flags.contains(.rst) || segment.flags.contains(.syn) {
      // SYN and FIN take a number each (RFC 9293 §3.4).
      var taken: UInt32 = configuration.tcpFlags.contains(.syn) ? 1 : 0
      if configuration.tcpFlags.contains(.fin), segment.flags.contains(.rst) { taken += 1 }
      sequence = segment.acknowledgment &- taken
    } else if segment.flags.contains(.rst), acknowledges {
      sequence = segment.sequence
    } else {
      // An acknowledgment alone is the answer to another connection's segment (RFC 5961 §4).
      return .foreign
    }
    return .reading(
      TraceReading(
        signature: .tcpSequence(sequence), answer: .tcp(segment.flags), extensions: [], quoted: .init()))
  }

  private func read(udp octets: Span<UInt8>, from source: IPv6Address) -> Outcome {
    guard let udp = try? UDPHeader(decoding: octets) else { return .foreign }
    let outcome = read(
      datagram: octets.extracting(udp.data), sourcePort: udp.source.rawValue,
      destinationPort: udp.destination.rawValue)
    guard case .reading(var reading) = outcome else { return outcome }
    reading.quoted.destination = source
    return .reading(reading)
  }

  // MARK: What is ours

  /// The cookie at the start of a payload, if there is room for one.
  func cookie(in payload: Span<UInt8>) -> TraceReading.Signature? {
    guard hasCookie(payloadCount: payload.count) else { return nil }
    return .cookie(low: key.low(payload.uint32(at: 0)), nonce: payload.uint64(at: 4))
  }

  /// The cookie in a quoted upper layer. Where extensions follow (`isPadded`), nothing but zeros where it should stand
  /// is padding behind a quote that was cut (RFC 4884 §4.1); elsewhere it is a wrong cookie.
  func cookie(quotedIn upper: Span<UInt8>, at offset: Int, isPadded: Bool) -> TraceReading.Signature? {
    guard upper.count > offset else { return nil }
    let payload = upper.extracting(offset..<upper.count)
    guard isPadded else { return cookie(in: payload) }
    for index in payload.indices where payload[index] != 0 { return cookie(in: payload) }
    return nil
  }

  /// Whether a signature can be seen to be ours without the table of probes. Not seen is not false: the higher bits
  /// of the number are not on the wire.
  func isCertain(_ signature: TraceReading.Signature) -> Bool {
    switch signature {
    case .cookie(let low, let nonce): key.isNonce(nonce, of: UInt64(low))
    case .tcpSequence(let sequence):
      configuration.payload != .ndisc6
        && key.sequence(UInt64(key.low(ofSequence: sequence))) == sequence
    case .echoSequence, .repeated, .ports, .socket: false
    }
  }

  /// Whether probes of this trace can have these ports (ICMPv6: identifier and 0). A port of ours that the kernel
  /// chooses may be any.
  func isPort(ours: UInt16, theirs: UInt16) -> Bool {
    let flow = configuration.flow
    var spread: (ours: UInt16, theirs: UInt16) = (0, 0)
    switch configuration.correlation {
    case .keyed: break
    case .portPerProbe: if countsSourcePort { spread.ours = .max } else { spread.theirs = .max }
    case .portPerHop: spread.theirs = 255
    }
    guard flow.sourcePort == 0 || isWithin(spread.ours, ours, of: flow.sourcePort) else { return false }
    return configuration.method == .icmp || isWithin(spread.theirs, theirs, of: flow.destinationPort)
  }

  private func isWithin(_ spread: UInt16, _ port: UInt16, of base: UInt16) -> Bool {
    if port &- base <= spread { return true }
    guard case .paths = configuration.mode else { return false }
    // How far from the first flow's ports others may lie, on either side.
    return min(port &- base, base &- port) <= 16_384
  }
}
