import Testing
import Timing
import Wire

@testable import ProbeEngine

/// What is believed of what was heard, and what is said of it.
@Suite struct RouterEngineReceiveTests {
  struct Broken: CustomTestStringConvertible, Sendable {
    let rule: NeighborRule
    let change: @Sendable (inout CraftedAdvertisement) -> Void
    var testDescription: String { "\(rule)" }
  }

  static let discarded: [Broken] = [
    Broken(rule: .hopLimit) { $0.envelopeHopLimit = 64 },
    Broken(rule: .checksum) { $0.packetDamage = { $0[42] ^= 1 } },
    Broken(rule: .code) { $0.code = 1 },
    Broken(rule: .length) { $0.damage = { $0.removeLast(4) } },
    Broken(rule: .optionLength) { $0.options = [1, 0, 0, 0, 0, 0, 0, 0] },
    Broken(rule: .optionLength) { $0.options = [1, 9, 0, 0, 0, 0, 0, 0] },
    Broken(rule: .fragmented) {
      $0.packetDamage = {
        // An atomic fragment: next header 44, and 8 octets in between.
        $0[6] = 44
        $0[5] += 8
        $0.insert(contentsOf: [58, 0, 0, 0, 0, 0, 0, 1], at: 40)
      }
    },
    Broken(rule: .sourceNotLinkLocal) { $0.source = routerAddress("2001:db8::a") },
  ]

  @Test(arguments: discarded)
  func `a message that must be discarded is shown with its rule and not believed`(_ broken: Broken) throws {
    var run = RouterRun()
    run.hear(CraftedAdvertisement(broken.change), at: 300)
    run.run()
    #expect(run.advertisements.map { $0.standing } == [.discarded])
    #expect(run.rows.isEmpty)
    #expect(run.sentAt.count == 3)
    let finding = try #require(run.findings(.brokenRule).first)
    #expect(run.findings(.brokenRule).count == 1)
    #expect(finding.rule?.rule == broken.rule && finding.severity == .problem)
    #expect(run.times(.noRouter).count == 1)
    #expect(run.summaries.first?.discarded == 1 && run.summaries.first?.advertisements == 0)
  }

  static let ignored: [Broken] = [
    Broken(rule: .prefixLength) { $0.addPrefix("2001:db8::", length: 129) },
    Broken(rule: .prefixLinkLocal) { $0.addPrefix("fe80::") },
    Broken(rule: .preferredAboveValid) { $0.addPrefix("2001:db8::", valid: 100, preferred: 200) },
    Broken(rule: .mtuTooSmall) { $0.addMTU(1_279) },
    Broken(rule: .reservedPreference) { $0.addRoute("2001:db8::", length: 48, preference: 2) },
    Broken(rule: .optionLayout) { $0.add(.prefixInformation, [64, 0xc0, 0, 0, 0, 0]) },
    Broken(rule: .labelTooLong) { $0.add(.dnsSearchList, [0, 0, 0, 0, 2, 88, 64, 0, 0, 0, 0, 0, 0, 0]) },
  ]

  @Test(arguments: ignored)
  func `an option that breaks a rule is told with its offset, the rest is believed`(_ broken: Broken) throws {
    var run = RouterRun()
    run.hear(
      CraftedAdvertisement {
        $0.addLink(routerLink(0xa))
        broken.change(&$0)
      }, at: 300)
    run.run()
    #expect(run.advertisements.map { $0.standing } == [.answer])
    #expect(run.rows.count == 1)
    let finding = try #require(run.findings(.brokenRule).first)
    #expect(finding.rule == BrokenRule(broken.rule, at: 24))
    #expect(finding.severity == .problem && finding.address == routerAddress("fe80::a"))
  }

  @Test func `the same fault of the same router is told once`() {
    var run = RouterRun { $0.watch = .time(.seconds(60)) }
    for second in 1...50 { run.hear(CraftedAdvertisement { $0.addMTU(1_000) }, at: Int64(second) * 1_000) }
    run.run()
    #expect(run.advertisements.count == 50)
    #expect(run.findings(.brokenRule).count == 1)
  }

  @Test func `lifetime 0 is told each time that a router retires`() {
    var run = RouterRun { $0.watch = .time(.seconds(60)) }
    for (second, lifetime) in [(1, 0), (2, 0), (3, 1_800), (4, 0), (5, 0)] {
      run.hear(CraftedAdvertisement { $0.header.lifetime = UInt16(lifetime) }, at: Int64(second) * 1_000)
    }
    run.run()
    let retired = run.findings(.routerRetires)
    #expect(retired.map { $0.at } == [at(1_000), at(4_000)])
    #expect(retired.allSatisfy { $0.severity == .notice })
  }

