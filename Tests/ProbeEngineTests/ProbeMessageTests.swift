import Testing

@testable import ProbeEngine

private let stamp: Int64 = 1_767_225_600_123_456
private let nonce: UInt64 = 0x0123_4567_89ab_cdef

/// One probe, and what comes of comparing a payload with it.
private struct Sent {
  let message: ProbeMessage
  var payload: [UInt8]
  let length: Int
  let pattern: [UInt8]

  init(_ length: Int, pattern: [UInt8] = []) {
    self.length = length
    self.pattern = pattern
    message = ProbeMessage(payloadLength: length, pattern: pattern, identifier: 0x1234)
    var buffer = [UInt8](repeating: 0xee, count: length + 8)
    var span = buffer.mutableSpan
    let count = message.write(into: &span, sequence: 0x1_0007, stamp: stamp, nonce: nonce)
    #expect(count == length + 8)
    // Type, code, identifier, the low 16 bits of the sequence; the checksum between them is the kernel's to write.
    #expect(buffer[0..<2] == [128, 0] && buffer[4..<8] == [0x12, 0x34, 0x00, 0x07])
    payload = Array(buffer.dropFirst(8))
  }

  /// "same", "stamp", "foreign", "wrong N", "cut N", "wrong N, cut".
  func compare(_ payload: [UInt8], nonce n: UInt64 = nonce, stamp s: Int64 = stamp) -> String {
    switch message.compare(payload.span, stamp: s, nonce: n) {
    case .same: "same"
    case .stampChanged: "stamp"
    case .foreign: "foreign"
    case .corrupted(let offset, let isTruncated): "\(isTruncated ? "cut" : "wrong") \(offset)"
    }
  }

  /// The octets of the payload that are stamp and nonce.
  var stampPlace: Range<Int>? { pattern.isEmpty && length >= 24 ? 0..<16 : nil }
  var noncePlace: Range<Int>? {
    if stampPlace != nil { return 16..<24 }
    return length >= 8 ? 0..<8 : nil
  }
}

@Suite struct ProbeMessageTests {
  @Test(arguments: [[], [0xa5], [1, 2, 3]] as [[UInt8]])
  func `payloads of every length hold stamp, nonce and fill where they should`(pattern: [UInt8]) {
    for length in 0...64 {
      let sent = Sent(length, pattern: pattern)
      for i in 0..<length {
        let expected: UInt8 =
          if sent.stampPlace?.contains(i) ?? false {
            // struct timeval of 64-bit fields, little-endian: 1767225600 s, 123456 µs.
            UInt8(truncatingIfNeeded: UInt64(i < 8 ? 1_767_225_600 : 123_456) >> UInt64(8 * (i % 8)))
          } else if let place = sent.noncePlace, place.contains(i) {
            UInt8(truncatingIfNeeded: nonce >> UInt64(56 - 8 * (i - place.lowerBound)))
          } else {
            pattern.isEmpty ? UInt8(i) : pattern[i % pattern.count]
          }
        #expect(sent.payload[i] == expected, "length \(length), octet \(i)")
        #expect(sent.message.expected(at: i, stamp: stamp, nonce: nonce) == expected)
      }
      #expect(sent.message.expected(at: length, stamp: stamp, nonce: nonce) == nil)
      #expect(sent.compare(sent.payload) == "same")
    }
  }

  @Test(arguments: [[], [0xa5, 0x5a]] as [[UInt8]])
  func `every single changed octet is found where it is`(pattern: [UInt8]) {
    for length in 0...64 {
      let sent = Sent(length, pattern: pattern)
      for i in 0..<length {
        for mask in [0x01, 0x80, 0xff] as [UInt8] {
          var changed = sent.payload
          changed[i] ^= mask
          let expected = sent.stampPlace?.contains(i) ?? false ? "stamp" : "wrong \(i)"
          #expect(sent.compare(changed) == expected, "length \(length), octet \(i)")
        }
      }
    }
  }

