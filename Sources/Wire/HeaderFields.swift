// Fields of headers as types of their own, each as wide as the number it holds.

/// How many more routers may forward a packet (RFC 8200 §3).
@usableFromInline
package struct HopLimit: RawRepresentable, Hashable, Sendable, Comparable, ExpressibleByIntegerLiteral {
  @usableFromInline package var rawValue: UInt8
  @inlinable package init(rawValue: UInt8) { self.rawValue = rawValue }
  @inlinable package init(integerLiteral value: UInt8) { rawValue = value }
  @inlinable package static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }
}

/// Differentiated services and congestion notification (RFC 2474, RFC 3168).
@usableFromInline
package struct TrafficClass: RawRepresentable, Hashable, Sendable, ExpressibleByIntegerLiteral {
  @usableFromInline package var rawValue: UInt8
  @inlinable package init(rawValue: UInt8) { self.rawValue = rawValue }
  @inlinable package init(integerLiteral value: UInt8) { rawValue = value }
  /// The six bits of the code point.
  @inlinable package var codePoint: UInt8 { rawValue >> 2 }
  /// The two bits of explicit congestion notification.
  @inlinable package var congestion: UInt8 { rawValue & 3 }
}

/// A flow label (RFC 6437): 20 bits.
@usableFromInline package struct FlowLabel: Hashable, Sendable {
  @usableFromInline package let rawValue: UInt32
  /// Nil unless `rawValue` fits 20 bits.
  @inlinable package init?(rawValue: UInt32) {
    guard rawValue <= 0xf_ffff else { return nil }
    self.rawValue = rawValue
  }
  /// Keeps the low 20 bits.
  @inlinable package init(truncating value: UInt32) { rawValue = value & 0xf_ffff }
  /// No flow.
  @inlinable package static var zero: FlowLabel { FlowLabel(truncating: 0) }
}

/// A TCP or UDP port.
@usableFromInline
package struct Port: RawRepresentable, Hashable, Sendable, Comparable, ExpressibleByIntegerLiteral {
  @usableFromInline package var rawValue: UInt16
  @inlinable package init(rawValue: UInt16) { self.rawValue = rawValue }
  @inlinable package init(integerLiteral value: UInt16) { rawValue = value }
  @inlinable package static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }
}

/// What follows a header: an extension header or an upper-layer protocol (IANA protocol numbers).
@usableFromInline package struct NextHeader: RawRepresentable, Hashable, Sendable {
  @usableFromInline package var rawValue: UInt8
  @inlinable package init(rawValue: UInt8) { self.rawValue = rawValue }

  /// Hop-by-hop options (RFC 8200 §4.3).
  @inlinable package static var hopByHop: NextHeader { NextHeader(rawValue: 0) }
  @inlinable package static var icmpv4: NextHeader { NextHeader(rawValue: 1) }
  @inlinable package static var ipv4: NextHeader { NextHeader(rawValue: 4) }
  @inlinable package static var tcp: NextHeader { NextHeader(rawValue: 6) }
  @inlinable package static var udp: NextHeader { NextHeader(rawValue: 17) }
  /// IPv6 in IPv6 (RFC 2473).
  @inlinable package static var ipv6: NextHeader { NextHeader(rawValue: 41) }
  /// Routing header (RFC 8200 §4.4).
  @inlinable package static var routing: NextHeader { NextHeader(rawValue: 43) }
  /// Fragment header (RFC 8200 §4.5).
  @inlinable package static var fragment: NextHeader { NextHeader(rawValue: 44) }
  /// Encapsulating security payload (RFC 4303).
  @inlinable package static var encapsulatingSecurityPayload: NextHeader { NextHeader(rawValue: 50) }
  /// Authentication header (RFC 4302).
  @inlinable package static var authentication: NextHeader { NextHeader(rawValue: 51) }
  @inlinable package static var icmpv6: NextHeader { NextHeader(rawValue: 58) }
  /// Nothing follows (RFC 8200 §4.7).
  @inlinable package static var noNextHeader: NextHeader { NextHeader(rawValue: 59) }
  /// Destination options (RFC 8200 §4.6).
  @inlinable package static var destinationOptions: NextHeader { NextHeader(rawValue: 60) }
  /// Mobility header (RFC 6275).
  @inlinable package static var mobility: NextHeader { NextHeader(rawValue: 135) }
  /// Host identity protocol (RFC 7401).
  @inlinable package static var hostIdentity: NextHeader { NextHeader(rawValue: 139) }
  /// Shim6 (RFC 5533).
  @inlinable package static var shim6: NextHeader { NextHeader(rawValue: 140) }
}
