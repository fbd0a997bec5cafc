import Testing
import Wire

@testable import Report

@Suite struct AddressTextTests {
  /// Oracle: inet_ntop(3) of glibc.
  @Test(
    arguments: [
      (0x0, "::"), (0x1, "::1"), (0x1_0000_0000_0000_0000_0000_0000_0000, "1::"),
      (0x2001_0db8_0000_0000_0000_0000_0000_0001, "2001:db8::1"),
      (0x2001_0db8_0000_0000_0001_0000_0000_0001, "2001:db8::1:0:0:1"),
      (0x2001_0000_0000_0001_0000_0000_0000_0001, "2001:0:0:1::1"),
      (0x0001_0000_0002_0000_0003_0000_0004_0000, "1:0:2:0:3:0:4:0"),
      (0x0000_0001_0000_0002_0000_0003_0000_0004, "0:1:0:2:0:3:0:4"),
      (0xfe80_0000_0000_0000_0000_0000_0000_abcd, "fe80::abcd"), (0xffff_c000_0201, "::ffff:192.0.2.1"),
      (0x0001_0002_0003_0004_0005_0006_0007_0008, "1:2:3:4:5:6:7:8"),
      (0x0001_0002_0003_0004_0005_0006_0000_0000, "1:2:3:4:5:6::"),
      (0x3_0004_0005_0006_0007_0008, "::3:4:5:6:7:8"), (0x1_0000_0000_0000_0000_0000, "0:0:1::"),
      (0xff02_0000_0000_0000_0000_0001_ff00_0042, "ff02::1:ff00:42"),
    ] as [(UInt128, String)])
  func addressesAreWrittenAsRFC5952(bits: UInt128, expected: String) {
    #expect(text { $0.put(IPv6Address(bits: bits)) } == expected)
  }

  @Test func zonesAreNamedWhereTheNameIsKnown() {
    #expect(text { $0.put(linkLocal, zone: 2, names: [2: "eth0"]) } == "fe80::1%eth0")
    #expect(text { $0.put(linkLocal, zone: 3, names: [2: "eth0"]) } == "fe80::1%3")
    #expect(text { $0.put(linkLocal, zone: 0, names: [:]) } == "fe80::1")
    #expect(text { $0.put(linkLocal, zone: 2, names: [2: "e\u{1b}"]) } == "fe80::1%e\\x1b")
  }

  @Test func multicastAndAnycastAreReadFromTheTextAsFromTheBits() {
    for seed in 0..<UInt128(4_000) {
      // Sparse addresses: each group is 0, ff02 or 1, by the digits of the seed.
      var bits: UInt128 = 0
      var rest = seed &* 0x9e37_79b9_7f4a_7c15
      for _ in 0..<8 {
        bits = bits << 16 | [0, 0, 0xff02, 1, 0xff][Int(rest % 5)]
        rest /= 5
      }
      let address = IPv6Address(bits: bits)
      let written = text { $0.put(address, zone: seed % 2 == 0 ? 0 : 2, names: [2: "a::"]) }
      #expect(AddressText.isMulticast(written) == address.isMulticast, "\(written)")
      #expect(
        AddressText.isSubnetRouterAnycast(written)
          == (bits & 0xffff_ffff_ffff_ffff == 0 && !address.isIPv4Mapped), "\(written)")
    }
  }
}
