/// What is wrong with the shape of an argument vector.
package enum OptionScanError: Error, Hashable, Sendable {
  case unknownShort(Unicode.Scalar)
  /// Without `--` and without `=value`.
  case unknownLong(String)
  /// A long prefix that fits several options.
  case ambiguous(String, candidates: [String])
  /// As typed: `-c` or `--count`.
  case missingArgument(option: String)
  /// `--quiet=1` where the option takes no argument.
  case unexpectedArgument(option: String)
}

/// Walks an argument vector as getopt_long(3) does: clusters (`-nqc3`), arguments attached or separate, long
/// options with `=` or a separate argument, unambiguous prefixes of long names, operands anywhere, `--`.
///
/// Options come one at a time, so that an error in the first is reported before the shape of the second is
/// looked at, as C programs do.
package struct OptionScanner<Key: Hashable & Sendable>: Sendable {
  /// How long options are read.
  package enum LongNames: Sendable {
    /// In full, or by a prefix that fits one option only.
    case byPrefix
    /// In full; any other is what getopt(3) makes of it, a cluster that begins with the option `-`.
    case exactOrCluster
  }

  package struct Found: Sendable {
    package var key: Key
    package var argument: String?
    /// As typed, for messages: `-c`, or `--count` in full.
    package var name: String
  }

  /// What is not an option; complete once `next()` has returned nil.
  package private(set) var operands: [String] = []
  /// The last argument that was looked at, as typed: getopt_long(3) names some of them whole.
  package var lastArgument: String { index > 0 ? arguments[index - 1] : "" }

  private let arguments: [String]
  private let table: OptionTable<Key>
  private let longNames: LongNames
  /// Operands may stand before options; off where POSIXLY_CORRECT is set.
  private let permutes: Bool
  private var index = 0
  private var cluster: Substring.UnicodeScalarView?

  package init(
    _ arguments: [String], table: OptionTable<Key>, longNames: LongNames = .byPrefix, permutes: Bool = true
  ) {
    self.arguments = arguments
    self.table = table
    self.longNames = longNames
    self.permutes = permutes
  }

  /// The next option; nil at the end.
  package mutating func next() throws(OptionScanError) -> Found? {
    if let rest = cluster { return try nextInCluster(rest) }
    while index < arguments.count {
      let argument = arguments[index]
      index += 1
      if argument == "--" {
        takeOperandsToEnd()
        return nil
      }
      if argument.utf8.first != UInt8(ascii: "-") || argument.utf8.count == 1 {
        operands.append(argument)
        if !permutes { takeOperandsToEnd() }
        continue
      }
      if argument.hasPrefix("--"), let found = try long(argument.dropFirst(2)) { return found }
      return try nextInCluster(argument.dropFirst(1).unicodeScalars)
    }
    return nil
  }

  private mutating func takeOperandsToEnd() {
    operands.append(contentsOf: arguments[index...])
    index = arguments.count
  }

  private mutating func nextArgument() -> String? {
    guard index < arguments.count else { return nil }
    defer { index += 1 }
    return arguments[index]
  }

  private mutating func nextInCluster(_ scalars: Substring.UnicodeScalarView) throws(OptionScanError)
    -> Found?
  {
    var rest = scalars
    // A cluster is never empty: the caller saw one scalar at least, and an emptied one is dropped below.
    guard let letter = rest.popFirst() else { return nil }
    cluster = rest.isEmpty ? nil : rest
    guard letter != "-", let entry = table.entry(short: letter) else {
      cluster = nil
      throw .unknownShort(letter)
    }
    let name = "-" + String(letter)
    guard entry.description.argument != nil else { return Found(key: entry.key, argument: nil, name: name) }
    cluster = nil
    if !rest.isEmpty { return Found(key: entry.key, argument: String(Substring(rest)), name: name) }
    if entry.description.isArgumentOptional { return Found(key: entry.key, argument: nil, name: name) }
    guard let argument = nextArgument() else { throw .missingArgument(option: name) }
    return Found(key: entry.key, argument: argument, name: name)
  }

  /// nil: not a long option here, go on as with a cluster.
  private mutating func long(_ body: Substring) throws(OptionScanError) -> Found? {
    let equals = body.utf8.firstIndex(of: UInt8(ascii: "="))
    let typed = String(equals.map { body[..<$0] } ?? body)
    let attached = equals.map { String(body[body.utf8.index(after: $0)...]) }

    let entry: OptionTable<Key>.Entry
    if let exact = table.entry(long: typed) {
      entry = exact
    } else {
      if longNames == .exactOrCluster { return nil }
      let fitting = typed.isEmpty ? [] : table.entries(longPrefix: typed)
      guard let first = fitting.first else { throw .unknownLong(typed) }
      // Two spellings of one option are no ambiguity.
      guard fitting.allSatisfy({ $0.key == first.key }) else {
        throw .ambiguous(typed, candidates: fitting.compactMap { $0.description.long })
      }
      entry = first
    }
    let name = entry.description.name
    guard entry.description.argument != nil else {
      if attached != nil { throw .unexpectedArgument(option: name) }
      return Found(key: entry.key, argument: nil, name: name)
    }
    if attached == nil, entry.description.isArgumentOptional {
      return Found(key: entry.key, argument: nil, name: name)
    }
    guard let argument = attached ?? nextArgument() else { throw .missingArgument(option: name) }
    return Found(key: entry.key, argument: argument, name: name)
  }
}
