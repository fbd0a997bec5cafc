import ProbeEngine
import Testing
import Timing
import Wire

@testable import Report

/// Beside the recordings of the original, which `NdiscFaceGoldenTests` compares: what those cannot hold.
@Suite struct Rdisc6TextTests {
  typealias Fixture = NdiscFixture

  static func printed(
    _ events: [LinkEvent], _ body: (inout NdiscTextOptions) -> Void = { _ in }
  ) -> (out: String, error: String) {
    NdiscFixture.printed(Rdisc6Text(options: NdiscFixture.options(body)), events)
  }

  static let header = "Soliciting host.example (2001:db8::b) on eth0...\n"
  static let plain = """

    Hop limit                 :           64 (      0x40)
    Stateful address conf.    :           No
    Stateful other conf.      :           No
    Mobile home agent         :           No
    Router preference         :       medium
    Neighbor discovery proxy  :           No
    Router lifetime           :         1800 (0x00000708) seconds
    Reachable time            :  unspecified (0x00000000)
    Retransmit time           :  unspecified (0x00000000)

    """

  static func end(interrupted: Bool = false) -> LinkEvent {
    var summary = RoutersSummary(at: .zero)
    summary.isInterrupted = interrupted
    return .summary(.routers(summary))
  }

  /// The lines of these options.
  static func lines(_ options: [UInt8], _ body: (inout NdiscTextOptions) -> Void = { _ in }) -> String {
    let printed = printed([Fixture.router(RouterAdvertisement(lifetime: 1_800), options)], body)
    let before = header + plain
    let after = " from fe80::1\n"
    guard printed.out.hasPrefix(before), printed.out.hasSuffix(after) else { return printed.out }
    return String(
      decoding: printed.out.utf8.dropFirst(before.utf8.count).dropLast(after.utf8.count), as: UTF8.self)
  }

  @Test func anAdvertisementIsTheOriginals() {
    let printed = Self.printed([Fixture.router(), Fixture.attemptEnded(), Self.end()])
    #expect(printed.out == Self.header + Self.plain + " from fe80::1\n")
    #expect(printed.error.isEmpty)
  }

