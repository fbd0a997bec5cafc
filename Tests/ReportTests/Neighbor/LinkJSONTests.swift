import ProbeEngine
import Testing
import Timing
import Wire

@testable import Report

/// Goldens; that the lines are JSON and keep to the schema is judged by `Tests/Oracles/check_json_schema.py`.
@Suite struct LinkJSONTests {
  static let to = #""target":"host.example","destination":"2001:db8:1::b","interface":"eth0","#

  static func line(_ event: LinkEvent, _ act: LinkRun.Act = .resolve, _ names: [String] = ["host.example"])
    -> String
  {
    PrintedLink(LinkJSON(), makeLinkRun(act, names), [event]).lines[1]
  }

  static func envelope(_ event: String, _ time: String = "16.397248") -> String {
    #"{"schema":"probe6/1","event":"\#(event)","time":"2026-11-21T10:05:\#(time)000Z","#
  }

  @Test func eachTargetHasAStart() {
    let lines = PrintedLink(LinkJSON(), makeLinkRun(.resolve, ["host.example", "b"])).lines
    #expect(
      lines[0]
        == Self.envelope("start") + #""verb":"ndisc","act":"resolve","target":"host.example","#
        + #""destination":"2001:db8:1::b","source":"fe80::a%eth0","interface":"eth0","interface_index":2,"#
        + #""link":"02:00:00:00:00:0a","link_mtu":1500,"ipv6_mtu":1500,"up":true,"running":true,"#
        + #""loopback":false,"captured":true,"continuous":false,"version":"1.0"}"#)
    #expect(lines.count == 3)
  }

