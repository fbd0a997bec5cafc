/// The words of glibc's getopt_long(3) for a command line that is not well formed, newline included.
enum GetoptError {
  /// - typed: the argument that the error is about; a long option that is none is named with all that stands there.
  static func text(_ error: OptionScanError, programName: String, typed: String) -> String {
    let what =
      switch error {
      case .unknownShort(let letter): "invalid option -- '\(escaped(String(letter)))'"
      case .unknownLong: "unrecognized option '\(escaped(typed))'"
      case .ambiguous(_, let candidates):
        "option '\(escaped(typed))' is ambiguous; possibilities:"
          + candidates.map { " '--\($0)'" }.joined()
      case .missingArgument(let name):
        name.hasPrefix("--")
          ? "option '\(name)' requires an argument" : "option requires an argument -- '\(name.dropFirst())'"
      case .unexpectedArgument(let name): "option '\(name)' doesn't allow an argument"
      }
    return "\(escaped(programName)): \(what)\n"
  }
}
