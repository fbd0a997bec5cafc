import Plan

/// The verb `probe6 ping`.
package enum PingVerb {
  package static let description = CommandDescription.ping

  /// Reads the arguments after `probe6 ping`. Ends early with exit code 0 for `--help` and `--version`, with 2
  /// where the command line is wrong.
  package static func parse(_ arguments: [String]) throws(EarlyExit) -> PingInvocation {
    var parse = PingVerbParse()
    var scanner = OptionScanner(arguments, table: .pingVerb)
    while let found = try parse.next(&scanner, description) { try parse.take(found) }
    return try parse.finish(scanner.operands)
  }
}

/// How verbs report a wrong command line.
enum VerbError {
  /// One line, and where help is to be had. Exit code 2.
  static func usage(_ verb: String, _ text: String) -> EarlyExit {
    EarlyExit(
      standardError: "probe6 \(verb): \(text)\nTry 'probe6 \(verb) --help'.\n", exitCode: 2)
  }

  static func text(_ error: OptionScanError, options: [OptionDescription]) -> String {
    switch error {
    case .unknownShort(let letter):
      return "unknown option " + quoted("-\(letter)")
    case .unknownLong(let name):
      let names = options.filter { !$0.isHidden }.compactMap(\.long)
      let near = Suggestion.nearest(to: name, among: names).map { "; did you mean --\($0)?" } ?? ""
      return "unknown option " + quoted("--" + name) + near
    case .ambiguous(let name, let candidates):
      return quoted("--" + name) + " could be " + candidates.map { "--" + $0 }.joined(separator: " or ")
    case .missingArgument(let option):
      return "\(option) needs an argument"
    case .unexpectedArgument(let option):
      return "\(option) takes no argument"
    }
  }
}
