import Plan
import Timing

/// The verb `probe6 sample`.
package enum SampleVerb {
  package static let description = CommandDescription.sample

  /// Reads the arguments after `probe6 sample`. Ends early with exit code 0 for `--help` and `--version`, with 2 where
  /// the command line is wrong. Opens no file and looks nothing up.
  package static func parse(_ arguments: [String]) throws(EarlyExit) -> SampleInvocation {
    var parse = SampleVerbParse()
    var scanner = OptionScanner(arguments, table: .sampleVerb)
    while let found = try parse.next(&scanner, description) { try parse.take(found) }
    return try parse.finish(scanner.operands)
  }
}

/// One reading of the arguments of `probe6 sample`: the state between its options.
struct SampleVerbParse: VerbParse {
  static var verb: String { "sample" }

  private var invocation = SampleInvocation(plan: .standardInput)
  private var act: (SampleInvocation.Act, name: String)?

  mutating func take(_ found: OptionScanner<SampleVerbOption>.Found) throws(EarlyExit) {
    let name = found.name
    let argument = found.argument ?? ""
    switch found.key {
    case .check: try choose(&act, .check, name)
    case .dryRun: try choose(&act, .dryRun, name)
    case .slo: invocation.gates.append(argument)
    case .duration: invocation.duration = try time(name, argument)
    case .count: invocation.count = UInt64(try integer(name, argument, 1...Int128(Int64.max)))
    case .seed:
      invocation.seed = UInt64(try integer(name, argument, 0...Int128(UInt64.max), allowsHex: true))
    case .output: invocation.outputs.append(try output(name, argument))
    case .json: invocation.display.isJSON = true
    case .quiet: invocation.display.isQuiet = true
    case .noProgress: invocation.display.showsProgress = false
    case .color:
      invocation.display.color = try choice(
        name, argument, ["auto": .auto, "always": .always, "never": .never])
    case .help: throw EarlyExit(standardOutput: HelpText.render(SampleVerb.description), exitCode: 0)
    case .version: throw EarlyExit(standardOutput: Dispatch.versionText, exitCode: 0)
    case .ipv6: break
    case .ipv4: throw error("-4: probe6 is IPv6 only")
    }
  }

  mutating func finish(_ operands: [String]) throws(EarlyExit) -> SampleInvocation {
    guard let plan = operands.first else {
      throw error("no plan; give its file, or - for standard input")
    }
    if operands.count > 1 {
      throw error("\(quoted(operands[1])): one plan at a time, and that is \(quoted(plan))")
    }
    invocation.plan = plan == "-" ? .standardInput : .file(try path("PLAN", plan))
    invocation.act = act?.0 ?? .run
    return invocation
  }

  private func output(_ name: String, _ text: String) throws(EarlyExit) -> SamplePlan.Output {
    let formats = SamplePlan.Output.Format.allCases.map(\.rawValue)
    guard let colon = text.utf8.firstIndex(of: UInt8(ascii: ":")) else {
      throw error(
        "\(name): \(quoted(text)) is not FORMAT:FILE; formats: \(formats.joined(separator: ", "))")
    }
    let word = String(text[..<colon])
    guard let format = SamplePlan.Output.Format(rawValue: word) else {
      let near = Suggestion.nearest(to: word, among: formats).map { "; did you mean \($0)?" } ?? ""
      throw error(
        "\(name): \(quoted(word)) is not a format; allowed: \(formats.joined(separator: ", "))\(near)")
    }
    let file = String(text[text.utf8.index(after: colon)...])
    return SamplePlan.Output(format: format, path: try path(name, file))
  }
}
