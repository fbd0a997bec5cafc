/// An echo request that is written once and patched for every probe.
///
/// What does not change (identifier, fill, pseudo-header) is summed once, so that a patch writes
/// sequence, stamp, nonce and checksum and sums only those.
@usableFromInline package struct EchoTemplate: Hashable, Sendable {
  /// Where the parts that change stand in the data of the message.
  @usableFromInline package struct Layout: Hashable, Sendable {
    // Held as 32-bit numbers: the compiler then knows that they are not negative, and a patch needs fewer
    // checks.
    @usableFromInline let dataCount32: UInt32
    @usableFromInline let stamp32: UInt32?
    @usableFromInline let nonce32: UInt32?

    /// Octets of data after the 8 of the header.
    @inlinable package var dataCount: Int { Int(dataCount32) }
    /// Offset of the 16-octet stamp in the data, or nil for none.
    @inlinable package var stamp: Int? { stamp32.map { Int($0) } }
    /// Offset of the 8-octet nonce in the data, or nil for none.
    @inlinable package var nonce: Int? { nonce32.map { Int($0) } }

    /// The stamp at the start of the data and the nonce behind it.
    @usableFromInline let isUsual: Bool

    /// The stamp first if there is room for it, then the nonce if there is room for it; with 8 to 15
    /// octets the nonce alone.
    @inlinable
    package init(dataCount: UInt16) {
      dataCount32 = UInt32(dataCount)
      stamp32 = dataCount >= 16 ? 0 : nil
      nonce32 = dataCount >= 24 ? 16 : dataCount >= 8 && dataCount < 16 ? 0 : nil
      isUsual = dataCount >= 24
    }

    /// Any other places: even, inside the data and apart; nil if they are not.
    @inlinable
    package init?(dataCount: UInt16, stamp: Int?, nonce: Int?) {
      if let stamp {
        guard stamp >= 0, stamp & 1 == 0, dataCount >= 16, stamp <= dataCount - 16 else { return nil }
      }
      if let nonce {
        guard nonce >= 0, nonce & 1 == 0, dataCount >= 8, nonce <= dataCount - 8 else { return nil }
      }
      if let stamp, let nonce { guard nonce + 8 <= stamp || stamp + 16 <= nonce else { return nil } }
      dataCount32 = UInt32(dataCount)
      stamp32 = stamp.map { UInt32(truncatingIfNeeded: $0) }
      nonce32 = nonce.map { UInt32(truncatingIfNeeded: $0) }
      isUsual = stamp == 0 && nonce == 16
    }
  }

  /// Where stamp and nonce stand.
  @usableFromInline package let layout: Layout
  @usableFromInline let offset32: UInt32
  /// Where the message starts in the buffer.
  @inlinable package var offset: Int { Int(offset32) }
  /// Octets of the message.
  @inlinable package var count: Int { layout.dataCount + 8 }
  /// The sum of all that stays, pseudo-header, type, code, identifier, fill, as a number of 16 bits.
  @usableFromInline let constant: UInt64

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
    try buffer.requireSpace(count, at: offset)
    guard let offset32 = UInt32(exactly: offset) else {
      throw .invalid(.fieldWidth, value: offset, offset: 0)
    }
    self.layout = layout
    self.offset32 = offset32
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
    self.constant = UInt64(~constant.value)
    message.store(constant.value, at: 2)
  }

  /// Writes sequence, stamp and nonce of one probe, and the checksum, into the buffer of this template.
  ///
  /// The parts that the layout has no place for are left out. The checksum is brought up to date from the
  /// constant part, so the rest of the message must be as the template wrote it.
  @inlinable @inline(__always)
  package func patch(
    _ buffer: inout MutableSpan<UInt8>, sequence: UInt16, stamp: (UInt64, UInt64), nonce: UInt64
  ) throws(WireError) {
    var message = buffer._mutatingExtracting(droppingFirst: offset)
    guard message.count >= count else {
      throw .noSpace(needed: count, available: message.count, offset: offset)
    }
    var sum = constant &+ UInt64(sequence)
    message.store(sequence, at: 6)
    if layout.isUsual {
      // Constant offsets: half the time of the general way below. A comparison before each keeps the
      // compiler from taking the stores for one row of octets, which it does not fuse.
      sum &+= Self.halves(stamp.0) &+ Self.halves(stamp.1) &+ Self.halves(nonce)
      precondition(message.count >= 16)
      Self.put(stamp.0, at: 8, into: &message)
      precondition(message.count >= 24)
      Self.put(stamp.1, at: 16, into: &message)
      precondition(message.count >= 32)
      Self.put(nonce, at: 24, into: &message)
    } else {
      if let place = layout.stamp {
        sum &+= Self.halves(stamp.0) &+ Self.halves(stamp.1)
        message.store(stamp.0, at: 8 &+ place)
        message.store(stamp.1, at: 16 &+ place)
      }
      if let place = layout.nonce {
        sum &+= Self.halves(nonce)
        message.store(nonce, at: 8 &+ place)
      }
    }
    // Six numbers of 32 bits and two of 16: at most 35 bits, so two folds leave 17 and the third 16.
    sum = (sum & 0xffff) &+ (sum >> 16 & 0xffff) &+ (sum >> 32)
    sum = (sum & 0xffff) &+ (sum >> 16)
    sum = (sum & 0xffff) &+ (sum >> 16)
    message.store(~UInt16(truncatingIfNeeded: sum), at: 2)
  }

  /// The sum of the 32-bit halves of a number, which sums its 16-bit words as well (RFC 1071 §2 (A)).
  @inlinable @inline(__always)
  static func halves(_ value: UInt64) -> UInt64 { (value & 0xffff_ffff) &+ (value >> 32) }

  /// Writes a number at a constant offset that was compared with the count: one store, without the window
  /// that `store` cuts for offsets that vary.
  @inlinable @inline(__always)
  static func put(_ value: UInt64, at offset: Int, into message: inout MutableSpan<UInt8>) {
    let swapped = value.byteSwapped
    message[offset] = UInt8(truncatingIfNeeded: swapped)
    message[offset + 1] = UInt8(truncatingIfNeeded: swapped >> 8)
    message[offset + 2] = UInt8(truncatingIfNeeded: swapped >> 16)
    message[offset + 3] = UInt8(truncatingIfNeeded: swapped >> 24)
    message[offset + 4] = UInt8(truncatingIfNeeded: swapped >> 32)
    message[offset + 5] = UInt8(truncatingIfNeeded: swapped >> 40)
    message[offset + 6] = UInt8(truncatingIfNeeded: swapped >> 48)
    message[offset + 7] = UInt8(truncatingIfNeeded: swapped >> 56)
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
