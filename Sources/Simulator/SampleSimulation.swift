package import ProbeEngine
package import Timing
package import Wire

/// Runs a sampling engine over a virtual network in virtual time: the same loop as the real one, without waiting.
package struct SampleSimulation {
  /// What happens to the host or the network while the run lasts.
  package enum Act: Sendable {
    /// The process does not run for so long.
    case stall(Nanoseconds)
    /// Each call to send fails; nil: no longer.
    case sendErrno(Int32?)
    /// Another host stands at this address; nil: none any more.
    case host(IPv6Address, SampleHost?)
    case path(VirtualPath)
    /// Every target at this address has another one; nil: its name has none any more.
    case renumber(IPv6Address, IPv6Address?)
    case snapshot
    /// A new plan. `kept[i]`: the old index of new target i.
    case reload(SampleConfiguration, kept: [Int?])
    case stop
    case abandon
  }

  /// What whoever watches the run is told.
  package enum Happening {
    case event(SampleEvent)
    case snapshot(State)
    case reloaded(SampleConfiguration)
  }

  /// All figures at one time.
  package struct State {
    package var summary: SampleSummary
    /// By target.
    package var targets: [SampleFigures]
    package var progress: (attempted: UInt64, planned: UInt64?)
    package var inFlight: UInt64
  }

  package var configuration: SampleConfiguration
  package var network: SampleNetwork
  /// In the order of time.
  package var acts: [(at: Instant, act: Act)] = []
  package var start = Instant.zero
  /// The wall clock at instant zero, in nanoseconds since the epoch.
  package var wallOffset: Int64 = 1_767_225_600_000_000_000
  /// Kernel stamps are there (else the engine falls back on call and read).
  package var hasKernelStamps = true
  /// The host wakes so much behind its deadlines.
  package var wake = Nanoseconds.zero
  /// From call to send until a packet leaves, and from its arrival until the read.
  package var hostTransmit = Nanoseconds.zero
  package var hostReceive = Nanoseconds.zero
  /// The run was given up: the engine waited for nothing, or went round without getting on.
  package private(set) var hasStalled = false
  /// Most probes without an outcome at one time.
  package private(set) var mostInFlight: UInt64 = 0
  /// Probes that left, by the addresses that they went to.
  package private(set) var sent: [IPv6Address: UInt64] = [:]
  /// Times at which probes left, where `recordsDepartures`.
  package private(set) var departures: [Instant] = []
  package var recordsDepartures = false

  package init(_ configuration: SampleConfiguration, over network: SampleNetwork) {
    self.configuration = configuration
    self.network = network
  }

  /// Something that is to reach the engine at a time.
  private enum Input {
    case transmitted(UInt64)
    case delivery(SampleDelivery)
    case finding(UInt64, SampleFinding)
  }

  /// Runs to the end, and tells everything in order. Returns the figures and the end of virtual time.
  package mutating func run(_ watch: (Happening, Instant) -> Void) -> (state: State, end: Instant) {
    var engine = SampleEngine(configuration, at: start)
    engine.wallOffset = wallOffset
    var inputs = TimerQueue<Input>()
    var buffer = [UInt8](repeating: 0, count: engine.messageLength)
    var now = start
    var awake = start
    var idleTurns = 0
    var nextAct = 0

    while !engine.isFinished {
      var next = engine.nextTimeout(now: now) ?? .distantFuture
      if next > now, next < .distantFuture { next = next + wake }
      if let earliest = inputs.earliest { next = min(next, earliest) }
      if nextAct < acts.count { next = min(next, acts[nextAct].at) }
      // A turn without time, input or probe may settle something; more of them would be a loop that spins.
      idleTurns = next > now ? 0 : idleTurns + 1
      if next == .distantFuture || idleTurns > 3 {
        hasStalled = true
        break
      }
      now = max(now, next)
      while nextAct < acts.count, acts[nextAct].at <= now {
        idleTurns = 0
        if case .stall(let length) = acts[nextAct].act { awake = max(awake, acts[nextAct].at + length) }
        perform(acts[nextAct].act, on: &engine, at: max(now, awake), watch)
        nextAct += 1
      }
      // Who does not run notices nothing until it does.
      now = max(now, awake)
      if buffer.count < engine.messageLength { buffer = [UInt8](repeating: 0, count: engine.messageLength) }
      while let (due, input) = inputs.popDue(at: now) {
        idleTurns = 0
        deliver(input, due: due, at: now, to: &engine)
      }
      let open = engine.inFlight
      engine.handleTimeout(at: now)
      // It gives up so many at a time.
      if engine.inFlight != open { idleTurns = 0 }
      var span = buffer.mutableSpan
      while let transmit = engine.pollTransmit(at: now, into: &span) {
        idleTurns = 0
        send(transmit, (0..<transmit.octets).map { span[$0] }, at: now, engine: &engine, &inputs)
      }
      mostInFlight = max(mostInFlight, engine.inFlight)
      while let event = engine.pollEvent() {
        watch(.event(event), now)
        if case .order(let order) = event {
          idleTurns = 0
          let (finding, at) = network.carryOut(order, at: now)
          inputs.insert(.finding(order.number, finding), at: max(at, now))
        }
      }
    }
    while let event = engine.pollEvent() { watch(.event(event), now) }
    return (state(of: engine, at: now), now)
  }

  private func state(of engine: borrowing SampleEngine, at now: Instant) -> State {
    var targets: [SampleFigures] = []
    for target in configuration.targets.indices { targets.append(engine.figures(of: target, at: now)) }
    return State(
      summary: engine.summary(at: now), targets: targets, progress: engine.progress, inFlight: engine.inFlight
    )
  }

  private mutating func perform(
    _ act: Act, on engine: inout SampleEngine, at now: Instant, _ watch: (Happening, Instant) -> Void
  ) {
    switch act {
    case .stall: break
    case .sendErrno(let errno): network.sendErrno = errno
    case .host(let address, let host): network.hosts[address] = host
    case .path(let path): network.path = path
    case .renumber(let old, let new):
      for target in configuration.targets.indices where configuration.targets[target].address == old {
        configuration.targets[target].address = new ?? .unspecified
        engine.handleAddress(of: target, new.map { ProbeTarget(address: $0) }, at: now)
      }
    case .snapshot: watch(.snapshot(state(of: engine, at: now)), now)
    case .reload(let new, let kept):
      // What is still to be told belongs to the old plan's numbers.
      while let event = engine.pollEvent() { watch(.event(event), now) }
      configuration = new
      engine.reconfigure(new, keeping: kept, at: now)
      watch(.reloaded(new), now)
    case .stop: engine.stop(at: now)
    case .abandon: engine.abandon(at: now)
    }
  }

  private mutating func send(
    _ transmit: SampleTransmit, _ octets: [UInt8], at now: Instant, engine: inout SampleEngine,
    _ inputs: inout TimerQueue<Input>
  ) {
    if let errno = network.sendErrno {
      engine.handleSendFailure(transmit.number, errno: errno, at: now)
      return
    }
    sent[transmit.destination.address, default: 0] += 1
    if recordsDepartures { departures.append(now) }
    let leftAt = now + hostTransmit
    let kind = configuration.groups[Int(transmit.destination.group)].probe
    if hasKernelStamps, transmit.octets > 0 {
      if hostTransmit == .zero {
        engine.handleTransmitted(transmit.number, at: now)
      } else {
        inputs.insert(.transmitted(transmit.number), at: leftAt)
      }
    }
    for delivery in network.deliveries(for: transmit, of: kind, octets) {
      inputs.insert(.delivery(delivery), at: leftAt + delivery.after + hostReceive)
    }
  }

  private func deliver(_ input: Input, due: Instant, at now: Instant, to engine: inout SampleEngine) {
    switch input {
    case .transmitted(let number): engine.handleTransmitted(number, at: due)
    case .finding(let order, let finding): engine.handleFinding(order, finding, at: now)
    case .delivery(let delivery): deliver(delivery, stamp: due - hostReceive, at: now, to: &engine)
    }
  }

  private func deliver(
    _ delivery: SampleDelivery, stamp: Instant, at now: Instant, to engine: inout SampleEngine
  ) {
    let stamp = hasKernelStamps ? stamp : nil
    var arrival = Arrival(
      source: delivery.source, interface: 1, hopLimit: delivery.hopLimit, trafficClass: delivery.trafficClass,
      stamp: stamp, readAt: now)
    switch delivery.content {
    case .message(let octets): engine.handleReceived(octets.span, arrival)
    case .datagram(let octets, let port): engine.handleDatagram(octets.span, from: port, arrival)
    case .connected(let answer):
      // connect(2) tells no stamp and no header.
      (arrival.stamp, arrival.hopLimit, arrival.trafficClass) = (nil, nil, nil)
      if !engine.isSettled(delivery.number) { engine.handleConnected(delivery.number, answer, arrival) }
    case .error(let type, let code, let info, let quoted, let isUDP):
      let error = ErrorArrival(
        type: type, code: code, info: info, source: delivery.source, interface: 1,
        hopLimit: delivery.hopLimit, stamp: stamp, readAt: now)
      if quoted.isEmpty {
        engine.handleError(of: delivery.number, error)
      } else {
        engine.handleError(quoted.span, error, isUDP: isUDP)
      }
    }
  }
}
