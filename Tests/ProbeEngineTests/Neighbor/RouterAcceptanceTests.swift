import Testing
import Timing
import Wire

@testable import ProbeEngine

/// Each view is what Linux 6.18 had after that advertisement with that setting: measured in a network namespace, with
/// scapy as the router.
@Suite struct RouterAcceptanceTests {
  private typealias Parts = [AcceptedPart]

  /// Default router, hop limit 64, MTU 1400, 2001:db8:1::/64 with L and A, 2001:db8:5::/48.
  private static func whole(_ change: (inout CraftedAdvertisement) -> Void = { _ in }) -> CraftedAdvertisement
  {
    CraftedAdvertisement {
      $0.addPrefix("2001:db8:1::")
      $0.addMTU(1_400)
      $0.addRoute("2001:db8:5::", length: 48)
      change(&$0)
    }
  }

  /// What came of `whole` with default settings and accept_ra_rt_info_max_plen = 64.
  private static func accepted(_ change: (inout KernelView) -> Void = { _ in }) -> KernelView {
    hostView(at: at(4_000)) {
      $0.interface.settings.acceptRouteInformationMaximumLength = 64
      $0.interface.ipv6MTU = 1_400
      $0.addAddress("2001:db8:1::11", valid: 3_596)
      $0.addRoute("2001:db8:1::", 64, origin: 2, lifetime: 3_596)
      $0.addRoute("2001:db8:5::", 48, via: "fe80::a", lifetime: 896)
      $0.addRoute("::", 0, via: "fe80::a", lifetime: 1_796, hopLimit: 64, mtu: 1_400)
      change(&$0)
    }
  }

  /// A host that made nothing of it.
  private static func untouched(_ change: (inout KernelView) -> Void = { _ in }) -> KernelView {
    hostView(at: at(4_000)) {
      // Not what is advertised: else a hop limit that was never touched would look taken over.
      $0.interface.settings.hopLimit = 99
      $0.interface.settings.acceptRouteInformationMaximumLength = 64
      change(&$0)
    }
  }

  private func parts(_ crafted: CraftedAdvertisement, _ view: KernelView) -> Parts {
    let parts = RouterAcceptance(view: view).parts(of: crafted.heard(at: at(300)))
    #expect(!parts.isEmpty)
    return parts
  }

  private func obstacles(_ parts: Parts, _ part: AcceptedPart.Part) -> [AcceptanceObstacle]? {
    parts.first { $0.part == part }?.obstacles
  }

  private let prefix = AcceptedPart.Part.prefix(routerAddress("2001:db8:1::"), length: 64)
  private let route = AcceptedPart.Part.route(routerAddress("2001:db8:5::"), length: 48)
  private let mtu = AcceptedPart.Part.mtu(1_400)
  private let hopLimit = AcceptedPart.Part.hopLimit(64)

  @Test func `what was accepted names the address, the routes and the MTU that came of it`() throws {
    let parts = parts(Self.whole(), Self.accepted())
    #expect(parts.map { $0.part } == [.defaultRouter, hopLimit, mtu, prefix, route])
    #expect(parts.allSatisfy { $0.obstacles.isEmpty })
    #expect(parts[0].route?.gateway == routerAddress("fe80::a"))
    #expect(parts[2].mtu == 1_400)
    #expect(parts[3].addresses.map { $0.address } == [routerAddress("2001:db8:1::11")])
    #expect(parts[3].route?.prefixLength == 64)
    #expect(parts[4].route?.prefixLength == 48)
  }

  struct Whole: CustomTestStringConvertible, Sendable {
    let obstacle: AcceptanceObstacle
    let view: @Sendable (inout KernelView) -> Void
    var testDescription: String { "\(obstacle)" }
  }

