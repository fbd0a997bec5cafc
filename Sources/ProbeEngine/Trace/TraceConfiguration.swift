package import Timing
package import Wire

/// Where a trace goes.
package struct TraceTarget: Hashable, Sendable {
  package var address: IPv6Address
  /// Interface index (RFC 4007 §6); 0 where the address needs none.
  package var zone: UInt32
  /// The address that probes leave from, which their checksums cover; `.unspecified` where the kernel makes the
  /// checksum.
  package var source: IPv6Address

  package init(address: IPv6Address, zone: UInt32 = 0, source: IPv6Address = .unspecified) {
    self.address = address
    self.zone = zone
    self.source = source
  }
}

/// What a trace sends, how fast, how far, and how long it waits. Plain values; the same for verb and faces.
package struct TraceConfiguration: Sendable {
  package enum Method: String, Hashable, Sendable, CaseIterable {
    /// UDP datagrams; the target answers port unreachable, or the datagram.
    case udp
    /// Echo requests.
    case icmp
    /// SYN segments that are never completed (half open).
    case tcp
    /// connect(2): the kernel sends the SYN and completes the handshake. One flow, so one probe at a time.
    case connect
  }

  /// Which octets `pollTransmit` writes.
  package enum Framing: Hashable, Sendable {
    /// The whole packet, IPv6 header included (a raw socket of IPPROTO_RAW).
    case packet
    /// UDP: the payload. ICMPv6: the message, its checksum the kernel's to write. Connect: nothing.
    case message
  }

  /// What tells one probe from another on the wire.
  package enum Correlation: Hashable, Sendable {
    /// One flow; the probe's number rides in a keyed payload cookie and the length (UDP), in the sequence number
    /// (TCP), in the sequence and a cookie (ICMPv6), with a constant ICMPv6 checksum.
    case keyed
    /// Destination port + 1 for each probe over the whole trace (UDP), a source port for each probe (TCP), from
    /// `flow` on. ICMPv6: the sequence alone, from `firstSequence` on.
    case portPerProbe
    /// Destination port = `flow.destinationPort` + hop limit; all queries of a hop alike (ndisc6).
    case portPerHop
  }

  /// What fills a UDP or echo payload where nothing of ours stands there.
  package enum Payload: Hashable, Sendable {
    /// Repeated; empty: octet i holds i (mod 256).
    case pattern([UInt8])
    /// Octet i holds 0x40 + (i & 0x3f), and nothing of ours stands in it (traceroute).
    case traceroute
    /// All zero but what ndisc6's rltraceroute6 writes, and nothing of ours.
    case ndisc6
    /// Hop limit and send time as iputils' tracepath writes them, and nothing of ours.
    case tracepath
  }

  /// How long an unanswered probe is waited for.
  package enum Wait: Hashable, Sendable {
    /// `floor` at least, and as much longer as the slowest answers so far ask for; `maximum` while nothing has
    /// answered.
    case adaptive(floor: Nanoseconds, maximum: Nanoseconds)
    /// Each probe the same.
    case fixed(Nanoseconds)
    /// traceroute's: `here` times the round trip of the same hop, else `near` times that of a later hop, else
    /// `maximum`.
    case traceroute(maximum: Nanoseconds, here: Double, near: Double)
  }

  /// What is to be found out.
  package enum Mode: Hashable, Sendable {
    /// Each hop once, with `queries` probes.
    case hops
    /// All paths, until a hidden next hop is left with at most 1 - `confidence` probability (0.95, 0.99).
    case paths(confidence: Double)
    /// The path MTU of each hop, starting from `packetLength`.
    case mtu
    /// One probe to each hop, again and again (`mtr`): so many times, nil until stopped.
    case rounds(count: Int?, interval: Nanoseconds)
  }

  package var targets: [TraceTarget]
  package var method: Method = .udp
  package var framing: Framing = .message
  package var correlation: Correlation = .keyed
  package var mode: Mode = .hops
  package var payload: Payload = .pattern([])
  /// The one flow of the default mode; others are made from it.
  package var flow = TraceFlow(sourcePort: 0, destinationPort: 33_434)
  /// The destination port is part of the question: the flows of mode `.paths` vary the source port (UDP, framing
  /// `.packet`) or the flow label alone (`.message`) instead, and correlation `.portPerProbe` over UDP counts the
  /// source port up (`traceroute -U`).
  package var isDestinationPortFixed = false
  package var trafficClass: UInt8 = 0
  /// Octets of the IPv6 packet. UDP in keyed correlation adds up to 63 to tell hops apart by length, unless
  /// `isLengthFixed`.
  package var packetLength = 80
  package var isLengthFixed = false
  /// The sequence of the first echo request.
  package var firstSequence: UInt16 = 1
  /// A TCP probe has no options where `tcpOptions` is empty, not even MSS.
  package var isTCPBare = false
  /// Packet Too Big ends the path as any other error does, also where this host itself refuses the probe's length;
  /// else shorter probes go on (mode `.hops`).
  package var endsAtPacketTooBig = false
  /// Mode `.hops`: one answer of a hop is enough, and no further query is asked (tracepath, one probe at a time).
  package var stopsQueryingOnAnswer = false
  /// Mode `.hops`: a path that loops is not followed to the last hop.
  package var endsAtLoop = true
  /// Whole TCP options as they stand behind the header, a multiple of 4 octets; empty: MSS alone.
  package var tcpOptions: [UInt8] = []
  /// TCP flags of a probe (RFC 9293 §3.1); SYN unless a face asks for others.
  package var tcpFlags: TCPHeader.Flags = .syn
  /// Routers to go through on the way, by a segment routing header (RFC 8754); framing `.packet` only.
  package var gateways: [IPv6Address] = []
  package var firstHop: UInt8 = 1
  package var maximumHops: UInt8 = 30
  package var queries = 3
  /// Probes a second over all targets; nil: as fast as the windows allow.
  package var rate: Double? = nil
  /// Time between two probes, whatever the rate (`-z`).
  package var minimumGap: Nanoseconds = .zero
  /// Probes in flight over all targets; nil: the engine lets it grow with the answers.
  package var maximumInFlight: Int? = nil
  /// Probes in flight to one hop of one target.
  package var inFlightPerHop = 3
  /// Targets that are traced at the same time.
  package var targetsAtOnce = 1_000
  package var wait: Wait = .adaptive(floor: .milliseconds(500), maximum: .seconds(3))
  /// Silent hops in a row after which no further hop is asked; nil: none.
  package var gapLimit: Int? = nil
  /// Hops known from the trace of another target are not asked again.
  package var sharesHops = false
  /// Whole length of a run; nil: none.
  package var deadline: Nanoseconds? = nil
  /// Emit events for each probe (`reply`, `late`, `lost`); hops come in any case.
  package var reportsProbes = true
  /// Emit `late` where the other events of probes are not wanted.
  package var reportsLate = false
  package var seed: UInt64 = 0

  package init(targets: [TraceTarget]) { self.targets = targets }
}
