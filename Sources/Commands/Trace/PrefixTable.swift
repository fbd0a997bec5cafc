package import Wire

/// AS numbers by IPv6 prefix, from a local file; the longest prefix that covers an address decides.
///
/// A sorted array, 32 octets a prefix, each with the nearest one that covers it: a binary search and at most 128
/// steps upward.
package struct PrefixTable: Sendable {
  /// A line that is no prefix with its numbers.
  package struct BadLine: Hashable, Sendable {
    /// From 1.
    package var number: Int
    package var reason: Reason
  }

  package enum Reason: String, Hashable, Sendable {
    case address = "not an IPv6 prefix"
    case length = "no prefix length of 0 to 128"
    case origin = "no AS number of 0 to 4294967295"
  }

  private struct Entry {
    var start: UInt128
    /// An AS number; from `setFlag` on an index into `sets`.
    var origin: UInt64
    /// Index of the nearest entry that covers this one; -1 none.
    var parent: Int32 = -1
    var length: UInt8
  }

  private static let setFlag: UInt64 = 1 << 32
  private static let badLinesKept = 5

  private var entries: [Entry] = []
  private var sets: [[UInt32]] = []
  /// The first few, and how many there were.
  package private(set) var badLines: [BadLine] = []
  package private(set) var badLineCount = 0

  package var count: Int { entries.count }

  /// Reads a file: a line is `PREFIX ASN` with blanks, a tab or a comma between, `ADDRESS LENGTH ASN`, or
  /// `ASN PREFIX`; what follows is not looked at. Several origins stand as `1_2`, `1,2` or `{1,2}`. Blank lines and
  /// lines that begin with `#` or `;` are skipped, and so are IPv4 prefixes.
  package init(parsing octets: Span<UInt8>) {
    var start = 0
    var number = 0
    while start < octets.count {
      var end = start
      while end < octets.count, octets[end] != 0x0a { end += 1 }
      number += 1
      do throws(Reason) {
        if let entry = try entry(octets.extracting(start..<end)) { entries.append(entry) }
      } catch {
        badLineCount += 1
        if badLines.count < Self.badLinesKept { badLines.append(BadLine(number: number, reason: error)) }
      }
      start = end + 1
    }
    arrange()
  }

  /// The AS numbers that originate the longest prefix around the address; empty where there is none.
  package func origins(of address: IPv6Address) -> [UInt32] {
    var low = 0
    var high = entries.count
    // The first entry that starts behind the address.
    while low < high {
      let middle = (low + high) / 2
      if entries[middle].start <= address.bits { low = middle + 1 } else { high = middle }
    }
    var index = low - 1
    while index >= 0 {
      let entry = entries[index]
      if Self.covers(entry.start, entry.length, address.bits) { return numbers(entry.origin) }
      index = Int(entry.parent)
    }
    return []
  }

  /// The same as text: `AS64500`, several joined by `/`; nil where there is none.
  package func text(of address: IPv6Address) -> String? {
    let origins = origins(of: address)
    return origins.isEmpty ? nil : origins.map { "AS\($0)" }.joined(separator: "/")
  }

  // MARK: reading

  /// nil: nothing to be kept on this line.
  private mutating func entry(_ line: Span<UInt8>) throws(Reason) -> Entry? {
    var position = 0
    guard let first = line.field(from: &position) else { return nil }
    let mark = line[first.lowerBound]
    if mark == UInt8(ascii: "#") || mark == UInt8(ascii: ";") { return nil }
    let head = line.extracting(first)
    if head.index(of: UInt8(ascii: ":")) != nil {
      let prefix = try prefix(head, line, &position)
      guard let next = line.field(from: &position),
        // From the field on to the end: `1,2` is one origin.
        let origin = origin(line.extracting(droppingFirst: next.lowerBound))
      else { throw .origin }
      return Entry(start: prefix.start, origin: origin, length: prefix.length)
    }
    if head.index(of: UInt8(ascii: ".")) != nil { return nil }
    guard let second = line.field(from: &position), let origin = origin(head) else { throw .address }
    let tail = line.extracting(second)
    if tail.index(of: UInt8(ascii: ".")) != nil, tail.index(of: UInt8(ascii: ":")) == nil { return nil }
    let prefix = try prefix(tail, line, &position)
    return Entry(start: prefix.start, origin: origin, length: prefix.length)
  }

  private func prefix(
    _ text: Span<UInt8>, _ line: Span<UInt8>, _ position: inout Int
  ) throws(Reason) -> (start: UInt128, length: UInt8) {
    let slash = text.index(of: UInt8(ascii: "/"))
    let address: IPv6Address
    do throws(IPv6AddressTextError) {
      address = try IPv6Address(parsing: text.extracting(0..<(slash ?? text.count)))
    } catch { throw .address }
    let length: UInt32?
    if let slash {
      length = Self.number(text.extracting(droppingFirst: slash + 1))
    } else {
      length = line.field(from: &position).flatMap { Self.number(line.extracting($0)) }
    }
    guard let length, length <= 128 else { throw .length }
    let bits = address.bits & Self.mask(UInt8(length))
    return (bits, UInt8(length))
  }

  /// The numbers at the beginning of the text; nil where there is none.
  private mutating func origin(_ text: Span<UInt8>) -> UInt64? {
    var numbers: [UInt32] = []
    var index = 0
    var single: UInt32?
    while index < text.count {
      let octet = text[index]
      if octet == UInt8(ascii: "{") || octet == UInt8(ascii: "_") || octet == UInt8(ascii: ",")
        || octet == UInt8(ascii: "/") || octet | 0x20 == UInt8(ascii: "a")
        || octet | 0x20 == UInt8(ascii: "s")
      {
        index += 1
        continue
      }
      var end = index
      while end < text.count, (0x30...0x39).contains(text[end]) { end += 1 }
      guard end > index else { break }
      guard let number = Self.number(text.extracting(index..<end)) else { return nil }
      if let first = single {
        if numbers.isEmpty { numbers = [first] }
        if !numbers.contains(number) { numbers.append(number) }
      } else {
        single = number
      }
      index = end
    }
    guard let single else { return nil }
    return numbers.count > 1 ? set(numbers) : UInt64(single)
  }

  private mutating func set(_ numbers: [UInt32]) -> UInt64 {
    sets.append(numbers)
    return Self.setFlag + UInt64(sets.count - 1)
  }

  private func numbers(_ origin: UInt64) -> [UInt32] {
    origin < Self.setFlag ? [UInt32(truncatingIfNeeded: origin)] : sets[Int(origin - Self.setFlag)]
  }

  /// Decimal digits alone, 32 bits.
  private static func number(_ text: Span<UInt8>) -> UInt32? {
    guard text.count > 0, text.count <= 10 else { return nil }
    var value: UInt64 = 0
    for index in text.indices {
      guard (0x30...0x39).contains(text[index]) else { return nil }
      value = value * 10 + UInt64(text[index] - 0x30)
    }
    return UInt32(exactly: value)
  }

  // MARK: arranging

  /// Sorts, makes one of prefixes that stand twice, and finds each one's parent.
  private mutating func arrange() {
    let isBefore = { (a: Entry, b: Entry) in a.start < b.start || (a.start == b.start && a.length < b.length)
    }
    // Dumps come sorted.
    if !entries.indices.dropFirst().allSatisfy({ !isBefore(entries[$0], entries[$0 - 1]) }) {
      entries.sort(by: isBefore)
    }
    var kept = 0
    for index in entries.indices {
      if kept > 0, entries[kept - 1].start == entries[index].start,
        entries[kept - 1].length == entries[index].length
      {
        var both = numbers(entries[kept - 1].origin)
        for number in numbers(entries[index].origin) where !both.contains(number) { both.append(number) }
        if both.count > 1 { entries[kept - 1].origin = set(both) }
        continue
      }
      entries[kept] = entries[index]
      kept += 1
    }
    entries.removeLast(entries.count - kept)
    for index in entries.indices.dropFirst() {
      var above = Int32(index - 1)
      while above >= 0,
        !Self.covers(entries[Int(above)].start, entries[Int(above)].length, entries[index].start)
      {
        above = entries[Int(above)].parent
      }
      entries[index].parent = above
    }
  }

  private static func mask(_ length: UInt8) -> UInt128 {
    length == 0 ? 0 : UInt128.max << UInt128(128 - UInt128(min(length, 128)))
  }

  private static func covers(_ start: UInt128, _ length: UInt8, _ bits: UInt128) -> Bool {
    bits & mask(length) == start
  }
}

extension PrefixTable.Reason: Error {}

extension Span<UInt8> {
  fileprivate func index(of octet: UInt8) -> Int? { indices.first { self[$0] == octet } }

  /// The next field from `position` on, blanks, tabs and commas between; what stands in braces is one.
  fileprivate func field(from position: inout Int) -> Range<Int>? {
    let isBetween = { (octet: UInt8) in octet == 0x20 || octet == 0x09 || octet == 0x0d || octet == 0x2c }
    while position < count, isBetween(self[position]) { position += 1 }
    let start = position
    while position < count, !isBetween(self[position]) {
      if self[position] == UInt8(ascii: "{") {
        while position < count, self[position] != UInt8(ascii: "}") { position += 1 }
      } else {
        position += 1
      }
    }
    return start < position ? start..<position : nil
  }
}
