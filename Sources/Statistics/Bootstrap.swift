/// How sure a difference between two runs is: both are drawn anew from themselves, again and again, and what the
/// difference then does tells what chance would have done (Efron; the percentile interval, Efron and Tibshirani 1993
/// §13.3).
package enum Bootstrap {
  /// What is drawn from.
  package enum Sample: Sendable {
    /// Whole stretches of a run (non-overlapping block bootstrap).
    case blocks([BlockSample.Block])
    /// Single probes, each taken for independent of the others: where only the distribution is known.
    /// `mean`: of the round trips, where it is known more exactly than the histogram tells.
    case distribution(Histogram, mean: Int64?, resolved: UInt64, failed: UInt64)
  }

  package enum Statistic: Hashable, Sendable {
    /// Of round trips, nanoseconds.
    case mean
    /// 0 … 100, nanoseconds.
    case percentile(Double)
    /// Share of probes without an answer in time.
    case loss
  }

  /// A statistic of two runs.
  package struct Difference: Hashable, Sendable {
    package var first: Double
    package var second: Double
    /// Where second - first lies, as sure as was asked for.
    package var lower: Double
    package var upper: Double

    package var difference: Double { second - first }
    /// Chance alone would hardly do it.
    package var isMoreThanChance: Bool { lower > 0 || upper < 0 }
  }

  /// Fewer stretches, or (for a percentile) fewer values on its far side, say nothing.
  package static let fewestBlocks = 8
  package static let fewestBeyond = 5.0

  /// Of each statistic its value in both runs and the interval of their difference; nil where there is too little to
  /// say anything by. All statistics are of the same draws. The generator's seed decides everything.
  ///
  /// Cost: `resamples` × occupied buckets of all blocks.
  package static func differences(
    _ first: Sample, _ second: Sample, _ statistics: [Statistic], confidence: Double = 0.95,
    resamples: Int = 2_000, using generator: inout some RandomNumberGenerator
  ) -> [Difference?] {
    guard let a = Drawing(first), let b = Drawing(second), resamples > 0 else {
      return statistics.map { _ in nil }
    }
    let wholeA = a.whole()
    let wholeB = b.whole()
    var kept: [(index: Int, difference: Difference, draws: [Double])] = []
    for (index, statistic) in statistics.enumerated() {
      guard a.suffices(for: statistic, wholeA), b.suffices(for: statistic, wholeB),
        let valueA = a.value(statistic, of: wholeA), let valueB = b.value(statistic, of: wholeB)
      else { continue }
      var draws: [Double] = []
      draws.reserveCapacity(resamples)
      kept.append((index, Difference(first: valueA, second: valueB, lower: 0, upper: 0), draws))
    }
    var drawA = a.whole()
    var drawB = b.whole()
    for _ in 0..<resamples where !kept.isEmpty {
      a.draw(into: &drawA, using: &generator)
      b.draw(into: &drawB, using: &generator)
      for index in kept.indices {
        guard let valueA = a.value(statistics[kept[index].index], of: drawA),
          let valueB = b.value(statistics[kept[index].index], of: drawB)
        else { continue }
        kept[index].draws.append(valueB - valueA)
      }
    }
    var differences = [Difference?](repeating: nil, count: statistics.count)
    let tail = (1 - Swift.min(Swift.max(confidence, 0), 1)) / 2
    for (index, difference, draws) in kept where !draws.isEmpty {
      let sorted = draws.sorted()
      // The nearest ranks that leave the tail outside.
      let cut = Swift.min(Int((Double(sorted.count) * tail).rounded(.down)), (sorted.count - 1) / 2)
      var found = difference
      found.lower = sorted[cut]
      found.upper = sorted[sorted.count - 1 - cut]
      differences[index] = found
    }
    return differences
  }
}

/// Occurrences over a common set of buckets.
private struct Draw {
  var counts: [Double]
  var answered: Double
  var sum: Double
  var resolved: Double
  var failed: Double
}

