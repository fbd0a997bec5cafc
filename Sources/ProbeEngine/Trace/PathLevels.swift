/// The graph of one target as its probes show it now, hop limit by hop limit, and the orders that follow.
///
/// Worked out anew from the cells each time something is to be decided: nothing in it can go stale. Flows pass
/// through three states. A flow is *at* a vertex where its own probe says so (or where all flows are known to pass
/// one node, but then it proves nothing there). It is *stable* until it passes a balancer that spreads packets one
/// by one; behind it answers to the same flow may come from different paths, so that they make neither links nor
/// evidence, until a hop where all packets meet in one node again.
struct PathLevels: Sendable {
  let rule: StoppingRule
  let gap: Int
  /// All that could be asked has been: what is incomplete stays so.
  let isFinal: Bool
  /// Index: hop limit - first hop + 1. The first holds the host itself (or all that stands before the first hop).
  private(set) var levels: [[PathVertex]] = []
  /// Where packets that were spread meet again: nodes one hop before, node, hop limit.
  private(set) var merges: [(from: [Int16], to: Int16, hop: Int)] = []
  /// Something is in flight that matters.
  private(set) var isWaiting = false
  /// Fate of lane 0 by hop, from the first hop on, as far as it counts.
  private(set) var firstLane: [PathFate] = []

  /// Of all probes to nodes that answer.
  private(set) var everywhere = PathLosses()
  private(set) var limits: [Int] = []
  /// Vertex that each lane passes, or -1; index: level, lane.
  private(set) var places: [[Int]] = []
  /// Lanes whose own probe says so.
  private(set) var isSeen: [[Bool]] = []
  private var isStable: [Bool] = []
  /// Independent flows on their way to a hop; index: level.
  private var coming: [Int] = []
  private var asked: [Int] = []
  /// Flows that were lost on the way to a hop and not asked again, since the node before has been seen enough;
  /// index: level.
  private var spared: [[Int]] = []
  /// Flows that a per-packet balancer needs for its next hops; 0 where there is none.
  private var spreadNeeds = 0
  private var spreadLevel = 0

  /// Repetitions without a change after which packets of one flow are held to stay together: so unlikely (1 in a
  /// million) with k next hops of equal weight, because all links behind hang on it.
  static func repetitions(nextHops k: Int) -> Int {
    var count = 0
    var chance = 1.0
    while chance > 1e-6 {
      chance /= Double(max(k, 2))
      count += 1
    }
    return max(count, 5)
  }
  /// Answers of one flow at a hop that show it stable there, once it changes one hop further.
  static let steadyAnswers = 20

  init(_ graph: inout PathGraph, rule: StoppingRule, gap: Int, isFinal: Bool) {
    self.rule = rule
    self.gap = gap
    self.isFinal = isFinal
    setLimits(graph)
    if !isFinal { scout(&graph) }
    build(&graph)
    settle(graph)
  }

  // MARK: How far

  /// How far the flow of each lane may be asked.
  private mutating func setLimits(_ graph: PathGraph) {
    var lastAnswered = graph.first - 1
    var arrived = 0
    var own = Array(repeating: graph.first - 1, count: graph.lanes.count)
    for (index, lane) in graph.lanes.enumerated() {
      if lane.end != .max { arrived = max(arrived, lane.end) }
      for hop in stride(from: min(lane.end, graph.maximum), through: graph.first, by: -1)
      where hop < lane.end && graph.cell(index, hop).node != PathNode.none {
        own[index] = hop
        break
      }
      lastAnswered = max(lastAnswered, own[index])
      for cell in lane.cells where cell.node != PathNode.none { everywhere.note(cell) }
    }
    limits = graph.lanes.indices.map { index in
      if graph.lanes[index].end != .max { return graph.lanes[index].end }
      let far = arrived > 0 ? max(arrived, own[index] + gap) : lastAnswered + gap
      return min(far, graph.maximum)
    }
    deepest = max(lastAnswered, arrived)
  }
  private var deepest = 0

  /// Probes of lane 0 beyond the deepest hop known: so many at once.
  static let scoutsAhead = 3

  /// Lane 0 goes ahead; the other lanes of the first draw follow at all hops that it has shown, all at once.
  private mutating func scout(_ graph: inout PathGraph) {
    guard let limit = limits.first else { return }
    var open = max(deepest, graph.first)
    var ahead = 0
    for hop in graph.first...max(limit, graph.first) where hop <= limit {
      let cell = graph.cell(0, hop)
      if cell.lost > 0 { open = max(open, hop) }
      guard hop > deepest else {
        graph.askOnce(0, hop)
        continue
      }
      if cell.asked == 0, ahead < Self.scoutsAhead { graph.ask(0, hop) }
      if cell.answers == 0, cell.lost == 0 { ahead += 1 }
    }
    let draw = min(rule[2], graph.lanes.count)
    for lane in 1..<max(draw, 1) {
      for hop in graph.first...max(graph.first, min(open, limits[lane])) { graph.askOnce(lane, hop) }
    }
    // A flow that has fallen silent is followed to its limit at once, not by one timeout a hop.
    var dark = Array(repeating: 0, count: graph.maximum + 2)
    for lane in graph.lanes.indices where graph.lanes[lane].purpose == .ordinary {
      guard graph.lanes[lane].end == .max else { continue }
      var hop = limits[lane]
      var isDark = false
      while hop >= graph.first, graph.cell(lane, hop).node == PathNode.none {
        if graph.cell(lane, hop).lost > (hop > deepest ? 0 : 1) { isDark = true }
        hop -= 1
      }
      guard isDark else { continue }
      while hop < limits[lane] {
        hop += 1
        guard dark[hop] < rule[2] else { continue }
        dark[hop] += 1
        graph.askOnce(lane, hop)
      }
    }
  }

