/// What is known of one hop of a path MTU search: what became of its probes, by size.
struct MTUHop: Sendable {
  struct Trial: Sendable {
    var size: Int
    var asked = 0
    var inFlight = 0
    var lost = 0
    var answers = 0
    /// Packet Too Big came for it, or the interface would not take it.
    var refused = 0
  }
  private(set) var trials: [Trial] = []
  /// Verdicts of probes of the size at which the hop is shown.
  var verdicts: [TraceHop.Verdict] = []
  var verdictSize = 0
  /// The target answered, or somebody refused.
  var isEnd = false
  /// Query number of the next probe.
  var sent = 0

  subscript(size: Int) -> Trial {
    get { trials.first { $0.size == size } ?? Trial(size: size) }
    set {
      if let index = trials.firstIndex(where: { $0.size == size }) {
        trials[index] = newValue
      } else {
        trials.append(newValue)
      }
    }
  }

  /// The longest probe that was answered; 0 for none.
  var answeredSize: Int { trials.reduce(0) { $1.answers > 0 ? max($0, $1.size) : $0 } }
  var inFlight: Int { trials.reduce(0) { $0 + $1.inFlight } }
  var isAsked: Bool { trials.contains { $0.asked > 0 } }
}
