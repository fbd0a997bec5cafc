import ProbeEngine
import Testing
import Timing
import Wire

@testable import Report

/// Goldens are the output of Debian 12's tracepath (iputils 20221126) in a chain of routers, with our times and
/// addresses.
@Suite struct TracepathTextTests {
  static func printed(
    _ events: [TraceEvent], run: TraceRun = makeTraceRun(), names: [IPv6Address: String] = [:],
    _ body: (inout TracepathTextOptions) -> Void = { _ in }
  ) -> PrintedTrace {
    var options = TracepathTextOptions()
    options.isNumeric = true
    body(&options)
    return PrintedTrace(TracepathText(options: options), run, events, names: names)
  }

  static func line(
    _ verdicts: [TraceHop.Verdict], _ hopLimit: UInt8 = 4, names: [IPv6Address: String] = [:],
    _ body: (inout TracepathTextOptions) -> Void = { _ in }
  ) -> String {
    printed([.hop(makeHop(hopLimit, verdicts))], names: names, body).lines[0]
  }

  static func reply(_ hopLimit: UInt8, _ query: Int = 0, back: UInt8 = 64) -> TraceHop.Verdict {
    .reply(makeTraceReply(hopLimit, query) { $0.hopLimit = back - hopLimit + 1 })
  }

  @Test func aTraceIsTheOriginals() {
    var run = makeTraceRun()
    run.linkMTU = 1_500
    let tooBig = makeTraceReply(4, from: router(3), .packetTooBig(mtu: 1_400)) { $0.hopLimit = 62 }
    let target = makeTraceReply(4, 1, from: traced, .unreachable(code: 4)) { $0.hopLimit = 61 }
    let printed = Self.printed(
      [
        .hop(makeHop(1, [Self.reply(1), Self.reply(1, 1), Self.reply(1, 2)])),
        .hop(makeHop(2, [Self.reply(2), Self.reply(2, 1)])), .hop(makeSilentHop(3)),
        .hop(makeHop(4, [.reply(tooBig), .reply(target)])),
        .end(makeTraceEnd(.reached, hops: 4, replied: 5, lost: 3)),
      ], run: run)
    #expect(
      printed.standardOutput == """
         1?: [LOCALHOST]                        0.000ms pmtu 1500
         1:  2001:db8:1::1                                         1.000ms 
         1:  2001:db8:1::1                                         1.010ms 
         2:  2001:db8:2::1                                         2.000ms 
         3:  no reply
         4:  2001:db8:3::1                                         4.000ms pmtu 1400
         4:  2001:db8:9::1                                         4.010ms reached
             Resume: pmtu 1400 hops 4 back 4 

        """)
    #expect(printed.standardError.isEmpty)
  }

  @Test func aSizeThatFitsHasNoStepsAndNoHopTwice() {
    var run = makeTraceRun()
    run.linkMTU = 1_500
    let printed = Self.printed(
      [.hop(makeHop(1, [Self.reply(1), Self.reply(1, 1)]))], run: run
    ) { $0.packetLength = 1_280 }
    #expect(printed.lines.count == 3)
    #expect(printed.lines[1] == "     Resume: pmtu 1280 ")
  }

  @Test func theKernelsMemoryIsShown() {
    var run = makeTraceRun()
    run.linkMTU = 1_500
    run.targets[0].cachedMTU = 1_400
    #expect(Self.printed([], run: run).lines[0].hasSuffix(" pmtu 1400"))
  }

  @Test func theFirstHopStandsTwiceOnlyWhereItsFirstAnswerCameInTime() {
    var run = makeTraceRun()
    run.linkMTU = 1_500
    let late = makeTraceReply(1, 0, .unreachable(code: 3)) { $0.isLate = true }
    let printed = Self.printed(
      [.hop(makeHop(1, [.reply(late), .reply(makeTraceReply(1, 1, .unreachable(code: 3)))]))], run: run)
    #expect(printed.lines.count == 4)
  }

  @Test func aPathTooLongSaysSo() {
    let printed = Self.printed([
      .hop(makeHop(1, [Self.reply(1)])), .end(makeTraceEnd(.maximumHops, hops: 1, replied: 1)),
    ])
    #expect(
      printed.lines.dropFirst() == ["     Too many hops: pmtu 128000", "     Resume: pmtu 128000 ", ""])
  }

  /// Measured with `nft ... reject with icmpv6 type ...`; the others by the errno(3) that Linux makes of them.
  @Test(arguments: [
    (TraceAnswer.unreachable(code: 0), "!N"), (.unreachable(code: 1), "!A"), (.unreachable(code: 2), "!H"),
    (.unreachable(code: 3), "!H"), (.unreachable(code: 4), "reached"), (.unreachable(code: 5), "!A"),
    (.unreachable(code: 6), "!A"), (.unreachable(code: 7), "!P"), (.timeExceeded(code: 1), "!H"),
    (.parameterProblem(code: 1, pointer: 6), "!P"),
  ])
  func errorsHaveTheirMarks(_ answer: TraceAnswer, _ mark: String) {
    #expect(
      Self.line([.reply(makeTraceReply(4, 0, answer))])
        == " 4:  2001:db8:4::1                                         4.000ms \(mark)")
  }

  @Test(arguments: [(61, ""), (60, "asymm  5 "), (128, "asymm  1 "), (235, "asymm 21 ")])
  func anotherWayBackIsNamed(_ hopLimit: UInt8, _ text: String) {
    #expect(
      Self.line([.reply(makeTraceReply(4) { $0.hopLimit = hopLimit })])
        == " 4:  2001:db8:4::1                                         4.000ms \(text)")
  }

  @Test func timesAreCutOffAndGrow() {
    #expect(
      Self.line([
        .reply(makeTraceReply(4, 0, .unreachable(code: 0)) { $0.roundTrip = Nanoseconds(1_017_545_999) })
      ])
        == " 4:  2001:db8:4::1                                       1017.545ms !N")
  }

  @Test func namesAndAddresses() {
    let verdicts: [TraceHop.Verdict] = [.reply(makeTraceReply(4, 0, .unreachable(code: 0)))]
    let names = [router(4): "r4.example"]
    func start(_ body: (inout TracepathTextOptions) -> Void) -> Substring {
      Self.line(verdicts, names: names, body).dropFirst(5).prefix(28)
    }
    #expect(start { $0.isNumeric = false } == "r4.example                  ")
    #expect(
      start {
        $0.isNumeric = false
        $0.showsBoth = true
      } == "r4.example (2001:db8:4::1)  ")
    #expect(start { $0.showsBoth = true } == "2001:db8:4::1 (r4.example)  ")
    let long = String(repeating: "x", count: 60)
    #expect(
      Self.line(verdicts, names: [router(4): long]) { $0.isNumeric = false } == " 4:  \(long)   4.000ms !N")
  }

  @Test func whatCannotBeSentSaysSo() {
    let printed = Self.printed(ButskoyTextTests.failed(101))
    #expect(printed.standardOutput == " 1:  send failed\n     Resume: pmtu 128000 \n")
  }

  @Test func aDatagramThatComesBackIsNamedAsTheOriginalNamesIt() {
    #expect(Self.line([.reply(makeTraceReply(4, 0, .datagram))]) == " 4?: reply received 8)")
  }
}
