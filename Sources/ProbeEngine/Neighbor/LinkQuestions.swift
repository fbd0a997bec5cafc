import Wire

/// Questions to every node of a link: whole IPv6 packets to ff02::1.
///
/// Their hop limit is 1, what a multicast packet has by default (RFC 3493 §5.2) and what listener queries must have
/// (RFC 3810 §5): no node looks at it in an echo request, and a device that forwards what it should not drops it.
enum LinkQuestion {
  /// All nodes of the link (RFC 4291 §2.7.1).
  static let allNodes = IPv6Address(bits: 0xff02 << 112 | 1)
  /// All routers of the link (RFC 4291 §2.7.1).
  static let allRouters = IPv6Address(bits: 0xff02 << 112 | 2)
  /// An option that nobody knows, since it is set aside for experiments (RFC 4727), and
  /// whose upper bits, 10, ask for Parameter Problem code 2 even for a multicast destination (RFC 8200 §4.2, RFC 4443
  /// §2.4 (e.3)).
  static let unknownOption = IPv6OptionType(rawValue: 0x9e)
  /// Octets of the longest of them: a router solicitation with the longest link-layer address there is.
  static let longest = IPv6Header.count + 8 + (LinkLayerAddress.longest + 2 + 7) / 8 * 8
  /// Milliseconds in which listeners answer a query, each at a time of its own choice: long enough that a link of many
  /// does not answer at once, short enough for a scan's patience.
  static let listenerDelay: UInt16 = 1_000

  /// An echo request (RFC 4443 §4.1); RFC 4443 §4.2 lets nodes answer those to a multicast address.
  static func echo(from source: IPv6Address, identifier: UInt16, sequence: UInt16, data: [UInt8]) -> [UInt8] {
    packet(from: source, behind: [], .icmpv6, echoMessage(identifier, sequence, data))
  }

  /// The same behind a destination options header with an option that nobody knows.
  static func unknownOption(
    from source: IPv6Address, identifier: UInt16, sequence: UInt16, data: [UInt8]
  ) -> [UInt8] {
    packet(
      from: source, behind: optionsHeader(unknownOption, [0, 0, 0, 0]), .destinationOptions,
      echoMessage(identifier, sequence, data))
  }

  /// A general query for listeners of version 2 (RFC 3810 §5.1), with router alert (RFC 2711). `source` is link-local
  /// (RFC 3810 §5.1.14). Robustness and interval are the defaults of RFC 3810 §9.
  static func listenerQuery(from source: IPv6Address) -> [UInt8] {
    let query = MulticastListenerQuery(
      maximumResponseCode: listenerDelay, robustness: 2, intervalCode: 125)
    return packet(
      from: source, behind: optionsHeader(.routerAlert, [0, 0]), .hopByHop,
      LinkPacket.message(28) { span throws(WireError) in try query.encode(into: &span) })
  }

  private static func echoMessage(_ identifier: UInt16, _ sequence: UInt16, _ data: [UInt8]) -> [UInt8] {
    LinkPacket.message(ICMPv6Echo.headerCount + data.count) { span throws(WireError) in
      try ICMPv6Echo(.request, identifier: identifier, sequence: sequence).encode(
        into: &span, data: data.span)
    }
  }

  /// A header of 8 octets with one option of up to 4 octets.
  private static func optionsHeader(_ type: IPv6OptionType, _ data: [UInt8]) -> [UInt8] {
    let option = LinkPacket.message(data.count + 2) { span throws(WireError) in
      try IPv6Option.encode(type, data: data.span, into: &span)
    }
    return LinkPacket.message(8) { span throws(WireError) in
      try IPv6OptionsHeader.encode(nextHeader: .icmpv6, options: option.span, into: &span)
    }
  }

  /// Header, extension header (`first` is its kind, or ICMPv6 where there is none) and message, whose checksum is
  /// written here.
  private static func packet(
    from source: IPv6Address, behind extensionHeader: [UInt8], _ first: NextHeader, _ message: [UInt8]
  ) -> [UInt8] {
    let header = IPv6Header(
      payloadLength: UInt16(clamping: extensionHeader.count + message.count), nextHeader: first, hopLimit: 1,
      source: source, destination: allNodes)
    let start = IPv6Header.count + extensionHeader.count
    var octets = [UInt8](repeating: 0, count: IPv6Header.count) + extensionHeader + message
    var span = octets.mutableSpan
    // There is room for both: it was counted above.
    _ = try? header.encode(into: &span)
    try? ICMPv6Checksum.fill(&span, start..<(start + message.count), from: source, to: allNodes)
    return octets
  }
}

/// What a scan writes into its echo requests, so that only an answer to one of them counts: the question's number and
/// a keyed nonce.
struct ScanCookie: Sendable {
  static let count = 16
  let identifier: UInt16
  private let nonce: KeyedNonce

  init(identifier: UInt16, nonce: KeyedNonce) {
    self.identifier = identifier
    self.nonce = nonce
  }

  func octets(_ number: UInt64) -> [UInt8] {
    let value = nonce(number)
    return (0..<8).map { UInt8(truncatingIfNeeded: number >> (56 - 8 * UInt64($0))) }
      + (0..<8).map { UInt8(truncatingIfNeeded: value >> (56 - 8 * UInt64($0))) }
  }

  /// The question's number, from an echo message of a scan's request; nil: it is not ours.
  func number(of echo: ICMPv6Echo, in octets: Span<UInt8>) -> UInt64? {
    guard echo.code == 0, echo.identifier == identifier, echo.data.count == Self.count else { return nil }
    let number = octets.uint64(at: echo.data.lowerBound)
    guard octets.uint64(at: echo.data.lowerBound + 8) == nonce(number),
      echo.sequence == UInt16(truncatingIfNeeded: number)
    else { return nil }
    return number
  }
}
