import ProbeEngine
import Testing
import Timing
import Wire

@testable import Commands

@Suite struct LinkOutcomeTests {
  private func neighbor(_ verdict: NeighborVerdict) -> LinkSummary {
    .neighbor(NeighborSummary(target: 0, verdict: verdict, at: .zero))
  }

  private func code(_ summaries: [LinkSummary], events: [LinkEvent] = [], failedLines: Int = 0) -> Int32 {
    var tally = LinkOutcome.Tally()
    for event in events { tally.take(event) }
    return LinkOutcome(summaries, tally: tally, failedLines: failedLines).exitCode
  }

  private func finding(_ kind: Finding.Kind, _ severity: Finding.Severity) -> LinkEvent {
    .finding(Finding(kind, severity, at: .zero))
  }

  private var sent: LinkEvent {
    .sent(
      LinkProbe(
        number: 0, target: nil, type: 133, source: .unspecified, destination: .unspecified, attempt: 1,
        at: .zero))
  }

  @Test func everyVerdictHasItsExitCode() {
    let codes: [NeighborVerdict: Int32] = [
      .agrees: 0, .absent: 0, .local: 0, .free: 0, .fresh: 0, .stale: 0, .silent: 1, .dead: 1,
      .interrupted: 1, .differs: 4, .conflict: 4, .inUse: 4, .loopedBack: 4, .multicastOnly: 4,
      .sendFailed: 3,
    ]
    for verdict in NeighborVerdict.allCases {
      #expect(code([neighbor(verdict)]) == codes[verdict], "\(verdict)")
    }
  }

  @Test func ofSeveralTargetsTheGravestCounts() {
    #expect(code([neighbor(.agrees), neighbor(.silent)]) == 1)
    #expect(code([neighbor(.silent), neighbor(.conflict), neighbor(.agrees)]) == 4)
    #expect(code([neighbor(.sendFailed), neighbor(.conflict)]) == 3)
    #expect(code([neighbor(.silent)], failedLines: 1) == 2)
    #expect(code([neighbor(.agrees)], failedLines: 1) == 2)
    #expect(code([neighbor(.differs)], failedLines: 1) == 4)
    #expect(code([]) == 1)
  }

  @Test func aFindingThatIsAProblemIsFourAndANoticeIsNothing() {
    #expect(code([neighbor(.agrees)], events: [finding(.frameDiffers, .notice)]) == 0)
    #expect(code([neighbor(.agrees)], events: [finding(.brokenRule, .problem)]) == 4)
    #expect(code([.watch(WatchSummary(at: .zero))]) == 0)
    #expect(code([.watch(WatchSummary(at: .zero))], events: [finding(.conflict, .problem)]) == 4)
    #expect(code([.table(nil, entries: 0, at: .zero)]) == 0)
    #expect(code([.table(nil, entries: 9, at: .zero)], events: [finding(.tableFull, .problem)]) == 4)
  }

  @Test func noRouterIsNoAnswerAndNoBrokenRule() {
    var summary = RoutersSummary(at: .zero)
    summary.solicitations = 3
    #expect(code([.routers(summary)], events: [finding(.noRouter, .problem)]) == 1)
    #expect(code([.routers(summary)], events: [finding(.brokenRule, .problem)]) == 4)
    summary.sendFailed = 2
    #expect(code([.routers(summary)]) == 1)
    summary.sendFailed = 3
    #expect(code([.routers(summary)]) == 3)
    summary.routers = 1
    #expect(code([.routers(summary)]) == 0)
    #expect(code([.routers(summary)], events: [finding(.inconsistentRouters, .problem)]) == 4)
  }

  @Test func aScanThatFindsOnlyThisHostHasNoAnswer() {
    var summary = ScanSummary(at: .zero)
    summary.stations = 1
    summary.questions = 4
    let own = StationRow(link: nil, addresses: [], isThisHost: true)
    #expect(code([.scan(summary)], events: [.station(own)]) == 1)
    let other = StationRow(link: nil, addresses: [])
    #expect(code([.scan(summary)], events: [.station(own), .station(other)]) == 0)
    #expect(code([.scan(summary)], events: [.station(other), finding(.conflict, .problem)]) == 4)
    summary.sendFailed = 4
    #expect(code([.scan(summary)], events: [.station(own)]) == 3)
  }

  @Test func guardSaysWhetherTheLinkIsAsItWas() {
    var summary = GuardSummary(baseline: LinkBaseline(), isWritten: false, at: .zero)
    #expect(code([.baseline(summary)]) == 0)
    summary.notices = 3
    #expect(code([.baseline(summary)]) == 0)
    summary.problems = 1
    #expect(code([.baseline(summary)]) == 4)
    summary.sendFailed = 1
    #expect(code([.baseline(summary)], events: [sent, sent]) == 4)
    #expect(code([.baseline(summary)], events: [sent, finding(.missingRouter, .problem)]) == 3)
  }

  @Test func conformanceIsWholeOrSaysNothing() {
    let answer = ConformanceRow.Answer(flags: 0x60, hasLinkLayerAddress: true)
    func row(_ received: ConformanceRow.Answer?, errno: Int32? = nil) -> LinkEvent {
      .conformance(ConformanceRow(.multicast, expected: answer, received: received, errno: errno, at: .zero))
    }
    let all = CraftedSolicitation.allCases.count
    #expect(code([.conformance(tried: all, asExpected: all, at: .zero)], events: [row(answer)]) == 0)
    #expect(code([.conformance(tried: all, asExpected: all - 1, at: .zero)], events: [row(answer)]) == 4)
    #expect(code([.conformance(tried: 4, asExpected: 4, at: .zero)], events: [row(answer)]) == 1)
    #expect(code([.conformance(tried: 1, asExpected: 0, at: .zero)], events: [row(nil)]) == 1)
    #expect(
      code(
        [.conformance(tried: all, asExpected: all - 1, at: .zero)], events: [row(answer), row(nil, errno: 1)])
        == 3)
    #expect(
      code(
        [neighbor(.silent), .conformance(tried: 1, asExpected: 0, at: .zero)], events: [row(nil)]) == 1)
  }
}
