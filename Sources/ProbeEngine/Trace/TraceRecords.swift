import Timing

/// What the engine keeps for one target: counts, one per verdict, and what the wait rule needs.
struct TraceRecord {
  var sent: UInt64 = 0
  var replied: UInt64 = 0
  var late: UInt64 = 0
  var lost: UInt64 = 0
  var sendFailed: UInt64 = 0
  var firstSentAt: Instant?
  /// The target itself has answered.
  var hasArrived = false
  /// Probes in flight to each hop limit, and to all; empty before the first and after the last.
  private var inFlightByHop: [UInt16] = []
  private(set) var inFlight = 0
  /// Round trips as the wait rule wants them.
  var times = TraceTimes()
  /// Its trace is over: what still arrives changes no count.
  var hasEnded = false

  func inFlight(toHop hopLimit: UInt8) -> Int {
    inFlightByHop.isEmpty ? 0 : Int(inFlightByHop[Int(hopLimit)])
  }

  mutating func noteSent(toHop hopLimit: UInt8, at now: Instant) {
    if inFlightByHop.isEmpty { inFlightByHop = Array(repeating: 0, count: 256) }
    inFlightByHop[Int(hopLimit)] &+= 1
    firstSentAt = firstSentAt ?? now
    inFlight += 1
    sent += 1
  }

  mutating func noteResolved(hopLimit: UInt8) {
    inFlight -= 1
    guard !inFlightByHop.isEmpty else { return }
    inFlightByHop[Int(hopLimit)] &-= 1
  }

  mutating func end() {
    hasEnded = true
    inFlightByHop = []
    times = TraceTimes()
  }
}

/// The round trips of one target's trace, as far as the wait rule looks at them.
struct TraceTimes {
  /// The slowest answer of each hop limit; -1 where none came. Empty before the first.
  private var slowestByHop: [Int64] = []
  /// The slowest answer of all.
  private(set) var slowest: Nanoseconds?
  /// traceroute's rule: the round trip of each query of each hop, in that order; 0 where none is known.
  private var byQuery: [Int64] = []

  /// How many hops to either side count as near.
  private static let nearby = 3

  /// The slowest answer of this hop and of those near it; where there is none, of all.
  func slowest(near hopLimit: UInt8) -> Nanoseconds? {
    guard !slowestByHop.isEmpty else { return nil }
    let hop = Int(hopLimit)
    var found: Int64 = -1
    for h in max(hop - TraceTimes.nearby, 0)...min(hop + TraceTimes.nearby, 255) {
      found = max(found, slowestByHop[h])
    }
    return found >= 0 ? Nanoseconds(found) : slowest
  }

  mutating func note(_ time: Nanoseconds, hopLimit: UInt8) {
    if slowestByHop.isEmpty { slowestByHop = Array(repeating: -1, count: 256) }
    slowestByHop[Int(hopLimit)] = max(slowestByHop[Int(hopLimit)], time.count)
    slowest = max(slowest ?? .zero, time)
  }

  mutating func note(_ time: Nanoseconds, index: Int, of count: Int) {
    if byQuery.isEmpty { byQuery = Array(repeating: 0, count: count) }
    if byQuery.indices.contains(index) { byQuery[index] = max(time.count, 1) }
  }

  /// The first known round trip from `start` up to `end`.
  func first(from start: Int, to end: Int) -> Nanoseconds? {
    guard start < min(end, byQuery.count) else { return nil }
    for i in start..<min(end, byQuery.count) where byQuery[i] > 0 { return Nanoseconds(byQuery[i]) }
    return nil
  }
}
