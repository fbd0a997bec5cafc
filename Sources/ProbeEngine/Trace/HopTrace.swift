import Timing
import Wire

/// The trace of one target, hop by hop: what is still to be asked, what came of it, and when a hop is complete.
struct HopTrace {
  /// The line of a hop that lacks an answer waits for so long since its first probe, while other hops are still asked.
  private static let hold = Nanoseconds.seconds(1)
  /// A query is asked again so often because of Packet Too Big.
  private static let mostRepeats = 4
  /// An open port has answered: probes on their way with that answer have so much time to be answered as well.
  private static let shortestPause = Nanoseconds.milliseconds(10)
  /// What keyed UDP adds at most to the length of a probe.
  private static let lengthSlack = 63

  let target: Int
  private let address: IPv6Address
  let firstHop: UInt8
  let maximumHops: UInt8
  let queries: Int
  let gapLimit: Int
  private let flow: TraceFlow
  private let lengthSlack: Int
  /// One flow of half-open TCP: a port that has answered one probe swallows others.
  private let isHalfOpen: Bool
  /// connect(2): where a router's error meets the socket while the call still holds it, the kernel drops it.
  private let isConnecting: Bool
  private let holdsHops: Bool
  private let endsAtPacketTooBig: Bool
  private let endsAtLoop: Bool
  private let stopsQueryingOnAnswer: Bool

  /// By hop limit, from `firstHop` on.
  var hops: [HopSlots]
  private var packetLength: Int
  private var pathMTU: Int?
  /// The lowest hop limit that ended the path.
  var final: UInt8?
  var highestAnswered: UInt8 = 0
  /// No hop below has anything to be asked.
  private var askFrom = 0
  /// Hop limit of the last hop that was told.
  var told: UInt8
  var silentRun = 0
  private var smallestShownMTU = Int.max
  var notes: HopNotes
  private var verdicts = 0
  private var failures = 0
  private var lastErrno: Int32 = 0
  /// At an open port, from then on, one query at a time.
  private var aloneFrom: Instant?
  private var alonePlace: Int?
  private var isAloneDue = false

  /// Stop set: hops asked so far, nil in a trace that asks all; and the node of the router that was met, with its hop.
  var asked: ClosedRange<UInt8>?
  var met: (hopLimit: UInt8, node: Int)?

  var startedAt: Instant
  /// When it wants to be woken.
  private(set) var wakeAt: Instant?
  var isReady = false
  /// When its timer rings next.
  var timerAt: Instant?
  private(set) var hasEnded = false

  init(target: Int, _ configuration: TraceConfiguration, stopSet: StopSet?, at now: Instant) {
    self.target = target
    let c = configuration
    address = c.targets[target].address
    firstHop = max(c.firstHop, 1)
    maximumHops = max(c.maximumHops, firstHop)
    queries = max(c.queries, 1)
    gapLimit = c.gapLimit.map { max($0, 1) } ?? Int.max
    flow = c.flow
    lengthSlack =
      c.method == .udp && c.correlation == .keyed && !c.isLengthFixed ? HopTrace.lengthSlack : 0
    isHalfOpen = c.method == .tcp && c.correlation == .keyed
    isConnecting = c.method == .connect
    if case .adaptive = c.wait { holdsHops = true } else { holdsHops = false }
    endsAtPacketTooBig = c.endsAtPacketTooBig
    endsAtLoop = c.endsAtLoop
    stopsQueryingOnAnswer = c.stopsQueryingOnAnswer
    packetLength = c.packetLength
    told = firstHop - 1
    notes = HopNotes(target: address, firstHop: firstHop)
    startedAt = now
    hops = Array(repeating: HopSlots(), count: Int(maximumHops - firstHop) + 1)
    if let stopSet, let distance = stopSet.typicalDistance {
      let start = min(max(distance, firstHop), maximumHops)
      let below = start > firstHop ? start - 1 : start
      asked = below...start
      want(below, 1)
      want(start, 1)
    } else {
      for i in hops.indices { hops[i].wanted = queries }
    }
  }

