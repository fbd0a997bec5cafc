import Timing
import Wire

/// The path MTU to one target, hop by hop.
struct MTUSurvey: TraceSurvey, Sendable {
  /// From which hop limit on a shorter packet is needed, and who said so.
  private struct Step: Sendable {
    var hop: Int
    var mtu: Int
    var source: TraceMTU.Source
    var reporter: IPv6Address?
  }
  private struct Order: Sendable {
    var hop: Int
    var size: Int
  }

  let target: Int
  private let address: IPv6Address
  private let flow: TraceFlow
  private let queries: Int
  private let first: Int
  private let maximum: Int
  private let gap: Int?
  private let startedAt: Instant
  private(set) var isEnded = false

  private var hops: [MTUHop]
  private var steps: [Step]
  private var orders: [Order] = []
  /// The first hop that has not been reported.
  private var current: Int
  /// The MTU that was reported last.
  private var reportedMTU: Int?
  /// The lowest hop that answered as the end of the path.
  private var end = Int.max
  private var search: (hop: Int, search: MTUSearch)?
  /// Packet Too Big with an MTU that cannot be, by hop.
  private var invalid: [Int: [TraceMTU]] = [:]
  /// Those that were reported.
  private var lies: [TraceMTU] = []
  /// Hops that were reported silent, since the last that answered.
  private var silentHops = 0
  private var replies = 0
  private var failures = 0

  /// Hops asked beyond the first that is not decided. Wide enough for few round trips, narrow enough that a
  /// target near by is not asked often for nothing.
  private static let window = 5
  /// The minimum link MTU (RFC 8200 §5): no router may need less.
  static let minimum = 1_280
  /// Losses of a size at a hop that answers shorter packets, before longer ones are held to vanish: one in 10,000
  /// where one packet in ten is lost.
  private static let blackHoleTries = 4
  /// Losses after which a hop is silent at a size.
  private static let silentTries = 3
  /// Packet Too Big for one size at one hop, after which it is not asked again: its word does not hold.
  private static let refusalLimit = 3
  /// Failed sends without any answer after which a target is given up.
  private static let failureLimit = 6
  /// EMSGSIZE (asm-generic/errno.h).
  private static let messageTooLong: Int32 = 90

  init(_ configuration: TraceConfiguration, target: Int, at now: Instant) {
    self.target = target
    address = configuration.targets[target].address
    flow = configuration.flow
    queries = max(configuration.queries, 1)
    first = max(Int(configuration.firstHop), 1)
    maximum = max(Int(configuration.maximumHops), first)
    gap = configuration.gapLimit
    startedAt = now
    current = first
    hops = Array(repeating: MTUHop(), count: maximum - first + 1)
    steps = [Step(hop: first, mtu: configuration.packetLength, source: .link, reporter: nil)]
  }

  // MARK: What the walk calls

  mutating func next(
    mayProbe: (_ hopLimit: UInt8) -> Bool, at now: Instant, into events: inout EventQueue<TraceEvent>
  ) -> TraceProbe? {
    if orders.isEmpty { decide(at: now, into: &events) }
    guard !isEnded,
      let index = orders.firstIndex(where: { mayProbe(UInt8(truncatingIfNeeded: $0.hop)) })
    else { return nil }
    let order = orders.remove(at: index)
    let hop = order.hop - first
    hops[hop].sent += 1
    return TraceProbe(
      target: target, hopLimit: UInt8(truncatingIfNeeded: order.hop), query: hops[hop].sent - 1, flow: flow,
      packetLength: order.size)
  }

