import ProbeEngine
import Testing
import Timing
import Wire

@testable import Commands

@Suite struct LinkBaselineTextTests {
  private static let heading = "# probe6 link baseline 1\n"

  private func parse(_ text: String) throws(LinkBaselineError) -> LinkBaseline {
    try LinkBaselineText.parse(Array(text.utf8))
  }

  private func problems(_ text: String) -> [TargetList.BadLine] {
    do throws(LinkBaselineError) {
      _ = try parse(text)
      return []
    } catch { return error.lines }
  }

  private var example: LinkBaseline {
    var router = LinkBaseline.Router(
      address: IPv6Address(bits: 0xfe80 << 112 | 1),
      link: LinkLayerAddress([2, 0, 0, 0, 0, 0x0b] as [UInt8]),
      hopLimit: 64, flags: 0xc1, preference: .medium, lifetime: 1_800)
    let documentation: UInt128 = 0x2001_0db8 << 96
    router.prefixes = [
      .init(
        prefix: IPv6Address(bits: documentation), length: 64, flags: 0xc0, validLifetime: .max,
        preferredLifetime: 14_400)
    ]
    router.routes = [
      .init(prefix: IPv6Address(bits: documentation | 1 << 80), length: 48, preference: .high)
    ]
    router.mtu = 1_500
    router.dnsServers = [IPv6Address(bits: documentation | 0x53)]
    router.dnsSearchList = [Array("example.org".utf8), [0x61, 0x20, 0x23, 0x5c, 0x22, 0xff], []]
    var second = LinkBaseline.Router(
      address: IPv6Address(bits: 0xfe80 << 112 | 2), link: nil, hopLimit: 0, flags: 0, preference: .low,
      lifetime: 0)
    second.optionLink = LinkLayerAddress([1, 2] as [UInt8])
    return LinkBaseline(routers: [router, second])
  }

  private static let exampleText = """
    # probe6 link baseline 1
    # What routers of a link should advertise; lifetimes in seconds. Compare with:
    #   probe6 ndisc guard INTERFACE --baseline THIS-FILE
    router fe80::1 mac 02:00:00:00:00:0b hop-limit 64 lifetime 1800 preference medium flags managed,other,0x1
      prefix 2001:db8::/64 flags on-link,autonomous valid infinite preferred 14400
      route 2001:db8:0:1::/48 preference high
      mtu 1500
      dns 2001:db8::53
      search example.org
      search a\\032\\035\\092\\034\\255
      search ""
    router fe80::2 mac none option-mac 01:02 hop-limit 0 lifetime 0 preference low flags none

    """

  @Test func aBaselineIsOneFactToALine() throws {
    var baseline = example
    baseline.routers[0].routes[0].prefix = IPv6Address(bits: (0x2001_0db8 << 96) | (1 << 64))
    #expect(String(decoding: LinkBaselineText.emit(baseline), as: UTF8.self) == Self.exampleText)
    #expect(try parse(Self.exampleText) == baseline)
  }

  @Test func peopleMayOrderIndentAndRemark() throws {
    let text = """

      # probe6 link baseline 1\r
      # our lan
      \trouter fe80::2  flags none preference low lifetime 0 hop-limit 0 mac none # the spare one\r
      mtu 1500
          prefix 2001:db8::/64 preferred 0 valid 4294967295 flags 0xc0
      """
    let baseline = try parse(text)
    #expect(baseline.routers.count == 1 && baseline.routers[0].mtu == 1_500)
    #expect(baseline.routers[0].prefixes.first?.flags == 0xc0)
    #expect(baseline.routers[0].prefixes.first?.validLifetime == .max)
    #expect(try parse(Self.heading).routers.isEmpty)
  }

  @Test func whatWasWrittenReadsAsItWas() throws {
    var generator = RandomNumbers(seed: 4)
    var octetsOfNames = Set<UInt8>()
    for _ in 0..<400 {
      let baseline = LinkBaseline(
        routers: unlike(0...3, &generator) {
          Self.router(&$0)
        } by: {
          $0.address
        })
      for router in baseline.routers { octetsOfNames.formUnion(router.dnsSearchList.joined()) }
      let text = LinkBaselineText.emit(baseline)
      #expect(try LinkBaselineText.parse(text) == baseline, "\(String(decoding: text, as: UTF8.self))")
      // Nothing in it steers a terminal.
      #expect(text.allSatisfy { (0x20...0x7e).contains($0) || $0 == 0x0a })
    }
    #expect(octetsOfNames.count == 256)
  }

  @Test func everyShorterPieceIsReadOrToldWithItsLine() {
    let text = Array(Self.exampleText.utf8)
    for count in 0..<text.count {
      let lines = text.prefix(count).count { $0 == 0x0a } + 1
      do throws(LinkBaselineError) { _ = try LinkBaselineText.parse(Array(text.prefix(count))) } catch {
        #expect(error.lines.count == 1 && error.lines[0].number == lines, "\(count)")
      }
    }
  }

