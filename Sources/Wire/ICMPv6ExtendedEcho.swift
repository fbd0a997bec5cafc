/// An extended echo request (RFC 8335 §2): asks a proxy about one interface.
package struct ICMPv6ExtendedEchoRequest: Hashable, Sendable {
  package var code: UInt8
  /// As it stood on the wire; `encode` writes zero there.
  package var checksum: UInt16
  package var identifier: UInt16
  package var sequence: UInt8
  /// The interface is one of the proxy itself, not of a neighbor of it (the L bit).
  package var isLocal: Bool
  /// The extension structure, header included; nil if nothing stands there.
  package var extensions: Range<Int>?

  package static var type: UInt8 { 160 }
  package static var headerCount: Int { 8 }

  /// A message to be encoded.
  package init(identifier: UInt16, sequence: UInt8, isLocal: Bool) {
    code = 0
    checksum = 0
    self.identifier = identifier
    self.sequence = sequence
    self.isLocal = isLocal
  }

  /// Reads a request that fills `octets`. The checksum is not verified.
  package init(decoding octets: Span<UInt8>) throws(WireError) {
    try octets.require(Self.headerCount)
    guard octets[0] == Self.type else { throw .invalid(.messageType, value: Int(octets[0]), offset: 0) }
    code = octets[1]
    checksum = octets.uint16(at: 2)
    identifier = octets.uint16(at: 4)
    sequence = octets[6]
    isLocal = octets[7] & 1 == 1
    extensions = octets.count > Self.headerCount ? Self.headerCount..<octets.count : nil
  }

  /// The interface that is asked about: the first class 3 object of the extension structure.
  package func interface(in octets: Span<UInt8>) throws(WireError) -> InterfaceIdentification? {
    guard let extensions else { return nil }
    let structure = try ICMPExtensionStructure(decoding: octets, in: extensions)
    guard structure.isChecksumValid else {
      throw .invalid(
        .extensionChecksum, value: Int(octets.uint16(at: extensions.lowerBound + 2)),
        offset: extensions.lowerBound + 2)
    }
    var walk = structure.objects
    while let object = try walk.next(in: octets) {
      guard object.classNumber == InterfaceIdentification.objectClass else { continue }
      return try InterfaceIdentification(decoding: octets, type: object.type, data: object.data)
    }
    return nil
  }

  /// Writes the message with an extension structure that names `interface`, the checksum of the message
  /// zero, and returns how many octets. `source` holds the octets that a range of `interface` counts in.
  @discardableResult
  package func encode(
    into buffer: inout MutableSpan<UInt8>, at offset: Int = 0, interface: InterfaceIdentification,
    from source: Span<UInt8>
  ) throws(WireError) -> Int {
    let structure = offset + Self.headerCount
    try buffer.requireSpace(Self.headerCount + ICMPExtensionStructure.headerCount, at: offset)
    buffer[offset] = Self.type
    buffer[offset + 1] = code
    buffer.store(UInt16(0), at: offset + 2)
    buffer.store(identifier, at: offset + 4)
    buffer[offset + 6] = sequence
    buffer[offset + 7] = isLocal ? 1 : 0
    let objectCount = try interface.encode(
      into: &buffer, at: structure + ICMPExtensionStructure.headerCount, from: source)
    let end = structure + ICMPExtensionStructure.headerCount + objectCount
    try ICMPExtensionStructure.finish(&buffer, structure..<end)
    return end - offset
  }
}

/// An extended echo reply (RFC 8335 §3).
package struct ICMPv6ExtendedEchoReply: Hashable, Sendable {
  /// Whether the question could be answered.
  package enum Code: Hashable, Sendable {
    case noError
    case malformedQuery
    case noSuchInterface
    case noSuchTableEntry
    case multipleInterfaces
    case unknown(UInt8)

    package init(rawValue: UInt8) {
      self =
        switch rawValue {
        case 0: .noError
        case 1: .malformedQuery
        case 2: .noSuchInterface
        case 3: .noSuchTableEntry
        case 4: .multipleInterfaces
        default: .unknown(rawValue)
        }
    }

    package var rawValue: UInt8 {
      switch self {
      case .noError: 0
      case .malformedQuery: 1
      case .noSuchInterface: 2
      case .noSuchTableEntry: 3
      case .multipleInterfaces: 4
      case .unknown(let value): value
      }
    }
  }

  /// State of a neighbor of the proxy (RFC 8335 §3, RFC 4861 §7.3.2).
  package enum NeighborState: UInt8, Hashable, Sendable {
    case reserved = 0
    case incomplete = 1
    case reachable = 2
    case stale = 3
    case delay = 4
    case probe = 5
    case failed = 6
    case unassigned = 7
  }

  package var code: Code
  /// As it stood on the wire; `encode` writes zero there.
  package var checksum: UInt16
  package var identifier: UInt16
  package var sequence: UInt8
  /// Meaningful if the interface is a neighbor's (L bit clear in the request).
  package var state: NeighborState
  /// The interface is up (A bit).
  package var isActive: Bool
  /// It runs IPv4.
  package var hasIPv4: Bool
  /// It runs IPv6.
  package var hasIPv6: Bool

  package static var type: UInt8 { 161 }
  package static var count: Int { 8 }

  /// A message to be encoded.
  package init(
    code: Code, identifier: UInt16, sequence: UInt8, state: NeighborState, isActive: Bool, hasIPv4: Bool,
    hasIPv6: Bool
  ) {
    self.code = code
    checksum = 0
    self.identifier = identifier
    self.sequence = sequence
    self.state = state
    self.isActive = isActive
    self.hasIPv4 = hasIPv4
    self.hasIPv6 = hasIPv6
  }

  /// Reads a reply. The checksum is not verified.
  package init(decoding octets: Span<UInt8>) throws(WireError) {
    try octets.require(Self.count)
    guard octets[0] == Self.type else { throw .invalid(.messageType, value: Int(octets[0]), offset: 0) }
    code = Code(rawValue: octets[1])
    checksum = octets.uint16(at: 2)
    identifier = octets.uint16(at: 4)
    sequence = octets[6]
    state = NeighborState(rawValue: octets[7] >> 5) ?? .unassigned
    isActive = octets[7] & 4 != 0
    hasIPv4 = octets[7] & 2 != 0
    hasIPv6 = octets[7] & 1 != 0
  }

  /// Writes 8 octets with a zero checksum at `offset` and returns 8.
  @discardableResult
  package func encode(into buffer: inout MutableSpan<UInt8>, at offset: Int = 0) throws(WireError) -> Int {
    try buffer.requireSpace(Self.count, at: offset)
    buffer[offset] = Self.type
    buffer[offset + 1] = code.rawValue
    buffer.store(UInt16(0), at: offset + 2)
    buffer.store(identifier, at: offset + 4)
    buffer[offset + 6] = sequence
    buffer[offset + 7] = state.rawValue << 5 | (isActive ? 4 : 0) | (hasIPv4 ? 2 : 0) | (hasIPv6 ? 1 : 0)
    return Self.count
  }
}
