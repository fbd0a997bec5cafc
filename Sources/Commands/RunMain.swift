import LinuxNet

/// The program: from its arguments to its exit code.
package enum Main {
  package static func run() -> Never { Process.exit(run(Process.arguments)) }

  private static func run(_ arguments: [String]) -> Int32 {
    switch Dispatch.resolve(argv0: arguments.first ?? "probe6", arguments: Array(arguments.dropFirst())) {
    case .face(.ping6, let programName, let arguments):
      return ending { () throws(EarlyExit) in try RunPing.face(arguments, programName: programName) }
    case .face(.ndisc6, let programName, let arguments):
      return ending { () throws(EarlyExit) in
        try RunLinkFace.run(.neighbor, arguments, programName: programName)
      }
    case .face(.rdisc6, let programName, let arguments):
      return ending { () throws(EarlyExit) in
        try RunLinkFace.run(.router, arguments, programName: programName)
      }
    case .face(.fping6, let programName, let arguments):
      return ending { () throws(EarlyExit) in try RunFpingFace.run(arguments, programName: programName) }
    case .face(let face, let programName, let arguments):
      return ending { () throws(EarlyExit) in
        try RunTraceFace.run(face, arguments, programName: programName) ?? 2
      }
    case .verb(.ping, let arguments):
      return ending { () throws(EarlyExit) in try RunPing.verb(arguments) }
    case .verb(.trace, let arguments):
      return ending { () throws(EarlyExit) in try RunTrace.verb(arguments) }
    case .verb(.ndisc, let arguments):
      return ending { () throws(EarlyExit) in try RunLink.ndisc(arguments) }
    case .verb(.rdisc, let arguments):
      return ending { () throws(EarlyExit) in try RunLink.rdisc(arguments) }
    case .verb(.sample, let arguments):
      return ending { () throws(EarlyExit) in try RunSample.verb(arguments) }
    case .verb(.compare, let arguments):
      return ending { () throws(EarlyExit) in try RunCompare.verb(arguments) }
    case .verb(.merge, let arguments):
      return ending { () throws(EarlyExit) in try RunMerge.verb(arguments) }
    case .help(let text):
      return ending { () throws(EarlyExit) in
        throw EarlyExit(standardOutput: text, exitCode: 0)
      }
    case .version:
      return ending { () throws(EarlyExit) in
        throw EarlyExit(standardOutput: Dispatch.versionText, exitCode: 0)
      }
    case .completions(let shell):
      return ending { () throws(EarlyExit) in
        throw EarlyExit(standardOutput: Dispatch.completionsText(shell), exitCode: 0)
      }
    case .error(let exit): return ending { () throws(EarlyExit) in throw exit }
    }
  }

  /// Runs and prints what ends it early. Output that cannot be written is a local failure.
  private static func ending(_ body: () throws(EarlyExit) -> Int32) -> Int32 {
    do throws(EarlyExit) { return try body() } catch {
      do throws(SystemError) {
        try Output.write(error.standardOutput, to: 1)
        try Output.write(error.standardError, to: 2)
        return error.exitCode
      } catch { return error.errno == .brokenPipe ? 1 : 3 }
    }
  }
}
