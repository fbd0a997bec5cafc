import Timing
import Wire

/// One hop of one target while it is asked: a place for each query, and what stands there so far.
struct HopSlots {
  struct Place {
    var verdict: TraceHop.Verdict?
    /// Probes in flight for it.
    var open = 0
    /// It is to be asked again.
    var isWanted = false
    var repeats = 0

    var isDecided: Bool { !isWanted && verdict != nil && (open == 0 || verdict?.reply != nil) }
  }

  private(set) var places: [Place] = []
  /// How many queries are to be asked at all.
  var wanted = 0
  /// Which place each repetition was for; their queries count on after `queries`.
  private var repetitions: [Int] = []
  /// Places that are to be asked again.
  private var again = 0
  /// What probes found that were too long, before they were asked again; the first of each place.
  private var tooBig: [(place: Int, verdict: TraceHop.Verdict)] = []
  private(set) var open = 0

  /// There is a query to be asked now.
  var isAskable: Bool { places.count < wanted || again > 0 }
  /// All that was wanted has its verdict.
  var isComplete: Bool {
    wanted > 0 && places.count >= wanted && again == 0 && places.allSatisfy { $0.isDecided }
  }
  var hasLosses: Bool { places.contains { $0.verdict?.isLost ?? false } }
  var isSilent: Bool { !places.contains { $0.verdict?.reply != nil } }

  /// Takes the next query: those that are asked again first. `queries`: from which number repetitions count on.
  mutating func take(queries: Int) -> Int {
    open += 1
    if again > 0, let i = places.firstIndex(where: { $0.isWanted }) {
      again -= 1
      places[i].isWanted = false
      places[i].open += 1
      places[i].repeats += 1
      repetitions.append(i)
      return queries + repetitions.count - 1
    }
    places.append(Place(verdict: nil, open: 1))
    return places.count - 1
  }

  /// The place that a query's number stands for.
  func place(of query: Int, queries: Int) -> Int? {
    var place = query
    if query >= queries {
      guard repetitions.indices.contains(query - queries) else { return nil }
      place = repetitions[query - queries]
    }
    return places.indices.contains(place) ? place : nil
  }

  /// A probe for that place has its verdict. A reply stands against a loss, the first loss against another.
  mutating func set(_ verdict: TraceHop.Verdict, at place: Int, isLate: Bool) {
    if !isLate { close(place) }
    guard places[place].verdict?.reply == nil else { return }
    if verdict.reply != nil || places[place].verdict == nil { places[place].verdict = verdict }
    if verdict.reply != nil, places[place].isWanted {
      places[place].isWanted = false
      again -= 1
    }
  }

  /// One answer is enough: no query more. After this host itself had refused a probe for its length it takes two, as
  /// tracepath asks that hop anew.
  mutating func noteAnswer() {
    let isRefused = tooBig.contains { if case .sendFailed = $0.verdict { true } else { false } }
    let answers = places.count { $0.verdict?.reply != nil }
    if answers >= (isRefused ? 2 : 1) { wanted = min(wanted, places.count) }
  }

  /// A probe for that place was too long: it is asked again.
  mutating func setTooBig(_ verdict: TraceHop.Verdict, at place: Int) {
    close(place)
    if !tooBig.contains(where: { $0.place == place }) { tooBig.append((place, verdict)) }
    ask(place)
  }

  /// The place is asked once more; what stands there is taken away if it was nothing.
  mutating func ask(_ place: Int) {
    guard !places[place].isWanted else { return }
    if places[place].verdict?.reply == nil, places[place].open == 0 { places[place].verdict = nil }
    places[place].isWanted = true
    again += 1
  }

  private mutating func close(_ place: Int) {
    guard places[place].open > 0 else { return }
    places[place].open -= 1
    open -= 1
  }

  /// In the order of queries. `showsMTU`: whether a Packet Too Big that named it is shown.
  func verdicts(showsMTU: (Int) -> Bool) -> [TraceHop.Verdict] {
    var all: [TraceHop.Verdict] = []
    all.reserveCapacity(places.count)
    for (i, place) in places.enumerated() {
      for shortened in tooBig where shortened.place == i {
        if case .tooBig(let mtu) = HopFate(shortened.verdict), showsMTU(mtu) { all.append(shortened.verdict) }
      }
      if let verdict = place.verdict { all.append(verdict) }
    }
    return all
  }

  /// Routers that answered, in order of queries, each once.
  var routers: [IPv6Address] {
    var found: [IPv6Address] = []
    for place in places {
      if let verdict = place.verdict, case .router(let address) = HopFate(verdict), !found.contains(address) {
        found.append(address)
      }
    }
    return found
  }
}
