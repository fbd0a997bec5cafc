import LinuxNet
package import ProbeEngine
import Timing

/// Runs one ping from request to summary: the only place where engine, sockets, clock and signals meet.
package enum PingSession {
  /// With `--pace precise` the last part before a deadline is spent spinning: waking up takes the kernel up to
  /// 60 µs on an idle processor.
  private static let spin = Nanoseconds.microseconds(60)

  /// Runs to the end. Returns the summaries that the sink was told last.
  package static func run<Sink: PingSink & ~Copyable>(
    _ request: PingRequest, sink: inout Sink
  ) throws(PingFailure) -> [PingSummary] {
    let signals = try SignalDescriptor.ofSession([.interrupt, .quit, .terminate, .hangUp, .terminalStop])
    var setup = try PingSetup.open(request)
    do throws(SystemError) { try Privileges.dropAll() } catch { throw .privileges(error) }

    var configuration = request.configuration
    configuration.targets = setup.start.targets.map { ProbeTarget(address: $0.address, zone: $0.zone) }
    configuration.identifier = setup.start.identifier
    configuration.seed = setup.seed
    configuration.reportsDepartures = setup.start.path == .datagram && !request.isFlood
    setup.start.at = SystemClock.monotonicNow()
    var clock = KernelClock()
    var engine = PingEngine(configuration, at: setup.start.at)
    var transport = PingTransport(
      socket: setup.takeSocket(), capture: setup.takeCapture(), captureInterface: setup.interfaceIndex,
      envelopes: setup.envelopes, messageLength: engine.messageLength, isFlood: request.isFlood)
    // Set-up took longer than the kernel's worker needs to switch receive stamps on, unless it had no processor.
    ICMPv6Socket.letStampsStart()
    sink.begin(setup.start, clock: clock)
    do throws(SystemError) {
      try loop(&engine, &transport, &clock, signals, request, &sink)
      let now = SystemClock.monotonicNow()
      let summaries = engine.summaries(at: now)
      sink.end(summaries, at: now, clock: clock)
      try sink.flush(isLast: true)
      return summaries
    } catch {
      throw .system(error)
    }
  }

  private static func loop<Sink: PingSink & ~Copyable>(
    _ engine: inout PingEngine, _ transport: inout PingTransport, _ clock: inout KernelClock,
    _ signals: borrowing SignalDescriptor, _ request: PingRequest, _ sink: inout Sink
  ) throws(SystemError) {
    var poller = Poller()
    let socketSlot = poller.add(transport.socket.descriptor)
    let signalSlot = poller.add(signals.descriptor)
    let captureSlot = transport.captureDescriptor.map { poller.add(number: $0) }
    var wakeSlot: Poller.Slot?

    while true {
      engine.handleTimeout(at: SystemClock.monotonicNow())
      engine.wallOffset = clock.pair.offset
      if transport.transmit(&engine, clock: &clock) > 0 { transport.drainErrors(&engine, clock: &clock) }
      while let event = engine.pollEvent() { sink.handle(event, clock: clock) }
      try sink.flush(isLast: false)
      guard let next = engine.nextTimeout(now: SystemClock.monotonicNow()) else { return }
      if wakeSlot == nil, let descriptor = sink.wakeDescriptor { wakeSlot = poller.add(number: descriptor) }

      // `distantFuture` means that only an arrival or a signal can end the wait.
      let deadline: Instant? =
        next == .distantFuture ? nil : ExactWait.wakeUp(for: request.isPacePrecise ? next - spin : next)
      _ = try poller.wait(until: deadline)
      _ = clock.refresh()
      let socketState = poller.readiness(of: socketSlot)
      if socketState.contains(.errorQueue), !transport.drainErrors(&engine, clock: &clock) {
        transport.clearPendingError()
      }
      if socketState.contains(.readable) || captureSlot.map({ poller.readiness(of: $0) }) == .readable {
        try transport.receive(&engine, clock: &clock)
      }
      if let wakeSlot, poller.readiness(of: wakeSlot).contains(.readable) { sink.wake() }
      if poller.readiness(of: signalSlot).contains(.readable) {
        try handle(signals, &engine, clock, &sink)
      }
      if request.isPacePrecise, let due = engine.nextTransmit(now: next), !engine.isFinished {
        let now = SystemClock.monotonicNow()
        if due > now, due - now <= spin { while SystemClock.monotonicNow() < due {} }
      }
    }
  }

  private static func handle<Sink: PingSink & ~Copyable>(
    _ signals: borrowing SignalDescriptor, _ engine: inout PingEngine, _ clock: KernelClock,
    _ sink: inout Sink
  ) throws(SystemError) {
    while let signal = try signals.next() {
      let now = SystemClock.monotonicNow()
      switch signal {
      case .quit: sink.snapshot(engine.summaries(at: now), at: now, clock: clock)
      case .terminalStop: try Signal.stopProcess()
      default: engine.stop()
      }
    }
  }
}

extension PingRequest {
  var isFlood: Bool { if case .flood = configuration.pace { true } else { false } }
}
