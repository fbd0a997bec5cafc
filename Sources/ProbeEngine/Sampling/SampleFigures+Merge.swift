import Statistics
import Timing

/// Figures of several targets or runs together.
extension SampleFigures {
  /// Adds the other's: counts, histogram, mean and deviation are as if all had been seen here. What the last answers
  /// had stays only where both agree.
  package mutating func merge(_ other: SampleFigures) {
    add(other)
    updateMeans()
  }

  /// All but the means that follow from the sums.
  mutating func add(_ other: SampleFigures) {
    restoreSums()
    var other = other
    other.restoreSums()
    attempted &+= other.attempted
    ok &+= other.ok
    late &+= other.late
    lost &+= other.lost
    icmpErrors &+= other.icmpErrors
    sendErrors &+= other.sendErrors
    inFlight &+= other.inFlight
    warmup &+= other.warmup
    duplicates &+= other.duplicates
    reordered &+= other.reordered
    histogram.merge(other.histogram)
    moments.merge(other.moments)
    jitters.merge(other.jitters)
    differences.merge(other.differences)
    hostTransmits.merge(other.hostTransmits)
    hostReceives.merge(other.hostReceives)
    lossBursts &+= other.lossBursts
    longestLossBurst = max(longestLossBurst, other.longestLossBurst)
    outage = outage + other.outage
    hopLimitChanges &+= other.hopLimitChanges
    trafficClassChanges &+= other.trafficClassChanges
    pathMTUChanges &+= other.pathMTUChanges
    addressChanges &+= other.addressChanges
    pathChanges &+= other.pathChanges
    linkChanges &+= other.linkChanges
    stateChanges &+= other.stateChanges
    if hopLimit != other.hopLimit { hopLimit = nil }
    if trafficClass != other.trafficClass { trafficClass = nil }
    // The narrowest path is what a packet for all of them may have.
    pathMTU = [pathMTU, other.pathMTU].compactMap { $0 }.min()
  }

  /// The means that follow from the sums.
  mutating func updateMeans() {
    mean = moments.mean.map { Nanoseconds($0) }
    deviation = moments.deviation.map { Nanoseconds($0) }
    jitter = jitters.mean
    delayVariation = differences.mean
    hostTransmit = hostTransmits.mean
    hostReceive = hostReceives.mean
  }

  /// Figures from a file have means and no sums: those are made of them, exact to the nanosecond that was written.
  private mutating func restoreSums() {
    let count = histogram.count
    if moments.count == 0, count > 0, let mean, let least = histogram.min, let greatest = histogram.max {
      moments = Moments(
        count: count, min: least, max: greatest, mean: mean.count, deviation: deviation?.count ?? 0)
    }
    if jitters.count == 0, let jitter { jitters = SampleMean(mean: jitter, count: 1) }
    if differences.count == 0, let delayVariation {
      differences = SampleMean(mean: delayVariation, count: max(count, 2) - 1)
    }
    if hostTransmits.count == 0, let hostTransmit {
      hostTransmits = SampleMean(mean: hostTransmit, count: max(count, 1))
    }
    if hostReceives.count == 0, let hostReceive {
      hostReceives = SampleMean(mean: hostReceive, count: max(count, 1))
    }
  }
}
