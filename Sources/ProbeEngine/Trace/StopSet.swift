import Wire

/// Routers that earlier traces of a run have met, each at its hop limit, and the way to each: where a later trace
/// meets one of them, it takes the nearer hops over (Doubletree: Donnet, Raoult, Friedman, Crovella, 2005).
struct StopSet {
  /// One hop on the way to a router; silent ones stand between others.
  struct Node {
    var hopLimit: UInt8
    var verdicts: [TraceHop.Verdict]
    /// The hop before; -1 for none.
    var parent: Int
  }
  private struct Key: Hashable {
    var hopLimit: UInt8
    var address: IPv6Address
  }

  /// More are not remembered: about 40 MB.
  private static let mostNodes = 32_768

  private var nodes: [Node] = []
  private var index: [Key: Int] = [:]
  /// How many traces ended at each hop limit.
  private var distances: [Int] = Array(repeating: 0, count: 256)
  /// How many traces there are.
  private(set) var count = 0

  /// Where the paths so far ended, in the middle; nil before the first.
  var typicalDistance: UInt8? {
    guard count > 0 else { return nil }
    var seen = 0
    for (distance, n) in distances.enumerated() {
      seen += n
      if seen * 2 >= count { return UInt8(clamping: distance) }
    }
    return nil
  }

  /// The node of a router at that hop limit.
  func node(_ hopLimit: UInt8, _ address: IPv6Address) -> Int? {
    index[Key(hopLimit: hopLimit, address: address)]
  }

  /// What the trace that met the node first got from it.
  func verdicts(of node: Int) -> [TraceHop.Verdict] { nodes[node].verdicts }

  /// The hops before a node, the nearest to the host first.
  func hops(before node: Int) -> [Node] {
    var way: [Node] = []
    var next = nodes[node].parent
    while next >= 0 {
      way.append(nodes[next])
      next = nodes[next].parent
    }
    return way.reversed()
  }

  /// A trace ended at that hop limit. `own`: the hops that it asked itself, in order; where the way to them was taken
  /// over, the first is a router that is known.
  mutating func insert(
    _ own: [(hopLimit: UInt8, verdicts: [TraceHop.Verdict], routers: [IPv6Address])], distance: UInt8
  ) {
    distances[Int(distance)] += 1
    count += 1
    var parent = -1
    var silent: [Node] = []
    for hop in own {
      if hop.routers.isEmpty {
        silent.append(Node(hopLimit: hop.hopLimit, verdicts: hop.verdicts, parent: -1))
        continue
      }
      let known = hop.routers.first { node(hop.hopLimit, $0) != nil }
      if let known = known.flatMap({ node(hop.hopLimit, $0) }) {
        parent = known
      } else {
        guard nodes.count + silent.count < StopSet.mostNodes else { return }
        for var node in silent {
          node.parent = parent
          nodes.append(node)
          parent = nodes.count - 1
        }
        nodes.append(Node(hopLimit: hop.hopLimit, verdicts: hop.verdicts, parent: parent))
        parent = nodes.count - 1
      }
      silent.removeAll()
      for address in hop.routers where node(hop.hopLimit, address) == nil {
        index[Key(hopLimit: hop.hopLimit, address: address)] = parent
      }
    }
  }
}
