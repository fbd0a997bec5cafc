import ProbeEngine
import Testing
import Timing
import Wire

@testable import Report

@Suite struct SampleTextTests {
  static var plain: SampleTextOptions {
    var options = SampleTextOptions()
    options.isUTF8 = false
    return options
  }

  static func report(_ run: SampleRun, gates: [GateResult] = []) -> SampleReport {
    var first = makeFigures(microseconds: [100, 200, 300])
    first.hopLimit = 64
    first.jitter = .microseconds(12)
    var second = makeFigures(microseconds: [1_500], lost: 1)
    second.sendErrors = 1
    second.attempted = 3
    let silent = makeFigures(microseconds: [], lost: 2)
    var all = makeFigures(microseconds: [100, 200, 300, 1_500], lost: 3)
    all.sendErrors = 1
    all.attempted = 8
    let api = makeFigures(microseconds: [80])
    return makeSampleReport(run, targets: [first, second, silent, api], groups: [all, api], gates: gates) {
      $0.scheduler.histogram = makeHistogram([10_000, 20_000])
      $0.rejected = 2
    }
  }

  @Test func eachGroupIsATableWithALineForAll() {
    let run = makeSampleRun()
    #expect(
      PrintedSample(SampleText(options: Self.plain), run, reports: [Self.report(run)]).lines == [
        "nodes (icmp6, 3 targets, one probe each 100 ms, cluster=prod-a), times in ms",
        "target        probes    loss  errors    min    p50    p90    p99    max  jitter  hlim",
        "2001:db8::2        3     0 %       0  0.100  0.200  0.300  0.300  0.300   0.012    64",
        "host.example       3  66.7 %       1  1.500  1.500  1.500  1.500  1.500       -     -",
        "fe80::1%eth0       2   100 %       0      -      -      -      -      -       -     -",
        "all                8    50 %       1  0.100  0.200  1.500  1.500  1.500       -     -",
        "",
        "api (tcp, 1 target, one probe each 1 s), times in ms",
        "target             probes  loss    min    p50    p90    p99    max",
        "[2001:db8::2]:443       1   0 %  0.080  0.080  0.080  0.080  0.080",
        "",
        "9 attempted = 5 ok + 3 lost + 1 not sent; 2 not believed; in 60 s",
        "schedule error p50/p99/max 0.010/0.020/0.020 ms, deadlines missed: 0",
        "",
      ])
  }

  @Test func aNarrowTerminalKeepsWhatMattersMost() {
    let run = makeSampleRun()
    var options = Self.plain
    options.width = 50
    let lines = PrintedSample(SampleText(options: options), run, reports: [Self.report(run)]).lines
    #expect(lines[1] == "target        probes    loss    p50    p99    max")
    options.width = 1
    let narrow = PrintedSample(SampleText(options: options), run, reports: [Self.report(run)]).lines
    #expect(narrow[1] == "target        probes    loss    p50")
  }

  @Test func ofManyTargetsTheWorstAreShownAndTheOthersCounted() {
    let run = makeSampleRun()
    var options = Self.plain
    options.maximumTargets = 2
    let lines = PrintedSample(SampleText(options: options), run, reports: [Self.report(run)]).lines
    #expect(lines[2].hasPrefix("fe80::1%eth0  ") && lines[3].hasPrefix("host.example  "))
    #expect(lines[4].hasPrefix("all  "))
    #expect(lines[5] == "  the worst 2 of 3 targets; 1 not shown")
  }

  @Test func theCourseShowsWhereNobodyAnswered() {
    let run = makeSampleRun()
    var report = Self.report(run)
    var timeline = SampleTimeline(startedAt: .zero)
    // 0 to 3 ms in eight steps, then a hole, then nothing asked, then the first again.
    for step in 0..<8 {
      timeline.record(.microseconds(Int64(step) * 400), at: .zero + .milliseconds(Int64(step) * 10))
    }
    timeline.record(nil, at: .zero + .milliseconds(80))
    timeline.record(.zero, at: .zero + .milliseconds(100))
    report.timelines = [timeline]
    #expect(
      PrintedSample(SampleText(options: Self.plain), run, reports: [report]).lines[6]
        == "  .:-=+*%#x .  mean 0.000..2.800 ms, 110 ms")
    #expect(
      PrintedSample(SampleText(), run, reports: [report]).lines[6]
        == "  ▁▂▃▄▅▆▇█× ▁  mean 0.000..2.800 ms, 110 ms")
  }

  @Test func noticesAreKeptUntilTheEndButNotWithoutBound() {
    let run = makeSampleRun()
    var options = Self.plain
    options.maximumNotices = 3
    let events: [SampleEvent] = [
      .change(
        SampleChange(target: 1, group: 0, what: .address(from: other, to: nil), at: .zero + .seconds(2))),
      .change(
        SampleChange(
          target: 0, group: 0, what: .path(from: [peer, nil], to: [other]), at: .zero + .milliseconds(2_500))),
      .gap(group: 0, Gap(at: .zero + .seconds(3), length: .seconds(1), skipped: 30)),
      .change(
        SampleChange(
          target: 0, group: 0, what: .recovered(after: .seconds(4), lost: 9), at: .zero + .seconds(9))),
    ]
    let lines = PrintedSample(SampleText(options: options), run, events, reports: [Self.report(run)]).lines
    #expect(
      lines.suffix(5) == [
        "+2.000 s host.example: address 2001:db8::3 is now none",
        "+2.500 s 2001:db8::2: path 2001:db8::2 > * is now 2001:db8::3",
        "+3.000 s nodes: this host did not run for 1 s, 30 deadlines passed without a probe",
        "and 1 more notice; the JSON lines have them all", "",
      ])
  }

  @Test func anAttachedTraceIsOneLineAndAScheduledOneIsNone() {
    let path = SampledPath(
      hops: [makeHop(1, [.reply(makeTraceReply(1))]), makeSilentHop(2)],
      end: makeTraceEnd(.gapLimit, hops: 2, replied: 1, lost: 3))
    var order = SampleOrder(
      number: 1, target: 0, group: 0, destination: SampleTarget(peer), act: .trace(TraceOrder()),
      isAction: true,
      at: .zero)
    let run = makeSampleRun()
    func lines() -> [String] {
      PrintedSample(
        SampleText(options: Self.plain), run, [.finding(order, .path(path))], reports: [Self.report(run)]
      ).lines
    }
    #expect(
      lines().suffix(2) == [
        "+0.000 s 2001:db8::2: trace 1 2001:db8:1::1 1 ms, 2 *; not reached (gap limit)", "",
      ])
    order.isAction = false
    #expect(lines().count == 14)
  }

  @Test func gatesComeLastWithWhatWasMeasured() {
    let run = makeSampleRun()
    let gates = [
      makeGate("nodes: p99 < 2ms", measured: .time(.microseconds(1_512)), held: true),
      makeGate(
        "nodes/*: loss < 0.1%", .eachTarget("nodes"), .loss, limit: .share(0.001),
        measured: .share(0.0000125),
        held: false, target: 1),
      makeGate(
        "nodes: changes == 0", .group("nodes"), .changes, limit: .count(0), measured: nil, held: false),
    ]
    let report = Self.report(run, gates: gates)
    #expect(
      PrintedSample(SampleText(options: Self.plain), run, reports: [report]).lines.suffix(5) == [
        "OK   nodes: p99 < 2ms: held, 1.512 ms",
        "FAIL nodes/*: loss < 0.1%: failed, 0.00125 % (host.example)",
        "FAIL nodes: changes == 0: failed, nothing was measured", "2 of 3 gates failed", "",
      ])
    var held = report
    held.gates = [gates[0]]
    #expect(
      PrintedSample(SampleText(), run, reports: [held]).lines.suffix(3) == [
        "✓ nodes: p99 < 2ms: held, 1.512 ms", "the gate held", "",
      ])
  }

  @Test func coloursAreThereOnlyWhereAskedFor() {
    let run = makeSampleRun()
    let gates = [makeGate("nodes: p99 < 2ms", measured: nil, held: false)]
    var options = SampleTextOptions()
    #expect(
      !PrintedSample(SampleText(options: options), run, reports: [Self.report(run, gates: gates)]).octets
        .contains(0x1b))
    options.isColored = true
    let lines = PrintedSample(SampleText(options: options), run, reports: [Self.report(run, gates: gates)])
      .lines
    #expect(lines[0].hasPrefix("\u{1b}[1mnodes\u{1b}[0m (icmp6"))
    #expect(lines[3].hasPrefix("host.example       3  \u{1b}[31m66.7 %\u{1b}[0m       1"))
    #expect(lines.contains("\u{1b}[31m✗\u{1b}[0m nodes: p99 < 2ms: failed, nothing was measured"))
  }
}