  @Test func aRunWithoutTargetsBringsSettingsAndAddresses() {
    var run = makeLinkRun(.routers)
    run.view.interface.settings.acceptRA = 2
    let line = PrintedLink(LinkJSON(), run).lines[0]
    #expect(line.hasPrefix(Self.envelope("start") + #""verb":"rdisc","act":"routers","source":"#))
    #expect(
      line.hasSuffix(
        #""settings":{"accept_ra":2},"addresses":[{"address":"fe80::a%eth0","prefix_length":64,"#
          + #""flags":["permanent"],"flags_bits":128,"protocol":0}],"captured":true,"continuous":false,"#
          + #""version":"1.0"}"#))
  }

  @Test func anAnswerHasRoundTripAndTheWholeMessage() {
    #expect(
      Self.line(.advertisement(makeAnswer(makeHeard(makeAdvertisement()))))
        == Self.envelope("advertisement", "16.398248") + Self.to
        + #""standing":"answer","attempt":1,"rtt_ns":213000,"rtt_source":"capture","host_tx_ns":20000,"#
        + #""host_rx_ns":11000,"message":{"time":"2026-11-21T10:05:16.398248000Z","read_after_ns":11000,"#
        + #""type":136,"name":"neighbor_advertisement","code":0,"source":"2001:db8:1::b","#
        + #""destination":"fe80::a","hop_limit":255,"fragmented":false,"checksum_valid":true,"#
        + #""link_source":"02:00:00:00:00:0b","link_destination":"02:00:00:00:00:0a","outgoing":false,"#
        + #""discarded":false,"broken":[],"target":"2001:db8:1::b","flags":["solicited","override"],"#
        + #""flags_octet":96,"options":[{"type":2,"name":"target_link_layer_address","offset":24,"length":8,"#
        + #""link":"02:00:00:00:00:0b"}],"octets":"88000000600000"#
        + #"0020010db800010000000000000000000b020102000000000b"}}"#)
  }

  @Test func aBrokenRuleHasItsTextSectionAndOffset() {
    let message = makeHeard(
      makeRouterAdvertisement([makePrefix(length: 200), [5, 0, 1]]), from: linkLocal)
    let line = Self.line(.heard(message), .watch, [])
    #expect(
      line.contains(
        #""discarded":true,"broken":[{"rule":"prefix_length","offset":16,"#
          + #""text":"a prefix is at most 128 bits long","section":"RFC 4861 §4.6.2","#
          + #""consequence":"option_ignored"},{"rule":"option_length","offset":48,"#))
    #expect(
      line.contains(
        #""options":[{"type":3,"name":"prefix_information","offset":16,"length":32,"#
          + #""broken":"prefix_length","prefix":"2001:db8:1::","prefix_length":200,"#
          + #""flags":["on_link","autonomous"],"flags_octet":192,"valid_lifetime_ns":86400000000000,"#
          + #""preferred_lifetime_ns":14400000000000}],"unreadable_from":48,"octets":"8600"#))
  }

  @Test func aSummaryHasVerdictStationsAndTheKernelsEntry() {
    var entry = makeEntry(.stale, mac(0xff))
    (entry.isRouter, entry.confirmedAge) = (true, nil)
    let summary = makeNeighborSummary(.differs, claims: [makeClaim()], kernel: entry)
    #expect(
      Self.line(.summary(.neighbor(summary)))
        == Self.envelope("summary", "17.397248") + #""verb":"ndisc","act":"resolve","# + Self.to
        + #""duration_ns":1000000000,"verdict":"differs","claims":[{"link":"02:00:00:00:00:0b","#
        + #""option_link":"02:00:00:00:00:0b","frame_link":"02:00:00:00:00:0b","source":"2001:db8:1::b","#
        + #""flags":["solicited","override"],"flags_octet":96,"answers":1,"rtt_ns":213000}],"#
        + #""kernel":{"address":"2001:db8:1::b","link":"02:00:00:00:00:ff","state":["STALE"],"router":true,"#
        + #""proxy":false,"externally_learned":false,"used_age_ns":3200000000,"#
        + #""updated_age_ns":600000000000,"probes":0},"attempted":1,"answered":1,"unanswered":0,"#
        + #""send_failed":0,"discarded":0,"looped_back":0,"further_answers":0}"#)
  }

  @Test func verdictsAreTheRawValues() {
    for verdict in NeighborVerdict.allCases {
      let line = Self.line(.summary(.neighbor(makeNeighborSummary(verdict))))
      #expect(line.contains(#""verdict":"\#(verdict.rawValue)""#))
    }
  }

  @Test func aRouterHasItsPartsAndObstacles() {
    var part = AcceptedPart(.prefix(onLink(0), length: 64))
    part.obstacles = [.lifetimeTooShort(minimum: 180)]
    var row = makeRouterRow(
      1, makeHeard(makeRouterAdvertisement(), from: linkLocal, to: allNodes), parts: [part])
    row.at = row.advertisement.arrival.stamp + .seconds(2)
    let line = Self.line(.router(row), .routers, [])
    #expect(
      line.hasPrefix(
        Self.envelope("router", "18.398248")
          + #""interface":"eth0","address":"fe80::1%eth0","frame_link":"02:00:00:00:00:0b","#
          + #""advertisements":1,"rtt_ns":104112000,"age_ns":2000000000,"message":{"#))
    #expect(
      line.hasSuffix(
        #""parts":[{"part":"prefix","prefix":"2001:db8:1::","prefix_length":64,"accepted":false,"#
          + #""obstacles":[{"name":"lifetime_too_short","minimum":180,"#
          + #""text":"the lifetime is below net.ipv6.conf.eth0.accept_ra_min_lft = 180"}],"addresses":[]}]}"#)
    )
  }

  @Test func aFindingHasItsValuesAndItsSentence() {
    var finding = Finding(.changed, .problem, at: .zero)
    (finding.address, finding.field) = (linkLocal, .preference)
    (finding.expected, finding.found) = (.preference(.medium), .preference(.high))
    #expect(
      Self.line(.finding(finding), .baseline, [])
        == Self.envelope("finding")
        + #""interface":"eth0","kind":"changed","severity":"problem","address":"fe80::1%eth0","#
        + #""field":"preference","expected":"medium","found":"high","#
        + #""text":"the preference of router fe80::1 is high, in the baseline medium"}"#)
  }

  @Test func kernelChangesSayWhatKindTheyAre() {
    #expect(
      Self.line(.kernel(.address(EveryLinkEvent.address(flags: 0x48), isGone: true), at: .zero), .watch, [])
        == Self.envelope("kernel") + #""interface":"eth0","kind":"address","gone":true,"#
        + #""address":"fe80::a%eth0","prefix_length":64,"flags":["dadfailed","tentative"],"flags_bits":72,"#
        + #""valid_lifetime_ns":"infinity","preferred_lifetime_ns":100000000000,"protocol":2}"#)
    #expect(Self.line(.kernel(.lost, at: .zero), .watch, []) == Self.envelope("kernel") + #""kind":"lost"}"#)
  }
}
