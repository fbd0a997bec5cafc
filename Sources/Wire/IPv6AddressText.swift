/// Why a text is not an IPv6 address (RFC 4291 §2.2); offsets count octets of the text.
@usableFromInline package enum IPv6AddressTextError: Error, Hashable, Sendable {
  /// There is no text.
  case empty
  /// An octet that no address holds at this place.
  case unexpected(UInt8, at: Int)
  /// A zone (`%eth0`) starts here; it is not part of the address.
  case zone(at: Int)
  /// A second `::`.
  case secondElision(at: Int)
  /// `:::`.
  case thirdColon(at: Int)
  /// A single `:` at the start.
  case leadingColon
  /// A single `:` at the end.
  case trailingColon(at: Int)
  /// More than four hexadecimal digits in a group that starts here.
  case longGroup(at: Int)
  /// The eight groups are full, yet more follow, or `::` stands for nothing.
  case tooManyGroups(at: Int)
  /// Fewer than eight groups and no `::`.
  case tooFewGroups(Int)
  /// The IPv4 tail that starts here is not four decimal numbers of 0 to 255 without leading zeros.
  case badIPv4(at: Int)
  /// The whole text is an IPv4 address.
  case isIPv4
}

extension IPv6Address {
  /// The most octets that `write(into:at:)` needs.
  package static var maximumTextCount: Int { 45 }

  /// Reads the text of an address, without zone, brackets or prefix length.
  ///
  /// Strict RFC 4291 §2.2: one `::` at most and never for nothing, four digits a group at most, an
  /// IPv4 tail in decimal without leading zeros.
  package init(parsing text: Span<UInt8>) throws(IPv6AddressTextError) {
    guard text.count > 0 else { throw .empty }
    var parser = AddressTextParser()
    bits = try parser.parse(text)
  }

  /// Writes the RFC 5952 text at `offset`: lower case, no leading zeros, the longest run of two or
  /// more zero groups elided, the first of equal ones; `::ffff:0:0/96` with its IPv4 tail (§5).
  ///
  /// Returns the number of octets written, at most `maximumTextCount`.
  @discardableResult
  package func write(into buffer: inout MutableSpan<UInt8>, at offset: Int = 0) throws(WireError) -> Int {
    let zeros = longestZeroRun
    let groupEnd = isIPv4Mapped ? 6 : 8
    var writer = TextWriter(start: offset)
    var index = 0
    while index < groupEnd {
      if index == zeros.lowerBound, !zeros.isEmpty {
        try writer.put(UInt8(ascii: ":"), into: &buffer)
        try writer.put(UInt8(ascii: ":"), into: &buffer)
        index = zeros.upperBound
        continue
      }
      if index > 0, index != zeros.upperBound || zeros.isEmpty {
        try writer.put(UInt8(ascii: ":"), into: &buffer)
      }
      try writer.put(hexadecimal: group(index), into: &buffer)
      index += 1
    }
    if isIPv4Mapped {
      try writer.put(UInt8(ascii: ":"), into: &buffer)
      for octet in 0..<4 {
        if octet > 0 { try writer.put(UInt8(ascii: "."), into: &buffer) }
        try writer.put(decimal: UInt8(truncatingIfNeeded: bits >> UInt128(24 - 8 * octet)), into: &buffer)
      }
    }
    return writer.end - offset
  }

  /// One of the eight 16-bit groups, 0 the first.
  func group(_ index: Int) -> UInt16 { UInt16(truncatingIfNeeded: bits >> UInt128(112 - 16 * index)) }

  /// The groups that `::` stands for; empty if no run has two (RFC 5952 §4.2).
  private var longestZeroRun: Range<Int> {
    var best = 0..<0
    var start = 0
    for index in 0..<8 {
      if group(index) != 0 {
        start = index + 1
      } else if index + 1 - start > best.count {
        best = start..<(index + 1)
      }
    }
    return best.count >= 2 ? best : 0..<0
  }
}

/// Where the next octet of a text goes.
private struct TextWriter {
  let start: Int
  var end: Int

  init(start: Int) {
    self.start = start
    end = start
  }

  mutating func put(_ octet: UInt8, into buffer: inout MutableSpan<UInt8>) throws(WireError) {
    try buffer.requireSpace(1, at: end)
    buffer[end] = octet
    end += 1
  }

  mutating func put(hexadecimal value: UInt16, into buffer: inout MutableSpan<UInt8>) throws(WireError) {
    var shift: UInt16 = value > 0xfff ? 12 : value > 0xff ? 8 : value > 0xf ? 4 : 0
    while true {
      let digit = UInt8(truncatingIfNeeded: value >> shift & 0xf)
      try put(digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") + digit - 10, into: &buffer)
      guard shift > 0 else { return }
      shift -= 4
    }
  }

  mutating func put(decimal value: UInt8, into buffer: inout MutableSpan<UInt8>) throws(WireError) {
    if value >= 100 { try put(UInt8(ascii: "0") + value / 100, into: &buffer) }
    if value >= 10 { try put(UInt8(ascii: "0") + value / 10 % 10, into: &buffer) }
    try put(UInt8(ascii: "0") + value % 10, into: &buffer)
  }
}

/// Reads the groups of an address from left to right.
private struct AddressTextParser {
  /// The groups so far, the last one lowest.
  var bits: UInt128 = 0
  /// How many groups `bits` holds.
  var groups = 0
  /// How many groups stand before `::`, once it was seen.
  var elision: Int?

