/// One option as help, completions and the scanner see it.
package struct OptionDescription: Hashable, Sendable {
  /// An ASCII letter or digit.
  package var short: Unicode.Scalar?
  /// Without the leading `--`.
  package var long: String?
  /// Placeholder of the argument, such as `SECONDS`; nil: the option takes none.
  package var argument: String?
  /// The argument may be left out; it is only taken where it is attached (`--unicast=MAC`), as getopt_long(3) has it.
  package var isArgumentOptional: Bool
  /// What it does, in one or two sentences.
  package var help: String
  /// Heading under which help lists it.
  package var group: String
  /// The only words the argument may be, where that is so; completions offer them.
  package var choices: [String]
  /// Understood, but not shown in help or completions.
  package var isHidden: Bool

  /// `-c`, else `--count`: as messages name the option when it was not typed.
  package var name: String {
    if let long { return "--" + long }
    return short.map { "-" + String($0) } ?? ""
  }
}

/// The options of one command, declared once: parsing, help and completions all read this table.
package struct OptionTable<Key: Hashable & Sendable>: Sendable {
  package struct Entry: Sendable {
    package var key: Key
    package var description: OptionDescription

    package init(
      _ key: Key, _ short: Unicode.Scalar? = nil, _ long: String? = nil, argument: String? = nil,
      isArgumentOptional: Bool = false, choices: [String] = [], group: String = "", isHidden: Bool = false,
      _ help: String
    ) {
      self.key = key
      self.description = OptionDescription(
        short: short, long: long, argument: argument, isArgumentOptional: isArgumentOptional, help: help,
        group: group, choices: choices, isHidden: isHidden)
    }
  }

  package var entries: [Entry]

  package init(_ entries: [Entry]) { self.entries = entries }

  func entry(short: Unicode.Scalar) -> Entry? {
    entries.first { $0.description.short == short }
  }

  func entry(long: String) -> Entry? {
    entries.first { $0.description.long == long }
  }

  /// The entries whose long name begins so.
  func entries(longPrefix: String) -> [Entry] {
    entries.filter { $0.description.long?.hasPrefix(longPrefix) ?? false }
  }

  package var descriptions: [OptionDescription] { entries.map(\.description) }
}

/// A command as help and completions describe it.
package struct CommandDescription: Sendable {
  package struct Example: Sendable {
    package var line: String
    package var meaning: String

    package init(_ line: String, _ meaning: String) {
      self.line = line
      self.meaning = meaning
    }
  }
  package struct Section: Sendable {
    package var title: String
    package var lines: [String]

    package init(title: String, lines: [String]) {
      self.title = title
      self.lines = lines
    }
  }

  /// As typed after `probe6`.
  package var name: String
  /// One line.
  package var summary: String
  /// Placeholder of the operands.
  package var operands: String
  /// Words that may stand where the first operand does; completions offer them.
  package var operandWords: [String] = []
  /// Operands are interfaces of this host, behind an operand word if there are any; else hosts.
  package var takesInterfaces = false
  /// Operands are files.
  package var takesFiles = false
  package var examples: [Example]
  package var options: [OptionDescription]
  /// What comes after the options: exit codes, notes.
  package var sections: [Section]
}
