import Plan
import Testing
import Timing

@testable import Commands

@Suite struct SampleVerbTests {
  private func parse(_ arguments: String...) throws(EarlyExit) -> SampleInvocation {
    try SampleVerb.parse(arguments)
  }

  private func problem(_ arguments: [String], _ verb: String = "sample") -> String? {
    do throws(EarlyExit) {
      switch verb {
      case "compare": _ = try CompareVerb.parse(arguments)
      case "merge": _ = try MergeVerb.parse(arguments)
      default: _ = try SampleVerb.parse(arguments)
      }
      return nil
    } catch {
      #expect(error.exitCode == 2 && error.standardOutput.isEmpty)
      let lines = error.standardError.split(separator: "\n")
      #expect(lines.count == 2 && lines.last == "Try 'probe6 \(verb) --help'.")
      return lines.first.map { String($0.dropFirst("probe6 \(verb): ".count)) }
    }
  }

  @Test func aPlanAloneIsRun() throws {
    let invocation = try parse("plan.yaml")
    #expect(invocation == SampleInvocation(plan: .file("plan.yaml")))
    #expect(invocation.act == .run && invocation.display == SampleDisplay())
    #expect(try parse("-").plan == .standardInput)
    #expect(try parse("--", "-n").plan == .file("-n"))
  }

  @Test func eachOptionIsFilledIn() throws {
    let invocation = try parse(
      "plan.yaml", "-n", "--slo", "a: p99 < 2ms", "-g", "b: loss == 0", "-d", "1m", "-c7", "--seed=0x10",
      "-o", "ndjson:a:b", "-o", "junit:-", "--json", "-q", "--no-progress", "--color", "never", "-6")
    #expect(invocation.act == .dryRun)
    #expect(invocation.gates == ["a: p99 < 2ms", "b: loss == 0"])
    #expect(invocation.duration == .seconds(60) && invocation.count == 7 && invocation.seed == 16)
    #expect(
      invocation.outputs == [
        SamplePlan.Output(format: .ndjson, path: "a:b"), SamplePlan.Output(format: .junit, path: "-"),
      ])
    var display = SampleDisplay()
    display.isJSON = true
    display.isQuiet = true
    display.showsProgress = false
    display.color = .never
    #expect(invocation.display == display)
    #expect(try parse("p", "--check").act == .check)
  }

  @Test(arguments: [
    ([], "no plan; give its file, or - for standard input"),
    (["a", "b"], "'b': one plan at a time, and that is 'a'"),
    (["a", "--check", "-n"], "--check and -n exclude each other"),
    (["a", "--chekc"], "unknown option '--chekc'; did you mean --check?"),
    (
      ["a", "-o", "run.ndjson"],
      "-o: 'run.ndjson' is not FORMAT:FILE; formats: ndjson, csv, openmetrics, atlas, junit"
    ),
    (
      ["a", "-o", "ndjosn:x"],
      "-o: 'ndjosn' is not a format; allowed: ndjson, csv, openmetrics, atlas, junit; did you mean ndjson?"
    ),
    (["a", "-o", "csv:"], "-o: '' is not a file name"),
    (["a", "-o", "csv:\0"], "-o: '\\x00' is not a file name"),
    (["a", "-c0"], "-c: '0' is out of range; allowed: 1 to 9223372036854775807"),
    (["a", "-d", "0"], "-d: '0' is out of range; allowed: 1ns to 2147483.647s"),
    (["a", "--color", "blue"], "--color: 'blue'; allowed: auto, always, never"),
    (["a", "-4"], "-4: probe6 is IPv6 only"), ([""], "PLAN: '' is not a file name"),
  ]) func whatIsWrongIsSaidWithWhatWouldBeRight(_ arguments: [String], _ text: String) {
    #expect(problem(arguments) == text)
  }

  @Test func runsAreComparedByTwo() throws {
    var expected = CompareInvocation(first: "a", second: "-")
    #expect(try CompareVerb.parse(["a", "-"]) == expected)
    expected.confidence = 0.99
    expected.resamples = 500
    expected.seed = 9
    expected.isJSON = true
    #expect(
      try CompareVerb.parse(["--confidence", ".99", "a", "-", "--resamples", "500", "--seed", "9", "--json"])
        == expected)
    #expect(problem(["a"], "compare") == "two runs are compared, and 1 given")
    #expect(problem(["-", "-"], "compare") == "-: standard input can be read only once")
    for text in ["1", "95", "nan", "0.4", "x", "", "0.99999"] {
      #expect(
        problem(["--confidence", text, "a", "b"], "compare")
          == "--confidence: '\(text)' is not a share such as 0.95; allowed: 0.5 to 0.9999")
    }
  }

  @Test func oneRunOrMoreAreMerged() throws {
    #expect(try MergeVerb.parse(["a"]) == MergeInvocation(runs: ["a"], output: nil))
    #expect(try MergeVerb.parse(["a", "-o", "c", "b"]) == MergeInvocation(runs: ["a", "b"], output: "c"))
    #expect(try MergeVerb.parse(["a", "-o-"]) == MergeInvocation(runs: ["a"], output: nil))
    #expect(problem([], "merge") == "no run; give the NDJSON files of one or more")
    #expect(problem(["-", "a", "-"], "merge") == "-: standard input can be read only once")
  }
}