  // MARK: Level by level

  private mutating func build(_ graph: inout PathGraph) {
    let count = graph.lanes.count
    levels = [[PathVertex(PathVertexKey(hop: graph.first - 1, node: PathNode.origin, before: PathNode.none))]]
    places = [Array(repeating: 0, count: count)]
    isSeen = [Array(repeating: true, count: count)]
    isStable = Array(repeating: true, count: count)
    coming = [0]
    spared = [[]]
    asked = [count]
    let last = limits.max() ?? graph.first
    var hop = graph.first
    while hop <= last {
      let fates = step(to: hop, &graph)
      place(fates, at: hop, graph)
      hop += 1
    }
    if !levels[levels.count - 1].isEmpty {
      for index in levels[levels.count - 1].indices {
        levels[levels.count - 1][index].isComplete = true
        levels[levels.count - 1][index].isTested = true
      }
    }
    if !isFinal { order(&graph) }
  }

  /// Judges the probes to one hop and completes the vertices before it.
  private mutating func step(to hop: Int, _ graph: inout PathGraph) -> [PathFate] {
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
  private func complete(_ vertex: inout PathVertex, hop: Int, _ graph: PathGraph) {
    vertex.needed = rule[vertex.nexts.count + 1]
    vertex.isComplete =
      isFinal || vertex.isTerminal || vertex.isClosed || vertex.evidence >= vertex.needed
      || vertex.unknown > vertex.needed + 10
    // Where next to nothing comes through, or is answered, it ends too.
    let level = hop - graph.first
    if level > 0, asked[level] > 40 + 5 * vertex.needed * levels[level].count { vertex.isComplete = true }
  }

  /// Finds out whether packets of one flow are spread: the same flows again, one hop further.
  private mutating func test(_ vertex: inout PathVertex, hop: Int, _ graph: inout PathGraph) {
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
  private mutating func place(_ fates: [PathFate], at hop: Int, _ graph: PathGraph) {
    let level = hop - graph.first
    let before = levels[level]
    var vertices: [PathVertex] = []
    var index: [PathVertexKey: Int] = [:]
    func vertex(_ key: PathVertexKey) -> Int {
      if let known = index[key] { return known }
      var new = PathVertex(key)
      new.isTerminal = graph.node(key.node)?.isTerminal ?? false
      vertices.append(new)
      index[key] = vertices.count - 1
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
  private mutating func spread(from level: Int, _ graph: PathGraph) {
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
  /// Lanes that are unstable when they leave a level; index: level, lane.
  private var unstable: [[Bool]] = []

  // MARK: Orders

  /// Asks for the flows that the stopping rule still wants.
  private mutating func order(_ graph: inout PathGraph) {
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
  private func answeringLevel(_ level: Int) -> Int {
    var level = level
    while level > 0, levels[level].allSatisfy(\.isSilent) { level -= 1 }
    return level
  }

  /// Sends so many more flows to a level, at first such as may well pass the vertices in need.
  private mutating func draw(
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
  private mutating func followSpread(_ graph: inout PathGraph) {
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
  private var mergeAnswers: Int { max(spreadNeeds, Self.repetitions(nextHops: 2)) }

  /// A node that was met with no flow's hop before it known: that hop is asked, for up to three of its flows.
  private mutating func findParents(_ graph: inout PathGraph) {
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

  // MARK: Facts

  private mutating func settle(_ graph: PathGraph) {
    for level in levels.indices {
      for index in levels[level].indices {
        let vertex = levels[level][index]
        guard vertex.isComplete, vertex.isTested else { continue }
        let isRooted: Bool
        if level == 0 {
          isRooted = true
        } else if vertex.isMerge {
          isRooted = levels[spreadLevel].allSatisfy(\.isSettled)
        } else {
          isRooted =
            vertex.parents.allSatisfy { levels[level - 1][$0].isSettled }
            && (!vertex.parents.isEmpty || isFinal)
        }
        levels[level][index].isSettled = isRooted
      }
    }
    for level in levels.indices.dropLast().reversed() {
      for index in levels[level].indices {
        levels[level][index].leadsOn =
          levels[level][index].nexts.contains { $0 >= 0 }
          || levels[level + 1].contains { $0.isSilent && $0.leadsOn && $0.parents.contains(index) }
      }
    }
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
