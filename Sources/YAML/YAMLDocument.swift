import CYAML

/// Reads a text of one YAML document (libyaml).
package enum YAMLDocument {
  /// What a document may hold at most: an alias that repeats a great part again and again ends here.
  package struct Limits: Sendable {
    package var nodes = 1_000_000
    package var depth = 64

    package init() {}
  }

  /// The document's root. An empty text is a null.
  package static func parse(
    _ octets: [UInt8], limits: Limits = Limits()
  ) throws(YAMLError) -> YAMLNode {
    var problems: [YAMLError] = []
    let root = try parse(octets, limits: limits, problems: &problems)
    if let first = problems.first { throw first }
    return root
  }

  /// Reads on where that is possible: keys that stand twice (the first one is kept), that are no words, tags and
  /// aliases nobody knows are told in `problems`. Throws what ends the reading.
  package static func parse(
    _ octets: [UInt8], limits: Limits = Limits(), problems: inout [YAMLError]
  ) throws(YAMLError) -> YAMLNode {
    var reader = try YAMLReader(octets, limits)
    do throws(YAMLError) {
      let root = try reader.document()
      problems += reader.problems
      return root
    } catch {
      problems += reader.problems
      throw error
    }
  }
}

/// libyaml's events made into a tree.
@safe
private struct YAMLReader: ~Copyable {
  private let parser: OpaquePointer
  private let octets: UnsafeMutableBufferPointer<UInt8>
  private let limits: YAMLDocument.Limits
  private var anchors: [String: (node: YAMLNode, count: Int)] = [:]
  private var nodes = 0
  /// What is wrong and yet no hindrance; the first few.
  private(set) var problems: [YAMLError] = []
  /// Nobody reads more.
  private static let problemLimit = 100

