/// A seeded generator (splitmix64), so that a failure repeats.
struct SplitMix {
  private var state: UInt64
  init(seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
    return mixed ^ (mixed >> 31)
  }

  mutating func octets(_ count: Int) -> [UInt8] {
    var octets: [UInt8] = []
    octets.reserveCapacity(count)
    for _ in 0..<count { octets.append(UInt8(truncatingIfNeeded: next())) }
    return octets
  }
}

extension Span where Element == UInt8 {
  /// A copy, to compare with.
  var array: [UInt8] {
    var octets: [UInt8] = []
    for index in indices { octets.append(self[index]) }
    return octets
  }
}
