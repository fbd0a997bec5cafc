package import ProbeEngine
package import Timing
package import Wire

/// All that a ping run needs, as plain values: what the verb and the face fill in.
package struct PingRequest: Sendable {
  /// How packets leave.
  package enum Path: Sendable {
    /// Datagram socket, else raw.
    case automatic
    case datagram
    case raw
  }

  /// How replies come back.
  package enum Arrival: Sendable {
    /// By the datagram socket; on the raw path by libpcap.
    case automatic
    case socket
    case pcap
  }

  /// `IPV6_MTU_DISCOVER` (ipv6(7)).
  package enum PathMTUDiscovery: Sendable {
    /// Never fragment, keep to the known path MTU.
    case `do`
    /// Fragment as needed, take no notice of the path MTU.
    case dont
    /// Fragment where the path MTU asks for it.
    case want
    /// Never fragment, take no notice of the path MTU.
    case probe
  }

  /// One of many targets.
  package enum Target: Hashable, Sendable {
    /// A name for the resolver, or an address in another spelling than its own.
    case name(String)
    /// So many addresses from this one on, in the zone of that index (0: they need none).
    case addresses(IPv6Address, count: Int, zone: UInt32)
  }

  /// The engine's part; its `targets` are filled in after name resolution.
  package var configuration = PingConfiguration(targets: [])
  /// As given: names, addresses, `fe80::1%eth0`.
  package var targetNames: [String] = []
  /// Targets behind those. A name that fails among these is told of, and does not end the run.
  package var targets: [Target] = []
  /// Each address of a name is a target.
  package var asksAllAddresses = false
  /// The interval is the program's choice: with so many targets that probes would be closer together than this, it is
  /// longer.
  package var leastSpacing: Nanoseconds?
  package var path: Path = .automatic
  package var arrival: Arrival = .automatic
  /// Source address text, with `%zone` where needed.
  package var source: String?
  /// Outgoing interface by name (`SO_BINDTODEVICE` and `IPV6_PKTINFO`).
  package var interface: String?
  package var hopLimit: UInt8?
  package var trafficClass: UInt8?
  /// 20 bits; 0 asks the kernel for a random label.
  package var flowLabel: UInt32?
  /// `SO_MARK`; a failure to set it ends the run.
  package var mark: UInt32?
  package var pathMTUDiscovery: PathMTUDiscovery?
  /// `SO_SNDBUF` in octets.
  package var sendBuffer: Int?
  /// Echo identifier; nil: the kernel's on a datagram socket, random on a raw one. 0 forces raw (iputils).
  package var identifier: UInt16?
  package var isMulticastLoopOff = false
  package var isRoutingBypassed = false
  package var isSocketDebugged = false
  /// Fail at once where there is no route to the first target (iputils), in place of counting each failure.
  package var checksRouteFirst = false
  /// The source found by the route look-up is bound, so that a later change of address or route does not change
  /// it (`-B`).
  package var isSourceFixed = false
  /// Source and interface of the route are to be named at the start.
  package var namesRoute = false
  /// Sleep to 60 µs before the deadline, then spin.
  package var isPacePrecise = false
  /// Reverse names are looked up, asynchronously, never in the way of a probe.
  package var looksUpNames = true
  /// nil: from getrandom(2).
  package var seed: UInt64?

  package init() {}
}
