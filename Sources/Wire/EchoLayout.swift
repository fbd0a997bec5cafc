// Reading back what an echo template wrote: from a reply, or from the request that an error quotes.
// Everywhere `message` starts with the type of the ICMPv6 message and may be cut anywhere.
extension EchoTemplate.Layout {
  /// The 16 octets of the stamp, or nil if the layout has none or the message ends before its end.
  @inlinable
  package func stamp(in message: Span<UInt8>) -> (UInt64, UInt64)? {
    guard let stamp, message.count >= 24 + stamp else { return nil }
    return (message.uint64(at: 8 + stamp), message.uint64(at: 16 + stamp))
  }

  /// The nonce, or nil if the layout has none or the message ends before its end.
  @inlinable
  package func nonce(in message: Span<UInt8>) -> UInt64? {
    guard let nonce, message.count >= 16 + nonce else { return nil }
    return message.uint64(at: 8 + nonce)
  }

  /// The offset in the data of the first octet that is not that of `fill`, stamp and nonce left out; nil if
  /// all are. An empty `fill` stands for 0, 1, 2 … as in the template.
  ///
  /// Compares as much as is there; a length other than `dataCount` is for the caller to judge.
  package func firstDifference(in message: Span<UInt8>, fill: Span<UInt8>) -> Int? {
    let data = message.extracting(droppingFirst: 8)
    var place = 0
    for index in 0..<min(data.count, dataCount) {
      let expected = fill.isEmpty ? UInt8(truncatingIfNeeded: index) : fill[place]
      place += 1
      if place >= fill.count { place = 0 }
      guard data[index] != expected else { continue }
      if let stamp, index >= stamp, index < stamp + 16 { continue }
      if let nonce, index >= nonce, index < nonce + 8 { continue }
      return index
    }
    return nil
  }
}
