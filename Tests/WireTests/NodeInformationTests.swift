import Testing

@testable import Wire

@Suite struct NodeInformationTests {
  /// RFC 1321 §A.5.
  @Test(arguments: [
    ("", 0xd41d_8cd9_8f00_b204_e980_0998_ecf8_427e as UInt128),
    ("a", 0x0cc1_75b9_c0f1_b6a8_31c3_99e2_6977_2661),
    ("abc", 0x9001_5098_3cd2_4fb0_d696_3f7d_28e1_7f72),
    ("message digest", 0xf96b_697d_7cb7_938d_525a_2f31_aaf1_61d0),
    ("abcdefghijklmnopqrstuvwxyz", 0xc3fc_d3d7_6192_e400_7dfb_496c_ca67_e13b),
    (
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789",
      0xd174_ab98_d277_d9f5_a561_1c2c_9f41_9d9f
    ),
    (
      "12345678901234567890123456789012345678901234567890123456789012345678901234567890",
      0x57ed_f4a2_2be3_c955_ac49_da2e_2107_b67a
    ),
  ])
  func `the digests of RFC 1321 come out`(text: String, digest: UInt128) {
    #expect(MD5.digest(Array(text.utf8).span) == digest)
  }

  /// Computed with Python's hashlib over the first label with its length octet.
  @Test(arguments: [
    ("host", "ff02::2:ff18:3880"), ("HOST.example.org", "ff02::2:ff18:3880"), ("a", "ff02::2:ff76:a2c2"),
    ("xn--mnchen-3ya.de", "ff02::2:ff82:e1aa"), ("Router-7.lab", "ff02::2:ffc9:ef1e"),
  ])
  func `the group of a name is that of its first label in lower case`(name: String, group: String) throws {
    var octets = [UInt8](repeating: 0, count: 300)
    var span = octets.mutableSpan
    let count = try DNSName.encode(Array(name.utf8).span, into: &span)
    #expect(try NodeInformation.groupAddress(ofName: octets.span.extracting(0..<count)).description == group)
  }

  @Test func `a name ends with one zero, a single label with two`() throws {
    var octets = [UInt8](repeating: 0xee, count: 32)
    var span = octets.mutableSpan
    #expect(try DNSName.encode(Array("ab.c.".utf8).span, into: &span) == 6)
    #expect(span.span.extracting(0..<6).array == [2, 0x61, 0x62, 1, 0x63, 0])
    #expect(try DNSName.encode(Array("ab".utf8).span, into: &span) == 5)
    #expect(span.span.extracting(0..<5).array == [2, 0x61, 0x62, 0, 0])
  }

  @Test(arguments: [
    "", ".", "a..b", ".a", String(repeating: "x", count: 64), String(repeating: "a.", count: 130),
  ])
  func `a name that has no wire form is a typed error`(name: String) {
    var octets = [UInt8](repeating: 0, count: 400)
    var span = octets.mutableSpan
    #expect(throws: WireError.self) { try DNSName.encode(Array(name.utf8).span, into: &span) }
  }

  @Test func `a compression pointer and a label beyond the end are typed errors`() {
    var pointer = DNSLabelWalk(range: 0..<2)
    #expect(throws: WireError.invalid(.length, value: 0xc0, offset: 0)) {
      _ = try pointer.next(in: [0xc0, 0].span)
    }
    var cut = DNSLabelWalk(range: 0..<2)
    #expect(throws: WireError.truncated(needed: 5, available: 1, offset: 1)) {
      _ = try cut.next(in: [5, 0x61].span)
    }
  }

  @Test func `two names in a row are told apart`() throws {
    let octets: [UInt8] = [1, 0x61, 0, 1, 0x62, 0, 0]
    var walk = DNSLabelWalk(range: 0..<octets.count)
    #expect(try walk.next(in: octets.span) == 1..<2)
    #expect(try walk.next(in: octets.span) == nil)
    #expect(try walk.next(in: octets.span) == 4..<5)
    #expect(try walk.next(in: octets.span) == nil)
    #expect(walk.range == 6..<7)
  }
}
