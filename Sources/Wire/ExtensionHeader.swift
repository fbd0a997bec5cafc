/// One extension header as it stands in a packet (RFC 8200 §4).
package struct ExtensionHeader: Hashable, Sendable {
  /// What this header is.
  package var kind: NextHeader
  /// What follows it.
  package var nextHeader: NextHeader
  /// Its octets, next header and length included.
  package var range: Range<Int>
}

/// Walks the extension headers of a packet, one at a time.
///
/// Every step is at least 8 octets long, and there are at most `limit` of them (RFC 8504 §5.3).
package struct ExtensionHeaderWalk: Hashable, Sendable {
  /// How many extension headers are walked: the longest chain that RFC 8200 §4.1 recommends has seven.
  package static let limit = 16

  /// What stands at `offset`.
  package private(set) var nextHeader: NextHeader
  /// Where the octet that names `nextHeader` stands.
  package private(set) var nextHeaderOffset: Int
  /// Where the walk has come to.
  package private(set) var offset: Int
  /// How many extension headers came by.
  package private(set) var headerCount = 0
  /// Whether a fragment header came by whose offset is not zero: what follows is no header.
  private var isLaterFragment = false

  /// Starts at `offset`, where `nextHeader` stands, as the octet at `nextHeaderOffset` says.
  package init(nextHeader: NextHeader, nextHeaderOffset: Int, offset: Int) {
    self.nextHeader = nextHeader
    self.nextHeaderOffset = nextHeaderOffset
    self.offset = offset
  }

  /// Whether an extension header with a next header and a length that can be walked stands at `offset`.
  package var isAtExtensionHeader: Bool {
    guard !isLaterFragment else { return false }
    switch nextHeader {
    case .hopByHop, .routing, .fragment, .authentication, .destinationOptions, .mobility, .hostIdentity,
      .shim6:
      return true
    default:
      return false
    }
  }

  /// The next extension header, or nil at the upper layer, no next header, ESP, or inside a fragment that
  /// is not the first.
  package mutating func next(in octets: Span<UInt8>) throws(WireError) -> ExtensionHeader? {
    guard isAtExtensionHeader else { return nil }
    guard headerCount < Self.limit else {
      throw .invalid(.tooMany, value: headerCount, offset: offset)
    }
    if nextHeader == .hopByHop, headerCount > 0 {
      throw .invalid(.hopByHopPlace, value: 0, offset: nextHeaderOffset)
    }
    try octets.require(8, at: offset)
    let length = Int(octets[offset + 1])
    let count =
      switch nextHeader {
      case .fragment: 8
      case .authentication: (length + 2) * 4
      default: (length + 1) * 8
      }
    try octets.require(count, at: offset)
    let header = ExtensionHeader(
      kind: nextHeader, nextHeader: NextHeader(rawValue: octets[offset]), range: offset..<(offset + count))
    if nextHeader == .fragment, octets.uint16(at: offset + 2) & 0xfff8 != 0 { isLaterFragment = true }
    nextHeaderOffset = offset
    nextHeader = header.nextHeader
    offset += count
    headerCount += 1
    return header
  }

  /// Whether what follows is the middle or the end of a fragmented packet.
  package var isInLaterFragment: Bool { isLaterFragment }
}

