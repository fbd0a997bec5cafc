import ProbeEngine
import Testing
import Timing
import Wire

@testable import Report

@Suite struct LinkTextTests {
  static let address = "2001:db8:1::b"

  /// The lines below the header, without the empty one at the end.
  static func lines(
    _ events: [LinkEvent], _ act: LinkRun.Act = .resolve, _ names: [String] = [address],
    _ change: (inout LinkTextOptions) -> Void = { _ in }
  ) -> [String] {
    var options = LinkTextOptions()
    change(&options)
    let lines = PrintedLink(LinkText(options: options), makeLinkRun(act, names), events).lines
    return Array(lines.dropFirst(options.isQuiet ? 0 : 1).dropLast())
  }

  static func verdict(_ summary: NeighborSummary, _ act: LinkRun.Act = .resolve) -> [String] {
    lines([.summary(.neighbor(summary))], act)
  }

  // MARK: - Targets

  @Test func theHeaderSaysWhatIsAskedFromWhere() {
    #expect(
      PrintedLink(LinkText(), makeLinkRun(.resolve, [Self.address])).lines
        == ["resolve 2001:db8:1::b from fe80::a (02:00:00:00:00:0a) on eth0", ""])
    #expect(
      PrintedLink(LinkText(), makeLinkRun(.unicast, ["host.example"])).lines[0]
        == "unicast host.example (2001:db8:1::b) from fe80::a (02:00:00:00:00:0a) on eth0")
    #expect(
      PrintedLink(LinkText(), makeLinkRun(.dad, [Self.address])).lines[0]
        == "dad 2001:db8:1::b from :: (02:00:00:00:00:0a) on eth0")
    #expect(
      PrintedLink(LinkText(), makeLinkRun(.resolve, ["a", "b"])).lines[0]
        == "resolve 2 targets from fe80::a (02:00:00:00:00:0a) on eth0")
  }

  @Test func anAnswerAndItsVerdictTakeTwoLines() {
    let summary = makeNeighborSummary(.agrees, claims: [makeClaim()], kernel: makeEntry(.reachable))
    #expect(
      Self.lines([
        .advertisement(makeAnswer(makeHeard(makeAdvertisement()))), .summary(.neighbor(summary)),
      ]) == [
        "answer: 02:00:00:00:00:0b, solicited override, 0.213 ms",
        "agrees: 02:00:00:00:00:0b answers, and the kernel's entry names it (REACHABLE, confirmed 40 s ago)",
      ])
  }

  @Test func whatIsOddAboutAnAnswerIsOnItsLine() {
    let proxied = makeHeard(makeAdvertisement(flags: 0xa0), from: local(0xc), link: mac(0xc))
    #expect(
      Self.lines([.advertisement(makeAnswer(proxied, microseconds: nil))])
        == [
          "answer: 02:00:00:00:00:0b in a frame from 02:00:00:00:00:0c, router override, from fe80::c"
        ])
    let bare = makeHeard(makeAdvertisement(flags: 0x40, link: nil))
    #expect(
      Self.lines([.advertisement(makeAnswer(bare))])
        == ["answer: 02:00:00:00:00:0b by its frame alone, solicited, 0.213 ms"])
    let broken = makeHeard(makeAdvertisement(), hopLimit: 64)
    #expect(
      Self.lines([.advertisement(makeAnswer(broken, .discarded, microseconds: nil))])
        == [
          "not believed: 02:00:00:00:00:0b, solicited override, hop limit 64",
          "  breaks hop_limit: the hop limit is 255, here 64 (RFC 4861 section 6.1, section 7.1, section 8.1)",
        ])
  }

  @Test func verboseAddsWhatTheHostAddedAndWhatWasRepeated() {
    let answer = makeAnswer(makeHeard(makeAdvertisement()))
    var again = answer
    again.standing = .repeated
    again.attempt = 2
    #expect(Self.lines([.advertisement(again)]) == [])
    #expect(
      Self.lines([.advertisement(answer), .advertisement(again)]) { $0.isVerbose = true } == [
        "answer: 02:00:00:00:00:0b, solicited override, 0.213 ms (host tx 0.020, host rx 0.011)",
        "again: 02:00:00:00:00:0b, solicited override, 0.213 ms (host tx 0.020, host rx 0.011), attempt 2",
      ])
  }

  @Test func differsNamesBothStationsAndTheRemedy() {
    let summary = makeNeighborSummary(.differs, claims: [makeClaim()], kernel: makeEntry(.stale, mac(0xff)))
    #expect(
      Self.verdict(summary) == [
        "differs: 02:00:00:00:00:0b answers, but the kernel's entry names another station "
          + "(STALE 02:00:00:00:00:ff, confirmed 40 s ago)",
        "  to have the kernel ask anew: ip -6 neigh del 2001:db8:1::b dev eth0",
      ])
    let permanent = makeNeighborSummary(
      .differs, claims: [makeClaim()], kernel: makeEntry(.permanent, mac(0xff)))
    #expect(
      Self.verdict(permanent)[1]
        == "  the entry was set by hand and stays until it is deleted: "
        + "ip -6 neigh del 2001:db8:1::b dev eth0")
  }

  @Test func everyVerdictSaysWhy() {
    func first(_ verdict: NeighborVerdict, _ claims: [NeighborClaim] = [], _ kernel: KernelNeighbor? = nil)
      -> String
    {
      Self.verdict(makeNeighborSummary(verdict, claims: claims, kernel: kernel, attempted: 3))[0]
    }
    #expect(
      first(.absent, [makeClaim()])
        == "absent: 02:00:00:00:00:0b answers; the kernel has no entry for it (its first packet makes one)")
    #expect(
      first(.absent, [makeClaim()], makeEntry(.failed, nil))
        == "absent: 02:00:00:00:00:0b answers; the kernel's entry has no address (FAILED)")
    #expect(first(.silent) == "silent: no answer to 3 solicitations; the kernel has no entry for it")
    #expect(
      first(.conflict, [makeClaim(), makeClaim(mac(0xc))])
        == "conflict: 2 stations claim it: 02:00:00:00:00:0b and 02:00:00:00:00:0c; "
        + "the kernel has no entry for it")
    #expect(first(.free) == "free: nobody answered: it can be assigned")
    #expect(first(.inUse, [makeClaim()]) == "in use: by 02:00:00:00:00:0b")
    var tentative = makeClaim(nil, frame: mac(0xc))
    tentative.source = .unspecified
    #expect(
      first(.inUse, [tentative])
        == "in use: being taken by 02:00:00:00:00:0c, which performs duplicate address detection for it now"
    )
    #expect(first(.loopedBack) == "looped back: nobody has it, but our own solicitation came back")
    #expect(
      first(.fresh, [makeClaim()], makeEntry(.reachable))
        == "fresh: 02:00:00:00:00:0b answers where it is asked (REACHABLE, confirmed 40 s ago)")
    #expect(
      first(.stale, [makeClaim()], makeEntry())
        == "stale: 02:00:00:00:00:0b answers where it is asked: right, though the kernel had not "
        + "confirmed it (STALE, confirmed 40 s ago)")
    #expect(
      first(.dead, [], makeEntry())
        == "dead: no answer to 3 solicitations, neither by unicast nor by multicast; "
        + "the kernel's entry: STALE 02:00:00:00:00:0b, confirmed 40 s ago")
    #expect(
      first(.multicastOnly, [makeClaim()], makeEntry())
        == "multicast only: 02:00:00:00:00:0b answers to multicast, and is silent where it is asked by "
        + "unicast (STALE, confirmed 40 s ago)")
    #expect(first(.local) == "local: an address of this host; nobody was asked")
    var failed = makeNeighborSummary(.sendFailed)
    failed.sendErrno = 101
    #expect(
      Self.verdict(failed) == [
        "send failed: no solicitation left this host: ENETUNREACH: Network is unreachable"
      ])
    #expect(
      first(.interrupted)
        == "interrupted: stopped after 3 solicitations without an answer; the kernel has no entry for it")
  }

  @Test func severalTargetsTakeOneLineEachAndCountsInTheEnd() {
    var kernel = makeEntry(.reachable)
    kernel.confirmedAge = nil
    let lines = Self.lines(
      [
        .advertisement(makeAnswer(makeHeard(makeAdvertisement()))),
        .finding(Finding(.conflict, .problem, at: .zero)),
        .summary(.neighbor(makeNeighborSummary(.agrees, claims: [makeClaim()], kernel: kernel))),
        .summary(.neighbor(makeNeighborSummary(.silent, target: 1, kernel: makeEntry(.stale, mac(0xc))))),
        .summary(
          .neighbor(
            makeNeighborSummary(.conflict, target: 2, claims: [makeClaim(), makeClaim(mac(0xc))]))),
      ], .resolve, ["a.example", "b", "c"])
    #expect(
      lines == [
        "a.example  agrees          02:00:00:00:00:0b  0.213 ms  kernel REACHABLE",
        "b          silent          kernel STALE 02:00:00:00:00:0c",
        "c          conflict        02:00:00:00:00:0b, 02:00:00:00:00:0c",
        "3 targets: agrees 1, silent 1, conflict 1",
      ])
  }

  @Test func quietIsTheVerdictAlone() {
    let events: [LinkEvent] = [
      .advertisement(makeAnswer(makeHeard(makeAdvertisement()))),
      .summary(.neighbor(makeNeighborSummary(.silent))),
    ]
    #expect(
      Self.lines(events) { $0.isQuiet = true }
        == ["silent: no answer to 1 solicitation; the kernel has no entry for it"])
  }

  @Test func timestampsComeBeforeLinesOfEvents() {
    let lines = Self.lines([.advertisement(makeAnswer(makeHeard(makeAdvertisement())))]) {
      $0.showsTimestamps = true
    }
    #expect(lines[0].hasPrefix("2026-11-21T10:05:16.398248000Z answer: 02:00:00:00:00:0b"))
  }

  // MARK: - Tables

  @Test func theKernelsTableStandsInColumns() {
    var proxy = makeEntry(.noARP, nil, address: local(0xc))
    (proxy.isProxy, proxy.isRouter, proxy.probes) = (true, true, 3)
    let limits = KernelNeighborLimits(thresholds: [128, 512, 1_024], entries: 12, tableFulls: 0)
    let lines = PrintedLink(
      LinkText(), makeLinkRun(.neighbors),
      [
        .neighbor(makeEntry(), at: .zero), .neighbor(proxy, at: .zero),
        .summary(.table(limits, entries: 2, at: .zero)),
      ]
    ).lines
    #expect(
      lines == [
        "ADDRESS        LINK-LAYER ADDRESS  STATE  FLAGS         CONFIRMED  USED   UPDATED  PROBES",
        "2001:db8:1::b  02:00:00:00:00:0b   STALE  -             40 s       3.2 s  10 min   0",
        "fe80::c        -                   NOARP  router,proxy  -          3.2 s  10 min   3",
        "2 entries; the host's table holds 12, gc_thresh 128/512/1024, never full",
        "",
      ])
  }

  @Test func aTimeLineHasOneLineForEachEvent() {
    var finding = Finding(.duplicateDetection, .notice, at: .zero)
    (finding.address, finding.link) = (onLink(0xb), mac(0xc))
    let nonce = option(14, [1, 2, 3, 4, 5, 6])
    let group = onLink(0xb).solicitedNodeMulticast
    let lines = Self.lines(
      [
        .heard(
          makeHeard(
            makeSolicitation(option(1, mac(0xa).octets)), from: local(0xa), to: group, link: mac(0xa))),
        .heard(makeHeard(makeSolicitation(nonce), from: .unspecified, to: group, link: mac(0xc))),
        .heard(makeHeard(makeAdvertisement(flags: 0x20), to: allNodes)),
        .heard(
          makeHeard(
            makeRouterAdvertisement(lifetime: 0, [makePrefix()]), from: local(1), to: allNodes, hopLimit: 64)
        ),
        .kernel(.neighbor(makeEntry(.incomplete, nil), isGone: false), at: .zero),
        .kernel(.address(EveryLinkEvent.address(flags: 0x48), isGone: false), at: .zero),
        .kernel(.route(EveryLinkEvent.route, isGone: true), at: .zero),
        .kernel(.lost, at: .zero), .finding(finding), .summary(.watch(WatchSummary(at: .zero))),
      ], .watch, [])
    #expect(
      lines == [
        "10:05:16.398  wire     who has 2001:db8:1::b? asks fe80::a (02:00:00:00:00:0a)",
        "10:05:16.398  wire     duplicate address detection for 2001:db8:1::b by 02:00:00:00:00:0c, "
          + "nonce 010203040506",
        "10:05:16.398  wire     2001:db8:1::b is at 02:00:00:00:00:0b (override), to all",
        "10:05:16.398  wire     router fe80::1 (02:00:00:00:00:0b): not a default router (lifetime 0), "
          + "prefix 2001:db8:1::/64; breaks hop_limit; not believed",
        "10:05:16.397  kernel   neighbor 2001:db8:1::b INCOMPLETE",
        "10:05:16.397  kernel   address fe80::a/64 (dadfailed, tentative), valid infinity, "
          + "preferred 1 min 40 s: refused as a duplicate",
        "10:05:16.397  kernel   route default via fe80::1, metric 1024, mtu 1400, hop limit 64, "
          + "preference high, expires in 29 min 55 s, router advertisement removed",
        "10:05:16.397  kernel   changes were lost here: the kernel's queue ran over",
        "10:05:16.397  finding  notice duplicate_detection: 02:00:00:00:00:0c performs duplicate address "
          + "detection for 2001:db8:1::b",
        "0 messages, 0 kernel changes, 0 findings",
      ])
  }

  @Test func stationsAreGroupedByLinkLayerAddress() {
    let station = StationRow(
      link: mac(0xb),
      addresses: [
        .init(local(0xb), ways: .init(rawValue: 3)), .init(onLink(0xb), ways: .echo),
      ], unexplainedGroups: [IPv6Address(bits: 0xff02 << 112 | 0x1_ff00_00dd)], isRouter: true)
    let host = StationRow(
      link: mac(0xa), addresses: [.init(local(0xa), ways: .neighborDiscovery)], isThisHost: true)
    var conflict = Finding(.conflict, .problem, at: .zero)
    (conflict.address, conflict.link, conflict.otherLink) = (onLink(0xb), mac(0xb), mac(0xc))
    var summary = ScanSummary(at: .zero)
    (summary.stations, summary.addresses, summary.questions, summary.problems) = (2, 3, 8, 1)
    #expect(
      Self.lines(
        [.finding(conflict), .station(host), .station(station), .summary(.scan(summary))], .scan, []) == [
          "problem conflict: 2001:db8:1::b is claimed by 02:00:00:00:00:0b and by 02:00:00:00:00:0c",
          "",
          "02:00:00:00:00:0a, this host",
          "  fe80::a  neighbor discovery",
          "",
          "02:00:00:00:00:0b, router",
          "  fe80::b        echo, parameter problem",
          "  2001:db8:1::b  echo",
          "  listens to ff02::1:ff00:dd: it has an address that ends in 00:00dd and did not show",
          "",
          "2 stations, 3 addresses, 8 questions, 1 problem",
        ])
  }

  @Test func conformanceIsATable() {
    let full = ConformanceRow.Answer(flags: 0x60, hasLinkLayerAddress: true)
    let detection = ConformanceRow.Answer(flags: 0x20, isToAllNodes: true, hasLinkLayerAddress: true)
    let lines = Self.lines(
      [
        .conformance(ConformanceRow(.multicast, expected: full, received: full, errno: nil, at: .zero)),
        .conformance(
          ConformanceRow(.duplicateDetection, expected: detection, received: nil, errno: nil, at: .zero)),
        .conformance(ConformanceRow(.code1, expected: nil, received: nil, errno: 1, at: .zero)),
        .summary(.conformance(tried: 3, asExpected: 1, at: .zero)),
      ], .conformance)
    #expect(
      lines == [
        "SOLICITATION                        EXPECTED                           RECEIVED",
        "multicast, with link-layer address  solicited override, address        "
          + "solicited override, address        ok",
        "duplicate address detection         override, to all nodes, address    "
          + "no answer                          DIFFERS",
        "code 1                              no answer                          "
          + "could not be sent: EPERM           DIFFERS",
        "1 of 3 answers are as expected",
      ])
  }

  @Test func aBaselineSaysWhatItHolds() {
    var router = LinkBaseline.Router(
      address: linkLocal, link: mac(1), hopLimit: 64, flags: 0x40, preference: .high, lifetime: 1_800)
    router.mtu = 1_500
    router.prefixes = [
      .init(prefix: onLink(0), length: 64, flags: 0xc0, validLifetime: 86_400, preferredLifetime: 14_400)
    ]
    router.dnsServers = [peer]
    router.dnsSearchList = [Array("example".utf8)]
    let baseline = LinkBaseline(routers: [router])
    #expect(
      Self.lines(
        [.summary(.baseline(GuardSummary(baseline: baseline, isWritten: true, at: .zero)))], .baseline, [])
        == [
          "baseline of 1 router:",
          "  router fe80::1 at 02:00:00:00:00:01: lifetime 30 min, preference high, other, hop limit 64, "
            + "mtu 1500",
          "    prefix 2001:db8:1::/64, on link, autonomous, valid 1 d, preferred 4 h",
          "    DNS server 2001:db8::2",
          "    DNS search list example",
        ])
    var compared = GuardSummary(baseline: baseline, isWritten: false, at: .zero)
    compared.advertisements = 3
    var rogue = Finding(.rogueRouter, .problem, at: .zero)
    (rogue.address, rogue.link) = (local(2), mac(2))
    compared.problems = 1
    #expect(
      Self.lines([.finding(rogue), .summary(.baseline(compared))], .baseline, []) == [
        "10:05:16.397  finding  problem rogue_router: router fe80::2 (02:00:00:00:00:02) is not in the "
          + "baseline",
        "not as in the baseline: 1 router, 3 advertisements, 1 problem, 0 notices",
      ])
  }
}
