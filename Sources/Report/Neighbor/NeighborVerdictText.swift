import ProbeEngine
import Timing
import Wire

/// The verdict on one target: what it is, why, and what to do about it.
struct NeighborVerdictText {
  let options: LinkTextOptions
  let run: LinkRun

  /// Lines for a run over one target.
  func put(_ summary: NeighborSummary, into out: inout [UInt8]) {
    out.put(LinkWords.plain(summary.verdict.rawValue))
    out.put(": ")
    putReason(summary, into: &out)
    out.put("\n")
    guard !options.isQuiet else { return }
    if summary.discarded > 0 {
      out.put("  ")
      out.put(summary.discarded, "advertisement", "advertisements")
      out.put(" for it broke a rule and ")
      out.put(summary.discarded == 1 ? "was" : "were")
      out.put(" not believed\n")
    }
    if summary.furtherAnswers > 0 {
      out.put("  ")
      out.put(summary.furtherAnswers, "answer", "answers")
      out.put(" of further stations\n")
    }
    putAdvice(summary, into: &out)
    if options.isVerbose { putCounts(summary, into: &out) }
  }

  /// One line of many, in columns.
  func putRow(_ summary: NeighborSummary, nameWidth: Int, into out: inout [UInt8]) {
    out.put(left: nameWidth) { putName(of: summary.target, into: &$0) }
    out.put("  ")
    out.put(left: 14) { $0.put(LinkWords.plain(summary.verdict.rawValue)) }
    var rest: [UInt8] = []
    for (index, claim) in summary.claims.enumerated() {
      rest.put(index > 0 ? ", " : "")
      put(claim, into: &rest)
    }
    if summary.claims.count == 1, let roundTrip = summary.claims[0].roundTrip {
      rest.put("  ")
      rest.put(milliseconds: roundTrip.count)
      rest.put(" ms")
    }
    if let kernel = summary.kernel {
      if !rest.isEmpty { rest.put("  ") }
      rest.put("kernel ")
      rest.put(kernel.state.text)
      if let link = kernel.link, summary.claims.isEmpty || summary.claims.contains(where: { $0.link != link })
      {
        rest.put(" ")
        rest.put(link)
      }
    }
    if let errno = summary.sendErrno, summary.verdict == .sendFailed {
      rest.put(ErrnoText.text(errno))
    }
    if !rest.isEmpty {
      out.put("  ")
      out.append(contentsOf: rest)
    }
    while out.last == 0x20 { out.removeLast() }
    out.put("\n")
  }

  func putName(of target: Int, into out: inout [UInt8]) {
    guard run.targets.indices.contains(target) else { return out.put("target \(target)") }
    Escape.text(run.targets[target].name, into: &out)
  }

  // MARK: - Reasons

  private func putReason(_ summary: NeighborSummary, into out: inout [UInt8]) {
    switch summary.verdict {
    case .agrees:
      putClaims(summary, into: &out)
      out.put(" answers, and the kernel's entry names it")
      putEntry(summary, into: &out)
    case .differs:
      putClaims(summary, into: &out)
      out.put(" answers, but the kernel's entry names another station")
      putEntry(summary, into: &out)
    case .absent:
      putClaims(summary, into: &out)
      if let kernel = summary.kernel {
        out.put(" answers; the kernel's entry has no address (")
        KernelFactsText.put(kernel, into: &out)
        out.put(")")
      } else {
        out.put(" answers; the kernel has no entry for it (its first packet makes one)")
      }
    case .local: putLocal(summary, into: &out)
    case .silent:
      out.put("no answer to ")
      out.put(summary.attempted, "solicitation", "solicitations")
      putKernel(summary, into: &out)
    case .conflict:
      out.put(summary.claims.count, "station claims it: ", "stations claim it: ")
      putClaims(summary, into: &out)
      putKernel(summary, into: &out)
    case .free: out.put("nobody answered: it can be assigned")
    case .inUse:
      let isTentative = summary.claims.contains { $0.source == .unspecified }
      out.put(isTentative ? "being taken by " : "by ")
      putClaims(summary, into: &out)
      if isTentative { out.put(", which performs duplicate address detection for it now") }
    case .loopedBack:
      out.put("nobody has it, but our own solicitation came back")
      if summary.loopedBack > 1 {
        out.put(" ")
        out.put(decimal: summary.loopedBack)
        out.put(" times")
      }
    case .fresh:
      putClaims(summary, into: &out)
      out.put(" answers where it is asked")
      putEntry(summary, into: &out)
    case .stale:
      putClaims(summary, into: &out)
      out.put(" answers where it is asked: right, though the kernel had not confirmed it")
      putEntry(summary, into: &out)
    case .dead:
      out.put("no answer to ")
      out.put(summary.attempted, "solicitation", "solicitations")
      out.put(", neither by unicast nor by multicast")
      putKernel(summary, into: &out)
    case .multicastOnly:
      putClaims(summary, into: &out)
      out.put(" answers to multicast, and is silent where it is asked by unicast")
      putEntry(summary, into: &out)
    case .sendFailed:
      out.put("no solicitation left this host")
      if let errno = summary.sendErrno {
        out.put(": ")
        if let name = ErrnoText.name(errno) { out.put(name + ": ") }
        out.put(ErrnoText.text(errno))
      }
    case .interrupted:
      out.put("stopped after ")
      out.put(summary.attempted, "solicitation", "solicitations")
      out.put(summary.claims.isEmpty ? " without an answer" : "; so far ")
      if !summary.claims.isEmpty {
        putClaims(summary, into: &out)
        out.put(summary.claims.count == 1 ? " answers" : " answer")
      }
      putKernel(summary, into: &out)
    }
  }

