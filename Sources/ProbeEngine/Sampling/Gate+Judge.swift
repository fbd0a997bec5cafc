import Statistics
import Timing

/// Whether promises were kept. One with nothing to measure was not.
extension Gate {
  /// `figures` of target i and its `name`, as written in the plan.
  package func judge(
    _ summary: SampleSummary, groups: [SampleGroup], targets: [SampleTarget],
    figures: (Int) -> SampleFigures, name: (Int) -> String
  ) -> GateResult {
    switch scope {
    case .scheduler: return result(measure(summary.scheduler))
    case .group(let group):
      guard let place = groups.firstIndex(where: { $0.name == group }), place < summary.groups.count else {
        return result(nil)
      }
      return result(measure(summary, group: place))
    case .target(let group, let wanted):
      guard let place = groups.firstIndex(where: { $0.name == group }),
        let target = targets.indices.first(where: { Int(targets[$0].group) == place && name($0) == wanted })
      else { return result(nil) }
      return result(measure(figures(target)), target)
    case .eachTarget(let group):
      guard let place = groups.firstIndex(where: { $0.name == group }) else { return result(nil) }
      var worst: GateResult?
      for target in targets.indices where Int(targets[target].group) == place {
        let judged = result(measure(figures(target)), target)
        if worst.map({ isWorse(judged, than: $0) }) ?? true { worst = judged }
      }
      return worst ?? result(nil)
    }
  }

  // MARK: Measuring

  private func measure(_ scheduler: SchedulerFigures) -> Value? {
    switch metric {
    case .scheduleError(let p): scheduler.histogram.percentile(p).map { .time(Nanoseconds($0)) }
    // Who never had a deadline has missed none, and kept none either.
    case .missed: scheduler.histogram.count + scheduler.missed == 0 ? nil : .count(scheduler.missed)
    default: nil
    }
  }

  private func measure(_ summary: SampleSummary, group: Int) -> Value? {
    switch metric {
    case .fromSchedule(let p):
      guard group < summary.fromSchedule.count else { return nil }
      return summary.fromSchedule[group].percentile(p).map { .time(Nanoseconds($0)) }
    case .host(let p):
      // Both parts are kept by themselves: the sum of their percentiles is never below that of their sum by much,
      // and is what can be said.
      guard group < summary.hostTransmit.count, group < summary.hostReceive.count,
        let transmit = summary.hostTransmit[group].percentile(p),
        let receive = summary.hostReceive[group].percentile(p)
      else { return nil }
      return .time(Nanoseconds(transmit) + Nanoseconds(receive))
    default: return measure(summary.groups[group])
    }
  }

  private func measure(_ figures: SampleFigures) -> Value? {
    switch metric {
    case .percentile(let p): return time(figures.histogram.percentile(p))
    case .minimum: return time(figures.histogram.min)
    case .mean: return figures.mean.map { .time($0) }
    case .maximum: return time(figures.histogram.max)
    case .deviation: return figures.deviation.map { .time($0) }
    case .jitter: return figures.jitter.map { .time($0) }
    case .delayVariation: return figures.delayVariation.map { .time($0) }
    case .fromSchedule, .host, .scheduleError, .missed: return nil
    case .attempted: return figures.attempted == 0 ? nil : .count(figures.attempted)
    case .outage: return figures.resolved == 0 ? nil : .time(figures.outage)
    case .loss: return amount(figures.resolved &- figures.ok, figures)
    case .late: return amount(figures.late, figures)
    case .lost: return amount(figures.lost, figures)
    case .icmpErrors: return amount(figures.icmpErrors, figures)
    case .sendErrors: return amount(figures.sendErrors, figures)
    case .duplicates: return amount(figures.duplicates, figures)
    case .reordered: return amount(figures.reordered, figures)
    case .lossBursts: return amount(figures.lossBursts, figures)
    case .longestLossBurst: return amount(figures.longestLossBurst, figures)
    case .changes: return amount(figures.changes, figures)
    case .ok: return amount(figures.ok, figures)
    }
  }

  private func time(_ nanoseconds: Int64?) -> Value? { nanoseconds.map { .time(Nanoseconds($0)) } }

  /// A number, or its share of all outcomes where the limit is one.
  private func amount(_ count: UInt64, _ figures: SampleFigures) -> Value? {
    guard figures.resolved > 0 else { return nil }
    if case .share = limit { return .share(Double(count) / Double(figures.resolved)) }
    return .count(count)
  }

  // MARK: Judging

  private func result(_ measured: Value?, _ target: Int? = nil) -> GateResult {
    GateResult(gate: self, measured: measured, held: measured.map(holds) ?? false, target: target)
  }

  private func holds(_ measured: Value) -> Bool {
    switch (measured, limit) {
    case (.time(let a), .time(let b)): holds(a, b)
    case (.share(let a), .share(let b)): holds(a, b)
    case (.count(let a), .count(let b)): holds(a, b)
    default: false
    }
  }

  private func holds<T: Comparable>(_ measured: T, _ limit: T) -> Bool {
    switch comparison {
    case .less: measured < limit
    case .lessOrEqual: measured <= limit
    case .greater: measured > limit
    case .greaterOrEqual: measured >= limit
    case .equal: measured == limit
    case .notEqual: measured != limit
    }
  }

  /// Nothing measured is worst; then what failed; then what is nearest to failing.
  private func isWorse(_ a: GateResult, than b: GateResult) -> Bool {
    guard let measuredA = a.measured else { return b.measured != nil }
    guard let measuredB = b.measured else { return false }
    if a.held != b.held { return b.held }
    let (x, y) = (measuredA.number, measuredB.number)
    switch comparison {
    case .less, .lessOrEqual: return x > y
    case .greater, .greaterOrEqual: return x < y
    case .equal, .notEqual: return false
    }
  }
}

extension Gate.Value {
  fileprivate var number: Double {
    switch self {
    case .time(let time): Double(time.count)
    case .share(let share): share
    case .count(let count): Double(count)
    }
  }
}
