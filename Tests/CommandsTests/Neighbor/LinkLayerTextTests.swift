import ProbeEngine
import Testing

@testable import Commands

@Suite struct LinkLayerTextTests {
  private func problem(_ text: String) -> String? {
    do throws(LinkLayerText.Problem) {
      _ = try LinkLayerText.station(text)
      return nil
    } catch { return LinkLayerText.message(text, error) }
  }

  @Test func anEthernetAddressMayBeWrittenInThreeWays() throws {
    let octets: [UInt8] = [0x02, 0, 0, 0xab, 0, 0x0b]
    for text in ["02:00:00:ab:00:0b", "2:0:0:AB:0:b", "02-00-00-AB-00-0B", "0200.00ab.000b"] {
      #expect(try LinkLayerText.station(text).octets == octets, "\(text)")
    }
  }

  @Test(arguments: [
    ("", "'': a link-layer address is missing; give six octets such as 02:00:00:00:00:0b"),
    (
      "02:00:00:00:00",
      "'02:00:00:00:00': 5 octets, and an Ethernet address has six; give six octets such as 02:00:00:00:00:0b"
    ),
    ("2", "'2': 1 octet, and an Ethernet address has six; give six octets such as 02:00:00:00:00:0b"),
    (
      "02:00:00:00:00:0b:0c",
      "'02:00:00:00:00:0b:0c': 7 octets, and an Ethernet address has six; give six octets such as 02:00:00:00:00:0b"
    ),
    (
      "02:00:00:00:00:00b",
      "'02:00:00:00:00:00b': '00b' is not an octet of two hexadecimal digits; give six octets such as 02:00:00:00:00:0b"
    ),
    ("02::00:00:00:0b", "'02::00:00:00:0b': an octet is missing; give six octets such as 02:00:00:00:00:0b"),
    (
      "02:00:00:00:00:0g",
      "'02:00:00:00:00:0g': 'g' is not a hexadecimal digit; give six octets such as 02:00:00:00:00:0b"
    ),
    (
      "02:00-00:00:00:0b",
      "'02:00-00:00:00:0b': '-' is not a hexadecimal digit; give six octets such as 02:00:00:00:00:0b"
    ),
    ("eth0", "'eth0': 't' is not a hexadecimal digit; give six octets such as 02:00:00:00:00:0b"),
    (
      "33:33:00:00:00:01",
      "'33:33:00:00:00:01': the address of a group, and no station has it; give a station's"
    ),
    ("00:00:00:00:00:00", "'00:00:00:00:00:00': all zero, and no station has it; give a station's"),
  ]) func whatIsNoneIsSaidWithWhatWouldBeRight(_ text: String, _ message: String) {
    #expect(problem(text) == message)
  }

  @Test func otherLinksHaveOtherLengths() throws {
    let long = (0..<20).map { UInt8($0) }
    let text = long.map { String($0, radix: 16) }.joined(separator: ":")
    #expect(try LinkLayerText.address(text).octets == long)
    #expect(throws: LinkLayerText.Problem.tooLong) {
      try LinkLayerText.address([String](repeating: "00", count: 33).joined(separator: ":"))
    }
  }
}
