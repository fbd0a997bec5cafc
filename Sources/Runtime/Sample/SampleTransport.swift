import Capture
import LinuxNet
import ProbeEngine
import Timing
import Wire

/// Bounds of a sampling run's transport, each with its reason.
enum SampleLimits {
  /// Probes that one system call may take along.
  static let batch = 64
  /// System calls that send before replies are looked at: what comes back for them must find room in the buffers.
  static let batchesAtOnce = 2
  /// System calls that read before the loop goes on.
  static let readsAtOnce = 64
  static let framesAtOnce = 256
  /// Room for what comes back beside the reply that was asked for: an ICMPv6 error is at most 1280 octets.
  static let minimumMessageSize = 1_536
  /// How long a probe without room to leave holds up the others before it counts as failed; and between two tries.
  static let patience = Nanoseconds.milliseconds(400)
  static let retry = Nanoseconds.milliseconds(1)
  /// Between two looks whether an interface that is gone has come back.
  static let interfaceInterval = Nanoseconds.seconds(1)
}

/// A sampling run's ways out and its ways back.
struct SampleTransport: ~Copyable {
  private struct Slot {
    var number: UInt64
    var way: SampleWay
    var group: Int
  }

  private var sockets: SampleSockets
  private var capture: CaptureHandle?
  let captureDescriptor: Int32?
  private(set) var connections: SampleConnections
  private var ways: [SampleWay] = []
  /// There are groups whose probes have a socket each, or were.
  private(set) var connects = false
  private var paths: [SamplePathSettings] = []
  /// When to look again for interfaces that probes could not leave by; nil: all are there.
  private var interfacesDue: Instant?

  private var sendBatch: SendBatch
  private var slots: [Slot] = []
  /// The first that has not left yet.
  private var first = 0
  private var stuckSince: Instant?
  private var receiveBatch: ReceiveBatch
  private var errorBatch: ReceiveBatch
  private var messageLength: Int

  init(_ sockets: consuming SampleSockets, messageLength: Int) throws(SystemError) {
    capture = sockets.capture?.take()
    captureDescriptor = capture?.descriptor
    self.sockets = sockets
    connections = try SampleConnections()
    self.messageLength = messageLength
    sendBatch = SendBatch(capacity: SampleLimits.batch, messageSize: messageLength)
    receiveBatch = ReceiveBatch(
      capacity: SampleLimits.batch, messageSize: SampleTransport.roomForReply(messageLength))
    errorBatch = ReceiveBatch(capacity: SampleLimits.batch, messageSize: SampleLimits.minimumMessageSize)
  }

  private static func roomForReply(_ messageLength: Int) -> Int {
    max(messageLength + 64, SampleLimits.minimumMessageSize)
  }

  /// A plan: how each group's probes leave. Buffers grow with it.
  mutating func configure(
    _ groups: [SampleGroup], _ paths: [SamplePathSettings], _ common: SampleCommon, messageLength: Int
  ) {
    ways = groups.map { SampleWay($0.probe) }
    connects = connects || ways.contains(.tcp)
    self.paths = paths
    interfacesDue = paths.contains { $0.isMissing } ? SystemClock.monotonicNow() : nil
    connections.configure(groups, paths, common)
    guard messageLength > self.messageLength else { return }
    self.messageLength = messageLength
    // What waits in the old one fails: it is a plan's change, which is rare.
    sendBatch = SendBatch(capacity: SampleLimits.batch, messageSize: messageLength)
    receiveBatch = ReceiveBatch(
      capacity: SampleLimits.batch, messageSize: SampleTransport.roomForReply(messageLength))
  }

  /// Opens what a new plan needs; what fails is told by each probe.
  mutating func open(_ request: SampleRequest, _ start: inout SampleStart) {
    _ = sockets.openMissing(request, &start)
  }

  var echoDescriptor: Int32? { sockets.echo?.socket.number }
  var udpDescriptor: Int32? { sockets.udp?.socket.number }
  var identifier: UInt16 { sockets.identifier }

  /// Messages that the kernel had no room for since the last call.
  func newDrops() -> UInt64 { (sockets.echo?.newDrops() ?? 0) + (sockets.udp?.newDrops() ?? 0) }

  // MARK: Out

  /// Sends every probe that is due, and reads stamps of those that left. The instant at which to call again though
  /// nothing arrives: there was no room to send.
  mutating func transmit(_ engine: inout SampleEngine, clock: KernelClock) -> Instant? {
    refreshInterfaces()
    if connects { connections.closeSettled(engine) }
    for _ in 0..<SampleLimits.batchesAtOnce {
      var hasConnected = false
      if first == slots.count { hasConnected = collect(&engine) }
      if hasConnected { try? connections.receive(&engine, clock: clock) }
      if let retry = send(&engine, clock: clock) { return retry }
      guard sendBatch.isFull else { break }
    }
    if connects { connections.prepare() }
    return nil
  }

