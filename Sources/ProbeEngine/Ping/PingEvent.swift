package import Timing
package import Wire

/// What a ping engine has to say, in the order in which it happened. Times are on the monotonic clock (or the
/// simulator's); whoever prints them adds the wall clock.
package enum PingEvent: Sendable {
  /// A probe left (only when asked for).
  case sent(SentProbe)
  /// A probe never left.
  case sendFailed(SendFailure)
  /// A probe was answered in time.
  case reply(PingReply)
  /// A reply came after its probe had been given up; the verdict changes from lost to late.
  case late(PingReply)
  /// One more reply to a probe that has one. Counted beside, changes no verdict.
  case duplicate(PingReply)
  /// A reply whose payload is not what was sent.
  case corrupted(PingReply, Corruption)
  case icmpError(PingError)
  /// Nothing came within the timeout, or before the end of the wait.
  case lost(LostProbe)
  /// The next probe leaves while this one is unanswered (`-O`).
  case noAnswerYet(LostProbe)
  /// Octets that looked like an answer and were not believed. Changes no verdict.
  case rejected(Rejection)
  /// The process did not run for so long; `skipped` deadlines passed without a probe.
  case gap(Gap)
}

package struct SentProbe: Sendable {
  package var target: Int
  package var sequence: UInt64
  /// When the schedule said.
  package var scheduledAt: Instant
  /// When send was called.
  package var sentAt: Instant
  /// Octets of the ICMPv6 message.
  package var octets: Int

  package init(target: Int, sequence: UInt64, scheduledAt: Instant, sentAt: Instant, octets: Int) {
    self.target = target
    self.sequence = sequence
    self.scheduledAt = scheduledAt
    self.sentAt = sentAt
    self.octets = octets
  }
}

package struct SendFailure: Sendable {
  package var target: Int
  package var sequence: UInt64
  package var at: Instant
  /// As in errno(3).
  package var errno: Int32
  /// The path MTU the kernel named with EMSGSIZE (`IPV6_RECVERR`, origin local).
  package var mtu: UInt32?

  package init(target: Int, sequence: UInt64, at: Instant, errno: Int32, mtu: UInt32? = nil) {
    self.target = target
    self.sequence = sequence
    self.at = at
    self.errno = errno
    self.mtu = mtu
  }
}

/// Which clocks a round trip was measured between. Never mixed within one round trip.
package enum RoundTripSource: UInt8, Sendable {
  /// Kernel transmit stamp to kernel receive stamp.
  case kernel
  /// Kernel transmit stamp to the capture's stamp of the reply (the kernel's as well, by another way).
  case capture
  /// Call to send until return of the read, one monotonic clock.
  case user
}

package struct PingReply: Sendable {
  package var target: Int
  /// 64 bits; the wire carries the low 16 (8 in an extended echo).
  package var sequence: UInt64
  package var source: IPv6Address
  /// Interface index where the source is link-local, else 0.
  package var sourceZone: UInt32
  package var destination: IPv6Address?
  /// Index of the interface that received it; 0 unknown.
  package var interface: UInt32
  /// Octets of the ICMPv6 message.
  package var octets: Int
  package var identifier: UInt16
  package var hopLimit: UInt8?
  package var trafficClass: UInt8?
  /// nil where the reply cannot be tied to one probe's time (never so for an echo).
  package var roundTrip: Nanoseconds?
  package var roundTripSource: RoundTripSource
  /// Call to send until the kernel's transmit stamp: the host's own share, neighbor resolution included.
  package var hostTransmit: Nanoseconds?
  /// Kernel receive stamp until the read returned.
  package var hostReceive: Nanoseconds?
  package var sentAt: Instant
  package var receivedAt: Instant
  /// The reply came from another host than the first one did (multicast targets only).
  package var isFromAnotherHost = false
  /// The answer to a node information query or an extended echo request; nil for an echo.
  package var answer: Answer?

  package enum Answer: Sendable {
    /// Names in presentation form, octets as on the wire (unescaped).
    case names([[UInt8]])
    case ipv6Addresses([IPv6Address])
    case ipv4Addresses([UInt32])
    /// Code 1: the node refuses to answer.
    case refused
    /// Code 2: the query type is unknown to the node.
    case unknownQueryType
    case unknownCode(UInt8)
    case malformed
    /// RFC 8335 §3.
    case interfaceStatus(code: UInt8, state: UInt8, isActive: Bool, hasIPv4: Bool, hasIPv6: Bool)
  }

  package init(
    target: Int, sequence: UInt64, source: IPv6Address, sourceZone: UInt32, destination: IPv6Address?,
    interface: UInt32, octets: Int, identifier: UInt16, hopLimit: UInt8?, trafficClass: UInt8?,
    roundTrip: Nanoseconds?, roundTripSource: RoundTripSource, hostTransmit: Nanoseconds?,
    hostReceive: Nanoseconds?, sentAt: Instant, receivedAt: Instant
  ) {
    self.target = target
    self.sequence = sequence
    self.source = source
    self.sourceZone = sourceZone
    self.destination = destination
    self.interface = interface
    self.octets = octets
    self.identifier = identifier
    self.hopLimit = hopLimit
    self.trafficClass = trafficClass
    self.roundTrip = roundTrip
    self.roundTripSource = roundTripSource
    self.hostTransmit = hostTransmit
    self.hostReceive = hostReceive
    self.sentAt = sentAt
    self.receivedAt = receivedAt
  }
}