  @Test func anyOctetsAreABaselineOrToldWithoutHarm() {
    var generator = RandomNumbers(seed: 5)
    let text = Array(Self.exampleText.utf8)
    for _ in 0..<3_000 {
      var octets = text
      for _ in 0..<Int.random(in: 1...4, using: &generator) {
        let index = Int.random(in: 0..<octets.count, using: &generator)
        switch Int.random(in: 0..<3, using: &generator) {
        case 0: octets[index] = UInt8.random(in: 0...255, using: &generator)
        case 1: octets.remove(at: index)
        default: octets.insert(contentsOf: octets[index...].prefix(40), at: index)
        }
      }
      do throws(LinkBaselineError) { _ = try LinkBaselineText.parse(octets) } catch {
        #expect(!error.lines.isEmpty && error.lines.count <= 20)
        for line in error.lines {
          #expect(line.number >= 1 && !line.message.isEmpty)
          #expect(line.message.unicodeScalars.allSatisfy { $0.value >= 0x20 && $0.value != 0x7f })
        }
      }
    }
  }

  @Test(arguments: [
    ("", 1, "empty; a baseline begins with the line '# probe6 link baseline 1'; make one with --write"),
    (
      "router fe80::1\n", 1,
      "not a baseline; a baseline begins with the line '# probe6 link baseline 1'; make one with --write"
    ),
    (
      "\n# probe6 link baseline 2\nwhatever\n", 2,
      "version '2' of a baseline, and this program reads version 1"
    ),
  ]) func whatIsNoBaselineOfThisVersionIsRefusedInOneLine(_ text: String, _ number: Int, _ message: String) {
    #expect(problems(text) == [.init(number: number, message: message)])
  }

  @Test(arguments: [
    ("touter fe80::1", "'touter' is none of router, prefix, route, mtu, dns, search; did you mean router?"),
    ("router", "router needs an address, such as fe80::1"),
    ("router fe80::1%eth0", "'fe80::1%eth0' is not an IPv6 address (without a zone)"),
    (
      "router fe80::3 mac none hop-limit 64 lifetime 0 flags none",
      "preference is missing; a router has mac, hop-limit, lifetime, preference, flags"
    ),
    (
      "router fe80::3 mac none hop-limt 64",
      "'hop-limt' is not part of a router: mac, hop-limit, lifetime, preference, flags, option-mac; did you mean hop-limit?"
    ),
    ("router fe80::3 mac", "nothing behind mac"),
    ("router fe80::3 mac none mac none", "mac stands twice"),
    (
      "router fe80::3 mac 02:0x hop-limit 64 lifetime 0 preference low flags none",
      "mac '02:0x': 'x' is not a hexadecimal digit; give six octets such as 02:00:00:00:00:0b, or none"
    ),
    (
      "router fe80::3 mac none hop-limit 256 lifetime 0 preference low flags none",
      "hop-limit '256'; allowed: 0 to 255"
    ),
    (
      "router fe80::3 mac none hop-limit 1 lifetime 65536 preference low flags none",
      "lifetime '65536'; allowed: 0 to 65535"
    ),
    (
      "router fe80::3 mac none hop-limit 1 lifetime 1 preference lowest flags none",
      "preference 'lowest'; allowed: high, medium, low, reserved"
    ),
    (
      "router fe80::3 mac none hop-limit 1 lifetime 1 preference low flags managed,x",
      "flag 'x'; allowed: managed, other, home-agent, proxy, stub-router, 0x and bits, with commas between; or none"
    ),
    (
      "router fe80::1 mac none hop-limit 1 lifetime 1 preference low flags none",
      "router fe80::1 stands in line 2 already"
    ),
    ("prefix", "prefix needs a prefix, such as 2001:db8::/64"),
    ("prefix 2001:db8:: flags none", "'2001:db8::' is not a prefix such as 2001:db8::/64"),
    ("prefix 2001:db8::/129 flags none", "prefix length '129'; allowed: 0 to 128"),
    (
      "prefix 2001:db8::/64 flags none valid soon preferred 0",
      "valid 'soon'; allowed: seconds from 0 to 4294967294, or infinite"
    ),
    (
      "prefix 2001:db8::/64 flags managed valid 1 preferred 0",
      "flag 'managed'; allowed: on-link, autonomous, router-address, delegation-preferred, 0x and bits, with commas between; or none"
    ),
    ("route 2001:db8::/48", "preference is missing; a route has preference"),
    ("mtu", "mtu has 0 values; it takes one, such as mtu 1500"),
    ("mtu 1500 1400", "mtu has 2 values; it takes one, such as mtu 1500"),
    ("mtu big", "mtu 'big'; allowed: 0 to 4294967295"),
    ("dns 192.0.2.1", "'192.0.2.1' is not an IPv6 address (without a zone)"),
    ("dns 2001:db8::1", "dns 2001:db8::1 stands twice below one router"),
    ("search a\\03", "'a\\\\03': behind a backslash stand three digits, 000 to 255"),
    ("search a\\256", "'a\\\\256': behind a backslash stand three digits, 000 to 255"),
    ("search \"a\"", "'\"a\"': a quotation mark in a name is written \\034"),
    ("\u{1b}[2J", "'\\x1b[2J' is none of router, prefix, route, mtu, dns, search"),
  ]) func aBadLineIsToldWithItsNumberAndWhatWouldBeRight(_ line: String, _ message: String) {
    let text =
      Self.heading + "router fe80::1 mac none hop-limit 64 lifetime 0 preference low flags none\n"
      + "dns 2001:db8::1\n" + line + "\n"
    #expect(problems(text) == [.init(number: 4, message: message)], "\(line)")
  }

