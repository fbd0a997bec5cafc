import Wire

/// Called by libFuzzer for each input.
@c(LLVMFuzzerTestOneInput)
public func fuzz(_ start: UnsafePointer<UInt8>, _ count: Int) -> Int32 {
  // libFuzzer keeps `count` octets at `start` until this returns, and the span does not outlive it.
  check(unsafe Span(_unsafeStart: start, count: count))
  return 0
}

/// Echo, extended echo and node information: whatever decodes must encode to the same octets, as far as
/// the layout gives every bit a meaning.
private func check(_ octets: Span<UInt8>) {
  if let echo = try? ICMPv6Echo(decoding: octets) {
    var copy = [UInt8](repeating: 0, count: octets.count)
    var span = copy.mutableSpan
    _ = try? echo.encode(into: &span, data: octets.extracting(echo.data))
    for index in octets.indices where index != 2 && index != 3 { precondition(copy[index] == octets[index]) }
  }
  if let request = try? ICMPv6ExtendedEchoRequest(decoding: octets) { _ = try? request.interface(in: octets) }
  if let reply = try? ICMPv6ExtendedEchoReply(decoding: octets) {
    var copy = [UInt8](repeating: 0, count: 8)
    var span = copy.mutableSpan
    _ = try? reply.encode(into: &span)
    var again = reply
    again.checksum = 0
    precondition((try? ICMPv6ExtendedEchoReply(decoding: copy.span)) == again)
  }
  if let information = try? NodeInformation(decoding: octets) {
    var copy = [UInt8](repeating: 0, count: octets.count)
    var span = copy.mutableSpan
    _ = try? information.encode(into: &span, data: octets.extracting(information.data))
    for index in octets.indices where index != 2 && index != 3 { precondition(copy[index] == octets[index]) }
    var addresses = NodeAddressWalk(data: information.data)
    while (try? addresses.nextIPv6(in: octets)) != nil {}
    if let (_, names) = try? information.names(in: octets) { drain(names, in: octets) }
    drain(DNSLabelWalk(range: information.data), in: octets)
    _ = try? NodeInformation.groupAddress(ofName: octets.extracting(information.data))
  }
  var name = [UInt8](repeating: 0, count: 300)
  var span = name.mutableSpan
  if let count = try? DNSName.encode(octets, into: &span) {
    drain(DNSLabelWalk(range: 0..<count), in: name.span)
  }
}

private func drain(_ walk: DNSLabelWalk, in octets: Span<UInt8>) {
  var walk = walk
  while !walk.range.isEmpty {
    let left = walk.range.count
    // A label, or nil at the end of a name: both use up octets.
    do { _ = try walk.next(in: octets) } catch { return }
    precondition(walk.range.count < left)
  }
}
