import LinuxNet
import ProbeEngine
import Timing

/// Probes by connect(2): the kernel sends each SYN, and tells of ICMPv6 errors by the socket's error queue.
struct TraceConnectTransport: ~Copyable, TraceTransport {
  private final class Connection {
    let socket: TCPSocket
    let number: UInt64
    let port: UInt16

    init(_ socket: consuming TCPSocket, number: UInt64, port: UInt16) {
      self.socket = socket
      self.number = number
      self.port = port
    }
  }

  private let settings: TraceSocketSettings
  private let destinations: [TraceDestination]
  /// Keeps the port of the flow from others between two probes.
  private let reservation: PortReservation?
  private var events: EventPoll
  /// By the probe's number.
  private var connections: [UInt64: Connection] = [:]
  private let maximumSockets = TraceLimits.maximumSockets
  private var errorBatch: ReceiveBatch
  private var buffer: [UInt8]
  let descriptors: [Int32]

  init(
    settings: TraceSocketSettings, destinations: [TraceDestination], reservation: consuming PortReservation?,
    messageLength: Int
  ) throws(SystemError) {
    self.settings = settings
    self.destinations = destinations
    self.reservation = reservation
    let poll = try EventPoll()
    descriptors = [poll.descriptor.number]
    events = poll
    errorBatch = ReceiveBatch(capacity: 4, messageSize: TraceLimits.minimumMessageSize)
    buffer = [UInt8](repeating: 0, count: messageLength)
  }

  mutating func transmit(_ engine: inout TraceEngine, clock: KernelClock) -> Instant? {
    closeSettled(engine)
    for _ in 0..<TraceLimits.batch {
      guard connections.count < maximumSockets else {
        return SystemClock.monotonicNow() + TraceLimits.retry
      }
      var span = buffer.mutableSpan
      guard let transmit = engine.pollTransmit(at: SystemClock.monotonicNow(), into: &span) else {
        return nil
      }
      do throws(PingFailure) { try connect(transmit) } catch {
        let failure = error.errno ?? .tooManyOpenFiles
        engine.handleSendFailure(
          transmit.number, errno: failure.rawValue, at: SystemClock.monotonicNow())
      }
    }
    return nil
  }

  private mutating func connect(_ transmit: TraceTransmit) throws(PingFailure) {
    let probe = transmit.probe
    let destination = destinations[probe.target]
    let socket = try settings.openTCP(port: probe.flow.sourcePort, hopLimit: probe.hopLimit)
    let label = probe.flow.flowLabel & 0xf_ffff
    let address = SocketAddress(
      destination.address, port: probe.flow.destinationPort, scope: destination.zone, flowInfo: label)
    do throws(SystemError) {
      do throws(SystemError) { try socket.beginConnecting(to: address) } catch {
        // Where somebody on this host has a lease of a label, every label needs one.
        guard error.errno == .invalidArgument, label != 0 else { throw error }
        try socket.leaseFlowLabel(label, to: destination.address, isShared: true)
        try socket.beginConnecting(to: address)
      }
      // After connect(2): a socket that has not begun is "hung up", and would wake the poller.
      try events.add(socket, token: transmit.number, wanting: .writable)
    } catch { throw .socket(error) }
    connections[transmit.number] = Connection(socket, number: transmit.number, port: probe.flow.sourcePort)
  }

  /// Closes what is of no more use: the next probe of the flow needs the same addresses and ports.
  private mutating func closeSettled(_ engine: borrowing TraceEngine) {
    for number in connections.keys where engine.isSettled(number) { connections[number] = nil }
  }

  mutating func receive(
    from index: Int, _ readiness: Readiness, _ engine: inout TraceEngine, clock: KernelClock
  ) throws(SystemError) {
    var ready: [(number: UInt64, readiness: Readiness)] = []
    _ = try events.ready { number, readiness in ready.append((number, readiness)) }
    for (number, readiness) in ready {
      guard let connection = connections[number] else { continue }
      if drainErrors(connection, &engine, clock: clock) {
        // A router's word; what it left on the socket is no word of its own.
        connections[number] = nil
        continue
      }
      let failure = try connection.socket.takePendingError()
      guard failure != nil || readiness.contains(.writable) || readiness.contains(.hangup) else { continue }
      engine.handleConnected(number, errno: failure?.rawValue ?? 0, at: SystemClock.monotonicNow())
      connections[number] = nil
    }
  }

  /// Whether there was an ICMPv6 error.
  private mutating func drainErrors(
    _ connection: Connection, _ engine: inout TraceEngine, clock: KernelClock
  ) -> Bool {
    var any = false
    let now = SystemClock.monotonicNow()
    _ = try? connection.socket.drainErrorQueue(by: &errorBatch) { item, octets in
      guard case .icmp(let error) = item else { return }
      any = true
      var arrival = ErrorArrival(error, clock: clock, readAt: now)
      arrival.sourcePort = connection.port
      engine.handleError(octets, arrival, number: connection.number)
    }
    return any
  }
}
