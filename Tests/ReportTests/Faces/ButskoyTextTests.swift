import ProbeEngine
import Testing
import Timing
import Wire

@testable import Report

/// Goldens are the output of Debian 12's traceroute 2.1.2 in a chain of routers, with our times and addresses.
@Suite struct ButskoyTextTests {
  static func printed(
    _ events: [TraceEvent], run: TraceRun = makeTraceRun(), names: [IPv6Address: String] = [:],
    systems: [IPv6Address: String]? = nil,
    _ body: (inout ButskoyTextOptions) -> Void = { _ in }
  ) -> PrintedTrace {
    var options = ButskoyTextOptions()
    options.isNumeric = true
    body(&options)
    var lookUp: (@Sendable (IPv6Address) -> String?)?
    if let systems { lookUp = { systems[$0] } }
    return PrintedTrace(ButskoyText(options: options), run, events, names: names, systems: lookUp)
  }

  static func line(
    _ verdicts: [TraceHop.Verdict], _ hopLimit: UInt8 = 4, names: [IPv6Address: String] = [:],
    systems: [IPv6Address: String]? = nil,
    _ body: (inout ButskoyTextOptions) -> Void = { _ in }
  ) -> String {
    printed([.hop(makeHop(hopLimit, verdicts))], names: names, systems: systems, body).lines[1]
  }

  static let header = "traceroute to host.example (2001:db8:9::1), 30 hops max, 80 byte packets"

