import Timing
import Wire

/// The field that is varied by itself to see whether a balancer hashes it.
enum PathField: Hashable, Sendable, CaseIterable {
  case flowLabel, ports
}

/// Flows that differ from one that passes a balancer in one field alone.
struct PathFieldTest: Sendable {
  /// The flow they differ from, and the next hop it takes.
  let lane: Int
  let next: Int16
  var varied: [PathField: [Int]] = [:]
  var outcomes: [PathField: Bool] = [:]
  /// Fields that no decision was reached about.
  var undecided: Set<PathField> = []
}

/// The search for all paths to one target: takes verdicts, asks for probes, says what has become certain.
struct PathSurvey: TraceSurvey, Sendable {
  let target: Int
  private let address: IPv6Address
  private let startedAt: Instant
  private let firstHop: Int
  private let confidence: Double
  private let rule: StoppingRule
  private let gap: Int
  private let packetLength: Int
  private let isFieldTested: Bool
  private var graph: PathGraph
  private(set) var isEnded = false
  /// Something has changed since it was last decided what to ask.
  private var isDirty = true

  private var tests: [PathVertexKey: PathFieldTest] = [:]
  private var links: Set<PathLink> = []
  private var nexts: [TraceNode: [TraceNode]] = [:]
  private var reported: [TraceNode: [TraceNode]] = [:]
  private var hops: PathHops
  private var replies = 0
  private var failures = 0
  private var lastErrno: Int32 = 0
  private var arrival: (hop: Int, address: IPv6Address)?
  private var refusal: (hop: Int, address: IPv6Address, type: UInt8, code: UInt8)?

  /// Failed sends without any answer after which a target is given up.
  private static let failureLimit = 3

  init(
    _ configuration: TraceConfiguration, target: Int, rule: StoppingRule, isFieldTested: Bool, at now: Instant
  ) {
    self.target = target
    self.rule = rule
    self.isFieldTested = isFieldTested
    address = configuration.targets[target].address
    startedAt = now
    packetLength = configuration.packetLength
    confidence = rule.confidence
    firstHop = max(Int(configuration.firstHop), 1)
    let maximum = max(Int(configuration.maximumHops), firstHop)
    gap = max(configuration.gapLimit ?? maximum, 1)
    graph = PathGraph(
      flows: PathFlows(configuration, target: target), first: firstHop, maximum: maximum)
    hops = PathHops(target: target, address: address, first: firstHop, maximum: maximum)
    for _ in 0..<rule[2] { _ = graph.addLane() }
  }

  // MARK: What the walk calls

  mutating func next(
    mayProbe: (_ hopLimit: UInt8) -> Bool, at now: Instant, into events: inout EventQueue<TraceEvent>
  ) -> TraceProbe? {
    if let probe = take(mayProbe) { return probe }
    guard isDirty else { return nil }
    decide(at: now, into: &events)
    return take(mayProbe)
  }

  mutating func handle(
    _ verdict: TraceHop.Verdict, probe: TraceProbe, at now: Instant, into events: inout EventQueue<TraceEvent>
  ) {
    guard !isEnded else { return }
    let hop = Int(probe.hopLimit)
    if probe.flowNumber == 0 { hops.note(verdict, hop: hop) }
    switch verdict {
    case .reply(let reply):
      replies += 1
      note(reply, lane: probe.flowNumber, hop: hop)
    case .lost:
      graph.noteLoss(lane: probe.flowNumber, hop: hop)
    case .sendFailed(let failure):
      graph.noteLoss(lane: probe.flowNumber, hop: hop)
      failures += 1
      lastErrno = failure.errno
      if replies == 0, failures >= Self.failureLimit { end(.sendFailed(lastErrno), at: now, into: &events) }
    }
    isDirty = true
    // When nothing is in flight nobody may ask for a probe again.
    if graph.outstanding == 0 { decide(at: now, into: &events) }
  }

