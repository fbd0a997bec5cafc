import ProbeEngine
import Timing
import Wire

/// Called by libFuzzer for each input.
@c(LLVMFuzzerTestOneInput)
public func fuzz(_ start: UnsafePointer<UInt8>, _ count: Int) -> Int32 {
  // libFuzzer keeps `count` octets at `start` until this returns, and the span does not outlive it.
  check(unsafe Span(_unsafeStart: start, count: count))
  return 0
}

private let target = IPv6Address(bits: 0x2001_0db8_0001_0000_0000_0000_0000_0001)
private let source = IPv6Address(bits: 0xfe80_0000_0000_0000_0000_0000_0000_000a)
private let station = LinkLayerAddress([2, 0, 0, 0, 0, 11])

/// What neighbor discovery reads. The first octet says as what the rest is taken.
private func check(_ octets: Span<UInt8>) {
  guard octets.count >= 2 else { return }
  let rest = octets.extracting(2..<octets.count)
  switch octets[0] & 3 {
  case 0: readOptions(rest, as: octets[1])
  case 1: readMessage(rest)
  case 2: run(packets: rest, act: octets[1])
  default: run(messages: rest, act: octets[1])
  }
}

// MARK: Wire

/// The options as they stand, and each as if it were of the given type.
private func readOptions(_ octets: Span<UInt8>, as type: UInt8) {
  var walk = NeighborOptionWalk(range: 0..<octets.count)
  var end = 0
  while let option = try? walk.next(in: octets) {
    precondition(option.offset == end && option.range.count >= 8, "an option that stands elsewhere")
    end = option.range.upperBound
    precondition(end <= octets.count, "an option behind the end")
    read(option, in: octets)
    var other = option
    other.type = NeighborOptionType(rawValue: type)
    read(other, in: octets)
  }
}

private func read(_ option: NeighborOption, in octets: Span<UInt8>) {
  let rule = NeighborRule.brokenRule(of: option, in: octets)
  precondition(rule?.consequence != .messageDiscarded, "an option by itself discards no message")
  guard let value = try? option.value(in: octets) else {
    precondition(rule != nil, "an option that cannot be read breaks a rule")
    return
  }
  var ranges: [Range<Int>] = []
  switch value {
  case .linkLayerAddress(let range), .redirectedHeader(let range), .cga(let range), .nonce(let range),
    .flagsExtension(let range), .captivePortal(let range), .other(let range):
    ranges = [range]
  case .rsaSignature(let hash, let signature): ranges = [hash, signature]
  case .provisioningDomain(let domain):
    ranges = [domain.name, domain.options] + (domain.header.map { [$0] } ?? [])
  case .recursiveDNSServers(_, let servers):
    precondition(servers.count % 16 == 0)
    ranges = [servers]
  case .dnsSearchList(_, let names):
    ranges = [names]
    var labels = DNSLabelWalk(range: names)
    while !labels.range.isEmpty, (try? labels.next(in: octets)) != nil {}
  case .addressRegistration(_, _, let range), .sixLoWPANContext(_, _, _, _, let range): ranges = [range]
  case .encryptedDNS(let resolver):
    ranges = [resolver.name, resolver.parameters] + (resolver.addresses.map { [$0] } ?? [])
  case .prefix, .mtu, .advertisementInterval, .homeAgent, .timestamp, .route, .borderRouter,
    .sixLoWPANCapability, .pref64:
    break
  }
  for range in ranges {
    precondition(
      range.lowerBound >= option.range.lowerBound && range.upperBound <= option.range.upperBound,
      "a value that stands outside of its option")
  }
}

private func readMessage(_ octets: Span<UInt8>) {
  _ = try? RouterSolicitation(decoding: octets)
  _ = try? RouterAdvertisement(decoding: octets)
  _ = try? NeighborSolicitation(decoding: octets)
  _ = try? NeighborAdvertisement(decoding: octets)
  _ = try? Redirect(decoding: octets)
  _ = try? MulticastListenerReport(decoding: octets)
  if let query = try? MulticastListenerQuery(decoding: octets), let version2 = query.version2 {
    precondition(version2.sources.upperBound <= octets.count, "sources behind the end")
  }
  if var records = try? MulticastAddressRecordWalk(decoding: octets) {
    while let record = try? records.next(in: octets) {
      precondition(record.sources.count % 16 == 0 && record.auxiliary.upperBound <= octets.count)
    }
  }
  let envelope = NeighborEnvelope(source: source, destination: target, hopLimit: 255)
  let broken = BrokenRule.all(in: octets, envelope)
  var set = NeighborRuleSet()
  for each in broken { set.insert(each.rule) }
  precondition(set == NeighborRule.broken(by: octets, envelope), "two lists of broken rules")
}

// MARK: The engine