  mutating func parse(_ text: Span<UInt8>) throws(IPv6AddressTextError) -> UInt128 {
    var index = 0
    if text[0] == UInt8(ascii: ":") {
      guard text.count > 1, text[1] == UInt8(ascii: ":") else { throw .leadingColon }
      elision = 0
      index = 2
      if index < text.count, text[index] == UInt8(ascii: ":") { throw .thirdColon(at: index) }
    }
    while index < text.count {
      index = try parseGroup(text, at: index)
      guard index < text.count else { break }
      // parseGroup stops at a colon only.
      index += 1
      guard index < text.count else { throw .trailingColon(at: index - 1) }
      guard text[index] == UInt8(ascii: ":") else { continue }
      guard elision == nil else { throw .secondElision(at: index - 1) }
      elision = groups
      index += 1
      if index < text.count, text[index] == UInt8(ascii: ":") { throw .thirdColon(at: index) }
    }
    guard let elision else {
      guard groups == 8 else { throw .tooFewGroups(groups) }
      return bits
    }
    guard groups < 8 else { throw .tooManyGroups(at: text.count) }
    let tail = UInt128(16 * (groups - elision))
    let low = bits & ((1 << tail) - 1)
    return (elision == 0 ? 0 : (bits >> tail) << UInt128(128 - 16 * elision)) | low
  }

  /// Reads one group, or the IPv4 tail, and returns where it ended: at a colon or at the end.
  private mutating func parseGroup(_ text: Span<UInt8>, at start: Int) throws(IPv6AddressTextError) -> Int {
    var value: UInt128 = 0
    var index = start
    scan: while index < text.count {
      let octet = text[index]
      switch octet {
      case UInt8(ascii: "0")...UInt8(ascii: "9"): value = value << 4 | UInt128(octet - UInt8(ascii: "0"))
      case UInt8(ascii: "a")...UInt8(ascii: "f"): value = value << 4 | UInt128(octet - UInt8(ascii: "a") + 10)
      case UInt8(ascii: "A")...UInt8(ascii: "F"): value = value << 4 | UInt128(octet - UInt8(ascii: "A") + 10)
      case UInt8(ascii: ":") where index > start: break scan
      case UInt8(ascii: ".") where index > start: return try parseIPv4(text, at: start)
      case UInt8(ascii: "%"): throw .zone(at: index)
      default: throw .unexpected(octet, at: index)
      }
      index += 1
      if index - start > 4 { throw .longGroup(at: start) }
    }
    guard groups < 8 else { throw .tooManyGroups(at: start) }
    bits = bits << 16 | value
    groups += 1
    return index
  }

  /// Reads `a.b.c.d` up to the end of the text; it stands for two groups.
  private mutating func parseIPv4(_ text: Span<UInt8>, at start: Int) throws(IPv6AddressTextError) -> Int {
    var value: UInt128 = 0
    var number = 0
    var digits = 0
    var dots = 0
    var index = start
    while index < text.count {
      let octet = text[index]
      switch octet {
      case UInt8(ascii: "0")...UInt8(ascii: "9"):
        guard digits == 0 || number > 0 else { throw .badIPv4(at: start) }
        number = number * 10 + Int(octet - UInt8(ascii: "0"))
        digits += 1
        guard number <= 255 else { throw .badIPv4(at: start) }
      case UInt8(ascii: "."):
        guard digits > 0, dots < 3 else { throw .badIPv4(at: start) }
        value = value << 8 | UInt128(number)
        (number, digits, dots) = (0, 0, dots + 1)
      case UInt8(ascii: "%"): throw .zone(at: index)
      default: throw .badIPv4(at: start)
      }
      index += 1
    }
    guard digits > 0, dots == 3 else { throw .badIPv4(at: start) }
    guard start > 0 else { throw .isIPv4 }
    guard groups < 7 else { throw .tooManyGroups(at: start) }
    bits = bits << 32 | value << 8 | UInt128(number)
    groups += 2
    return index
  }
}

#if !$Embedded
  extension IPv6Address: CustomStringConvertible, LosslessStringConvertible {
    /// Reads the text of an address, without zone.
    package init(parsing text: String) throws(IPv6AddressTextError) {
      try self.init(parsing: text.utf8.span)
    }

    /// Nil unless the text is an address, without zone.
    @usableFromInline package init?(_ description: String) {
      guard let address = try? IPv6Address(parsing: description) else { return nil }
      self = address
    }

    /// The RFC 5952 text.
    @usableFromInline package var description: String {
      var octets = [UInt8](repeating: 0, count: Self.maximumTextCount)
      var text = octets.mutableSpan
      let count = (try? write(into: &text)) ?? 0
      return String(decoding: octets[..<count], as: UTF8.self)
    }
  }

  extension IPv6AddressTextError: CustomStringConvertible {
    @usableFromInline package var description: String {
      switch self {
      case .empty: "no text"
      case .unexpected(let octet, let at):
        (0x21...0x7e).contains(octet)
          ? "unexpected '\(Unicode.Scalar(octet))' at offset \(at)"
          : "unexpected octet 0x\(String(octet, radix: 16)) at offset \(at)"
      case .zone(let at): "a zone starts at offset \(at)"
      case .secondElision(let at): "a second '::' at offset \(at)"
      case .thirdColon(let at): "':::' at offset \(at - 2)"
      case .leadingColon: "a single ':' at the start"
      case .trailingColon(let at): "a single ':' at the end, offset \(at)"
      case .longGroup(let at): "more than four digits in the group at offset \(at)"
      case .tooManyGroups(let at): "more than eight groups at offset \(at)"
      case .tooFewGroups(let groups): "\(groups) groups instead of eight, and no '::'"
      case .badIPv4(let at): "bad IPv4 tail at offset \(at)"
      case .isIPv4: "an IPv4 address"
      }
    }
  }
#endif