  mutating func handle(
    _ verdict: TraceHop.Verdict, probe: TraceProbe, at now: Instant, into events: inout EventQueue<TraceEvent>
  ) {
    let hop = Int(probe.hopLimit)
    guard !isEnded, hops.indices.contains(hop - first) else { return }
    var trial = hops[hop - first][probe.packetLength]
    var isLate = false
    if case .reply(let reply) = verdict { isLate = reply.isLate }
    if isLate { trial.lost = max(trial.lost - 1, 0) } else { trial.inFlight = max(trial.inFlight - 1, 0) }
    switch verdict {
    case .reply(let reply):
      replies += 1
      if case .packetTooBig(let mtu) = reply.answer {
        trial.refused += 1
        note(tooBig: Int(mtu), from: reply.address, size: probe.packetLength, hop: hop)
        if search?.hop == hop { search?.search.noteLoss(probe.packetLength) }
      } else {
        trial.answers += 1
        var isEnd = true
        if case .timeExceeded = reply.answer { isEnd = false }
        if isEnd {
          hops[hop - first].isEnd = true
          end = min(end, hop)
        }
        if search?.hop == hop { search?.search.noteAnswer(probe.packetLength) }
      }
    case .lost:
      trial.lost += 1
      if search?.hop == hop { search?.search.noteLoss(probe.packetLength) }
    case .sendFailed(let failure):
      if failure.errno == Self.messageTooLong {
        trial.refused += 1
        // The host's own word is about the interface, so it holds for the whole path.
        if let mtu = failure.mtu {
          note(tooBig: Int(mtu), from: nil, size: probe.packetLength, hop: first)
        } else {
          note(refusedLocally: probe.packetLength)
        }
      } else {
        trial.lost += 1
        failures += 1
      }
    }
    hops[hop - first][probe.packetLength] = trial
    hops[hop - first].note(verdict, size: probe.packetLength)
    if failures >= Self.failureLimit, replies == 0, case .sendFailed(let failure) = verdict {
      finish(.sendFailed(failure.errno), at: now, into: &events)
    } else if orders.isEmpty {
      decide(at: now, into: &events)
    }
  }

  mutating func stop(at now: Instant, into events: inout EventQueue<TraceEvent>) {
    if !isEnded { finish(.interrupted, at: now, into: &events) }
  }

  // MARK: Verdicts

  /// A router, or the host itself (nil), says that a packet is too big.
  private mutating func note(tooBig mtu: Int, from reporter: IPv6Address?, size: Int, hop: Int) {
    guard mtu >= Self.minimum, mtu < size else {
      // RFC 8201 §4: below the minimum link MTU it must be discarded; as long as the packet it says nothing.
      guard let reporter else { return note(refusedLocally: size) }
      var report = TraceMTU(
        target: target, hopLimit: UInt8(truncatingIfNeeded: hop), mtu: mtu, source: .packetTooBig,
        reporter: reporter)
      report.isReportInvalid = true
      if !(invalid[hop] ?? []).contains(report) { invalid[hop, default: []].append(report) }
      return
    }
    add(Step(hop: hop, mtu: mtu, source: reporter == nil ? .link : .packetTooBig, reporter: reporter))
  }

  private mutating func note(refusedLocally size: Int) {
    let shorter = MTUSearch.commonSizes.last { $0 < size } ?? Self.minimum
    add(Step(hop: first, mtu: shorter, source: .link, reporter: nil))
  }

  private mutating func add(_ step: Step) {
    if let index = steps.firstIndex(where: { $0.mtu == step.mtu && $0.source == step.source }) {
      // The same router answers probes of several hop limits; the lowest tells where it stands.
      steps[index].hop = min(steps[index].hop, step.hop)
    } else {
      steps.append(step)
    }
    if let search, step.hop <= search.hop, step.mtu < search.search.high { self.search = nil }
    // What waits to leave and is too long by now need not leave.
    let waiting = orders
    orders = []
    for order in waiting {
      if order.size <= length(order.hop) {
        orders.append(order)
      } else {
        hops[order.hop - first][order.size].asked -= 1
        hops[order.hop - first][order.size].inFlight -= 1
      }
    }
  }

  /// What packets to this hop limit may measure, as far as is known.
  private func step(_ hop: Int) -> Step {
    var least = steps[0]
    for step in steps where step.hop <= hop && step.mtu < least.mtu { least = step }
    return least
  }

  private func length(_ hop: Int) -> Int { step(hop).mtu }

  // MARK: Decisions

