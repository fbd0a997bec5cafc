import Wire

/// Called by libFuzzer for each input.
@c(LLVMFuzzerTestOneInput)
public func fuzz(_ start: UnsafePointer<UInt8>, _ count: Int) -> Int32 {
  // libFuzzer keeps `count` octets at `start` until this returns, and the span does not outlive it.
  check(unsafe Span(_unsafeStart: start, count: count))
  return 0
}

/// A whole packet: header, extension headers, their options, packets inside, checksum.
private func check(_ octets: Span<UInt8>) {
  guard let packet = try? IPv6Packet(decoding: octets) else { return }
  precondition(packet.chain.headerCount <= ExtensionHeaderWalk.limit)
  precondition(packet.chain.payload.upperBound <= packet.range.upperBound)
  precondition(packet.range.upperBound <= octets.count)
  _ = packet.checksumStatus(in: octets)
  _ = packet.chain.finalDestination(in: octets, header: packet.header)
  _ = try? IPv6Packet.innermost(decoding: octets)
  var walk = ExtensionHeaderWalk(
    nextHeader: packet.header.nextHeader, nextHeaderOffset: 6, offset: IPv6Header.count)
  while let header = try? walk.next(in: octets) {
    precondition(!header.range.isEmpty)
    switch header.kind {
    case .hopByHop, .destinationOptions:
      var options = IPv6OptionWalk(header: header.range)
      var left = options.range.count
      while let option = try? options.next(in: octets) {
        precondition(options.range.count < left)
        left = options.range.count
        _ = option.value(in: octets)
      }
    case .routing:
      guard let routing = try? RoutingHeader(decoding: octets, at: header.range.lowerBound) else { continue }
      _ = routing.segmentRoutingFault(in: octets)
      for index in 0..<routing.addressCount(in: octets) {
        precondition(routing.address(index, in: octets) != nil)
      }
      _ = routing.lastElement(in: octets, destination: packet.header.destination)
    default: break
    }
  }
}
