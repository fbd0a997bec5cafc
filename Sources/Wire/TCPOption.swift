/// An option of a TCP header (RFC 9293 §3.2).
package enum TCPOption: Hashable, Sendable {
  case noOperation
  case maximumSegmentSize(UInt16)
  /// The shift as it stands on the wire; more than 14 counts as 14 (RFC 7323 §2.3).
  case windowScale(UInt8)
  case selectiveAcknowledgmentPermitted
  /// One to four blocks of two 32-bit edges (RFC 2018).
  case selectiveAcknowledgment(blocks: Range<Int>)
  case timestamps(value: UInt32, echoReply: UInt32)
  /// Any other kind, or a known kind with a length that does not fit it.
  case other(kind: UInt8, data: Range<Int>)

  /// The octet on the wire.
  package var kind: UInt8 {
    switch self {
    case .noOperation: 1
    case .maximumSegmentSize: 2
    case .windowScale: 3
    case .selectiveAcknowledgmentPermitted: 4
    case .selectiveAcknowledgment: 5
    case .timestamps: 8
    case .other(let kind, _): kind
    }
  }

  /// Writes the option at `offset`, and returns how many octets. `source` holds the octets that a range of
  /// the option counts in.
  @discardableResult
  package func encode(
    into buffer: inout MutableSpan<UInt8>, at offset: Int = 0, from source: Span<UInt8>
  ) throws(WireError) -> Int {
    switch self {
    case .noOperation:
      try buffer.requireSpace(1, at: offset)
      buffer[offset] = 1
      return 1
    case .maximumSegmentSize(let size):
      try Self.start(kind, count: 4, in: &buffer, at: offset)
      buffer.store(size, at: offset + 2)
      return 4
    case .windowScale(let shift):
      try Self.start(kind, count: 3, in: &buffer, at: offset)
      buffer[offset + 2] = shift
      return 3
    case .selectiveAcknowledgmentPermitted:
      try Self.start(kind, count: 2, in: &buffer, at: offset)
      return 2
    case .timestamps(let value, let echoReply):
      try Self.start(kind, count: 10, in: &buffer, at: offset)
      buffer.store(value, at: offset + 2)
      buffer.store(echoReply, at: offset + 6)
      return 10
    case .selectiveAcknowledgment(let data), .other(_, let data):
      guard kind > 1, data.count <= 38 else { throw .invalid(.length, value: data.count, offset: offset) }
      try source.require(data.count, at: data.lowerBound)
      try Self.start(kind, count: data.count + 2, in: &buffer, at: offset)
      buffer.store(source.extracting(data), at: offset + 2)
      return data.count + 2
    }
  }

  private static func start(
    _ kind: UInt8, count: Int, in buffer: inout MutableSpan<UInt8>, at offset: Int
  ) throws(WireError) {
    try buffer.requireSpace(count, at: offset)
    buffer[offset] = kind
    buffer[offset + 1] = UInt8(truncatingIfNeeded: count)
  }
}

/// Walks the options of a TCP header. A bad length ends the walk with an error, and `range` is the rest.
package struct TCPOptionWalk: Hashable, Sendable {
  /// What has not been read yet.
  package private(set) var range: Range<Int>

  package init(options: Range<Int>) { range = options }

  /// The next option, or nil at the end of the list. Every step is one octet at least.
  package mutating func next(in octets: Span<UInt8>) throws(WireError) -> TCPOption? {
    guard !range.isEmpty else { return nil }
    let rest = octets.extracting(0..<min(range.upperBound, octets.count))
    let start = range.lowerBound
    try rest.require(1, at: start)
    switch rest[start] {
    case 0:
      range = range.upperBound..<range.upperBound
      return nil
    case 1:
      range = (start + 1)..<range.upperBound
      return .noOperation
    default:
      try rest.require(2, at: start)
      let count = Int(rest[start + 1])
      guard count >= 2, count <= range.count else { throw .invalid(.length, value: count, offset: start + 1) }
      try rest.require(count, at: start)
      range = (start + count)..<range.upperBound
      return Self.option(rest[start], (start + 2)..<(start + count), in: rest)
    }
  }

  private static func option(_ kind: UInt8, _ data: Range<Int>, in octets: Span<UInt8>) -> TCPOption {
    switch (kind, data.count) {
    case (2, 2): .maximumSegmentSize(octets.uint16(at: data.lowerBound))
    case (3, 1): .windowScale(octets[data.lowerBound])
    case (4, 0): .selectiveAcknowledgmentPermitted
    case (5, 8), (5, 16), (5, 24), (5, 32): .selectiveAcknowledgment(blocks: data)
    case (8, 8):
      .timestamps(
        value: octets.uint32(at: data.lowerBound), echoReply: octets.uint32(at: data.lowerBound + 4))
    default: .other(kind: kind, data: data)
    }
  }
}
