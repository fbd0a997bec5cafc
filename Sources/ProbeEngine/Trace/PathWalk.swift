import Timing

/// Finds all the paths to each target (multipath detection; Augustin, Friedman, Teixeira 2007).
///
/// Many flows are asked at many hops at once (Diamond-Miner's idea; Vermeulen et al. 2020): flow 0 goes ahead, the
/// flows of the first draw follow at each hop that it has shown, and wherever a node turns out to have more next
/// hops, more flows are drawn, are seen to pass it, and are asked one hop further, until `StoppingRule` is
/// satisfied for each node. A link is what one and the same stable flow met at two hop limits, one after the
/// other, and is reported once the nodes before it are complete and known to keep flows together.
///
/// Behind a balancer that spreads packets one by one no links can be told until all packets meet again in one node;
/// the nodes just before that one are reported with links to it, those between without. `queries` is not used.
/// A target gets `PathGraph.maximumProbes` probes and `PathGraph.maximumFlows` flows at most.
struct PathWalk: TraceWalk {
  private let configuration: TraceConfiguration
  private let rule: StoppingRule
  private let isFieldTested: Bool
  private var surveys: [PathSurvey?]
  /// Targets under way, those that are to be asked next at the front.
  private var active: [Int] = []
  private var cursor = 0
  private var nextTarget = 0
  private var remaining: Int
  private var isStopped = false
  private var events = EventQueue<TraceEvent>()
  private var now: Instant

  /// Silent hops beyond the last answer, where the user set no limit.
  static let defaultGapLimit = 5

  init(_ configuration: TraceConfiguration, at now: Instant) {
    self.init(configuration, isFieldTested: true, at: now)
  }

  /// `isFieldTested`: find out what balancers hash, which costs flows beyond those of the stopping rule.
  init(_ configuration: TraceConfiguration, isFieldTested: Bool, at now: Instant) {
    var configuration = configuration
    configuration.gapLimit = configuration.gapLimit ?? Self.defaultGapLimit
    self.configuration = configuration
    self.isFieldTested = isFieldTested
    self.now = now
    var confidence = 0.95
    if case .paths(let wanted) = configuration.mode { confidence = wanted }
    rule = StoppingRule(confidence: confidence)
    surveys = Array(repeating: nil, count: configuration.targets.count)
    remaining = configuration.targets.count
  }

  var nextWake: Instant? { nil }
  var isFinished: Bool { remaining == 0 }
  mutating func pollEvent() -> TraceEvent? { events.next() }

  mutating func next(mayProbe: (_ target: Int, _ hopLimit: UInt8) -> Bool) -> TraceProbe? {
    guard !isStopped else { return nil }
    begin()
    var tried = 0
    while tried < active.count {
      if cursor >= active.count { cursor = 0 }
      let target = active[cursor]
      if let probe = probe(to: target, mayProbe: mayProbe) {
        cursor += 1
        return probe
      }
      if surveys[target]?.isEnded ?? true {
        retire(at: cursor)
        begin()
      } else {
        cursor += 1
        tried += 1
      }
    }
    return nil
  }

  mutating func handle(_ verdict: TraceHop.Verdict, of number: UInt64, probe: TraceProbe, at now: Instant) {
    self.now = max(self.now, now)
    let target = probe.target
    guard !isStopped, surveys.indices.contains(target), surveys[target] != nil else { return }
    surveys[target]?.handle(verdict, probe: probe, at: now, into: &events)
    // When nothing is in flight nobody may ask for a probe again.
    if surveys[target]?.isIdle ?? false { surveys[target]?.decide(at: self.now, into: &events) }
    if surveys[target]?.isEnded ?? false, let place = active.firstIndex(of: target) { retire(at: place) }
  }

  mutating func stop(at now: Instant) {
    guard !isStopped else { return }
    isStopped = true
    for target in surveys.indices where target >= nextTarget || surveys[target] != nil {
      if surveys[target] == nil { surveys[target] = survey(target) }
      surveys[target]?.stop(at: now, into: &events)
      surveys[target] = nil
    }
    nextTarget = surveys.count
    active = []
    remaining = 0
  }

  // MARK: Private parts

  private func survey(_ target: Int) -> PathSurvey {
    PathSurvey(configuration, target: target, rule: rule, isFieldTested: isFieldTested, at: now)
  }

  /// Takes up targets while there is room.
  private mutating func begin() {
    while active.count < max(configuration.targetsAtOnce, 1), nextTarget < surveys.count {
      surveys[nextTarget] = survey(nextTarget)
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

  private mutating func probe(
    to target: Int, mayProbe: (_ target: Int, _ hopLimit: UInt8) -> Bool
  ) -> TraceProbe? {
    for _ in 0..<2 {
      if let order = surveys[target]?.take(mayProbe: { mayProbe(target, $0) }),
        let flow = surveys[target]?.graph.lanes[order.lane].flow
      {
        var probe = TraceProbe(
          target: target, hopLimit: UInt8(truncatingIfNeeded: order.hop), query: order.query, flow: flow,
          packetLength: configuration.packetLength)
        probe.flowNumber = order.lane
        return probe
      }
      guard surveys[target]?.isDirty ?? false else { return nil }
      surveys[target]?.decide(at: now, into: &events)
    }
    return nil
  }
}
