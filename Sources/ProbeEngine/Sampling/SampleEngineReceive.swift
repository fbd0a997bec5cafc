import Statistics
import Timing
import Wire

/// What arrivals mean. Nothing here is believed before source, identifier, number and nonce agree.
extension SampleEngine {
  /// An ICMPv6 message, from its type octet on.
  package mutating func handleReceived(_ octets: Span<UInt8>, _ arrival: Arrival) {
    guard let header = try? ICMPv6Header(decoding: octets) else {
      return reject(.malformed, type: octets.isEmpty ? 0 : octets[0], arrival)
    }
    if arrival.isChecksumUnverified {
      guard let destination = arrival.destination,
        ICMPv6Checksum.isValid(octets, from: arrival.source, to: destination)
      else { return reject(.checksum, type: header.type, arrival) }
    }
    if case .echoReply = header.kind {
      handleEchoReply(octets, arrival)
    } else if header.kind.isError {
      handleCapturedError(octets, header, arrival)
    }
  }

  /// A UDP datagram's payload, from that port.
  package mutating func handleDatagram(_ octets: Span<UInt8>, from port: UInt16, _ arrival: Arrival) {
    let (source, zone) = (arrival.source, arrival.sourceZone)
    guard
      let slot = marked(octets) ?? asked(source, zone, port, octets, mustAgree: true)
        ?? asked(source, zone, port, octets, mustAgree: false)
    else { return reject(.sequence, type: 0, arrival) }
    let asked = destination(of: slot)
    guard asked.port == port, asked.isAnswered(by: arrival.source, zone: arrival.sourceZone) else {
      return reject(.source, type: 0, arrival)
    }
    accept(slot, .datagram, arrival)
  }

  /// TCP: the handshake ended.
  package mutating func handleConnected(_ number: UInt64, _ answer: SampleAnswer, _ arrival: Arrival) {
    guard let slot = table[number] else { return }
    guard case .tcp(let acceptsReset) = groups[group(of: slot)].kind else { return }
    if answer == .reset, !acceptsReset {
      refuse(slot, .reset, type: 0, code: 0, info: 0, arrival)
    } else {
      accept(slot, answer, arrival)
    }
  }

  /// An ICMPv6 error from the error queue of the echo or UDP socket; `quoted`: the invoking packet from its ICMPv6
  /// header on, or (UDP) its payload.
  package mutating func handleError(_ quoted: Span<UInt8>, _ error: ErrorArrival, isUDP: Bool) {
    let found =
      isUDP
      ? datagramQuoted(quoted, error)
      : echoQuoted(quoted, destination: error.destination)
    guard let slot = found else { return reject(.quote, type: error.type, Arrival(error)) }
    apply(error, to: slot, stampSource: .kernel)
  }

  /// An ICMPv6 error for a TCP probe.
  package mutating func handleError(of number: UInt64, _ error: ErrorArrival) {
    guard let slot = table[number], case .tcp = groups[group(of: slot)].kind else { return }
    apply(error, to: slot, stampSource: .kernel)
  }

  // MARK: Echo

  private mutating func handleEchoReply(_ octets: Span<UInt8>, _ arrival: Arrival) {
    guard let echo = try? ICMPv6Echo(decoding: octets) else {
      return reject(.malformed, type: 129, arrival)
    }
    guard echo.identifier == configuration.identifier else { return reject(.identifier, type: 129, arrival) }
    var reason = RejectionReason.sequence
    let payload = octets.extracting(echo.data)
    var number = table.youngest(endingIn: UInt64(echo.sequence &- 1), bits: 16)
    // Numbers that end alike stand a whole wrap of the sequence apart; sixteen of them have a slot at most.
    for _ in 0..<16 {
      guard let candidate = number else { break }
      number = candidate >= 65_536 ? candidate - 65_536 : nil
      guard let slot = table[candidate], let message = echoMessage(of: slot) else { continue }
      guard message.isMarked(payload, number: candidate, nonce: message.hasNonce ? nonce(candidate) : 0)
      else {
        reason = .nonce
        continue
      }
      guard destination(of: slot).isAnswered(by: arrival.source, zone: arrival.sourceZone) else {
        reason = .source
        // Who says so little of itself may be one sent earlier to somebody else.
        if message.hasNonce { break }
        continue
      }
      return accept(slot, .echoReply, arrival)
    }
    reject(reason, type: 129, arrival)
  }

