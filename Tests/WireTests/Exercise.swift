@testable import Wire

/// Runs every decoder over octets, as if each were what it is for. Returns on a value as on a typed error;
/// a trap, or a walk that does not advance, fails the test.
enum Exercise {
  struct StuckWalk: Error {}

  static func all(_ octets: [UInt8]) throws {
    let span = octets.span
    do { _ = try PacketFields(octets) } catch is WireError {}
    try packet(span)
    try message(span)
    try upperLayers(span)
    try walks(span)
    try neighbor(span)
    _ = try? EthernetHeader(decoding: span)
    do { _ = try IPv6Address(parsing: span) } catch {}
  }

  private static func packet(_ octets: Span<UInt8>) throws {
    guard let packet = try? IPv6Packet(decoding: octets) else { return }
    _ = packet.checksumStatus(in: octets)
    _ = try? IPv6Packet.innermost(decoding: octets)
    _ = packet.chain.finalDestination(in: octets, header: packet.header)
  }

  private static func message(_ octets: Span<UInt8>) throws {
    _ = try? ICMPv6Header(decoding: octets).kind.isError
    _ = try? ICMPv6Echo(decoding: octets)
    if let error = try? ICMPv6Error(decoding: octets) {
      let invoking = InvokingPacket(decoding: octets, in: error.invokingPacket)
      _ = invoking.upperLayerRange
      if let extensions = error.extensions { try objects(octets, extensions) }
    }
    try objects(octets, 0..<octets.count)
    if let request = try? ICMPv6ExtendedEchoRequest(decoding: octets) {
      _ = try? request.interface(in: octets)
    }
    _ = try? ICMPv6ExtendedEchoReply(decoding: octets)
    if let information = try? NodeInformation(decoding: octets) {
      var addresses = NodeAddressWalk(data: information.data)
      try drain(octets.count / 8) { try addresses.nextIPv4(in: octets) != nil }
      var labels = DNSLabelWalk(range: information.data)
      try drain(octets.count) { try labels.next(in: octets) != nil }
    }
    _ = try? NodeInformation.groupAddress(ofName: octets)
  }

  /// As each message, whatever the type says, and as bare options.
  private static func neighbor(_ octets: Span<UInt8>) throws {
    guard !octets.isEmpty else { return }
    let envelope = NeighborEnvelope(source: .unspecified, destination: .loopback, hopLimit: octets[0])
    _ = NeighborRule.broken(by: octets, envelope)
    var copy = octets.array
    for type in UInt8(130)...143 {
      copy[0] = type
      do { _ = try NeighborFields(copy.span) } catch is WireError {}
      _ = NeighborRule.broken(by: copy.span, envelope)
    }
    var walk = NeighborOptionWalk(range: 0..<octets.count)
    try drain(octets.count / 8 + 1) {
      guard let option = try walk.next(in: octets) else { return false }
      _ = NeighborRule.brokenRule(of: option, in: octets)
      return true
    }
  }

  private static func objects(_ octets: Span<UInt8>, _ range: Range<Int>) throws {
    guard let structure = try? ICMPExtensionStructure(decoding: octets, in: range) else { return }
    var walk = structure.objects
    try drain(octets.count / 4) {
      guard let object = try walk.next(in: octets) else { return false }
      if case .mplsLabelStack(var stack) = try object.value(in: octets) {
        try drain(octets.count / 4) { try stack.next(in: octets) != nil }
      }
      return true
    }
  }

  private static func upperLayers(_ octets: Span<UInt8>) throws {
    _ = try? UDPHeader(decoding: octets)
    guard let tcp = try? TCPHeader(decoding: octets) else { return }
    var walk = TCPOptionWalk(options: tcp.options)
    try drain(40) { try walk.next(in: octets) != nil }
  }

  private static func walks(_ octets: Span<UInt8>) throws {
    guard octets.count > 0 else { return }
    var headers = ExtensionHeaderWalk(
      nextHeader: NextHeader(rawValue: octets[0]), nextHeaderOffset: 0, offset: 0)
    try drain(ExtensionHeaderWalk.limit) { try headers.next(in: octets) != nil }
    var options = IPv6OptionWalk(header: 0..<octets.count)
    try drain(octets.count) {
      guard let option = try options.next(in: octets) else { return false }
      _ = option.value(in: octets)
      return true
    }
    var tcp = TCPOptionWalk(options: 0..<octets.count)
    try drain(octets.count) { try tcp.next(in: octets) != nil }
    if let routing = try? RoutingHeader(decoding: octets) {
      _ = routing.lastElement(in: octets, destination: .loopback)
      _ = routing.segmentRoutingFault(in: octets)
      for index in 0..<routing.addressCount(in: octets) { _ = routing.address(index, in: octets) }
    }
  }

  /// Steps until the end or a typed error, `limit` times and no more.
  private static func drain(_ limit: Int, _ step: () throws -> Bool) throws {
    for _ in 0...limit {
      do {
        guard try step() else { return }
      } catch is WireError {
        return
      }
    }
    throw StuckWalk()
  }
}
