import Plan
import ProbeEngine
import Report
import Wire

extension LinkBaselineText {
  /// Reads a baseline; facts come in the order in which they stand.
  static func parse(_ octets: [UInt8]) throws(LinkBaselineError) -> LinkBaseline {
    var parse = LinkBaselineParse()
    for (index, line) in octets.split(separator: 0x0a, omittingEmptySubsequences: false).enumerated() {
      parse.take(line, number: index + 1)
      if parse.isRefused { break }
    }
    return try parse.finish()
  }
}

/// One reading of a baseline: the state between its lines.
private struct LinkBaselineParse {
  private enum Limits {
    /// No line that we write is longer: a search name's 255 octets, each as four.
    static let line = 2_048
    static let badLines = 20
  }

  /// What is wrong with a line, and what would be right.
  private struct Problem: Error {
    var text: String
    init(_ text: String) { self.text = text }
  }

  /// A router and the line that it stands on.
  private var routers: [(LinkBaseline.Router, line: Int)] = []
  private var hasHeading = false
  private var bad = LinkBaselineError(lines: [])
  /// A version that is not ours: its other lines say nothing.
  private(set) var isRefused = false

  mutating func take(_ line: ArraySlice<UInt8>, number: Int) {
    let text = Self.trimmed(line)
    if text.isEmpty { return }
    do throws(Problem) {
      guard hasHeading else { return try takeHeading(text) }
      guard text.count <= Limits.line else { throw Problem("longer than any line of a baseline") }
      var words = Self.words(text)
      guard !words.isEmpty else { return }
      guard !words.contains(where: { $0.unicodeScalars.contains("\u{fffd}") }) else {
        throw Problem("octets that are no UTF-8")
      }
      try take(word: words.removeFirst(), words, number: number)
    } catch {
      guard bad.lines.count < Limits.badLines else { return bad.more += 1 }
      bad.lines.append(TargetList.BadLine(number: number, message: error.text))
    }
  }

  func finish() throws(LinkBaselineError) -> LinkBaseline {
    if !bad.lines.isEmpty { throw bad }
    guard hasHeading else {
      throw LinkBaselineError(lines: [.init(number: 1, message: "empty; " + Self.rightHeading)])
    }
    return LinkBaseline(routers: routers.map(\.0))
  }

  // MARK: lines

  private static var rightHeading: String {
    "a baseline begins with the line \(quoted(LinkBaselineText.heading)); make one with --write"
  }

  private mutating func takeHeading(_ text: ArraySlice<UInt8>) throws(Problem) {
    isRefused = true
    let start = LinkBaselineText.headingStart.utf8
    guard text.starts(with: start) else { throw Problem("not a baseline; " + Self.rightHeading) }
    let version = String(decoding: text.dropFirst(start.count).prefix(Limits.line), as: UTF8.self)
    guard version == "1" else {
      throw Problem("version \(quoted(version)) of a baseline, and this program reads version 1")
    }
    hasHeading = true
    isRefused = false
  }

  private mutating func take(word: String, _ words: [String], number: Int) throws(Problem) {
    if word == "router" {
      let router = try Self.router(words)
      if let other = routers.first(where: { $0.0.address == router.address }) {
        throw Problem("router \(words[0]) stands in line \(other.line) already")
      }
      return routers.append((router, line: number))
    }
    let known = ["router", "prefix", "route", "mtu", "dns", "search"]
    guard known.contains(word) else {
      let near = Suggestion.nearest(to: word, among: known).map { "; did you mean \($0)?" } ?? ""
      throw Problem("\(quoted(word)) is none of \(known.joined(separator: ", "))\(near)")
    }
    guard let last = routers.indices.last else {
      throw Problem("a \(word) before the first router; it belongs below its router's line")
    }
    switch word {
    case "prefix":
      let prefix = try Self.prefix(words)
      try Self.refuse(
        routers[last].0.prefixes.contains { $0.prefix == prefix.prefix && $0.length == prefix.length },
        routers[last].0.prefixes.count, "prefix \(words[0])")
      routers[last].0.prefixes.append(prefix)
    case "route":
      let route = try Self.route(words)
      try Self.refuse(
        routers[last].0.routes.contains { $0.prefix == route.prefix && $0.length == route.length },
        routers[last].0.routes.count, "route \(words[0])")
      routers[last].0.routes.append(route)
    case "mtu":
      let mtu = UInt32(try Self.number("mtu", try Self.single("mtu", words, "1500"), 0...Int128(UInt32.max)))
      try Self.refuse(routers[last].0.mtu != nil, 0, "mtu")
      routers[last].0.mtu = mtu
    case "dns":
      let server = try Self.address(try Self.single("dns", words, "2001:db8::53"))
      try Self.refuse(
        routers[last].0.dnsServers.contains(server), routers[last].0.dnsServers.count, "dns \(words[0])")
      routers[last].0.dnsServers.append(server)
    default:
      let name = try Self.name(try Self.single("search", words, "example.org"))
      try Self.refuse(
        routers[last].0.dnsSearchList.contains(name), routers[last].0.dnsSearchList.count,
        "search \(words[0])")
      routers[last].0.dnsSearchList.append(name)
    }
  }

