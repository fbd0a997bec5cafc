package import Timing
import Wire

/// Traces paths: paces what a walk orders, gives each probe a number and a place on the wire, ties answers to
/// probes, and gives up what has waited long enough.
///
/// A state machine without I/O, as `PingEngine`: octets, times and the seed come in as arguments; probes,
/// deadlines and events go out as results. All instants are on one monotonic clock.
package struct TraceEngine: ~Copyable {
  package let configuration: TraceConfiguration

  package init(_ configuration: TraceConfiguration, at now: Instant) {
    self.configuration = configuration
  }

  // MARK: Out

  /// Octets that a transmit buffer must hold.
  package var messageLength: Int { configuration.packetLength + 64 }
  /// Nothing more will be sent, and nothing more is waited for.
  package var isFinished: Bool { true }
  /// The next thing that happened, oldest first.
  package mutating func pollEvent() -> TraceEvent? { nil }
  /// When the engine wants to be called again, whatever arrives before; nil once the run is over;
  /// `.distantFuture` where only an arrival can help.
  package func nextTimeout(now: Instant) -> Instant? { nil }
  /// Writes the next probe that is due into the buffer and claims its slot; nil if none is due.
  package mutating func pollTransmit(at now: Instant, into buffer: inout MutableSpan<UInt8>) -> TraceTransmit?
  { nil }
  /// The number that the next probe will have.
  package var nextNumber: UInt64 { 0 }
  /// The youngest probe whose number ends in these 32 bits (a stamp's id).
  package func number(endingIn low: UInt32) -> UInt64? { nil }

  // MARK: In

  /// A captured packet from its IPv6 header on. Nobody has checked its checksums.
  package mutating func handlePacket(_ octets: Span<UInt8>, _ arrival: Arrival) {}
  /// An ICMPv6 message from a ping socket.
  package mutating func handleMessage(_ octets: Span<UInt8>, _ arrival: Arrival) {}
  /// A UDP datagram's payload; `source` in `arrival`. `destinationPort`: our port that it came to.
  package mutating func handleDatagram(
    _ octets: Span<UInt8>, sourcePort: UInt16, destinationPort: UInt16, _ arrival: Arrival
  ) {}
  /// An entry of the error queue. The octets are the invoking packet behind its IPv6 header and extension headers:
  /// UDP from the payload on, ICMPv6 and TCP from their header on; extensions behind. `number`: the probe whose
  /// own socket it came by.
  package mutating func handleError(_ octets: Span<UInt8>, _ error: ErrorArrival, number: UInt64? = nil) {}
  /// connect(2) has ended without an ICMPv6 error: 0 is success; ECONNREFUSED a reset; else errno(3).
  package mutating func handleConnected(_ number: UInt64, errno: Int32, at now: Instant) {}
  /// The kernel's transmit stamp of a probe, on the monotonic clock.
  package mutating func handleTransmitted(_ number: UInt64, at stamp: Instant) {}
  /// The probe reached the queue of its device.
  package mutating func handleQueued(_ number: UInt64) {}
  /// The probe never left. `mtu`: what the kernel said with EMSGSIZE.
  package mutating func handleSendFailure(_ number: UInt64, errno: Int32, mtu: UInt32? = nil, at now: Instant)
  {}
  /// Time has passed.
  package mutating func handleTimeout(at now: Instant) {}
  /// Sends nothing more; targets that have not ended end as `.interrupted`.
  package mutating func stop(at now: Instant) {}
  /// Modes `.rounds`: no probe leaves until `resume`.
  package mutating func pause() {}
  package mutating func resume(at now: Instant) {}
  /// Whether a connect socket of this probe is of no more use (answered, given up): the transport closes it.
  package func isSettled(_ number: UInt64) -> Bool { true }
}
