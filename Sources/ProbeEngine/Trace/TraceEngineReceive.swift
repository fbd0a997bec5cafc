package import Timing
import Wire

/// What arrivals mean. Nothing here is believed before it is tied to one probe by what only that probe carried.
extension TraceEngine {
  /// Who said it, and when it was heard.
  struct Heard {
    var source: IPv6Address
    var zone: UInt32 = 0
    var interface: UInt32 = 0
    var hopLimit: UInt8?
    var trafficClass: UInt8?
    var stamp: Instant?
    var stampSource = RoundTripSource.kernel
    var readAt: Instant
  }

  /// A captured packet from its IPv6 header on. Nobody has checked its checksums.
  package mutating func handlePacket(_ octets: Span<UInt8>, _ arrival: Arrival) {
    take(messages.read(packet: octets), Heard(arrival))
  }

  /// An ICMPv6 message from a ping socket.
  package mutating func handleMessage(_ octets: Span<UInt8>, _ arrival: Arrival) {
    take(messages.read(message: octets), Heard(arrival))
  }

  /// A UDP datagram's payload; `source` in `arrival`. `destinationPort`: our port that it came to.
  package mutating func handleDatagram(
    _ octets: Span<UInt8>, sourcePort: UInt16, destinationPort: UInt16, _ arrival: Arrival
  ) {
    take(
      messages.read(datagram: octets, sourcePort: sourcePort, destinationPort: destinationPort),
      Heard(arrival))
  }

  /// An entry of the error queue. The octets are the invoking packet behind its IPv6 header and extension headers:
  /// UDP from the payload on, ICMPv6 and TCP from their header on; extensions behind. `number`: the probe whose
  /// own socket it came by.
  package mutating func handleError(_ octets: Span<UInt8>, _ error: ErrorArrival, number: UInt64? = nil) {
    take(
      messages.read(error: octets, error, number: number),
      Heard(
        source: error.source, zone: error.sourceZone, interface: error.interface, hopLimit: error.hopLimit,
        trafficClass: nil, stamp: error.stamp, readAt: error.readAt))
  }

  /// connect(2) has ended without an ICMPv6 error: 0 is success; ECONNREFUSED a reset; else errno(3).
  package mutating func handleConnected(_ number: UInt64, errno: Int32, at now: Instant) {
    guard let slot = table[number], slot.isInFlight else { return }
    let answer: TraceAnswer
    switch errno {
    case 0: answer = .connected
    case TraceEngine.connectionRefused: answer = .refused
    case TraceEngine.timedOut:
      giveUp(number, at: now)
      return settle(at: now)
    // An ICMPv6 error, of which the error queue says more.
    default: return
    }
    let target = table.target(of: slot.probe)
    accept(
      TraceReading(signature: .socket(number: number), answer: answer, extensions: [], quoted: .init()),
      number, isWeak: false,
      Heard(source: target.address, zone: target.zone, readAt: now))
  }

  /// errno(3), x86-64 and arm64 alike.
  private static let connectionRefused: Int32 = 111
  private static let timedOut: Int32 = 110

  /// What was read of an arrival.
  mutating func take(_ outcome: TraceMessages.Outcome, _ heard: Heard) {
    guard !isFinished else { return }
    switch outcome {
    case .foreign: return
    case .rejected(let reason, let type): reject(reason, type: type, heard)
    case .reading(let reading):
      switch messages.match(reading, in: table) {
      case .none(let reason): reject(reason, type: reading.answer.icmp?.type ?? 0, heard)
      case .probe(let number, let isWeak): accept(reading, number, isWeak: isWeak, heard)
      }
    }
  }

  /// An answer to that probe.
  mutating func accept(_ reading: TraceReading, _ number: UInt64, isWeak: Bool, _ heard: Heard) {
    guard let slot = table[number], slot.state != .sendFailed else {
      return reject(.sequence, type: reading.answer.icmp?.type ?? 0, heard)
    }
    if reading.answer == .datagram, heard.source != table.target(of: slot.probe).address {
      return reject(.source, type: 0, heard)
    }
    switch slot.state {
    // A second answer to the same probe says nothing new.
    case .free, .sendFailed, .replied, .late: return
    case .inFlight: believe(makeReply(slot, reading, isWeak: isWeak, heard), slot)
    case .lost:
      var reply = makeReply(slot, reading, isWeak: isWeak, heard)
      reply.isLate = true
      believeLate(reply, slot)
    case .abandoned:
      var reply = makeReply(slot, reading, isWeak: isWeak, heard)
      reply.isLate = true
      table.setState(.late, of: number)
      if configuration.reportsProbes || configuration.reportsLate { events.append(.late(reply)) }
    }
    settle(at: heard.readAt)
  }