  private static func router(_ words: [String]) throws(Problem) -> LinkBaseline.Router {
    guard let first = words.first else { throw Problem("router needs an address, such as fe80::1") }
    let address = try address(first)
    let fields = try fields(
      "router", words.dropFirst(), ["mac", "hop-limit", "lifetime", "preference", "flags"],
      optional: "option-mac")
    var router = LinkBaseline.Router(
      address: address, link: try link("mac", fields[0]),
      hopLimit: UInt8(try number("hop-limit", fields[1], 0...255)),
      flags: try flags(fields[4], LinkBaselineText.routerFlags), preference: try preference(fields[3]),
      lifetime: UInt16(try number("lifetime", fields[2], 0...65_535)))
    router.optionLink = try link("option-mac", fields[5])
    return router
  }

  private static func link(_ name: String, _ text: String) throws(Problem) -> LinkLayerAddress? {
    if text == "none" { return nil }
    do throws(LinkLayerText.Problem) { return try LinkLayerText.address(text) } catch {
      throw Problem("\(name) " + LinkLayerText.message(text, error) + ", or none")
    }
  }

  private static func prefix(_ words: [String]) throws(Problem) -> LinkBaseline.Prefix {
    let (prefix, length) = try prefixText("prefix", words)
    let fields = try fields("prefix", words.dropFirst(), ["flags", "valid", "preferred"])
    return LinkBaseline.Prefix(
      prefix: prefix, length: length, flags: try flags(fields[0], LinkBaselineText.prefixFlags),
      validLifetime: try lifetime("valid", fields[1]), preferredLifetime: try lifetime("preferred", fields[2])
    )
  }

  private static func route(_ words: [String]) throws(Problem) -> LinkBaseline.Route {
    let (prefix, length) = try prefixText("route", words)
    let fields = try fields("route", words.dropFirst(), ["preference"])
    return LinkBaseline.Route(prefix: prefix, length: length, preference: try preference(fields[0]))
  }

  // MARK: words

  /// The values behind these names, in their order, each once; of the optional one `none` where it is left out.
  private static func fields(
    _ fact: String, _ words: ArraySlice<String>, _ required: [String], optional: String? = nil
  ) throws(Problem) -> [String] {
    let names = required + (optional.map { [$0] } ?? [])
    var values = [String?](repeating: nil, count: names.count)
    var rest = words
    while let name = rest.popFirst() {
      guard let index = names.firstIndex(of: name) else {
        let near = Suggestion.nearest(to: name, among: names).map { "; did you mean \($0)?" } ?? ""
        throw Problem("\(quoted(name)) is not part of a \(fact): \(names.joined(separator: ", "))\(near)")
      }
      guard let value = rest.popFirst() else { throw Problem("nothing behind \(name)") }
      guard values[index] == nil else { throw Problem("\(name) stands twice") }
      values[index] = value
    }
    var found: [String] = []
    for (name, value) in zip(names, values) {
      guard let value = value ?? (name == optional ? "none" : nil) else {
        throw Problem("\(name) is missing; a \(fact) has \(required.joined(separator: ", "))")
      }
      found.append(value)
    }
    return found
  }

  private static func single(_ fact: String, _ words: [String], _ example: String) throws(Problem) -> String {
    guard words.count == 1 else {
      throw Problem("\(fact) has \(words.count) values; it takes one, such as \(fact) \(example)")
    }
    return words[0]
  }

