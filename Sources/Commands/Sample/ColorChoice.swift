/// Colors of a stream, by what the user wants and what the stream is.
enum ColorChoice {
  /// no-color.org, force-color.org; `always` and `never` outweigh the environment.
  static func isColored(
    _ choice: SampleDisplay.Color, isTerminal: Bool, environment: (String) -> String?
  ) -> Bool {
    switch choice {
    case .always: return true
    case .never: return false
    case .auto:
      if let value = environment("NO_COLOR"), !value.isEmpty { return false }
      if let value = environment("FORCE_COLOR"), !value.isEmpty, value != "0" { return true }
      return isTerminal && environment("TERM") != "dumb"
    }
  }
}
