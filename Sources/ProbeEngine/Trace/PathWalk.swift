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
  private var surveys: TraceSurveys<PathSurvey>

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
    var confidence = 0.95
    if case .paths(let wanted) = configuration.mode { confidence = wanted }
    rule = StoppingRule(confidence: confidence)
    surveys = TraceSurveys(
      targets: configuration.targets.count, atOnce: configuration.targetsAtOnce, at: now)
  }

  var nextWake: Instant? { nil }
  var isFinished: Bool { surveys.isFinished }
  mutating func pollEvent() -> TraceEvent? { surveys.pollEvent() }

  mutating func next(mayProbe: (_ target: Int, _ hopLimit: UInt8) -> Bool) -> TraceProbe? {
    let (configuration, rule, isFieldTested) = (configuration, rule, isFieldTested)
    return surveys.next(mayProbe: mayProbe) {
      PathSurvey(configuration, target: $0, rule: rule, isFieldTested: isFieldTested, at: $1)
    }
  }

  mutating func handle(_ verdict: TraceHop.Verdict, of number: UInt64, probe: TraceProbe, at now: Instant) {
    surveys.handle(verdict, probe: probe, at: now)
  }

  mutating func stop(at now: Instant) {
    let (configuration, rule, isFieldTested) = (configuration, rule, isFieldTested)
    surveys.stop(at: now) {
      PathSurvey(configuration, target: $0, rule: rule, isFieldTested: isFieldTested, at: $1)
    }
  }
}
