/// The program ends here, before anything was sent: what it prints, and its exit code. Not always a failure:
/// `-V` and `--help` end this way too. Texts are whole lines, newline included.
package struct EarlyExit: Error, Hashable, Sendable {
  package var standardOutput = ""
  package var standardError = ""
  package var exitCode: Int32

  package init(standardOutput: String = "", standardError: String = "", exitCode: Int32) {
    self.standardOutput = standardOutput
    self.standardError = standardError
    self.exitCode = exitCode
  }
}

/// How a face ends early, in the words and with the exit code of the tool whose face it is.
package typealias FaceError = EarlyExit

/// This program's version, as `--version` and the faces' `-V` print it.
package enum Version {
  package static let text = "0.1.0"
}

/// Text in single quotes for a message, with whatever could steer a terminal or reorder the line (controls,
/// bidirectional marks, line separators) written as `\u{…}`.
func quoted(_ text: String) -> String {
  var result = "'"
  for scalar in text.unicodeScalars {
    switch scalar.value {
    case 0..<0x20, 0x7f..<0xa0, 0x200b...0x200f, 0x2028...0x202e, 0x2060...0x206f, 0xfeff, 0xe0000...0xe007f:
      result += "\\u{" + String(scalar.value, radix: 16) + "}"
    default:
      result.unicodeScalars.append(scalar)
    }
  }
  return result + "'"
}
