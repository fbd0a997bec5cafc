import LinuxNet
import ProbeEngine
import Report
import Runtime
import Timing
import Wire

/// Takes a run's events to a writer and the writer's bytes to the standard descriptors. Lines wait for reverse
/// names in their order; probes never do.
struct PingOutput<Writer: PingWriter>: PingSink, ~Copyable {
  private typealias Lines = HeldLines<PingEvent>

  /// How long a header, and the end of a run, wait for names.
  private static var patience: Nanoseconds { .seconds(2) }

  private var writer: Writer
  private var buffer = OutputBuffer()
  private var lines: HeldLines<PingEvent>
  private let looksUpNames: Bool
  private let configuration: PingConfiguration
  /// iputils before 20231222 names the target by its address's reverse name.
  private let headerNamesReverse: Bool

  private let exitPolicy: PingOutputOptions.ExitPolicy
  private let asksAllAddresses: Bool
  private let programName: String
  /// What the run means to a script, once it has ended.
  private(set) var exitCode: Int32 = 0

  init(_ writer: Writer, _ invocation: PingInvocation, programName: String) {
    let request = invocation.request
    headerNamesReverse = invocation.output.isCompat2022 && request.looksUpNames
    exitPolicy = invocation.output.exitPolicy
    asksAllAddresses = request.asksAllAddresses
    self.programName = programName
    self.writer = writer
    looksUpNames = request.looksUpNames
    lines = HeldLines(isLookingUp: request.looksUpNames)
    configuration = request.configuration
  }

  mutating func begin(_ start: PingStart, clock: KernelClock) {
    var run = PingRun(start, payloadLength: configuration.payloadLength)
    if case .echo = configuration.message {} else { run.hasPayload = false }
    if headerNamesReverse, let target = start.targets.first, !target.isNumeric {
      // The one name that a header has to wait for; no probe has left yet.
      let wanted = Lines.Wanted(address: target.address, zone: target.zone)
      let deadline = SystemClock.monotonicNow() + PingOutput.patience
      run.targets[0].reverseName = lines.names(of: [wanted], waitingUntil: deadline).first ?? nil
    }
    run.asksAllAddresses = asksAllAddresses
    for name in start.unresolved {
      exitCode = 1
      let lines = PingFailureText.text(name.failure, isFace: false)
      for line in lines { buffer.standardError.put("\(programName): \(line)\n") }
      run.unresolved.append(PingRun.Unresolved(name: name.name, reason: PingFailureText.reason(name.failure)))
    }
    let wall = WallClock(clock)
    writer.begin(run, at: start.at, wall: wall, into: &buffer)
    var first = PingWriting.targetsAtOnce
    while first < run.targets.count {
      // What cannot be written will be told by the flush that follows.
      try? flush(isLast: false)
      let last = min(first + PingWriting.targetsAtOnce, run.targets.count)
      writer.beginMore(first..<last, at: start.at, wall: wall, into: &buffer)
      first = last
    }
  }

  mutating func handle(_ event: PingEvent, clock: KernelClock) {
    let wall = WallClock(clock)
    let wanted = looksUpNames ? writer.nameWanted(by: event) : nil
    if wanted == nil, lines.isEmpty {
      writer.write(event, wall: wall, name: nil, into: &buffer)
      return
    }
    lines.add(
      event, wall: wall, wanted: wanted.map { [Lines.Wanted(address: $0.address, zone: $0.zone)] } ?? [])
    release()
  }

  mutating func snapshot(_ summaries: [PingSummary], at now: Instant, clock: KernelClock) {
    writer.writeSnapshot(summaries, at: now, wall: WallClock(clock), into: &buffer)
  }

  mutating func end(_ summaries: [PingSummary], at now: Instant, clock: KernelClock) {
    if !lines.isEmpty {
      let deadline = SystemClock.monotonicNow() + PingOutput.patience
      while let line = lines.next(waitingUntil: deadline) { write(line) }
    }
    for summary in summaries {
      exitCode = max(exitCode, PingExitCode.of(summary, exitPolicy, until: configuration.until))
    }
    writer.end(summaries, at: now, wall: WallClock(clock), into: &buffer)
  }

  mutating func flush(isLast: Bool) throws(SystemError) { try buffer.flush() }

  var wakeDescriptor: Int32? { lines.wakeDescriptor }

  mutating func wake() {
    lines.acknowledge()
    release()
  }

  private mutating func release() {
    while let line = lines.next() { write(line) }
  }

  private mutating func write(_ line: HeldLines<PingEvent>.Line) {
    writer.write(line.event, wall: line.wall, name: line.names.first ?? nil, into: &buffer)
  }
}

extension OutputBuffer {
  /// Writes both streams to their descriptors and empties them.
  mutating func flush() throws(SystemError) {
    if !standardOutput.isEmpty {
      try Output.write(standardOutput, to: 1)
      standardOutput.removeAll(keepingCapacity: true)
    }
    if !standardError.isEmpty {
      // Nothing is left to tell of a failure here.
      try? Output.write(standardError, to: 2)
      standardError.removeAll(keepingCapacity: true)
    }
  }
}

extension WallClock {
  init(_ clock: KernelClock) { self.init(offset: clock.pair.offset) }
}

extension PingRun {
  init(_ start: PingStart, payloadLength: Int) {
    self.init(
      targets: PingRunTargets(start.targets.addresses, interfaceNames: .ofThisHost),
      source: start.source?.description, interface: start.interface, payloadLength: payloadLength,
      identifier: start.identifier, flowLabel: start.flowLabel,
      path: start.path == .datagram ? .datagram : .raw, arrival: start.isCaptured ? .pcap : .socket,
      version: Version.text)
    for index in start.targets.indices {
      guard let target = start.targets.named(index) else { continue }
      targets[index] = PingRun.Target(
        name: target.name, canonicalName: target.canonicalName,
        address: PingRun.text(target.address, zone: target.zone), isNumeric: target.isNumeric)
    }
    pathNotes = start.notes
    interfaceNames = .ofThisHost
  }

  static func text(_ address: IPv6Address, zone: UInt32) -> String {
    guard zone != 0 else { return address.description }
    return "\(address.description)%\(Interfaces.name(of: zone) ?? String(zone))"
  }
}