  @Test func aTraceIsTheOriginals() {
    let printed = Self.printed([
      .hop(makePlainHop(1)), .hop(makeSilentHop(2)),
      .hop(makePlainHop(10, from: traced, .unreachable(code: 4))),
      .end(makeTraceEnd(.reached, hops: 10, replied: 6, lost: 3)),
    ])
    #expect(
      printed.standardOutput
        == Self.header + """

           1  2001:db8:1::1  1.000 ms  1.010 ms  1.020 ms
           2  * * *
          10  2001:db8:9::1  10.000 ms  10.010 ms  10.020 ms

          """)
    #expect(printed.standardError.isEmpty)
  }

  @Test func anAddressIsNamedWhereItDiffersFromTheAnswerBefore() {
    let line = Self.line([
      .lost(makeTraceLoss(4)), .reply(makeTraceReply(4, 1, microseconds: 20)), .lost(makeTraceLoss(4, 2)),
      .reply(makeTraceReply(4, 3, microseconds: 30)),
      .reply(makeTraceReply(4, 4, from: router(5), microseconds: 40)),
    ])
    #expect(line == " 4  * 2001:db8:4::1  0.020 ms *  0.030 ms 2001:db8:5::1  0.040 ms")
  }

  @Test func namesStandBeforeAddresses() {
    let verdicts: [TraceHop.Verdict] = [
      .reply(makeTraceReply(4)), .reply(makeTraceReply(4, 1, from: router(5))),
    ]
    #expect(
      Self.line(verdicts, names: [router(4): "r4.example"]) { $0.isNumeric = false }
        == " 4  r4.example (2001:db8:4::1)  4.000 ms 2001:db8:5::1 (2001:db8:5::1)  4.010 ms")
  }

  /// Measured with `nft ... reject with icmpv6 type ...` and crafted errors.
  @Test(arguments: [
    (TraceAnswer.unreachable(code: 0), " !N"), (.unreachable(code: 1), " !X"), (.unreachable(code: 2), " !H"),
    (.unreachable(code: 3), " !H"), (.unreachable(code: 4), ""), (.unreachable(code: 5), " !<5>"),
    (.unreachable(code: 6), " !<6>"), (.packetTooBig(mtu: 1_400), " !F-1400"),
    (.timeExceeded(code: 0), ""), (.timeExceeded(code: 1), " !<3-1>"),
    (.parameterProblem(code: 1, pointer: 6), " !<4-1>"), (.otherError(type: 100, code: 3), " !<100-3>"),
    (.echoReply, ""), (.tcp(.rst), ""), (.datagram, ""), (.connected, ""), (.refused, ""),
  ])
  func errorsHaveTheirMarks(_ answer: TraceAnswer, _ mark: String) {
    #expect(
      Self.line([.reply(makeTraceReply(4, 0, answer)), .reply(makeTraceReply(4, 1, answer))])
        == " 4  2001:db8:4::1  4.000 ms\(mark)  4.010 ms\(mark)")
  }

  /// As 2.1.2 prints what a router of the path emulator sends; interface information it does not know.
  @Test func extensionsFollowTheAddress() {
    let mpls = TraceExtension.mpls([
      MPLSLabelStackEntry(label: 100_704, trafficClass: 1, isBottomOfStack: false, timeToLive: 1),
      MPLSLabelStackEntry(label: 16, trafficClass: 0, isBottomOfStack: true, timeToLive: 2),
    ])
    let interface = TraceExtension.interface(
      role: .outgoing, index: 7, address: .ipv6(router(4)), name: Array("eth0".utf8), mtu: 1_500)
    let other = TraceExtension.other(classNumber: 9, type: 3, data: [1, 2, 3, 4, 0xfe, 0xff, 0, 1])
    let verdicts: [TraceHop.Verdict] = [
      .reply(makeTraceReply(4) { $0.extensions = [mpls, other] }),
      .reply(makeTraceReply(4, 1) { $0.extensions = [mpls, other] }),
      .reply(makeTraceReply(4, 2) { $0.extensions = [interface] }),
    ]
    let text =
      " 4  2001:db8:4::1 <MPLS:L=100704,E=1,S=0,T=1/L=16,E=0,S=1,T=2;9/3:01020304,feff0001>  4.000 ms"
      + "  4.010 ms 2001:db8:4::1 <2/143:00000007,00020000,20010db8,00040000,00000000,00000001,"
      + "08657468,30000000,000005dc>  4.020 ms"
    #expect(Self.line(verdicts) { $0.showsExtensions = true } == text)
    #expect(Self.line(verdicts) == " 4  2001:db8:4::1  4.000 ms  4.010 ms  4.020 ms")
  }

  /// The peer loses extensions of probes that are longer than 128 octets.
  @Test func extensionsOfLongProbesAreShownToo() {
    let reply = makeTraceReply(4) {
      $0.probe.packetLength = 1_400
      $0.extensions = [.other(classNumber: 1, type: 2, data: [0, 0, 0, 1])]
    }
    #expect(
      Self.line([.reply(reply)]) { $0.showsExtensions = true } == " 4  2001:db8:4::1 <1/2:00000001>  4.000 ms"
    )
  }

  @Test func aSlowHopIsShownWithItsTime() {
    // The peer gives it up after ten times the round trip of its neighbors.
    let slow = makeTraceReply(4, microseconds: 100_900) { $0.isLate = true }
    #expect(Self.line([.reply(slow)]) == " 4  2001:db8:4::1  100.900 ms")
  }

  @Test func systemsComeFromTheTable() {
    let verdicts: [TraceHop.Verdict] = [
      .reply(makeTraceReply(4)), .reply(makeTraceReply(4, 1, from: router(5))),
    ]
    #expect(
      Self.line(verdicts, systems: [router(4): "AS64500"]) { $0.showsSystems = true }
        == " 4  2001:db8:4::1 [AS64500]  4.000 ms 2001:db8:5::1 [*]  4.010 ms")
    #expect(
      Self.line([.reply(makeTraceReply(4))]) { $0.showsSystems = true } == " 4  2001:db8:4::1 [*]  4.000 ms")
  }

  @Test(arguments: [
    (61, ""), (64, " '-1'"), (128, " '-1'"), (125, ""), (252, ""), (255, " '-1'"), (1, " '-64'"),
  ])
  func theWayBackIsGuessedFromTheHopLimit(_ hopLimit: UInt8, _ text: String) {
    let reply = makeTraceReply(4) { $0.hopLimit = hopLimit }
    #expect(Self.line([.reply(reply)]) { $0.showsWayBack = true } == " 4  2001:db8:4::1\(text)  4.000 ms")
  }

  @Test func flagsOfTheTargetStandWhereExtensionsDo() {
    let closed = makeTraceReply(4, 0, .tcp(TCPFlags(rawValue: 0x14)))
    let open = makeTraceReply(4, 1, .tcp(TCPFlags(rawValue: 0x12)))
    #expect(
      Self.line([.reply(closed), .reply(open)]) { $0.showsTCPFlags = true }
        == " 4  2001:db8:4::1 <rst,ack>  4.000 ms 2001:db8:4::1 <syn,ack>  4.010 ms")
  }

  @Test func theSearchForTheMTUMarksTheProbeThatNeededLess() {
    let long = makeTraceReply(4, from: router(3), .packetTooBig(mtu: 1_400)) { $0.probe.packetLength = 1_500 }
    let verdicts: [TraceHop.Verdict] = [
      .reply(long), .reply(makeTraceReply(4)), .reply(makeTraceReply(4, 1)), .lost(makeTraceLoss(4, 2)),
    ]
    #expect(
      Self.line(verdicts) { $0.discoversMTU = true } == " 4  2001:db8:4::1  4.000 ms F=1400  4.010 ms *")
    let refused = TraceSendFailure(number: 0, probe: makeProbe(1), at: .zero, errno: 90, mtu: 1_500)
    #expect(
      Self.line([.sendFailed(refused), .lost(makeTraceLoss(1))], 1) { $0.discoversMTU = true }
        == " 1  * F=1500")
  }

  @Test func aProbeTooLongForTheLinkIsAStarWithTheMTU() {
    let refused = TraceSendFailure(number: 0, probe: makeProbe(1), at: .zero, errno: 90, mtu: 1_500)
    let printed = Self.printed([
      .hop(makeHop(1, [.sendFailed(refused), .sendFailed(refused)], isLast: true)),
      .end(makeTraceEnd(.sendFailed(90), hops: 1, replied: 0)),
    ])
    #expect(printed.standardOutput == Self.header + "\n 1  *  0.000 ms !F-1500 *  0.000 ms !F-1500\n")
    #expect(printed.standardError.isEmpty)
  }

  static func failed(_ errno: Int32) -> [TraceEvent] {
    let failure = TraceSendFailure(number: 0, probe: makeProbe(1), at: .zero, errno: errno)
    return [
      .hop(makeHop(1, [.sendFailed(failure)], isLast: true)),
      .end(makeTraceEnd(.sendFailed(errno), hops: 1, replied: 0)),
    ]
  }

  @Test(
    arguments: [
      (101, "connect: Network is unreachable"), (113, "connect: No route to host"),
      (13, "connect: Permission denied"), (22, "connect: Invalid argument"),
      (1, "send: Operation not permitted"),
    ] as [(Int32, String)])
  func aProbeThatCannotLeaveEndsTheRunWithItsError(_ errno: Int32, _ text: String) {
    let printed = Self.printed(Self.failed(errno))
    #expect(printed.standardOutput == Self.header)
    #expect(printed.standardError == "\n\(text)\n")
  }

  @Test func withoutARouteTheOtherMethodsHaveNoHeader() {
    var run = makeTraceRun(method: .icmp)
    run.targets[0].source = nil
    let printed = Self.printed(Self.failed(101), run: run)
    #expect(printed.standardOutput.isEmpty)
    #expect(printed.standardError == "\nconnect: Network is unreachable\n")
    #expect(Self.printed([.hop(makePlainHop(1))], run: run).lines[0] == Self.header)
  }
}
