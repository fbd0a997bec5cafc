import Capture
import LinuxNet
import ProbeEngine
import Timing
import Wire

/// Probes by UDP sockets, "ping" sockets or a raw packet socket; answers by their error queues and as messages, or
/// by a capture.
///
/// Each source port (echo identifier) of a flow has a socket. A probe of source port 0 has one of its own.
struct TraceSocketTransport<Socket: TraceSocket & ~Copyable>: ~Copyable, TraceTransport {
  /// A socket, and what is known only here of the messages that left by it.
  private final class Flow {
    let socket: Socket
    let port: UInt16
    /// The one probe that it serves.
    let number: UInt64?
    var ledger = StampLedger()
    private var leased: Set<UInt32> = []

    /// Leases a flow label that sending was refused for, as it is where somebody on this host has a lease of their
    /// own; false where that was tried before, or fails.
    func lease(_ label: UInt32, to destination: IPv6Address) -> Bool {
      guard label != 0, leased.insert(label).inserted else { return false }
      return (try? socket.leaseFlowLabel(label, to: destination, isShared: true)) != nil
    }

    init(_ socket: consuming Socket, port: UInt16, number: UInt64?) {
      self.socket = socket
      self.port = port
      self.number = number
    }
  }

  private let settings: TraceSocketSettings
  private let destinations: [TraceDestination]
  private let primary: Flow
  private var capture: CaptureHandle?
  /// Wakes for every socket but the first; nil where there will be none.
  private var events: EventPoll?
  /// Those beside the first, by token: the port, or the probe's number above all ports.
  private var others: [UInt64: Flow] = [:]
  /// Tokens in the order in which they came.
  private var order: [UInt64] = []
  private let maximumSockets = TraceLimits.maximumSockets
  /// The kernel hands back our own probe number with each transmit stamp.
  private let numbersStamps: Bool

  private var sendBatch: SendBatch
  private var transmits: [TraceTransmit] = []
  private var openFailure = Errno.tooManyOpenFiles
  /// The first that has not left yet.
  private var first = 0
  private var stuckSince: Instant?
  private var receiveBatch: ReceiveBatch
  private var errorBatch: ReceiveBatch
  /// What a local error said last (EMSGSIZE).
  private var localMTU: UInt32?
  let descriptors: [Int32]

  /// `socket` serves the configured flow. With `hasOtherFlows` more are made as probes ask for them.
  init(
    socket: consuming Socket, port: UInt16, capture: consuming CaptureHandle?, settings: TraceSocketSettings,
    destinations: [TraceDestination], messageLength: Int, hasOtherFlows: Bool
  ) throws(SystemError) {
    let size = max(messageLength + 64, TraceLimits.minimumMessageSize)
    numbersStamps = socket.takesStampIdentifier(port: Socket.way == .udp ? 1 : 0)
    var descriptors = [socket.number]
    if let number = capture?.descriptor {
      descriptors.append(number)
    } else if hasOtherFlows {
      let poll = try EventPoll()
      descriptors.append(poll.descriptor.number)
      events = consume poll
    }
    self.descriptors = descriptors
    self.capture = capture
    self.settings = settings
    self.destinations = destinations
    primary = Flow(socket, port: port, number: nil)
    sendBatch = SendBatch(capacity: TraceLimits.batch, messageSize: messageLength)
    receiveBatch = ReceiveBatch(capacity: 8, messageSize: size)
    errorBatch = ReceiveBatch(capacity: TraceLimits.batch, messageSize: TraceLimits.minimumMessageSize)
  }

  // MARK: Out

  mutating func transmit(_ engine: inout TraceEngine, clock: KernelClock) -> Instant? {
    if first == transmits.count {
      let room = roomForProbes(engine)
      guard room > 0 else { return SystemClock.monotonicNow() + TraceLimits.retry }
      guard collect(&engine, atMost: room) else { return nil }
    }
    // One batch: what answers it may end the trace before the next.
    return send(&engine, clock: clock)
  }

  /// Fills the batch with what is due; says whether there is anything.
  private mutating func collect(_ engine: inout TraceEngine, atMost limit: Int) -> Bool {
    sendBatch.removeAll()
    transmits.removeAll(keepingCapacity: true)
    first = 0
    let destinations = destinations
    let common = settings.common
    let numbersStamps = numbersStamps
    while sendBatch.count < limit {
      let now = SystemClock.monotonicNow()
      var found: TraceTransmit?
      sendBatch.append { span in
        guard let transmit = engine.pollTransmit(at: now, into: &span) else { return nil }
        found = transmit
        var envelope = transmit.envelope(for: Socket.way, to: destinations, by: common)
        if numbersStamps { envelope.stampIdentifier = UInt32(truncatingIfNeeded: transmit.number) }
        return (transmit.octets, envelope)
      }
      guard let transmit = found else { break }
      transmits.append(transmit)
    }
    return !transmits.isEmpty
  }