  /// Refuses what a router has already, and more than are compared.
  private static func refuse(_ isKnown: Bool, _ count: Int, _ fact: String) throws(Problem) {
    if isKnown { throw Problem("\(escaped(fact)) stands twice below one router") }
    guard count < LinkBaseline.Router.maximumItems else {
      throw Problem("more than \(LinkBaseline.Router.maximumItems) of a kind below one router")
    }
  }

  private static func address(_ text: String) throws(Problem) -> IPv6Address {
    guard let address = TargetText.ipv6Address(text) else {
      throw Problem("\(quoted(text)) is not an IPv6 address (without a zone)")
    }
    return address
  }

  private static func prefixText(
    _ fact: String, _ words: [String]
  ) throws(Problem) -> (IPv6Address, length: UInt8) {
    guard let text = words.first else { throw Problem("\(fact) needs a prefix, such as 2001:db8::/64") }
    let parts = text.split(separator: "/", omittingEmptySubsequences: false)
    guard parts.count == 2, let address = TargetText.ipv6Address(String(parts[0])) else {
      throw Problem("\(quoted(text)) is not a prefix such as 2001:db8::/64")
    }
    return (address, UInt8(try number("prefix length", String(parts[1]), 0...128)))
  }

  private static func number(
    _ what: String, _ text: String, _ range: ClosedRange<Int128>
  ) throws(Problem) -> Int128 {
    guard let value = try? NumberText.integer(text), range.contains(value) else {
      throw Problem("\(what) \(quoted(text)); allowed: \(range.lowerBound) to \(range.upperBound)")
    }
    return value
  }

  private static func lifetime(_ what: String, _ text: String) throws(Problem) -> UInt32 {
    if text == "infinite" { return .max }
    guard let value = try? NumberText.integer(text), (0...Int128(UInt32.max)).contains(value) else {
      throw Problem("\(what) \(quoted(text)); allowed: seconds from 0 to 4294967294, or infinite")
    }
    return UInt32(value)
  }

  private static func preference(_ text: String) throws(Problem) -> RouterPreference {
    for (name, value) in LinkBaselineText.preferences where name == text { return value }
    throw Problem("preference \(quoted(text)); allowed: high, medium, low, reserved")
  }

  private static func flags(
    _ text: String, _ names: KeyValuePairs<String, UInt8>
  ) throws(Problem) -> UInt8 {
    if text == "none" { return 0 }
    var flags: UInt8 = 0
    for part in text.split(separator: ",", omittingEmptySubsequences: false) {
      if let bit = names.first(where: { $0.key == part })?.value {
        flags |= bit
      } else if part.hasPrefix("0x"), let bits = try? NumberText.integer(String(part), allowsHex: true),
        (0...255).contains(bits)
      {
        flags |= UInt8(bits)
      } else {
        let words = names.map(\.key).joined(separator: ", ")
        throw Problem(
          "flag \(quoted(String(part))); allowed: \(words), 0x and bits, with commas between; or none")
      }
    }
    return flags
  }

  private static func name(_ text: String) throws(Problem) -> [UInt8] {
    if text == "\"\"" { return [] }
    var name: [UInt8] = []
    var rest = Substring(text).utf8
    while let octet = rest.popFirst() {
      if octet == 0x22 { throw Problem("\(quoted(text)): a quotation mark in a name is written \\034") }
      guard octet == 0x5c else {
        name.append(octet)
        continue
      }
      guard rest.count >= 3, let value = try? NumberText.integer(String(Substring(rest.prefix(3)))),
        (0...255).contains(value)
      else { throw Problem("\(quoted(text)): behind a backslash stand three digits, 000 to 255") }
      name.append(UInt8(value))
      rest = rest.dropFirst(3)
    }
    return name
  }

  // MARK: octets

  private static func isBlank(_ octet: UInt8) -> Bool { octet == 0x20 || octet == 0x09 || octet == 0x0d }

  private static func trimmed(_ line: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
    var text = line.drop(while: isBlank)
    while let last = text.last, isBlank(last) { text.removeLast() }
    return text
  }

  /// Without what follows a `#`.
  private static func words(_ text: ArraySlice<UInt8>) -> [String] {
    text.prefix { $0 != UInt8(ascii: "#") }.split(whereSeparator: isBlank).map {
      String(decoding: $0, as: UTF8.self)
    }
  }
}
