import ProbeEngine
import Testing
import Timing
import Wire

@testable import Report

/// Forms as fping 5.1 and 5.2 print them (recorded); ICMPv6 errors and JSON as fping 5.5 does.
@Suite struct FpingTextTests {
  typealias Mode = FpingTextOptions.Mode

  struct Printed: Equatable {
    var out: String
    var error: String
  }

  static func options(_ mode: Mode, _ body: (inout FpingTextOptions) -> Void = { _ in }) -> FpingTextOptions {
    var options = FpingTextOptions()
    options.mode = mode
    options.showsProbes = mode != .reach
    options.isVerbose = mode == .reach
    body(&options)
    return options
  }

  static let addresses: [IPv6Address] = [.loopback, IPv6Address(bits: 0x2001_0db8 << 96 | 0xa)]

  static func record(
    _ target: Int, _ sequence: UInt64, _ outcome: SampleOutcome, microseconds: Int64 = 0
  ) -> SampleRecord {
    let at = Instant(nanoseconds: 1_000_000_000)
    var record = SampleRecord(
      number: 0, target: target, group: 0, address: addresses[target], sequence: sequence, outcome: outcome,
      scheduledAt: at, sentAt: at, at: at)
    record.octets = 64
    if outcome == .ok {
      record.roundTrip = .microseconds(microseconds)
      record.receivedAt = at + .microseconds(microseconds)
    }
    return record
  }

  static func text(_ options: FpingTextOptions, names: [Int: String] = [:], unknown: UInt64 = 0) -> FpingText
  {
    var text = FpingText(options: options)
    text.begin(
      FpingRun(
        targets: addresses.map { SampleTarget($0) }, names: names, unknown: unknown,
        startedAt: Instant(nanoseconds: 0), localOffset: { _ in 5_400 }))
    return text
  }

  static func printed(_ body: (inout OutputBuffer) -> Void) -> Printed {
    var out = OutputBuffer()
    body(&out)
    return Printed(
      out: String(decoding: out.standardOutput, as: UTF8.self),
      error: String(decoding: out.standardError, as: UTF8.self))
  }

  static func printed(
    _ options: FpingTextOptions, _ events: [SampleEvent], names: [Int: String] = [:], unknown: UInt64 = 0
  ) -> Printed {
    var text = text(options, names: names, unknown: unknown)
    return printed { out in
      for event in events { text.write(event, wall: WallClock(offset: 0), into: &out) }
      text.end(inFlight: 0, stray: 0, at: Instant(nanoseconds: 2_345_678_000), into: &out)
    }
  }

  // MARK: Until it answers

  static let mixed: [SampleEvent] = [
    .record(record(0, 1, .ok, microseconds: 34)), .record(record(1, 1, .lost)), .record(record(1, 2, .lost)),
  ]