  static let wholes: [Whole] = [
    Whole(obstacle: .acceptRAOff) { $0.interface.settings.acceptRA = 0 },
    Whole(obstacle: .acceptRAOff) {
      $0.interface.settings.acceptRA = 0
      $0.interface.settings.forwarding = 1
    },
    Whole(obstacle: .forwarding) { $0.interface.settings.forwarding = 1 },
    Whole(obstacle: .ipv6Disabled) { $0.interface.settings.disableIPv6 = 1 },
    Whole(obstacle: .ipv6Disabled) {
      $0.interface.mtu = 1_270
      $0.interface.ipv6MTU = nil
    },
  ]

  @Test(arguments: wholes)
  func `a setting against the whole advertisement stands against each part`(_ whole: Whole) {
    let parts = parts(Self.whole(), Self.untouched(whole.view))
    #expect(parts.count == 5)
    #expect(parts.allSatisfy { $0.obstacles.first == whole.obstacle })
  }

  @Test func `with accept_ra 2 forwarding is no obstacle`() {
    let parts = parts(
      Self.whole(),
      Self.accepted {
        $0.interface.settings.acceptRA = 2
        $0.interface.settings.forwarding = 1
      })
    #expect(parts.allSatisfy { $0.obstacles.isEmpty })
  }

  @Test func `accept_ra_pinfo 0 keeps prefixes away and nothing else`() {
    let view = Self.accepted {
      $0.interface.settings.acceptPrefixInformation = 0
      $0.addresses.removeLast()
      $0.routes.removeFirst()
    }
    let parts = parts(Self.whole(), view)
    #expect(obstacles(parts, prefix) == [.prefixInformationOff])
    #expect(parts.filter { !$0.obstacles.isEmpty }.count == 1)
  }

  @Test func `autoconf 0 keeps addresses away while the on-link route is made`() throws {
    let view = Self.accepted {
      $0.interface.settings.autoconfiguration = 0
      $0.addresses.removeLast()
    }
    let parts = parts(Self.whole(), view)
    #expect(obstacles(parts, prefix) == [.autoconfigurationOff])
    let part = try #require(parts.first { $0.part == prefix })
    #expect(part.route != nil && part.addresses.isEmpty)
  }

  @Test func `accept_ra_defrtr 0 keeps default route and hop limit away, other routes come`() {
    let view = Self.accepted {
      $0.interface.settings.acceptDefaultRouter = 0
      $0.interface.settings.hopLimit = 99
      $0.routes.removeLast()
    }
    let parts = parts(Self.whole(), view)
    #expect(obstacles(parts, .defaultRouter) == [.defaultRouterOff])
    #expect(obstacles(parts, hopLimit) == [.defaultRouterOff])
    #expect(parts.filter { !$0.obstacles.isEmpty }.count == 2)
  }

  @Test func `a hop limit below the minimum is left, the default route is made`() {
    let view = Self.accepted {
      $0.interface.settings.acceptMinimumHopLimit = 65
      $0.interface.settings.hopLimit = 99
      $0.routes[$0.routes.count - 1].hopLimit = nil
    }
    let parts = parts(Self.whole(), view)
    #expect(obstacles(parts, hopLimit) == [.hopLimitTooLow(minimum: 65)])
    #expect(parts.filter { !$0.obstacles.isEmpty }.count == 1)
  }

  @Test func `a hop limit of 0 says nothing and is no part`() {
    let parts = parts(Self.whole { $0.header.hopLimit = 0 }, Self.accepted())
    #expect(parts.map { $0.part } == [.defaultRouter, mtu, prefix, route])
  }

  @Test func `accept_ra_min_lft 2000 leaves the default route, its hop limit and the shorter route`() {
    let view = Self.accepted {
      $0.interface.settings.acceptMinimumLifetime = 2_000
      $0.interface.settings.hopLimit = 99
      $0.routes.removeLast(2)
    }
    let parts = parts(Self.whole(), view)
    let short = AcceptanceObstacle.lifetimeTooShort(minimum: 2_000)
    #expect(obstacles(parts, .defaultRouter) == [short])
    #expect(obstacles(parts, hopLimit) == [short])
    #expect(obstacles(parts, route) == [short])
    #expect(obstacles(parts, prefix) == [] && obstacles(parts, mtu) == [])
  }

