package import Timing

/// Finds the stations of a link.
package struct ScanEngine: LinkEngine {
  private let configuration: ScanConfiguration
  private var events = EventQueue<LinkEvent>()
  private var isFinished = false

  package init(_ configuration: ScanConfiguration, view: KernelView, at now: Instant) {
    self.configuration = configuration
  }

  package mutating func handleReceived(_ message: HeardMessage) {}
  package mutating func handleTransmitted(_ number: UInt64, at stamp: Instant) {}
  package mutating func handleSendFailure(_ number: UInt64, errno: Int32, at now: Instant) {}
  package mutating func handleTimeout(at now: Instant) { isFinished = true }
  package mutating func pollTransmit(at now: Instant, into buffer: inout MutableSpan<UInt8>) -> LinkTransmit?
  { nil }
  package mutating func pollEvent() -> LinkEvent? { events.next() }
  package func nextTimeout(now: Instant) -> Instant? { isFinished ? nil : now }
  package mutating func stop(at now: Instant) { isFinished = true }
  package var longestPacket: Int { 1_280 }
}
