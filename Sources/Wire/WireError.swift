/// Why octets could not be read as what they should be, or could not be written.
///
/// Offsets count from the start of the span that was handed in. The type holds no references, so
/// throwing it allocates nothing.
@usableFromInline package enum WireError: Error, Hashable, Sendable {
  /// Fewer octets than the structure needs: `needed` from `offset` on, `available` were there.
  case truncated(needed: Int, available: Int, offset: Int)
  /// The caller's buffer is too small: `needed` from `offset` on, `available` were there.
  case noSpace(needed: Int, available: Int, offset: Int)
  /// A field at `offset` holds `value`, which breaks `rule`.
  case invalid(Rule, value: Int, offset: Int)

  /// The rule that a field breaks.
  @usableFromInline package enum Rule: UInt8, Hashable, Sendable {
    /// The version field is not 6 (RFC 8200 §3).
    case ipVersion
    /// A hop-by-hop options header that does not follow the IPv6 header (RFC 8200 §4.1).
    case hopByHopPlace
    /// More extension headers, options or tunnels than this codec walks.
    case tooMany
    /// A length field that is shorter than its own header, or longer than what holds it.
    case length
    /// The message is of another type than the one asked for.
    case messageType
    /// The version of an ICMP extension structure is not 2 (RFC 4884 §7).
    case extensionVersion
    /// The checksum of an ICMP extension structure does not match.
    case extensionChecksum
    /// A field that does not fit its width on the wire.
    case fieldWidth
    /// A combination of fields that the layout cannot express.
    case layout
  }
}

extension Span where Element == UInt8 {
  /// Throws unless `count` octets stand at `offset`.
  @inlinable @inline(__always)
  package func require(_ count: Int, at offset: Int = 0) throws(WireError) {
    guard offset >= 0, count <= self.count, offset <= self.count &- count else {
      throw .truncated(
        needed: count, available: Swift.max(0, self.count &- Swift.max(0, offset)), offset: offset)
    }
  }
}

extension MutableSpan where Element == UInt8 {
  /// Throws unless there is room for `count` octets at `offset`.
  @inlinable @inline(__always)
  package func requireSpace(_ count: Int, at offset: Int = 0) throws(WireError) {
    guard offset >= 0, count <= self.count, offset <= self.count &- count else {
      throw .noSpace(
        needed: count, available: Swift.max(0, self.count &- Swift.max(0, offset)), offset: offset)
    }
  }
}

#if !$Embedded
  extension WireError: CustomStringConvertible {
    @usableFromInline package var description: String {
      switch self {
      case .truncated(let needed, let available, let offset):
        "truncated: needs \(needed) octets at offset \(offset), \(available) there"
      case .noSpace(let needed, let available, let offset):
        "no space: needs \(needed) octets at offset \(offset), \(available) there"
      case .invalid(let rule, let value, let offset):
        "invalid \(rule): \(value) at offset \(offset)"
      }
    }
  }
#endif
