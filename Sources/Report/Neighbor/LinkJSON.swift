package import ProbeEngine
package import Timing
import Wire

/// Events of an act on a link as JSON lines, one object each, by ping's conventions and
/// `Schema/probe6-1.schema.json`. Addresses outside `message` have a zone where they need one.
package struct LinkJSON: LinkWriter {
  private var run: LinkRun?
  private var startedAt = Instant.zero
  /// When the youngest event happened: a station has no time of its own and is known from that moment on.
  private var latest = Instant.zero

  package init() {}

  package mutating func begin(_ run: LinkRun, at now: Instant, wall: WallClock, into out: inout OutputBuffer)
  {
    self.run = run
    startedAt = now
    latest = now
    // One line for each target; one where there is none.
    for target in run.targets.isEmpty ? [nil] : run.targets.indices.map(Optional.some) {
      var line = line("start", at: now, wall)
      put(start: target, run, into: &line)
      out.standardOutput.append(contentsOf: line.finished())
    }
  }

  package mutating func write(_ event: LinkEvent, wall: WallClock, into out: inout OutputBuffer) {
    guard let run else { return }
    let scope = LinkJSONScope(run: run)
    var line: JSONLine
    switch event {
    case .sent(let probe):
      line = self.line("sent", at: probe.at, wall)
      put(probe, scope, into: &line)
    case .sendFailed(let probe, let errno):
      line = self.line("send_failed", at: probe.at, wall)
      put(probe, scope, into: &line)
      line.put(errno: errno)
    case .advertisement(let advertisement):
      line = self.line("advertisement", at: advertisement.message.arrival.stamp, wall)
      put(advertisement, scope, wall, into: &line)
    case .attemptEnded(let target, let attempt, let answers, let instant):
      line = self.line("attempt", at: instant, wall)
      scope.put(target: target, into: &line)
      scope.put(into: &line)
      line.put("attempt", Int64(attempt))
      line.put("answers", Int64(answers))
    case .heard(let message):
      line = self.line("heard", at: message.arrival.stamp, wall)
      scope.put(interface: message.arrival.interface, into: &line)
      line.object("message") { LinkJSONMessage.put(message, wall, into: &$0) }
    case .kernel(let change, let instant):
      line = self.line("kernel", at: instant, wall)
      LinkJSONKernel(scope: scope).put(change, into: &line)
    case .neighbor(let entry, let instant):
      line = self.line("neighbor", at: instant, wall)
      scope.put(interface: entry.interface, into: &line)
      LinkJSONKernel(scope: scope).put(entry, into: &line)
    case .router(let row):
      line = self.line("router", at: row.at, wall)
      put(row, scope, wall, into: &line)
    case .station(let station):
      line = self.line("station", at: latest, wall)
      put(station, scope, into: &line)
    case .finding(let finding):
      line = self.line("finding", at: finding.at, wall)
      scope.put(target: finding.target, into: &line)
      scope.put(into: &line)
      LinkJSONFinding(scope: scope).put(finding, into: &line)
    case .conformance(let row):
      line = self.line("conformance", at: row.at, wall)
      put(row, scope, into: &line)
    case .summary(let summary):
      line = self.line("summary", at: summary.at, wall)
      line.put("verb", Self.verb(run))
      line.put("act", (summary.act ?? run.act).rawValue)
      scope.put(target: summary.target, into: &line)
      scope.put(into: &line)
      line.put("duration_ns", (summary.at - startedAt).count)
      LinkJSONSummary(scope: scope).put(summary, into: &line)
    }
    latest = max(latest, Self.time(of: event) ?? latest)
    out.standardOutput.append(contentsOf: line.finished())
  }

  private static func time(of event: LinkEvent) -> Instant? {
    switch event {
    case .sent(let probe), .sendFailed(let probe, _): probe.at
    case .advertisement(let advertisement): advertisement.message.arrival.stamp
    case .heard(let message): message.arrival.stamp
    case .attemptEnded(_, _, _, let at), .kernel(_, let at), .neighbor(_, let at): at
    case .router(let row): row.at
    case .station: nil
    case .finding(let finding): finding.at
    case .conformance(let row): row.at
    case .summary(let summary): summary.at
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

  private static func verb(_ run: LinkRun) -> String { run.act == .routers ? "rdisc" : "ndisc" }

  private func put(start target: Int?, _ run: LinkRun, into line: inout JSONLine) {
    let scope = LinkJSONScope(run: run)
    let interface = run.view.interface
    line.put("verb", Self.verb(run))
    line.put("act", run.act.rawValue)
    scope.put(target: target, into: &line)
    if let target, run.targets[target].canonicalName != run.targets[target].name {
      line.put("canonical_name", run.targets[target].canonicalName)
    }
    if let source = run.source { scope.put("source", source, into: &line) }
    if interface.index != 0 {
      scope.put(into: &line)
      line.put("interface_index", UInt64(interface.index))
      line.put("link", link: interface.link)
      line.put("link_mtu", UInt64(interface.mtu))
      if let mtu = interface.ipv6MTU { line.put("ipv6_mtu", UInt64(mtu)) }
      line.put("up", interface.isUp)
      line.put("running", interface.isRunning)
      line.put("loopback", interface.isLoopback)
      if target == nil {
        let kernel = LinkJSONKernel(scope: scope)
        line.object("settings") { kernel.put(interface.settings, into: &$0) }
        line.objects("addresses", run.view.addresses) { kernel.put($0, into: &$1) }
      }
    }
    line.put("captured", run.isCaptured)
    line.put("continuous", run.isContinuous || run.act == .watch)
    if !run.notes.isEmpty { line.put("notes", texts: run.notes.map { Array($0.utf8) }) }
    line.put("version", run.version)
  }

  private func put(_ probe: LinkProbe, _ scope: LinkJSONScope, into line: inout JSONLine) {
    scope.put(target: probe.target, into: &line)
    scope.put(into: &line)
    line.put("probe", probe.number)
    line.put("attempt", Int64(probe.attempt))
    line.put("type", UInt64(probe.type))
    line.put("name", ifKnown: HeardMessage.name(of: probe.type))
    scope.put("from", probe.source, into: &line)
    scope.put("to", probe.destination, into: &line)
    line.put("to_link", link: probe.linkDestination)
  }

  private func put(
    _ advertisement: LinkAdvertisement, _ scope: LinkJSONScope, _ wall: WallClock, into line: inout JSONLine
  ) {
    scope.put(target: advertisement.target, into: &line)
    scope.put(interface: advertisement.message.arrival.interface, into: &line)
    switch advertisement.standing {
    case .answer: line.put("standing", "answer")
    case .repeated: line.put("standing", "repeated")
    case .unsolicited: line.put("standing", "unsolicited")
    case .discarded: line.put("standing", "discarded")
    case .loopedBack: line.put("standing", "looped_back")
    }
    line.put("attempt", Int64(advertisement.attempt))
    if let roundTrip = advertisement.roundTrip {
      line.put("rtt_ns", roundTrip.count)
      line.put("rtt_source", RoundTripText.name(advertisement.roundTripSource))
    }
    line.put("host_tx_ns", ifKnown: advertisement.hostTransmit?.count)
    line.put("host_rx_ns", ifKnown: advertisement.hostReceive?.count)
    line.object("message") { LinkJSONMessage.put(advertisement.message, wall, into: &$0) }
  }

  private func put(
    _ row: RouterRow, _ scope: LinkJSONScope, _ wall: WallClock, into line: inout JSONLine
  ) {
    scope.put(interface: row.advertisement.arrival.interface, into: &line)
    scope.put("address", row.address, into: &line)
    line.put("frame_link", link: row.frameLink)
    line.put("option_link", link: row.optionLink)
    line.put("advertisements", row.advertisements)
    line.put("rtt_ns", ifKnown: row.roundTrip?.count)
    line.put("age_ns", (row.at - row.advertisement.arrival.stamp).count)
    line.object("message") { LinkJSONMessage.put(row.advertisement, wall, into: &$0) }
    if let parts = row.parts {
      let finding = LinkJSONFinding(scope: scope)
      line.objects("parts", parts) { finding.put($0, into: &$1) }
    }
  }

  private func put(_ station: StationRow, _ scope: LinkJSONScope, into line: inout JSONLine) {
    scope.put(into: &line)
    line.put("link", link: station.link)
    line.put("this_host", station.isThisHost)
    line.put("router", station.isRouter)
    line.objects("addresses", station.addresses) { address, object in
      scope.put("address", address.address, into: &object)
      object.put("ways", words: address.ways.names)
    }
    line.put("unexplained_groups", addresses: station.unexplainedGroups)
  }

  private func put(_ row: ConformanceRow, _ scope: LinkJSONScope, into line: inout JSONLine) {
    scope.put(target: scope.run.targets.isEmpty ? nil : 0, into: &line)
    scope.put(into: &line)
    line.put("solicitation", row.solicitation.name)
    for (key, answer) in [("expected", row.expected), ("received", row.received)] {
      guard let answer else {
        line.put(key, "no_answer")
        continue
      }
      line.object(key) { object in
        object.put("flags", words: answer.flagNames)
        object.put("flags_octet", UInt64(answer.flags))
        object.put("to_all_nodes", answer.isToAllNodes)
        object.put("link_layer_address", answer.hasLinkLayerAddress)
      }
    }
    line.put(errno: row.errno)
    line.put("as_expected", row.isAsExpected)
  }
}
