/// One option of a command line that is read as Butskoy's traceroute reads it.
struct ClifOption<Key: Hashable & Sendable>: Sendable {
  var key: Key
  var short: Unicode.Scalar?
  /// Without dashes.
  var long: String?
  /// What usage and errors call the argument; nil: it takes none.
  var argument: String?
  /// The long name may be cut short, to two characters at least.
  var isAbbreviable: Bool
  /// Its argument may be several, between commas.
  var isSeveral: Bool
  /// The long name has one dash.
  var hasOneDash: Bool
  /// Only one of these may be given.
  var isExclusive: Bool

  init(
    _ key: Key, _ short: Unicode.Scalar? = nil, _ long: String? = nil, argument: String? = nil,
    isAbbreviable: Bool = false, isSeveral: Bool = false, hasOneDash: Bool = false, isExclusive: Bool = false
  ) {
    self.key = key
    self.short = short
    self.long = long
    self.argument = argument
    self.isAbbreviable = isAbbreviable
    self.isSeveral = isSeveral
    self.hasOneDash = hasOneDash
    self.isExclusive = isExclusive
  }

  func shortName(withArgument: Bool = false) -> String {
    "-" + (short.map(String.init) ?? "") + (withArgument ? argumentName(" ") : "")
  }

  func longName(isKeyword: Bool, withArgument: Bool = false) -> String {
    (isKeyword ? "" : hasOneDash ? "-" : "--") + (long ?? "") + (withArgument ? argumentName("=") : "")
  }

  private func argumentName(_ separator: String) -> String {
    guard let argument else { return "" }
    return separator + argument + (isSeveral ? ",..." : "")
  }
}

/// Walks an argument vector as Butskoy's traceroute does, which is not getopt(3)'s way: a short option has its
/// argument attached only where it stands first, a long one only behind `=`, and errors name the position.
struct ClifScanner<Key: Hashable & Sendable> {
  struct Found {
    var key: Key
    var argument: String?
    /// As errors name it: `-f`, `--first`, `mss`.
    var name: String
    /// Where the option or its argument stands, from 1.
    var position: Int
    var isKeyword: Bool

    /// What the original says where the argument is not one.
    var complaint: EarlyExit {
      let kind = isKeyword ? "keyword" : "option"
      let with = argument.map { " with arg `\(escaped($0))'" } ?? ""
      return ClifScanner.failure("Cannot handle `\(name)' \(kind)\(with) (argc \(position))")
    }
  }
  struct Operand {
    var text: String
    var position: Int
  }

  private(set) var operands: [Operand] = []

  private let arguments: [String]
  private let options: [ClifOption<Key>]
  /// Words instead of options, as the modules have them; no operands.
  private let isKeywords: Bool
  private let permutes: Bool
  private var index = 0
  private var hasOptionsEnded = false
  private var cluster: (rest: Substring.UnicodeScalarView, argument: Int)?
  private var hasExclusive = false

  init(_ arguments: [String], options: [ClifOption<Key>], isKeywords: Bool = false, permutes: Bool = true) {
    self.arguments = arguments
    self.options = options
    self.isKeywords = isKeywords
    self.permutes = permutes
  }

  static func failure(_ text: String) -> EarlyExit {
    EarlyExit(standardError: text + "\n", exitCode: 2)
  }

  /// The next option; nil at the end.
  mutating func next() throws(EarlyExit) -> Found? {
    if let (rest, position) = cluster { return try nextInCluster(rest, position, isFirst: false) }
    while index < arguments.count {
      let text = arguments[index]
      index += 1
      if hasOptionsEnded {
        operands.append(Operand(text: text, position: index))
        continue
      }
      if isKeywords {
        guard let (option, argument) = find(text[...], where: { _ in true }) else {
          throw Self.failure("`\(escaped(text))' (argc \(index)): arguments are not allowed")
        }
        return try long(option, argument)
      }
      if text.utf8.first != UInt8(ascii: "-") || text == "-" || text.hasPrefix("---") {
        operands.append(Operand(text: text, position: index))
        if !permutes { hasOptionsEnded = true }
        continue
      }
      if text == "--" {
        hasOptionsEnded = true
        continue
      }
      if text.hasPrefix("--") {
        guard let (option, argument) = find(text.dropFirst(2), where: { !$0.hasOneDash }) else {
          throw badOption(text)
        }
        return try long(option, argument)
      }
      if let (option, argument) = find(text.dropFirst(1), where: \.hasOneDash) {
        return try long(option, argument)
      }
      return try nextInCluster(text.unicodeScalars.dropFirst(1), index, isFirst: true)
    }
    return nil
  }

