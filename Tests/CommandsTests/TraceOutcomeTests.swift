import ProbeEngine
import Testing
import Timing
import Wire

@testable import Commands

@Suite struct TraceOutcomeTests {
  private func end(_ target: Int, _ reason: TraceEnd.Reason) -> TraceEnd {
    TraceEnd(target: target, reason: reason, hops: 3, startedAt: .zero, at: .zero)
  }

  private func reply(_ target: Int, _ answer: TraceAnswer) -> TraceEvent {
    .reply(
      TraceReply(
        number: 0,
        probe: TraceProbe(
          target: target, hopLimit: 1, query: 0, flow: TraceFlow(sourcePort: 1, destinationPort: 2),
          packetLength: 80),
        address: .unspecified, zone: 0, interface: 0, answer: answer, roundTrip: nil, roundTripSource: .user,
        sentAt: .zero, receivedAt: .zero))
  }

  @Test func zeroWhereEveryTargetWasReachedOneWhereNotTwoWhereANameFailed() {
    #expect(TraceOutcome(ends: [end(0, .reached), end(1, .reached)], failedTargets: 0).exitCode == 0)
    #expect(TraceOutcome(ends: [end(0, .reached), end(1, .maximumHops)], failedTargets: 0).exitCode == 1)
    #expect(TraceOutcome(ends: [end(0, .unreachable(type: 1, code: 1))], failedTargets: 0).exitCode == 1)
    #expect(TraceOutcome(ends: [end(0, .reached)], failedTargets: 1).exitCode == 2)
    #expect(TraceOutcome(ends: [], failedTargets: 0).exitCode == 1)
  }

  @Test func aTraceThatWasStoppedHasReachedATargetThatAnswered() {
    var arrivals = TraceArrivals()
    arrivals.note(reply(0, .timeExceeded(code: 0)))
    arrivals.note(reply(1, .unreachable(code: 4)))
    arrivals.note(reply(2, .unreachable(code: 1)))
    #expect(arrivals.targets == [1])
    #expect(TraceOutcome(ends: [end(1, .interrupted)], arrivals: arrivals, failedTargets: 0).exitCode == 0)
    #expect(TraceOutcome(ends: [end(0, .interrupted)], arrivals: arrivals, failedTargets: 0).exitCode == 1)
    #expect(TraceOutcome(ends: [end(1, .maximumHops)], arrivals: arrivals, failedTargets: 0).exitCode == 1)
  }
}