  /// Sends the batch from where it got to. An instant: there was no room, try again then.
  private mutating func send(_ engine: inout TraceEngine, clock: KernelClock) -> Instant? {
    while first < transmits.count {
      guard let flow = flow(for: transmits[first]) else {
        fail(&engine, openFailure, mtu: nil)
        continue
      }
      var end = first + 1
      while end < transmits.count, isServed(transmits[end], by: flow) { end += 1 }
      let outcome = flow.socket.send(sendBatch, from: first, upTo: end)
      if !numbersStamps {
        for i in first..<first + outcome.sent { flow.ledger.noteSent(transmits[i].number) }
      }
      first += outcome.sent
      if outcome.sent > 0 { stuckSince = nil }
      localMTU = nil
      // Stamps and answers that are there already; errors are taken before they meet the next message.
      drainErrors(flow, &engine, clock: clock)
      if outcome.isRetried || outcome.failure != nil { rearmStamps(flow) }
      guard let failure = outcome.failure else { continue }
      let probe = transmits[first].probe
      if failure == .invalidArgument, Socket.way != .packet,
        flow.lease(probe.flow.flowLabel, to: destinations[probe.target].address)
      {
        continue
      }
      if failure.isForWantOfRoom {
        let now = SystemClock.monotonicNow()
        let since = stuckSince ?? now
        stuckSince = since
        if now - since < TraceLimits.patience { return now + TraceLimits.retry }
      }
      fail(&engine, failure, mtu: failure == .messageTooLong ? localMTU : nil)
    }
    return nil
  }

  private mutating func fail(_ engine: inout TraceEngine, _ failure: Errno, mtu: UInt32?) {
    engine.handleSendFailure(
      transmits[first].number, errno: failure.rawValue, mtu: mtu, at: SystemClock.monotonicNow())
    first += 1
  }

  /// Whether the kernel counted a message that it then refused is unknown; setting the option anew starts from 0.
  private func rearmStamps(_ flow: Flow) {
    guard !numbersStamps else { return }
    try? flow.socket.setTimestamps(transmit: .none, receive: Socket.way != .packet)
    try? flow.socket.setTimestamps(transmit: .each, receive: Socket.way != .packet)
    flow.ledger.restart()
  }

  // MARK: Sockets

  /// Probes that may leave before answers are looked at. Those with a socket of their own need a descriptor each;
  /// a probe that has to wait for one is not taken from the engine.
  private mutating func roomForProbes(_ engine: borrowing TraceEngine) -> Int {
    guard events != nil, primary.port == 0 else { return sendBatch.capacity }
    if others.count + sendBatch.capacity > maximumSockets {
      order.removeAll { token in
        guard let number = others[token]?.number, engine.isSettled(number) else { return false }
        others[token] = nil
        return true
      }
    }
    return min(sendBatch.capacity, maximumSockets - others.count)
  }

  private func isServed(_ transmit: TraceTransmit, by flow: Flow) -> Bool {
    if Socket.way == .packet || events == nil { return true }
    let port = transmit.probe.flow.sourcePort
    return port != 0 && port == flow.port
  }

  private mutating func flow(for transmit: TraceTransmit) -> Flow? {
    if isServed(transmit, by: primary) { return primary }
    let port = transmit.probe.flow.sourcePort
    let token = port != 0 ? UInt64(port) : (transmit.number &+ 1) << 16
    if let flow = others[token] { return flow }
    // Of many flows the oldest gives way; what would still answer it is lost.
    if others.count >= maximumSockets, let oldest = order.first {
      others[oldest] = nil
      order.removeFirst()
    }
    do throws(PingFailure) {
      let socket = try settings.open(Socket.self, port: port, isBound: port != 0)
      let flow = Flow(socket, port: port, number: port == 0 ? transmit.number : nil)
      do throws(SystemError) { try events?.add(flow.socket, token: token) } catch { throw .system(error) }
      others[token] = flow
      order.append(token)
      return flow
    } catch {
      openFailure = error.errno ?? .tooManyOpenFiles
      return nil
    }
  }

  // MARK: In

  mutating func receive(
    from index: Int, _ readiness: Readiness, _ engine: inout TraceEngine, clock: KernelClock
  ) throws(SystemError) {
    if index == 0 {
      try receive(primary, readiness, &engine, clock: clock)
    } else if Socket.way == .packet {
      // Stamps first, so that round trips are from kernel to kernel.
      drainErrors(primary, &engine, clock: clock)
      // All that waits, before any probe is given up; bounded, so that a flood cannot keep the loop.
      for _ in 0..<16 where receiveCaptured(&engine, clock: clock) < TraceLimits.framesAtOnce { return }
    } else {
      var ready: [(flow: Flow, readiness: Readiness)] = []
      let others = others
      _ = try events?.ready { token, readiness in
        if let flow = others[token] { ready.append((flow, readiness)) }
      }
      for (flow, readiness) in ready { try receive(flow, readiness, &engine, clock: clock) }
    }
  }

