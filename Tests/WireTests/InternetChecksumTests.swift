import Testing

@testable import Wire

@Suite struct InternetChecksumTests {
  /// The sum of RFC 1071 §1 in the plainest way: 16-bit words, carries folded at the end.
  private func plainChecksum(_ octets: [UInt8]) -> UInt16 {
    var sum: UInt64 = 0
    for (index, octet) in octets.enumerated() { sum += UInt64(octet) << (index % 2 == 0 ? 8 : 0) }
    while sum > 0xffff { sum = (sum & 0xffff) + (sum >> 16) }
    return ~UInt16(sum)
  }

  @Test func `the example of RFC 1071 section 3 sums to ddf2`() {
    let octets: [UInt8] = [0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7]
    var checksum = InternetChecksum()
    checksum.add(octets.span)
    #expect(checksum.value == ~0xddf2)
  }

  @Test func `every length agrees with the plain sum`() {
    var random = SplitMix(seed: 1)
    for count in 0...300 {
      let octets = random.octets(count)
      var checksum = InternetChecksum()
      checksum.add(octets.span)
      #expect(checksum.value == plainChecksum(octets), "\(count) octets")
    }
  }

  @Test func `octets of all ones and all zeros agree with the plain sum`() {
    for value in [UInt8(0), 0xff] {
      for count in [1, 2, 7, 8, 63, 64, 65, 1232, 65535] {
        let octets = [UInt8](repeating: value, count: count)
        var checksum = InternetChecksum()
        checksum.add(octets.span)
        #expect(checksum.value == plainChecksum(octets), "\(count) octets of \(value)")
      }
    }
  }

  @Test func `pieces of any length sum up to the whole`() {
    var random = SplitMix(seed: 2)
    for _ in 0..<500 {
      let octets = random.octets(Int(random.next() % 200))
      var checksum = InternetChecksum()
      var start = 0
      while start < octets.count {
        let end = min(octets.count, start + Int(random.next() % 9))
        checksum.add(octets.span.extracting(start..<end))
        start = end
      }
      #expect(checksum.value == plainChecksum(octets))
    }
  }

  @Test func `numbers sum up like their octets`() {
    var random = SplitMix(seed: 3)
    for odd in [false, true] {
      let octets = random.octets(odd ? 31 : 30)
      let prefix = odd ? 1 : 0
      var checksum = InternetChecksum()
      checksum.add(octets.span.extracting(0..<prefix))
      checksum.add(octets.span.uint16(at: prefix))
      checksum.add(octets.span.uint32(at: prefix + 2))
      checksum.add(octets.span.uint64(at: prefix + 6))
      checksum.add(IPv6Address(bits: octets.span.uint128(at: prefix + 14)))
      #expect(checksum.value == plainChecksum(octets))
    }
  }
}
