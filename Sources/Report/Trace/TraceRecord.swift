import ProbeEngine

/// What whole-trace formats gather of each target until its end: hops with the fates of their probes, late answers
/// put where they belong.
struct TraceRecord {
  private(set) var hops: [UInt8: [TraceHop.Verdict]] = [:]
  /// Late answers by probe, with the number of probes of the target that had been sent in between.
  private(set) var lateness: [UInt64: UInt64] = [:]
  private var pending: [TraceReply] = []
  private var greatest: UInt64 = 0
  private var flow: TraceFlow?
  /// All probes went along one flow.
  private(set) var isOneFlow = true

  mutating func record(_ hop: TraceHop) {
    hops[hop.hopLimit] = hop.verdicts
    for verdict in hop.verdicts {
      see(verdict.number, verdict.probe)
      if case .reply(let reply) = verdict, reply.isLate { lateness[reply.number, default: 0] += 0 }
    }
    let waiting = pending
    pending.removeAll { $0.probe.hopLimit == hop.hopLimit }
    for reply in waiting where reply.probe.hopLimit == hop.hopLimit { place(reply) }
  }

  mutating func record(late reply: TraceReply) {
    lateness[reply.number] = greatest > reply.number ? greatest - reply.number : 1
    var late = reply
    late.isLate = true
    if hops[reply.probe.hopLimit] == nil { pending.append(late) } else { place(late) }
  }

  /// A fate told before its hop is complete.
  mutating func see(_ number: UInt64, _ probe: TraceProbe) {
    greatest = max(greatest, number)
    if let flow, flow != probe.flow { isOneFlow = false }
    flow = flow ?? probe.flow
  }

  /// Hops in their order.
  var ordered: [(hopLimit: UInt8, verdicts: [TraceHop.Verdict])] {
    hops.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
  }

  private mutating func place(_ reply: TraceReply) {
    let verdicts = hops[reply.probe.hopLimit] ?? []
    guard let index = verdicts.firstIndex(where: { $0.number == reply.number }) else { return }
    hops[reply.probe.hopLimit]?[index] = .reply(reply)
  }
}

/// Records of the targets that have not ended.
struct TraceRecords {
  private var records: [Int: TraceRecord] = [:]

  /// Takes an event in; at a target's end its record comes out, and is forgotten.
  mutating func record(_ event: TraceEvent) -> (end: TraceEnd, record: TraceRecord)? {
    switch event {
    case .hop(let hop): records[hop.target, default: TraceRecord()].record(hop)
    case .late(let reply): records[reply.probe.target]?.record(late: reply)
    case .reply(let reply):
      records[reply.probe.target, default: TraceRecord()].see(reply.number, reply.probe)
    case .lost(let loss): records[loss.probe.target, default: TraceRecord()].see(loss.number, loss.probe)
    case .end(let end): return (end, records.removeValue(forKey: end.target) ?? TraceRecord())
    case .sendFailed, .rejected, .link, .balancer, .mtu, .round: break
    }
    return nil
  }
}

extension TraceHop.Verdict {
  var number: UInt64 {
    switch self {
    case .reply(let reply): reply.number
    case .lost(let loss): loss.number
    case .sendFailed(let failure): failure.number
    }
  }

  var probe: TraceProbe {
    switch self {
    case .reply(let reply): reply.probe
    case .lost(let loss): loss.probe
    case .sendFailed(let failure): failure.probe
    }
  }
}
