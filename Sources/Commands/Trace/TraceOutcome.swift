import ProbeEngine

/// How a trace ended that could begin, and what that means to a script.
struct TraceOutcome {
  /// Of the targets whose names were found, in their order.
  var ends: [TraceEnd]
  var arrivals = TraceArrivals()
  /// Targets whose names failed, and lines of lists that were none.
  var failedTargets: Int

  /// 0 every target was reached; 1 one was not; 3 this host could send one nothing; 2 one had no address; the later
  /// outweighs.
  ///
  /// Rounds go on until somebody stops them: a trace that was interrupted has reached a target that answered.
  var exitCode: Int32 {
    if failedTargets > 0 { return 2 }
    if ends.contains(where: { if case .sendFailed = $0.reason { true } else { false } }) { return 3 }
    let isFine = ends.allSatisfy { end in
      end.isReached || (end.reason == .interrupted && arrivals.targets.contains(end.target))
    }
    return isFine && !ends.isEmpty ? 0 : 1
  }
}

/// The targets that have answered for themselves.
struct TraceArrivals {
  private(set) var targets: Set<Int> = []

  mutating func note(_ event: TraceEvent) {
    switch event {
    case .reply(let reply), .late(let reply):
      if reply.answer.isArrival { targets.insert(reply.probe.target) }
    default: break
    }
  }
}
