import Timing
import Wire

/// Each hop of each target once: many hops at a time, nothing beyond the one that ended the path, and nothing
/// twice that the trace of another target has shown.
struct HopWalk: TraceWalk {
  private let configuration: TraceConfiguration
  /// Traces that are under way or have just ended, and which are free for others.
  private var traces: [HopTrace] = []
  private var free: [Int] = []
  /// Of each target, where its trace is; -1 before and after.
  private var place: [Int]
  /// Targets that may have something to ask, in their turn.
  private var ready = EventQueue<Int>()
  /// The one that is asked now, until it has nothing more to ask.
  private var asking: Int?
  private var nextTarget = 0
  private var active = 0
  private var wakes = TimerQueue<Int>()
  private var events = EventQueue<TraceEvent>()
  private var stopSet: StopSet?
  private var now: Instant
  private var isStopping = false

  init(_ configuration: TraceConfiguration, at now: Instant) {
    self.configuration = configuration
    self.now = now
    place = Array(repeating: -1, count: configuration.targets.count)
    if configuration.sharesHops, configuration.targets.count > 1 { stopSet = StopSet() }
  }

  var isFinished: Bool { active == 0 && (isStopping || nextTarget == configuration.targets.count) }
  var nextWake: Instant? { wakes.earliest }
  mutating func pollEvent() -> TraceEvent? { events.next() }

  mutating func next(mayProbe: (_ target: Int, _ hopLimit: UInt8) -> Bool) -> TraceProbe? {
    while !isStopping {
      guard let target = asking ?? ready.next() ?? activate() else { return nil }
      asking = nil
      let i = place[target]
      guard i >= 0 else { continue }
      if let probe = traces[i].next(mayProbe: mayProbe) {
        asking = target
        return probe
      }
      traces[i].isReady = false
    }
    return nil
  }

  mutating func handle(_ verdict: TraceHop.Verdict, of number: UInt64, probe: TraceProbe, at now: Instant) {
    self.now = now
    guard place.indices.contains(probe.target), place[probe.target] >= 0 else { return }
    let i = place[probe.target]
    traces[i].handle(verdict, probe: probe, at: now, stopSet: stopSet)
    advance(i)
  }

  mutating func wake(at now: Instant) {
    self.now = now
    while let (_, target) = wakes.popDue(at: now) {
      guard place[target] >= 0 else { continue }
      let i = place[target]
      traces[i].timerAt = nil
      traces[i].wake(at: now)
      advance(i)
    }
  }

  mutating func stop(at now: Instant) {
    self.now = now
    isStopping = true
    for target in place.indices {
      if place[target] >= 0 {
        traces[place[target]].interrupt(at: now, stopSet: stopSet, &events)
        place[target] = -1
      } else if target >= nextTarget {
        events.append(
          .end(TraceEnd(target: target, reason: .interrupted, hops: 0, startedAt: now, at: now)))
      }
    }
    active = 0
    wakes.removeAll()
  }

  /// Begins the trace of the next target, where one more may be under way. With a stop set the first is traced alone:
  /// what it shows need not be asked for the others.
  private mutating func activate() -> Int? {
    let most = stopSet.map { $0.count == 0 ? 1 : Int.max } ?? Int.max
    guard nextTarget < configuration.targets.count, active < min(max(configuration.targetsAtOnce, 1), most)
    else { return nil }
    let target = nextTarget
    nextTarget += 1
    active += 1
    var trace = HopTrace(target: target, configuration, stopSet: stopSet, at: now)
    trace.isReady = true
    if let i = free.popLast() {
      traces[i] = trace
      place[target] = i
    } else {
      traces.append(trace)
      place[target] = traces.count - 1
    }
    return target
  }

  /// After a change to a trace: what it has to tell, and what comes next.
  private mutating func advance(_ i: Int) {
    traces[i].advance(at: now, stopSet: stopSet, &events)
    let target = traces[i].target
    if traces[i].hasEnded {
      if var known = stopSet.take() {
        traces[i].record(in: &known)
        stopSet = known
      }
      place[target] = -1
      free.append(i)
      active -= 1
      return
    }
    if !traces[i].isReady {
      traces[i].isReady = true
      ready.append(target)
    }
    if let wakeAt = traces[i].wakeAt, wakeAt < traces[i].timerAt ?? .distantFuture {
      traces[i].timerAt = wakeAt
      wakes.insert(target, at: wakeAt)
    }
  }
}
