import Timing
import Wire

/// The hops of flow 0, for whoever wants one path as text: one verdict each, in the order of hops.
struct PathHops: Sendable {
  private let target: Int
  private let address: IPv6Address
  private let first: Int
  private var verdicts: [TraceHop.Verdict?]
  private var fates: [PathFate] = []
  /// Hop limit of the last hop that was reported.
  private(set) var last: Int

  init(target: Int, address: IPv6Address, first: Int, maximum: Int) {
    self.target = target
    self.address = address
    self.first = first
    last = first - 1
    verdicts = Array(repeating: nil, count: maximum - first + 1)
  }

  /// The last hop that was reported stands at an earlier place too, with another between.
  private(set) var isLooping = false

  /// An answer stands; of others the last.
  mutating func note(_ verdict: TraceHop.Verdict, hop: Int) {
    guard verdicts.indices.contains(hop - first) else { return }
    if case .reply? = verdicts[hop - first] { return }
    verdicts[hop - first] = verdict
  }

  /// Reports the hops that are decided. Silence without an answer behind it waits for the end of the trace.
  mutating func report(
    _ fates: [PathFate], isFinal: Bool, at now: Instant, into events: inout EventQueue<TraceEvent>
  ) {
    var until = last
    var hop = last
    while hop - first + 1 < fates.count {
      hop += 1
      let fate = fates[hop - first]
      if case .node = fate {
        until = hop
      } else {
        guard isFinal || fate == .silent || fate == .unknown else { break }
        if isFinal, verdicts[hop - first] != nil { until = hop }
      }
    }
    while last < until {
      last += 1
      guard let verdict = verdicts[last - first] else { continue }
      var report = TraceHop(
        target: target, hopLimit: UInt8(truncatingIfNeeded: last), verdicts: [verdict], at: now)
      report.notes = notes(on: verdict)
      report.isLast = isEnd(verdict) || (isFinal && last == until)
      events.append(.hop(report))
    }
  }

  private func isEnd(_ verdict: TraceHop.Verdict) -> Bool {
    guard case .reply(let reply) = verdict else { return false }
    if case .timeExceeded = reply.answer { return false }
    return true
  }

  private mutating func notes(on verdict: TraceHop.Verdict) -> [TraceHop.Note] {
    guard case .reply(let reply) = verdict, case .timeExceeded = reply.answer else { return [] }
    var notes: [TraceHop.Note] = []
    isLooping = false
    var isOtherBetween = false
    for hop in stride(from: last - 1, through: first, by: -1) {
      guard case .reply(let earlier)? = verdicts[hop - first] else { continue }
      if earlier.address != reply.address || earlier.zone != reply.zone {
        isOtherBetween = true
      } else if isOtherBetween {
        notes.append(.loop(firstSeen: UInt8(truncatingIfNeeded: hop)))
        isLooping = true
        break
      }
    }
    if reply.address == address { notes.append(.addressTranslation) }
    return notes
  }
}
