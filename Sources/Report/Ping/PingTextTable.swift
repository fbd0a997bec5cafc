import ProbeEngine
import Timing

extension PingRun {
  /// Lines name their target, and the figures are a table.
  var isSeveral: Bool { targets.count + unresolved.count > 1 }
}

/// The figures of several targets for people: a row each, and their sum below. Rows are written as they come, so that
/// nothing is kept of them.
struct PingTextTable {
  /// Longer names move their row's columns.
  private static let longestName = 60
  private static let headings = ["sent", "replied", "lost %", "min", "mean", "p99", "max"]
  private static let width = 9

  /// Targets whose figures are in the sum.
  private(set) var count = 0
  private var answered = 0
  private var total = PingSummary()
  private var nameWidth: Int?

  mutating func add(_ summary: PingSummary) {
    count += 1
    if summary.replied + summary.late + summary.corrupted > 0 { answered += 1 }
    total.attempted &+= summary.attempted
    total.replied &+= summary.replied
    total.corrupted &+= summary.corrupted
    total.late &+= summary.late
    total.icmpErrors &+= summary.icmpErrors
    total.lost &+= summary.lost
    total.sendFailed &+= summary.sendFailed
    total.inFlight &+= summary.inFlight
    total.duplicates &+= summary.duplicates
    total.reordered &+= summary.reordered
    total.maximumReorderingExtent = max(total.maximumReorderingExtent, summary.maximumReorderingExtent)
    total.extraErrors &+= summary.extraErrors
    // These are of the run, not of one target.
    total.rejected = summary.rejected
    total.rejectedByReason = summary.rejectedByReason
  }

  /// The heading, before the first row.
  mutating func begin(_ run: PingRun, into out: inout [UInt8]) {
    guard nameWidth == nil else { return }
    var width = "target".utf8.count
    var text: [UInt8] = []
    for target in run.targets {
      text.removeAll(keepingCapacity: true)
      PingText.putName(of: target, into: &text)
      width = max(width, text.count)
    }
    for name in run.unresolved {
      text.removeAll(keepingCapacity: true)
      Escape.text(name.name, into: &text)
      width = max(width, text.count)
    }
    let nameWidth = min(width, Self.longestName)
    self.nameWidth = nameWidth
    out.put("\n")
    out.put(left: nameWidth) { $0.put("target") }
    for heading in Self.headings { out.put(right: Self.width) { $0.put(heading) } }
    out.put(" ms\n")
  }

  func put(_ summary: PingSummary, _ run: PingRun, into out: inout [UInt8]) {
    out.put(left: nameWidth ?? 0) {
      if run.targets.indices.contains(summary.target) {
        PingText.putName(of: run.targets[summary.target], into: &$0)
      }
    }
    out.put(right: Self.width) { $0.put(decimal: summary.sent) }
    out.put(right: Self.width) { $0.put(decimal: summary.replied) }
    out.put(right: Self.width) {
      // Of nothing nothing is lost.
      if summary.sent == 0 { $0.put("-") } else { $0.put(tenthsOfPercent: summary.lost, of: summary.sent) }
    }
    let times = summary.roundTrip
    for time in [times?.minimum, times?.mean, times?.p99, times?.maximum] {
      out.put(right: Self.width) {
        if let time { $0.put(milliseconds: time.count) } else { $0.put("-") }
      }
    }
    putRest(of: summary, into: &out)
    out.put("\n")
  }

  /// What there is beside replies and losses.
  private func putRest(of summary: PingSummary, into out: inout [UInt8]) {
    let parts: [(UInt64, String, String)] = [
      (summary.corrupted, "corrupted", ""), (summary.late, "late", ""),
      (summary.icmpErrors, "ICMPv6 error", "s"), (summary.sendFailed, "not sent", ""),
      (summary.inFlight, "in flight", ""), (summary.duplicates, "duplicate", "s"),
      (summary.reordered, "reordered", ""), (summary.extraErrors, "more ICMPv6 error", "s"),
    ]
    var separator = "  "
    for (count, noun, plural) in parts where count > 0 {
      out.put(separator)
      out.put(decimal: count)
      out.put(" ")
      out.put(noun)
      if count != 1 { out.put(plural) }
      separator = ", "
    }
  }

  /// Names without an address, and the sum. `rows`: there is a table that they belong to.
  func end(_ run: PingRun, rows: Bool, _ options: PingTextOptions, into out: inout [UInt8]) {
    for name in run.unresolved {
      out.put(left: rows ? nameWidth ?? 0 : 0) { Escape.text(name.name, into: &$0) }
      out.put("  ")
      Escape.text(name.reason, into: &out)
      out.put("\n")
    }
    out.put("\n")
    out.put(decimal: count)
    out.put(count == 1 ? " target, " : " targets, ")
    out.put(decimal: answered)
    out.put(" answered")
    if !run.unresolved.isEmpty {
      out.put("; ")
      out.put(decimal: run.unresolved.count)
      out.put(run.unresolved.count == 1 ? " name without an address" : " names without an address")
    }
    out.put("\n")
    PingTextSummary(options, total).putCounts(into: &out)
  }
}
