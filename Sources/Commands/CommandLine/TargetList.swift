import LinuxNet
import Plan
import Report

/// Where more targets stand, one to a line; blank lines are skipped, and what follows a `#`.
package enum TargetList: Hashable, Sendable {
  case standardInput
  case file(String)

  /// A line that is no target.
  struct BadLine: Hashable {
    /// From 1.
    var number: Int
    var message: String
  }

  /// A line that has something on it, without what surrounds that.
  struct Line {
    /// From 1.
    var number: Int
    var text: String
    /// Octets that are no UTF-8.
    var problem: TargetTextError?
  }

  private enum Limits {
    /// A million names of 64 octets.
    static let octets = 1 << 26
    /// Longer lines are cut there; no name has more than 253 octets.
    static let line = 1_024
    /// Lines about bad lines of one list; the others are counted.
    static let badLines = 20
  }

  static func lines(of octets: [UInt8]) -> [Line] {
    var lines: [Line] = []
    for (index, line) in octets.split(separator: 0x0a, omittingEmptySubsequences: false).enumerated() {
      let isBlank = { (octet: UInt8) in octet == 0x20 || octet == 0x09 || octet == 0x0d }
      var text = line.prefix { $0 != UInt8(ascii: "#") }.drop(while: isBlank)
      while let last = text.last, isBlank(last) { text.removeLast() }
      if text.isEmpty { continue }
      let name = String(decoding: text.prefix(Limits.line), as: UTF8.self)
      let isText = !name.unicodeScalars.contains("\u{fffd}")
      lines.append(
        Line(
          number: index + 1, text: name,
          problem: isText
            ? nil : TargetTextError(input: name, problem: .character("\u{fffd}"), mayHavePort: true)))
    }
    return lines
  }

  /// Reads the list and hands it to `add`, which returns its bad lines: each is told of on standard error. Returns
  /// how many there are. A list that cannot be read ends the program.
  func read(
    programName: String, into add: ([UInt8]) -> [BadLine]
  ) throws(EarlyExit) -> Int {
    let name: String
    let octets: [UInt8]
    do throws(SystemError) {
      switch self {
      case .standardInput:
        name = "standard input"
        octets = try InputFile.readStandardInput(limit: Limits.octets)
      case .file(let path):
        name = path
        octets = try InputFile.read(path: path, limit: Limits.octets)
      }
    } catch { throw unreadable("--file", error, programName: programName) }
    let bad = add(octets)
    Self.tell(bad, more: 0, of: name, what: "lines are no targets", programName: programName)
    return bad.count
  }

  /// Tells of bad lines, the first ones in full; `more` were not kept.
  static func tell(_ bad: [BadLine], more: Int, of file: String, what: String, programName: String) {
    var text = ""
    for line in bad.prefix(Limits.badLines) {
      text += "\(programName): \(escaped(file)):\(line.number): \(line.message)\n"
    }
    let rest = more + bad.dropFirst(Limits.badLines).count
    if rest > 0 { text += "\(programName): \(escaped(file)): \(rest) more \(what)\n" }
    // Lines for people: what cannot be written is lost.
    try? Output.write(text, to: 2)
  }

  /// How a run ends whose file, named by `option`, cannot be read.
  func unreadable(_ option: String, _ error: SystemError, programName: String) -> EarlyExit {
    let what =
      switch self {
      case .standardInput: "-: standard input"
      case .file(let path): "\(option): \(quoted(path))"
      }
    return EarlyExit(standardError: "\(programName): \(what): \(error.errno.text)\n", exitCode: 2)
  }
}
