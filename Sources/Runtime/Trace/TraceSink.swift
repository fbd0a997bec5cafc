package import LinuxNet
package import ProbeEngine
package import Timing
package import Wire

/// What a trace tells before its first probe.
package struct TraceStart: Sendable {
  package struct Target: Sendable {
    package var name: String
    package var canonicalName: String
    package var address: IPv6Address
    package var zone: UInt32
    package var isNumeric: Bool
    /// The source that the kernel's route look-up names; nil where there is no route.
    package var source: IPv6Address?
    /// The interface probes leave by; 0 unknown.
    package var interface: UInt32 = 0
    /// The kernel's cached path MTU (shown, never trusted); nil where it has none beside the link's.
    package var cachedMTU: UInt32?
  }
  package enum Path: String, Sendable {
    case errorQueue = "error_queue"
    case raw
  }
  package var targets: [Target] = []
  /// The way that was really taken.
  package var path: Path = .errorQueue
  package var isCaptured = false
  /// The method that was really taken (`connect` where `tcp` was asked for without privileges).
  package var method: TraceConfiguration.Method = .udp
  package var flow = TraceFlow(sourcePort: 0, destinationPort: 0)
  package var packetLength = 0
  package var interface: String?
  /// MTU of the first target's interface.
  package var linkMTU: UInt32?
  /// Why the first choice of path was not taken.
  package var notes: [String] = []
  package var at: Instant = .zero
}

/// What a person at the keyboard wants of a running trace.
package enum TraceControl: Sendable {
  case pause, resume, quit
}

/// Where a trace's events go. Whoever implements this does the writing; an error of `flush` ends the run.
package protocol TraceSink: ~Copyable {
  mutating func begin(_ start: TraceStart, clock: KernelClock)
  /// A name without an address, where the run goes on with the others.
  mutating func targetFailed(_ name: String, _ failure: PingFailure)
  mutating func handle(_ event: TraceEvent, clock: KernelClock)
  /// SIGQUIT.
  mutating func snapshot(at now: Instant, clock: KernelClock)
  mutating func end(at now: Instant, clock: KernelClock)
  /// Writes what has come together. `isLast`: nothing comes after.
  mutating func flush(isLast: Bool) throws(SystemError)
  /// A descriptor that wakes the loop (reverse names that have come), or nil.
  var wakeDescriptor: Int32? { get }
  mutating func wake()
  /// Standard input while a live screen listens to keys, else nil.
  var inputDescriptor: Int32? { get }
  /// Reads what was typed.
  mutating func input() -> TraceControl?
  /// When the sink wants `wake` to be called although nothing happened (a screen that redraws); nil: never.
  var nextWake: Instant? { get }
  /// The terminal was resized or the process continued (SIGWINCH, SIGCONT).
  mutating func redraw()
  /// Called before the process stops for SIGTSTP, so that a terminal is left as it was found.
  mutating func suspend()
}
