/// The options of `probe6 compare`.
enum CompareVerbOption: Hashable, Sendable {
  case confidence, resamples, seed, json
  case help, version
}

extension OptionTable<CompareVerbOption> {
  /// In the order in which help lists them.
  static let compareVerb = OptionTable([
    Entry(
      .confidence, nil, "confidence", argument: "SHARE", group: "Judging",
      "How sure a difference must be, 0.5 to 0.9999; default 0.95."),
    Entry(
      .resamples, nil, "resamples", argument: "N", group: "Judging",
      "How often each run is drawn anew, 100 to 100000; default 2000."),
    Entry(
      .seed, nil, "seed", argument: "N", group: "Judging",
      "Seed of the drawing, default 1: the same files always give the same answer."),
    Entry(
      .json, nil, "json", group: "Output", "One JSON object per line in place of the table."),
    Entry(.help, "h", "help", group: "Other", "Print this and exit."),
    Entry(.version, "V", "version", group: "Other", "Print the version and exit."),
  ])
}

extension CommandDescription {
  static let compare = CommandDescription(
    name: "compare",
    summary: "Says which differences between two sampling runs are more than chance.",
    operands: "RUN1 RUN2",
    takesFiles: true,
    examples: [
      Example("probe6 compare before.ndjson after.ndjson", "is it worse than before"),
      Example("probe6 compare --confidence 0.99 a.ndjson b.ndjson", "only what is very sure"),
      Example("probe6 compare --json a.ndjson b.ndjson", "for programs"),
    ],
    options: OptionTable.compareVerb.descriptions,
    sections: [
      Section(
        title: "How it is judged",
        lines: [
          "Each group's mean, median, 99th percentile and loss is taken from both runs, and both runs are drawn anew "
            + "many times (bootstrap). Where the file has records, whole stretches are drawn, so that bad moments stay "
            + "together; else single round trips of the histogram, which takes each probe for independent.",
          "worse, better   the interval of the difference (run 2 - run 1) does not hold 0",
          "same            it does: no more than chance",
          "too few         there is too little to say anything by",
        ]),
      Section(
        title: "Exit codes",
        lines: [
          "0  nothing is worse by more than chance",
          "1  run 2 is worse somewhere",
          "2  the command line is wrong, or a file is no run",
          "3  this host could not write the result",
        ]),
    ])
}

/// Two runs to compare, as the command line asked for it.
package struct CompareInvocation: Hashable, Sendable {
  package var first: String
  package var second: String
  package var confidence = 0.95
  package var resamples = 2_000
  package var seed: UInt64 = 1
  package var isJSON = false
}

/// The verb `probe6 compare`.
package enum CompareVerb {
  package static let description = CommandDescription.compare

  /// As `SampleVerb.parse`, for the arguments after `probe6 compare`.
  package static func parse(_ arguments: [String]) throws(EarlyExit) -> CompareInvocation {
    let parse = CompareVerbParse()
    var invocation = CompareInvocation(first: "", second: "")
    var scanner = OptionScanner(arguments, table: .compareVerb)
    while let found = try parse.next(&scanner, description) {
      let name = found.name
      let argument = found.argument ?? ""
      switch found.key {
      case .confidence: invocation.confidence = try parse.confidence(name, argument)
      case .resamples: invocation.resamples = Int(try parse.integer(name, argument, 100...100_000))
      case .seed:
        invocation.seed = UInt64(
          try parse.integer(name, argument, 0...Int128(UInt64.max), allowsHex: true))
      case .json: invocation.isJSON = true
      case .help: throw EarlyExit(standardOutput: HelpText.render(description), exitCode: 0)
      case .version: throw EarlyExit(standardOutput: Dispatch.versionText, exitCode: 0)
      }
    }
    let operands = scanner.operands
    guard operands.count == 2 else {
      throw parse.error("two runs are compared, and \(operands.count) given")
    }
    invocation.first = try parse.path("RUN1", operands[0])
    invocation.second = try parse.path("RUN2", operands[1])
    if operands[0] == "-", operands[1] == "-" {
      throw parse.error("-: standard input can be read only once")
    }
    return invocation
  }
}

private struct CompareVerbParse: VerbParse {
  static var verb: String { "compare" }

  func confidence(_ name: String, _ text: String) throws(EarlyExit) -> Double {
    guard let share = Double(text), share >= 0.5, share <= 0.9999 else {
      throw error("\(name): \(quoted(text)) is not a share such as 0.95; allowed: 0.5 to 0.9999")
    }
    return share
  }
}