  @Test func `accept_ra_min_lft 4000 leaves the prefix too, the MTU is taken`() {
    let view = Self.untouched {
      $0.interface.settings.acceptMinimumLifetime = 4_000
      $0.interface.ipv6MTU = 1_400
    }
    let parts = parts(Self.whole(), view)
    #expect(obstacles(parts, prefix) == [.lifetimeTooShort(minimum: 4_000)])
    #expect(obstacles(parts, mtu) == [])
  }

  @Test func `accept_ra_mtu 0 leaves the link's MTU in use`() throws {
    let view = Self.accepted {
      $0.interface.settings.acceptMTU = 0
      $0.interface.ipv6MTU = 1_500
      $0.routes[$0.routes.count - 1].mtu = nil
    }
    let parts = parts(Self.whole(), view)
    #expect(obstacles(parts, mtu) == [.mtuOff])
    #expect(parts.first { $0.part == mtu }?.mtu == 1_500)
  }

  @Test(arguments: [9_000, 1_000] as [UInt32])
  func `an MTU above the link's or below 1280 is left`(advertised: UInt32) {
    let crafted = CraftedAdvertisement { $0.addMTU(advertised) }
    #expect(obstacles(parts(crafted, Self.untouched()), .mtu(advertised)) == [.mtuOutOfRange])
  }

  @Test func `of two MTU options the first counts`() {
    let crafted = CraftedAdvertisement {
      $0.addMTU(1_400)
      $0.addMTU(1_450)
    }
    let parts = parts(crafted, Self.accepted())
    #expect(parts.map { $0.part } == [.defaultRouter, hopLimit, mtu])
    #expect(obstacles(parts, mtu) == [])
  }

  @Test func `an MTU that another router's overrode stays with the default route`() throws {
    let view = Self.accepted {
      $0.interface.ipv6MTU = 1_450
      $0.addRoute("::", 0, via: "fe80::b", lifetime: 1_796, hopLimit: 64, mtu: 1_450)
    }
    let part = try #require(parts(Self.whole(), view).first { $0.part == mtu })
    #expect(part.obstacles.isEmpty && part.mtu == 1_450)
    #expect(part.route?.gateway == routerAddress("fe80::a"))
    let finding = try #require(findings(Self.whole(), view).first)
    #expect(finding.kind == .mtuDiffers && finding.severity == .problem)
    #expect(finding.expected == .number(1_400) && finding.found == .number(1_450))
  }

  @Test func `accept_ra_rtr_pref 0 keeps routes away whatever their length`() {
    let view = Self.accepted {
      $0.interface.settings.acceptRouterPreference = 0
      $0.routes.remove(at: 1)
    }
    let parts = parts(Self.whole(), view)
    #expect(obstacles(parts, route) == [.routePreferenceOff])
    #expect(parts.filter { !$0.obstacles.isEmpty }.count == 1)
  }

  @Test(arguments: [0, 47])
  func `a route longer than accept_ra_rt_info_max_plen is left`(maximum: Int) {
    let view = Self.accepted {
      $0.interface.settings.acceptRouteInformationMaximumLength = maximum
      $0.routes.remove(at: 1)
    }
    #expect(obstacles(parts(Self.whole(), view), route) == [.routeTooLong(maximum: maximum)])
  }

  @Test func `a route to everywhere needs no length allowed, but default routers accepted`() {
    let crafted = CraftedAdvertisement {
      $0.header.lifetime = 0
      $0.addRoute("::", length: 0)
    }
    let everywhere = AcceptedPart.Part.route(.unspecified, length: 0)
    let with = hostView(at: at(4_000)) { $0.addRoute("::", 0, via: "fe80::a", lifetime: 896) }
    #expect(obstacles(parts(crafted, with), everywhere) == [])
    let without = Self.untouched { $0.interface.settings.acceptDefaultRouter = 0 }
    #expect(obstacles(parts(crafted, without), everywhere) == [.defaultRouterOff])
  }