  private func echoMessage(of slot: SampleSlot) -> SampleMessage? {
    let group = group(of: slot)
    guard slot.state != .forgotten, case .echo = groups[group].kind else { return nil }
    return groups[group].message
  }

  /// The probe that a quote, cut anywhere after its 8-octet header, is of.
  private func echoQuoted(_ quoted: Span<UInt8>, destination asked: IPv6Address?) -> SampleSlot? {
    guard let echo = try? ICMPv6Echo(decoding: quoted), echo.kind == .request,
      echo.identifier == configuration.identifier
    else { return nil }
    let payload = quoted.extracting(echo.data)
    var number = table.youngest(endingIn: UInt64(echo.sequence &- 1), bits: 16)
    for _ in 0..<16 {
      guard let candidate = number else { return nil }
      number = candidate >= 65_536 ? candidate - 65_536 : nil
      guard let slot = table[candidate], let message = echoMessage(of: slot),
        message.isQuoted(payload, number: candidate, nonce: message.hasNonce ? nonce(candidate) : 0),
        asked == nil || asked == destination(of: slot).address
      else { continue }
      return slot
    }
    return nil
  }

  private mutating func handleCapturedError(
    _ octets: Span<UInt8>, _ header: ICMPv6Header, _ arrival: Arrival
  ) {
    guard let error = try? ICMPv6Error(decoding: octets) else {
      return reject(.malformed, type: header.type, arrival)
    }
    let invoking = InvokingPacket(decoding: octets, in: error.invokingPacket)
    // Errors for UDP and TCP come by their sockets' error queues.
    if let next = invoking.chain?.nextHeader, next == .udp || next == .tcp { return }
    guard let upper = invoking.upperLayerRange, invoking.chain?.nextHeader == .icmpv6,
      let slot = echoQuoted(octets.extracting(upper), destination: invoking.header?.destination)
    else { return reject(.quote, type: header.type, arrival) }
    let told = ErrorArrival(
      type: header.type, code: header.code, info: error.info, source: arrival.source,
      sourceZone: arrival.sourceZone, destination: invoking.header?.destination,
      interface: arrival.interface, hopLimit: arrival.hopLimit, stamp: arrival.stamp, readAt: arrival.readAt)
    apply(told, to: slot, stampSource: arrival.stampSource)
  }

  // MARK: UDP

  /// The UDP probe whose number and nonce are in there; of a quote as much of them as is there.
  private func marked(_ payload: Span<UInt8>, isQuote: Bool = false) -> SampleSlot? {
    guard payload.count >= (isQuote ? 8 : 16), let slot = table[payload.uint64(at: 0)],
      let message = datagramMessage(of: slot), message.hasNumber,
      message.isQuoted(payload, number: slot.number, nonce: nonce(slot.number))
    else { return nil }
    return slot
  }

  private func datagramMessage(of slot: SampleSlot) -> SampleMessage? {
    let group = group(of: slot)
    guard slot.state != .forgotten, case .udp = groups[group].kind else { return nil }
    return groups[group].message
  }

  private func datagramQuoted(_ quoted: Span<UInt8>, _ error: ErrorArrival) -> SampleSlot? {
    if let slot = marked(quoted, isQuote: true) {
      let asked = destination(of: slot)
      guard error.destination == nil || error.destination == asked.address else { return nil }
      return slot
    }
    guard let address = error.destination else { return nil }
    return asked(address, 0, error.destinationPort, quoted, mustAgree: true)
  }

