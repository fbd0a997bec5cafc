import Plan
import ProbeEngine
import Report
import Timing

extension SamplePlan.Output.Format {
  /// What writes it.
  var writer: any SampleWriter {
    switch self {
    case .ndjson: SampleJSON()
    case .csv: SampleCSV()
    case .openmetrics: SampleOpenMetrics()
    case .atlas: SampleAtlas()
    case .junit: SampleJUnit()
    }
  }

  /// The file is of use only once it is complete.
  var isWhole: Bool {
    switch self {
    case .ndjson, .csv, .atlas: false
    case .openmetrics, .junit: true
    }
  }
}

/// The gates of a run and nothing else (`-q`).
struct SampleGateWriter: SampleWriter {
  let options: GateText.Options

  mutating func begin(_ run: SampleRun, at now: Instant, wall: WallClock, into out: inout [UInt8]) {}
  mutating func reloaded(_ run: SampleRun, at now: Instant, wall: WallClock, into out: inout [UInt8]) {}
  mutating func write(_ event: SampleEvent, wall: WallClock, into out: inout [UInt8]) {}

  mutating func write(_ report: borrowing SampleReport, wall: WallClock, into out: inout [UInt8]) {
    for gate in report.gates {
      GateText.put(gate, target: gate.target.map { report.run.name(of: $0) }, options, into: &out)
    }
  }
}
