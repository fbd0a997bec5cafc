import LinuxNet
import Plan
import ProbeEngine
import Report
import Runtime
import Timing

/// Takes a sampling run's events to all its outputs and to the progress line on the terminal.
struct SampleOutput: SampleSink, ~Copyable {
  private let invocation: SampleInvocation
  private let programName: String
  private let channels: [SampleChannel]
  private let showsProgress: Bool
  private let isOutputTerminal = Terminal.isTerminal(1)
  private var plan: SamplePlanFile
  /// Read by `reload`; one of them is in force from `reloaded` on.
  private var nextPlans: [SamplePlanFile] = []
  private var run: SampleRun?
  private var startedAt = Instant.zero
  private var timelines: [SampleTimeline] = []
  private var progress: SampleProgress?
  private var state = SampleProgress.State()
  /// Probes ended early by a signal.
  private var isInterrupted = false
  /// Of the first probe that did not leave; 0: its name has no address.
  private var sendErrno: Int32?
  /// Messages for which the kernel had no room.
  private var dropped: UInt64 = 0
  private var toldFailures: Set<Int> = []
  /// What the last report said.
  private(set) var verdict: SampleVerdict?
  /// Tells the figures so far on standard error.
  private var snapshotText: any SampleWriter

  init(
    _ invocation: SampleInvocation, _ plan: SamplePlanFile, channels: [SampleChannel], showsProgress: Bool,
    programName: String, snapshotText: any SampleWriter
  ) {
    self.invocation = invocation
    self.plan = plan
    self.channels = channels
    self.showsProgress = showsProgress
    self.programName = programName
    self.snapshotText = snapshotText
  }

  // MARK: SampleSink

  mutating func begin(_ start: SampleStart, clock: KernelClock) {
    let run = SampleRun(start, plan)
    startedAt = start.at
    tellFailures(start)
    timelines = run.configuration.groups.map { _ in SampleTimeline(startedAt: start.at) }
    if showsProgress { progress = SampleProgress(width: Self.width) }
    state.duration = run.configuration.duration
    for channel in channels { channel.begin(run, at: start.at, wall: WallClock(clock)) }
    var unused: [UInt8] = []
    snapshotText.begin(run, at: start.at, wall: WallClock(clock), into: &unused)
    self.run = run
  }

  mutating func handle(_ event: SampleEvent, clock: KernelClock) {
    if case .record(let record) = event, !record.isWarmup {
      timelines[record.group].record(record)
      state.resolved &+= 1
      if record.outcome == .ok { state.ok &+= 1 }
      if record.outcome == .sendError { sendErrno = sendErrno.flatMap { $0 == 0 ? nil : $0 } ?? record.errno }
    }
    if case .change = event {
      var unused: [UInt8] = []
      snapshotText.write(event, wall: WallClock(clock), into: &unused)
    }
    for channel in channels { channel.write(event, wall: WallClock(clock)) }
  }

  mutating func tick(_ engine: borrowing SampleEngine, at now: Instant, clock: KernelClock) {
    guard progress != nil, let run else { return }
    (state.attempted, state.planned) = engine.progress
    state.elapsed = now - startedAt
    state.duration = run.configuration.duration
    progress?.width = Self.width
    var line: [UInt8] = []
    progress?.put(state, into: &line)
    try? Output.write(line, to: 2)
  }

  mutating func snapshot(_ engine: borrowing SampleEngine, at now: Instant, clock: KernelClock) {
    guard let report = report(engine, at: now, isLast: false) else { return }
    let wall = WallClock(clock)
    for channel in channels { channel.write(report, wall: wall) }
    var text: [UInt8] = []
    snapshotText.write(report, wall: wall, into: &text)
    tell(octets: text)
  }

  mutating func reload() -> SampleRequest? {
    if invocation.plan == .standardInput {
      tell("\(programName): SIGHUP: the plan came from standard input and cannot be read again\n")
      return nil
    }
    do throws(EarlyExit) {
      let plan = try SamplePlanFile.read(invocation.plan, gates: invocation.gates, programName: programName)
      let request = SampleRequest(invocation, plan)
      nextPlans.append(plan)
      return request
    } catch {
      tell(error.standardError + "\(programName): SIGHUP: the plan before it goes on\n")
      return nil
    }
  }

  mutating func reloaded(_ start: SampleStart, clock: KernelClock) {
    let before = run?.configuration.groups.map(\.name) ?? []
    // Two may have come one behind the other, and one may have been given up: what is in force says which it is.
    let names = start.configuration.groups.map(\.name)
    if let index = nextPlans.lastIndex(where: { $0.plan.groups.map(\.group.name) == names }) {
      let next = nextPlans[index]
      nextPlans.removeFirst(index + 1)
      if next.plan.outputs != plan.plan.outputs {
        tell("\(programName): SIGHUP: outputs stay those of the start\n")
      }
      plan = next
    }
    let run = SampleRun(start, plan)
    tellFailures(start)
    // A group of the same name is the same group.
    let old = timelines
    timelines = run.configuration.groups.map { group in
      before.firstIndex(of: group.name).map { old[$0] } ?? SampleTimeline(startedAt: startedAt)
    }
    for channel in channels { channel.reloaded(run, at: start.at, wall: WallClock(clock)) }
    var unused: [UInt8] = []
    snapshotText.reloaded(run, at: start.at, wall: WallClock(clock), into: &unused)
    self.run = run
    tell("\(programName): SIGHUP: the plan was read again: \(start.configuration.targets.count) targets\n")
  }