/// The octets are packets, each with two octets of length before it.
private func run(packets octets: Span<UInt8>, act: UInt8) {
  var questions = Questions(act)
  var start = 0
  while start + 2 <= octets.count {
    let end = min(octets.count, start + 2 + Int(octets.uint16(at: start)))
    questions.hear(octets.extracting((start + 2)..<end))
    start = end
  }
  questions.end()
}

/// The octets are messages with one octet of length and one that says how they come; header and checksum are right.
private func run(messages octets: Span<UInt8>, act: UInt8) {
  var questions = Questions(act)
  var start = 0
  while start + 2 <= octets.count {
    let way = octets[start + 1]
    let end = min(octets.count, start + 2 + Int(octets[start]))
    var message = (start + 2..<end).map { octets[$0] }
    if way & 1 != 0 {
      // About the target, so that it is looked at.
      message = [way & 2 == 0 ? 136 : 135, 0, 0, 0, way & 0xe0, 0, 0, 0] + addressOctets + message
    }
    let allNodes = IPv6Address(bits: 0xff02 << 112 | 1)
    let packet = LinkPacket(
      source: way & 4 == 0 ? target : .unspecified, destination: way & 8 == 0 ? source : allNodes,
      isAtomicFragment: way & 16 != 0, message: message)
    questions.hear(packet.octets.span)
    start = end
  }
  questions.end()
}

private let addressOctets = (0..<16).map { UInt8(truncatingIfNeeded: target.bits >> (120 - 8 * UInt128($0))) }

/// A run of one target, to which frames come a millisecond apart.
private struct Questions {
  private var engine: NeighborEngine
  private var now = Instant(nanoseconds: 1_000_000_000)
  private var believed: UInt64 = 0
  private var summaries = 0

  init(_ octet: UInt8) {
    var configuration = NeighborConfiguration(targets: [.init(target)], source: source)
    configuration.act = [.resolve, .unicast, .duplicateDetection, .resolve][Int(octet & 3)]
    configuration.stopsAtFirstAnswer = octet & 4 != 0
    configuration.needsTargetLinkLayerAddress = octet & 8 != 0
    configuration.attempts = 2
    let interface = KernelInterface(
      index: 3, name: "eth0", mtu: 1_500, link: LinkLayerAddress([2, 0, 0, 0, 0, 10]))
    var view = KernelView(interface: interface, at: now)
    if octet & 16 != 0 {
      view.neighbors = [KernelNeighbor(address: target, interface: 3, link: station, state: .stale)]
    }
    engine = NeighborEngine(configuration, view: view, at: now)
    advance()
  }

  private mutating func advance() {
    engine.handleTimeout(at: now)
    var buffer = [UInt8](repeating: 0, count: engine.longestPacket)
    var span = buffer.mutableSpan
    while let transmit = engine.pollTransmit(at: now, into: &span) {
      engine.handleTransmitted(transmit.number, at: now)
    }
    drain()
  }

  mutating func hear(_ octets: Span<UInt8>) {
    now = now + .milliseconds(1)
    let link = octets.isEmpty ? station : LinkLayerAddress([2, 0, 0, 0, 0, octets[octets.count - 1]])
    let arrival = FrameArrival(interface: 3, linkSource: link, stamp: now, readAt: now)
    if let message = HeardMessage(decoding: octets, arrival) {
      precondition(message.octets.count <= octets.count, "a message longer than its packet")
      _ = message.linkLayerAddress(.targetLinkLayerAddress)
      if message.type == 136, !message.isDiscarded { believed += 1 }
      if message.type == 135, !message.isDiscarded { believed += 1 }
      engine.handleReceived(message)
    }
    advance()
  }

  mutating func end() {
    var steps = 0
    while let next = engine.nextTimeout(now: now) {
      precondition(next > now, "a time that has come already")
      precondition(steps < 20, "a run without an end")
      steps += 1
      now = next
      advance()
    }
    precondition(summaries == 1, "one target has one summary")
  }

  private mutating func drain() {
    while let event = engine.pollEvent() {
      switch event {
      case .advertisement(let advertisement):
        precondition(summaries == 0 && advertisement.target == 0)
        precondition(
          (advertisement.standing == .discarded) == advertisement.message.isDiscarded,
          "a message that is to be discarded is believed")
        precondition((advertisement.roundTrip ?? .zero) >= .zero)
      case .summary(.neighbor(let summary)):
        summaries += 1
        precondition(
          summary.attempted == summary.answered + summary.unanswered + summary.sendFailed, "sums differ")
        precondition(
          UInt64(summary.claims.count) <= believed && summary.claims.count <= 16, "claims of nobody")
        for claim in summary.claims { precondition(claim.answers > 0) }
      default: break
      }
    }
  }
}
