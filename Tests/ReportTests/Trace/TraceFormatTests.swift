import ProbeEngine
import Testing
import Timing
import Wire

@testable import Report

/// Formats of others; that they can be read is judged by `Tests/Oracles/check_atlas.py` and by Graphviz.
@Suite struct TraceFormatTests {
  /// Four hops: plain, silent, one with an error, labels and a late answer, the target.
  static let calm: [TraceEvent] = [
    .hop(makePlainHop(1)), .hop(makeSilentHop(2)),
    .hop(
      makeHop(
        3,
        [
          .reply(makeTraceReply(3, 0, .unreachable(code: 1)) { $0.hopLimit = 62 }),
          .reply(
            makeTraceReply(3, 1) {
              $0.octets = 176
              $0.quotedHopLimit = 1
              $0.rewritten = [.differentiatedServices(sent: 46, quoted: 10)]
              $0.extensions = [
                .mpls([
                  MPLSLabelStackEntry(label: 24_001, trafficClass: 1, isBottomOfStack: true, timeToLive: 2)
                ])
              ]
            }), .lost(makeTraceLoss(3, 2)),
        ])), .hop(makePlainHop(4, from: traced, .unreachable(code: 4))), .late(makeTraceReply(3, 2)),
    .end(makeTraceEnd(.reached, hops: 4, replied: 8, lost: 3, late: 1, from: traced)),
  ]

  @Test func anAtlasResultHasAllHops() {
    let printed = PrintedTrace(TraceAtlas(), makeTraceRun(), Self.calm)
    let plain = { (hop: Int, from: String) in
      (0..<3).map { #"{"from":"\#(from)","rtt":\#(hop).0\#($0)0}"# }.joined(separator: ",")
    }
    #expect(
      printed.standardOutput
        == #"{"fw":5080,"mver":"2.6.2","lts":-1,"af":6,"dst_name":"host.example","dst_addr":"2001:db8:9::1","#
        + #""src_addr":"2001:db8:1::100","from":"2001:db8:1::100","msm_id":0,"prb_id":0,"#
        + #""msm_name":"Traceroute","type":"traceroute","proto":"UDP","paris_id":1,"size":32,"tos":0,"#
        + #""timestamp":1795255516,"endtime":1795255516,"result":[{"hop":1,"result":["#
        + plain(1, "2001:db8:1::1") + #"]},{"hop":2,"result":[{"x":"*"},{"x":"*"},{"x":"*"}]},"#
        + #"{"hop":3,"result":[{"from":"2001:db8:3::1","err":"A","rtt":3.000,"ttl":62},"#
        + #"{"from":"2001:db8:3::1","rtt":3.010,"size":176,"icmpext":{"version":2,"rfc4884":1,"#
        + #""obj":[{"class":1,"type":1,"mpls":[{"exp":1,"label":24001,"s":1,"ttl":2}]}]}},"#
        + #"{"x":"*"},{"from":"2001:db8:3::1","late":3}]},{"hop":4,"result":["#
        + plain(4, "2001:db8:9::1") + "]}]}\n")
  }

  @Test func aScamperObjectHasTheAnswersAlone() {
    var run = makeTraceRun()
    run.trafficClass = 186
    run.maximumWait = .milliseconds(2_500)
    let events = Array(Self.calm[2...2]) + Self.calm.suffix(2)
    #expect(
      PrintedTrace(TraceScamper(), run, events).standardOutput
        == #"{"type":"trace","version":"0.1","userid":0,"method":"udp-paris","src":"2001:db8:1::100","#
        + #""dst":"2001:db8:9::1","sport":54321,"dport":33434,"stop_reason":"COMPLETED","stop_data":0,"#
        + #""start":{"sec":1795255516,"usec":397248,"ftime":"2026-11-21 10:05:16"},"hop_count":4,"#
        + #""attempts":3,"hoplimit":30,"firsthop":1,"wait":3,"wait_probe":0,"tos":186,"probe_size":80,"#
        + #""probe_count":12,"hops":[{"addr":"2001:db8:3::1","probe_ttl":3,"probe_id":1,"probe_size":80,"#
        + #""tx":{"sec":1795255516,"usec":397248},"rtt":3.000,"reply_ttl":62,"icmp_type":1,"icmp_code":1},"#
        + #"{"addr":"2001:db8:3::1","probe_ttl":3,"probe_id":2,"probe_size":80,"#
        + #""tx":{"sec":1795255516,"usec":397248},"rtt":3.010,"reply_size":176,"icmp_type":3,"icmp_code":0,"#
        + #""icmp_q_ttl":1,"icmp_q_ipl":40,"icmp_q_tos":42,"icmpext":[{"ie_cn":1,"ie_ct":1,"ie_dl":4,"#
        + #""mpls_labels":[{"mpls_ttl":2,"mpls_s":1,"mpls_exp":1,"mpls_label":24001}]}]},"#
        + #"{"addr":"2001:db8:3::1","probe_ttl":3,"probe_id":3,"probe_size":80,"#
        + #""tx":{"sec":1795255516,"usec":397248},"rtt":3.020,"icmp_type":3,"icmp_code":0}]}"# + "\n")
  }

  @Test func scampersStopReasonsAreUsed() {
    func stop(_ reason: TraceEnd.Reason) -> String {
      let text = PrintedTrace(
        TraceScamper(), makeTraceRun(), [.end(makeTraceEnd(reason, hops: 3, replied: 0))]
      ).standardOutput
      return String(text.split(separator: ",").filter { $0.hasPrefix("\"stop_") }.joined(separator: " "))
    }
    #expect(stop(.reached) == #""stop_reason":"COMPLETED" "stop_data":0"#)
    #expect(stop(.unreachable(type: 1, code: 3)) == #""stop_reason":"UNREACH" "stop_data":3"#)
    #expect(stop(.unreachable(type: 4, code: 1)) == #""stop_reason":"ICMP" "stop_data":4"#)
    #expect(stop(.maximumHops) == #""stop_reason":"HOPLIMIT" "stop_data":0"#)
    #expect(stop(.gapLimit) == #""stop_reason":"GAPLIMIT" "stop_data":0"#)
    #expect(stop(.loop) == #""stop_reason":"LOOP" "stop_data":0"#)
    #expect(stop(.sendFailed(101)) == #""stop_reason":"ERROR" "stop_data":101"#)
  }

  @Test func probesOfSeveralFlowsAreNotCalledParis() {
    var events = Self.calm
    events[0] = .hop(
      makeHop(1, [.reply(makeTraceReply(1) { $0.probe.flow.destinationPort = 33_435 })]))
    #expect(PrintedTrace(TraceAtlas(), makeTraceRun(), events).standardOutput.contains(#""paris_id":0"#))
    #expect(PrintedTrace(TraceScamper(), makeTraceRun(), events).standardOutput.contains(#""method":"udp""#))
  }

  @Test func aLateAnswerFindsItsHopBeforeAndAfterItIsTold() {
    var record = TraceRecord()
    record.record(late: makeTraceReply(2, 1))
    record.record(makeSilentHop(2))
    record.record(makeSilentHop(3))
    record.record(late: makeTraceReply(3))
    let late = record.ordered.flatMap(\.verdicts).compactMap { verdict -> UInt64? in
      if case .reply(let reply) = verdict, reply.isLate { return reply.number }
      return nil
    }
    #expect(late == [4, 6])
    #expect(record.lateness == [4: 1, 6: 2])
  }
}
