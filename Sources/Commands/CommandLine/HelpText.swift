/// Help for people, made from a command's description.
package enum HelpText {
  /// Columns that help keeps to.
  static let width = 100

  package static func render(_ command: CommandDescription) -> String {
    var text = wrapped(command.summary, first: "", indent: 0)
    text += "\nUsage: probe6 \(command.name) [OPTION]... \(command.operands)\n"
    if !command.examples.isEmpty {
      text += "\nExamples:\n"
      for example in command.examples {
        text += wrapped(example.meaning, first: padded("  " + example.line, to: 48), indent: 48)
      }
    }
    var groups: [String] = []
    for option in command.options where !option.isHidden && !groups.contains(option.group) {
      groups.append(option.group)
    }
    for group in groups {
      text += "\n\(group):\n"
      for option in command.options where option.group == group && !option.isHidden {
        text += wrapped(option.help, first: padded("  " + left(option), to: 34), indent: 34)
      }
    }
    for section in command.sections {
      text += "\n\(section.title):\n"
      for line in section.lines { text += wrapped(line, first: "  ", indent: 6) }
    }
    return text
  }

  private static func left(_ option: OptionDescription) -> String {
    let short = option.short.map { "-" + String($0) }
    let long = option.long.map { "--" + $0 }
    let names = short.map { long == nil ? $0 : $0 + ", " } ?? "    "
    let argument = option.argument.map { option.isArgumentOptional ? "[=\($0)]" : " " + $0 } ?? ""
    return names + (long ?? "") + argument
  }

  /// Padded with blanks; a text that is too long gets two, so that what follows stays apart.
  private static func padded(_ text: String, to width: Int) -> String {
    text + String(repeating: " ", count: max(2, width - text.unicodeScalars.count))
  }

  /// Lines of at most `width` columns, broken at blanks; later lines begin with `indent` blanks.
  static func wrapped(_ text: String, first: String, indent: Int, width: Int = width) -> String {
    var result = first
    var column = first.unicodeScalars.count
    let margin = String(repeating: " ", count: indent)
    // A left part that is too long stands on a line of its own.
    if column > indent, indent > 6 {
      var line = Substring(first)
      while line.last == " " { line = line.dropLast() }
      result = line + "\n" + margin
      column = indent
    }
    var isAtStart = true
    for word in text.split(separator: " ", omittingEmptySubsequences: false) {
      let length = word.unicodeScalars.count
      if !isAtStart {
        if column + 1 + length > width {
          result += "\n" + margin
          column = indent
        } else {
          result += " "
          column += 1
        }
      }
      result += word
      column += length
      isAtStart = false
    }
    return result + "\n"
  }
}
