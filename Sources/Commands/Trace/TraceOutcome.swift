import ProbeEngine

/// How a trace ended that could begin, and what that means to a script.
struct TraceOutcome {
  /// Of the targets whose names were found, in their order.
  var ends: [TraceEnd]
  /// Targets whose names failed, and lines of lists that were none.
  var failedTargets: Int

  /// 0 every target was reached; 1 one was not; 3 this host could send one nothing; 2 one had no address; the later
  /// outweighs.
  var exitCode: Int32 {
    if failedTargets > 0 { return 2 }
    if ends.contains(where: { if case .sendFailed = $0.reason { true } else { false } }) { return 3 }
    return ends.allSatisfy(\.isReached) && !ends.isEmpty ? 0 : 1
  }
}
