import Wire

/// Which probe a reading belongs to.
extension TraceMessages {
  /// The probe that a reading belongs to, keys checked, and whether the key could not be checked because too
  /// little was quoted.
  func match(_ reading: TraceReading, in probes: some NumberedProbes) -> Match {
    switch reading.signature {
    case .socket(let number):
      return probes[probe: number] == nil ? .none(.sequence) : .probe(number, isWeak: false)
    case .cookie(let low, let nonce):
      if let number = number(
        endingIn: UInt64(low), bits: 32, in: probes, where: { key.isNonce(nonce, of: $0) })
      {
        // Our own datagram, captured on its way out, has the key too, and the other port first.
        if reading.answer == .datagram, probes[probe: number].map({ isLike($0, reading, in: probes) }) != true
        {
          return .none(.quote)
        }
        return .probe(number, isWeak: false)
      }
      return .none(key.isNonce(nonce, of: UInt64(low)) ? .sequence : .nonce)
    case .tcpSequence(let sequence):
      if configuration.payload == .ndisc6 { return matchFields(sequence, reading, in: probes) }
      let low = UInt64(key.low(ofSequence: sequence))
      if let number = number(endingIn: low, bits: 16, in: probes, where: { key.sequence($0) == sequence }) {
        return .probe(number, isWeak: false)
      }
      if let number = acknowledged(sequence, reading, in: probes) { return .probe(number, isWeak: false) }
      return .none(.nonce)
    case .echoSequence(let sequence):
      let fits = { isLike($0, reading, in: probes) }
      if configuration.payload == .ndisc6 {
        return weak(probes.youngest { fits($0) && echoSequence(0, $0) == sequence })
      }
      let found = number(endingIn: UInt64(sequence &- configuration.firstSequence), bits: 16, in: probes) {
        probes[probe: $0].map(fits) == true
      }
      // A reply repeats the whole payload: that of a probe with a cookie has it.
      if reading.answer == .echoReply, let found, let probe = probes[probe: found],
        hasCookie(payloadCount: payloadCount(probe))
      {
        return .none(.nonce)
      }
      return weak(found)
    case .repeated(let low, let source, let destination):
      let found = number(endingIn: UInt64(low), bits: 16, in: probes) {
        probes[probe: $0].map { isLike($0, reading, in: probes) } == true
      }
      return found.map { .probe($0, isWeak: true) }
        ?? matchPorts(source, destination, nil, reading, in: probes)
    case .ports(let source, let destination, let length):
      return matchPorts(source, destination, length, reading, in: probes)
    }
  }

  // MARK: Numbers

  /// The youngest probe whose number ends so and passes, among those still remembered.
  private func number(
    endingIn low: UInt64, bits: UInt64, in probes: some NumberedProbes, where passes: (UInt64) -> Bool
  ) -> UInt64? {
    guard var number = probes.youngest(endingIn: low, bits: bits) else { return nil }
    let step = UInt64(1) << bits
    for _ in 0..<TraceMessages.stepLimit {
      guard probes[probe: number] != nil else { return nil }
      if passes(number) { return number }
      guard number >= step else { return nil }
      number -= step
    }
    return nil
  }

  /// How often the numbers on the wire may have come round while a probe waits for its answer, and how many of the
  /// youngest probes are looked at where no number is on the wire.
  private static var stepLimit: Int { 64 }
  private static var scanLimit: UInt64 { 4_096 }

  /// A reset acknowledges data as well, and how much there was, only the probe itself knows.
  private func acknowledged(
    _ sequence: UInt32, _ reading: TraceReading, in probes: some NumberedProbes
  ) -> UInt64? {
    guard carriesTCPData, case .tcp = reading.answer,
      var number = probes.youngest(endingIn: 0, bits: 0)
    else { return nil }
    for _ in 0..<TraceMessages.scanLimit {
      guard let probe = probes[probe: number] else { return nil }
      if tcpSequence(number, probe) &+ UInt32(clamping: payloadCount(probe)) == sequence { return number }
      guard number > 0 else { return nil }
      number -= 1
    }
    return nil
  }

  // MARK: Without a key

  private func weak(_ number: UInt64?) -> Match { number.map { .probe($0, isWeak: true) } ?? .none(.quote) }

  /// ndisc6: hop limit and query stand in the TCP sequence.
  private func matchFields(
    _ sequence: UInt32, _ reading: TraceReading, in probes: some NumberedProbes
  ) -> Match {
    let found = probes.youngest { probe in
      let sent = tcpSequence(0, probe)
      guard isLike(probe, reading, in: probes) else { return false }
      guard case .tcp = reading.answer else { return sent == sequence }
      return sent == sequence || sent &+ UInt32(clamping: payloadCount(probe)) == sequence
    }
    return found.map { .probe($0, isWeak: true) } ?? .none(.nonce)
  }

