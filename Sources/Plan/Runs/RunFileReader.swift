import ProbeEngine
import Statistics
import Timing

/// Takes an NDJSON file in parts of any length: memory is that of figures and histograms, not of records.
package struct RunFileReader: Sendable {
  /// Longer than a line of ours can be: 7,296 buckets of 60 octets, four times over, and what is beside them.
  static let lineLimit = 4 << 20
  private static let badLineLimit = 100

  /// The beginning of a line whose end has not come.
  private var pending: [UInt8] = []
  /// It has become too long: all up to its end is passed over.
  private var isPassingOver = false
  private var line = 0
  private var run = RunFile()
  /// What the lines of figures say, in their order, and where.
  private var told: [RunSeriesName: Int] = [:]
  private var isSnapshot = false
  private var hasSummary = false
  /// Lines that are of a sampling run.
  private var known = 0
  private var otherVerb: String?
  private var tallies = RunTallies()

  package init() {}

  package mutating func read(_ octets: [UInt8]) {
    var start = 0
    while let end = octets[start...].firstIndex(of: UInt8(ascii: "\n")) {
      line += 1
      if isPassingOver {
        isPassingOver = false
        noteBad()
      } else if pending.isEmpty {
        if !readLine(octets, start..<end) { noteBad() }
      } else {
        pending.append(contentsOf: octets[start..<end])
        let whole = pending
        pending.removeAll(keepingCapacity: true)
        if !readLine(whole, whole.indices) { noteBad() }
      }
      start = end + 1
    }
    guard !isPassingOver, start < octets.count else { return }
    pending.append(contentsOf: octets[start...])
    if pending.count > Self.lineLimit {
      isPassingOver = true
      pending = []
    }
  }

  /// Throws where this was no sampling run at all.
  package mutating func finish() throws(PlanProblems) -> RunFile {
    if isPassingOver || !pending.isEmpty {
      line += 1
      // Torn: written until the process or the disk came to its end.
      if isPassingOver || !readLine(pending, pending.indices) { run.isCut = true }
    }
    guard known > 0 else {
      let what =
        if let otherVerb { "a run of \(otherVerb)" } else if line == 0 { "an empty file" } else {
          "no run of probe6"
        }
      throw PlanProblems([
        PlanProblem(
          line: nil, column: nil,
          .text(
            "\(what); give NDJSON that probe6 sample (output: [{ndjson: FILE}]) or probe6 merge has written"))
      ])
    }
    if !hasSummary { run.isCut = true }
    tallies.settle()
    if told.isEmpty {
      run.series = tallies.series()
    } else {
      for index in run.series.indices where run.series[index].target == nil {
        run.series[index].blocks = tallies.blocks(of: run.series[index].group)
      }
    }
    return run
  }

  private mutating func noteBad() {
    run.badLineCount += 1
    if run.badLines.count < Self.badLineLimit { run.badLines.append(line) }
  }

  /// False: not a line of NDJSON as this program writes it.
  private mutating func readLine(_ octets: [UInt8], _ range: Range<Int>) -> Bool {
    var text = JSONText(octets, range)
    if text.isAtEnd() { return true }
    var parsed = RunLine()
    guard parsed.read(&text), text.isAtEnd() else { return false }
    guard parsed.isOurs else { return false }
    switch parsed.event {
    case .record, .duplicate:
      guard parsed.group != nil, parsed.target != nil, parsed.event == .duplicate || parsed.outcome != nil
      else {
        return false
      }
      known += 1
      tallies.take(parsed)
    case .target, .group:
      guard let group = parsed.group, (parsed.event == .group) == (parsed.target == nil) else { return false }
      known += 1
      beginFigures(isSnapshot: parsed.isSnapshot)
      let name = RunSeriesName(group: group, target: parsed.target)
      // A snapshot's figures are replaced by the next ones.
      if let index = told[name] {
        run.series[index] = parsed.series(group)
      } else {
        told[name] = run.series.count
        run.series.append(parsed.series(group))
      }
    case .scheduler:
      known += 1
      beginFigures(isSnapshot: parsed.isSnapshot)
      run.scheduler.missed = parsed.missed
      run.scheduler.histogram = parsed.scheduleError ?? Histogram()
    case .start, .summary:
      guard let verb = parsed.verb else { return false }
      guard verb == "sample" else {
        otherVerb = verb
        return true
      }
      known += 1
      guard parsed.event == .summary else { return true }
      hasSummary = true
      (run.rejected, run.stray, run.duration) = (parsed.rejected, parsed.stray, parsed.duration)
    case .other: break
    }
    return true
  }

  /// The first line of a report: what a snapshot said before it is old.
  private mutating func beginFigures(isSnapshot: Bool) {
    if self.isSnapshot, !isSnapshot {
      run.series = []
      told = [:]
    }
    self.isSnapshot = isSnapshot
  }
}

struct RunSeriesName: Hashable {
  var group: String
  var target: String?
}
