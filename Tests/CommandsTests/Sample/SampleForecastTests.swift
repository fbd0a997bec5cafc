@testable import Plan
import ProbeEngine
import Runtime
import Testing
import Timing
import Wire

@testable import Commands

@Suite struct SampleForecastTests {
  private func group(_ probe: SampleProbe = .echo, every interval: Nanoseconds) -> SampleGroup {
    var group = SampleGroup(name: "nodes", probe: probe)
    group.interval = interval
    return group
  }

  @Test func threeTargetsTenTimesASecondAreThirtyProbesASecond() {
    let forecast = SampleForecast(group(every: .milliseconds(100)), targets: 3, duration: .seconds(300))
    // 40 octets of IPv6 header, 8 of echo header, 56 of payload.
    #expect(forecast.rate == 30 && forecast.octets == 104 && forecast.probes == 9_000)
  }

  @Test func whatEndsFirstEndsTheRun() {
    var group = group(every: .seconds(1))
    group.count = 5
    #expect(SampleForecast(group, targets: 2, duration: .seconds(60)).probes == 10)
    #expect(SampleForecast(group, targets: 2, duration: .milliseconds(2_500)).probes == 6)
    #expect(SampleForecast(group, targets: 2, duration: nil).probes == 10)
    group.count = nil
    #expect(SampleForecast(group, targets: 2, duration: nil).probes == nil)
  }

  @Test func spacingMakesAnIntervalAsLongAsAllTargetsNeed() {
    var group = group(every: .milliseconds(10))
    group.order = .constant(spacing: .milliseconds(5))
    let forecast = SampleForecast(group, targets: 10, duration: nil)
    #expect(forecast.interval == .milliseconds(50) && forecast.rate == 200)
    group.order = .constant(spacing: .seconds(1_000_000))
    #expect(SampleForecast(group, targets: .max, duration: nil).interval == Nanoseconds(.max))
  }

  @Test func asFastAsPossibleHasNoRate() {
    let forecast = SampleForecast(group(every: .zero), targets: 3, duration: .seconds(1))
    #expect(forecast.rate == nil && forecast.probes == nil)
  }

  @Test func theDryRunSaysWhoWouldBeAskedAndHowOften() throws {
    let plan = try PlanText.read(
      Array(
        """
        version: 1
        groups:
          - {name: nodes, probe: icmp6, interval: 100ms, targets: ["2001:db8::1", node.example, "2001:db8::/126"]}
          - {name: api, probe: tcp, port: 443, targets: ["[2001:db8::10]:443"], interval: 1s}
          - {name: path, probe: trace, method: udp, interval: 30s, targets: ["2001:db8::10"]}
        run: {duration: 10s, warmup: 1s}
        output: [{ndjson: run.ndjson}]
        gates: ["nodes: p99 < 2ms", "api: p99 < 1s"]

        """.utf8))
    var file = SamplePlanFile(name: "p\u{1b}.yaml", folder: "", plan: plan)
    var lists = SampleTargetLists(folder: "", interfaces: [], programName: "probe6 sample")
    file.sources = plan.groups.map { lists.sources(of: $0) }
    let request = SampleRequest(SampleInvocation(plan: .file("p")), file)
    let text = SampleDryRun(file, request.configuration) { $0 == "node.example" ? ["2001:db8::2"] : [] }
      .text()
    let lines = text.split(separator: "\n").map(String.init)
    #expect(
      lines.first
        == "p\\x1b.yaml: sends for 10 s, the first 1 s of it in no figure, then waits for answers up to \(LengthText.text(request.configuration.groups.map { $0.timeout + $0.lateWindow }.max() ?? .zero))"
    )
    for line in [
      "nodes: ICMPv6 echo, 56 octets of payload, 5 targets, each every 100 ms, timeout 1 s",
      "  50 probes/s, 5200 octets/s (IPv6 packets), 500 probes in all", "  2001:db8::1",
      "  node.example: 2001:db8::2", "  2001:db8::1 to 2001:db8::3 (3)", "  2001:db8::10 port 443",
      "api: TCP connect, 1 target, each every 1 s, timeout 1 s",
      "note: path: the run is over before a target is asked a second time",
      "note: api: p99 < 1s: of 10 probes this is the slowest one; p99 needs 100 or more",
      "output: ndjson run.ndjson", "gate: nodes: p99 < 2ms",
    ] { #expect(lines.contains(line), "\(line)\n\(text)") }
    #expect(file.checkText == "p\\x1b.yaml: ok: 3 groups, 7 targets, 1 output, 2 gates\n")
  }
}
