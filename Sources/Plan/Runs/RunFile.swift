package import ProbeEngine
package import Statistics

/// An earlier run as its NDJSON file tells it: its last figures, or what its records add up to where it ended without.
package struct RunFile: Sendable {
  /// A group or one of its targets.
  package struct Series: Sendable {
    package var group: String
    /// nil: the whole group.
    package var target: String?
    package var figures: SampleFigures
    /// Groups: what came of consecutive stretches of the run, for drawing it anew; empty where the file has no
    /// records.
    package var blocks: [BlockSample.Block]
    /// As written for this series; nil where the file says nothing of it.
    package var destination: String?
    package var probe: String?
    package var labels: [SamplePlan.Label] = []
    /// Groups: targets in it.
    package var targets = 0
    /// Groups: distributions that only they have.
    package var hostTransmit: Histogram?
    package var hostReceive: Histogram?
    package var delayVariation: Histogram?
    package var fromSchedule: Histogram?

    package init(group: String, target: String?, figures: SampleFigures, blocks: [BlockSample.Block] = []) {
      self.group = group
      self.target = target
      self.figures = figures
      self.blocks = blocks
    }
  }

  /// Groups, each behind its targets, in the order of the file.
  package var series: [Series] = []
  package var scheduler = SchedulerFigures()
  package var rejected: UInt64 = 0
  package var stray: UInt64 = 0
  /// From first to last moment, nanoseconds, where the file says.
  package var duration: Int64?
  /// The run's end was not written: figures are those of a snapshot or of the records, with what they do not tell
  /// left at zero.
  package var isCut = false
  /// Lines that could not be read, by number; the first hundred.
  package var badLines: [Int] = []
  package var badLineCount = 0

  package init() {}

  /// Reads an NDJSON file that `probe6 sample` or `probe6 merge` has written, whole. For a large one
  /// `RunFileReader` takes it in parts.
  package static func read(_ octets: [UInt8]) throws(PlanProblems) -> RunFile {
    var reader = RunFileReader()
    reader.read(octets)
    return try reader.finish()
  }
}