  // MARK: Asking

  mutating func next(mayProbe: (_ target: Int, _ hopLimit: UInt8) -> Bool) -> TraceProbe? {
    let end = index(askLimit)
    while askFrom <= end, !hops[askFrom].isAskable { askFrom += 1 }
    guard askFrom <= end else { return nil }
    for i in askFrom...end where hops[i].isAskable {
      let hopLimit = firstHop + UInt8(i)
      guard mayProbe(target, hopLimit) else { continue }
      if isAlone(hopLimit) {
        guard isAloneDue, alonePlace == nil else { continue }
      }
      let query = hops[i].take(queries: queries)
      if isAlone(hopLimit) { alonePlace = hops[i].place(of: query, queries: queries) }
      return TraceProbe(
        target: target, hopLimit: hopLimit, query: query, flow: flow, packetLength: packetLength)
    }
    return nil
  }

  /// The last hop worth asking: further ones would be needed only if one of these answered.
  private var askLimit: UInt8 {
    let last = final ?? maximumHops
    guard gapLimit < 255, asked == nil else { return last }
    let reach = Int(max(highestAnswered, firstHop - 1)) + gapLimit
    return UInt8(min(Int(last), reach))
  }

  private func isAlone(_ hopLimit: UInt8) -> Bool { isHalfOpen && aloneFrom != nil && hopLimit == final }

  func index(_ hopLimit: UInt8) -> Int { Int(hopLimit) - Int(firstHop) }

  mutating func want(_ hopLimit: UInt8, _ count: Int) {
    let i = index(hopLimit)
    hops[i].wanted = max(hops[i].wanted, count)
    askFrom = min(askFrom, i)
  }

  // MARK: Verdicts

  mutating func handle(_ verdict: TraceHop.Verdict, probe: TraceProbe, at now: Instant, stopSet: StopSet?) {
    let i = index(probe.hopLimit)
    guard hops.indices.contains(i), let place = hops[i].place(of: probe.query, queries: queries) else {
      return
    }
    let isLate = verdict.reply?.isLate ?? false
    if probe.hopLimit == final, alonePlace == place { alonePlace = nil }
    let fate = HopFate(verdict)
    if case .tooBig(let mtu) = fate, !endsAtPacketTooBig {
      reduce(to: mtu)
      if verdict.reply != nil { highestAnswered = max(highestAnswered, probe.hopLimit) }
      if !isLate, hops[i].places[place].repeats < HopTrace.mostRepeats,
        hops[i].places[place].verdict?.reply == nil
      {
        hops[i].setTooBig(verdict, at: place)
        askFrom = min(askFrom, i)
        return
      }
    }
    if !isLate { verdicts += 1 }
    if case .sendFailed(let failure) = verdict {
      if case .tooBig = fate, endsAtPacketTooBig {} else { failures += 1 }
      lastErrno = failure.errno
    }
    hops[i].set(verdict, at: place, isLate: isLate)
    if stopsQueryingOnAnswer, verdict.reply != nil { hops[i].noteAnswer() }
    switch fate {
    case .router: highestAnswered = max(highestAnswered, probe.hopLimit)
    case .arrival: arrive(verdict, at: probe.hopLimit, now)
    case .terminal: end(at: probe.hopLimit)
    case .tooBig: if endsAtPacketTooBig || (verdict.reply != nil && !isLate) { end(at: probe.hopLimit) }
    case .silent:
      // The port swallowed it, or the kernel its answer, it may be: once more, alone, before the hop is called lossy.
      if isAlone(probe.hopLimit) || (isConnecting && !hops[i].isSilent), verdict.isLost,
        hops[i].places[place].repeats == 0,
        hops[i].places[place].verdict?.reply == nil
      {
        hops[i].ask(place)
        askFrom = min(askFrom, i)
      }
    }
    if asked != nil { step(stopSet) }
  }

