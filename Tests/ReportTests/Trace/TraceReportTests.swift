import ProbeEngine
import Testing
import Timing
import Wire

@testable import Report

@Suite struct TraceReportTests {
  /// Rounds of one probe to each of three hops; the second answers only now and then, the third is the target.
  static let events: [TraceEvent] = {
    var events: [TraceEvent] = []
    for round in 0..<10 {
      events.append(.reply(makeTraceReply(1, round, microseconds: Int64(round) * 100 + 50)))
      if round % 5 == 0 {
        events.append(
          .reply(makeTraceReply(2, round, from: router(2, round == 0 ? 1 : 2), microseconds: 2_000)))
      } else {
        events.append(.lost(makeTraceLoss(2, round)))
      }
      events.append(.reply(makeTraceReply(3, round, from: traced, .echoReply, microseconds: 12_345)))
      events.append(.reply(makeTraceReply(4, round, from: traced, .echoReply, microseconds: 12_345)))
      events.append(.round(target: 0, number: round, at: .zero))
    }
    events.append(.late(makeTraceReply(2, 1, microseconds: 3_000_000)))
    return events
  }()

  @Test func theTableHasTheShapeOfMtrs() {
    var run = makeTraceRun(method: .icmp, mode: .rounds(count: 10, interval: .seconds(1)))
    run.hostName = "vm"
    let printed = PrintedTrace(
      TraceReport(options: TraceTextOptions()), run, Self.events, names: [router(1): "gw.example"])
    #expect(
      printed.standardOutput == """
        Start: 2026-11-21T10:05:16+0000
        HOST: vm                          Loss%   Snt   Last   Avg  Best  Wrst StDev
          1.|-- gw.example                 0.0%    10    1.0   0.5   0.1   1.0   0.3
          2.|-- 2001:db8:2::1             70.0%    10  3000. 1001.   2.0 3000. 1730.
                2001:db8:2::2
          3.|-- host.example               0.0%    10   12.3  12.3  12.3  12.3   0.0
        Late: hop 2, 1 of 10

        """)
  }

  @Test func anAddressIsNeverCut() {
    let long = IPv6Address(bits: 0x2001_0db8_1111_2222_3333_4444_5555_6666)
    var run = makeTraceRun()
    run.hostName = "vm"
    let lines = PrintedTrace(
      TraceReport(options: TraceTextOptions()), run,
      [
        .reply(
          makeTraceReply(1, from: long) {
            $0.extensions = [
              .mpls([MPLSLabelStackEntry(label: 16, trafficClass: 1, isBottomOfStack: true, timeToLive: 2)])
            ]
          }), .lost(makeTraceLoss(2)), .lost(makeTraceLoss(3)),
      ]
    ).lines
    #expect(
      lines.dropFirst() == [
        "HOST: vm                                       Loss%   Snt   Last   Avg  Best  Wrst StDev",
        "  1.|-- 2001:db8:1111:2222:3333:4444:5555:6666  0.0%     1    1.0   1.0   1.0   1.0   0.0",
        "       [MPLS: Lbl 16 TC 1 S 1 TTL 2]",
        "  2.|-- ???                                    100.0     1    0.0   0.0   0.0   0.0   0.0", "",
      ])
  }

  @Test func aProbeInFlightIsNotLostAndAResetForgetsFiguresOnly() {
    var figures = TraceFigures(targetCount: 1)
    for event in Self.events { figures.record(event) }
    let second = figures.targets[0][2]
    #expect(second?.sent == 10)
    #expect(second?.lost == 7)
    #expect(second?.late == 1)
    #expect(second?.addresses.map(\.address) == [TraceAddress(router(2, 1)), TraceAddress(router(2, 2))])
    #expect(figures.targets[0].rounds == 10)
    #expect(figures.targets[0].shown.map(\.hopLimit) == [1, 2, 3])
    figures.reset()
    #expect(figures.targets[0].shown.map(\.hopLimit) == [1, 2, 3])
    #expect(figures.targets[0][2]?.sent == 0)
    // The answer to a probe from before.
    figures.record(.late(makeTraceReply(2)))
    #expect(figures.targets[0][2]?.lost == 0)
    #expect(figures.targets[0][2]?.late == 1)
  }

  @Test func whereProbesAreNotToldHopsAreCounted() {
    var figures = TraceFigures(targetCount: 1)
    figures.record(.hop(makePlainHop(1)))
    figures.record(.hop(makeSilentHop(2)))
    #expect(figures.targets[0][1]?.replied == 3)
    #expect(figures.targets[0][2]?.lost == 3)
    // Told twice, counted once.
    figures.record(.lost(makeTraceLoss(2)))
    figures.record(.hop(makeSilentHop(2)))
    #expect(figures.targets[0][2]?.lost == 4)
  }

  @Test func eachOfSeveralTablesNamesItsTarget() {
    let run = makeTraceRun(["one", "two"], mode: .rounds(count: 1, interval: .seconds(1)))
    let lines = PrintedTrace(
      TraceReport(options: TraceTextOptions()), run,
      [.reply(makeTraceReply(1)), .reply(makeTraceReply(1, target: 1))]
    ).lines
    #expect(lines.count { $0 == "Target: one (2001:db8:9::1)" } == 1)
    #expect(lines.count { $0 == "Target: two (2001:db8:9::2)" } == 1)
    #expect(lines.count { $0.hasPrefix("Start: ") } == 2)
  }

  @Test func roundsThatAreStoppedHaveReachedATargetThatAnswered() {
    let run = makeTraceRun(mode: .rounds(count: nil, interval: .seconds(1)))
    let end = makeTraceEnd(.interrupted, hops: 2, replied: 6) { $0.hasArrived = true }
    let lines = PrintedTrace(LiveLines(options: TraceTextOptions()), run, [.end(end)]).lines
    #expect(lines[1] == "2026-11-21T10:05:16Z reached, stopped after hop 2")
  }

  @Test func linesTellWhatChanges() {
    var events = (0..<5).map { TraceEvent.lost(makeTraceLoss(2, $0)) }
    events.insert(.reply(makeTraceReply(1)), at: 0)
    events += [
      .reply(makeTraceReply(2, 6)), .reply(makeTraceReply(2, 7)),
      .reply(makeTraceReply(2, 8, from: router(2, 2))),
    ]
    events += (9..<20).map { .lost(makeTraceLoss(2, $0)) }
    events += [
      .reply(makeTraceReply(2, 20)), .reply(makeTraceReply(3, from: traced, .echoReply)),
      .reply(makeTraceReply(4, from: traced, .echoReply)),
      .end(makeTraceEnd(.reached, hops: 3, replied: 6, lost: 16)),
    ]
    var run = makeTraceRun(method: .icmp, mode: .rounds(count: nil, interval: .seconds(1)))
    run.hostName = "vm"
    let printed = PrintedTrace(
      LiveLines(options: TraceTextOptions()), run, events, names: [router(1): "gw.example"])
    #expect(
      Array(printed.lines.prefix(11)) == [
        "trace to host.example (2001:db8:9::1) from 2001:db8:1::100 on eth0: icmp identifier 54321, "
          + "flow label 0x00000, by error queue, 80 octets, until stopped, up to 30 hops",
        "2026-11-21T10:05:16Z hop 1 is gw.example (2001:db8:1::1)  1.000 ms",
        "2026-11-21T10:05:16Z hop 2 is silent", "2026-11-21T10:05:16Z hop 2 is 2001:db8:2::1  2.060 ms",
        "2026-11-21T10:05:16Z hop 2 is also 2001:db8:2::2  2.080 ms",
        "2026-11-21T10:05:16Z hop 2 has fallen silent",
        "2026-11-21T10:05:16Z hop 2 answers again: 2001:db8:2::1",
        "2026-11-21T10:05:16Z hop 3 is host.example (2001:db8:9::1)  3.000 ms",
        "2026-11-21T10:05:16Z reached at hop 3", "Start: 2026-11-21T10:05:16+0000",
        "HOST: vm                          Loss%   Snt   Last   Avg  Best  Wrst StDev",
      ])
  }
}
