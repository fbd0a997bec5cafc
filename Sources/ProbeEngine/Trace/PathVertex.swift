/// Names a vertex through all evaluations: a node at a hop limit. The same address at two hop limits (behind
/// branches of different length) is two vertices, each with its own stopping rule; links of both are reported as
/// links of one address. Silence is told apart by what stands before it.
struct PathVertexKey: Hashable, Sendable {
  var hop: Int
  var node: Int16
  /// The node one hop before, for silence; else `PathNode.none`.
  var before: Int16
}

/// A node at a hop limit, and what flows that are known to pass it met one hop further.
struct PathVertex: Sendable {
  let key: PathVertexKey
  var isTerminal = false
  /// Indices of the vertices one level up that lead here.
  var parents: [Int] = []
  /// Paths that a per-packet balancer had spread meet here again.
  var isMerge = false

  /// Independent flows through this vertex.
  var passing = 0
  /// Of these, how many have their next hop known: what the stopping rule counts.
  var evidence = 0
  /// Of these, how many are being asked one hop further.
  var pending = 0
  /// Of these, how many were lost there so often that nothing can be said.
  var unknown = 0
  /// Not yet asked one hop further.
  var unsent: [Int] = []
  /// Lost one hop further and worth another try.
  var retries: [Int] = []
  /// Lanes whose next hop answered.
  var answered: [(lane: Int, node: Int16)] = []
  /// Next hops; `PathNode.silent` among them.
  var nexts: [Int16] = []
  /// How probes one hop further were lost.
  var losses = PathLosses()
  /// Probes one hop further.
  var probes = 0
  /// One hop further is beyond what may be asked.
  var isClosed = false

  /// Answers of flows that had answered one hop further already.
  var repeats = 0
  var repeatsPending = 0
  var repeatsAsked = 0
  /// A flow that met two next hops.
  var unstableLane: Int?

  /// n_{k+1}.
  var needed = 0
  /// Enough flows have been seen to pass, or no more can be.
  var isComplete = false
  var isPerPacket = false
  /// It is known whether packets of one flow are spread.
  var isTested = false
  /// Complete and tested, and so is all that leads here: its links are facts.
  var isSettled = false
  /// An answer stands somewhere behind this silence.
  var leadsOn = false

  init(_ key: PathVertexKey) { self.key = key }

  var isSilent: Bool { key.node == PathNode.silent }

  mutating func note(next: Int16) { if !nexts.contains(next) { nexts.append(next) } }
}

/// What a cell says, in the light of the flows beside it.
enum PathFate: Hashable, Sendable {
  case unsent
  case pending
  /// Lost; another try is wanted.
  case retry
  case node(Int16)
  /// Believed to be silent.
  case silent
  /// Lost, but silence is not the likeliest reason.
  case unknown
  /// Not to be asked.
  case closed
}

/// What flows that come from one vertex met one hop further, for judging silence.
struct PathLosses: Sendable {
  /// Flows that were answered, and probes of these that were lost before.
  var answered = 0
  var answeredLost = 0
  /// Flows that were lost each time, and their probes.
  var silent = 0
  var silentLost = 0
  var inFlight = 0

  /// Losses of one flow before its silence is believed, where nothing else speaks for it.
  static let tries = 3
  /// Losses after which no more is tried.
  static let mostTries = 5
  /// Losses of several flows at a hop where nobody answered yet that stand for `tries` of each.
  static let sharedTries = 6
  /// The chance of a coincidence that is still taken for silence: of a hop, and of one more flow where silence
  /// is known to be one of the next hops. Small, because loss must not draw links.
  static let hopDoubt = 1e-4
  static let flowDoubt = 1e-3

  mutating func note(_ cell: PathCell) {
    if cell.node != PathNode.none {
      answered += 1
      answeredLost += Int(cell.lost)
    } else {
      inFlight += Int(cell.inFlight)
      if cell.lost > 0 {
        silent += 1
        silentLost += Int(cell.lost)
      }
    }
  }

  /// The share of probes that are lost on the way to routers that answer (Laplace's estimate).
  private var rate: Double { Double(answeredLost + 1) / Double(answeredLost + answered + 2) }

  /// The same here, where few probes count less than what is seen at all hops; never less than there, since a
  /// router that limits its answers loses more and none loses less.
  private func rate(_ everywhere: PathLosses) -> Double {
    let prior = everywhere.rate
    return max(prior, (Double(answeredLost) + 2 * prior) / Double(answeredLost + answered + 2))
  }

  /// `everywhere`: the same for all hops.
  func fate(_ cell: PathCell, everywhere: PathLosses) -> PathFate {
    if cell.node != PathNode.none { return .node(cell.node) }
    if cell.asked == 0 { return .unsent }
    if cell.inFlight > 0 { return .pending }
    let lost = Int(cell.lost)
    guard answered > 0 else {
      let isEnough = lost >= Self.tries || silentLost >= Self.sharedTries
      if isEnough, everywhere.answered == 0 || chance(of: silentLost, everywhere) < Self.hopDoubt {
        return .silent
      }
      if silentLost + inFlight >= Self.sharedTries, inFlight > 0 { return .pending }
      return lost < Self.mostTries ? .retry : .unknown
    }
    if isSilenceKnown(everywhere) {
      if chance(of: lost, everywhere) < Self.flowDoubt { return .silent }
    } else if lost < Self.tries {
      return .retry
    }
    return lost < Self.mostTries ? .retry : .unknown
  }

  /// Whether one more flow that is lost so often meets silence, which is one of the next hops.
  func isSilent(lost: Int, everywhere: PathLosses) -> Bool { chance(of: lost, everywhere) < Self.flowDoubt }

  /// Losses of flows to routers that all answer would hardly fall so.
  private func isSilenceKnown(_ everywhere: PathLosses) -> Bool {
    guard silentLost >= Self.tries else { return false }
    var coincidence = chance(of: silentLost, everywhere)
    for i in 0..<silent { coincidence *= Double(answered + silent - i) / Double(i + 1) }
    return coincidence < Self.hopDoubt
  }

  private func chance(of losses: Int, _ everywhere: PathLosses) -> Double {
    let rate = rate(everywhere)
    var chance = 1.0
    for _ in 0..<min(losses, 1_000) { chance *= rate }
    return chance
  }
}
