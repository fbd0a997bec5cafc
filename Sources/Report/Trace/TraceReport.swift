package import ProbeEngine
import Statistics
package import Timing
import Wire

/// The table of a trace that went several rounds, once, at its end: line by line what `mtr --report` prints, with
/// two differences. A probe in flight is not counted as sent, so it is not
/// lost either; and the column of hosts grows with the longest of them, as no one can use half an IPv6 address.
/// What came late is no loss; it is told below the table.
package struct TraceReport: TraceWriter {
  /// mtr's columns of hosts end here.
  private static let hostEnd = 33

  private let options: TraceTextOptions
  private var run: TraceRun?
  private(set) var figures = TraceFigures(targetCount: 0)
  private var startedAt = Instant.zero

  package init(options: TraceTextOptions) { self.options = options }

  package mutating func begin(_ run: TraceRun, at now: Instant, wall: WallClock, into out: inout OutputBuffer)
  {
    self.run = run
    startedAt = now
    figures = TraceFigures(targetCount: run.targets.count)
  }

  package var namesWantedAtEnd: [TraceAddress] { options.isNumeric ? [] : figures.addresses }

  package mutating func write(
    _ event: TraceEvent, wall: WallClock, names: TraceNames, into out: inout OutputBuffer
  ) { figures.record(event) }

  package mutating func end(
    at now: Instant, wall: WallClock, names: TraceNames, into out: inout OutputBuffer
  ) {
    guard let run else { return }
    Self.put(
      figures, run, options, startedAt: wall.nanoseconds(at: startedAt), names, into: &out.standardOutput)
  }

  package mutating func writeSnapshot(
    at now: Instant, wall: WallClock, names: TraceNames, into out: inout OutputBuffer
  ) {
    guard let run else { return }
    Self.put(
      figures, run, options, startedAt: wall.nanoseconds(at: startedAt), names, into: &out.standardError)
  }

  // MARK: - The table

  static func put(
    _ figures: TraceFigures, _ run: TraceRun, _ options: TraceTextOptions, startedAt: Int64,
    _ names: TraceNames,
    into out: inout [UInt8]
  ) {
    let hopText = TraceHopText(options: options, run: run, names: names)
    for (index, target) in figures.targets.enumerated() {
      if index > 0 { out.put("\n") }
      if figures.targets.count > 1, run.targets.indices.contains(index) {
        out.put("Target: ")
        TraceHeaderText.put(nameOf: run.targets[index], into: &out)
        out.put("\n")
      }
      out.put("Start: ")
      WallTime(nanosecondsSinceEpoch: startedAt).putSeconds(into: &out)
      out.put("+0000\n")
      put(target, index, hopText, into: &out)
    }
  }

  private static func put(
    _ target: TraceFigures.Target, _ index: Int, _ hopText: TraceHopText, into out: inout [UInt8]
  ) {
    let shown = target.shown
    let hosts = shown.map { hop in hop.statistics.addresses.map { hopText.column($0.address, target: index) }
    }
    var title: [UInt8] = Array("HOST: ".utf8)
    var name: [UInt8] = []
    Escape.text(localName(of: hopText.run, index), into: &name)
    Escape.ascii(name, into: &title)
    let longest = hosts.compactMap(\.first?.count).max() ?? 0
    let end = max(hostEnd, longest + 8, title.count)
    out.put(left: end) { $0.append(contentsOf: title) }
    out.put(" Loss%   Snt   Last   Avg  Best  Wrst StDev\n")
    for (hop, hosts) in zip(shown, hosts) {
      out.put(left: end) { line in
        line.put(" ")
        line.put(right: 2) { $0.put(decimal: UInt64(hop.hopLimit)) }
        line.put(".|-- ")
        line.append(contentsOf: hosts.first ?? Array("???".utf8))
      }
      put(hop.statistics, into: &out)
      putLabels(hop.statistics.extensions, into: &out)
      for host in hosts.dropFirst() {
        out.put(blanks: 8)
        out.append(contentsOf: host)
        out.put("\n")
      }
    }
    for hop in shown where hop.statistics.late > 0 {
      out.put("Late: hop ")
      out.put(decimal: UInt64(hop.hopLimit))
      out.put(", ")
      out.put(decimal: hop.statistics.late)
      out.put(" of ")
      out.put(decimal: hop.statistics.sent)
      out.put("\n")
    }
  }

  /// Fields as mtr's formats have them: ` %4.1f%%`, ` %5d`, a blank, ` %5.1f`, each cut to 6 octets (a loss of 100
  /// loses its percent sign, 1000 ms their fraction); where a cut would take more than that, there is none.
  private static func put(_ hop: HopStatistics, into out: inout [UInt8]) {
    putField(into: &out) { field in
      field.put(right: 4) { $0.put(tenthsOfPercent: hop.lost, of: hop.sent) }
      field.put("%")
    }
    out.put(" ")
    out.put(right: 5) { $0.put(decimal: hop.sent) }
    out.put(" ")
    for time in [hop.last, hop.times.mean, hop.times.min, hop.times.max, hop.sampleDeviation] {
      putField(into: &out) { field in
        field.put(right: 5) { $0.put(tenthsOfMilliseconds: time ?? 0) }
      }
    }
    out.put("\n")
  }

  private static func putField(into out: inout [UInt8], _ body: (inout [UInt8]) -> Void) {
    var field: [UInt8] = [0x20]
    body(&field)
    let point = field.firstIndex(of: 0x2e) ?? field.count
    out.append(contentsOf: field.prefix(max(6, point)))
  }

  private static func putLabels(_ extensions: [TraceExtension], into out: inout [UInt8]) {
    for case .mpls(let entries) in extensions {
      for entry in entries {
        out.put("       [MPLS: Lbl ")
        out.put(decimal: UInt64(entry.label))
        out.put(" TC ")
        out.put(decimal: UInt64(entry.trafficClass))
        out.put(" S ")
        out.put(entry.isBottomOfStack ? "1" : "0")
        out.put(" TTL ")
        out.put(decimal: UInt64(entry.timeToLive))
        out.put("]\n")
      }
    }
  }

  private static func localName(of run: TraceRun, _ target: Int) -> String {
    if let hostName = run.hostName { return hostName }
    return run.targets.indices.contains(target) ? run.targets[target].source ?? "localhost" : "localhost"
  }
}
