import ProbeEngine
import Timing

/// A ping's figures for people.
struct PingTextSummary {
  private let options: PingTextOptions
  private let summary: PingSummary

  init(_ options: PingTextOptions, _ summary: PingSummary) {
    self.options = options
    self.summary = summary
  }

  func put(into out: inout [UInt8]) {
    putCounts(into: &out)
    putRoundTrips(into: &out)
    if options.isVerbose, let error = summary.scheduleError {
      out.put("schedule error p50/p99/max ")
      put(slashed: [error.p50, error.p99, error.maximum], into: &out)
      out.put(" ms, deadlines missed: ")
      out.put(decimal: error.missed)
      out.put("\n")
    }
    if options.showsHistogram { TerminalHistogram(options, summary.histogram).put(into: &out) }
  }

  /// What became of the probes.
  func putCounts(into out: inout [UInt8]) {
    putSum(into: &out)
    out.put("\n")
    putLoss(into: &out)
    putBeside(into: &out)
    putRejected(into: &out)
  }

  /// The figures so far on one line.
  func putLine(into out: inout [UInt8]) {
    putSum(into: &out)
    if let times = summary.roundTrip {
      out.put(", rtt min/mean/max ")
      put(slashed: [times.minimum, times.mean, times.maximum], into: &out)
      out.put(" ms")
    }
    out.put("\n")
  }

  // MARK: - Lines

  /// `10 attempted = 8 replied + 2 lost`: parts that are 0 are left out, except that some part is always there.
  private func putSum(into out: inout [UInt8]) {
    out.put(decimal: summary.attempted)
    out.put(" attempted = ")
    let parts: [(UInt64, String)] = [
      (summary.replied, " replied"), (summary.corrupted, " corrupted"), (summary.late, " late"),
      (summary.icmpErrors, summary.icmpErrors == 1 ? " ICMPv6 error" : " ICMPv6 errors"),
      (summary.lost, " lost"), (summary.sendFailed, " not sent"), (summary.inFlight, " in flight"),
    ]
    var isFirst = true
    for (index, (count, text)) in parts.enumerated() where count > 0 || index == 0 {
      if !isFirst { out.put(" + ") }
      isFirst = false
      out.put(decimal: count)
      out.put(text)
    }
  }

  private func putLoss(into out: inout [UInt8]) {
    guard summary.lost > 0 else { return }
    out.put("lost ")
    out.put(decimal: summary.lost)
    out.put(" of ")
    out.put(decimal: summary.sent)
    out.put(" sent, ")
    let thousandths = UInt128(summary.lost) * 100_000 / UInt128(max(summary.sent, 1))
    out.put(thousandths: Int64(clamping: thousandths))
    out.put(" %")
    if summary.lossBursts > 0 {
      // Late ones too: whoever waited had no answer.
      out.put("; lost or late in ")
      put(summary.lossBursts, "burst", into: &out)
      out.put(", the longest of ")
      out.put(decimal: summary.longestLossBurst)
    }
    out.put("\n")
  }

  private func putBeside(into out: inout [UInt8]) {
    var separator = "beside these: "
    if summary.duplicates > 0 {
      out.put(separator)
      put(summary.duplicates, "duplicate", into: &out)
      separator = ", "
    }
    if summary.reordered > 0 {
      out.put(separator)
      out.put(decimal: summary.reordered)
      out.put(" reordered (by up to ")
      out.put(decimal: summary.maximumReorderingExtent)
      out.put(")")
      separator = ", "
    }
    if summary.extraErrors > 0 {
      out.put(separator)
      put(summary.extraErrors, "more ICMPv6 error", into: &out)
      separator = ", "
    }
    if separator == ", " { out.put("\n") }
  }

  private func putRejected(into out: inout [UInt8]) {
    guard summary.rejected > 0 else { return }
    out.put("not believed: ")
    out.put(decimal: summary.rejected)
    out.put("\n")
    for (reason, count) in RejectionText.counted(summary) {
      out.put("  ")
      out.put(decimal: count)
      out.put(" ")
      out.put(RejectionText.text(reason))
      out.put("\n")
    }
  }

  private func putRoundTrips(into out: inout [UInt8]) {
    guard let times = summary.roundTrip else { return }
    out.put("rtt min/mean/max/mdev ")
    put(slashed: [times.minimum, times.mean, times.maximum, times.mdev], into: &out)
    out.put(" ms")
    if options.isVerbose {
      var separator = ", measured by "
      for source in [RoundTripSource.kernel, .capture, .user] {
        let index = Int(source.rawValue)
        guard summary.roundTripSources.indices.contains(index) else { continue }
        guard summary.roundTripSources[index] > 0 else { continue }
        out.put(separator)
        out.put(RoundTripText.name(source))
        out.put(": ")
        out.put(decimal: summary.roundTripSources[index])
        separator = ", "
      }
    }
    out.put("\nrtt p50/p90/p95/p99/p99.9 ")
    put(slashed: [times.p50, times.p90, times.p95, times.p99, times.p999], into: &out)
    out.put(" ms")
    if let jitter = summary.jitter {
      out.put(", jitter ")
      out.put(milliseconds: jitter.count)
      out.put(" ms")
    }
    out.put("\n")
    guard options.showsTiming else { return }
    put("host tx", summary.hostTransmit, into: &out)
    put("host rx", summary.hostReceive, into: &out)
  }

  private func put(_ name: String, _ times: RoundTripSummary?, into out: inout [UInt8]) {
    guard let times else { return }
    out.put(name)
    out.put(" min/mean/max/mdev ")
    put(slashed: [times.minimum, times.mean, times.maximum, times.mdev], into: &out)
    out.put(" ms\n")
  }

  // MARK: - Parts of lines

  private func put(slashed times: [Nanoseconds], into out: inout [UInt8]) {
    for (index, time) in times.enumerated() {
      if index > 0 { out.put("/") }
      out.put(milliseconds: time.count)
    }
  }

  private func put(_ count: UInt64, _ noun: String, into out: inout [UInt8]) {
    out.put(decimal: count)
    out.put(" ")
    out.put(noun)
    if count != 1 { out.put("s") }
  }
}
