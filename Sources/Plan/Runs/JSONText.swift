/// Reads JSON (RFC 8259) out of octets, for files that this program wrote: one pass, no tree where none is asked for,
/// and nothing that is not JSON is believed.
///
/// All positions are indices into the octets; a position behind the end is never read. Nil: no JSON.
struct JSONText {
  private let octets: [UInt8]
  private let end: Int
  private(set) var position: Int
  /// Deeper than any line of ours.
  private static let depthLimit = 16

  init(_ octets: [UInt8], _ range: Range<Int>) {
    self.octets = octets
    position = Swift.max(range.lowerBound, 0)
    end = Swift.min(range.upperBound, octets.count)
  }

  private var current: UInt8? { position < end ? octets[position] : nil }

  private mutating func skipBlanks() {
    while position < end {
      switch octets[position] {
      case 0x20, 0x09, 0x0a, 0x0d: position += 1
      default: return
      }
    }
  }

  private mutating func take(_ octet: UInt8) -> Bool {
    skipBlanks()
    guard current == octet else { return false }
    position += 1
    return true
  }

  /// Nothing but blanks is left.
  mutating func isAtEnd() -> Bool {
    skipBlanks()
    return position == end
  }

  /// Calls `body` with each key's range (without quotes) while the position is at its value, which `body` must take.
  /// False: no object.
  mutating func object(_ body: (inout JSONText, Range<Int>) -> Bool) -> Bool {
    guard take(UInt8(ascii: "{")) else { return false }
    if take(UInt8(ascii: "}")) { return true }
    repeat {
      skipBlanks()
      guard let key = stringRange(), take(UInt8(ascii: ":")), body(&self, key) else { return false }
    } while take(UInt8(ascii: ","))
    return take(UInt8(ascii: "}"))
  }

  /// Calls `body` at each element, which it must take. False: no array.
  mutating func array(_ body: (inout JSONText) -> Bool) -> Bool {
    guard take(UInt8(ascii: "[")) else { return false }
    if take(UInt8(ascii: "]")) { return true }
    repeat {
      guard body(&self) else { return false }
    } while take(UInt8(ascii: ","))
    return take(UInt8(ascii: "]"))
  }

  /// Passes over any value.
  mutating func skip(depth: Int = 0) -> Bool {
    guard depth < Self.depthLimit else { return false }
    skipBlanks()
    switch current {
    case UInt8(ascii: "\""): return stringRange() != nil
    case UInt8(ascii: "{"): return object { text, _ in text.skip(depth: depth + 1) }
    case UInt8(ascii: "["): return array { $0.skip(depth: depth + 1) }
    case UInt8(ascii: "t"): return word("true")
    case UInt8(ascii: "f"): return word("false")
    case UInt8(ascii: "n"): return word("null")
    default: return number()
    }
  }

  mutating func truth() -> Bool? {
    skipBlanks()
    if current == UInt8(ascii: "t") { return word("true") ? true : nil }
    return word("false") ? false : nil
  }

  /// A whole number, in its range.
  mutating func integer() -> Int64? {
    skipBlanks()
    let isNegative = current == UInt8(ascii: "-")
    if isNegative { position += 1 }
    guard let magnitude = digits() else { return nil }
    if isNegative { return magnitude == 1 << 63 ? .min : Int64(exactly: magnitude).map { -$0 } }
    return Int64(exactly: magnitude)
  }

  mutating func count() -> UInt64? {
    skipBlanks()
    return digits()
  }

  /// A string's text, its escapes resolved.
  mutating func string() -> String? {
    skipBlanks()
    guard let range = stringRange() else { return nil }
    return text(range)
  }

  /// A string's octets as they stand there, escapes and all.
  mutating func rawString() -> Range<Int>? {
    skipBlanks()
    return stringRange()
  }

  /// Of what `object` and `rawString` have told.
  func text(_ range: Range<Int>) -> String? {
    guard octets[range].contains(UInt8(ascii: "\\")) else {
      return String(validating: octets[range], as: UTF8.self)
    }
    return unescaped(range)
  }

  func equals(_ range: Range<Int>, _ word: StaticString) -> Bool {
    guard range.count == word.utf8CodeUnitCount else { return false }
    return String(describing: word).utf8.elementsEqual(octets[range])
  }

