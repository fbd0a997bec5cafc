package import Wire

/// A target as typed, told apart: an address with its zone, or a name for the resolver.
package enum TargetText: Hashable, Sendable {
  /// The zone is an interface's name or index, as text; nil where the address needs none.
  case address(IPv6Address, zone: String?)
  case name(String)

  /// Tells what the text is, or what is wrong with it. Looks nothing up.
  ///
  /// `defaultZone` (from `-I`) stands in for a zone that is not written; `interfaces` are the names offered when
  /// a zone is missing.
  package static func parse(
    _ text: String, defaultZone: String? = nil, interfaces: [String] = []
  ) throws(TargetTextError) -> TargetText {
    func problem(_ problem: TargetTextError.Problem) -> TargetTextError {
      TargetTextError(input: text, problem: problem)
    }
    if text.isEmpty { throw problem(.empty) }
    if let scheme = range(of: "://", in: text[...]) {
      throw problem(.url(host: hostOfURL(text[scheme.upperBound...])))
    }
    if let bad = text.unicodeScalars.first(where: { $0.value <= 0x20 || $0.value == 0x7f }) {
      throw problem(.character(bad))
    }
    if text.hasPrefix("[") {
      guard let close = text.firstIndex(of: "]") else {
        throw problem(.brackets(inside: nil, hasPort: false))
      }
      let inside = String(text[text.index(after: text.startIndex)..<close])
      let rest = text[text.index(after: close)...]
      guard rest.isEmpty || rest.hasPrefix(":") else { throw problem(.brackets(inside: nil, hasPort: false)) }
      throw problem(.brackets(inside: inside, hasPort: !rest.isEmpty))
    }
    if let slash = text.firstIndex(of: "/") {
      throw problem(.prefix(address: String(text[..<slash])))
    }

    let percent = text.firstIndex(of: "%")
    let host = String(percent.map { text[..<$0] } ?? text[...])
    let zone = percent.map { String(text[text.index(after: $0)...]) }
    let colons = host.utf8.count { $0 == UInt8(ascii: ":") }
    if colons == 0 || (colons == 1 && !host.hasPrefix(":") && !host.hasSuffix(":")) {
      return try name(host, zone: zone, hasPort: colons == 1, problem)
    }
    let address: IPv6Address
    do throws(AddressProblem) {
      address = try ipv6(host)
    } catch {
      throw problem(.malformed(error))
    }
    if let zone {
      if zone.isEmpty { throw problem(.emptyZone(interfaces: interfaces)) }
      let escaped = zone.utf8.dropFirst(2)
      if zone.hasPrefix("25"), let first = escaped.first, !(0x30...0x39).contains(first) {
        throw problem(.escapedZone(right: host + "%" + zone.dropFirst(2)))
      }
      // IFNAMSIZ: 16 octets with the final NUL.
      if zone.utf8.count > 15 || zone.utf8.contains(UInt8(ascii: "%")) { throw problem(.badZone(zone)) }
    }
    if address.isIPv4Mapped { throw problem(.ipv4(bits: UInt32(truncatingIfNeeded: address.bits))) }
    guard address.needsZone else {
      if zone != nil { throw problem(.needlessZone(address: host)) }
      return .address(address, zone: nil)
    }
    guard let known = zone ?? defaultZone else {
      throw problem(.missingZone(address: host, interfaces: interfaces))
    }
    return .address(address, zone: known)
  }

  /// Takes the port off a target that has one: `[ADDRESS]:PORT`, `NAME:PORT`; brackets alone go too.
  ///
  /// What is left may still be anything. A text with more than one colon and no brackets has no port here: its last
  /// group may belong to the address.
  package static func splittingPort(
    _ text: String
  ) throws(TargetTextError) -> (target: String, port: UInt16?) {
    var target = text
    var written: String?
    if text.hasPrefix("["), let close = text.firstIndex(of: "]") {
      let rest = text[text.index(after: close)...]
      guard rest.isEmpty || rest.hasPrefix(":") else { return (text, nil) }
      target = String(text[text.index(after: text.startIndex)..<close])
      // What stands in brackets is an address.
      guard target.utf8.contains(UInt8(ascii: ":")) else { return (text, nil) }
      written = rest.isEmpty ? nil : String(rest.dropFirst())
    } else if let colon = text.firstIndex(of: ":"), colon != text.startIndex {
      let rest = text[text.index(after: colon)...]
      guard !rest.utf8.contains(UInt8(ascii: ":")), !rest.hasPrefix("//") else { return (text, nil) }
      target = String(text[..<colon])
      written = String(rest)
    }
    guard let written else { return (target, nil) }
    guard let port = (try? NumberText.integer(written)).flatMap(UInt16.init(exactly:)), port > 0 else {
      throw TargetTextError(input: text, problem: .badPort(written), mayHavePort: true)
    }
    return (target, port)
  }

  /// The address, where the text is one without zone, and nothing else.
  package static func ipv6Address(_ text: String) -> IPv6Address? { try? ipv6(text) }

  /// Four decimal octets as a number, where the text is that and nothing else.
  package static func ipv4Address(_ text: String) -> UInt32? {
    let parts = text.split(separator: ".", omittingEmptySubsequences: false)
    guard parts.count == 4 else { return nil }
    var bits: UInt32 = 0
    for part in parts {
      // A leading zero means octal to some readers and decimal to others: refused.
      guard (1...3).contains(part.utf8.count), part.utf8.count == 1 || part.utf8.first != UInt8(ascii: "0"),
        let octet = try? NumberText.integer(String(part)), (0...255).contains(octet)
      else { return nil }
      bits = bits << 8 | UInt32(octet)
    }
    return bits
  }

  /// Where the octets first stand; no need for the string processing library.
  private static func range(of wanted: String, in text: Substring) -> Range<String.Index>? {
    var start = text.startIndex
    while start < text.endIndex {
      if text.utf8[start...].starts(with: wanted.utf8) {
        return start..<text.utf8.index(start, offsetBy: wanted.utf8.count)
      }
      start = text.utf8.index(after: start)
    }
    return nil
  }

  private static func hostOfURL(_ rest: Substring) -> String {
    var host = rest.prefix { $0 != "/" && $0 != "?" && $0 != "#" }
    if let at = host.lastIndex(of: "@") { host = host[host.index(after: at)...] }
    if host.hasPrefix("[") { return String(host.dropFirst().prefix { $0 != "]" }) }
    return String(host.prefix { $0 != ":" })
  }

  private static func name(
    _ host: String, zone: String?, hasPort: Bool, _ problem: (TargetTextError.Problem) -> TargetTextError
  ) throws(TargetTextError) -> TargetText {
    let name = hasPort ? String(host.prefix { $0 != ":" }) : host
    if let bits = ipv4Address(name) { throw problem(.ipv4(bits: bits)) }
    if hasPort { throw problem(.port(host: name)) }
    if zone != nil { throw problem(.zoneOfName(name)) }
    // inet_aton(3) reads these as IPv4 addresses (`127.1`, `0x7f000001`); no host name ends in a number.
    let last = name.split(separator: ".").last.map(String.init) ?? ""
    if (try? NumberText.integer(last, allowsHex: true)) != nil { throw problem(.numericName) }
    let labels = name.split(separator: ".", omittingEmptySubsequences: false)
    if name.utf8.count > 254 || labels.dropLast().contains("")
      || labels.contains(where: { $0.utf8.count > 63 })
    {
      throw problem(.badName)
    }
    if name.hasPrefix("-") { throw problem(.badName) }
    for scalar in name.unicodeScalars where scalar.isASCII {
      let isPlain = (0x61...0x7a).contains(scalar.value | 0x20) || (0x30...0x39).contains(scalar.value)
      if !isPlain, scalar != "-", scalar != ".", scalar != "_" { throw problem(.character(scalar)) }
    }
    return .name(name)
  }

  /// Why a text with colons is not an IPv6 address (RFC 4291 §2.2).
  package enum AddressProblem: Error, Hashable, Sendable {
    case tripleColon
    case twoGaps
    /// A group of more than four digits.
    case longGroup(String)
    case badDigit(Unicode.Scalar)
    case tooManyGroups
    case tooFewGroups(Int)
    /// A single colon at the beginning or the end.
    case looseColon
    case badIPv4Tail(String)
  }

  /// A strict reader of RFC 4291 §2.2 text that says what is wrong.
  private static func ipv6(_ text: String) throws(AddressProblem) -> IPv6Address {
    // Wire reads it; what it refuses is read once more, for people.
    if let address = try? IPv6Address(parsing: text) { return address }
    if range(of: ":::", in: text[...]) != nil { throw .tripleColon }
    let gap = range(of: "::", in: text[...])
    if let gap, range(of: "::", in: text[gap.upperBound...]) != nil { throw .twoGaps }
    guard let gap else {
      let groups = try groups(text[...])
      if groups.count > 8 { throw .tooManyGroups }
      if groups.count < 8 { throw .tooFewGroups(groups.count) }
      return address(groups)
    }
    let head = try groups(text[..<gap.lowerBound], isHead: true)
    let tail = try groups(text[gap.upperBound...])
    let missing = 8 - head.count - tail.count
    // `::` stands for one group at least.
    if missing < 1 { throw .tooManyGroups }
    return address(head + [UInt16](repeating: 0, count: missing) + tail)
  }

  private static func address(_ groups: [UInt16]) -> IPv6Address {
    IPv6Address(bits: groups.reduce(0) { $0 << 16 | UInt128($1) })
  }

  private static func groups(_ text: Substring, isHead: Bool = false) throws(AddressProblem) -> [UInt16] {
    if text.isEmpty { return [] }
    let parts = text.split(separator: ":", omittingEmptySubsequences: false)
    var groups: [UInt16] = []
    for (index, part) in parts.enumerated() {
      if part.isEmpty { throw .looseColon }
      if part.utf8.contains(UInt8(ascii: ".")) {
        guard index == parts.count - 1, !isHead, let bits = ipv4Address(String(part)) else {
          throw .badIPv4Tail(String(part))
        }
        groups += [UInt16(truncatingIfNeeded: bits >> 16), UInt16(truncatingIfNeeded: bits)]
        continue
      }
      var value: UInt16 = 0
      for scalar in part.unicodeScalars {
        guard scalar.isASCII, let digit = NumberText.hexDigit(UInt8(truncatingIfNeeded: scalar.value)) else {
          throw .badDigit(scalar)
        }
        value = value << 4 | UInt16(digit)
      }
      if part.utf8.count > 4 { throw .longGroup(String(part)) }
      groups.append(value)
    }
    return groups
  }
}
