import LinuxNet
import ProbeEngine
import Report
import Runtime
import Timing
import Wire

/// Takes a run's events to a writer and the writer's bytes to the standard descriptors. Lines wait for reverse
/// names in their order; probes never do.
struct PingOutput<Writer: PingWriter>: PingSink, ~Copyable {
  /// Lines that wait for a name beyond this many are written without.
  private static var heldLimit: Int { 1_024 }
  /// How long the end of a run waits for names.
  private static var patience: Nanoseconds { .seconds(2) }

  private var writer: Writer
  private var buffer = OutputBuffer()
  private var held: [(event: PingEvent, wall: WallClock)] = []
  private var names: ReverseResolver?
  private let looksUpNames: Bool
  private let configuration: PingConfiguration
  private let namesInterfaces: Bool
  /// iputils before 20231222 names the target by its address's reverse name.
  private let headerNamesReverse: Bool
  private(set) var hasReceived = false

  init(_ writer: Writer, request: PingRequest, headerNamesReverse: Bool) {
    self.headerNamesReverse = headerNamesReverse && request.looksUpNames
    self.writer = writer
    looksUpNames = request.looksUpNames
    configuration = request.configuration
    namesInterfaces = !request.checksRouteFirst
  }

  mutating func begin(_ start: PingStart, clock: KernelClock) {
    var run = PingRun(start, payloadLength: configuration.payloadLength, namesInterfaces: namesInterfaces)
    if case .echo = configuration.message {} else { run.hasPayload = false }
    if headerNamesReverse, let target = start.targets.first, !target.isNumeric {
      run.targets[0].reverseName = reverseName(of: target)
    }
    writer.begin(run, at: start.at, wall: WallClock(clock), into: &buffer)
  }

  /// The one name that a header has to wait for; no probe has left yet.
  private mutating func reverseName(of target: PingStart.Target) -> String? {
    if names == nil { names = try? ReverseResolver() }
    guard let names else { return nil }
    let deadline = SystemClock.monotonicNow() + PingOutput.patience
    var poller = Poller()
    _ = poller.add(number: names.descriptor.number)
    while true {
      if case .name(let name) = names.lookUp(target.address, scope: target.zone) { return name }
      guard (try? poller.wait(until: deadline)) ?? 0 > 0 else { return nil }
      names.acknowledge()
    }
  }

  mutating func handle(_ event: PingEvent, clock: KernelClock) {
    let wall = WallClock(clock)
    if held.isEmpty, case .known(let name) = name(for: event) {
      writer.write(event, wall: wall, name: name, into: &buffer)
      return
    }
    held.append((event, wall))
    if held.count > PingOutput.heldLimit { release(isForced: true, limit: held.count / 2) }
  }

  mutating func snapshot(_ summaries: [PingSummary], at now: Instant, clock: KernelClock) {
    writer.writeSnapshot(summaries, at: now, wall: WallClock(clock), into: &buffer)
  }

  mutating func end(_ summaries: [PingSummary], at now: Instant, clock: KernelClock) {
    waitForNames()
    release(isForced: true, limit: .max)
    writer.end(summaries, at: now, wall: WallClock(clock), into: &buffer)
  }

  mutating func flush(isLast: Bool) throws(SystemError) {
    if !buffer.standardOutput.isEmpty {
      try Output.write(buffer.standardOutput, to: 1)
      buffer.standardOutput.removeAll(keepingCapacity: true)
    }
    if !buffer.standardError.isEmpty {
      // Nothing is left to tell of a failure here.
      try? Output.write(buffer.standardError, to: 2)
      buffer.standardError.removeAll(keepingCapacity: true)
    }
  }

  var wakeDescriptor: Int32? { names?.descriptor.number }

  mutating func wake() {
    names?.acknowledge()
    release(isForced: false, limit: .max)
  }

  // MARK: Names

  private enum Name {
    case known(String?)
    case pending
  }

  private mutating func name(for event: PingEvent) -> Name {
    guard looksUpNames, let wanted = writer.nameWanted(by: event) else { return .known(nil) }
    if names == nil { names = try? ReverseResolver() }
    guard let names else { return .known(nil) }
    switch names.lookUp(wanted.address, scope: wanted.zone) {
    case .name(let name): return .known(name)
    case .pending: return .pending
    case .busy: return .known(nil)
    }
  }

  private mutating func release(isForced: Bool, limit: Int) {
    var released = 0
    while released < held.count, released < limit {
      var known: String?
      switch name(for: held[released].event) {
      case .known(let name): known = name
      case .pending: if !isForced { held.removeFirst(released); return }
      }
      writer.write(held[released].event, wall: held[released].wall, name: known, into: &buffer)
      released += 1
    }
    held.removeFirst(released)
  }

  private mutating func waitForNames() {
    guard !held.isEmpty, let names else { return }
    let deadline = SystemClock.monotonicNow() + PingOutput.patience
    var poller = Poller()
    _ = poller.add(number: names.descriptor.number)
    while !held.isEmpty, SystemClock.monotonicNow() < deadline {
      guard (try? poller.wait(until: deadline)) ?? 0 > 0 else { return }
      wake()
    }
  }
}

extension WallClock {
  init(_ clock: KernelClock) { self.init(offset: clock.pair.offset) }
}

extension PingRun {
  init(_ start: PingStart, payloadLength: Int, namesInterfaces: Bool) {
    self.init(
      targets: start.targets.map { target in
        PingRun.Target(
          name: target.name, canonicalName: target.canonicalName,
          address: PingRun.text(target.address, zone: target.zone), isNumeric: target.isNumeric)
      },
      source: start.source?.description, interface: start.interface, payloadLength: payloadLength,
      identifier: start.identifier, flowLabel: start.flowLabel,
      path: start.path == .datagram ? .datagram : .raw, arrival: start.isCaptured ? .pcap : .socket,
      version: Version.text)
    pathNotes = start.notes
    // Asked only where an interface can appear.
    if namesInterfaces || start.targets.contains(where: { $0.zone != 0 || $0.address.isMulticast }) {
      for link in (try? Interfaces.links()) ?? [] { interfaceNames[link.index] = link.name }
    }
  }

  private static func text(_ address: IPv6Address, zone: UInt32) -> String {
    guard zone != 0 else { return address.description }
    return "\(address.description)%\(Interfaces.name(of: zone) ?? String(zone))"
  }
}
