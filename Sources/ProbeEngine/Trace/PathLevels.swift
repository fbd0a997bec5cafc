/// The graph of one target as its probes show it now, hop limit by hop limit, and the orders that follow.
///
/// Worked out anew from the cells each time something is to be decided: nothing in it can go stale. Two things are
/// told apart of each flow. It is *at* a vertex where its own probe says so (or where all flows are known to pass
/// one node, but then it proves nothing there). And it is *stable* until it passes a balancer that spreads packets one
/// by one; behind it answers to the same flow may come from different paths, so that they make neither links nor
/// evidence, until a hop where all packets meet in one node again.
struct PathLevels: Sendable {
  let rule: StoppingRule
  let gap: Int
  /// All that could be asked has been: what is incomplete stays so.
  let isFinal: Bool
  /// Index: hop limit - first hop + 1. The first holds the host itself (or all that stands before the first hop).
  var levels: [[PathVertex]] = []
  /// Where packets that were spread meet again: nodes one hop before, node, hop limit.
  var merges: [(from: [Int16], to: Int16, hop: Int)] = []
  /// Something is in flight that matters.
  var isWaiting = false
  /// Fate of lane 0 by hop, from the first hop on, as far as it counts.
  var firstLane: [PathFate] = []

  /// Of all probes to nodes that answer.
  var everywhere = PathLosses()
  var limits: [Int] = []
  /// Vertex that each lane passes, or -1; index: level, lane.
  var places: [[Int]] = []
  /// Lanes whose own probe says so.
  var isSeen: [[Bool]] = []
  /// The deepest hop that answered.
  var deepest = 0
  var isStable: [Bool] = []
  /// Lanes that are unstable when they leave a level; index: level, lane.
  var unstable: [[Bool]] = []
  /// Independent flows on their way to a hop; index: level.
  var coming: [Int] = []
  var asked: [Int] = []
  /// Flows that were lost on the way to a hop and not asked again, since the node before has been seen enough;
  /// index: level.
  var spared: [[Int]] = []
  /// Flows that a per-packet balancer needs for its next hops; 0 where there is none.
  var spreadNeeds = 0
  var spreadLevel = 0

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
    settle()
  }

  // MARK: How far

  /// How far the flow of each lane may be asked.
  mutating func setLimits(_ graph: PathGraph) {
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

  /// Probes of lane 0 beyond the deepest hop known: so many at once.
  static let scoutsAhead = 3

  /// Lane 0 goes ahead; the other lanes of the first draw follow at all hops that it has shown, all at once.
  mutating func scout(_ graph: inout PathGraph) {
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

  mutating func build(_ graph: inout PathGraph) {
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

  // MARK: Facts

  mutating func settle() {
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