  private mutating func believe(_ reply: TraceReply, _ slot: TraceSlot) {
    resolve(slot, as: .replied)
    records[slot.probe.target].replied += 1
    if reply.isArrival { records[slot.probe.target].hasArrived = true }
    pace.noteAnswered(after: max(reply.receivedAt - reply.sentAt, .zero))
    noteTime(reply, slot)
    if configuration.reportsProbes { events.append(.reply(reply)) }
    walk.handle(.reply(reply), of: slot.number, probe: slot.ordered, at: reply.receivedAt)
  }

  private mutating func believeLate(_ reply: TraceReply, _ slot: TraceSlot) {
    table.setState(.late, of: slot.number)
    if configuration.reportsProbes || configuration.reportsLate { events.append(.late(reply)) }
    // The trace of its target is over, and so is its count.
    guard !records[slot.probe.target].hasEnded else { return }
    records[slot.probe.target].lost -= 1
    records[slot.probe.target].late += 1
    if reply.isArrival { records[slot.probe.target].hasArrived = true }
    noteTime(reply, slot)
    walk.handle(.reply(reply), of: slot.number, probe: slot.ordered, at: reply.receivedAt)
    noteChange()
  }

  /// What an answer teaches about how long to wait.
  private mutating func noteTime(_ reply: TraceReply, _ slot: TraceSlot) {
    let time = reply.roundTrip ?? max(reply.receivedAt - reply.sentAt, .zero)
    let target = slot.probe.target
    switch configuration.wait {
    case .fixed: return
    case .adaptive:
      if records[target].times.slowest == nil { noteShorterWaits() }
      records[target].times.note(time, hopLimit: slot.probe.hopLimit)
    case .traceroute:
      let hops = Int(configuration.maximumHops) - Int(configuration.firstHop) + 1
      records[target].times.note(
        time, index: queryIndex(slot.ordered), of: max(hops, 1) * max(configuration.queries, 1))
      noteShorterWaits()
    }
  }

  private func makeReply(
    _ slot: TraceSlot, _ reading: TraceReading, isWeak: Bool, _ heard: Heard
  ) -> TraceReply {
    let probe = slot.probe
    let times = roundTrip(slot, heard)
    var reply = TraceReply(
      number: slot.number, probe: probe, address: heard.source, zone: heard.zone, interface: heard.interface,
      answer: reading.answer, roundTrip: times.roundTrip, roundTripSource: times.source, sentAt: slot.sentAt,
      receivedAt: heard.readAt)
    reply.hopLimit = heard.hopLimit
    reply.trafficClass = heard.trafficClass
    reply.hostTransmit = times.hostTransmit
    reply.hostReceive = times.hostReceive
    reply.extensions = reading.extensions
    reply.rewritten = messages.rewrites(
      reading.quoted, number: slot.number, probe: probe, target: table.target(of: probe))
    reply.quotedHopLimit = reading.quoted.hopLimit
    reply.isWeaklyMatched = isWeak
    return reply
  }

  /// The parts of a round trip. Kernel stamps count only where both lie between our own call and read; where one of
  /// them is missing or elsewhere, call and read do.
  private func roundTrip(
    _ slot: TraceSlot, _ heard: Heard
  ) -> (
    roundTrip: Nanoseconds?, source: RoundTripSource, hostTransmit: Nanoseconds?, hostReceive: Nanoseconds?
  ) {
    if let stamp = heard.stamp, let transmitted = slot.transmittedAt,
      transmitted >= slot.sentAt - TraceEngine.stampTolerance, stamp >= transmitted,
      stamp <= heard.readAt + TraceEngine.stampTolerance
    {
      return (
        stamp - transmitted, heard.stampSource, max(transmitted - slot.sentAt, .zero),
        max(heard.readAt - stamp, .zero)
      )
    }
    return (max(heard.readAt - slot.sentAt, .zero), .user, nil, nil)
  }

  mutating func reject(_ reason: RejectionReason, type: UInt8, _ heard: Heard) {
    rejected += 1
    events.append(
      .rejected(
        TraceRejection(reason: reason, source: heard.source, zone: heard.zone, type: type, at: heard.readAt)))
  }
}

extension TraceEngine.Heard {
  init(_ arrival: Arrival) {
    self.init(
      source: arrival.source, zone: arrival.sourceZone, interface: arrival.interface,
      hopLimit: arrival.hopLimit, trafficClass: arrival.trafficClass, stamp: arrival.stamp,
      stampSource: arrival.stampSource, readAt: arrival.readAt)
  }
}
