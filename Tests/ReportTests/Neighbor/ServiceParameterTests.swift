import Testing

@testable import Report

@Suite struct ServiceParameterTests {
  /// `name=value`, values in hexadecimal behind `#`.
  static func parameters(_ octets: [UInt8]) -> [String] {
    ServiceParameter.all(in: octets.span, 0..<octets.count).map { parameter in
      switch parameter.value {
      case .text(let text): (parameter.name ?? "-") + "=" + String(decoding: text, as: UTF8.self)
      case .octets(let octets):
        (parameter.name ?? "-") + "=#" + octets.map { String($0, radix: 16) }.joined(separator: " ")
      }
    }
  }

  @Test func keysOfTheRegistryAreReadByTheirForm() {
    #expect(Self.parameters([0, 0, 0, 4, 0, 1, 0, 3]) == ["mandatory=alpn,port"])
    #expect(Self.parameters([0, 1, 0, 6, 2, 0x68, 0x32, 2, 0x61, 0x2c]) == [#"alpn=h2,a\,"#])
    #expect(Self.parameters([0, 2, 0, 0, 0, 3, 0, 2, 3, 0x55]) == ["no-default-alpn=", "port=853"])
    #expect(Self.parameters([0, 4, 0, 8, 192, 0, 2, 1, 192, 0, 2, 2]) == ["ipv4hint=192.0.2.1,192.0.2.2"])
    #expect(Self.parameters([0, 6, 0, 16] + wireOctets(peer)) == ["ipv6hint=2001:db8::2"])
    #expect(Self.parameters([0, 7, 0, 2, 0x2f, 0x71]) == ["dohpath=/q"])
  }

  @Test func whatHasAnotherFormStaysOctets() {
    #expect(Self.parameters([0, 0, 0, 1, 5]) == ["mandatory=#5"])
    #expect(Self.parameters([0, 1, 0, 2, 9, 0x61]) == ["alpn=#9 61"])
    #expect(Self.parameters([0, 1, 0, 1, 0]) == ["alpn=#0"])
    #expect(Self.parameters([0, 3, 0, 1, 7]) == ["port=#7"])
    #expect(Self.parameters([0, 4, 0, 3, 1, 2, 3]) == ["ipv4hint=#1 2 3"])
    #expect(Self.parameters([0, 5, 0, 1, 0xab, 0xff, 0, 0, 0]) == ["ech=#ab", "key65280=#"])
  }

  @Test func aParameterThatIsCutShortIsTheLast() {
    #expect(Self.parameters([0, 2, 0, 0, 0, 3, 0, 2, 7]) == ["no-default-alpn=", "-=#0 3 0 2 7"])
    #expect(Self.parameters([0, 3, 0]) == ["-=#0 3 0"])
  }
}
