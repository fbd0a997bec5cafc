import ProbeEngine
import Testing
import Timing
import Wire

@testable import Report

/// Goldens of the 20221126 form are the output of iputils 20221126 with its times; those of the 20231222 form
/// differ where that release does. Where iputils is wrong, the test says what is right.
@Suite struct IputilsTextTests {
  static func options(_ body: (inout IputilsTextOptions) -> Void = { _ in }) -> IputilsTextOptions {
    var options = IputilsTextOptions()
    body(&options)
    return options
  }

  static let twoTimes = makeTimes(30, 39, 49, 9)

  @Test func aPlainRunIsWhatIputils20221126Prints() {
    let printed = Printed(
      IputilsText(options: Self.options { $0.form = .v20221126 }), makeRun("::1"),
      [.reply(makeReply(1)), .reply(makeReply(2, microseconds: 49))],
      summaries: [makeSummary(sent: 2, replied: 2, over: 101, times: Self.twoTimes)])
    #expect(
      printed.standardOutput == """
        PING ::1(::1) 56 data bytes
        64 bytes from ::1: icmp_seq=1 ttl=64 time=0.030 ms
        64 bytes from ::1: icmp_seq=2 ttl=64 time=0.049 ms

        --- ::1 ping statistics ---
        2 packets transmitted, 2 received, 0% packet loss, time 101ms
        rtt min/avg/max/mdev = 0.030/0.039/0.049/0.009 ms

        """)
    #expect(printed.standardError.isEmpty)
  }

  @Test func theHeaderHasASpaceSince20231222() {
    #expect(
      Printed(IputilsText(options: Self.options()), makeRun("::1")).lines[0] == "PING ::1 (::1) 56 data bytes"
    )
  }

  @Test func theHeaderNamesFlowLabelSourceAndInterface() {
    var run = makeRun("::1")
    run.flowLabel = 0x12345
    run.source = "::1"
    var options = Self.options {
      $0.form = .v20221126
      $0.isSourceChosen = true
    }
    #expect(
      Printed(IputilsText(options: options), run).lines[0]
        == "PING ::1(::1) , flow 0x12345, from ::1 : 56 data bytes")
    options.chosenInterface = "lo"
    run.flowLabel = nil
    #expect(
      Printed(IputilsText(options: options), run).lines[0] == "PING ::1(::1) from ::1 lo: 56 data bytes")
  }

  @Test func namesAreShownWithAddressesUnlessNumeric() {
    var run = makeRun("alias.example", address: "::1", isNumeric: false)
    run.targets[0].reverseName = "canon.example"
    let names = [loopback: "canon.example"]
    var options = Self.options { $0.form = .v20221126 }
    let named = Printed(IputilsText(options: options), run, [.reply(makeReply(1))], names: names)
    #expect(
      named.lines[0...1] == [
        "PING alias.example(canon.example (::1)) 56 data bytes",
        "64 bytes from canon.example (::1): icmp_seq=1 ttl=64 time=0.030 ms",
      ])
    options.isNumeric = true
    let numeric = Printed(IputilsText(options: options), run, [.reply(makeReply(1))], names: names)
    #expect(
      numeric.lines[0...1] == [
        "PING alias.example(::1) 56 data bytes", "64 bytes from ::1: icmp_seq=1 ttl=64 time=0.030 ms",
      ])
    let released = Printed(IputilsText(options: Self.options()), run)
    #expect(released.lines[0] == "PING alias.example (::1) 56 data bytes")
  }

  @Test func namesAreAskedForOnlyWhereTheyWouldBePrinted() {
    func isWanted(_ isNumeric: Bool, _ body: (inout IputilsTextOptions) -> Void, _ event: PingEvent) -> Bool {
      var writer = IputilsText(options: Self.options(body))
      var out = OutputBuffer()
      writer.begin(makeRun("h", address: "::1", isNumeric: isNumeric), at: .zero, wall: wall, into: &out)
      return writer.nameWanted(by: event) != nil
    }
    let reply = PingEvent.reply(makeReply(1))
    #expect(isWanted(false, { _ in }, reply))
    #expect(isWanted(false, { _ in }, .icmpError(makeError(1, type: 1, code: 0))))
    #expect(!isWanted(true, { _ in }, reply))
    #expect(isWanted(true, { $0.areNamesForced = true }, reply))
    #expect(!isWanted(false, { $0.isNumeric = true }, reply))
    #expect(!isWanted(false, { $0.isFlood = true }, reply))
    #expect(!isWanted(false, { $0.isQuiet = true }, reply))
    #expect(!isWanted(false, { _ in }, .lost(makeLost(1))))
  }

  @Test func thePatternIsShownUnlessQuiet() {
    let options = Self.options { $0.pattern = [0xff, 0x00] }
    #expect(Printed(IputilsText(options: options), makeRun("::1")).lines[0] == "PATTERN: 0xff00")
    let quiet = Self.options {
      $0.pattern = [0xff]
      $0.isQuiet = true
    }
    #expect(Printed(IputilsText(options: quiet), makeRun("::1")).lines[0].hasPrefix("PING"))
  }

  @Test func shortPayloadsHaveNoTimesAndAnEmptyLastLine() {
    let printed = Printed(
      IputilsText(options: Self.options { $0.isTimingShown = false }), makeRun("::1", payload: 8),
      [.reply(makeReply(1, octets: 16))],
      summaries: [makeSummary(sent: 1, replied: 1, over: 0, times: Self.twoTimes)])
    #expect(
      printed.lines == [
        "PING ::1 (::1) 8 data bytes", "16 bytes from ::1: icmp_seq=1 ttl=64", "",
        "--- ::1 ping statistics ---", "1 packets transmitted, 1 received, 0% packet loss, time 0ms", "", "",
      ])
  }

  @Test func aSilentRunHasFullLossAndAnEmptyLastLine() {
    let printed = Printed(
      IputilsText(options: Self.options()), makeRun("2001:db8::5"), [.lost(makeLost(1)), .lost(makeLost(2))],
      summaries: [makeSummary(sent: 2, replied: 0, over: 102)])
    #expect(
      printed.lines.dropFirst() == [
        "", "--- 2001:db8::5 ping statistics ---",
        "2 packets transmitted, 0 received, 100% packet loss, time 102ms", "", "",
      ])
  }

  @Test func verboseShowsTheIdentifierOnRawSocketsOnly() {
    let options = Self.options { $0.isVerbose = true }
    let raw = Printed(IputilsText(options: options), makeRun("::1", path: .raw), [.reply(makeReply(1))])
    #expect(raw.lines[1] == "64 bytes from ::1: icmp_seq=1 ident=14282 ttl=64 time=0.030 ms")
    let datagram = Printed(IputilsText(options: options), makeRun("::1"), [.reply(makeReply(1))])
    #expect(datagram.lines[1] == "64 bytes from ::1: icmp_seq=1 ttl=64 time=0.030 ms")
  }

  @Test func bellAndTimestampStandWhereIputilsHasThem() {
    let options = Self.options {
      $0.isAudible = true
      $0.showsTimestamps = true
    }
    let printed = Printed(
      IputilsText(options: options), makeRun("::1"), [.reply(makeReply(1, microseconds: 15))])
    #expect(printed.lines[1] == "[1795255516.397248] 64 bytes from ::1: icmp_seq=1 ttl=64 time=0.015 ms\u{7}")
  }

  @Test func wrongDataIsDumpedAndTruncationEndsItsLine() {
    var payload = (0..<56).map { UInt8($0) }
    payload[20] = 0xee
    let wrong = Corruption(offset: 20, received: 0xee, expected: 0x14, isTruncated: false, payload: payload)
    let short = Corruption(
      offset: 40, received: nil, expected: 40, isTruncated: true, payload: Array(payload.prefix(40)))
    let rejection = Rejection(
      reason: .source, source: other, sourceZone: 0, type: 129, at: .zero,
      reply: makeReply(4, from: other, microseconds: 137))
    let printed = Printed(
      IputilsText(options: Self.options()), makeRun("2001:db8::2"),
      [
        .corrupted(makeReply(1, from: peer, microseconds: 178), wrong),
        .corrupted(makeReply(2, from: peer, octets: 48), short),
        .reply(makeReply(3, from: peer, microseconds: 159)),
        .duplicate(makeReply(3, from: peer, microseconds: 207)), .rejected(rejection),
      ])
    // As printed by iputils 20221126 with a responder that does these things.
    #expect(
      printed.lines.dropFirst() == [
        "64 bytes from 2001:db8::2: icmp_seq=1 ttl=64 time=0.178 ms",
        "wrong data byte #20 should be 0x14 but was 0xee",
        "#16\t10 11 12 13 ee 15 16 17 18 19 1a 1b 1c 1d 1e 1f 20 21 22 23 24 25 26 27 28 29 2a 2b 2c 2d 2e 2f ",
        "#48\t30 31 32 33 34 35 36 37 ",
        "48 bytes from 2001:db8::2: icmp_seq=2 ttl=64 (truncated)",
        "64 bytes from 2001:db8::2: icmp_seq=3 ttl=64 time=0.159 ms",
        "64 bytes from 2001:db8::2: icmp_seq=3 ttl=64 time=0.207 ms (DUP!)",
        "64 bytes from 2001:db8::3: icmp_seq=4 ttl=64 time=0.137 ms (DIFFERENT ADDRESS!)", "",
      ])
  }

  @Test func otherAddressesAndDuplicatesAreNoWonderOnMulticastAndAnycast() {
    let rejection = Rejection(
      reason: .source, source: other, sourceZone: 0, type: 129, at: .zero, reply: makeReply(1, from: other))
    let events: [PingEvent] = [.rejected(rejection), .duplicate(makeReply(1, from: other))]
    let plain = "64 bytes from 2001:db8::3: icmp_seq=1 ttl=64 time=0.030 ms"
    let multicast = Printed(IputilsText(options: Self.options()), makeRun("ff02::1%eth0"), events)
    #expect(multicast.lines[1...2] == [plain, plain])
    let verbose = Printed(
      IputilsText(options: Self.options { $0.isVerbose = true }), makeRun("ff02::1%eth0"), events)
    #expect(verbose.lines[1...2] == [plain, plain + " (DUP!)"])
    let anycast = Printed(IputilsText(options: Self.options()), makeRun("2001:db8::"), events)
    #expect(anycast.lines[1...2] == [plain, plain + " (DUP!)"])
  }

  @Test func onlyAWrongSourceIsPrintedOfWhatIsNotBelieved() {
    for reason in RejectionReason.allCases where reason != .source {
      let rejection = Rejection(
        reason: reason, source: other, sourceZone: 0, type: 129, at: .zero, reply: makeReply(1))
      #expect(
        Printed(IputilsText(options: Self.options()), makeRun("::1"), [.rejected(rejection)]).lines.count == 2
      )
    }
  }

  /// Texts as printed by iputils 20221126 with a responder that sends each error.
  @Test(
    arguments: [
      (1, 0, 0, "Destination unreachable: No route"),
      (1, 1, 0, "Destination unreachable: Administratively prohibited"),
      (1, 2, 0, "Destination unreachable: Beyond scope of source address"),
      (1, 3, 0, "Destination unreachable: Address unreachable"),
      (1, 4, 0, "Destination unreachable: Port unreachable"),
      (1, 5, 0, "Destination unreachable: Unknown code 5"),
      (1, 6, 0, "Destination unreachable: Unknown code 6"),
      (1, 7, 0, "Destination unreachable: Unknown code 7"),
      (2, 0, 1280, "Packet too big: mtu=1280"), (2, 3, 1280, "Packet too big: mtu=1280, code=3"),
      (3, 0, 0, "Time exceeded: Hop limit"), (3, 1, 0, "Time exceeded: Defragmentation failure"),
      (3, 2, 0, "Time exceeded: code 2"), (4, 0, 40, "Parameter problem: Wrong header field at 40"),
      (4, 1, 6, "Parameter problem: Unknown header at 6"),
      (4, 2, 48, "Parameter problem: Unknown option at 48"),
      (4, 3, 1, "Parameter problem: code 3 at 1"), (100, 0, 0, "unknown icmp type: 100"),
    ] as [(UInt8, UInt8, UInt32, String)])
  func errorsHaveIputilsWords(type: UInt8, code: UInt8, info: UInt32, expected: String) {
    let printed = Printed(
      IputilsText(options: Self.options { $0.form = .v20221126 }), makeRun("2001:db8::2"),
      [.icmpError(makeError(5, type: type, code: code, info: info))])
    #expect(printed.lines[1] == "From 2001:db8::3 icmp_seq=5 " + expected)
  }

  @Test func laterReleasesNameTheLaterCodes() {
    let printed = Printed(
      IputilsText(options: Self.options()), makeRun("2001:db8::2"),
      [.icmpError(makeError(5, type: 1, code: 5)), .icmpError(makeError(5, type: 1, code: 6))])
    #expect(
      printed.lines[1...2] == [
        "From 2001:db8::3 icmp_seq=5 Destination unreachable: Source address failed ingress/egress policy",
        "From 2001:db8::3 icmp_seq=5 Destination unreachable: Reject route to destination",
      ])
  }

  @Test func sequencesAreThe16BitsOnTheWireEverywhere() {
    let printed = Printed(
      IputilsText(options: Self.options()), makeRun("2001:db8::2"),
      [
        .reply(makeReply(65_536, from: peer)), .icmpError(makeError(256, type: 1, code: 0)),
        .icmpError(makeError(65_537, type: 1, code: 0)), .noAnswerYet(makeLost(131_075)),
      ])
    #expect(
      printed.lines.dropFirst() == [
        "64 bytes from 2001:db8::2: icmp_seq=0 ttl=64 time=0.030 ms",
        "From 2001:db8::3 icmp_seq=256 Destination unreachable: No route",
        "From 2001:db8::3 icmp_seq=1 Destination unreachable: No route", "no answer yet for icmp_seq=3", "",
      ])
  }

  @Test func sendFailuresGoToStandardErrorInTheWordsOfTheRelease() {
    let tooLong = PingEvent.sendFailed(SendFailure(target: 0, sequence: 1, at: .zero, errno: 90, mtu: 1500))
    let refused = PingEvent.sendFailed(SendFailure(target: 0, sequence: 2, at: .zero, errno: 1))
    let old = Printed(
      IputilsText(options: Self.options { $0.form = .v20221126 }), makeRun("::1"), [tooLong, refused])
    #expect(
      old.standardError
        == "ping: local error: message too long, mtu: 1500\nping: sendmsg: Operation not permitted\n")
    let new = Printed(IputilsText(options: Self.options()), makeRun("::1"), [tooLong])
    #expect(new.standardError == "ping: sendmsg: Message too long\n")
    #expect(new.lines.count == 2)
  }

  @Test func whatNeverLeftIsNotTransmittedYetParsersStillFindTheLoss() {
    var summary = makeSummary(sent: 3, replied: 0, over: 0)
    (summary.lost, summary.sendFailed) = (0, 3)
    (summary.firstSentAt, summary.lastSentAt) = (nil, nil)
    let printed = Printed(IputilsText(options: Self.options()), makeRun("::1"), summaries: [summary])
    #expect(
      printed.lines[3...] == [
        "0 packets transmitted, 0 received, +3 errors, 100% packet loss, time 0ms", "", "",
      ])
  }

  @Test func quietPrintsHeaderOutstandingAndStatisticsOnly() {
    let printed = Printed(
      IputilsText(options: Self.options { $0.isQuiet = true }), makeRun("2001:db8::5"),
      [
        .noAnswerYet(makeLost(1)), .icmpError(makeError(1, type: 1, code: 3)), .reply(makeReply(2)),
        .sendFailed(SendFailure(target: 0, sequence: 3, at: .zero, errno: 1)),
      ])
    #expect(
      printed.lines == ["PING 2001:db8::5 (2001:db8::5) 56 data bytes", "no answer yet for icmp_seq=1", ""])
    #expect(printed.standardError.isEmpty)
  }

  static func sent(_ sequence: UInt64) -> PingEvent {
    .sent(SentProbe(target: 0, sequence: sequence, scheduledAt: .zero, sentAt: .zero, octets: 64))
  }

  @Test func floodPrintsDotsAndTakesThemBack() {
    var summary = makeSummary(sent: 3, replied: 3, over: 0, times: makeTimes(5, 7, 13, 3))
    summary.lastSentAt = .zero + .microseconds(44)
    summary.ewmaEighthMicroseconds = 11 * 8 + 5
    let printed = Printed(
      IputilsText(options: Self.options { $0.isFlood = true }), makeRun("::1"),
      [
        Self.sent(1), .reply(makeReply(1)), Self.sent(2), .reply(makeReply(2)), Self.sent(3),
        .reply(makeReply(3)),
      ], summaries: [summary])
    #expect(
      printed.lines.dropFirst() == [
        ".\u{8} \u{8}.\u{8} \u{8}.\u{8} \u{8}", "--- ::1 ping statistics ---",
        "3 packets transmitted, 3 received, 0% packet loss, time 0ms",
        "rtt min/avg/max/mdev = 0.005/0.007/0.013/0.003 ms, ipg/ewma 0.022/0.011 ms", "",
      ])
  }

  @Test func floodMarksErrorsAndADuplicateTakesNoDotAway() {
    let printed = Printed(
      IputilsText(
        options: Self.options {
          $0.isFlood = true
          $0.isAudible = true
        }), makeRun("::1"),
      [
        Self.sent(1), .icmpError(makeError(1, type: 1, code: 0)),
        .sendFailed(SendFailure(target: 0, sequence: 2, at: .zero, errno: 90)), Self.sent(3), Self.sent(4),
        .reply(makeReply(4)), .duplicate(makeReply(4)), .lost(makeLost(3)),
      ])
    #expect(printed.lines[1] == ".\u{8}EE..\u{8} \u{8}\u{7}")
    #expect(printed.standardError.isEmpty)
  }

  @Test func dotsStopAtTheWidthOfTheTerminal() {
    let printed = Printed(
      IputilsText(
        options: Self.options {
          $0.isFlood = true
          $0.terminalWidth = 10
        }), makeRun("::1"), (1...100).map { Self.sent($0) })
    #expect(printed.lines[1] == ".........")
  }

  @Test func statisticsNameDuplicatesErrorsPipeAndPace() {
    var summary = makeSummary(sent: 30, replied: 5, over: 1_623, times: makeTimes(167, 182, 215, 20))
    summary.duplicates = 1
    summary.lost = 10
    summary.icmpErrors = 15
    summary.pipe = 3
    let printed = Printed(IputilsText(options: Self.options()), makeRun("2001:db8::2"), summaries: [summary])
    #expect(
      printed.lines[3...] == [
        "30 packets transmitted, 5 received, +1 duplicates, +15 errors, 83.3333% packet loss, time 1623ms",
        "rtt min/avg/max/mdev = 0.167/0.182/0.215/0.020 ms, pipe 3", "",
      ])
  }

  @Test func lossIsNeverNegativeAndThereIsNoRoundTripWithoutOne() {
    var summary = makeSummary(sent: 1, replied: 1, over: 0)
    summary.late = 1
    let printed = Printed(IputilsText(options: Self.options()), makeRun("::1"), summaries: [summary])
    #expect(
      printed.lines[3...] == ["1 packets transmitted, 2 received, 0% packet loss, time 0ms", "", ""])
  }

  @Test func corruptedAndLateRepliesCountAsReceived() {
    var summary = makeSummary(sent: 4, replied: 1, over: 0)
    (summary.late, summary.corrupted, summary.lost) = (1, 1, 1)
    let printed = Printed(IputilsText(options: Self.options()), makeRun("::1"), summaries: [summary])
    #expect(printed.lines[3] == "4 packets transmitted, 3 received, 25% packet loss, time 0ms")
  }

  @Test func aSnapshotIsOneLineOnStandardError() {
    var summary = makeSummary(sent: 1, replied: 1, over: 0, times: makeTimes(14, 14, 14, 0))
    summary.ewmaEighthMicroseconds = 14 * 8
    let printed = Printed(IputilsText(options: Self.options()), makeRun("::1"), snapshots: [[summary]])
    #expect(
      printed.standardError == "\r1/1 packets, 0% loss, min/avg/ewma/max = 0.014/0.014/0.014/0.014 ms\n")
    let silent = Printed(
      IputilsText(options: Self.options()), makeRun("::1"),
      snapshots: [[makeSummary(sent: 3, replied: 1, over: 0)]])
    #expect(silent.standardError == "\r1/3 packets, 66% loss\n")
  }

  @Test func nodeInformationAnswersStandWhereTheSequenceStands() {
    func line(_ answer: PingReply.Answer) -> String {
      var reply = makeReply(3, microseconds: nil)
      reply.answer = answer
      return Printed(IputilsText(options: Self.options()), makeRun("::1"), [.reply(reply)]).lines[1]
    }
    #expect(line(.names([Array("host.example".utf8)])) == "64 bytes from ::1: host.example.; seq=3; ttl=64")
    #expect(
      line(.ipv6Addresses([peer, other])) == "64 bytes from ::1: 2001:db8::2, 2001:db8::3; seq=3; ttl=64")
    #expect(line(.ipv4Addresses([0xc000_0201])) == "64 bytes from ::1: 192.0.2.1; seq=3; ttl=64")
    #expect(line(.refused) == "64 bytes from ::1: refused; seq=3; ttl=64")
    #expect(line(.unknownQueryType) == "64 bytes from ::1: unknown; seq=3; ttl=64")
    #expect(line(.unknownCode(7)) == "64 bytes from ::1: unknown code(07); seq=3; ttl=64")
  }
}