  init(_ text: [UInt8], _ limits: YAMLDocument.Limits) throws(YAMLError) {
    // A copy of our own: libyaml keeps the pointer until the end, and deinit frees both.
    let octets = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: max(1, text.count))
    _ = unsafe octets.initialize(from: text)
    guard let parser = unsafe cyaml_open(octets.baseAddress, text.count) else {
      unsafe octets.deallocate()
      throw YAMLError("out of memory", at: YAMLPlace(line: 1, column: 1))
    }
    unsafe self.octets = octets
    unsafe self.parser = parser
    self.limits = limits
  }

  deinit {
    // Both were made in init and are this value's own.
    unsafe cyaml_close(parser)
    unsafe octets.deallocate()
  }

  mutating func document() throws(YAMLError) -> YAMLNode {
    let first = try next()
    guard first.kind == CYAML_DOCUMENT.rawValue else {
      return YAMLNode(.scalar("", isPlain: true), at: first.place)
    }
    let root = try node(try next(), depth: 0)
    let last = try next()
    guard last.kind == CYAML_END.rawValue else {
      throw YAMLError("a second document begins here; one is read", at: last.place)
    }
    return root
  }

  private struct Event {
    var kind: UInt32
    var place: YAMLPlace
    var text = ""
    var isPlain = false
    var anchor: String?
    var tag: String?
  }

  private mutating func next() throws(YAMLError) -> Event {
    var raw = unsafe cyaml_event()
    // `raw` is a local, and the parser is open until deinit.
    guard unsafe cyaml_next(parser, &raw) == 1 else {
      var line = 0
      var column = 0
      var offset = 0
      // The text is libyaml's own constant, or one of ours.
      let problem = unsafe String(cString: cyaml_problem(parser, &line, &column, &offset))
      throw YAMLError(
        problem, at: offset < 0 ? YAMLPlace(line: line + 1, column: column + 1) : place(of: offset))
    }
    var event = unsafe Event(
      kind: UInt32(raw.kind), place: YAMLPlace(line: raw.line + 1, column: raw.column + 1))
    if let text = unsafe raw.text {
      // libyaml has checked that it is UTF-8, and keeps it until the next call.
      event.text = unsafe String(
        decoding: UnsafeBufferPointer(start: text, count: raw.count), as: UTF8.self)
    }
    unsafe event.isPlain = raw.is_plain != 0
    // NUL-terminated, kept until the next call.
    if let anchor = unsafe raw.anchor { event.anchor = unsafe String(cString: anchor) }
    if let tag = unsafe raw.tag { event.tag = unsafe String(cString: tag) }
    return event
  }

  /// Of an octet: lines end with a line feed, and what continues a character (RFC 3629 §3) is no column.
  private func place(of offset: Int) -> YAMLPlace {
    var place = YAMLPlace(line: 1, column: 1)
    // The octets are this value's own, and no index is beyond their count.
    for index in 0..<min(max(offset, 0), unsafe octets.count) {
      // As above.
      let octet = unsafe octets[index]
      if octet == UInt8(ascii: "\n") {
        place = YAMLPlace(line: place.line + 1, column: 1)
      } else if octet & 0xc0 != 0x80 {
        place.column += 1
      }
    }
    return place
  }

  private mutating func node(_ event: Event, depth: Int) throws(YAMLError) -> YAMLNode {
    try count(1, at: event.place)
    guard depth < limits.depth else {
      throw YAMLError("values lie in each other more than \(limits.depth) deep", at: event.place)
    }
    if let tag = event.tag, !tag.hasPrefix("tag:yaml.org,2002:"), tag != "!" {
      note("the tag \(tag) is not understood; leave it away", at: event.place)
    }
    let before = nodes
    let node: YAMLNode
    switch event.kind {
    case CYAML_SCALAR.rawValue:
      let isText = event.tag == "tag:yaml.org,2002:str"
      node = YAMLNode(.scalar(event.text, isPlain: event.isPlain && !isText), at: event.place)
    case CYAML_SEQUENCE.rawValue: node = try sequence(event, depth)
    case CYAML_MAPPING.rawValue: node = try mapping(event, depth)
    case CYAML_ALIAS.rawValue: return try alias(event)
    default: throw YAMLError("a value is missing", at: event.place)
    }
    if let anchor = event.anchor { anchors[anchor] = (node, nodes - before + 1) }
    return node
  }

  private mutating func sequence(_ event: Event, _ depth: Int) throws(YAMLError) -> YAMLNode {
    var elements: [YAMLNode] = []
    while true {
      let next = try next()
      if next.kind == CYAML_CLOSE.rawValue { return YAMLNode(.sequence(elements), at: event.place) }
      elements.append(try node(next, depth: depth + 1))
    }
  }

  private mutating func mapping(_ event: Event, _ depth: Int) throws(YAMLError) -> YAMLNode {
    var entries: [YAMLNode.Entry] = []
    var places: [String: YAMLPlace] = [:]
    while true {
      let key = try next()
      if key.kind == CYAML_CLOSE.rawValue { return YAMLNode(.mapping(entries), at: event.place) }
      let keyNode = try node(key, depth: depth + 1)
      let value = try node(try next(), depth: depth + 1)
      guard case .scalar(let name, _) = keyNode.content else {
        note(
          "a key must be a word, and a list or mapping stands here; a text that begins with a bracket needs quotes",
          at: key.place)
        continue
      }
      if let first = places[name] {
        note("the key \(name) stands in line \(first.line) already", at: key.place)
        continue
      }
      places[name] = key.place
      entries.append(YAMLNode.Entry(key: name, keyPlace: key.place, value: value))
    }
  }

  /// What an anchor names, once more; it counts like its text would.
  private mutating func alias(_ event: Event) throws(YAMLError) -> YAMLNode {
    guard let name = event.anchor, let target = anchors[name] else {
      note(
        "no anchor &\(event.anchor ?? "") stands above; a text that begins with * needs quotes",
        at: event.place)
      return YAMLNode(.scalar("", isPlain: true), at: event.place)
    }
    try count(target.count, at: event.place)
    return target.node
  }

  private mutating func note(_ text: String, at place: YAMLPlace) {
    if problems.count < Self.problemLimit { problems.append(YAMLError(text, at: place)) }
  }

  private mutating func count(_ more: Int, at place: YAMLPlace) throws(YAMLError) {
    nodes += more
    guard nodes <= limits.nodes else {
      throw YAMLError("the document has more than \(limits.nodes) values", at: place)
    }
  }
}