  mutating func stop(at now: Instant, into events: inout EventQueue<TraceEvent>) {
    guard !isEnded else { return }
    _ = judge(isFinal: true, at: now, into: &events)
    end(.interrupted, at: now, into: &events)
  }

  // MARK: Private parts

  private mutating func take(_ mayProbe: (_ hopLimit: UInt8) -> Bool) -> TraceProbe? {
    guard !isEnded, let order = graph.take(where: { mayProbe(UInt8(truncatingIfNeeded: $0)) }) else {
      return nil
    }
    var probe = TraceProbe(
      target: target, hopLimit: UInt8(truncatingIfNeeded: order.hop), query: order.query,
      flow: graph.lanes[order.lane].flow, packetLength: packetLength)
    probe.flowNumber = order.lane
    return probe
  }

  /// Decides what to ask next, and says what is certain now.
  private mutating func decide(at now: Instant, into events: inout EventQueue<TraceEvent>) {
    guard !isEnded else { return }
    isDirty = false
    let isWaiting = judge(isFinal: false, at: now, into: &events)
    guard graph.queued == 0, !isWaiting || graph.outstanding == 0 else { return }
    _ = judge(isFinal: true, at: now, into: &events)
    end(reason, at: now, into: &events)
  }

  private mutating func note(_ reply: TraceReply, lane: Int, hop: Int) {
    var isTerminal = true
    if case .timeExceeded = reply.answer { isTerminal = false }
    let node = PathNode(
      address: reply.address, zone: reply.zone, isTerminal: isTerminal, isArrival: reply.answer.isArrival)
    graph.noteAnswer(node, lane: lane, hop: hop, isLate: reply.isLate)
    guard isTerminal else { return }
    if reply.answer.isArrival {
      if arrival.map({ hop < $0.hop }) ?? true { arrival = (hop, reply.address) }
    } else if let icmp = reply.answer.icmp, refusal.map({ hop < $0.hop }) ?? true {
      refusal = (hop, reply.address, icmp.type, icmp.code)
    }
  }

  /// Works out the graph; true while something in flight may change it.
  private mutating func judge(
    isFinal: Bool, at now: Instant, into events: inout EventQueue<TraceEvent>
  ) -> Bool {
    let levels = PathLevels(&graph, rule: rule, gap: gap, isFinal: isFinal)
    hops.report(levels.firstLane, isFinal: isFinal, at: now, into: &events)
    var isWaiting = levels.isWaiting
    for level in levels.levels.indices {
      for vertex in levels.levels[level] where vertex.isSettled {
        reportLinks(of: vertex, levels, level: level, into: &events)
        if vertex.nexts.count > 1, firstHop == 1 || level > 0 {
          if report(vertex, levels.everywhere, isFinal: isFinal, into: &events) { isWaiting = true }
        }
      }
    }
    for merge in levels.merges {
      guard let index = merge.hop - firstHop + 1 as Int?, index < levels.levels.count,
        levels.levels[index].contains(where: { $0.isMerge && $0.isSettled })
      else { continue }
      for from in merge.from {
        emit(from: traceNode(from, hop: merge.hop - 1), to: merge.to, hop: merge.hop, &events)
      }
    }
    return isWaiting
  }

  private func traceNode(_ index: Int16, hop: Int) -> TraceNode {
    if index == PathNode.origin { return .origin }
    guard let node = graph.node(index) else { return .silent(hopLimit: UInt8(truncatingIfNeeded: hop)) }
    return .router(node.address, zone: node.zone)
  }

  private mutating func reportLinks(
    of vertex: PathVertex, _ levels: PathLevels, level: Int, into events: inout EventQueue<TraceEvent>
  ) {
    // Before the first hop asked there is more than the host.
    guard level > 0 || firstHop == 1 else { return }
    if vertex.isSilent, !vertex.leadsOn { return }
    let from = traceNode(vertex.key.node, hop: vertex.key.hop)
    for next in vertex.nexts {
      if next == PathNode.silent {
        let isBranch = vertex.nexts.count > 1
        let leads =
          level + 1 < levels.levels.count
          && levels.levels[level + 1].contains {
            $0.isSilent && $0.leadsOn && $0.key.before == vertex.key.node
          }
        guard isBranch || leads else { continue }
      }
      emit(from: from, to: next, hop: vertex.key.hop + 1, &events)
    }
  }

