import Timing
import Wire

/// A trace that starts in the middle of the path and goes on to routers that other traces have met (`StopSet`).
extension HopTrace {
  /// Goes on with a trace that starts in the middle of the path: forward until it ends, backward until it meets a
  /// router that is known.
  mutating func step(_ stopSet: StopSet?) {
    guard let stopSet, var range = asked else { return }
    defer { asked = range }
    if let known = met, let final, known.hopLimit >= final { met = nil }
    while true {
      let before = range
      for hopLimit in range where met.map({ $0.hopLimit < hopLimit }) ?? true {
        guard hopLimit < final ?? .max else { break }
        for address in hops[index(hopLimit)].routers {
          if let node = stopSet.node(hopLimit, address) { met = (hopLimit, node) }
        }
      }
      let top = range.upperBound
      if final == nil, top < maximumHops, !hops[index(top)].routers.isEmpty || isSilentFor(top, range) {
        range = range.lowerBound...(top + 1)
        want(top + 1, 1)
      }
      let bottom = range.lowerBound
      if met == nil, bottom > firstHop, hasFirstVerdict(bottom) {
        range = (bottom - 1)...range.upperBound
        want(bottom - 1, 1)
      }
      if range == before { break }
    }
    for hopLimit in range where hopLimit >= met?.hopLimit ?? firstHop && hopLimit <= final ?? maximumHops {
      guard let first = hops[index(hopLimit)].places.first?.verdict else { continue }
      switch HopFate(first) {
      case .silent: want(hopLimit, queries)
      case .router: if met?.hopLimit != hopLimit { want(hopLimit, queries) }
      case .arrival, .terminal, .tooBig:
        // Only once it is known to be the first that ends the path.
        if hopLimit == firstHop || isPassed(hopLimit - 1) { want(hopLimit, queries) }
      }
    }
  }

  /// A router answered there, or nobody does.
  private func isPassed(_ hopLimit: UInt8) -> Bool {
    let slots = hops[index(hopLimit)]
    return !slots.routers.isEmpty || slots.isComplete && slots.isSilent
  }

  /// The first probe there has its verdict, and where that is nothing, so have the others.
  private func hasFirstVerdict(_ hopLimit: UInt8) -> Bool {
    let slots = hops[index(hopLimit)]
    guard slots.places.contains(where: { $0.verdict != nil }) else { return false }
    return !slots.isSilent || slots.isComplete && slots.places.count >= queries
  }

  /// Silent, with all its queries, and not yet so often in a row that nothing further is asked.
  private func isSilentFor(_ hopLimit: UInt8, _ range: ClosedRange<UInt8>) -> Bool {
    var run = 0
    for h in stride(from: hopLimit, through: range.lowerBound, by: -1) {
      let slots = hops[index(h)]
      guard slots.isComplete, slots.isSilent, slots.places.count >= queries else { break }
      run += 1
    }
    return run > 0 && run < gapLimit
  }

  /// Both ends of what must be asked are known, and all between has its verdicts.
  var isMapped: Bool {
    guard let asked else { return true }
    let top = final ?? asked.upperBound
    let bottom = met?.hopLimit ?? firstHop
    guard asked.lowerBound <= bottom, bottom <= top else { return false }
    if final == nil, top < maximumHops, !hops[index(top)].isSilent { return false }
    return hops[index(bottom)...index(top)].allSatisfy(\.isComplete)
  }

  /// The hops before the router that was met, as they were found by others.
  mutating func tellShared(
    _ stopSet: StopSet?, at now: Instant, _ events: inout EventQueue<TraceEvent>
  ) {
    guard let stopSet, let met, told < firstHop else { return }
    for node in stopSet.hops(before: met.node) where node.hopLimit == told &+ 1 {
      var hop = TraceHop(target: target, hopLimit: node.hopLimit, verdicts: node.verdicts, at: now)
      _ = notes.add(node.verdicts)
      hop.notes = [.shared]
      silentRun = node.verdicts.contains { $0.reply != nil } ? 0 : silentRun + 1
      events.append(.hop(hop))
      told = node.hopLimit
    }
  }

  /// Adds what this trace has found to the stop set.
  func record(in stopSet: inout StopSet) {
    var own: [(hopLimit: UInt8, verdicts: [TraceHop.Verdict], routers: [IPv6Address])] = []
    let first = met?.hopLimit ?? firstHop
    if told >= first {
      for hopLimit in first...told {
        let slots = hops[index(hopLimit)]
        own.append((hopLimit, slots.verdicts { _ in false }, slots.routers))
      }
    }
    stopSet.insert(own, distance: max(final ?? highestAnswered, firstHop))
  }
}
