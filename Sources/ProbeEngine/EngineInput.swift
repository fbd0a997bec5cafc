package import Timing
package import Wire

/// What is known of an ICMPv6 message that arrived, beside its octets.
package struct Arrival: Sendable {
  package var source: IPv6Address
  /// Interface index where the source needs a zone, else 0.
  package var sourceZone: UInt32
  package var destination: IPv6Address?
  package var interface: UInt32
  package var hopLimit: UInt8?
  package var trafficClass: UInt8?
  /// The kernel's or the capture's receive stamp, on the monotonic clock.
  package var stamp: Instant?
  /// `.kernel` or `.capture`: where the stamp is from.
  package var stampSource: RoundTripSource
  /// When the read returned.
  package var readAt: Instant
  /// The octets came from a capture: nobody has checked the ICMPv6 checksum yet.
  package var isChecksumUnverified: Bool

  package init(
    source: IPv6Address, sourceZone: UInt32 = 0, destination: IPv6Address? = nil, interface: UInt32 = 0,
    hopLimit: UInt8? = nil, trafficClass: UInt8? = nil, stamp: Instant? = nil,
    stampSource: RoundTripSource = .kernel, readAt: Instant, isChecksumUnverified: Bool = false
  ) {
    self.source = source
    self.sourceZone = sourceZone
    self.destination = destination
    self.interface = interface
    self.hopLimit = hopLimit
    self.trafficClass = trafficClass
    self.stamp = stamp
    self.stampSource = stampSource
    self.readAt = readAt
    self.isChecksumUnverified = isChecksumUnverified
  }
}

/// An ICMPv6 error as the kernel's error queue tells it (`IPV6_RECVERR`, ipv6(7)); the octets beside it are the
/// invoking packet from its ICMPv6 header on.
package struct ErrorArrival: Sendable {
  package var type: UInt8
  package var code: UInt8
  /// MTU or pointer.
  package var info: UInt32
  package var source: IPv6Address
  package var sourceZone: UInt32
  /// Destination of the invoking packet.
  package var destination: IPv6Address?
  package var interface: UInt32
  package var hopLimit: UInt8?
  package var stamp: Instant?
  package var readAt: Instant
  /// Port of `destination`; 0 for ICMPv6.
  package var destinationPort: UInt16 = 0
  /// The port of ours that the socket is bound to; 0 unknown.
  package var sourcePort: UInt16 = 0
  /// Where in the octets the kernel found an extension structure (RFC 4884); nil: none, or none that says so.
  package var extensionOffset: Int?

  package init(
    type: UInt8, code: UInt8, info: UInt32, source: IPv6Address, sourceZone: UInt32 = 0,
    destination: IPv6Address? = nil, interface: UInt32 = 0, hopLimit: UInt8? = nil, stamp: Instant? = nil,
    readAt: Instant
  ) {
    self.type = type
    self.code = code
    self.info = info
    self.source = source
    self.sourceZone = sourceZone
    self.destination = destination
    self.interface = interface
    self.hopLimit = hopLimit
    self.stamp = stamp
    self.readAt = readAt
  }
}

/// A probe that is to leave now: its number (for the calls that say what became of it), its target, and how
/// many octets of the buffer it fills.
package struct Transmit: Sendable {
  package var probe: UInt64
  package var target: Int
  package var octets: Int

  package init(probe: UInt64, target: Int, octets: Int) {
    self.probe = probe
    self.target = target
    self.octets = octets
  }
}
