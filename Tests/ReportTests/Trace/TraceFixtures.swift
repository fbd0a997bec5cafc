import ProbeEngine
import Timing
import Wire

@testable import Report

/// 2001:db8:`hop`::`host`
func router(_ hop: UInt8, _ host: UInt8 = 1) -> IPv6Address {
  IPv6Address(bits: 0x2001_0db8_0000_0000_0000_0000_0000_0000 | UInt128(hop) << 80 | UInt128(host))
}

/// 2001:db8:9::1, the target of the fixtures.
let traced = router(9)

func makeTraceRun(
  _ names: [String] = ["host.example"], method: TraceConfiguration.Method = .udp,
  mode: TraceConfiguration.Mode = .hops, isCaptured: Bool = false
) -> TraceRun {
  let targets = names.enumerated().map { index, name in
    var target = TraceRun.Target(
      name: name, canonicalName: name, address: router(9, UInt8(index + 1)), zone: 0,
      addressText: "2001:db8:9::\(index + 1)", isNumeric: false)
    target.source = "2001:db8:1::100"
    return target
  }
  var run = TraceRun(
    targets: targets, method: method, path: isCaptured ? "raw" : "error_queue",
    arrival: isCaptured ? .pcap : .socket, mode: mode,
    flow: TraceFlow(sourcePort: 54_321, destinationPort: method == .icmp ? 0 : 33_434), packetLength: 80,
    firstHop: 1, maximumHops: 30, queries: 3, version: "1.0")
  run.interface = "eth0"
  run.interfaceNames = [2: "eth0"]
  return run
}

func makeProbe(_ hopLimit: UInt8, _ query: Int = 0, target: Int = 0) -> TraceProbe {
  TraceProbe(
    target: target, hopLimit: hopLimit, query: query,
    flow: TraceFlow(sourcePort: 54_321, destinationPort: 33_434), packetLength: 80)
}

/// An answer to query `query` of hop `hopLimit`; the probe's number is 3 for each hop before.
func makeTraceReply(
  _ hopLimit: UInt8, _ query: Int = 0, from address: IPv6Address? = nil, zone: UInt32 = 0,
  _ answer: TraceAnswer = .timeExceeded(code: 0), microseconds: Int64? = nil, target: Int = 0,
  _ change: (inout TraceReply) -> Void = { _ in }
) -> TraceReply {
  let time = microseconds ?? Int64(hopLimit) * 1_000 + Int64(query) * 10
  var reply = TraceReply(
    number: UInt64(hopLimit) * 3 - 3 + UInt64(query), probe: makeProbe(hopLimit, query, target: target),
    address: address ?? router(hopLimit), zone: zone, interface: 0, answer: answer,
    roundTrip: .microseconds(time), roundTripSource: .kernel, sentAt: .zero,
    receivedAt: .zero + .microseconds(time))
  change(&reply)
  return reply
}

func makeTraceLoss(_ hopLimit: UInt8, _ query: Int = 0, target: Int = 0) -> TraceLoss {
  TraceLoss(
    number: UInt64(hopLimit) * 3 - 3 + UInt64(query), probe: makeProbe(hopLimit, query, target: target),
    sentAt: .zero, at: .zero + .milliseconds(500))
}

func makeHop(
  _ hopLimit: UInt8, _ verdicts: [TraceHop.Verdict], _ notes: [TraceHop.Note] = [], target: Int = 0,
  isLast: Bool = false
) -> TraceHop {
  var hop = TraceHop(target: target, hopLimit: hopLimit, verdicts: verdicts, at: .zero + .milliseconds(500))
  hop.notes = notes
  hop.isLast = isLast
  return hop
}

/// A hop that answers three times.
func makePlainHop(
  _ hopLimit: UInt8, from address: IPv6Address? = nil, _ answer: TraceAnswer = .timeExceeded(code: 0),
  target: Int = 0
) -> TraceHop {
  makeHop(
    hopLimit,
    (0..<3).map { .reply(makeTraceReply(hopLimit, $0, from: address, answer, target: target)) },
    target: target, isLast: answer != .timeExceeded(code: 0))
}

func makeSilentHop(_ hopLimit: UInt8, target: Int = 0) -> TraceHop {
  makeHop(hopLimit, (0..<3).map { .lost(makeTraceLoss(hopLimit, $0, target: target)) }, target: target)
}

func makeTraceEnd(
  _ reason: TraceEnd.Reason, hops: UInt8, replied: UInt64, lost: UInt64 = 0, late: UInt64 = 0,
  target: Int = 0, from address: IPv6Address? = nil, _ change: (inout TraceEnd) -> Void = { _ in }
) -> TraceEnd {
  var end = TraceEnd(
    target: target, reason: reason, hops: hops, startedAt: .zero, at: .zero + .milliseconds(600))
  end.address = address
  end.replied = replied
  end.lost = lost
  end.late = late
  end.sent = replied + lost + late
  change(&end)
  return end
}

/// A whole trace through a writer.
struct PrintedTrace {
  var output = OutputBuffer()

  init(
    _ writer: some TraceWriter, _ run: TraceRun, _ events: [TraceEvent] = [],
    names: [IPv6Address: String] = [:],
    systems: (@Sendable (IPv6Address) -> String?)? = nil, hasSnapshot: Bool = false
  ) {
    var writer = writer
    var known = TraceNames()
    known.systems = systems
    writer.begin(run, at: .zero, wall: wall, into: &output)
    for (index, event) in events.enumerated() {
      // Only what was asked for is known, as in a real run.
      for wanted in writer.namesWanted(by: event) { known.names[wanted] = names[wanted.address] }
      writer.write(event, wall: wall, names: known, into: &output)
      if hasSnapshot, index == events.count / 2 {
        writer.writeSnapshot(at: .zero, wall: wall, names: known, into: &output)
      }
    }
    for wanted in writer.namesWantedAtEnd { known.names[wanted] = names[wanted.address] }
    writer.writeSnapshot(at: .zero, wall: wall, names: known, into: &output)
    writer.end(at: .zero + .seconds(1), wall: wall, names: known, into: &output)
  }

  var standardOutput: String { String(decoding: output.standardOutput, as: UTF8.self) }
  var standardError: String { String(decoding: output.standardError, as: UTF8.self) }
  var lines: [String] {
    standardOutput.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
  }
}
