import Testing
import Timing
import Wire

@testable import ProbeEngine

private typealias Link = LinkFixture

@Suite struct WatchEngineTests {
  private func watch(
    _ change: (inout KernelView) -> Void = { _ in },
    _ configure: (inout WatchConfiguration) -> Void = { _ in }
  ) -> WatchEngine {
    var configuration = WatchConfiguration(isContinuous: true)
    configure(&configuration)
    var engine = WatchEngine(configuration, view: Link.view(change), at: .zero)
    engine.handleTimeout(at: .zero)
    return engine
  }

  private func summary(_ events: [LinkEvent]) -> WatchSummary? {
    for case .summary(.watch(let summary)) in events { return summary }
    return nil
  }

  // MARK: The table

  @Test func theTableComesOnceInTheOrderOfAddressesAndSendsNothing() {
    let view = Link.view { view in
      view.neighbors = [9, 3, 200].map {
        KernelNeighbor(address: Link.local($0), interface: 2, link: Link.mac(3), state: .stale)
      }
      view.limits = KernelNeighborLimits(thresholds: [128, 512, 1_024], entries: 3, tableFulls: 0)
    }
    var engine = WatchEngine(WatchConfiguration(isContinuous: false), view: view, at: .zero)
    let (sent, events) = Link.run(&engine)
    #expect(sent.isEmpty && engine.longestPacket == 0)
    var rows: [IPv6Address] = []
    for case .neighbor(let neighbor, _) in events { rows.append(neighbor.address) }
    #expect(rows == [3, 9, 200].map { Link.local($0) })
    guard case .summary(.table(let limits, let entries, _)) = events.last else {
      Issue.record("no summary")
      return
    }
    #expect(events.count == 4 && entries == 3 && limits == view.limits)
    #expect(engine.nextTimeout(now: .zero) == nil)
  }

  @Test(arguments: [
    (UInt32(921), UInt64(0), Finding.Severity?.none), (922, 0, .notice), (1_023, 0, .notice),
    (1_024, 0, .problem),
    (3, 1, nil),
  ])
  func aFullTableIsAProblemAndANearlyFullOneANotice(
    entries: UInt32, fulls: UInt64, severity: Finding.Severity?
  ) {
    let view = Link.view {
      $0.limits = KernelNeighborLimits(thresholds: [128, 512, 1_024], entries: entries, tableFulls: fulls)
    }
    var engine = WatchEngine(WatchConfiguration(isContinuous: false), view: view, at: .zero)
    let findings = Link.findings(Link.run(&engine).events)
    #expect(findings.map(\.severity) == (severity.map { [$0] } ?? []))
    if severity != nil {
      #expect(findings.map(\.kind) == [.tableFull])
      #expect(findings.first?.expected == .number(1_024) && findings.first?.found == .number(UInt64(entries)))
    }
  }

  // MARK: The time line

  @Test func wireAndKernelComeInTheOrderOfTheirTimesWhicheverIsReadFirst() {
    var engine = watch()
    let entry = KernelNeighbor(address: Link.local(5), interface: 2, link: Link.mac(5), state: .reachable)
    engine.handleKernel(.neighbor(entry, isGone: false), at: .zero + .milliseconds(3))
    // The frame that made the entry is read after it.
    engine.handleReceived(
      Link.heard(
        [136, 0, 0, 0, 0x60, 0, 0, 0] + Link.octets(Link.local(5)), from: Link.local(5), to: Link.local(1),
        mac: Link.mac(5), at: 2
      ) { $0.arrival.readAt = .zero + .milliseconds(4) })
    engine.handleTimeout(at: .zero + .milliseconds(6))
    #expect(Link.drain(&engine).isEmpty)
    engine.handleTimeout(at: .zero + .milliseconds(7))
    let first = Link.drain(&engine)
    engine.handleTimeout(at: engine.nextTimeout(now: .zero + .milliseconds(7)) ?? .zero)
    let second = Link.drain(&engine)
    guard case .heard(let message) = first.first, case .kernel(let change, let time) = second.first else {
      Issue.record("not a frame and then a change")
      return
    }
    #expect(first.count == 1 && second.count == 1)
    #expect(message.type == 136 && change == .neighbor(entry, isGone: false))
    #expect(time == .zero + .milliseconds(3))
  }

  @Test func whatIsHeldBackIsBounded() {
    var engine = watch()
    for index in 0..<10_000 {
      engine.handleReceived(
        Link.solicitation(Link.local(9), from: 9, source: Link.local(9), at: Int64(index / 10_000)))
    }
    #expect(engine.heldCount == WatchEngine.maximumHeld)
    #expect(Link.drain(&engine).count == 10_000 - WatchEngine.maximumHeld)
  }

