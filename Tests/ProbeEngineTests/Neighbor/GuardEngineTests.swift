import Testing
import Timing
import Wire

@testable import ProbeEngine

private typealias Link = LinkFixture

@Suite struct GuardEngineTests {
  private static let options = [
    Link.prefixOption(), Link.mtuOption(1_400), Link.serverOption([Link.global(53)]),
  ]

  /// The baseline of routers 8 and 9, as their advertisements give it.
  private static var baseline: LinkBaseline {
    LinkBaseline(
      routers: [8, 9].compactMap { LinkBaseline.Router(Link.advertisement($0, options: options)) })
  }

  private func engine(
    _ baseline: LinkBaseline? = GuardEngineTests.baseline,
    _ configure: (inout GuardConfiguration) -> Void = { _ in }, view: KernelView = Link.view()
  ) -> GuardEngine {
    var configuration = GuardConfiguration()
    configuration.baseline = baseline
    configure(&configuration)
    return GuardEngine(configuration, view: view, at: .zero)
  }

  private func summary(_ events: [LinkEvent]) -> GuardSummary? {
    for case .summary(.baseline(let summary)) in events { return summary }
    return nil
  }

  /// Both routers answer as the baseline has it.
  private let answers = [8, 9].map { Link.advertisement($0, options: GuardEngineTests.options, at: 100) }

  // MARK: Making one

  @Test func withoutABaselineOneIsMadeOfWhatIsHeard() {
    var engine = engine(nil)
    let (sent, events) = Link.run(&engine, answers)
    #expect(sent.count == 1)
    let expected = LinkPacket.routerSolicitation(
      source: Link.local(1), destination: IPv6Address(bits: 0xff02 << 112 | 2), link: Link.mac(1))
    #expect(sent.first?.octets == expected.octets)
    #expect(Link.findings(events).isEmpty)
    #expect(summary(events)?.baseline == Self.baseline && summary(events)?.isWritten == true)
    #expect(summary(events)?.at == .zero + .seconds(4) && summary(events)?.advertisements == 2)
  }

  @Test func optionsThatARouterSpreadsOverSeveralAdvertisementsAreTakenTogether() {
    let parts = Self.options.enumerated().map {
      Link.advertisement(9, options: [$0.element], at: 100 + Int64($0.offset))
    }
    var making = engine(nil)
    #expect(summary(Link.run(&making, parts).events)?.baseline.routers == [Self.baseline.routers[1]])
    var comparing = engine(LinkBaseline(routers: [Self.baseline.routers[1]]))
    #expect(Link.findings(Link.run(&comparing, parts).events).isEmpty)
  }

  @Test func aRouterFromTwoStationsIsAConflictWhileABaselineIsMade() {
    var engine = engine(nil)
    let messages = [Link.advertisement(9, at: 1), Link.advertisement(9, mac: Link.mac(66), at: 2)]
    let findings = Link.findings(Link.run(&engine, messages).events)
    #expect(findings.map(\.kind) == [.conflict])
    #expect(findings.first?.link == Link.mac(9) && findings.first?.otherLink == Link.mac(66))
  }

  // MARK: Comparing

