import LinuxNet
import ProbeEngine
import Timing

/// Runs one ping from request to summary: the only place where engine, sockets, clock and signals meet.
package enum PingSession {
  /// With `--pace precise` the last part before a deadline is spent spinning: waking up takes the kernel up to
  /// 60 µs on an idle processor.
  private static let spin = Nanoseconds.microseconds(60)

  /// Summaries that are in memory at a time.
  private static let summariesAtOnce = 256

  /// Runs to the end.
  package static func run<Sink: PingSink & ~Copyable>(
    _ request: PingRequest, sink: inout Sink
  ) throws(PingFailure) {
    let signals = try SignalDescriptor.ofSession([.interrupt, .quit, .terminate, .hangUp, .terminalStop])
    var setup = try PingSetup.open(request)
    do throws(SystemError) { try Privileges.dropAll() } catch { throw .privileges(error) }

    var configuration = request.configuration
    configuration.targets = setup.start.targets.addresses
    configuration.pace = request.pace(targets: configuration.targets.count)
    configuration.identifier = setup.start.identifier
    configuration.seed = setup.seed
    configuration.reportsDepartures = setup.start.path == .datagram && !setup.isBusy
    setup.start.at = SystemClock.monotonicNow()
    var clock = KernelClock()
    var engine = PingEngine(configuration, at: setup.start.at)
    var transport = PingTransport(
      socket: setup.takeSocket(), capture: setup.takeCapture(), captureInterface: setup.interfaceIndex,
      envelope: Envelope(to: nil, interface: setup.isConnected ? 0 : setup.interfaceIndex),
      targets: setup.isConnected ? [] : configuration.targets, flowInfo: setup.flowInfo,
      messageLength: engine.messageLength, isBusy: setup.isBusy)
    // Set-up took longer than the kernel's worker needs to switch receive stamps on, unless it had no processor.
    ICMPv6Socket.letStampsStart()
    sink.begin(setup.start, clock: clock)
    do throws(SystemError) {
      try loop(&engine, &transport, &clock, signals, request, &sink)
      let now = SystemClock.monotonicNow()
      var first = 0
      repeat {
        let last = min(first + summariesAtOnce, engine.configuration.targets.count)
        sink.end(engine.summaries(of: first..<last, at: now), at: now, clock: clock)
        first = last
        try sink.flush(isLast: first == engine.configuration.targets.count)
      } while first < engine.configuration.targets.count
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
      case .quit:
        for first in stride(from: 0, to: engine.configuration.targets.count, by: summariesAtOnce) {
          let last = min(first + summariesAtOnce, engine.configuration.targets.count)
          sink.snapshot(engine.summaries(of: first..<last, at: now), at: now, clock: clock)
          try sink.flush(isLast: false)
        }
      case .terminalStop: try Signal.stopProcess()
      default: engine.stop()
      }
    }
  }
}

extension PingRequest {
  var isFlood: Bool { if case .flood = configuration.pace { true } else { false } }

  /// Probes of a schedule that are closer together than this are sent as a flood's are: by the batch, and without
  /// what each message can do without.
  private static var busySpacing: Nanoseconds { .microseconds(100) }

  func isBusy(targets count: Int) -> Bool {
    switch pace(targets: count) {
    case .flood: true
    case .schedule(.constant(let interval)), .schedule(.poisson(let interval)):
      count > 1 && interval.count / Int64(count) < Self.busySpacing.count
    case .schedule(.burst), .adaptive: count >= 16
    }
  }

  /// The pace for so many targets.
  func pace(targets count: Int) -> PingConfiguration.Pace {
    guard let leastSpacing else { return configuration.pace }
    let least = Nanoseconds(Int64(clamping: Int128(leastSpacing.count) * Int128(max(count, 1))))
    switch configuration.pace {
    case .schedule(.constant(let interval)): return .schedule(.constant(interval: max(interval, least)))
    case .schedule(.poisson(let mean)): return .schedule(.poisson(mean: max(mean, least)))
    case .schedule(.burst), .flood, .adaptive: return configuration.pace
    }
  }
}
