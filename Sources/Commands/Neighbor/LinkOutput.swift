import LinuxNet
import ProbeEngine
import Report
import Runtime
import Timing

/// Takes the events of an act on a link to a writer and the writer's bytes to the standard descriptors.
struct LinkOutput<Writer: LinkWriter>: LinkSink, ~Copyable {
  private var writer: Writer
  private var buffer = OutputBuffer()
  private let act: LinkRun.Act
  /// What the events came to.
  private(set) var tally = LinkOutcome.Tally()

  /// Goes on after the first window.
  private let isContinuous: Bool

  init(_ writer: Writer, act: LinkRun.Act, isContinuous: Bool = false) {
    self.writer = writer
    self.act = act
    self.isContinuous = isContinuous
  }

  mutating func begin(_ start: LinkStart, clock: KernelClock) {
    var run = LinkRun(act, view: start.view, version: Version.text)
    run.targets = start.targets.map {
      LinkRun.Target(name: $0.name, canonicalName: $0.canonicalName, address: $0.address, zone: $0.zone)
    }
    run.source = start.source
    run.isCaptured = start.isCaptured
    run.notes = start.notes
    run.isContinuous = isContinuous
    run.interfaceNames = .ofThisHost
    writer.begin(run, at: start.at, wall: WallClock(clock), into: &buffer)
  }

  mutating func handle(_ event: LinkEvent, clock: KernelClock) {
    tally.take(event)
    writer.write(event, wall: WallClock(clock), into: &buffer)
  }

  mutating func end(at now: Instant, clock: KernelClock) {
    writer.end(at: now, wall: WallClock(clock), into: &buffer)
  }

  mutating func flush(isLast: Bool) throws(SystemError) { try buffer.flush() }
}
