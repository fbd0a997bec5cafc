import Testing
import Timing
import Wire

@testable import ProbeEngine

@Suite struct RouterConsistencyTests {
  private typealias Change = (inout CraftedAdvertisement) -> Void

  /// Routers fe80::a, fe80::b and so on, heard half a second apart.
  private func findings(_ changes: [Change]) -> [Finding] {
    let messages = changes.enumerated().map { index, change in
      CraftedAdvertisement {
        $0.source = IPv6Address(bits: 0xfe80 << 112 | UInt128(0xa + index))
        $0.frameLink = routerLink(UInt8(0xa + index))
        change(&$0)
      }.heard(at: at(Int64(index) * 500))
    }
    return RouterConsistency.findings(of: messages, at: at(9_000)).findings
  }

  struct Difference: CustomTestStringConvertible, Sendable {
    let field: Finding.Field
    let severity: Finding.Severity
    let expected: Finding.Value
    let found: Finding.Value
    let first: @Sendable (inout CraftedAdvertisement) -> Void
    let second: @Sendable (inout CraftedAdvertisement) -> Void
    var testDescription: String { field.rawValue }
  }

  static let differences: [Difference] = [
    Difference(
      field: .hopLimit, severity: .problem, expected: .number(64), found: .number(32),
      first: { _ in }, second: { $0.header.hopLimit = 32 }),
    Difference(
      field: .managed, severity: .problem, expected: .flag(false), found: .flag(true),
      first: { _ in }, second: { $0.header.flags.rawValue |= 0x80 }),
    Difference(
      field: .other, severity: .problem, expected: .flag(true), found: .flag(false),
      first: { $0.header.flags.rawValue |= 0x40 }, second: { _ in }),
    Difference(
      field: .reachableTime, severity: .problem, expected: .number(30_000), found: .number(1),
      first: { $0.header.reachableTime = 30_000 }, second: { $0.header.reachableTime = 1 }),
    Difference(
      field: .retransmitTimer, severity: .problem, expected: .number(1_000),
      found: .number(.init(UInt32.max)),
      first: { $0.header.retransmitTimer = 1_000 }, second: { $0.header.retransmitTimer = .max }),
    Difference(
      field: .mtu, severity: .problem, expected: .number(1_500), found: .number(1_400),
      first: { $0.addMTU(1_500) }, second: { $0.addMTU(1_400) }),
    Difference(
      field: .validLifetime, severity: .problem, expected: .number(3_600), found: .number(7_200),
      first: { $0.addPrefix("2001:db8::") }, second: { $0.addPrefix("2001:db8::", valid: 7_200) }),
    Difference(
      field: .validLifetime, severity: .problem, expected: .number(3_600), found: .number(0xffff_ffff),
      first: { $0.addPrefix("2001:db8::") }, second: { $0.addPrefix("2001:db8::", valid: .max) }),
    Difference(
      field: .preferredLifetime, severity: .problem, expected: .number(1_800), found: .number(0),
      first: { $0.addPrefix("2001:db8::") }, second: { $0.addPrefix("2001:db8::", preferred: 0) }),
    Difference(
      field: .prefixFlags, severity: .notice, expected: .number(0xc0), found: .number(0x80),
      first: { $0.addPrefix("2001:db8::") }, second: { $0.addPrefix("2001:db8::", flags: 0x80) }),
    Difference(
      field: .recursiveDNSServers, severity: .notice,
      expected: .addresses([routerAddress("2001:db8::53"), routerAddress("2001:db8::54")]),
      found: .addresses([routerAddress("2001:db8::53")]),
      first: { $0.addServers(["2001:db8::54", "2001:db8::53"]) },
      second: { $0.addServers(["2001:db8::53"]) }),
    Difference(
      field: .dnsSearchList, severity: .notice, expected: .text(Array("a.example b.example".utf8)),
      found: .text(Array("a.example".utf8)),
      first: {
        $0.addNames(["a.example"])
        $0.addNames(["b.example"])
      }, second: { $0.addNames(["a.example"]) }),
    Difference(
      field: .captivePortal, severity: .notice, expected: .text(Array("https://a".utf8)),
      found: .text(Array("https://b".utf8)),
      first: { $0.addCaptivePortal("https://a") }, second: { $0.addCaptivePortal("https://b") }),
    Difference(
      field: .pref64, severity: .notice, expected: .prefix(routerAddress("64:ff9b::"), length: 96),
      found: .prefix(routerAddress("2001:db8:64::"), length: 96),
      first: { $0.addPREF64("64:ff9b::") }, second: { $0.addPREF64("2001:db8:64::") }),
  ]

  @Test(arguments: differences)
  func `a field that two routers advertise differently is one finding with both values`(
    _ difference: Difference
  ) throws {
    let all = findings([difference.first, difference.second])
    let finding = try #require(all.first)
    #expect(all.count == 1)
    #expect(finding.kind == .inconsistentRouters)
    #expect(finding.field == difference.field && finding.severity == difference.severity)
    #expect(finding.expected == difference.expected && finding.found == difference.found)
    #expect(finding.address == routerAddress("fe80::b"))
    #expect(finding.otherAddress == routerAddress("fe80::a"))
    #expect(finding.link == routerLink(0xb) && finding.otherLink == routerLink(0xa))
  }

