import LinuxNet
import ProbeEngine
import Report
import Runtime

/// Runs a trace for one of the faces and turns its end into the exit code that the original would give.
enum RunTraceFace {
  static func run(
    _ face: Dispatch.Face, _ arguments: [String], programName: String
  ) throws(EarlyExit) -> Int32? {
    guard var invocation = try parse(face, arguments, programName: programName) else { return nil }
    let systems = try RunTrace.systems(invocation.systemsFile, programName: programName)
    // Rows are told of as they come, probe by probe.
    invocation.request.configuration.reportsProbes = true
    do throws(PingFailure) {
      let ends: [TraceEnd]
      switch invocation.text {
      case .butskoy(let options):
        ends = try run(invocation, ButskoyText(options: options), options.isNumeric, systems)
        return 0
      case .ndisc6(let options):
        ends = try run(invocation, Ndisc6TracerouteText(options: options), options.isNumeric, systems)
        return ends.allSatisfy(\.isReached) ? 0 : 2
      case .tracepath(let options):
        ends = try run(invocation, TracepathText(options: options), options.isNumeric, systems)
        return 0
      }
    } catch {
      throw exit(error, invocation)
    }
  }

  /// What the original's help says.
  static func help(_ face: Dispatch.Face) -> String {
    let flag = face == .traceroute6 ? "--help" : "-h"
    do throws(EarlyExit) { _ = try parse(face, [flag], programName: face.rawValue) } catch {
      return error.standardOutput + error.standardError
    }
    return ""
  }

  /// nil: not a trace.
  static func parse(
    _ face: Dispatch.Face, _ arguments: [String], programName: String
  ) throws(EarlyExit) -> TraceFaceInvocation? {
    // Whoever started the program with more rights than its user has does not trust that user's environment.
    let isSecure = Privileges.isSecureExecution
    let environment = { (name: String) in isSecure ? nil : Process.environment(name) }
    switch face {
    case .ping6: return nil
    case .traceroute6:
      var surroundings = ButskoyTraceroute.Surroundings()
      surroundings.environment = environment
      surroundings.setting = { try? SystemControl.read($0) }
      surroundings.port = ServiceNames.port
      surroundings.stamp = UInt32(truncatingIfNeeded: (try? EntropySource.seed()) ?? 0)
      return try ButskoyTraceroute.parse(arguments, programName: programName, in: surroundings)
    case .rltraceroute6: return try ndisc6(.rltraceroute6, arguments, programName, environment)
    case .tcptraceroute6: return try ndisc6(.tcptraceroute6, arguments, programName, environment)
    case .tracert6: return try ndisc6(.tracert6, arguments, programName, environment)
    case .tracepath6:
      return try Tracepath.parse(arguments, programName: programName, environment: environment)
    }
  }

  private static func ndisc6(
    _ face: Ndisc6Traceroute.Face, _ arguments: [String], _ programName: String,
    _ environment: (String) -> String?
  ) throws(EarlyExit) -> TraceFaceInvocation {
    try Ndisc6Traceroute.parse(
      arguments, programName: programName, face: face, environment: environment, service: ServiceNames.port)
  }

  private static func run<Writer: TraceWriter>(
    _ invocation: TraceFaceInvocation, _ writer: Writer, _ isNumeric: Bool, _ systems: PrefixTable?
  ) throws(PingFailure) -> [TraceEnd] {
    try RunTrace.run(
      invocation.request, writer, looksUpNames: !isNumeric, systems: systems,
      programName: invocation.programName
    ).ends
  }

  /// A run that could not begin: names are usage to traceroute and tracepath, and a failure to ndisc6's tools.
  private static func exit(_ failure: PingFailure, _ invocation: TraceFaceInvocation) -> EarlyExit {
    if case .system(let error) = failure, error.errno == .brokenPipe { return EarlyExit(exitCode: 1) }
    let isName = PingFailureText.verbCode(failure) == 2
    let code: Int32
    switch invocation.text {
    case .butskoy: code = isName ? 2 : 1
    case .ndisc6, .tracepath: code = 1
    }
    return EarlyExit(
      standardError: TraceFailureText.text(failure, invocation.request)
        .map { "\(invocation.programName): \($0)\n" }.joined(),
      exitCode: code)
  }
}
