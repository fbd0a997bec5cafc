import Wire

/// What a ping asks beside the echo: a node information query (RFC 4620) or an extended echo request (RFC 8335).
/// Written once, patched for each probe.
struct QuestionMessage {
  let template: [UInt8]
  private let isNodeInformation: Bool
  /// The subject of the query is whoever is asked.
  private let isAboutTarget: Bool

  /// nil for an echo.
  init?(_ message: PingConfiguration.Message, target: IPv6Address, identifier: UInt16) {
    switch message {
    case .echo: return nil
    case .nodeInformation(let question):
      isNodeInformation = true
      isAboutTarget = question.subject == nil
      template = QuestionMessage.query(question, target: target)
    case .extendedEcho(let question):
      isNodeInformation = false
      isAboutTarget = false
      template = QuestionMessage.request(question, identifier: identifier)
    }
  }

  /// Writes one probe and returns its length in octets. `number`: the 64-bit number of which the wire shows the low
  /// bits; `nonce`: keyed by it; `target`: whom it goes to.
  func write(
    into buffer: inout MutableSpan<UInt8>, number: UInt64, nonce: UInt64, target: IPv6Address
  ) -> Int {
    guard buffer.count >= template.count else { return 0 }
    for i in template.indices { buffer[i] = template[i] }
    if isNodeInformation {
      let word = QuestionMessage.nonce(number: number, keyed: nonce)
      for i in 0..<8 { buffer[8 + i] = UInt8(truncatingIfNeeded: word >> UInt64(56 - 8 * i)) }
      if isAboutTarget { _ = try? target.encode(into: &buffer, at: NodeInformation.headerCount) }
    } else {
      buffer[6] = UInt8(truncatingIfNeeded: number)
    }
    return template.count
  }

  /// The nonce of a query: 16 bits of the number, so that its probe can be found, and 48 that only we know.
  static func nonce(number: UInt64, keyed: UInt64) -> UInt64 { number << 48 | keyed >> 16 }

  private static func query(_ question: NodeInformationQuestion, target: IPv6Address) -> [UInt8] {
    let subject: NodeInformation.Subject
    let data: [UInt8]
    switch question.subject ?? .ipv6(target) {
    case .ipv6(let address):
      subject = .ipv6Address
      data = octets(of: address)
    case .name(let name):
      subject = .name
      data = name
    case .ipv4(let address):
      subject = .ipv4Address
      data = octets(of: address)
    }
    let (type, flags): (NodeInformation.QueryType, UInt16) =
      switch question.kind {
      case .name: (.nodeName, 0)
      case .ipv6Addresses(let flags): (.nodeAddresses, flags)
      case .ipv4Addresses(let flags): (.ipv4Addresses, flags)
      }
    let query = NodeInformation(
      .query(subject), queryType: type, flags: NodeInformation.Flags(rawValue: flags), nonce: 0)
    return encoded(NodeInformation.headerCount + data.count, data) { buffer, data throws(WireError) in
      try query.encode(into: &buffer, data: data)
    }
  }

  private static func request(_ question: InterfaceQuestion, identifier: UInt16) -> [UInt8] {
    var name: [UInt8] = []
    let interface: InterfaceIdentification
    switch question.interface {
    case .name(let octets):
      name = octets
      interface = .name(0..<octets.count)
    case .index(let index): interface = .index(index)
    case .ipv6(let address): interface = .address(.ipv6(address))
    case .ipv4(let address): interface = .address(.ipv4(address))
    }
    let request = ICMPv6ExtendedEchoRequest(identifier: identifier, sequence: 0, isLocal: question.isLocal)
    // The largest: header, extension header, object header and a name or an address.
    return encoded(16 + max(20, (name.count + 3) & ~3), name) { buffer, name throws(WireError) in
      try request.encode(into: &buffer, interface: interface, from: name)
    }
  }

  private static func encoded(
    _ capacity: Int, _ data: [UInt8],
    _ write: (inout MutableSpan<UInt8>, Span<UInt8>) throws(WireError) -> Int
  ) -> [UInt8] {
    var octets = [UInt8](repeating: 0, count: capacity)
    var span = octets.mutableSpan
    // The buffer has room for the largest message, so only a name longer than an object can throw.
    let count = (try? write(&span, data.span)) ?? 0
    return Array(octets[..<count])
  }

  private static func octets(of address: IPv6Address) -> [UInt8] {
    (0..<16).map { UInt8(truncatingIfNeeded: address.bits >> UInt128(120 - 8 * $0)) }
  }

  private static func octets(of address: UInt32) -> [UInt8] {
    (0..<4).map { UInt8(truncatingIfNeeded: address >> UInt32(24 - 8 * $0)) }
  }
}