  private mutating func ask(_ hop: Int, _ size: Int, count: Int = 1) {
    guard count > 0 else { return }
    var trial = hops[hop - first][size]
    trial.asked += count
    trial.inFlight += count
    hops[hop - first][size] = trial
    for _ in 0..<count { orders.append(Order(hop: hop, size: size)) }
  }

  private mutating func decide(at now: Instant, into events: inout EventQueue<TraceEvent>) {
    while !isEnded, current <= min(end, maximum), isDecided(current) {
      report(current, at: now, into: &events)
    }
    guard !isEnded else { return }
    if current > maximum { return finish(.maximumHops, at: now, into: &events) }
    for hop in current...min(current + Self.window - 1, end, maximum) { work(on: hop) }
    // Where a later answer has made the last decision possible at once.
    if orders.isEmpty, hops[current - first].inFlight == 0, isDecided(current) {
      decide(at: now, into: &events)
    }
  }

  /// A hop is decided when it has answered at the length that gets there, and each query has its verdict; or when
  /// it is silent at each size.
  private func isDecided(_ hop: Int) -> Bool {
    let state = hops[hop - first]
    let trial = state[length(hop)]
    if trial.answers > 0 { return trial.asked >= queries && trial.inFlight == 0 }
    return isSilent(hop)
  }

  private func isSilent(_ hop: Int) -> Bool {
    let state = hops[hop - first]
    let trial = state[length(hop)]
    guard trial.answers == 0, trial.inFlight == 0, isExhausted(trial) else { return false }
    if length(hop) <= Self.minimum || isPassed(hop) { return true }
    let short = state[Self.minimum]
    return short.answers == 0 && short.inFlight == 0 && isExhausted(short)
  }

  private func isExhausted(_ trial: MTUHop.Trial) -> Bool {
    trial.lost + trial.refused >= Self.silentTries || trial.refused >= Self.refusalLimit
  }

  /// A hop behind this one answers packets of its length: whatever is silent here is not the links.
  private func isPassed(_ hop: Int) -> Bool {
    let length = length(hop)
    for further in hop..<min(hop + Self.window, maximum + 1)
    where hops[further - first].answeredSize >= length { return true }
    return false
  }

  private mutating func work(on hop: Int) {
    let length = length(hop)
    let state = hops[hop - first]
    let trial = state[length]
    if trial.answers > 0 {
      // Where it has been answered, the other queries follow.
      ask(hop, length, count: queries - trial.asked)
      return
    }
    if trial.asked == 0 { return ask(hop, length) }
    if search?.hop == hop { return advanceSearch() }
    guard trial.lost + trial.refused > 0 else { return }
    let isHole = length > Self.minimum && !isPassed(hop)
    let short = state[Self.minimum]
    if isHole, short.answers > 0 {
      if trial.lost + trial.refused >= Self.blackHoleTries || trial.refused >= Self.refusalLimit {
        // One hop at a time, the first that shows it.
        if hop == current, search == nil {
          search = (hop, MTUSearch(passes: state.shortest(below: length), fails: length))
          advanceSearch()
        }
      } else {
        ask(hop, length, count: Self.blackHoleTries - trial.lost - trial.refused - trial.inFlight)
      }
      return
    }
    if trial.inFlight == 0, !isExhausted(trial) { ask(hop, length) }
    if isHole, short.inFlight == 0, !isExhausted(short) { ask(hop, Self.minimum) }
  }

  private mutating func advanceSearch() {
    guard let (hop, search) = search, hops[hop - first].inFlight == 0 else { return }
    if search.isDone {
      self.search = nil
      add(Step(hop: hop, mtu: search.low, source: .blackHole, reporter: nil))
      return work(on: hop)
    }
    for size in search.batch { ask(hop, size) }
  }

  // MARK: Reports

