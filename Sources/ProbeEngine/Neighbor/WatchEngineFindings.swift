import Timing
import Wire

/// Where an address was last said to be.
struct Sighting: Hashable, Sendable {
  var optionLink: LinkLayerAddress?
  var frameLink: LinkLayerAddress?
  /// The station before, and when the conflict of the two was told.
  var otherLink: LinkLayerAddress?
  var toldAt: Instant?

  /// The link-layer address here that a claim contradicts. Like is compared with like: a proxy or a repeater sends
  /// another station's option in frames of its own.
  func contradicted(by claim: AddressClaim) -> (old: LinkLayerAddress, new: LinkLayerAddress)? {
    if let old = optionLink, let new = claim.optionLink { return old == new ? nil : (old, new) }
    if let old = frameLink, let new = claim.frameLink { return old == new ? nil : (old, new) }
    return nil
  }
}

// What a message of somebody else means.
extension WatchEngine {
  mutating func judge(_ message: HeardMessage, at time: Instant) {
    for finding in Finding.brokenRules(of: message, at: time) { tell(finding) }
    guard !message.isDiscarded else { return }
    let interface = message.arrival.interface
    switch message.type {
    case 134: judgeRouter(message, at: time)
    case 135 where message.source == .unspecified:
      guard let solicitation = try? NeighborSolicitation(decoding: message.octets.span) else { return }
      // Somebody wants an address; one of ours it will not get, but it tries.
      let isOurs = own.contains(solicitation.target, on: interface)
      var finding = Finding(.duplicateDetection, isOurs ? .problem : .notice, at: time)
      finding.address = solicitation.target
      finding.link = message.arrival.linkSource
      tell(finding)
    case 137:
      let isKnown = routers[LinkKey(message.source, on: interface)] == true
      if let finding = Finding.redirect(message, isFromKnownRouter: isKnown, at: time) { tell(finding) }
    default: break
    }
    guard let claim = AddressClaim(message) else { return }
    if own.contains(claim.address, on: interface) {
      if message.type == 136, own.isClaimedByOther(claim, on: interface) {
        tell(.ownAddressClaimed(claim, own: own.linkAddress, at: time))
      }
      return
    }
    compare(claim, key: LinkKey(claim.address, on: interface), at: time)
  }

  private mutating func judgeRouter(_ message: HeardMessage, at time: Instant) {
    guard let advertisement = try? RouterAdvertisement(decoding: message.octets.span) else { return }
    let key = LinkKey(message.source, on: message.arrival.interface)
    let isDefault = advertisement.lifetime > 0
    defer { routers[key] = isDefault }
    // A router that only brings prefixes says 0 for ever, and one that leaves says it three times (RFC 4861 §6.2.5):
    // once is enough.
    guard !isDefault, routers[key] != false else { return }
    var finding = Finding(.routerRetires, .notice, at: time)
    finding.address = message.source
    finding.link = message.arrival.linkSource
    tell(finding)
  }

  private mutating func compare(_ claim: AddressClaim, key: LinkKey, at time: Instant) {
    guard var sighting = sightings[key] else {
      sightings[key] = Sighting(optionLink: claim.optionLink, frameLink: claim.frameLink)
      return
    }
    if let (old, new) = sighting.contradicted(by: claim) {
      let isTold = sighting.otherLink == new && sighting.toldAt.map { time - $0 < Self.conflictPause } == true
      sighting.otherLink = old
      sighting.optionLink = nil
      sighting.frameLink = nil
      if !isTold {
        sighting.toldAt = time
        var finding = Finding(.conflict, .problem, at: time)
        finding.address = claim.address
        finding.link = old
        finding.otherLink = new
        tell(finding)
      }
    }
    sighting.optionLink = claim.optionLink ?? sighting.optionLink
    sighting.frameLink = claim.frameLink ?? sighting.frameLink
    sightings[key] = sighting
  }
}
