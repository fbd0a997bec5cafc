import Wire

/// The octets of a probe.
extension TraceMessages {
  /// Writes an assigned probe into the buffer and returns how many octets (0 where the kernel makes the packet).
  /// `wall`: nanoseconds since 1970, for a payload that shows them.
  func write(
    into buffer: inout MutableSpan<UInt8>, number: UInt64, probe: TraceProbe, target: TraceTarget, wall: Int64
  ) -> Int {
    switch (configuration.method, configuration.framing) {
    case (.connect, _), (.tcp, .message): return 0
    case (.udp, .message):
      let count = payloadCount(probe)
      guard buffer.count >= count else { return 0 }
      writePayload(into: &buffer, 0..<count, number: number, probe: probe, wall: wall)
      return count
    case (.icmp, .message):
      let count = ICMPv6Echo.headerCount + payloadCount(probe)
      guard buffer.count >= count else { return 0 }
      writeEcho(into: &buffer, 0..<count, number: number, probe: probe, wall: wall)
      return count
    case (_, .packet):
      let start = IPv6Header.count + routingCount
      guard probe.packetLength >= minimumLength, probe.packetLength <= buffer.count,
        (try? writeHeaders(into: &buffer, probe, target)) != nil
      else { return 0 }
      let range = start..<probe.packetLength
      switch configuration.method {
      case .udp: writeUDP(into: &buffer, range, number: number, probe: probe, wall: wall)
      case .icmp: writeEcho(into: &buffer, range, number: number, probe: probe, wall: wall)
      case .tcp, .connect:
        guard (try? writeTCP(into: &buffer, range, number: number, probe: probe, target: target)) != nil
        else { return 0 }
        return probe.packetLength
      }
      writeChecksum(into: &buffer, range, target)
      return probe.packetLength
    }
  }

  // MARK: Headers

  private var upperLayer: NextHeader {
    switch configuration.method {
    case .udp: .udp
    case .icmp: .icmpv6
    case .tcp, .connect: .tcp
    }
  }

  /// The IPv6 header, and segment routing through the gateways: the list runs backwards, from the target on
  /// (RFC 8754 §2).
  private func writeHeaders(
    into buffer: inout MutableSpan<UInt8>, _ probe: TraceProbe, _ target: TraceTarget
  ) throws(WireError) {
    let gateways = configuration.gateways.prefix(TraceMessages.maximumGateways)
    let header = IPv6Header(
      trafficClass: TrafficClass(rawValue: configuration.trafficClass),
      flowLabel: FlowLabel(truncating: probe.flow.flowLabel),
      payloadLength: UInt16(clamping: probe.packetLength - IPv6Header.count),
      nextHeader: gateways.isEmpty ? upperLayer : .routing, hopLimit: HopLimit(rawValue: probe.hopLimit),
      source: target.source, destination: gateways.first ?? target.address)
    try header.encode(into: &buffer)
    guard !gateways.isEmpty else { return }
    var segments = [UInt8](repeating: 0, count: 16 * (gateways.count + 1))
    var list = segments.mutableSpan
    try target.address.encode(into: &list)
    for (index, gateway) in gateways.reversed().enumerated() {
      try gateway.encode(into: &list, at: 16 * (index + 1))
    }
    try RoutingHeader.encode(
      .segmentRouting, nextHeader: upperLayer, segmentsLeft: UInt8(clamping: gateways.count),
      segments: segments.span, into: &buffer, at: IPv6Header.count)
  }

  private func writeUDP(
    into buffer: inout MutableSpan<UInt8>, _ range: Range<Int>, number: UInt64, probe: TraceProbe, wall: Int64
  ) {
    buffer.store(probe.flow.sourcePort, at: range.lowerBound)
    buffer.store(probe.flow.destinationPort, at: range.lowerBound + 2)
    buffer.store(UInt16(clamping: range.count), at: range.lowerBound + 4)
    buffer.store(UInt16(0), at: range.lowerBound + 6)
    writePayload(
      into: &buffer, (range.lowerBound + UDPHeader.count)..<range.upperBound, number: number, probe: probe,
      wall: wall)
  }

  /// An echo request with a zero checksum.
  private func writeEcho(
    into buffer: inout MutableSpan<UInt8>, _ range: Range<Int>, number: UInt64, probe: TraceProbe, wall: Int64
  ) {
    let sequence = echoSequence(number, probe)
    let header =
      UInt64(ICMPv6Echo.Kind.request.rawValue) << 56 | UInt64(probe.flow.sourcePort) << 16 | UInt64(sequence)
    buffer.store(header, at: range.lowerBound)
    let payload = (range.lowerBound + ICMPv6Echo.headerCount)..<range.upperBound
    writePayload(into: &buffer, payload, number: number, probe: probe, wall: wall)
    guard keepsChecksum, payload.count >= 2 else { return }
    // Sequence, cookie and these two octets sum up to all ones, whatever the number is.
    let place = payload.lowerBound + (hasCookie(payloadCount: payload.count) ? TraceKey.cookieCount : 0)
    var sum = InternetChecksum()
    sum.add(sequence)
    sum.add(buffer.span.extracting(payload.lowerBound..<place))
    buffer.store(sum.value, at: place)
  }