  private mutating func end(at hopLimit: UInt8) {
    highestAnswered = max(highestAnswered, hopLimit)
    if let final, final <= hopLimit { return }
    final = hopLimit
    alonePlace = nil
  }

  private mutating func arrive(_ verdict: TraceHop.Verdict, at hopLimit: UInt8, _ now: Instant) {
    let isNearer = final.map { hopLimit < $0 } ?? true
    end(at: hopLimit)
    // A closed port refuses each probe; an open one answers the first.
    guard isHalfOpen, isNearer, let reply = verdict.reply, case .tcp(let flags) = reply.answer,
      flags.rawValue & TCPHeader.Flags.rst.rawValue == 0
    else { return }
    aloneFrom = now + max(HopTrace.shortestPause, reply.roundTrip ?? .zero)
    isAloneDue = false
  }

  private mutating func reduce(to mtu: Int) {
    pathMTU = min(pathMTU ?? .max, mtu)
    packetLength = min(packetLength, mtu - lengthSlack)
  }

  /// Time has passed: queries that an open port has swallowed are asked again.
  mutating func wake(at now: Instant) {
    wakeAt = nil
    guard let aloneFrom, aloneFrom <= now, !isAloneDue, let final else { return }
    isAloneDue = true
    let i = index(final)
    for place in hops[i].places.indices
    where hops[i].places[place].open > 0 && hops[i].places[place].verdict?.reply == nil
      && hops[i].places[place].repeats == 0
    {
      hops[i].ask(place)
    }
    askFrom = min(askFrom, i)
  }

  // MARK: Telling

  /// Tells the hops that are complete, and the end.
  mutating func advance(at now: Instant, stopSet: StopSet?, _ events: inout EventQueue<TraceEvent>) {
    guard !hasEnded else { return }
    if verdicts == failures, failures >= queries, hops.allSatisfy({ $0.open == 0 }) {
      return fail(at: now, &events)
    }
    if let final, final <= told { return finish(reason, at: now, &events) }
    // Nothing has left yet: hop by hop that would be the same line again and again.
    if verdicts == failures, hops.contains(where: { $0.open > 0 }) { return requestWake(nil, now) }
    if asked != nil {
      guard isMapped else { return requestWake(nil, now) }
      tellShared(stopSet, at: now, &events)
    }
    while !hasEnded {
      let hopLimit = told + 1
      guard hops[index(hopLimit)].isComplete else { return requestWake(nil, now) }
      if let until = hold(hopLimit), until > now { return requestWake(until, now) }
      tell(hopLimit, at: now, stopSet: stopSet, &events)
    }
  }

  private mutating func requestWake(_ hold: Instant?, _ now: Instant) {
    var wake = hold
    if let aloneFrom, !isAloneDue { wake = min(wake ?? aloneFrom, aloneFrom) }
    wakeAt = wake
  }

  /// Until when a hop that lacks an answer may still get it: while others are asked, its line can wait.
  private func hold(_ hopLimit: UInt8) -> Instant? {
    guard holdsHops, asked == nil, hops[index(hopLimit)].hasLosses else { return nil }
    let last = index(final ?? maximumHops)
    guard hops[index(hopLimit)...last].contains(where: { !$0.isComplete }) else { return nil }
    let first = hops[index(hopLimit)].places.lazy.compactMap { $0.verdict?.sentAt }.min()
    return first.map { $0 + HopTrace.hold }
  }

