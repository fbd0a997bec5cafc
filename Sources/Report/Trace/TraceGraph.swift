import ProbeEngine
import Timing

/// The paths to one target: each node once, at however many hop limits it answers, and who follows whom.
struct TraceGraph: Sendable {
  /// All nodes but the host itself, in the order in which they were found.
  private(set) var nodes: [TraceNode] = []
  /// Next hops, in the order in which they were found.
  private(set) var next: [TraceNode: [TraceNode]] = [:]
  private(set) var balancers: [TraceNode: TraceBalancer] = [:]
  private(set) var arrivals: Set<TraceNode> = []
  /// The shortest round trip of each, in nanoseconds, where one was told.
  private(set) var shortest: [TraceNode: Int64] = [:]
  private(set) var linkCount = 0
  /// Where links say that nodes answer.
  private var hopLimits: [TraceNode: Set<UInt8>] = [:]

  var isEmpty: Bool { nodes.isEmpty }

  /// Everyone who has an address.
  var addresses: [TraceAddress] { nodes.compactMap(\.address) }

  /// The hop limits at which links say that the node answers, in their order.
  func hopLimits(of node: TraceNode) -> [UInt8] { (hopLimits[node] ?? []).sorted() }

  mutating func add(_ link: TraceLink) {
    add(link.from, at: link.hopLimit > 0 ? link.hopLimit - 1 : 0)
    add(link.to, at: link.hopLimit)
    if !next[link.from, default: []].contains(link.to) {
      next[link.from, default: []].append(link.to)
      linkCount += 1
    }
    if link.isArrival { arrivals.insert(link.to) }
  }

  mutating func add(_ balancer: TraceBalancer) {
    // Told again from another hop limit, the one that saw more of it stands.
    let known = balancers[balancer.node]?.branches.count ?? 0
    if balancer.branches.count >= known { balancers[balancer.node] = balancer }
  }

  /// Takes the time; nodes come by links alone.
  mutating func record(_ reply: TraceReply) {
    guard let roundTrip = reply.roundTrip?.count else { return }
    let node = TraceNode.router(reply.address, zone: reply.zone)
    shortest[node] = min(shortest[node] ?? .max, roundTrip)
  }

  private mutating func add(_ node: TraceNode, at hopLimit: UInt8) {
    guard node != .origin else { return }
    if hopLimits[node] == nil { nodes.append(node) }
    hopLimits[node, default: []].insert(hopLimit)
  }
}

/// Where the nodes of a graph stand on paper: at the hop limit of the longest way to them, so that links lead
/// onward. In a loop the nearest node comes first, and one link leads back.
struct TraceGraphLayout {
  struct Level {
    var hopLimit: UInt8
    var nodes: [TraceNode]
  }
  struct Place {
    var hopLimit: UInt8
    /// Among the nodes of that level, of which there are `count`.
    var index: Int
    var count: Int
  }

  /// In the order of hop limits; the host itself is none of them.
  private(set) var levels: [Level] = []
  private var places: [TraceNode: Place] = [:]

  init(_ graph: TraceGraph) {
    let depths = Self.depths(graph)
    let byDepth = Dictionary(grouping: graph.nodes) { depths[$0] ?? 0 }
    for (depth, nodes) in byDepth.sorted(by: { $0.key < $1.key }) {
      levels.append(Level(hopLimit: UInt8(clamping: depth), nodes: nodes))
      for (index, node) in nodes.enumerated() {
        places[node] = Place(hopLimit: UInt8(clamping: depth), index: index, count: nodes.count)
      }
    }
  }

  /// The host itself stands at 0.
  subscript(_ node: TraceNode) -> Place { places[node] ?? Place(hopLimit: 0, index: 0, count: 1) }

  private static func depths(_ graph: TraceGraph) -> [TraceNode: Int] {
    var depths: [TraceNode: Int] = [:]
    var incoming: [TraceNode: Int] = [:]
    for node in graph.nodes {
      depths[node] = Int(graph.hopLimits(of: node).last ?? 0)
      for next in graph.next[node] ?? [] { incoming[next, default: 0] += 1 }
    }
    var ready = graph.nodes.filter { incoming[$0] == nil }
    var waiting = Set(graph.nodes).subtracting(ready)
    while true {
      while let node = ready.popLast() {
        for next in graph.next[node] ?? [] where waiting.contains(next) {
          // No hop limit is greater.
          depths[next] = min(max(depths[next] ?? 0, (depths[node] ?? 0) + 1), 255)
          incoming[next, default: 1] -= 1
          if incoming[next] == 0 {
            waiting.remove(next)
            ready.append(next)
          }
        }
      }
      // A loop is left: it is entered at the nearest of its nodes.
      var entry: TraceNode?
      for node in graph.nodes where waiting.contains(node) {
        if entry.map({ depths[node] ?? 0 < depths[$0] ?? 0 }) ?? true { entry = node }
      }
      guard let entry else { return depths }
      waiting.remove(entry)
      ready.append(entry)
    }
  }
}
