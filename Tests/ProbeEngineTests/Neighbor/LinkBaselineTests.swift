import Testing
import Timing
import Wire

@testable import ProbeEngine

private typealias Link = LinkFixture

@Suite struct LinkBaselineTests {
  // MARK: Reading

  @Test func anAdvertisementIsReadWholeAndInOrder() {
    let message = Link.advertisement(
      9, hopLimit: 63, flags: 0xc0 | 0x08 | 0x04, lifetime: 1_200,
      options: [
        Link.linkOption(1, Link.mac(9)), Link.mtuOption(1_400),
        // Bits behind the prefix's length mean nothing.
        Link.prefixOption(Link.global(99)), Link.prefixOption(Link.local(0), length: 64),
        Link.prefixOption(
          IPv6Address(bits: 0x2001_0db8 << 96), length: 48, flags: 0x80, valid: 7, preferred: 5),
        Link.routeOption(IPv6Address(bits: 0xfd00 << 112), length: 8, preference: 3),
        Link.routeOption(IPv6Address(bits: 0xfd01 << 112), length: 16, lifetime: 0),
        Link.serverOption([Link.global(54), Link.global(53)]),
        Link.serverOption([Link.global(55)], lifetime: 0),
        // "b.example", "a.example", and one label with a dot and a backslash in it.
        Link.searchOption(
          [1, 98, 7] + Array("example".utf8) + [0, 1, 97, 7] + Array("example".utf8) + [0, 5]
            + Array("x.y\\z".utf8)
            + [0]),
      ])
    let router = LinkBaseline.Router(message)
    #expect(router?.address == Link.local(9) && router?.link == Link.mac(9) && router?.optionLink == nil)
    #expect(router?.hopLimit == 63 && router?.flags == 0xc4 && router?.preference == .high)
    #expect(router?.lifetime == 1_200 && router?.mtu == 1_400)
    #expect(
      router?.prefixes == [
        LinkBaseline.Prefix(
          prefix: IPv6Address(bits: 0x2001_0db8 << 96), length: 48, flags: 0x80, validLifetime: 7,
          preferredLifetime: 5),
        LinkBaseline.Prefix(
          prefix: Link.prefix, length: 64, flags: 0xc0, validLifetime: 86_400, preferredLifetime: 14_400),
      ])
    #expect(
      router?.routes == [
        LinkBaseline.Route(prefix: IPv6Address(bits: 0xfd00 << 112), length: 8, preference: .low)
      ])
    #expect(router?.dnsServers == [Link.global(53), Link.global(54)])
    #expect(router?.dnsSearchList == ["a.example", "b.example", "x\\.y\\\\z"].map { Array($0.utf8) })
  }

  @Test func theReservedPreferenceIsReadAsMedium() {
    #expect(LinkBaseline.Router(Link.advertisement(9, flags: 0x10))?.preference == .medium)
    #expect(LinkBaseline.Router(Link.advertisement(9, flags: 0x10))?.flags == 0)
  }

  @Test func frameAndOptionAreKeptApartWhereTheyDiffer() {
    let message = Link.advertisement(9, options: [Link.linkOption(1, Link.mac(8))])
    #expect(LinkBaseline.Router(message)?.link == Link.mac(9))
    #expect(LinkBaseline.Router(message)?.optionLink == Link.mac(8))
    // A link that does not tell where frames come from.
    var silent = message
    silent.arrival.linkSource = nil
    #expect(LinkBaseline.Router(silent)?.link == Link.mac(8))
    #expect(LinkBaseline.Router(silent)?.optionLink == nil)
  }

  @Test func whatMustBeDiscardedIsNoBaseline() {
    let good = Link.advertisement(9)
    #expect(LinkBaseline.Router(good) != nil)
    let bad = [
      Link.heard(good.octets, from: Link.global(9), mac: Link.mac(9)),
      Link.heard(good.octets, from: Link.local(9), mac: Link.mac(9), hopLimit: 64),
      Link.heard(good.octets + [5, 0], from: Link.local(9), mac: Link.mac(9)),
      Link.heard(Array(good.octets.dropLast()), from: Link.local(9), mac: Link.mac(9)),
      Link.neighborAdvertisement(Link.local(9), from: 9),
    ]
    #expect(bad.allSatisfy { LinkBaseline.Router($0) == nil })
  }

  @Test func itemsAreBounded() {
    let many = (0..<2_000).map {
      Link.prefixOption(IPv6Address(bits: Link.prefix.bits | UInt128($0) << 64))
    }
    #expect(
      LinkBaseline.Router(Link.advertisement(9, options: many))?.prefixes.count
        == LinkBaseline.Router.maximumItems)
  }

  @Test func everyPrefixOfAnAdvertisementIsReadOrRefusedAndRandomOctetsNeverTrap() {
    let whole = Link.advertisement(
      9,
      options: [
        Link.prefixOption(), Link.mtuOption(1_400), Link.serverOption([Link.global(53)]),
        Link.searchOption([1, 97, 7] + Array("example".utf8) + [0]),
        Link.routeOption(Link.prefix, length: 64),
      ])
    for count in 0...whole.octets.count {
      let message = Link.heard(Array(whole.octets.prefix(count)), from: Link.local(9), mac: Link.mac(9))
      // Only where an option ends is it a message.
      let ends = [16, 48, 56, 80, 104, 128]
      #expect((LinkBaseline.Router(message) != nil) == ends.contains(count), "\(count)")
    }
    var random = RandomNumbers(seed: 8)
    for _ in 0..<5_000 {
      var octets = whole.octets
      for _ in 0..<4 {
        octets[16 + Int(random.next() % UInt64(octets.count - 16))] = UInt8(random.next() & 255)
      }
      _ = LinkBaseline.Router(Link.heard(octets, from: Link.local(9), mac: Link.mac(9)))
    }
  }

  // MARK: Comparing

  private func compared(
    _ options: [[UInt8]], _ later: [[UInt8]], flags: UInt8 = 0, hopLimit: UInt8 = 64, lifetime: UInt16 = 1_800
  ) -> [Finding] {
    guard let baseline = LinkBaseline.Router(Link.advertisement(9, options: options)),
      let seen = LinkBaseline.Router(
        Link.advertisement(9, hopLimit: hopLimit, flags: flags, lifetime: lifetime, options: later))
    else { return [] }
    var watch = LifetimeWatch()
    return baseline.differences(from: seen, lifetimes: &watch, at: .zero)
      + baseline.absences(in: seen, at: .zero)
  }

  @Test func theSameIsNoDifference() {
    let options = [
      Link.prefixOption(), Link.mtuOption(1_400), Link.serverOption([Link.global(53)]),
      Link.routeOption(Link.prefix, length: 64),
    ]
    #expect(compared(options, options).isEmpty)
  }

  @Test func eachFieldOfTheHeaderIsCompared() {
    let findings = compared([], [], flags: 0xe4 | 0x08, hopLimit: 32, lifetime: 900)
    #expect(
      findings.map(\.field) == [.hopLimit, .managed, .other, .homeAgent, .proxy, .lifetime, .preference])
    #expect(
      findings.allSatisfy { $0.kind == .changed && $0.severity == .problem && $0.address == Link.local(9) })
    #expect(findings[0].expected == .number(64) && findings[0].found == .number(32))
    #expect(findings[1].expected == .flag(false) && findings[1].found == .flag(true))
    #expect(findings[5].expected == .number(1_800) && findings[5].found == .number(900))
    #expect(findings[6].expected == .preference(.medium) && findings[6].found == .preference(.high))
  }

  @Test func aLifetimeOfZeroIsARouterThatRetires() {
    // Its preference means nothing then.
    let findings = compared([], [], flags: 0x08, lifetime: 0)
    #expect(findings.map(\.kind) == [.routerRetires] && findings.first?.severity == .problem)
  }

  @Test func whatAnOptionSaysIsCompared() {
    let other = IPv6Address(bits: 0x2001_0db8_0002 << 80)
    let findings = compared(
      [
        Link.mtuOption(1_400), Link.prefixOption(), Link.routeOption(Link.prefix, length: 64),
        Link.serverOption([Link.global(53)]), Link.searchOption([1, 97, 1, 98, 0]),
      ],
      [
        Link.mtuOption(1_300), Link.prefixOption(other), Link.routeOption(other, length: 64),
        Link.serverOption([Link.global(54)]), Link.searchOption([1, 97, 1, 99, 0]),
      ])
    #expect(
      findings.map(\.kind) == [
        .changed, .prefixAdded, .changed, .prefixRemoved, .changed, .changed, .changed,
      ])
    #expect(
      findings.map(\.field) == [
        .mtu, .prefix, .route, .prefix, .route, .recursiveDNSServers, .dnsSearchList,
      ])
    #expect(findings[1].prefix == other && findings[1].prefixLength == 64)
    #expect(findings[2].expected == Finding.Value.none && findings[2].found == .prefix(other, length: 64))
    #expect(findings[3].prefix == Link.prefix)
    #expect(
      findings[5].expected == .addresses([Link.global(53)])
        && findings[5].found == .addresses([Link.global(54)]))
    #expect(findings[6].expected == .text(Array("a.b".utf8)) && findings[6].found == .text(Array("a.c".utf8)))
  }

  @Test func flagsOfAPrefixPreferenceOfARouteAndAMissingMTUAreChanges() {
    let findings = compared(
      [Link.mtuOption(1_400), Link.prefixOption(), Link.routeOption(Link.prefix, length: 64)],
      [Link.prefixOption(flags: 0x80), Link.routeOption(Link.prefix, length: 64, preference: 1)])
    #expect(findings.map(\.field) == [.prefixFlags, .preference, .mtu])
    #expect(findings[0].expected == .number(0xc0) && findings[0].found == .number(0x80))
    #expect(findings[1].found == .preference(.high) && findings[1].prefix == Link.prefix)
    #expect(findings[2].expected == .number(1_400) && findings[2].found == Finding.Value.none)
  }

  // MARK: Lifetimes

  /// Which of these lifetimes, at these seconds, are changes against 1000.
  private func changes(_ lifetimes: [(at: Int64, UInt32)], expected: UInt32 = 1_000) -> [Bool] {
    var watch = LifetimeWatch()
    let key = LifetimeWatch.Key(prefix: Link.prefix, length: 64, field: .validLifetime)
    return lifetimes.map {
      watch.isChanged(key, expected: expected, found: $0.1, at: .zero + .seconds($0.at))
    }
  }

  @Test func lifetimesMayCountDownAndNothingElse() {
    // In step with time, renewed, and counting again.
    #expect(changes([(0, 900), (100, 800), (200, 701), (210, 990), (310, 890)]).allSatisfy { !$0 })
    // A second advertisement right after the first is no evidence.
    #expect(changes([(0, 900), (1, 900)]) == [false, false])
    // It stays lower: it was changed.
    #expect(changes([(0, 900), (10, 900)]) == [false, true])
    // It falls faster than time.
    #expect(changes([(0, 900), (10, 500)]) == [false, true])
    // Above the baseline, gone, for ever.
    #expect(changes([(0, 1_001), (1, 0), (2, .max)]) == [true, true, true])
    #expect(changes([(0, 4_000_000_000)], expected: .max) == [true])
    #expect(changes([(0, .max)], expected: .max) == [false])
  }

  @Test func aTimeThatRunsBackwardsDoesNotTrap() {
    #expect(changes([(100, 900), (-9_000_000_000, 899)]) == [false, false])
  }
}