  @Test func aliveAndUnreachable() {
    #expect(
      Self.printed(Self.options(.reach), Self.mixed)
        == Printed(out: "::1 is alive\n2001:db8::a is unreachable\n", error: ""))
    #expect(
      Self.printed(Self.options(.reach) { $0.showsElapsed = true }, Self.mixed).out
        == "::1 is alive (0.034 ms)\n2001:db8::a is unreachable\n")
  }

  @Test func namesAloneOfThoseThatAnswerOrDoNot() {
    let alive = Self.options(.reach) {
      $0.isVerbose = false
      $0.listsAlive = true
    }
    #expect(Self.printed(alive, Self.mixed) == Printed(out: "::1\n", error: ""))
    let unreachable = Self.options(.reach) {
      $0.isVerbose = false
      $0.listsUnreachable = true
    }
    #expect(Self.printed(unreachable, Self.mixed) == Printed(out: "2001:db8::a\n", error: ""))
  }

  @Test func duplicatesAreToldWhereNoProbeIs() {
    let events = [Self.mixed[0], .duplicate(Self.record(0, 1, .ok, microseconds: 1_234))]
    let printed = Self.printed(Self.options(.reach), events)
    #expect(printed.error == "::1 : duplicate for [0], 64 bytes, 1.23 ms\n")
    #expect(
      Self.printed(Self.options(.count), events).error.hasPrefix("\n::1         : xmt/rcv/%loss = 1/1/0%, "))
  }

  @Test func anAnswerFromElsewhereIsToldOnStandardError() {
    var record = Self.record(0, 1, .ok, microseconds: 34)
    record.from = Self.addresses[1]
    let printed = Self.printed(Self.options(.reach), [.record(record)])
    #expect(printed.out == "::1 is alive\n2001:db8::a is unreachable\n")
    #expect(printed.error == " [<- 2001:db8::a]")
    let checked = Self.printed(Self.options(.reach) { $0.checksSource = true }, [.record(record)])
    #expect(checked == Printed(out: "::1 is unreachable\n2001:db8::a is unreachable\n", error: ""))
  }

  @Test func howManyAreEnough() {
    let options = Self.options(.reach) {
      $0.isVerbose = false
      $0.required = 1
      $0.endsWhenReached = true
    }
    var text = Self.text(options)
    #expect(!text.hasEnough)
    #expect(text.exitCode == 1)
    var out = OutputBuffer()
    text.write(Self.mixed[0], wall: WallClock(offset: 0), into: &out)
    #expect(text.hasEnough)
    #expect(text.exitCode == 0)
    #expect(Self.printed(options, Self.mixed).out == "Enough hosts reachable (required: 1, reachable: 1)\n")
    #expect(Self.printed(options, []).out == "Not enough hosts reachable (required: 1, reachable: 0)\n")
  }

  @Test func theExitCodeCountsTargetsAndNames() {
    var out = OutputBuffer()
    var text = Self.text(Self.options(.count))
    text.write(.record(Self.record(0, 1, .ok, microseconds: 1)), wall: WallClock(offset: 0), into: &out)
    #expect(text.exitCode == 1)
    text.write(.record(Self.record(1, 1, .ok, microseconds: 1)), wall: WallClock(offset: 0), into: &out)
    #expect(text.exitCode == 0)
    #expect(Self.text(Self.options(.count), unknown: 1).exitCode == 2)
  }

  @Test func errorsAreNamedAsTheOriginalNamesThem() {
    var record = Self.record(0, 1, .icmpError)
    record.from = Self.addresses[1]
    func error(_ type: UInt8, _ code: UInt8) -> String {
      record.errorType = type
      record.errorCode = code
      return Self.printed(Self.options(.reach), [.record(record)]).error
    }
    let rest = " from 2001:db8::a for ICMPv6 Echo Request sent to ::1\n"
    #expect(error(1, 0) == "ICMPv6 Destination Unreachable (No route to destination)" + rest)
    #expect(error(1, 3) == "ICMPv6 Destination Unreachable (Address unreachable)" + rest)
    #expect(error(1, 77) == "ICMPv6 Destination Unreachable (Code 77)" + rest)
    #expect(error(2, 0) == "ICMPv6 Packet Too Big" + rest)
    #expect(error(3, 0) == "ICMPv6 Time Exceeded (Hop limit exceeded in transit)" + rest)
    #expect(error(4, 1) == "ICMPv6 Parameter Problem (Unrecognized Next Header type encountered)" + rest)
    #expect(error(100, 2) == "ICMPv6 Type 100 Code 2" + rest)
    let quiet = Self.options(.reach) {
      $0.isVerbose = false
      $0.isQuiet = true
    }
    #expect(Self.printed(quiet, [.record(record)]) == Printed(out: "", error: ""))
  }

  @Test func aProbeThatCouldNotLeaveIsToldAndCounted() {
    var record = Self.record(0, 1, .sendError)
    record.errno = 101
    #expect(
      Self.printed(Self.options(.reach), [.record(record)]).error
        == "::1: error while sending ping: Network is unreachable\n")
    let printed = Self.printed(Self.options(.count), [.record(record)])
    #expect(printed.out == "")
    #expect(
      printed.error
        == "::1: error while sending ping: Network is unreachable\n\n::1         : xmt/rcv/%loss = 1/0/100%\n2001:db8::a : xmt/rcv/%loss = 0/0/0%\n"
    )
  }

  // MARK: Counting

  static let counted: [SampleEvent] = [
    .record(record(0, 1, .ok, microseconds: 34)), .record(record(1, 1, .lost)),
    .record(record(0, 2, .ok, microseconds: 12_340)), .record(record(1, 2, .ok, microseconds: 250_000)),
  ]

  @Test func aLineForEachProbe() {
    #expect(
      Self.printed(Self.options(.count), Self.counted)
        == Printed(
          out: """
            ::1         : [0], 64 bytes, 0.034 ms (0.034 avg, 0% loss)
            2001:db8::a : [0], timed out (NaN avg, 100% loss)
            ::1         : [1], 64 bytes, 12.3 ms (6.19 avg, 0% loss)
            2001:db8::a : [1], 64 bytes, 250 ms (250 avg, 50% loss)

            """,
          error: """

            ::1         : xmt/rcv/%loss = 2/2/0%, min/avg/max = 0.034/6.19/12.3
            2001:db8::a : xmt/rcv/%loss = 2/1/50%, min/avg/max = 250/250/250

            """))
  }

  @Test func allRoundTripsOnALine() {
    let options = Self.options(.count) {
      $0.listsRoundTrips = true
      $0.showsProbes = false
      $0.isQuiet = true
    }
    #expect(
      Self.printed(options, Self.counted)
        == Printed(out: "", error: "::1         : 0.034 12.3\n2001:db8::a : - 250\n"))
  }

  @Test func outagesAreLostProbesTimesPeriod() {
    let options = Self.options(.count) {
      $0.showsOutage = true
      $0.showsProbes = false
      $0.period = .milliseconds(20)
    }
    #expect(
      Self.printed(options, Self.counted).error
        == "::1         : xmt/rcv/%loss = 2/2/0%, outage(ms) = 0, min/avg/max = 0.034/6.19/12.3\n"
        + "2001:db8::a : xmt/rcv/%loss = 2/1/50%, outage(ms) = 20, min/avg/max = 250/250/250\n")
  }

  @Test func whatAnswersHadIsShownBehindTheLoss() {
    var record = Self.record(0, 1, .ok, microseconds: 34)
    record.hopLimit = 64
    let options = Self.options(.count) {
      $0.showsHopLimit = true
      $0.showsTrafficClass = true
      $0.showsSource = true
      $0.showsElapsed = true
    }
    #expect(
      Self.printed(options, [.record(record)]).out
        == "::1         : [0], 64 bytes, 0.034 ms (0.034 avg, 0% loss) (SRC not supported) (TOS unknown) (TTL 64)\n"
    )
  }

  @Test func theFiguresOfTheWholeRun() {
    let options = Self.options(.reach) {
      $0.isVerbose = false
      $0.showsStatistics = true
    }
    #expect(
      Self.printed(options, Self.mixed, unknown: 3).error == """

               2 targets
               1 alive
               1 unreachable
               3 unknown addresses

               2 timeouts (waiting for response)
               3 ICMP Echos sent
               1 ICMP Echo Replies received
               0 other ICMP received

         0.034 ms (min round trip time)
         0.034 ms (avg round trip time)
         0.034 ms (max round trip time)
                2.346 sec (elapsed real time)


        """)
  }

  // MARK: Reports

  static let now: Int64 = 1_795_250_166_000_000_000

  @Test func reportsAreOfTheInterval() {
    var text = Self.text(Self.options(.loop) { $0.showsProbes = false })
    var out = OutputBuffer()
    for event in Self.counted { text.write(event, wall: WallClock(offset: 0), into: &out) }
    let first = Self.printed { text.report(now: Self.now, into: &$0) }
    #expect(
      first.error == """
        [10:06:06]
        ::1         : xmt/rcv/%loss = 2/2/0%, min/avg/max = 0.034/6.19/12.3
        2001:db8::a : xmt/rcv/%loss = 2/1/50%, min/avg/max = 250/250/250

        """)
    text.write(Self.counted[1], wall: WallClock(offset: 0), into: &out)
    let second = Self.printed { text.report(now: Self.now, into: &$0) }
    #expect(
      second.error
        == "[10:06:06]\n::1         : xmt/rcv/%loss = 0/0/0%\n2001:db8::a : xmt/rcv/%loss = 1/0/100%\n")
  }

  @Test func cumulativeReportsAreSinceTheBeginning() {
    var text = Self.text(
      Self.options(.loop) {
        $0.showsProbes = false
        $0.isCumulative = true
      })
    var out = OutputBuffer()
    text.write(Self.counted[1], wall: WallClock(offset: 0), into: &out)
    _ = Self.printed { text.report(now: Self.now, into: &$0) }
    text.write(Self.counted[1], wall: WallClock(offset: 0), into: &out)
    let second = Self.printed { text.report(now: Self.now, into: &$0) }
    #expect(
      second.error
        == "[10:06:06]\n::1         : xmt/rcv/%loss = 0/0/0%\n2001:db8::a : xmt/rcv/%loss = 2/0/100%\n")
  }

  @Test func chartsAreDescribedOnce() {
    var text = FpingText(
      options: Self.options(.loop) {
        $0.showsProbes = false
        $0.isNetdata = true
        $0.reportInterval = .seconds(5)
      })
    text.begin(
      FpingRun(
        targets: [SampleTarget(.loopback)], names: [:], unknown: 0, startedAt: Instant(nanoseconds: 0)))
    var out = OutputBuffer()
    text.write(Self.counted[0], wall: WallClock(offset: 0), into: &out)
    let first = Self.printed { text.report(now: Self.now, into: &$0) }
    #expect(
      first.out == """
        CHART fping.__1_packets '' 'FPing Packets' packets '::1' fping.packets line 110020 5
        DIMENSION xmt sent absolute 1 1
        DIMENSION rcv received absolute 1 1
        BEGIN fping.__1_packets
        SET xmt = 1
        SET rcv = 1
        END
        CHART fping.__1_quality '' 'FPing Quality' percentage '::1' fping.quality area 110010 5
        DIMENSION returned '' absolute 1 1
        BEGIN fping.__1_quality
        SET returned = 100
        END
        CHART fping.__1_latency '' 'FPing Latency' ms '::1' fping.latency area 110000 5
        DIMENSION min minimum absolute 1 1000000
        DIMENSION max maximum absolute 1 1000000
        DIMENSION avg average absolute 1 1000000
        BEGIN fping.__1_latency
        SET min = 34000
        SET avg = 34000
        SET max = 34000
        END

        """)
    let second = Self.printed { text.report(now: Self.now, into: &$0) }
    #expect(
      second.out == """
        BEGIN fping.__1_packets
        SET xmt = 0
        SET rcv = 0
        END
        BEGIN fping.__1_quality
        SET returned = 0
        END
        BEGIN fping.__1_latency
        END

        """)
  }

  // MARK: JSON

  @Test func linesOfJSON() {
    var answer = Self.record(0, 1, .ok, microseconds: 34)
    answer.hopLimit = 64
    let options = Self.options(.count) {
      $0.isJSON = true
      $0.timestamp = .rfc3339
      $0.showsHopLimit = true
      $0.showsStatistics = true
      $0.showsElapsed = true
    }
    let printed = Self.printed(options, [.record(answer), Self.counted[1]], names: [0: "a\"b"])
    #expect(printed.error == "")
    #expect(
      printed.out == """
        {"resp": {"timestamp": "1970-01-01 01:30:01", "host": "a\\"b", "seq": 0, "size": 64, "rtt": 0.034, "ttl": 64}}
        {"timeout": {"timestamp": "1970-01-01 01:30:01", "host": "2001:db8::a", "seq": 0}}
        {"summary": {"host": "a\\"b", "xmt": 1, "rcv": 1, "loss": 0, "rttMin": 0.034, "rttAvg": 0.034, "rttMax": 0.034}}
        {"summary": {"host": "2001:db8::a", "xmt": 1, "rcv": 0, "loss": 100}}
        {"stats": {"targets": 2, "alive": 1, "unreachable": 1, "unknownAddresses": 0, "timeouts": 1, "icmpEchosSent": 2, "icmpEchoRepliesReceived": 1, "otherIcmpReceived": 0, "rttMin": 0.034, "rttAvg": 0.034, "rttMax": 0.034, "elapsed": 2.346}}

        """)
  }

  @Test func allRoundTripsAsJSON() {
    let options = Self.options(.count) {
      $0.isJSON = true
      $0.listsRoundTrips = true
      $0.showsProbes = false
    }
    #expect(
      Self.printed(options, Self.counted).out == """
        {"vSum": {"host": "::1", "values": [0.034, 12.3]}}
        {"vSum": {"host": "2001:db8::a", "values": [null, 250]}}

        """)
  }

  @Test func intervalsAsJSON() {
    var text = Self.text(
      Self.options(.loop) {
        $0.showsProbes = false
        $0.isJSON = true
        $0.showsOutage = true
      })
    var out = OutputBuffer()
    text.write(Self.counted[1], wall: WallClock(offset: 0), into: &out)
    #expect(
      Self.printed { text.report(now: Self.now, into: &$0) }.out == """
        {"intSum": {"time": 1795250166,"host": "::1", "xmt": 0, "rcv": 0, "loss": 0, "outage(ms)": 0}}
        {"intSum": {"time": 1795250166,"host": "2001:db8::a", "xmt": 1, "rcv": 0, "loss": 100, "outage(ms)": 1000}}

        """)
  }

  @Test func whatWasTypedIsMadeHarmless() {
    let printed = Self.printed(Self.options(.reach), Self.mixed, names: [0: "a\u{1b}[2J"])
    #expect(printed.out.hasPrefix("a\\x1b[2J is alive\n"))
  }
}
