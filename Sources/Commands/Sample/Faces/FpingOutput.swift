import LinuxNet
import ProbeEngine
import Report
import Runtime
import Timing

/// Takes a run's events to the text of fping and its bytes to the standard descriptors.
struct FpingOutput: SampleSink, ~Copyable {
  private(set) var text: FpingText
  private var buffer = OutputBuffer()
  private let names: [Int: String]
  private let givenNames: [Int: String]
  private let unknown: UInt64
  private let startedAt: Instant
  private(set) var hasEnded = false
  /// The terminal is gone (SIGHUP), of which the original dies.
  private(set) var isHungUp = false

  init(_ options: FpingTextOptions, targets: FpingTargets, startedAt: Instant) {
    text = FpingText(options: options)
    names = targets.names
    givenNames = targets.givenNames
    unknown = targets.unknown
    self.startedAt = startedAt
  }

  mutating func begin(_ start: SampleStart, clock: KernelClock) {
    var run = FpingRun(
      targets: start.configuration.targets,
      // A link-local address without an interface has no address that could be asked, but for its text.
      names: names.merging(start.targets.names) { own, _ in own }, unknown: unknown, startedAt: startedAt,
      localOffset: { LocalTime.offset(at: $0) })
    run.givenNames = givenNames
    run.interfaceNames = .ofThisHost
    text.begin(run)
  }

  mutating func handle(_ event: SampleEvent, clock: KernelClock) {
    guard !text.hasEnough else { return }
    text.write(event, wall: WallClock(clock), into: &buffer)
  }

  mutating func tick(_ engine: borrowing SampleEngine, at now: Instant, clock: KernelClock) {
    text.report(now: clock.realtime(from: now), into: &buffer)
  }

  mutating func snapshot(_ engine: borrowing SampleEngine, at now: Instant, clock: KernelClock) {
    text.report(now: clock.realtime(from: now), isSignal: true, into: &buffer)
  }

  mutating func reload() -> SampleRequest? {
    isHungUp = true
    return nil
  }
  mutating func reloaded(_ start: SampleStart, clock: KernelClock) {}

  mutating func end(_ engine: borrowing SampleEngine, at now: Instant, clock: KernelClock) {
    end(inFlight: engine.inFlight, stray: engine.summary(at: now).stray, at: now)
  }

  /// The end of a run that was cut short because nothing more was of interest.
  mutating func end(inFlight: UInt64, stray: UInt64, at now: Instant) {
    guard !hasEnded else { return }
    hasEnded = true
    text.end(inFlight: inFlight, stray: stray, at: now, into: &buffer)
  }

  /// The run was ended from here.
  var isCutShort: Bool { text.hasEnough || isHungUp }

  mutating func flush(isLast: Bool) throws(SystemError) {
    try buffer.flush()
    // `-X`: the run ends here.
    if isCutShort, !hasEnded { throw SystemError("fping", Errno(rawValue: 0)) }
  }
}
