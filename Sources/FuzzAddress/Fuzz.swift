import Wire

/// Called by libFuzzer for each input.
@c(LLVMFuzzerTestOneInput)
public func fuzz(_ start: UnsafePointer<UInt8>, _ count: Int) -> Int32 {
  // libFuzzer keeps `count` octets at `start` until this returns, and the span does not outlive it.
  check(unsafe Span(_unsafeStart: start, count: count))
  return 0
}

/// The text of an address: what is read must be written in a form that reads as the same address, and any
/// 16 octets must come back from their text.
private func check(_ octets: Span<UInt8>) {
  if let address = try? IPv6Address(parsing: octets) { comesBack(address) }
  if let address = try? IPv6Address(decoding: octets) { comesBack(address) }
}

private func comesBack(_ address: IPv6Address) {
  var text = [UInt8](repeating: 0, count: IPv6Address.maximumTextCount)
  var span = text.mutableSpan
  guard let count = try? address.write(into: &span) else { preconditionFailure("the text is too long") }
  precondition((try? IPv6Address(parsing: text.span.extracting(0..<count))) == address)
}
