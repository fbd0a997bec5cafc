import Timing

/// The walk of a run, one of those there are. Each lies in place, so that a step neither copies nor boxes it.
struct TraceWalks {
  private var hops: HopWalk?
  private var rounds: RoundWalk?
  private var paths: PathWalk?
  private var mtu: MTUWalk?

  init(_ configuration: TraceConfiguration, at now: Instant) {
    switch configuration.mode {
    case .paths: paths = PathWalk(configuration, at: now)
    case .mtu: mtu = MTUWalk(configuration, at: now)
    case .hops: hops = HopWalk(configuration, at: now)
    case .rounds: rounds = RoundWalk(configuration, at: now)
    }
  }

  mutating func next(mayProbe: (_ target: Int, _ hopLimit: UInt8) -> Bool) -> TraceProbe? {
    if hops != nil { return hops?.next(mayProbe: mayProbe) }
    if paths != nil { return paths?.next(mayProbe: mayProbe) }
    if mtu != nil { return mtu?.next(mayProbe: mayProbe) }
    return rounds?.next(mayProbe: mayProbe)
  }

  mutating func handle(_ verdict: TraceHop.Verdict, of number: UInt64, probe: TraceProbe, at now: Instant) {
    hops?.handle(verdict, of: number, probe: probe, at: now)
    paths?.handle(verdict, of: number, probe: probe, at: now)
    mtu?.handle(verdict, of: number, probe: probe, at: now)
    rounds?.handle(verdict, of: number, probe: probe, at: now)
  }

  var nextWake: Instant? { hops?.nextWake ?? paths?.nextWake ?? mtu?.nextWake ?? rounds?.nextWake }

  mutating func wake(at now: Instant) {
    hops?.wake(at: now)
    paths?.wake(at: now)
    rounds?.wake(at: now)
  }

  mutating func pollEvent() -> TraceEvent? {
    if hops != nil { return hops?.pollEvent() }
    if paths != nil { return paths?.pollEvent() }
    if mtu != nil { return mtu?.pollEvent() }
    return rounds?.pollEvent()
  }

  mutating func stop(at now: Instant) {
    hops?.stop(at: now)
    paths?.stop(at: now)
    mtu?.stop(at: now)
    rounds?.stop(at: now)
  }

  var isFinished: Bool {
    hops?.isFinished ?? paths?.isFinished ?? mtu?.isFinished ?? rounds?.isFinished ?? true
  }

  mutating func pause() { rounds?.pause() }
  mutating func resume(at now: Instant) { rounds?.resume(at: now) }
}
