import Statistics
import Timing

/// One outcome for each probe, told once.
extension SampleEngine {
  func group(of slot: SampleSlot) -> Int { Int(configuration.targets[Int(slot.target)].group) }

  /// Where the probe went, whatever address its target has now.
  func destination(of slot: SampleSlot) -> SampleTarget {
    if !former.isEmpty, let past = former[slot.target],
      let then = past.first(where: { slot.number < $0.below })
    {
      return then.destination
    }
    return configuration.targets[Int(slot.target)]
  }

  func makeRecord(_ slot: SampleSlot, _ outcome: SampleOutcome, at now: Instant) -> SampleRecord {
    let target = Int(slot.target)
    let group = group(of: slot)
    var record = SampleRecord(
      number: slot.number, target: target, group: group, address: destination(of: slot).address,
      sequence: UInt64(slot.sequence), outcome: outcome, scheduledAt: slot.scheduledAt, sentAt: slot.sentAt,
      at: now)
    record.isWarmup = slot.isWarmup
    record.transmittedAt = slot.transmittedAt
    switch groups[group].kind {
    case .echo: record.octets = groups[group].message?.template.count ?? 0
    case .udp: record.octets = 8 + (groups[group].message?.template.count ?? 0)
    case .tcp, .order: break
    }
    return record
  }

  /// A probe in flight has its outcome.
  mutating func conclude(_ slot: SampleSlot, _ record: SampleRecord) {
    let target = Int(slot.target)
    let state: SampleSlot.State =
      switch record.outcome {
      case .ok: .ok
      case .late: .late
      case .lost: .lost
      case .icmpError: .icmpError
      case .sendError: .sendError
      }
    table.update(slot.number) { $0.state = state }
    inFlight -= 1
    tallies[target].count(record.outcome, isWarmup: slot.isWarmup)
    if record.outcome == .ok || record.outcome == .late { noteAnswered(target, record.group) }
    if configuration.reportsRecords { events.append(.record(record)) }
    if slot.state == .order {
      if !slot.isWarmup { close(record.outcome, slot, record.group, at: record.at) }
    } else {
      walk(record.group, at: record.at)
    }
    settle(at: record.at)
  }

  private mutating func noteAnswered(_ target: Int, _ group: Int) {
    guard groups[group].retry != nil else { return }
    tallies[target].hasAnswered = true
    guard tallies[target].awaitsRetry else { return }
    tallies[target].awaitsRetry = false
    groups[group].waitingRetries -= 1
  }

  /// Moves over the probes of a group that have their outcome, in the order in which they left.
  mutating func walk(_ group: Int, at now: Instant) {
    while let number = groups[group].queue.first {
      if let slot = table[number] {
        if slot.isInFlight { break }
        close(slot, group, at: now)
      }
      groups[group].queue.removeFirst()
    }
    passTimed(group)
  }

  /// Moves to the probe whose timeout is next.
  private mutating func passTimed(_ group: Int) {
    while let number = groups[group].queue.nextTimed {
      if let slot = table[number], slot.isInFlight, !slot.isTimedApart { return }
      groups[group].queue.passTimed()
    }
  }

  // MARK: Timeouts

  /// When a probe in flight is given up.
  private func end(of slot: SampleSlot) -> Instant {
    let group = group(of: slot)
    let wait = groups[group].timeout(ofSequence: slot.sequence) + groups[group].lateWindow
    guard hidesDepartures(group), !slot.hasLeft else { return slot.departedAt + wait }
    return slot.departedAt + max(wait, PingEngine.neighborWait)
  }

  /// No call says that a probe was dropped before it reached a device; that no stamp comes does.
  private func hidesDepartures(_ group: Int) -> Bool {
    guard configuration.reportsDepartures, case .echo = groups[group].kind else { return false }
    return true
  }

  mutating func expireQueue(of group: Int, at now: Instant, _ budget: inout Int) {
    passTimed(group)
    while budget > 0, let number = groups[group].queue.nextTimed, let slot = table[number],
      slot.sentAt + groups[group].timeout + groups[group].lateWindow <= now
    {
      budget -= 1
      groups[group].queue.passTimed()
      expire(slot, at: now)
      passTimed(group)
    }
  }

  mutating func expireTimers(at now: Instant, _ budget: inout Int) {
    while budget > 0, let (_, number) = timers.popDue(at: now) {
      guard let slot = table[number], slot.isInFlight else { continue }
      budget -= 1
      expire(slot, at: now)
    }
  }

  /// Its time may be over: gives it up, or waits on, apart from the others.
  private mutating func expire(_ slot: SampleSlot, at now: Instant) {
    let end = end(of: slot)
    guard end > now else { return giveUp(slot, at: now) }
    table.update(slot.number) { $0.isTimedApart = true }
    timers.insert(slot.number, at: end)
  }

