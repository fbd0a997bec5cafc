import Timing

/// How many flows must have been seen to pass a node before a further next hop is ruled out (multipath detection:
/// Augustin, Friedman, Teixeira 2007).
///
/// `self[k]` is n_k: so many flows through the node that all took one of k - 1 next hops rule out a k-th. It is the
/// smallest number for which a node with k equally likely next hops, searched by this very rule from n_2 on, is
/// left incomplete with probability 1 - confidence at most. The confidence therefore is that of each node, as in
/// the literature, not of the whole graph; next hops of unequal weight are missed more often.
///
/// The usual table bounds only the last step (k next hops all seen among n_k flows) and so is one lower at 95 %
/// for k = 8 and 9, where stopping early adds to the error.
struct StoppingRule: Sendable {
  let confidence: Double
  /// n_2, n_3, …
  private var points: [Int]

  /// Up to this k the exact recurrence; above, the closed form, which is never lower than what it bounds. Fits the
  /// work of making the table into some tens of microseconds.
  private static let exactLimit = 24

  /// The two that are asked for in general, made once.
  private static let ninetyFive = StoppingRule(computing: 0.95)
  private static let ninetyNine = StoppingRule(computing: 0.99)

  init(confidence: Double) {
    self =
      switch confidence {
      case 0.95: Self.ninetyFive
      case 0.99: Self.ninetyNine
      default: StoppingRule(computing: confidence)
      }
  }

  private init(computing confidence: Double) {
    // Outside of this nothing sensible can be counted.
    self.confidence = min(max(confidence, 0.5), 0.999_999)
    points = []
    for k in 2...Self.exactLimit { points.append(exactPoint(k)) }
  }

  /// n_k; k below 2 counts as 2.
  subscript(k: Int) -> Int {
    let k = max(k, 2)
    return k - 2 < points.count ? points[k - 2] : Self.closedPoint(k, error: 1 - confidence)
  }

  /// ceil(ln(error / k) / ln((k - 1) / k)): k times the chance that n flows all avoid one of k next hops.
  static func closedPoint(_ k: Int, error: Double) -> Int {
    let k = Double(k)
    let n = naturalLogarithm(error / k) / naturalLogarithm((k - 1) / k)
    let floor = Int(n)
    return Double(floor) < n ? floor + 1 : floor
  }

  /// The chance that a node with so many equally likely next hops is left incomplete.
  func missProbability(fanOut: Int) -> Double {
    guard fanOut > 1 else { return 0 }
    var seen = Coverage(fanOut: fanOut)
    for k in 2...fanOut {
      seen.draw(until: self[k])
      seen.stop(at: k - 1)
    }
    return seen.stopped
  }

  private func exactPoint(_ k: Int) -> Int {
    var seen = Coverage(fanOut: k)
    for earlier in 2..<max(k, 2) {
      seen.draw(until: points[earlier - 2])
      seen.stop(at: earlier - 1)
    }
    repeat { seen.draw(until: seen.draws + 1) } while seen.stopped + seen.incomplete > 1 - confidence
    return seen.draws
  }

  /// The distribution of how many of so many equally likely next hops have been seen.
  private struct Coverage {
    var draws = 0
    /// Searches that ended too early.
    var stopped = 0.0
    /// Index: how many were seen.
    private var chance: [Double]

    init(fanOut: Int) {
      chance = Array(repeating: 0, count: fanOut + 1)
      chance[0] = 1
    }

    /// Still searching, and not all seen.
    var incomplete: Double {
      var sum = 0.0
      for seen in 0..<(chance.count - 1) { sum += chance[seen] }
      return sum
    }

    mutating func draw(until count: Int) {
      let all = Double(chance.count - 1)
      while draws < count {
        draws += 1
        for seen in stride(from: chance.count - 1, through: 1, by: -1) {
          chance[seen] =
            chance[seen] * (Double(seen) / all) + chance[seen - 1] * (Double(chance.count - seen) / all)
        }
        chance[0] = 0
      }
    }

    mutating func stop(at seen: Int) {
      stopped += chance[seen]
      chance[seen] = 0
    }
  }
}
