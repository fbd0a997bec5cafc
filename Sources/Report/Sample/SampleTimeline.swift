package import ProbeEngine
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

    mutating func add(_ other: Cell) {
      answered = answered.addingSaturating(other.answered)
      failed = failed.addingSaturating(other.failed)
      sum = sum.addingSaturating(other.sum)
    }
  }

  /// At most so many cells.
  static let capacity = 80

  package private(set) var cells: [Cell] = []
  /// Of each cell.
  package private(set) var cellLength = Nanoseconds.milliseconds(10)
  private var startedAt: Instant?

  /// Begins with the first probe that is recorded.
  package init() {}

  package init(startedAt: Instant) { self.startedAt = startedAt }

  /// A probe's outcome, at the time that the schedule had for it; warm-up is passed over. Whatever is no answer in
  /// time counts as failed.
  package mutating func record(_ record: SampleRecord) {
    guard !record.isWarmup else { return }
    self.record(record.outcome == .ok ? record.roundTrip ?? .zero : nil, at: record.scheduledAt)
  }

  /// - Parameter roundTrip: nil for a probe without an answer in time.
  package mutating func record(_ roundTrip: Nanoseconds?, at instant: Instant) {
    let start = startedAt ?? instant
    startedAt = start
    let elapsed = max((instant - start).count, 0)
    while elapsed / cellLength.count >= Int64(Self.capacity) { halve() }
    let index = Int(elapsed / cellLength.count)
    while cells.count <= index { cells.append(Cell()) }
    var cell = Cell()
    if let roundTrip {
      cell.answered = 1
      cell.sum = max(roundTrip.count, 0)
    } else {
      cell.failed = 1
    }
    cells[index].add(cell)
  }

  /// From the start until the end of the last cell.
  package var length: Nanoseconds { cellLength * Int64(cells.count) }

  /// At most `count` cells that hold all that these do, each of as many of them as the others.
  package func cells(atMost count: Int) -> [Cell] {
    let each = (cells.count + max(count, 1) - 1) / max(count, 1)
    guard each > 1 else { return cells }
    return stride(from: 0, to: cells.count, by: each).map { start in
      var sum = Cell()
      for cell in cells[start..<min(start + each, cells.count)] { sum.add(cell) }
      return sum
    }
  }

  /// Cells twice as long.
  private mutating func halve() {
    cellLength = cellLength * 2
    cells = stride(from: 0, to: cells.count, by: 2).map { start in
      var sum = cells[start]
      if start + 1 < cells.count { sum.add(cells[start + 1]) }
      return sum
    }
  }
}

extension UInt32 {
  fileprivate func addingSaturating(_ other: UInt32) -> UInt32 {
    let (sum, overflow) = addingReportingOverflow(other)
    return overflow ? .max : sum
  }
}
