import Testing

@testable import Report

@Suite struct DNSNameTextTests {
  static func names(_ octets: [UInt8]) -> [String] {
    DNSNameText.names(in: octets.span, 0..<octets.count).map { String(decoding: $0, as: UTF8.self) }
  }

  @Test func namesAreSplitAndPadsAreNone() {
    let octets =
      wireName([Array("a".utf8), Array("example".utf8)]) + wireName([Array("b".utf8)]) + [0, 0, 0]
    #expect(Self.names(octets) == ["a.example", "b"])
    #expect(Self.names([0, 0]) == [])
  }

  @Test func whatIsNoPlainLetterIsEscapedByRFC1035() {
    #expect(
      Self.names(wireName([Array(#"a.b\"#.utf8), [0x1b, 0x20, 0x7f, 0xff], Array("é".utf8)]))
        == [#"a\.b\\.\027\032\127\255.\195\169"#])
  }

  @Test func readingEndsWhereALabelBreaksTheRules() {
    #expect(Self.names(wireName([Array("a".utf8)]) + [0xc0, 0]) == ["a"])
    #expect(Self.names(wireName([Array("a".utf8)]) + [63, 1]) == ["a"])
  }

  @Test func aNameWithoutLabelsIsTheRoot() {
    let octets: [UInt8] = [0]
    #expect(DNSNameText.name(in: octets.span, 0..<1) == [0x2e])
  }
}
