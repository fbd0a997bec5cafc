import ProbeEngine
import Timing
import Wire

@testable import Report

/// 2026-11-21T10:05:16.397248Z at monotonic zero.
let wall = WallClock(offset: 1_795_255_516_397_248_000)

let loopback = IPv6Address.loopback
/// 2001:db8::2
let peer = IPv6Address(bits: 0x2001_0db8_0000_0000_0000_0000_0000_0002)
/// 2001:db8::3
let other = IPv6Address(bits: 0x2001_0db8_0000_0000_0000_0000_0000_0003)
/// fe80::1
let linkLocal = IPv6Address(bits: 0xfe80_0000_0000_0000_0000_0000_0000_0001)

func makeRun(
  _ name: String, address: String? = nil, isNumeric: Bool = true, payload: Int = 56,
  path: PingRun.Path = .datagram
) -> PingRun {
  var run = PingRun(
    targets: [
      PingRun.Target(name: name, canonicalName: name, address: address ?? name, isNumeric: isNumeric)
    ], source: nil, interface: nil, payloadLength: payload, identifier: 14282, flowLabel: nil, path: path,
    arrival: path == .datagram ? .socket : .pcap, version: "1.0")
  run.interfaceNames = [2: "eth0"]
  return run
}

func makeReply(
  _ sequence: UInt64, from source: IPv6Address = loopback, zone: UInt32 = 0, microseconds: Int64? = 30,
  octets: Int = 64, at milliseconds: Int64 = 0
) -> PingReply {
  PingReply(
    target: 0, sequence: sequence, source: source, sourceZone: zone, destination: nil, interface: 0,
    octets: octets, identifier: 14282, hopLimit: 64, trafficClass: nil,
    roundTrip: microseconds.map { .microseconds($0) }, roundTripSource: .kernel, hostTransmit: nil,
    hostReceive: nil, sentAt: .zero, receivedAt: .zero + .milliseconds(milliseconds))
}

func makeError(
  _ sequence: UInt64, type: UInt8, code: UInt8, info: UInt32 = 0, from source: IPv6Address = other
) -> PingError {
  PingError(
    target: 0, sequence: sequence, source: source, sourceZone: 0, type: type, code: code, info: info,
    hopLimit: 63, interface: 2, roundTrip: .microseconds(812), roundTripSource: .kernel, sentAt: .zero,
    receivedAt: .zero + .milliseconds(1), isExtra: false)
}

func makeLost(_ sequence: UInt64, after milliseconds: Int64 = 1_000) -> LostProbe {
  LostProbe(target: 0, sequence: sequence, sentAt: .zero, at: .zero + .milliseconds(milliseconds))
}

func makeTimes(_ minimum: Int64, _ mean: Int64, _ maximum: Int64, _ mdev: Int64, count: UInt64 = 2)
  -> RoundTripSummary
{
  RoundTripSummary(
    count: count, minimum: .microseconds(minimum), mean: .microseconds(mean), maximum: .microseconds(maximum),
    mdev: .microseconds(mdev), p50: .microseconds(mean), p90: .microseconds(maximum),
    p95: .microseconds(maximum), p99: .microseconds(maximum), p999: .microseconds(maximum))
}

/// `sent` probes over `milliseconds`, of which `replied` were answered and the rest lost.
func makeSummary(sent: UInt64, replied: UInt64, over milliseconds: Int64, times: RoundTripSummary? = nil)
  -> PingSummary
{
  var summary = PingSummary()
  summary.attempted = sent
  summary.replied = replied
  summary.lost = sent - replied
  summary.roundTrip = times
  summary.roundTripSources = [replied, 0, 0]
  summary.firstSentAt = .zero
  summary.lastSentAt = .zero + .milliseconds(milliseconds)
  summary.endedAt = .zero + .milliseconds(milliseconds + 1)
  return summary
}

/// A whole run through a writer.
struct Printed {
  var output = OutputBuffer()

  init(
    _ writer: some PingWriter, _ run: PingRun, _ events: [PingEvent] = [], names: [IPv6Address: String] = [:],
    snapshots: [[PingSummary]] = [], summaries: [PingSummary] = []
  ) {
    var writer = writer
    writer.begin(run, at: .zero, wall: wall, into: &output)
    for event in events {
      let name = writer.nameWanted(by: event).flatMap { names[$0.address] }
      writer.write(event, wall: wall, name: name, into: &output)
    }
    for snapshot in snapshots { writer.writeSnapshot(snapshot, at: .zero, wall: wall, into: &output) }
    if !summaries.isEmpty { writer.end(summaries, at: .zero, wall: wall, into: &output) }
  }

  var standardOutput: String { String(decoding: output.standardOutput, as: UTF8.self) }
  var standardError: String { String(decoding: output.standardError, as: UTF8.self) }
  var lines: [String] {
    standardOutput.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
  }
}

func text(_ body: (inout [UInt8]) -> Void) -> String {
  var octets: [UInt8] = []
  body(&octets)
  return String(decoding: octets, as: UTF8.self)
}
