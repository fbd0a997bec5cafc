import Statistics
package import Timing
import Wire

/// What others carry out: traceroutes and neighbor checks.
extension SampleEngine {
  /// Gives the order that is due. Where the target's last one has not ended, this deadline is dropped, as in a stall.
  mutating func order(_ target: Int, of group: Int, scheduledAt: Instant, at now: Instant) {
    if tallies[target].hasOpenOrder {
      scheduler.missed &+= 1
      events.append(.gap(group: group, Gap(at: now, length: .zero, skipped: 1)))
      return
    }
    let act: SampleOrder.Act
    switch configuration.groups[group].probe {
    case .trace(let order): act = .trace(order)
    case .neighbor(let interface): act = .neighbor(interface: interface)
    case .echo, .udp, .tcp: return
    }
    let slot = claim(target, scheduledAt: scheduledAt, state: .order, at: now)
    inFlight += 1
    let destination = configuration.targets[target]
    guard destination.isResolved else { return conclude(slot, makeRecord(slot, .sendError, at: now)) }
    let order = SampleOrder(
      number: slot.number, target: target, group: group, destination: destination, act: act, isAction: false,
      at: now)
    orders[order.number] = OpenOrder(order: order, slot: slot)
    tallies[target].hasOpenOrder = true
    events.append(.order(order))
    settle(at: now)
  }

  /// What came of an order.
  package mutating func handleFinding(_ number: UInt64, _ finding: SampleFinding, at now: Instant) {
    guard !isFinished, let open = orders.removeValue(forKey: number) else { return }
    events.append(.finding(open.order, finding))
    guard let slot = open.slot else { return settle(at: now) }
    let target = open.order.target
    tallies[target].hasOpenOrder = false
    var record = makeRecord(slot, .lost, at: now)
    record.address = open.order.destination.address
    switch finding {
    case .path(let path): judge(path, &record)
    case .neighbor(let summary): judge(summary, &record)
    case .failed(let errno, _):
      record.outcome = .sendError
      record.errno = errno
    }
    if record.outcome == .ok, !slot.isWarmup, let roundTrip = record.roundTrip {
      tallies[target].noteOrder(slot.sequence)
      if let difference = tallies[target].record(roundTrip.count) {
        groups[record.group].delayVariation.record(difference)
      }
    }
    conclude(slot, record)
  }

  /// Once nothing more is sent, nobody waits for ever.
  mutating func expireOrders(at now: Instant) {
    let open = orders.values.sorted { $0.order.number < $1.order.number }
    orders.removeAll()
    for order in open {
      guard let slot = order.slot else { continue }
      tallies[order.order.target].hasOpenOrder = false
      conclude(slot, makeRecord(slot, .lost, at: now))
    }
  }

  // MARK: Private parts

  private mutating func judge(_ path: SampledPath, _ record: inout SampleRecord) {
    let target = record.target
    switch path.end.reason {
    case .sendFailed(let errno):
      record.outcome = .sendError
      record.errno = errno
      return
    case .interrupted where !path.end.isReached: return
    default: break
    }
    let isReached = path.end.isReached
    if isReached {
      record.outcome = .ok
      if let arrival = path.arrival {
        record.roundTrip = arrival.roundTrip
        record.roundTripSource = arrival.roundTripSource
        record.receivedAt = arrival.receivedAt
        record.hopLimit = arrival.hopLimit
        record.trafficClass = arrival.trafficClass
        if arrival.address != record.address {
          record.from = arrival.address
          record.fromZone = arrival.zone
        }
      }
    }
    let addresses = path.addresses
    let detail = tallies[target].makeDetail()
    guard var memory = detail.path else {
      detail.path = PathMemory(addresses, isReached: isReached)
      return
    }
    let before = memory.hops
    let hasChanged = memory.update(addresses, isReached: isReached)
    let after = memory.hops
    detail.path = memory
    if hasChanged {
      detail.pathChanges &+= 1
      change(target, .path(from: before, to: after), at: record.at)
    }
  }

  private mutating func judge(_ summary: NeighborSummary, _ record: inout SampleRecord) {
    switch summary.verdict {
    case .agrees, .absent, .fresh, .stale, .local: record.outcome = .ok
    case .sendFailed:
      record.outcome = .sendError
      record.errno = summary.sendErrno ?? 0
      return
    case .interrupted: return
    default: break
    }
    let claim = summary.claims.first
    if record.outcome == .ok {
      record.roundTrip = claim?.roundTrip
      record.receivedAt = claim?.firstAt
    }
    let target = record.target
    let detail = tallies[target].makeDetail()
    let now = NeighborMemory(verdict: summary.verdict, link: claim?.link)
    defer { detail.neighbor = now }
    guard let before = detail.neighbor else { return }
    if before.link != now.link {
      detail.linkChanges &+= 1
      change(target, .link(from: before.link, to: now.link), at: record.at)
    }
    if before.verdict != now.verdict {
      detail.stateChanges &+= 1
      change(target, .neighborState(from: before.verdict, to: now.verdict), at: record.at)
    }
  }
}
