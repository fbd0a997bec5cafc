import Capture
import LinuxNet
package import ProbeEngine
import Timing

/// Runs one act on a link from request to end: the only place where link engines, sockets, capture, netlink, clock
/// and signals meet.
package enum LinkSession {
  /// Runs to the end; the summaries in the order in which they came.
  package static func run<Sink: LinkSink & ~Copyable>(
    _ request: LinkRequest, sink: inout Sink
  ) throws(PingFailure) -> [LinkSummary] {
    let signals = try SignalDescriptor.ofSession([.interrupt, .terminate, .hangUp, .terminalStop])
    var setup = try LinkSetup.open(request)
    // Root's own file may be in a folder that only root's rights reach: it is opened before they are gone.
    let opensFileFirst = request.captureFile != nil && Process.isRealUserRoot
    if !opensFileFirst { try dropPrivileges(request) }

    setup.start.at = SystemClock.monotonicNow()
    let view = setup.start.view
    let now = setup.start.at
    var run = Run(request, opensFileFirst: opensFileFirst, HeldSignals(signals))
    switch setup.act {
    case .neighbor(let configuration):
      var engine = NeighborEngine(configuration, view: view, at: now)
      try run.go(&engine, &setup, &sink)
    case .conformance(let configuration):
      var engine = ConformanceEngine(configuration, view: view, at: now)
      try run.go(&engine, &setup, &sink)
    case .routers(let configuration):
      var engine = RouterEngine(configuration, view: view, at: now)
      try run.go(&engine, &setup, &sink)
    case .watch(let configuration):
      var engine = WatchEngine(configuration, view: view, at: now)
      try run.go(&engine, &setup, &sink)
    case .scan(let configuration):
      var engine = ScanEngine(configuration, view: view, at: now)
      try run.go(&engine, &setup, &sink)
    case .baseline(let configuration):
      var engine = GuardEngine(configuration, view: view, at: now)
      try run.go(&engine, &setup, &sink)
    }
    return run.summaries
  }

  /// For good; where a file is still to be written, capabilities of the real user root can be raised again.
  private static func dropPrivileges(_ request: LinkRequest) throws(PingFailure) {
    do throws(SystemError) {
      if request.keepsFileRights, Process.isRealUserRoot {
        try Privileges.lower(Capabilities(rawValue: .max))
      } else {
        try Privileges.dropAll()
      }
    } catch { throw .privileges(error) }
  }

  /// What lasts as long as the engine runs.
  struct Run: ~Copyable {
    private let request: LinkRequest
    /// Privileges are dropped behind the opening of the file.
    private let opensFileFirst: Bool
    /// nil: somebody else's matter.
    private let signals: HeldSignals?
    private var clock = KernelClock()
    fileprivate(set) var summaries: [LinkSummary] = []

    /// Without signals: one act in the course of another run, on any thread, by a link that is open already.
    init(
      _ request: LinkRequest, opensFileFirst: Bool = false, _ signals: HeldSignals? = nil
    ) {
      self.request = request
      self.opensFileFirst = opensFileFirst
      self.signals = signals
    }

    fileprivate mutating func go<Engine: LinkEngine, Sink: LinkSink & ~Copyable>(
      _ engine: inout Engine, _ setup: inout LinkSetup, _ sink: inout Sink
    ) throws(PingFailure) {
      var transport = LinkTransport(&setup, longestPacket: engine.longestPacket)
      if let file = request.captureFile {
        do throws(CaptureError) { try transport.openFile(file) } catch {
          throw .capture(text: error.description)
        }
      }
      if opensFileFirst { try dropPrivileges(request) }
      sink.begin(setup.start, clock: clock)
      var end: LinkEnd?
      do throws(LinkEnd) { try loop(&engine, &transport, setup.tables, &sink) } catch { end = error }
      if case .system(let error) = end { throw .system(error) }
      // What is known by now is the result, whatever became of the link.
      if end != nil { engine.stop(at: SystemClock.monotonicNow()) }
      drain(&engine, &sink)
      do throws(SystemError) {
        sink.end(at: SystemClock.monotonicNow(), clock: clock)
        try sink.flush(isLast: true)
      } catch { throw .system(error) }
      do throws(CaptureError) { try transport.closeFile() } catch { throw .capture(text: error.description) }
      if case .capture(let text) = end { throw .capture(text: text) }
    }

    mutating func loop<Engine: LinkEngine, Sink: LinkSink & ~Copyable>(
      _ engine: inout Engine, _ transport: inout LinkTransport, _ tables: KernelTables, _ sink: inout Sink
    ) throws(LinkEnd) {
      var poller = Poller()
      let signalSlot = (signals?.number).map { poller.add(number: $0) }
      let slots = transport.listen(&poller)

      while true {
        engine.handleTimeout(at: SystemClock.monotonicNow())
        let retry = transport.transmit(&engine, clock: clock)
        if engine.wantsKernelView { try read(tables, &engine) }
        drain(&engine, &sink)
        do throws(SystemError) { try sink.flush(isLast: false) } catch { throw .system(error) }
        guard let next = engine.nextTimeout(now: SystemClock.monotonicNow()) else { return }

        let deadline = retry ?? next
        do throws(SystemError) {
          // `distantFuture` means that only an arrival or a signal can end the wait.
          _ = try poller.wait(until: deadline == .distantFuture ? nil : ExactWait.wakeUp(for: deadline))
        } catch { throw .system(error) }
        clock.refresh()
        try transport.receive(slots, poller, &engine, clock: clock)
        if let signalSlot, poller.readiness(of: signalSlot).contains(.readable) {
          try handleSignals(&engine)
        }
      }
    }

    private mutating func drain<Engine: LinkEngine, Sink: LinkSink & ~Copyable>(
      _ engine: inout Engine, _ sink: inout Sink
    ) {
      while let event = engine.pollEvent() {
        if case .summary(let summary) = event { summaries.append(summary) }
        sink.handle(event, clock: clock)
      }
    }

    private func read<Engine: LinkEngine>(
      _ tables: KernelTables, _ engine: inout Engine
    ) throws(LinkEnd) {
      do throws(SystemError) { engine.handleKernelView(try tables.read()) } catch {
        if error.errno == .noDevice { throw .capture("the interface is gone") }
        throw .system(error)
      }
    }

    private func handleSignals<Engine: LinkEngine>(
      _ engine: inout Engine
    ) throws(LinkEnd) {
      do throws(SystemError) {
        while let signal = try signals?.next() {
          if signal == .terminalStop {
            try Signal.stopProcess()
          } else {
            engine.stop(at: SystemClock.monotonicNow())
          }
        }
      } catch { throw .system(error) }
    }
  }
}
