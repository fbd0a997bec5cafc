import Testing
import Wire

@testable import ProbeEngine

/// The octets are scapy 2.5.0's: `IPv6(src="fe80::1", dst="ff02::1", hlim=1) / …`.
@Suite struct LinkQuestionsTests {
  private let source = LinkFixture.local(1)
  private let data = (0..<16).map { UInt8($0) }
  /// fe80::1, ff02::1
  private let addresses =
    [0xfe, 0x80] + [UInt8](repeating: 0, count: 13) + [1] + [0xff, 0x02] + [UInt8](repeating: 0, count: 13)
    + [1]

  @Test func anEchoRequestToAllNodesIsWhatScapyMakes() {
    let expected =
      [0x60, 0, 0, 0, 0, 24, 58, 1] + addresses
      + [128, 0, 0x37, 0xac, 0x12, 0x34, 0, 7] + data
    #expect(LinkQuestion.echo(from: source, identifier: 0x1234, sequence: 7, data: data) == expected)
  }

  @Test func aPacketWithAnUnknownOptionIsWhatScapyMakes() {
    let expected =
      [0x60, 0, 0, 0, 0, 32, 60, 1] + addresses
      // Destination options: ICMPv6 follows, 8 octets; option 0x9e with 4 octets.
      + [58, 0, 0x9e, 4, 0, 0, 0, 0]
      + [128, 0, 0x37, 0xac, 0x12, 0x34, 0, 7] + data
    let octets = LinkQuestion.unknownOption(from: source, identifier: 0x1234, sequence: 7, data: data)
    #expect(octets == expected)
    #expect(LinkQuestion.unknownOption.unknownAction == .discardAndReport)
    #expect(LinkQuestion.unknownOption.name == nil)
  }

  @Test func aListenerQueryIsWhatScapyMakes() {
    let expected =
      [0x60, 0, 0, 0, 0, 36, 0, 1] + addresses
      // Hop-by-hop options: ICMPv6 follows, 8 octets; router alert 0, PadN of 2.
      + [58, 0, 5, 2, 0, 0, 1, 0]
      // Query: checksum, 1000 ms, group ::, robustness 2, interval 125 s, no sources.
      + [130, 0, 0x79, 0xbe, 0x03, 0xe8, 0, 0] + [UInt8](repeating: 0, count: 16) + [2, 125, 0, 0]
    #expect(LinkQuestion.listenerQuery(from: source) == expected)
    #expect(expected.count <= LinkQuestion.longest)
  }
}
