package import Timing
package import Wire

/// What a trace has to say, in the order in which it happened. Times are on the monotonic clock (or the
/// simulator's).
package enum TraceEvent: Sendable {
  /// A probe was answered in time.
  case reply(TraceReply)
  /// An answer came after its probe had been given up; the verdict changes from lost to late.
  case late(TraceReply)
  /// Nothing came within the wait.
  case lost(TraceLoss)
  /// A probe never left.
  case sendFailed(TraceSendFailure)
  /// Octets that looked like an answer and were not believed. Changes no verdict.
  case rejected(TraceRejection)
  /// A hop is complete: each of its probes has a verdict. For each target in the order of hops.
  case hop(TraceHop)
  /// Mode `.paths`: probes of one flow met `from` and then `to`. Each pair once.
  case link(TraceLink)
  /// Mode `.paths`: `address` spreads packets over several next hops.
  case balancer(TraceBalancer)
  /// Mode `.mtu`: the path MTU up to a hop.
  case mtu(TraceMTU)
  /// A round of mode `.rounds` is over (each of its probes may still be in flight).
  case round(target: Int, number: Int, at: Instant)
  /// The trace of one target is over.
  case end(TraceEnd)
}

package struct TraceReply: Sendable {
  package var number: UInt64
  package var probe: TraceProbe
  /// Who answered.
  package var address: IPv6Address
  /// Interface index where the address is link-local, else 0.
  package var zone: UInt32
  /// Index of the interface that received it; 0 unknown.
  package var interface: UInt32
  package var answer: TraceAnswer
  /// The answer's own hop limit and traffic class, as received.
  package var hopLimit: UInt8?
  package var trafficClass: UInt8?
  /// Octets of the answer's IPv6 packet, header included, where they are known.
  package var octets: Int?
  /// nil where one of the times is missing.
  package var roundTrip: Nanoseconds?
  package var roundTripSource: RoundTripSource
  /// Call to send until the kernel's transmit stamp; kernel receive stamp until the read returned.
  package var hostTransmit: Nanoseconds?
  package var hostReceive: Nanoseconds?
  package var sentAt: Instant
  package var receivedAt: Instant
  package var extensions: [TraceExtension] = []
  package var rewritten: [TraceRewrite] = []
  /// Hop limit in the quoted packet; 0 or 1 is as it should be.
  package var quotedHopLimit: UInt8?
  /// The probe had been given up.
  package var isLate = false
  /// Only ports or lengths survived in the quote; the key could not be checked.
  package var isWeaklyMatched = false

  package init(
    number: UInt64, probe: TraceProbe, address: IPv6Address, zone: UInt32, interface: UInt32,
    answer: TraceAnswer, roundTrip: Nanoseconds?, roundTripSource: RoundTripSource, sentAt: Instant,
    receivedAt: Instant
  ) {
    self.number = number
    self.probe = probe
    self.address = address
    self.zone = zone
    self.interface = interface
    self.answer = answer
    self.roundTrip = roundTrip
    self.roundTripSource = roundTripSource
    self.sentAt = sentAt
    self.receivedAt = receivedAt
  }
}

package struct TraceLoss: Sendable {
  package var number: UInt64
  package var probe: TraceProbe
  package var sentAt: Instant
  package var at: Instant

  package init(number: UInt64, probe: TraceProbe, sentAt: Instant, at: Instant) {
    self.number = number
    self.probe = probe
    self.sentAt = sentAt
    self.at = at
  }
}

package struct TraceSendFailure: Sendable {
  package var number: UInt64
  package var probe: TraceProbe
  package var at: Instant
  /// As in errno(3).
  package var errno: Int32
  /// The path MTU that the kernel named with EMSGSIZE.
  package var mtu: UInt32?

  package init(number: UInt64, probe: TraceProbe, at: Instant, errno: Int32, mtu: UInt32? = nil) {
    self.number = number
    self.probe = probe
    self.at = at
    self.errno = errno
    self.mtu = mtu
  }
}

/// Something that arrived and was not believed.
package struct TraceRejection: Sendable {
  package var reason: RejectionReason
  package var source: IPv6Address
  package var zone: UInt32
  /// ICMPv6 type; 0 for anything else.
  package var type: UInt8
  package var at: Instant

  package init(reason: RejectionReason, source: IPv6Address, zone: UInt32, type: UInt8, at: Instant) {
    self.reason = reason
    self.source = source
    self.zone = zone
    self.type = type
    self.at = at
  }
}

/// One hop of one target's path, complete.
package struct TraceHop: Sendable {
  package enum Verdict: Sendable {
    case reply(TraceReply)
    case lost(TraceLoss)
    case sendFailed(TraceSendFailure)
  }
  package enum Note: Hashable, Sendable {
    /// Answers came in time to the first probes and then, as from a token bucket, to some: the router limits its
    /// errors; the network lost nothing.
    case rateLimited
    /// An address of this hop stood at that earlier hop already, with another between: the path loops.
    case loop(firstSeen: UInt8)
    /// From here on errors come from the target's own address: a middle box rewrites addresses.
    case addressTranslation
    /// Not asked, or once only: taken over from the trace of another target.
    case shared
    /// Several addresses answered one flow: the path changed, or something spreads packets one by one.
    case severalAddresses
  }
  package var target: Int
  package var hopLimit: UInt8
  /// In the order of queries.
  package var verdicts: [Verdict]
  package var notes: [Note] = []
  /// No further hop comes.
  package var isLast = false
  package var at: Instant

  package init(target: Int, hopLimit: UInt8, verdicts: [Verdict], at: Instant) {
    self.target = target
    self.hopLimit = hopLimit
    self.verdicts = verdicts
    self.at = at
  }
}

