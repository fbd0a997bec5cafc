import Testing
import Timing
import Wire

@testable import ProbeEngine

private typealias Link = LinkFixture

@Suite struct ScanEngineTests {
  private func scan(
    _ change: (inout KernelView) -> Void = { _ in }, _ configure: (inout ScanConfiguration) -> Void = { _ in }
  ) -> ScanEngine {
    var configuration = ScanConfiguration()
    configuration.seed = 5
    // Of interest to one test alone.
    configuration.asksRouters = false
    configure(&configuration)
    return ScanEngine(configuration, view: Link.view(change), at: .zero)
  }

  private func rows(_ events: [LinkEvent]) -> [StationRow] {
    events.compactMap { if case .station(let row) = $0 { row } else { nil } }
  }

  private func summary(_ events: [LinkEvent]) -> ScanSummary? {
    for case .summary(.scan(let summary)) in events { return summary }
    return nil
  }

  /// The echo reply of station `n` to a question, from this address of its.
  private func reply(
    _ sent: Link.Sent, from source: IPv6Address, _ n: UInt8, hopLimit: UInt8 = 64,
    _ change: (inout [UInt8]) -> Void = { _ in }
  ) -> HeardMessage {
    var octets = Array(sent.octets[40...])
    octets[0] = 129
    change(&octets)
    return Link.heard(
      octets, from: source, to: asker(sent), mac: Link.mac(n), hopLimit: hopLimit,
      at: sent.at.nanoseconds / 1_000_000 + 1)
  }

  /// Parameter problem, unrecognized option, which quotes the question.
  private func problem(_ sent: Link.Sent, from source: IPv6Address, _ n: UInt8) -> HeardMessage {
    Link.heard(
      [4, 2, 0, 0, 0, 0, 0, 42] + sent.octets, from: source, to: asker(sent), mac: Link.mac(n), hopLimit: 64,
      at: sent.at.nanoseconds / 1_000_000 + 1)
  }

  private func asker(_ sent: Link.Sent) -> IPv6Address {
    IPv6Address(bits: sent.octets[8..<24].reduce(UInt128(0)) { $0 << 8 | UInt128($1) })
  }
  private func hasOption(_ sent: Link.Sent) -> Bool { sent.octets[6] == 60 }
  private func isQuery(_ sent: Link.Sent) -> Bool { sent.octets[6] == 0 }

  private func report(
    _ n: UInt8, groups: [(kind: UInt8, group: IPv6Address)], source: IPv6Address? = nil, hopLimit: UInt8 = 1
  )
    -> HeardMessage
  {
    Link.heard(
      [143, 0, 0, 0, 0, 0, 0, UInt8(groups.count)]
        + groups.flatMap { [$0.kind, 0, 0, 0] + Link.octets($0.group) },
      from: source ?? Link.local(UInt64(n)), to: IPv6Address(bits: 0xff02 << 112 | 0x16), mac: Link.mac(n),
      hopLimit: hopLimit, at: 10)
  }

  // MARK: Questions

