import Timing

/// Finds the path MTU to each target, hop by hop (RFC 8201, and RFC 4821's idea for paths that lose the errors).
///
/// Each hop is asked first with a packet of the length that gets as far as is known, several hops at once. Packet
/// Too Big makes the packets shorter from the hop limit on whose probe drew it. Where long packets stay without
/// answer and short ones do not, the longest that passes is found by size; ordinary loss is told apart by asking
/// again. Each hop then gets `queries` probes of its final length. Probes must leave at the length ordered, whole:
/// the transport sets IPV6_DONTFRAG and IPV6_PMTUDISC_PROBE.
struct MTUWalk: TraceWalk {
  private let configuration: TraceConfiguration
  private var surveys: TraceSurveys<MTUSurvey>

  init(_ configuration: TraceConfiguration, at now: Instant) {
    self.configuration = configuration
    surveys = TraceSurveys(
      targets: configuration.targets.count, atOnce: configuration.targetsAtOnce, at: now)
  }

  var nextWake: Instant? { nil }
  var isFinished: Bool { surveys.isFinished }
  mutating func pollEvent() -> TraceEvent? { surveys.pollEvent() }

  mutating func next(mayProbe: (_ target: Int, _ hopLimit: UInt8) -> Bool) -> TraceProbe? {
    let configuration = configuration
    return surveys.next(mayProbe: mayProbe) { MTUSurvey(configuration, target: $0, at: $1) }
  }

  mutating func handle(_ verdict: TraceHop.Verdict, of number: UInt64, probe: TraceProbe, at now: Instant) {
    surveys.handle(verdict, probe: probe, at: now)
  }

  mutating func stop(at now: Instant) {
    let configuration = configuration
    surveys.stop(at: now) { MTUSurvey(configuration, target: $0, at: $1) }
  }
}
