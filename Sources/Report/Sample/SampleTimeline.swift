package import Timing

/// A target's (or group's) round trips over the time of a run in a few cells of equal length; cells double in length
/// when the run outgrows them, so that memory is bounded.
package struct SampleTimeline: Sendable {
  package struct Cell: Hashable, Sendable {
    package var answered: UInt32 = 0
    package var failed: UInt32 = 0
    /// Sum of round trips, nanoseconds.
    package var sum: Int64 = 0
    package init() {}
    /// nil: nobody answered in this stretch.
    package var mean: Nanoseconds? { answered == 0 ? nil : Nanoseconds(sum / Int64(answered)) }
    /// No probe had its outcome here.
    package var isEmpty: Bool { answered == 0 && failed == 0 }
  }

  package private(set) var cells: [Cell] = []
  package init() {}
}
