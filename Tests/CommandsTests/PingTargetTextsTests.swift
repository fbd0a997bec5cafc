import Runtime
import Testing
import Wire

@testable import Commands

struct PingTargetTextsTests {
  private let base = UInt128(0x2001_0db8) << 96

  private func read(
    _ texts: [String], zone: String? = nil, limit: Int = PingTargetTexts.usualLimit
  ) throws -> [PingRequest.Target] {
    var targets = PingTargetTexts(zone: zone, limit: limit)
    for text in texts { try targets.add(text) { ["eth0"] } }
    return targets.targets
  }

  private func problem(_ text: String, limit: Int = PingTargetTexts.usualLimit) -> String {
    var targets = PingTargetTexts(zone: nil, limit: limit)
    do throws(PingTargetProblem) { try targets.add(text) { ["eth0"] } } catch { return error.message }
    return "none"
  }

  @Test func aPrefixIsEveryAddressButTheAnycastOneOfItsRouters() throws {
    #expect(
      try read(["2001:db8::/120"]) == [.addresses(IPv6Address(bits: base + 1), count: 255, zone: 0)])
    #expect(problem("2001:db8::7/126").contains("write 2001:db8::4/126 for all of it"))
    #expect(try read(["2001:db8::/127"]) == [.addresses(IPv6Address(bits: base), count: 2, zone: 0)])
    #expect(try read(["2001:db8::9/128"]) == [.addresses(IPv6Address(bits: base + 9), count: 1, zone: 0)])
  }

  @Test func aPrefixHasItsZoneBehindTheLengthOrTheAddress() throws {
    let local = IPv6Address(bits: UInt128(0xfe80) << 112 + 1)
    for text in ["fe80::/120%lo", "fe80::%lo/120"] {
      #expect(try read([text]) == [.addresses(local, count: 255, zone: 1)])
    }
    #expect(try read(["fe80::/120"], zone: "lo") == [.addresses(local, count: 255, zone: 1)])
    #expect(problem("fe80::/120").contains("fe80::%INTERFACE (one of 'eth0')"))
    #expect(problem("fe80::/120%nosuch0").contains("'nosuch0' is not an interface"))
  }

  @Test func moreAddressesThanTheLimitAreRefusedWithTheirNumber() throws {
    #expect(try read(["2001:db8::/112"]).count == 1)
    #expect(problem("2001:db8::/111").contains("131071 addresses; allowed are 65536"))
    #expect(problem("::/0").contains("2^128 addresses"))
    #expect(problem("2001:db8::/120", limit: 254).contains("255 addresses; allowed are 254"))
    var targets = PingTargetTexts(zone: nil, limit: 300)
    try targets.add("2001:db8::/120") { [] }
    #expect(throws: PingTargetProblem.self) { try targets.add("2001:db8:1::/120") { [] } }
  }

  @Test func aLengthThatIsNoneIsNamed() {
    for text in ["2001:db8::/129", "2001:db8::/", "2001:db8::/-1", "2001:db8::/x", "2001:db8::/1/2"] {
      #expect(problem(text).contains("is not the length of a prefix; allowed: 0 to 128"), "\(text)")
    }
    #expect(problem("192.0.2.0/24").contains("192.0.2.0"))
  }

  @Test func addressesInARowAreOneEntryAndOtherSpellingsKeepTheirText() throws {
    let found = try read(["2001:db8::1", "2001:db8::2", "2001:db8::/127", "2001:DB8::5", "host.example"])
    #expect(
      found == [
        .addresses(IPv6Address(bits: base + 1), count: 2, zone: 0),
        .addresses(IPv6Address(bits: base), count: 2, zone: 0), .name("2001:DB8::5"), .name("host.example"),
      ])
  }

  @Test func aListHasItsBadLinesByNumber() {
    var targets = PingTargetTexts(zone: nil, limit: 10)
    let list = "2001:db8::1 # one\n\nbad:::1\r\n2001:db8::/125\n2001:db8::/120\n\u{ff}"
    let bad = targets.add(list: Array(list.utf8.dropLast(2)) + [0xff]) { [] }
    #expect(bad.map(\.number) == [3, 5, 6])
    #expect(targets.targets.count == 2)
  }
}