/// A node of the graph of mode `.paths`.
package enum TraceNode: Hashable, Sendable {
  /// The host itself, before hop 1.
  case origin
  case router(IPv6Address, zone: UInt32)
  /// Silent at that hop limit.
  case silent(hopLimit: UInt8)
}

package struct TraceLink: Hashable, Sendable {
  package var target: Int
  package var from: TraceNode
  package var to: TraceNode
  /// Hop limit at which `to` answers.
  package var hopLimit: UInt8
  /// `to` is the target.
  package var isArrival: Bool

  package init(target: Int, from: TraceNode, to: TraceNode, hopLimit: UInt8, isArrival: Bool) {
    self.target = target
    self.from = from
    self.to = to
    self.hopLimit = hopLimit
    self.isArrival = isArrival
  }
}

package struct TraceBalancer: Hashable, Sendable {
  /// What decides about the next hop, found by varying one field at a time.
  package enum Hashes: String, Hashable, Sendable {
    case flowLabel = "flow_label"
    case ports
    case both
    /// Packets of one flow are spread.
    case perPacket = "per_packet"
    /// Neither field changed anything in so many tries.
    case unknown
  }
  package var target: Int
  package var node: TraceNode
  package var hopLimit: UInt8
  package var hashes: Hashes
  /// Next hops, in order of address.
  package var branches: [TraceNode]
  /// Probes that were sent through the node to see its next hops.
  package var probes: Int

  package init(
    target: Int, node: TraceNode, hopLimit: UInt8, hashes: Hashes, branches: [TraceNode], probes: Int
  ) {
    self.target = target
    self.node = node
    self.hopLimit = hopLimit
    self.hashes = hashes
    self.branches = branches
    self.probes = probes
  }
}

/// What mode `.mtu` found for one hop.
package struct TraceMTU: Hashable, Sendable {
  package enum Source: String, Hashable, Sendable {
    /// The MTU of the interface the first probe left by.
    case link
    /// Packet Too Big came from `reporter`.
    case packetTooBig = "packet_too_big"
    /// Longer packets vanish without a word; found by size.
    case blackHole = "black_hole"
  }
  package var target: Int
  package var hopLimit: UInt8
  package var mtu: Int
  package var source: Source
  /// Who sent Packet Too Big.
  package var reporter: IPv6Address?
  /// A Packet Too Big named an MTU that cannot be (below 1280 or not below what was sent) and was not used.
  package var isReportInvalid = false

  package init(target: Int, hopLimit: UInt8, mtu: Int, source: Source, reporter: IPv6Address? = nil) {
    self.target = target
    self.hopLimit = hopLimit
    self.mtu = mtu
    self.source = source
    self.reporter = reporter
  }
}

package struct TraceEnd: Sendable {
  package enum Reason: Hashable, Sendable {
    /// The target answered.
    case reached
    /// An ICMPv6 error other than time exceeded ended the path.
    case unreachable(type: UInt8, code: UInt8)
    case maximumHops
    /// So many silent hops in a row.
    case gapLimit
    case loop
    /// Probes could not be sent; errno(3).
    case sendFailed(Int32)
    /// Stopped by signal, key or deadline.
    case interrupted
  }
  package var target: Int
  package var reason: Reason
  /// Who answered as the target, or refused; nil where nobody did.
  package var address: IPv6Address?
  /// The answer of the target came from another address than was asked.
  package var isFromAnotherAddress = false
  /// The target answered, whatever ended the trace then.
  package var hasArrived = false
  /// Hop limit of the last hop that was reported.
  package var hops: UInt8
  /// What the path carries, where known (mode `.mtu`, or a Packet Too Big on the way).
  package var pathMTU: Int?
  /// Probes that were handed out to be sent: the sum of the four below and of those still in flight.
  package var sent: UInt64
  package var replied: UInt64
  package var late: UInt64
  package var lost: UInt64
  package var sendFailed: UInt64
  /// Of the run, over all targets.
  package var rejected: UInt64
  package var startedAt: Instant
  package var at: Instant

  /// The target answered before the trace ended, or was stopped.
  package var isReached: Bool { reason == .reached || (reason == .interrupted && hasArrived) }

  package init(target: Int, reason: Reason, hops: UInt8, startedAt: Instant, at: Instant) {
    self.target = target
    self.reason = reason
    self.hops = hops
    self.startedAt = startedAt
    self.at = at
    sent = 0
    replied = 0
    late = 0
    lost = 0
    sendFailed = 0
    rejected = 0
  }
}