@Suite struct GateTextTests {
  @Test(arguments: [
    (0.0, "0 %"), (1.0, "100 %"), (0.5, "50 %"), (0.001, "0.1 %"), (0.00001, "0.001 %"),
    (0.0000125, "0.0013 %"),
    (1.0 / 3, "33.3 %"), (2.0 / 3, "66.7 %"), (0.025, "2.5 %"), (0.9999, "99.99 %"), (0.999_999, "99.9999 %"),
    (1e-12, "0.0000001 %"), (-1.0, "0 %"), (Double.nan, "0 %"), (7.0, "100 %"),
  ])
  func aShareIsNeverRoundedToNoneOrAll(_ share: Double, _ expected: String) {
    #expect(text { $0.put(honestPercent: share) } == expected)
  }

  @Test(
    arguments: [
      (0, "0 ns"), (999, "999 ns"), (1_000, "1 us"), (12_346, "12.346 us"), (1_512_400, "1.512 ms"),
      (999_999_499, "999.999 ms"), (999_999_500, "1 s"), (90_000_000_000, "90 s"),
      (-1_500, "-1.5 us"),
      (Int64.min, "-9223372036.855 s"), (Int64.max, "9223372036.855 s"),
    ] as [(Int64, String)])
  func aTimeHasTheUnitThatSuitsIt(_ nanoseconds: Int64, _ expected: String) {
    #expect(text { $0.put(duration: Nanoseconds(nanoseconds)) } == expected)
  }

