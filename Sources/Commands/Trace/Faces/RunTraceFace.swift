import LinuxNet
import Plan
import ProbeEngine
import Report
import Runtime
import Wire

/// Runs a trace that one of the faces was asked for and turns its end into the exit code of the original.
enum RunTraceFace {
  /// nil: the face is not a trace.
  static func run(
    _ face: Dispatch.Face, _ arguments: [String], programName: String
  ) throws(EarlyExit) -> Int32? {
    guard let invocation = try parse(face, arguments, programName: programName) else { return nil }
    return try run(invocation)
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
    case .ping6, .ndisc6, .rdisc6, .fping6: return nil
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

  private static func run(_ invocation: TraceFaceInvocation) throws(EarlyExit) -> Int32 {
    var invocation = invocation
    let systems = try RunTrace.systems(invocation.systemsFile, programName: invocation.programName)
    if let source = invocation.sourceName {
      do throws(ResolverError) {
        guard let address = try Resolver.resolve(source.text).addresses.first else { return 1 }
        let zone = address.scope == 0 ? "" : "%\(address.scope)"
        invocation.request.source = address.address.description + zone
      } catch { throw TraceFaceFailure.source(source, error, invocation) }
    }
    if case .tracepath(let options) = invocation.text, invocation.request.configuration.maximumHops == 0 {
      throw EmptyPath.exit(invocation, options)
    }
    do throws(PingFailure) {
      switch invocation.text {
      case .butskoy(let options):
        return exitCode(
          try run(invocation, ButskoyText(options: options), options.isNumeric, systems), invocation)
      case .ndisc6(var options):
        options.isTerminal = Terminal.isTerminal(1)
        // The line that is written over follows each probe.
        invocation.request.configuration.reportsProbes = options.isTerminal
        return exitCode(
          try run(invocation, Ndisc6TracerouteText(options: options), options.isNumeric, systems), invocation)
      case .tracepath(let options):
        return exitCode(
          try run(
            invocation, TracepathText(options: options), options.isNumeric && !options.showsBoth, systems),
          invocation)
      }
    } catch {
      throw TraceFaceFailure.exit(error, invocation)
    }
  }

  private static func run<Writer: TraceWriter>(
    _ invocation: TraceFaceInvocation, _ writer: Writer, _ isNumeric: Bool, _ systems: PrefixTable?
  ) throws(PingFailure) -> [TraceEnd] {
    var output = TraceOutput(
      writer, request: invocation.request, looksUpNames: !isNumeric, systems: systems,
      programName: invocation.programName)
    do throws(PingFailure) {
      return try TraceSession.run(invocation.request, sink: &output)
    } catch {
      try? output.flush(isLast: true)
      throw error
    }
  }

  /// Butskoy: 0 where a probe could leave, else 1. ndisc6: 0 where the target itself ended the trace, 1 where no probe
  /// could leave, else 2. tracepath: 0.
  static func exitCode(_ ends: [TraceEnd], _ invocation: TraceFaceInvocation) -> Int32 {
    guard let end = ends.first else { return 1 }
    var errno: Int32?
    if case .sendFailed(let number) = end.reason { errno = number }
    switch invocation.text {
    case .butskoy: return errno == nil || errno == Errno.messageTooLong.rawValue ? 0 : 1
    case .ndisc6:
      if errno != nil { return 1 }
      if end.isReached { return end.isFromAnotherAddress ? 2 : 0 }
      // An error from the target itself has come that far.
      guard case .unreachable = end.reason, let address = end.address else { return 2 }
      return address == TargetText.ipv6Address(invocation.target) ? 0 : 2
    case .tracepath: return 0
    }
  }
}
