/// What the probes to each hop say of the vertices before it.
extension PathLevels {
  /// Judges the probes to one hop and completes the vertices before it.
  mutating func step(to hop: Int, _ graph: inout PathGraph) -> [PathFate] {
    let level = hop - graph.first
    var vertices = levels[level]
    let place = places[level]
    let seen = isSeen[level]
    let unplaced = vertices.count
    var losses = Array(repeating: PathLosses(), count: vertices.count + 1)
    for lane in graph.lanes.indices where hop <= limits[lane] {
      let group = isStable[lane] && place[lane] >= 0 ? place[lane] : unplaced
      losses[group].note(graph.cell(lane, hop))
    }
    var fates = Array(repeating: PathFate.closed, count: graph.lanes.count)
    var coming = 0
    var asked = 0
    var spared: [Int] = []
    for lane in graph.lanes.indices {
      let isOrdinary = graph.lanes[lane].purpose == .ordinary
      let group = isStable[lane] && place[lane] >= 0 ? place[lane] : unplaced
      guard hop <= limits[lane] else {
        if group < unplaced, graph.lanes[lane].end == .max { vertices[group].isClosed = true }
        continue
      }
      let cell = graph.cell(lane, hop)
      let fate = losses[group].fate(cell, everywhere: everywhere)
      fates[lane] = fate
      if isOrdinary, cell.asked > 0 {
        asked += 1
        if fate == .pending || fate == .retry { coming += 1 }
      }
      guard group < unplaced, seen[lane] else {
        // A flow whose way here is not known yet is not asked again before it is.
        if fate == .retry {
          let isWorthIt = !isFinal && (group < unplaced || !isStable[lane]) && graph.ask(lane, hop)
          fates[lane] = isWorthIt ? .pending : isFinal ? .unknown : .retry
        }
        if fates[lane] == .pending { isWaiting = true }
        continue
      }
      vertices[group].note(fate, cell, lane: lane, isOrdinary: isOrdinary)
      vertices[group].losses = losses[group]
    }
    for index in vertices.indices {
      complete(&vertices[index], hop: hop, graph)
      for lane in vertices[index].retries {
        let isNeeded = lane == 0 || !vertices[index].isComplete
        guard !isFinal, isNeeded, graph.ask(lane, hop) else {
          fates[lane] = .unknown
          if graph.lanes[lane].purpose == .ordinary { spared.append(lane) }
          continue
        }
        if graph.lanes[lane].purpose == .ordinary { vertices[index].pending += 1 }
      }
      test(&vertices[index], hop: hop, &graph)
    }
    for lane in graph.lanes.indices
    where fates[lane] == .pending || (fates[lane] == .retry && place[lane] >= 0) {
      if lane == 0 || place[lane] < 0 || !seen[lane] || !vertices[place[lane]].isComplete { isWaiting = true }
    }
    levels[level] = vertices
    self.coming.append(coming)
    self.spared.append(spared)
    self.asked.append(asked)
    if let fate = fates.first, hop <= limits[0] { firstLane.append(fate == .retry ? .pending : fate) }
    return fates
  }

  /// Applies the stopping rule.
  func complete(_ vertex: inout PathVertex, hop: Int, _ graph: PathGraph) {
    vertex.needed = rule[vertex.nexts.count + 1]
    vertex.isComplete =
      isFinal || vertex.isTerminal || vertex.isClosed || vertex.evidence >= vertex.needed
      || vertex.unknown > vertex.needed + 10
    // Where next to nothing comes through, or is answered, it ends too.
    let level = hop - graph.first
    if level > 0, asked[level] > 40 + 5 * vertex.needed * levels[level].count { vertex.isComplete = true }
  }

