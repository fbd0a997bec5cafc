import ProbeEngine
import Report
import Simulator
import Testing
import Timing
import Wire

/// The files of `Scenarios`, by name.
private let scenarios = [
  "classic-diamond", "datagram", "diamond", "echo", "extensions", "gap", "host-refuses", "hostile",
  "interrupted", "late", "limited", "loop", "mtu", "mtu-black-hole", "parameter-problem", "paths-label",
  "paths-ports", "per-packet", "plain", "refused", "rewritten", "rounds", "rounds-stopped", "short-quotes",
  "silent",
  "slow-hop", "targets", "tcp-closed", "tcp-dropped", "tcp-open", "too-big", "translated",
]
/// Of these also the JSON lines.
private let printedAsJSON: Set = [
  "extensions", "hostile", "late", "mtu", "paths-label", "plain", "rewritten", "targets", "tcp-open",
  "translated",
]

/// A scenario that has been run.
struct TraceScenarioRun {
  var scenario: TraceScenario
  var events: [TraceEvent] = []
  var end: Instant
  var path: VirtualPath
  var sent: Int

  init(_ name: String) throws {
    try self.init(parsing: GoldenFiles.read(path: "Scenarios/\(name).hops"))
  }

  init(parsing text: String, _ change: (inout TraceConfiguration) -> Void = { _ in }) throws {
    scenario = try TraceScenario(parsing: text)
    change(&scenario.configuration)
    var simulation = TraceSimulation(scenario.configuration, over: scenario.path)
    simulation.stopAt = scenario.stopAt
    var events: [TraceEvent] = []
    end = simulation.run { events.append($0) }
    #expect(!simulation.hasStalled)
    self.events = events
    path = simulation.path
    sent = simulation.sent
  }

  /// What a writer makes of it.
  func text(_ writer: some TraceWriter) -> String {
    let configuration = scenario.configuration
    var run = TraceRun(
      targets: configuration.targets.map {
        let text = $0.address.description
        var target = TraceRun.Target(
          name: text, canonicalName: text, address: $0.address, zone: 0, addressText: text, isNumeric: true)
        target.source = TraceScenario.source.description
        return target
      },
      method: configuration.method, path: "raw", arrival: .pcap, mode: configuration.mode,
      flow: configuration.flow, packetLength: configuration.packetLength, firstHop: configuration.firstHop,
      maximumHops: configuration.maximumHops, queries: configuration.queries, version: "test")
    run.trafficClass = configuration.trafficClass
    var writer = writer
    var out = OutputBuffer()
    let wall = WallClock(offset: 1_767_225_600_000_000_000)
    writer.begin(run, at: .zero, wall: wall, into: &out)
    for event in events { writer.write(event, wall: wall, names: TraceNames(), into: &out) }
    writer.end(at: end, wall: wall, names: TraceNames(), into: &out)
    let errors = String(decoding: out.standardError, as: UTF8.self)
    return String(decoding: out.standardOutput, as: UTF8.self)
      + (errors.isEmpty ? "" : "standard error:\n" + errors)
  }

  var hops: [TraceHop] { events.compactMap { if case .hop(let hop) = $0 { hop } else { nil } } }
  var replies: [TraceReply] {
    events.compactMap { event in
      switch event {
      case .reply(let reply), .late(let reply): reply
      default: nil
      }
    }
  }
  var ends: [TraceEnd] { events.compactMap { if case .end(let end) = $0 { end } else { nil } } }
}

@Suite struct TraceScenarioTests {
  @Test(arguments: scenarios)
  func `a scenario prints what it always printed`(_ name: String) throws {
    let run = try TraceScenarioRun(name)
    var options = TraceTextOptions()
    options.isNumeric = true
    var texts = [("text", run.text(TraceText(options: options)))]
    if printedAsJSON.contains(name) { texts.append(("json", run.text(TraceJSON()))) }
    for (kind, text) in texts {
      if GoldenFiles.isWriting { GoldenFiles.write(text, "trace/\(name).\(kind)") }
      #expect(text == GoldenFiles.read("trace/\(name).\(kind)"), "\(name) \(kind)")
    }
  }

  @Test func `each scenario file is run`() {
    #expect(GoldenFiles.names(in: "Scenarios", ending: ".hops") == scenarios)
  }
}
