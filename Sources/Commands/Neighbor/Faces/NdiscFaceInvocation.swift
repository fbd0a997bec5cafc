/// `ndisc6` or `rdisc6` as it was asked for: the values of its command line.
struct NdiscFaceInvocation: Hashable, Sendable {
  enum Tool: Hashable, Sendable {
    case neighbor, router
  }

  /// How many answers are wanted.
  enum Answers: Hashable, Sendable {
    /// ndisc6 without an option: one is printed.
    case firstAndConflicts
    /// `-1`
    case first
    /// `-m`, and rdisc6 without an option.
    case all
  }

  var tool: Tool
  /// As given; nil: all routers.
  var name: String?
  /// As given.
  var interface: String
  /// As given.
  var source: String?
  var answers: Answers
  var isNumeric = false
  var isQuiet = false
  var solicits = true
  var attempts: UInt32 = 3
  var waitMilliseconds: UInt32
  /// What messages begin with, where the original's do.
  var programName: String

  /// The name that is looked up, and that the text shows.
  var target: String { name ?? "ff02::2" }
}

extension NdiscFaceInvocation {
  private enum Limits {
    /// Milliseconds: rdisc6's help says 1000 as well.
    static let neighborWait: UInt32 = 1_000
    static let routerWait: UInt32 = 4_000
  }

  /// Reads an argument vector, without argv[0]. Looks nothing up.
  init(
    parsing arguments: [String], _ tool: Tool, programName: String, permutes: Bool = true
  ) throws(EarlyExit) {
    self.init(
      tool: tool, interface: "", answers: tool == .neighbor ? .firstAndConflicts : .all,
      waitMilliseconds: tool == .neighbor ? Limits.neighborWait : Limits.routerWait, programName: programName)
    var scanner = OptionScanner(arguments, table: .ndiscFaces, permutes: permutes)
    while true {
      let found: OptionScanner<NdiscFaceOption>.Found
      do throws(OptionScanError) {
        guard let next = try scanner.next() else { break }
        found = next
      } catch { throw malformed(error, typed: scanner.lastArgument) }
      try take(found)
    }
    try take(operands: scanner.operands)
  }

  private func hint(after text: String = "") -> EarlyExit {
    EarlyExit(standardError: text + NdiscFaceTexts.hint(program: programName), exitCode: 2)
  }

  private func malformed(_ error: OptionScanError, typed: String) -> EarlyExit {
    var error = error
    // `--=`: the empty name is the beginning of all.
    if case .unknownLong("") = error {
      error = .ambiguous(
        "", candidates: OptionTable<NdiscFaceOption>.ndiscFaces.descriptions.compactMap(\.long))
    }
    return hint(after: GetoptError.text(error, programName: programName, typed: typed))
  }

  private mutating func take(_ found: OptionScanner<NdiscFaceOption>.Found) throws(EarlyExit) {
    let argument = found.argument ?? ""
    switch found.key {
    case .single: answers = .first
    case .multiple: answers = .all
    case .noSolicit: solicits = false
    case .numeric: isNumeric = true
    case .quiet: isQuiet = true
    case .verbose: isQuiet = false
    case .source: source = argument
    case .retry: attempts = try number(argument)
    case .wait: waitMilliseconds = try number(argument)
    case .help:
      throw EarlyExit(standardOutput: NdiscFaceTexts.usage(tool, program: programName), exitCode: 0)
    case .version: throw EarlyExit(standardOutput: NdiscFaceTexts.version, exitCode: 0)
    }
  }

  /// As strtoul(3) reads it in any base; the original takes an empty text for 0.
  private func number(_ text: String) throws(EarlyExit) -> UInt32 {
    if text.isEmpty { return 0 }
    guard let (value, isWhole) = CNumber.unsigned(text), isWhole, let number = UInt32(exactly: value) else {
      throw hint()
    }
    return number
  }

  private mutating func take(operands: [String]) throws(EarlyExit) {
    switch (operands.count, tool) {
    case (2, _):
      name = operands[0]
      interface = operands[1]
    case (1, .router): interface = operands[0]
    default: throw hint()
    }
  }
}
