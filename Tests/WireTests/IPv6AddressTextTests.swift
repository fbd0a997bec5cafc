import Glibc
import Testing

@testable import Wire

@Suite struct IPv6AddressTextTests {
  /// What glibc reads, or nil.
  private func peerParse(_ text: String) -> UInt128? {
    var octets = [UInt8](repeating: 0, count: 16)
    // inet_pton writes 16 octets where it returns 1.
    let result = unsafe octets.withUnsafeMutableBytes { unsafe inet_pton(AF_INET6, text, $0.baseAddress) }
    return result == 1 ? octets.span.uint128(at: 0) : nil
  }

  /// What glibc writes.
  private func peerText(_ address: IPv6Address) -> String {
    var octets = [UInt8](repeating: 0, count: 16)
    var span = octets.mutableSpan
    span.store(address.bits, at: 0)
    var text = [CChar](repeating: 0, count: 46)
    // Both arrays are as long as inet_ntop is told.
    _ = unsafe inet_ntop(AF_INET6, octets, &text, 46)
    return String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  @Test func `texts of every shape are read as glibc reads them`() {
    var random = SplitMix(seed: 5952)
    let pieces = [
      ":", "::", "0", "1", "f", "ffff", "12345", "a", "0001", "255", "256", "1.2.3.4", ".", "01", "", "G",
    ]
    var accepted = 0
    for _ in 0..<200_000 {
      var text = ""
      for _ in 0..<(1 + random.next() % 16) {
        text += pieces[Int(random.next() % UInt64(pieces.count))]
        if random.next() % 3 > 0 { text += ":" }
      }
      let expected = peerParse(text)
      #expect(IPv6Address(text)?.bits == expected, "\(text)")
      if expected != nil { accepted += 1 }
    }
    // Else this would only say that both refuse nonsense.
    #expect(accepted > 1000)
  }

  @Test func `addresses are written as glibc writes them, and come back`() {
    var random = SplitMix(seed: 4291)
    for _ in 0..<50_000 {
      var bits = UInt128(random.next()) << 64 | UInt128(random.next())
      // Groups of zeros, of one digit, and the mapped prefix, each in many places.
      let mask = random.next()
      for group in 0..<8 where mask >> UInt64(group) & 1 == 1 { bits &= ~(0xffff << UInt128(16 * group)) }
      for group in 0..<8 where mask >> UInt64(8 + group) & 3 == 3 { bits &= ~(0xfff0 << UInt128(16 * group)) }
      if mask >> 62 == 3 { bits = 0xffff << 32 | bits & 0xffff_ffff }
      let address = IPv6Address(bits: bits)
      #expect(IPv6Address(address.description) == address)
      // glibc writes ::a.b.c.d for the deprecated IPv4-compatible addresses; RFC 5952 §5 does not.
      if bits >> 32 != 0 || bits < 0x10000 { #expect(address.description == peerText(address)) }
    }
  }

  @Test(arguments: [
    ("", IPv6AddressTextError.empty), (":::1", .thirdColon(at: 2)), ("1:::2", .thirdColon(at: 3)),
    ("::1::", .secondElision(at: 3)), (":1", .leadingColon), ("1:", .trailingColon(at: 1)),
    ("1:2:3:4:5:6:7:", .trailingColon(at: 13)), ("12345::", .longGroup(at: 0)),
    ("1:2:3:4:5:6:7:8:9", .tooManyGroups(at: 16)), ("1:2:3:4:5:6:7:8::", .tooManyGroups(at: 17)),
    ("1:2:3", .tooFewGroups(3)), ("fe80::1%eth0", .zone(at: 7)), ("::1.2.3.4%1", .zone(at: 9)),
    ("192.0.2.1", .isIPv4), ("::192.0.2.256", .badIPv4(at: 2)), ("::01.2.3.4", .badIPv4(at: 2)),
    ("::1.2.3", .badIPv4(at: 2)), ("1:2:3:4:5:6:7:1.2.3.4", .tooManyGroups(at: 14)),
    ("[::1]:80", .unexpected(0x5b, at: 0)), ("::1/64", .unexpected(0x2f, at: 3)),
    ("g::", .unexpected(0x67, at: 0)),
  ])
  func `a text that is no address says what is wrong and where`(text: String, error: IPv6AddressTextError) {
    #expect(throws: error) { try IPv6Address(parsing: text) }
  }

  @Test(arguments: [
    ("2001:0DB8::0001", "2001:db8::1"), ("1:0:0:2:0:0:0:3", "1:0:0:2::3"),
    ("1:0:0:2:3:0:0:4", "1::2:3:0:0:4"),
    ("1:0:2:3:4:5:6:7", "1:0:2:3:4:5:6:7"), ("::ffff:c000:201", "::ffff:192.0.2.1"), ("::", "::"),
    ("1::", "1::"),
    ("0:0:0:0:0:0:0:1", "::1"),
  ])
  func `the examples of RFC 5952 are written as it says`(text: String, expected: String) throws {
    #expect(try IPv6Address(parsing: text).description == expected)
  }

  @Test func `a buffer that is too short for the text is a typed error`() throws {
    let address = IPv6Address(bits: .max)
    for count in 0..<39 {
      var octets = [UInt8](repeating: 0, count: count)
      var span = octets.mutableSpan
      #expect(throws: WireError.noSpace(needed: 1, available: 0, offset: count)) {
        try address.write(into: &span)
      }
    }
  }

  @Test func `multicast groups of an address are as RFC 4291 says`() throws {
    let address = try IPv6Address(parsing: "4037::01:800:200e:8c6c")
    #expect(address.solicitedNodeMulticast.description == "ff02::1:ff0e:8c6c")
    #expect(address.solicitedNodeMulticast.needsZone)
    #expect(try IPv6Address(parsing: "fe80::1").needsZone)
    #expect(try !IPv6Address(parsing: "ff05::1").needsZone)
  }
}
