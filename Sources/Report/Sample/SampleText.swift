package import ProbeEngine
import Statistics
package import Timing
import Wire

/// How a sampling run is told to people.
package struct SampleTextOptions: Sendable {
  package var isUTF8 = true
  package var isColored = false
  /// Columns of the terminal; nil: as wide as it takes.
  package var width: Int?
  /// Rows of one group at most; the worst ones are shown.
  package var maximumTargets = 50
  /// Notices that are kept until the end.
  package var maximumNotices = 20
  package init() {}
}

/// The figures of a sampling run for people: a table for each group, its course over time, the schedule, notices and
/// gates; at the end, and at each snapshot. While the run lasts it only collects notices.
package struct SampleText: SampleWriter {
  private let options: SampleTextOptions
  private var run: SampleRun?
  private var startedAt = Instant.zero
  private var notices: [[UInt8]] = []
  private var furtherNotices: UInt64 = 0

  package init(options: SampleTextOptions = SampleTextOptions()) { self.options = options }

  package mutating func begin(_ run: SampleRun, at now: Instant, wall: WallClock, into out: inout [UInt8]) {
    self.run = run
    startedAt = now
  }

  package mutating func reloaded(_ run: SampleRun, at now: Instant, wall: WallClock, into out: inout [UInt8])
  {
    self.run = run
    note(at: now) { $0.put("a new plan has begun") }
  }

  package mutating func write(_ event: SampleEvent, wall: WallClock, into out: inout [UInt8]) {
    guard let run else { return }
    let text = SampleNoticeText(run: run)
    switch event {
    case .record, .duplicate, .order, .rejected: break
    case .change(let change): note(at: change.at) { text.put(change, into: &$0) }
    case .gap(let group, let gap): note(at: gap.at) { text.put(gap, group: group, into: &$0) }
    case .finding(let order, let finding):
      if text.isWorthTelling(order, finding) {
        note(at: order.at) { text.put(order, finding, into: &$0) }
      }
    }
  }

  package mutating func write(_ report: borrowing SampleReport, wall: WallClock, into out: inout [UInt8]) {
    let table = SampleTable(options)
    for group in report.run.configuration.groups.indices {
      table.put(report, group: group, into: &out)
      out.put("\n")
    }
    Self.putSum(report, into: &out)
    Self.putScheduler(report.summary.scheduler, into: &out)
    putNotices(report.run, into: &out)
    guard !report.gates.isEmpty else { return }
    var gates = GateText.Options()
    gates.isUTF8 = options.isUTF8
    gates.isColored = options.isColored
    for gate in report.gates {
      GateText.put(gate, target: gate.target.flatMap { report.run.nameIfKnown(of: $0) }, gates, into: &out)
    }
    let failed = report.gates.count { !$0.held }
    if failed > 0 {
      out.put(decimal: failed)
      out.put(" of ")
      out.put(report.gates.count, "gate", "gates")
      out.put(" failed\n")
    } else {
      out.put(report.gates.count == 1 ? "the gate held\n" : "all \(report.gates.count) gates held\n")
    }
  }

  // MARK: - Lines

  /// `9000 attempted = 8990 ok + 10 lost`: parts that are 0 are left out, except the first.
  private static func putSum(_ report: borrowing SampleReport, into out: inout [UInt8]) {
    let sum = SampleFigures(sumOf: report.summary.groups)
    if !report.isLast { out.put("so far ") }
    if report.isInterrupted { out.put("interrupted: ") }
    out.put(decimal: sum.attempted)
    out.put(" attempted = ")
    let parts: [(UInt64, String)] = [
      (sum.ok, " ok"), (sum.late, " late"), (sum.lost, " lost"),
      (sum.icmpErrors, sum.icmpErrors == 1 ? " ICMPv6 error" : " ICMPv6 errors"),
      (sum.sendErrors, " not sent"), (sum.inFlight, " in flight"),
    ]
    for (index, (count, text)) in parts.enumerated() where count > 0 || index == 0 {
      if index > 0 { out.put(" + ") }
      out.put(decimal: count)
      out.put(text)
    }
    for (count, text) in [
      (sum.warmup, " in warm-up"), (report.summary.rejected, " not believed"),
      (report.summary.stray, " answered after all"),
    ] where count > 0 {
      out.put("; ")
      out.put(decimal: count)
      out.put(text)
    }
    out.put("; in ")
    out.put(duration: report.summary.at - report.summary.startedAt)
    out.put("\n")
  }

  private static func putScheduler(_ scheduler: SchedulerFigures, into out: inout [UInt8]) {
    guard let maximum = scheduler.histogram.max else { return }
    out.put("schedule error p50/p99/max ")
    for (index, time) in [
      scheduler.histogram.percentile(50) ?? 0, scheduler.histogram.percentile(99) ?? 0, maximum,
    ].enumerated() {
      if index > 0 { out.put("/") }
      out.put(milliseconds: time)
    }
    out.put(" ms, deadlines missed: ")
    out.put(decimal: scheduler.missed)
    out.put("\n")
  }

  private func putNotices(_ run: SampleRun, into out: inout [UInt8]) {
    var unresolved: UInt64 = 0
    for (index, target) in run.configuration.targets.enumerated() where !target.isResolved {
      unresolved += 1
      guard unresolved <= UInt64(options.maximumNotices) else { continue }
      Escape.text(run.name(of: index), into: &out)
      out.put(": the name has no address\n")
    }
    if unresolved > UInt64(options.maximumNotices) {
      out.put("and ")
      out.put(unresolved - UInt64(options.maximumNotices), "more name", "more names")
      out.put(" without an address\n")
    }
    for notice in notices { out.append(contentsOf: notice) }
    guard furtherNotices > 0 else { return }
    out.put("and ")
    out.put(furtherNotices, "more notice", "more notices")
    out.put("; the JSON lines have them all\n")
  }

  private mutating func note(at instant: Instant, _ body: (inout [UInt8]) -> Void) {
    guard notices.count < options.maximumNotices else {
      furtherNotices += 1
      return
    }
    var line: [UInt8] = []
    line.put("+")
    line.put(thousandths: (instant - startedAt).count / 1_000_000)
    line.put(" s ")
    body(&line)
    line.put("\n")
    notices.append(line)
  }
}
