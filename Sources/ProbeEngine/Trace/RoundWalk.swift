import Timing
import Wire

/// One probe to each hop, again and again: the first round finds the ends of the paths as fast as the window lets
/// it, the others are spread evenly over the interval.
struct RoundWalk: TraceWalk {
  /// Silent hops behind the last one that answered which are still asked.
  static let reachBeyond: UInt8 = 5
  /// Every so many rounds, a target that is silent is asked for all the way.
  static let farRounds = 10
  /// A target that was silent for so many rounds may have moved further away.
  static let mostMisses = 5
  static let shortestInterval = Nanoseconds.milliseconds(1)

  private let configuration: TraceConfiguration
  private let count: Int?
  private let interval: Nanoseconds
  private var targets: [RoundTrace]
  private var events = EventQueue<TraceEvent>()
  /// From 1.
  private var round = 1
  private var roundStart: Instant
  /// What is asked in this round, in order, and what comes next of it; not in the first.
  private var plan: [(target: Int, hopLimit: UInt8)] = []
  private var planned = 0
  private var now: Instant
  private var isPaused = false
  private var isStopped = false

  init(_ configuration: TraceConfiguration, at now: Instant) {
    self.configuration = configuration
    self.now = now
    roundStart = now
    if case .rounds(let count, let interval) = configuration.mode {
      self.count = count.map { max($0, 1) }
      self.interval = max(interval, RoundWalk.shortestInterval)
    } else {
      count = 1
      interval = .seconds(1)
    }
    targets = configuration.targets.map {
      RoundTrace(
        target: $0.address, firstHop: max(configuration.firstHop, 1), maximumHops: configuration.maximumHops,
        packetLength: configuration.packetLength, startedAt: now)
    }
  }

  var isFinished: Bool { targets.allSatisfy(\.hasEnded) }
  mutating func pollEvent() -> TraceEvent? { events.next() }

  mutating func pause() { isPaused = true }

  /// The round goes on with the probe that would have been next.
  mutating func resume(at now: Instant) {
    guard isPaused else { return }
    isPaused = false
    self.now = max(self.now, now)
    roundStart = now - offset(planned)
  }

  // MARK: Asking

  var nextWake: Instant? {
    guard !isPaused, !isStopped else { return nil }
    let next = round > 1 && planned < plan.count ? roundStart + offset(planned) : roundStart + interval
    // What is due is there for the asking, and what comes after the last round is no probe.
    return next > now && !isLastAsked ? next : nil
  }

  mutating func wake(at now: Instant) {
    self.now = max(self.now, now)
    guard !isPaused, !isStopped else { return }
    beginRoundIfDue()
  }

  mutating func next(mayProbe: (_ target: Int, _ hopLimit: UInt8) -> Bool) -> TraceProbe? {
    guard !isPaused, !isStopped else { return nil }
    beginRoundIfDue()
    if round == 1 {
      for i in targets.indices {
        guard let hopLimit = targets[i].nextOfFirstRound, mayProbe(i, hopLimit) else { continue }
        targets[i].cursor = Int(hopLimit) + 1
        return probe(i, hopLimit)
      }
      return nil
    }
    while planned < plan.count, roundStart + offset(planned) <= now {
      let (target, hopLimit) = plan[planned]
      planned += 1
      let mayProbe = mayProbe(target, hopLimit)
      defer { if isRoundAsked { endRound() } }
      // A hop that still holds as many probes as it may is left out of this round.
      if mayProbe { return probe(target, hopLimit) }
    }
    return nil
  }

  private mutating func probe(_ target: Int, _ hopLimit: UInt8) -> TraceProbe {
    targets[target].noteAsked(hopLimit)
    return TraceProbe(
      target: target, hopLimit: hopLimit, query: round - 1, flow: configuration.flow,
      packetLength: targets[target].packetLength)
  }

  private func offset(_ i: Int) -> Nanoseconds {
    guard !plan.isEmpty else { return .zero }
    return Nanoseconds(Int64(Double(interval.count) * Double(i) / Double(plan.count)))
  }

  private var isRoundAsked: Bool { round > 1 && planned == plan.count }
  /// Nothing more will be asked.
  private var isLastAsked: Bool {
    guard let count, round >= count else { return false }
    return round == 1 ? targets.allSatisfy(\.hasToldRound) : isRoundAsked
  }

  /// The interval is over, and so is what was to be asked in it (the first round ends with it).
  private mutating func beginRoundIfDue() {
    guard isRoundAsked || round == 1, roundStart + interval <= now, !isLastAsked else { return }
    if round == 1 { endRound() }
    guard count.map({ round < $0 }) ?? true else { return endTargets() }
    round += 1
    // After a stall the rounds go on from now; those that were missed are not made up for.
    let due = roundStart + interval
    roundStart = now - due > interval ? now : due
    plan.removeAll(keepingCapacity: true)
    for i in targets.indices {
      let last = targets[i].last(inRound: round)
      guard targets[i].firstHop <= last else { continue }
      for hopLimit in targets[i].firstHop...last { plan.append((i, hopLimit)) }
    }
    planned = 0
    for i in targets.indices { targets[i].hasToldRound = false }
  }

  private mutating func endRound() {
    for i in targets.indices where !targets[i].hasToldRound { tellRound(i) }
    endTargets()
  }

  private mutating func tellRound(_ i: Int) {
    targets[i].hasToldRound = true
    events.append(.round(target: i, number: round, at: now))
  }

  // MARK: Verdicts