  /// Finds out whether packets of one flow are spread: the same flows again, one hop further.
  mutating func test(_ vertex: inout PathVertex, hop: Int, _ graph: inout PathGraph) {
    guard vertex.nexts.count > 1 else {
      vertex.isTested = true
      return
    }
    if let lane = vertex.unstableLane {
      // The change may come from further up, where it has not shown yet.
      let before = hop - 1
      let level = levels[before - graph.first + 1]
      var answers = 0
      if before < graph.first {
        answers = .max
      } else if level.count == 1 {
        for other in graph.lanes.indices { answers += Int(graph.cell(other, before).answers) }
      } else {
        answers = Int(graph.cell(lane, before).answers)
      }
      let tries = before < graph.first ? 0 : Int(graph.cell(lane, before).asked)
      if answers >= Self.steadyAnswers || isFinal || tries >= 4 * Self.steadyAnswers {
        vertex.isPerPacket = true
        vertex.isTested = true
      } else {
        isWaiting = true
        let inFlight = Int(graph.cell(lane, before).inFlight)
        for _ in 0..<max(0, Self.steadyAnswers - answers - inFlight) { graph.ask(lane, before) }
      }
      return
    }
    let needed = Self.repetitions(nextHops: vertex.nexts.count)
    if isFinal || vertex.repeats >= needed || vertex.answered.isEmpty {
      vertex.isTested = true
      return
    }
    guard vertex.repeatsAsked < 4 * needed else {
      vertex.isTested = vertex.repeatsPending == 0
      if !vertex.isTested { isWaiting = true }
      return
    }
    isWaiting = true
    // Flows of different next hops in turn: with unequal weights, those on the rare one change soonest.
    let turns = vertex.answered.inTurns
    var turn = vertex.repeatsAsked
    for _ in 0..<max(0, needed - vertex.repeats - vertex.repeatsPending) {
      graph.ask(turns[turn % turns.count], hop)
      turn += 1
    }
  }

  /// Puts each lane where its probe to this hop says it is.
  mutating func place(_ fates: [PathFate], at hop: Int, _ graph: PathGraph) {
    let level = hop - graph.first
    let before = levels[level]
    var vertices: [PathVertex] = []
    var index: [PathVertexKey: Int] = [:]
    func vertex(_ key: PathVertexKey) -> Int {
      // Most levels hold few.
      if vertices.count <= 8 {
        if let known = vertices.firstIndex(where: { $0.key == key }) { return known }
      } else if let known = index[key] {
        return known
      }
      var new = PathVertex(key)
      new.isTerminal = graph.node(key.node)?.isTerminal ?? false
      vertices.append(new)
      if vertices.count == 9 {
        for (place, vertex) in vertices.enumerated() { index[vertex.key] = place }
      } else if vertices.count > 9 {
        index[key] = vertices.count - 1
      }
      return vertices.count - 1
    }

    spread(from: level, graph)
    // All packets meet again in one node: from there on flows are stable.
    var unstable = 0
    var met: Set<Int16> = []
    for lane in graph.lanes.indices {
      guard case .node(let node) = fates[lane] else {
        if fates[lane] == .silent || fates[lane] == .unknown { met.insert(PathNode.silent) }
        continue
      }
      met.insert(node)
      let other = graph.cell(lane, hop).other
      if other != PathNode.none { met.insert(other) }
      if !isStable[lane], graph.lanes[lane].purpose == .ordinary {
        unstable += Int(graph.cell(lane, hop).answers)
      }
    }
    if spreadNeeds > 0, unstable >= mergeAnswers, met.count == 1, let node = met.first, node >= 0 {
      var from: [Int16] = []
      if hop > graph.first {
        for lane in graph.lanes.indices where !isStable[lane] {
          let cell = graph.cell(lane, hop - 1)
          for node in [cell.node, cell.other] where node >= 0 && !from.contains(node) { from.append(node) }
        }
      }
      merges.append((from, node, hop))
      let merged = vertex(PathVertexKey(hop: hop, node: node, before: PathNode.none))
      vertices[merged].isMerge = true
      for lane in isStable.indices { isStable[lane] = true }
    }

    let isNarrow = before.allSatisfy(\.isComplete)
    var onlyNext: Int16?
    if isNarrow {
      var nexts: Set<Int16> = []
      for vertex in before { nexts.formUnion(vertex.nexts) }
      nexts.formUnion(met)
      if nexts.count == 1 { onlyNext = nexts.first }
    }
    var place = Array(repeating: -1, count: graph.lanes.count)
    var seen = Array(repeating: false, count: graph.lanes.count)
    for lane in graph.lanes.indices where isStable[lane] && hop <= graph.lanes[lane].end {
      let from = places[level][lane]
      switch fates[lane] {
      case .node(let node):
        place[lane] = vertex(PathVertexKey(hop: hop, node: node, before: PathNode.none))
        seen[lane] = true
      case .silent where from >= 0:
        place[lane] = vertex(PathVertexKey(hop: hop, node: PathNode.silent, before: before[from].key.node))
        seen[lane] = isSeen[level][lane]
      case .unsent:
        if from >= 0, before[from].isComplete, before[from].nexts == [PathNode.silent] {
          // Nothing would be learnt by waiting for silence once more.
          place[lane] = vertex(PathVertexKey(hop: hop, node: PathNode.silent, before: before[from].key.node))
          seen[lane] = isSeen[level][lane]
        } else if let node = onlyNext, node >= 0, !(graph.node(node)?.isTerminal ?? true) {
          place[lane] = vertex(PathVertexKey(hop: hop, node: node, before: PathNode.none))
        }
        continue
      default: continue
      }
      if from >= 0, isSeen[level][lane] {
        if !vertices[place[lane]].parents.contains(from) { vertices[place[lane]].parents.append(from) }
      }
    }
    levels.append(vertices)
    places.append(place)
    isSeen.append(seen)
  }

