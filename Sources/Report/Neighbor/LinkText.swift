package import ProbeEngine
package import Timing
import Wire

/// `probe6 ndisc` and `probe6 rdisc` for people: what was heard, and in the end the verdict and what to do about it.
package struct LinkText: LinkWriter {
  private let options: LinkTextOptions
  private var run: LinkRun?
  /// Several targets: how often each verdict was given, and how wide their names are.
  private var verdicts: [NeighborVerdict: Int] = [:]
  private var nameWidth = 0
  /// Rows that are set side by side at the end; the engines bound them.
  private var entries: [KernelNeighbor] = []
  private var routers: [RouterRow] = []
  private var inconsistencies: [Finding] = []
  private var hasHeading = false

  package init(options: LinkTextOptions = LinkTextOptions()) { self.options = options }

  package mutating func begin(_ run: LinkRun, at now: Instant, wall: WallClock, into out: inout OutputBuffer)
  {
    self.run = run
    nameWidth =
      run.targets.map { target in
        var name: [UInt8] = []
        Escape.text(target.name, into: &name)
        return name.count
      }.max() ?? 0
    guard !options.isQuiet else { return }
    let header = LinkHeaderText(run: run)
    header.put(into: &out.standardOutput)
    header.putNotes(into: &out.standardOutput)
  }

  package mutating func write(_ event: LinkEvent, wall: WallClock, into out: inout OutputBuffer) {
    guard let run else { return }
    switch event {
    case .sent(let probe): put(sent: probe, run, wall, into: &out.standardOutput)
    case .sendFailed(let probe, let errno):
      put(failed: probe, errno, run, wall, into: &out.standardOutput)
    case .advertisement(let advertisement): put(advertisement, run, wall, into: &out.standardOutput)
    case .attemptEnded(let target, let attempt, let answers, let instant):
      guard options.isVerbose else { return }
      putStamp(instant, wall, into: &out.standardOutput)
      putName(of: target, run, into: &out.standardOutput)
      out.standardOutput.put("attempt ")
      out.standardOutput.put(decimal: attempt)
      out.standardOutput.put(": ")
      out.standardOutput.put(answers, "answer", "answers")
      out.standardOutput.put("\n")
    case .heard(let message):
      putLine("wire", at: message.arrival.stamp, wall, into: &out.standardOutput) { line in
        if message.arrival.interface != run.view.interface.index {
          Escape.text(
            run.interfaceNames[message.arrival.interface] ?? "interface \(message.arrival.interface)",
            into: &line)
          line.put(": ")
        }
        HeardText().put(message, into: &line)
      }
    case .kernel(let change, let instant):
      putLine("kernel", at: instant, wall, into: &out.standardOutput) {
        KernelChangeText(run: run).put(change, into: &$0)
      }
    case .neighbor(let entry, let instant):
      guard run.act == .watch else { return entries.append(entry) }
      putLine("kernel", at: instant, wall, into: &out.standardOutput) {
        KernelChangeText(run: run).put(.neighbor(entry, isGone: false), into: &$0)
      }
    case .router(let row):
      routers.append(row)
      guard !options.isQuiet else { return }
      out.standardOutput.put("\n")
      putStamp(row.at, wall, into: &out.standardOutput)
      RouterText(options: options, run: run).put(row, into: &out.standardOutput)
    case .station(let station):
      guard !options.isQuiet else { return }
      out.standardOutput.put("\n")
      StationText.put(station, into: &out.standardOutput)
    case .finding(let finding): put(finding, run, wall, into: &out.standardOutput)
    case .conformance(let row):
      guard !options.isQuiet || !row.isAsExpected else { return }
      if !hasHeading { ConformanceText.putHeading(into: &out.standardOutput) }
      hasHeading = true
      ConformanceText.put(row, into: &out.standardOutput)
    case .summary(let summary): put(summary, run, wall, into: &out.standardOutput)
    }
  }

  package mutating func end(at now: Instant, wall: WallClock, into out: inout OutputBuffer) {
    guard let run, run.targets.count > 1, !verdicts.isEmpty else { return }
    guard !options.isQuiet else { return }
    out.standardOutput.put(verdicts.values.reduce(0, +), "target", "targets")
    var separator = ": "
    for verdict in NeighborVerdict.allCases {
      guard let count = verdicts[verdict] else { continue }
      out.standardOutput.put(separator)
      out.standardOutput.put(LinkWords.plain(verdict.rawValue))
      out.standardOutput.put(" ")
      out.standardOutput.put(decimal: count)
      separator = ", "
    }
    out.standardOutput.put("\n")
  }

  // MARK: - Events

  private func put(
    sent probe: LinkProbe, _ run: LinkRun, _ wall: WallClock, into out: inout [UInt8]
  ) {
    guard options.isVerbose else { return }
    putStamp(probe.at, wall, into: &out)
    putProbe(probe, run, "sent", into: &out)
    out.put("\n")
  }

  private func put(
    failed probe: LinkProbe, _ errno: Int32, _ run: LinkRun, _ wall: WallClock, into out: inout [UInt8]
  ) {
    // The verdict of a target names the error.
    guard options.isVerbose || probe.target == nil, !options.isQuiet else { return }
    putStamp(probe.at, wall, into: &out)
    putProbe(probe, run, "could not send", into: &out)
    out.put(": ")
    if let name = ErrnoText.name(errno) { out.put(name + ": ") }
    out.put(ErrnoText.text(errno))
    out.put("\n")
  }

  private func putProbe(_ probe: LinkProbe, _ run: LinkRun, _ words: String, into out: inout [UInt8]) {
    putName(of: probe.target, run, into: &out)
    out.put(words)
    out.put(": ")
    let name = HeardMessage.name(of: probe.type).map { LinkWords.plain($0) }
    out.put(name ?? "ICMPv6 type \(probe.type)")
    out.put(" from ")
    out.put(probe.source)
    out.put(" to ")
    out.put(probe.destination)
    if let link = probe.linkDestination {
      out.put(" at ")
      out.put(link)
    }
    out.put(", attempt ")
    out.put(decimal: probe.attempt)
  }

  private func put(
    _ advertisement: LinkAdvertisement, _ run: LinkRun, _ wall: WallClock, into out: inout [UInt8]
  ) {
    guard !options.isQuiet else { return }
    let message = advertisement.message
    if message.type == 134 || run.act == .routers {
      if run.isContinuous {
        putLine(nil, at: message.arrival.stamp, wall, into: &out) { HeardText().put(message, into: &$0) }
      } else if advertisement.standing == .discarded {
        out.put("\n")
        putStamp(message.arrival.stamp, wall, into: &out)
        RouterText(options: options, run: run).put(discarded: message, into: &out)
      } else if options.isVerbose {
        putStamp(message.arrival.stamp, wall, into: &out)
        HeardText().put(message, into: &out)
        out.put("\n")
      }
      return
    }
    let isShown =
      switch advertisement.standing {
      case .answer: run.targets.count == 1 || options.isVerbose
      case .discarded, .loopedBack: run.targets.count == 1 || options.isVerbose
      case .repeated, .unsolicited: options.isVerbose
      }
    guard isShown, run.act != .conformance || options.isVerbose else { return }
    putStamp(message.arrival.stamp, wall, into: &out)
    putName(of: advertisement.target, run, into: &out)
    AnswerText(options: options).put(advertisement, into: &out)
    out.put("\n")
  }

  private mutating func put(
    _ finding: Finding, _ run: LinkRun, _ wall: WallClock, into out: inout [UInt8]
  ) {
    if finding.kind == .inconsistentRouters { inconsistencies.append(finding) }
    guard !options.isQuiet || finding.severity == .problem else { return }
    switch run.act {
    case .watch, .baseline:
      putLine("finding", at: finding.at, wall, into: &out, isForced: true) {
        FindingText(run: run).putLine(finding, into: &$0)
      }
    case .routers where run.isContinuous:
      putLine(nil, at: finding.at, wall, into: &out, isForced: true) {
        FindingText(run: run).putLine(finding, into: &$0)
      }
    case .resolve, .unicast, .dad:
      // The verdict says it.
      switch finding.kind {
      case .conflict, .wrongKernelEntry, .loopedBack, .brokenRule: guard options.isVerbose else { return }
      default: break
      }
      putStamp(finding.at, wall, into: &out)
      FindingText(run: run).putLine(finding, into: &out)
    case .routers, .neighbors, .scan, .conformance:
      putStamp(finding.at, wall, into: &out)
      FindingText(run: run).putLine(finding, into: &out)
    }
  }

  // MARK: - Summaries

  private mutating func put(
    _ summary: LinkSummary, _ run: LinkRun, _ wall: WallClock, into out: inout [UInt8]
  ) {
    switch summary {
    case .neighbor(let summary):
      let text = NeighborVerdictText(options: options, run: run)
      verdicts[summary.verdict, default: 0] += 1
      putStamp(summary.at, wall, into: &out)
      if run.targets.count == 1 {
        text.put(summary, into: &out)
      } else {
        text.putRow(summary, nameWidth: nameWidth, into: &out)
      }
    case .routers(let summary):
      if routers.count > 1, !options.isQuiet {
        out.put("\nside by side")
        out.put(inconsistencies.isEmpty ? ":\n" : " (! where they disagree):\n")
        RouterTable(routers, findings: inconsistencies).put(into: &out)
      }
      if !options.isQuiet, !routers.isEmpty { out.put("\n") }
      LinkSummaryText.put(summary, into: &out)
    case .table(let limits, let entries, _):
      let text = NeighborTableText(run: run)
      text.put(self.entries, into: &out)
      self.entries = []
      if !options.isQuiet { text.put(limits, entries: entries, into: &out) }
    case .watch(let summary): if !options.isQuiet { LinkSummaryText.put(summary, into: &out) }
    case .scan(let summary):
      if !options.isQuiet { out.put("\n") }
      LinkSummaryText.put(summary, into: &out)
    case .baseline(let summary): LinkSummaryText.put(summary, into: &out)
    case .conformance(let tried, let asExpected, _):
      out.put(decimal: asExpected)
      out.put(" of ")
      out.put(tried, "answer is as expected\n", "answers are as expected\n")
    }
  }

  // MARK: - Lines

  /// A line of a time line: when, whose, what. Whatever `body` ends with, it is one line.
  private func putLine(
    _ column: String?, at instant: Instant, _ wall: WallClock, into out: inout [UInt8],
    isForced: Bool = false,
    _ body: (inout [UInt8]) -> Void
  ) {
    guard !options.isQuiet || isForced else { return }
    let time = WallTime(nanosecondsSinceEpoch: wall.nanoseconds(at: instant))
    if options.showsTimestamps {
      time.put(into: &out)
    } else {
      time.putTime(into: &out)
      out.put(".")
      out.put(decimal: UInt64(time.nanosecond / 1_000_000), width: 3)
    }
    out.put("  ")
    if let column { out.put(left: 9) { $0.put(column) } }
    body(&out)
    if out.last != 0x0a { out.put("\n") }
  }

  private func putStamp(_ instant: Instant, _ wall: WallClock, into out: inout [UInt8]) {
    guard options.showsTimestamps else { return }
    WallTime(nanosecondsSinceEpoch: wall.nanoseconds(at: instant)).put(into: &out)
    out.put(" ")
  }

  /// Of several targets.
  private func putName(of target: Int?, _ run: LinkRun, into out: inout [UInt8]) {
    guard let target, run.targets.count > 1 else { return }
    NeighborVerdictText(options: options, run: run).putName(of: target, into: &out)
    out.put(": ")
  }
}
