import Timing
import Wire

// What a message means beside the baseline.
extension GuardEngine {
  mutating func take(_ message: HeardMessage, at now: Instant) {
    guard message.type == 134 || message.type == 136 || message.type == 137 else { return }
    let time = min(message.arrival.stamp, now)
    if message.type == 134 { countAdvertisement(message, at: now) }
    for var finding in Finding.brokenRules(of: message, at: time) {
      finding.severity = .problem
      tell(finding, at: now)
    }
    guard !message.isDiscarded else { return }
    switch message.type {
    case 134: takeAdvertisement(message, at: time, now)
    case 136: takeNeighbor(message, at: time, now)
    default:
      if let finding = Finding.redirect(message, isFromKnownRouter: isKnownRouter(message), at: time) {
        tell(finding, at: now)
      }
    }
  }

  private mutating func takeAdvertisement(_ message: HeardMessage, at time: Instant, _ now: Instant) {
    // Before it is read: in a flood of strangers reading is the work.
    guard routers.hasRoom(for: message.source, at: now) else { return drop(at: now) }
    guard let router = LinkBaseline.Router(message) else { return }
    if isExpected(router.address) {
      for finding in routers.differences(from: router, at: time) { tell(finding, at: now) }
    } else if configuration.baseline != nil {
      var finding = Finding(.rogueRouter, .problem, at: time)
      finding.address = router.address
      finding.link = router.link
      finding.otherLink = router.optionLink
      tell(finding, at: now)
    } else if let known = routers.seen[router.address]?.picture, let first = known.link,
      let second = router.link, first != second
    {
      // What is to become a baseline is in doubt.
      var finding = Finding(.conflict, .problem, at: time)
      finding.address = router.address
      finding.link = first
      finding.otherLink = second
      tell(finding, at: now)
    }
    collect(router, at: now)
  }

  private mutating func takeNeighbor(_ message: HeardMessage, at time: Instant, _ now: Instant) {
    guard let claim = AddressClaim(message) else { return }
    if own.isClaimedByOther(claim, on: message.arrival.interface) {
      tell(.ownAddressClaimed(claim, own: own.linkAddress, at: time), at: now)
    }
    guard let router = routers.expected[claim.address]?.baseline else { return }
    if let finding = router.linkDifference(frame: claim.frameLink, option: claim.optionLink, at: time) {
      tell(finding, at: now)
    }
    // Hosts take a router that calls itself a host from their default routers (RFC 4861 §7.2.5).
    if claim.isRouter == false, router.lifetime > 0 {
      var finding = Finding(.routerRetires, .problem, at: time)
      finding.address = claim.address
      finding.link = claim.frameLink
      finding.field = .router
      finding.expected = .flag(true)
      finding.found = .flag(false)
      tell(finding, at: now)
    }
  }

  /// It comes from where a router of the baseline is; without a baseline, from where a router was heard.
  private func isKnownRouter(_ message: HeardMessage) -> Bool {
    let known =
      configuration.baseline == nil
      ? routers.seen[message.source]?.picture : routers.expected[message.source]?.baseline
    guard let known else { return false }
    return known.link == nil || message.arrival.linkSource == nil || known.link == message.arrival.linkSource
  }
}