  @Test func `a route with the reserved preference is left`() {
    let crafted = CraftedAdvertisement { $0.addRoute("2001:db8:5::", length: 48, preference: 2) }
    #expect(obstacles(parts(crafted, Self.untouched()), route) == [.optionIgnored(.reservedPreference)])
  }

  @Test func `bits behind a prefix's length do not keep it from its route`() {
    let crafted = CraftedAdvertisement {
      $0.addPrefix("2001:db8:1::77")
      $0.addRoute("2001:db8:5:7:8::", length: 48)
    }
    #expect(parts(crafted, Self.accepted()).allSatisfy { $0.obstacles.isEmpty })
  }

  @Test(arguments: [56, 80] as [UInt8])
  func `a prefix that has not 64 bits makes a route and no address`(length: UInt8) throws {
    let crafted = CraftedAdvertisement { $0.addPrefix("2001:db8:1::", length: length) }
    let view = hostView(at: at(4_000)) { $0.addRoute("2001:db8:1::", length, origin: 2, lifetime: 3_596) }
    let part = try #require(parts(crafted, view).last)
    #expect(part.obstacles == [.prefixLengthNot64] && part.route != nil)
  }

  @Test func `only what the flags ask for is looked for`() {
    func prefix(_ flags: UInt8) -> CraftedAdvertisement {
      CraftedAdvertisement { $0.addPrefix("2001:db8:1::", flags: flags) }
    }
    let routeOnly = hostView(at: at(4_000)) { $0.addRoute("2001:db8:1::", 64, origin: 2, lifetime: 3_596) }
    let addressOnly = hostView(at: at(4_000)) { $0.addAddress("2001:db8:1::11", valid: 3_596) }
    #expect(parts(prefix(0x80), routeOnly).last?.obstacles == [])
    #expect(parts(prefix(0x40), addressOnly).last?.obstacles == [])
    #expect(parts(prefix(0xc0), routeOnly).last?.obstacles == [.unknown])
    #expect(parts(prefix(0xc0), addressOnly).last?.obstacles == [.unknown])
    #expect(parts(prefix(0), hostView(at: at(4_000))).last?.obstacles == [])
  }

  @Test func `a prefix with P makes no address where the host honors it`() {
    let crafted = CraftedAdvertisement { $0.addPrefix("2001:db8:1::", flags: 0xd0) }
    let view = hostView(at: at(4_000)) {
      $0.interface.settings.honorsDelegationPreferredFlag = 1
      $0.addRoute("2001:db8:1::", 64, origin: 2, lifetime: 3_596)
    }
    #expect(parts(crafted, view).last?.obstacles == [.delegationPreferred])
  }

  @Test func `lifetimes of zero, and those that have run out since, make nothing and are no fault`() {
    let zero = CraftedAdvertisement {
      $0.header.lifetime = 0
      $0.addPrefix("2001:db8:1::", valid: 0, preferred: 0)
      $0.addRoute("2001:db8:5::", length: 48, lifetime: 0)
    }
    let run = CraftedAdvertisement {
      $0.header.lifetime = 2
      $0.addPrefix("2001:db8:1::", valid: 2, preferred: 1)
      $0.addRoute("2001:db8:5::", length: 48, lifetime: 3)
    }
    // The kernel keeps expired routes for a while, with nothing left.
    let view = hostView(at: at(4_000)) { $0.addRoute("::", 0, via: "fe80::a", lifetime: 0) }
    for crafted in [zero, run] {
      let parts = parts(crafted, view).filter { $0.part != hopLimit }
      #expect(parts.count == 3)
      #expect(parts.allSatisfy { $0.obstacles == [.lifetimeZero] })
      #expect(parts[0].route == nil)
    }
  }

  @Test func `a prefix that breaks a rule is left`() {
    let crafted = CraftedAdvertisement { $0.addPrefix("2001:db8:1::", valid: 100, preferred: 200) }
    #expect(parts(crafted, Self.untouched()).last?.obstacles == [.optionIgnored(.preferredAboveValid)])
  }

