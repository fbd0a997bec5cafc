/// The options of `probe6 merge`.
enum MergeVerbOption: Hashable, Sendable {
  case output
  case help, version
}

extension OptionTable<MergeVerbOption> {
  /// In the order in which help lists them.
  static let mergeVerb = OptionTable([
    Entry(
      .output, "o", "output", argument: "FILE", group: "Output",
      "Write the merged run to this file, which comes whole or not at all; default: standard output."),
    Entry(.help, "h", "help", group: "Other", "Print this and exit."),
    Entry(.version, "V", "version", group: "Other", "Print the version and exit."),
  ])
}

extension CommandDescription {
  static let merge = CommandDescription(
    name: "merge",
    summary: "Merges sampling runs, of several times or several machines, into one.",
    operands: "RUN...",
    takesFiles: true,
    examples: [
      Example("probe6 merge mon.ndjson tue.ndjson -o week.ndjson", "one run of two"),
      Example("probe6 merge host-a.ndjson host-b.ndjson", "two machines; to standard output"),
    ],
    options: OptionTable.mergeVerb.descriptions,
    sections: [
      Section(
        title: "What is merged",
        lines: [
          "Counts and histograms of groups and targets of the same name add up without loss; mean and deviation are "
            + "those of all round trips together, jitter and delay variation are weighted by them. Records are not "
            + "carried over."
        ]),
      Section(
        title: "Exit codes",
        lines: [
          "0  merged",
          "2  the command line is wrong, or a file is no run",
          "3  this host could not write the result",
        ]),
    ])
}

/// Runs to merge, as the command line asked for it.
package struct MergeInvocation: Hashable, Sendable {
  package var runs: [String]
  /// nil: standard output.
  package var output: String?
}

/// The verb `probe6 merge`.
package enum MergeVerb {
  package static let description = CommandDescription.merge

  /// As `SampleVerb.parse`, for the arguments after `probe6 merge`.
  package static func parse(_ arguments: [String]) throws(EarlyExit) -> MergeInvocation {
    let parse = MergeVerbParse()
    var output: String?
    var scanner = OptionScanner(arguments, table: .mergeVerb)
    while let found = try parse.next(&scanner, description) {
      switch found.key {
      case .output:
        let path = try parse.path(found.name, found.argument ?? "")
        output = path == "-" ? nil : path
      case .help: throw EarlyExit(standardOutput: HelpText.render(description), exitCode: 0)
      case .version: throw EarlyExit(standardOutput: Dispatch.versionText, exitCode: 0)
      }
    }
    var runs: [String] = []
    for operand in scanner.operands { runs.append(try parse.path("RUN", operand)) }
    guard !runs.isEmpty else { throw parse.error("no run; give the NDJSON files of one or more") }
    if runs.count(where: { $0 == "-" }) > 1 {
      throw parse.error("-: standard input can be read only once")
    }
    return MergeInvocation(runs: runs, output: output)
  }
}

private struct MergeVerbParse: VerbParse {
  static var verb: String { "merge" }
}
