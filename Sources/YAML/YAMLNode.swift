/// A place in a YAML text.
package struct YAMLPlace: Hashable, Sendable, Comparable {
  /// Both from 1, as editors count; the column counts characters.
  package var line: Int
  package var column: Int

  package init(line: Int, column: Int) {
    self.line = line
    self.column = column
  }

  package static func < (left: YAMLPlace, right: YAMLPlace) -> Bool {
    (left.line, left.column) < (right.line, right.column)
  }
}

/// A value of a YAML document (YAML 1.1, of which JSON is a part) and where it stands.
package struct YAMLNode: Hashable, Sendable {
  package enum Content: Hashable, Sendable {
    /// `isPlain`: without quotes, so that it may mean a number, a truth value or nothing.
    case scalar(String, isPlain: Bool)
    case sequence([YAMLNode])
    /// In the order of the text; no key stands there twice.
    case mapping([Entry])
  }

  package struct Entry: Hashable, Sendable {
    package var key: String
    package var keyPlace: YAMLPlace
    package var value: YAMLNode
  }

  package var content: Content
  package var place: YAMLPlace

  package init(_ content: Content, at place: YAMLPlace) {
    self.content = content
    self.place = place
  }

  /// Nothing: an empty value, `~` or `null`.
  package var isNull: Bool {
    guard case .scalar(let text, isPlain: true) = content else { return false }
    return text.isEmpty || text == "~" || text == "null" || text == "Null" || text == "NULL"
  }
}

/// Why a text is no YAML document that can be used.
package struct YAMLError: Error, Hashable, Sendable {
  package var place: YAMLPlace
  /// What is wrong, in words that follow a place.
  package var text: String

  package init(_ text: String, at place: YAMLPlace) {
    self.place = place
    self.text = text
  }
}
