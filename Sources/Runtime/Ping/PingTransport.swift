import Capture
import LinuxNet
import ProbeEngine
import Timing
import Wire

/// A ping's way out and its way back: one socket, and a capture where replies come by libpcap.
struct PingTransport: ~Copyable {
  /// Probes that one system call may take along.
  static let batchCapacity = 128
  private static let batchesAtOnce = 4
  private static let framesAtOnce = 256
  /// Room for what comes back beside the reply that was asked for: an ICMPv6 error is at most 1280 octets.
  private static let minimumMessageSize = 1_536

  let socket: ICMPv6Socket
  var capture: CaptureHandle?
  let isCaptured: Bool
  let captureDescriptor: Int32?
  /// The kernel hands back our own probe number with each transmit stamp.
  private let numbersStamps: Bool
  /// A flood has some of its probes stamped, by asking; else the socket stamps each.
  private let asksForStamps: Bool
  private var ledger = StampLedger()
  private var receiveBatch: ReceiveBatch
  private var errorBatch: ReceiveBatch
  private var sendBatch: SendBatch
  private var probes: [Transmit] = []
  /// Of every probe, but for where it goes.
  private let envelope: Envelope
  /// Where probes go; empty on a connected socket.
  private let targets: [ProbeTarget]
  private let flowInfo: UInt32
  /// What a local error said last (EMSGSIZE).
  private var localMTU: UInt32?
  /// The index of the interface that was asked for, for captured packets.
  private let captureInterface: UInt32

  init(
    socket: consuming ICMPv6Socket, capture: consuming CaptureHandle?, captureInterface: UInt32,
    envelope: Envelope, targets: [ProbeTarget], flowInfo: UInt32, messageLength: Int, isBusy: Bool
  ) {
    let size = max(messageLength + 64, PingTransport.minimumMessageSize)
    let capacity = isBusy ? PingTransport.batchCapacity : 4
    numbersStamps = socket.takesStampIdentifier()
    asksForStamps = isBusy
    self.socket = socket
    captureDescriptor = capture?.descriptor
    isCaptured = captureDescriptor != nil
    self.capture = capture
    self.captureInterface = captureInterface
    self.envelope = envelope
    self.targets = targets
    self.flowInfo = flowInfo
    receiveBatch = ReceiveBatch(capacity: capacity, messageSize: size)
    errorBatch = ReceiveBatch(capacity: capacity, messageSize: PingTransport.minimumMessageSize)
    sendBatch = SendBatch(capacity: isBusy ? PingTransport.batchCapacity : 4, messageSize: messageLength)
  }

  /// Sends every probe that is due; says how many the engine handed over.
  mutating func transmit(_ engine: inout PingEngine, clock: inout KernelClock) -> Int {
    var total = 0
    // Bounded, so that a schedule which this host cannot keep up with starves neither replies nor signals.
    for _ in 0..<PingTransport.batchesAtOnce {
      sendBatch.removeAll()
      probes.removeAll(keepingCapacity: true)
      while !sendBatch.isFull {
        let now = SystemClock.monotonicNow()
        // The envelope depends on the target, which the engine names after it has written the octets; targets
        // take turns, so it is known beforehand.
        var envelope = envelope
        if !targets.isEmpty {
          let target = targets[engine.targetOfNextTransmit]
          envelope.destination = SocketAddress(target.address, scope: target.zone, flowInfo: flowInfo)
        }
        let isStamped = !asksForStamps || engine.stampsNextTransmit
        envelope.wantsStamp = asksForStamps && isStamped
        if numbersStamps, isStamped {
          envelope.stampIdentifier = UInt32(truncatingIfNeeded: engine.nextProbe)
        }
        guard let due = engine.nextTransmit(now: now), due <= now else { break }
        var transmit: Transmit?
        sendBatch.append(envelope) { span in
          transmit = engine.pollTransmit(at: now, into: &span)
          return transmit?.octets ?? 0
        }
        guard let transmit else { break }
        probes.append(transmit)
      }
      if probes.isEmpty { return total }
      total += probes.count
      send(&engine, clock: &clock)
      if !sendBatch.isFull || engine.isFinished { return total }
    }
    return total
  }

