import ProbeEngine
package import Timing
package import Wire

/// The hosts that a sampling run asks, and the paths to them.
package struct SampleNetwork: Sendable {
  /// By address. Nobody answers for an address without a host.
  package var hosts: [IPv6Address: SampleHost] = [:]
  /// The routers that a traceroute meets.
  package var path = VirtualPath([])
  /// Each call to send fails with this errno(3).
  package var sendErrno: Int32?
  /// How long a neighbor is solicited that does not answer: three times a second (RFC 4861 §10).
  package static let solicitation = Nanoseconds.seconds(3)
  private var random: RandomNumbers
  /// The neighbor table: what each neighbor answered last.
  private var neighbors: [IPv6Address: LinkLayerAddress] = [:]

  package init(seed: UInt64 = 1) {
    random = RandomNumbers(seed: seed)
  }

  mutating func deliveries(for probe: SampleTransmit, of kind: SampleProbe, _ octets: [UInt8])
    -> [SampleDelivery]
  {
    hosts[probe.destination.address]?.deliveries(for: probe, of: kind, octets, random: &random) ?? []
  }

  /// What comes of an order, and when.
  mutating func carryOut(_ order: SampleOrder, at now: Instant) -> (finding: SampleFinding, at: Instant) {
    if let sendErrno { return (.failed(errno: sendErrno, text: "the link is down"), now) }
    switch order.act {
    case .trace(let trace): return self.trace(trace, to: order.destination, at: now)
    case .neighbor: return solicit(order.destination.address, at: now)
    }
  }

  private mutating func trace(_ order: TraceOrder, to destination: SampleTarget, at now: Instant) -> (
    finding: SampleFinding, at: Instant
  ) {
    var configuration = TraceConfiguration(
      targets: [TraceTarget(address: destination.address, source: TraceScenario.source)])
    configuration.framing = .packet
    configuration.method = order.method
    configuration.flow.sourcePort = 50_000
    if order.port != 0 { configuration.flow.destinationPort = order.port }
    configuration.maximumHops = order.maximumHops
    configuration.queries = order.queries
    configuration.seed = random.next()
    var simulation = TraceSimulation(configuration, over: path)
    simulation.start = now
    var hops: [TraceHop] = []
    var end: TraceEnd?
    let finishedAt = simulation.run { event in
      switch event {
      case .hop(let hop): hops.append(hop)
      case .end(let theEnd): end = theEnd
      default: break
      }
    }
    path = simulation.path
    guard let end else { return (.failed(errno: 0, text: "the trace did not end"), finishedAt) }
    return (.path(SampledPath(hops: hops, end: end)), finishedAt)
  }

  private mutating func solicit(_ address: IPv6Address, at now: Instant) -> (
    finding: SampleFinding, at: Instant
  ) {
    guard let host = hosts[address], host.service != .silent, let link = host.link else {
      let at = now + SampleNetwork.solicitation
      var summary = NeighborSummary(target: 0, verdict: .silent, at: at)
      (summary.attempted, summary.unanswered) = (3, 3)
      return (.neighbor(summary), at)
    }
    let at = now + host.delay
    let known = neighbors.updateValue(link, forKey: address)
    var summary = NeighborSummary(
      target: 0, verdict: known.map { $0 == link ? .agrees : .differs } ?? .absent, at: at)
    summary.claims = [
      NeighborClaim(
        optionLink: link, frameLink: link, source: address,
        flags: NeighborAdvertisement.Flags(rawValue: 0x60), answers: 1,
        roundTrip: host.delay, firstAt: at)
    ]
    summary.kernel = known.map { KernelNeighbor(address: address, interface: 1, link: $0, state: .reachable) }
    (summary.attempted, summary.answered) = (1, 1)
    return (.neighbor(summary), at)
  }
}
