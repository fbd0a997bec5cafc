import Capture
import LinuxNet
import ProbeEngine
import Timing
import Wire

extension Arrival {
  init(_ metadata: ReceivedMetadata, clock: KernelClock, readAt: Instant) {
    self.init(
      source: metadata.source.address, sourceZone: metadata.source.scope,
      destination: metadata.destination, interface: metadata.interface, hopLimit: metadata.hopLimit,
      trafficClass: metadata.trafficClass, stamp: metadata.stamp.map { clock.monotonic(fromRealtime: $0) },
      stampSource: .kernel, readAt: readAt)
  }

  /// Of a captured packet; `interface` serves where the link does not tell which it came in by.
  init(
    _ header: IPv6Header, _ metadata: CapturedMetadata, interface: UInt32, clock: KernelClock, readAt: Instant
  ) {
    let interface = metadata.interface != 0 ? metadata.interface : interface
    self.init(
      source: header.source, sourceZone: header.source.needsZone ? interface : 0,
      destination: header.destination, interface: interface, hopLimit: header.hopLimit.rawValue,
      trafficClass: header.trafficClass.rawValue, stamp: clock.monotonic(fromRealtime: metadata.stamp),
      stampSource: .capture, readAt: readAt, isChecksumUnverified: true)
  }
}

extension ErrorArrival {
  init(_ error: ErrorQueueItem.ICMPError, clock: KernelClock, readAt: Instant) {
    self.init(
      type: error.type, code: error.code, info: error.info, source: error.offender,
      sourceZone: error.offenderScope, destination: error.originalDestination?.address,
      interface: error.interface, hopLimit: error.hopLimit,
      stamp: error.stamp.map { clock.monotonic(fromRealtime: $0) }, readAt: readAt)
    destinationPort = error.originalDestination?.port ?? 0
    extensionOffset = error.extensionOffset
  }
}

extension CaptureHandle {
  /// Lends the ICMPv6 messages of packets that wait; says how many frames there were. `interface` serves where the link
  /// does not tell which one a frame came in by.
  func dispatchMessages(
    max: Int, interface: UInt32, clock: KernelClock, _ body: (Span<UInt8>, Arrival) -> Void
  ) throws(CaptureError) -> Int {
    try dispatch(max: max) { frame, metadata in
      let now = SystemClock.monotonicNow()
      guard let offset = metadata.linkType.networkHeaderOffset(in: frame),
        let header = try? IPv6Header(decoding: frame, at: offset)
      else { return }
      let start = offset + IPv6Header.count
      // Ethernet pads short frames: the payload length says where the packet ends.
      let end = header.payloadLength > 0 ? min(frame.count, start + Int(header.payloadLength)) : frame.count
      let packet = frame.extracting(0..<end)
      let chain = IPv6Chain(
        decoding: packet, nextHeader: header.nextHeader, nextHeaderOffset: offset + 6, at: start)
      guard chain.end == .upperLayer, chain.nextHeader == .icmpv6 else { return }
      body(
        packet.extracting(chain.payload),
        Arrival(header, metadata, interface: interface, clock: clock, readAt: now))
    }
  }
}
