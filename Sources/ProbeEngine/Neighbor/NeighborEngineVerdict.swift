import Timing
import Wire

// What is found, and what it comes to.
extension NeighborEngine {
  /// A target's last step: what is known becomes its verdict.
  mutating func end(_ target: Int, isInterrupted: Bool, at now: Instant) {
    let inquiry = inquiries[target]
    let verdict = verdict(of: inquiry, isInterrupted: isInterrupted)
    inquiries[target].summary.verdict = verdict
    // Who only announced itself did not answer; where stations are in conflict all are shown.
    inquiries[target].summary.claims =
      inquiry.claimants.filter {
        $0.hasAnswered || configuration.act == .duplicateDetection || inquiry.isContested
      }
      .map(\.claim)
    if verdict == .differs, let link = inquiry.answerer?.station, let known = inquiry.kernel?.link,
      link != known
    {
      var finding = finding(.wrongKernelEntry, .problem, target, at: now)
      finding.link = link
      finding.otherLink = known
      finding.expected = .link(known)
      finding.found = .link(link)
      events.append(.finding(finding))
    }
    finish(target, at: now)
  }

  private func verdict(of inquiry: NeighborInquiry, isInterrupted: Bool) -> NeighborVerdict {
    let isUnsent = inquiry.summary.attempted > 0 && inquiry.summary.attempted == inquiry.summary.sendFailed
    if configuration.act == .duplicateDetection {
      if !inquiry.claimants.isEmpty { return .inUse }
      if isInterrupted { return .interrupted }
      if isUnsent { return .sendFailed }
      return inquiry.summary.loopedBack > 0 ? .loopedBack : .free
    }
    if inquiry.isContested { return .conflict }
    guard let answerer = inquiry.answerer else {
      if isInterrupted { return .interrupted }
      if isUnsent { return .sendFailed }
      return configuration.act == .unicast ? .dead : .silent
    }
    if configuration.act == .resolve {
      guard let known = inquiry.kernel?.link else { return .absent }
      return answerer.station == known ? .agrees : .differs
    }
    let hasOtherEntry = inquiry.kernel?.link.map { $0 != answerer.station } ?? false
    if inquiry.isAnsweredByUnicast {
      if hasOtherEntry || answerer.station != inquiry.unicastLink { return .differs }
      return inquiry.kernel?.isConfirmed ?? false ? .fresh : .stale
    }
    // Asked by multicast alone so far: what unicast would say is not known.
    if isInterrupted, !inquiry.hasAskedByUnicast || inquiry.way != .multicast { return .interrupted }
    guard answerer.station == inquiry.unicastLink else { return .differs }
    return inquiry.hasUnicastLeft ? .multicastOnly : .sendFailed
  }

  // MARK: Findings

  /// Each rule once for a target: a flood of bad messages is one finding.
  mutating func tellBrokenRules(of message: HeardMessage, _ target: Int, at now: Instant) {
    for broken in message.broken where !inquiries[target].brokenRules.contains(broken.rule) {
      inquiries[target].brokenRules.insert(broken.rule)
      let discards = broken.rule.consequence == .messageDiscarded
      var finding = finding(.brokenRule, discards ? .problem : .notice, target, at: now)
      finding.rule = broken
      finding.link = message.arrival.linkSource
      finding.otherAddress = message.source
      events.append(.finding(finding))
    }
  }

  mutating func tellLoop(_ message: HeardMessage, _ target: Int, at now: Instant) {
    guard !inquiries[target].isLoopTold else { return }
    inquiries[target].isLoopTold = true
    var finding = finding(
      .loopedBack, configuration.act == .duplicateDetection ? .problem : .notice, target, at: now)
    finding.link = message.arrival.linkSource
    events.append(.finding(finding))
  }

  /// After each claim: a second station, or one that speaks for another.
  mutating func tellStation(_ index: Int, isNew: Bool, _ target: Int, at now: Instant) {
    let claimant = inquiries[target].claimants[index]
    if isNew || claimant.claim.answers == 1, let frame = claimant.claim.frameLink,
      let station = claimant.station,
      frame != station
    {
      var finding = finding(.frameDiffers, .notice, target, at: now)
      finding.link = frame
      finding.otherLink = station
      events.append(.finding(finding))
    }
    guard isNew, !claimant.isSolicitation, let station = claimant.station,
      let first = inquiries[target].claimants.first(where: {
        !$0.isSolicitation && $0.station != nil && $0.station != station
      })
    else { return }
    var finding = finding(.conflict, .problem, target, at: now)
    finding.link = first.station
    finding.otherLink = station
    finding.otherAddress = claimant.claim.source
    events.append(.finding(finding))
  }

  private func finding(
    _ kind: Finding.Kind, _ severity: Finding.Severity, _ target: Int, at now: Instant
  ) -> Finding {
    var finding = Finding(kind, severity, at: now)
    finding.address = inquiries[target].address
    finding.target = target
    return finding
  }
}

extension KernelNeighbor {
  /// The kernel sends there without asking again: reachable, permanent, or of a link without resolution.
  var isConfirmed: Bool {
    state.rawValue & (State.reachable.rawValue | State.permanent.rawValue | State.noARP.rawValue) != 0
  }
}
