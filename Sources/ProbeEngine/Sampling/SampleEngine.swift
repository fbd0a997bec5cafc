package import Timing
import Wire

/// A probe that is to leave now.
package struct SampleTransmit: Sendable {
  package var number: UInt64
  package var target: Int
  package var destination: SampleTarget
  /// Octets of the buffer: an ICMPv6 message without checksum, or a UDP payload; TCP: 0.
  package var octets: Int

  package init(number: UInt64, target: Int, destination: SampleTarget, octets: Int) {
    self.number = number
    self.target = target
    self.destination = destination
    self.octets = octets
  }
}

/// Samples many targets by one schedule: open loop, 64-bit numbers, one outcome for each probe.
///
/// A state machine without I/O, as `PingEngine`. All instants are on one monotonic clock.
package struct SampleEngine: ~Copyable {
  package private(set) var configuration: SampleConfiguration
  package private(set) var isFinished = false
  /// The wall clock at monotonic zero, in nanoseconds since the epoch; only ever written into payloads.
  package var wallOffset: Int64 = 0
  let startedAt: Instant

  package init(_ configuration: SampleConfiguration, at now: Instant) {
    self.configuration = configuration
    startedAt = now
  }

  // MARK: Out

  /// Octets that a transmit buffer must hold; may grow with `reconfigure`.
  package var messageLength: Int { 0 }
  /// The number that the next probe will have.
  package var nextNumber: UInt64 { 0 }
  /// The youngest probe whose number ends in these 32 bits (a stamp's id).
  package func number(endingIn low: UInt32) -> UInt64? { nil }
  package mutating func pollEvent() -> SampleEvent? { nil }
  /// When to call `handleTimeout` and `pollTransmit` again; nil once the run is over.
  package func nextTimeout(now: Instant) -> Instant? { nil }
  /// Writes the next probe that is due and claims its slot; nil: none is due. Orders leave as events.
  package mutating func pollTransmit(at now: Instant, into buffer: inout MutableSpan<UInt8>)
    -> SampleTransmit?
  {
    nil
  }
  /// Whether a TCP socket of this probe is of no more use: the transport closes it.
  package func isSettled(_ number: UInt64) -> Bool { true }
  /// Probes without an outcome.
  package var inFlight: UInt64 { 0 }
  /// What is done and what is to be done, for a progress line: probes attempted, and all that there will be (nil:
  /// not known).
  package var progress: (attempted: UInt64, planned: UInt64?) { (0, nil) }
  package func figures(of target: Int, at now: Instant) -> SampleFigures { SampleFigures() }
  package func summary(at now: Instant) -> SampleSummary { SampleSummary(startedAt: startedAt, at: now) }

  // MARK: In

  package mutating func handleTransmitted(_ number: UInt64, at stamp: Instant) {}
  /// The probe reached the queue of its device.
  package mutating func handleQueued(_ number: UInt64) {}
  package mutating func handleSendFailure(_ number: UInt64, errno: Int32, mtu: UInt32? = nil, at now: Instant)
  {
  }
  /// An ICMPv6 message, from its type octet on.
  package mutating func handleReceived(_ octets: Span<UInt8>, _ arrival: Arrival) {}
  /// A UDP datagram's payload, from that port.
  package mutating func handleDatagram(_ octets: Span<UInt8>, from port: UInt16, _ arrival: Arrival) {}
  /// TCP: the handshake ended.
  package mutating func handleConnected(_ number: UInt64, _ answer: SampleAnswer, _ arrival: Arrival) {}
  /// An ICMPv6 error from the error queue of the echo or UDP socket; `quoted`: the invoking packet from its ICMPv6
  /// header on, or (UDP) its payload.
  package mutating func handleError(_ quoted: Span<UInt8>, _ error: ErrorArrival, isUDP: Bool) {}
  /// An ICMPv6 error for a TCP probe.
  package mutating func handleError(of number: UInt64, _ error: ErrorArrival) {}
  /// What came of an order.
  package mutating func handleFinding(_ order: UInt64, _ finding: SampleFinding, at now: Instant) {}
  /// A name was looked up again: nil address, it has none.
  package mutating func handleAddress(of target: Int, _ address: ProbeTarget?, at now: Instant) {}
  package mutating func handleTimeout(at now: Instant) {}
  /// A new plan. `kept[i]`: the old index of new target i, whose state goes on; nil: it is new.
  package mutating func reconfigure(
    _ configuration: SampleConfiguration, keeping kept: [Int?], at now: Instant
  ) {
  }
  /// Sends nothing more; what is in flight is waited for.
  package mutating func stop(at now: Instant) {}
  /// Ends now; probes in flight stay so.
  package mutating func abandon(at now: Instant) {}
}
