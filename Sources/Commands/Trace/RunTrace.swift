import LinuxNet
import ProbeEngine
import Report
import Runtime

/// Runs a trace that the command line asked for and turns its end into an exit code.
enum RunTrace {
  private enum Limits {
    /// Eight million lines of 32 octets.
    static let systemsOctets = 1 << 28
  }

  static func verb(_ arguments: [String]) throws(EarlyExit) -> Int32 {
    let program = "probe6 trace"
    var invocation = try TraceVerb.parse(arguments, interfaces: InterfaceNames.offered)
    let failedLines = try readLists(&invocation, programName: program)
    let systems = try systems(invocation.output.systemsFile, programName: program)
    for notice in invocation.notices { tell("\(program): \(notice)\n") }
    do throws(PingFailure) {
      var outcome = try run(invocation, systems: systems, programName: program)
      outcome.failedTargets += failedLines
      return outcome.exitCode
    } catch {
      throw TraceFailureText.exit(error, invocation, programName: program)
    }
  }

  private static func run(
    _ invocation: TraceInvocation, systems: PrefixTable?, programName: String
  ) throws(PingFailure) -> TraceOutcome {
    let options = TraceTextOptions(invocation)
    switch invocation.output.style {
    case .text: return try run(invocation, TraceText(options: options), systems, programName)
    case .json:
      return try run(
        invocation, TraceJSON(includesNames: !invocation.output.isNumeric), systems, programName)
    case .atlas: return try run(invocation, TraceAtlas(), systems, programName)
    case .scamper: return try run(invocation, TraceScamper(), systems, programName)
    case .dot: return try run(invocation, TraceDot(options: options), systems, programName)
    case .report: return try run(invocation, TraceReport(options: options), systems, programName)
    case .live: return try live(invocation, systems, programName)
    }
  }

  /// A screen where standard output is a terminal, lines elsewhere.
  private static func live(
    _ invocation: TraceInvocation, _ systems: PrefixTable?, _ programName: String
  ) throws(PingFailure) -> TraceOutcome {
    guard let screen = TerminalScreen(output: 1) else {
      return try run(
        invocation, LiveLines(options: TraceTextOptions(invocation)), systems, programName)
    }
    var sink = LiveSink(
      screen, request: invocation.request, looksUpNames: !invocation.output.isNumeric, systems: systems,
      programName: programName)
    let ends = try TraceSession.run(invocation.request, sink: &sink)
    return TraceOutcome(ends: ends, failedTargets: sink.failedTargets)
  }

  private static func run<Writer: TraceWriter>(
    _ invocation: TraceInvocation, _ writer: Writer, _ systems: PrefixTable?, _ programName: String
  ) throws(PingFailure) -> TraceOutcome {
    try run(
      invocation.request, writer, looksUpNames: !invocation.output.isNumeric, systems: systems,
      programName: programName)
  }

  /// Runs with this writer.
  static func run<Writer: TraceWriter>(
    _ request: TraceRequest, _ writer: Writer, looksUpNames: Bool, systems: PrefixTable?, programName: String
  ) throws(PingFailure) -> TraceOutcome {
    var output = TraceOutput(
      writer, request: request, looksUpNames: looksUpNames, systems: systems, programName: programName)
    do throws(PingFailure) {
      let ends = try TraceSession.run(request, sink: &output)
      return TraceOutcome(ends: ends, failedTargets: output.failedTargets)
    } catch {
      try? output.flush(isLast: true)
      throw error
    }
  }

  /// Reads the lists of targets into the invocation; returns how many of their lines were none. Each is told of on
  /// standard error.
  static func readLists(_ invocation: inout TraceInvocation, programName: String) throws(EarlyExit) -> Int {
    guard !invocation.targetLists.isEmpty else { return 0 }
    var targets = TraceTargets(
      names: invocation.request.targetNames, zone: invocation.request.interface, port: invocation.port)
    var failed = 0
    for list in invocation.targetLists {
      failed += try list.read(programName: programName) {
        targets.add(list: $0, interfaces: InterfaceNames.offered)
      }
    }
    guard !targets.names.isEmpty else {
      throw EarlyExit(standardError: "\(programName): no target in the lists given\n", exitCode: 2)
    }
    invocation.take(targets)
    if let problem = invocation.portProblem {
      throw EarlyExit(standardError: "\(programName): \(problem)\n", exitCode: 2)
    }
    return failed
  }

  /// The table of `--as-file`. Lines that are no prefixes are told of on standard error; a file of nothing else ends
  /// the program.
  static func systems(_ path: String?, programName: String) throws(EarlyExit) -> PrefixTable? {
    guard let path else { return nil }
    let octets: [UInt8]
    do throws(SystemError) {
      octets = try InputFile.read(path: path, limit: Limits.systemsOctets)
    } catch {
      throw TargetList.file(path).unreadable("--as-file", error, programName: programName)
    }
    let table = PrefixTable(parsing: octets.span)
    for line in table.badLines {
      tell("\(programName): \(escaped(path)):\(line.number): \(line.reason.rawValue)\n")
    }
    if table.badLineCount > table.badLines.count {
      tell(
        "\(programName): \(escaped(path)): \(table.badLineCount - table.badLines.count) more lines are not understood\n"
      )
    }
    guard table.count > 0 else {
      throw EarlyExit(
        standardError:
          "\(programName): --as-file: \(quoted(path)) has no line of an IPv6 prefix and its AS number, such as '2001:db8::/32 64500'\n",
        exitCode: 2)
    }
    return table
  }

  /// A line for people; one that cannot be written is lost.
  private static func tell(_ text: String) { try? Output.write(text, to: 2) }
}

extension TraceTextOptions {
  init(_ invocation: TraceInvocation) {
    self.init()
    isNumeric = invocation.output.isNumeric
    isVerbose = invocation.output.isVerbose
    showsTimestamps = invocation.output.showsTimestamps
    isUTF8 = Process.isLocaleUTF8
  }
}
