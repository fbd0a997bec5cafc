import ProbeEngine
import Testing
import Timing
import Wire

@testable import Report

/// Goldens are the output of Debian 12's ndisc6 1.0.5 in a chain of routers, with our times and addresses.
@Suite struct Ndisc6TracerouteTextTests {
  static func printed(
    _ events: [TraceEvent], run: TraceRun = makeTraceRun(), names: [IPv6Address: String] = [:],
    _ body: (inout Ndisc6TracerouteTextOptions) -> Void = { _ in }
  ) -> PrintedTrace {
    var options = Ndisc6TracerouteTextOptions()
    options.isNumeric = true
    body(&options)
    return PrintedTrace(Ndisc6TracerouteText(options: options), run, events, names: names)
  }

  static func line(
    _ verdicts: [TraceHop.Verdict], names: [IPv6Address: String] = [:],
    _ body: (inout Ndisc6TracerouteTextOptions) -> Void = { _ in }
  ) -> String {
    printed([.hop(makeHop(4, verdicts))], names: names, body).lines[1]
  }

  static let header =
    "traceroute to host.example (2001:db8:9::1) from 2001:db8:1::100, port 33434, from port 54321, 30 hops max, 60 bytes packets"

  @Test func aTraceIsTheOriginals() {
    let printed = Self.printed([
      .hop(makePlainHop(1)), .hop(makeSilentHop(2)),
      .hop(makePlainHop(10, from: traced, .unreachable(code: 4))),
      .end(makeTraceEnd(.reached, hops: 10, replied: 6, lost: 3)),
    ])
    #expect(
      printed.standardOutput == Self.header + "\n"
        + " 1  2001:db8:1::1  1.000 ms  1.010 ms  1.020 ms \n"
        + " 2  * * *\n"
        + "10  2001:db8:9::1  10.000 ms  10.010 ms  10.020 ms \n")
    #expect(printed.standardError.isEmpty)
  }

  @Test func theHeaderHasNoPortsForEchoesAndKnowsOneFromMany() {
    var run = makeTraceRun(method: .icmp)
    run.maximumHops = 1
    run.targets[0].source = "fe80::1%eth0"
    #expect(
      Self.printed([], run: run).lines[0]
        == "traceroute to host.example (2001:db8:9::1) from fe80::1, 1 hop max, 60 bytes packets")
  }

  @Test func starsDoNotRepeatAnAddress() {
    #expect(
      Self.line([
        .reply(makeTraceReply(4)), .lost(makeTraceLoss(4, 1)), .reply(makeTraceReply(4, 2)),
        .reply(makeTraceReply(4, 3, from: router(5))),
      ]) == " 4  2001:db8:4::1  4.000 ms  * 4.020 ms  2001:db8:5::1  4.030 ms ")
    #expect(
      Self.line([.lost(makeTraceLoss(4)), .reply(makeTraceReply(4, 1))]) == " 4  * 2001:db8:4::1  4.010 ms ")
  }

  @Test func namesStandBeforeAddresses() {
    #expect(
      Self.line(
        [.reply(makeTraceReply(4)), .reply(makeTraceReply(4, 1, from: router(5)))],
        names: [router(4): "r4.example"]
      ) { $0.isNumeric = false }
        == " 4  r4.example (2001:db8:4::1)  4.000 ms  2001:db8:5::1 (2001:db8:5::1)  4.010 ms ")
  }

  /// Packet Too Big is ours: the original filters it out, and prints a star.
  @Test(arguments: [
    (TraceAnswer.unreachable(code: 0), "!N "), (.unreachable(code: 1), "!A "), (.unreachable(code: 2), "!S "),
    (.unreachable(code: 3), "!H "), (.unreachable(code: 4), ""), (.unreachable(code: 5), "!A "),
    (.unreachable(code: 6), "!A "), (.parameterProblem(code: 1, pointer: 6), "!P "),
    (.timeExceeded(code: 0), ""), (.packetTooBig(mtu: 1_400), "!F-1400 "), (.echoReply, ""),
  ])
  func errorsHaveTheirMarks(_ answer: TraceAnswer, _ mark: String) {
    #expect(
      Self.line([.reply(makeTraceReply(4, 0, answer)), .reply(makeTraceReply(4, 1, answer))])
        == " 4  2001:db8:4::1  4.000 ms \(mark) 4.010 ms \(mark)")
  }

  @Test func thePortIsSaidOnceForAnswersAlike() {
    let closed = TraceAnswer.tcp(TCPFlags(rawValue: 0x14))
    let open = TraceAnswer.tcp(TCPFlags(rawValue: 0x12))
    let verdicts: [TraceHop.Verdict] = [
      .reply(makeTraceReply(4, 0, closed)), .reply(makeTraceReply(4, 1, closed)), .lost(makeTraceLoss(4, 2)),
      .reply(makeTraceReply(4, 3, closed)), .reply(makeTraceReply(4, 4, open)),
    ]
    #expect(
      Self.line(verdicts) { $0.showsPortState = true }
        == " 4  2001:db8:4::1  4.000 ms [closed]  4.010 ms  * 4.030 ms [closed]  4.040 ms [open] ")
    // An answer to an ACK says nothing of the port.
    #expect(Self.line([.reply(makeTraceReply(4, 0, closed))]) == " 4  2001:db8:4::1  4.000 ms ")
  }

  @Test func hopLimitsFollowTheTime() {
    let verdicts: [TraceHop.Verdict] = [
      .reply(makeTraceReply(4, 0, .unreachable(code: 0)) { $0.hopLimit = 61 }), .reply(makeTraceReply(4, 1)),
    ]
    #expect(
      Self.line(verdicts) { $0.showsHopLimit = true } == " 4  2001:db8:4::1  4.000 ms (61) !N  4.010 ms ")
  }

  @Test func timesAreCutOffAndNeverBelowZero() {
    let reply = makeTraceReply(4) { $0.roundTrip = Nanoseconds(1_999_999) }
    let early = makeTraceReply(4, 1) { $0.roundTrip = Nanoseconds(-5) }
    #expect(Self.line([.reply(reply), .reply(early)]) == " 4  2001:db8:4::1  1.999 ms  0.000 ms ")
  }

  @Test func progressIsForTerminalsOnly() {
    var run = makeTraceRun()
    run.maximumHops = 1
    let events: [TraceEvent] = [
      .reply(makeTraceReply(1)), .lost(makeTraceLoss(1, 1)), .reply(makeTraceReply(1, 2)),
      .hop(makeHop(1, [.reply(makeTraceReply(1))], isLast: true)),
    ]
    let erased = String(repeating: " ", count: 18) + "\r"
    let shown = Self.printed(events, run: run) { $0.isTerminal = true }
    #expect(
      shown.lines[1]
        == "   0% completed...\r  33% completed...\r  66% completed...\r 100% completed...\r" + erased
        + " 1  2001:db8:1::1  1.000 ms ")
    #expect(Self.printed(events, run: run).lines[1] == " 1  2001:db8:1::1  1.000 ms ")
  }

  @Test func withoutARouteThereIsNoHeader() {
    var run = makeTraceRun()
    run.targets[0].source = nil
    let printed = Self.printed(ButskoyTextTests.failed(101), run: run)
    #expect(printed.standardOutput.isEmpty)
    #expect(printed.standardError == "host.example: Network is unreachable\n")
    #expect(
      Self.printed(ButskoyTextTests.failed(1)).standardError == "Cannot send data: Operation not permitted\n")
    #expect(Self.printed([], run: run).lines[0].hasPrefix("traceroute to host.example (2001:db8:9::1) port"))
  }
}