  @Test func neighborDiscoveryIsShownAndListenerReportsAndOtherInterfacesAreNot() {
    var engine = watch()
    let messages = [
      Link.solicitation(Link.local(4), from: 3, source: Link.local(3), at: 1),
      Link.neighborAdvertisement(Link.local(4), from: 4, at: 2),
      Link.advertisement(9, at: 3),
      Link.heard([133, 0, 0, 0, 0, 0, 0, 0], from: Link.local(3), mac: Link.mac(3), at: 4),
      Link.redirect(from: 9, to: Link.local(8), for: Link.global(8), at: 5),
      Link.heard([143, 0, 0, 0, 0, 0, 0, 0], from: Link.local(3), mac: Link.mac(3), hopLimit: 1, at: 6),
      Link.heard([128, 0, 0, 0, 0, 0, 0, 0], from: Link.local(3), mac: Link.mac(3), at: 7),
      Link.heard([], from: Link.local(3), mac: Link.mac(3), at: 8),
    ]
    let elsewhere = KernelAddress(address: Link.local(7), prefixLength: 64, interface: 3, flags: 0x08)
    engine.handleKernel(.address(elsewhere, isGone: false), at: .zero)
    engine.handleKernel(.lost, at: .zero)
    let events = Link.run(&engine, messages, until: 1_000).events
    var types: [UInt8] = []
    for case .heard(let message) in events { types.append(message.type) }
    #expect(types == [135, 136, 134, 133, 137])
    let end = summary(events)
    #expect(end?.messages == 5 && end?.kernelChanges == 1 && end?.droppedChanges == 1)
    #expect(end?.at == .zero + .milliseconds(1_000))
  }

  @Test func aRunEndsWithItsDuration() {
    var engine = watch({ _ in }) { $0.duration = .seconds(3) }
    let events = Link.run(&engine).events
    #expect(events.count == 1 && summary(events)?.at == .zero + .seconds(3))
  }

  @Test func thisHostsOwnMessagesAreShownUnlessLeftOutAndNeverFindings() {
    let own = Link.heard(
      [135, 0, 0, 0, 0, 0, 0, 0] + Link.octets(Link.local(1)), from: .unspecified,
      to: Link.local(1).solicitedNodeMulticast, mac: Link.mac(1)
    ) { $0.arrival.isOutgoing = true }
    for isShown in [true, false] {
      var engine = watch({ _ in }) { $0.includesOutgoing = isShown }
      let events = Link.run(&engine, [own], until: 100).events
      #expect(Link.findings(events).isEmpty)
      #expect(summary(events)?.messages == (isShown ? 1 : 0))
    }
  }

  // MARK: Findings

  @Test func aRouterThatRetiresIsToldOnceUntilItIsADefaultRouterAgain() {
    var engine = watch()
    let lifetimes: [UInt16] = [1_800, 0, 0, 0, 1_800, 0]
    let messages = lifetimes.enumerated().map {
      Link.advertisement(9, lifetime: $0.element, at: Int64($0.offset) * 100)
    }
    let findings = Link.findings(Link.run(&engine, messages, until: 10_000).events)
    #expect(findings.map(\.kind) == [.routerRetires, .routerRetires])
    #expect(findings.allSatisfy { $0.address == Link.local(9) && $0.severity == .notice })
    #expect(findings.map(\.at) == [.zero + .milliseconds(100), .zero + .milliseconds(500)])
  }

  @Test func aRedirectFromTheGatewayIsANoticeAndFromAnybodyElseAProblem() {
    var engine = watch { view in
      view.routes = [
        KernelRoute(prefix: .unspecified, prefixLength: 0, gateway: Link.local(9), interface: 2, origin: 9)
      ]
    }
    let messages = [9, 8].map { Link.redirect(from: $0, to: Link.local(7), for: Link.global(77), at: 1) }
    let findings = Link.findings(Link.run(&engine, messages, until: 100).events)
    #expect(findings.map(\.kind) == [.redirect, .redirect])
    #expect(findings.map(\.severity) == [.notice, .problem])
    #expect(findings.map(\.address) == [Link.local(9), Link.local(8)])
    #expect(findings.allSatisfy { $0.otherAddress == Link.local(7) && $0.prefix == Link.global(77) })
  }

