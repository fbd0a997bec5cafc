/// Reordering of replies by RFC 4737: which arrived after a reply to a later probe, and by how far.
///
/// A packet is reordered if its sequence is below one that has arrived before it (§3.3, the singleton of
/// Type-P-Reordered; §4.1, their ratio). Its extent (§4.2) is how many arrivals ago the earliest packet with
/// a larger sequence came. Only first arrivals are to be told: a duplicate is not reordering.
///
/// That earliest larger packet is always one that raised the maximum, so only those are remembered, as runs
/// without a gap in their sequences. No packet that is still to come can fall inside a run, so its first
/// arrival and last sequence say everything. With more than `runLimit` runs the oldest is forgotten, and an
/// extent that would reach into it is cut at the next.
package struct Reordering: Sendable {
  private struct Run {
    /// How many packets had arrived before the first of the run.
    var arrival: UInt64
    var lastSequence: UInt64
  }

  /// 32 runs are 512 octets; an extent is cut only if it spans 32 gaps.
  package static let runLimit = 32

  /// A ring once it holds `runLimit` runs; then `oldest` is where it begins.
  private var runs: [Run] = []
  private var oldest = 0

  /// How many packets have arrived.
  package private(set) var received: UInt64 = 0
  /// How many of them were reordered.
  package private(set) var reordered: UInt64 = 0
  /// The largest extent, in packets; 0 if nothing was reordered.
  package private(set) var maximumExtent: UInt64 = 0
  /// How many extents were cut because their beginning was forgotten; they are lower bounds.
  package private(set) var cutExtents: UInt64 = 0
  private var extents: UInt128 = 0
  /// The last sequence of the last run that was forgotten.
  private var forgotten: UInt64?

  package init() {}

  /// The share of reordered packets, 0 ... 1; nil before the first arrival.
  package var ratio: Double? { received == 0 ? nil : Double(reordered) / Double(received) }
  /// The mean extent of the reordered packets; nil if there is none.
  package var meanExtent: Double? { reordered == 0 ? nil : Double(extents) / Double(reordered) }

  /// Tells the arrival of a sequence; true if it was reordered.
  @discardableResult
  package mutating func record(_ sequence: UInt64) -> Bool {
    guard received < .max else { return false }
    defer { received += 1 }
    guard let largest, sequence <= largest else {
      recordInOrder(sequence)
      return false
    }
    // An equal sequence can only be a duplicate that should not have been told.
    guard sequence < largest else { return false }
    recordReordered(sequence)
    return true
  }

  /// The largest sequence that has arrived.
  private var largest: UInt64? { runs.isEmpty ? nil : runs[position(of: runs.count - 1)].lastSequence }

  private func position(of age: Int) -> Int { (oldest + age) % runs.count }

  private mutating func recordInOrder(_ sequence: UInt64) {
    // In order means above the largest, so adding one to that cannot overflow.
    if let largest, largest + 1 == sequence {
      runs[position(of: runs.count - 1)].lastSequence = sequence
      return
    }
    let run = Run(arrival: received, lastSequence: sequence)
    if runs.count < Self.runLimit {
      runs.append(run)
    } else {
      forgotten = runs[oldest].lastSequence
      runs[oldest] = run
      oldest = (oldest + 1) % Self.runLimit
    }
  }

  private mutating func recordReordered(_ sequence: UInt64) {
    // Runs rise in both numbers: find the first whose last sequence is larger.
    var (low, high) = (0, runs.count - 1)
    while low < high {
      let middle = (low + high) / 2
      if runs[position(of: middle)].lastSequence > sequence { high = middle } else { low = middle + 1 }
    }
    if let forgotten, sequence < forgotten { cutExtents = cutExtents.addingSaturating(1) }
    let extent = received - runs[position(of: low)].arrival
    reordered = reordered.addingSaturating(1)
    maximumExtent = max(maximumExtent, extent)
    extents += UInt128(extent)
  }
}
