package import ProbeEngine
package import Timing

/// The screen of a trace that goes on: its state, and what a terminal of some size shows of it. Draws, and does
/// nothing else: no clock, no terminal, no keys.
package struct LiveScreen: Sendable {
  /// Lines above the table: title, keys, titles of columns.
  private static let headLines = 3

  private var run: TraceRun?
  private var figures = TraceFigures(targetCount: 0)
  private var startedAt = Instant.zero

  package init() {}

  package mutating func begin(_ run: TraceRun, at now: Instant) {
    self.run = run
    startedAt = now
    figures = TraceFigures(targetCount: run.targets.count)
  }

  package mutating func handle(_ event: TraceEvent) { figures.record(event) }

  /// Forgets the figures, not the path.
  package mutating func reset(at now: Instant) {
    figures.reset()
    startedAt = now
  }

  /// Addresses that are shown, whose names are worth asking for.
  package var addresses: [TraceAddress] { figures.addresses }

  /// The whole screen from its top left corner: each line is cleared and written, what is below is cleared, nothing
  /// scrolls and nothing flickers.
  package func render(_ view: LiveView, at now: Instant, wall: WallClock, names: TraceNames) -> [UInt8] {
    var octets = Array("\u{1b}[H".utf8)
    for (index, line) in draw(view, at: now, wall: wall, names: names).enumerated() {
      if index > 0 { octets.put("\r\n") }
      // Cleared first: behind a line that is full the cursor stands on its last column.
      octets.put("\u{1b}[m\u{1b}[K")
      octets.append(contentsOf: line)
    }
    octets.put("\u{1b}[m\u{1b}[J")
    return octets
  }

  /// The lines of the screen from the top: at most `view.rows`, each at most `view.columns` wide.
  package func draw(_ view: LiveView, at now: Instant, wall: WallClock, names: TraceNames) -> [[UInt8]] {
    guard let run, view.rows > 0, view.columns > 0 else { return [] }
    var lines = [title(run, view, at: now, wall: wall), keys(view)]
    if view.showsHelp {
      lines += Self.help.map { Array($0.utf8) }
    } else {
      let table = LiveTable(view: view, run: run, names: shown(names, view), figures: figures)
      lines.append(table.titles)
      let body = table.lines
      let first = min(max(view.firstLine, 0), body.count)
      lines += body[first...].prefix(max(view.rows - Self.headLines, 0))
    }
    return lines.prefix(view.rows).map { LiveTable.cut($0, to: view.columns) }
  }

  /// Lines of the table that do not fit: how far it can be scrolled.
  package func scrollLimit(_ view: LiveView) -> Int {
    max(lineCount - max(view.rows - Self.headLines, 0), 0)
  }

  /// The figures once more, for the terminal that is given back.
  package func table(at now: Instant, wall: WallClock, names: TraceNames) -> [UInt8] {
    guard let run else { return [] }
    var out: [UInt8] = []
    TraceReport.put(
      figures, run, TraceTextOptions(), startedAt: wall.nanoseconds(at: startedAt), names, into: &out)
    return out
  }

  // MARK: - Parts

  private var lineCount: Int {
    let rows = figures.targets.map { target in
      target.shown.reduce(0) { $0 + max($1.statistics.addresses.count, 1) }
    }
    return rows.reduce(0, +) + (figures.targets.count > 1 ? figures.targets.count : 0)
  }

  private func shown(_ names: TraceNames, _ view: LiveView) -> TraceNames {
    guard !view.showsNames else { return names }
    var bare = names
    bare.names = [:]
    return bare
  }

  private func title(_ run: TraceRun, _ view: LiveView, at now: Instant, wall: WallClock) -> [UInt8] {
    var left: [UInt8] = Array("probe6 trace to ".utf8)
    if run.targets.count == 1 {
      TraceHeaderText.put(nameOf: run.targets[0], into: &left)
    } else {
      left.put(decimal: run.targets.count)
      left.put(" targets")
    }
    left.put(", ")
    left.put(run.method.rawValue)
    left.put(run.arrival == .pcap ? " by capture" : " by error queue")
    var right: [UInt8] = []
    if view.isPaused { right.put("PAUSED  ") }
    right.put("round ")
    right.put(decimal: figures.targets.map(\.rounds).max() ?? 0)
    right.put("  ")
    WallTime(nanosecondsSinceEpoch: wall.nanoseconds(at: now)).putTime(into: &right)
    right.put("Z")
    var line: [UInt8] = []
    Escape.ascii(left, into: &line)
    // What changes is kept whole; a long name is cut.
    guard view.columns > right.count + 2 else { return line }
    line = LiveTable.cut(line, to: view.columns - right.count - 2)
    line.put(blanks: view.columns - right.count - line.count)
    return line + right
  }

  private func keys(_ view: LiveView) -> [UInt8] {
    Array("q quit  p pause  r reset  d columns  n names  ? help".utf8)
  }

  private static let help = [
    "", "p or space  pause and go on", "r           forget the figures, keep the path",
    "d           next columns: times, jitter, percentiles, histogram", "n           names or addresses alone",
    "arrows      scroll; page up, page down, home, end", "?           back to the table",
    "q           quit, and print the table once more", "",
    "Loss counts probes that were given up. Late answers are none; they count in the times.",
    "Probes in flight count nowhere yet.",
  ]
}
