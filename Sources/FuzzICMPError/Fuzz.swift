import Wire

/// Called by libFuzzer for each input.
@c(LLVMFuzzerTestOneInput)
public func fuzz(_ start: UnsafePointer<UInt8>, _ count: Int) -> Int32 {
  // libFuzzer keeps `count` octets at `start` until this returns, and the span does not outlive it.
  check(unsafe Span(_unsafeStart: start, count: count))
  return 0
}

/// An ICMPv6 error with what it quotes and the extension structure behind it.
private func check(_ octets: Span<UInt8>) {
  guard let error = try? ICMPv6Error(decoding: octets) else { return }
  precondition(error.invokingPacket.upperBound <= octets.count)
  let invoking = InvokingPacket(decoding: octets, in: error.invokingPacket)
  if let range = invoking.upperLayerRange {
    precondition(range.upperBound <= error.invokingPacket.upperBound)
  }
  guard let range = error.extensions else { return }
  guard let structure = try? ICMPExtensionStructure(decoding: octets, in: range) else {
    preconditionFailure("a structure that was found cannot be read")
  }
  var walk = structure.objects
  while true {
    let left = walk.range.count
    guard let object = try? walk.next(in: octets) else { break }
    precondition(walk.range.count <= left - ICMPExtensionObject.headerCount)
    switch try? object.value(in: octets) {
    case .mplsLabelStack(var stack): while (try? stack.next(in: octets)) != nil {}
    case .interfaceInformation(let information):
      if let name = information.name { precondition(name.upperBound <= object.data.upperBound) }
    default: break
    }
  }
}
