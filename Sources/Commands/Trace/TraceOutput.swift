import LinuxNet
import ProbeEngine
import Report
import Runtime
import Timing
import Wire

/// Takes a trace's events to a writer and the writer's bytes to the standard descriptors. Lines wait for reverse
/// names in their order, a second at most; probes never do.
struct TraceOutput<Writer: TraceWriter>: TraceSink, ~Copyable {
  /// How long a line waits for its names.
  private static var linePatience: Nanoseconds { .seconds(1) }
  /// Events that wait behind a line; where each probe is told there are many.
  private static var lineLimit: Int { 16_384 }
  /// How long the end of a run waits for all that are missing.
  private static var endPatience: Nanoseconds { .seconds(2) }
  /// Names that are remembered; a run over many targets forgets and asks the resolver's own memory again.
  private static var nameLimit: Int { 16_384 }

  private var writer: Writer
  private var buffer = OutputBuffer()
  private var lines: HeldLines<TraceEvent>
  private var names = TraceNames()
  private let request: TraceRequest
  private let looksUpNames: Bool
  private let programName: String
  /// Targets whose names failed.
  private(set) var failedTargets = 0

  /// `programName` begins the lines about targets whose names fail.
  init(
    _ writer: Writer, request: TraceRequest, looksUpNames: Bool, systems: PrefixTable?, programName: String
  ) {
    self.writer = writer
    self.request = request
    self.looksUpNames = looksUpNames
    self.programName = programName
    lines = HeldLines(
      isLookingUp: looksUpNames, patience: TraceOutput.linePatience, limit: TraceOutput.lineLimit)
    if let systems { names.systems = { systems.text(of: $0) } }
  }

  mutating func begin(_ start: TraceStart, clock: KernelClock) {
    writer.begin(TraceRun(start, request), at: start.at, wall: WallClock(clock), into: &buffer)
  }

  mutating func targetFailed(_ name: String, _ failure: PingFailure) {
    failedTargets += 1
    for line in PingFailureText.text(failure, isFace: false) {
      buffer.standardError.append(contentsOf: "\(programName): \(line)\n".utf8)
    }
  }

  mutating func handle(_ event: TraceEvent, clock: KernelClock) {
    let wall = WallClock(clock)
    let wanted = looksUpNames ? writer.namesWanted(by: event) : []
    if wanted.isEmpty, lines.isEmpty {
      writer.write(event, wall: wall, names: names, into: &buffer)
      return
    }
    lines.add(event, wall: wall, wanted: wanted.map(HeldLines.Wanted.init))
    release()
  }

  mutating func snapshot(at now: Instant, clock: KernelClock) {
    writer.writeSnapshot(at: now, wall: WallClock(clock), names: names, into: &buffer)
  }

  mutating func end(at now: Instant, clock: KernelClock) {
    let deadline = SystemClock.monotonicNow() + TraceOutput.endPatience
    while let line = lines.next(waitingUntil: deadline) { write(line) }
    if looksUpNames {
      let wanted = writer.namesWantedAtEnd
      remember(
        wanted.map(HeldLines.Wanted.init),
        lines.names(of: wanted.map(HeldLines.Wanted.init), waitingUntil: deadline))
    }
    writer.end(at: now, wall: WallClock(clock), names: names, into: &buffer)
  }

  mutating func flush(isLast: Bool) throws(SystemError) { try buffer.flush() }

  var wakeDescriptor: Int32? { lines.wakeDescriptor }
  var nextWake: Instant? { lines.nextWake }

  mutating func wake() {
    lines.acknowledge()
    release()
  }

  var inputDescriptor: Int32? { nil }
  mutating func input() -> TraceControl? { nil }
  mutating func redraw() {}
  mutating func suspend() {}

  // MARK: private parts

  private mutating func release() {
    while let line = lines.next() { write(line) }
  }

  private mutating func write(_ line: HeldLines<TraceEvent>.Line) {
    remember(line.wanted, line.names)
    writer.write(line.event, wall: line.wall, names: names, into: &buffer)
  }

  private mutating func remember(_ addresses: [HeldLines<TraceEvent>.Wanted], _ found: [String?]) {
    if names.names.count > TraceOutput.nameLimit { names.names.removeAll(keepingCapacity: true) }
    for (address, name) in zip(addresses, found) {
      if let name { names.names[TraceAddress(address.address, zone: address.zone)] = name }
    }
  }
}

extension HeldLines.Wanted {
  init(_ address: TraceAddress) { self.init(address: address.address, zone: address.zone) }
}

extension TraceRun {
  init(_ start: TraceStart, _ request: TraceRequest) {
    let configuration = request.configuration
    self.init(
      targets: start.targets.map { target in
        var result = TraceRun.Target(
          name: target.name, canonicalName: target.canonicalName, address: target.address, zone: target.zone,
          addressText: PingRun.text(target.address, zone: target.zone), isNumeric: target.isNumeric)
        result.source = target.source?.description
        result.cachedMTU = target.cachedMTU
        return result
      },
      method: start.method, path: start.path.rawValue, arrival: start.isCaptured ? .pcap : .socket,
      mode: configuration.mode, flow: start.flow, packetLength: start.packetLength,
      firstHop: configuration.firstHop, maximumHops: configuration.maximumHops,
      queries: configuration.queries, version: Version.text)
    trafficClass = configuration.trafficClass
    interface = start.interface
    linkMTU = start.linkMTU
    pathNotes = start.notes
    interfaceNames = .ofThisHost
    hostName = Process.hostName
    switch configuration.wait {
    case .fixed(let wait): maximumWait = wait
    case .adaptive(_, let maximum), .traceroute(let maximum, _, _): maximumWait = maximum
    }
  }
}
