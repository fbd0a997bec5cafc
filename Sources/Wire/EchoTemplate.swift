/// An echo request that is written once and patched for every probe.
///
/// What does not change (identifier, fill, pseudo-header) is summed once, so that a patch writes
/// sequence, stamp, nonce and checksum and sums only those.
@usableFromInline package struct EchoTemplate: Hashable, Sendable {
  /// Where the parts that change stand in the data of the message.
  @usableFromInline package struct Layout: Hashable, Sendable {
    /// Octets of data after the 8 of the header.
    @usableFromInline package let dataCount: Int
    /// Offset of the 16-octet stamp in the data, or nil for none.
    @usableFromInline package let stamp: Int?
    /// Offset of the 8-octet nonce in the data, or nil for none.
    @usableFromInline package let nonce: Int?

    /// The stamp first if there is room for it, then the nonce if there is room for it; with 8 to 15
    /// octets the nonce alone.
    @inlinable
    package init(dataCount: Int) {
      self.dataCount = dataCount
      stamp = dataCount >= 16 ? 0 : nil
      nonce = dataCount >= 24 ? 16 : dataCount >= 8 && dataCount < 16 ? 0 : nil
    }

    /// Any other places: even, inside the data and apart; nil if they are not.
    @inlinable
    package init?(dataCount: Int, stamp: Int?, nonce: Int?) {
      if let stamp {
        guard stamp >= 0, stamp & 1 == 0, dataCount >= 16, stamp <= dataCount - 16 else { return nil }
      }
      if let nonce {
        guard nonce >= 0, nonce & 1 == 0, dataCount >= 8, nonce <= dataCount - 8 else { return nil }
      }
      if let stamp, let nonce { guard nonce + 8 <= stamp || stamp + 16 <= nonce else { return nil } }
      self.dataCount = dataCount
      self.stamp = stamp
      self.nonce = nonce
    }
  }

  /// Where stamp and nonce stand.
  @usableFromInline package let layout: Layout
  /// Where the message starts in the buffer.
  @usableFromInline package let offset: Int
  /// Octets of the message.
  @inlinable package var count: Int { layout.dataCount + 8 }
  /// The sum of all that stays: pseudo-header, type, code, identifier, fill.
  @usableFromInline let constant: InternetChecksum

  /// Writes a whole echo request at `offset` of `buffer`, with sequence, stamp and nonce zero and a
  /// checksum that is right for them.
  ///
  /// Each octet of data is that of `fill`, repeated from the first octet of data on; an empty `fill`
  /// stands for 0, 1, 2 … 255, 0 …, as iputils does. Without addresses the checksum covers the message
  /// alone, which serves sockets where the kernel writes it.
  @inlinable
  package init(
    encodingInto buffer: inout MutableSpan<UInt8>, at offset: Int = 0, layout: Layout, identifier: UInt16,
    fill: Span<UInt8>, addresses: (source: IPv6Address, destination: IPv6Address)?
  ) throws(WireError) {
    let count = layout.dataCount &+ 8
    guard layout.dataCount >= 0, layout.dataCount <= 0xffff_fff0 else {
      throw .invalid(.length, value: layout.dataCount, offset: offset)
    }
    try buffer.requireSpace(count, at: offset)
    self.layout = layout
    self.offset = offset
    var message = buffer._mutatingExtracting(offset..<(offset + count))
    message.store(UInt64(128) << 56 | UInt64(identifier) << 16, at: 0)
    Self.write(fill, into: &message)
    if let stamp = layout.stamp { message.fill((8 + stamp)..<(24 + stamp), with: 0) }
    if let nonce = layout.nonce { message.fill((8 + nonce)..<(16 + nonce), with: 0) }
    var constant = InternetChecksum()
    if let (source, destination) = addresses {
      constant = ICMPv6Checksum.pseudoHeader(count: count, from: source, to: destination).checksum
    }
    constant.add(message.span)
    // The message may be odd; what is added for a probe stands at even places.
    constant.isOdd = false
    self.constant = constant
    message.store(constant.value, at: 2)
  }

  /// Writes sequence, stamp and nonce of one probe, and the checksum, into the buffer of this template.
  ///
  /// The parts that the layout has no place for are left out. The checksum is brought up to date from the
  /// constant part, so the rest of the message must be as the template wrote it.
  @inlinable
  package func patch(
    _ buffer: inout MutableSpan<UInt8>, sequence: UInt16, stamp: (UInt64, UInt64), nonce: UInt64
  ) throws(WireError) {
    try buffer.requireSpace(count, at: offset)
    var message = buffer._mutatingExtracting(offset..<(offset + count))
    var checksum = constant
    checksum.add(sequence)
    message.store(sequence, at: 6)
    if let place = layout.stamp {
      checksum.add(stamp.0)
      checksum.add(stamp.1)
      message.store(stamp.0, at: 8 + place)
      message.store(stamp.1, at: 16 + place)
    }
    if let place = layout.nonce {
      checksum.add(nonce)
      message.store(nonce, at: 8 + place)
    }
    message.store(checksum.value, at: 2)
  }

  /// Repeats `fill` over the data of `message`.
  @inlinable
  static func write(_ fill: Span<UInt8>, into message: inout MutableSpan<UInt8>) {
    var data = message._mutatingExtracting(droppingFirst: 8)
    if fill.isEmpty {
      for index in data.indices { data[index] = UInt8(truncatingIfNeeded: index) }
      return
    }
    if fill.count == 1 {
      data.update(repeating: fill[0])
      return
    }
    var place = 0
    for index in data.indices {
      data[index] = fill[place]
      place += 1
      if place == fill.count { place = 0 }
    }
  }
}
