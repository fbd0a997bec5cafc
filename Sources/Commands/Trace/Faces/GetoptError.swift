/// The words of glibc's getopt_long(3) for a command line that is not well formed, newline included.
enum GetoptError {
  static func text(_ error: OptionScanError, programName: String) -> String {
    let what =
      switch error {
      case .unknownShort(let letter): "invalid option -- '\(escaped(String(letter)))'"
      case .unknownLong(let name): "unrecognized option '--\(escaped(name))'"
      case .ambiguous(let name, let candidates):
        "option '--\(escaped(name))' is ambiguous; possibilities:"
          + candidates.map { " '--\($0)'" }.joined()
      case .missingArgument(let name):
        name.hasPrefix("--")
          ? "option '\(name)' requires an argument" : "option requires an argument -- '\(name.dropFirst())'"
      case .unexpectedArgument(let name): "option '\(name)' doesn't allow an argument"
      }
    return "\(escaped(programName)): \(what)\n"
  }
}
