package import ProbeEngine
package import Timing

/// What a trace that goes on says where no terminal shows a screen: a line when a hop shows another address, falls
/// silent or answers again, and the whole table in the end. Each line begins with its time.
package struct LiveLines: TraceWriter {
  /// Losses in a row that are called silence.
  private static let silence: UInt64 = 5

  private struct Place: Hashable {
    var target: Int
    var hopLimit: UInt8
  }

  private let options: TraceTextOptions
  private var report: TraceReport
  private var run: TraceRun?
  private var silent: Set<Place> = []

  package init(options: TraceTextOptions) {
    self.options = options
    report = TraceReport(options: options)
  }

  package mutating func begin(_ run: TraceRun, at now: Instant, wall: WallClock, into out: inout OutputBuffer)
  {
    self.run = run
    report.begin(run, at: now, wall: wall, into: &out)
    for index in run.targets.indices {
      TraceHeaderText(options: options, run: run).put(target: index, into: &out.standardOutput)
    }
  }

  package func namesWanted(by event: TraceEvent) -> [TraceAddress] {
    guard !options.isNumeric else { return [] }
    switch event {
    case .reply(let reply), .late(let reply): return [TraceAddress(reply.address, zone: reply.zone)]
    default: return []
    }
  }

  package var namesWantedAtEnd: [TraceAddress] { report.namesWantedAtEnd }

  package mutating func write(
    _ event: TraceEvent, wall: WallClock, names: TraceNames, into out: inout OutputBuffer
  ) {
    guard let run else { return }
    let hopText = TraceHopText(options: options, run: run, names: names)
    switch event {
    case .reply(let reply), .late(let reply):
      let place = Place(target: reply.probe.target, hopLimit: reply.probe.hopLimit)
      let known = statistics(place)?.addresses ?? []
      let address = TraceAddress(reply.address, zone: reply.zone)
      report.write(event, wall: wall, names: names, into: &out)
      // Hops behind the target only show the target again.
      guard isShown(place) else { return }
      if !known.contains(where: { $0.address == address }) {
        putLine(place, reply.receivedAt, wall, into: &out.standardOutput) { line in
          line.put(known.isEmpty ? " is " : " is also ")
          hopText.put(host: address, target: place.target, into: &line)
          line.put("  ")
          hopText.put(roundTripOf: reply, into: &line)
        }
      } else if silent.contains(place) {
        putLine(place, reply.receivedAt, wall, into: &out.standardOutput) { line in
          line.put(" answers again: ")
          hopText.put(host: address, target: place.target, into: &line)
        }
      }
      silent.remove(place)
    case .lost(let loss):
      report.write(event, wall: wall, names: names, into: &out)
      let place = Place(target: loss.probe.target, hopLimit: loss.probe.hopLimit)
      guard let hop = statistics(place), hop.lostInRow == Self.silence, isShown(place) else { return }
      silent.insert(place)
      putLine(place, loss.at, wall, into: &out.standardOutput) { line in
        line.put(hop.addresses.isEmpty ? " is silent" : " has fallen silent")
      }
    case .end(let end):
      report.write(event, wall: wall, names: names, into: &out)
      putTime(end.at, wall, into: &out.standardOutput)
      putTarget(end.target, into: &out.standardOutput)
      TraceEndText(hopText: hopText).putVerdict(end, into: &out.standardOutput)
      out.standardOutput.put("\n")
    default: report.write(event, wall: wall, names: names, into: &out)
    }
  }

  package mutating func end(
    at now: Instant, wall: WallClock, names: TraceNames, into out: inout OutputBuffer
  ) { report.end(at: now, wall: wall, names: names, into: &out) }

  package mutating func writeSnapshot(
    at now: Instant, wall: WallClock, names: TraceNames, into out: inout OutputBuffer
  ) { report.writeSnapshot(at: now, wall: wall, names: names, into: &out) }

  // MARK: - Lines

  private func statistics(_ place: Place) -> HopStatistics? {
    guard report.figures.targets.indices.contains(place.target) else { return nil }
    return report.figures.targets[place.target][place.hopLimit]
  }

  private func isShown(_ place: Place) -> Bool {
    guard report.figures.targets.indices.contains(place.target) else { return false }
    return report.figures.targets[place.target].shown.contains { $0.hopLimit == place.hopLimit }
  }

  private func putLine(
    _ place: Place, _ instant: Instant, _ wall: WallClock, into out: inout [UInt8],
    _ body: (inout [UInt8]) -> Void
  ) {
    putTime(instant, wall, into: &out)
    putTarget(place.target, into: &out)
    out.put("hop ")
    out.put(decimal: UInt64(place.hopLimit))
    body(&out)
    out.put("\n")
  }

  private func putTime(_ instant: Instant, _ wall: WallClock, into out: inout [UInt8]) {
    WallTime(nanosecondsSinceEpoch: wall.nanoseconds(at: instant)).putSeconds(into: &out)
    out.put("Z ")
  }

  private func putTarget(_ target: Int, into out: inout [UInt8]) {
    guard let run, run.targets.count > 1, run.targets.indices.contains(target) else { return }
    Escape.text(run.targets[target].name, into: &out)
    out.put(": ")
  }
}
