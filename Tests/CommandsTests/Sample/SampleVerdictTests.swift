import Plan
import ProbeEngine
import Report
import Statistics
import Testing
import Timing
import Wire

@testable import Commands

@Suite struct SampleVerdictTests {
  private func address(_ text: String) throws -> IPv6Address {
    try #require(TargetText.ipv6Address(text))
  }

  private func run() throws -> SampleRun {
    let targets = [
      SampleTarget(try address("fd00::1")), SampleTarget(.unspecified),
      SampleTarget(try address("fd00::1"), group: 1, port: 443),
      SampleTarget(try address("fe80::1"), zone: 7, group: 1, port: 80),
    ]
    let configuration = SampleConfiguration(
      groups: [
        SampleGroup(name: "n", probe: .echo), SampleGroup(name: "api", probe: .tcp(acceptsReset: false)),
      ],
      targets: targets)
    var run = SampleRun(
      configuration: configuration, labels: [[], []], names: [1: "host.example"], host: "h", version: "v")
    run.interfaceNames = [7: "eth0"]
    return run
  }

  private func figures(ok: UInt64, lost: UInt64 = 0, sendErrors: UInt64 = 0) -> SampleFigures {
    var figures = SampleFigures()
    figures.ok = ok
    figures.lost = lost
    figures.sendErrors = sendErrors
    figures.attempted = ok + lost + sendErrors
    for _ in 0..<ok { figures.histogram.record(1_000_000) }
    return figures
  }

  private func report(_ gates: [String], _ figures: [SampleFigures]) throws -> SampleReport {
    let run = try run()
    var summary = SampleSummary(startedAt: .zero, at: .zero + .seconds(1))
    summary.groups = [figures[0], figures[2]]
    let parsed = try gates.map { try PlanText.gate($0, groups: ["n", "api"]) }
    return SampleReport(
      run: run, summary: summary, targets: figures, timelines: [],
      gates: SampleGates.judge(parsed, run, summary, figures), isLast: true, isInterrupted: false)
  }

  private func code(
    _ gates: [String], _ figures: SampleFigures, isOutputLost: Bool = false
  ) throws -> Int32 {
    let report = try report(gates, [figures, figures, figures, figures])
    return SampleVerdict(report, isOutputLost: isOutputLost).exitCode
  }

  @Test func gatesDecideAndALostOutputOutweighsThem() throws {
    let good = figures(ok: 100)
    #expect(try code([], good) == 0)
    #expect(try code(["n: p99 < 2ms", "n: loss == 0%"], good) == 0)
    #expect(try code(["n: p99 < 2ms", "n: p50 < 1us"], good) == 1)
    #expect(try code(["n: p50 < 1us"], good, isOutputLost: true) == 3)
    #expect(try code([], good, isOutputLost: true) == 3)
    // Lost is what the network does; without a gate nobody minds.
    #expect(try code([], figures(ok: 0, lost: 5)) == 0)
  }

  @Test func whatNeverLeftIsThisHostsFailureUnlessAGateJudgesIt() throws {
    let stuck = figures(ok: 0, sendErrors: 5)
    #expect(try code([], stuck) == 3)
    #expect(try code([], figures(ok: 1, sendErrors: 5)) == 0)
    #expect(try code([], figures(ok: 0)) == 0)
    #expect(try code(["n: loss < 1%"], stuck) == 1)
    #expect(try code(["n: loss > 1%"], stuck) == 0)
    // Nothing was measured: not held.
    #expect(try code(["n: p99 < 1s"], stuck) == 1)
  }

  @Test func aGateMayNameATargetInAnySpelling() throws {
    let run = try run()
    for (text, index) in [
      ("fd00::1", 0), ("fd00:0::1", 0), ("FD00::1", 0), ("host.example", 1), ("[fd00::1]:443", 2),
      ("fd00::1", 2),
      ("fe80::1%eth0", 3), ("fe80::1%7", 3), ("[fe80::1%eth0]:80", 3), ("fe80::1", 3),
    ] { #expect(SampleGates.isMeant(text, index, run), "\(text)") }
    for (text, index) in [
      ("fd00::2", 0), ("host.example", 0), ("other.example", 1), ("::", 1), ("[fd00::1]:80", 2),
      ("fe80::1%eth1", 3), ("", 0), ("[", 0),
    ] { #expect(!SampleGates.isMeant(text, index, run), "\(text)") }
    let good = figures(ok: 100)
    let report = try report(["api/[fd00::1]:443: p99 < 2ms"], [good, good, good, good])
    #expect(report.gates.first?.held == true && report.gates.first?.target == 2)
  }

  @Test func problemsAreOneALineWithTheirPlacesAndHarmless() {
    let problems = PlanProblems([
      PlanProblem(line: 3, column: 7, .text("unknown key \"a\u{1b}b\"")),
      PlanProblem(line: 4, column: nil, .target(TargetTextError(input: "1.2.3.4.5", problem: .numericName))),
      PlanProblem(line: nil, column: nil, .text("empty")),
    ])
    let lines = SamplePlanFile.text(problems, file: "a\nb").split(separator: "\n").map(String.init)
    #expect(lines.count == 3)
    #expect(lines[0] == "a\\x0ab:3:7: unknown key \"a\\x1bb\"")
    #expect(lines[1].hasPrefix("a\\x0ab:4: '1.2.3.4.5': a number"))
    #expect(lines[2] == "a\\x0ab: empty")
  }

  @Test func pathsOfAPlanAreRelativeToItsFolder() {
    #expect(TargetList.file("a/b/plan.yaml").folder == "a/b/" && TargetList.file("/plan.yaml").folder == "/")
    #expect(TargetList.file("plan.yaml").folder == "" && TargetList.standardInput.folder == "")
  }
}