  @Test(arguments: differences)
  func `routers that say the same, and one alone, are consistent`(_ difference: Difference) {
    #expect(findings([difference.first, difference.first]).isEmpty)
    #expect(findings([difference.second]).isEmpty)
  }

  @Test func `what is unspecified or not advertised differs from nothing`() {
    let full: Change = {
      $0.header.reachableTime = 30_000
      $0.header.retransmitTimer = 1_000
      $0.addMTU(1_400)
      $0.addPrefix("2001:db8::")
      $0.addServers(["2001:db8::53"])
      $0.addNames(["example.org"])
      $0.addCaptivePortal("https://example.org/")
      $0.addPREF64("64:ff9b::")
    }
    let bare: Change = {
      $0.header.hopLimit = 0
      $0.addPrefix("2001:db8:1::")
    }
    #expect(findings([full, bare]).isEmpty)
  }

  @Test func `what a lifetime of 0 takes back is not advertised`() {
    #expect(
      findings([
        {
          $0.addServers(["2001:db8::53"])
          $0.addNames(["example.org"])
          $0.addPREF64("64:ff9b::")
        },
        {
          $0.addServers(["2001:db8::99"], lifetime: 0)
          $0.addNames(["example.net"], lifetime: 0)
          $0.addPREF64("2001:db8:64::", lifetime: 0)
        },
      ]).isEmpty)
  }

  @Test func `lifetimes that count down in real time are compared by when they end`() {
    // 120 s apart, both ending at the same time within the skew.
    func heard(_ source: String, _ valid: UInt32, at milliseconds: Int64) -> HeardMessage {
      CraftedAdvertisement {
        $0.source = routerAddress(source)
        $0.addPrefix("2001:db8::", valid: valid, preferred: 100)
      }.heard(at: at(milliseconds))
    }
    func count(_ valid: UInt32) -> Int {
      RouterConsistency.findings(
        of: [heard("fe80::a", 3_600, at: 0), heard("fe80::b", valid, at: 120_000)], at: at(120_000)
      ).findings.count
    }
    #expect(count(3_600) == 0)
    #expect(count(3_480) == 0)
    #expect(count(3_485) == 0)
    #expect(count(3_474) == 1)
    #expect(count(3_540) == 1)
  }

  @Test func `the same prefix is the same whatever stands behind its length`() throws {
    let all = findings([
      { $0.addPrefix("2001:db8::1") }, { $0.addPrefix("2001:db8::2", valid: 7_200) },
      { $0.addPrefix("2001:db8::", length: 56, valid: 50, preferred: 50) },
    ])
    let finding = try #require(all.first)
    #expect(all.count == 1)
    #expect(finding.prefix == routerAddress("2001:db8::") && finding.prefixLength == 64)
  }

  @Test func `of several routers the one that stands alone is named, also where it was heard first`() throws {
    let all = findings([{ $0.header.hopLimit = 32 }, { _ in }, { _ in }, { _ in }])
    let finding = try #require(all.first)
    #expect(all.count == 1)
    #expect(finding.address == routerAddress("fe80::a"))
    #expect(finding.otherAddress == routerAddress("fe80::b"))
    #expect(finding.expected == .number(64) && finding.found == .number(32))
  }

  @Test func `a prefix option that breaks a rule is not compared`() {
    #expect(
      findings([
        { $0.addPrefix("2001:db8::") }, { $0.addPrefix("2001:db8::", valid: 10, preferred: 20) },
      ]).isEmpty)
  }

  @Test func `no more findings than the limit, and what is beyond is counted`() {
    let messages = (0..<40).map { number in
      CraftedAdvertisement {
        $0.source = IPv6Address(bits: 0xfe80 << 112 | UInt128(number + 1))
        for index in 0..<100 { $0.addPrefix("2001:db8:\(index)::", valid: UInt32(10_000 + number * 100)) }
      }.heard(at: at(0))
    }
    let (findings, omitted) = RouterConsistency.findings(of: messages, at: at(0), limit: 50)
    #expect(findings.count == 50)
    // Each of 100 prefixes differs between one router and the 39 others.
    #expect(omitted == 100 * 39 - 50)
  }

  @Test func `two routers with different answers are told in a run`() throws {
    var run = RouterRun()
    run.hear(CraftedAdvertisement { $0.addMTU(1_500) }, at: 300)
    run.hear(
      CraftedAdvertisement {
        $0.source = routerAddress("fe80::b")
        $0.frameLink = routerLink(0xb)
        $0.addMTU(1_400)
      }, at: 3_200)
    run.run()
    let finding = try #require(run.findings(.inconsistentRouters).first)
    #expect(finding.field == .mtu)
    let summary = try #require(run.summaries.first)
    #expect(summary.problems >= 1 && summary.routers == 2)
  }
}
