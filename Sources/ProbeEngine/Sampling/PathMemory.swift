import Timing
package import Wire

/// The path to a target as it was last seen, and what of a new one is a change.
///
/// A hop that was silent and now answers is learned; one that answered and is silent now is taken as it was, for
/// routers limit their errors, until it has been silent `silenceLimit` times in a row. Everything else is a change:
/// another address, or (where the target was reached both times) another length.
struct PathMemory {
  static let silenceLimit: UInt8 = 3

  /// By hop from 1; nil: silent.
  private(set) var hops: [IPv6Address?]
  private var silences: [UInt8]
  private var isReached: Bool

  init(_ hops: [IPv6Address?], isReached: Bool) {
    self.hops = hops
    silences = hops.map { _ in 0 }
    self.isReached = isReached
  }

  /// Takes in the next path; true: it is another than before.
  mutating func update(_ new: [IPv6Address?], isReached: Bool) -> Bool {
    var merged: [IPv6Address?] = []
    var counts: [UInt8] = []
    var hasChanged = false
    let isComparable = isReached && self.isReached
    let length = isComparable ? new.count : max(new.count, hops.count)
    if isComparable, new.count != hops.count { hasChanged = true }
    for i in 0..<length {
      let before = i < hops.count ? hops[i] : nil
      let now = i < new.count ? new[i] : nil
      switch (before, now) {
      case (let before?, nil):
        // Behind the end of a trace that did not arrive nobody was asked, or nobody answered: the same thing.
        let count = silences[i] + 1
        if count >= Self.silenceLimit {
          hasChanged = true
          merged.append(nil)
          counts.append(0)
        } else {
          merged.append(before)
          counts.append(count)
        }
      case (let before, let now):
        if let before, let now, before != now { hasChanged = true }
        merged.append(now)
        counts.append(0)
      }
    }
    if isReached { self.isReached = true }
    hops = merged
    silences = counts
    while let last = hops.last, last == nil {
      hops.removeLast()
      silences.removeLast()
    }
    return hasChanged
  }
}

/// What was last found of a neighbor.
struct NeighborMemory {
  var verdict: NeighborVerdict
  var link: LinkLayerAddress?
}

extension SampledPath {
  /// Addresses by hop from 1, the first that answered at each; nil a silent hop. No silent hops at the end.
  package var addresses: [IPv6Address?] {
    var found: [IPv6Address?] = []
    for hop in hops where hop.hopLimit > 0 {
      let place = Int(hop.hopLimit) - 1
      while found.count <= place { found.append(nil) }
      for case .reply(let reply) in hop.verdicts where found[place] == nil { found[place] = reply.address }
    }
    while let last = found.last, last == nil { found.removeLast() }
    return found
  }

  /// Of the target's first answer, or nil.
  var arrival: TraceReply? {
    for hop in hops.reversed() {
      for case .reply(let reply) in hop.verdicts where reply.answer.isArrival { return reply }
    }
    return nil
  }
}