  mutating func giveUp(_ slot: SampleSlot, at now: Instant) {
    if hidesDepartures(group(of: slot)), !slot.hasLeft, now - slot.sentAt >= PingEngine.neighborWait {
      return handleSendFailure(slot.number, errno: PingEngine.operationNotPermitted, at: now)
    }
    conclude(slot, makeRecord(slot, .lost, at: now))
  }

  // MARK: In order

  private mutating func close(_ slot: SampleSlot, _ group: Int, at now: Instant) {
    let outcome: SampleOutcome
    switch slot.state {
    case .ok: outcome = .ok
    case .late: outcome = .late
    case .lost: outcome = .lost
    case .icmpError: outcome = .icmpError
    case .sendError: outcome = .sendError
    case .free, .inFlight, .order, .forgotten: return
    }
    guard !slot.isWarmup else { return }
    close(outcome, slot, group, at: now)
  }

  /// Tells a target's outcomes in the order of its probes: bursts of loss, outage, trouble.
  mutating func close(_ outcome: SampleOutcome, _ slot: SampleSlot, _ group: Int, at now: Instant) {
    let target = Int(slot.target)
    tallies[target].close(outcome, sentAt: slot.sentAt)
    guard groups[group].onTrouble != nil else { return }
    if outcome == .ok {
      guard !slot.isSlow, let detail = tallies[target].detail, let trouble = detail.trouble,
        slot.number > trouble.number
      else { return }
      detail.trouble = nil
      change(target, .recovered(after: max(slot.sentAt - trouble.since, .zero), lost: trouble.lost), at: now)
    } else if tallies[target].detail?.trouble != nil {
      tallies[target].detail?.trouble?.lost += 1
    } else if tallies[target].burst >= groups[group].troubleLosses {
      let losses = UInt64(tallies[target].burst)
      begin(
        .losses(losses), slot,
        TargetTrouble(number: slot.number, since: tallies[target].burstBegan, lost: losses), at: now)
    }
  }

  /// A round trip above its target's band is trouble; true: it is.
  mutating func judge(_ roundTrip: Nanoseconds, _ slot: SampleSlot, _ group: Int, at now: Instant) -> Bool {
    guard groups[group].onTrouble != nil else { return false }
    let target = Int(slot.target)
    let limit: Nanoseconds
    if let given = groups[group].troubleRoundTrip {
      limit = given
    } else {
      guard let detail = tallies[target].detail, detail.moments.count >= 20 else { return false }
      // The median of up to now, looked at again every 16 round trips.
      if detail.roundTripLimit == 0 || detail.moments.count & 15 == 0 {
        detail.roundTripLimit = (detail.histogram.median ?? 0).multipliedSaturating(4)
      }
      limit = Nanoseconds(detail.roundTripLimit)
    }
    guard roundTrip > limit else { return false }
    if tallies[target].detail?.trouble == nil {
      begin(
        .roundTrip(roundTrip, limit: limit), slot,
        TargetTrouble(number: slot.number, since: slot.sentAt, lost: 0), at: now)
    }
    return true
  }

  private mutating func begin(
    _ trouble: SampleTrouble, _ slot: SampleSlot, _ state: TargetTrouble, at now: Instant
  ) {
    let target = Int(slot.target)
    tallies[target].makeDetail().trouble = state
    change(target, .trouble(trouble), at: now)
    let group = Int(configuration.targets[target].group)
    guard let act = groups[group].onTrouble, configuration.targets[target].isResolved, !isFinished else {
      return
    }
    actions &+= 1
    let order = SampleOrder(
      number: 1 << 63 | actions, target: target, group: group, destination: configuration.targets[target],
      act: .trace(act), isAction: true, at: now)
    orders[order.number] = OpenOrder(order: order, slot: nil)
    events.append(.order(order))
  }

  mutating func change(_ target: Int, _ what: SampleChange.What, at now: Instant) {
    events.append(
      .change(
        SampleChange(
          target: target, group: Int(configuration.targets[target].group), what: what, at: now)))
  }

  mutating func notePathMTU(_ mtu: UInt32, of target: Int, at now: Instant) {
    // What is below the minimum link MTU must not be used (RFC 8201 §4).
    guard mtu >= 1_280 else { return }
    let detail = tallies[target].makeDetail()
    guard detail.pathMTU != mtu else { return }
    let before = detail.pathMTU ?? 0
    detail.pathMTU = mtu
    detail.pathMTUChanges &+= 1
    change(target, .pathMTU(from: before, to: mtu), at: now)
  }
}
