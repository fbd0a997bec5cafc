/// Runs `ndisc6` and `rdisc6` in the language and with the output of ndisc6 1.0.5.
enum RunLinkFace {
  enum Tool: Sendable {
    case neighbor, router
  }

  static func run(_ tool: Tool, _ arguments: [String], programName: String) throws(EarlyExit) -> Int32 {
    throw EarlyExit(standardError: "\(programName): not yet\n", exitCode: 1)
  }

  static func help(_ name: String) -> String { name + "\n" }
}
