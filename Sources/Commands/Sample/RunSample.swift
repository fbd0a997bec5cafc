import LinuxNet
import Plan
import ProbeEngine
import Report
import Runtime
import Timing

/// Runs a sampling plan that the command line asked for and turns its end into an exit code.
enum RunSample {
  static func verb(_ arguments: [String]) throws(EarlyExit) -> Int32 {
    let program = "probe6 sample"
    let invocation = try SampleVerb.parse(arguments)
    let file = try SamplePlanFile.read(invocation.plan, gates: invocation.gates, programName: program)
    let request = SampleRequest(invocation, file)
    switch invocation.act {
    case .check: throw EarlyExit(standardOutput: file.checkText, exitCode: 0)
    case .dryRun:
      throw EarlyExit(standardOutput: SampleDryRun(file, request.configuration).text(), exitCode: 0)
    case .run: break
    }
    // An output that may grow no more is an output that is lost.
    try? Signal.fileSizeLimit.ignore()
    let outputs = SampleOutputs(invocation, file, programName: program)
    let channels = try outputs.open()
    var output = SampleOutput(
      invocation, file, channels: channels, showsProgress: outputs.showsProgress, programName: program,
      snapshotText: outputs.text(descriptor: 2))
    do throws(PingFailure) {
      _ = try SampleSession.run(request, sink: &output)
      return output.finish().exitCode
    } catch {
      _ = output.finish()
      throw exit(error, programName: program)
    }
  }

  private static func exit(_ failure: PingFailure, programName: String) -> EarlyExit {
    // An output that was lost has been told of; standard output that a reader closed is no news to anybody.
    if case .system(let error) = failure, error.call.description == "write" { return EarlyExit(exitCode: 3) }
    return EarlyExit(
      standardError: PingFailureText.text(failure, isFace: false).map { "\(programName): \($0)\n" }.joined(),
      exitCode: PingFailureText.verbCode(failure))
  }
}

extension SamplePlanFile {
  /// One line: what there is.
  var checkText: String {
    let targets = sources.joined().reduce(0) { $0 + $1.count }
    let parts = [
      Self.count(plan.groups.count, "group"), Self.count(targets, "target"),
      Self.count(plan.outputs.count, "output"), Self.count(plan.gates.count, "gate"),
    ]
    return "\(escaped(name)): ok: \(parts.joined(separator: ", "))\n"
  }

  private static func count(_ number: Int, _ noun: String) -> String {
    "\(number) \(noun)\(number == 1 ? "" : "s")"
  }
}
