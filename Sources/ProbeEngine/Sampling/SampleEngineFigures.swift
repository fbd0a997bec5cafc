import Statistics
package import Timing

/// The figures so far.
extension SampleEngine {
  package func figures(of target: Int, at now: Instant) -> SampleFigures {
    var figures = SampleFigures()
    let tally = tallies[target]
    figures.attempted = UInt64(tally.attempted) - UInt64(tally.warmupAttempted)
    figures.ok = UInt64(tally.ok)
    figures.late = UInt64(tally.late)
    figures.lost = UInt64(tally.lost)
    figures.icmpErrors = UInt64(tally.icmpErrors)
    figures.sendErrors = UInt64(tally.sendErrors)
    figures.inFlight = figures.attempted - min(figures.attempted, figures.resolved)
    figures.warmup = UInt64(tally.warmup)
    figures.duplicates = UInt64(tally.duplicates)
    figures.reordered = UInt64(tally.reordered)
    figures.lossBursts = UInt64(tally.lossBursts)
    figures.longestLossBurst = UInt64(tally.longestLossBurst)
    figures.outage = tally.outage(at: min(now, lastSentAt))
    figures.hopLimit = tally.hopLimit
    figures.trafficClass = tally.trafficClass
    if let only = tally.onlyRoundTrip {
      figures.histogram.record(only)
      figures.moments.record(only)
    }
    if let detail = tally.detail {
      if tally.onlyRoundTrip == nil {
        figures.histogram = detail.histogram
        figures.moments = detail.moments
      }
      if let jitter = detail.jitter.value {
        figures.jitters = SampleMean(mean: Nanoseconds(jitter), count: 1)
      }
      figures.differences = detail.differences
      figures.hostTransmits = detail.hostTransmit
      figures.hostReceives = detail.hostReceive
      figures.hopLimitChanges = detail.hopLimitChanges
      figures.trafficClassChanges = detail.trafficClassChanges
      figures.pathMTUChanges = detail.pathMTUChanges
      figures.addressChanges = detail.addressChanges
      figures.pathChanges = detail.pathChanges
      figures.linkChanges = detail.linkChanges
      figures.stateChanges = detail.stateChanges
      figures.pathMTU = detail.pathMTU
    }
    figures.updateMeans()
    return figures
  }

  package func summary(at now: Instant) -> SampleSummary {
    var summary = SampleSummary(startedAt: startedAt, at: now)
    for (group, measures) in zip(groups, measures) {
      var sum = SampleFigures()
      for target in group.targets {
        let figures = figures(of: target, at: now)
        if target == group.targets.lowerBound { sum = figures } else { sum.add(figures) }
      }
      sum.updateMeans()
      summary.groups.append(sum)
      summary.hostTransmit.append(measures.hostTransmit)
      summary.hostReceive.append(measures.hostReceive)
      summary.delayVariation.append(measures.delayVariation)
      summary.fromSchedule.append(measures.fromSchedule)
    }
    summary.scheduler = scheduler
    summary.rejected = rejected
    summary.stray = stray
    return summary
  }
}
