import Plan
package import ProbeEngine

/// What is wrong with the words of a node information option.
package enum NodeInformationProblem: Error, Hashable, Sendable {
  /// The word `help`.
  case help
  case unknownWord(String)
  /// Two different queries.
  case queryConflict
  /// Two different kinds of subject.
  case subjectConflict
  case badName(String)
  case badAddress(String)
  /// A subject, but no query about it.
  case noQuery
}

/// The words after `-N`, gathered over several options into one question (RFC 4620).
package struct NodeInformationText: Hashable, Sendable {
  package static let queries = [
    "name", "fqdn", "ipv6", "ipv6-all", "ipv6-compatible", "ipv6-linklocal", "ipv6-sitelocal", "ipv6-global",
    "ipv4", "ipv4-all",
  ]
  package static let subjects = ["subject-ipv6=", "subject-ipv4=", "subject-name=", "subject-fqdn="]

  private enum Query: Hashable { case name, ipv6, ipv4 }
  private var query: Query?
  private var flags: UInt16 = 0
  private var subject: NodeInformationQuestion.Subject?

  package init() {}

  package mutating func add(_ word: String) throws(NodeInformationProblem) {
    switch word {
    case "help": throw .help
    case "name", "fqdn": try ask(.name)
    case "ipv6": try ask(.ipv6)
    // Bits of the flags field, RFC 4620 §6.3 and §6.4.
    case "ipv6-all": try ask(.ipv6, flag: 0x02)
    case "ipv6-compatible": try ask(.ipv6, flag: 0x04)
    case "ipv6-linklocal": try ask(.ipv6, flag: 0x08)
    case "ipv6-sitelocal": try ask(.ipv6, flag: 0x10)
    case "ipv6-global": try ask(.ipv6, flag: 0x20)
    case "ipv4": try ask(.ipv4)
    case "ipv4-all": try ask(.ipv4, flag: 0x02)
    default: try addSubject(word)
    }
  }

  /// The question, where one was asked.
  package func question() throws(NodeInformationProblem) -> NodeInformationQuestion? {
    let kind: NodeInformationQuestion.Kind
    switch query {
    case nil:
      if subject != nil { throw .noQuery }
      return nil
    case .name: kind = .name
    case .ipv6: kind = .ipv6Addresses(flags: flags)
    case .ipv4: kind = .ipv4Addresses(flags: flags)
    }
    return NodeInformationQuestion(kind: kind, subject: subject)
  }

  private mutating func ask(_ new: Query, flag: UInt16 = 0) throws(NodeInformationProblem) {
    if let query, query != new { throw .queryConflict }
    query = new
    flags |= flag
  }

  private mutating func addSubject(_ word: String) throws(NodeInformationProblem) {
    guard let equals = word.firstIndex(of: "=") else { throw .unknownWord(word) }
    let value = String(word[word.index(after: equals)...])
    let new: NodeInformationQuestion.Subject
    switch word[..<equals] {
    case "subject-ipv6":
      guard let address = TargetText.ipv6Address(value) else { throw .badAddress(value) }
      new = .ipv6(address)
    case "subject-ipv4":
      guard let address = TargetText.ipv4Address(value) else { throw .badAddress(value) }
      new = .ipv4(address)
    case "subject-name": new = .name(try Self.wireName(value, isFullyQualified: value.contains(".")))
    case "subject-fqdn": new = .name(try Self.wireName(value, isFullyQualified: true))
    default: throw .unknownWord(word)
    }
    switch (subject, new) {
    case (nil, _), (.ipv6, .ipv6), (.ipv4, .ipv4), (.name, .name): subject = new
    default: throw .subjectConflict
    }
  }

  /// Lower case, length before each label, an empty label at the end; one more empty label where the name is not
  /// fully qualified (RFC 4620 §3, §6.2). A zone after `%` is not part of the name.
  static func wireName(_ text: String, isFullyQualified: Bool) throws(NodeInformationProblem) -> [UInt8] {
    var name = text.prefix { $0 != "%" }
    if name.hasSuffix(".") { name = name.dropLast() }
    var wire: [UInt8] = []
    for label in name.split(separator: ".", omittingEmptySubsequences: false) {
      guard (1...63).contains(label.utf8.count) else { throw .badName(text) }
      wire.append(UInt8(label.utf8.count))
      for octet in label.utf8 {
        guard octet > 0x20, octet < 0x7f else { throw .badName(text) }
        wire.append((UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(octet) ? octet | 0x20 : octet)
      }
    }
    wire.append(0)
    guard wire.count <= 255 else { throw .badName(text) }
    if !isFullyQualified { wire.append(0) }
    return wire
  }
}
