/// An ICMPv6 error message (RFC 4443 §3) with the packet that caused it.
package struct ICMPv6Error: Hashable, Sendable {
  /// What happened.
  package enum Kind: Hashable, Sendable {
    case destinationUnreachable(DestinationUnreachableCode)
    /// The code is ignored by receivers. An MTU below 1280 must not be used (RFC 8201 §4).
    case packetTooBig(code: UInt8, mtu: UInt32)
    case timeExceeded(TimeExceededCode)
    /// `pointer` counts octets of the invoking packet, and may lie behind what was quoted.
    case parameterProblem(ParameterProblemCode, pointer: UInt32)
    /// Another type below 128, which is passed up too (RFC 4443 §2.4 (a)); `word` is octets 4 to 7.
    case unknown(type: UInt8, code: UInt8, word: UInt32)
  }

  /// How the extension structure was found (RFC 4884 §5).
  package enum ExtensionPlace: Hashable, Sendable {
    /// By the length field of the message.
    case lengthField
    /// Behind 128 octets, as senders older than RFC 4884 put it (§5.5); its checksum is right.
    case legacy
  }

  package var kind: Kind
  /// As it stood on the wire; `encode` writes zero there.
  package var checksum: UInt16
  /// The quoted octets, padding of RFC 4884 included.
  package var invokingPacket: Range<Int>
  /// The extension structure, header included.
  package var extensions: Range<Int>?
  /// How it was found; nil without one.
  package var extensionPlace: ExtensionPlace?

  /// Octets before the invoking packet.
  package static var headerCount: Int { 8 }

  /// A message to be encoded.
  package init(_ kind: Kind) {
    self.kind = kind
    checksum = 0
    invokingPacket = 8..<8
  }

  /// Reads an error message that fills `octets`. The checksum is not verified.
  ///
  /// A length field that does not fit the message is no error: the whole rest is then the invoking packet.
  package init(decoding octets: Span<UInt8>) throws(WireError) {
    try octets.require(Self.headerCount)
    let type = octets[0]
    guard type < 128 else { throw .invalid(.messageType, value: Int(type), offset: 0) }
    let code = octets[1]
    let word = octets.uint32(at: 4)
    checksum = octets.uint16(at: 2)
    invokingPacket = Self.headerCount..<octets.count
    kind =
      switch type {
      case 1: .destinationUnreachable(DestinationUnreachableCode(rawValue: code))
      case 2: .packetTooBig(code: code, mtu: word)
      case 3: .timeExceeded(TimeExceededCode(rawValue: code))
      case 4: .parameterProblem(ParameterProblemCode(rawValue: code), pointer: word)
      default: .unknown(type: type, code: code, word: word)
      }
    guard type == 1 || type == 3 else { return }
    findExtensions(in: octets, quotedCount: Int(octets[4]) * 8)
  }

  package var type: UInt8 {
    switch kind {
    case .destinationUnreachable: 1
    case .packetTooBig: 2
    case .timeExceeded: 3
    case .parameterProblem: 4
    case .unknown(let type, _, _): type
    }
  }

  package var code: UInt8 {
    switch kind {
    case .destinationUnreachable(let code): code.rawValue
    case .packetTooBig(let code, _): code
    case .timeExceeded(let code): code.rawValue
    case .parameterProblem(let code, _): code.rawValue
    case .unknown(_, let code, _): code
    }
  }

  private mutating func findExtensions(in octets: Span<UInt8>, quotedCount: Int) {
    let quote = octets.count - Self.headerCount
    if quotedCount > 0 {
      guard quotedCount <= quote else { return }
      let start = Self.headerCount + quotedCount
      let structure = try? ICMPExtensionStructure(decoding: octets, in: start..<octets.count)
      // Less than 128 octets break RFC 4884 §4.1: believed only with a checksum that holds.
      guard quotedCount >= 128 || structure.map({ $0.isChecksumPresent && $0.isChecksumValid }) == true else {
        return
      }
      invokingPacket = Self.headerCount..<start
      guard structure != nil else { return }
      extensions = start..<octets.count
      extensionPlace = .lengthField
    } else if quote >= 128 + ICMPExtensionStructure.headerCount {
      let start = Self.headerCount + 128
      guard let structure = try? ICMPExtensionStructure(decoding: octets, in: start..<octets.count),
        structure.isChecksumPresent, structure.isChecksumValid
      else { return }
      invokingPacket = Self.headerCount..<start
      extensions = start..<octets.count
      extensionPlace = .legacy
    }
  }

  /// Writes the message at `offset` with a zero checksum, and returns how many octets.
  ///
  /// With `extensions` (a whole extension structure) the quote is padded with zeros to a multiple of 8
  /// octets and to 128 at least, and the length field says so (RFC 4884 §4.1); only destination unreachable
  /// and time exceeded can carry them. Cutting the quote so that the packet stays within 1280 octets is up
  /// to the caller.
  @discardableResult
  package func encode(
    into buffer: inout MutableSpan<UInt8>, at offset: Int = 0, invoking quote: Span<UInt8>,
    extensions: Span<UInt8>? = nil
  ) throws(WireError) -> Int {
    var quoteCount = quote.count
    var word: UInt32 = 0
    switch kind {
    case .destinationUnreachable, .timeExceeded:
      if extensions != nil {
        quoteCount = max(128, (quote.count + 7) & ~7)
        guard quoteCount / 8 <= 255 else { throw .invalid(.length, value: quote.count, offset: offset + 4) }
        word = UInt32(truncatingIfNeeded: quoteCount / 8) << 24
      }
    case .packetTooBig(_, let mtu): word = mtu
    case .parameterProblem(_, let pointer): word = pointer
    case .unknown(_, _, let value): word = value
    }
    if extensions != nil, type != 1, type != 3 { throw .invalid(.layout, value: Int(type), offset: offset) }
    let count = Self.headerCount + quoteCount + (extensions?.count ?? 0)
    try buffer.requireSpace(count, at: offset)
    buffer[offset] = type
    buffer[offset + 1] = code
    buffer.store(UInt16(0), at: offset + 2)
    buffer.store(word, at: offset + 4)
    let quoteStart = offset + Self.headerCount
    buffer.store(quote, at: quoteStart)
    buffer.fill((quoteStart + quote.count)..<(quoteStart + quoteCount), with: 0)
    if let extensions { buffer.store(extensions, at: quoteStart + quoteCount) }
    return count
  }
}
