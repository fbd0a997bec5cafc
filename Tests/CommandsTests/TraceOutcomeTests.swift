import ProbeEngine
import Testing
import Timing

@testable import Commands

@Suite struct TraceOutcomeTests {
  private func end(_ target: Int, _ reason: TraceEnd.Reason) -> TraceEnd {
    TraceEnd(target: target, reason: reason, hops: 3, startedAt: .zero, at: .zero)
  }

  @Test func zeroWhereEveryTargetWasReachedOneWhereNotTwoWhereANameFailed() {
    #expect(TraceOutcome(ends: [end(0, .reached), end(1, .reached)], failedTargets: 0).exitCode == 0)
    #expect(TraceOutcome(ends: [end(0, .reached), end(1, .maximumHops)], failedTargets: 0).exitCode == 1)
    #expect(TraceOutcome(ends: [end(0, .unreachable(type: 1, code: 1))], failedTargets: 0).exitCode == 1)
    #expect(TraceOutcome(ends: [end(0, .reached)], failedTargets: 1).exitCode == 2)
    #expect(TraceOutcome(ends: [], failedTargets: 0).exitCode == 1)
  }

  @Test func aTraceThatWasStoppedHasReachedATargetThatAnswered() {
    func stopped(_ reason: TraceEnd.Reason, hasArrived: Bool) -> TraceOutcome {
      var end = end(0, reason)
      end.hasArrived = hasArrived
      return TraceOutcome(ends: [end], failedTargets: 0)
    }
    #expect(stopped(.interrupted, hasArrived: true).exitCode == 0)
    #expect(stopped(.interrupted, hasArrived: false).exitCode == 1)
    #expect(stopped(.loop, hasArrived: true).exitCode == 1)
  }
}
