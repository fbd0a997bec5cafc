@testable import Plan
import Testing
import Wire

@testable import Commands

@Suite struct TargetTextTests {
  private func problem(_ text: String, interfaces: [String] = []) -> TargetTextError? {
    do throws(TargetTextError) {
      _ = try TargetText.parse(text, interfaces: interfaces)
      return nil
    } catch {
      return error
    }
  }

  /// The oracle is inet_pton(3), through Python's socket module.
  @Test(
    arguments: [
      ("::", 0x0), ("::1", 0x1), ("1::", 0x10000000000000000000000000000),
      ("2001:db8::1", 0x2001_0db8_0000_0000_0000_0000_0000_0001),
      ("2001:DB8:0:0:0:0:0:1", 0x2001_0db8_0000_0000_0000_0000_0000_0001),
      ("fe80::1", 0xfe80_0000_0000_0000_0000_0000_0000_0001),
      ("ff02::1:ff00:1", 0xff02_0000_0000_0000_0000_0001_ff00_0001),
      ("1:2:3:4:5:6:7:8", 0x1_0002_0003_0004_0005_0006_0007_0008),
      ("1:2:3:4:5:6:7::", 0x1_0002_0003_0004_0005_0006_0007_0000),
      ("::2:3:4:5:6:7:8", 0x2_0003_0004_0005_0006_0007_0008),
      ("1::8", 0x1_0000_0000_0000_0000_0000_0000_0008),
      ("::ffff:1.2.3.4", 0xffff_0102_0304), ("64:ff9b::192.0.2.33", 0x64_ff9b_0000_0000_0000_0000_c000_0221),
      ("1:2:3:4:5:6:1.2.3.4", 0x1_0002_0003_0004_0005_0006_0102_0304), ("::1.2.3.4", 0x102_0304),
      ("0000:0000::0001", 0x1), ("::0001", 0x1), ("1:2:3:4:5:6:7:8:9", nil), ("1:2:3:4:5:6:7", nil),
      ("1:2:3:4:5:6:7:8::", nil), ("1:2:3:4::5:6:7:8", nil), ("::1:2:3:4:5:6:7:8", nil), (":::1", nil),
      (":::", nil),
      ("1::2::3", nil), ("12345::", nil), ("::12345", nil), ("::00001", nil), ("::g", nil), (":1", nil),
      ("1:", nil),
      ("1:2:3:4:5:6:7:", nil), (":1:2:3:4:5:6:7:8", nil), ("::1:", nil), (":1::", nil), ("1.2.3.4::", nil),
      ("::1.2.3", nil), ("::1.2.3.256", nil), ("::1.2.3.4.5", nil), ("::01.2.3.4", nil),
      ("1:2:3:4:5:6:7:1.2.3.4", nil), ("::1.2.3.4:5", nil), (":", nil), ("", nil),
    ] as [(String, UInt128?)]) func addressesAreReadAsTheCLibraryReadsThem(_ text: String, _ bits: UInt128?)
  {
    #expect(TargetText.ipv6Address(text)?.bits == bits)
  }

