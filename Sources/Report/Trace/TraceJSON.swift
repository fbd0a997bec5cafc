package import ProbeEngine
package import Timing

/// A trace's events as JSON lines, one object each, by ping's conventions and `Schema/probe6-1.schema.json`.
/// Where an event is about a probe, `hop_limit` is the probe's own; the answer's is `reply_hop_limit`.
package struct TraceJSON: TraceWriter {
  private let includesNames: Bool
  private var run: TraceRun?
  /// What `snapshot` tells: a row for each target that has not ended.
  private var progress: [Int: Progress] = [:]
  /// Mode `.rounds`: what `statistics` tells of each hop.
  private var figures: TraceFigures?
  /// When the youngest event happened. What is concluded (links, balancers, MTUs) has no time of its own: it is
  /// known from that moment on.
  private var latest = Instant.zero

  private struct Progress {
    var startedAt: Instant
    var hops: UInt8 = 0
    var replied: UInt64 = 0
    var late: UInt64 = 0
    var lost: UInt64 = 0
    var sendFailed: UInt64 = 0
  }

  /// - Parameter includesNames: the replies of hops carry reverse names.
  package init(includesNames: Bool = false) { self.includesNames = includesNames }

  package mutating func begin(_ run: TraceRun, at now: Instant, wall: WallClock, into out: inout OutputBuffer)
  {
    self.run = run
    latest = now
    if case .rounds = run.mode { figures = TraceFigures(targetCount: run.targets.count) }
    for index in run.targets.indices {
      progress[index] = Progress(startedAt: now)
      var line = line("start", at: now, wall)
      line.put("verb", "trace")
      put(target: index, into: &line)
      TraceJSONStart.put(run, run.targets[index], into: &line)
      out.standardOutput.append(contentsOf: line.finished())
    }
  }

  package func namesWanted(by event: TraceEvent) -> [TraceAddress] {
    guard includesNames else { return [] }
    switch event {
    case .hop(let hop): return hop.addresses
    case .end(let end):
      guard let figures, figures.targets.indices.contains(end.target) else { return [] }
      return figures.targets[end.target].shown.flatMap(\.statistics.addresses).map(\.address)
    default: return []
    }
  }

  package mutating func write(
    _ event: TraceEvent, wall: WallClock, names: TraceNames, into out: inout OutputBuffer
  ) {
    guard let run else { return }
    let replies = TraceJSONReply(run: run, names: told(names))
    count(event)
    figures?.record(event)
    var line: JSONLine
    switch event {
    case .reply(let reply):
      line = self.line("reply", at: reply.receivedAt, wall, reply.probe)
      replies.put(reply, into: &line)
    case .late(let reply):
      line = self.line("late", at: reply.receivedAt, wall, reply.probe)
      var late = reply
      late.isLate = true
      replies.put(late, into: &line)
    case .lost(let loss):
      line = self.line("lost", at: loss.at, wall, loss.probe)
      replies.put(number: loss.number, loss.probe, into: &line)
      line.put("waited_ns", (loss.at - loss.sentAt).count)
    case .sendFailed(let failure):
      line = self.line("send_failed", at: failure.at, wall, failure.probe)
      replies.put(number: failure.number, failure.probe, into: &line)
      TraceJSONReply.put(errno: failure.errno, mtu: failure.mtu, into: &line)
    case .rejected(let rejection):
      line = self.line("rejected", at: rejection.at, wall)
      line.put("reason", RejectionText.name(rejection.reason))
      line.put("source", rejection.source, zone: rejection.zone, names: run.interfaceNames)
      line.put("type", UInt64(rejection.type))
    case .hop(let hop):
      line = self.line(hop, replies, wall)
      progress[hop.target]?.hops = hop.hopLimit
    case .link(let link):
      line = self.line("link", at: latest, wall)
      put(target: link.target, into: &line)
      put("from", link.from, into: &line)
      put("to", link.to, into: &line)
      line.put("hop_limit", UInt64(link.hopLimit))
      if link.isArrival { line.put("reached", true) }
    case .balancer(let balancer):
      line = self.line("balancer", at: latest, wall)
      put(target: balancer.target, into: &line)
      put("address", balancer.node, into: &line)
      line.put("hop_limit", UInt64(balancer.hopLimit))
      line.put("hashes", balancer.hashes.rawValue)
      line.array("branches", balancer.branches) { node, octets in self.quote(node, into: &octets) }
      line.put("probes", Int64(balancer.probes))
    case .mtu(let mtu):
      line = self.line("mtu", at: latest, wall)
      put(target: mtu.target, into: &line)
      line.put("hop_limit", UInt64(mtu.hopLimit))
      line.put("mtu", Int64(mtu.mtu))
      line.put("found_by", mtu.source.rawValue)
      if let reporter = mtu.reporter { line.put("reporter", reporter, zone: 0, names: [:]) }
      if mtu.isReportInvalid { line.put("invalid_report", true) }
    case .round(let target, let number, let at):
      line = self.line("round", at: at, wall)
      put(target: target, into: &line)
      line.put("round", Int64(number))
    case .end(let end):
      putStatistics(of: end.target, at: end.at, wall, replies, into: &out.standardOutput)
      line = self.line(end, wall)
      progress[end.target] = nil
    }
    out.standardOutput.append(contentsOf: line.finished())
  }

  package mutating func writeSnapshot(
    at now: Instant, wall: WallClock, names: TraceNames, into out: inout OutputBuffer
  ) {
    for (target, progress) in progress.sorted(by: { $0.key < $1.key }) {
      if let run {
        let replies = TraceJSONReply(run: run, names: told(names))
        putStatistics(of: target, at: now, wall, replies, into: &out.standardOutput)
      }
      var line = line("snapshot", at: now, wall)
      line.put("verb", "trace")
      put(target: target, into: &line)
      line.put("duration_ns", (now - progress.startedAt).count)
      line.put("hops", UInt64(progress.hops))
      line.put("replied", progress.replied)
      line.put("late", progress.late)
      line.put("lost", progress.lost)
      line.put("send_failed", progress.sendFailed)
      out.standardOutput.append(contentsOf: line.finished())
    }
  }

  // MARK: - Lines

  private func line(_ event: String, at instant: Instant, _ wall: WallClock) -> JSONLine {
    var line = JSONLine()
    line.put("schema", "probe6/1")
    line.put("event", event)
    line.put("time", time: wall.nanoseconds(at: instant))
    return line
  }

  /// An event about one probe.
  private func line(_ event: String, at instant: Instant, _ wall: WallClock, _ probe: TraceProbe) -> JSONLine
  {
    var line = line(event, at: instant, wall)
    put(target: probe.target, into: &line)
    line.put("hop_limit", UInt64(probe.hopLimit))
    return line
  }

  private func line(_ hop: TraceHop, _ replies: TraceJSONReply, _ wall: WallClock) -> JSONLine {
    var line = line("hop", at: hop.at, wall)
    put(target: hop.target, into: &line)
    line.put("hop_limit", UInt64(hop.hopLimit))
    line.array("replies", hop.verdicts) { verdict, octets in
      octets.append(
        contentsOf: JSONLine.element { entry in
          switch verdict {
          case .reply(let reply): replies.put(reply, into: &entry)
          case .lost(let loss):
            replies.put(number: loss.number, loss.probe, into: &entry)
            entry.put("lost", true)
            entry.put("waited_ns", (loss.at - loss.sentAt).count)
          case .sendFailed(let failure):
            replies.put(number: failure.number, failure.probe, into: &entry)
            entry.put("send_failed", true)
            TraceJSONReply.put(errno: failure.errno, mtu: failure.mtu, into: &entry)
          }
        })
    }
    if !hop.notes.isEmpty {
      line.array("notes", hop.notes) { note, octets in
        octets.put("\"")
        octets.put(Self.name(of: note))
        octets.put("\"")
      }
    }
    if let firstSeen = hop.loopFirstSeen { line.put("loop_first_seen", UInt64(firstSeen)) }
    line.put("last", hop.isLast)
    return line
  }

  private func putStatistics(
    of target: Int, at instant: Instant, _ wall: WallClock, _ replies: TraceJSONReply, into out: inout [UInt8]
  ) {
    guard let figures, figures.targets.indices.contains(target) else { return }
    for hop in figures.targets[target].shown {
      var line = line("statistics", at: instant, wall)
      put(target: target, into: &line)
      line.put("hop_limit", UInt64(hop.hopLimit))
      replies.put(hop.statistics, into: &line)
      out.append(contentsOf: line.finished())
    }
  }

  private func line(_ end: TraceEnd, _ wall: WallClock) -> JSONLine {
    var line = line("end", at: end.at, wall)
    line.put("verb", "trace")
    put(target: end.target, into: &line)
    line.put("reached", end.isReached)
    switch end.reason {
    case .reached: line.put("reason", "reached")
    case .unreachable(let type, let code):
      line.put("reason", "unreachable")
      line.put("icmp_type", UInt64(type))
      line.put("icmp_code", UInt64(code))
      line.put("icmp_name", ifKnown: ICMPv6ErrorText.name(type: type, code: code))
    case .maximumHops: line.put("reason", "max_hops")
    case .gapLimit: line.put("reason", "gap_limit")
    case .loop: line.put("reason", "loop")
    case .sendFailed(let errno):
      line.put("reason", "send_failed")
      TraceJSONReply.put(errno: errno, mtu: nil, into: &line)
    case .interrupted: line.put("reason", "interrupted")
    }
    if let address = end.address { line.put("address", address, zone: 0, names: [:]) }
    if end.isFromAnotherAddress { line.put("from_another_address", true) }
    line.put("hops", UInt64(end.hops))
    if let pathMTU = end.pathMTU { line.put("path_mtu", Int64(pathMTU)) }
    line.put("duration_ns", max((end.at - end.startedAt).count, 0))
    line.put("attempted", end.sent)
    line.put("sent", end.left)
    line.put("replied", end.replied)
    line.put("late", end.late)
    line.put("lost", end.lost)
    line.put("in_flight", end.inFlight)
    line.put("send_failed", end.sendFailed)
    line.put("rejected", end.rejected)
    return line
  }

  // MARK: - Parts of lines

  private func told(_ names: TraceNames) -> TraceNames {
    guard !includesNames else { return names }
    var told = names
    told.names = [:]
    return told
  }

  private mutating func count(_ event: TraceEvent) {
    switch event {
    case .reply(let reply):
      latest = max(latest, reply.receivedAt)
      progress[reply.probe.target]?.replied += 1
    case .late(let reply):
      latest = max(latest, reply.receivedAt)
      progress[reply.probe.target]?.late += 1
      if let lost = progress[reply.probe.target]?.lost, lost > 0 { progress[reply.probe.target]?.lost -= 1 }
    case .lost(let loss):
      latest = max(latest, loss.at)
      progress[loss.probe.target]?.lost += 1
    case .sendFailed(let failure):
      latest = max(latest, failure.at)
      progress[failure.probe.target]?.sendFailed += 1
    case .rejected(let rejection): latest = max(latest, rejection.at)
    case .hop(let hop): latest = max(latest, hop.at)
    case .round(_, _, let at): latest = max(latest, at)
    case .end(let end): latest = max(latest, end.at)
    case .link, .balancer, .mtu: break
    }
  }

  private func put(target index: Int, into line: inout JSONLine) {
    guard let run, run.targets.indices.contains(index) else { return }
    line.put("target", run.targets[index].name)
    line.put("destination", run.targets[index].addressText)
  }

  private func put(_ key: String, _ node: TraceNode, into line: inout JSONLine) {
    line.put(key, octets: text(of: node))
  }

  private func quote(_ node: TraceNode, into octets: inout [UInt8]) {
    octets.put("\"")
    Escape.json(text(of: node), into: &octets)
    octets.put("\"")
  }

  /// An address, `origin`, or `silent:3`. An interface's name inside is as it came: JSON has its own escapes.
  private func text(of node: TraceNode) -> [UInt8] {
    var text: [UInt8] = []
    switch node {
    case .origin: text.put("origin")
    case .silent(let hopLimit):
      text.put("silent:")
      text.put(decimal: UInt64(hopLimit))
    case .router(let address, let zone):
      text.put(address)
      if zone != 0 { text.put("%" + (run?.interfaceNames[zone] ?? String(zone))) }
    }
    return text
  }

  private static func name(of note: TraceHop.Note) -> String {
    switch note {
    case .rateLimited: "rate_limited"
    case .loop: "loop"
    case .addressTranslation: "address_translation"
    case .shared: "shared"
    case .severalAddresses: "several_addresses"
    }
  }
}

extension TraceHop {
  /// The earlier hop that a loop leads back to.
  var loopFirstSeen: UInt8? {
    for case .loop(let firstSeen) in notes { return firstSeen }
    return nil
  }
}
