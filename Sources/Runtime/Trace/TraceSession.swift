import LinuxNet
package import ProbeEngine
import Timing

/// Runs one trace from request to end: the only place where trace engine, sockets, clock and signals meet.
package enum TraceSession {
  /// Runs to the end; the ends of all targets in the order of targets.
  package static func run<Sink: TraceSink & ~Copyable>(
    _ request: TraceRequest, sink: inout Sink
  ) throws(PingFailure) -> [TraceEnd] {
    let signals = try SignalDescriptor.ofSession([
      .interrupt, .quit, .terminate, .hangUp, .terminalStop, .windowChange, .continue,
    ])
    var setup = try TraceSetup.open(request)
    try setup.dropPrivileges()
    return try conduct(&setup, HeldSignals(signals), &sink)
  }

  /// One trace in the course of another run, on any thread: signals and privileges are that run's. `raises`: what it
  /// kept for sockets that are made later.
  static func runWithin<Sink: TraceSink & ~Copyable>(
    _ request: TraceRequest, raises: Capabilities, sink: inout Sink
  ) throws(PingFailure) -> [TraceEnd] {
    var setup = try TraceSetup.open(request, raises: raises)
    return try conduct(&setup, nil, &sink)
  }

  private static func conduct<Sink: TraceSink & ~Copyable>(
    _ setup: inout TraceSetup, _ signals: HeldSignals?, _ sink: inout Sink
  ) throws(PingFailure) -> [TraceEnd] {
    setup.start.at = SystemClock.monotonicNow()
    var run = Run(setup, signals)
    sink.begin(setup.start, clock: run.clock)
    for (name, failure) in setup.failedNames { sink.targetFailed(name, failure) }
    setup.waitForStamps()
    do throws(SystemError) {
      // Names alone that failed: nothing to trace.
      if !setup.start.targets.isEmpty { try run.go(&setup, &sink) }
      sink.end(at: SystemClock.monotonicNow(), clock: run.clock)
      try sink.flush(isLast: true)
    } catch { throw .system(error) }
    return run.ends.compactMap { $0 }
  }

  /// The engine and its clock while they run.
  private struct Run: ~Copyable {
    var engine: TraceEngine
    var clock = KernelClock()
    var ends: [TraceEnd?]
    /// nil: somebody else's matter.
    let signals: HeldSignals?

    init(_ setup: borrowing TraceSetup, _ signals: HeldSignals?) {
      self.signals = signals
      engine = TraceEngine(setup.configuration, at: setup.start.at)
      ends = Array(repeating: nil, count: setup.start.targets.count)
    }

    mutating func go<Sink: TraceSink & ~Copyable>(
      _ setup: inout TraceSetup, _ sink: inout Sink
    ) throws(SystemError) {
      let hasOthers = setup.hasOtherFlows
      let port = setup.configuration.flow.sourcePort
      if let socket = setup.udpSocket.take() {
        var transport = try TraceSocketTransport(
          socket: socket, port: port, capture: nil, settings: setup.settings,
          destinations: setup.destinations, messageLength: engine.messageLength, hasOtherFlows: hasOthers)
        try loop(&transport, &sink)
      } else if let socket = setup.echoSocket.take() {
        var transport = try TraceSocketTransport(
          socket: socket, port: port, capture: nil, settings: setup.settings,
          destinations: setup.destinations, messageLength: engine.messageLength, hasOtherFlows: hasOthers)
        try loop(&transport, &sink)
      } else if let socket = setup.packetSocket.take() {
        var transport = try TraceSocketTransport(
          socket: socket, port: port, capture: setup.capture?.take(), settings: setup.settings,
          destinations: setup.destinations, messageLength: engine.messageLength, hasOtherFlows: false)
        try loop(&transport, &sink)
      } else {
        var transport = try TraceConnectTransport(
          settings: setup.settings, destinations: setup.destinations,
          reservation: setup.reservation.take(), messageLength: engine.messageLength)
        try loop(&transport, &sink)
      }
    }

    private mutating func loop<Transport: TraceTransport & ~Copyable, Sink: TraceSink & ~Copyable>(
      _ transport: inout Transport, _ sink: inout Sink
    ) throws(SystemError) {
      var poller = Poller()
      let signalSlot = (signals?.number).map { poller.add(number: $0) }
      let slots = transport.descriptors.map { poller.add(number: $0) }
      var wakeSlot: Poller.Slot?
      var inputSlot: Poller.Slot?

      while true {
        engine.handleTimeout(at: SystemClock.monotonicNow())
        let retry = transport.transmit(&engine, clock: clock)
        while let event = engine.pollEvent() {
          if case .end(let end) = event, ends.indices.contains(end.target) { ends[end.target] = end }
          sink.handle(event, clock: clock)
        }
        try sink.flush(isLast: false)
        guard let next = engine.nextTimeout(now: SystemClock.monotonicNow()) else { return }
        if wakeSlot == nil, let descriptor = sink.wakeDescriptor { wakeSlot = poller.add(number: descriptor) }
        listen(to: sink.inputDescriptor, &inputSlot, &poller)

        let sinkWake = sink.nextWake
        let deadline = min(retry ?? next, sinkWake ?? .distantFuture)
        // `distantFuture` means that only an arrival or a signal can end the wait.
        _ = try poller.wait(until: deadline == .distantFuture ? nil : ExactWait.wakeUp(for: deadline))
        clock.refresh()
        for i in slots.indices {
          let readiness = poller.readiness(of: slots[i])
          if !readiness.isEmpty { try transport.receive(from: i, readiness, &engine, clock: clock) }
        }
        let isWoken = wakeSlot.map { poller.readiness(of: $0).contains(.readable) } ?? false
        if isWoken || sinkWake.map({ $0 <= SystemClock.monotonicNow() }) ?? false { sink.wake() }
        if let inputSlot, !poller.readiness(of: inputSlot).isEmpty { obey(sink.input()) }
        if let signalSlot, poller.readiness(of: signalSlot).contains(.readable) { try handleSignals(&sink) }
      }
    }

    /// Standard input may stop being listened to (its end), and start again.
    private func listen(to number: Int32?, _ slot: inout Poller.Slot?, _ poller: inout Poller) {
      if let known = slot {
        poller.setWanted(number == nil ? nil : .readable, of: known)
      } else if let number {
        slot = poller.add(number: number)
      }
    }

    private mutating func obey(_ control: TraceControl?) {
      let now = SystemClock.monotonicNow()
      switch control {
      case .pause: engine.pause()
      case .resume: engine.resume(at: now)
      case .quit: engine.stop(at: now)
      case nil: break
      }
    }

    private mutating func handleSignals<Sink: TraceSink & ~Copyable>(
      _ sink: inout Sink
    ) throws(SystemError) {
      while let signal = try signals?.next() {
        switch signal {
        case .quit: sink.snapshot(at: SystemClock.monotonicNow(), clock: clock)
        case .terminalStop:
          sink.suspend()
          try Signal.stopProcess()
          sink.redraw()
        case .windowChange, .continue: sink.redraw()
        default: engine.stop(at: SystemClock.monotonicNow())
        }
      }
    }
  }
}
