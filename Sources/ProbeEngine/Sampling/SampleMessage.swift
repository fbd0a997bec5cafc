import Wire

/// What a group's probes hold: an echo request or a UDP payload, written once and patched for each probe.
///
/// The payload carries the probe's number and a keyed nonce where there is room for both (16 octets); behind a wall
/// clock stamp as iputils and Wireshark read it where there is room for that too (32 octets, echo, no pattern). From
/// 8 octets on the nonce alone; below that nothing, and only sequence and source tell whose an answer is.
struct SampleMessage {
  /// 65,535 octets of IPv6 payload less the 8 of the header.
  private static let longestPayload = 65_527

  let template: [UInt8]
  private let headerCount: Int
  private let stampPlace: Int?
  private let numberPlace: Int?
  private let noncePlace: Int?

  init(_ group: SampleGroup, isEcho: Bool, identifier: UInt16) {
    let count = min(max(group.payloadLength, 0), Self.longestPayload)
    headerCount = isEcho ? ICMPv6Echo.headerCount : 0
    let hasStamp = isEcho && count >= 32 && group.pattern.isEmpty
    stampPlace = hasStamp ? 0 : nil
    numberPlace = count < 16 ? nil : hasStamp ? 16 : 0
    noncePlace = count < 8 ? nil : count < 16 ? 0 : hasStamp ? 24 : 8
    var octets = [UInt8](repeating: 0, count: headerCount)
    if isEcho {
      octets[0] = ICMPv6Echo.Kind.request.rawValue
      octets[4] = UInt8(truncatingIfNeeded: identifier >> 8)
      octets[5] = UInt8(truncatingIfNeeded: identifier)
    }
    octets.reserveCapacity(headerCount + count)
    for i in 0..<count {
      octets.append(
        group.pattern.isEmpty ? UInt8(truncatingIfNeeded: i) : group.pattern[i % group.pattern.count])
    }
    template = octets
  }

  /// Number and nonce are in there.
  var hasNonce: Bool { noncePlace != nil }
  var hasNumber: Bool { numberPlace != nil }

  /// Writes one probe and returns its octets; 0 where the buffer is too short. `stamp`: microseconds since the epoch.
  /// The checksum is the kernel's to write.
  func write(into buffer: inout MutableSpan<UInt8>, number: UInt64, nonce: UInt64, stamp: Int64) -> Int {
    guard buffer.count >= template.count else { return 0 }
    for i in template.indices { buffer[i] = template[i] }
    if headerCount > 0 { buffer.store(SampleMessage.sequence(of: number), at: 6) }
    if let place = stampPlace {
      let (seconds, microseconds) = stamp.quotientAndRemainder(dividingBy: 1_000_000)
      buffer.store(UInt64(bitPattern: seconds).byteSwapped, at: headerCount + place)
      buffer.store(UInt64(bitPattern: microseconds).byteSwapped, at: headerCount + place + 8)
    }
    if let place = numberPlace { buffer.store(number, at: headerCount + place) }
    if let place = noncePlace { buffer.store(nonce, at: headerCount + place) }
    return template.count
  }

  /// Numbers on the wire start at 1.
  static func sequence(of number: UInt64) -> UInt16 { UInt16(truncatingIfNeeded: number &+ 1) }

  /// A whole payload is of this probe, as far as it can say.
  func isMarked(_ payload: Span<UInt8>, number: UInt64, nonce: UInt64) -> Bool {
    if let place = noncePlace, payload.count < place + 8 { return false }
    return isQuoted(payload, number: number, nonce: nonce)
  }

  /// A quoted payload, cut anywhere, can be of this probe.
  func isQuoted(_ payload: Span<UInt8>, number: UInt64, nonce: UInt64) -> Bool {
    if let place = numberPlace, !SampleMessage.agrees(payload, number, at: place) { return false }
    if let place = noncePlace, !SampleMessage.agrees(payload, nonce, at: place) { return false }
    return true
  }

  /// The number that a UDP payload says it has.
  func number(in payload: Span<UInt8>) -> UInt64? {
    guard let place = numberPlace, payload.count >= place + 8 else { return nil }
    return payload.uint64(at: place)
  }

  /// The octets there are those of the word, as far as they reach.
  private static func agrees(_ octets: Span<UInt8>, _ word: UInt64, at place: Int) -> Bool {
    if octets.count >= place + 8 { return octets.uint64(at: place) == word }
    for i in 0..<max(octets.count - place, 0)
    where octets[place + i] != UInt8(truncatingIfNeeded: word >> UInt64(56 - 8 * i)) { return false }
    return true
  }
}
