/// Texts of the `ping6` face, laid out as scripts know them from iputils.
enum IputilsPingTexts {
  /// gping and others look for the word `iputils`.
  static let version = "ping from probe6 \(Version.text) (iputils compatible 20250605)\n"

  /// What `-h` and every malformed command line print on standard error.
  static func usage(program: String) -> String {
    var text = "\nUsage\n  \(program) [options] <destination>\n\nOptions:\n"
    text += row("<destination>", "name or IPv6 address")
    var group = "Options"
    for option in OptionTable.iputilsPing.descriptions where !option.isHidden {
      if option.group != group {
        group = option.group
        text += "\n\(group):\n"
      }
      let left = option.long.map { "--" + $0 } ?? option.short.map { "-" + String($0) } ?? ""
      text += row(left + (option.argument.map { " " + $0 } ?? ""), option.help)
    }
    return text + "\nEverything else that a ping of ours can do: probe6 ping --help\n"
  }

  /// What `-N help` prints on standard output, and an unknown word on standard error.
  static func nodeInformationHelp(program: String) -> String {
    var text = "\(program) -6 -N <nodeinfo opt>\nHelp:\n  help\nQuery:\n"
    for word in NodeInformationText.queries { text += "  \(word)\n" }
    text += "Subject:\n"
    for word in NodeInformationText.subjects {
      text += "  \(word)\(word.hasPrefix("subject-ip") ? "addr" : "name")\n"
    }
    return text
  }

  private static func row(_ left: String, _ right: String) -> String {
    let width = 19
    let padding = String(repeating: " ", count: max(1, width - left.utf8.count))
    return HelpText.wrapped(right, first: "  " + left + padding, indent: width + 2, width: 80)
  }
}