  @Test func everyRouterIsShownAskedOrNot() {
    let printed = Self.printed([
      Fixture.router(standing: .unsolicited), Fixture.router(from: Fixture.secondRouter),
      Fixture.router(standing: .repeated), Fixture.attemptEnded(), Self.end(),
    ])
    #expect(
      printed.out == Self.header + Self.plain + " from fe80::1\n" + Self.plain + " from fe80::2\n"
        + Self.plain
        + " from fe80::1\n")
  }

  @Test func oneRouterIsShownWhereOneIsWanted() {
    let printed = Self.printed([Fixture.router(), Fixture.router(from: Fixture.secondRouter), Self.end()]) {
      $0.isSingle = true
    }
    #expect(printed.out == Self.header + Self.plain + " from fe80::1\n")
  }

  @Test func whatMustBeDiscardedIsNeitherShownNorAnAnswer() {
    let zero = Fixture.option(5, 0, [0, 0, 0, 0, 5, 0xdc])
    let cut = Fixture.option(5, 2, [0, 0, 0, 0, 5, 0xdc])
    let global = IPv6Address(bits: 0x2001_0db8 << 96 | 1)
    let header = RouterAdvertisement(lifetime: 1_800)
    // The engine says so as well; nothing is shown where it does not.
    for event in [
      Fixture.router(hopLimit: 64), Fixture.router(from: global), Fixture.router(header, zero),
      Fixture.router(header, cut), Fixture.router(header, [0, 0, 0, 0]), Fixture.router(standing: .discarded),
    ] {
      #expect(
        Self.printed([event, Fixture.attemptEnded(), Self.end()]).out
          == Self.header + "Timed out.\nNo response.\n")
    }
  }

  @Test func anOptionOfWrongLengthIsLeftOutAndTheRestShown() {
    let mtu = Fixture.option(5, 1, [0, 0, 0, 0, 5, 0xdc])
    let line = " MTU                      :         1500 bytes (valid)\n"
    // A prefix of 8 octets, and one of 200 bits; an MTU of 16; servers of 16; a route whose prefix is missing.
    for option in [
      Fixture.option(3, 1, [64, 0xc0, 0, 0, 0, 1]),
      Fixture.option(3, 4, [200, 0xc0] + [UInt8](repeating: 0, count: 28)),
      Fixture.option(5, 2, [UInt8](repeating: 0, count: 14)),
      Fixture.option(25, 2, [UInt8](repeating: 0, count: 14)),
      Fixture.option(24, 1, [64, 0, 0, 0, 0, 1]), Fixture.option(31, 1, [UInt8](repeating: 0, count: 6)),
    ] {
      #expect(Self.lines(mtu + option + mtu) == line + line)
    }
  }

  @Test func namesAreMadeHarmless() {
    // One label of 6 octets: ESC, newline, DEL, a backslash, an octet that is no UTF-8, a letter.
    let name: [UInt8] = [6, 0x1b, 0x0a, 0x7f, 0x5c, 0xff, 0x61, 0]
    #expect(
      Self.lines(Fixture.option(31, 2, [0, 0, 0, 0, 0, 60] + name))
        == """
         DNS search list          : \\x1b\\x0a\\x7f\\\\\\xffa 
          DNS search list lifetime:           60 (0x0000003c) seconds

        """)
  }

  @Test func aSearchListOfAnyLengthIsShownWhole() {
    // 255 units of 8 octets: the original's count of octets wraps at 256.
    var data: [UInt8] = [0, 0, 0, 0, 0, 60]
    var names = ""
    while data.count + 9 <= 255 * 8 - 2 {
      let digits = [UInt8]("\(100 + names.utf8.count / 8 % 900)".utf8)
      data += [7, 0x6e, 0x61, 0x6d, 0x65] + digits + [0]
      names += "name" + String(decoding: digits, as: UTF8.self) + " "
    }
    data += [UInt8](repeating: 0, count: 255 * 8 - 2 - data.count)
    #expect(names.utf8.count > 1_700)
    #expect(
      Self.lines(Fixture.option(31, 255, data))
        == " DNS search list          : \(names)\n  DNS search list lifetime:           60 (0x0000003c) seconds\n"
    )
  }

  @Test func optionsThatTheOriginalDoesNotKnowLeaveNoTrace() {
    for type in 0...255 as ClosedRange<UInt8> where ![1, 3, 5, 24, 25, 31].contains(type) {
      #expect(Self.lines(Fixture.option(type, 3, [UInt8](repeating: 1, count: 22))) == "", "option \(type)")
    }
  }

  @Test func quietIsPrefixesAlone() {
    let prefix: [UInt8] =
      Fixture.option(3, 4, [48, 0xc0] + [UInt8](repeating: 0, count: 12) + [0x20, 1, 0xd, 0xb8])
      + [UInt8](repeating: 0, count: 12)
    let mtu = Fixture.option(5, 1, [0, 0, 0, 0, 5, 0xdc])
    let events = [
      Fixture.attemptEnded(), Fixture.router(RouterAdvertisement(lifetime: 0), mtu + prefix + mtu + prefix),
      Fixture.attemptEnded(), Self.end(),
    ]
    #expect(Self.printed(events) { $0.isQuiet = true }.out == "2001:db8::/48\n2001:db8::/48\n")
    #expect(Self.printed([Fixture.attemptEnded(), Self.end()]) { $0.isQuiet = true }.out.isEmpty)
  }

  @Test func aSolicitationThatCannotLeaveIsTheEnd() {
    let printed = Self.printed([Fixture.sendFailed(99), Fixture.attemptEnded(), Self.end()])
    #expect(printed.out == Self.header)
    #expect(printed.error == "Sending ICMPv6 packet: Cannot assign requested address\n")
  }

  @Test func anInterruptedRunSaysNothingOfAResponse() {
    #expect(Self.printed([Self.end(interrupted: true)]).out == Self.header)
    #expect(Self.printed([Self.end()]).out == Self.header + "No response.\n")
  }

  @Test func noAdvertisementMakesItTrap() {
    // Options of every type and length, cut at every octet, as if each were an answer.
    for type in [1, 3, 5, 24, 25, 31, 38] as [UInt8] {
      for units in 0...5 as ClosedRange<UInt8> {
        let option = Fixture.option(type, units, [UInt8](repeating: 0xff, count: 38))
        for count in 0...option.count {
          guard case .advertisement(var advertisement) = Fixture.router() else { return }
          advertisement.message = Fixture.heard(
            advertisement.message.octets + option[..<count], from: Fixture.firstRouter)
          let printed = Self.printed([.advertisement(advertisement), Self.end()])
          #expect(
            printed.out.hasSuffix(advertisement.message.isDiscarded ? "No response.\n" : " from fe80::1\n"))
        }
      }
    }
  }
}
