import ProbeEngine
import Statistics
import Timing

/// The table of one group: a row for each target, one for all, and the group's course over time.
struct SampleTable {
  /// A column of figures. Where the terminal is too narrow, those of the greatest `rank` are left out first.
  private struct Column {
    var title: String
    var rank: Int
    var put: (SampleFigures, inout [UInt8]) -> Void
  }

  private let options: SampleTextOptions

  init(_ options: SampleTextOptions) { self.options = options }

  func put(_ report: borrowing SampleReport, group: Int, into out: inout [UInt8]) {
    let run = report.run
    let range = run.targets(of: group)
    putTitle(run, group, targets: range.count, into: &out)
    let known = range.filter { report.targets.indices.contains($0) }
    let shown = shown(known, report.targets)
    var names = shown.map { target in
      var text: [UInt8] = []
      Escape.text(run.name(of: target), into: &text)
      return text
    }
    var rows = shown.map { report.targets[$0] }
    // One target is its group.
    if known.count != 1, report.summary.groups.indices.contains(group) {
      names.append(Array("all".utf8))
      rows.append(report.summary.groups[group])
    }
    putRows(names, rows, hasTotal: known.count != 1, into: &out)
    if shown.count < known.count {
      out.put("  the worst ")
      out.put(decimal: shown.count)
      out.put(" of ")
      out.put(decimal: known.count)
      out.put(" targets; ")
      out.put(decimal: known.count - shown.count)
      out.put(" not shown\n")
    }
    if report.timelines.indices.contains(group) { putCourse(report.timelines[group], into: &out) }
  }

  // MARK: - Rows

  /// All in their order, or the worst in theirs: by loss, then by the 99th percentile.
  private func shown(_ targets: [Int], _ figures: [SampleFigures]) -> [Int] {
    let most = max(options.maximumTargets, 1)
    guard targets.count > most else { return targets }
    let keys = targets.map { target in
      (target: target, loss: figures[target].loss ?? 0, time: figures[target].histogram.percentile(99) ?? -1)
    }
    return keys.sorted { a, b in
      if a.loss != b.loss { return a.loss > b.loss }
      if a.time != b.time { return a.time > b.time }
      return a.target < b.target
    }.prefix(most).map(\.target)
  }

  private func putTitle(_ run: SampleRun, _ group: Int, targets: Int, into out: inout [UInt8]) {
    let configuration = run.configuration.groups[group]
    if options.isColored { out.put("\u{1b}[1m") }
    Escape.text(configuration.name, into: &out)
    if options.isColored { out.put("\u{1b}[0m") }
    out.put(" (\(SampleNames.name(configuration.probe)), ")
    out.put(targets, "target", "targets")
    if configuration.interval > .zero {
      out.put(", one probe each ")
      out.put(duration: configuration.interval)
    }
    if run.labels.indices.contains(group) {
      for label in run.labels[group] {
        out.put(", ")
        Escape.text(label.name, into: &out)
        out.put("=")
        Escape.text(label.value, into: &out)
      }
    }
    out.put("), times in ms\n")
  }

  private func putRows(
    _ names: [[UInt8]], _ rows: [SampleFigures], hasTotal: Bool, into out: inout [UInt8]
  ) {
    let columns = Self.columns(rows)
    var cells = columns.map { column in
      rows.map { figures in
        var text: [UInt8] = []
        column.put(figures, &text)
        return text
      }
    }
    var widths = zip(columns, cells).map { column, cells in
      max(column.title.utf8.count, cells.map(\.count).max() ?? 0)
    }
    var kept = columns
    // A long name is kept whole; its row is then out of line.
    let nameWidth = min(max(names.map { Self.columns(of: $0) }.max() ?? 0, 6), 45)
    let width = options.width ?? .max
    while nameWidth + widths.reduce(0, { $0 + $1 + 2 }) > width {
      guard let last = kept.indices.max(by: { kept[$0].rank < kept[$1].rank }), kept[last].rank > 0 else {
        break
      }
      kept.remove(at: last)
      cells.remove(at: last)
      widths.remove(at: last)
    }
    out.put(left: nameWidth) { $0.put("target") }
    for (column, width) in zip(kept, widths) {
      out.put("  ")
      out.put(right: width) { $0.put(column.title) }
    }
    out.put("\n")
    for row in rows.indices {
      let isTotal = hasTotal && row == rows.count - 1
      if isTotal, options.isColored { out.put("\u{1b}[1m") }
      out.append(contentsOf: names[row])
      out.put(blanks: nameWidth - Self.columns(of: names[row]))
      for (index, column) in kept.enumerated() {
        out.put("  ")
        let isBad = options.isColored && column.title == "loss" && (rows[row].loss ?? 0) > 0
        out.put(blanks: widths[index] - cells[index][row].count)
        if isBad { out.put("\u{1b}[31m") }
        out.append(contentsOf: cells[index][row])
        if isBad { out.put(isTotal ? "\u{1b}[0;1m" : "\u{1b}[0m") }
      }
      if isTotal, options.isColored { out.put("\u{1b}[0m") }
      out.put("\n")
    }
  }

