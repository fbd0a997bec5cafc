package import ProbeEngine
package import Timing
import Wire

/// The text of fping 5.5: answers as they come and words about targets on standard output, figures and messages on
/// standard error.
package struct FpingText {
  package let options: FpingTextOptions
  private(set) var run = FpingRun(
    targets: [], names: [:], unknown: 0, startedAt: Instant(nanoseconds: 0))
  /// Columns of the longest name.
  private(set) var width = 0
  /// By target, since the beginning.
  private(set) var tallies: [FpingTally] = []
  /// By target, since the last report; nil while that is the same.
  private var interval: [FpingTally]?
  private(set) var roundTrips: FpingRoundTrips?
  /// Of all targets.
  private(set) var all = FpingTally()
  private(set) var alive: UInt64 = 0
  private(set) var timeouts: UInt64 = 0
  private(set) var errors: UInt64 = 0
  /// Answers that are not the first to their probe, or not believed.
  private(set) var surplus: UInt64 = 0
  /// Charts are described once.
  private(set) var hasCharts = false

  package init(options: FpingTextOptions) { self.options = options }

  package mutating func begin(_ run: FpingRun) {
    self.run = run
    tallies = [FpingTally](repeating: FpingTally(), count: run.targets.count)
    roundTrips = options.listsRoundTrips ? FpingRoundTrips(targets: run.targets.count) : nil
    var name: [UInt8] = []
    for target in run.targets.indices {
      name.removeAll(keepingCapacity: true)
      run.put(name: target, into: &name)
      width = max(width, name.count)
    }
  }

  /// As many targets have answered as were to (`-X`): nothing more is of interest.
  package var hasEnough: Bool { options.endsWhenReached && alive >= UInt64(options.required) }

  package var exitCode: Int32 {
    if options.required > 0 { return alive >= UInt64(options.required) ? 0 : 1 }
    if run.unknown > 0 { return 2 }
    return alive == UInt64(tallies.count) ? 0 : 1
  }

  package mutating func write(_ event: SampleEvent, wall: WallClock, into out: inout OutputBuffer) {
    switch event {
    case .record(let record): write(record, wall, into: &out)
    case .duplicate(let record):
      surplus += 1
      if options.mode == .reach { putDuplicate(record, into: &out.standardError) }
    case .change, .order, .finding, .rejected, .gap: break
    }
  }

  private mutating func write(_ record: SampleRecord, _ wall: WallClock, into out: inout OutputBuffer) {
    guard record.target < tallies.count else { return }
    switch record.outcome {
    case .ok:
      let isForeign = options.checksSource && isFromElsewhere(record)
      guard !isForeign else {
        surplus += 1
        return writeTimeout(record, wall, into: &out)
      }
      writeAnswer(record, wall, into: &out)
    case .late, .lost: writeTimeout(record, wall, into: &out)
    case .icmpError:
      errors += 1
      if !options.isQuiet { putError(record, into: &out.standardError) }
      writeTimeout(record, wall, into: &out)
    case .sendError:
      addLoss(record.target)
      let isTold = options.isVerbose || options.showsProbes
      guard isTold, !options.isQuiet else { return }
      run.put(name: record.target, into: &out.standardError)
      out.standardError.put(": error while sending ping: ")
      out.standardError.put(
        record.errno == 0 ? "no interface is given (ADDRESS%INTERFACE)" : ErrnoText.text(record.errno))
      out.standardError.put(0x0a)
    }
  }

  private mutating func writeAnswer(_ record: SampleRecord, _ wall: WallClock, into out: inout OutputBuffer) {
    let target = record.target
    let roundTrip = max(record.roundTrip?.count ?? 0, 0)
    tallies[target].add(roundTrip)
    interval?[target].add(roundTrip)
    let probe = probe(of: record)
    roundTrips?.set(probe, of: target, to: roundTrip)
    all.add(roundTrip)
    let isFirst = tallies[target].received == 1
    if isFirst { alive += 1 }
    if options.showsProbes {
      let at = wall.nanoseconds(at: record.receivedAt ?? record.at)
      if options.isJSON {
        putJSONAnswer(record, roundTrip, at: at, into: &out.standardOutput)
        putSource(record, into: &out.standardError)
        return
      }
      putStart(record, at: at, into: &out.standardOutput)
      out.standardOutput.put(", ")
      out.standardOutput.put(decimal: record.octets)
      out.standardOutput.put(" bytes, ")
      out.standardOutput.put(fping: roundTrip)
      out.standardOutput.put(" ms")
      putSoFar(tallies[target], into: &out.standardOutput)
    } else {
      guard isFirst, options.isVerbose || options.listsAlive else { return }
      run.put(name: target, into: &out.standardOutput)
      if options.isVerbose { out.standardOutput.put(" is alive") }
    }
    // The original writes this one to the other stream, without an end of line.
    putSource(record, into: &out.standardError)
    putExtras(record, roundTrip, into: &out.standardOutput)
  }

  private mutating func writeTimeout(_ record: SampleRecord, _ wall: WallClock, into out: inout OutputBuffer)
  {
    timeouts += 1
    addLoss(record.target)
    guard options.showsProbes else { return }
    let at = wall.nanoseconds(at: record.at)
    if options.isJSON { return putJSONTimeout(record, at: at, into: &out.standardOutput) }
    putStart(record, at: at, into: &out.standardOutput)
    out.standardOutput.put(", timed out")
    putSoFar(tallies[record.target], into: &out.standardOutput)
    out.standardOutput.put(0x0a)
  }

  private mutating func addLoss(_ target: Int) {
    tallies[target].addLoss()
    interval?[target].addLoss()
    all.addLoss()
  }

  // MARK: Reports

  /// `-Q`, and SIGQUIT: what came since the last report. `now`: real time, nanoseconds since 1970.
  package mutating func report(now: Int64, isSignal: Bool = false, into out: inout OutputBuffer) {
    if options.isNetdata, !isSignal {
      putCharts(into: &out.standardOutput)
      hasCharts = true
      return startInterval()
    }
    if options.isJSON {
      putJSONInterval(now: now, into: &out.standardOutput)
    } else {
      if options.isVerbose || options.showsProbes { out.standardError.put(0x0a) }
      out.standardError.put(0x5b)
      let local = now.addingSaturating(run.localOffset(now / 1_000_000_000) * 1_000_000_000)
      WallTime(nanosecondsSinceEpoch: local).putTime(into: &out.standardError)
      out.standardError.put("]\n")
      for target in tallies.indices {
        putPadded(target, into: &out.standardError)
        out.standardError.put(" :")
        putFigures(latest(target), into: &out.standardError)
        out.standardError.put(0x0a)
      }
    }
    if !options.isCumulative { startInterval() }
  }

  private mutating func startInterval() {
    interval = [FpingTally](repeating: FpingTally(), count: tallies.count)
  }

  func latest(_ target: Int) -> FpingTally { interval?[target] ?? tallies[target] }

  /// - inFlight: probes without an outcome.
  /// - stray: answers behind their probe's outcome.
  package mutating func end(inFlight: UInt64, stray: UInt64, at now: Instant, into out: inout OutputBuffer) {
    for target in tallies.indices where options.isVerbose || options.listsUnreachable {
      guard tallies[target].received == 0 else { continue }
      run.put(name: target, into: &out.standardOutput)
      out.standardOutput.put(options.isVerbose ? " is unreachable\n" : "\n")
    }
    let sent = all.sent &+ inFlight
    let received = all.received &+ surplus &+ stray
    let elapsed = now - run.startedAt
    if options.mode != .reach {
      if options.isJSON {
        putJSONSummary(into: &out.standardOutput)
      } else {
        putSummary(into: &out.standardError)
      }
    }
    if options.showsStatistics {
      if options.isJSON {
        putJSONStatistics(sent, received, elapsed, into: &out.standardOutput)
      } else {
        putStatistics(sent, received, elapsed, into: &out.standardError)
      }
    }
    guard options.required > 0 else { return }
    let verdict =
      "\(exitCode == 0 ? "Enough" : "Not enough") hosts reachable (required: \(options.required), reachable: \(alive))\n"
    // A line of words would spoil a file of JSON lines.
    if options.isJSON { out.standardError.put(verdict) } else { out.standardOutput.put(verdict) }
  }

  private func putSummary(into out: inout [UInt8]) {
    if options.isVerbose || options.showsProbes { out.put(0x0a) }
    for target in tallies.indices {
      putPadded(target, into: &out)
      out.put(" :")
      if let roundTrips {
        for probe in 0..<tallies[target].sent {
          out.put(0x20)
          if let roundTrip = roundTrips[probe, of: target] { out.put(fping: roundTrip) } else { out.put("-") }
        }
      } else {
        putFigures(tallies[target], into: &out)
      }
      out.put(0x0a)
    }
  }

  private func putFigures(_ tally: FpingTally, into out: inout [UInt8]) {
    out.put(" xmt/rcv/%loss = ")
    out.put(decimal: tally.sent)
    out.put("/")
    out.put(decimal: tally.received)
    out.put("/")
    out.put(decimal: tally.loss)
    out.put("%")
    if options.showsOutage {
      out.put(", outage(ms) = ")
      out.put(decimal: outage(tally))
    }
    guard let average = tally.average else { return }
    out.put(", min/avg/max = ")
    out.put(fping: tally.minimum)
    out.put("/")
    out.put(fping: average)
    out.put("/")
    out.put(fping: tally.maximum)
  }

  /// Lost probes, each for a period; milliseconds.
  func outage(_ tally: FpingTally) -> UInt64 {
    let (product, overflow) = tally.lost.multipliedReportingOverflow(
      by: UInt64(clamping: options.period.count))
    return (overflow ? .max : product) / 1_000_000
  }

  private func putStatistics(
    _ sent: UInt64, _ received: UInt64, _ elapsed: Nanoseconds, into out: inout [UInt8]
  ) {
    func line(_ count: UInt64, _ what: String) {
      out.put(0x20)
      out.put(fpingCount: count)
      out.put(" \(what)\n")
    }
    func line(_ roundTrip: Int64, milliseconds what: String) {
      out.put(0x20)
      out.put(fping: roundTrip)
      out.put(" ms (\(what) round trip time)\n")
    }
    let targets = UInt64(tallies.count)
    out.put(0x0a)
    line(targets, "targets")
    line(alive, "alive")
    line(targets - alive, "unreachable")
    line(run.unknown, "unknown addresses")
    out.put(0x0a)
    line(timeouts, "timeouts (waiting for response)")
    line(sent, "ICMP Echos sent")
    line(received, "ICMP Echo Replies received")
    line(errors, "other ICMP received")
    out.put(0x0a)
    line(all.minimum, milliseconds: "min")
    line(all.average ?? 0, milliseconds: "avg")
    line(all.maximum, milliseconds: "max")
    out.put(0x20)
    var seconds: [UInt8] = []
    seconds.put(milliseconds: elapsed.count / 1_000)
    out.append(contentsOf: repeatElement(0x20, count: max(12 - seconds.count, 0)))
    out += seconds
    out.put(" sec (elapsed real time)\n\n")
  }

  // MARK: Pieces of lines

  /// From 0; a target that is asked until it answers has only one.
  func probe(of record: SampleRecord) -> UInt64 {
    options.mode == .reach || record.sequence == 0 ? 0 : record.sequence - 1
  }

  private func putPadded(_ target: Int, into out: inout [UInt8]) {
    let start = out.count
    run.put(name: target, into: &out)
    var missing = width - (out.count - start)
    while missing > 0 {
      out.put(0x20)
      missing -= 1
    }
  }

  private func putStart(_ record: SampleRecord, at time: Int64, into out: inout [UInt8]) {
    if let form = options.timestamp {
      out.put(0x5b)
      out.put(fpingTime: time, form, offset: run.localOffset(time / 1_000_000_000))
      out.put("] ")
    }
    putPadded(record.target, into: &out)
    out.put(" : [")
    out.put(decimal: probe(of: record))
    out.put("]")
  }

  private func putSoFar(_ tally: FpingTally, into out: inout [UInt8]) {
    out.put(" (")
    if let average = tally.average { out.put(fping: average) } else { out.put("NaN") }
    out.put(" avg, ")
    out.put(decimal: tally.loss)
    out.put("% loss)")
  }

  private func putExtras(_ record: SampleRecord, _ roundTrip: Int64, into out: inout [UInt8]) {
    if options.showsSource { out.put(" (SRC not supported)") }
    if options.showsTrafficClass { putExtra(" (TOS ", record.trafficClass, into: &out) }
    if options.showsHopLimit { putExtra(" (TTL ", record.hopLimit, into: &out) }
    if options.showsElapsed, !options.showsProbes {
      out.put(" (")
      out.put(fping: roundTrip)
      out.put(" ms)")
    }
    out.put(0x0a)
  }

  private func putExtra(_ name: String, _ value: UInt8?, into out: inout [UInt8]) {
    out.put(name)
    if let value { out.put(decimal: UInt64(value)) } else { out.put("unknown") }
    out.put(")")
  }

  private func isFromElsewhere(_ record: SampleRecord) -> Bool {
    record.from.map { $0 != record.address } ?? false
  }

  private func putSource(_ record: SampleRecord, into out: inout [UInt8]) {
    guard let from = record.from, from != record.address else { return }
    out.put(" [<- ")
    out.put(from, zone: record.fromZone, names: run.interfaceNames)
    out.put("]")
  }

  private func putDuplicate(_ record: SampleRecord, into out: inout [UInt8]) {
    guard record.target < tallies.count else { return }
    run.put(name: record.target, into: &out)
    out.put(" : duplicate for [")
    out.put(decimal: probe(of: record))
    out.put("], ")
    out.put(decimal: record.octets)
    out.put(" bytes, ")
    out.put(fping: max(record.roundTrip?.count ?? 0, 0))
    out.put(" ms")
    putSource(record, into: &out)
    out.put(0x0a)
  }

  private func putError(_ record: SampleRecord, into out: inout [UInt8]) {
    out.put(FpingErrorText.text(type: record.errorType, code: record.errorCode))
    out.put(" from ")
    out.put(record.from ?? record.address, zone: record.fromZone, names: run.interfaceNames)
    out.put(" for ICMPv6 Echo Request sent to ")
    run.put(name: record.target, into: &out)
    out.put(0x0a)
  }
}