  private func matchPorts(
    _ source: UInt16?, _ destination: UInt16, _ length: Int?, _ reading: TraceReading,
    in probes: some NumberedProbes
  ) -> Match {
    let headerCount = IPv6Header.count + routingCount
    func fits(_ probe: TraceProbe) -> Bool {
      guard probe.flow.destinationPort == destination else { return false }
      if let source, probe.flow.sourcePort != 0, probe.flow.sourcePort != source { return false }
      if let length, probe.packetLength != headerCount + length { return false }
      return isLike(probe, reading, in: probes)
    }
    if configuration.correlation == .portPerProbe, configuration.payload != .tracepath {
      let (port, base) =
        countsSourcePort
        ? (source, configuration.flow.sourcePort) : (destination, configuration.flow.destinationPort)
      if let port, base != 0 {
        // Port 1 also stands for port 0.
        for low in port == 1 ? [port &- base, 0 &- base] : [port &- base] {
          let found = number(endingIn: UInt64(low), bits: 16, in: probes) {
            probes[probe: $0].map(fits) == true
          }
          if let found { return .probe(found, isWeak: true) }
        }
      }
    }
    if let number = probes.oldestInFlight(where: fits) {
      // The queries of a hop may look alike, and are answered in order; else, of two that fit, neither is taken.
      let isInOrder = configuration.correlation == .portPerHop && configuration.method == .udp
      let first = probes[probe: number]
      var isFirst = true
      let other = probes.oldestInFlight { probe in
        guard fits(probe) else { return false }
        defer { isFirst = false }
        return !isFirst && (!isInOrder || probe.hopLimit != first?.hopLimit)
      }
      if other != nil { return .none(.quote) }
      return .probe(number, isWeak: true)
    }
    return weak(probes.youngest(where: fits))
  }

  /// Whether what is shown of the packet can be this probe, where no key can say it.
  private func isLike(_ probe: TraceProbe, _ reading: TraceReading, in probes: some NumberedProbes) -> Bool {
    let quoted = reading.quoted
    if let port = quoted.sourcePort, probe.flow.sourcePort != 0, port != probe.flow.sourcePort {
      return false
    }
    if let port = quoted.destinationPort, probe.flow.destinationPort != port { return false }
    if let length = quoted.payloadLength, length != probe.packetLength - IPv6Header.count { return false }
    guard let destination = quoted.destination else { return true }
    return destination == probes.target(of: probe).address
      || configuration.gateways.contains(destination)
  }
}

/// What a quoted packet shows changed.
extension TraceMessages {
  /// What the quoted packet shows changed.
  func rewrites(
    _ quoted: TraceReading.Quoted, number: UInt64, probe: TraceProbe, target: TraceTarget
  ) -> [TraceRewrite] {
    var found: [TraceRewrite] = []
    if let quoted = quoted.trafficClass {
      let sent = configuration.trafficClass
      if quoted >> 2 != sent >> 2 {
        found.append(.differentiatedServices(sent: sent >> 2, quoted: quoted >> 2))
      }
      if quoted & 3 != sent & 3 { found.append(.ecn(sent: sent & 3, quoted: quoted & 3)) }
    }
    let flow = probe.flow
    if let quoted = quoted.flowLabel, quoted != flow.flowLabel & 0xf_ffff {
      found.append(.flowLabel(sent: flow.flowLabel & 0xf_ffff, quoted: quoted))
    }
    // From here on what a checksum covers.
    let before = found.count
    if let quoted = quoted.source, target.source != .unspecified, quoted != target.source {
      found.append(.source(sent: target.source, quoted: quoted))
    }
    if let quoted = quoted.destination, quoted != target.address, !configuration.gateways.contains(quoted) {
      found.append(.destination(sent: target.address, quoted: quoted))
    }
    if let quoted = quoted.sourcePort, flow.sourcePort != 0, quoted != flow.sourcePort {
      found.append(.sourcePort(sent: flow.sourcePort, quoted: quoted))
    }
    if let quoted = quoted.destinationPort, flow.destinationPort != 0, quoted != flow.destinationPort {
      found.append(.destinationPort(sent: flow.destinationPort, quoted: quoted))
    }
    if let quoted = quoted.payloadLength, quoted != probe.packetLength - IPv6Header.count {
      found.append(.length(sent: probe.packetLength - IPv6Header.count, quoted: quoted))
    }
    if found.count == before, let quoted = quoted.checksum,
      let sent = checksum(number: number, probe: probe, target: target), quoted != sent
    {
      found.append(.checksum(sent: sent, quoted: quoted))
    }
    return found
  }

  /// The transport checksum that a probe left with; nil where the kernel made it, or where the payload held a time.
  private func checksum(number: UInt64, probe: TraceProbe, target: TraceTarget) -> UInt16? {
    guard configuration.framing == .packet, configuration.payload != .tracepath,
      target.source != .unspecified
    else { return nil }
    var octets = [UInt8](repeating: 0, count: max(probe.packetLength, minimumLength))
    var buffer = octets.mutableSpan
    guard write(into: &buffer, number: number, probe: probe, target: target, wall: 0) > 0 else { return nil }
    let start = IPv6Header.count + routingCount
    switch configuration.method {
    case .udp: return buffer.span.uint16(at: start + 6)
    case .icmp: return buffer.span.uint16(at: start + 2)
    case .tcp: return buffer.span.uint16(at: start + 16)
    case .connect: return nil
    }
  }
}
