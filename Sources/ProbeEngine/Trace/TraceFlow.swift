/// What routers take for one stream of packets: the fields that a load balancer may hash, addresses aside.
package struct TraceFlow: Hashable, Sendable {
  /// UDP, TCP: source port. ICMPv6: the echo identifier. 0 leaves the choice to the kernel, which then picks
  /// anew for each probe.
  package var sourcePort: UInt16
  /// UDP, TCP: destination port. ICMPv6: 0.
  package var destinationPort: UInt16
  /// 20 bits (RFC 6437).
  package var flowLabel: UInt32

  package init(sourcePort: UInt16, destinationPort: UInt16, flowLabel: UInt32 = 0) {
    self.sourcePort = sourcePort
    self.destinationPort = destinationPort
    self.flowLabel = flowLabel
  }
}

/// One probe as a walk orders it: where to, how far, along which flow, how long.
package struct TraceProbe: Hashable, Sendable {
  /// Index of the target.
  package var target: Int
  package var hopLimit: UInt8
  /// Number of the query at this hop (along this flow), from 0; repetitions count on.
  package var query: Int
  package var flow: TraceFlow
  /// Octets of the whole IPv6 packet, header included.
  package var packetLength: Int
  /// Mode `.paths`: number of the flow among those of its target, from 0; elsewhere 0.
  package var flowNumber = 0

  package init(target: Int, hopLimit: UInt8, query: Int, flow: TraceFlow, packetLength: Int) {
    self.target = target
    self.hopLimit = hopLimit
    self.query = query
    self.flow = flow
    self.packetLength = packetLength
  }
}

/// A probe that is to leave now, with its number for the calls that say what became of it.
package struct TraceTransmit: Sendable {
  /// 64 bits, from 0, over all targets.
  package var number: UInt64
  package var probe: TraceProbe
  /// Octets of the buffer that it fills; by `TraceConfiguration.Framing`. 0 where the kernel makes the packet.
  package var octets: Int

  package init(number: UInt64, probe: TraceProbe, octets: Int) {
    self.number = number
    self.probe = probe
    self.octets = octets
  }
}
