import ProbeEngine
import Testing
import Timing

@testable import Plan

struct GateTextTests {
  func gate(_ text: String) throws(PlanProblems) -> Gate {
    try PlanText.gate(text, groups: ["nodes", "api", "scheduled"])
  }

  @Test(
    arguments: [
      ("nodes: p50 < 2ms", .percentile(50), .less, .time(.milliseconds(2))),
      ("nodes: p99.9<=1.5s", .percentile(99.9), .lessOrEqual, .time(.milliseconds(1500))),
      ("nodes: min > 0", .minimum, .greater, .time(.zero)),
      ("nodes: mean ≤ 3us", .mean, .lessOrEqual, .time(.microseconds(3))),
      ("nodes: max ≥ 3ns", .maximum, .greaterOrEqual, .time(Nanoseconds(3))),
      ("nodes: stddev < 1ms", .deviation, .less, .time(.milliseconds(1))),
      ("nodes: jitter < 1ms", .jitter, .less, .time(.milliseconds(1))),
      ("nodes: ipdv < 1ms", .delayVariation, .less, .time(.milliseconds(1))),
      ("nodes: from_schedule_p99 < 1m", .fromSchedule(99), .less, .time(.seconds(60))),
      ("nodes: host_p95 < 1ms", .host(95), .less, .time(.milliseconds(1))),
      ("nodes: p95_host < 1ms", .host(95), .less, .time(.milliseconds(1))),
      ("nodes: p99.9_from_schedule < 1ms", .fromSchedule(99.9), .less, .time(.milliseconds(1))),
      ("nodes: mdev < 1ms", .deviation, .less, .time(.milliseconds(1))),
      ("nodes: longest_loss_burst < 3", .longestLossBurst, .less, .count(3)),
      ("nodes: outage == 0", .outage, .equal, .time(.zero)),
      ("nodes: loss < 0.1%", .loss, .less, .share(0.001)),
      ("nodes: loss < 0.001", .loss, .less, .share(0.001)),
      ("nodes: late == 0", .late, .equal, .share(0)),
      ("nodes: lost != 100 %", .lost, .notEqual, .share(1)),
      ("nodes: icmp_errors == 0%", .icmpErrors, .equal, .share(0)),
      ("nodes: send_errors == 0%", .sendErrors, .equal, .share(0)),
      ("nodes: duplicates == 0", .duplicates, .equal, .count(0)),
      ("nodes: reordered < 3", .reordered, .less, .count(3)),
      ("nodes: bursts < 3", .lossBursts, .less, .count(3)),
      ("nodes: longest_burst < 3", .longestLossBurst, .less, .count(3)),
      ("nodes: changes == 0", .changes, .equal, .count(0)),
      ("nodes: attempted >= 18446744073709551615", .attempted, .greaterOrEqual, .count(.max)),
      ("nodes: ok > 10", .ok, .greater, .count(10)),
    ] as [(String, Gate.Metric, Gate.Comparison, Gate.Value)])
  func aFigureOfAGroupIsReadWithItsUnit(
    text: String, metric: Gate.Metric, comparison: Gate.Comparison, value: Gate.Value
  ) throws {
    #expect(
      try gate(text)
        == Gate(scope: .group("nodes"), metric: metric, comparison: comparison, limit: value, text: text))
  }

  @Test(
    arguments: [
      ("scheduler: p99_error < 200us", .scheduler), ("scheduler: max_error < 1ms", .scheduler),
      ("scheduler: missed == 0", .scheduler), ("nodes/*: loss == 0", .eachTarget("nodes")),
      ("nodes/fd00::1: loss == 0", .target(group: "nodes", name: "fd00::1")),
      ("nodes/fd00::: loss == 0", .target(group: "nodes", name: "fd00::")),
      ("api/[fd00::1]:443:loss==0", .target(group: "api", name: "[fd00::1]:443")),
      ("nodes/fe80::1%eth0 :p50<1s", .target(group: "nodes", name: "fe80::1%eth0")),
      ("  nodes:p99<2ms  ", .group("nodes")),
    ] as [(String, Gate.Scope)])
  func aScopeMayHaveColons(text: String, scope: Gate.Scope) throws {
    #expect(try gate(text).scope == scope)
  }

  @Test(arguments: [
    ("", "GROUP: METRIC"), ("nodes", "GROUP: METRIC"), ("p99 < 2ms", "GROUP: METRIC"),
    (": loss == 0", "no group"),
    ("node: loss == 0", "did you mean \"nodes\""), ("sheduler: missed == 0", "did you mean \"scheduler\""),
    ("other: loss == 0", "there is \"nodes\", \"api\""),
    ("nodes/: loss == 0", "nodes/*"), ("nodes: loss", "no comparison"), ("nodes: < 1%", "no metric"),
    ("nodes: loss <", "no limit"), ("nodes: loss = 0", "write =="), ("nodes: loss =< 0", "write <="),
    ("nodes: loss << 0", "one of"), ("nodes: avg < 1ms", "did you mean mean"),
    ("nodes: dublicates == 0", "did you mean duplicates"), ("nodes: fast == 1", "one of p50"),
    ("nodes: p101 < 1ms", "unknown metric"), ("nodes: p < 1ms", "unknown metric"),
    ("nodes: p-1 < 1ms", "unknown"),
    ("nodes: p99 < 2", "2ms or 2s"), ("nodes: p99 < 2%", "length of time"),
    ("nodes: p99 < -2ms", "length of time"),
    ("nodes: p99 < 1:30", "length of time"), ("nodes: loss < 2ms", "no share"),
    ("nodes: loss < 101%", "more than all"),
    ("nodes: loss < 1", "1%"), ("nodes: loss < nan", "no share"), ("nodes: loss < 1e-3", "no share"),
    ("nodes: ok > 1.5", "whole number"), ("nodes: ok > -1", "whole number"), ("nodes: ok > 1ms", "no count"),
    ("scheduler: loss == 0", "no figure of the scheduler"), ("nodes: missed == 0", "figure of the scheduler"),
    ("nodes/*: host_p99 < 1ms", "write nodes: host_p99"), ("nodes/a: from_schedule_p99 < 1ms", "whole group"),
    ("nodes: ok > 18446744073709551616", "whole number"),
  ])
  func whatIsWrongIsToldWithTheInputAndWhatWouldBeRight(text: String, word: String) {
    #expect {
      _ = try gate(text)
    } throws: { error in
      guard case .text(let words) = (error as? PlanProblems)?.problems.first?.what else { return false }
      return words.hasPrefix("gate \"") && PlanTextTests.has(words, word)
    }
  }
}
