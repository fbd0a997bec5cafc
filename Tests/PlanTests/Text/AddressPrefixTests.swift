import Testing
import Wire

@testable import Plan

struct AddressPrefixTests {
  @Test(arguments: [
    ("2001:db8::/120", 255, "2001:db8::1"), ("2001:db8::8/126", 3, "2001:db8::9"),
    ("2001:db8::/127", 2, "2001:db8::"), ("2001:db8::1/128", 1, "2001:db8::1"),
    ("2001:db8::/66", (1 << 62) - 1, "2001:db8::1"), ("::/0", Int.max, "::1"),
  ])
  func aPrefixIsItsAddressesButTheRoutersAnycast(text: String, count: Int, first: String) throws {
    let prefix = try AddressPrefix(parsing: text)
    #expect(prefix.count == count)
    #expect(prefix.first == TargetText.ipv6Address(first))
  }

  @Test(
    arguments: [
      ("2001:db8::/129", .badPrefixLength("129")), ("2001:db8::/", .badPrefixLength("")),
      ("2001:db8::/a", .badPrefixLength("a")), ("2001:db8::/-1", .badPrefixLength("-1")),
      ("host/64", .prefixOfName("host")), ("10.0.0.0/8", .ipv4(bits: 0x0a00_0000)), ("/64", .empty),
      ("2001:db8::5/120", .bitsBehindPrefix(right: "2001:db8::/120", address: "2001:db8::5")),
      ("fe80::5%eth0/64", .bitsBehindPrefix(right: "fe80::%eth0/64", address: "fe80::5%eth0")),
      ("fe80::/64", .missingZone(address: "fe80::", interfaces: ["lo"])),
      ("2001:db8::/64/3", .badPrefixLength("64/3")),
      ("ff02::/120", .missingZone(address: "ff02::", interfaces: ["lo"])), ("ff05::/120", .notUnicast),
    ] as [(String, TargetTextError.Problem)])
  func whatIsNoPrefixIsToldWithTheReason(text: String, problem: TargetTextError.Problem) {
    #expect(throws: TargetTextError(input: text, problem: problem)) {
      _ = try AddressPrefix(parsing: text, interfaces: ["lo"])
    }
  }
}
