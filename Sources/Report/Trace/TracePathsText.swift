import ProbeEngine

/// The graph of mode `.paths` as lines: one for each node, labelled by its hop limit and, where it is not alone
/// there, a letter (`3b`); behind the arrow the labels of its next hops. A plain chain shows no arrows.
struct TracePathsText {
  let hopText: TraceHopText
  let graph: TraceGraph

  func put(target: Int, into out: inout [UInt8]) {
    let hopLimits = graph.hopLimits
    let vertices = hopLimits.map { hopLimit in
      (graph.levels[hopLimit] ?? []).map { TraceGraph.Vertex(hopLimit: hopLimit, node: $0) }
    }
    // A host with several first hops (its own routes spread) is shown as a line of its own.
    let first = graph.next[TraceGraph.Vertex(hopLimit: 0, node: .origin)] ?? []
    if first.count > 1 {
      out.put(" 0   this host")
      put(arrowsTo: first, into: &out)
      out.put("\n")
    }
    for level in vertices { for vertex in level { put(vertex, target, into: &out) } }
  }

  /// A line on how much was found, for the end.
  func putCounts(into out: inout [UInt8]) {
    func put(_ count: Int, _ noun: String) {
      out.put(decimal: count)
      out.put(" ")
      out.put(noun)
      if count != 1 { out.put("s") }
    }
    put(graph.nodeCount, "node")
    out.put(", ")
    put(graph.linkCount, "link")
    out.put(", ")
    put(graph.balancers.count, "balancer")
    out.put("\n")
  }

  private func put(_ vertex: TraceGraph.Vertex, _ target: Int, into out: inout [UInt8]) {
    let label = label(of: vertex)
    if vertex.hopLimit < 10 { out.put(" ") }
    out.put(label)
    // Room for a letter, so that addresses stand in one column.
    let width = vertex.hopLimit < 10 ? label.utf8.count + 1 : label.utf8.count
    for _ in min(width, 4)..<5 { out.put(" ") }
    switch vertex.node {
    case .router(let address, let zone):
      hopText.put(host: TraceAddress(address, zone: zone), target: target, into: &out)
    case .silent: out.put("*")
    case .origin: out.put("this host")
    }
    if let shortest = graph.shortest[vertex] {
      out.put("  ")
      out.put(milliseconds: shortest)
      out.put(" ms")
    }
    if graph.arrivals.contains(vertex) { out.put("  target") }
    let next = graph.next[vertex] ?? []
    if !isPlain(vertex, next) { put(arrowsTo: next, into: &out) }
    if let balancer = graph.balancers[vertex] { put(balancer, next.count, into: &out) }
    if next.isEmpty, !graph.arrivals.contains(vertex), hasLater(vertex) { out.put("  no next hop found") }
    out.put("\n")
  }

  /// The only node of its level leads to the only node of the next.
  private func isPlain(_ vertex: TraceGraph.Vertex, _ next: [TraceGraph.Vertex]) -> Bool {
    guard next.count == 1, graph.levels[vertex.hopLimit]?.count == 1 else { return next.isEmpty }
    return graph.levels[next[0].hopLimit]?.count == 1
  }

  private func hasLater(_ vertex: TraceGraph.Vertex) -> Bool {
    graph.levels.keys.contains { $0 > vertex.hopLimit }
  }

  private func put(arrowsTo next: [TraceGraph.Vertex], into out: inout [UInt8]) {
    out.put(hopText.options.isUTF8 ? "  →" : "  ->")
    for vertex in next.sorted(by: { order(of: $0) < order(of: $1) }) {
      out.put(" ")
      out.put(label(of: vertex))
    }
  }

  private func put(_ balancer: TraceBalancer, _ found: Int, into out: inout [UInt8]) {
    out.put("  (")
    out.put(decimal: max(balancer.branches.count, found))
    out.put(" ways")
    out.put(Self.words(balancer.hashes))
    out.put(", ")
    out.put(decimal: balancer.probes)
    out.put(balancer.probes == 1 ? " probe)" : " probes)")
  }

  static func words(_ hashes: TraceBalancer.Hashes) -> String {
    switch hashes {
    case .flowLabel: " by flow label"
    case .ports: " by ports"
    case .both: " by flow label and ports"
    case .perPacket: ", packet by packet"
    case .unknown: ", by what is unknown"
    }
  }

  private func order(of vertex: TraceGraph.Vertex) -> Int {
    (graph.levels[vertex.hopLimit] ?? []).firstIndex(of: vertex.node) ?? 0
  }

  /// `3`, or `3b` where others answer at that hop limit as well; behind `z` comes `aa`.
  private func label(of vertex: TraceGraph.Vertex) -> String {
    guard (graph.levels[vertex.hopLimit]?.count ?? 0) > 1 else { return String(vertex.hopLimit) }
    var letters: [UInt8] = []
    var rest = order(of: vertex)
    repeat {
      letters.append(0x61 &+ UInt8(truncatingIfNeeded: rest % 26))
      rest = rest / 26 - 1
    } while rest >= 0
    return String(vertex.hopLimit) + String(decimal: letters.reversed())
  }
}

extension String {
  fileprivate init(decimal ascii: [UInt8]) { self = String(decoding: ascii, as: UTF8.self) }
}
