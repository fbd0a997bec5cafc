package import Timing
import Wire

/// A plan that changes while it runs.
extension SampleEngine {
  /// Octets of a run's memory do not grow by a name that moves on and on.
  private static let formerLimit = 8

  /// A name was looked up again: nil address, it has none. Probes in flight to the old address still count.
  package mutating func handleAddress(of target: Int, _ address: ProbeTarget?, at now: Instant) {
    guard configuration.targets.indices.contains(target), !isFinished else { return }
    let before = configuration.targets[target]
    var after = before
    after.address = address?.address ?? .unspecified
    after.zone = address?.zone ?? 0
    guard before != after else { return }
    if before.isResolved, tallies[target].attempted > 0 {
      noteFormer(before, of: target)
    }
    configuration.targets[target] = after
    indexDatagramTargets()
    tallies[target].makeDetail().addressChanges &+= 1
    change(
      target,
      .address(
        from: before.isResolved ? before.address : nil, to: after.isResolved ? after.address : nil), at: now)
  }

  /// A new plan. `kept[i]`: the old index of new target i, whose state goes on; nil: it is new.
  ///
  /// A group of the same name, pace and targets keeps its schedule to the nanosecond; any other begins anew now. Probes
  /// in flight to targets that are gone are forgotten: they are in nobody's figures.
  package mutating func reconfigure(
    _ configuration: SampleConfiguration, keeping kept: [Int?], at now: Instant
  ) {
    guard !isFinished else { return }
    let oldGroups = groups
    let oldMeasures = measures
    let oldTallies = tallies
    let old = self.configuration
    var place = [Int32](repeating: -1, count: oldTallies.count)
    for (new, before) in kept.enumerated() {
      if let before, place.indices.contains(before) { place[before] = Int32(truncatingIfNeeded: new) }
    }
    self.configuration = configuration
    tallies = configuration.targets.indices.map { new in
      guard new < kept.count, let before = kept[new], oldTallies.indices.contains(before) else {
        return TargetTally()
      }
      return oldTallies[before]
    }
    moveOrders(to: place)
    move(former: place)
    for new in configuration.targets.indices {
      guard new < kept.count, let before = kept[new], old.targets.indices.contains(before),
        old.targets[before] != configuration.targets[new]
      else { continue }
      noteMoved(new, from: old.targets[before], at: now)
    }
    groups = makeGroups(at: now)
    measures = groups.map { _ in SampleGroupMeasures() }
    for new in groups.indices {
      guard let before = oldGroups.firstIndex(where: { $0.name == groups[new].name }) else { continue }
      measures[new] = oldMeasures[before]
      groups[new].lastSentAt = oldGroups[before].lastSentAt
      if isSamePace(old.groups[before], configuration.groups[new]),
        isSameTargets(oldGroups[before].targets, groups[new].targets, place)
      {
        groups[new].takeSchedule(of: oldGroups[before])
      }
    }
    moveSlots(to: place)
    indexDatagramTargets()
    doneAt = nil
    for group in groups.indices { walk(group, at: now) }
    settle(at: now)
  }

  // MARK: Private parts

  private mutating func noteFormer(_ destination: SampleTarget, of target: Int) {
    var past = former[Int32(truncatingIfNeeded: target)] ?? []
    past.append(FormerAddress(below: table.next, destination: destination))
    if past.count > SampleEngine.formerLimit { past.removeFirst() }
    former[Int32(truncatingIfNeeded: target)] = past
  }

  private mutating func noteMoved(_ target: Int, from before: SampleTarget, at now: Instant) {
    let after = configuration.targets[target]
    guard before.address != after.address || before.zone != after.zone || before.port != after.port else {
      return
    }
    noteFormer(before, of: target)
    guard before.address != after.address else { return }
    tallies[target].makeDetail().addressChanges &+= 1
    change(
      target,
      .address(
        from: before.isResolved ? before.address : nil, to: after.isResolved ? after.address : nil), at: now)
  }

  private func isSamePace(_ a: SampleGroup, _ b: SampleGroup) -> Bool {
    a.interval == b.interval && a.order == b.order && a.count == b.count && a.retry == b.retry
  }

  private func isSameTargets(_ old: Range<Int>, _ new: Range<Int>, _ place: [Int32]) -> Bool {
    old.count == new.count && zip(old, new).allSatisfy { Int(place[$0]) == $1 }
  }

  private mutating func moveOrders(to place: [Int32]) {
    for (number, open) in orders {
      let target = Int(place[open.order.target])
      guard target >= 0 else {
        orders[number] = nil
        if open.slot != nil { inFlight -= 1 }
        continue
      }
      orders[number]?.order.target = target
      orders[number]?.order.group = Int(configuration.targets[target].group)
      orders[number]?.slot?.target = Int32(truncatingIfNeeded: target)
    }
  }

  private mutating func move(former place: [Int32]) {
    var moved: [Int32: [FormerAddress]] = [:]
    for (target, past) in former where place[Int(target)] >= 0 { moved[place[Int(target)]] = past }
    former = moved
  }

  /// Slots get their target's new index; queues and timers are made anew.
  private mutating func moveSlots(to place: [Int32]) {
    timers.removeAll()
    var flying: [UInt64] = []
    table.updateAll { slot in
      let target = place.indices.contains(Int(slot.target)) ? place[Int(slot.target)] : -1
      if target < 0 {
        if slot.state == .inFlight { flying.append(slot.number) }
        slot.state = .forgotten
        slot.target = 0
      } else {
        slot.target = target
        if slot.state == .inFlight { flying.append(slot.number) }
      }
    }
    flying.sort()
    for number in flying {
      guard let slot = table[number] else { continue }
      guard slot.isInFlight else {
        inFlight -= 1
        continue
      }
      let group = group(of: slot)
      groups[group].queue.append(number)
      // Old waits may not rise with the numbers any more: each is timed by itself.
      table.update(number) { $0.isTimedApart = true }
      timers.insert(
        number,
        at: slot.sentAt + groups[group].timeout(ofSequence: slot.sequence) + groups[group].lateWindow)
    }
  }
}
