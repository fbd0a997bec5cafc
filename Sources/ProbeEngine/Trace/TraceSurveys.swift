import Timing

/// The search along the path (or paths) to one target, as part of a walk over several.
protocol TraceSurvey {
  /// The next probe, or nil while nothing can be asked.
  mutating func next(
    mayProbe: (_ hopLimit: UInt8) -> Bool, at now: Instant, into events: inout EventQueue<TraceEvent>
  ) -> TraceProbe?
  mutating func handle(
    _ verdict: TraceHop.Verdict, probe: TraceProbe, at now: Instant, into events: inout EventQueue<TraceEvent>
  )
  mutating func stop(at now: Instant, into events: inout EventQueue<TraceEvent>)
  /// Its `.end` has been said.
  var isEnded: Bool { get }
}

/// The surveys of all targets: so many at once, asked in turn.
struct TraceSurveys<Survey: TraceSurvey> {
  private var surveys: [Survey?]
  private let atOnce: Int
  /// Targets under way.
  private var active: [Int] = []
  /// Place in `active` of the one that is asked next.
  private var cursor = 0
  /// The first target that has not begun.
  private var nextTarget = 0
  private var remaining: Int
  private var events = EventQueue<TraceEvent>()
  private var now: Instant

  init(targets: Int, atOnce: Int, at now: Instant) {
    surveys = []
    surveys.reserveCapacity(targets)
    for _ in 0..<targets { surveys.append(nil) }
    self.atOnce = max(atOnce, 1)
    self.now = now
    remaining = targets
  }

  var isFinished: Bool { remaining == 0 }
  mutating func pollEvent() -> TraceEvent? { events.next() }

  mutating func next(
    mayProbe: (_ target: Int, _ hopLimit: UInt8) -> Bool, make: (_ target: Int, _ now: Instant) -> Survey
  ) -> TraceProbe? {
    begin(make)
    var tried = 0
    while tried < active.count {
      if cursor >= active.count { cursor = 0 }
      let target = active[cursor]
      let probe = surveys[target]?.next(mayProbe: { mayProbe(target, $0) }, at: now, into: &events)
      if surveys[target]?.isEnded ?? true {
        retire(at: cursor)
        begin(make)
        continue
      }
      cursor += 1
      if let probe { return probe }
      tried += 1
    }
    return nil
  }

  mutating func handle(_ verdict: TraceHop.Verdict, probe: TraceProbe, at now: Instant) {
    self.now = max(self.now, now)
    let target = probe.target
    guard surveys.indices.contains(target), surveys[target] != nil else { return }
    surveys[target]?.handle(verdict, probe: probe, at: self.now, into: &events)
    if surveys[target]?.isEnded ?? false, let place = active.firstIndex(of: target) { retire(at: place) }
  }

  mutating func stop(at now: Instant, make: (_ target: Int, _ now: Instant) -> Survey) {
    for target in surveys.indices where target >= nextTarget || surveys[target] != nil {
      var survey = surveys[target] ?? make(target, now)
      survey.stop(at: now, into: &events)
      surveys[target] = nil
    }
    nextTarget = surveys.count
    active = []
    remaining = 0
  }

  /// Takes up targets while there is room.
  private mutating func begin(_ make: (_ target: Int, _ now: Instant) -> Survey) {
    while active.count < atOnce, nextTarget < surveys.count {
      surveys[nextTarget] = make(nextTarget, now)
      active.append(nextTarget)
      nextTarget += 1
    }
  }

  private mutating func retire(at place: Int) {
    surveys[active[place]] = nil
    active.remove(at: place)
    if cursor > place { cursor -= 1 }
    remaining -= 1
  }
}