  /// Fills the batch with what is due. Probes with a socket of their own leave at once, for most have no stamps: the
  /// others, which have, may well wait for them. Says whether there were any of those.
  private mutating func collect(_ engine: inout SampleEngine) -> Bool {
    sendBatch.removeAll()
    slots.removeAll(keepingCapacity: true)
    first = 0
    let ways = ways
    let paths = paths
    let numbersEcho = sockets.echo?.numbersStamps ?? false
    let numbersUDP = sockets.udp?.numbersStamps ?? false
    var connected = 0
    while !sendBatch.isFull, connected < SampleLimits.batch {
      let now = SystemClock.monotonicNow()
      var found: SampleTransmit?
      let isFilled = sendBatch.append { span in
        guard let transmit = engine.pollTransmit(at: now, into: &span) else { return nil }
        found = transmit
        let group = Int(transmit.destination.group)
        let way = ways[group]
        guard way != .tcp else { return nil }
        var envelope = paths[group].envelope(to: transmit.destination)
        if way == .echo ? numbersEcho : numbersUDP {
          envelope.stampIdentifier = UInt32(truncatingIfNeeded: transmit.number)
        }
        return (transmit.octets, envelope)
      }
      guard let transmit = found else { break }
      guard isFilled else {
        connect(transmit, &engine)
        connected += 1
        continue
      }
      let group = Int(transmit.destination.group)
      slots.append(Slot(number: transmit.number, way: ways[group], group: group))
    }
    return connected > 0
  }

  /// Sends the batch from where it got to. An instant: there was no room, try again then.
  private mutating func send(_ engine: inout SampleEngine, clock: KernelClock) -> Instant? {
    while first < slots.count {
      let way = slots[first].way
      guard !paths[slots[first].group].isMissing else {
        fail(&engine, .noDevice)
        continue
      }
      var end = first + 1
      while end < slots.count, slots[end].way == way, !paths[slots[end].group].isMissing { end += 1 }
      let outcome: SendOutcome
      let mtu: UInt32?
      if way == .echo, let echo = sockets.echo {
        outcome = send(by: echo, upTo: end)
        drainErrors(of: echo, isUDP: false, &engine, clock: clock)
        mtu = echo.localMTU
      } else if way == .udp, let udp = sockets.udp {
        outcome = send(by: udp, upTo: end)
        drainErrors(of: udp, isUDP: true, &engine, clock: clock)
        mtu = udp.localMTU
      } else {
        fail(&engine, way == .echo ? sockets.echoFailure : sockets.udpFailure)
        continue
      }
      first += outcome.sent
      if outcome.sent > 0 { stuckSince = nil }
      guard let failure = outcome.failure else { continue }
      // A full queue of the device (ENOBUFS) is a loss like any other; a full socket is room that we have to wait for.
      if failure == .wouldBlock {
        let now = SystemClock.monotonicNow()
        let since = stuckSince ?? now
        stuckSince = since
        if now - since < SampleLimits.patience { return now + SampleLimits.retry }
        stuckSince = nil
      }
      fail(&engine, failure, mtu: failure == .messageTooLong ? mtu : nil)
    }
    return nil
  }

  private func send<Socket: ProbeSocket & ~Copyable>(
    by box: SampleSocket<Socket>, upTo end: Int
  ) -> SendOutcome {
    box.localMTU = nil
    let outcome = box.socket.send(sendBatch, from: first, upTo: end)
    box.stampsOut += outcome.sent
    if !box.numbersStamps {
      for i in first..<first + outcome.sent { box.ledger.noteSent(slots[i].number) }
      if outcome.isRetried || outcome.failure != nil { box.rearmStamps() }
    }
    return outcome
  }

  private mutating func fail(_ engine: inout SampleEngine, _ failure: Errno, mtu: UInt32? = nil) {
    let now = SystemClock.monotonicNow()
    if failure == .noDevice || failure == .noSuchDevice { interfacesDue = interfacesDue ?? now }
    engine.handleSendFailure(slots[first].number, errno: failure.rawValue, mtu: mtu, at: now)
    first += 1
  }

  private mutating func connect(_ transmit: SampleTransmit, _ engine: inout SampleEngine) {
    do throws(PingFailure) { try connections.connect(transmit) } catch {
      let failure = error.errno ?? .tooManyOpenFiles
      engine.handleSendFailure(transmit.number, errno: failure.rawValue, at: SystemClock.monotonicNow())
    }
  }

  /// An interface that went away has another index when it comes back.
  private mutating func refreshInterfaces() {
    guard let due = interfacesDue, case let now = SystemClock.monotonicNow(), due <= now else { return }
    for i in paths.indices { paths[i].refresh() }
    interfacesDue = paths.contains { $0.isMissing } ? now + SampleLimits.interfaceInterval : nil
  }

