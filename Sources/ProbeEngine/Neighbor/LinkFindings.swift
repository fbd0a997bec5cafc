import Timing
import Wire

// Findings that more than one engine has.
extension Finding {
  /// Somebody advertises an address of ours.
  static func ownAddressClaimed(_ claim: AddressClaim, own link: LinkLayerAddress?, at now: Instant)
    -> Finding
  {
    var finding = Finding(.ownAddressClaimed, .problem, at: now)
    finding.address = claim.address
    // The one that is not ours, of option and frame.
    finding.link = claim.optionLink == link ? claim.frameLink ?? claim.optionLink : claim.link
    finding.otherLink = link
    return finding
  }

  /// One finding for each rule that a message breaks, however often it breaks it: their number is bounded by that of
  /// the rules. What makes a receiver discard the message is a problem, and so is anything in an advertisement of a
  /// router; an option of others that is passed over is not.
  static func brokenRules(of message: HeardMessage, at now: Instant) -> [Finding] {
    var told = NeighborRuleSet()
    var findings: [Finding] = []
    for broken in message.broken where !told.contains(broken.rule) {
      told.insert(broken.rule)
      let isProblem = broken.rule.consequence == .messageDiscarded || message.type == 134
      var finding = Finding(.brokenRule, isProblem ? .problem : .notice, at: now)
      finding.address = message.source
      finding.link = message.arrival.linkSource
      finding.rule = broken
      findings.append(finding)
    }
    return findings
  }

  /// A redirect: about the router that it comes from (`address`), to `otherAddress`, for the destination `prefix`.
  static func redirect(_ message: HeardMessage, isFromKnownRouter: Bool, at now: Instant) -> Finding? {
    guard let redirect = try? Redirect(decoding: message.octets.span) else { return nil }
    // RFC 4861 §8.1: only the current first hop may redirect. One from elsewhere is an attack, or a fault.
    var finding = Finding(.redirect, isFromKnownRouter ? .notice : .problem, at: now)
    finding.address = message.source
    finding.link = message.arrival.linkSource
    finding.otherAddress = redirect.target
    finding.prefix = redirect.destination
    finding.prefixLength = 128
    return finding
  }
}
