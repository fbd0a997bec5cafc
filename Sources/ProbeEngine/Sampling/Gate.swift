package import Timing

/// A promise that a run's figures must keep, such as `nodes: p99 < 2ms`.
package struct Gate: Hashable, Sendable {
  package enum Scope: Hashable, Sendable {
    /// A group's figures, all its targets together.
    case group(String)
    /// Each target of the group by itself (`nodes/*`); the worst one decides.
    case eachTarget(String)
    /// One target (`nodes/fd00::1`).
    case target(group: String, name: String)
    /// How well this host kept the schedule.
    case scheduler
  }

  package enum Metric: Hashable, Sendable {
    /// Of round trips, 0 … 100.
    case percentile(Double)
    case minimum, mean, maximum, deviation, jitter, delayVariation
    /// From schedule to answer.
    case fromSchedule(Double)
    /// Percentile of what this host added to a round trip (group only).
    case host(Double)
    /// Shares of all outcomes.
    case loss, late, lost, icmpErrors, sendErrors
    case duplicates, reordered, lossBursts, longestLossBurst, outage
    case changes, attempted, ok
    /// Scheduler: percentile of its error, and deadlines missed.
    case scheduleError(Double), missed
  }

  package enum Comparison: String, Hashable, Sendable, CaseIterable {
    case less = "<"
    case lessOrEqual = "<="
    case greater = ">"
    case greaterOrEqual = ">="
    case equal = "=="
    case notEqual = "!="
  }

  package enum Value: Hashable, Sendable {
    case time(Nanoseconds)
    /// 0.001 for `0.1%`.
    case share(Double)
    case count(UInt64)
  }

  package var scope: Scope
  package var metric: Metric
  package var comparison: Comparison
  package var limit: Value
  /// As written.
  package var text: String

  package init(scope: Scope, metric: Metric, comparison: Comparison, limit: Value, text: String) {
    self.scope = scope
    self.metric = metric
    self.comparison = comparison
    self.limit = limit
    self.text = text
  }
}

/// What became of a promise.
package struct GateResult: Hashable, Sendable {
  package var gate: Gate
  /// nil: there was nothing to measure it by, and the gate has failed.
  package var measured: Gate.Value?
  package var held: Bool
  /// The target that decided, for `eachTarget`.
  package var target: Int?

  package init(gate: Gate, measured: Gate.Value?, held: Bool, target: Int? = nil) {
    self.gate = gate
    self.measured = measured
    self.held = held
    self.target = target
  }
}
