import LinuxNet
import Plan

/// Reads runs that compare and merge are given, and tells what is wrong with them.
enum RunFiles {
  static func read(_ path: String, programName: String) throws(EarlyExit) -> RunFile {
    let name = path == "-" ? "standard input" : path
    var reader = RunFileReader()
    do throws(SystemError) {
      if path == "-" {
        try InputFile.readStandardInput { reader.read($0) }
      } else {
        try InputFile.read(path: path) { reader.read($0) }
      }
    } catch {
      throw EarlyExit(
        standardError: "\(programName): \(path == "-" ? name : quoted(name)): \(error.errno.text)\n",
        exitCode: 2)
    }
    let run: RunFile
    do throws(PlanProblems) { run = try reader.finish() } catch {
      throw EarlyExit(
        standardError: error.problems.map { "\(programName): \(escaped(name)): \($0.what.message)\n" }
          .joined(),
        exitCode: 2)
    }
    if run.isCut {
      tell("\(programName): \(escaped(name)): the run's end is missing; what there is counts\n")
    }
    if run.badLineCount > 0 {
      let lines = run.badLines.prefix(5).map { String($0) }.joined(separator: ", ")
      let more = run.badLineCount > 5 ? " and \(run.badLineCount - 5) more" : ""
      tell("\(programName): \(escaped(name)): lines that are not of a run: \(lines)\(more)\n")
    }
    return run
  }

  /// A line for people; one that cannot be written is lost.
  static func tell(_ text: String) { try? Output.write(text, to: 2) }
}

/// Runs `probe6 compare`.
enum RunCompare {
  static func verb(_ arguments: [String]) throws(EarlyExit) -> Int32 {
    let program = "probe6 compare"
    let invocation = try CompareVerb.parse(arguments)
    let first = try RunFiles.read(invocation.first, programName: program)
    let second = try RunFiles.read(invocation.second, programName: program)
    let comparison = RunComparison(
      first, second, confidence: invocation.confidence, resamples: invocation.resamples, seed: invocation.seed
    )
    for note in comparison.notes { RunFiles.tell("\(program): \(note)\n") }
    guard !comparison.rows.isEmpty else {
      throw EarlyExit(standardError: "\(program): the runs have no group in common\n", exitCode: 2)
    }
    let octets =
      invocation.isJSON
      ? comparison.json(
        time: SystemClock.realtimeNow(), confidence: invocation.confidence,
        files: [invocation.first, invocation.second])
      : Array(comparison.text(confidence: invocation.confidence).utf8)
    do throws(SystemError) { try Output.writeWhole(octets) } catch { throw EarlyExit(exitCode: 3) }
    return comparison.isWorse ? 1 : 0
  }
}

/// Runs `probe6 merge`.
enum RunMerge {
  static func verb(_ arguments: [String]) throws(EarlyExit) -> Int32 {
    let program = "probe6 merge"
    let invocation = try MergeVerb.parse(arguments)
    var merging = RunMerging()
    for path in invocation.runs {
      merging.add(try RunFiles.read(path, programName: program), from: path)
    }
    for note in merging.notes { RunFiles.tell("\(program): \(note)\n") }
    let octets = merging.lines(at: SystemClock.realtimeNow(), host: Process.hostName)
    do throws(SystemError) {
      if let path = invocation.output {
        try OutputFile(path: path, replaces: true).finish(octets)
      } else {
        try Output.writeWhole(octets)
      }
    } catch {
      if error.errno == .brokenPipe { throw EarlyExit(exitCode: 3) }
      let name = invocation.output.map { quoted($0) } ?? "standard output"
      let text = error.errno == .invalidArgument ? "not a regular file" : error.errno.text
      throw EarlyExit(standardError: "\(program): \(name): \(text)\n", exitCode: 3)
    }
    let runs = invocation.runs.count
    RunFiles.tell(
      "\(program): \(runs) run\(runs == 1 ? "" : "s"), \(merging.attempted) probes\n")
    return 0
  }
}

extension Output {
  /// To standard output; a reader that has gone is an error, not a signal.
  fileprivate static func writeWhole(_ octets: [UInt8]) throws(SystemError) {
    try Signal.pipe.ignore()
    try write(octets, to: 1)
  }
}