  /// Columns of escaped text on a terminal, as far as one code point is one column.
  private static func columns(of text: [UInt8]) -> Int { text.count { $0 & 0xc0 != 0x80 } }

  /// What a table of these rows has to say; what is 0 or unknown everywhere needs no column.
  private static func columns(_ rows: [SampleFigures]) -> [Column] {
    var columns = [
      Column(title: "probes", rank: 0) { $1.put(decimal: $0.attempted) },
      Column(title: "loss", rank: 0) { figures, out in
        if let loss = figures.loss { out.put(honestPercent: loss) } else { out.put("-") }
      },
    ]
    func add(_ title: String, rank: Int, _ count: @escaping (SampleFigures) -> UInt64) {
      guard rows.contains(where: { count($0) > 0 }) else { return }
      columns.append(Column(title: title, rank: rank) { $1.put(decimal: count($0)) })
    }
    add("late", rank: 5) { $0.late }
    add("errors", rank: 4) { $0.icmpErrors &+ $0.sendErrors }
    add("dup", rank: 9) { $0.duplicates }
    add("reord", rank: 10) { $0.reordered }
    add("changes", rank: 7) { $0.changes }
    func add(_ title: String, rank: Int, _ time: @escaping (SampleFigures) -> Int64?) {
      guard rows.contains(where: { time($0) != nil }) || rank == 0 else { return }
      columns.append(
        Column(title: title, rank: rank) { figures, out in
          if let time = time(figures) { out.put(milliseconds: time) } else { out.put("-") }
        })
    }
    add("min", rank: 3) { $0.histogram.min }
    add("p50", rank: 0) { $0.histogram.percentile(50) }
    add("p90", rank: 8) { $0.histogram.percentile(90) }
    add("p99", rank: 1) { $0.histogram.percentile(99) }
    add("max", rank: 2) { $0.histogram.max }
    add("jitter", rank: 6) { $0.jitter?.count }
    add("host", rank: 12) { figures in
      guard figures.hostTransmit != nil || figures.hostReceive != nil else { return nil }
      return ((figures.hostTransmit ?? .zero) + (figures.hostReceive ?? .zero)).count
    }
    if rows.contains(where: { $0.hopLimit != nil }) {
      columns.append(
        Column(title: "hlim", rank: 11) { figures, out in
          if let hopLimit = figures.hopLimit { out.put(decimal: UInt64(hopLimit)) } else { out.put("-") }
        })
    }
    return columns
  }

  // MARK: - Course over time

  /// Mean round trips from left to right, each column as high as it is long; a cross where nothing was answered, a
  /// blank where nothing was asked.
  private func putCourse(_ timeline: SampleTimeline, into out: inout [UInt8]) {
    let cells = timeline.cells(atMost: min(40, max((options.width ?? 80) - 8, 8)))
    let means = cells.compactMap { $0.mean?.count }
    guard cells.contains(where: { !$0.isEmpty }) else { return }
    let (low, high) = (means.min() ?? 0, means.max() ?? 0)
    out.put("  ")
    for cell in cells {
      let color = cell.failed == 0 ? nil : cell.answered == 0 ? "\u{1b}[31m" : "\u{1b}[33m"
      if options.isColored, let color { out.put(color) }
      if let mean = cell.mean {
        out.put(Self.level(mean.count, low, high, isUTF8: options.isUTF8))
      } else {
        out.put(cell.isEmpty ? " " : options.isUTF8 ? "×" : "x")
      }
      if options.isColored, color != nil { out.put("\u{1b}[0m") }
    }
    if means.isEmpty {
      out.put("  nothing was answered")
    } else {
      out.put("  mean ")
      out.put(milliseconds: low)
      out.put("..")
      out.put(milliseconds: high)
      out.put(" ms")
    }
    out.put(", ")
    out.put(duration: timeline.length)
    out.put("\n")
  }

  /// One of eight heights between the lowest and the highest; all the lowest where there is no difference.
  private static func level(_ value: Int64, _ low: Int64, _ high: Int64, isUTF8: Bool) -> String {
    let levels =
      isUTF8 ? ["▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"] : [".", ":", "-", "=", "+", "*", "%", "#"]
    guard high > low else { return levels[0] }
    let step = UInt128((value - low).magnitude) * 8 / UInt128((high - low).magnitude)
    return levels[Int(min(step, 7))]
  }
}
