import ProbeEngine
import Report
import Simulator
import Testing
import Timing
import Wire

/// A sampling scenario that has been run: what was told, in order, and the figures at its end.
struct SampleScenarioRun {
  enum Step {
    case event(SampleEvent, at: Instant)
    case snapshot(SampleSimulation.State, at: Instant)
    case reloaded(SampleConfiguration, at: Instant)
  }

  let scenario: SampleScenario
  /// After the run: what the network and the loop have counted.
  let simulation: SampleSimulation
  private(set) var steps: [Step] = []
  let state: SampleSimulation.State
  let end: Instant

  init(_ name: String, _ change: (inout SampleSimulation) -> Void = { _ in }) throws {
    try self.init(parsing: GoldenFiles.read(path: "Scenarios/\(name).sample"), change)
  }

  init(parsing text: String, _ change: (inout SampleSimulation) -> Void = { _ in }) throws {
    scenario = try SampleScenario(parsing: text)
    var simulation = scenario.simulation
    change(&simulation)
    var steps: [Step] = []
    (state, end) = simulation.run { happening, now in
      switch happening {
      case .event(let event): steps.append(.event(event, at: now))
      case .snapshot(let state): steps.append(.snapshot(state, at: now))
      case .reloaded(let configuration): steps.append(.reloaded(configuration, at: now))
      }
    }
    self.steps = steps
    self.simulation = simulation
    #expect(!simulation.hasStalled)
  }

  var events: [SampleEvent] {
    steps.compactMap { if case .event(let event, _) = $0 { event } else { nil } }
  }
  var records: [SampleRecord] {
    events.compactMap { if case .record(let record) = $0 { record } else { nil } }
  }
  var duplicates: [SampleRecord] {
    events.compactMap { if case .duplicate(let record) = $0 { record } else { nil } }
  }
  var changes: [SampleChange] {
    events.compactMap { if case .change(let change) = $0 { change } else { nil } }
  }
  var orders: [SampleOrder] {
    events.compactMap { if case .order(let order) = $0 { order } else { nil } }
  }
  var findings: [(order: SampleOrder, finding: SampleFinding)] {
    events.compactMap { if case .finding(let order, let finding) = $0 { (order, finding) } else { nil } }
  }
  var gaps: [(group: Int, gap: Gap)] {
    events.compactMap { if case .gap(let group, let gap) = $0 { (group, gap) } else { nil } }
  }
  var rejections: [Rejection] {
    events.compactMap { if case .rejected(let rejection) = $0 { rejection } else { nil } }
  }
  var wasReloaded: Bool { steps.contains { if case .reloaded = $0 { true } else { false } } }

  /// Outcomes of a target's probes in the order in which they left; warm-up aside.
  func outcomes(_ target: Int) -> [SampleOutcome] {
    records.filter { $0.target == target && !$0.isWarmup }.sorted { $0.number < $1.number }.map(\.outcome)
  }

  func isOrder(_ group: Int) -> Bool { simulation.configuration.groups[group].probe.isOrder }

  func figures(_ target: Int) -> SampleFigures { state.targets[target] }

  // MARK: As the tool writes it

  private static let wall = WallClock(offset: 1_767_225_600_000_000_000)

  private func run(_ plan: SampleScenario.Plan, _ configuration: SampleConfiguration) -> SampleRun {
    SampleRun(
      configuration: configuration, labels: plan.groups.map { _ in [] }, names: plan.names,
      host: "sampler.example", version: "test")
  }

  private func report(
    _ state: SampleSimulation.State, _ run: SampleRun, isLast: Bool
  ) -> SampleReport {
    SampleReport(
      run: run, summary: state.summary, targets: state.targets,
      timelines: run.configuration.groups.map { _ in SampleTimeline() }, gates: [], isLast: isLast,
      isInterrupted: false)
  }

  /// What a writer makes of it.
  func text(_ writer: some SampleWriter) -> String {
    var writer = writer
    var out: [UInt8] = []
    let wall = Self.wall
    var current = run(scenario.plans[0], scenario.simulation.configuration)
    var reloads = 0
    writer.begin(current, at: .zero, wall: wall, into: &out)
    for step in steps {
      switch step {
      case .event(let event, _): writer.write(event, wall: wall, into: &out)
      case .snapshot(let state, _):
        writer.write(report(state, current, isLast: false), wall: wall, into: &out)
      case .reloaded(let configuration, let at):
        reloads += 1
        current = run(scenario.plan(ofReload: reloads) ?? scenario.plans[0], configuration)
        writer.reloaded(current, at: at, wall: wall, into: &out)
      }
    }
    writer.write(report(state, current, isLast: true), wall: wall, into: &out)
    return String(decoding: out, as: UTF8.self)
  }
}
