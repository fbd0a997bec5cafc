import ProbeEngine
import Testing
import Timing
import Wire

@testable import Report

/// Goldens; that the lines are JSON and keep to the schema is judged by `Tests/Oracles/check_json_schema.py`.
@Suite struct TraceJSONTests {
  static let envelope = #"{"schema":"probe6/1","event":"#
  static let to = #""target":"host.example","destination":"2001:db8:9::1""#
  static let flow = #""source_port":54321,"destination_port":33434,"flow_label":0,"packet_bytes":80"#

  static func line(_ event: TraceEvent, _ run: TraceRun = makeTraceRun()) -> String {
    PrintedTrace(TraceJSON(), run, [event]).lines[1]
  }

  @Test func theStartNamesMethodPathAndFlow() {
    var run = makeTraceRun(mode: .paths(confidence: 0.995), isCaptured: true)
    run.targets[0].cachedMTU = 1_400
    #expect(
      PrintedTrace(TraceJSON(), run).lines[0]
        == Self.envelope + #""start","time":"2026-11-21T10:05:16.397248000Z","verb":"trace","# + Self.to
        + #","source":"2001:db8:1::100","interface":"eth0","method":"udp","mode":"paths","#
        + #""confidence_percent":99.5,"path":"raw","arrival":"pcap","source_port":54321,"#
        + #""destination_port":33434,"flow_label":0,"traffic_class":0,"packet_bytes":80,"first_hop":1,"#
        + #""max_hops":30,"queries":3,"cached_mtu":1400,"version":"1.0"}"#)
  }

  @Test func aReplySaysWhichProbeAndWhatAnswered() {
    let reply = makeTraceReply(2, 1, .unreachable(code: 0)) {
      $0.rewritten = [.differentiatedServices(sent: 46, quoted: 0), .source(sent: peer, quoted: other)]
      $0.extensions = [
        .mpls([MPLSLabelStackEntry(label: 16, trafficClass: 1, isBottomOfStack: true, timeToLive: 2)]),
        .interface(role: .outgoing, index: 3, address: nil, name: Array("eth\"0".utf8), mtu: nil),
        .other(classNumber: 9, type: 1, data: [0xab, 0x01]),
      ]
      $0.hopLimit = 63
      $0.quotedHopLimit = 1
    }
    #expect(
      Self.line(.reply(reply))
        == Self.envelope + #""reply","time":"2026-11-21T10:05:16.399258000Z","# + Self.to
        + #","hop_limit":2,"probe":4,"query":1,"# + Self.flow
        + #","address":"2001:db8:2::1","answer":"icmp_error","icmp_type":1,"icmp_code":0,"#
        + #""icmp_name":"no_route_to_destination","rtt_ns":2010000,"rtt_source":"kernel","reply_hop_limit":63,"#
        + #""quoted_hop_limit":1,"late":false,"#
        + #""extensions":[{"kind":"mpls","labels":[{"label":16,"traffic_class":1,"bottom":true,"ttl":2}]},"#
        + #"{"kind":"interface","role":"outgoing","index":3,"name":"eth\"0"},"#
        + #"{"kind":"other","class":9,"type":1,"data":"ab01"}],"#
        + #""rewritten":[{"field":"dscp","sent":46,"quoted":0},"#
        + #"{"field":"source","sent":"2001:db8::2","quoted":"2001:db8::3"}]}"#)
  }

  @Test func aHopHoldsEachOfItsProbes() {
    let hop = makeHop(
      3,
      [
        .reply(makeTraceReply(3, from: traced, .tcp(TCPHeader.Flags(rawValue: 0x12)))),
        .lost(makeTraceLoss(3, 1)),
        .sendFailed(TraceSendFailure(number: 8, probe: makeProbe(3, 2), at: .zero, errno: 105)),
      ], [.loop(firstSeen: 1), .severalAddresses], isLast: true)
    #expect(
      Self.line(.hop(hop))
        == Self.envelope + #""hop","time":"2026-11-21T10:05:16.897248000Z","# + Self.to
        + #","hop_limit":3,"replies":[{"probe":6,"query":0,"# + Self.flow
        + #","address":"2001:db8:9::1","answer":"tcp","tcp_flags":["syn","ack"],"port_state":"open","#
        + #""reached":true,"rtt_ns":3000000,"rtt_source":"kernel","late":false},"#
        + #"{"probe":7,"query":1,"# + Self.flow + #","lost":true,"waited_ns":500000000},"#
        + #"{"probe":8,"query":2,"# + Self.flow
        + #","send_failed":true,"errno":105,"error":"ENOBUFS","message":"No buffer space available"}],"#
        + #""notes":["loop","several_addresses"],"loop_first_seen":1,"last":true}"#)
  }

