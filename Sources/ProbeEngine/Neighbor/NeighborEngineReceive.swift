import Timing
import Wire

// What a message means for the targets: who claims one, who answered us, what cannot be believed.
extension NeighborEngine {
  package mutating func handleReceived(_ message: HeardMessage) {
    confirm()
    guard !message.arrival.isOutgoing, let address = subject(of: message) else { return }
    var next = index[address]
    while let target = next {
      next = inquiries[target].nextSame
      receive(message, target)
    }
  }

  /// Looks at what waited for a transmit stamp: all of it, or as much as need not wait any longer.
  mutating func release(_ target: Int, at now: Instant, all: Bool = true) {
    guard !inquiries[target].held.isEmpty else { return }
    var held = inquiries[target].held
    inquiries[target].held = []
    heldCount -= held.count
    if all, let index = inquiries[target].solicitations.indices.last,
      inquiries[target].solicitations[index].transmittedAt == nil
    {
      inquiries[target].solicitations[index].isUnstamped = true
    }
    while let first = held.first, all || !inquiries[target].mustWait(first) {
      held.removeFirst()
      judge(first, target, at: max(now, first.arrival.readAt))
      if inquiries[target].hasEnded { return }
    }
    if held.isEmpty {
      if let patience = inquiries[target].patience { timers.cancel(patience) }
      inquiries[target].patience = nil
    } else {
      inquiries[target].held = held
      heldCount += held.count
    }
  }

  /// The target that a message speaks of.
  private func subject(of message: HeardMessage) -> IPv6Address? {
    switch message.type {
    case 136:
      // Too short to name one: it is about its sender then, if about any target.
      return (try? NeighborAdvertisement(decoding: message.octets.span))?.target ?? message.source
    case 135:
      // Ours alone looks like this, and that of others who are about to take the address.
      guard message.source == source else { return nil }
      return (try? NeighborSolicitation(decoding: message.octets.span))?.target
    default: return nil
    }
  }

  private mutating func receive(_ message: HeardMessage, _ target: Int) {
    guard !inquiries[target].hasEnded else { return }
    let mustWait = expectsStamps && inquiries[target].mustWait(message)
    guard !inquiries[target].held.isEmpty || mustWait else {
      return judge(message, target, at: message.arrival.readAt)
    }
    guard inquiries[target].held.count < NeighborInquiry.heldLimit, heldCount < Self.heldLimit else {
      release(target, at: message.arrival.readAt)
      if !inquiries[target].hasEnded { judge(message, target, at: message.arrival.readAt) }
      return
    }
    inquiries[target].held.append(message)
    heldCount += 1
    if inquiries[target].patience == nil {
      inquiries[target].patience = timers.insert(
        .patience(target), at: message.arrival.readAt + Self.stampPatience)
    }
  }

  private mutating func judge(_ message: HeardMessage, _ target: Int, at now: Instant) {
    let isLoopedBack = message.type == 135 && isLoopedBack(message, target)
    // Outside duplicate detection no other solicitation says anything about the target.
    guard message.type == 136 || isLoopedBack || configuration.act == .duplicateDetection else { return }
    let place = inquiries[target].solicitation(before: message.arrival.stamp)
    let solicitation = place.map { inquiries[target].solicitations[$0] }
    var advertisement = LinkAdvertisement(
      message: message, target: target, standing: .unsolicited, attempt: solicitation?.attempt ?? 0)
    advertisement.measure(from: solicitation)
    tellBrokenRules(of: message, target, at: now)
    if message.isDiscarded {
      inquiries[target].summary.discarded += 1
      advertisement.standing = .discarded
      events.append(.advertisement(advertisement))
    } else if isLoopedBack {
      inquiries[target].summary.loopedBack += 1
      advertisement.standing = .loopedBack
      events.append(.advertisement(advertisement))
      tellLoop(message, target, at: now)
    } else {
      weigh(advertisement, place, target, at: now)
      settle(target, at: now)
    }
  }

  /// A valid advertisement of the target, or somebody's duplicate address detection for it.
  private mutating func weigh(
    _ advertisement: LinkAdvertisement, _ place: Int?, _ target: Int, at now: Instant
  ) {
    var advertisement = advertisement
    let message = advertisement.message
    let solicitation = place.map { inquiries[target].solicitations[$0] }
    let isSolicitation = message.type == 135
    let option = isSolicitation ? nil : message.linkLayerAddress(.targetLinkLayerAddress)
    // Who looks for duplicates asks nobody in particular; whoever speaks up has the address (RFC 4862 §5.4.4), even
    // before the first solicitation.
    let isForUs =
      source == .unspecified || message.destination == source || !configuration.solicits
    let mayCount =
      (solicitation != nil || configuration.act == .duplicateDetection)
      && (option != nil || isSolicitation || !configuration.needsTargetLinkLayerAddress)
    guard mayCount else { return events.append(.advertisement(advertisement)) }

    let isToUnicast = solicitation?.isUnicast ?? false
    // Answers to multicast have the option (RFC 4861 §7.2.4): one without it is a late one to unicast.
    let isByUnicast = isForUs && (isToUnicast || option == nil && inquiries[target].hasAskedByUnicast)
    let flags =
      (try? NeighborAdvertisement(decoding: message.octets.span))?.flags
      ?? NeighborAdvertisement.Flags(rawValue: 0)
    let claimant = inquiries[target].claimant(
      option: option, asked: isByUnicast ? inquiries[target].unicastLink : nil,
      flags: isSolicitation ? .init(rawValue: 0) : flags, isSolicitation: isSolicitation, message)
    if isForUs, solicitation != nil {
      advertisement.standing = .answer
      if let place { inquiries[target].credit(place) }
    }
    if isForUs {
      if isByUnicast { inquiries[target].isAnsweredByUnicast = true }
      if isByUnicast || inquiries[target].way == .multicast { inquiries[target].isWayAnswered = true }
    }
    if let claimant {
      count(&advertisement, claimant.index, isForUs: isForUs, target)
    } else {
      inquiries[target].summary.furtherAnswers += 1
    }
    events.append(.advertisement(advertisement))
    if let claimant { tellStation(claimant.index, isNew: claimant.isNewStation, target, at: now) }
  }

  private mutating func count(
    _ advertisement: inout LinkAdvertisement, _ index: Int, isForUs: Bool, _ target: Int
  ) {
    inquiries[target].claimants[index].claim.answers += 1
    if inquiries[target].claimants[index].claim.roundTrip == nil, isForUs {
      inquiries[target].claimants[index].claim.roundTrip = advertisement.roundTrip
    }
    guard isForUs else { return }
    if advertisement.standing == .answer,
      inquiries[target].claimants[index].lastAttempt == advertisement.attempt
    {
      advertisement.standing = .repeated
    }
    inquiries[target].claimants[index].hasAnswered = true
    inquiries[target].claimants[index].lastAttempt = advertisement.attempt
  }

  /// Our own solicitation: by its nonce, else by the frame it came in.
  private func isLoopedBack(_ message: HeardMessage, _ target: Int) -> Bool {
    guard configuration.act != .duplicateDetection else {
      return message.option(.nonce) == nonce(target)
    }
    return message.arrival.linkSource == view.interface.link
  }
}