  @Test func aShareNearItsLimitHasMoreDigits() {
    #expect(text { GateText.put(.share(0.001_004), into: &$0) } == "0.1004 %")
    #expect(text { GateText.put(.share(1.0 / 3), into: &$0) } == "33.333 %")
    #expect(text { GateText.put(.count(7), into: &$0) } == "7")
  }

  @Test func metricsHaveTheirNames() {
    #expect(GateText.name(.percentile(99)) == "p99")
    #expect(GateText.name(.percentile(99.9)) == "p99.9")
    #expect(GateText.name(.fromSchedule(50)) == "from_schedule_p50")
    #expect(GateText.name(.scheduleError(100)) == "max_error")
    #expect(GateText.name(.scheduleError(99)) == "p99_error")
  }
}

@Suite struct SampleProgressTests {
  @Test func theLineSaysHowFarAndHowLong() {
    var progress = SampleProgress(width: 80)
    var state = SampleProgress.State()
    state.duration = .seconds(300)
    state.planned = 30_000
    state.attempted = 3_000
    state.resolved = 2_990
    state.ok = 2_987
    state.elapsed = .seconds(30)
    #expect(
      text { progress.put(state, into: &$0) }
        == "\r 10 %  3000 of 30000 probes, loss 0.1 %, 100/s, 4 min 30 s left\u{1b}[K")
    // Ten seconds on: the rate is that of the last ten seconds.
    state.attempted = 3_500
    state.elapsed = .seconds(40)
    #expect(
      text { progress.put(state, into: &$0) }
        == "\r 13 %  3500 of 30000 probes, loss 0.1 %, 50/s, 4 min 20 s left\u{1b}[K")
    #expect(text { progress.erase(into: &$0) } == "\r\u{1b}[K")
    #expect(text { progress.erase(into: &$0) } == "")
  }

  @Test func whatIsNotKnownIsNotSaid() {
    var progress = SampleProgress(width: 80)
    #expect(text { progress.put(SampleProgress.State(), into: &$0) } == "\r0 probes, loss -\u{1b}[K")
    var wild = SampleProgress.State()
    (wild.attempted, wild.planned, wild.elapsed, wild.duration) = (.max, 1, Nanoseconds(.max), Nanoseconds(1))
    (wild.ok, wild.resolved) = (.max, 1)
    #expect(text { progress.put(wild, into: &$0) }.hasPrefix("\r100 %  "))
    (wild.attempted, wild.elapsed, wild.duration) = (1, Nanoseconds(.min), Nanoseconds(.min))
    #expect(text { progress.put(wild, into: &$0) }.hasPrefix("\r100 %  1 of 1 probes"))
  }

  @Test func theLineIsNeverWiderThanTheTerminal() {
    for width in -1...70 {
      var progress = SampleProgress(width: width)
      var state = SampleProgress.State()
      (state.attempted, state.planned, state.elapsed) = (3_000, 30_000, .seconds(30))
      let line = text { progress.put(state, into: &$0) }
      #expect(line.utf8.count - 4 <= max(width - 1, 1))
    }
  }
}

