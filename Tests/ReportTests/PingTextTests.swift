import ProbeEngine
import Testing
import Timing
import Wire

@testable import Report

@Suite struct PingTextTests {
  static func options(_ body: (inout PingTextOptions) -> Void = { _ in }) -> PingTextOptions {
    var options = PingTextOptions()
    body(&options)
    return options
  }

  static let run = makeRun("host.example", address: "2001:db8::2", isNumeric: false)

  @Test func aRunWithEveryVerdictAddsUp() {
    var summary = PingSummary()
    summary.attempted = 7
    summary.replied = 1
    summary.corrupted = 1
    summary.late = 1
    summary.icmpErrors = 1
    summary.lost = 1
    summary.sendFailed = 1
    summary.inFlight = 1
    summary.duplicates = 1
    summary.reordered = 2
    summary.maximumReorderingExtent = 3
    summary.lossBursts = 1
    summary.longestLossBurst = 1
    summary.rejected = 3
    summary.rejectedByReason = [0, 0, 0, 2, 1, 0, 0, 0]
    summary.roundTrip = makeTimes(123, 1_200, 2_054, 900)
    summary.jitter = .microseconds(12)
    let short = Corruption(
      offset: 40, received: nil, expected: 40, isTruncated: true, payload: [UInt8](repeating: 0, count: 40))
    let printed = Printed(
      PingText(options: Self.options()), Self.run,
      [
        .reply(makeReply(1, from: peer, microseconds: 123)),
        .duplicate(makeReply(1, from: peer, microseconds: 200)),
        .corrupted(makeReply(2, from: peer, microseconds: 124, octets: 48), short),
        .late(makeReply(3, from: peer, microseconds: 2_054_000)),
        .icmpError(makeError(4, type: 1, code: 3)), .lost(makeLost(5)),
        .sendFailed(SendFailure(target: 0, sequence: 6, at: .zero, errno: 105)),
        .gap(Gap(at: .zero, length: .seconds(3), skipped: 2)),
      ], names: [other: "router.example"], summaries: [summary])
    #expect(
      printed.standardOutput == """
        ping host.example (2001:db8::2), 56 octets of payload
        seq 1 from 2001:db8::2, 64 octets, hop limit 64, rtt 0.123 ms
        seq 1 from 2001:db8::2, 64 octets, hop limit 64, rtt 0.200 ms, duplicate
        seq 2 from 2001:db8::2, 48 octets, hop limit 64, rtt 0.124 ms, corrupted: payload ends after 40 octets
        seq 3 from 2001:db8::2, 64 octets, hop limit 64, rtt 2054.000 ms, late
        seq 4 from router.example (2001:db8::3), destination unreachable: address unreachable, hop limit 63, \
        after 0.812 ms
        seq 5 lost, no answer in 1000.000 ms
        seq 6 not sent, ENOBUFS: No buffer space available
        gap: this process did not run for 3000.000 ms; probes left out: 2

        host.example (2001:db8::2)
        7 attempted = 1 replied + 1 corrupted + 1 late + 1 ICMPv6 error + 1 lost + 1 not sent + 1 in flight
        lost 1 of 6 sent, 16.666 %; lost or late in 1 burst, the longest of 1
        beside these: 1 duplicate, 2 reordered (by up to 3)
        not believed: 3
          2 wrong nonce: no answer to a packet of ours
          1 another address than the one asked
        rtt min/mean/max/mdev 0.123/1.200/2.054/0.900 ms
        rtt p50/p90/p95/p99/p99.9 1.200/2.054/2.054/2.054/2.054 ms, jitter 0.012 ms

        """)
    #expect(printed.standardError.isEmpty)
  }

  @Test func aSilentRunSaysSo() {
    let printed = Printed(
      PingText(options: Self.options { $0.isQuiet = true }), Self.run, [.lost(makeLost(1))],
      summaries: [makeSummary(sent: 1, replied: 0, over: 0)])
    #expect(
      printed.lines == [
        "ping host.example (2001:db8::2), 56 octets of payload", "", "host.example (2001:db8::2)",
        "1 attempted = 0 replied + 1 lost", "lost 1 of 1 sent, 100.000 %", "",
      ])
  }

  @Test func thePartsOfARoundTripAddUpToTheNanosecond() {
    var reply = makeReply(1, from: peer)
    reply.roundTrip = Nanoseconds(123_456)
    reply.hostTransmit = Nanoseconds(20_113)
    reply.hostReceive = Nanoseconds(11_002)
    let line = Printed(
      PingText(options: Self.options { $0.showsTiming = true }), Self.run, [.reply(reply)]
    ).lines[1]
    #expect(line.hasSuffix("rtt 0.123 ms (host tx 20.113 + wire 123.456 + host rx 11.002 = 154.571 µs)"))
    reply.roundTripSource = .user
    let user = Printed(
      PingText(options: Self.options { $0.showsTiming = true }), Self.run, [.reply(reply)]
    ).lines[1]
    #expect(user.hasSuffix("rtt 0.123 ms (user to user)"))
  }

  @Test func verboseShowsThePathAndWhatWasNotBelieved() {
    var run = Self.run
    run.path = .raw
    run.arrival = .pcap
    run.pathNotes = ["ping_group_range does not hold this group"]
    let rejection = PingEvent.rejected(
      Rejection(
        reason: .source, source: linkLocal, sourceZone: 2, type: 129, at: .zero,
        reply: makeReply(9, from: linkLocal, zone: 2)))
    let sent = PingEvent.sent(
      SentProbe(
        target: 0, sequence: 1, scheduledAt: .zero, sentAt: .zero + Nanoseconds(1_500), octets: 64))
    let verbose = Printed(PingText(options: Self.options { $0.isVerbose = true }), run, [sent, rejection])
    #expect(
      verbose.lines[1...4] == [
        "identifier 14282, raw socket, replies by pcap", "ping_group_range does not hold this group",
        "seq 1 sent, 1.500 µs after its time",
        "not believed: ICMPv6 type 129 from fe80::1%eth0, seq 9, another address than the one asked",
      ])
    #expect(Printed(PingText(options: Self.options()), run, [sent, rejection]).lines.count == 2)
  }

  @Test func anMTUBelow1280IsShownAsNotValid() {
    let printed = Printed(
      PingText(options: Self.options()), Self.run,
      [
        .icmpError(makeError(1, type: 2, code: 0, info: 68)),
        .icmpError(makeError(2, type: 2, code: 0, info: 1280)),
        .icmpError(makeError(3, type: 4, code: 2, info: 48)), .icmpError(makeError(4, type: 77, code: 1)),
      ])
    #expect(printed.lines[1].contains("packet too big, mtu 68 (not valid: below 1280), hop limit 63"))
    #expect(printed.lines[2].contains("packet too big, mtu 1280, hop limit 63"))
    #expect(printed.lines[3].contains("parameter problem: unrecognized IPv6 option encountered, pointer 48"))
    #expect(printed.lines[4].contains("ICMPv6 type 77 code 1"))
  }

  @Test func linesNameTheirTargetWhereThereAreSeveral() {
    var run = Self.run
    run.targets.append(
      PingRun.Target(name: "two", canonicalName: "two", address: "2001:db8::3", isNumeric: false))
    var second = makeReply(1, from: other)
    second.target = 1
    var summaries = [makeSummary(sent: 1, replied: 1, over: 0), makeSummary(sent: 1, replied: 1, over: 0)]
    summaries[1].target = 1
    let printed = Printed(
      PingText(options: Self.options { $0.showsTimestamps = true }), run, [.reply(second)],
      snapshots: [summaries], summaries: summaries)
    #expect(printed.lines[0].hasPrefix("ping 2 targets"))
    #expect(printed.lines[1].hasPrefix("2026-11-21T10:05:16.397248000Z two: seq 1 from 2001:db8::3"))
    #expect(printed.standardError.contains("two: 1 attempted = 1 replied\n"))
    #expect(
      printed.lines.suffix(8) == [
        "", "target                  sent  replied   lost %      min     mean      p99      max ms", "", "", "", "", "", "",
      ])
  }

  @Test func anEventOfAnUnknownTargetIsPrintedWithoutItsName() {
    var reply = makeReply(1, from: peer)
    reply.target = 99
    var summary = makeSummary(sent: 1, replied: 1, over: 0)
    summary.target = -1
    let everything: [any PingWriter] = [
      PingText(options: Self.options()), PingJSON(), PingCSV(), IputilsText(options: IputilsTextOptions()),
    ]
    for writer in everything {
      let printed = Printed(writer, Self.run, [.reply(reply)], snapshots: [[summary]], summaries: [summary])
      #expect(printed.lines.count > 2)
    }
  }
}