  @Test func whatIsConcludedHasTheTimeOfTheLatestEvent() {
    let balancer = TraceBalancer(
      target: 0, node: .router(router(2), zone: 0), hopLimit: 2, hashes: .flowLabel,
      branches: [.router(router(3, 1), zone: 0), .silent(hopLimit: 3)], probes: 44)
    let lines = PrintedTrace(
      TraceJSON(), makeTraceRun(),
      [
        .reply(makeTraceReply(2)),
        .link(
          TraceLink(
            target: 0, from: .origin, to: .router(linkLocal, zone: 2), hopLimit: 1, isArrival: false)),
        .balancer(balancer),
        .mtu(TraceMTU(target: 0, hopLimit: 3, mtu: 1_400, source: .packetTooBig, reporter: router(2))),
      ]
    ).lines
    let time = #","time":"2026-11-21T10:05:16.399248000Z","#
    #expect(
      lines[2] == Self.envelope + #""link""# + time + Self.to
        + #","from":"origin","to":"fe80::1%eth0","hop_limit":1}"#)
    #expect(
      lines[3] == Self.envelope + #""balancer""# + time + Self.to
        + #","address":"2001:db8:2::1","hop_limit":2,"hashes":"flow_label","#
        + #""branches":["2001:db8:3::1","silent:3"],"probes":44}"#)
    #expect(
      lines[4] == Self.envelope + #""mtu""# + time + Self.to
        + #","hop_limit":3,"mtu":1400,"found_by":"packet_too_big","reporter":"2001:db8:2::1"}"#)
  }

  @Test func theCountsOfAnEndAddUp() {
    let end = makeTraceEnd(.unreachable(type: 1, code: 1), hops: 4, replied: 7, from: router(4)) {
      $0.sent = 15
      $0.late = 1
      $0.lost = 2
      $0.sendFailed = 3
      $0.pathMTU = 1_400
    }
    #expect(
      Self.line(.end(end))
        == Self.envelope + #""end","time":"2026-11-21T10:05:16.997248000Z","verb":"trace","# + Self.to
        + #","reached":false,"reason":"unreachable","icmp_type":1,"icmp_code":1,"#
        + #""icmp_name":"communication_with_destination_administratively_prohibited","#
        + #""address":"2001:db8:4::1","hops":4,"path_mtu":1400,"duration_ns":600000000,"attempted":15,"sent":12,"replied":7,"#
        + #""late":1,"lost":2,"in_flight":2,"send_failed":3,"rejected":0}"#)
  }

  @Test func aLateAnswerMovesItsProbeFromLostToLate() {
    let printed = PrintedTrace(
      TraceJSON(), makeTraceRun(),
      [.lost(makeTraceLoss(1)), .lost(makeTraceLoss(2)), .reply(makeTraceReply(3)), .late(makeTraceReply(1))])
    #expect(printed.lines[4].contains(#""late":true"#))
    #expect(
      printed.lines[5].hasSuffix(#""duration_ns":0,"hops":0,"replied":1,"late":1,"lost":1,"send_failed":0}"#))
  }

  @Test func namesComeOnRequestOnlyAndSystemsWhereTheyAreKnown() {
    func line(_ includesNames: Bool) -> String {
      PrintedTrace(
        TraceJSON(includesNames: includesNames), makeTraceRun(), [.hop(makePlainHop(1))],
        names: [router(1): "gw.example"], systems: { _ in "AS64500" }
      ).lines[1]
    }
    #expect(!line(false).contains("gw.example"))
    #expect(line(false).contains(#""address":"2001:db8:1::1","as":"AS64500","#))
    #expect(line(true).contains(#""address":"2001:db8:1::1","name":"gw.example","as":"AS64500","#))
  }

  @Test func roundsEndWithStatisticsOfEachHop() {
    let run = makeTraceRun(mode: .rounds(count: 2, interval: .seconds(1)))
    let lines = PrintedTrace(
      TraceJSON(), run,
      [
        .reply(makeTraceReply(1)), .reply(makeTraceReply(1, 1)), .lost(makeTraceLoss(2)),
        .reply(makeTraceReply(2, 1, from: traced, .unreachable(code: 4))),
        .end(makeTraceEnd(.reached, hops: 2, replied: 3, lost: 1)),
      ]
    ).lines
    #expect(
      lines[5] == Self.envelope + #""statistics","time":"2026-11-21T10:05:16.997248000Z","# + Self.to
        + #","hop_limit":1,"addresses":[{"address":"2001:db8:1::1","answers":2}],"sent":2,"replied":2,"#
        + #""late":0,"lost":0,"send_failed":0,"rtt_ns":{"min":1000000,"mean":1005000,"max":1010000,"#
        + #""mdev":5000,"p50":1000000,"p90":1010000,"p95":1010000,"p99":1010000,"p999":1010000},"#
        + #""jitter_ns":625}"#)
    #expect(
      lines[6].hasSuffix(
        #""hop_limit":2,"addresses":[{"address":"2001:db8:9::1","answers":1}],"reached":true,"sent":2,"#
          + #""replied":1,"late":0,"lost":1,"send_failed":0,"rtt_ns":{"min":2010000,"mean":2010000,"#
          + #""max":2010000,"mdev":0,"p50":2010000,"p90":2010000,"p95":2010000,"p99":2010000,"#
          + #""p999":2010000}}"#))
    #expect(lines[7].hasPrefix(Self.envelope + #""end","#))
  }

  @Test func anEchoProbeHasAnIdentifierAndNoPorts() {
    let line = Self.line(.lost(makeTraceLoss(1)), makeTraceRun(method: .icmp))
    #expect(line.contains(#""query":0,"identifier":54321,"flow_label":0,"#))
  }
}