  private func putLocal(_ summary: NeighborSummary, into out: inout [UInt8]) {
    out.put("an address of this host")
    if run.targets.indices.contains(summary.target),
      let own = run.view.addresses.first(where: { $0.address == run.targets[summary.target].address })
    {
      out.put(" on ")
      Escape.text(run.view.interface.name, into: &out)
      let flags = own.flagNames.filter { $0 == "tentative" || $0 == "dadfailed" || $0 == "deprecated" }
      if !flags.isEmpty {
        out.put(" (")
        out.put(list: flags)
        out.put(")")
      }
    }
    out.put("; nobody was asked")
  }

  /// ` (REACHABLE, confirmed 3.2 s ago)`, with the link-layer address where it is not the one that answered.
  private func putEntry(_ summary: NeighborSummary, into out: inout [UInt8]) {
    guard let kernel = summary.kernel else { return }
    out.put(" (")
    out.put(kernel.state.text)
    if let link = kernel.link, summary.claims.count != 1 || summary.claims[0].link != link {
      out.put(" ")
      out.put(link)
    }
    KernelFactsText.putAges(kernel, into: &out)
    out.put(")")
  }

  /// `; the kernel's entry: STALE 02:..`
  private func putKernel(_ summary: NeighborSummary, into out: inout [UInt8]) {
    guard let kernel = summary.kernel else { return out.put("; the kernel has no entry for it") }
    out.put("; the kernel's entry: ")
    KernelFactsText.put(kernel, into: &out)
  }

  /// One or more stations, as a list.
  private func putClaims(_ summary: NeighborSummary, into out: inout [UInt8]) {
    if summary.claims.isEmpty { out.put("somebody") }
    for (index, claim) in summary.claims.enumerated() {
      if index > 0 { out.put(index == summary.claims.count - 1 ? " and " : ", ") }
      put(claim, into: &out)
    }
  }

  private func put(_ claim: NeighborClaim, into out: inout [UInt8]) {
    if let link = claim.link { out.put(link) } else { out.put("a station without link-layer address") }
    if let option = claim.optionLink, let frame = claim.frameLink, option != frame {
      out.put(" (frames from ")
      out.put(frame)
      out.put(")")
    }
  }

  // MARK: - Advice

  private func putAdvice(_ summary: NeighborSummary, into out: inout [UInt8]) {
    let deletes: Bool
    switch summary.verdict {
    case .differs: deletes = true
    case .conflict:
      out.put(
        "  one of them has to give it up: find both by their link-layer addresses in the switches' tables\n")
      deletes = false
    case .silent, .dead:
      out.put("  it is down, not on this link, or does not hear multicast (snooping without a querier)\n")
      deletes = summary.kernel?.state == .permanent
    case .loopedBack:
      out.put("  the link has a loop, or a port that mirrors; Linux takes no notice (enhanced_dad)\n")
      deletes = false
    case .multicastOnly:
      out.put("  the kernel's own probes are unicast and will fail: look for a filter on the way\n")
      deletes = false
    case .inUse:
      out.put("  assigned here as well, it would be refused as a duplicate (dadfailed)\n")
      deletes = false
    default: deletes = false
    }
    guard deletes, run.targets.indices.contains(summary.target) else { return }
    out.put(
      summary.kernel?.state == .permanent
        ? "  the entry was set by hand and stays until it is deleted: " : "  to have the kernel ask anew: ")
    out.put("ip -6 neigh del ")
    out.put(run.targets[summary.target].address)
    out.put(" dev ")
    Escape.text(run.view.interface.name, into: &out)
    out.put("\n")
  }

  private func putCounts(_ summary: NeighborSummary, into out: inout [UInt8]) {
    out.put("  ")
    out.put(summary.attempted, "attempt", "attempts")
    out.put(": ")
    out.put(decimal: summary.answered)
    out.put(" answered, ")
    out.put(decimal: summary.unanswered)
    out.put(" unanswered, ")
    out.put(decimal: summary.sendFailed)
    out.put(" could not be sent\n")
    for claim in summary.claims {
      out.put("  ")
      put(claim, into: &out)
      out.put(": ")
      out.put(claim.answers, "answer", "answers")
      if let roundTrip = claim.roundTrip {
        out.put(", the first after ")
        out.put(milliseconds: roundTrip.count)
        out.put(" ms")
      }
      out.put("\n")
    }
  }
}