  @Test func `from an own address neither routes nor hop limit come; prefix and MTU do`() {
    let view = Self.accepted {
      $0.addAddress("fe80::a", valid: nil, flags: 0x80, origin: 0)
      $0.interface.settings.hopLimit = 99
      $0.routes.removeLast(2)
    }
    let parts = parts(Self.whole(), view)
    for part in [.defaultRouter, hopLimit, route] { #expect(obstacles(parts, part) == [.fromThisHost]) }
    #expect(obstacles(parts, prefix) == [] && obstacles(parts, mtu) == [])
  }

  @Test func `with accept_ra_from_local nothing at all comes of a default router that is this host`() {
    let view = Self.untouched {
      $0.addAddress("fe80::a", valid: nil, flags: 0x80, origin: 0)
      $0.interface.settings.acceptFromLocal = 1
    }
    #expect(parts(Self.whole(), view).allSatisfy { $0.obstacles.first == .fromThisHost })
  }

  @Test func `an address in duplicate state is named and is no success`() throws {
    let view = Self.accepted { $0.addresses[$0.addresses.count - 1].flags = 0x48 }
    let part = try #require(parts(Self.whole(), view).first { $0.part == prefix })
    #expect(part.obstacles == [.duplicateAddress])
    #expect(part.addresses.map { $0.isDuplicate } == [true])
  }

  @Test func `a duplicate link-local address explains a prefix without address: they share the identifier`() {
    let view = Self.accepted {
      $0.addresses.removeLast()
      $0.addresses[0].flags = 0xc8
    }
    #expect(obstacles(parts(Self.whole(), view), prefix) == [.duplicateAddress])
  }

  @Test func `an address that a person gave is not made from the prefix`() {
    let view = Self.accepted { $0.addresses[$0.addresses.count - 1].origin = 0 }
    #expect(obstacles(parts(Self.whole(), view), prefix) == [])
    let given = Self.accepted {
      $0.addresses.removeLast()
      $0.addAddress("2001:db8:1::5", valid: nil, flags: 0x80, origin: 0)
    }
    #expect(obstacles(parts(Self.whole(), given), prefix) == [.unknown])
  }

  @Test func `without a link-local address Linux takes everything, and where it does not, that is said`() {
    let all = Self.accepted { $0.addresses.removeFirst() }
    #expect(parts(Self.whole(), all).allSatisfy { $0.obstacles.isEmpty })
    let nothing = Self.untouched { $0.addresses.removeFirst() }
    #expect(parts(Self.whole(), nothing).allSatisfy { $0.obstacles == [.noLinkLocalAddress] })
  }

  @Test func `a daemon of user space may have taken what the kernel must not`() {
    let view = Self.accepted { $0.interface.settings.acceptRA = 0 }
    #expect(parts(Self.whole(), view).allSatisfy { $0.obstacles.isEmpty })
  }

  @Test func `what an earlier advertisement left, before forwarding was turned on, is not this one's`() {
    let view = Self.accepted {
      $0.interface.settings.forwarding = 1
      // The kernel drops default routes then and keeps the rest, which is no longer refreshed.
      $0.routes.removeLast()
      $0.addresses[$0.addresses.count - 1].validLifetime = 3_000
      $0.routes[0].lifetime = 3_000
      $0.routes[1].lifetime = 500
    }
    let parts = parts(Self.whole(), view)
    for part in [.defaultRouter, prefix, route] { #expect(obstacles(parts, part) == [.forwarding]) }
  }

  @Test func `another router's shorter lifetime of the same prefix is no obstacle`() {
    let view = Self.accepted {
      $0.addresses[$0.addresses.count - 1].validLifetime = 600
      $0.routes[0].lifetime = 600
    }
    #expect(obstacles(parts(Self.whole(), view), prefix) == [])
  }

  @Test func `a lifetime for ever is compared with for ever`() {
    let crafted = CraftedAdvertisement { $0.addPrefix("2001:db8:1::", valid: .max, preferred: .max) }
    let view = Self.accepted {
      $0.addresses[$0.addresses.count - 1].validLifetime = nil
      $0.routes[0].lifetime = nil
    }
    #expect(parts(crafted, view).allSatisfy { $0.obstacles.isEmpty })
  }

  @Test func `settings that cannot be read explain nothing and forbid nothing`() {
    let view = Self.accepted { $0.interface.settings = KernelSettings() }
    #expect(parts(Self.whole(), view).allSatisfy { $0.obstacles.isEmpty })
    let nothing = hostView(at: at(4_000)) { $0.interface.settings = KernelSettings() }
    let parts = parts(Self.whole(), nothing)
    #expect(obstacles(parts, .defaultRouter) == [.unknown])
    // Nobody knows what hop limit is in use.
    #expect(obstacles(parts, hopLimit) == [])
  }

  @Test func `a discarded message is joined with its rule alone`() {
    let crafted = CraftedAdvertisement {
      $0.envelopeHopLimit = 64
      $0.addPrefix("2001:db8:1::")
    }
    #expect(
      parts(crafted, Self.untouched()).allSatisfy { $0.obstacles == [.discarded(.hopLimit)] })
  }

  // MARK: As findings

  private func findings(_ crafted: CraftedAdvertisement, _ view: KernelView) -> [Finding] {
    var run = RouterRun(view: view)
    run.kernel = view
    run.hear(crafted, at: 300)
    run.run()
    return run.findings
  }

  @Test func `what was accepted gives no finding`() {
    #expect(findings(Self.whole(), Self.accepted()).isEmpty)
  }

  @Test func `one reason against everything is said once, and the MTU in use is a problem of its own`() throws
  {
    let all = findings(Self.whole(), Self.untouched { $0.interface.settings.acceptRA = 0 })
    let refused = all.filter { $0.kind == .notAccepted }
    #expect(refused.map { $0.obstacle } == [.acceptRAOff])
    #expect(refused.first?.severity == .notice && refused.first?.field == nil)
    let mtu = try #require(all.first { $0.kind == .mtuDiffers })
    #expect(mtu.severity == .problem && mtu.obstacle == .acceptRAOff)
    #expect(mtu.expected == .number(1_400) && mtu.found == .number(1_500))
    #expect(all.count == 2)
  }

  @Test func `a part that was not accepted is said with its prefix and reason`() {
    let view = Self.accepted {
      $0.interface.settings.autoconfiguration = 0
      $0.interface.settings.acceptRouteInformationMaximumLength = 0
      $0.addresses.removeLast()
      $0.routes.remove(at: 1)
    }
    let all = findings(Self.whole(), view)
    #expect(all.allSatisfy { $0.kind == .notAccepted && $0.severity == .notice })
    #expect(all.map { $0.obstacle } == [.autoconfigurationOff, .routeTooLong(maximum: 0)])
    #expect(all.map { $0.field } == [.prefix, .route])
    #expect(all.map { $0.prefixLength } == [64, 48])
  }

  @Test func `a default route that keeps another MTU is a problem`() throws {
    let view = Self.accepted { $0.routes[$0.routes.count - 1].mtu = 1_300 }
    let finding = try #require(findings(Self.whole(), view).first)
    #expect(finding.kind == .mtuDiffers && finding.found == .number(1_300))
  }

  @Test func `IPv6 uses less than the link and no router says so: a notice`() throws {
    let view = hostView(at: at(4_000)) {
      $0.interface.ipv6MTU = 1_400
      $0.addRoute("::", 0, via: "fe80::a", lifetime: 1_796, hopLimit: 64)
    }
    let finding = try #require(findings(CraftedAdvertisement(), view).first)
    #expect(finding.kind == .mtuDiffers && finding.severity == .notice)
    #expect(finding.expected == .number(1_500) && finding.found == .number(1_400))
  }
}
