package import Timing
package import Wire

/// What became of a probe. Each probe has one, told once, at one moment.
package enum SampleOutcome: UInt8, Hashable, Sendable, CaseIterable {
  /// Answered within the timeout.
  case ok
  /// Answered behind the timeout, within the late window.
  case late
  /// Not answered.
  case lost
  /// An ICMPv6 error came for it, or (TCP) an RST.
  case icmpError
  /// It never left this host, or had no address to go to.
  case sendError
}

/// What kind of answer ended a probe.
package enum SampleAnswer: UInt8, Hashable, Sendable {
  case none
  case echoReply
  case datagram
  /// SYN-ACK.
  case open
  /// RST.
  case reset
  case icmpError
}

/// A probe from schedule to outcome.
package struct SampleRecord: Sendable {
  /// Counts all probes of the run from 0.
  package var number: UInt64
  package var target: Int
  package var group: Int
  /// The address that was asked; a name's may change while the run lasts.
  package var address: IPv6Address
  /// Counts the target's probes from 1.
  package var sequence: UInt64
  package var outcome: SampleOutcome
  package var answer: SampleAnswer = .none
  package var isWarmup = false
  /// When the schedule said.
  package var scheduledAt: Instant
  /// When send was called.
  package var sentAt: Instant
  /// Octets of what was sent, from the ICMPv6 or UDP header on.
  package var octets = 0
  /// The kernel's transmit stamp.
  package var transmittedAt: Instant?
  /// The receive stamp, else when the read returned; nil without an answer.
  package var receivedAt: Instant?
  /// When the outcome was known.
  package var at: Instant
  package var roundTrip: Nanoseconds?
  package var roundTripSource: RoundTripSource = .user
  /// Call to send until the transmit stamp; receive stamp until the read returned.
  package var hostTransmit: Nanoseconds?
  package var hostReceive: Nanoseconds?
  /// Who answered, where it was not the address asked (errors, groups).
  package var from: IPv6Address?
  package var fromZone: UInt32 = 0
  package var hopLimit: UInt8?
  package var trafficClass: UInt8?
  /// Of an ICMPv6 error: type, code, and MTU or pointer.
  package var errorType: UInt8 = 0
  package var errorCode: UInt8 = 0
  package var errorInfo: UInt32 = 0
  /// Of a send error, as in errno(3); 0: there was no address to send to.
  package var errno: Int32 = 0

  package init(
    number: UInt64, target: Int, group: Int, address: IPv6Address, sequence: UInt64, outcome: SampleOutcome,
    scheduledAt: Instant, sentAt: Instant, at: Instant
  ) {
    self.number = number
    self.target = target
    self.group = group
    self.address = address
    self.sequence = sequence
    self.outcome = outcome
    self.scheduledAt = scheduledAt
    self.sentAt = sentAt
    self.at = at
  }
}

/// Something about a target that is not what it was.
package struct SampleChange: Sendable {
  package enum What: Hashable, Sendable {
    /// Hop limit of answers.
    case hopLimit(from: UInt8, to: UInt8)
    /// Traffic class of answers.
    case trafficClass(from: UInt8, to: UInt8)
    /// Path MTU, by a Packet Too Big; `from` 0: not known before.
    case pathMTU(from: UInt32, to: UInt32)
    /// The name's address; nil: it has none (any more).
    case address(from: IPv6Address?, to: IPv6Address?)
    /// The path: addresses by hop from 1, nil a silent hop.
    case path(from: [IPv6Address?], to: [IPv6Address?])
    /// The neighbor's link-layer address; nil: nobody answers.
    case link(from: LinkLayerAddress?, to: LinkLayerAddress?)
    /// The kernel's state of the neighbor.
    case neighborState(from: NeighborVerdict, to: NeighborVerdict)
    /// Loss began, or a round trip left its band.
    case trouble(SampleTrouble)
    /// Answered again as before.
    case recovered(after: Nanoseconds, lost: UInt64)
  }
  package var target: Int
  package var group: Int
  package var what: What
  package var at: Instant

  package init(target: Int, group: Int, what: What, at: Instant) {
    self.target = target
    self.group = group
    self.what = what
    self.at = at
  }
}

package enum SampleTrouble: Hashable, Sendable {
  case losses(UInt64)
  case roundTrip(Nanoseconds, limit: Nanoseconds)
}

/// Something that the engine wants done by others: a traceroute or a neighbor check of one target.
package struct SampleOrder: Sendable {
  package enum Act: Hashable, Sendable {
    case trace(TraceOrder)
    case neighbor(interface: String)
  }
  package var number: UInt64
  package var target: Int
  package var group: Int
  package var destination: SampleTarget
  package var act: Act
  /// Ordered by trouble, not by the schedule: the result is attached, and counts for nothing.
  package var isAction: Bool
  package var at: Instant

  package init(
    number: UInt64, target: Int, group: Int, destination: SampleTarget, act: Act, isAction: Bool, at: Instant
  ) {
    self.number = number
    self.target = target
    self.group = group
    self.destination = destination
    self.act = act
    self.isAction = isAction
    self.at = at
  }
}

/// What came of a traceroute.
package struct SampledPath: Sendable {
  package var hops: [TraceHop]
  package var end: TraceEnd

  package init(hops: [TraceHop], end: TraceEnd) {
    self.hops = hops
    self.end = end
  }
}

/// What came of an order.
package enum SampleFinding: Sendable {
  case path(SampledPath)
  case neighbor(NeighborSummary)
  /// It could not be carried out, errno(3) and words.
  case failed(errno: Int32, text: String)
}

/// What a sampling engine has to say, in the order in which it happened.
package enum SampleEvent: Sendable {
  /// A probe left (asked for by `SampleConfiguration.reportsRecords`; for faces).
  case record(SampleRecord)
  /// One more answer to a probe that has one. The record is that of the answer.
  case duplicate(SampleRecord)
  case change(SampleChange)
  /// To be carried out; its end is told by `handleFinding`.
  case order(SampleOrder)
  /// An order's end, after `handleFinding`.
  case finding(SampleOrder, SampleFinding)
  /// Octets that looked like an answer and were not believed.
  case rejected(Rejection)
  /// The process did not run; so many deadlines of a group passed without a probe.
  case gap(group: Int, Gap)
}
