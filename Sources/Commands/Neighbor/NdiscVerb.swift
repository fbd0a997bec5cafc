/// The verb `probe6 ndisc`.
package enum NdiscVerb {
  package static let description = CommandDescription.ndisc

  /// Reads the arguments after `probe6 ndisc`. Ends early with exit code 0 for `--help` and `--version`, with 2
  /// where the command line is wrong. Opens no file and looks nothing up. `interfaces`, asked for where one is
  /// missing, are the names to offer.
  package static func parse(
    _ arguments: [String], interfaces: () -> [String] = { [] }
  ) throws(EarlyExit) -> LinkInvocation {
    var parse = NdiscVerbParse()
    var scanner = OptionScanner(arguments, table: .ndiscVerb)
    while let found = try parse.next(&scanner, description) { try parse.take(found) }
    return try parse.finish(scanner.operands, interfaces: interfaces)
  }
}

/// The verb `probe6 rdisc`.
package enum RdiscVerb {
  package static let description = CommandDescription.rdisc

  /// As `NdiscVerb.parse`, for the arguments after `probe6 rdisc`.
  package static func parse(
    _ arguments: [String], interfaces: () -> [String] = { [] }
  ) throws(EarlyExit) -> LinkInvocation {
    var parse = RdiscVerbParse()
    var scanner = OptionScanner(arguments, table: .rdiscVerb)
    while let found = try parse.next(&scanner, description) { try parse.take(found) }
    return try parse.finish(scanner.operands, interfaces: interfaces)
  }
}