  private func badOption(_ text: String) -> EarlyExit {
    guard let equals = text.utf8.firstIndex(of: UInt8(ascii: "=")) else {
      return Self.failure("Bad option `\(escaped(text))' (argc \(index))")
    }
    let argument = String(text[text.utf8.index(after: equals)...])
    return Self.failure("Bad option `\(escaped(text))' (with arg `\(escaped(argument))') (argc \(index))")
  }

  private func find(
    _ text: Substring, where fits: (ClifOption<Key>) -> Bool
  ) -> (option: ClifOption<Key>, argument: String?)? {
    let equals = text.utf8.firstIndex(of: UInt8(ascii: "="))
    let name = equals.map { text[..<$0] } ?? text
    let argument = equals.map { String(text[text.utf8.index(after: $0)...]) }
    var abbreviated: [ClifOption<Key>] = []
    for option in options where fits(option) && (argument == nil || option.argument != nil) {
      guard let long = option.long, long.hasPrefix(name) else { continue }
      if long.utf8.count == name.utf8.count { return (option, argument) }
      if option.isAbbreviable, name.utf8.count >= 2 { abbreviated.append(option) }
    }
    // What fits two is neither.
    guard abbreviated.count == 1 else { return nil }
    return (abbreviated[0], argument)
  }

  private mutating func long(_ option: ClifOption<Key>, _ argument: String?) throws(EarlyExit) -> Found {
    let name = option.longName(isKeyword: isKeywords)
    try take(option, name)
    if option.argument != nil, argument == nil {
      throw missing(name, option.longName(isKeyword: isKeywords, withArgument: true))
    }
    return Found(key: option.key, argument: argument, name: name, position: index, isKeyword: isKeywords)
  }

  private mutating func take(_ option: ClifOption<Key>, _ name: String) throws(EarlyExit) {
    guard option.isExclusive else { return }
    if hasExclusive {
      let all = options.filter(\.isExclusive).map { $0.longName(isKeyword: isKeywords) }
      throw Self.failure(
        "\(isKeywords ? "Keyword" : "Option") `\(name)' (argc \(index)): Only one of:\n    "
          + all.joined(separator: " | ") + "\nmay be specified.")
    }
    hasExclusive = true
  }

  private func missing(_ name: String, _ whole: String) -> EarlyExit {
    Self.failure(
      "\(isKeywords ? "Keyword" : "Option") `\(name)' (argc \(index)) requires an argument: `\(whole)'")
  }

  private mutating func nextInCluster(
    _ scalars: Substring.UnicodeScalarView, _ position: Int, isFirst: Bool
  ) throws(EarlyExit) -> Found? {
    var rest = scalars
    // Never empty: the caller saw one scalar at least, and an emptied one is dropped below.
    guard let letter = rest.popFirst() else { return nil }
    guard let option = options.first(where: { $0.short == letter }) else {
      throw Self.failure("Bad option `-\(escaped(String(letter)))' (argc \(position))")
    }
    let name = option.shortName()
    cluster = rest.isEmpty ? nil : (rest, position)
    try take(option, name)
    guard option.argument != nil else {
      return Found(key: option.key, argument: nil, name: name, position: position, isKeyword: false)
    }
    cluster = nil
    if !rest.isEmpty {
      guard isFirst else { throw missing(name, option.shortName(withArgument: true)) }
      return Found(
        key: option.key, argument: String(Substring(rest)), name: name, position: position, isKeyword: false)
    }
    guard index < arguments.count else { throw missing(name, option.shortName(withArgument: true)) }
    index += 1
    return Found(
      key: option.key, argument: arguments[index - 1], name: name, position: index, isKeyword: false)
  }
}
