import Timing
import Wire

/// The addresses of this host as the kernel tells them, of one interface or of all.
struct OwnAddresses: Sendable {
  private struct Key: Hashable {
    var address: IPv6Address
    var interface: UInt32
  }
  /// 0: all interfaces.
  private var index: UInt32
  private var link: LinkLayerAddress?
  /// Those that duplicate address detection refused.
  private var refused: Set<Key> = []
  private var keys: Set<Key> = []
  /// Changes were lost: the kernel must be asked again.
  private(set) var isStale = false

  init(_ view: KernelView) {
    index = view.interface.index
    link = view.interface.link
    take(view)
  }

  /// What the kernel knows was read anew.
  mutating func take(_ view: KernelView) {
    link = view.interface.link
    keys = Set(view.addresses.map { Key(address: $0.address, interface: $0.interface) })
    refused = Set(
      view.addresses.filter(\.isDuplicate).map { Key(address: $0.address, interface: $0.interface) })
    isStale = false
  }

  /// An address came or went, or changes were lost. True: duplicate address detection has just refused it.
  mutating func handle(_ change: KernelChange) -> Bool {
    switch change {
    case .lost:
      isStale = true
      return false
    case .address(let address, let isGone):
      guard index == 0 || address.interface == index else { return false }
      let key = Key(address: address.address, interface: address.interface)
      if isGone {
        keys.remove(key)
        refused.remove(key)
        return false
      }
      keys.insert(key)
      guard address.isDuplicate else {
        refused.remove(key)
        return false
      }
      return refused.insert(key).inserted
    default: return false
    }
  }

  func contains(_ address: IPv6Address, on interface: UInt32) -> Bool {
    keys.contains(Key(address: address, interface: index == 0 ? interface : index))
  }

  /// Somebody else's advertisement for one of these: not ours by frame or by option.
  func isClaimedByOther(_ claim: AddressClaim, on interface: UInt32) -> Bool {
    guard contains(claim.address, on: interface) else { return false }
    guard let link else { return true }
    return (claim.optionLink ?? link) != link || (claim.frameLink ?? link) != link
  }

  /// The link-layer address of the one interface; nil where there are several or it has none.
  var linkAddress: LinkLayerAddress? { index == 0 ? nil : link }
}

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
