import ProbeEngine
import Wire

/// The lines below a trace: what came late, whether the target was reached or why not, and what became of the
/// probes.
struct TraceEndText {
  let hopText: TraceHopText

  private var run: TraceRun { hopText.run }

  /// `late: hop 2 from 2001:db8::2, 3210.400 ms`
  func put(late reply: TraceReply, into out: inout [UInt8]) {
    out.put("late: hop ")
    out.put(decimal: UInt64(reply.probe.hopLimit))
    out.put(" from ")
    hopText.put(
      host: TraceAddress(reply.address, zone: reply.zone), target: reply.probe.target, into: &out)
    out.put("  ")
    var late = reply
    // The line says it already.
    late.isLate = false
    hopText.put(roundTripOf: late, into: &out)
    out.put("\n")
  }

  func put(_ end: TraceEnd, into out: inout [UInt8]) {
    putVerdict(end, into: &out)
    out.put("\n")
    putCounts(end, into: &out)
    out.put("\n")
    putPathMTU(end, into: &out)
  }

  func putVerdict(_ end: TraceEnd, into out: inout [UInt8]) {
    switch end.reason {
    case .reached:
      out.put("reached at hop ")
      out.put(decimal: UInt64(end.hops))
      if end.isFromAnotherAddress {
        out.put(", answered from another address than was asked")
        putAddress(end, into: &out)
      }
    case .unreachable(let type, let code):
      out.put("not reached: ")
      ICMPv6ErrorText.put(type: type, code: code, into: &out)
      out.put(" at hop ")
      out.put(decimal: UInt64(end.hops))
      putAddress(end, into: &out)
    case .maximumHops:
      out.put("not reached: no answer from the target within ")
      out.put(decimal: UInt64(end.hops))
      out.put(end.hops == 1 ? " hop" : " hops")
    case .gapLimit:
      out.put("not reached: too many silent hops in a row, given up after hop ")
      out.put(decimal: UInt64(end.hops))
    case .loop:
      out.put("not reached: the path loops, given up after hop ")
      out.put(decimal: UInt64(end.hops))
    case .sendFailed(let errno):
      out.put("not reached: probes cannot be sent: ")
      if let name = ErrnoText.name(errno) {
        out.put(name)
        out.put(": ")
      }
      out.put(ErrnoText.text(errno))
    case .interrupted:
      out.put(end.isReached ? "reached, stopped after hop " : "not reached: stopped after hop ")
      out.put(decimal: UInt64(end.hops))
    }
  }

  private func putAddress(_ end: TraceEnd, into out: inout [UInt8]) {
    guard let address = end.address else { return }
    out.put(", from ")
    hopText.put(host: TraceAddress(address), target: end.target, into: &out)
  }

  /// Probes sent are those that left: the sum of what follows up to a semicolon.
  private func putCounts(_ end: TraceEnd, into out: inout [UInt8]) {
    out.put(decimal: end.left)
    out.put(end.left == 1 ? " probe sent" : " probes sent")
    if end.left > 0 {
      out.put(": ")
      out.put(decimal: end.replied)
      out.put(" answered")
    }
    put(end.late, ", ", " late", into: &out)
    put(end.lost, ", ", " lost", into: &out)
    put(
      end.inFlight, ", ",
      isBeyondLastHop(end) ? " beyond the last hop not waited for" : " no longer waited for", into: &out)
    put(end.sendFailed, "; ", " could not be sent", into: &out)
    put(end.rejected, "; ", end.rejected == 1 ? " answer not believed" : " answers not believed", into: &out)
  }

  /// What is not zero.
  private func put(_ count: UInt64, _ before: String, _ after: String, into out: inout [UInt8]) {
    guard count > 0 else { return }
    out.put(before)
    out.put(decimal: count)
    out.put(after)
  }

  /// A trace that went hop by hop to its end has waited for every probe up to there.
  private func isBeyondLastHop(_ end: TraceEnd) -> Bool {
    switch (run.mode, end.reason) {
    case (_, .interrupted), (_, .sendFailed), (.paths, _), (.mtu, _): false
    case (.hops, _), (.rounds, _): true
    }
  }

  private func putPathMTU(_ end: TraceEnd, into out: inout [UInt8]) {
    let cached = run.targets.indices.contains(end.target) ? run.targets[end.target].cachedMTU : nil
    let showsCache = run.mode == .mtu && cached != nil
    guard end.pathMTU != nil || showsCache else { return }
    if let pathMTU = end.pathMTU {
      out.put("path mtu ")
      out.put(decimal: pathMTU)
    } else {
      out.put("path mtu unknown")
    }
    if showsCache, let cached {
      out.put("; the kernel's cache says ")
      out.put(decimal: UInt64(cached))
      out.put(" (not used)")
    }
    out.put("\n")
  }
}

extension TraceEnd {
  /// Probes that left.
  var left: UInt64 { sent > sendFailed ? sent - sendFailed : 0 }

  /// Probes that left and have no verdict.
  var inFlight: UInt64 {
    var rest = left
    for count in [replied, late, lost] { rest = count > rest ? 0 : rest - count }
    return rest
  }
}
