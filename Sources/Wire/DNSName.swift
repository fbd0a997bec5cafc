/// Walks the labels of names in DNS wire form (RFC 1035 §3.1), uncompressed.
package struct DNSLabelWalk: Hashable, Sendable {
  /// What has not been read yet.
  package private(set) var range: Range<Int>
  private var nameCount = 0

  package init(range: Range<Int>) { self.range = range }

  /// The next label of this name, or nil at its end: then `range` starts at the next name.
  ///
  /// Octets that run out end a name too. A label longer than 63 octets (or a compression pointer, which has
  /// no meaning here) and a name longer than 255 octets are errors.
  package mutating func next(in octets: Span<UInt8>) throws(WireError) -> Range<Int>? {
    guard !range.isEmpty else { return nil }
    let start = range.lowerBound
    try octets.require(1, at: start)
    let count = Int(octets[start])
    guard count <= 63 else { throw .invalid(.length, value: count, offset: start) }
    guard nameCount + count + 1 <= 255 else { throw .invalid(.tooMany, value: nameCount, offset: start) }
    guard count < range.count else {
      throw .truncated(needed: count, available: range.count - 1, offset: start + 1)
    }
    try octets.require(count, at: start + 1)
    range = (start + 1 + count)..<range.upperBound
    guard count > 0 else {
      nameCount = 0
      return nil
    }
    nameCount += count + 1
    return (start + 1)..<(start + 1 + count)
  }
}

/// A name in DNS wire form, to be written.
package enum DNSName {
  /// Writes the wire form of `text`, labels with dots between, and returns how many octets.
  ///
  /// A trailing dot is dropped. A name of a single label ends with two zero octets, which say that it is not
  /// fully qualified (RFC 4620 §4); others end with one.
  @discardableResult
  package static func encode(
    _ text: Span<UInt8>, into buffer: inout MutableSpan<UInt8>, at offset: Int = 0
  ) throws(WireError) -> Int {
    var end = text.count
    if end > 0, text[end - 1] == UInt8(ascii: ".") { end -= 1 }
    guard end > 0 else { throw .invalid(.length, value: 0, offset: offset) }
    guard end <= 253 else { throw .invalid(.length, value: end, offset: offset) }
    try buffer.requireSpace(end + 2, at: offset)
    var length = offset
    var labels = 0
    for index in 0...end {
      guard index == end || text[index] == UInt8(ascii: ".") else {
        buffer[offset + 1 + index] = text[index]
        continue
      }
      let count = offset + index - length
      guard count >= 1, count <= 63 else { throw .invalid(.length, value: count, offset: length) }
      buffer[length] = UInt8(truncatingIfNeeded: count)
      length = offset + index + 1
      labels += 1
    }
    buffer[length] = 0
    guard labels == 1 else { return end + 2 }
    try buffer.requireSpace(end + 3, at: offset)
    buffer[length + 1] = 0
    return end + 3
  }
}