  mutating func reloadFailed(_ failure: PingFailure) {
    // What was asked for before it does not count any more.
    nextPlans.removeAll()
    for line in PingFailureText.text(failure, isFace: false) { tell("\(programName): SIGHUP: \(line)\n") }
    tell("\(programName): SIGHUP: the plan before it goes on\n")
  }

  mutating func interrupted() { isInterrupted = true }

  mutating func dropped(_ messages: UInt64, at now: Instant, clock: KernelClock) {
    if dropped == 0 {
      tell("\(programName): the kernel had no room for some answers; they count as lost\n")
    }
    dropped = dropped.addingReportingOverflow(messages).partialValue
  }

  mutating func end(_ engine: borrowing SampleEngine, at now: Instant, clock: KernelClock) {
    guard let report = report(engine, at: now, isLast: true) else { return }
    for channel in channels { channel.write(report, wall: WallClock(clock)) }
    verdict = SampleVerdict(report, isOutputLost: false)
  }

  mutating func flush(isLast: Bool) throws(SystemError) {
    let now = SystemClock.monotonicNow()
    // Lines that come to the same terminal do not go behind the progress line.
    let isNext = isOutputTerminal && channels.contains { $0.place == .standardOutput && $0.hasPending }
    if isLast || isNext { erase() }
    for channel in channels { channel.flush(at: now, isLast: isLast) }
    try tellLost(isLast: isLast)
  }

  // MARK: the end

  /// Writes and closes everything; tells again what was lost. After this the verdict is complete.
  mutating func finish() -> SampleVerdict {
    erase()
    let now = SystemClock.monotonicNow()
    for channel in channels {
      channel.flush(at: now, isLast: true)
      channel.close()
    }
    if dropped > 0 { tell("\(programName): the kernel had no room for \(dropped) messages\n") }
    var verdict = verdict ?? SampleVerdict()
    for channel in channels {
      guard let failure = channel.failure else { continue }
      verdict.isOutputLost = true
      // A reader that has gone knows.
      if failure.errno == .brokenPipe, channel.path.isEmpty { continue }
      let name = channel.path.isEmpty ? "standard output" : escaped(channel.path)
      tell("\(programName): \(name): not complete: \(failure.errno.text)\n")
    }
    if verdict.isHostAtFault {
      let why = sendErrno.map { $0 == 0 ? "no target has an address" : Errno(rawValue: $0).text }
      tell("\(programName): no probe left this host" + (why.map { ": " + $0 } ?? "") + "\n")
    }
    self.verdict = verdict
    return verdict
  }

  // MARK: private parts

  private static var width: Int { Terminal.width(2) ?? 80 }

  /// An output that fails is told of when it does; the run ends where there is no other.
  private mutating func tellLost(isLast: Bool) throws(SystemError) {
    for (index, channel) in channels.enumerated() where !toldFailures.contains(index) {
      guard let failure = channel.failure else { continue }
      toldFailures.insert(index)
      if channels.allSatisfy({ $0.failure != nil }) { throw failure }
      // The end tells of all.
      if isLast || channel.path.isEmpty { continue }
      tell("\(programName): \(escaped(channel.path)): \(failure.errno.text); the run goes on without it\n")
    }
  }

  private mutating func tellFailures(_ start: SampleStart) {
    guard !invocation.display.isQuiet else { return }
    for failure in start.targets.failures {
      for line in PingFailureText.text(failure.error, isFace: false) { tell("\(programName): \(line)\n") }
    }
  }

  private mutating func tell(_ text: String) { tell(octets: Array(text.utf8)) }

  /// Lines for people; what cannot be written is lost.
  private mutating func tell(octets: [UInt8]) {
    erase()
    try? Output.write(octets, to: 2)
  }

  private mutating func erase() {
    var octets: [UInt8] = []
    progress?.erase(into: &octets)
    if !octets.isEmpty { try? Output.write(octets, to: 2) }
  }

  private func report(
    _ engine: borrowing SampleEngine, at now: Instant, isLast: Bool
  ) -> SampleReport? {
    guard let run else { return nil }
    let summary = engine.summary(at: now)
    var targets: [SampleFigures] = []
    targets.reserveCapacity(run.configuration.targets.count)
    for target in run.configuration.targets.indices { targets.append(engine.figures(of: target, at: now)) }
    return SampleReport(
      run: run, summary: summary, targets: targets, timelines: timelines,
      gates: SampleGates.judge(plan.plan.gates, run, summary, targets), isLast: isLast,
      isInterrupted: isInterrupted)
  }
}

extension SampleRun {
  init(_ start: SampleStart, _ file: SamplePlanFile) {
    self.init(
      configuration: start.configuration,
      labels: file.plan.groups.map { $0.labels.map { SampleRun.Label(name: $0.name, value: $0.value) } },
      names: start.targets.names, host: Process.hostName ?? "", version: Version.text)
    interfaceNames = .ofThisHost
    plan = file.name
    path = start.path == .datagram ? .datagram : .raw
    arrival = start.isCaptured ? .pcap : .socket
    pathNotes = start.notes
  }
}