  @Test func goodTargetsComeApart() throws {
    #expect(
      try TargetText.parse("2001:db8::1") == .address(IPv6Address(bits: 0x2001_0db8 << 96 | 1), zone: nil))
    let linkLocal = IPv6Address(bits: 0xfe80 << 112 | 1)
    #expect(try TargetText.parse("fe80::1%eth0") == .address(linkLocal, zone: "eth0"))
    #expect(try TargetText.parse("fe80::1%25") == .address(linkLocal, zone: "25"))
    #expect(try TargetText.parse("fe80::1%251") == .address(linkLocal, zone: "251"))
    #expect(try TargetText.parse("fe80::1", defaultZone: "eth1") == .address(linkLocal, zone: "eth1"))
    #expect(try TargetText.parse("fe80::1%eth0", defaultZone: "eth1") == .address(linkLocal, zone: "eth0"))
    #expect(try TargetText.parse("::1", defaultZone: "eth1") == .address(.loopback, zone: nil))
    for name in [
      "localhost", "example.org", "example.org.", "a_b.example", "xn--bcher-kva.example", "bücher.example",
    ] {
      #expect(try TargetText.parse(name) == .name(name))
    }
  }

  @Test(arguments: [
    ("", "''", "name or an IPv6 address"),
    ("fe80::1", "'fe80::1'", "write fe80::1%INTERFACE"),
    ("ff02::1", "'ff02::1'", "write ff02::1%INTERFACE"),
    ("fe80::1%", "'fe80::1%'", "no zone after '%'"),
    ("fe80::1%25eth0", "'fe80::1%25eth0'", "write fe80::1%eth0"),
    ("fe80::1%an-interface-too-long", "'fe80::1%an-interface-too-long'", "1 to 15 octets"),
    ("2001:db8::1%eth0", "'2001:db8::1%eth0'", "write 2001:db8::1, and choose the interface with -I"),
    ("[2001:db8::1]:80", "'[2001:db8::1]:80'", "write 2001:db8::1"),
    ("[2001:db8::1]", "'[2001:db8::1]'", "write 2001:db8::1"),
    ("[2001:db8::1", "'[2001:db8::1'", "brackets that do not match"),
    ("2001:db8:0:0:0:0:0:1:80", "'2001:db8:0:0:0:0:0:1:80'", "too many groups"),
    ("2001:db8:1", "'2001:db8:1'", "only 3 of the eight groups"),
    ("192.0.2.1", "'192.0.2.1'", "64:ff9b::c000:201"),
    ("192.0.2.1:80", "'192.0.2.1:80'", "IPv6 only"),
    ("::ffff:192.0.2.1", "'::ffff:192.0.2.1'", "IPv6 only"),
    ("127.1", "'127.1'", "IPv6 only"),
    ("2130706433", "'2130706433'", "IPv6 only"),
    ("0x7f000001", "'0x7f000001'", "IPv6 only"),
    (":::1", "':::1'", "three colons"),
    ("1::2::3", "'1::2::3'", "only one run"),
    ("12345::", "'12345::'", "'12345' has more than four"),
    ("2001:db8::g", "'2001:db8::g'", "'g' is not a hexadecimal digit"),
    ("2001:db8::1:", "'2001:db8::1:'", "single colon"),
    ("2001:db8::/64", "'2001:db8::/64'", "one address"),
    ("example.org/64", "'example.org/64'", "a prefix"),
    ("http://example.org/a", "'http://example.org/a'", "write example.org"),
    ("https://user@[2001:db8::1]:443/", "'https://user@[2001:db8::1]:443/'", "write 2001:db8::1"),
    ("example.org:80", "'example.org:80'", "write example.org"),
    ("example.org%eth0", "'example.org%eth0'", "write example.org"),
    ("a..b", "'a..b'", "host name"),
    ("-x", "'-x'", "host name"),
    ("two words", "'two words'", "' ' cannot"),
    ("a\u{1b}[2Jb", "'a\\x1b[2Jb'", "cannot be part"),
    ("ex(ample", "'ex(ample'", "'(' cannot"),
  ]) func everyWrongTargetIsNamedAndWhatWouldBeRight(_ text: String, _ named: String, _ right: String) {
    let message = problem(text)?.message ?? "no error"
    #expect(message.hasPrefix(named + ": "))
    #expect(message.contains(right))
    #expect(!message.unicodeScalars.contains { $0.value < 0x20 })
  }

  @Test func aMissingZoneOffersTheInterfacesThereAre() {
    let message = problem("fe80::1", interfaces: ["eth0", "wlan0"])?.message
    #expect(message?.hasSuffix("write fe80::1%INTERFACE (one of 'eth0', 'wlan0')") == true)
    #expect(problem("fe80::1%", interfaces: ["eth0"])?.message.hasSuffix("(one of 'eth0')") == true)
  }
}
