package import Timing
package import Wire

/// A packet that is to leave now.
package struct LinkTransmit: Sendable {
  /// For the calls that say what became of it; counts from 0 within a run.
  package var number: UInt64
  /// Octets of the buffer: a whole IPv6 packet.
  package var octets: Int
  package var destination: IPv6Address
  /// Where the frame goes, whatever the kernel's own neighbor table says; nil leaves it to the kernel (only for
  /// multicast destinations: a unicast one would make the kernel solicit by itself).
  package var linkDestination: LinkLayerAddress?

  package init(number: UInt64, octets: Int, destination: IPv6Address, linkDestination: LinkLayerAddress?) {
    self.number = number
    self.octets = octets
    self.destination = destination
    self.linkDestination = linkDestination
  }
}

/// One act on a link as a pure state machine: frames, kernel changes, stamps and time in; packets and events out.
package protocol LinkEngine {
  /// A message that the capture heard; nothing comes before `handleTimeout` was called once.
  mutating func handleReceived(_ message: HeardMessage)
  mutating func handleKernel(_ change: KernelChange, at now: Instant)
  /// What the kernel knows was read anew, as `wantsKernelView` asked.
  mutating func handleKernelView(_ view: KernelView)
  /// The kernel's transmit stamp.
  mutating func handleTransmitted(_ number: UInt64, at stamp: Instant)
  mutating func handleSendFailure(_ number: UInt64, errno: Int32, at now: Instant)
  /// The capture had no room for so many frames since the last call.
  mutating func handleCaptureLoss(_ frames: UInt64, at now: Instant)
  mutating func handleTimeout(at now: Instant)
  /// The next packet that is due, written into `buffer`; nil: none.
  mutating func pollTransmit(at now: Instant, into buffer: inout MutableSpan<UInt8>) -> LinkTransmit?
  mutating func pollEvent() -> LinkEvent?
  /// When to call `handleTimeout` and `pollTransmit` again; `.distantFuture` waits for arrivals alone; nil: the run
  /// has ended.
  func nextTimeout(now: Instant) -> Instant?
  /// The kernel's state should be read again (and given to `handleKernelView`) now: true until that was done.
  var wantsKernelView: Bool { get }
  /// Ends early: what is known becomes the result.
  mutating func stop(at now: Instant)
  /// Octets of the longest packet that it sends; 0: sends nothing.
  var longestPacket: Int { get }
}

extension LinkEngine {
  package mutating func handleKernel(_ change: KernelChange, at now: Instant) {}
  package mutating func handleKernelView(_ view: KernelView) {}
  package mutating func handleCaptureLoss(_ frames: UInt64, at now: Instant) {}
  package var wantsKernelView: Bool { false }
}
