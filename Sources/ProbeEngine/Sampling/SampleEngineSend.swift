import Statistics
package import Timing
import Wire

/// When probes leave, and what became of their leaving.
extension SampleEngine {
  /// Writes the next probe that is due and claims its slot; nil: none is due. Orders leave as events.
  package mutating func pollTransmit(at now: Instant, into buffer: inout MutableSpan<UInt8>)
    -> SampleTransmit?
  {
    for _ in 0..<SampleEngine.batch {
      guard let next = nextTransmit(now: now), next.due <= now else { return nil }
      guard
        let due = next.isRetry ? takeRetry(next.group, next.due, at: now) : takeScheduled(next.group, at: now)
      else { continue }
      if groups[next.group].isOrder {
        order(due.target, of: next.group, scheduledAt: due.deadline, at: now)
        continue
      }
      if let displaced = table.displacedByNextClaim, let slot = table[displaced] { giveUp(slot, at: now) }
      if isFinished { return nil }
      if let transmit = send(due.target, next.group, scheduledAt: due.deadline, at: now, into: &buffer) {
        return transmit
      }
    }
    return nil
  }

  /// The kernel's transmit stamp of a probe, on the monotonic clock.
  package mutating func handleTransmitted(_ number: UInt64, at stamp: Instant) {
    table.update(number) {
      $0.transmittedAt = stamp
      $0.hasLeft = true
    }
  }

  /// The probe reached the queue of its device.
  package mutating func handleQueued(_ number: UInt64) { table.update(number) { $0.hasLeft = true } }

  /// The probe never left. `mtu`: what the kernel said with EMSGSIZE.
  package mutating func handleSendFailure(_ number: UInt64, errno: Int32, mtu: UInt32? = nil, at now: Instant)
  {
    guard let slot = table[number], slot.isInFlight else { return }
    if let mtu { notePathMTU(mtu, of: Int(slot.target), at: now) }
    var record = makeRecord(slot, .sendError, at: now)
    record.errno = errno
    conclude(slot, record)
  }

  // MARK: Private parts

  /// The group whose probe is due first, and when. As fast as possible is behind all that have a deadline.
  func nextTransmit(now: Instant) -> (group: Int, due: Instant, isRetry: Bool)? {
    guard !isStopping else { return nil }
    let end = sendingEnd ?? .distantFuture
    guard now < end else { return nil }
    var next: (group: Int, due: Instant, isRetry: Bool)?
    // A schedule pushes the oldest probe out of a full table; as fast as possible waits for room.
    let isFull = table.displacedByNextClaim != nil
    for group in groups.indices {
      if isFull, groups[group].schedule.isImmediate, groups[group].retry == nil { continue }
      if let due = groups[group].nextScheduled(now: now), due < end, due < next?.due ?? .distantFuture {
        next = (group, due, false)
      }
      if groups[group].waitingRetries > 0, let due = groups[group].nextRetry, due < end,
        due < next?.due ?? .distantFuture
      {
        next = (group, due, true)
      }
    }
    return next
  }

  private mutating func takeScheduled(_ group: Int, at now: Instant) -> (target: Int, deadline: Instant)? {
    if groups[group].schedule.isImmediate {
      return groups[group].nextTarget(tallies).map { ($0, now) }
    }
    skipMissed(group, at: now)
    let deadline = groups[group].schedule.nextDeadline
    groups[group].schedule.advance()
    guard let target = groups[group].nextTarget(tallies) else { return nil }
    scheduler.histogram.record((now - deadline).count)
    return (target, deadline)
  }

  /// A stall drops deadlines, not targets: those whose turn it was come next. Each dropped one counts in the
  /// round trips from schedule with the time until probes left again, the least that anybody would have waited.
  private mutating func skipMissed(_ group: Int, at now: Instant) {
    let due = groups[group].schedule.nextDeadline
    guard now - due > Pacer.catchUpLimit else { return }
    var waits = measures[group].fromSchedule
    measures[group].fromSchedule = Histogram()
    let measured = startedAt + configuration.warmup
    let skipped = groups[group].schedule.skipMissed(now: now) {
      if $0 >= measured { waits.record((now - $0).count) }
    }
    measures[group].fromSchedule = waits
    guard skipped > 0 else { return }
    scheduler.missed &+= UInt64(clamping: skipped)
    events.append(.gap(group: group, Gap(at: now, length: now - due, skipped: skipped)))
  }

  private mutating func takeRetry(_ group: Int, _ due: Instant, at now: Instant) -> (
    target: Int, deadline: Instant
  )? {
    guard let (_, target) = groups[group].retries.popDue(at: due) else { return nil }
    let index = Int(target)
    guard tallies[index].awaitsRetry else { return nil }
    tallies[index].awaitsRetry = false
    groups[group].waitingRetries -= 1
    scheduler.histogram.record((now - due).count)
    return (index, due)
  }

  private mutating func send(
    _ target: Int, _ group: Int, scheduledAt: Instant, at now: Instant, into buffer: inout MutableSpan<UInt8>
  ) -> SampleTransmit? {
    let slot = claim(target, scheduledAt: scheduledAt, state: .inFlight, at: now)
    inFlight += 1
    groups[group].queue.append(slot.number)
    groups[group].lastSentAt = now
    scheduleRetry(slot, group)
    if slot.isTimedApart {
      let wait = groups[group].timeout(ofSequence: slot.sequence) + groups[group].lateWindow
      timers.insert(slot.number, at: now + wait)
    }
    let destination = configuration.targets[target]
    guard destination.isResolved else {
      conclude(slot, makeRecord(slot, .sendError, at: now))
      return nil
    }
    let stamp = now.nanoseconds.addingSaturating(wallOffset) / 1_000
    let octets =
      groups[group].message?.write(
        into: &buffer, number: slot.number, nonce: nonce(slot.number), stamp: stamp) ?? 0
    return SampleTransmit(number: slot.number, target: target, destination: destination, octets: octets)
  }

  /// Takes the next number for a probe of this target.
  mutating func claim(_ target: Int, scheduledAt: Instant, state: SampleSlot.State, at now: Instant)
    -> SampleSlot
  {
    tallies[target].attempted.increase()
    attempted &+= 1
    var slot = SampleSlot(
      number: table.next, target: target, sequence: tallies[target].attempted, scheduledAt: scheduledAt,
      sentAt: now, state: state)
    if scheduledAt < startedAt + configuration.warmup {
      slot.isWarmup = true
      tallies[target].warmupAttempted.increase()
    }
    let group = Int(configuration.targets[target].group)
    slot.isTimedApart = groups[group].retry != nil && slot.sequence > 1
    table.claim(slot, now: now)
    lastSentAt = now
    return slot
  }

  /// Asks again once the wait of this probe is over, unless it was the last or an answer has come by then.
  private mutating func scheduleRetry(_ slot: SampleSlot, _ group: Int) {
    guard let retry = groups[group].retry, Int(slot.sequence) < retry.attempts else { return }
    let target = Int(slot.target)
    guard !tallies[target].hasAnswered, !tallies[target].awaitsRetry else { return }
    tallies[target].awaitsRetry = true
    groups[group].waitingRetries += 1
    groups[group].retries.insert(
      slot.target, at: slot.sentAt + groups[group].timeout(ofSequence: slot.sequence))
  }
}
