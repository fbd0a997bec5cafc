import Wire

#if _endian(big)
  #error("control and netlink messages are read here as little-endian numbers")
#endif

/// Numbers in the machine's own byte order, as the kernel writes them into control and netlink messages.
///
/// The caller has checked that the octets are there.
extension Span where Element == UInt8 {
  @inline(__always)
  func native16(at offset: Int) -> UInt16 {
    UInt16(self[offset]) | UInt16(self[offset + 1]) << 8
  }

  @inline(__always)
  func native32(at offset: Int) -> UInt32 {
    UInt32(self[offset]) | UInt32(self[offset + 1]) << 8 | UInt32(self[offset + 2]) << 16
      | UInt32(self[offset + 3]) << 24
  }

  @inline(__always)
  func native64(at offset: Int) -> UInt64 {
    UInt64(native32(at: offset)) | UInt64(native32(at: offset + 4)) << 32
  }

  /// Sixteen octets in network order.
  @inline(__always)
  func address(at offset: Int) -> IPv6Address {
    var bits: UInt128 = 0
    for i in 0..<16 { bits = bits << 8 | UInt128(self[offset + i]) }
    return IPv6Address(bits: bits)
  }
}
