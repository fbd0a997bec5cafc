import ProbeEngine
import Testing
import Timing
import Wire

@testable import Report

/// Goldens; that the lines are JSON and keep to the schema is judged by `Tests/Oracles/check_json_schema.py`.
@Suite struct PingJSONTests {
  static let run = makeRun("host.example", address: "2001:db8::2", isNumeric: false)
  static let envelope = #"{"schema":"probe6/1","event":"#
  static let to = #""target":"host.example","destination":"2001:db8::2""#

  static func line(_ event: PingEvent) -> String { Printed(PingJSON(), run, [event]).lines[1] }

  @Test func theStartSaysWhatIsKnownAndNothingElse() {
    #expect(
      Printed(PingJSON(), Self.run).lines == [
        Self.envelope + #""start","time":"2026-11-21T10:05:16.397248000Z","verb":"ping","# + Self.to
          + #","payload_bytes":56,"identifier":14282,"path":"datagram","arrival":"socket","version":"1.0"}"#,
        "",
      ])
  }

  @Test func aReplyHasItsTimeSourceAndParts() {
    var reply = makeReply(65_537, from: linkLocal, zone: 2, at: 1_000)
    reply.interface = 2
    reply.hostTransmit = Nanoseconds(20_113)
    reply.hostReceive = Nanoseconds(11_002)
    #expect(
      Self.line(.reply(reply))
        == Self.envelope + #""reply","time":"2026-11-21T10:05:17.397248000Z","# + Self.to
        + #","source":"fe80::1%eth0","interface":"eth0","seq":65537,"bytes":64,"hop_limit":64,"#
        + #""rtt_ns":30000,"rtt_source":"kernel","host_tx_ns":20113,"host_rx_ns":11002}"#)
  }

  @Test func errorsFailuresAndLossesHaveTheirReasons() {
    let time = #","time":"2026-11-21T10:05:16.397248000Z","#
    #expect(
      Self.line(.icmpError(makeError(5, type: 2, code: 0, info: 1280)))
        == Self.envelope + #""icmp_error","time":"2026-11-21T10:05:16.398248000Z","# + Self.to
        + #","interface":"eth0","seq":5,"type":2,"code":0,"name":"packet_too_big","from":"2001:db8::3","#
        + #""mtu":1280,"hop_limit":63,"rtt_ns":812000,"rtt_source":"kernel"}"#)
    #expect(
      Self.line(.sendFailed(SendFailure(target: 0, sequence: 6, at: .zero, errno: 90, mtu: 1500)))
        == Self.envelope + #""send_failed""# + time + Self.to
        + #","seq":6,"errno":90,"error":"EMSGSIZE","message":"Message too long","mtu":1500}"#)
    #expect(
      Self.line(.lost(LostProbe(target: 0, sequence: 7, sentAt: Instant(nanoseconds: -5), at: .zero)))
        == Self.envelope + #""lost""# + time + Self.to + #","seq":7,"waited_ns":5}"#)
    #expect(
      Self.line(.rejected(Rejection(reason: .nonce, source: other, sourceZone: 0, type: 129, at: .zero)))
        == Self.envelope + #""rejected""# + time + #""reason":"nonce","source":"2001:db8::3","type":129}"#)
  }

  @Test func aSummaryComesWithoutAnyReply() {
    let printed = Printed(PingJSON(), Self.run, summaries: [makeSummary(sent: 2, replied: 0, over: 1_000)])
    #expect(
      printed.lines[1]
        == Self.envelope + #""summary","time":"2026-11-21T10:05:16.397248000Z","verb":"ping","# + Self.to
        + #","duration_ns":1001000000,"attempted":2,"sent":2,"replied":0,"corrupted":0,"late":0,"#
        + #""icmp_errors":0,"lost":2,"send_failed":0,"in_flight":0,"duplicates":0,"reordered":0,"#
        + #""reordering_extent":0,"extra_icmp_errors":0,"rejected":0,"rejected_by_reason":{},"#
        + #""loss_bursts":0,"longest_loss_burst":0}"#)
  }

  @Test func theHistogramComesOnRequestOnly() {
    var summary = makeSummary(sent: 1, replied: 1, over: 0, times: makeTimes(30, 30, 30, 0))
    summary.histogram = [HistogramBucket(lower: 29_696, upper: 30_720, count: 1)]
    let plain = Printed(PingJSON(), Self.run, summaries: [summary])
    #expect(!plain.standardOutput.contains("histogram"))
    let full = Printed(PingJSON(includesHistogram: true), Self.run, summaries: [summary])
    #expect(full.lines[1].hasSuffix(#","histogram":[[29696,30720,1]]}"#))
  }

  @Test func aSnapshotIsAnEventOfItsOwn() {
    let printed = Printed(PingJSON(), Self.run, snapshots: [[makeSummary(sent: 1, replied: 1, over: 0)]])
    #expect(printed.lines[1].hasPrefix(Self.envelope + #""snapshot","#))
  }
}
