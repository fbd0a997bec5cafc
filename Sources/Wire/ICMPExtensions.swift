/// The extension structure of an ICMP message (RFC 4884 §7): a header of 4 octets, then objects.
package struct ICMPExtensionStructure: Hashable, Sendable {
  /// The whole structure, header included.
  package var range: Range<Int>
  /// The checksum field is not zero.
  package var isChecksumPresent: Bool
  /// The checksum, where present, matches.
  package var isChecksumValid: Bool

  package static var headerCount: Int { 4 }

  /// Reads the structure that fills `range`. A checksum that does not match is reported, not thrown.
  package init(decoding octets: Span<UInt8>, in range: Range<Int>) throws(WireError) {
    guard range.lowerBound >= 0, range.upperBound <= octets.count, range.count >= Self.headerCount else {
      throw .truncated(
        needed: Self.headerCount, available: range.clamped(to: 0..<octets.count).count,
        offset: range.lowerBound)
    }
    let version = octets[range.lowerBound] >> 4
    guard version == 2 else {
      throw .invalid(.extensionVersion, value: Int(version), offset: range.lowerBound)
    }
    self.range = range
    isChecksumPresent = octets.uint16(at: range.lowerBound + 2) != 0
    var checksum = InternetChecksum()
    checksum.add(octets.extracting(range))
    isChecksumValid = !isChecksumPresent || checksum.isValid
  }

  /// The objects, from the first on.
  package var objects: ICMPExtensionObjectWalk {
    ICMPExtensionObjectWalk(range: (range.lowerBound + Self.headerCount)..<range.upperBound)
  }

  /// Writes version and checksum in front of the objects that stand in `range` behind 4 free octets.
  package static func finish(_ buffer: inout MutableSpan<UInt8>, _ range: Range<Int>) throws(WireError) {
    guard range.count >= headerCount else {
      throw .invalid(.length, value: range.count, offset: range.lowerBound)
    }
    try buffer.requireSpace(range.count, at: range.lowerBound)
    buffer.store(UInt32(2 << 28), at: range.lowerBound)
    var checksum = InternetChecksum()
    checksum.add(buffer.span.extracting(range))
    // A computed zero would read as "no checksum"; all ones means the same sum.
    buffer.store(checksum.value == 0 ? 0xffff : checksum.value, at: range.lowerBound + 2)
  }
}

/// One object of an extension structure: class, type and data.
package struct ICMPExtensionObject: Hashable, Sendable {
  /// The class (IANA "ICMP extension object classes").
  package var classNumber: UInt8
  package var type: UInt8
  /// The data behind the 4 octets of the object's header.
  package var data: Range<Int>

  package static var headerCount: Int { 4 }

  /// Writes an object with `data` at `offset`, and returns how many octets.
  @discardableResult
  package static func encode(
    class classNumber: UInt8, type: UInt8, data: Span<UInt8>, into buffer: inout MutableSpan<UInt8>,
    at offset: Int = 0
  ) throws(WireError) -> Int {
    let count = headerCount + data.count
    guard count <= 0xffff else { throw .invalid(.length, value: count, offset: offset) }
    try buffer.requireSpace(count, at: offset)
    writeHeader(class: classNumber, type: type, count: count, into: &buffer, at: offset)
    buffer.store(data, at: offset + headerCount)
    return count
  }

  static func writeHeader(
    class classNumber: UInt8, type: UInt8, count: Int, into buffer: inout MutableSpan<UInt8>, at offset: Int
  ) {
    buffer.store(UInt16(truncatingIfNeeded: count), at: offset)
    buffer[offset + 2] = classNumber
    buffer[offset + 3] = type
  }
}

/// Walks the objects of an extension structure; every step is 4 octets at least.
package struct ICMPExtensionObjectWalk: Hashable, Sendable {
  /// What has not been read yet.
  package private(set) var range: Range<Int>

  package init(range: Range<Int>) { self.range = range }

  /// The next object, or nil at the end. A length that does not fit ends the walk with an error; `range`
  /// then still holds the rest.
  package mutating func next(in octets: Span<UInt8>) throws(WireError) -> ICMPExtensionObject? {
    guard !range.isEmpty else { return nil }
    let rest = octets.extracting(0..<min(range.upperBound, octets.count))
    try rest.require(ICMPExtensionObject.headerCount, at: range.lowerBound)
    let count = Int(rest.uint16(at: range.lowerBound))
    guard count >= ICMPExtensionObject.headerCount, count <= range.count else {
      throw .invalid(.length, value: count, offset: range.lowerBound)
    }
    let end = range.lowerBound + count
    let object = ICMPExtensionObject(
      classNumber: rest[range.lowerBound + 2], type: rest[range.lowerBound + 3],
      data: (range.lowerBound + ICMPExtensionObject.headerCount)..<end)
    range = end..<range.upperBound
    return object
  }
}