  @Test func `an MTU above the link's is a problem, at once`() throws {
    var run = RouterRun()
    run.hear(CraftedAdvertisement { $0.addMTU(9_000) }, at: 300)
    run.run()
    let finding = try #require(run.findings(.mtuAboveLink).first)
    #expect(finding.severity == .problem)
    #expect(finding.expected == .number(1_500) && finding.found == .number(9_000))
    #expect(run.times(.mtuAboveLink).allSatisfy { $0 < at(400) })
    #expect(run.findings(.mtuDiffers).isEmpty)
  }

  @Test func `a frame from elsewhere than the option says is a notice`() throws {
    var run = RouterRun()
    run.hear(CraftedAdvertisement { $0.addLink(routerLink(0xee)) }, at: 300)
    run.run()
    let finding = try #require(run.findings(.frameDiffers).first)
    #expect(finding.severity == .notice)
    #expect(finding.link == routerLink(0xa) && finding.otherLink == routerLink(0xee))
    let row = try #require(run.rows.first)
    #expect(row.frameLink == routerLink(0xa) && row.optionLink == routerLink(0xee))
  }

  @Test func `two stations that advertise from one address are two routers in conflict`() throws {
    var run = RouterRun()
    run.hear(CraftedAdvertisement(), at: 300)
    run.hear(CraftedAdvertisement { $0.frameLink = routerLink(0xbb) }, at: 400)
    run.hear(CraftedAdvertisement(), at: 500)
    run.run()
    #expect(run.rows.map { $0.frameLink } == [routerLink(0xa), routerLink(0xbb)])
    let finding = try #require(run.findings(.conflict).first)
    #expect(run.findings(.conflict).count == 1)
    #expect(finding.link == routerLink(0xbb) && finding.otherLink == routerLink(0xa))
  }

  @Test func `somebody else's advertisement from our own address is a problem`() throws {
    var run = RouterRun()
    run.hear(CraftedAdvertisement { $0.source = routerAddress("fe80::11") }, at: 300)
    run.run()
    let finding = try #require(run.findings(.ownAddressClaimed).first)
    #expect(finding.severity == .problem && finding.link == routerLink(0xa))
  }

  @Test func `our own advertisement is no answer, but has to agree with the others`() throws {
    let own = CraftedAdvertisement {
      $0.source = routerAddress("fe80::11")
      $0.frameLink = routerLink(0x11)
      $0.isOutgoing = true
      $0.header.hopLimit = 32
    }
    var alone = RouterRun()
    alone.hear(own, at: 300)
    alone.run()
    #expect(alone.advertisements.map { $0.standing } == [.unsolicited])
    #expect(alone.rows.isEmpty && alone.findings.map { $0.kind } == [.noRouter])

    var beside = RouterRun()
    beside.hear(own, at: 300)
    beside.hear(CraftedAdvertisement(), at: 400)
    beside.run()
    let finding = try #require(beside.findings(.inconsistentRouters).first)
    #expect(finding.field == .hopLimit && finding.address == routerAddress("fe80::11"))
    #expect(beside.findings(.ownAddressClaimed).isEmpty)
  }

  @Test func `what came by another interface, and what is no advertisement, is not looked at`() {
    var run = RouterRun()
    run.hear(CraftedAdvertisement { $0.interface = 4 }, at: 300)
    run.hear(CraftedAdvertisement { $0.damage = { $0[0] = 136 } }, at: 400)
    run.run()
    #expect(run.advertisements.isEmpty)
  }

  @Test func `an address that the kernel refuses meanwhile explains a prefix without address`() throws {
    var run = RouterRun()
    run.hear(CraftedAdvertisement { $0.addPrefix("2001:db8:1::") }, at: 300)
    let refused = KernelAddress(
      address: routerAddress("2001:db8:1::11"), prefixLength: 64, interface: 3, flags: 0x08)
    run.add(.change(.address(refused, isGone: true)), at: at(1_400))
    run.add(.change(.address(refused, isGone: true)), at: at(1_500))
    run.kernel?.addRoute("2001:db8:1::", 64, origin: 2, lifetime: 3_599)
    run.run()
    #expect(run.findings(.duplicateAddress).map { $0.address } == [refused.address])
    let parts = try #require(run.rows.first?.parts)
    let prefix = try #require(parts.first { if case .prefix = $0.part { true } else { false } })
    #expect(prefix.obstacles == [.duplicateAddress] && prefix.route != nil)
  }

  // MARK: Floods

