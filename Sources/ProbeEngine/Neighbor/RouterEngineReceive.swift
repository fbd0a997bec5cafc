import Timing
import Wire

extension RouterEngine {
  package mutating func handleReceived(_ message: HeardMessage) {
    switch phase {
    case .window, .patience, .watching: break
    case .idle, .asking, .closing, .ended: return
    }
    guard message.type == 134,
      view.interface.index == 0 || message.arrival.interface == view.interface.index
    else { return }
    if message.isDiscarded { return discard(message) }
    if isOwn(message) { return hearOwn(message) }
    summary.advertisements &+= 1
    answersInWindow += 1
    answers &+= 1
    hear(message)
    if configuration.stopsAtFirstAnswer { stopAtAnswer(at: message.arrival.readAt) }
  }

  /// This host's own advertisement, which it sent, or which a loop on the link brought back.
  private func isOwn(_ message: HeardMessage) -> Bool {
    if message.arrival.isOutgoing { return true }
    guard let link = message.arrival.linkSource, link == view.interface.link else { return false }
    return view.isOwn(message.source)
  }

  private mutating func stopAtAnswer(at now: Instant) {
    if case .window = phase { endAttempt(at: now) }
    ask(at: now)
  }

  // MARK: What is not believed

  private mutating func discard(_ message: HeardMessage) {
    summary.discarded &+= 1
    guard
      discardedSources.contains(message.source)
        || discardedSources.count < max(1, configuration.maximumRouters)
    else { return dropped &+= 1 }
    discardedSources.insert(message.source)
    emit(.advertisement(advertisement(message, .discarded)))
    reportBroken(message)
  }

  private mutating func reportBroken(_ message: HeardMessage) {
    for broken in message.broken {
      var finding = finding(.brokenRule, .problem, message)
      finding.rule = broken
      report(finding)
    }
  }

  /// Neither an answer nor a router to be joined with this host; but RFC 4861 §6.2.7 holds for it too.
  private mutating func hearOwn(_ message: HeardMessage) {
    own = message
    emit(.advertisement(advertisement(message, .unsolicited)))
    reportBroken(message)
  }

  // MARK: What is believed

  private mutating func hear(_ message: HeardMessage) {
    let known = routers.index(of: message)
    // Under a flood nothing is read that is not remembered.
    guard known != nil || !routers.isFull else { return summary.forgotten &+= 1 }
    // Too short a header would have been discarded.
    guard let contents = AdvertisedContents(message) else { return }
    let lifetime = contents.header.lifetime
    let namesake = known == nil ? routers.namesake(of: message) : nil
    let index = known ?? routers.add(message, link: contents.link, lifetime: lifetime)
    let standing = standing(of: message, index)
    let retires = lifetime == 0 && (known == nil || routers[index].lifetime != 0)
    routers.update(index, message, link: contents.link, lifetime: lifetime, isAnswer: standing == .answer)
    if standing == .unsolicited {
      emit(.advertisement(advertisement(message, standing)))
    } else {
      routers.complete(index, solicitations)
      emit(answer: advertisement(message, standing))
    }
    reportBroken(message)
    reportLinks(message, contents, namesake)
    if let mtu = contents.mtu, mtu > view.interface.mtu {
      var finding = finding(.mtuAboveLink, .problem, message)
      finding.field = .mtu
      finding.expected = .number(UInt64(view.interface.mtu))
      finding.found = .number(UInt64(mtu))
      report(finding)
    }
    if retires {
      var finding = finding(.routerRetires, .notice, message)
      finding.field = .lifetime
      finding.found = .number(0)
      tell(finding)
    }
  }

  private mutating func reportLinks(
    _ message: HeardMessage, _ contents: AdvertisedContents, _ namesake: RouterRecords.Record?
  ) {
    if let option = contents.link, let frame = message.arrival.linkSource, !option.isSame(as: frame) {
      var finding = finding(.frameDiffers, .notice, message)
      finding.otherLink = option
      finding.field = .link
      finding.expected = .link(option)
      finding.found = .link(frame)
      report(finding)
    }
    if let namesake {
      var finding = finding(.conflict, .problem, message)
      finding.otherAddress = message.source
      finding.otherLink = namesake.message.arrival.linkSource
      report(finding)
    }
    if view.isOwn(message.source) {
      report(finding(.ownAddressClaimed, .problem, message))
    }
  }

  private func standing(of message: HeardMessage, _ index: Int) -> LinkAdvertisement.Standing {
    if case .watching = phase { return .unsolicited }
    guard solicitations.youngest(before: message.arrival.stamp) != nil else { return .unsolicited }
    let record = routers[index]
    return record.answer != nil && record.message.octets == message.octets ? .repeated : .answer
  }

  private func advertisement(
    _ message: HeardMessage, _ standing: LinkAdvertisement.Standing
  ) -> LinkAdvertisement {
    var advertisement = LinkAdvertisement(
      message: message, target: nil, standing: standing,
      attempt: solicitations.youngest(before: message.arrival.stamp)?.attempt ?? 0)
    advertisement.hostReceive = max(message.arrival.readAt - message.arrival.stamp, .zero)
    return advertisement
  }

  private func finding(
    _ kind: Finding.Kind, _ severity: Finding.Severity, _ message: HeardMessage
  ) -> Finding {
    var finding = Finding(kind, severity, at: message.arrival.stamp)
    finding.address = message.source
    finding.link = message.arrival.linkSource
    return finding
  }
}

extension LinkLayerAddress {
  /// The same, padding aside: an option is filled up with zeros to a multiple of 8 octets.
  func isSame(as frame: LinkLayerAddress) -> Bool {
    octets.starts(with: frame.octets) && octets.dropFirst(frame.octets.count).allSatisfy { $0 == 0 }
  }
}