  // MARK: In

  /// Transmit stamps and ICMPv6 errors that wait on the shared sockets.
  mutating func drainErrors(_ engine: inout SampleEngine, clock: KernelClock) {
    if let echo = sockets.echo { drainErrors(of: echo, isUDP: false, &engine, clock: clock) }
    if let udp = sockets.udp { drainErrors(of: udp, isUDP: true, &engine, clock: clock) }
  }

  mutating func receiveEcho(
    _ readiness: Readiness, _ engine: inout SampleEngine, clock: KernelClock
  ) throws(SystemError) {
    guard let echo = sockets.echo else { return }
    try receive(by: echo, isUDP: false, readiness, &engine, clock: clock)
  }

  mutating func receiveUDP(
    _ readiness: Readiness, _ engine: inout SampleEngine, clock: KernelClock
  ) throws(SystemError) {
    guard let udp = sockets.udp else { return }
    try receive(by: udp, isUDP: true, readiness, &engine, clock: clock)
  }

  mutating func receiveConnections(
    _ engine: inout SampleEngine, clock: KernelClock
  ) throws(SystemError) {
    try connections.receive(&engine, clock: clock)
  }

  mutating func receiveCaptured(_ engine: inout SampleEngine, clock: KernelClock) {
    // All that waits, before any probe is given up; bounded, so that a flood cannot keep the loop.
    for _ in 0..<16 {
      // Stamps first, so that round trips are from kernel to kernel.
      if let echo = sockets.echo { drainErrors(of: echo, isUDP: false, &engine, clock: clock) }
      let count = try? capture?.dispatchMessages(
        max: SampleLimits.framesAtOnce, interface: 0, clock: clock
      ) { octets, arrival in engine.handleReceived(octets, arrival) }
      guard count == SampleLimits.framesAtOnce else { return }
    }
  }

  private mutating func receive<Socket: ProbeSocket & ~Copyable>(
    by box: SampleSocket<Socket>, isUDP: Bool, _ readiness: Readiness, _ engine: inout SampleEngine,
    clock: KernelClock
  ) throws(SystemError) {
    if readiness.contains(.errorQueue), !drainErrors(of: box, isUDP: isUDP, &engine, clock: clock) {
      // An error without an entry in the queue would wake the poller for ever.
      _ = try? box.socket.takePendingError()
    }
    guard readiness.contains(.readable) else { return }
    for _ in 0..<SampleLimits.readsAtOnce {
      let count = try box.socket.receive(into: &receiveBatch)
      if count == 0 { return }
      let now = SystemClock.monotonicNow()
      // Stamps of replies that came back this fast are in the error queue by now.
      if box.stampsOut > 0 { drainErrors(of: box, isUDP: isUDP, &engine, clock: clock) }
      for i in 0..<count {
        receiveBatch.withMessage(i) { octets, metadata in
          let arrival = Arrival(metadata, clock: clock, readAt: now)
          if isUDP {
            engine.handleDatagram(octets, from: metadata.source.port, arrival)
          } else {
            engine.handleReceived(octets, arrival)
          }
        }
      }
      if count < receiveBatch.capacity { return }
    }
  }

  /// Says whether there were any.
  @discardableResult
  private mutating func drainErrors<Socket: ProbeSocket & ~Copyable>(
    of box: SampleSocket<Socket>, isUDP: Bool, _ engine: inout SampleEngine, clock: KernelClock
  ) -> Bool {
    let numbersStamps = box.numbersStamps
    var any = false
    // Bounded, so that a flood of errors cannot keep the loop from its schedule.
    for _ in 0..<SampleLimits.readsAtOnce {
      guard let count = try? box.socket.receiveErrors(into: &errorBatch), count > 0 else { break }
      any = true
      let now = SystemClock.monotonicNow()
      for i in 0..<count {
        errorBatch.withErrorItem(i) { item, octets in
          switch item {
          case .transmitted(let id, let stamp):
            box.stampsOut -= 1
            let number = numbersStamps ? engine.number(endingIn: id) : box.ledger.probe(for: id)
            if let number { engine.handleTransmitted(number, at: clock.monotonic(fromRealtime: stamp)) }
          case .queued(let id):
            let number = numbersStamps ? engine.number(endingIn: id) : box.ledger.probe(for: id)
            if let number { engine.handleQueued(number) }
          case .icmp(let error):
            engine.handleError(octets, ErrorArrival(error, clock: clock, readAt: now), isUDP: isUDP)
          case .local(_, let info): box.localMTU = info
          case .other: break
          }
        }
      }
      if count < errorBatch.capacity { break }
    }
    return any
  }
}