  mutating func handle(_ verdict: TraceHop.Verdict, of number: UInt64, probe: TraceProbe, at now: Instant) {
    self.now = max(self.now, now)
    guard targets.indices.contains(probe.target) else { return }
    targets[probe.target].handle(verdict, probe)
    if round == 1, !targets[probe.target].hasToldRound, targets[probe.target].isFirstRoundOver {
      tellRound(probe.target)
    }
    endTargets()
  }

  /// Each target whose last probe has its verdict.
  private mutating func endTargets() {
    guard isLastAsked else { return }
    for i in targets.indices where !targets[i].hasEnded && targets[i].isSettled {
      targets[i].hasEnded = true
      events.append(.end(targets[i].end(i, nil, at: now)))
    }
  }

  mutating func stop(at now: Instant) {
    isStopped = true
    for i in targets.indices where !targets[i].hasEnded {
      targets[i].hasEnded = true
      events.append(.end(targets[i].end(i, .interrupted, at: now)))
    }
  }
}

/// What the rounds know of one target.
struct RoundTrace {
  let target: IPv6Address
  let firstHop: UInt8
  let maximumHops: UInt8
  var packetLength: Int
  let startedAt: Instant
  /// First round: the next hop to be asked.
  var cursor: Int
  /// Probes without a verdict, by hop limit.
  private var open: [Int]
  var hasToldRound = false
  var hasEnded = false
  /// Where the path ended last, by what, and in which round.
  private var final: (hopLimit: UInt8, reply: TraceReply, round: Int)?
  private var misses = 0
  private var reach: UInt8
  private var pathMTU: Int?
  private var hasSent = false
  private var lastErrno: Int32?

  init(target: IPv6Address, firstHop: UInt8, maximumHops: UInt8, packetLength: Int, startedAt: Instant) {
    self.target = target
    self.firstHop = firstHop
    self.maximumHops = max(maximumHops, firstHop)
    self.packetLength = packetLength
    self.startedAt = startedAt
    cursor = Int(firstHop)
    open = Array(repeating: 0, count: 256)
    reach = firstHop - 1
  }

  /// The last hop that a round asks.
  func last(inRound round: Int) -> UInt8 {
    if let final { return final.hopLimit }
    if round % RoundWalk.farRounds == 0 { return maximumHops }
    return UInt8(min(Int(maximumHops), Int(reach) + Int(RoundWalk.reachBeyond)))
  }

  var nextOfFirstRound: UInt8? { cursor <= Int(last(inRound: 1)) ? UInt8(clamping: cursor) : nil }

  /// No answer that is still on its way could make it longer.
  var isFirstRoundOver: Bool { nextOfFirstRound == nil && (isSettled || final != nil) }

  /// No probe to a hop of the path is without its verdict.
  var isSettled: Bool { open[...Int(final?.hopLimit ?? 255)].allSatisfy { $0 == 0 } }

  mutating func noteAsked(_ hopLimit: UInt8) { open[Int(hopLimit)] += 1 }

  mutating func handle(_ verdict: TraceHop.Verdict, _ probe: TraceProbe) {
    if verdict.reply?.isLate != true { open[Int(probe.hopLimit)] -= 1 }
    let hopLimit = probe.hopLimit
    if case .sendFailed(let failure) = verdict { lastErrno = failure.errno } else { hasSent = true }
    switch HopFate(verdict) {
    case .router:
      reach = max(reach, hopLimit)
      if let known = final, known.hopLimit == hopLimit, probe.query >= known.round { final = nil }
    case .arrival, .terminal:
      guard let reply = verdict.reply else { return }
      reach = max(reach, hopLimit)
      if hopLimit == final?.hopLimit { misses = 0 }
      if hopLimit <= final?.hopLimit ?? .max { final = (hopLimit, reply, probe.query) }
    case .tooBig(let mtu):
      if verdict.reply != nil { reach = max(reach, hopLimit) }
      pathMTU = min(pathMTU ?? .max, mtu)
      packetLength = min(packetLength, mtu - max(mtuSlack(verdict, probe), 0))
    case .silent:
      guard hopLimit == final?.hopLimit else { return }
      misses += 1
      if misses >= RoundWalk.mostMisses {
        final = nil
        misses = 0
      }
    }
  }

  /// What the wire adds to the length that was ordered.
  private func mtuSlack(_ verdict: TraceHop.Verdict, _ probe: TraceProbe) -> Int {
    switch verdict {
    case .reply(let reply): reply.probe.packetLength - probe.packetLength
    case .lost(let loss): loss.probe.packetLength - probe.packetLength
    case .sendFailed(let failure): failure.probe.packetLength - probe.packetLength
    }
  }

  /// `reason`: nil where the rounds are over.
  func end(_ index: Int, _ reason: TraceEnd.Reason?, at now: Instant) -> TraceEnd {
    var ended: TraceEnd.Reason = reach &+ RoundWalk.reachBeyond >= maximumHops ? .maximumHops : .gapLimit
    if !hasSent, let lastErrno { ended = .sendFailed(lastErrno) }
    if let final {
      let icmp = final.reply.answer.icmp ?? (type: 0, code: 0)
      ended = final.reply.isArrival ? .reached : .unreachable(type: icmp.type, code: icmp.code)
    }
    var end = TraceEnd(
      target: index, reason: reason ?? ended, hops: final?.hopLimit ?? (hasSent ? reach : 0),
      startedAt: startedAt, at: now)
    end.address = final?.reply.address
    end.isFromAnotherAddress = final.map { $0.reply.isArrival && $0.reply.address != target } ?? false
    end.pathMTU = pathMTU
    return end
  }
}