  /// UDP and ICMPv6: the checksum over pseudo-header and octets; zero, which UDP cannot send, becomes ffff
  /// (RFC 8200 §8.1).
  private func writeChecksum(
    into buffer: inout MutableSpan<UInt8>, _ range: Range<Int>, _ target: TraceTarget
  ) {
    let pseudoHeader = PseudoHeader(
      source: target.source, destination: target.address, upperLayerCount: UInt32(clamping: range.count),
      nextHeader: upperLayer)
    let checksum = pseudoHeader.checksum(of: buffer.span.extracting(range))
    if configuration.method == .udp {
      buffer.store(checksum == 0 ? 0xffff : checksum, at: range.lowerBound + 6)
    } else {
      buffer.store(checksum, at: range.lowerBound + 2)
    }
  }

  private func writeTCP(
    into buffer: inout MutableSpan<UInt8>, _ range: Range<Int>, number: UInt64, probe: TraceProbe,
    target: TraceTarget
  ) throws(WireError) {
    let identity = tcpSequence(number, probe)
    // ndisc6 leaves the sequence of an acknowledgment zero.
    let header = TCPHeader(
      source: Port(rawValue: probe.flow.sourcePort), destination: Port(rawValue: probe.flow.destinationPort),
      sequence: acknowledges && configuration.payload == .ndisc6 ? 0 : identity,
      acknowledgment: acknowledges ? identity : 0, flags: configuration.tcpFlags, window: window)
    let data = [UInt8](repeating: 0, count: max(range.count - headerCount, 0))
    try header.encode(
      into: &buffer, at: range.lowerBound, options: tcpOptions.span, data: data.span,
      addresses: (target.source, target.address))
  }

  /// What Linux, traceroute and ndisc6 offer.
  private var window: UInt16 {
    switch configuration.payload {
    case .traceroute: 5_760
    case .ndisc6: 4_096
    case .pattern, .tracepath: 64_800
    }
  }

  private var tcpOptions: [UInt8] {
    if configuration.tcpOptions.isEmpty {
      // Maximum segment size 1440 (RFC 9293 §3.7.1: 1500 less the headers).
      return configuration.payload == .ndisc6 || configuration.isTCPBare ? [] : [2, 4, 0x05, 0xa0]
    }
    return Array(configuration.tcpOptions.prefix(40))
  }

  // MARK: Payload

  private func writePayload(
    into buffer: inout MutableSpan<UInt8>, _ range: Range<Int>, number: UInt64, probe: TraceProbe, wall: Int64
  ) {
    switch configuration.payload {
    case .pattern(let pattern): fill(&buffer, range, with: pattern)
    case .traceroute:
      // It fills the whole message before it puts the echo header over the first eight octets.
      let shift = configuration.method == .icmp ? ICMPv6Echo.headerCount : 0
      for index in range {
        buffer[index] = 0x40 + UInt8(truncatingIfNeeded: index - range.lowerBound + shift) & 0x3f
      }
    case .ndisc6: buffer.fill(range, with: 0)
    case .tracepath: writeTracepathPayload(into: &buffer, range, probe, wall)
    }
    guard hasCookie(payloadCount: range.count) else { return }
    let cookie = key.cookie(number)
    buffer.store(cookie.low, at: range.lowerBound)
    buffer.store(cookie.nonce, at: range.lowerBound + 4)
  }

  private func fill(_ buffer: inout MutableSpan<UInt8>, _ range: Range<Int>, with pattern: [UInt8]) {
    var place = 0
    for index in range {
      if pattern.isEmpty {
        buffer[index] = UInt8(truncatingIfNeeded: index - range.lowerBound)
      } else {
        buffer[index] = pattern[place]
        place = place + 1 == pattern.count ? 0 : place + 1
      }
    }
  }

  /// A C structure of a 64-bit little-endian host: hop limit (32 bits and as many of padding), seconds,
  /// nanoseconds.
  private func writeTracepathPayload(
    into buffer: inout MutableSpan<UInt8>, _ range: Range<Int>, _ probe: TraceProbe, _ wall: Int64
  ) {
    buffer.fill(range, with: 0)
    let (seconds, nanoseconds) = wall.quotientAndRemainder(dividingBy: 1_000_000_000)
    let words = [
      UInt64(probe.hopLimit), UInt64(bitPattern: seconds), UInt64(bitPattern: nanoseconds),
    ]
    for (index, word) in words.enumerated() where range.count >= 8 * (index + 1) {
      buffer.store(word.byteSwapped, at: range.lowerBound + 8 * index)
    }
  }
}
