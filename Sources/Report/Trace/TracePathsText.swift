import ProbeEngine

/// The graph of mode `.paths` as lines: one for each node, labelled by its hop limit and, where it is not alone
/// there, a letter (`3b`); behind the arrow the labels of its next hops. A plain chain shows no arrows.
struct TracePathsText {
  let hopText: TraceHopText
  private let graph: TraceGraph
  private let layout: TraceGraphLayout

  init(hopText: TraceHopText, graph: TraceGraph) {
    self.hopText = hopText
    self.graph = graph
    layout = TraceGraphLayout(graph)
  }

  func put(target: Int, into out: inout [UInt8]) {
    // A host with several first hops (its own routes spread) is shown as a line of its own.
    let first = graph.next[.origin] ?? []
    if !first.isEmpty, !isPlain(first, to: 0) {
      out.put(" 0   this host")
      put(arrowsTo: first, into: &out)
      out.put("\n")
    }
    for (index, level) in layout.levels.enumerated() {
      for node in level.nodes { put(node, level: index, target, into: &out) }
    }
  }

  /// A line on how much was found, for the end.
  func putCounts(into out: inout [UInt8]) {
    func put(_ count: Int, _ noun: String) {
      out.put(decimal: count)
      out.put(" ")
      out.put(noun)
      if count != 1 { out.put("s") }
    }
    put(graph.nodes.count, "node")
    out.put(", ")
    put(graph.linkCount, "link")
    out.put(", ")
    put(graph.balancers.count, "balancer")
    out.put("\n")
  }

  private func put(_ node: TraceNode, level: Int, _ target: Int, into out: inout [UInt8]) {
    let label = label(of: node)
    let hopLimit = layout[node].hopLimit
    if hopLimit < 10 { out.put(" ") }
    out.put(label)
    // Room for a letter, so that addresses stand in one column.
    let width = hopLimit < 10 ? label.utf8.count + 1 : label.utf8.count
    for _ in min(width, 4)..<5 { out.put(" ") }
    switch node {
    case .router(let address, let zone):
      hopText.put(host: TraceAddress(address, zone: zone), target: target, into: &out)
    case .silent: out.put("*")
    case .origin: out.put("this host")
    }
    if let shortest = graph.shortest[node] {
      out.put("  ")
      out.put(milliseconds: shortest)
      out.put(" ms")
    }
    let isArrival = graph.arrivals.contains(node)
    if isArrival { out.put("  target") }
    let next = graph.next[node] ?? []
    let isAlone = layout.levels[level].nodes.count == 1
    if !next.isEmpty, isArrival || !isAlone || !isPlain(next, to: level + 1) {
      put(arrowsTo: next, into: &out)
    }
    if let balancer = graph.balancers[node] { put(balancer, next.count, into: &out) }
    if next.isEmpty, !isArrival, level + 1 < layout.levels.count { out.put("  no next hop found") }
    put(otherHopLimitsOf: node, into: &out)
    out.put("\n")
  }

  /// `(also at hop 4)`.
  private func put(otherHopLimitsOf node: TraceNode, into out: inout [UInt8]) {
    let others = graph.hopLimits(of: node).filter { $0 != layout[node].hopLimit }
    guard !others.isEmpty else { return }
    out.put(others.count == 1 ? "  (also at hop " : "  (also at hops ")
    for (index, hopLimit) in others.enumerated() {
      if index > 0 { out.put(", ") }
      out.put(decimal: UInt64(hopLimit))
    }
    out.put(")")
  }

  /// They are all that the level has, which is the next line: no arrow is needed.
  private func isPlain(_ next: [TraceNode], to level: Int) -> Bool {
    layout.levels.indices.contains(level) && next.count == 1 && layout.levels[level].nodes == next
  }

  private func put(arrowsTo next: [TraceNode], into out: inout [UInt8]) {
    out.put(hopText.options.isUTF8 ? "  →" : "  ->")
    let places = next.map { layout[$0] }.sorted { ($0.hopLimit, $0.index) < ($1.hopLimit, $1.index) }
    for place in places {
      out.put(" ")
      out.put(label(of: place))
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

  private func label(of node: TraceNode) -> String { label(of: layout[node]) }

  /// `3`, or `3b` where others answer at that hop limit as well; behind `z` comes `aa`.
  private func label(of place: TraceGraphLayout.Place) -> String {
    guard place.count > 1 else { return String(place.hopLimit) }
    var letters: [UInt8] = []
    var rest = place.index
    repeat {
      letters.append(0x61 &+ UInt8(truncatingIfNeeded: rest % 26))
      rest = rest / 26 - 1
    } while rest >= 0
    return String(place.hopLimit) + String(decimal: letters.reversed())
  }
}

extension String {
  fileprivate init(decimal ascii: [UInt8]) { self = String(decoding: ascii, as: UTF8.self) }
}