  private mutating func emit(
    from: TraceNode, to index: Int16, hop: Int, _ events: inout EventQueue<TraceEvent>
  ) {
    let to = traceNode(index, hop: hop)
    let node = graph.node(index)
    // The same router refuses what it would have to pass on, or an address stands for the target early on.
    if node?.isTerminal ?? false, from == to { return }
    guard links.insert(PathLink(from: from, to: to)).inserted else { return }
    nexts[from, default: []].append(to)
    events.append(
      .link(
        TraceLink(
          target: target, from: from, to: to, hopLimit: UInt8(truncatingIfNeeded: hop),
          isArrival: node?.isArrival ?? false)))
  }

  // MARK: Balancers

  /// Finds out what a balancer hashes and reports it; true while that is under way.
  private mutating func report(
    _ vertex: PathVertex, _ everywhere: PathLosses, isFinal: Bool, into events: inout EventQueue<TraceEvent>
  ) -> Bool {
    let node = traceNode(vertex.key.node, hop: vertex.key.hop)
    let branches = (nexts[node] ?? []).sorted { $0.isBefore($1) }
    // A link that is not shown (to silence without end) makes no branch.
    guard branches.count > 1, reported[node] != branches else { return false }
    let hashes: TraceBalancer.Hashes
    if vertex.isPerPacket {
      hashes = .perPacket
    } else if !graph.hasPorts {
      // Nothing else differs between the flows.
      hashes = .flowLabel
    } else if !isFieldTested {
      hashes = .unknown
    } else if let found = testFields(of: vertex, everywhere, isFinal: isFinal) {
      hashes = found
    } else {
      return true
    }
    reported[node] = branches
    events.append(
      .balancer(
        TraceBalancer(
          target: target, node: node, hopLimit: UInt8(truncatingIfNeeded: max(vertex.key.hop, 0)),
          hashes: hashes, branches: branches, probes: vertex.probes)))
    return false
  }

  /// Varies one field at a time; nil while it is under way.
  private mutating func testFields(
    of vertex: PathVertex, _ everywhere: PathLosses, isFinal: Bool
  ) -> TraceBalancer.Hashes? {
    let key = vertex.key
    if tests[key] == nil {
      guard
        let base = vertex.answered.first(where: { graph.lanes[$0.lane].purpose == .ordinary })
          ?? vertex.answered.first
      else { return .unknown }
      tests[key] = PathFieldTest(lane: base.lane, next: base.node)
    }
    guard var test = tests[key] else { return .unknown }
    for field in PathField.allCases where test.outcomes[field] == nil && !test.undecided.contains(field) {
      step(field, &test, of: vertex, everywhere, isFinal: isFinal)
      if test.outcomes[field] != nil { for lane in test.varied[field] ?? [] { graph.dropWaiting(lane) } }
    }
    tests[key] = test
    guard test.outcomes.count + test.undecided.count == PathField.allCases.count else { return nil }
    return switch (test.outcomes[.flowLabel], test.outcomes[.ports]) {
    case (true?, true?): .both
    case (true?, false?): .flowLabel
    case (false?, true?): .ports
    default: .unknown
    }
  }

