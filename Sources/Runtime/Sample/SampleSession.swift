import LinuxNet
import ProbeEngine
import Timing
import Wire

/// Runs one sampling from request to summary: the only place where engine, sockets, clock and signals meet.
package enum SampleSession {
  /// Runs to the end; the figures as they were told to the sink last. True: a signal ended it.
  package static func run<Sink: SampleSink & ~Copyable>(
    _ request: SampleRequest, sink: inout Sink
  ) throws(PingFailure) -> Bool {
    let signals = HeldSignals(
      try SignalDescriptor.ofSession([.interrupt, .terminate, .hangUp, .quit, .terminalStop]))
    var setup = try SampleSetup.open(request, signals)
    try setup.dropPrivileges(request)
    setup.waitForStamps()
    setup.start.at = SystemClock.monotonicNow()
    do throws(SystemError) {
      var run = try Run(&setup, request, signals)
      sink.begin(setup.start, clock: run.clock)
      try run.loop(&sink)
      try run.end(&sink)
      return run.isInterrupted
    } catch { throw .system(error) }
  }

  /// The engine and all that it meets, while they run.
  struct Run: ~Copyable {
    private var engine: SampleEngine
    private var transport: SampleTransport
    private(set) var clock = KernelClock()
    private var orders: SampleOrders
    private var lookUps: SampleLookUps
    private var reload: SampleReload
    private let mailbox: Mailbox<SampleNews>
    private let signals: HeldSignals
    private(set) var isInterrupted = false
    private let waitsAtSignal: Bool
    private var tick: Nanoseconds?
    private var nextTick = Instant.distantFuture

    init(
      _ setup: inout SampleSetup, _ request: SampleRequest, _ signals: HeldSignals
    ) throws(SystemError) {
      engine = SampleEngine(setup.start.configuration, at: setup.start.at)
      var sockets = SampleSockets()
      swap(&sockets, &setup.sockets)
      transport = try SampleTransport(sockets, messageLength: engine.messageLength)
      transport.configure(
        request.configuration.groups, setup.paths, setup.common, messageLength: engine.messageLength)
      orders = setup.orders
      mailbox = setup.mailbox
      lookUps = SampleLookUps(
        setup.sources.lookUps, every: request.resolveInterval, mailbox, at: setup.start.at)
      reload = SampleReload(request, setup.start, setup.common)
      self.signals = signals
      waitsAtSignal = request.waitsAtSignal
      if setup.sources.isInterrupted {
        isInterrupted = true
        engine.stop(at: setup.start.at)
      }
      setTick(request.tick, at: setup.start.at)
    }

    mutating func loop<Sink: SampleSink & ~Copyable>(_ sink: inout Sink) throws(SystemError) {
      var poller = Poller()
      let signalSlot = poller.add(number: signals.number)
      let newsSlot = poller.add(number: mailbox.number)
      let captureSlot = transport.captureDescriptor.map { poller.add(number: $0) }
      var echoSlot: Poller.Slot?
      var udpSlot: Poller.Slot?
      var connectionSlot: Poller.Slot?

      while true {
        engine.handleTimeout(at: SystemClock.monotonicNow())
        engine.wallOffset = clock.pair.offset
        let retry = transport.transmit(&engine, clock: clock)
        drain(&sink)
        try sink.flush(isLast: false)
        let now = SystemClock.monotonicNow()
        if nextTick <= now { handleTick(&sink, at: now) }
        guard let next = engine.nextTimeout(now: now) else { return }
        lookUps.startIfDue(at: now)
        // A new plan may have opened one.
        if echoSlot == nil, let number = transport.echoDescriptor { echoSlot = poller.add(number: number) }
        if udpSlot == nil, let number = transport.udpDescriptor { udpSlot = poller.add(number: number) }

        if connectionSlot == nil, transport.connects {
          connectionSlot = poller.add(number: transport.connections.descriptor)
        }

        let deadline = min(retry ?? next, nextTick, lookUps.due)
        // `distantFuture` means that only an arrival or a signal can end the wait.
        let ready = try poller.wait(
          until: deadline == .distantFuture ? nil : ExactWait.wakeUp(for: deadline))
        clock.refresh()
        guard ready > 0 else { continue }
        let echo = echoSlot.map { poller.readiness(of: $0) } ?? []
        let isCaptured = captureSlot.map { !poller.readiness(of: $0).isEmpty } ?? false
        if !echo.isEmpty { try transport.receiveEcho(echo, &engine, clock: clock) }
        if isCaptured { transport.receiveCaptured(&engine, clock: clock) }
        let udp = udpSlot.map { poller.readiness(of: $0) } ?? []
        if !udp.isEmpty { try transport.receiveUDP(udp, &engine, clock: clock) }
        if let connectionSlot, !poller.readiness(of: connectionSlot).isEmpty {
          try transport.receiveConnections(&engine, clock: clock)
        }
        if !poller.readiness(of: newsSlot).isEmpty { handleNews(&sink) }
        if poller.readiness(of: signalSlot).contains(.readable) { try handleSignals(&sink) }
      }
    }

    mutating func end<Sink: SampleSink & ~Copyable>(_ sink: inout Sink) throws(SystemError) {
      drain(&sink)
      let now = SystemClock.monotonicNow()
      tellDrops(&sink, at: now)
      sink.end(engine, at: now, clock: clock)
      try sink.flush(isLast: true)
    }

    // MARK: Out

    private mutating func drain<Sink: SampleSink & ~Copyable>(_ sink: inout Sink) {
      while let event = engine.pollEvent() {
        if case .order(let order) = event { orders.submit(order) }
        sink.handle(event, clock: clock)
      }
    }

    private mutating func setTick(_ interval: Nanoseconds?, at now: Instant) {
      tick = interval.map { max($0, .milliseconds(1)) }
      nextTick = tick.map { now + $0 } ?? .distantFuture
    }

    private mutating func handleTick<Sink: SampleSink & ~Copyable>(_ sink: inout Sink, at now: Instant) {
      guard let tick else { return }
      // Absolute, and those that this host slept through are left out.
      nextTick = nextTick + tick
      if nextTick <= now { nextTick = now + tick }
      tellDrops(&sink, at: now)
      sink.tick(engine, at: now, clock: clock)
    }

    private func tellDrops<Sink: SampleSink & ~Copyable>(_ sink: inout Sink, at now: Instant) {
      let drops = transport.newDrops()
      if drops > 0 { sink.dropped(drops, at: now, clock: clock) }
    }

    // MARK: In

    private mutating func handleNews<Sink: SampleSink & ~Copyable>(_ sink: inout Sink) {
      for news in mailbox.take() {
        let now = SystemClock.monotonicNow()
        switch news {
        case .finding(let order, let finding): engine.handleFinding(order, finding, at: now)
        case .address(let generation, let target, let answer):
          guard generation == lookUps.generation else { continue }
          handleAddress(of: target, answer, at: now)
        case .lookedUp(let generation): lookUps.handleEnd(of: generation, at: now)
        case .reloaded(let generation, let plan):
          if generation == reload.generation { take(plan, &sink, at: now) }
        case .reloadFailed(let generation, let failure):
          if generation == reload.generation { sink.reloadFailed(failure) }
        }
      }
    }

    private mutating func handleAddress(of target: Int, _ answer: SampleSources.Answer, at now: Instant) {
      guard engine.configuration.targets.indices.contains(target) else { return }
      let known = engine.configuration.targets[target]
      switch answer {
      case .success(let addresses):
        // Servers that take turns among a name's addresses are no change: the one that is asked stays while it is one
        // of them.
        let isSame = addresses.contains { $0.address == known.address && $0.scope == known.zone }
        guard !isSame, let first = addresses.first else { return }
        engine.handleAddress(of: target, ProbeTarget(address: first.address, zone: first.scope), at: now)
      case .failure(.resolution(_, let error, _)) where error.isNameWithoutAddress:
        if known.isResolved { engine.handleAddress(of: target, nil, at: now) }
      case .failure:
        // Nobody could be asked: what was known is still the best.
        break
      }
    }

    private mutating func handleSignals<Sink: SampleSink & ~Copyable>(
      _ sink: inout Sink
    ) throws(SystemError) {
      while let signal = try signals.next() {
        let now = SystemClock.monotonicNow()
        switch signal {
        case .quit: sink.snapshot(engine, at: now, clock: clock)
        case .terminalStop: try Signal.stopProcess()
        case .hangUp: if let request = sink.reload() { reload.begin(request, mailbox) }
        default:
          if isInterrupted || !waitsAtSignal { engine.abandon(at: now) } else { engine.stop(at: now) }
          isInterrupted = true
          sink.interrupted()
        }
      }
    }

    /// Goes on with a new plan, whose names are known now.
    private mutating func take<Sink: SampleSink & ~Copyable>(
      _ plan: SampleReload.Plan, _ sink: inout Sink, at now: Instant
    ) {
      guard !isInterrupted else { return }
      // What waits is told by the old plan's numbers.
      drain(&sink)
      let (request, sources) = (plan.request, plan.sources)
      var start = SampleStart(configuration: request.configuration, targets: sources.found, at: now)
      start.path = reload.path
      start.isCaptured = reload.isCaptured
      start.configuration.targets = sources.targets
      start.configuration.seed = engine.configuration.seed
      transport.open(request, &start)
      reload.path = start.path
      reload.isCaptured = start.isCaptured
      start.configuration.identifier = transport.identifier
      start.configuration.reportsDepartures = engine.configuration.reportsDepartures
      start.notes += orders.configure(request.configuration.groups)
      let kept = SampleReload.kept(
        from: engine.configuration, reload.names, to: start.configuration, sources.found.names)
      reload.names = sources.found.names
      transport.giveUpPending(&engine)
      engine.reconfigure(start.configuration, keeping: kept, at: now)
      transport.configure(
        request.configuration.groups, plan.paths, reload.common, messageLength: engine.messageLength)
      lookUps.replace(sources.lookUps, every: request.resolveInterval, at: now)
      setTick(request.tick, at: now)
      sink.reloaded(start, clock: clock)
    }
  }
}
