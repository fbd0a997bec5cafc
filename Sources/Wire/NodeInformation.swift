/// A node information query or reply (RFC 4620).
package struct NodeInformation: Hashable, Sendable {
  /// What is asked (RFC 4620 §5).
  package enum QueryType: Hashable, Sendable {
    case noOperation
    case nodeName
    case nodeAddresses
    case ipv4Addresses
    case unknown(UInt16)

    package init(rawValue: UInt16) {
      self =
        switch rawValue {
        case 0: .noOperation
        case 2: .nodeName
        case 3: .nodeAddresses
        case 4: .ipv4Addresses
        default: .unknown(rawValue)
        }
    }

    package var rawValue: UInt16 {
      switch self {
      case .noOperation: 0
      case .nodeName: 2
      case .nodeAddresses: 3
      case .ipv4Addresses: 4
      case .unknown(let value): value
      }
    }
  }

  /// Flags of node and IPv4 address queries and replies (RFC 4620 §6.4, §6.5).
  package struct Flags: RawRepresentable, Hashable, Sendable {
    package var rawValue: UInt16
    package init(rawValue: UInt16) { self.rawValue = rawValue }
    /// The reply does not hold all addresses.
    package static let truncated = Flags(rawValue: 0x01)
    /// All unicast addresses of the node, not only those of the interface.
    package static let all = Flags(rawValue: 0x02)
    /// IPv4-compatible and IPv4-mapped ones.
    package static let compatible = Flags(rawValue: 0x04)
    package static let linkLocal = Flags(rawValue: 0x08)
    package static let siteLocal = Flags(rawValue: 0x10)
    package static let global = Flags(rawValue: 0x20)
  }

  /// Query or reply, with what the code of each means.
  package enum Kind: Hashable, Sendable {
    case query(Subject)
    case reply(Result)
  }

  /// What the data of a query names (RFC 4620 §4).
  package enum Subject: Hashable, Sendable {
    case ipv6Address
    case name
    case ipv4Address
    case unknown(UInt8)
  }

  /// Whether the query was answered (RFC 4620 §4).
  package enum Result: Hashable, Sendable {
    case success
    case refused
    case unknownQueryType
    case unknown(UInt8)
  }

  package var kind: Kind
  /// As it stood on the wire; `encode` writes zero there.
  package var checksum: UInt16
  package var queryType: QueryType
  package var flags: Flags
  /// 64 bits that the reply repeats.
  package var nonce: UInt64
  /// The data behind the 16 octets of the header.
  package var data: Range<Int>

  package static var headerCount: Int { 16 }

  /// A message to be encoded.
  package init(_ kind: Kind, queryType: QueryType, flags: Flags, nonce: UInt64) {
    self.kind = kind
    checksum = 0
    self.queryType = queryType
    self.flags = flags
    self.nonce = nonce
    data = 16..<16
  }

  /// Reads a query or reply that fills `octets`. The checksum is not verified.
  package init(decoding octets: Span<UInt8>) throws(WireError) {
    try octets.require(Self.headerCount)
    let code = octets[1]
    switch (octets[0], code) {
    case (139, 0): kind = .query(.ipv6Address)
    case (139, 1): kind = .query(.name)
    case (139, 2): kind = .query(.ipv4Address)
    case (139, _): kind = .query(.unknown(code))
    case (140, 0): kind = .reply(.success)
    case (140, 1): kind = .reply(.refused)
    case (140, 2): kind = .reply(.unknownQueryType)
    case (140, _): kind = .reply(.unknown(code))
    default: throw .invalid(.messageType, value: Int(octets[0]), offset: 0)
    }
    checksum = octets.uint16(at: 2)
    queryType = QueryType(rawValue: octets.uint16(at: 4))
    flags = Flags(rawValue: octets.uint16(at: 6))
    nonce = octets.uint64(at: 8)
    data = Self.headerCount..<octets.count
  }

  package var type: UInt8 {
    switch kind {
    case .query: 139
    case .reply: 140
    }
  }

  package var code: UInt8 {
    switch kind {
    case .query(.ipv6Address), .reply(.success): 0
    case .query(.name), .reply(.refused): 1
    case .query(.ipv4Address), .reply(.unknownQueryType): 2
    case .query(.unknown(let code)), .reply(.unknown(let code)): code
    }
  }

  /// Writes header and `data` at `offset` with a zero checksum, and returns how many octets.
  @discardableResult
  package func encode(
    into buffer: inout MutableSpan<UInt8>, at offset: Int = 0, data: Span<UInt8>
  ) throws(WireError) -> Int {
    let count = Self.headerCount + data.count
    try buffer.requireSpace(count, at: offset)
    buffer[offset] = type
    buffer[offset + 1] = code
    buffer.store(UInt16(0), at: offset + 2)
    buffer.store(queryType.rawValue, at: offset + 4)
    buffer.store(flags.rawValue, at: offset + 6)
    buffer.store(nonce, at: offset + 8)
    buffer.store(data, at: offset + Self.headerCount)
    return count
  }

  /// The group that a query about `name` goes to: ff02::2:ff00:0/104 and the first 24 bits of the MD5 of
  /// the first label, its length octet included, in lower case (RFC 4620 §5).
  ///
  /// `name` is in wire form (`DNSName`), of which the first label is taken.
  package static func groupAddress(ofName name: Span<UInt8>) throws(WireError) -> IPv6Address {
    var walk = DNSLabelWalk(range: 0..<name.count)
    guard let label = try walk.next(in: name) else { throw .invalid(.layout, value: 0, offset: 0) }
    var lowered = [64 of UInt8](repeating: 0)
    lowered[0] = UInt8(truncatingIfNeeded: label.count)
    for index in 0..<label.count {
      let octet = name[label.lowerBound + index]
      lowered[index + 1] = (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(octet) ? octet | 0x20 : octet
    }
    let digest = MD5.digest(lowered.span.extracting(0..<(label.count + 1)))
    return IPv6Address(bits: 0xff02_0000_0000_0000_0000_0002_ff00_0000 | digest >> 104)
  }
}

/// Walks the addresses of a node information reply: a time to live of 32 bits and an address each.
package struct NodeAddressWalk: Hashable, Sendable {
  /// What has not been read yet.
  package private(set) var range: Range<Int>

  package init(data: Range<Int>) { range = data }

  /// The next IPv6 address (query type 3), or nil at the end. A cut one is an error.
  package mutating func nextIPv6(in octets: Span<UInt8>) throws(WireError) -> (
    timeToLive: UInt32, IPv6Address
  )? {
    guard let start = try advance(20, in: octets) else { return nil }
    return (octets.uint32(at: start), IPv6Address(bits: octets.uint128(at: start + 4)))
  }

  /// The next IPv4 address (query type 4), or nil at the end. A cut one is an error.
  package mutating func nextIPv4(in octets: Span<UInt8>) throws(WireError) -> (timeToLive: UInt32, UInt32)? {
    guard let start = try advance(8, in: octets) else { return nil }
    return (octets.uint32(at: start), octets.uint32(at: start + 4))
  }

  private mutating func advance(_ count: Int, in octets: Span<UInt8>) throws(WireError) -> Int? {
    guard !range.isEmpty else { return nil }
    let start = range.lowerBound
    guard range.count >= count else { throw .truncated(needed: count, available: range.count, offset: start) }
    try octets.require(count, at: start)
    range = (start + count)..<range.upperBound
    return start
  }
}

#if !$Embedded
  // The array literals of OptionSet allocate, so the conformance stays out of the build that proves the
  // codec does not.
  extension NodeInformation.Flags: OptionSet {}
#endif