  @Test func eachSourceAsksBothQuestionsEachRoundAMillisecondApart() {
    var engine = scan()
    let (sent, events) = Link.run(&engine)
    #expect(sent.map(\.at.nanoseconds) == [0, 1, 2, 3, 1_000, 1_001, 1_002, 1_003].map { $0 * 1_000_000 })
    #expect(
      sent.map { asker($0) } == [1, 1, 2, 2, 1, 1, 2, 2].map { $0 == 1 ? Link.local(1) : Link.global(1) })
    #expect(sent.map { hasOption($0) } == [false, true, false, true, false, true, false, true])
    #expect(sent.map(\.transmit.number) == (0..<8).map { UInt64($0) })
    #expect(
      sent.allSatisfy { $0.transmit.destination == Link.allNodes && $0.transmit.linkDestination == nil })
    #expect(sent.allSatisfy { $0.octets[7] == 1 && $0.octets.count <= engine.longestPacket })
    #expect(Set(sent.map(\.octets)).count == 8)
    var probes: [LinkProbe] = []
    for case .sent(let probe) in events { probes.append(probe) }
    #expect(probes.map(\.attempt) == [1, 1, 1, 1, 2, 2, 2, 2] && probes.allSatisfy { $0.type == 128 })
    // Patience of 2 s after the last question.
    #expect(summary(events)?.at == .zero + .milliseconds(3_003))
    #expect(summary(events)?.questions == 8)
  }

  @Test func listenersAreAskedOnlyOnRequestAndFromTheLinkLocalAddress() {
    var engine = scan({ _ in }) {
      $0.asksListeners = true
      $0.asksEcho = false
      $0.asksUnknownOption = false
      $0.rounds = 1
    }
    let sent = Link.run(&engine).sent
    #expect(sent.map { isQuery($0) } == [true])
    #expect(sent.map(\.octets) == [LinkQuestion.listenerQuery(from: Link.local(1))])
    var quiet = scan()
    #expect(!Link.run(&quiet).sent.contains { isQuery($0) })
    // Without a link-local address nobody may ask (RFC 3810 §5.1.14).
    var homeless = scan({ $0.addresses.removeFirst() }) { $0.asksListeners = true }
    #expect(!Link.run(&homeless).sent.contains { isQuery($0) })
  }

  @Test func routersAreSolicitedOnceInEachRoundFromTheLinkLocalAddress() {
    var engine = scan({ _ in }) {
      $0.asksRouters = true
      $0.asksListeners = true
    }
    let sent = Link.run(&engine).sent
    let solicitation = LinkPacket.routerSolicitation(
      source: Link.local(1), destination: LinkQuestion.allRouters, link: Link.view { _ in }.interface.link)
    #expect(sent.count { $0.octets == solicitation.octets } == 2)
    #expect(sent.count { isQuery($0) } == 2)
    var homeless = scan({ $0.addresses.removeFirst() }) { $0.asksRouters = true }
    #expect(!Link.run(&homeless).sent.contains { $0.octets[40] == 133 })
  }

  @Test func onlyAddressesThatTheInterfaceHasAndMayUseAsk() {
    var engine = scan({ view in
      view.addresses += [
        KernelAddress(address: Link.global(2), prefixLength: 64, interface: 2, flags: 0x40),
        KernelAddress(address: Link.global(3), prefixLength: 64, interface: 2, flags: 0x08),
        KernelAddress(address: Link.global(4), prefixLength: 64, interface: 2, flags: 0x44),
      ]
    }) {
      $0.sources = [Link.global(9), Link.global(2), Link.global(3), Link.global(4), Link.global(4)]
      $0.rounds = 1
    }
    #expect(Link.run(&engine).sent.map { asker($0) } == [Link.global(4), Link.global(4)])
  }

  @Test func withoutNamedSourcesOneAddressOfEachPrefixAsks() {
    var engine = scan({ view in
      view.addresses.append(KernelAddress(address: Link.global(7), prefixLength: 64, interface: 2, flags: 0))
    }) {
      $0.rounds = 1
      $0.asksUnknownOption = false
    }
    #expect(Link.run(&engine).sent.map { asker($0) } == [Link.local(1), Link.global(1)])
  }

  @Test func aScanThatMayAskNothingListensForItsPatience() {
    var engine = scan({ $0.addresses = [] })
    let heard = Link.neighborAdvertisement(Link.local(5), from: 5, at: 1_000)
    let (sent, events) = Link.run(&engine, [heard])
    #expect(sent.isEmpty && engine.longestPacket == 0)
    #expect(rows(events).map(\.link) == [Link.mac(1), Link.mac(5)])
    #expect(summary(events)?.at == .zero + .seconds(2))
  }

  @Test func aQuestionThatDidNotLeaveIsCounted() {
    var engine = scan()
    var buffer = [UInt8](repeating: 0, count: engine.longestPacket)
    var span = buffer.mutableSpan
    let transmit = engine.pollTransmit(at: .zero, into: &span)
    engine.handleSendFailure(transmit?.number ?? 99, errno: 101, at: .zero)
    // One that was never asked is not ours.
    engine.handleSendFailure(77, errno: 5, at: .zero)
    engine.stop(at: .zero)
    let events = Link.drain(&engine)
    #expect(summary(events)?.sendFailed == 1 && summary(events)?.sendErrno == 101)
    var failed: [UInt64] = []
    for case .sendFailed(let probe, let errno) in events where errno == 101 { failed.append(probe.number) }
    #expect(failed == [0])
  }

  // MARK: Answers

  @Test func answersBecomeStationsByMACInOrder() {
    var engine = scan()
    let events = Link.run(&engine) { sent in
      if isQuery(sent) { return [] }
      let own = asker(sent).isLinkLocalUnicast ? Link.local : Link.global
      return hasOption(sent)
        ? [problem(sent, from: own(7), 7)] : [reply(sent, from: own(7), 7), reply(sent, from: own(3), 3)]
    }.events
    let rows = rows(events)
    #expect(rows.map(\.link) == [1, 3, 7].map { Link.mac($0) })
    #expect(rows.map(\.isThisHost) == [true, false, false])
    #expect(rows[1].addresses.map(\.address) == [Link.global(3), Link.local(3)])
    #expect(rows[1].addresses.allSatisfy { $0.ways == .echo })
    #expect(rows[2].addresses.map(\.address) == [Link.global(7), Link.local(7)])
    #expect(rows[2].addresses.allSatisfy { $0.ways.rawValue == 3 })
    #expect(rows[0].addresses.map(\.address) == [Link.global(1), Link.local(1)])
    #expect(summary(events)?.stations == 3 && summary(events)?.addresses == 6)
    #expect(summary(events)?.dropped == 0 && summary(events)?.problems == 0)
  }

  @Test(arguments: [
    "identifier", "sequence", "nonce", "number", "length", "destination", "option", "checksum", "forwarded",
  ])
  func anAnswerThatIsNotToOurQuestionCountsForNothing(fault: String) {
    var engine = scan({ _ in }) {
      $0.rounds = 1
    }
    let events = Link.run(&engine) { sent in
      guard !hasOption(sent) else {
        // The echo reply to a question that asked for an error.
        return fault == "option"
          ? [
            reply(sent, from: Link.global(7), 7) {
              $0.removeFirst(8); $0[0] = 129
            }
          ] : []
      }
      guard fault != "option" else { return [] }
      var message = reply(sent, from: Link.global(7), 7, hopLimit: fault == "forwarded" ? 63 : 64) { octets in
        switch fault {
        case "identifier": octets[4] ^= 1
        case "sequence": octets[7] ^= 1
        case "number": octets[15] ^= 1
        case "nonce": octets[23] ^= 1
        case "length": octets.removeLast()
        default: break
        }
      }
      if fault == "destination" { message.envelope.destination = Link.global(44) }
      if fault == "checksum" { message.envelope.isChecksumValid = false }
      return [message]
    }.events
    #expect(rows(events).map(\.isThisHost) == [true])
  }

  @Test func aParameterProblemCountsOnlyIfItQuotesOurQuestion() {
    for fault in ["nonce", "source", "destination", "cut", "none"] {
      var engine = scan()
      let events = Link.run(&engine) { sent in
        guard hasOption(sent) else { return [] }
        var message = problem(sent, from: Link.global(7), 7)
        switch fault {
        case "nonce": message.octets[8 + 71] ^= 1
        case "source": message.octets[8 + 23] ^= 1
        case "destination": message.octets[8 + 39] ^= 3
        case "cut": message.octets.removeLast()
        default: break
        }
        return [message]
      }.events
      #expect(rows(events).count == (fault == "none" ? 2 : 1), "\(fault)")
    }
  }

  @Test func whatOthersSayIsHeardAsWellAndRoutersAreMarked() {
    var engine = scan()
    let messages = [
      Link.solicitation(Link.global(40), from: 4, source: Link.global(4), at: 1),
      Link.solicitation(Link.global(5), from: 5, at: 2),
      Link.advertisement(9, at: 3),
      Link.neighborAdvertisement(Link.global(8), from: 8, flags: 0xa0, at: 4),
      // Not from this link as far as anybody can tell: an echo request of a global source.
      Link.heard(
        [128, 0, 0, 0, 0, 0, 0, 0], from: Link.global(66), to: Link.global(1), mac: Link.mac(9), at: 5),
      Link.heard(
        [128, 0, 0, 0, 0, 0, 0, 0], from: Link.local(6), to: Link.local(1), mac: Link.mac(6), at: 6),
      // Discarded: hop limit 254.
      Link.heard(
        [136, 0, 0, 0, 0x20, 0, 0, 0] + Link.octets(Link.local(77)), from: Link.local(77), mac: Link.mac(77),
        hopLimit: 254, at: 7),
      // Our own.
      Link.neighborAdvertisement(Link.global(1), from: 1, at: 8),
    ]
    let rows = rows(Link.run(&engine, messages).events)
    #expect(rows.map(\.link) == [1, 4, 5, 6, 8, 9].map { Link.mac($0) })
    #expect(rows.map(\.isRouter) == [false, false, false, false, true, true])
    #expect(
      rows.dropFirst().map { $0.addresses.map(\.address) } == [
        [Link.global(4)], [Link.global(5)], [Link.local(6)], [Link.global(8), Link.local(8)], [Link.local(9)],
      ])
    #expect(rows[3].addresses.map(\.ways) == [.other])
    #expect(rows[1].addresses.map(\.ways) == [.neighborDiscovery])
  }

  @Test func groupsThatNoAddressExplainsAreListed() {
    var engine = scan()
    let hidden = Link.global(0xabcdef).solicitedNodeMulticast
    let messages = [
      report(
        4,
        groups: [
          (4, Link.local(4).solicitedNodeMulticast), (2, hidden),
          (4, IPv6Address(bits: 0xff02 << 112 | 0xfb)),
          // It leaves this one.
          (3, Link.global(99).solicitedNodeMulticast),
        ]),
      // No report: routers do not send them with another hop limit, or from a global address.
      report(5, groups: [(4, hidden)], hopLimit: 64),
      report(5, groups: [(4, hidden)], source: Link.global(5)),
      // From `::`, as before duplicate address detection.
      report(6, groups: [(4, hidden)], source: .unspecified),
    ]
    let rows = rows(Link.run(&engine, messages).events)
    #expect(rows.map(\.link) == [1, 4, 6].map { Link.mac($0) })
    #expect(rows[1].addresses == [StationRow.Address(Link.local(4), ways: .listenerReport)])
    #expect(rows[1].unexplainedGroups == [hidden])
    #expect(rows[2].addresses.isEmpty && rows[2].unexplainedGroups == [hidden])
  }

  @Test func anAddressOnTwoStationsIsAConflictAtOnceAndOnceForEach() {
    var engine = scan()
    let messages = (0..<20).map {
      Link.neighborAdvertisement(Link.global(5), from: [5, 6, 7][$0 % 3], at: Int64($0) * 10)
    }
    let events = Link.run(&engine, messages).events
    let findings = Link.findings(events)
    #expect(findings.map(\.kind) == [.conflict, .conflict])
    #expect(findings.map(\.otherLink) == [Link.mac(6), Link.mac(7)])
    #expect(findings.allSatisfy { $0.link == Link.mac(5) && $0.address == Link.global(5) })
    #expect(findings.map(\.at) == [10, 20].map { .zero + .milliseconds($0) })
    #expect(summary(events)?.problems == 2)
  }

  @Test func ourOwnAddressOnAnotherStationIsAConflict() {
    var engine = scan()
    let findings = Link.findings(
      Link.run(&engine, [Link.neighborAdvertisement(Link.global(1), from: 5, at: 1)]).events)
    #expect(findings.map(\.kind) == [.conflict])
    #expect(findings.first?.link == Link.mac(1) && findings.first?.otherLink == Link.mac(5))
  }

  @Test func nonsenseAddressesAreNoStations() {
    var engine = scan()
    let odd: [IPv6Address] = [.unspecified, .loopback, Link.allNodes]
    let messages = odd.map { Link.heard([255, 0, 0, 0], from: $0, mac: Link.mac(5), at: 1) }
    #expect(rows(Link.run(&engine, messages).events).map(\.isThisHost) == [true])
  }

  @Test func whatIsRememberedIsBoundedAndTheRestCounted() {
    var engine = scan({ _ in }) { $0.maximumAddresses = 100 }
    let messages = (0..<1_000).map {
      Link.neighborAdvertisement(Link.local(UInt64($0) + 10), from: UInt8($0 % 200) + 10, at: 1)
    }
    let events = Link.run(&engine, messages).events
    #expect(engine.stations.count == 100)
    let end = summary(events)
    let known = rows(events).filter { !$0.isThisHost }.reduce(0) { $0 + $1.addresses.count }
    #expect(known == 100)
    // Each names an address; the first 200 name the sender's own as well, later ones do so again.
    #expect((end?.dropped ?? 0) > 900)
    #expect(Link.findings(events).last?.kind == .dropped)
    #expect(Link.findings(events).last?.found == .number(end?.dropped ?? 0))
  }

  @Test func randomOctetsNeverTrap() {
    var random = RandomNumbers(seed: 6)
    var engine = scan({ _ in }) { $0.maximumAddresses = 500 }
    let messages = (0..<5_000).map { RandomMessages.next(&random, at: Int64($0 / 10)) }
    let events = Link.run(&engine, messages).events
    #expect(summary(events) != nil && engine.stations.count <= 500)
  }

  @Test func everyShorterPrefixOfAnAnswerCountsForNothing() {
    for length in 0..<80 {
      var engine = scan()
      let events = Link.run(&engine) { sent in
        var message =
          hasOption(sent) ? problem(sent, from: Link.global(7), 7) : reply(sent, from: Link.global(7), 7)
        guard length < message.octets.count else { return [] }
        message.octets.removeLast(message.octets.count - length)
        return [message]
      }.events
      #expect(rows(events).count == 1, "\(length)")
    }
  }
}