  /// Flows that pass a per-packet balancer, or may do so, are unstable from there on.
  mutating func spread(from level: Int, _ graph: PathGraph) {
    let vertices = levels[level]
    let isAny = vertices.contains(where: \.isPerPacket)
    for vertex in vertices where vertex.isPerPacket {
      spreadNeeds = max(spreadNeeds, vertex.needed)
      spreadLevel = level
    }
    for lane in isStable.indices where isStable[lane] {
      let place = places[level][lane]
      if place >= 0 {
        if vertices[place].isPerPacket { isStable[lane] = false }
      } else if isAny {
        isStable[lane] = false
      }
      let hop = level + graph.first
      if hop <= graph.maximum, graph.cell(lane, hop).other != PathNode.none { isStable[lane] = false }
    }
    unstable.append(isStable.map { !$0 })
  }
}

extension PathVertex {
  /// Counts what a flow that passes here met one hop further.
  fileprivate mutating func note(_ fate: PathFate, _ cell: PathCell, lane: Int, isOrdinary: Bool) {
    probes += Int(cell.asked)
    if isOrdinary { passing += 1 }
    switch fate {
    case .node(let node):
      note(next: node)
      if isOrdinary { evidence += 1 }
      answered.append((lane, node))
      repeats += Int(cell.answers) - 1
      repeatsPending += Int(cell.inFlight)
      repeatsAsked += Int(cell.asked) - 1
      if cell.other != PathNode.none {
        note(next: cell.other)
        unstableLane = lane
      }
    case .silent:
      note(next: PathNode.silent)
      if isOrdinary { evidence += 1 }
    case .pending: if isOrdinary { pending += 1 }
    case .retry: retries.append(lane)
    case .unsent: if isOrdinary { unsent.append(lane) }
    case .unknown: unknown += 1
    case .closed: break
    }
  }
}

extension [(lane: Int, node: Int16)] {
  /// The lanes, those of different nodes in turn.
  fileprivate var inTurns: [Int] {
    var groups: [(node: Int16, lanes: [Int])] = []
    for (lane, node) in self {
      if let index = groups.firstIndex(where: { $0.node == node }) {
        groups[index].lanes.append(lane)
      } else {
        groups.append((node, [lane]))
      }
    }
    let longest = groups.map(\.lanes.count).max() ?? 0
    var turns: [Int] = []
    for row in 0..<longest {
      for group in groups where row < group.lanes.count { turns.append(group.lanes[row]) }
    }
    return turns
  }
}
