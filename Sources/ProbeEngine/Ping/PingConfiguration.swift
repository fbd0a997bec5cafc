package import Timing
package import Wire

/// Where probes go: an address and, where the address needs one, the index of its zone (interface).
package struct ProbeTarget: Hashable, Sendable {
  // Two halves, because a 128-bit number would make 32 octets of these 20; there may be a hundred thousand of them.
  private var high: UInt64
  private var low: UInt64
  /// Interface index (RFC 4007 §6); 0 where the address needs none.
  package var zone: UInt32

  package init(address: IPv6Address, zone: UInt32 = 0) {
    high = UInt64(truncatingIfNeeded: address.bits >> 64)
    low = UInt64(truncatingIfNeeded: address.bits)
    self.zone = zone
  }

  package var address: IPv6Address {
    get { IPv6Address(bits: UInt128(high) << 64 | UInt128(low)) }
    set { self = ProbeTarget(address: newValue, zone: zone) }
  }
}

/// What a ping engine asks of its targets, when, and until when. Plain values; the same for verb and face.
package struct PingConfiguration: Sendable {
  /// What is sent.
  package enum Message: Hashable, Sendable {
    /// Echo request (RFC 4443 §4.1).
    case echo
    /// Node information query (RFC 4620).
    case nodeInformation(NodeInformationQuestion)
    /// Extended echo request (RFC 8335): the question is asked of the target, about an interface.
    case extendedEcho(InterfaceQuestion)
  }

  /// When probes leave.
  package enum Pace: Hashable, Sendable {
    /// On absolute deadlines.
    case schedule(Schedule)
    /// As fast as replies come, at least 100 a second, with up to `window` in flight (`ping -f`).
    case flood(window: Int)
    /// The interval follows the smoothed round trip (`ping -A`), never below `minimum`.
    case adaptive(minimum: Nanoseconds)
  }

  /// How long an unanswered probe is waited for.
  package enum Wait: Hashable, Sendable {
    /// Each probe has its own timeout; what comes after it is `late`.
    case perProbe(Nanoseconds)
    /// iputils: as long as the run lasts; after the last probe, twice the longest round trip (at least one
    /// interval) where there was any reply, else `ifSilent` (nil: for ever).
    case untilEnd(ifSilent: Nanoseconds?)
  }

  /// What ends a run, besides the deadline and signals.
  package enum Until: Hashable, Sendable {
    /// Nothing: goes on until told to stop.
    case stopped
    /// So many probes attempted at each target, and each has its verdict.
    case attempted(UInt64)
    /// So many probes replied to.
    case replied(UInt64)
    /// The first probe that is lost or meets an ICMPv6 error.
    case down
  }

  package var targets: [ProbeTarget]
  package var message: Message = .echo
  /// Echo identifier; on a datagram socket the kernel's choice, read back before the first probe.
  package var identifier: UInt16 = 0
  /// Octets after the 8-octet ICMPv6 echo header.
  package var payloadLength: Int = 56
  /// Repeated over the payload; empty means that octet i holds i (mod 256), as iputils does.
  package var pattern: [UInt8] = []
  package var pace: Pace = .schedule(.constant(interval: .seconds(1)))
  /// Probes that leave at once at the start (`-l`).
  package var preload: Int = 1
  package var wait: Wait = .perProbe(.seconds(1))
  package var until: Until = .stopped
  /// The whole run's length; nil: none.
  package var deadline: Nanoseconds? = nil
  /// End the run at the first ICMPv6 error or send failure (iputils with `-w`).
  package var stopsAtError = false
  /// Emit an event for each reply in time; a quiet run wants the figures only.
  package var reportsReplies = true
  /// Emit an event for each probe sent.
  package var reportsSent = false
  /// Emit `noAnswerYet` when a probe leaves while the one before it is still unanswered (`-O`).
  package var reportsOutstanding = false
  /// Every probe that leaves is told by `handleQueued` or `handleTransmitted`: one of which neither is told never
  /// left, though no call failed (a datagram socket hides what the local firewall drops).
  package var reportsDepartures = false
  /// Summaries bring the histogram's buckets along.
  package var reportsHistogram = false
  /// Measure from the call to send until the read (`-U`), not between kernel stamps.
  package var measuresUserToUser = false
  /// Seeds the nonce key and random schedules; the same seed gives the same octets.
  package var seed: UInt64 = 0

  package init(targets: [ProbeTarget]) { self.targets = targets }
}

/// A node information query's question (RFC 4620 §4): what is asked, and of which subject.
package struct NodeInformationQuestion: Hashable, Sendable {
  package enum Kind: Hashable, Sendable {
    /// Node name (query type 2).
    case name
    /// Node's IPv6 addresses (query type 3) with the flags G S L C A of §6.3 as bits of the flags field.
    case ipv6Addresses(flags: UInt16)
    /// Node's IPv4 addresses (query type 4); flags as above.
    case ipv4Addresses(flags: UInt16)
  }
  package enum Subject: Hashable, Sendable {
    /// Code 0.
    case ipv6(IPv6Address)
    /// Code 1; a DNS name in wire format (length-prefixed labels).
    case name([UInt8])
    /// Code 2; the address as a 32-bit number.
    case ipv4(UInt32)
  }
  package var kind: Kind
  /// nil: the target address itself.
  package var subject: Subject?

  package init(kind: Kind, subject: Subject?) {
    self.kind = kind
    self.subject = subject
  }
}

/// Which interface an extended echo request asks about (RFC 8335 §2.1).
package struct InterfaceQuestion: Hashable, Sendable {
  package enum Interface: Hashable, Sendable {
    case name([UInt8])
    case index(UInt32)
    case ipv6(IPv6Address)
    case ipv4(UInt32)
  }
  package var interface: Interface
  /// The L bit: the interface is one of the node asked; else one of its neighbors.
  package var isLocal: Bool

  package init(interface: Interface, isLocal: Bool) {
    self.interface = interface
    self.isLocal = isLocal
  }
}
