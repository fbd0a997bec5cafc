/// The face `traceroute6`: the options, errors and exit codes of Butskoy's traceroute 2.1.2.
package enum ButskoyTraceroute {
  /// What the face asks of this host while it reads its command line.
  package struct Surroundings {
    /// The value of an environment variable.
    package var environment: (String) -> String? = { _ in nil }
    /// The text of a kernel setting under /proc/sys.
    package var setting: (String) -> String? = { _ in nil }
    /// The port that a service name stands for.
    package var port: (String) -> UInt16? = { _ in nil }
    /// 32 bits that are different each time.
    package var stamp: UInt32 = 0
    package init() {}
  }

  /// Reads an argument vector, without argv[0]. Looks no host up.
  ///
  /// - programName: argv[0]; a name that begins with `tcp` sends TCP, one that begins with `tracert` (which
  ///   `traceroute` does not) echo requests.
  package static func parse(
    _ arguments: [String], programName: String, in surroundings: Surroundings = Surroundings()
  ) throws(EarlyExit) -> TraceFaceInvocation {
    guard !arguments.isEmpty else {
      throw EarlyExit(standardError: ButskoyTracerouteTexts.usage(program: programName), exitCode: 0)
    }
    var parse = ButskoyTracerouteParse(programName: programName, surroundings)
    var scanner = ClifScanner(
      arguments, options: ButskoyOption.all, permutes: surroundings.environment("POSIXLY_CORRECT") == nil)
    while let found = try scanner.next() { try parse.take(found) }
    return try parse.finish(scanner.operands)
  }
}