  @Test func duplicateDetectionOfOthersIsANoticeAndForOurAddressAProblem() {
    var engine = watch()
    let messages = [Link.local(5), Link.local(1)].map { Link.solicitation($0, from: 5) }
    let findings = Link.findings(Link.run(&engine, messages, until: 100).events)
    #expect(findings.map(\.kind) == [.duplicateDetection, .duplicateDetection])
    #expect(findings.map(\.severity) == [.notice, .problem])
    #expect(findings.map(\.link) == [Link.mac(5), Link.mac(5)])
  }

  @Test func aMessageThatBreaksARuleIsShownNamedAndNotBelieved() {
    var engine = watch()
    let messages = [
      // Hop limit 254: for our own address, but discarded.
      Link.heard(
        [136, 0, 0, 0, 0x20, 0, 0, 0] + Link.octets(Link.local(1)), from: Link.local(5), mac: Link.mac(5),
        hopLimit: 254),
      // The same rule twice in one message is one finding.
      Link.advertisement(9, options: [Link.mtuOption(100), Link.mtuOption(200)], at: 1),
      // An option of a neighbor that is passed over.
      Link.heard(
        [135, 0, 0, 0, 0, 0, 0, 0] + Link.octets(Link.local(4)) + [5, 1, 0, 0, 0, 0, 0, 1],
        from: Link.local(5),
        to: Link.local(4).solicitedNodeMulticast, mac: Link.mac(5), at: 2),
    ]
    let findings = Link.findings(Link.run(&engine, messages, until: 100).events)
    #expect(findings.map(\.kind) == [.brokenRule, .brokenRule, .brokenRule])
    #expect(findings.map(\.rule?.rule) == [.hopLimit, .mtuTooSmall, .mtuTooSmall])
    #expect(findings.map(\.severity) == [.problem, .problem, .notice])
    #expect(findings[1].rule?.offset == 16)
  }

  @Test func anAddressThatMovesToAnotherStationIsAConflictToldOnceAMinute() {
    var engine = watch()
    // Two stations answer for one address, every second for 70 s.
    let messages = (0..<140).map {
      Link.neighborAdvertisement(Link.global(5), from: $0 % 2 == 0 ? 5 : 6, at: Int64($0) * 500)
    }
    let findings = Link.findings(Link.run(&engine, messages, until: 100_000).events)
    #expect(findings.map(\.kind) == [.conflict, .conflict])
    #expect(findings.map(\.at) == [.zero + .milliseconds(500), .zero + .milliseconds(60_500)])
    #expect(findings[0].link == Link.mac(5) && findings[0].otherLink == Link.mac(6))
    #expect(findings[0].address == Link.global(5) && findings[0].severity == .problem)
  }

  @Test func aProxysFramesWithTheOwnersOptionAreNoConflict() {
    var engine = watch()
    let messages = [
      Link.neighborAdvertisement(Link.global(5), from: 5, option: Link.mac(5)),
      Link.neighborAdvertisement(Link.global(5), from: 9, option: Link.mac(5), at: 1),
    ]
    #expect(Link.kinds(Link.run(&engine, messages, until: 100).events).isEmpty)
    var lying = watch()
    let lie = [messages[0], Link.neighborAdvertisement(Link.global(5), from: 5, option: Link.mac(6), at: 1)]
    #expect(Link.kinds(Link.run(&lying, lie, until: 100).events) == [.conflict])
  }

  @Test func aClaimToOurAddressIsToldAndOurOwnIsNot() {
    var engine = watch()
    let messages = [
      Link.neighborAdvertisement(Link.global(1), from: 1, option: Link.mac(1)),
      Link.neighborAdvertisement(Link.global(1), from: 6, option: Link.mac(6), at: 1),
      // By the option alone it would be ours.
      Link.neighborAdvertisement(Link.global(1), from: 7, option: Link.mac(1), at: 2),
    ]
    let findings = Link.findings(Link.run(&engine, messages, until: 100).events)
    #expect(findings.map(\.kind) == [.ownAddressClaimed, .ownAddressClaimed])
    #expect(findings.map(\.link) == [Link.mac(6), Link.mac(7)])
    #expect(findings.allSatisfy { $0.otherLink == Link.mac(1) && $0.address == Link.global(1) })
  }

