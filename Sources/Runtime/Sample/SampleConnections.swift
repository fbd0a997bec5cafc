import LinuxNet
import ProbeEngine
import Timing
import Wire

/// Probes by connect(2), each with a socket of its own: the kernel sends the SYN, and the socket says what came of it.
struct SampleConnections: ~Copyable {
  private final class Connection {
    let socket: TCPSocket
    var target = SampleTarget(.unspecified)
    var calledAt = Instant.zero
    init(_ socket: consuming TCPSocket) { self.socket = socket }
  }

  /// Numbers of a group's probes in the order in which they left, which is that of their ends by time.
  private struct Queue {
    var numbers: [UInt64] = []
    var head = 0
  }

  /// Descriptors that are left to others: standard ones, output files, sockets, resolvers, traceroutes.
  private static let reserve = 48

  private var settings: [TraceSocketSettings] = []
  private var hopLimits: [UInt8?] = []
  private var events: EventPoll
  private var connections: [UInt64: Connection] = [:]
  private var queues: [Queue] = []
  /// A socket made before its probe is due, for each group: making one takes as long as a short round trip.
  private var spares: [Connection?] = []
  private let limit: Int
  private var errorBatch = ReceiveBatch(capacity: 4, messageSize: TraceLimits.minimumMessageSize)

  init() throws(SystemError) {
    events = try EventPoll()
    limit = max(1, Process.raiseDescriptorLimit() - SampleConnections.reserve)
  }

  /// Readable while a connection has news.
  var descriptor: Int32 { events.descriptor.number }

  /// How sockets of each group are made; spare ones of an older plan go.
  mutating func configure(_ groups: [SampleGroup], _ paths: [SamplePathSettings], _ common: SampleCommon) {
    settings = paths.map { path in
      var settings = TraceSocketSettings()
      settings.common = SocketSettings(
        interface: path.interfaceName, interfaceIndex: path.interface, mark: common.mark)
      settings.raises = common.raises
      settings.source = path.source.map { SocketAddress($0, scope: path.sourceZone) }
      settings.trafficClass = path.trafficClass ?? 0
      return settings
    }
    hopLimits = paths.map(\.hopLimit)
    spares = Array(repeating: nil, count: groups.count)
    if queues.count < groups.count {
      queues += Array(repeating: Queue(), count: groups.count - queues.count)
    }
  }

  // MARK: Out

  /// Begins to connect. Throws what is to be told as the probe's failure.
  mutating func connect(_ transmit: SampleTransmit) throws(PingFailure) {
    let group = Int(transmit.destination.group)
    guard connections.count < limit else {
      throw .socket(SystemError("socket", .tooManyOpenFiles))
    }
    let connection: Connection
    if let spare = spares[group] {
      connection = spare
      spares[group] = nil
    } else {
      connection = try open(group)
    }
    connection.target = transmit.destination
    connection.calledAt = SystemClock.monotonicNow()
    do throws(SystemError) {
      try connection.socket.beginConnecting(
        to: SocketAddress(
          transmit.destination.address, port: transmit.destination.port, scope: transmit.destination.zone))
      // After connect(2): a socket that has not begun is "hung up", and would wake the poller.
      try events.add(connection.socket, token: transmit.number, wanting: .writable)
    } catch { throw .socket(error) }
    connections[transmit.number] = connection
    queues[group].numbers.append(transmit.number)
  }

  /// Makes sockets for the next probes, while there is time.
  mutating func prepare() {
    for group in spares.indices where spares[group] == nil && !queues[group].numbers.isEmpty {
      spares[group] = try? open(group)
    }
  }

  private func open(_ group: Int) throws(PingFailure) -> Connection {
    Connection(try settings[group].openTCP(port: 0, hopLimit: hopLimits[group]))
  }

  /// Closes what no answer is waited for any more.
  mutating func closeSettled(_ engine: borrowing SampleEngine) {
    for group in queues.indices {
      while queues[group].head < queues[group].numbers.count {
        let number = queues[group].numbers[queues[group].head]
        if connections[number] != nil {
          guard engine.isSettled(number) else { break }
          connections[number] = nil
        }
        queues[group].head += 1
      }
      // What was answered is taken out of the queue from time to time.
      if queues[group].head > 512, queues[group].head * 2 > queues[group].numbers.count {
        queues[group].numbers.removeFirst(queues[group].head)
        queues[group].head = 0
      }
    }
  }

  // MARK: In

  /// Hands over what became of connections.
  mutating func receive(_ engine: inout SampleEngine, clock: KernelClock) throws(SystemError) {
    var ready: [(number: UInt64, readiness: Readiness)] = []
    while true {
      ready.removeAll(keepingCapacity: true)
      let count = try events.ready { number, readiness in ready.append((number, readiness)) }
      let now = SystemClock.monotonicNow()
      for (number, readiness) in ready {
        guard let connection = connections[number] else { continue }
        take(number, connection, readiness, &engine, clock: clock, at: now)
      }
      if count < 64 { return }
    }
  }

  private mutating func take(
    _ number: UInt64, _ connection: Connection, _ readiness: Readiness, _ engine: inout SampleEngine,
    clock: KernelClock, at now: Instant
  ) {
    var hasError = false
    _ = try? connection.socket.drainErrorQueue(by: &errorBatch) { item, octets in
      guard case .icmp(let error) = item, !hasError else { return }
      hasError = true
      engine.handleError(of: number, ErrorArrival(error, clock: clock, readAt: now))
    }
    // A router's word; what it left on the socket is no word of its own.
    if hasError {
      connections[number] = nil
      return
    }
    let failure = try? connection.socket.takePendingError()
    guard failure != nil || readiness.contains(.writable) || readiness.contains(.hangup) else { return }
    var arrival = Arrival(
      source: connection.target.address, sourceZone: connection.target.zone, readAt: now)
    switch failure {
    case nil:
      if let roundTrip = connection.socket.handshakeRoundTrip {
        // The kernel's own measure, as stamps of SYN and answer would give it: what else this loop was busy with does
        // not matter.
        engine.handleTransmitted(number, at: connection.calledAt)
        arrival.stamp = connection.calledAt + roundTrip
      }
      engine.handleConnected(number, .open, arrival)
    case .connectionRefused?: engine.handleConnected(number, .reset, arrival)
    case .some(let errno): engine.handleSendFailure(number, errno: errno.rawValue, at: now)
    }
    connections[number] = nil
  }
}

/// What all sockets of a run have in common.
struct SampleCommon: Sendable {
  var mark: UInt32?
  /// Privileges that were kept for sockets that are made later (`SO_MARK`).
  var raises: Capabilities = []
}
