/// What to ask next.
extension PathLevels {
  /// Asks for the flows that the stopping rule still wants.
  mutating func order(_ graph: inout PathGraph) {
    var isHeldUp = false
    for level in levels.indices.dropLast() {
      var want = 0.0
      var needy: [Int] = []
      var isOnward = false
      let hop = level + graph.first - 1
      let base = answeringLevel(level)
      for index in levels[level].indices where !levels[level][index].isComplete {
        let vertex = levels[level][index]
        var have = vertex.evidence + vertex.pending
        for lane in vertex.unsent where have < vertex.needed {
          if graph.askOnce(lane, hop + 1) {
            have += 1
            if level + 1 < coming.count { coming[level + 1] += 1 }
          }
        }
        isWaiting = isWaiting || have > vertex.evidence
        guard have < vertex.needed, vertex.passing > 0 else { continue }
        let all = levels[level].reduce(0) { $0 + $1.passing }
        let share = Double(vertex.passing) / Double(max(all, 1))
        let short = Double(vertex.needed - have) - Double(base == 0 ? 0 : coming[base]) * share
        guard short > 0.001 else {
          isWaiting = true
          continue
        }
        want = max(want, short / share)
        needy.append(index)
        if share >= 0.5 || base != level { isOnward = true }
      }
      // Flows that fall silent are told only by waiting: what they show further on may be enough.
      let isSlow = levels[level].contains { !$0.isComplete && ($0.isSilent || $0.losses.silent > 0) }
      if isHeldUp, want > 0 {
        isWaiting = true
        continue
      }
      isHeldUp = isHeldUp || isSlow
      for lane in spared[level] where want > 0 && graph.ask(lane, hop) {
        want -= 1
        isWaiting = true
      }
      guard want > 0 else { continue }
      let needsBefore = needy.contains { levels[level][$0].isSilent } && base == level
      draw(
        Int(min(want + 0.999, 128)), through: level, needy, isOnward: isOnward, needsBefore: needsBefore,
        &graph)
    }
    followSpread(&graph)
    findParents(&graph)
  }

  /// The nearest level at or before this one where somebody answers; 0 for the host itself.
  func answeringLevel(_ level: Int) -> Int {
    var level = level
    while level > 0, levels[level].allSatisfy(\.isSilent) { level -= 1 }
    return level
  }

  /// Sends so many more flows to a level, at first such as may well pass the vertices in need.
  mutating func draw(
    _ count: Int, through level: Int, _ needy: [Int], isOnward: Bool, needsBefore: Bool,
    _ graph: inout PathGraph
  ) {
    var left = count
    let base = answeringLevel(level)
    let hop = level + graph.first - 1
    let baseHop = base + graph.first - 1
    func send(_ lane: Int) -> Bool {
      var isSent = base == 0
      if base > 0 {
        isSent = graph.askOnce(lane, baseHop)
        if needsBefore { graph.askOnce(lane, baseHop - 1) }
        // To know whether a flow is stable here it must be known where it passes what spreads packets.
        for above in 1..<base where levels[above].count > 1 && levels[above].contains(where: \.isPerPacket) {
          graph.askOnce(lane, above + graph.first - 1)
        }
      }
      if isOnward || base == 0, graph.askOnce(lane, hop + 1) {
        isSent = true
        if level + 1 < coming.count { coming[level + 1] += 1 }
      }
      return isSent
    }
    if base > 0 {
      var parents: Set<Int> = []
      for index in needy { parents.formUnion(levels[level][index].parents) }
      for lane in limits.indices where left > 0 && graph.lanes[lane].purpose == .ordinary {
        guard baseHop <= limits[lane], graph.cell(lane, baseHop).asked == 0 else { continue }
        let from = places[base - 1][lane]
        if base == level, from >= 0, isSeen[base - 1][lane], !parents.contains(from) { continue }
        if send(lane) { left -= 1 }
      }
    }
    while left > 0, let lane = graph.addLane(), send(lane) { left -= 1 }
    if left < count { isWaiting = true }
  }

  /// Behind a per-packet balancer the same flows are asked on, to see where all packets meet again.
  mutating func followSpread(_ graph: inout PathGraph) {
    guard spreadNeeds > 0 else { return }
    for level in levels.indices.dropLast() where level < unstable.count && level >= 1 {
      let hop = level + graph.first
      var have = 0
      var met: Set<Int16> = []
      var lanes: [Int] = []
      for lane in limits.indices where unstable[level][lane] && graph.lanes[lane].purpose == .ordinary {
        guard hop <= limits[lane] else { continue }
        if graph.cell(lane, hop).asked == 0, have >= mergeAnswers || !graph.askOnce(lane, hop) { continue }
        let cell = graph.cell(lane, hop)
        have += Int(cell.answers) + Int(cell.inFlight)
        if cell.node == PathNode.none {
          if cell.inFlight > 0 { isWaiting = true }
          continue
        }
        met.insert(cell.node)
        if cell.other != PathNode.none { met.insert(cell.other) }
        lanes.append(lane)
      }
      // Fewer flows than answers wanted: packets of one flow are spread like any others.
      guard met.count == 1, !lanes.isEmpty else { continue }
      var turn = 0
      while have < mergeAnswers, turn < 4 * mergeAnswers {
        let lane = lanes[turn % lanes.count]
        turn += 1
        guard graph.cell(lane, hop).asked < 40, graph.ask(lane, hop) else { continue }
        have += 1
        isWaiting = true
      }
      if lanes.contains(where: { graph.cell($0, hop).inFlight > 0 }) { isWaiting = true }
    }
  }

  /// Answers that must all come from one node before packets that were spread are held to meet there again.
  var mergeAnswers: Int { max(spreadNeeds, Self.repetitions(nextHops: 2)) }

  /// A node that was met with no flow's hop before it known: that hop is asked, for up to three of its flows.
  mutating func findParents(_ graph: inout PathGraph) {
    for level in levels.indices.dropFirst(2) {
      for index in levels[level].indices
      where levels[level][index].parents.isEmpty && !levels[level][index].isMerge
        && !levels[level][index].isSilent
      {
        var tried = 0
        let hop = level + graph.first - 2
        for lane in limits.indices where tried < 3 && places[level][lane] == index && isSeen[level][lane] {
          tried += 1
          var above = answeringLevel(level - 1) + graph.first - 1
          if above < graph.first { above = hop }
          for hop in above...hop where hop == above {
            if graph.askOnce(lane, hop) || graph.cell(lane, hop).inFlight > 0 { isWaiting = true }
          }
        }
      }
    }
  }
}
