import Wire

/// What the hops of one path, one after the other, say about it beyond their answers.
struct HopNotes {
  /// A loop ends a trace once it has been gone through so often.
  private static let rounds = 3

  private let target: IPv6Address
  private let firstHop: UInt8
  /// The routers of each hop so far, the target's own address left out.
  private var path: [[IPv6Address]] = []
  private var isTranslated = false
  /// The same loop was gone through so often that more would show nothing new.
  private(set) var isLooping = false

  init(target: IPv6Address, firstHop: UInt8) {
    self.target = target
    self.firstHop = firstHop
  }

  /// The notes of the next hop.
  mutating func add(_ verdicts: [TraceHop.Verdict]) -> [TraceHop.Note] {
    var notes: [TraceHop.Note] = []
    var routers: [IPv6Address] = []
    for verdict in verdicts {
      if case .router(let address) = HopFate(verdict), !routers.contains(address) { routers.append(address) }
    }
    if routers.contains(target) {
      routers.removeAll { $0 == target }
      if !isTranslated { notes.append(.addressTranslation) }
      isTranslated = true
    }
    path.append(routers)
    if let seen = firstSeen(routers) { notes.append(.loop(firstSeen: firstHop &+ UInt8(clamping: seen))) }
    if HopNotes.hasSeveralAddresses(verdicts) { notes.append(.severalAddresses) }
    return notes
  }

  /// The earliest hop of a router of the last one, with another router between.
  private mutating func firstSeen(_ routers: [IPv6Address]) -> Int? {
    let last = path.count - 1
    var found: Int?
    for address in routers {
      // From the nearest hop outwards: has the path been elsewhere since?
      var wasElsewhere = false
      for i in stride(from: last - 1, through: 0, by: -1) {
        if path[i].contains(address) {
          guard wasElsewhere else { continue }
          found = min(found ?? i, i)
          if repeats(period: last - i) { isLooping = true }
        } else if !path[i].isEmpty {
          wasElsewhere = true
        }
      }
    }
    return found
  }

  /// The last hops are one stretch of so many, gone through again and again.
  private func repeats(period: Int) -> Bool {
    guard path.count >= period * HopNotes.rounds else { return false }
    for i in (path.count - period * (HopNotes.rounds - 1))..<path.count {
      let (a, b) = (path[i], path[i - period])
      guard a.isEmpty || b.isEmpty || a.contains(where: { b.contains($0) }) else { return false }
    }
    return true
  }

  /// Two routers answered probes of the same flow.
  private static func hasSeveralAddresses(_ verdicts: [TraceHop.Verdict]) -> Bool {
    var first: [(flow: TraceFlow, address: IPv6Address)] = []
    for verdict in verdicts {
      guard let reply = verdict.reply, case .router(let address) = HopFate(verdict) else { continue }
      if let known = first.first(where: { $0.flow == reply.probe.flow }) {
        if known.address != address { return true }
      } else {
        first.append((reply.probe.flow, address))
      }
    }
    return false
  }
}