  private mutating func send(_ engine: inout PingEngine, clock: inout KernelClock) {
    var first = 0
    while first < probes.count {
      let outcome = socket.send(sendBatch, from: first)
      if !numbersStamps {
        for i in first..<first + outcome.sent where engine.isStamped(probes[i].probe) {
          ledger.noteSent(probes[i].probe)
        }
      }
      first += outcome.sent
      guard let failure = outcome.failure, first < probes.count else { continue }
      let probe = probes[first].probe
      localMTU = nil
      drainErrors(&engine, clock: &clock)
      engine.handleSendFailure(
        probe, errno: failure.rawValue, mtu: failure == .messageTooLong ? localMTU : nil,
        at: SystemClock.monotonicNow())
      rearmStamps()
      first += 1
    }
  }

  /// Whether the kernel counted a message that it then refused is unknown; setting the option anew starts from 0.
  private mutating func rearmStamps() {
    guard !numbersStamps else { return }
    try? socket.setTimestamps(transmit: .none)
    try? socket.setTimestamps(
      transmit: asksForStamps ? .asked : socket.kind == .raw ? .each : .eachAndQueued)
    ledger.restart()
  }

  /// Transmit stamps and ICMPv6 errors that wait on the socket. Says whether there were any.
  @discardableResult
  mutating func drainErrors(_ engine: inout PingEngine, clock: inout KernelClock) -> Bool {
    var any = false
    // Bounded, so that a flood of errors cannot keep the loop from its schedule.
    for _ in 0..<64 {
      guard let count = try? socket.receiveErrors(into: &errorBatch), count > 0 else { break }
      any = true
      let now = SystemClock.monotonicNow()
      for i in 0..<count {
        errorBatch.withErrorItem(i) { item, octets in
          switch item {
          case .transmitted(let id, let stamp):
            let probe = numbersStamps ? engine.probe(endingIn: id) : ledger.probe(for: id)
            if let probe { engine.handleTransmitted(probe, at: clock.monotonic(fromRealtime: stamp)) }
          case .queued(let id):
            let probe = numbersStamps ? engine.probe(endingIn: id) : ledger.probe(for: id)
            if let probe { engine.handleQueued(probe) }
          case .icmp(let error):
            engine.handleError(octets, ErrorArrival(error, clock: clock, readAt: now))
          case .local(_, let info): localMTU = info
          case .other: break
          }
        }
      }
      if count < errorBatch.capacity { break }
    }
    return any
  }

  /// Replies that wait on the socket or in the capture.
  mutating func receive(_ engine: inout PingEngine, clock: inout KernelClock) throws(SystemError) {
    if isCaptured {
      // All that waits, before any probe is given up; bounded, so that a flood cannot keep the loop.
      for _ in 0..<16 where receiveCaptured(&engine, clock: clock) < PingTransport.framesAtOnce { return }
      // The raw socket's own copy of what the capture sees; its filter lets nothing in, but stay safe.
      return
    }
    for _ in 0..<64 {
      let count = try socket.receive(into: &receiveBatch)
      if count == 0 { return }
      // Stamps of replies that came back this fast are in the error queue by now.
      drainErrors(&engine, clock: &clock)
      let now = SystemClock.monotonicNow()
      for i in 0..<count {
        receiveBatch.withMessage(i) { octets, metadata in
          engine.handleReceived(octets, Arrival(metadata, clock: clock, readAt: now))
        }
      }
      if count < receiveBatch.capacity { return }
    }
  }

  /// How many frames there were.
  private mutating func receiveCaptured(_ engine: inout PingEngine, clock: KernelClock) -> Int {
    let count = try? capture?.dispatchMessages(
      max: PingTransport.framesAtOnce, interface: captureInterface, clock: clock
    ) { octets, arrival in engine.handleReceived(octets, arrival) }
    return count ?? 0
  }

  /// Takes away an error that waits without an entry in the queue, so that the poller does not spin on it.
  func clearPendingError() { _ = try? socket.takePendingError() }
}
