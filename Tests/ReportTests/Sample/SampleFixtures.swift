import ProbeEngine
import Statistics
import Timing
import Wire

@testable import Report

/// Group 0 `nodes` asks 2001:db8::2, host.example (2001:db8::3) and fe80::1%eth0 by echo; group 1 `api` asks
/// 2001:db8::2 by TCP.
func makeSampleRun() -> SampleRun {
  var nodes = SampleGroup(name: "nodes", probe: .echo)
  nodes.interval = .milliseconds(100)
  let api = SampleGroup(name: "api", probe: .tcp(acceptsReset: false))
  var configuration = SampleConfiguration(
    groups: [nodes, api],
    targets: [
      SampleTarget(peer), SampleTarget(other), SampleTarget(linkLocal, zone: 2),
      SampleTarget(peer, group: 1, port: 443),
    ])
  configuration.duration = .seconds(300)
  configuration.identifier = 7
  configuration.seed = 5
  var run = SampleRun(
    configuration: configuration, labels: [[SampleRun.Label(name: "cluster", value: "prod-a")], []],
    names: [1: "host.example", 3: "[2001:db8::2]:443"], host: "tester", version: "1.0")
  run.interfaceNames = [2: "eth0"]
  run.plan = "plan.yaml"
  return run
}

/// Probe `sequence` of a target of `makeSampleRun`, scheduled `sequence` × 100 ms after the start.
func makeRecord(
  _ sequence: UInt64, _ outcome: SampleOutcome = .ok, target: Int = 0, microseconds: Int64? = nil,
  _ change: (inout SampleRecord) -> Void = { _ in }
) -> SampleRecord {
  let scheduled = Instant.zero + .milliseconds(Int64(sequence) * 100)
  let addresses = [peer, other, linkLocal, peer]
  var record = SampleRecord(
    number: sequence * 4 + UInt64(target), target: target, group: target == 3 ? 1 : 0,
    address: addresses.indices.contains(target) ? addresses[target] : peer, sequence: sequence,
    outcome: outcome, scheduledAt: scheduled, sentAt: scheduled + .microseconds(2),
    at: scheduled + .microseconds(microseconds ?? 2_000_000))
  record.octets = 64
  if let microseconds {
    record.answer = outcome == .icmpError ? .icmpError : target == 3 ? .open : .echoReply
    record.roundTrip = .microseconds(microseconds)
    record.roundTripSource = .kernel
    record.receivedAt = record.at
    record.hopLimit = 64
  }
  change(&record)
  return record
}

/// Figures of a target that has answered with these round trips, and lost so many.
func makeFigures(microseconds: [Int64], lost: UInt64 = 0) -> SampleFigures {
  var figures = SampleFigures()
  figures.ok = UInt64(microseconds.count)
  figures.lost = lost
  figures.attempted = figures.ok + lost
  for time in microseconds { figures.histogram.record(time * 1_000) }
  if !microseconds.isEmpty {
    figures.mean = .microseconds(microseconds.reduce(0, +) / Int64(microseconds.count))
    figures.deviation = .zero
  }
  return figures
}

func makeHistogram(_ nanoseconds: [Int64]) -> Histogram {
  var histogram = Histogram()
  for value in nanoseconds { histogram.record(value) }
  return histogram
}

/// A report on `run` after a minute; `targets` in their order, groups as given.
func makeSampleReport(
  _ run: SampleRun, targets: [SampleFigures], groups: [SampleFigures], gates: [GateResult] = [],
  isLast: Bool = true, _ change: (inout SampleSummary) -> Void = { _ in }
) -> SampleReport {
  var summary = SampleSummary(startedAt: .zero, at: .zero + .seconds(60))
  summary.groups = groups
  change(&summary)
  return SampleReport(
    run: run, summary: summary, targets: targets, timelines: [], gates: gates, isLast: isLast,
    isInterrupted: false)
}

func makeGate(
  _ text: String, _ scope: Gate.Scope = .group("nodes"), _ metric: Gate.Metric = .percentile(99),
  limit: Gate.Value = .time(.milliseconds(2)), measured: Gate.Value?, held: Bool, target: Int? = nil
) -> GateResult {
  GateResult(
    gate: Gate(scope: scope, metric: metric, comparison: .less, limit: limit, text: text),
    measured: measured, held: held, target: target)
}

/// A whole sampling run through a writer.
struct PrintedSample {
  var octets: [UInt8] = []

  init(
    _ writer: some SampleWriter, _ run: SampleRun, _ events: [SampleEvent] = [],
    reports: [SampleReport] = [], reloadsAfterEvents: Bool = false
  ) {
    var writer = writer
    writer.begin(run, at: .zero, wall: wall, into: &octets)
    for event in events { writer.write(event, wall: wall, into: &octets) }
    if reloadsAfterEvents { writer.reloaded(run, at: .zero + .seconds(1), wall: wall, into: &octets) }
    for report in reports { writer.write(report, wall: wall, into: &octets) }
  }

  var text: String { String(decoding: octets, as: UTF8.self) }
  var lines: [String] { text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init) }
}
