import Wire

/// What became of the probes of one flow at one hop limit.
struct PathCell: Sendable {
  /// Ordered: waiting to leave, in flight, or done.
  var asked: UInt8 = 0
  /// Waiting to leave or in flight.
  var inFlight: UInt8 = 0
  /// Given up or never left.
  var lost: UInt8 = 0
  /// How many answers came.
  var answers: UInt8 = 0
  /// Query number of the next probe to leave.
  var sent: UInt8 = 0
  /// Who answered first, as an index into the nodes; `PathNode.none` so far nobody.
  var node = PathNode.none
  /// Another that answered the same flow at the same hop limit.
  var other = PathNode.none
}

/// A node of the graph under search.
struct PathNode: Hashable, Sendable {
  var address: IPv6Address
  var zone: UInt32
  /// Nothing lies behind: the target, or a refusal.
  var isTerminal: Bool
  var isArrival: Bool

  /// Index of no node.
  static let none: Int16 = -1
  /// Index that stands for silence where a next hop is named.
  static let silent: Int16 = -2
  /// Index of the host itself.
  static let origin: Int16 = -3
}

/// One flow of a path walk and what is known along it.
struct PathLane: Sendable {
  enum Purpose: Hashable, Sendable {
    /// Drawn like the others: counts for the stopping rule.
    case ordinary
    /// Differs from another flow in one field alone; shows links, but is no independent draw.
    case varied
  }
  let flow: TraceFlow
  let purpose: Purpose
  /// Hop limit of the lowest terminal answer; beyond it nothing of this flow counts.
  var end = Int.max
  /// What waits to leave need not leave any more.
  var isDropped = false
  /// Index: hop limit - first hop.
  var cells: [PathCell]

  init(_ flow: TraceFlow, purpose: Purpose, hops: Int) {
    self.flow = flow
    self.purpose = purpose
    cells = Array(repeating: PathCell(), count: hops)
  }
}
