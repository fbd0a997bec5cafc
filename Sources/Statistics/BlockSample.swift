/// What came of consecutive stretches of a run: enough to draw the run anew, whole stretches at a time, so that what
/// was near together stays so.
///
/// Stretches double in length, by joining neighbors, whenever there are more than `blockLimit`: memory is bounded,
/// whatever the run's length.
package struct BlockSample: Sendable {
  package struct Block: Sendable {
    /// Round trips in nanoseconds.
    package var histogram = Histogram()
    /// Their exact sum.
    package var sum: Int128 = 0
    /// Probes with an outcome, and those of them without an answer in time.
    package var resolved: UInt64 = 0
    package var failed: UInt64 = 0

    package init() {}

    mutating func merge(_ other: Block) {
      histogram.merge(other.histogram)
      sum &+= other.sum
      resolved = resolved.addingSaturating(other.resolved)
      failed = failed.addingSaturating(other.failed)
    }
  }

  package static let blockLimit = 256

  package private(set) var blocks: [Block] = []
  /// Outcomes in a full stretch.
  private var length: UInt64 = 1

  package init() {}

  /// The next probe's outcome, in the order of time; nil: no answer in time.
  package mutating func record(_ roundTrip: Int64?) {
    if blocks.last.map({ $0.resolved >= length }) ?? true {
      if blocks.count == Self.blockLimit { joinNeighbors() }
      if blocks.last.map({ $0.resolved >= length }) ?? true { blocks.append(Block()) }
    }
    let last = blocks.count - 1
    blocks[last].resolved += 1
    guard let roundTrip else {
      blocks[last].failed += 1
      return
    }
    blocks[last].histogram.record(roundTrip)
    blocks[last].sum += Int128(Swift.max(roundTrip, 0))
  }

  /// Joins neighbors until a stretch has at least the cube root of all outcomes, the order of length that a block
  /// bootstrap needs (Künsch 1989): shorter ones would break what belongs together.
  package mutating func settle() {
    let count = blocks.reduce(UInt64(0)) { $0.addingSaturating($1.resolved) }
    while blocks.count > 1, UInt128(length) * UInt128(length) * UInt128(length) < UInt128(count) {
      joinNeighbors()
    }
  }

  private mutating func joinNeighbors() {
    var joined: [Block] = []
    joined.reserveCapacity(Self.blockLimit)
    for index in stride(from: 0, to: blocks.count, by: 2) {
      var block = blocks[index]
      if index + 1 < blocks.count { block.merge(blocks[index + 1]) }
      joined.append(block)
    }
    blocks = joined
    length = length.addingSaturating(length)
  }
}