  @Test func factsBelongBelowARouterAndThereIsAnEndToThem() {
    #expect(
      problems(Self.heading + "mtu 1500\n")
        == [.init(number: 2, message: "a mtu before the first router; it belongs below its router's line")])
    let router = "router fe80::1 mac none hop-limit 64 lifetime 0 preference low flags none\n"
    let servers = (0..<65).map { "dns 2001:db8::\(String($0, radix: 16))\n" }.joined()
    #expect(
      problems(Self.heading + router + servers)
        == [.init(number: 67, message: "more than 64 of a kind below one router")])
    let bad = problems(Self.heading + String(repeating: "x\n", count: 500))
    #expect(bad.count == 20)
  }

  // MARK: random baselines

  private func unlike<Value, Key: Hashable>(
    _ count: ClosedRange<Int>, _ generator: inout RandomNumbers, _ make: (inout RandomNumbers) -> Value,
    by key: (Value) -> Key
  ) -> [Value] {
    Self.unlike(count, &generator, make, by: key)
  }

  private static func unlike<Value, Key: Hashable>(
    _ count: ClosedRange<Int>, _ generator: inout RandomNumbers, _ make: (inout RandomNumbers) -> Value,
    by key: (Value) -> Key
  ) -> [Value] {
    var known: Set<Key> = []
    var values: [Value] = []
    for _ in 0..<Int.random(in: count, using: &generator) {
      let value = make(&generator)
      if known.insert(key(value)).inserted { values.append(value) }
    }
    return values
  }

  private static func address(_ generator: inout RandomNumbers) -> IPv6Address {
    let bits = UInt128(generator.next()) << 64 | UInt128(generator.next())
    // Runs of zeros, and addresses that are written with an IPv4 tail.
    switch Int.random(in: 0..<4, using: &generator) {
    case 0: return IPv6Address(bits: bits & 0xffff_0000_ffff_0000_0000_0000_0000_ffff)
    case 1: return IPv6Address(bits: 0xffff << 32 | bits & 0xffff_ffff)
    default: return IPv6Address(bits: bits)
    }
  }

  private static func preference(_ generator: inout RandomNumbers) -> RouterPreference {
    RouterPreference(rawValue: UInt8.random(in: 0...3, using: &generator)) ?? .medium
  }

  private static func link(_ generator: inout RandomNumbers) -> LinkLayerAddress? {
    LinkLayerAddress(
      (0..<Int.random(in: 0...32, using: &generator)).map { _ in UInt8.random(in: 0...255, using: &generator)
      })
  }

  private static func router(_ generator: inout RandomNumbers) -> LinkBaseline.Router {
    var router = LinkBaseline.Router(
      address: address(&generator), link: link(&generator),
      hopLimit: UInt8.random(in: 0...255, using: &generator),
      flags: UInt8.random(in: 0...255, using: &generator),
      preference: preference(&generator), lifetime: UInt16.random(in: 0...65_535, using: &generator))
    router.optionLink = link(&generator)
    if Bool.random(using: &generator) { router.mtu = UInt32.random(in: 0 ... .max, using: &generator) }
    router.prefixes = unlike(
      0...5, &generator,
      { generator in
        LinkBaseline.Prefix(
          prefix: address(&generator), length: UInt8.random(in: 0...128, using: &generator),
          flags: UInt8.random(in: 0...255, using: &generator),
          validLifetime: Bool.random(using: &generator) ? .max : UInt32.random(in: 0...9, using: &generator),
          preferredLifetime: UInt32.random(in: 0 ... .max, using: &generator))
      }, by: { $0.prefix })
    router.routes = unlike(
      0...5, &generator,
      { generator in
        LinkBaseline.Route(
          prefix: address(&generator), length: UInt8.random(in: 0...128, using: &generator),
          preference: preference(&generator))
      }, by: { $0.prefix })
    router.dnsServers = unlike(0...5, &generator, { address(&$0) }, by: { $0 })
    router.dnsSearchList = unlike(
      0...5, &generator,
      { generator in
        (0..<Int.random(in: 0...20, using: &generator)).map { _ in
          UInt8.random(in: 0...255, using: &generator)
        }
      }, by: { $0 })
    return router
  }
}
