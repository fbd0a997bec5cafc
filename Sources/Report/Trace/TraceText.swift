package import ProbeEngine
package import Timing

/// `probe6 trace` for people: one line for each hop, in the end whether the target was reached or why not. The
/// path of one target is printed hop by hop; those of several come as blocks, each when its trace has ended.
package struct TraceText: TraceWriter {
  /// What is remembered of a target until its end.
  private struct Block {
    /// Several targets: its lines so far.
    var lines: [UInt8] = []
    var hops: UInt8 = 0
    var answered = 0
    var lost = 0
    var late: [TraceReply] = []
    /// The path MTU up to the last hop that was printed, and what is known of later hops.
    var mtu: TraceMTU?
    var nextMTU: [UInt8: TraceMTU] = [:]
    /// Mode `.paths`: what the hops of one flow say beside the graph.
    var graph = TraceGraph()
    var notes: [(hopLimit: UInt8, notes: [TraceHop.Note])] = []
  }

  private let options: TraceTextOptions
  private var run: TraceRun?
  private var blocks: [Int: Block] = [:]
  /// Of targets whose blocks are done, the last hop that was told.
  private var endedAt: [Int: UInt8] = [:]
  private var reached = 0

  package init(options: TraceTextOptions) { self.options = options }

  package mutating func begin(_ run: TraceRun, at now: Instant, wall: WallClock, into out: inout OutputBuffer)
  {
    self.run = run
    if !isBlockwise {
      TraceHeaderText(options: options, run: run).put(target: 0, into: &out.standardOutput)
    }
  }

  package func namesWanted(by event: TraceEvent) -> [TraceAddress] {
    guard !options.isNumeric else { return [] }
    switch event {
    case .hop(let hop): return hop.addresses
    case .late(let reply): return [TraceAddress(reply.address, zone: reply.zone)]
    case .mtu(let mtu): return mtu.reporter.map { [TraceAddress($0)] } ?? []
    case .link(let link): return [link.from, link.to].compactMap(\.address)
    case .end(let end):
      let nodes = blocks[end.target]?.graph.addresses ?? []
      return nodes + (end.address.map { [TraceAddress($0)] } ?? [])
    case .reply, .lost, .sendFailed, .rejected, .balancer, .round: return []
    }
  }

  package mutating func write(
    _ event: TraceEvent, wall: WallClock, names: TraceNames, into out: inout OutputBuffer
  ) {
    guard let run else { return }
    let hopText = TraceHopText(options: options, run: run, names: names)
    switch event {
    case .lost, .sendFailed, .round: break
    case .reply(let reply):
      if case .paths = run.mode { blocks[reply.probe.target, default: Block()].graph.record(reply) }
    case .late(let reply):
      if let last = endedAt[reply.probe.target] {
        // Further ones were never waited for.
        guard reply.probe.hopLimit <= last else { return }
        putName(of: reply.probe.target, into: &out.standardOutput)
        TraceEndText(hopText: hopText).put(late: reply, into: &out.standardOutput)
      } else {
        blocks[reply.probe.target, default: Block()].late.append(reply)
      }
    case .rejected(let rejection):
      guard options.isVerbose else { return }
      put(rejection, run, into: &out.standardOutput)
    case .hop(let hop): put(hop, hopText, wall, into: &out.standardOutput)
    case .link(let link): blocks[link.target, default: Block()].graph.add(link)
    case .balancer(let balancer): blocks[balancer.target, default: Block()].graph.add(balancer)
    case .mtu(let mtu): put(mtu, hopText, into: &out.standardOutput)
    case .end(let end): put(end, hopText, into: &out.standardOutput)
    }
  }

  package mutating func end(
    at now: Instant, wall: WallClock, names: TraceNames, into out: inout OutputBuffer
  ) {
    guard isBlockwise, !endedAt.isEmpty else { return }
    out.standardOutput.put("\n")
    out.standardOutput.put(decimal: endedAt.count)
    out.standardOutput.put(endedAt.count == 1 ? " target: " : " targets: ")
    out.standardOutput.put(decimal: reached)
    out.standardOutput.put(" reached, ")
    out.standardOutput.put(decimal: endedAt.count - reached)
    out.standardOutput.put(" not reached\n")
  }

  package mutating func writeSnapshot(
    at now: Instant, wall: WallClock, names: TraceNames, into out: inout OutputBuffer
  ) {
    guard let run else { return }
    for index in run.targets.indices where endedAt[index] == nil {
      let block = blocks[index] ?? Block()
      Escape.text(run.targets[index].name, into: &out.standardError)
      out.standardError.put(": hop ")
      out.standardError.put(decimal: UInt64(block.hops))
      out.standardError.put(" so far, ")
      out.standardError.put(decimal: block.answered)
      out.standardError.put(" probes answered, ")
      out.standardError.put(decimal: block.lost)
      out.standardError.put(" lost\n")
    }
  }

  // MARK: - Lines

  private var isBlockwise: Bool { run.map { $0.targets.count != 1 } ?? false }

  /// Lines go out at once for one target, else into its block.
  private mutating func put(
    lineOf target: Int, into out: inout [UInt8], _ body: (inout [UInt8]) -> Void
  ) {
    if isBlockwise {
      body(&blocks[target, default: Block()].lines)
    } else {
      body(&out)
    }
  }

  private mutating func put(
    _ hop: TraceHop, _ hopText: TraceHopText, _ wall: WallClock, into out: inout [UInt8]
  ) {
    var block = blocks[hop.target] ?? Block()
    block.hops = max(block.hops, hop.hopLimit)
    // What was taken over was not asked here.
    for verdict in hop.verdicts where verdict.probe.target == hop.target {
      switch verdict {
      case .reply(let reply):
        block.answered += 1
        if reply.isLate, !block.late.contains(where: { $0.number == reply.number }) {
          block.late.append(reply)
        }
      case .lost: block.lost += 1
      case .sendFailed: break
      }
    }
    if case .paths = hopText.run.mode {
      // The graph at the end shows every hop, with its time.
      for case .reply(let reply) in hop.verdicts { block.graph.record(reply) }
      if !hop.notes.isEmpty { block.notes.append((hop.hopLimit, hop.notes)) }
      blocks[hop.target] = block
      return
    }
    let mtu = block.nextMTU.removeValue(forKey: hop.hopLimit)
    let changed = mtu.flatMap { $0.isSame(as: block.mtu) ? nil : $0 }
    if let mtu { block.mtu = mtu }
    blocks[hop.target] = block
    let showsTimestamps = options.showsTimestamps
    put(lineOf: hop.target, into: &out) { line in
      if showsTimestamps {
        WallTime(nanosecondsSinceEpoch: wall.nanoseconds(at: hop.at)).put(into: &line)
        line.put(" ")
      }
      hopText.put(hop, mtu: changed, into: &line)
    }
  }

  /// An MTU waits for its hop's line; one that comes after it gets a line of its own.
  private mutating func put(_ mtu: TraceMTU, _ hopText: TraceHopText, into out: inout [UInt8]) {
    guard let block = blocks[mtu.target], block.hops >= mtu.hopLimit else {
      blocks[mtu.target, default: Block()].nextMTU[mtu.hopLimit] = mtu
      return
    }
    blocks[mtu.target]?.mtu = mtu
    guard !mtu.isSame(as: block.mtu) else { return }
    put(lineOf: mtu.target, into: &out) { line in
      line.put("    ")
      hopText.put(mtu, besides: nil, into: &line)
      line.put(" up to hop ")
      line.put(decimal: UInt64(mtu.hopLimit))
      line.put("\n")
    }
  }

  private mutating func put(_ end: TraceEnd, _ hopText: TraceHopText, into out: inout [UInt8]) {
    let block = blocks.removeValue(forKey: end.target) ?? Block()
    if isBlockwise {
      if !endedAt.isEmpty { out.put("\n") }
      TraceHeaderText(options: options, run: hopText.run).put(target: end.target, into: &out)
      out.append(contentsOf: block.lines)
    }
    endedAt[end.target] = end.hops
    if end.isReached { reached += 1 }
    if !block.graph.isEmpty {
      let paths = TracePathsText(hopText: hopText, graph: block.graph)
      paths.put(target: end.target, into: &out)
      for (hopLimit, notes) in block.notes {
        out.put("hop ")
        out.put(decimal: UInt64(hopLimit))
        out.put(": ")
        hopText.put(notes, into: &out)
        out.put("\n")
      }
      paths.putCounts(into: &out)
    }
    let endText = TraceEndText(hopText: hopText)
    for reply in block.late where reply.probe.hopLimit <= end.hops { endText.put(late: reply, into: &out) }
    endText.put(end, into: &out)
  }

  private func put(_ rejection: TraceRejection, _ run: TraceRun, into out: inout [UInt8]) {
    out.put("not believed: ")
    if rejection.type != 0 {
      out.put("ICMPv6 type ")
      out.put(decimal: UInt64(rejection.type))
      out.put(" ")
    }
    out.put("from ")
    out.put(rejection.source, zone: rejection.zone, names: run.interfaceNames)
    out.put(", ")
    out.put(RejectionText.text(rejection.reason))
    out.put("\n")
  }

  private func putName(of target: Int, into out: inout [UInt8]) {
    guard isBlockwise, let run, run.targets.indices.contains(target) else { return }
    Escape.text(run.targets[target].name, into: &out)
    out.put(": ")
  }
}

extension TraceHop {
  /// Who answered, each once, in the order of queries.
  var addresses: [TraceAddress] {
    var addresses: [TraceAddress] = []
    for case .reply(let reply) in verdicts {
      let address = TraceAddress(reply.address, zone: reply.zone)
      if !addresses.contains(address) { addresses.append(address) }
    }
    return addresses
  }
}

extension TraceNode {
  /// nil for the host itself and for silence.
  var address: TraceAddress? {
    if case .router(let address, let zone) = self { TraceAddress(address, zone: zone) } else { nil }
  }
}

extension TraceMTU {
  /// Whether it says nothing new beside what was known up to an earlier hop.
  func isSame(as other: TraceMTU?) -> Bool { other?.mtu == mtu && !isReportInvalid }
}
