// Numbers in network order (big-endian), read from a Span and written to a MutableSpan.
//
// These are for places where the length has been checked: an offset out of range traps, as it does
// for every Span. A Span whose first octet is the one wanted and whose count was compared once lets
// the compiler drop the checks and fuse the octets into one load or store; hence `droppingFirst` and
// `precondition` (a Span cut by a range does not: the compiler no longer knows its count). Numbers are
// swapped first, so that their octets are stored from the lowest on: only then is it one store, even
// where other parts of the number are in use.

extension Span where Element == UInt8 {
  /// The 16-bit number at `offset`.
  @inlinable @inline(__always)
  package func uint16(at offset: Int) -> UInt16 {
    UInt16(self[offset]) << 8 | UInt16(self[offset + 1])
  }

  /// The 32-bit number at `offset`.
  @inlinable @inline(__always)
  package func uint32(at offset: Int) -> UInt32 {
    var value = UInt32(self[offset]) << 24
    value |= UInt32(self[offset + 1]) << 16
    value |= UInt32(self[offset + 2]) << 8
    value |= UInt32(self[offset + 3])
    return value
  }

  /// The 64-bit number at `offset`.
  @inlinable @inline(__always)
  package func uint64(at offset: Int) -> UInt64 {
    littleEndianUInt64(at: offset).byteSwapped
  }

  /// The 128-bit number at `offset`.
  @inlinable @inline(__always)
  package func uint128(at offset: Int) -> UInt128 {
    UInt128(uint64(at: offset)) << 64 | UInt128(uint64(at: offset + 8))
  }

  /// The 64-bit number at `offset` with the least significant octet first.
  @inlinable @inline(__always)
  package func littleEndianUInt64(at offset: Int) -> UInt64 {
    var value = UInt64(self[offset])
    value |= UInt64(self[offset + 1]) << 8
    value |= UInt64(self[offset + 2]) << 16
    value |= UInt64(self[offset + 3]) << 24
    value |= UInt64(self[offset + 4]) << 32
    value |= UInt64(self[offset + 5]) << 40
    value |= UInt64(self[offset + 6]) << 48
    value |= UInt64(self[offset + 7]) << 56
    return value
  }
}

extension MutableSpan where Element == UInt8 {
  /// Writes a 16-bit number at `offset`.
  @inlinable @inline(__always)
  package mutating func store(_ value: UInt16, at offset: Int) {
    self[offset] = UInt8(truncatingIfNeeded: value >> 8)
    self[offset + 1] = UInt8(truncatingIfNeeded: value)
  }

  /// Writes a 32-bit number at `offset`.
  @inlinable @inline(__always)
  package mutating func store(_ value: UInt32, at offset: Int) {
    let swapped = value.byteSwapped
    var window = _mutatingExtracting(droppingFirst: offset)
    precondition(window.count >= 4)
    window[0] = UInt8(truncatingIfNeeded: swapped)
    window[1] = UInt8(truncatingIfNeeded: swapped >> 8)
    window[2] = UInt8(truncatingIfNeeded: swapped >> 16)
    window[3] = UInt8(truncatingIfNeeded: swapped >> 24)
  }

  /// Writes a 64-bit number at `offset`.
  @inlinable @inline(__always)
  package mutating func store(_ value: UInt64, at offset: Int) {
    let swapped = value.byteSwapped
    var window = _mutatingExtracting(droppingFirst: offset)
    precondition(window.count >= 8)
    window[0] = UInt8(truncatingIfNeeded: swapped)
    window[1] = UInt8(truncatingIfNeeded: swapped >> 8)
    window[2] = UInt8(truncatingIfNeeded: swapped >> 16)
    window[3] = UInt8(truncatingIfNeeded: swapped >> 24)
    window[4] = UInt8(truncatingIfNeeded: swapped >> 32)
    window[5] = UInt8(truncatingIfNeeded: swapped >> 40)
    window[6] = UInt8(truncatingIfNeeded: swapped >> 48)
    window[7] = UInt8(truncatingIfNeeded: swapped >> 56)
  }

  /// Writes a 128-bit number at `offset`: as two of 64 bits, for sixteen octets in a row are not fused.
  @inlinable @inline(__always)
  package mutating func store(_ value: UInt128, at offset: Int) {
    store(UInt64(truncatingIfNeeded: value >> 64), at: offset)
    store(UInt64(truncatingIfNeeded: value), at: offset + 8)
  }

  /// Writes `octets` at `offset`.
  @inlinable
  package mutating func store(_ octets: Span<UInt8>, at offset: Int) {
    var window = _mutatingExtracting(droppingFirst: offset)
    precondition(window.count >= octets.count)
    for index in octets.indices { window[index] = octets[index] }
  }

  /// Writes `value` into every octet of `range`.
  @inlinable
  package mutating func fill(_ range: Range<Int>, with value: UInt8) {
    var window = _mutatingExtracting(range)
    window.update(repeating: value)
  }
}
