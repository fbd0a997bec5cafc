import ProbeEngine
import Testing
import Timing
import Wire

@testable import Report

/// Forms of other tools. That their own readers read them is judged by `Tests/Oracles/check_sample_formats.py` and
/// `check_atlas.py`.
@Suite struct SampleFormatTests {
  // MARK: - CSV

  @Test func aCSVRecordHasAFieldForEachName() {
    let lines = PrintedSample(
      SampleCSV(), makeSampleRun(),
      [
        .record(makeRecord(2, target: 1, microseconds: 350)), .record(makeRecord(1, .lost, target: 2)),
        .record(makeRecord(3, .sendError) { $0.errno = 101 }),
        .duplicate(
          makeRecord(1, .icmpError, microseconds: 400) {
            ($0.errorType, $0.errorInfo, $0.from, $0.isWarmup) = (2, 1_280, other, true)
          }),
        .gap(group: 0, Gap(at: .zero, length: .seconds(1), skipped: 1)),
      ]
    ).lines
    #expect(
      lines[0]
        == "time,event,group,target,destination,seq,number,outcome,answer,warmup,bytes,scheduled_unix_ns,"
        + "sent_unix_ns,transmitted_unix_ns,received_unix_ns,rtt_ns,rtt_source,host_tx_ns,host_rx_ns,hop_limit,"
        + "traffic_class,from,icmp_type,icmp_code,icmp_name,mtu,pointer,errno,error")
    #expect(
      lines[1]
        == "2026-11-21T10:05:16.597598000Z,record,nodes,host.example,2001:db8::3,2,9,ok,echo_reply,,64,"
        + "1795255516597248000,1795255516597250000,,1795255516597598000,350000,kernel,,,64,,,,,,,,,")
    #expect(
      lines[2]
        == "2026-11-21T10:05:18.497248000Z,record,nodes,fe80::1%eth0,fe80::1%eth0,1,6,lost,,,64,"
        + "1795255516497248000,1795255516497250000,,,,,,,,,,,,,,,,")
    #expect(lines[3].hasSuffix(",,,,,,,,,,,,,,101,ENETUNREACH"))
    #expect(lines[4].hasSuffix(",400000,kernel,,,64,,2001:db8::3,2,0,packet_too_big,1280,,,"))
    #expect(lines[4].split(separator: ",")[1] == "duplicate")
    #expect(lines.count == 6)
    for line in lines.dropLast() { #expect(line.utf8.count { $0 == 0x2c } == 28) }
  }

  // MARK: - RIPE Atlas

  @Test func anAtlasResultIsToldForSixteenOutcomesAndTheRestAtTheEnd() {
    var events = (1...16).map { SampleEvent.record(makeRecord($0, microseconds: Int64($0) * 100)) }
    events.insert(.duplicate(makeRecord(3, microseconds: 340)), at: 3)
    events.append(.record(makeRecord(17, .lost)))
    events.append(.record(makeRecord(18, .sendError) { $0.errno = 101 }))
    events.append(.record(makeRecord(1, .lost, target: 1) { $0.isWarmup = true }))
    let figures = [SampleFigures](repeating: SampleFigures(), count: 4)
    let report = makeSampleReport(makeSampleRun(), targets: figures, groups: [figures[0], figures[0]])
    let printed = PrintedSample(SampleAtlas(), makeSampleRun(), events, reports: [report])
    // Mean of 0.1 … 1.6 ms; the duplicate counts in none.
    #expect(
      printed.lines == [
        #"{"fw":5080,"mver":"2.6.2","lts":-1,"dst_name":"2001:db8::2","dst_addr":"2001:db8::2","af":6,"#
          + #""proto":"ICMP","ttl":64,"size":56,"result":[{"rtt":0.100},{"rtt":0.200},{"rtt":0.300},"#
          + #"{"dup":1,"rtt":0.340},{"rtt":0.400},{"rtt":0.500},{"rtt":0.600},{"rtt":0.700},{"rtt":0.800},"#
          + #"{"rtt":0.900},{"rtt":1.000},{"rtt":1.100},{"rtt":1.200},{"rtt":1.300},{"rtt":1.400},"#
          + #"{"rtt":1.500},{"rtt":1.600}],"dup":1,"rcvd":16,"sent":16,"min":0.100,"max":1.600,"avg":0.850,"#
          + #""msm_id":0,"prb_id":0,"timestamp":1795255516,"msm_name":"Ping","type":"ping","step":0}"#,
        #"{"fw":5080,"mver":"2.6.2","lts":-1,"dst_name":"2001:db8::2","dst_addr":"2001:db8::2","af":6,"#
          + #""proto":"ICMP","size":56,"result":[{"x":"*"},{"error":"sendto failed: Network is unreachable"}],"#
          + #""dup":0,"rcvd":0,"sent":2,"min":-1,"max":-1,"avg":-1,"msm_id":0,"prb_id":0,"#
          + #""timestamp":1795255518,"msm_name":"Ping","type":"ping","step":0}"#, "",
      ])
  }

  @Test func anAtlasResultIsAboutOneAddress() {
    let events: [SampleEvent] = [
      .record(makeRecord(1, target: 1, microseconds: 100)),
      .record(makeRecord(2, target: 1, microseconds: 100) { $0.address = peer }),
      .duplicate(makeRecord(1, target: 0, microseconds: 9)),
    ]
    let printed = PrintedSample(SampleAtlas(), makeSampleRun(), events, reloadsAfterEvents: true)
    #expect(printed.lines.count == 3)
    #expect(printed.lines[0].split(separator: ",").contains(#""dst_addr":"2001:db8::3""#))
    #expect(printed.lines[1].split(separator: ",").contains(#""dst_addr":"2001:db8::2""#))
  }

  // MARK: - OpenMetrics

  static func metrics(_ run: SampleRun = makeSampleRun(), _ options: SampleOpenMetrics.Options = .init())
    -> [String]
  {
    let answered = makeFigures(microseconds: [9, 11, 400, 90_000_000], lost: 1)
    let figures = [answered, SampleFigures(), SampleFigures(), SampleFigures()]
    let report = makeSampleReport(
      run, targets: figures, groups: [answered, SampleFigures()],
      gates: [makeGate(#"nodes: "p99" < 2ms"#, measured: nil, held: false)]
    ) { $0.fromSchedule = [makeHistogram([1_000_000])] }
    return PrintedSample(SampleOpenMetrics(options: options), run, reports: [report]).lines
  }

  @Test func eachOutcomeIsACounterWithTheLabelsOfThePlan() {
    let lines = Self.metrics()
    #expect(
      lines.prefix(3) == [
        "# HELP probe6_results_total Probes by what became of them; each has one outcome, told once.",
        #"probe6_results_total{group="nodes",cluster="prod-a",target="2001:db8::2",outcome="ok"} 4"#,
        #"probe6_results_total{group="nodes",cluster="prod-a",target="2001:db8::2",outcome="late"} 0"#,
      ])
    #expect(
      lines.contains(
        #"probe6_results_total{group="api",target="[2001:db8::2]:443",outcome="send_error"} 0"#))
    #expect(lines.contains(#"probe6_gate_held{gate="nodes: \"p99\" < 2ms"} 0"#))
    #expect(lines.suffix(2) == ["# EOF", ""])
  }

  @Test func bucketsAreCumulativeAndEndInInfinity() {
    let name = #"probe6_rtt_seconds_bucket{group="nodes",cluster="prod-a",target="2001:db8::2",le=""#
    let lines = Self.metrics()
    let buckets = lines.filter { $0.hasPrefix(name) }.map { $0.dropFirst(name.count) }
    #expect(buckets.prefix(3) == [#"1e-05"} 1"#, #"1.5e-05"} 2"#, #"2e-05"} 2"#])
    #expect(buckets.contains(#"0.0003"} 2"#) && buckets.contains(#"0.0005"} 3"#))
    #expect(buckets.suffix(2) == [#"60.0"} 3"#, #"+Inf"} 4"#])
    // 9 + 11 + 400 + 90,000,000 us, by the exact mean of whole microseconds.
    let labels = #"{group="nodes",cluster="prod-a",target="2001:db8::2"} "#
    #expect(lines.contains("probe6_rtt_seconds_count" + labels + "4"))
    #expect(lines.contains("probe6_rtt_seconds_sum" + labels + "90.00042"))
    let bounds = [UInt8].openMetricsBounds
    #expect(zip(bounds, bounds.dropFirst()).allSatisfy { $0 < $1 })
  }

  @Test func aLargeGroupIsOneSeries() {
    var options = SampleOpenMetrics.Options()
    options.maximumTargets = 2
    let lines = Self.metrics(makeSampleRun(), options)
    #expect(lines[1] == #"probe6_results_total{group="nodes",cluster="prod-a",outcome="ok"} 4"#)
    #expect(lines.count { $0.hasPrefix("probe6_target_info{") } == 1)
  }

  @Test func labelsBecomeValidAndNoTwoSeriesAreOne() {
    #expect(OpenMetricsSeries.validName("a-b.c") == "a_b_c")
    #expect(OpenMetricsSeries.validName("9x") == "label_9x")
    #expect(OpenMetricsSeries.validName("__name__") == "label___name__")
    #expect(OpenMetricsSeries.validName("") == "label_")
    var run = makeSampleRun()
    run.labels[0] = [
      SampleRun.Label(name: "group", value: "x\\\"\n"), SampleRun.Label(name: "a-b", value: "1"),
      SampleRun.Label(name: "a.b", value: "2"),
    ]
    run.names = [0: "same", 1: "same", 2: "same"]
    let lines = Self.metrics(run)
    #expect(
      lines[1]
        == #"probe6_results_total{group="nodes",group_="x\\\"\\x0a",a_b="1",a_b_="2",target="same",outcome="ok"} 4"#
    )
    let series = lines.filter { !$0.hasPrefix("#") }.compactMap { $0.split(separator: "} ").first }
    #expect(series.count > 100 && Set(series).count == series.count)
  }

  // MARK: - JUnit

  @Test func aGateIsATestCase() {
    let run = makeSampleRun()
    let figures = [SampleFigures](repeating: SampleFigures(), count: 4)
    let gates = [
      makeGate("nodes: p99 < 2ms", measured: .time(.microseconds(1_512)), held: true),
      makeGate(
        "nodes/*: loss < 0.1%", .eachTarget("nodes"), .loss, limit: .share(0.001), measured: .share(0.25),
        held: false, target: 1),
      makeGate("scheduler: p99_error < 2ms", .scheduler, .scheduleError(99), measured: nil, held: false),
    ]
    let end = makeSampleReport(run, targets: figures, groups: [figures[0], figures[0]], gates: gates)
    var snapshot = end
    snapshot.isLast = false
    #expect(
      PrintedSample(SampleJUnit(), run, reports: [snapshot, end]).lines == [
        #"<?xml version="1.0" encoding="UTF-8"?>"#, "<testsuites>",
        #"<testsuite name="probe6 sample plan.yaml" tests="3" failures="2" errors="0" skipped="0" time="60.000" "#
          + #"timestamp="2026-11-21T10:05:16" hostname="tester">"#,
        #"<testcase classname="probe6.nodes" name="nodes: p99 &lt; 2ms" time="0">"#
          + "<system-out>1.512 ms</system-out></testcase>",
        #"<testcase classname="probe6.nodes" name="nodes/*: loss &lt; 0.1%" time="0"><failure type="gate" "#
          + #"message="25 % (host.example)">nodes/*: loss &lt; 0.1%: 25 % (host.example)</failure></testcase>"#,
        #"<testcase classname="probe6.scheduler" name="scheduler: p99_error &lt; 2ms" time="0">"#
          + #"<failure type="gate" message="nothing was measured">scheduler: p99_error &lt; 2ms: nothing was "#
          + "measured</failure></testcase>", "</testsuite>", "</testsuites>", "",
      ])
  }
}
