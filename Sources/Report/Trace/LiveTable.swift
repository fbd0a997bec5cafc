import ProbeEngine
import Statistics

/// The table of a live screen: a line for each hop, its further addresses below. Hosts have what the figures leave;
/// where that is too little, the last columns go.
struct LiveTable {
  private struct Column {
    var title: String
    var width: Int
    var put: (HopStatistics, inout [UInt8]) -> Void
  }

  private static let leastHost = 20
  private static let label = 4
  private static let mostBars = 40

  let view: LiveView
  let hopText: TraceHopText
  let figures: TraceFigures
  private let columns: [Column]
  private let hostWidth: Int

  init(view: LiveView, run: TraceRun, names: TraceNames, figures: TraceFigures) {
    self.view = view
    self.figures = figures
    var options = TraceTextOptions()
    options.isNumeric = !view.showsNames
    hopText = TraceHopText(options: options, run: run, names: names)
    let room = max(view.columns - Self.label, 0)
    var columns = Self.columns(view.set)
    if view.set == .histogram {
      let left = room - columns.reduce(0) { $0 + $1.width }
      // As wide as both can be, hosts first.
      let bars = min(left - Self.leastHost - 1, max((left - 1) / 2, 0), Self.mostBars)
      if bars >= 4 { columns.append(Self.histogram(figures, bars, isUTF8: view.isUTF8)) }
    }
    while !columns.isEmpty, columns.reduce(0, { $0 + $1.width }) + Self.leastHost > room {
      columns.removeLast()
    }
    self.columns = columns
    hostWidth = max(room - columns.reduce(0) { $0 + $1.width }, 0)
  }

  var titles: [UInt8] {
    var line: [UInt8] = []
    line.put(left: Self.label) { $0.put("Hop") }
    line.put(left: hostWidth) { $0.append(contentsOf: Self.cut(Array("Host".utf8), to: hostWidth)) }
    for column in columns { line.put(right: column.width) { $0.put(column.title) } }
    return line
  }

  var lines: [[UInt8]] {
    var lines: [[UInt8]] = []
    for (index, target) in figures.targets.enumerated() {
      if figures.targets.count > 1, hopText.run.targets.indices.contains(index) {
        var name: [UInt8] = []
        TraceHeaderText.put(nameOf: hopText.run.targets[index], into: &name)
        var line: [UInt8] = []
        Escape.ascii(name, into: &line)
        lines.append(line)
      }
      for hop in target.shown { put(hop.hopLimit, hop.statistics, target: index, into: &lines) }
    }
    return lines
  }

  private func put(
    _ hopLimit: UInt8, _ hop: HopStatistics, target: Int, into lines: inout [[UInt8]]
  ) {
    let hosts = hop.addresses.map { hopText.column($0.address, target: target) }
    var line: [UInt8] = []
    line.put(right: 3) { $0.put(decimal: UInt64(hopLimit)) }
    line.put(" ")
    line.put(left: hostWidth) { octets in
      octets.append(contentsOf: Self.cut(hosts.first ?? Array("?".utf8), to: max(hostWidth - 1, 0)))
    }
    if hop.sent > 0 || hop.sendFailed > 0 {
      for column in columns { line.put(right: column.width) { column.put(hop, &$0) } }
    }
    lines.append(line)
    for host in hosts.dropFirst() {
      var line: [UInt8] = []
      line.put(blanks: Self.label)
      line.append(contentsOf: Self.cut(host, to: hostWidth))
      lines.append(line)
    }
  }

  /// A line that a terminal of so many columns holds: our own lines are ASCII but for the bars of histograms, which
  /// stand where there is room for them.
  static func cut(_ line: [UInt8], to width: Int) -> [UInt8] {
    guard line.count > width else { return line }
    var columns = 0
    var cut: [UInt8] = []
    for octet in line {
      // Octets that continue a character take no column of their own.
      if octet & 0xc0 != 0x80 {
        if columns == width { break }
        columns += 1
      }
      cut.append(octet)
    }
    return cut
  }

  // MARK: - Columns

  private static func columns(_ set: LiveView.ColumnSet) -> [Column] {
    let loss = Column(title: "Loss%", width: 7) { hop, out in
      out.put(tenthsOfPercent: hop.lost, of: hop.sent)
      out.put("%")
    }
    let sent = Column(title: "Sent", width: 7) { $1.put(decimal: $0.sent) }
    func time(_ title: String, _ value: @escaping (HopStatistics) -> Int64?) -> Column {
      Column(title: title, width: 8) { hop, out in
        guard let time = value(hop) else { return out.put("-") }
        // Five digits of milliseconds fill the column; what is longer is told in seconds.
        guard time.magnitude >= 99_999_900_000 else { return out.put(tenthsOfMilliseconds: time) }
        out.put(decimal: time / 1_000_000_000)
        out.put("s")
      }
    }
    let last = time("Last") { $0.last }
    switch set {
    case .times:
      return [
        loss, sent, last, time("Avg") { $0.times.mean }, time("Best") { $0.times.min },
        time("Worst") { $0.times.max }, time("StDev") { $0.sampleDeviation },
      ]
    case .jitter:
      let late = Column(title: "Late", width: 7) { $1.put(decimal: $0.late) }
      return [loss, sent, late, last, time("Jitter") { $0.jitter.value }, time("Avg") { $0.times.mean }]
    case .percentiles:
      return [
        loss, sent, time("Median") { $0.histogram.percentile(50) },
        time("90%") { $0.histogram.percentile(90) },
        time("95%") { $0.histogram.percentile(95) }, time("99%") { $0.histogram.percentile(99) },
        time("Worst") { $0.times.max },
      ]
    case .histogram: return [loss, sent, last]
    }
  }

  /// Round trips from the smallest to the largest of all hops, each column a step of the same ratio.
  private static func histogram(_ figures: TraceFigures, _ bars: Int, isUTF8: Bool) -> Column {
    let all = figures.targets.flatMap(\.shown).map(\.statistics.histogram)
    let scale = LiveScale(
      from: all.compactMap(\.min).min() ?? 0, to: all.compactMap(\.max).max() ?? 0, columns: bars)
    return Column(title: scale.title, width: bars + 1) { hop, out in
      scale.put(hop.histogram, isUTF8: isUTF8, into: &out)
    }
  }
}
