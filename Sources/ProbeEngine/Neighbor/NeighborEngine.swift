package import Timing
import Wire

/// Asks neighbors of one link who has an address: resolution, unreachability detection, duplicate address detection.
///
/// All targets are asked at once, `gap` apart. Each has at most one solicitation whose window is open; a step costs
/// the logarithm of the number of targets.
package struct NeighborEngine: LinkEngine {
  /// How long an answer waits for the transmit stamp of its question, which comes by another descriptor: both are
  /// readable by then, so that it is a matter of which is read first.
  static let stampPatience = Nanoseconds.milliseconds(10)
  /// Messages that wait for stamps, over all targets.
  static let heldLimit = 1_024

  let configuration: NeighborConfiguration
  let view: KernelView
  private let nonce: KeyedNonce
  package let longestPacket: Int
  var inquiries: [NeighborInquiry] = []
  /// The first target with an address.
  var index: [IPv6Address: Int] = [:]
  var timers = TimerQueue<NeighborTimer>()
  private var transmits = TimerQueue<Int>()
  var events = EventQueue<LinkEvent>()
  /// Handed out, and nobody has said yet that they did not leave.
  private var unconfirmed: [LinkProbe] = []
  /// Targets of solicitations that are remembered, by number.
  private var targets: [UInt64: Int] = [:]
  private var nextNumber: UInt64 = 0
  private var nextTransmit: Instant
  var heldCount = 0
  /// Transmit stamps come, or may still: nothing waits for them where they never do.
  var expectsStamps = true
  var hasStamps = false
  private var openCount = 0
  private var hasBegun = false

  package init(_ configuration: NeighborConfiguration, view: KernelView, at now: Instant) {
    self.configuration = configuration
    self.view = view
    var random = RandomNumbers(seed: configuration.seed)
    nonce = KeyedNonce(key: (random.next(), random.next()))
    nextTransmit = now
    expectsStamps = configuration.solicits
    longestPacket =
      !configuration.solicits
      ? 0
      : IPv6Header.count + NeighborSolicitation.headerCount
        + LinkPacket.option(.sourceLinkLayerAddress, view.interface.link?.octets ?? []).count
        + LinkPacket.option(.nonce, [UInt8](repeating: 0, count: 6)).count
    var kernel: [IPv6Address: KernelNeighbor] = [:]
    for neighbor in view.neighbors where !neighbor.isProxy && kernel[neighbor.address] == nil {
      kernel[neighbor.address] = neighbor
    }
    inquiries.reserveCapacity(configuration.targets.count)
    for (target, each) in configuration.targets.enumerated() {
      var inquiry = NeighborInquiry(target, address: each.address, kernel: kernel[each.address], at: now)
      if configuration.act == .unicast, let link = configuration.unicastLink ?? inquiry.kernel?.link {
        inquiry.way = .unicast(link)
      }
      inquiry.nextSame = index.updateValue(target, forKey: each.address)
      inquiries.append(inquiry)
    }
    openCount = inquiries.count
  }

  // MARK: Out

  package mutating func pollEvent() -> LinkEvent? {
    confirm()
    return events.next()
  }

  package func nextTimeout(now: Instant) -> Instant? {
    guard hasBegun else { return now }
    guard openCount > 0 else { return nil }
    var next = timers.earliest ?? .distantFuture
    if let due = transmits.earliest { next = min(next, max(due, nextTransmit)) }
    return next
  }

  package mutating func pollTransmit(at now: Instant, into buffer: inout MutableSpan<UInt8>) -> LinkTransmit?
  {
    guard hasBegun, configuration.solicits, nextTransmit <= now, buffer.count >= longestPacket,
      let target = transmits.popDue(at: now)?.payload
    else { return nil }
    let way = inquiries[target].way
    let number = nextNumber
    let packet = packet(way, target: inquiries[target].address, number: target)
    guard let octets = packet.write(into: &buffer) else { return nil }
    nextNumber += 1
    // From when it was due, so that a wake-up that is late holds up nobody; but what was missed is not made up for.
    nextTransmit = max(nextTransmit + configuration.gap, now)
    inquiries[target].transmit = nil
    inquiries[target].attempt += 1
    inquiries[target].attemptsOfWay += 1
    inquiries[target].summary.attempted += 1
    var sent = SentSolicitation(number: number, attempt: inquiries[target].attempt, at: now)
    var link: LinkLayerAddress?
    if case .unicast(let address) = way {
      link = address
      sent.isUnicast = true
      sent.link = address
      inquiries[target].unicastAttempts += 1
      inquiries[target].unicastLink = address
    }
    if inquiries[target].solicitations.count == NeighborInquiry.memory {
      targets[inquiries[target].solicitations.removeFirst().number] = nil
    }
    inquiries[target].solicitations.append(sent)
    targets[number] = target
    inquiries[target].window = timers.insert(.window(target), at: now + configuration.interval)
    unconfirmed.append(
      LinkProbe(
        number: number, target: target, type: 135, source: source, destination: packet.destination,
        linkDestination: link, attempt: sent.attempt, at: now))
    return LinkTransmit(
      number: number, octets: octets, destination: packet.destination, linkDestination: link)
  }

  // MARK: In

  package mutating func handleTransmitted(_ number: UInt64, at stamp: Instant) {
    confirm()
    guard let target = targets[number],
      let index = inquiries[target].solicitations.lastIndex(where: { $0.number == number })
    else { return }
    hasStamps = true
    expectsStamps = true
    inquiries[target].solicitations[index].stamp(stamp)
    release(target, at: stamp, all: false)
  }

  package mutating func handleSendFailure(_ number: UInt64, errno: Int32, at now: Instant) {
    guard let target = targets[number],
      let index = inquiries[target].solicitations.lastIndex(where: { $0.number == number }),
      !inquiries[target].solicitations[index].hasFailed
    else { return }
    let solicitation = inquiries[target].solicitations[index]
    if let place = unconfirmed.lastIndex(where: { $0.number == number }) {
      let probe = unconfirmed.remove(at: place)
      confirm()
      events.append(.sendFailed(probe, errno: errno))
    } else {
      let destination =
        solicitation.isUnicast
        ? inquiries[target].address : inquiries[target].address.solicitedNodeMulticast
      events.append(
        .sendFailed(
          LinkProbe(
            number: number, target: target, type: 135, source: source, destination: destination,
            linkDestination: solicitation.link, attempt: solicitation.attempt, at: solicitation.at),
          errno: errno))
    }
    inquiries[target].fail(index, errno: errno)
    guard index == inquiries[target].solicitations.count - 1, let window = inquiries[target].window else {
      return
    }
    // Nothing left, so there is nothing to listen for; what came for an earlier one is looked at.
    timers.cancel(window)
    inquiries[target].window = nil
    release(target, at: now)
    guard !inquiries[target].hasEnded else { return }
    inquiries[target].close(index)
    proceed(target, notBefore: solicitation.at + configuration.interval, at: now)
  }

  package mutating func handleCaptureLoss(_ frames: UInt64, at now: Instant) {
    confirm()
    guard frames > 0 else { return }
    var finding = Finding(.dropped, .notice, at: now)
    finding.found = .number(frames)
    events.append(.finding(finding))
  }

  package mutating func handleTimeout(at now: Instant) {
    confirm()
    if !hasBegun { begin(at: now) }
    while let due = timers.popDue(at: now) {
      switch due.payload {
      case .window(let target):
        inquiries[target].window = nil
        endWindow(target, at: now)
      case .patience(let target):
        inquiries[target].patience = nil
        if !hasStamps { expectsStamps = false }
        release(target, at: now)
      }
    }
    if !configuration.solicits { listen(at: now) }
  }

  package mutating func stop(at now: Instant) {
    confirm()
    hasBegun = true
    for target in inquiries.indices where !inquiries[target].hasEnded {
      // Releasing may end it.
      release(target, at: now)
      if inquiries[target].hasEnded { continue }
      if let last = inquiries[target].solicitations.indices.last { inquiries[target].close(last) }
      end(target, isInterrupted: true, at: now)
    }
  }

  // MARK: From one solicitation to the next

  private mutating func begin(at now: Instant) {
    hasBegun = true
    nextTransmit = now
    var own = Set<IPv6Address>()
    var refused = Set<IPv6Address>()
    for address in view.addresses {
      if address.isDuplicate { refused.insert(address.address) } else { own.insert(address.address) }
    }
    for target in inquiries.indices {
      // This host wanted it, and does not have it: who does?
      if refused.contains(inquiries[target].address) {
        var finding = Finding(.duplicateAddress, .problem, at: now)
        finding.address = inquiries[target].address
        finding.target = target
        events.append(.finding(finding))
      }
      if own.contains(inquiries[target].address) {
        inquiries[target].summary.verdict = .local
        finish(target, at: now)
      } else if configuration.attempts > 0 {
        inquiries[target].transmit = transmits.insert(target, at: now)
      } else {
        // Nobody is asked, so that no address can be called free.
        end(target, isInterrupted: configuration.act == .duplicateDetection, at: now)
      }
    }
  }

  /// Opens the windows that are due, without a question.
  private mutating func listen(at now: Instant) {
    while let target = transmits.popDue(at: now)?.payload {
      inquiries[target].transmit = nil
      inquiries[target].attempt += 1
      inquiries[target].attemptsOfWay += 1
      inquiries[target].summary.attempted += 1
      var window = SentSolicitation(number: nextNumber, attempt: inquiries[target].attempt, at: now)
      window.isUnstamped = true
      nextNumber += 1
      if inquiries[target].solicitations.count == NeighborInquiry.memory {
        inquiries[target].solicitations.removeFirst()
      }
      inquiries[target].solicitations.append(window)
      inquiries[target].window = timers.insert(.window(target), at: now + configuration.interval)
    }
  }

  /// The window of the youngest solicitation is over, or need not be waited for.
  mutating func endWindow(_ target: Int, at now: Instant) {
    release(target, at: now)
    guard !inquiries[target].hasEnded, let last = inquiries[target].solicitations.indices.last else { return }
    inquiries[target].close(last)
    let solicitation = inquiries[target].solicitations[last]
    events.append(
      .attemptEnded(target: target, attempt: solicitation.attempt, answers: solicitation.answers, at: now))
    proceed(target, notBefore: now, at: now)
  }

  /// Asks again, another way, or ends.
  private mutating func proceed(_ target: Int, notBefore: Instant, at now: Instant) {
    let isEnough = inquiries[target].isWayAnswered && !configuration.asksOn
    if !isEnough, inquiries[target].attemptsOfWay < configuration.attempts {
      inquiries[target].transmit = transmits.insert(target, at: notBefore)
    } else if let way = nextWay(target) {
      inquiries[target].way = way
      inquiries[target].attemptsOfWay = 0
      inquiries[target].isWayAnswered = false
      inquiries[target].transmit = transmits.insert(target, at: now)
    } else {
      end(target, isInterrupted: false, at: now)
    }
  }

  /// The other way to ask, where this one leaves something open.
  private func nextWay(_ target: Int) -> NeighborInquiry.Way? {
    guard configuration.act == .unicast else { return nil }
    let inquiry = inquiries[target]
    switch inquiry.way {
    case .unicast:
      // Asked by multicast before, or answered.
      let hasAskedAll = inquiry.attempt > inquiry.attemptsOfWay
      return hasAskedAll || inquiry.isAnsweredByUnicast ? nil : .multicast
    case .multicast:
      guard !inquiry.hasAskedByUnicast, !inquiry.isContested, let answerer = inquiry.answerer else {
        return nil
      }
      return .unicast(answerer.station)
    }
  }

  /// After an answer: need more be waited for?
  mutating func settle(_ target: Int, at now: Instant) {
    guard !inquiries[target].hasEnded, inquiries[target].isWayAnswered else { return }
    if let window = inquiries[target].window {
      guard configuration.stopsAtFirstAnswer, !inquiries[target].isLingering else { return }
      timers.cancel(window)
      inquiries[target].window = nil
      guard configuration.linger > .zero else { return endWindow(target, at: now) }
      inquiries[target].isLingering = true
      inquiries[target].window = timers.insert(.window(target), at: now + configuration.linger)
    } else if let transmit = inquiries[target].transmit, !configuration.asksOn,
      inquiries[target].attemptsOfWay > 0 || configuration.stopsAtFirstAnswer
    {
      // A late answer, while the next solicitation was waiting for its turn.
      transmits.cancel(transmit)
      inquiries[target].transmit = nil
      proceed(target, notBefore: now, at: now)
    }
  }

  /// A target's verdict stands: its summary is the last that is said of it.
  mutating func finish(_ target: Int, at now: Instant) {
    if let window = inquiries[target].window { timers.cancel(window) }
    if let patience = inquiries[target].patience { timers.cancel(patience) }
    if let transmit = inquiries[target].transmit { transmits.cancel(transmit) }
    for solicitation in inquiries[target].solicitations { targets[solicitation.number] = nil }
    heldCount -= inquiries[target].held.count
    inquiries[target].held = []
    inquiries[target].solicitations = []
    inquiries[target].claimants = []
    inquiries[target].hasEnded = true
    inquiries[target].summary.at = now
    openCount -= 1
    events.append(.summary(.neighbor(inquiries[target].summary)))
  }

  // MARK: The packet

  /// Whose answers we wait for.
  var source: IPv6Address {
    configuration.act == .duplicateDetection ? .unspecified : configuration.source
  }

  /// Six octets (RFC 7527 §4.1), the same in every solicitation for a target.
  func nonce(_ target: Int) -> [UInt8] {
    guard configuration.act == .duplicateDetection else { return [] }
    let bits = nonce(UInt64(truncatingIfNeeded: target))
    return (0..<6).map { UInt8(truncatingIfNeeded: bits >> (8 * UInt64($0))) }
  }

  private func packet(_ way: NeighborInquiry.Way, target address: IPv6Address, number target: Int)
    -> LinkPacket
  {
    LinkPacket.neighborSolicitation(
      target: address, source: source, destination: way == .multicast ? nil : address,
      link: configuration.includesLinkLayerAddress && source != .unspecified ? view.interface.link : nil,
      nonce: nonce(target))
  }

  /// Nobody has said that they did not leave, so they did.
  mutating func confirm() {
    guard !unconfirmed.isEmpty else { return }
    for probe in unconfirmed { events.append(.sent(probe)) }
    unconfirmed.removeAll(keepingCapacity: true)
  }
}
