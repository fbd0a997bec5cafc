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