  @Test func `a flood from 100,000 routers is remembered up to the bound, and what is beyond is said`() throws
  {
    var run = RouterRun { $0.maximumRouters = 64 }
    let template = CraftedAdvertisement {
      for index in 0..<20 { $0.addPrefix("2001:db8:\(index)::") }
    }.heard(at: at(300))
    for number in 0..<100_000 {
      var message = template
      message.envelope.source = IPv6Address(bits: 0xfe80 << 112 | UInt128(number + 1))
      message.arrival.linkSource = LinkLayerAddress([2, 0, 0, 0, 0, UInt8(truncatingIfNeeded: number)])
      message.arrival.stamp = at(300) + .microseconds(Int64(number))
      message.arrival.readAt = message.arrival.stamp
      run.add(.message(message), at: message.arrival.readAt)
    }
    run.run()
    #expect(run.rows.count == 64 && run.advertisements.count == 64)
    let summary = try #require(run.summaries.first)
    #expect(summary.advertisements == 100_000 && summary.forgotten == 99_936)
    #expect(run.findings(.dropped).map { $0.found } == [.number(99_936)])
    // 64 routers with 20 prefixes that the kernel has not taken, and little else.
    #expect(run.events.count < 64 * 25)
  }

  @Test func `a flood of messages that must be discarded is bounded as well`() throws {
    var run = RouterRun { $0.maximumRouters = 64 }
    let template = CraftedAdvertisement { $0.envelopeHopLimit = 64 }.heard(at: at(300))
    for number in 0..<100_000 {
      var message = template
      message.envelope.source = IPv6Address(bits: 0xfe80 << 112 | UInt128(number + 1))
      message.arrival.stamp = at(300) + .microseconds(Int64(number))
      message.arrival.readAt = message.arrival.stamp
      run.add(.message(message), at: message.arrival.readAt)
    }
    run.run()
    let summary = try #require(run.summaries.first)
    #expect(summary.discarded == 100_000)
    #expect(run.advertisements.count == 64 && run.findings(.brokenRule).count == 64)
    #expect(run.findings(.dropped).map { $0.found } == [.number(99_936)])
    #expect(run.engine.discardedSources.count == 64 && run.engine.told.count <= 65)
  }

  @Test func `a message full of options gives no more parts than the bound`() throws {
    var run = RouterRun()
    // 8,000 route options of 8 octets.
    run.hear(
      CraftedAdvertisement {
        for _ in 0..<8_000 { $0.options += [24, 1, 0, 0, 0, 0, 3, 0x84] }
      }, at: 300)
    run.run()
    let parts = try #require(run.rows.first?.parts)
    #expect(parts.count <= AdvertisedContents.maximumOptions + 3)
    #expect(run.findings(.dropped).map { $0.found } == [.number(8_000 - 256)])
  }

  @Test func `answers that wait for a stamp under a flood wait in bounded room`() {
    var run = RouterRun()
    run.stampDelay = nil
    for number in 0..<1_000 {
      let message = CraftedAdvertisement().heard(at: at(300) + .microseconds(Int64(number)))
      run.add(.message(message), at: message.arrival.readAt)
    }
    run.run(until: at(301))
    // Without a bound, none would be out before 350 ms.
    #expect(run.advertisements.count > 900)
  }

  @Test(arguments: 0..<40 as Range<UInt64>)
  func `octets by chance never trap, and every run ends with one summary`(seed: UInt64) {
    var random = RandomNumbers(seed: seed)
    var run = RouterRun {
      $0.maximumRouters = 8
      $0.stopsAtFirstAnswer = seed % 5 == 0
    }
    run.kernel = hostView {
      $0.addAddress("2001:db8:1::11")
      $0.addRoute("2001:db8:1::", 64, origin: 2)
      $0.addRoute("::", 0, via: "fe80::a", lifetime: 1_799)
    }
    for index in 0..<200 {
      let crafted = CraftedAdvertisement {
        $0.source = IPv6Address(bits: 0xfe80 << 112 | UInt128.random(in: 0..<20, using: &random))
        $0.addPrefix("2001:db8:1::", length: UInt8.random(in: 0...255, using: &random))
        $0.addRoute("2001:db8:2::", length: 48)
        $0.addServers(["2001:db8::53"])
        $0.addNames(["example.org", "a.b"])
        $0.addPREF64("64:ff9b::")
        $0.addCaptivePortal("https://example.org/")
        let damages = (0..<Int.random(in: 0...6, using: &random)).map { _ in
          (Int.random(in: 1..<400, using: &random), UInt8.random(in: 0...255, using: &random))
        }
        let cut = Int.random(in: 0...30, using: &random)
        $0.damage = { octets in
          for (place, value) in damages where place < octets.count { octets[place] = value }
          octets.removeLast(min(octets.count - 1, cut < 10 ? cut * 7 : 0))
        }
      }
      run.hear(crafted, at: Int64(index) * 40)
    }
    run.run()
    #expect(run.summaries.count == 1)
    #expect(run.rows.count <= 8)
  }
}
