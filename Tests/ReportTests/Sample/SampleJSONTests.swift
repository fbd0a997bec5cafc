import ProbeEngine
import Testing
import Timing
import Wire

@testable import Report

/// Goldens; that the lines are JSON and keep to the schema is judged by `Tests/Oracles/check_json_schema.py`.
@Suite struct SampleJSONTests {
  static func line(_ event: SampleEvent) -> String {
    PrintedSample(SampleJSON(), makeSampleRun(), [event]).lines[1]
  }

  @Test func theStartNamesGroupsAndCountsTheirTargets() {
    #expect(
      PrintedSample(SampleJSON(), makeSampleRun()).lines == [
        #"{"schema":"probe6/1","event":"start","time":"2026-11-21T10:05:16.397248000Z","verb":"sample","#
          + #""plan":"plan.yaml","host":"tester","path":"datagram","arrival":"socket","identifier":7,"seed":5,"#
          + #""duration_ns":300000000000,"warmup_ns":0,"splay_ns":0,"groups":[{"group":"nodes","probe":"icmp6","#
          + #""labels":{"cluster":"prod-a"},"targets":3,"interval_ns":100000000,"schedule":"constant","#
          + #""timeout_ns":1000000000,"late_window_ns":1000000000,"payload_bytes":56},{"group":"api","#
          + #""probe":"tcp","accepts_reset":false,"targets":1,"interval_ns":1000000000,"schedule":"constant","#
          + #""timeout_ns":1000000000,"late_window_ns":1000000000,"payload_bytes":56}],"version":"1.0"}"#, "",
      ])
  }

  @Test func aRecordHasEveryMomentOnTheWallClock() {
    // Scheduled 200 ms after 10:05:16.397248, sent 2 us later, stamped 20 us after that, answered 350 us after the
    // schedule.
    let record = makeRecord(2, target: 1, microseconds: 350) {
      $0.transmittedAt = $0.sentAt + .microseconds(20)
      $0.hostTransmit = .microseconds(20)
      $0.hostReceive = Nanoseconds(11_001)
      $0.trafficClass = 8
    }
    #expect(
      Self.line(.record(record))
        == #"{"schema":"probe6/1","event":"record","time":"2026-11-21T10:05:16.597598000Z","group":"nodes","#
        + #""target":"host.example","destination":"2001:db8::3","seq":2,"number":9,"outcome":"ok","#
        + #""answer":"echo_reply","bytes":64,"scheduled_unix_ns":1795255516597248000,"#
        + #""sent_unix_ns":1795255516597250000,"transmitted_unix_ns":1795255516597270000,"#
        + #""received_unix_ns":1795255516597598000,"rtt_ns":350000,"rtt_source":"kernel","host_tx_ns":20000,"#
        + #""host_rx_ns":11001,"hop_limit":64,"traffic_class":8}"#)
  }

  @Test func lossErrorAndFailureSayOnlyWhatThereIs() {
    #expect(
      Self.line(.record(makeRecord(1, .lost, target: 2)))
        == #"{"schema":"probe6/1","event":"record","time":"2026-11-21T10:05:18.497248000Z","group":"nodes","#
        + #""target":"fe80::1%eth0","destination":"fe80::1%eth0","seq":1,"number":6,"outcome":"lost","bytes":64,"#
        + #""scheduled_unix_ns":1795255516497248000,"sent_unix_ns":1795255516497250000}"#)
    let error = makeRecord(1, .icmpError, microseconds: 400) {
      ($0.errorType, $0.errorCode, $0.from, $0.hopLimit) = (1, 0, other, nil)
    }
    #expect(
      Self.line(.record(error)).hasSuffix(
        #""rtt_ns":400000,"rtt_source":"kernel","from":"2001:db8::3","icmp_type":1,"icmp_code":0,"#
          + #""icmp_name":"no_route_to_destination"}"#))
    let failure = makeRecord(1, .sendError) { $0.errno = 101 }
    #expect(
      Self.line(.record(failure)).hasSuffix(
        #""errno":101,"error":"ENETUNREACH","message":"Network is unreachable"}"#))
    let nameless = makeRecord(1, .sendError) { $0.address = .unspecified }
    #expect(Self.line(.record(nameless)).hasSuffix(#""errno":0,"message":"the name has no address"}"#))
  }

  @Test func changesAndGapsNameWhatChanged() {
    func change(_ what: SampleChange.What) -> String {
      Self.line(.change(SampleChange(target: 0, group: 0, what: what, at: .zero)))
    }
    let start =
      #"{"schema":"probe6/1","event":"change","time":"2026-11-21T10:05:16.397248000Z","group":"nodes","#
      + #""target":"2001:db8::2","destination":"2001:db8::2","what":""#
    #expect(change(.hopLimit(from: 64, to: 63)) == start + #"hop_limit","from":64,"to":63}"#)
    #expect(change(.pathMTU(from: 0, to: 1_280)) == start + #"path_mtu","to":1280}"#)
    #expect(
      change(.path(from: [peer, nil], to: [other]))
        == start + #"path","from":["2001:db8::2","*"],"to":["2001:db8::3"]}"#)
    #expect(
      change(.link(from: nil, to: mac(9))) == start + #"link","to":"02:00:00:00:00:09"}"#)
    #expect(
      Self.line(.gap(group: 1, Gap(at: .zero, length: .seconds(3), skipped: 30)))
        == #"{"schema":"probe6/1","event":"gap","time":"2026-11-21T10:05:16.397248000Z","group":"api","#
        + #""length_ns":3000000000,"skipped":30}"#)
  }

  @Test func anAttachedTraceHasItsHopsAndSaysThatItIsOne() {
    let order = SampleOrder(
      number: 40, target: 0, group: 0, destination: SampleTarget(peer), act: .trace(TraceOrder()),
      isAction: true,
      at: .zero)
    let path = SampledPath(
      hops: [
        makeHop(1, [.reply(makeTraceReply(1))]), makeHop(2, [.lost(makeTraceLoss(2))]),
      ], end: makeTraceEnd(.gapLimit, hops: 2, replied: 1, lost: 1))
    #expect(
      Self.line(.finding(order, .path(path)))
        == #"{"schema":"probe6/1","event":"trace","time":"2026-11-21T10:05:16.997248000Z","group":"nodes","#
        + #""target":"2001:db8::2","destination":"2001:db8::2","action":true,"#
        + #""ordered_unix_ns":1795255516397248000,"reached":false,"reason":"gap_limit","duration_ns":600000000,"#
        + #""hops":[{"hop_limit":1,"replies":[{"address":"2001:db8:1::1","icmp_type":3,"icmp_code":0,"#
        + #""icmp_name":"hop_limit_exceeded_in_transit","rtt_ns":1000000,"rtt_source":"kernel"}]},"#
        + #"{"hop_limit":2,"replies":[{"lost":true}]}]}"#)
  }

  @Test func figuresComeByTargetThenByGroupAndEndInASummary() {
    let run = makeSampleRun()
    // 100 us and 300 us: buckets of 2^9 ns width between 2^16 and 2^17, of 2^11 ns between 2^18 and 2^19.
    let answered = makeFigures(microseconds: [100, 300], lost: 1)
    let silent = makeFigures(microseconds: [], lost: 2)
    let report = makeSampleReport(
      run, targets: [answered, silent, silent, SampleFigures()], groups: [answered, SampleFigures()],
      gates: [
        makeGate("nodes: p99 < 2ms", measured: .time(.microseconds(300)), held: true),
        makeGate(
          "nodes/*: loss < 10%", .eachTarget("nodes"), .loss, limit: .share(0.1), measured: .share(1),
          held: false, target: 1),
      ]
    ) { $0.scheduler.missed = 2 }
    let lines = PrintedSample(SampleJSON(), run, reports: [report]).lines
    let time = #","time":"2026-11-21T10:06:16.397248000Z","#
    let changes =
      #""hop_limit_changes":0,"traffic_class_changes":0,"path_mtu_changes":0,"address_changes":0,"#
      + #""path_changes":0,"link_changes":0,"state_changes":0"#
    #expect(
      lines[1] == #"{"schema":"probe6/1","event":"target""# + time
        + #""group":"nodes","target":"2001:db8::2","destination":"2001:db8::2","attempted":3,"ok":2,"late":0,"#
        + #""lost":1,"icmp_errors":0,"send_errors":0,"in_flight":0,"warmup":0,"loss":0.3333333333333333,"#
        + #""duplicates":0,"reordered":0,"loss_bursts":0,"longest_loss_burst":0,"outage_ns":0,"# + changes
        + #","rtt_ns":{"count":2,"min":100000,"mean":200000,"max":300000,"mdev":0,"p50":100000,"p90":300000,"#
        + #""p95":300000,"p99":300000,"p999":300000,"histogram":[[99840,100352,1],[299008,301056,1]]}}"#)
    #expect(
      lines[4].hasPrefix(
        #"{"schema":"probe6/1","event":"group""# + time
          + #""group":"nodes","probe":"icmp6","labels":{"cluster":"prod-a"},"targets":3,"attempted":3,"#))
    #expect(lines[7] == #"{"schema":"probe6/1","event":"scheduler""# + time + #""missed":2}"#)
    #expect(
      lines[8] == #"{"schema":"probe6/1","event":"gate""# + time
        + #""gate":"nodes: p99 < 2ms","scope":"group","group":"nodes","metric":"p99","comparison":"<","#
        + #""limit_ns":2000000,"measured_ns":300000,"held":true}"#)
    #expect(
      lines[9] == #"{"schema":"probe6/1","event":"gate""# + time
        + #""gate":"nodes/*: loss < 10%","scope":"each_target","group":"nodes","target":"host.example","#
        + #""metric":"loss","comparison":"<","limit_share":0.1,"measured_share":1.0,"held":false}"#)
    #expect(
      lines[10] == #"{"schema":"probe6/1","event":"summary""# + time
        + #""verb":"sample","duration_ns":60000000000,"groups":2,"targets":4,"attempted":3,"ok":2,"late":0,"#
        + #""lost":1,"icmp_errors":0,"send_errors":0,"in_flight":0,"warmup":0,"loss":0.3333333333333333,"#
        + #""missed":2,"rejected":0,"stray":0,"gates":2,"gates_failed":1,"held":false,"interrupted":false}"#)
    #expect(lines.count == 12)
  }

  @Test func aSnapshotsLinesCannotBeTakenForTheLast() {
    let run = makeSampleRun()
    let figures = [SampleFigures](repeating: SampleFigures(), count: 4)
    let report = makeSampleReport(run, targets: figures, groups: [figures[0], figures[0]], isLast: false)
    let lines = PrintedSample(SampleJSON(), run, reports: [report]).lines.dropFirst().dropLast()
    for line in lines.dropLast() {
      #expect(line.utf8.count > 80 && line.hasPrefix(#"{"schema":"probe6/1","event":""#))
    }
    let marked = lines.filter { $0.split(separator: ",").contains(#""snapshot":true"#) }
    #expect(marked.count == lines.count - 1)
    #expect(lines.last?.hasPrefix(#"{"schema":"probe6/1","event":"snapshot","#) == true)
  }

  @Test func recordsOrEventsOrBucketsCanBeLeftOut() {
    let run = makeSampleRun()
    let events: [SampleEvent] = [
      .record(makeRecord(1, microseconds: 90)), .duplicate(makeRecord(1, microseconds: 95)),
      .gap(group: 0, Gap(at: .zero, length: .seconds(1), skipped: 1)),
    ]
    var options = SampleJSON.Options()
    options.includesRecords = false
    #expect(PrintedSample(SampleJSON(options: options), run, events).lines.count == 3)
    options.includesEvents = false
    #expect(PrintedSample(SampleJSON(options: options), run, events).lines.count == 2)
    options.includesHistograms = false
    let figures = [SampleFigures](repeating: makeFigures(microseconds: [5]), count: 4)
    let report = makeSampleReport(run, targets: figures, groups: [figures[0], figures[0]])
    let lines = PrintedSample(SampleJSON(options: options), run, reports: [report]).lines
    #expect(lines[1].hasSuffix(#""p999":5000}}"#))
  }

  @Test func whatStandsInTheBufferAlreadyStays() {
    var out: [UInt8] = Array("before\n".utf8)
    var writer = SampleJSON()
    writer.begin(makeSampleRun(), at: .zero, wall: wall, into: &out)
    writer.write(.record(makeRecord(1, .lost)), wall: wall, into: &out)
    let lines = String(decoding: out, as: UTF8.self).split(separator: "\n")
    #expect(lines.count == 3 && lines[0] == "before")
    #expect(lines[2].hasSuffix("}") && out.last == 0x0a)
  }
}
