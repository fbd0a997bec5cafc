import Statistics
import Timing
import Wire

/// What arrivals mean. Nothing here is believed before source, identifier, sequence and nonce agree.
extension PingEngine {
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
    switch header.kind {
    case .echoReply: handleEchoReply(octets, arrival)
    case .nodeInformationReply: handleNodeInformationReply(octets, arrival)
    case .extendedEchoReply: handleExtendedEchoReply(octets, arrival)
    default: if header.kind.isError { handleCapturedError(octets, header, arrival) }
    }
  }

  /// An ICMPv6 error from the kernel's error queue. `quoted`: the invoking packet from its ICMPv6 header on.
  package mutating func handleError(_ quoted: Span<UInt8>, _ error: ErrorArrival) {
    guard let probe = probeQuoted(in: quoted, destination: error.destination) else {
      return reject(
        .quote, type: error.type,
        Arrival(source: error.source, sourceZone: error.sourceZone, stamp: error.stamp, readAt: error.readAt))
    }
    applyError(probe, error, stampSource: .kernel)
  }

  // MARK: Replies

  private mutating func handleEchoReply(_ octets: Span<UInt8>, _ arrival: Arrival) {
    guard let echo = try? ICMPv6Echo(decoding: octets) else {
      return reject(.malformed, type: 129, arrival)
    }
    guard echo.identifier == configuration.identifier else { return reject(.identifier, type: 129, arrival) }
    // Who asked something else has sent no echo request.
    guard question == nil else { return reject(.sequence, type: 129, arrival) }
    let payload = octets.extracting(echo.data)
    guard let (slot, comparison) = match(echo.sequence, payload, arrival) else {
      return reject(.sequence, type: 129, arrival)
    }
    if case .foreign = comparison { return reject(.nonce, type: 129, arrival) }

    let reply = makeReply(slot, octets: octets.count, arrival)
    let target = configuration.targets[Int(slot.target)]
    guard isPlausible(arrival, for: target) else {
      return reject(.source, type: 129, arrival, reply: reply)
    }
    guard slot.state != .sendFailed else { return reject(.sequence, type: 129, arrival, reply: reply) }
    if case .stampChanged = comparison { reject(.stamp, type: 129, arrival, reply: reply) }

    var corruption: Corruption?
    if case .corrupted(let offset, let isTruncated) = comparison {
      corruption = Corruption(
        offset: offset, received: offset < payload.count ? payload[offset] : nil,
        expected: message.expected(at: offset, stamp: slot.stamp, nonce: nonce(slot.probe)),
        isTruncated: isTruncated, payload: payload.indices.map { payload[$0] })
    }
    accept(reply, slot, corruption, arrival)
  }

  /// The probe that the 16 bits on the wire stand for, and how the payload compares with it. With more than 65,536
  /// probes in the table there are several: the nonce tells them apart, or, where there is no room for one, the source.
  private func match(
    _ wireSequence: UInt16, _ payload: Span<UInt8>, _ arrival: Arrival
  ) -> (ProbeSlot, ProbeMessage.Comparison)? {
    var first: (ProbeSlot, ProbeMessage.Comparison)?
    // Numbers on the wire are one above the table's.
    var candidate = table.youngest(endingIn: UInt64(wireSequence &- 1), bits: 16)
    while let probe = candidate, let slot = table[probe] {
      let comparison = message.compare(payload, stamp: slot.stamp, nonce: nonce(probe))
      if first == nil { first = (slot, comparison) }
      switch comparison {
      case .foreign: break
      case .same, .stampChanged, .corrupted:
        let isProven =
          message.hasNonce || isPlausible(arrival, for: configuration.targets[Int(slot.target)])
        if isProven { return (slot, comparison) }
      }
      candidate = probe >= 65_536 ? probe - 65_536 : nil
    }
    return first
  }

  /// The reply comes from whom we asked: the address itself, or, for a group or an anycast address that can be told
  /// from its form, any unicast address; and where zones are known, from the zone that we asked in.
  func isPlausible(_ arrival: Arrival, for target: ProbeTarget) -> Bool {
    guard target.zone == 0 || arrival.sourceZone == 0 || arrival.sourceZone == target.zone else {
      return false
    }
    if target.address.isMulticast || target.isSubnetRouterAnycast || target.isReservedSubnetAnycast {
      return !arrival.source.isMulticast && arrival.source != .unspecified
    }
    return arrival.source == target.reached
  }

  mutating func accept(_ reply: PingReply, _ slot: ProbeSlot, _ corruption: Corruption?, _ arrival: Arrival) {
    var reply = reply
    var slot = slot
    let target = Int(slot.target)
    // Whatever the stamps say: what is answered has left.
    table.setLeft(slot.probe)
    let isInTime = isInTime(slot, arrival)
    // The process did not run when the timeout passed: it is still the timeout that decides.
    if slot.state == .inFlight, !isInTime {
      giveUp(slot.probe, at: arrival.readAt)
      slot.state = .lost
    }
    let replier = UInt64(truncatingIfNeeded: arrival.source.bits)
    switch slot.state {
    case .replied, .late, .corrupted:
      reply.isFromAnotherHost =
        configuration.targets[target].address.isMulticast && slot.replier != replier
      targets[target].noteDuplicate()
      targets[target].notePipe(slot.sequence)
      events.append(.duplicate(reply))
      return settle(at: arrival.readAt)
    case .free, .sendFailed: return
    case .inFlight, .lost, .icmpError:
      table.setReplier(replier, of: slot.probe)
    }
    if let corruption {
      move(slot, to: .corrupted)
      events.append(.corrupted(reply, corruption))
    } else if isLate(slot, isInTime) {
      move(slot, to: .late)
      note(reply)
      events.append(.late(reply))
    } else {
      move(slot, to: .replied)
      note(reply)
      if configuration.reportsReplies { events.append(.reply(reply)) }
    }
    noteAnswered(slot, at: arrival.readAt)
    settle(at: arrival.readAt)
  }

  /// Late is what the network made late: a reply that was here in time and only read after its probe had been given
  /// up is none.
  private func isLate(_ slot: ProbeSlot, _ isInTime: Bool) -> Bool {
    if case .perProbe = configuration.wait { return !isInTime }
    return slot.state == .lost
  }

  /// Whether the reply came within the probe's timeout, where it has one: by the stamp, as far as that lies between
  /// our own call and read.
  private func isInTime(_ slot: ProbeSlot, _ arrival: Arrival) -> Bool {
    guard case .perProbe(let timeout) = configuration.wait else { return true }
    let stamp = arrival.stamp ?? arrival.readAt
    let arrivedAt = stamp >= slot.sentAt ? min(stamp, arrival.readAt) : arrival.readAt
    return arrivedAt - slot.departedAt <= timeout
  }

  private mutating func noteAnswered(_ slot: ProbeSlot, at now: Instant) {
    targets[Int(slot.target)].notePipe(slot.sequence)
    sequencer.answered()
    let before = outstanding
    youngestAnswered = max(youngestAnswered ?? 0, slot.probe)
    if outstanding == 0, before > 0 || inFlight == 0 {
      sequencer.windowAnswered(inFlight: inFlight, at: now)
    }
  }

  /// A believed reply enters the statistics.
  private mutating func note(_ reply: PingReply) {
    targets[reply.target].record(reply)
    longestRoundTrip = max(
      longestRoundTrip ?? .zero, reply.roundTrip ?? .zero, reply.receivedAt - reply.sentAt)
    if reply.roundTrip != nil {
      sequencer.adapt(ewmaEighthMicroseconds: targets[reply.target].ewmaEighthMicroseconds)
    }
  }

  func makeReply(_ slot: ProbeSlot, octets: Int, _ arrival: Arrival) -> PingReply {
    let times = roundTrip(slot, stamp: arrival.stamp, source: arrival.stampSource, readAt: arrival.readAt)
    return PingReply(
      target: Int(slot.target), sequence: slot.sequence, source: arrival.source,
      sourceZone: arrival.sourceZone, destination: arrival.destination, interface: arrival.interface,
      octets: octets, identifier: configuration.identifier, hopLimit: arrival.hopLimit,
      trafficClass: arrival.trafficClass, roundTrip: times.roundTrip, roundTripSource: times.source,
      hostTransmit: times.hostTransmit, hostReceive: times.hostReceive, sentAt: slot.sentAt,
      receivedAt: arrival.readAt)
  }

  // MARK: Errors

  /// A captured ICMPv6 error: the whole message, so the invoking packet begins with its IPv6 header.
  private mutating func handleCapturedError(
    _ octets: Span<UInt8>, _ header: ICMPv6Header, _ arrival: Arrival
  ) {
    guard let error = try? ICMPv6Error(decoding: octets) else {
      return reject(.malformed, type: header.type, arrival)
    }
    let invoking = InvokingPacket(decoding: octets, in: error.invokingPacket)
    guard let upper = invoking.upperLayerRange, invoking.chain?.nextHeader == .icmpv6,
      let probe = probeQuoted(in: octets.extracting(upper), destination: invoking.header?.destination)
    else { return reject(.quote, type: header.type, arrival) }
    applyError(
      probe,
      ErrorArrival(
        type: header.type, code: header.code, info: error.info, source: arrival.source,
        sourceZone: arrival.sourceZone, destination: invoking.header?.destination,
        interface: arrival.interface, hopLimit: arrival.hopLimit, stamp: arrival.stamp,
        readAt: arrival.readAt),
      stampSource: arrival.stampSource)
  }

  /// The probe that a quote, cut anywhere after its 8-octet header, is of.
  private func probeQuoted(in quoted: Span<UInt8>, destination: IPv6Address?) -> ProbeSlot? {
    if question != nil { return questionQuoted(in: quoted, destination: destination) }
    guard let echo = try? ICMPv6Echo(decoding: quoted), echo.kind == .request,
      echo.identifier == configuration.identifier,
      let youngest = table.youngest(endingIn: UInt64(echo.sequence &- 1), bits: 16)
    else { return nil }
    let payload = quoted.extracting(echo.data)
    var candidate: UInt64? = youngest
    while let probe = candidate, let slot = table[probe] {
      if message.isQuoted(payload, nonce: nonce(probe)), isDestination(destination, of: slot) { return slot }
      candidate = probe >= 65_536 ? probe - 65_536 : nil
    }
    return nil
  }

  /// The same for a node information query or an extended echo request.
  private func questionQuoted(in quoted: Span<UInt8>, destination: IPv6Address?) -> ProbeSlot? {
    var found: ProbeSlot?
    if let query = try? NodeInformation(decoding: quoted), case .query = query.kind {
      found = queried(query.nonce)
    } else if let request = try? ICMPv6ExtendedEchoRequest(decoding: quoted),
      request.identifier == configuration.identifier,
      let youngest = table.youngest(endingIn: UInt64(request.sequence &- 1), bits: 8)
    {
      found = candidate(from: youngest, bits: 8) { isDestination(destination, of: $0) }
    }
    guard let slot = found, isDestination(destination, of: slot) else { return nil }
    return slot
  }

  private func isDestination(_ destination: IPv6Address?, of slot: ProbeSlot) -> Bool {
    destination == nil || destination == configuration.targets[Int(slot.target)].reached
  }

  /// The youngest probe of those that end in the same bits and of which that holds; else the youngest of them.
  func candidate(from youngest: UInt64, bits: UInt64, where holds: (ProbeSlot) -> Bool) -> ProbeSlot? {
    var number = youngest
    while let slot = table[number] {
      if holds(slot) { return slot }
      guard number >= 1 << bits else { break }
      number -= 1 << bits
    }
    return table[youngest]
  }

  private mutating func applyError(_ slot: ProbeSlot, _ error: ErrorArrival, stampSource: RoundTripSource) {
    guard slot.state != .sendFailed else {
      return reject(
        .quote, type: error.type,
        Arrival(source: error.source, sourceZone: error.sourceZone, stamp: error.stamp, readAt: error.readAt))
    }
    targets[Int(slot.target)].notePipe(slot.sequence)
    let isExtra = slot.state != .inFlight && slot.state != .lost
    let times = roundTrip(slot, stamp: error.stamp, source: stampSource, readAt: error.readAt)
    if isExtra {
      targets[Int(slot.target)].noteExtraError()
    } else {
      move(slot, to: .icmpError)
    }
    events.append(
      .icmpError(
        PingError(
          target: Int(slot.target), sequence: slot.sequence, source: error.source,
          sourceZone: error.sourceZone, type: error.type, code: error.code, info: error.info,
          hopLimit: error.hopLimit, interface: error.interface, roundTrip: times.roundTrip,
          roundTripSource: times.source, sentAt: slot.sentAt, receivedAt: error.readAt, isExtra: isExtra)))
    if configuration.stopsAtError || configuration.until == .down && !isExtra { isStopping = true }
    if !isExtra { noteAnswered(slot, at: error.readAt) }
    settle(at: error.readAt)
  }

  // MARK: Time

  /// The parts of a round trip. Kernel stamps count only where both lie between our own call and read.
  private func roundTrip(
    _ slot: ProbeSlot, stamp: Instant?, source: RoundTripSource, readAt: Instant
  ) -> (
    roundTrip: Nanoseconds?, source: RoundTripSource, hostTransmit: Nanoseconds?, hostReceive: Nanoseconds?
  ) {
    if !configuration.measuresUserToUser, let stamp, let transmitted = slot.transmittedAt,
      transmitted >= slot.sentAt - PingEngine.stampTolerance, stamp >= transmitted,
      stamp <= readAt + PingEngine.stampTolerance
    {
      return (
        stamp - transmitted, source, max(transmitted - slot.sentAt, .zero), max(readAt - stamp, .zero)
      )
    }
    // A user-space round trip among kernel ones would be another quantity.
    if !slot.isStamped { return (nil, .user, nil, nil) }
    return (max(readAt - slot.sentAt, .zero), .user, nil, nil)
  }

  // MARK: What is not believed

  mutating func reject(_ reason: RejectionReason, type: UInt8, _ arrival: Arrival, reply: PingReply? = nil) {
    rejected[Int(reason.rawValue)] += 1
    events.append(
      .rejected(
        Rejection(
          reason: reason, source: arrival.source, sourceZone: arrival.sourceZone, type: type,
          at: arrival.readAt, reply: reply)))
  }
}

extension ICMPv6Error {
  /// MTU or pointer, as the error queue has it; 0 for the other types.
  var info: UInt32 {
    switch kind {
    case .packetTooBig(_, let mtu): mtu
    case .parameterProblem(_, let pointer): pointer
    case .destinationUnreachable, .timeExceeded, .unknown: 0
    }
  }
}

extension ProbeTarget {
  /// RFC 4291 §2.6.1 with the usual 64-bit prefix: the interface identifier is zero.
  package var isSubnetRouterAnycast: Bool {
    UInt64(truncatingIfNeeded: address.bits) == 0 && address != .unspecified
  }

  /// RFC 2526 §2: the highest 128 interface identifiers of 64 bits, with the universal/local bit clear.
  package var isReservedSubnetAnycast: Bool {
    UInt64(truncatingIfNeeded: address.bits) | 0x7f == 0xfdff_ffff_ffff_ffff
  }

  /// The address that answers: what is sent to the unspecified address, Linux sends to the loopback address.
  var reached: IPv6Address { address == .unspecified ? .loopback : address }
}
