import Testing
import Timing
import Wire

@testable import Commands

@Suite struct PrefixTableTests {
  private func table(_ text: String) -> PrefixTable {
    let octets = Array(text.utf8)
    return PrefixTable(parsing: octets.span)
  }

  private func address(_ text: String) throws -> IPv6Address {
    let octets = Array(text.utf8)
    return try IPv6Address(parsing: octets.span)
  }

  @Test func theLongestPrefixDecides() throws {
    let table = table(
      """
      2001:db8::/32 64500
      2001:db8:1::/48 64501
      2001:db8:1:2::/64 64502
      2001:db8:8000::/33 64503
      ::/0 1
      2001:db8::1/128 4294967295
      """)
    #expect(table.count == 6)
    #expect(try table.text(of: address("2001:db8::2")) == "AS64500")
    #expect(try table.text(of: address("2001:db8::1")) == "AS4294967295")
    #expect(try table.text(of: address("2001:db8:1::")) == "AS64501")
    #expect(try table.text(of: address("2001:db8:1:2:ffff::")) == "AS64502")
    #expect(try table.text(of: address("2001:db8:1:3::")) == "AS64501")
    #expect(try table.text(of: address("2001:db8:8001::")) == "AS64503")
    #expect(try table.text(of: address("2001:db9::")) == "AS1")
    #expect(try table.text(of: address("ffff::")) == "AS1")
  }

  @Test(arguments: [
    "2001:db8::/32 64500", "2001:db8::/32\t64500", "2001:db8::/32,64500", "2001:db8::/32 AS64500",
    "2001:db8::\t32\t64500", "64500\t2001:db8::/32\t17", "as64500 2001:db8::/32",
    "  2001:db8::/32   64500  \r",
    "2001:db8::/32,64500,\"An, organization\"", "2001:db8:0:1::5/32 64500",
  ]) func theFormsOfALine(_ line: String) throws {
    let table = table(line + "\n")
    #expect(table.badLineCount == 0)
    #expect(try table.origins(of: address("2001:db8:ffff::1")) == [64_500])
    #expect(try table.origins(of: address("2001:db9::")).isEmpty)
    #expect(try table.text(of: address("2001:db9::")) == nil)
  }

  @Test(arguments: [
    "2001:db8::/32 64500_64501", "2001:db8::\t32\t64500,64501", "2001:db8::/32 {64500,64501}",
    "{64500,64501}\t2001:db8::/32", "2001:db8::/32 64500\n2001:db8::/32 64501\n2001:db8::/32 64500",
  ]) func severalOriginsAreAllShown(_ text: String) throws {
    #expect(try table(text).text(of: address("2001:db8::")) == "AS64500/AS64501")
  }

  @Test func commentsBlankLinesAndIPv4AreSkippedAndBadLinesAreNumbered() throws {
    let table = table(
      """
      ; made by hand
      # prefix asn

      10.0.0.0/8 64500
      64500 192.0.2.0/24
      2001:db8::/129 1
      2001:db8::/32
      2001:db8::/32 word
      word
      2001:db8::/32 4294967296
      2001:zz::/32 1
      2001:db8:: 1
      2001:db8::/48 64500
      """)
    #expect(table.count == 1)
    #expect(table.badLineCount == 7)
    #expect(
      table.badLines == [
        .init(number: 6, reason: .length), .init(number: 7, reason: .origin),
        .init(number: 8, reason: .origin),
        .init(number: 9, reason: .address), .init(number: 10, reason: .origin),
      ])
  }

  @Test func anEmptyTableKnowsNothing() throws {
    #expect(try table("").origins(of: address("::1")).isEmpty)
    #expect(try table("#\n\n").text(of: address("::1")) == nil)
  }

  /// Every answer is that of a search through all prefixes.
  @Test func itAgreesWithALinearSearch() throws {
    var generator = RandomNumbers(seed: 3)
    for _ in 0..<50 {
      var prefixes: [(bits: UInt128, length: UInt8, origin: UInt32)] = []
      var text = ""
      for origin in 1...40 as ClosedRange<UInt32> {
        // Few distinct leading bits, so that prefixes nest.
        let length = UInt8.random(in: 0...128, using: &generator)
        let mask = length == 0 ? 0 : UInt128.max << UInt128(128 - UInt128(length))
        let bits =
          UInt128.random(in: .min ... .max, using: &generator) & 0xc001_0000_8000_0001_0000_0000_0000_0001
          & mask
        guard !prefixes.contains(where: { $0.bits == bits && $0.length == length }) else { continue }
        prefixes.append((bits, length, origin))
        text += "\(IPv6Address(bits: bits))/\(length) \(origin)\n"
      }
      let table = table(text)
      #expect(table.count == prefixes.count)
      for _ in 0..<100 {
        let bits =
          UInt128.random(in: .min ... .max, using: &generator) & 0xc001_0000_8000_0001_0000_0000_0000_0001
        let covering = prefixes.filter {
          $0.length == 0 || (bits ^ $0.bits) >> UInt128(128 - UInt128($0.length)) == 0
        }
        let best = covering.max { $0.length < $1.length }
        #expect(table.origins(of: IPv6Address(bits: bits)) == (best.map { [$0.origin] } ?? []))
      }
    }
  }

  @Test func anyOctetsAreLines() {
    var generator = RandomNumbers(seed: 4)
    let pieces = Array("0123456789abcdef:::///,,{}_ \t\n\n#;AS.".utf8)
    for _ in 0..<2_000 {
      let octets = (0..<60).map { _ in pieces.randomElement(using: &generator) ?? 0 }
      let table = PrefixTable(parsing: octets.span)
      #expect(table.count + table.badLineCount <= 60)
    }
  }
}