  @Test func ownAddressesFollowTheKernel() {
    var engine = watch()
    let address = KernelAddress(address: Link.global(50), prefixLength: 64, interface: 2, flags: 0x80)
    let claim = { (time: Int64) in Link.neighborAdvertisement(Link.global(50), from: 6, at: time) }
    engine.handleReceived(claim(0))
    engine.handleKernel(.address(address, isGone: false), at: .zero)
    engine.handleReceived(claim(1))
    engine.handleKernel(.address(address, isGone: true), at: .zero)
    engine.handleReceived(claim(2))
    // After a loss the kernel is asked again.
    #expect(!engine.wantsKernelView)
    engine.handleKernel(.lost, at: .zero)
    #expect(engine.wantsKernelView)
    engine.handleKernelView(Link.view { $0.addresses = [address] })
    #expect(!engine.wantsKernelView)
    engine.handleReceived(claim(3))
    engine.stop(at: .zero + .milliseconds(10))
    let findings = Link.findings(Link.drain(&engine))
    #expect(findings.map(\.kind) == [.ownAddressClaimed, .ownAddressClaimed])
    #expect(findings.map(\.at) == [.zero + .milliseconds(1), .zero + .milliseconds(3)])
  }

  @Test func anAddressThatTheKernelRefusedIsToldOnceForEachRefusal() {
    let address = { (flags: UInt32) in
      KernelAddress(address: Link.global(2), prefixLength: 64, interface: 2, flags: flags)
    }
    var engine = watch { $0.addresses.append(address(0x48)) }
    for (flags, isGone) in [(UInt32(0x48), false), (0x48, true), (0x40, false), (0x48, false), (0x48, false)]
    {
      engine.handleKernel(.address(address(flags), isGone: isGone), at: .zero)
    }
    engine.stop(at: .zero)
    // At the start, and the one that came after it had gone.
    let findings = Link.findings(Link.drain(&engine))
    #expect(findings.map(\.kind) == [.duplicateAddress, .duplicateAddress])
    #expect(findings.allSatisfy { $0.severity == .problem && $0.address == Link.global(2) })
  }

  @Test func lossesAreOneFindingASecond() {
    var engine = watch()
    for index in 0..<1_000 { engine.handleCaptureLoss(2, at: .zero + .milliseconds(Int64(index))) }
    let events = Link.run(&engine, [], until: 10_000).events
    let findings = Link.findings(events)
    #expect(findings.map(\.kind) == [.dropped] && findings.first?.found == .number(2_000))
    #expect(findings.first?.severity == .notice && summary(events)?.droppedFrames == 2_000)
  }

  @Test func millionsOfAddressesLeaveMemoryFlat() {
    var engine = watch()
    for index in 0..<20_000 {
      engine.handleReceived(
        Link.neighborAdvertisement(Link.global(UInt64(index + 100)), from: 9, at: Int64(index)))
      while engine.pollEvent() != nil {}
    }
    #expect(engine.sightings.count <= 2 * WatchEngine.maximumAddresses)
    #expect(engine.sightings.count >= WatchEngine.maximumAddresses)
    #expect(engine.heldCount < 10)
  }

  @Test func randomOctetsNeverTrap() {
    var random = RandomNumbers(seed: 4)
    var engine = watch()
    for index in 0..<5_000 {
      engine.handleReceived(RandomMessages.next(&random, at: Int64(index)))
      while engine.pollEvent() != nil {}
    }
    engine.stop(at: .zero + .seconds(100))
    #expect(summary(Link.drain(&engine)) != nil)
  }
}

/// Messages of random octets, most of them with the type and source of something that is looked at.
enum RandomMessages {
  static func next(_ random: inout RandomNumbers, at milliseconds: Int64) -> HeardMessage {
    let count = Int(random.next() % 120)
    var octets = (0..<count).map { _ in
      UInt8(truncatingIfNeeded: random.next() % 4 == 0 ? random.next() : random.next() % 9)
    }
    let types: [UInt8] = [4, 129, 131, 132, 133, 134, 135, 136, 137, 143]
    if count > 1 {
      octets[0] = types[Int(random.next() % UInt64(types.count))]
      if random.next() % 4 != 0 { octets[1] = 0 }
    }
    let sources = [
      LinkFixture.local(random.next() % 20), .unspecified, LinkFixture.global(random.next() % 20),
      IPv6Address(bits: UInt128(random.next()) << 64 | UInt128(random.next())),
    ]
    let hopLimits: [UInt8] = [255, 255, 255, 1, 64]
    return LinkFixture.heard(
      octets, from: sources[Int(random.next() % 4)],
      to: random.next() % 2 == 0 ? LinkFixture.allNodes : LinkFixture.global(1),
      mac: random.next() % 8 == 0 ? nil : LinkFixture.mac(UInt8(random.next() % 20)),
      hopLimit: hopLimits[Int(random.next() % 5)], at: milliseconds)
  }
}
