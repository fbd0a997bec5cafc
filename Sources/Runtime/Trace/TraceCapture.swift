import Capture

extension CaptureOpening {
  /// A capture of what answers a trace. `filter`: what `CaptureFilter.trace` says. `packetLength`: octets of the
  /// longest answer that is no ICMPv6 error. `isBeside`: on a thread.
  static func ofTrace(
    filter: String, packetLength: Int, isBeside: Bool
  ) throws(PingFailure) -> CaptureOpening {
    var options = CaptureHandle.Options()
    options.incomingOnly = true
    // The ring has slots of the snapshot's size: this gives a thousand for errors, which have 1280 octets at most.
    // Its size does not matter for the time to open.
    options.snapshotLength = Int32(clamping: max(1_600, packetLength + 256))
    options.bufferSize = 2 << 20
    // Answers may come back by another interface than the one that probes leave by.
    return try CaptureOpening(interface: "any", filter: filter, options: options, isBeside: isBeside)
  }
}
