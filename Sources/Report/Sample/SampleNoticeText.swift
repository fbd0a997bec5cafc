import ProbeEngine
import Timing
import Wire

/// What happened in a sampling run besides outcomes, a line for each, for people.
struct SampleNoticeText {
  let run: SampleRun

  func put(_ change: SampleChange, into out: inout [UInt8]) {
    putTarget(change.target, into: &out)
    switch change.what {
    case .hopLimit(let from, let to): put("hop limit", UInt64(from), UInt64(to), into: &out)
    case .trafficClass(let from, let to): put("traffic class", UInt64(from), UInt64(to), into: &out)
    case .pathMTU(let from, let to):
      if from == 0 {
        out.put("path MTU is ")
        out.put(decimal: UInt64(to))
      } else {
        put("path MTU", UInt64(from), UInt64(to), into: &out)
      }
    case .address(let from, let to):
      put("address", from, to, none: "none", into: &out) { $1.put($0) }
    case .path(let from, let to):
      out.put("path ")
      put(from, into: &out)
      out.put(" is now ")
      put(to, into: &out)
    case .link(let from, let to):
      put("link-layer address", from, to, none: "none", into: &out) { $1.put($0) }
    case .neighborState(let from, let to):
      out.put("neighbor \(Self.words(from)) is now \(Self.words(to))")
    case .trouble(.losses(let count)):
      out.put(count, "probe", "probes")
      out.put(" in a row without an answer")
    case .trouble(.roundTrip(let time, let limit)):
      out.put("round trip of ")
      out.put(duration: time)
      out.put(", above ")
      out.put(duration: limit)
    case .recovered(let after, let lost):
      out.put("answers again after ")
      out.put(duration: after)
      if lost > 0 {
        out.put(", ")
        out.put(decimal: lost)
        out.put(" lost")
      }
    }
  }

  func put(_ gap: Gap, group: Int, into out: inout [UInt8]) {
    Escape.text(run.groupName(group), into: &out)
    out.put(": this host did not run for ")
    out.put(duration: gap.length)
    out.put(", ")
    out.put(UInt64(clamping: gap.skipped), "deadline", "deadlines")
    out.put(" passed without a probe")
  }

  /// What was ordered by trouble, and what could not be carried out: the rest is in figures and changes.
  func isWorthTelling(_ order: SampleOrder, _ finding: SampleFinding) -> Bool {
    if case .failed = finding { return true }
    return order.isAction
  }

  func put(_ order: SampleOrder, _ finding: SampleFinding, into out: inout [UInt8]) {
    putTarget(order.target, into: &out)
    switch finding {
    case .failed(_, let text):
      if case .trace = order.act { out.put("no trace: ") } else { out.put("no neighbor check: ") }
      Escape.text(text, into: &out)
    case .neighbor(let summary): out.put("neighbor \(Self.words(summary.verdict))")
    case .path(let path):
      out.put("trace ")
      for (index, hop) in path.hops.enumerated() {
        if index > 0 { out.put(", ") }
        out.put(decimal: UInt64(hop.hopLimit))
        out.put(" ")
        put(hop, into: &out)
      }
      out.put(path.end.isReached ? "; reached" : "; not reached (\(Self.words(path.end.reason)))")
    }
  }

  // MARK: - Parts

  private func putTarget(_ index: Int, into out: inout [UInt8]) {
    Escape.text(run.nameIfKnown(of: index) ?? "", into: &out)
    out.put(": ")
  }

  private func put(_ what: String, _ from: UInt64, _ to: UInt64, into out: inout [UInt8]) {
    out.put("\(what) \(from) is now \(to)")
  }

  private func put<Value>(
    _ what: String, _ from: Value?, _ to: Value?, none: String, into out: inout [UInt8],
    _ body: (Value, inout [UInt8]) -> Void
  ) {
    out.put(what)
    out.put(" ")
    if let from { body(from, &out) } else { out.put(none) }
    out.put(" is now ")
    if let to { body(to, &out) } else { out.put(none) }
  }

  private func put(_ path: [IPv6Address?], into out: inout [UInt8]) {
    if path.isEmpty { out.put("(empty)") }
    for (index, hop) in path.enumerated() {
      if index > 0 { out.put(" > ") }
      if let hop { out.put(hop) } else { out.put("*") }
    }
  }

  /// The first answer of a hop.
  private func put(_ hop: TraceHop, into out: inout [UInt8]) {
    for case .reply(let reply) in hop.verdicts {
      out.put(reply.address, zone: reply.zone, names: run.interfaceNames)
      if let roundTrip = reply.roundTrip {
        out.put(" ")
        out.put(duration: roundTrip)
      }
      return
    }
    out.put("*")
  }

  private static func words(_ verdict: NeighborVerdict) -> String { spaced(verdict.rawValue) }
  private static func words(_ reason: TraceEnd.Reason) -> String { spaced(SampleNames.name(reason)) }

  private static func spaced(_ name: String) -> String {
    String(decoding: name.utf8.map { $0 == 0x5f ? 0x20 : $0 }, as: UTF8.self)
  }
}
