import Timing
import Wire

/// The ICMPv6 message that a ping sends: written once, patched for each probe, and compared with what comes back.
struct ProbeMessage {
  /// Octets of the stamp that iputils and Wireshark read: seconds and microseconds, 8 octets each, little-endian.
  private static let stampCount = 16
  private static let nonceCount = 8
  /// A nonce that differs in so few bits was ours and is damaged: by chance it happens once in 2^31 replies.
  private static let damagedBits = 8

  let template: [UInt8]
  let identifier: UInt16
  private let patch: EchoTemplate
  private let layout: EchoTemplate.Layout

  init(payloadLength: Int, pattern: [UInt8], identifier: UInt16) {
    let layout = ProbeMessage.layout(payloadLength: max(payloadLength, 0), hasPattern: !pattern.isEmpty)
    var octets = [UInt8](repeating: 0, count: layout.dataCount + ICMPv6Echo.headerCount)
    var span = octets.mutableSpan
    // The buffer is as long as the layout says, so this cannot throw.
    guard
      let patch = try? EchoTemplate(
        encodingInto: &span, layout: layout, identifier: identifier, fill: pattern.span, addresses: nil)
    else { preconditionFailure("an echo template of \(layout.dataCount) octets") }
    self.patch = patch
    self.layout = layout
    self.identifier = identifier
    template = octets
  }

  /// Stamp and nonce where there is room for both and nobody asked for a pattern; else the nonce alone, so that
  /// as much of the pattern as possible is there; below 8 octets nothing.
  private static func layout(payloadLength: Int, hasPattern: Bool) -> EchoTemplate.Layout {
    let count = UInt16(clamping: payloadLength)
    if payloadLength >= stampCount + nonceCount, !hasPattern { return .init(dataCount: count) }
    return .init(dataCount: count, stamp: nil, nonce: payloadLength >= nonceCount ? 0 : nil)
      ?? .init(dataCount: count)
  }

  /// Writes one probe into the buffer and returns its length in octets. The checksum is the kernel's to write.
  func write(
    into buffer: inout MutableSpan<UInt8>, sequence: UInt64, stamp: Int64, nonce: UInt64
  ) -> Int {
    guard buffer.count >= template.count else { return 0 }
    for i in template.indices { buffer[i] = template[i] }
    try? patch.patch(
      &buffer, sequence: UInt16(truncatingIfNeeded: sequence), stamp: ProbeMessage.words(of: stamp),
      nonce: nonce)
    return template.count
  }

  /// The payload has room for a nonce.
  var hasNonce: Bool { layout.nonce != nil }

  /// How a reply's payload (after the 8-octet header) compares with what was sent.
  enum Comparison {
    case same
    /// All but the stamp is as it was sent.
    case stampChanged
    /// Not an answer to our packet.
    case foreign
    case corrupted(offset: Int, isTruncated: Bool)
  }

  func compare(_ payload: Span<UInt8>, stamp: Int64, nonce: UInt64) -> Comparison {
    let common = min(payload.count, layout.dataCount)
    var firstWrong: Int?
    if let place = layout.nonce {
      // Of a nonce that is cut, what is there must be right.
      let difference = difference(payload, from: nonce, at: place)
      if difference.nonzeroBitCount > ProbeMessage.damagedBits { return .foreign }
      if difference != 0 { firstWrong = place + difference.leadingZeroBitCount / 8 }
      // Cut before the nonce's end: the stamp is then what can show whose it is.
      if layout.stamp != nil, payload.count < place + ProbeMessage.nonceCount, !hasStamp(payload, stamp) {
        return .foreign
      }
    }
    var i = 0
    while i < common {
      if i == layout.stamp {
        i += ProbeMessage.stampCount
      } else if i == layout.nonce {
        i += ProbeMessage.nonceCount
      } else {
        if payload[i] != template[i + ICMPv6Echo.headerCount] {
          firstWrong = min(firstWrong ?? i, i)
          break
        }
        i += 1
      }
    }
    if let firstWrong { return .corrupted(offset: firstWrong, isTruncated: payload.count < layout.dataCount) }
    if payload.count != layout.dataCount {
      return .corrupted(offset: common, isTruncated: payload.count < common + 1)
    }
    if layout.stamp != nil, !hasStamp(payload, stamp) { return .stampChanged }
    return .same
  }

  /// The octet that was sent at that offset of the payload.
  func expected(at offset: Int, stamp: Int64, nonce: UInt64) -> UInt8? {
    guard offset < layout.dataCount else { return nil }
    if let place = layout.stamp, (place..<place + 16).contains(offset) {
      let words = ProbeMessage.words(of: stamp)
      return octet(offset - place < 8 ? words.0 : words.1, (offset - place) % 8)
    }
    if let place = layout.nonce, (place..<place + 8).contains(offset) { return octet(nonce, offset - place) }
    return template[offset + ICMPv6Echo.headerCount]
  }

  /// Whether the quoted payload, cut anywhere, can be ours.
  func isQuoted(_ payload: Span<UInt8>, nonce: UInt64) -> Bool {
    guard let place = layout.nonce else { return true }
    return difference(payload, from: nonce, at: place) == 0
  }

  /// As much of the stamp as is there is as it was sent.
  private func hasStamp(_ payload: Span<UInt8>, _ stamp: Int64) -> Bool {
    let words = ProbeMessage.words(of: stamp)
    return difference(payload, from: words.0, at: 0) == 0 && difference(payload, from: words.1, at: 8) == 0
  }

  /// Bits that differ between a word and the octets there, as far as they reach.
  private func difference(_ octets: Span<UInt8>, from word: UInt64, at offset: Int) -> UInt64 {
    if octets.count >= offset + 8 { return bigEndian(octets, at: offset) ^ word }
    var difference: UInt64 = 0
    for i in 0..<max(octets.count - offset, 0) {
      difference |= UInt64(octets[offset + i] ^ octet(word, i)) << UInt64(56 - 8 * i)
    }
    return difference
  }

  /// Microseconds since the epoch as the two words of a little-endian timeval, most significant octet first.
  private static func words(of stamp: Int64) -> (UInt64, UInt64) {
    let (seconds, microseconds) = stamp.quotientAndRemainder(dividingBy: 1_000_000)
    return (UInt64(bitPattern: seconds).byteSwapped, UInt64(bitPattern: microseconds).byteSwapped)
  }

  private func octet(_ word: UInt64, _ index: Int) -> UInt8 {
    UInt8(truncatingIfNeeded: word >> UInt64(56 - 8 * index))
  }

  private func bigEndian(_ octets: Span<UInt8>, at offset: Int) -> UInt64 {
    var word: UInt64 = 0
    for i in offset..<offset + 8 { word = word << 8 | UInt64(octets[i]) }
    return word
  }
}