  @Test func aLinkAsItShouldBeHasNoFindings() {
    var engine = engine()
    let events = Link.run(&engine, answers).events
    #expect(Link.findings(events).isEmpty)
    let end = summary(events)
    #expect(
      end?.isWritten == false && end?.problems == 0 && end?.notices == 0 && end?.baseline == Self.baseline)
  }

  @Test func aRouterThatIsNotInTheBaselineIsRogue() {
    var engine = engine()
    let events = Link.run(&engine, answers + [Link.advertisement(66, at: 200)]).events
    let findings = Link.findings(events)
    #expect(findings.map(\.kind) == [.rogueRouter] && findings.first?.severity == .problem)
    #expect(findings.first?.address == Link.local(66) && findings.first?.link == Link.mac(66))
    #expect(summary(events)?.problems == 1)
  }

  @Test func aRouterFromAnotherStationHasANewLinkLayerAddress() {
    let messages: [HeardMessage] = [
      // Frame, option, and a neighbor's advertisement for the router's address.
      Link.advertisement(9, options: Self.options, mac: Link.mac(66), at: 200),
      Link.advertisement(9, options: Self.options + [Link.linkOption(1, Link.mac(66))], at: 200),
      Link.neighborAdvertisement(Link.local(9), from: 66, flags: 0xa0, at: 200),
    ]
    for message in messages {
      var engine = engine()
      let findings = Link.findings(Link.run(&engine, answers + [message]).events)
      #expect(findings.map(\.kind) == [.newLinkLayerAddress])
      #expect(findings.first?.link == Link.mac(66) && findings.first?.otherLink == Link.mac(9))
      #expect(findings.first?.expected == .link(Link.mac(9)) && findings.first?.found == .link(Link.mac(66)))
    }
  }

  @Test func oneThatIsMissingIsToldWhenItsTimeToAnswerIsOver() {
    var engine = engine()
    let events = Link.run(&engine, [answers[0]]).events
    let findings = Link.findings(events)
    #expect(findings.map(\.kind) == [.missingRouter])
    #expect(findings.first?.address == Link.local(9) && findings.first?.link == Link.mac(9))
    #expect(findings.first?.at == .zero + .seconds(4))
  }

  @Test(arguments: [(Int64(3_400), 0), (3_500, 2)])
  func aRunThatIsStoppedBeforeALegalAnswersTimeSaysNothingOfMissingOnes(end: Int64, missing: Int) {
    var engine = engine(GuardEngineTests.baseline) { $0.duration = nil }
    let events = Link.run(&engine, until: end).events
    #expect(Link.kinds(events).filter { $0 == .missingRouter }.count == missing)
  }

  @Test func whoOnlyListensOrCouldNotAskWaitsForTheLifetime() {
    var listening = engine(GuardEngineTests.baseline) {
      $0.solicits = false
      $0.duration = nil
    }
    let (sent, events) = Link.run(&listening, [answers[0]], until: 3_600_000)
    #expect(sent.isEmpty && listening.longestPacket == 0)
    let findings = Link.findings(events)
    #expect(findings.map(\.kind) == [.missingRouter, .missingRouter])
    // 1800 s from the start, and from the last advertisement.
    #expect(findings.map(\.at) == [1_800_000, 1_800_100].map { .zero + .milliseconds($0) })
    #expect(findings.map(\.address) == [Link.local(9), Link.local(8)])

    var failing = engine()
    var buffer = [UInt8](repeating: 0, count: failing.longestPacket)
    var span = buffer.mutableSpan
    let transmit = failing.pollTransmit(at: .zero, into: &span)
    failing.handleSendFailure(transmit?.number ?? 9, errno: 101, at: .zero)
    failing.handleTimeout(at: .zero + .seconds(4))
    let last = Link.drain(&failing)
    #expect(Link.findings(last).isEmpty)
    #expect(summary(last)?.sendFailed == 1 && summary(last)?.sendErrno == 101)
  }

  @Test func aContinuousGuardAsksThreeTimesAndTellsAMissingRouterAgainOnceItHadComeBack() {
    var engine = engine(LinkBaseline(routers: [Self.baseline.routers[1]])) { $0.duration = nil }
    let (sent, events) = Link.run(
      &engine, [Link.advertisement(9, options: Self.options, at: 20_000)], until: 3_000_000)
    #expect(sent.map(\.at) == [0, 4, 8].map { .zero + .seconds($0) })
    let findings = Link.findings(events)
    #expect(findings.map(\.kind) == [.missingRouter, .missingRouter])
    #expect(findings.map(\.at) == [12, 1_820].map { .zero + .seconds($0) })
  }

  @Test func aRouterOfTheBaselineThatIsThisHostIsNotMissing() {
    var engine = engine(
      GuardEngineTests.baseline,
      view: Link.view { view in
        view.addresses += [8, 9].map {
          KernelAddress(address: Link.local($0), prefixLength: 64, interface: 2, flags: 0x80)
        }
      })
    #expect(Link.findings(Link.run(&engine).events).isEmpty)
  }

  @Test func whatChangedIsToldFieldByFieldAndWhatIsMissingASecondLater() {
    var engine = engine()
    let changed = Link.advertisement(
      9, hopLimit: 32, options: [Link.prefixOption(flags: 0x80), Link.serverOption([Link.global(53)])],
      at: 200)
    let findings = Link.findings(Link.run(&engine, [answers[0], changed]).events)
    #expect(findings.map(\.field) == [.hopLimit, .prefixFlags, .mtu])
    #expect(findings.map(\.at) == [200, 200, 1_200].map { .zero + .milliseconds($0) })
  }

  @Test func aRetiringRouterOfTheBaselineIsAProblem() {
    let messages = [
      Link.advertisement(9, lifetime: 0, options: Self.options, at: 200),
      // Not a router any more, it says.
      Link.neighborAdvertisement(Link.local(9), from: 9, flags: 0x20, at: 200),
    ]
    for message in messages {
      var engine = engine()
      let findings = Link.findings(Link.run(&engine, answers + [message]).events)
      #expect(findings.map(\.kind) == [.routerRetires] && findings.first?.severity == .problem)
    }
  }

  @Test func aRedirectOfARouterOfTheBaselineIsANoticeAndAnyOtherAProblem() {
    var engine = engine()
    var forged = Link.redirect(from: 9, to: Link.local(66), for: Link.global(7), at: 300)
    forged.arrival.linkSource = Link.mac(66)
    let messages = [
      Link.redirect(from: 8, to: Link.local(9), for: Link.global(7), at: 300), forged,
      Link.redirect(from: 66, to: Link.local(66), for: Link.global(7), at: 300),
    ]
    let events = Link.run(&engine, answers + messages).events
    #expect(Link.kinds(events) == [.redirect, .redirect, .redirect])
    #expect(Link.findings(events).map(\.severity) == [.notice, .problem, .problem])
    #expect(summary(events)?.notices == 1 && summary(events)?.problems == 2)
  }

  @Test func aClaimToOurAddressAndABrokenRuleAreProblems() {
    var engine = engine()
    let messages = [
      Link.neighborAdvertisement(Link.global(1), from: 66, option: Link.mac(66), at: 200),
      Link.heard(
        Link.advertisement(66).octets, from: Link.local(66), mac: Link.mac(66), hopLimit: 64, at: 300),
      Link.advertisement(
        9, options: Self.options + [[24, 3, 129, 0] + [UInt8](repeating: 0, count: 20)], at: 400),
    ]
    let findings = Link.findings(Link.run(&engine, answers + messages).events)
    // What must be discarded makes no rogue router.
    #expect(findings.map(\.kind) == [.ownAddressClaimed, .brokenRule, .brokenRule])
    #expect(findings.allSatisfy { $0.severity == .problem })
    #expect(findings[1].rule?.rule == .hopLimit && findings[2].rule?.rule == .optionLayout)
  }

  // MARK: Repeats, floods, bounds

  @Test func aFindingIsToldOnceAMinuteAndOthersAreNotHidden() {
    var engine = engine(GuardEngineTests.baseline) { $0.duration = nil }
    let messages = (0..<100).map { Link.advertisement(66, at: 100 + Int64($0) * 1_000) }
    let events = Link.run(&engine, answers + messages + [Link.advertisement(67, at: 150)], until: 100_050)
      .events
    let rogues = Link.findings(events).filter { $0.kind == .rogueRouter }
    #expect(rogues.map(\.address) == [66, 67, 66].map { Link.local($0) })
    #expect(rogues.last?.at == .zero + .milliseconds(60_100))
    #expect(summary(events)?.repeats == 98 && summary(events)?.problems == 3)
  }

  @Test func aFloodIsToldOnceWithItsCountWhenItEnds() {
    var engine = engine(GuardEngineTests.baseline) { $0.duration = .seconds(20) }
    // 100 a second for 3 s, all from one station.
    let messages = (0..<300).map {
      Link.advertisement(9, options: Self.options, at: 1_200 + Int64($0) * 10)
    }
    let findings = Link.findings(Link.run(&engine, answers + messages).events)
      .filter { $0.kind == .advertisementFlood }
    #expect(findings.count == 1)
    #expect(findings.first?.found == .number(300) && findings.first?.expected == .number(50))
    #expect(findings.first?.link == Link.mac(9) && findings.first?.severity == .problem)
    #expect(findings.first.map { $0.at >= .zero + .seconds(4) && $0.at <= .zero + .seconds(6) } == true)
  }

  @Test func aFloodThatLastsIsToldEachMinuteAndAtTheEnd() {
    var engine = engine(GuardEngineTests.baseline) { $0.duration = .seconds(130) }
    let messages = (0..<13_000).map { Link.advertisement(9, options: Self.options, at: Int64($0) * 10) }
    let counts = Link.findings(Link.run(&engine, messages).events)
      .filter { $0.kind == .advertisementFlood }.map(\.found)
    #expect(counts.count == 3)
    let sum = counts.reduce(UInt64(0)) { if case .number(let count) = $1 { $0 + count } else { $0 } }
    #expect(sum == 13_000)
  }

  @Test func fewerThanTheRateAreNoFlood() {
    var engine = engine(GuardEngineTests.baseline) { $0.duration = .seconds(20) }
    let messages = (0..<400).map { Link.advertisement(9, options: Self.options, at: Int64($0) * 25) }
    #expect(!Link.kinds(Link.run(&engine, messages).events).contains(.advertisementFlood))
  }

  /// A million advertisements of as many routers in a minute. What grows is only the numbers.
  @Test func aFloodOfRoutersLeavesMemoryFlatAndSaysWhatItDropped() {
    var engine = engine(GuardEngineTests.baseline) { $0.duration = .seconds(60) }
    engine.handleTimeout(at: .zero)
    var message = Link.advertisement(66, options: Self.options)
    var largest = (routers: 0, findings: 0, timers: 0)
    var events: [LinkEvent] = []
    let count: UInt64 = 1_000_000
    for index in 0..<count {
      let now = Instant(nanoseconds: Int64(index) * 59_000)
      message.envelope.source = Link.local(1_000 + index)
      message.arrival.stamp = now
      message.arrival.readAt = now
      engine.handleReceived(message)
      guard index % 1_000 == 0 else { continue }
      engine.handleTimeout(at: now)
      events += Link.drain(&engine)
      let counts = engine.tableCounts
      largest = (
        max(largest.routers, counts.routers), max(largest.findings, counts.findings),
        max(largest.timers, counts.timers)
      )
    }
    // The baseline's own routers still have their place.
    for index in 0..<2 {
      var answer = answers[index]
      answer.arrival.readAt = .zero + .seconds(59)
      engine.handleReceived(answer)
    }
    engine.handleTimeout(at: .zero + .seconds(60))
    events += Link.drain(&engine)
    let maximum = GuardConfiguration().maximumRouters
    #expect(largest.routers == maximum)
    #expect(largest.findings <= 2 * GuardEngine.maximumFindings && largest.timers <= maximum)
    let kinds = Link.kinds(events)
    #expect(kinds.filter { $0 == .rogueRouter }.count == maximum)
    #expect(!kinds.contains(.missingRouter) && events.count < 300)
    let end = summary(events)
    #expect(end?.advertisements == count + 2)
    #expect(end?.dropped == count - UInt64(maximum))
    let told = Link.findings(events).filter { $0.kind == .dropped }
      .reduce(UInt64(0)) { if case .number(let number) = $1.found { $0 + number } else { $0 } }
    #expect(told == end?.dropped)
    let flood = Link.findings(events).filter { $0.kind == .advertisementFlood }
    #expect(flood.map(\.found) == [.number(count + 2)])
  }

  @Test func strangersThatHaveFallenSilentMakeRoomForOthers() {
    var engine = engine(GuardEngineTests.baseline) {
      $0.duration = nil
      $0.maximumRouters = 4
    }
    let first = (0..<10).map { Link.advertisement(100 + $0, at: 1_000 + Int64($0)) }
    let later = Link.advertisement(200, at: 70_000)
    let events = Link.run(&engine, answers + first + [later], until: 71_000).events
    let rogues = Link.findings(events).filter { $0.kind == .rogueRouter }
    #expect(rogues.map(\.address) == [100, 101, 102, 103, 200].map { Link.local($0) })
    #expect(summary(events)?.dropped == 6)
  }

  @Test func strangersCannotTakeTheRoomOfWhatMatters() {
    var engine = engine()
    // Each breaks a rule from another address.
    let broken = (0..<3_000).map {
      Link.heard(
        Link.advertisement(66).octets, from: Link.local(UInt64($0) + 1_000), mac: Link.mac(66), hopLimit: 1,
        at: 200)
    }
    let claim = Link.neighborAdvertisement(Link.global(1), from: 66, at: 300)
    let changed = Link.advertisement(9, hopLimit: 1, options: Self.options, at: 300)
    let events = Link.run(&engine, answers + broken + [claim, changed]).events
    let kinds = Link.kinds(events)
    #expect(kinds.filter { $0 == .brokenRule }.count == GuardEngine.maximumFindings)
    #expect(kinds.contains(.ownAddressClaimed) && kinds.contains(.changed))
    #expect(summary(events)?.dropped == 3_000 - UInt64(GuardEngine.maximumFindings))
  }

  @Test func framesThatTheCaptureDroppedAreTold() {
    var engine = engine()
    engine.handleCaptureLoss(7, at: .zero)
    let events = Link.run(&engine, answers).events
    #expect(
      Link.kinds(events) == [.dropped] && summary(events)?.dropped == 7 && summary(events)?.notices == 1)
  }

  @Test func thisHostsOwnMessagesAreNotJudged() {
    var engine = engine()
    var own = Link.advertisement(66, at: 1)
    own.arrival.isOutgoing = true
    #expect(Link.kinds(Link.run(&engine, answers + [own]).events).isEmpty)
  }

  @Test(arguments: [true, false])
  func randomOctetsNeverTrap(hasBaseline: Bool) {
    var random = RandomNumbers(seed: 9)
    var engine = engine(hasBaseline ? GuardEngineTests.baseline : nil) { $0.duration = nil }
    let messages = (0..<5_000).map { RandomMessages.next(&random, at: Int64($0)) }
    let events = Link.run(&engine, messages, until: 10_000).events
    #expect(summary(events) != nil && engine.tableCounts.routers <= 258)
  }
}