/// Where a reply's payload differs from what was sent.
package struct Corruption: Sendable {
  /// Offset within the payload (after the 8-octet echo header) of the first octet that is wrong or missing.
  package var offset: Int
  /// nil where the octet is missing.
  package var received: UInt8?
  package var expected: UInt8?
  /// The reply's payload is shorter than what was sent.
  package var isTruncated: Bool
  /// The payload as received, so that it can be shown.
  package var payload: [UInt8]

  package init(offset: Int, received: UInt8?, expected: UInt8?, isTruncated: Bool, payload: [UInt8]) {
    self.offset = offset
    self.received = received
    self.expected = expected
    self.isTruncated = isTruncated
    self.payload = payload
  }
}

/// An ICMPv6 error that quotes one of our probes.
package struct PingError: Sendable {
  package var target: Int
  package var sequence: UInt64
  /// Who sent the error.
  package var source: IPv6Address
  package var sourceZone: UInt32
  package var type: UInt8
  package var code: UInt8
  /// Packet too big: the MTU. Parameter problem: the pointer. Else 0.
  package var info: UInt32
  package var hopLimit: UInt8?
  package var interface: UInt32
  package var roundTrip: Nanoseconds?
  package var roundTripSource: RoundTripSource
  package var sentAt: Instant
  package var receivedAt: Instant
  /// The probe had a verdict already; this error changes nothing and is counted beside.
  package var isExtra: Bool

  package init(
    target: Int, sequence: UInt64, source: IPv6Address, sourceZone: UInt32, type: UInt8, code: UInt8,
    info: UInt32, hopLimit: UInt8?, interface: UInt32, roundTrip: Nanoseconds?,
    roundTripSource: RoundTripSource, sentAt: Instant, receivedAt: Instant, isExtra: Bool
  ) {
    self.target = target
    self.sequence = sequence
    self.source = source
    self.sourceZone = sourceZone
    self.type = type
    self.code = code
    self.info = info
    self.hopLimit = hopLimit
    self.interface = interface
    self.roundTrip = roundTrip
    self.roundTripSource = roundTripSource
    self.sentAt = sentAt
    self.receivedAt = receivedAt
    self.isExtra = isExtra
  }
}

package struct LostProbe: Sendable {
  package var target: Int
  package var sequence: UInt64
  package var sentAt: Instant
  package var at: Instant

  package init(target: Int, sequence: UInt64, sentAt: Instant, at: Instant) {
    self.target = target
    self.sequence = sequence
    self.sentAt = sentAt
    self.at = at
  }
}

/// Why something that arrived was not believed.
package enum RejectionReason: UInt8, CaseIterable, Sendable {
  /// Not an ICMPv6 message that could be read.
  case malformed
  /// Another process's identifier.
  case identifier
  /// A sequence that was never sent, or so long ago that its slot is gone.
  case sequence
  /// The keyed nonce in the payload is wrong: not an answer to our packet.
  case nonce
  /// Another source than the one asked.
  case source
  /// The time stamp in the payload was changed. Only the stamp is rejected: the reply counts, and its round
  /// trip never came from there.
  case stamp
  /// An ICMPv6 error that quotes a packet which is not ours.
  case quote
  /// The ICMPv6 checksum is wrong (capture only; a socket never sees such packets).
  case checksum
}

package struct Rejection: Sendable {
  package var reason: RejectionReason
  package var source: IPv6Address
  package var sourceZone: UInt32
  /// ICMPv6 type of the message; 0 where it could not be read.
  package var type: UInt8
  package var at: Instant
  /// The reply as far as it could be tied to a probe (wrong source, changed stamp).
  package var reply: PingReply?

  package init(
    reason: RejectionReason, source: IPv6Address, sourceZone: UInt32, type: UInt8, at: Instant,
    reply: PingReply? = nil
  ) {
    self.reason = reason
    self.source = source
    self.sourceZone = sourceZone
    self.type = type
    self.at = at
    self.reply = reply
  }
}

package struct Gap: Sendable {
  package var at: Instant
  package var length: Nanoseconds
  package var skipped: Int

  package init(at: Instant, length: Nanoseconds, skipped: Int) {
    self.at = at
    self.length = length
    self.skipped = skipped
  }
}