  func octets(_ range: Range<Int>) -> ArraySlice<UInt8> { octets[range] }

  // MARK: - Parts

  /// The position is at a quotation mark; afterwards behind the closing one.
  private mutating func stringRange() -> Range<Int>? {
    guard current == UInt8(ascii: "\"") else { return nil }
    var index = position + 1
    while index < end {
      switch octets[index] {
      case UInt8(ascii: "\""):
        defer { position = index + 1 }
        return position + 1..<index
      case UInt8(ascii: "\\"): index += 2
      case ..<0x20: return nil
      default: index += 1
      }
    }
    return nil
  }

  private func unescaped(_ range: Range<Int>) -> String? {
    var out: [UInt8] = []
    var index = range.lowerBound
    while index < range.upperBound {
      let octet = octets[index]
      index += 1
      guard octet == UInt8(ascii: "\\") else {
        out.append(octet)
        continue
      }
      guard index < range.upperBound else { return nil }
      let escape = octets[index]
      index += 1
      switch escape {
      case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): out.append(escape)
      case UInt8(ascii: "b"): out.append(0x08)
      case UInt8(ascii: "f"): out.append(0x0c)
      case UInt8(ascii: "n"): out.append(0x0a)
      case UInt8(ascii: "r"): out.append(0x0d)
      case UInt8(ascii: "t"): out.append(0x09)
      case UInt8(ascii: "u"):
        guard var code = hex(&index, range.upperBound) else { return nil }
        if code & 0xfc00 == 0xd800 {
          guard index + 1 < range.upperBound, octets[index] == UInt8(ascii: "\\"),
            octets[index + 1] == UInt8(ascii: "u")
          else { return nil }
          index += 2
          guard let low = hex(&index, range.upperBound), low & 0xfc00 == 0xdc00 else { return nil }
          code = 0x10000 + (code & 0x3ff) << 10 + (low & 0x3ff)
        }
        guard let scalar = Unicode.Scalar(code) else { return nil }
        out.append(contentsOf: Array(String(Character(scalar)).utf8))
      default: return nil
      }
    }
    return String(validating: out, as: UTF8.self)
  }

  private func hex(_ index: inout Int, _ end: Int) -> UInt32? {
    guard index + 4 <= end else { return nil }
    var value: UInt32 = 0
    for _ in 0..<4 {
      guard let digit = NumberText.hexDigit(octets[index]) else { return nil }
      value = value << 4 | UInt32(digit)
      index += 1
    }
    return value
  }

  private mutating func word(_ word: StaticString) -> Bool {
    let range = position..<Swift.min(position + word.utf8CodeUnitCount, end)
    guard equals(range, word) else { return false }
    position = range.upperBound
    return true
  }

  /// Digits that fit, and no fraction behind them.
  private mutating func digits() -> UInt64? {
    let start = position
    var value: UInt64 = 0
    while position < end {
      let octet = octets[position]
      guard octet >= 0x30, octet <= 0x39 else { break }
      let (product, overflow) = value.multipliedReportingOverflow(by: 10)
      let (sum, overflow2) = product.addingReportingOverflow(UInt64(octet - 0x30))
      if overflow || overflow2 { return nil }
      value = sum
      position += 1
    }
    guard position > start else { return nil }
    switch current {
    case UInt8(ascii: "."), UInt8(ascii: "e"), UInt8(ascii: "E"): return nil
    default: return value
    }
  }

  private mutating func number() -> Bool {
    if current == UInt8(ascii: "-") { position += 1 }
    guard passDigits() else { return false }
    if current == UInt8(ascii: ".") {
      position += 1
      guard passDigits() else { return false }
    }
    if let octet = current, octet | 0x20 == UInt8(ascii: "e") {
      position += 1
      if current == UInt8(ascii: "-") || current == UInt8(ascii: "+") { position += 1 }
      guard passDigits() else { return false }
    }
    return true
  }

  private mutating func passDigits() -> Bool {
    let start = position
    while position < end, (0x30...0x39).contains(octets[position]) { position += 1 }
    return position > start
  }
}