  private mutating func tell(
    _ hopLimit: UInt8, at now: Instant, stopSet: StopSet?, _ events: inout EventQueue<TraceEvent>
  ) {
    let slots = hops[index(hopLimit)]
    var shown = smallestShownMTU
    var verdicts = slots.verdicts { mtu in
      guard mtu < shown else { return false }
      shown = mtu
      return true
    }
    smallestShownMTU = shown
    // Asked once, to see that it is the same router; the other queries are those of the trace that met it first.
    let others = hopLimit == met?.hopLimit ? met.flatMap { stopSet?.verdicts(of: $0.node) } : nil
    if let others { verdicts += others.dropFirst(verdicts.count) }
    var hop = TraceHop(target: target, hopLimit: hopLimit, verdicts: verdicts, at: now)
    hop.notes = notes.add(verdicts)
    if isRateLimited(hopLimit) { hop.notes.append(.rateLimited) }
    if others != nil { hop.notes.append(.shared) }
    told = hopLimit
    silentRun = slots.isSilent ? silentRun + 1 : 0
    var end: TraceEnd.Reason?
    if hopLimit == final {
      end = reason
    } else if notes.isLooping, endsAtLoop {
      end = .loop
    } else if silentRun >= gapLimit {
      end = .gapLimit
    } else if hopLimit == maximumHops {
      end = .maximumHops
    }
    hop.isLast = end != nil
    events.append(.hop(hop))
    if let end { finish(end, at: now, &events) }
  }

  /// Why the hop that ended the path did so.
  private var reason: TraceEnd.Reason {
    guard let final else { return .maximumHops }
    var unreachable: TraceEnd.Reason?
    for place in hops[index(final)].places {
      guard let verdict = place.verdict else { continue }
      switch HopFate(verdict) {
      case .arrival: return .reached
      case .terminal(let type, let code): unreachable = unreachable ?? .unreachable(type: type, code: code)
      case .tooBig: unreachable = unreachable ?? .unreachable(type: 2, code: 0)
      case .router, .silent: break
      }
    }
    return unreachable ?? .maximumHops
  }

  private mutating func finish(
    _ reason: TraceEnd.Reason, at now: Instant, _ events: inout EventQueue<TraceEvent>
  ) {
    hasEnded = true
    var end = TraceEnd(
      target: target, reason: reason, hops: told >= firstHop ? told : 0, startedAt: startedAt, at: now)
    end.pathMTU = pathMTU
    if let final {
      let replies = hops[index(final)].places.lazy.compactMap { $0.verdict?.reply }
      let ending = replies.first { $0.isArrival } ?? replies.first { $0.answer != .timeExceeded(code: 0) }
      end.address = ending?.address
      end.isFromAnotherAddress = ending.map { $0.isArrival && $0.address != address } ?? false
    }
    events.append(.end(end))
  }

  /// No probe has left at all.
  private mutating func fail(at now: Instant, _ events: inout EventQueue<TraceEvent>) {
    let lowest = hops.firstIndex { !$0.places.isEmpty } ?? 0
    let hopLimit = firstHop + UInt8(lowest)
    if told < hopLimit {
      told = hopLimit
      var hop = TraceHop(
        target: target, hopLimit: told, verdicts: hops[lowest].verdicts { _ in false }, at: now)
      hop.isLast = true
      events.append(.hop(hop))
    }
    finish(.sendFailed(lastErrno), at: now, &events)
  }

  /// Ends it with what there is.
  mutating func interrupt(at now: Instant, stopSet: StopSet?, _ events: inout EventQueue<TraceEvent>) {
    guard !hasEnded else { return }
    let answered = hops.lastIndex { $0.places.contains { $0.verdict != nil } }
    if asked != nil, isMapped { tellShared(stopSet, at: now, &events) }
    if let answered {
      let last = min(firstHop + UInt8(answered), final ?? maximumHops)
      let first = max(told &+ 1, asked?.lowerBound ?? 1)
      if first <= last {
        for hopLimit in first...last {
          let verdicts = hops[index(hopLimit)].verdicts { _ in true }
          var hop = TraceHop(target: target, hopLimit: hopLimit, verdicts: verdicts, at: now)
          hop.notes = notes.add(verdicts)
          hop.isLast = hopLimit == last
          events.append(.hop(hop))
          told = hopLimit
        }
      }
    }
    finish(.interrupted, at: now, &events)
  }
}
