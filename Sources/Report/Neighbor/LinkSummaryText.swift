import ProbeEngine

/// The last line of an act over a whole link.
enum LinkSummaryText {
  static func put(_ summary: RoutersSummary, into out: inout [UInt8]) {
    if summary.routers == 0 {
      out.put("no router: no advertisement")
      if summary.solicitations > 0 {
        out.put(" in answer to ")
        out.put(summary.solicitations, "solicitation", "solicitations")
      }
    } else {
      out.put(summary.routers, "router", "routers")
      out.put(", ")
      out.put(summary.advertisements, "advertisement", "advertisements")
      out.put(", ")
      out.put(summary.problems, "problem", "problems")
    }
    put(summary.discarded, " not believed", into: &out)
    put(summary.forgotten, " of further routers not looked at", into: &out)
    put(failed: summary.sendFailed, summary.sendErrno, into: &out)
    if summary.isInterrupted { put(words: "stopped early", into: &out) }
    out.put("\n")
  }

  static func put(_ summary: WatchSummary, into out: inout [UInt8]) {
    out.put(summary.messages, "message", "messages")
    out.put(", ")
    out.put(summary.kernelChanges, "kernel change", "kernel changes")
    out.put(", ")
    out.put(summary.findings, "finding", "findings")
    put(summary.droppedFrames, " frames not looked at", into: &out)
    put(summary.droppedChanges, " kernel changes lost", into: &out)
    out.put("\n")
  }

  static func put(_ summary: ScanSummary, into out: inout [UInt8]) {
    out.put(summary.stations, "station", "stations")
    out.put(", ")
    out.put(summary.addresses, "address", "addresses")
    out.put(", ")
    out.put(summary.questions, "question", "questions")
    out.put(", ")
    out.put(summary.problems, "problem", "problems")
    put(summary.dropped, " not looked at, for want of room", into: &out)
    put(failed: summary.sendFailed, summary.sendErrno, into: &out)
    out.put("\n")
  }

  static func put(_ summary: GuardSummary, into out: inout [UInt8]) {
    if summary.isWritten {
      out.put("baseline of ")
      out.put(summary.baseline.routers.count, "router", "routers")
      out.put(":\n")
      BaselineText.put(summary.baseline, into: &out)
    } else {
      out.put(summary.problems == 0 ? "as in the baseline: " : "not as in the baseline: ")
      out.put(summary.baseline.routers.count, "router", "routers")
      out.put(", ")
      out.put(summary.advertisements, "advertisement", "advertisements")
      out.put(", ")
      out.put(summary.problems, "problem", "problems")
      out.put(", ")
      out.put(summary.notices, "notice", "notices")
    }
    put(summary.repeats, " told within the minute before", into: &out)
    put(summary.dropped, " not looked at, for want of room", into: &out)
    put(failed: summary.sendFailed, summary.sendErrno, into: &out)
    if summary.isInterrupted { put(words: "stopped early", into: &out) }
    if out.last != 0x0a { out.put("\n") }
  }

  /// What is not zero.
  private static func put(_ count: UInt64, _ words: String, into out: inout [UInt8]) {
    if count > 0 { put(words: "\(count)\(words)", into: &out) }
  }

  /// Behind a semicolon, or on a line of its own below a list.
  private static func put(words: String, into out: inout [UInt8]) {
    if out.last != 0x0a { out.put("; ") }
    out.put(words)
  }

  private static func put(failed count: Int, _ errno: Int32?, into out: inout [UInt8]) {
    guard count > 0 else { return }
    put(UInt64(clamping: count), " could not be sent", into: &out)
    guard let errno else { return }
    out.put(" (")
    if let name = ErrnoText.name(errno) { out.put(name + ": ") }
    out.put(ErrnoText.text(errno))
    out.put(")")
  }
}
