/// The internet checksum (RFC 1071), built up piece by piece.
///
/// Pieces may have any length; an odd piece is continued at the odd place by the next one, so the
/// result is that of the pieces laid end to end. A trailing odd octet is padded with zero.
@usableFromInline package struct InternetChecksum: Hashable, Sendable {
  /// One's complement sum of the octets taken as little-endian words: RFC 1071 §2(B) lets the byte
  /// order be swapped once at the end.
  @usableFromInline var sum: UInt64
  /// Whether an odd number of octets went in.
  @usableFromInline var isOdd: Bool

  /// The sum of nothing.
  @inlinable package init() {
    sum = 0
    isOdd = false
  }

  /// What goes into a checksum field: the complement of the sum, in host order.
  @inlinable package var value: UInt16 { ~folded.byteSwapped }

  /// Whether the octets, their checksum field included, sum up to all ones.
  @inlinable package var isValid: Bool { folded == 0xffff }

  @inlinable var folded: UInt16 {
    var folded = (sum & 0xffff_ffff) &+ (sum >> 32)
    folded = (folded & 0xffff) &+ (folded >> 16 & 0xffff) &+ (folded >> 32)
    folded = (folded & 0xffff) &+ (folded >> 16)
    folded = (folded & 0xffff) &+ (folded >> 16)
    return UInt16(truncatingIfNeeded: folded)
  }

  /// Adds a 16-bit number of a header.
  @inlinable package mutating func add(_ word: UInt16) { addWord(UInt64(word.byteSwapped)) }
  /// Adds a 32-bit number of a header.
  @inlinable package mutating func add(_ word: UInt32) { addWord(UInt64(word.byteSwapped)) }
  /// Adds a 64-bit number of a header.
  @inlinable package mutating func add(_ word: UInt64) { addWord(word.byteSwapped) }
  /// Adds an address.
  @inlinable package mutating func add(_ address: IPv6Address) {
    add(UInt64(truncatingIfNeeded: address.bits >> 64))
    add(UInt64(truncatingIfNeeded: address.bits))
  }

  /// Adds octets.
  ///
  /// Four independent carry chains over 64-octet windows: the windows are cut with `extracting`, so
  /// that one check covers 64 octets and eight octets become one load. Measured against SIMD lanes,
  /// UInt128 and split 32-bit accumulators, which are slower without unsafe loads.
  @inlinable
  package mutating func add(_ octets: Span<UInt8>) {
    var first: UInt64 = 0
    var second: UInt64 = 0
    var third: UInt64 = 0
    var fourth: UInt64 = 0
    var rest = octets
    while rest.count >= 64 {
      let window = rest.extracting(first: 64)
      Self.accumulate(&first, window.littleEndianUInt64(at: 0))
      Self.accumulate(&second, window.littleEndianUInt64(at: 8))
      Self.accumulate(&third, window.littleEndianUInt64(at: 16))
      Self.accumulate(&fourth, window.littleEndianUInt64(at: 24))
      Self.accumulate(&first, window.littleEndianUInt64(at: 32))
      Self.accumulate(&second, window.littleEndianUInt64(at: 40))
      Self.accumulate(&third, window.littleEndianUInt64(at: 48))
      Self.accumulate(&fourth, window.littleEndianUInt64(at: 56))
      rest = rest.extracting(droppingFirst: 64)
    }
    while rest.count >= 8 {
      Self.accumulate(&first, rest.littleEndianUInt64(at: 0))
      rest = rest.extracting(droppingFirst: 8)
    }
    if rest.count > 0 {
      var tail: UInt64 = 0
      for index in rest.indices { tail |= UInt64(rest[index]) << UInt64(truncatingIfNeeded: index &* 8) }
      Self.accumulate(&second, tail)
    }
    Self.accumulate(&first, second)
    Self.accumulate(&third, fourth)
    Self.accumulate(&first, third)
    // A rotation by eight bits swaps the octets of every word but the carried ones, which the
    // one's complement sum folds back in.
    Self.accumulate(&sum, isOdd ? (first << 8 | first >> 56) : first)
    isOdd = isOdd != (octets.count & 1 == 1)
  }

  @inlinable @inline(__always)
  mutating func addWord(_ word: UInt64) {
    Self.accumulate(&sum, isOdd ? (word << 8 | word >> 56) : word)
  }

  @inlinable @inline(__always)
  static func accumulate(_ sum: inout UInt64, _ word: UInt64) {
    let (partial, carried) = sum.addingReportingOverflow(word)
    sum = partial &+ (carried ? 1 : 0)
  }
}

/// The pseudo-header that upper-layer checksums cover (RFC 8200 §8.1).
@usableFromInline package struct PseudoHeader: Hashable, Sendable {
  /// Source address of the IPv6 header.
  @usableFromInline package var source: IPv6Address
  /// The *final* destination: with a routing header, its last element (`IPv6Chain.finalDestination`).
  @usableFromInline package var destination: IPv6Address
  /// Octets of upper-layer header and data, without extension headers.
  @usableFromInline package var upperLayerCount: UInt32
  /// The upper-layer protocol, not the next header of the IPv6 header.
  @usableFromInline package var nextHeader: NextHeader

  @inlinable
  package init(source: IPv6Address, destination: IPv6Address, upperLayerCount: UInt32, nextHeader: NextHeader)
  {
    self.source = source
    self.destination = destination
    self.upperLayerCount = upperLayerCount
    self.nextHeader = nextHeader
  }

  /// The sum of the pseudo-header, to be continued with the upper-layer octets.
  @inlinable package var checksum: InternetChecksum {
    var checksum = InternetChecksum()
    checksum.add(source)
    checksum.add(destination)
    checksum.add(upperLayerCount)
    checksum.add(UInt32(nextHeader.rawValue))
    return checksum
  }

  /// The checksum of `octets`, whose checksum field holds zero.
  @inlinable package func checksum(of octets: Span<UInt8>) -> UInt16 {
    var checksum = self.checksum
    checksum.add(octets)
    return checksum.value
  }

  /// Whether `octets`, with their checksum field, agree with it. Says nothing about UDP's zero.
  @inlinable package func isValid(for octets: Span<UInt8>) -> Bool {
    var checksum = self.checksum
    checksum.add(octets)
    return checksum.isValid
  }
}
