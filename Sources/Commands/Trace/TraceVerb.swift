/// The verb `probe6 trace`.
package enum TraceVerb {
  package static let description = CommandDescription.trace

  /// Reads the arguments after `probe6 trace`. Ends early with exit code 0 for `--help` and `--version`, with 2
  /// where the command line is wrong. Opens no file and looks nothing up. `interfaces`, asked for where a zone is
  /// missing, are the names to offer.
  package static func parse(
    _ arguments: [String], interfaces: () -> [String] = { [] }
  ) throws(EarlyExit) -> TraceInvocation {
    var parse = TraceVerbParse()
    var scanner = OptionScanner(arguments, table: .traceVerb)
    while let found = try parse.next(&scanner, description) { try parse.take(found) }
    return try parse.finish(scanner.operands, interfaces: interfaces)
  }
}