/// The extension headers of a packet in one go, and what stands behind them.
///
/// Never fails: a chain that is cut or malformed ends where it can no longer be read, and `end` says why.
package struct IPv6Chain: Hashable, Sendable {
  /// Why the chain ends.
  package enum End: Hashable, Sendable {
    /// An upper-layer protocol follows.
    case upperLayer
    /// Nothing follows (RFC 8200 §4.7).
    case noNextHeader
    /// ESP: what follows cannot be read.
    case encrypted
    /// The payload of a fragment that is not the first.
    case laterFragment
    /// The chain cannot be walked further.
    case broken(WireError)
  }

  package var end: End
  /// What stands at the start of `payload`.
  package var nextHeader: NextHeader
  /// Where the octet that names it stands, as a parameter problem points to it.
  package var nextHeaderOffset: Int
  /// From the end of the last header that could be read to the end of the octets.
  package var payload: Range<Int>
  /// How many extension headers came by.
  package var headerCount: Int
  package var hopByHop: Range<Int>?
  /// Whether a destination options header came by, which may hold a home address.
  package var hasDestinationOptions = false
  /// The last routing header.
  package var routing: Range<Int>?
  /// The last fragment header.
  package var fragment: FragmentHeader?

  /// Walks from `offset`, where `nextHeader` stands, as the octet at `nextHeaderOffset` says.
  package init(
    decoding octets: Span<UInt8>, nextHeader: NextHeader, nextHeaderOffset: Int, at offset: Int
  ) {
    var walk = ExtensionHeaderWalk(nextHeader: nextHeader, nextHeaderOffset: nextHeaderOffset, offset: offset)
    var broken: WireError?
    do {
      while let header = try walk.next(in: octets) {
        switch header.kind {
        case .hopByHop: hopByHop = header.range
        case .routing: routing = header.range
        case .destinationOptions: hasDestinationOptions = true
        case .fragment: fragment = try FragmentHeader(decoding: octets, at: header.range.lowerBound)
        default: break
        }
      }
    } catch {
      broken = error
    }
    self.nextHeader = walk.nextHeader
    self.nextHeaderOffset = walk.nextHeaderOffset
    headerCount = walk.headerCount
    payload = min(walk.offset, octets.count)..<octets.count
    if let broken {
      end = .broken(broken)
    } else if walk.isInLaterFragment {
      end = .laterFragment
    } else {
      end =
        switch walk.nextHeader {
        case .noNextHeader: .noNextHeader
        case .encapsulatingSecurityPayload: .encrypted
        default: .upperLayer
        }
    }
  }

  /// The destination that upper-layer checksums cover (RFC 8200 §8.1): the last element of a routing header
  /// with segments left, else that of the IPv6 header.
  ///
  /// Nil if a routing header with segments left is of a type whose last element is not known here.
  package func finalDestination(in octets: Span<UInt8>, header: IPv6Header) -> IPv6Address? {
    guard let routing else { return header.destination }
    guard
      let decoded = try? RoutingHeader(
        decoding: octets.extracting(0..<min(routing.upperBound, octets.count)), at: routing.lowerBound)
    else { return nil }
    guard decoded.segmentsLeft > 0 else { return header.destination }
    return decoded.lastElement(in: octets, destination: header.destination)
  }
}

/// The fragment header (RFC 8200 §4.5), 8 octets.
package struct FragmentHeader: Hashable, Sendable {
  package var nextHeader: NextHeader
  /// Octets of the fragmentable part before this fragment, a multiple of 8 up to 65528.
  package var offset: Int
  /// More fragments follow.
  package var isMore: Bool
  package var identification: UInt32

  package static var count: Int { 8 }

  package init(nextHeader: NextHeader, offset: Int, isMore: Bool, identification: UInt32) {
    self.nextHeader = nextHeader
    self.offset = offset
    self.isMore = isMore
    self.identification = identification
  }

  /// A whole packet that carries a fragment header (RFC 6946).
  package var isAtomic: Bool { offset == 0 && !isMore }

  package init(decoding octets: Span<UInt8>, at start: Int = 0) throws(WireError) {
    try octets.require(Self.count, at: start)
    nextHeader = NextHeader(rawValue: octets[start])
    let word = octets.uint16(at: start + 2)
    offset = Int(word & 0xfff8)
    isMore = word & 1 == 1
    identification = octets.uint32(at: start + 4)
  }

  /// Writes 8 octets at `start` and returns 8.
  @discardableResult
  package func encode(into buffer: inout MutableSpan<UInt8>, at start: Int = 0) throws(WireError) -> Int {
    guard offset >= 0, offset <= 0xfff8, offset & 7 == 0 else {
      throw .invalid(.fieldWidth, value: offset, offset: start + 2)
    }
    try buffer.requireSpace(Self.count, at: start)
    buffer[start] = nextHeader.rawValue
    buffer[start + 1] = 0
    buffer.store(UInt16(truncatingIfNeeded: offset) | (isMore ? 1 : 0), at: start + 2)
    buffer.store(identification, at: start + 4)
    return Self.count
  }
}