  private mutating func report(_ hop: Int, at now: Instant, into events: inout EventQueue<TraceEvent>) {
    let state = hops[hop - first]
    let isAnswered = state[length(hop)].answers > 0
    for report in invalid[hop] ?? [] {
      // Probes of several hop limits draw the same.
      guard !lies.contains(where: { $0.mtu == report.mtu && $0.reporter == report.reporter }) else {
        continue
      }
      lies.append(report)
      events.append(.mtu(report))
    }
    let step = step(hop)
    // What was found at a hop that never answers is not shown before one that does.
    if reportedMTU == nil || (step.mtu != reportedMTU && (isAnswered || step.source != .blackHole)) {
      reportedMTU = step.mtu
      events.append(
        .mtu(
          TraceMTU(
            target: target, hopLimit: UInt8(truncatingIfNeeded: hop), mtu: step.mtu, source: step.source,
            reporter: step.reporter)))
    }
    silentHops = isAnswered ? 0 : silentHops + 1
    let isLast = (isAnswered && state.isEnd) || hop == maximum || gap.map { silentHops >= $0 } ?? false
    emit(hop, isLast: isLast, at: now, into: &events)
    current += 1
    guard isLast else { return }
    guard isAnswered, state.isEnd else {
      return finish(hop == maximum ? .maximumHops : .gapLimit, at: now, into: &events)
    }
    finish(state.refusal ?? .reached, at: now, into: &events)
  }

  private func emit(_ hop: Int, isLast: Bool, at now: Instant, into events: inout EventQueue<TraceEvent>) {
    var report = TraceHop(
      target: target, hopLimit: UInt8(truncatingIfNeeded: hop),
      verdicts: hops[hop - first].shown(queries: queries), at: now)
    report.isLast = isLast
    events.append(.hop(report))
  }

  private mutating func finish(
    _ reason: TraceEnd.Reason, at now: Instant, into events: inout EventQueue<TraceEvent>
  ) {
    isEnded = true
    orders = []
    var last = TraceEnd(
      target: target, reason: reason, hops: UInt8(truncatingIfNeeded: max(current - 1, 0)),
      startedAt: startedAt,
      at: now)
    last.pathMTU = reportedMTU
    if current > first, case .reply(let reply)? = hops[current - 1 - first].lastReply,
      hops[current - 1 - first].isEnd
    {
      last.address = reply.address
      last.isFromAnotherAddress = reason == .reached && reply.address != address
    }
    events.append(.end(last))
  }
}

extension MTUHop {
  /// The longest size that was answered and is shorter than this; the minimum if none was.
  fileprivate func shortest(below size: Int) -> Int {
    trials.reduce(MTUSurvey.minimum) { $1.answers > 0 && $1.size < size ? max($0, $1.size) : $0 }
  }

  /// Keeps the verdicts of the longest size that was answered; of a hop that has not answered, those of the size
  /// that was asked last.
  fileprivate mutating func note(_ verdict: TraceHop.Verdict, size: Int) {
    let isAnswer = Self.isAnswer(verdict)
    let hasAnswer = lastReply != nil
    let replaces = hasAnswer ? isAnswer && size > verdictSize : size != verdictSize
    if replaces {
      verdicts = [verdict]
      verdictSize = size
    } else if size == verdictSize {
      verdicts.append(verdict)
    }
  }

  /// As many as there are queries: tries that came to nothing go first.
  fileprivate func shown(queries: Int) -> [TraceHop.Verdict] {
    var surplus = verdicts.count - queries
    return verdicts.filter {
      guard surplus > 0, !Self.isAnswer($0) else { return true }
      surplus -= 1
      return false
    }
  }

  private static func isAnswer(_ verdict: TraceHop.Verdict) -> Bool {
    guard case .reply(let reply) = verdict else { return false }
    if case .packetTooBig = reply.answer { return false }
    return true
  }

  /// The last answer that counts.
  fileprivate var lastReply: TraceHop.Verdict? { verdicts.last(where: Self.isAnswer) }

  /// The end, where it is a refusal and not the target.
  fileprivate var refusal: TraceEnd.Reason? {
    guard case .reply(let reply)? = lastReply, !reply.answer.isArrival, let icmp = reply.answer.icmp else {
      return nil
    }
    return .unreachable(type: icmp.type, code: icmp.code)
  }
}