  private mutating func step(
    _ field: PathField, _ test: inout PathFieldTest, of vertex: PathVertex, _ everywhere: PathLosses,
    isFinal: Bool
  ) {
    let hop = vertex.key.hop
    // Where the balancer itself is silent, what stands before it must have been passed.
    let checkHop = vertex.isSilent ? hop - 1 : hop
    let checkNode = vertex.isSilent ? vertex.key.before : vertex.key.node
    guard checkNode >= 0 || checkHop < firstHop else {
      test.undecided.insert(field)
      return
    }
    let lanes = test.varied[field] ?? []
    var passed = 0
    var open = 0
    for lane in lanes {
      if checkHop >= firstHop {
        let check = graph.cell(lane, checkHop)
        if check.node == PathNode.none {
          if check.inFlight > 0 { open += 1 }
          continue
        }
        guard check.node == checkNode else { continue }
      }
      let cell = graph.cell(lane, hop + 1)
      if cell.node == PathNode.none {
        if cell.inFlight == 0, cell.lost > 0 {
          let isBranch = vertex.nexts.contains(PathNode.silent)
          if isBranch, vertex.losses.isSilent(lost: Int(cell.lost), everywhere: everywhere) {
            test.outcomes[field] = true
            return
          }
          guard !isFinal, Int(cell.lost) < PathLosses.mostTries, graph.ask(lane, hop + 1) else { continue }
          open += 1
        } else if cell.inFlight > 0 {
          open += 1
        }
      } else if cell.node == test.next {
        passed += 1
      } else {
        test.outcomes[field] = true
        return
      }
    }
    let needed = tries(branches: vertex.nexts.count)
    if passed >= needed {
      test.outcomes[field] = false
      return
    }
    let most = 8 * needed + 16
    let share = Double(passed + 1) / Double(lanes.count - open + 1)
    var want = Double(needed - passed) / share - Double(open)
    if !isFinal, lanes.count < most {
      want = min(want + 0.999, Double(min(2 * needed, most - lanes.count)))
      var count = Int(max(want, 0))
      while count > 0, let lane = graph.addLane(varying: field, of: test.lane) {
        count -= 1
        if checkHop >= firstHop { graph.ask(lane, checkHop) }
        graph.ask(lane, hop + 1)
        test.varied[field, default: []].append(lane)
        open += 1
      }
    }
    if open == 0 { test.undecided.insert(field) }
  }

  /// Flows that stay with one of so many next hops, after which a field is held not to be hashed. The error is
  /// shared among the four ways to go wrong: either field, believed or not.
  private func tries(branches: Int) -> Int {
    var count = 0
    var chance = 1.0
    while chance > (1 - confidence) / 4 {
      chance /= Double(max(branches, 2))
      count += 1
    }
    return max(count, 3)
  }

  // MARK: The end

  private var reason: TraceEnd.Reason {
    if arrival != nil { return .reached }
    if let refusal { return .unreachable(type: refusal.type, code: refusal.code) }
    if replies == 0, failures > 0 { return .sendFailed(lastErrno) }
    if hops.isLooping { return .loop }
    return graph.lanes[0].cells.last.map { $0.asked > 0 } ?? false ? .maximumHops : .gapLimit
  }

  private mutating func end(
    _ reason: TraceEnd.Reason, at now: Instant, into events: inout EventQueue<TraceEvent>
  ) {
    isEnded = true
    var end = TraceEnd(
      target: target, reason: reason, hops: UInt8(truncatingIfNeeded: hops.last), startedAt: startedAt,
      at: now)
    end.address = arrival?.address ?? refusal?.address
    end.isFromAnotherAddress = arrival.map { $0.address != address } ?? false
    events.append(.end(end))
  }
}

private struct PathLink: Hashable, Sendable {
  var from: TraceNode
  var to: TraceNode
}

extension TraceNode {
  /// Order of addresses; silence last.
  fileprivate func isBefore(_ other: TraceNode) -> Bool {
    switch (self, other) {
    case (.origin, _): other != .origin
    case (.router(let a, let zone), .router(let b, let otherZone)): (a.bits, zone) < (b.bits, otherZone)
    case (.router, .silent): true
    case (.router, .origin), (.silent, .origin), (.silent, .router): false
    case (.silent(let a), .silent(let b)): a < b
    }
  }
}