  @Test func `of several wrong octets the first is named, in nonce or fill`() {
    let sent = Sent(56)
    var changed = sent.payload
    changed[50] ^= 1
    changed[20] ^= 1
    #expect(sent.compare(changed) == "wrong 20")
    changed[0] ^= 1
    #expect(sent.compare(changed) == "wrong 20")
  }

  @Test func `a nonce with up to eight wrong bits is damaged, with nine it is another's`() {
    for (length, pattern) in [(56, []), (56, [0xff]), (8, []), (24, [])] as [(Int, [UInt8])] {
      let sent = Sent(length, pattern: pattern)
      guard let place = sent.noncePlace else { continue }
      for count in 1...64 {
        var changed = sent.payload
        // From the last bit of the nonce backwards.
        for bit in 0..<count { changed[place.upperBound - 1 - bit / 8] ^= 1 << UInt8(bit % 8) }
        let first = place.upperBound - 1 - (count - 1) / 8
        #expect(sent.compare(changed) == (count <= 8 ? "wrong \(first)" : "foreign"))
      }
    }
  }

  @Test(arguments: [[], [0xa5, 0x5a]] as [[UInt8]])
  func `every truncation ends where the payload ends`(pattern: [UInt8]) {
    for length in 1...64 {
      let sent = Sent(length, pattern: pattern)
      for cut in 0..<length {
        #expect(sent.compare(Array(sent.payload.prefix(cut))) == "cut \(cut)", "length \(length)")
      }
      #expect(sent.compare(sent.payload + [0]) == "wrong \(length)")
    }
  }

  @Test func `a cut payload is still compared as far as it goes`() {
    let plain = Sent(56)
    for cut in 1..<24 {
      var changed = Array(plain.payload.prefix(cut))
      changed[cut - 1] ^= 0x40
      // Stamp or nonce: what is left proves nothing but by being right.
      #expect(plain.compare(changed) == (cut <= 16 ? "foreign" : "cut \(cut - 1)"), "cut \(cut)")
    }
    let pattern = Sent(56, pattern: [9])
    for cut in 1...40 {
      var changed = Array(pattern.payload.prefix(cut))
      changed[cut - 1] ^= 0x40
      #expect(pattern.compare(changed) == "cut \(cut - 1)", "cut \(cut)")
    }
    #expect(pattern.compare([UInt8](repeating: 0xfe, count: 7)) == "foreign")
    #expect(pattern.compare([]) == "cut 0")
  }

  @Test func `another probe's payload is foreign`() {
    let sent = Sent(56)
    #expect(sent.compare(sent.payload, nonce: ~nonce) == "foreign")
    #expect(sent.compare(sent.payload, stamp: stamp + 1) == "stamp")
  }

  @Test func `a quote may be cut anywhere but must not be of another`() {
    for (length, pattern) in [(56, []), (56, [7]), (4, [])] as [(Int, [UInt8])] {
      let sent = Sent(length, pattern: pattern)
      for cut in 0...length {
        let quoted = Array(sent.payload.prefix(cut))
        let isOurs = sent.message.isQuoted(quoted.span, nonce: nonce)
        #expect(isOurs)
        let showsNonce = sent.noncePlace.map { cut > $0.lowerBound } ?? false
        let isAnothers = sent.message.isQuoted(quoted.span, nonce: ~nonce)
        #expect(isAnothers == !showsNonce)
      }
    }
  }

  @Test func `stamps before the epoch and at the ends of time are written and recognised`() {
    for s in [Int64.min, -1, 0, 1, .max] {
      let message = ProbeMessage(payloadLength: 56, pattern: [], identifier: 1)
      var buffer = [UInt8](repeating: 0, count: 64)
      var span = buffer.mutableSpan
      _ = message.write(into: &span, sequence: .max, stamp: s, nonce: 0)
      let payload = Array(buffer.dropFirst(8))
      guard case .same = message.compare(payload.span, stamp: s, nonce: 0) else {
        Issue.record("stamp \(s)")
        continue
      }
    }
  }
}
