package import ProbeEngine
package import Timing

/// The graph of mode `.paths` for Graphviz: a digraph for each target, when its trace has ended. Balancers are
/// boxes with what they hash, the target has a double border, silence is dashed.
package struct TraceDot: TraceWriter {
  private let options: TraceTextOptions
  private var run: TraceRun?
  private var graphs: [Int: TraceGraph] = [:]

  package init(options: TraceTextOptions) { self.options = options }

  package mutating func begin(_ run: TraceRun, at now: Instant, wall: WallClock, into out: inout OutputBuffer)
  { self.run = run }

  package func namesWanted(by event: TraceEvent) -> [TraceAddress] {
    guard !options.isNumeric else { return [] }
    switch event {
    case .link(let link): return [link.from, link.to].compactMap(\.address)
    case .end(let end): return graphs[end.target]?.addresses ?? []
    default: return []
    }
  }

  package mutating func write(
    _ event: TraceEvent, wall: WallClock, names: TraceNames, into out: inout OutputBuffer
  ) {
    switch event {
    case .link(let link): graphs[link.target, default: TraceGraph()].add(link)
    case .balancer(let balancer): graphs[balancer.target, default: TraceGraph()].add(balancer)
    case .end(let end):
      guard let run else { return }
      let graph = graphs.removeValue(forKey: end.target) ?? TraceGraph()
      put(
        graph, end.target, TraceHopText(options: options, run: run, names: names), into: &out.standardOutput)
    default: break
    }
  }

  // MARK: - The graph

  private func put(
    _ graph: TraceGraph, _ target: Int, _ hopText: TraceHopText, into out: inout [UInt8]
  ) {
    out.put("digraph ")
    var title: [UInt8] = []
    if hopText.run.targets.indices.contains(target) {
      TraceHeaderText.put(nameOf: hopText.run.targets[target], into: &title)
    }
    Self.quote(title, into: &out)
    out.put(" {\n  rankdir=LR;\n  node [shape=ellipse, fontname=\"monospace\"];\n")
    out.put("  \"0\" [label=\"this host\", shape=house];\n")
    let layout = TraceGraphLayout(graph)
    let nodes = layout.levels.flatMap(\.nodes)
    for node in nodes {
      out.put("  ")
      put(nameOf: node, layout, into: &out)
      out.put(" [label=")
      Self.quote(lines: label(node, graph, target, hopText), into: &out)
      if graph.arrivals.contains(node) { out.put(", peripheries=2") }
      if graph.balancers[node] != nil { out.put(", shape=box") }
      if case .silent = node { out.put(", style=dashed") }
      out.put("];\n")
    }
    for node in [.origin] + nodes {
      for next in graph.next[node] ?? [] {
        out.put("  ")
        put(nameOf: node, layout, into: &out)
        out.put(" -> ")
        put(nameOf: next, layout, into: &out)
        out.put(";\n")
      }
    }
    out.put("}\n")
  }

  /// Nodes are named by place, so that no text of others is ever a name: `"3.1"`; the host itself is `"0"`.
  private func put(nameOf node: TraceNode, _ layout: TraceGraphLayout, into out: inout [UInt8]) {
    let place = layout[node]
    out.put("\"")
    out.put(decimal: UInt64(place.hopLimit))
    if node != .origin {
      out.put(".")
      out.put(decimal: place.index)
    }
    out.put("\"")
  }

  private func label(
    _ node: TraceNode, _ graph: TraceGraph, _ target: Int, _ hopText: TraceHopText
  ) -> [[UInt8]] {
    var lines: [[UInt8]] = []
    switch node {
    case .router(let address, let zone):
      let host = TraceAddress(address, zone: zone)
      if let name = hopText.name(of: host, target: target) {
        var line: [UInt8] = []
        Escape.text(name, into: &line)
        lines.append(line)
      }
      var line: [UInt8] = []
      line.put(address, zone: zone, names: hopText.run.interfaceNames)
      lines.append(line)
      if let system = hopText.names.systems?(address), !system.isEmpty {
        var line: [UInt8] = []
        Escape.text(system, into: &line)
        lines.append(line)
      }
    case .silent: lines.append(Array("*".utf8))
    case .origin: lines.append(Array("this host".utf8))
    }
    if let balancer = graph.balancers[node] {
      var line: [UInt8] = []
      line.put(decimal: max(balancer.branches.count, graph.next[node]?.count ?? 0))
      line.put(" ways")
      line.put(TracePathsText.words(balancer.hashes))
      lines.append(line)
    }
    return lines
  }

  private static func quote(_ text: [UInt8], into out: inout [UInt8]) { quote(lines: [text], into: &out) }

  /// A double-quoted string of the dot language. Text was escaped for people before; a backslash is doubled, as
  /// labels have escapes of their own (`\N` would be the node's name).
  private static func quote(lines: [[UInt8]], into out: inout [UInt8]) {
    out.put("\"")
    for (index, line) in lines.enumerated() {
      if index > 0 { out.put("\\n") }
      for octet in line {
        if octet == 0x22 || octet == 0x5c { out.put(0x5c) }
        out.put(octet)
      }
    }
    out.put("\"")
  }
}
