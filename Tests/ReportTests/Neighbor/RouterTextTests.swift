import ProbeEngine
import Testing
import Timing
import Wire

@testable import Report

@Suite struct RouterTextTests {
  static func heard(_ octets: [UInt8], last: UInt8 = 1, hopLimit: UInt8 = 255) -> HeardMessage {
    makeHeard(octets, from: local(last), to: allNodes, link: mac(last), hopLimit: hopLimit)
  }

  static func lines(_ events: [LinkEvent], _ change: (inout LinkRun) -> Void = { _ in }) -> [String] {
    var run = makeLinkRun(.routers)
    change(&run)
    return Array(PrintedLink(LinkText(), run, events).lines.dropLast())
  }

  static let hour: [UInt8] = [0, 0, 0x0e, 0x10]

  @Test func anAdvertisementIsShownWholeWithWhatTheKernelMadeOfIt() {
    var router = AcceptedPart(.defaultRouter)
    router.route = EveryLinkEvent.route
    var prefix = AcceptedPart(.prefix(onLink(0), length: 64))
    prefix.obstacles = [.prefixInformationOff]
    var mtu = AcceptedPart(.mtu(1_400))
    mtu.mtu = 1_400
    let message = Self.heard(
      makeRouterAdvertisement(
        flags: 0x48,
        [
          option(1, mac(1).octets), makePrefix(), option(5, [0, 0, 0, 0, 0x05, 0x78]),
          option(25, [0, 0] + Self.hour + wireOctets(peer)),
          option(31, [0, 0] + Self.hour + wireName([Array("a".utf8), Array("example".utf8)])),
          option(38, [0x07, 0x08, 0, 0x64, 0xff, 0x9b] + [UInt8](repeating: 0, count: 8)),
        ]))
    var row = makeRouterRow(1, message, parts: [router, prefix, mtu])
    row.optionLink = mac(1)
    var summary = RoutersSummary(at: .zero)
    (summary.routers, summary.advertisements) = (1, 1)
    #expect(
      Self.lines([.router(row), .summary(.routers(summary))]) == [
        "routers on eth0 from fe80::a (02:00:00:00:00:0a)",
        "",
        "router fe80::1 at 02:00:00:00:00:01, 1 advertisement, after 104.112 ms",
        "  router lifetime      30 min",
        "  preference           high",
        "  flags                other",
        "  hop limit            64",
        "  reachable time       unspecified",
        "  retransmit timer     unspecified",
        "  source link-layer    02:00:00:00:00:01",
        "  prefix               2001:db8:1::/64, on link, autonomous, valid 1 d, preferred 4 h",
        "  mtu                  1400",
        "  DNS servers          2001:db8::2, lifetime 1 h",
        "  DNS search list      a.example, lifetime 1 h",
        "  NAT64 prefix         64:ff9b::/96, lifetime 30 min",
        "  kernel:",
        "    default router: accepted: route default via fe80::1, metric 1024, mtu 1400, hop limit 64, "
          + "preference high, expires in 29 min 55 s",
        "    prefix 2001:db8:1::/64: not accepted: net.ipv6.conf.eth0.accept_ra_pinfo = 0",
        "    mtu 1400: accepted: IPv6 uses 1400",
        "",
        "1 router, 1 advertisement, 0 problems",
      ])
  }

  @Test func brokenRulesStandWhereTheyAreBroken() {
    let message = Self.heard(
      makeRouterAdvertisement([
        makePrefix(valid: 100, preferred: 200), option(5, [0, 0, 0, 0, 0, 68]), [24, 0, 1, 2, 3],
      ]), hopLimit: 64)
    #expect(
      Array(Self.lines([.advertisement(makeAnswer(message, .discarded, target: nil))])[1...5]) == [
        "",
        "not believed: router advertisement from fe80::1 at 02:00:00:00:00:01",
        "  breaks hop_limit: the hop limit is 255, here 64 "
          + "(RFC 4861 section 6.1, section 7.1, section 8.1); the message is discarded",
        "  router lifetime      30 min",
        "  preference           medium",
      ])
    #expect(
      Array(Self.lines([.advertisement(makeAnswer(message, .discarded, target: nil))])[10...]) == [
        "  prefix               2001:db8:1::/64, on link, autonomous, valid 1 min 40 s, preferred 3 min 20 s",
        "    breaks preferred_above_valid at octet 16: the preferred lifetime is at most the valid one "
          + "(RFC 4862 section 5.5.3); the option is ignored",
        "  mtu                  68",
        "    breaks mtu_too_small at octet 48: the MTU is 1280 at least (RFC 4861 section 6.3.4); "
          + "the option is ignored",
        "  unreadable           5 octets from octet 56 on: 1800010203",
        "    breaks option_length at octet 56: every option has a length above 0 and ends within the "
          + "message (RFC 4861 section 6.1, section 7.1, section 8.1); the message is discarded",
      ])
  }

  @Test func lifetimesShrinkWithTheAgeOfTheAdvertisement() {
    var row = makeRouterRow(
      1, Self.heard(makeRouterAdvertisement([makePrefix(valid: .max, preferred: 3)])))
    row.at = row.advertisement.arrival.stamp + .milliseconds(4_900)
    let lines = Self.lines([.router(row)])
    #expect(lines[3] == "  router lifetime      30 min (29 min 56 s left)")
    #expect(
      lines[9]
        == "  prefix               2001:db8:1::/64, on link, autonomous, valid infinity, preferred 3 s (over)"
    )
  }

  @Test func optionsWithTextAndParametersAreSpelledOut() {
    let name = wireName([Array("dns".utf8), Array("example".utf8)])
    let parameters: [UInt8] =
      [0, 1, 0, 7, 2, 0x68, 0x32, 3, 0x64, 0x6f, 0x74, 0, 3, 0, 2, 0x03, 0x55, 0, 7, 0, 2, 0x2f, 0x71]
      + [0xff, 0, 0, 1, 0xab]
    let resolver = option(
      144,
      [0, 1] + Self.hour + [0, UInt8(name.count)] + name + [0, 16] + wireOctets(peer)
        + [0, UInt8(parameters.count)] + parameters)
    let domain = option(
      21,
      [0x80, 0x01, 0, 7] + wireName([Array("pvd".utf8), Array("example".utf8)]) + [0, 0, 0, 0, 0]
        + option(5, [0, 0, 0, 0, 0x05, 0xdc]))
    let row = makeRouterRow(
      1,
      Self.heard(
        makeRouterAdvertisement([
          option(37, Array("https://a.example/".utf8)), resolver, domain,
          option(24, [48, 0x18] + [0xff, 0xff, 0xff, 0xff] + wireOctets(peer).prefix(8)),
          option(253, [1, 2, 3, 4, 5, 6]),
        ])))
    #expect(
      Array(Self.lines([.router(row)])[9...]) == [
        "  captive portal       https://a.example/",
        "  encrypted DNS        dns.example, priority 1, lifetime 1 h, at 2001:db8::2, alpn=h2,dot, port=853, "
          + "dohpath=/q, key65280=ab",
        "  PvD                  pvd.example, sequence 7, more by HTTPS within 2.0 s",
        "    mtu                  1500",
        "  route                2001:db8::/48, preference low, lifetime infinity",
        "  experiment           010203040506",
      ])
  }

  @Test func severalRoutersStandSideBySideWithAMarkWhereTheyDisagree() {
    let first = makeRouterRow(
      1, Self.heard(makeRouterAdvertisement([makePrefix(), option(5, [0, 0, 0, 0, 0x05, 0xdc])]), last: 1))
    let second = makeRouterRow(
      2, Self.heard(makeRouterAdvertisement(flags: 0x80, lifetime: 600, [makePrefix(preferred: 60)]), last: 2)
    )
    var managed = Finding(.inconsistentRouters, .problem, at: .zero)
    (managed.address, managed.otherAddress, managed.field) = (local(2), local(1), .managed)
    (managed.found, managed.expected) = (.flag(true), .flag(false))
    var preferred = managed
    (preferred.field, preferred.prefix, preferred.prefixLength) = (.preferredLifetime, onLink(0), 64)
    (preferred.found, preferred.expected) = (.number(60), .number(14_400))
    var summary = RoutersSummary(at: .zero)
    (summary.routers, summary.advertisements, summary.problems) = (2, 2, 2)
    let lines = Self.lines([
      .router(first), .router(second), .finding(managed), .finding(preferred), .summary(.routers(summary)),
    ])
    #expect(
      Array(lines[20...]) == [
        "problem inconsistent_routers: routers disagree about the managed flag: fe80::2 says yes, "
          + "fe80::1 says no",
        "problem inconsistent_routers: routers disagree about the preferred lifetime of 2001:db8:1::/64: "
          + "fe80::2 says 1 min, fe80::1 says 4 h",
        "",
        "side by side (! where they disagree):",
        "                      fe80::1            fe80::2",
        "  link-layer address  02:00:00:00:00:01  02:00:00:00:00:02",
        "  router lifetime     30 min             10 min",
        "  preference          medium             medium",
        "! managed             no                 yes",
        "  other               no                 no",
        "  hop limit           64                 64",
        "  mtu                 1500               -",
        "! 2001:db8:1::/64     LA 1 d/4 h         LA 1 d/1 min",
        "",
        "2 routers, 2 advertisements, 2 problems",
      ])
  }

  @Test func withoutARouterTheSummarySaysHowOftenItWasAsked() {
    var summary = RoutersSummary(at: .zero)
    summary.solicitations = 3
    #expect(
      Self.lines([.finding(Finding(.noRouter, .problem, at: .zero)), .summary(.routers(summary))])[1...] == [
        "problem no_router: no router answered",
        "no router: no advertisement in answer to 3 solicitations",
      ])
  }

  @Test func watchedRoutersAreTimeLinesUntilTheEnd() {
    let message = Self.heard(makeRouterAdvertisement([makePrefix()]))
    let lines = Self.lines([.advertisement(makeAnswer(message, .unsolicited, target: nil))]) {
      $0.isContinuous = true
    }
    #expect(
      lines[1]
        == "10:05:16.398  router fe80::1 (02:00:00:00:00:01): lifetime 30 min, prefix 2001:db8:1::/64")
  }
}
