import Report

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

/// Text for a message, made harmless as in every other output (`Escape`).
func escaped(_ text: String) -> String {
  var octets: [UInt8] = []
  Escape.text(text, into: &octets)
  return String(decoding: octets, as: UTF8.self)
}

/// The same in single quotes.
func quoted(_ text: String) -> String { "'" + escaped(text) + "'" }