  private mutating func receive(
    _ flow: Flow, _ readiness: Readiness, _ engine: inout TraceEngine, clock: KernelClock
  ) throws(SystemError) {
    if readiness.contains(.errorQueue), !drainErrors(flow, &engine, clock: clock) {
      // An error without an entry in the queue would wake the poller for ever.
      _ = try? flow.socket.takePendingError()
    }
    guard readiness.contains(.readable) else { return }
    for _ in 0..<TraceLimits.readsAtOnce {
      let count = try flow.socket.receive(into: &receiveBatch)
      if count == 0 { return }
      // Stamps of probes that were answered this fast are in the error queue by now.
      drainErrors(flow, &engine, clock: clock)
      let now = SystemClock.monotonicNow()
      for i in 0..<count {
        receiveBatch.withMessage(i) { octets, metadata in
          let arrival = Arrival(metadata, clock: clock, readAt: now)
          switch Socket.way {
          case .udp:
            engine.handleDatagram(
              octets, sourcePort: metadata.source.port, destinationPort: flow.port, arrival)
          case .echo: engine.handleMessage(octets, arrival)
          case .packet: break
          }
        }
      }
      if count < receiveBatch.capacity { return }
    }
  }

  /// Transmit stamps and ICMPv6 errors that wait on a socket. Says whether there were any.
  @discardableResult
  private mutating func drainErrors(_ flow: Flow, _ engine: inout TraceEngine, clock: KernelClock) -> Bool {
    let numbersStamps = numbersStamps
    var any = false
    for _ in 0..<TraceLimits.readsAtOnce {
      guard let count = try? flow.socket.receiveErrors(into: &errorBatch), count > 0 else { break }
      any = true
      let now = SystemClock.monotonicNow()
      var mtu: UInt32?
      for i in 0..<count {
        errorBatch.withErrorItem(i) { item, octets in
          switch item {
          case .transmitted(let id, let stamp):
            let number = numbersStamps ? engine.number(endingIn: id) : flow.ledger.probe(for: id)
            if let number { engine.handleTransmitted(number, at: clock.monotonic(fromRealtime: stamp)) }
          case .queued(let id):
            let number = numbersStamps ? engine.number(endingIn: id) : flow.ledger.probe(for: id)
            if let number { engine.handleQueued(number) }
          case .icmp(let error):
            var arrival = ErrorArrival(error, clock: clock, readAt: now)
            arrival.sourcePort = flow.port
            engine.handleError(octets, arrival, number: flow.number)
          case .local(_, let info): mtu = info
          case .other: break
          }
        }
      }
      localMTU = mtu ?? localMTU
      if count < errorBatch.capacity { break }
    }
    return any
  }

  /// How many frames there were.
  private mutating func receiveCaptured(_ engine: inout TraceEngine, clock: KernelClock) -> Int {
    let interface = settings.common.interfaceIndex
    let count = try? capture?.dispatch(max: TraceLimits.framesAtOnce) { frame, metadata in
      let now = SystemClock.monotonicNow()
      guard let offset = metadata.linkType.networkHeaderOffset(in: frame),
        let header = try? IPv6Header(decoding: frame, at: offset)
      else { return }
      // Ethernet pads short frames: the payload length says where the packet ends.
      let length = IPv6Header.count + Int(header.payloadLength)
      let end = header.payloadLength > 0 ? min(frame.count, offset + length) : frame.count
      engine.handlePacket(
        frame.extracting(offset..<end),
        Arrival(header, metadata, interface: interface, clock: clock, readAt: now))
    }
    return count ?? 0
  }
}

extension TraceTransmit {
  /// How this probe leaves by a socket of that kind.
  fileprivate func envelope(
    for kind: TraceSocketKind, to destinations: [TraceDestination], by common: SocketSettings
  ) -> Envelope {
    let destination = destinations[probe.target]
    var address = SocketAddress(destination.address, scope: destination.zone)
    guard kind != .packet else { return Envelope(to: address, interface: common.interfaceIndex) }
    if kind == .udp { address.port = probe.flow.destinationPort }
    address.flowInfo = probe.flow.flowLabel & 0xf_ffff
    return Envelope(to: address, interface: common.interfaceIndex, hopLimit: probe.hopLimit)
  }
}

extension PingFailure {
  /// What the kernel said.
  var errno: Errno? {
    switch self {
    case .option(_, let error), .source(_, let error), .socket(let error), .system(let error),
      .noRoute(let error), .privileges(let error):
      error.errno
    case .unknownInterface: .noDevice
    case .notPermitted(let datagram, let raw): (raw ?? datagram)?.errno
    default: nil
    }
  }
}
