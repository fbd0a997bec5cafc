import ProbeEngine
import Testing
import Timing
import Wire

@testable import Report

@Suite struct PingCSVTests {
  static let run = makeRun("host.example", address: "2001:db8::2", isNumeric: false)

  /// The fields of the records by the header's names; fields here hold no commas.
  static func records(_ printed: Printed) -> [[String: String]] {
    let lines = printed.lines.dropLast().map { line in
      line.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
    }
    return lines.dropFirst().map { fields in
      #expect(fields.count == lines[0].count)
      return Dictionary(zip(lines[0], fields).filter { !$0.1.isEmpty }, uniquingKeysWith: { $1 })
    }
  }

  @Test func fieldsStandUnderTheirNames() {
    let printed = Printed(
      PingCSV(), Self.run,
      [
        .reply(makeReply(1, from: peer)),
        .sendFailed(SendFailure(target: 0, sequence: 2, at: .zero, errno: 90, mtu: 1500)),
        .icmpError(makeError(3, type: 1, code: 4)), .gap(Gap(at: .zero, length: .seconds(1), skipped: 2)),
      ], summaries: [makeSummary(sent: 3, replied: 1, over: 0, times: makeTimes(30, 31, 32, 1))])
    let records = Self.records(printed)
    let time = "2026-11-21T10:05:16.397248000Z"
    let target = ["time": time, "target": "host.example", "destination": "2001:db8::2"]
    func expected(_ more: [String: String]) -> [String: String] { target.merging(more) { $1 } }
    #expect(records[0] == expected(["event": "start", "bytes": "56"]))
    #expect(
      records[1]
        == expected([
          "event": "reply", "source": "2001:db8::2", "seq": "1", "bytes": "64", "hop_limit": "64",
          "rtt_ns": "30000", "rtt_source": "kernel",
        ]))
    #expect(
      records[2]
        == expected(["event": "send_failed", "seq": "2", "errno": "90", "error": "EMSGSIZE", "mtu": "1500"]))
    #expect(
      records[3]
        == expected([
          "time": "2026-11-21T10:05:16.398248000Z", "event": "icmp_error", "source": "2001:db8::3",
          "interface": "eth0", "seq": "3", "hop_limit": "63", "rtt_ns": "812000", "rtt_source": "kernel",
          "type": "1", "code": "4", "name": "port_unreachable",
        ]))
    #expect(records[4] == ["time": time, "event": "gap", "length_ns": "1000000000", "skipped": "2"])
    #expect(records[5]["attempted"] == "3")
    #expect(records[5]["lost"] == "2")
    #expect(records[5]["rtt_mean_ns"] == "31000")
  }

  @Test func aNameThatASpreadsheetWouldRunIsDisarmed() {
    let printed = Printed(PingCSV(), makeRun("=1+1", address: "2001:db8::2"))
    #expect(printed.lines[1].contains(#",start,"'=1+1",2001:db8::2,"#))
  }

  @Test func theHeaderIsAPromise() {
    #expect(
      Printed(PingCSV(), Self.run).lines[0]
        == "time,event,target,destination,source,interface,seq,bytes,hop_limit,rtt_ns,rtt_source,host_tx_ns,"
        + "host_rx_ns,type,code,name,mtu,pointer,errno,error,reason,offset,waited_ns,schedule_error_ns,"
        + "length_ns,skipped,attempted,sent,replied,corrupted,late,icmp_errors,lost,send_failed,in_flight,"
        + "duplicates,reordered,rejected,rtt_min_ns,rtt_mean_ns,rtt_max_ns,rtt_mdev_ns,rtt_p50_ns,"
        + "rtt_p90_ns,rtt_p95_ns,rtt_p99_ns,rtt_p999_ns,jitter_ns,schedule_error_p50_ns,"
        + "schedule_error_p99_ns,schedule_error_max_ns,answer")
  }
}
