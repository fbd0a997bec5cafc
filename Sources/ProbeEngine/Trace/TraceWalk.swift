import Timing

/// Decides which probes a trace sends and what their fates say of the path. Knows no octets, ports on the wire,
/// windows or clocks: the engine asks it for the next probe when there is room for one, and tells it what became
/// of each.
protocol TraceWalk {
  /// The next probe to be sent, or nil while nothing can be asked before something is known. `mayProbe` says
  /// whether that hop of that target has room (`inFlightPerHop`).
  mutating func next(mayProbe: (_ target: Int, _ hopLimit: UInt8) -> Bool) -> TraceProbe?
  /// A probe has its verdict: replied, lost or send failed. A `late` reply comes as a second call.
  mutating func handle(_ verdict: TraceHop.Verdict, of number: UInt64, probe: TraceProbe, at now: Instant)
  /// When the walk wants to be asked again although nothing happened (rounds); nil: never.
  var nextWake: Instant? { get }
  /// `nextWake` has come; `next` is asked afterwards.
  mutating func wake(at now: Instant)
  /// What the walk has to say since it was last asked, oldest first: `.hop`, `.link`, `.balancer`, `.mtu`,
  /// `.round`, `.end`. The engine fills the counts of `.end`.
  mutating func pollEvent() -> TraceEvent?
  /// Stops asking; each target that has not ended ends as `.interrupted`.
  mutating func stop(at now: Instant)
  /// All targets have ended. Probes may still be in flight (their answers are reported as late).
  var isFinished: Bool { get }
}

extension TraceWalk {
  var nextWake: Instant? { nil }
  mutating func wake(at now: Instant) {}
}
