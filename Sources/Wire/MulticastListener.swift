/// A multicast listener query (RFC 2710 §3, RFC 3810 §5.1): 24 octets are of version 1, 28 and more of version 2.
package struct MulticastListenerQuery: Hashable, Sendable {
  package var code: UInt8
  package var checksum: UInt16
  /// As it came; `maximumResponseDelay` is what it means.
  package var maximumResponseCode: UInt16
  /// `::` asks for every group.
  package var group: IPv6Address
  /// What version 2 adds.
  package var version2: Version2?

  package struct Version2: Hashable, Sendable {
    /// Routers do not act on it.
    package var suppressesRouterProcessing: Bool
    /// 0 stands for more than 7.
    package var robustness: UInt8
    /// The querier's interval, as it came.
    package var intervalCode: UInt8
    /// As many whole addresses as the message holds; `sourceCount` is what it claims.
    package var sources: Range<Int>
    package var sourceCount: UInt16
  }

  /// Milliseconds (RFC 3810 §5.1.3; version 1 counts them plainly).
  package var maximumResponseDelay: UInt32 {
    guard version2 != nil, maximumResponseCode >= 0x8000 else { return UInt32(maximumResponseCode) }
    return (UInt32(maximumResponseCode & 0xfff) | 0x1000) << (UInt32(maximumResponseCode >> 12 & 7) + 3)
  }

  /// A general query of version 2.
  package init(
    maximumResponseCode: UInt16, group: IPv6Address = .unspecified, robustness: UInt8, intervalCode: UInt8
  ) {
    code = 0
    checksum = 0
    self.maximumResponseCode = maximumResponseCode
    self.group = group
    version2 = Version2(
      suppressesRouterProcessing: false, robustness: robustness & 7, intervalCode: intervalCode,
      sources: 28..<28, sourceCount: 0)
  }

  /// Reads a message that fills `octets`. The checksum is not verified.
  package init(decoding octets: Span<UInt8>) throws(WireError) {
    try octets.requireMessage(130, count: 24)
    code = octets[1]
    checksum = octets.uint16(at: 2)
    maximumResponseCode = octets.uint16(at: 4)
    group = IPv6Address(bits: octets.uint128(at: 8))
    guard octets.count >= 28 else { return }
    let count = octets.uint16(at: 26)
    let whole = min(Int(count), (octets.count - 28) / 16)
    version2 = Version2(
      suppressesRouterProcessing: octets[24] & 8 != 0, robustness: octets[24] & 7, intervalCode: octets[25],
      sources: 28..<(28 + whole * 16), sourceCount: count)
  }

  /// Writes the message without sources at `offset` with a zero checksum, and returns how many octets.
  @discardableResult
  package func encode(into buffer: inout MutableSpan<UInt8>, at offset: Int = 0) throws(WireError) -> Int {
    let count = version2 == nil ? 24 : 28
    try buffer.requireSpace(count, at: offset)
    buffer.store(UInt32(130) << 24 | UInt32(code) << 16, at: offset)
    buffer.store(UInt32(maximumResponseCode) << 16, at: offset + 4)
    buffer.store(group.bits, at: offset + 8)
    if let version2 {
      buffer[offset + 24] = (version2.suppressesRouterProcessing ? 8 : 0) | version2.robustness & 7
      buffer[offset + 25] = version2.intervalCode
      buffer.store(UInt16(0), at: offset + 26)
    }
    return count
  }
}

/// A multicast listener report or done of version 1 (RFC 2710 §3): one group.
package struct MulticastListenerReport: Hashable, Sendable {
  /// Type 132 in place of 131.
  package var isDone: Bool
  package var group: IPv6Address

  package init(decoding octets: Span<UInt8>) throws(WireError) {
    try octets.require(24)
    guard octets[0] == 131 || octets[0] == 132 else {
      throw .invalid(.messageType, value: Int(octets[0]), offset: 0)
    }
    isDone = octets[0] == 132
    group = IPv6Address(bits: octets.uint128(at: 8))
  }
}

/// One group of a multicast listener report of version 2 (RFC 3810 §5.2.4).
package struct MulticastAddressRecord: Hashable, Sendable {
  /// What changed, or stands.
  package enum Kind: UInt8, Hashable, Sendable {
    case isIncluding = 1
    case isExcluding = 2
    case toIncluding = 3
    case toExcluding = 4
    case allowsNewSources = 5
    case blocksOldSources = 6
  }
  /// nil for a type that is not assigned, which receivers ignore.
  package var kind: Kind?
  package var group: IPv6Address
  /// Whole addresses.
  package var sources: Range<Int>
  package var auxiliary: Range<Int>
}

/// Walks the records of a multicast listener report of version 2 (type 143), as many as it says and holds. Every
/// step is 20 octets at least.
package struct MulticastAddressRecordWalk: Hashable, Sendable {
  /// What has not been read yet.
  package private(set) var range: Range<Int>
  /// Records that should still come.
  package private(set) var remaining: Int

  /// The records of a message that fills `octets`.
  package init(decoding octets: Span<UInt8>) throws(WireError) {
    try octets.requireMessage(143, count: 8)
    remaining = Int(octets.uint16(at: 6))
    range = 8..<octets.count
  }

  /// The next record, or nil at the end.
  package mutating func next(in octets: Span<UInt8>) throws(WireError) -> MulticastAddressRecord? {
    guard remaining > 0 else { return nil }
    let start = range.lowerBound
    let end = min(range.upperBound, octets.count)
    guard start + 20 <= end else {
      throw .truncated(needed: 20, available: max(0, end - start), offset: start)
    }
    let sourceEnd = start + 20 + Int(octets.uint16(at: start + 2)) * 16
    let recordEnd = sourceEnd + Int(octets[start + 1]) * 4
    guard recordEnd <= end else {
      throw .truncated(needed: recordEnd - start, available: end - start, offset: start)
    }
    remaining -= 1
    range = recordEnd..<range.upperBound
    return MulticastAddressRecord(
      kind: MulticastAddressRecord.Kind(rawValue: octets[start]),
      group: IPv6Address(bits: octets.uint128(at: start + 4)), sources: (start + 20)..<sourceEnd,
      auxiliary: sourceEnd..<recordEnd)
  }
}