/// A sample made ready to be drawn from.
private struct Drawing {
  private struct Part {
    /// Which buckets, and how often.
    var places: [(place: Int, count: Double)]
    var answered: Double
    var sum: Double
    var resolved: Double
    var failed: Double
  }

  /// Ends of the buckets that occur; the second one is the end behind it.
  private var buckets: [(lower: Double, upper: Double)] = []
  private var parts: [Part] = []
  private let isBlocked: Bool
  /// Distribution only: what the mean of its buckets' middles is off by.
  private var meanOffset = 0.0

  init?(_ sample: Bootstrap.Sample) {
    switch sample {
    case .blocks(let blocks):
      isBlocked = true
      guard blocks.count >= Bootstrap.fewestBlocks else { return nil }
      var all = Histogram()
      for block in blocks { all.merge(block.histogram) }
      var places: [Int64: Int] = [:]
      for bucket in all.buckets { places[bucket.lower] = add(bucket, within: all) }
      for block in blocks {
        // Every bucket of a part is one of the whole.
        let own = block.histogram.buckets.map { (place: places[$0.lower] ?? 0, count: Double($0.count)) }
        parts.append(
          Part(
            places: own, answered: Double(block.histogram.count), sum: Double(block.sum),
            resolved: Double(block.resolved), failed: Double(block.failed)))
      }
    case .distribution(let histogram, let mean, let resolved, let failed):
      isBlocked = false
      guard resolved >= UInt64(Bootstrap.fewestBlocks) else { return nil }
      var own: [(place: Int, count: Double)] = []
      var sum = 0.0
      for bucket in histogram.buckets {
        let place = add(bucket, within: histogram)
        own.append((place, Double(bucket.count)))
        sum += middle(place) * Double(bucket.count)
      }
      let answered = Double(histogram.count)
      if let mean, answered > 0 { meanOffset = Double(mean) - sum / answered }
      parts = [
        Part(
          places: own, answered: answered, sum: answered > 0 ? sum + meanOffset * answered : 0,
          resolved: Double(resolved), failed: Double(failed))
      ]
    }
  }

  /// The bucket's ends, cut where the exact extremes say that nothing is.
  private mutating func add(_ bucket: Histogram.Bucket, within histogram: Histogram) -> Int {
    let lower = Swift.max(bucket.lower, histogram.min ?? 0)
    let upper = Swift.min(bucket.upper, histogram.max ?? .max)
    buckets.append((Double(lower), Double(Swift.max(upper, lower))))
    return buckets.count - 1
  }

  private func middle(_ place: Int) -> Double { (buckets[place].lower + buckets[place].upper) / 2 }

  /// The sample itself.
  func whole() -> Draw {
    var draw = Draw(
      counts: [Double](repeating: 0, count: buckets.count), answered: 0, sum: 0, resolved: 0, failed: 0)
    for part in parts { add(part, 1, to: &draw) }
    return draw
  }

  /// One more sample of the same size.
  func draw(into draw: inout Draw, using generator: inout some RandomNumberGenerator) {
    for place in draw.counts.indices { draw.counts[place] = 0 }
    (draw.answered, draw.sum, draw.resolved, draw.failed) = (0, 0, 0, 0)
    guard isBlocked else {
      if let part = parts.first { drawProbes(part, into: &draw, using: &generator) }
      return
    }
    var times = [Int](repeating: 0, count: parts.count)
    for _ in parts.indices { times[Int.random(in: parts.indices, using: &generator)] += 1 }
    for (part, times) in zip(parts, times) where times > 0 { add(part, Double(times), to: &draw) }
  }

  private func add(_ part: Part, _ times: Double, to draw: inout Draw) {
    for (place, count) in part.places { draw.counts[place] += count * times }
    draw.answered += part.answered * times
    draw.sum += part.sum * times
    draw.resolved += part.resolved * times
    draw.failed += part.failed * times
  }