@Suite struct SampleTimelineTests {
  @Test func cellsDoubleSoThatAnyLengthFits() {
    var timeline = SampleTimeline(startedAt: .zero)
    for second in 0..<3_600 { timeline.record(.microseconds(100), at: .zero + .seconds(Int64(second))) }
    #expect((SampleTimeline.capacity / 2...SampleTimeline.capacity).contains(timeline.cells.count))
    #expect(timeline.cells.reduce(0) { $0 + $1.answered } == 3_600)
    #expect(timeline.cells.allSatisfy { $0.mean == .microseconds(100) })
    #expect(timeline.length >= .seconds(3_599) && timeline.length < .seconds(3_599) + timeline.cellLength * 2)
    let few = timeline.cells(atMost: 10)
    #expect(few.count <= 10 && few.reduce(0) { $0 + $1.answered } == 3_600)
  }

  @Test func warmUpIsPassedOverAndOnlyOkIsAnAnswer() {
    var timeline = SampleTimeline(startedAt: .zero)
    timeline.record(makeRecord(0, microseconds: 50) { $0.isWarmup = true })
    #expect(timeline.cells.isEmpty)
    timeline.record(makeRecord(0, microseconds: 50))
    timeline.record(makeRecord(0, microseconds: 70))
    timeline.record(makeRecord(0, .late, microseconds: 1_500_000))
    timeline.record(makeRecord(0, .lost))
    #expect(timeline.cells.count == 1)
    #expect(timeline.cells[0].answered == 2 && timeline.cells[0].failed == 2)
    #expect(timeline.cells[0].mean == .microseconds(60))
  }

  @Test func wildTimesNeitherTrapNorHang() {
    var timeline = SampleTimeline()
    for instant in [Int64.max, .min, 0, 1, .max] {
      timeline.record(Nanoseconds(.max), at: Instant(nanoseconds: instant))
      timeline.record(Nanoseconds(.min), at: Instant(nanoseconds: instant))
    }
    var late = SampleTimeline(startedAt: Instant(nanoseconds: .min))
    late.record(nil, at: .distantFuture)
    #expect(late.cells.count <= SampleTimeline.capacity && late.cells.last?.failed == 1)
    #expect(timeline.cells(atMost: 0).count == 1)
    #expect(timeline.cells.reduce(0) { $0 + $1.answered } == 10)
  }
}
