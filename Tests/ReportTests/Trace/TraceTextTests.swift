import ProbeEngine
import Testing
import Timing
import Wire

@testable import Report

@Suite struct TraceTextTests {
  static func options(_ body: (inout TraceTextOptions) -> Void = { _ in }) -> TraceTextOptions {
    var options = TraceTextOptions()
    body(&options)
    return options
  }

  static let header =
    "trace to host.example (2001:db8:9::1) from 2001:db8:1::100 on eth0: udp port 54321 to port 33434, "
    + "flow label 0x00000, by error queue, 80 octets, 3 probes a hop, up to 30 hops\n"

  /// The lines between header and end of a trace of one target.
  static func line(_ hop: TraceHop, _ run: TraceRun = makeTraceRun()) -> String {
    PrintedTrace(TraceText(options: options()), run, [.hop(hop)]).lines[1]
  }

  @Test func aTraceReadsAsTraceroute() {
    let printed = PrintedTrace(
      TraceText(options: Self.options()), makeTraceRun(),
      [
        .hop(makePlainHop(1)), .hop(makeSilentHop(2)),
        .hop(
          makeHop(
            3,
            [
              .reply(makeTraceReply(3)), .reply(makeTraceReply(3, 1, from: router(3, 2))),
              .lost(makeTraceLoss(3, 2)),
            ], [.severalAddresses])),
        .hop(makePlainHop(4, from: traced, .unreachable(code: 4))),
        .end(makeTraceEnd(.reached, hops: 4, replied: 8, lost: 4, from: traced)),
      ], names: [router(1): "gw.example", router(3, 2): "r3b.example", traced: "other.example"])
    #expect(
      printed.standardOutput == Self.header + """
         1  gw.example (2001:db8:1::1)  1.000 ms  1.010 ms  1.020 ms
         2  *  *  *
         3  2001:db8:3::1  3.000 ms  r3b.example (2001:db8:3::2)  3.010 ms  *  (several addresses for one flow)
         4  host.example (2001:db8:9::1)  4.000 ms  4.010 ms  4.020 ms
        reached at hop 4
        12 probes sent: 8 answered, 4 lost

        """)
  }

  @Test func anAnswerIsShownWithAllThatItCarried() {
    let hop = makeHop(
      12,
      (0..<3).map { query in
        .reply(
          makeTraceReply(12, query, from: router(12)) {
            $0.extensions = [
              .mpls([
                MPLSLabelStackEntry(label: 24_001, trafficClass: 5, isBottomOfStack: false, timeToLive: 1),
                MPLSLabelStackEntry(label: 16, trafficClass: 0, isBottomOfStack: true, timeToLive: 2),
              ]),
              .interface(
                role: .incoming, index: 3, address: .ipv6(router(12, 7)), name: Array("xe-0/0/1".utf8),
                mtu: 9_000),
            ]
            if query > 0 {
              $0.rewritten = [
                .differentiatedServices(sent: 46, quoted: 0), .flowLabel(sent: 0x12345, quoted: 0),
              ]
            }
            if query == 2 { $0.quotedHopLimit = 3 }
          })
      })
    #expect(
      Self.line(hop)
        == "12  2001:db8:c::1 <mpls 24001 tc 5 ttl 1 / 16 tc 0 ttl 2> <in xe-0/0/1 index 3 2001:db8:c::7 mtu 9000>  "
        + "12.000 ms [dscp 46→0, flow label 0x12345→0x00000]  12.010 ms [quoted hop limit 3]  12.020 ms")
  }

  @Test func whatHappenedToEachProbeIsMarked() {
    let hop = makeHop(
      5,
      [
        .reply(makeTraceReply(5, 0, .unreachable(code: 0))),
        .reply(makeTraceReply(5, 1, .packetTooBig(mtu: 1_400)) { $0.isLate = true }),
        .reply(
          makeTraceReply(5, 2) {
            $0.roundTrip = nil
            $0.isWeaklyMatched = true
          }),
        .sendFailed(TraceSendFailure(number: 9, probe: makeProbe(5, 3), at: .zero, errno: 105)),
      ], [.rateLimited, .loop(firstSeen: 3)])
    #expect(
      Self.line(hop)
        == " 5  2001:db8:5::1  5.000 ms !N  5.010 ms !M-1400 late  no time ?  not sent: ENOBUFS  "
        + "(this router limits its errors: not loss; loop: was hop 3)")
  }

  @Test func aPortUnreachableIsTheAnswerToUDPAndARefusalToOthers() {
    let hop = makeHop(4, [.reply(makeTraceReply(4, from: traced, .unreachable(code: 4)))])
    #expect(Self.line(hop) == " 4  host.example (2001:db8:9::1)  4.000 ms")
    #expect(Self.line(hop, makeTraceRun(method: .tcp)) == " 4  host.example (2001:db8:9::1)  4.000 ms !U")
  }

  @Test func portsAreOpenOrClosed() {
    func mark(_ answer: TraceAnswer) -> String { TraceMark.text(answer, method: .tcp) }
    #expect(mark(.tcp(TCPHeader.Flags(rawValue: 0x12))) == "open")
    #expect(mark(.tcp(TCPHeader.Flags(rawValue: 0x52))) == "open")
    #expect(mark(.tcp(TCPHeader.Flags(rawValue: 0x14))) == "closed")
    #expect(mark(.connected) == "open")
    #expect(mark(.refused) == "closed")
    #expect(mark(.echoReply) == "")
  }

  @Test func everyErrorHasAMarkOfItsOwnAndTheTableExplainsIt() {
    var marks: [String] = []
    for (type, codes) in [(1, 0...8), (2, 0...0), (3, 1...1), (4, 0...10)] as [(UInt8, ClosedRange<UInt8>)] {
      for code in codes { marks.append(TraceMark.text(type: type, code: code)) }
    }
    #expect(Set(marks).count == 22)
    for mark in marks {
      let entry = TraceMark.table.first { $0.mark == (mark == "!M" ? "!M-MTU" : mark) }
      #expect(entry.map { $0.meaning.utf8.count > 10 } == true, "\(mark)")
    }
    #expect(TraceMark.text(type: 4, code: 11) == "!4/11")
    #expect(TraceMark.text(type: 100, code: 2) == "!100/2")
    #expect(TraceMark.table.contains { $0 == ("!N", "destination unreachable: no route to destination") })
    #expect(TraceMark.table.contains { $0 == ("!M-MTU", "packet too big") })
  }

  @Test func aLateAnswerIsSaidAgainAtTheEndAndAfterIt() {
    let late = makeTraceReply(2, 0, microseconds: 3_210_400)
    let known = makeTraceReply(3, 0) { $0.isLate = true }
    let printed = PrintedTrace(
      TraceText(options: Self.options()), makeTraceRun(),
      [
        .hop(makeHop(2, [.lost(makeTraceLoss(2))])), .hop(makeHop(3, [.reply(known)])), .late(late),
        .end(makeTraceEnd(.maximumHops, hops: 3, replied: 0, lost: 1, late: 2)),
        .late(makeTraceReply(3, 1, .unreachable(code: 1), microseconds: 9_000_000)),
        // Beyond the end nothing was waited for.
        .late(makeTraceReply(4, 0, .unreachable(code: 4), microseconds: 9_000_000)),
      ], names: [router(2): "slow.example"])
    #expect(
      printed.lines.dropFirst() == [
        " 2  *", " 3  2001:db8:3::1  3.000 ms late", "late: hop 3 from 2001:db8:3::1  3.000 ms",
        "late: hop 2 from slow.example (2001:db8:2::1)  3210.400 ms",
        "not reached: no answer from the target within 3 hops", "3 probes sent: 0 answered, 2 late, 1 lost",
        "late: hop 3 from 2001:db8:3::1  9000.000 ms !A", "",
      ])
  }

  @Test func theEndSaysWhy() {
    func lines(_ reason: TraceEnd.Reason, from address: IPv6Address? = nil) -> [String] {
      let end = makeTraceEnd(reason, hops: 7, replied: 1, from: address) {
        $0.sent = 6
        $0.sendFailed = 2
        $0.rejected = 1
        $0.isFromAnotherAddress = reason == .reached
      }
      return Array(
        PrintedTrace(TraceText(options: Self.options()), makeTraceRun(), [.end(end)]).lines.dropFirst())
    }
    let counts =
      "4 probes sent: 1 answered, 3 beyond the last hop not waited for; 2 could not be sent; 1 answer not believed"
    #expect(lines(.maximumHops)[1] == counts)
    #expect(
      lines(.reached, from: other)[0]
        == "reached at hop 7, answered from another address than was asked, from 2001:db8::3")
    #expect(
      lines(.unreachable(type: 1, code: 3), from: other)[0]
        == "not reached: destination unreachable: address unreachable at hop 7, from 2001:db8::3")
    #expect(lines(.gapLimit)[0] == "not reached: too many silent hops in a row, given up after hop 7")
    #expect(lines(.loop)[0] == "not reached: the path loops, given up after hop 7")
    #expect(
      lines(.sendFailed(101))[0] == "not reached: probes cannot be sent: ENETUNREACH: Network is unreachable")
    #expect(lines(.interrupted)[0] == "not reached: stopped after hop 7")
    #expect(
      lines(.interrupted)[1]
        == "4 probes sent: 1 answered, 3 no longer waited for; 2 could not be sent; 1 answer not believed")
  }

  @Test func aTraceThatWasStoppedHasReachedATargetThatAnswered() {
    let end = makeTraceEnd(.interrupted, hops: 2, replied: 7) { $0.hasArrived = true }
    let lines = PrintedTrace(TraceText(options: Self.options()), makeTraceRun(), [.end(end)]).lines
    #expect(lines.dropFirst() == ["reached, stopped after hop 2", "7 probes sent: 7 answered", ""])
  }

  @Test func theCountsOfProbesSentAddUp() {
    var random = RandomNumbers(seed: 5)
    for _ in 0..<500 {
      var few: UInt64 { random.next() % 4 }
      let end = makeTraceEnd(.reached, hops: 7, replied: few, lost: few, late: few) {
        $0.sendFailed = few
        $0.sent += $0.sendFailed + few
        $0.rejected = few
      }
      let line = PrintedTrace(TraceText(options: Self.options()), makeTraceRun(), [.end(end)]).lines[2]
      let parts = line.split(separator: ";")
      let numbers = parts[0].split(separator: " ").compactMap { UInt64($0) }
      #expect(numbers[0] == end.sent - end.sendFailed, "\(line)")
      #expect(numbers.dropFirst().reduce(0, +) == numbers[0], "\(line)")
      // Only answers are said where there are none.
      let zeros = numbers.dropFirst(2).count { $0 == 0 }
      #expect(zeros == 0, "\(line)")
      let others = parts.dropFirst().compactMap { UInt64($0.split(separator: " ")[0]) }
      #expect(others == [end.sendFailed, end.rejected].filter { $0 > 0 }, "\(line)")
    }
  }

  @Test func severalTargetsComeAsBlocksWhenTheyEnd() {
    let printed = PrintedTrace(
      TraceText(options: Self.options()), makeTraceRun(["one", "two"]),
      [
        .hop(makePlainHop(1)), .hop(makeHop(1, [.lost(makeTraceLoss(1, target: 1))], [.shared], target: 1)),
        .hop(makeSilentHop(2)), .end(makeTraceEnd(.interrupted, hops: 1, replied: 0, lost: 1, target: 1)),
        .end(makeTraceEnd(.gapLimit, hops: 2, replied: 3, lost: 3)),
        .late(makeTraceReply(2, microseconds: 800_000)),
      ])
    let what =
      " from 2001:db8:1::100 on eth0: udp port 54321 to port 33434, flow label 0x00000, by error queue, "
      + "80 octets, 3 probes a hop, up to 30 hops"
    #expect(
      printed.lines == [
        "trace to two (2001:db8:9::2)" + what, " 1  *  (as seen for another target)",
        "not reached: stopped after hop 1", "1 probe sent: 0 answered, 1 lost", "",
        "trace to one (2001:db8:9::1)" + what, " 1  2001:db8:1::1  1.000 ms  1.010 ms  1.020 ms",
        " 2  *  *  *", "not reached: too many silent hops in a row, given up after hop 2",
        "6 probes sent: 3 answered, 3 lost", "one: late: hop 2 from 2001:db8:2::1  800.000 ms", "",
        "2 targets: 0 reached, 2 not reached", "",
      ])
  }

  @Test func theHeaderSaysWhichPathRan() {
    var run = makeTraceRun(method: .icmp, isCaptured: true)
    run.trafficClass = 184
    run.firstHop = 3
    run.queries = 1
    run.targets[0].source = nil
    run.pathNotes = ["a note"]
    run.flow.flowLabel = 0x12345
    let verbose = Self.options { $0.isVerbose = true }
    #expect(
      PrintedTrace(TraceText(options: verbose), run).lines == [
        "trace to host.example (2001:db8:9::1) on eth0: icmp identifier 54321, flow label 0x12345, "
          + "traffic class 184, by capture, 80 octets, 1 probe a hop, hops 3 to 30", "a note", "",
      ])
  }

  @Test func systemsStandBehindAddresses() {
    let printed = PrintedTrace(
      TraceText(options: Self.options { $0.isNumeric = true }), makeTraceRun(), [.hop(makePlainHop(1))],
      names: [router(1): "gw.example"], systems: { $0 == router(1) ? "AS64500" : nil })
    #expect(printed.lines[1] == " 1  2001:db8:1::1 [AS64500]  1.000 ms  1.010 ms  1.020 ms")
  }

  @Test func anMTUStandsOnTheLineOfItsHopWhereItChanges() {
    var run = makeTraceRun(mode: .mtu)
    run.targets[0].cachedMTU = 1_500
    func mtu(_ hop: UInt8, _ size: Int, _ source: TraceMTU.Source, _ reporter: IPv6Address? = nil)
      -> TraceEvent
    { .mtu(TraceMTU(target: 0, hopLimit: hop, mtu: size, source: source, reporter: reporter)) }
    func hop(_ hop: UInt8) -> TraceEvent { .hop(makeHop(hop, [.reply(makeTraceReply(hop))])) }
    let printed = PrintedTrace(
      TraceText(options: Self.options()), run,
      [
        mtu(1, 1_500, .link), hop(1), mtu(2, 1_500, .link), hop(2), mtu(3, 1_400, .packetTooBig, router(2)),
        hop(3), hop(4), mtu(4, 1_280, .blackHole),
        .end(makeTraceEnd(.reached, hops: 4, replied: 4) { $0.pathMTU = 1_280 }),
      ], names: [router(2): "narrow.example"])
    #expect(
      printed.lines.dropFirst() == [
        " 1  2001:db8:1::1  1.000 ms  mtu 1500", " 2  narrow.example (2001:db8:2::1)  2.000 ms",
        " 3  2001:db8:3::1  3.000 ms  mtu 1400 (packet too big from narrow.example (2001:db8:2::1))",
        " 4  2001:db8:4::1  4.000 ms",
        "    mtu 1280 (longer packets vanish without an error) up to hop 4", "reached at hop 4",
        "4 probes sent: 4 answered", "path mtu 1280; the kernel's cache says 1500 (not used)", "",
      ])
  }

  @Test func aSnapshotGoesToStandardError() {
    let printed = PrintedTrace(
      TraceText(options: Self.options()), makeTraceRun(["one", "two"]),
      [.hop(makePlainHop(1)), .end(makeTraceEnd(.interrupted, hops: 1, replied: 0, target: 1))])
    #expect(printed.standardError == "one: hop 1 so far, 3 probes answered, 0 lost\n")
  }

  @Test func noLineEndsInABlank() {
    for mode in [TraceConfiguration.Mode.hops, .mtu, .paths(confidence: 0.95)] {
      let every = EveryTraceEvent(name: "host.example", octets: Array("host".utf8), mode: mode)
      let printed = PrintedTrace(
        TraceText(options: Self.options { $0.isVerbose = true }), every.run, every.events, names: every.names)
      #expect(printed.lines.filter { $0.hasSuffix(" ") } == [])
    }
  }
}
