/// One entry of an MPLS label stack (RFC 3032 §2.1), as an ICMP extension object carries it (RFC 4950).
package struct MPLSLabelStackEntry: Hashable, Sendable {
  /// 20 bits.
  package var label: UInt32
  /// 3 bits (RFC 5462, formerly EXP).
  package var trafficClass: UInt8
  package var isBottomOfStack: Bool
  package var timeToLive: UInt8

  package static var count: Int { 4 }
  /// Class and type of the object that holds the stack of the packet that arrived.
  package static var objectClass: UInt8 { 1 }
  package static var incomingStackType: UInt8 { 1 }

  package init(label: UInt32, trafficClass: UInt8, isBottomOfStack: Bool, timeToLive: UInt8) {
    self.label = label
    self.trafficClass = trafficClass
    self.isBottomOfStack = isBottomOfStack
    self.timeToLive = timeToLive
  }

  package init(decoding octets: Span<UInt8>, at offset: Int = 0) throws(WireError) {
    try octets.require(Self.count, at: offset)
    let word = octets.uint32(at: offset)
    label = word >> 12
    trafficClass = UInt8(truncatingIfNeeded: word >> 9 & 7)
    isBottomOfStack = word >> 8 & 1 == 1
    timeToLive = UInt8(truncatingIfNeeded: word)
  }

  /// Writes 4 octets at `offset` and returns 4.
  @discardableResult
  package func encode(into buffer: inout MutableSpan<UInt8>, at offset: Int = 0) throws(WireError) -> Int {
    guard label <= 0xf_ffff, trafficClass <= 7 else {
      throw .invalid(.fieldWidth, value: Int(label), offset: offset)
    }
    try buffer.requireSpace(Self.count, at: offset)
    let word = label << 12 | UInt32(trafficClass) << 9 | (isBottomOfStack ? 0x100 : 0) | UInt32(timeToLive)
    buffer.store(word, at: offset)
    return Self.count
  }
}

/// Walks the entries of a label stack: up to the bottom of the stack or the end of the object.
package struct MPLSLabelStackWalk: Hashable, Sendable {
  /// What has not been read yet.
  package private(set) var range: Range<Int>

  /// The entries in the data of an object.
  package init(data: Range<Int>) { range = data }

  /// The next entry, or nil behind the last. A cut entry is an error.
  package mutating func next(in octets: Span<UInt8>) throws(WireError) -> MPLSLabelStackEntry? {
    guard !range.isEmpty else { return nil }
    guard range.count >= MPLSLabelStackEntry.count else {
      throw .truncated(needed: MPLSLabelStackEntry.count, available: range.count, offset: range.lowerBound)
    }
    let entry = try MPLSLabelStackEntry(decoding: octets, at: range.lowerBound)
    let next = entry.isBottomOfStack ? range.upperBound : range.lowerBound + MPLSLabelStackEntry.count
    range = next..<range.upperBound
    return entry
  }
}
