import ProbeEngine
import Testing
import Timing
import Wire

@testable import Report

/// Beside the recordings of the original, which `NdiscFaceGoldenTests` compares: what those cannot hold.
@Suite struct Ndisc6TextTests {
  typealias Fixture = NdiscFixture

  static func printed(
    _ events: [LinkEvent], _ body: (inout NdiscTextOptions) -> Void = { _ in }
  ) -> (out: String, error: String) {
    NdiscFixture.printed(Ndisc6Text(options: NdiscFixture.options(body)), events)
  }

  static let header = "Soliciting host.example (2001:db8::b) on eth0...\n"
  static func answer(_ last: String) -> String {
    "Target link-layer address: 02:00:00:00:AB:\(last)\n from 2001:db8::b\n"
  }

  @Test func anAnswerIsTheOriginals() {
    let printed = Self.printed([Fixture.neighbor(0x0c), Fixture.attemptEnded(), Fixture.end()])
    #expect(printed.out == Self.header + Self.answer("0C"))
    #expect(printed.error.isEmpty)
  }

  @Test func whatWasTypedIsMadeHarmless() {
    let printed = Self.printed([]) {
      $0.name = "fe80::1%e\u{1b}[2J"
      $0.interface = "e\u{1b}"
    }
    #expect(printed.out == "Soliciting fe80::1%e\\x1b[2J (2001:db8::b) on e\\x1b...\n")
  }

  @Test func aSecondStationIsNotHidden() {
    var finding = Finding(.conflict, .problem, at: .zero)
    finding.address = Fixture.target
    finding.link = LinkLayerAddress([2, 0, 0, 0, 0xab, 0x0c])
    finding.otherLink = LinkLayerAddress([2, 0, 0, 0, 0xab, 0x0d])
    let events = [
      Fixture.neighbor(0x0c), Fixture.neighbor(0x0d), .finding(finding), Fixture.attemptEnded(),
      Fixture.end(.conflict),
    ]
    let told =
      "ndisc6: 2001:db8::b: more than one station answers: 02:00:00:00:AB:0C and 02:00:00:00:AB:0D\n"
    let single = Self.printed(events) { $0.isSingle = true }
    #expect(single.out == Self.header + Self.answer("0C"))
    #expect(single.error == told)
    let all = Self.printed(events)
    #expect(all.out == Self.header + Self.answer("0C") + Self.answer("0D"))
    #expect(all.error == told)
    let quiet = Self.printed(events) { $0.isQuiet = true }
    #expect(quiet.out == "02:00:00:00:AB:0C\n02:00:00:00:AB:0D\n")
    #expect(quiet.error == told)
  }

  @Test func otherFindingsAreNotToldOf() {
    let printed = Self.printed([
      .finding(Finding(.frameDiffers, .notice, at: .zero)),
      .finding(Finding(.brokenRule, .problem, at: .zero)),
    ])
    #expect((printed.out, printed.error) == (Self.header, ""))
  }

  @Test(arguments: [LinkAdvertisement.Standing.unsolicited, .discarded, .loopedBack])
  func whatIsNoAnswerIsNotShown(_ standing: LinkAdvertisement.Standing) {
    let printed = Self.printed([
      Fixture.neighbor(0x0c, standing: standing), Fixture.attemptEnded(), Fixture.end(.silent),
    ])
    #expect(printed.out == Self.header + "Timed out.\nNo response.\n")
  }

  @Test func withoutSolicitationsWhatIsHeardIsAnAnswer() {
    let printed = Self.printed([
      Fixture.neighbor(0x0c, standing: .unsolicited), Fixture.attemptEnded(), Fixture.end(.silent),
    ]) { $0.solicits = false }
    #expect(printed.out == Self.header + Self.answer("0C"))
  }

  @Test func anAdvertisementWithoutTheOptionOrWithABrokenOneIsNone() {
    for options in [
      [], Fixture.option(1, 1, [2, 0, 0, 0, 0, 1]), [2, 0, 2, 0, 0, 0, 0, 1], [2, 2, 2, 0, 0, 0, 0, 1],
    ] {
      let printed = Self.printed([
        Fixture.neighbor(options), Fixture.attemptEnded(), Fixture.end(.silent),
      ])
      #expect(printed.out == Self.header + "Timed out.\nNo response.\n")
    }
  }

  @Test func attemptsOfThisHostsOwnAddressTimeOutWithoutHavingBeenMade() {
    let timedOut = Self.header + "Timed out.\nTimed out.\nTimed out.\nNo response.\n"
    #expect(Self.printed([Fixture.end(.local)]).out == timedOut)
    #expect(Self.printed([Fixture.end(.local)]) { $0.isQuiet = true }.out.isEmpty)
    let many = Self.printed([Fixture.end(.local)]) { $0.attempts = .max }
    #expect(many.out.utf8.count < 4_000)
  }

  @Test func noAttemptsAreNoResponse() {
    let printed = Self.printed([Fixture.neighbor(0x0c), Fixture.attemptEnded(), Fixture.end(.silent)]) {
      $0.attempts = 0
    }
    #expect(printed.out == Self.header + "No response.\n")
  }

  @Test func aSolicitationThatCannotLeaveIsTheEnd() {
    let printed = Self.printed([
      Fixture.attemptEnded(), Fixture.sendFailed(101), Fixture.attemptEnded(), Fixture.sendFailed(101),
      Fixture.neighbor(0x0c), Fixture.end(.sendFailed),
    ])
    #expect(printed.out == Self.header + "Timed out.\n")
    #expect(printed.error == "Sending ICMPv6 packet: Network is unreachable\n")
  }

  @Test func anInterfaceThatIsDownIsWhatItIsToTheOriginal() {
    #expect(
      Self.printed([Fixture.sendFailed(100)]).error == "Sending ICMPv6 packet: Network is unreachable\n")
  }

  @Test func anInterruptedRunSaysNothingOfAResponse() {
    #expect(
      Self.printed([Fixture.attemptEnded(), Fixture.end(.interrupted)]).out == Self.header + "Timed out.\n")
  }

  @Test func noAnswerMakesItTrap() {
    // Every beginning of an answer, as if it were one.
    guard case .advertisement(var whole) = Fixture.neighbor(0x0c) else { return }
    let octets = whole.message.octets
    for count in 0...octets.count {
      whole.message = Fixture.heard(Array(octets[..<count]), from: Fixture.target)
      let printed = Self.printed([.advertisement(whole)])
      #expect((printed.out == Self.header) == (count < octets.count))
    }
  }
}
