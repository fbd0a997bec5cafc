package import ProbeEngine
package import Timing
import Wire

/// What a writer must know of a sampling run. Texts come from people, DNS or the kernel; writers escape them.
package struct SampleRun: Sendable {
  package struct Label: Hashable, Sendable {
    package var name: String
    package var value: String
    package init(name: String, value: String) {
      self.name = name
      self.value = value
    }
  }

  package var configuration: SampleConfiguration
  /// Labels by group.
  package var labels: [[Label]]
  /// As given, for targets that are not simply an address.
  package var names: [Int: String]
  package var interfaceNames: InterfaceNames = [:]
  /// The plan's file; nil: none.
  package var plan: String?
  package var host: String
  package var path: PingRun.Path = .datagram
  package var arrival: PingRun.Arrival = .socket
  package var pathNotes: [String] = []
  package var version: String

  package init(
    configuration: SampleConfiguration, labels: [[Label]], names: [Int: String], host: String, version: String
  ) {
    self.configuration = configuration
    self.labels = labels
    self.names = names
    self.host = host
    self.version = version
  }

  /// The target as given, else its address with its zone.
  package func name(of target: Int) -> String {
    if let name = names[target] { return name }
    let target = configuration.targets[target]
    var text: [UInt8] = []
    text.put(target.address, zone: target.zone, names: interfaceNames)
    return String(decoding: text, as: UTF8.self)
  }
}

/// Turns a sampling run's events into bytes of one file or descriptor. Does no I/O and reads no clock.
///
/// What it appends is always whole records: whoever writes may stop between two calls, and nothing is torn.
package protocol SampleWriter {
  mutating func begin(_ run: SampleRun, at now: Instant, wall: WallClock, into out: inout [UInt8])
  /// A new plan has begun; target and group numbers are now those of `run`.
  mutating func reloaded(_ run: SampleRun, at now: Instant, wall: WallClock, into out: inout [UInt8])
  mutating func write(_ event: SampleEvent, wall: WallClock, into out: inout [UInt8])
  /// The figures so far (SIGQUIT), or at the end.
  mutating func write(_ report: borrowing SampleReport, wall: WallClock, into out: inout [UInt8])
}

/// All figures of a run at one time.
package struct SampleReport: Sendable {
  package var run: SampleRun
  package var summary: SampleSummary
  /// By target.
  package var targets: [SampleFigures]
  /// By group, for sparklines.
  package var timelines: [SampleTimeline]
  package var gates: [GateResult]
  package var isLast: Bool
  /// A signal ended the run early.
  package var isInterrupted: Bool

  package init(
    run: SampleRun, summary: SampleSummary, targets: [SampleFigures], timelines: [SampleTimeline],
    gates: [GateResult], isLast: Bool, isInterrupted: Bool
  ) {
    self.run = run
    self.summary = summary
    self.targets = targets
    self.timelines = timelines
    self.gates = gates
    self.isLast = isLast
    self.isInterrupted = isInterrupted
  }
}
