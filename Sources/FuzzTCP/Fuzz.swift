import Wire

/// Called by libFuzzer for each input.
@c(LLVMFuzzerTestOneInput)
public func fuzz(_ start: UnsafePointer<UInt8>, _ count: Int) -> Int32 {
  // libFuzzer keeps `count` octets at `start` until this returns, and the span does not outlive it.
  check(unsafe Span(_unsafeStart: start, count: count))
  return 0
}

/// TCP with its options, and UDP: options that decode must encode to the octets they came from.
private func check(_ octets: Span<UInt8>) {
  if let udp = try? UDPHeader(decoding: octets) { precondition(udp.data.upperBound <= octets.count) }
  guard let tcp = try? TCPHeader(decoding: octets) else { return }
  precondition(tcp.data.upperBound == octets.count)
  var walk = TCPOptionWalk(options: tcp.options)
  while true {
    let start = walk.range.lowerBound
    guard let option = try? walk.next(in: octets) else { return }
    precondition(walk.range.lowerBound > start)
    var copy = [UInt8](repeating: 0, count: 40)
    var span = copy.mutableSpan
    guard let count = try? option.encode(into: &span, from: octets) else {
      preconditionFailure("an option that was read cannot be written")
    }
    precondition(count == walk.range.lowerBound - start)
    for index in 0..<count { precondition(copy[index] == octets[start + index]) }
  }
}