  /// The oldest UDP probe in flight to that address and port; where it `mustAgree`, the oldest that the payload, as
  /// far as it goes, is of.
  private func asked(
    _ address: IPv6Address, _ zone: UInt32, _ port: UInt16, _ payload: Span<UInt8>, mustAgree: Bool
  ) -> SampleSlot? {
    var place = firstDatagramTarget(address, port)
    while place < datagramTargets.count {
      let target = Int(datagramTargets[place])
      let asked = configuration.targets[target]
      guard asked.address == address, asked.port == port else { break }
      place += 1
      guard asked.zone == 0 || zone == 0 || asked.zone == zone, tallies[target].open > 0 else { continue }
      if let slot = oldestInFlight(of: target, to: asked, payload, mustAgree) { return slot }
    }
    for (target, past) in former {
      for then in past where then.destination.address == address && then.destination.port == port {
        if let slot = oldestInFlight(of: Int(target), to: then.destination, payload, mustAgree) {
          return slot
        }
      }
    }
    return nil
  }

  private func oldestInFlight(
    of target: Int, to asked: SampleTarget, _ payload: Span<UInt8>, _ mustAgree: Bool
  ) -> SampleSlot? {
    let group = Int(configuration.targets[target].group)
    var offset = 0
    while let number = groups[group].queue.number(at: offset) {
      offset += 1
      guard let slot = table[number], slot.isInFlight, Int(slot.target) == target,
        destination(of: slot) == asked
      else { continue }
      if mustAgree, let message = groups[group].message,
        !message.isQuoted(payload, number: number, nonce: nonce(number))
      {
        continue
      }
      return slot
    }
    return nil
  }

  /// Where targets of that address and port begin.
  private func firstDatagramTarget(_ address: IPv6Address, _ port: UInt16) -> Int {
    var (low, high) = (0, datagramTargets.count)
    while low < high {
      let middle = (low + high) / 2
      let target = configuration.targets[Int(datagramTargets[middle])]
      if (target.address.bits, target.port) < (address.bits, port) { low = middle + 1 } else { high = middle }
    }
    return low
  }

  mutating func indexDatagramTargets() {
    datagramTargets.removeAll(keepingCapacity: true)
    for group in groups {
      guard case .udp = group.kind else { continue }
      for target in group.targets { datagramTargets.append(Int32(truncatingIfNeeded: target)) }
    }
    let targets = configuration.targets
    datagramTargets.sort {
      let (a, b) = (targets[Int($0)], targets[Int($1)])
      return (a.address.bits, a.port, $0) < (b.address.bits, b.port, $1)
    }
  }

  // MARK: What is not believed

  mutating func reject(_ reason: RejectionReason, type: UInt8, _ arrival: Arrival) {
    rejected &+= 1
    events.append(
      .rejected(
        Rejection(
          reason: reason, source: arrival.source, sourceZone: arrival.sourceZone, type: type,
          at: arrival.readAt)))
  }
}

extension SampleTarget {
  /// The answer comes from whom was asked: the address itself, or, for a group or an anycast address that can be told
  /// from its form, any unicast address; and where zones are known, from the zone that was asked in.
  func isAnswered(by source: IPv6Address, zone sourceZone: UInt32) -> Bool {
    guard zone == 0 || sourceZone == 0 || sourceZone == zone else { return false }
    let target = ProbeTarget(address: address, zone: zone)
    if address.isMulticast || target.isSubnetRouterAnycast || target.isReservedSubnetAnycast {
      return !source.isMulticast && source != .unspecified
    }
    return source == address
  }
}

extension Arrival {
  init(_ error: ErrorArrival) {
    self.init(
      source: error.source, sourceZone: error.sourceZone, interface: error.interface,
      hopLimit: error.hopLimit,
      stamp: error.stamp, readAt: error.readAt)
  }
}
