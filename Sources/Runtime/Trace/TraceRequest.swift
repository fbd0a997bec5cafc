package import ProbeEngine

/// All that a trace needs, as plain values: what the verb and the faces fill in.
package struct TraceRequest: Sendable {
  /// How packets leave and answers come back.
  package enum Path: Sendable {
    /// Raw sockets and capture where allowed, else the error queue. For UDP and ICMPv6 in the keyed mode of one
    /// flow the error queue serves as well and starts sooner; `automatic` still prefers raw, which sees more.
    case automatic
    /// Sockets of the method's own and their error queue, without privileges.
    case errorQueue
    /// A raw socket sends, libpcap captures.
    case raw
  }

  /// The engine's part; `targets`, `framing`, source ports and identifiers are filled in at set-up.
  package var configuration = TraceConfiguration(targets: [])
  /// As given: names, addresses, `fe80::1%eth0`.
  package var targetNames: [String] = []
  package var path: Path = .automatic
  /// Source address text, with `%zone` where needed.
  package var source: String?
  /// Outgoing interface by name.
  package var interface: String?
  /// `SO_MARK`.
  package var mark: UInt32?
  /// Source port for all probes; nil: one that the kernel has free, reserved while the run lasts.
  package var sourcePort: UInt16?
  /// 20 bits; nil: 0 on the wire, whatever the host's own flow labels.
  package var flowLabel: UInt32?
  /// Text of the routers to go through.
  package var gateways: [String] = []
  /// `SO_DONTROUTE`: only hosts on the link.
  package var isRoutingBypassed = false
  /// `SO_DEBUG`.
  package var isSocketDebugged = false
  /// A probe longer than the path carries leaves in fragments (IPV6_PMTUDISC_DONT), or is refused
  /// (IPV6_PMTUDISC_PROBE). nil: in fragments where it is longer than the link takes.
  package var isFragmentationAllowed: Bool?
  /// Each probe has a socket of its own, as the original of a face has (UDP without privileges).
  package var hasSocketPerProbe = false
  /// A name that fails is reported to the sink (`targetFailed`) and the others are traced.
  package var keepsGoingWithoutNames = false
  /// nil: from getrandom(2).
  package var seed: UInt64?

  package init() {}
}
