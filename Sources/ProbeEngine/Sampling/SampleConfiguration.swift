package import Timing
package import Wire

/// Whom a sampling run asks. A name that has no address yet has `::`.
package struct SampleTarget: Hashable, Sendable {
  package var address: IPv6Address
  /// Interface index (RFC 4007 §6); 0 where the address needs none.
  package var zone: UInt32
  /// Index into `SampleConfiguration.groups`. The targets of a group stand together.
  package var group: UInt16
  /// UDP and TCP: the destination port; else 0.
  package var port: UInt16

  package init(_ address: IPv6Address, zone: UInt32 = 0, group: Int = 0, port: UInt16 = 0) {
    self.address = address
    self.zone = zone
    self.group = UInt16(clamping: group)
    self.port = port
  }

  /// It has an address that can be asked.
  package var isResolved: Bool { address != .unspecified }
}

/// What is asked of a group's targets.
package enum SampleProbe: Hashable, Sendable {
  /// Echo request (RFC 4443 §4.1).
  case echo
  /// A UDP datagram. With `acceptsUnreachable` a port unreachable from the target itself is an answer like any
  /// other, for the host answered; else it is an ICMPv6 error.
  case udp(acceptsUnreachable: Bool)
  /// connect(2) until SYN-ACK or RST. With `acceptsReset` an RST is an answer like any other, for the host
  /// answered; else it is an error (`SampleOutcome.icmpError`, answer `reset`).
  case tcp(acceptsReset: Bool)
  /// A traceroute to each target; an order to be carried out elsewhere.
  case trace(TraceOrder)
  /// Neighbor discovery of each target on a link; an order to be carried out elsewhere.
  case neighbor(interface: String)

  /// The engine writes no packet itself: `SampleEvent.order` says what to do.
  package var isOrder: Bool {
    switch self {
    case .echo, .udp, .tcp: false
    case .trace, .neighbor: true
    }
  }
}

/// How a traceroute to one target is made.
package struct TraceOrder: Hashable, Sendable {
  package var method: TraceConfiguration.Method
  /// Destination port; 0: the method's own.
  package var port: UInt16
  package var maximumHops: UInt8
  package var queries: Int

  package init(
    method: TraceConfiguration.Method = .udp, port: UInt16 = 0, maximumHops: UInt8 = 30, queries: Int = 1
  ) {
    self.method = method
    self.port = port
    self.maximumHops = maximumHops
    self.queries = queries
  }
}

/// How packets of a group leave. Nothing here concerns the engine.
package struct SamplePath: Hashable, Sendable {
  package var hopLimit: UInt8?
  package var trafficClass: UInt8?
  /// By name; also the zone of link-local targets without one.
  package var interface: String?
  /// Source address text, with `%zone` where it needs one.
  package var source: String?
  /// Never fragment.
  package var isUnfragmented = false

  package init() {}
}

/// Targets that are asked the same question at the same pace.
package struct SampleGroup: Sendable {
  /// When a group's probes leave. Deadlines are absolute: what comes back, or does not, moves none.
  package enum Order: Hashable, Sendable {
    /// Targets in turn; each every `interval`, and from one to the next interval / targets (splay), or `spacing`
    /// where that is given; then an interval is at least targets × spacing.
    case constant(spacing: Nanoseconds?)
    /// A Poisson process of the group with mean interval / targets, each probe to a target drawn among those that
    /// still have probes to come (RFC 2330 §11.1.1; the sum of Poisson processes is one).
    case poisson
  }

  /// `fping` without count: a target is asked until it has answered, at most so often, and each wait is `backoff`
  /// times as long as the one before it.
  package struct Retry: Hashable, Sendable {
    package var attempts: Int
    package var backoff: Double
    /// A probe that could not leave is a target's last.
    package var endsAtSendError: Bool
    package init(attempts: Int, backoff: Double, endsAtSendError: Bool = false) {
      self.attempts = attempts
      self.backoff = backoff
      self.endsAtSendError = endsAtSendError
    }
  }

  package var name: String
  package var probe: SampleProbe
  /// Between two probes to one target; zero: as fast as possible.
  package var interval: Nanoseconds = .seconds(1)
  package var order: Order = .constant(spacing: nil)
  /// A deadline that is missed by more than this is dropped; nil: by more than the group's tick, and 10 ms. Targets
  /// that are all asked at once (no spacing) need as much as their sending takes.
  package var maximumLateness: Nanoseconds?
  /// From the probe's departure until it has failed.
  package var timeout: Nanoseconds = .seconds(1)
  /// So long behind the timeout an answer is `late`; after that the probe is lost, whatever comes.
  package var lateWindow: Nanoseconds = .seconds(1)
  /// Octets of payload: behind the 8-octet ICMPv6 echo header, or the UDP header.
  package var payloadLength = 56
  /// Repeated over the payload; empty: octet i holds i (mod 256).
  package var pattern: [UInt8] = []
  /// Probes to each target; nil: until the run ends.
  package var count: UInt64?
  package var retry: Retry?
  package var path = SamplePath()
  /// What is done once when trouble begins at a target: a traceroute.
  package var onTrouble: TraceOrder?
  /// Trouble is so many probes lost in a row (1 or more) …
  package var troubleLosses = 1
  /// … or a round trip above this; nil: more than four times the median so far, once there are 20.
  package var troubleRoundTrip: Nanoseconds?

  package init(name: String, probe: SampleProbe) {
    self.name = name
    self.probe = probe
  }
}

/// A whole sampling run. Plain values; the same for plan, verb and face.
package struct SampleConfiguration: Sendable {
  package var groups: [SampleGroup]
  /// In the order of groups.
  package var targets: [SampleTarget]
  /// From the first deadline until nothing more is sent; nil: until all counts are done, or stopped.
  package var duration: Nanoseconds?
  /// Probes scheduled this early are recorded as warm-up and enter no figure.
  package var warmup = Nanoseconds.zero
  /// Each group begins at a random time up to this late (seeded), so that machines do not march in step.
  package var splay = Nanoseconds.zero
  /// Emit `SampleEvent.record` for each probe.
  package var reportsRecords = true
  /// Measure from call to read, not between kernel stamps.
  package var measuresUserToUser = false
  /// Echo identifier of the one socket.
  package var identifier: UInt16 = 0
  /// As `PingConfiguration.reportsDepartures`.
  package var reportsDepartures = false
  /// Seeds nonces, schedules and splay; the same seed gives the same run.
  package var seed: UInt64 = 0

  package init(groups: [SampleGroup], targets: [SampleTarget]) {
    self.groups = groups
    self.targets = targets
  }
}
