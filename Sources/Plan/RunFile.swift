package import ProbeEngine

/// An earlier run as its NDJSON file tells it: the summary, or the records where the run ended without one.
package struct RunFile: Sendable {
  /// A group or one of its targets.
  package struct Series: Sendable {
    package var group: String
    /// nil: the whole group.
    package var target: String?
    package var figures: SampleFigures
    /// Round trips of consecutive stretches of the run, for resampling that keeps what is near together; empty
    /// where the file has no records.
    package var blocks: [Block]

    package init(group: String, target: String?, figures: SampleFigures, blocks: [Block]) {
      self.group = group
      self.target = target
      self.figures = figures
      self.blocks = blocks
    }
  }

  /// What came of the probes of one stretch.
  package struct Block: Sendable {
    package var roundTrips: [Int64]
    package var resolved: UInt64
    package var failed: UInt64

    package init(roundTrips: [Int64], resolved: UInt64, failed: UInt64) {
      self.roundTrips = roundTrips
      self.resolved = resolved
      self.failed = failed
    }
  }

  package var series: [Series] = []
  package var scheduler = SchedulerFigures()
  /// The run's end was not written.
  package var isCut = false
  /// Lines that could not be read, by number.
  package var badLines: [Int] = []

  package init() {}

  /// Reads an NDJSON file that `probe6 sample` or `probe6 merge` has written.
  package static func read(_ octets: [UInt8]) throws(PlanProblems) -> RunFile { RunFile() }
}