  /// Probe by probe would take long for a million: how many fall into each bucket is drawn at once, one bucket after
  /// the other, each of what is left (a multinomial by conditional binomials).
  private func drawProbes(
    _ part: Part, into draw: inout Draw, using generator: inout some RandomNumberGenerator
  ) {
    draw.resolved = part.resolved
    draw.failed = Binomial.draw(
      part.resolved, part.resolved > 0 ? part.failed / part.resolved : 0, &generator)
    draw.answered = part.answered
    var left = part.answered
    var leftOfAll = part.answered
    for (place, count) in part.places where left > 0 {
      let drawn = Binomial.draw(left, Swift.min(count / leftOfAll, 1), &generator)
      draw.counts[place] = drawn
      draw.sum += (middle(place) + meanOffset) * drawn
      left -= drawn
      leftOfAll -= count
    }
  }

  func suffices(for statistic: Bootstrap.Statistic, _ whole: Draw) -> Bool {
    switch statistic {
    case .loss: whole.resolved >= Double(Bootstrap.fewestBlocks)
    case .mean: whole.answered >= Double(Bootstrap.fewestBlocks)
    case .percentile(let p): whole.answered * Swift.min(p, 100 - p) / 100 >= Bootstrap.fewestBeyond
    }
  }

  func value(_ statistic: Bootstrap.Statistic, of draw: Draw) -> Double? {
    switch statistic {
    case .loss: draw.resolved > 0 ? draw.failed / draw.resolved : nil
    case .mean: draw.answered > 0 ? draw.sum / draw.answered : nil
    case .percentile(let p): percentile(p, of: draw)
    }
  }

  /// Within a bucket values are taken to lie evenly, so that a draw does not jump from middle to middle.
  private func percentile(_ p: Double, of draw: Draw) -> Double? {
    guard draw.answered > 0 else { return nil }
    let rank = draw.answered * p / 100
    var seen = 0.0
    for (place, count) in draw.counts.enumerated() where count > 0 {
      if seen + count >= rank {
        let share = Swift.min(Swift.max((rank - seen) / count, 0), 1)
        return buckets[place].lower + (buckets[place].upper - buckets[place].lower) * share
      }
      seen += count
    }
    return buckets.last?.upper
  }
}

/// How many of n come about, each with the same probability.
private enum Binomial {
  static func draw(_ n: Double, _ p: Double, _ generator: inout some RandomNumberGenerator) -> Double {
    if n <= 0 || p <= 0 { return 0 }
    if p >= 1 { return n }
    if p > 0.5 { return n - draw(n, 1 - p, &generator) }
    // Many: nearly normal. Under 30 expected its skew would show.
    if n * p >= 30 {
      let value = (n * p + (n * p * (1 - p)).squareRoot() * normal(&generator)).rounded()
      return Swift.min(Swift.max(value, 0), n)
    }
    // Few: inversion, from 0 up. Below 30 expected (1 - p)^n is at least 10^-19, which a Double holds.
    let odds = p / (1 - p)
    var chance = power(1 - p, UInt64(n))
    var rest = Double.random(in: 0..<1, using: &generator)
    var found = 0.0
    while rest >= chance, found < n {
      rest -= chance
      found += 1
      chance *= (n - found + 1) / found * odds
      // What is left is the rounding of the sum.
      if chance < 1e-300 { break }
    }
    return found
  }

  private static func power(_ base: Double, _ exponent: UInt64) -> Double {
    var (base, exponent, product) = (base, exponent, 1.0)
    while exponent > 0 {
      if exponent & 1 == 1 { product *= base }
      base *= base
      exponent >>= 1
    }
    return product
  }

  /// A nearly standard normal number: the ones of 256 random bits, and a part of one that makes it continuous. Its
  /// tails end at 16 deviations.
  private static func normal(_ generator: inout some RandomNumberGenerator) -> Double {
    var ones = 0
    for _ in 0..<4 { ones += generator.next().nonzeroBitCount }
    return (Double(ones - 128) + Double.random(in: -0.5..<0.5, using: &generator))
      / (64 + 1.0 / 12).squareRoot()
  }
}
