package import ProbeEngine

/// The figures of all hops of all targets of a trace that goes on, fed by its events.
package struct TraceFigures: Sendable {
  package struct Target: Sendable {
    fileprivate(set) var hops: [UInt8: HopStatistics] = [:]
    /// Rounds that are over.
    package fileprivate(set) var rounds = 0
    package fileprivate(set) var end: TraceEnd?

    package subscript(_ hopLimit: UInt8) -> HopStatistics? { hops[hopLimit] }

    /// Hops to be shown: from the first that was asked to that of the target; without one to the hop behind the
    /// last that answered.
    package var shown: [(hopLimit: UInt8, statistics: HopStatistics)] {
      let asked = hops.keys.sorted()
      guard let first = asked.first, let furthest = asked.last else { return [] }
      let arrival = asked.first { hops[$0]?.isArrival == true }
      let answering = asked.last { hops[$0]?.addresses.isEmpty == false }
      let last = arrival ?? min(answering.map { $0 == .max ? $0 : $0 + 1 } ?? first, furthest)
      return (first...max(first, last)).map { ($0, hops[$0] ?? HopStatistics()) }
    }
  }

  package private(set) var targets: [Target] = []
  /// Probes tell their fates themselves; what hops repeat is not counted again.
  private var hasProbeEvents = false

  package init(targetCount: Int) {
    targets = Array(repeating: Target(), count: targetCount)
  }

  package mutating func record(_ event: TraceEvent) {
    switch event {
    case .reply(let reply):
      hasProbeEvents = true
      record(reply.probe) { $0.record(reply, isLate: false) }
    case .late(let reply):
      record(reply.probe) { $0.record(reply, isLate: true) }
    case .lost(let loss):
      hasProbeEvents = true
      record(loss.probe) { $0.recordLoss() }
    case .sendFailed(let failure):
      hasProbeEvents = true
      record(failure.probe) { $0.recordSendFailure() }
    case .hop(let hop):
      guard !hasProbeEvents else { return }
      for verdict in hop.verdicts {
        switch verdict {
        case .reply(let reply): record(reply.probe) { $0.record(reply, isLate: false) }
        case .lost(let loss): record(loss.probe) { $0.recordLoss() }
        case .sendFailed(let failure): record(failure.probe) { $0.recordSendFailure() }
        }
      }
    case .round(let target, let number, _):
      // Rounds are counted from 0 or from 1 by whoever numbers them; over they are one by one.
      if targets.indices.contains(target) { targets[target].rounds = max(targets[target].rounds + 1, number) }
    case .end(let end):
      if targets.indices.contains(end.target) { targets[end.target].end = end }
    case .rejected, .link, .balancer, .mtu: break
    }
  }

  /// Forgets the figures, not the path.
  package mutating func reset() {
    for target in targets.indices {
      targets[target].rounds = 0
      for hop in targets[target].hops.keys { targets[target].hops[hop]?.reset() }
    }
  }

  /// Every address that a table shows.
  package var addresses: [TraceAddress] {
    var seen: Set<TraceAddress> = []
    return targets.flatMap(\.shown).flatMap(\.statistics.addresses).map(\.address).filter {
      seen.insert($0).inserted
    }
  }

  private mutating func record(_ probe: TraceProbe, _ change: (inout HopStatistics) -> Void) {
    guard targets.indices.contains(probe.target) else { return }
    change(&targets[probe.target].hops[probe.hopLimit, default: HopStatistics()])
  }
}
