import Statistics
import Timing
import Wire

/// What an answer or an error does to its probe.
extension SampleEngine {
  mutating func accept(
    _ slot: SampleSlot, _ answer: SampleAnswer, _ arrival: Arrival, icmp: ErrorArrival? = nil
  ) {
    let group = group(of: slot)
    // Whatever the stamps say: what is answered has left.
    table.update(slot.number) { $0.hasLeft = true }
    switch slot.state {
    case .free, .forgotten, .order: return
    case .sendError: return reject(.sequence, type: answer == .echoReply ? 129 : 0, arrival)
    case .lost, .icmpError:
      stray &+= 1
      return
    case .ok, .late:
      if !slot.isWarmup { tallies[Int(slot.target)].duplicates.increase() }
      events.append(
        .duplicate(makeAnswer(slot, slot.state == .ok ? .ok : .late, answer, arrival, icmp)))
      return
    case .inFlight: break
    }
    let waited = waited(slot, arrival)
    let timeout = groups[group].timeout(ofSequence: slot.sequence)
    guard waited <= timeout + groups[group].lateWindow else {
      // The process did not run when the late window ended: it is still the window that decides.
      stray &+= 1
      return giveUp(slot, at: arrival.readAt)
    }
    let record = makeAnswer(slot, waited <= timeout ? .ok : .late, answer, arrival, icmp)
    if !slot.isWarmup { note(record, slot, arrival) }
    noteFields(record, slot, arrival)
    conclude(slot, record)
  }

  mutating func apply(_ error: ErrorArrival, to slot: SampleSlot, stampSource: RoundTripSource) {
    var arrival = Arrival(error)
    arrival.stampSource = stampSource
    if error.type == 2 { notePathMTU(error.info, of: Int(slot.target), at: error.readAt) }
    if case .udp(acceptsUnreachable: true) = groups[group(of: slot)].kind, error.type == 1, error.code == 4,
      destination(of: slot).isAnswered(by: error.source, zone: error.sourceZone)
    {
      return accept(slot, .icmpError, arrival, icmp: error)
    }
    refuse(slot, .icmpError, type: error.type, code: error.code, info: error.info, arrival)
  }

  /// An error, or an RST, ends the probe.
  mutating func refuse(
    _ slot: SampleSlot, _ answer: SampleAnswer, type: UInt8, code: UInt8, info: UInt32, _ arrival: Arrival
  ) {
    guard slot.isInFlight else {
      if slot.state == .lost { stray &+= 1 }
      return
    }
    table.update(slot.number) { $0.hasLeft = true }
    let group = group(of: slot)
    let wait = groups[group].timeout(ofSequence: slot.sequence) + groups[group].lateWindow
    guard waited(slot, arrival) <= wait else {
      stray &+= 1
      return giveUp(slot, at: arrival.readAt)
    }
    var record = makeAnswer(slot, .icmpError, answer, arrival, nil)
    record.errorType = type
    record.errorCode = code
    record.errorInfo = info
    conclude(slot, record)
  }

  // MARK: Private parts

  private func makeAnswer(
    _ slot: SampleSlot, _ outcome: SampleOutcome, _ answer: SampleAnswer, _ arrival: Arrival,
    _ error: ErrorArrival?
  ) -> SampleRecord {
    var record = makeRecord(slot, outcome, at: arrival.readAt)
    record.answer = answer
    let times = roundTrip(slot, arrival)
    record.receivedAt = times.receivedAt
    record.roundTrip = times.roundTrip
    record.roundTripSource = times.source
    record.hostTransmit = times.hostTransmit
    record.hostReceive = times.hostReceive
    if arrival.source != record.address {
      record.from = arrival.source
      record.fromZone = arrival.sourceZone
    }
    record.hopLimit = arrival.hopLimit
    record.trafficClass = arrival.trafficClass
    if let error {
      record.errorType = error.type
      record.errorCode = error.code
      record.errorInfo = error.info
    }
    return record
  }

  /// How long the answer took, for the timeout: by the stamp, as far as that lies between our own call and read.
  private func waited(_ slot: SampleSlot, _ arrival: Arrival) -> Nanoseconds {
    let stamp = arrival.stamp ?? arrival.readAt
    let arrivedAt = stamp >= slot.sentAt ? min(stamp, arrival.readAt) : arrival.readAt
    return arrivedAt - slot.departedAt
  }

  /// The parts of a round trip, as `PingEngine` takes them: kernel stamps count only where both lie between our own
  /// call and read.
  private func roundTrip(_ slot: SampleSlot, _ arrival: Arrival) -> (
    roundTrip: Nanoseconds, source: RoundTripSource, receivedAt: Instant, hostTransmit: Nanoseconds?,
    hostReceive: Nanoseconds?
  ) {
    let readAt = arrival.readAt
    if !configuration.measuresUserToUser, let stamp = arrival.stamp, let transmitted = slot.transmittedAt,
      transmitted >= slot.sentAt - PingEngine.stampTolerance, stamp >= transmitted,
      stamp <= readAt + PingEngine.stampTolerance
    {
      return (
        stamp - transmitted, arrival.stampSource, stamp, max(transmitted - slot.sentAt, .zero),
        max(readAt - stamp, .zero)
      )
    }
    return (max(readAt - slot.sentAt, .zero), .user, readAt, nil, nil)
  }

  /// A believed answer enters the statistics.
  private mutating func note(_ record: SampleRecord, _ slot: SampleSlot, _ arrival: Arrival) {
    let (target, group) = (record.target, record.group)
    tallies[target].noteOrder(slot.sequence)
    guard record.outcome == .ok, let roundTrip = record.roundTrip else { return }
    if judge(roundTrip, slot, group, at: arrival.readAt) {
      table.update(slot.number) { $0.isSlow = true }
    }
    if let difference = tallies[target].record(roundTrip.count) {
      groups[group].delayVariation.record(difference)
    }
    groups[group].fromSchedule.record((arrival.readAt - slot.scheduledAt).count)
    if let part = record.hostTransmit {
      groups[group].hostTransmit.record(part.count)
      tallies[target].detail?.hostTransmit.record(part.count)
    }
    if let part = record.hostReceive {
      groups[group].hostReceive.record(part.count)
      tallies[target].detail?.hostReceive.record(part.count)
    }
  }

  /// What the answer's own header tells of the way back; only the target's own answers compare with each other.
  private mutating func noteFields(_ record: SampleRecord, _ slot: SampleSlot, _ arrival: Arrival) {
    guard record.from == nil else { return }
    let target = record.target
    if let now = record.hopLimit {
      if let before = tallies[target].hopLimit, before != now, !slot.isWarmup {
        tallies[target].makeDetail().hopLimitChanges &+= 1
        change(target, .hopLimit(from: before, to: now), at: arrival.readAt)
      }
      tallies[target].hopLimit = now
    }
    if let now = record.trafficClass {
      if let before = tallies[target].trafficClass, before != now, !slot.isWarmup {
        tallies[target].makeDetail().trafficClassChanges &+= 1
        change(target, .trafficClass(from: before, to: now), at: arrival.readAt)
      }
      tallies[target].trafficClass = now
    }
  }
}
