/// The type of an ICMPv6 message (RFC 4443 §2.1, IANA "ICMPv6 type numbers").
@usableFromInline package enum ICMPv6Type: Hashable, Sendable {
  case destinationUnreachable
  case packetTooBig
  case timeExceeded
  case parameterProblem
  case echoRequest
  case echoReply
  case multicastListenerQuery
  case multicastListenerReport
  case multicastListenerDone
  case routerSolicitation
  case routerAdvertisement
  case neighborSolicitation
  case neighborAdvertisement
  case redirect
  case routerRenumbering
  case nodeInformationQuery
  case nodeInformationReply
  case multicastListenerReportV2
  case extendedEchoRequest
  case extendedEchoReply
  /// Any other number.
  case unknown(UInt8)

  package init(rawValue: UInt8) {
    self =
      switch rawValue {
      case 1: .destinationUnreachable
      case 2: .packetTooBig
      case 3: .timeExceeded
      case 4: .parameterProblem
      case 128: .echoRequest
      case 129: .echoReply
      case 130: .multicastListenerQuery
      case 131: .multicastListenerReport
      case 132: .multicastListenerDone
      case 133: .routerSolicitation
      case 134: .routerAdvertisement
      case 135: .neighborSolicitation
      case 136: .neighborAdvertisement
      case 137: .redirect
      case 138: .routerRenumbering
      case 139: .nodeInformationQuery
      case 140: .nodeInformationReply
      case 143: .multicastListenerReportV2
      case 160: .extendedEchoRequest
      case 161: .extendedEchoReply
      default: .unknown(rawValue)
      }
  }

  /// The octet on the wire.
  package var rawValue: UInt8 {
    switch self {
    case .destinationUnreachable: 1
    case .packetTooBig: 2
    case .timeExceeded: 3
    case .parameterProblem: 4
    case .echoRequest: 128
    case .echoReply: 129
    case .multicastListenerQuery: 130
    case .multicastListenerReport: 131
    case .multicastListenerDone: 132
    case .routerSolicitation: 133
    case .routerAdvertisement: 134
    case .neighborSolicitation: 135
    case .neighborAdvertisement: 136
    case .redirect: 137
    case .routerRenumbering: 138
    case .nodeInformationQuery: 139
    case .nodeInformationReply: 140
    case .multicastListenerReportV2: 143
    case .extendedEchoRequest: 160
    case .extendedEchoReply: 161
    case .unknown(let value): value
    }
  }

  /// Error messages have the high bit clear (RFC 4443 §2.1).
  package var isError: Bool { rawValue < 128 }
}

/// What every ICMPv6 message starts with: type, code and checksum, 4 octets.
@usableFromInline package struct ICMPv6Header: Hashable, Sendable {
  @usableFromInline package var type: UInt8
  @usableFromInline package var code: UInt8
  @usableFromInline package var checksum: UInt16

  /// Octets of the header on the wire.
  @inlinable package static var count: Int { 4 }

  /// Reads type, code and checksum at the start of a message.
  @inlinable
  package init(decoding octets: Span<UInt8>, at offset: Int = 0) throws(WireError) {
    try octets.require(4, at: offset)
    let header = octets.extracting(offset..<(offset + 4))
    type = header[0]
    code = header[1]
    checksum = header.uint16(at: 2)
  }

  /// The type as a name.
  package var kind: ICMPv6Type { ICMPv6Type(rawValue: type) }
}

/// The checksum of an ICMPv6 message (RFC 4443 §2.3), which starts at offset 0 of its octets.
@usableFromInline package enum ICMPv6Checksum {
  /// The checksum of `message`, whose checksum field holds zero.
  @inlinable
  package static func value(
    of message: Span<UInt8>, from source: IPv6Address, to destination: IPv6Address
  ) -> UInt16 {
    pseudoHeader(count: message.count, from: source, to: destination).checksum(of: message)
  }

  /// Whether `message` agrees with its checksum.
  @inlinable
  package static func isValid(
    _ message: Span<UInt8>, from source: IPv6Address, to destination: IPv6Address
  ) -> Bool {
    pseudoHeader(count: message.count, from: source, to: destination).isValid(for: message)
  }

  /// Computes the checksum of the message in `range` of `buffer` and writes it into its field.
  package static func fill(
    _ buffer: inout MutableSpan<UInt8>, _ range: Range<Int>, from source: IPv6Address,
    to destination: IPv6Address
  ) throws(WireError) {
    guard range.count >= 4 else {
      throw .truncated(needed: 4, available: range.count, offset: range.lowerBound)
    }
    try buffer.requireSpace(range.count, at: range.lowerBound)
    buffer.store(UInt16(0), at: range.lowerBound + 2)
    let checksum = value(of: buffer.span.extracting(range), from: source, to: destination)
    buffer.store(checksum, at: range.lowerBound + 2)
  }

  @inlinable
  static func pseudoHeader(count: Int, from source: IPv6Address, to destination: IPv6Address) -> PseudoHeader
  {
    PseudoHeader(
      source: source, destination: destination, upperLayerCount: UInt32(truncatingIfNeeded: count),
      nextHeader: .icmpv6)
  }
}
