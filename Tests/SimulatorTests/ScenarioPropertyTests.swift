import ProbeEngine
import Simulator
import Testing
import Timing
import Wire

private let group = IPv6Address(bits: 0xff02_0000_0000_0000_0000_0000_0000_0001)
private let member = IPv6Address(bits: 0xfe80_0000_0000_0000_0000_0000_0000_0042)
private let stranger = IPv6Address(bits: 0x2001_0db8_0000_0000_0000_0000_0000_dead)

/// A run of which everything is drawn from the seed, and what truly became of each probe.
private final class Scenario {
  /// One probe, as only the network knows it.
  struct Truth {
    /// How long each genuine reply was on its way, the damaged ones apart.
    var replies: [Nanoseconds] = []
    var damaged = 0
    var errors = 0
    var hasFailed = false
  }

  private var random: RandomNumbers
  private(set) var configuration: PingConfiguration
  private(set) var truths: [Truth] = []
  private let loss, duplication, damage, error, failure, forgery, warp: UInt64
  private let longest: Nanoseconds
  private(set) var simulationEnd = Instant.zero

  init(seed: UInt64) {
    var random = RandomNumbers(seed: seed)
    func percent(_ most: UInt64) -> UInt64 { random.next() % 3 == 0 ? 0 : random.next() % most }
    loss = percent(60)
    duplication = percent(40)
    damage = percent(40)
    error = percent(40)
    failure = percent(40)
    forgery = percent(60)
    warp = percent(30)
    longest =
      [.microseconds(50), .milliseconds(30), .milliseconds(900), .seconds(20)][Int(random.next() % 4)]
    let addresses = [
      random.next() % 4 == 0 ? group : IPv6Address(bits: 0x2001_0db8_0000_0000_0000_0000_0000_0001),
      IPv6Address(bits: 0x2001_0db8_0000_0000_0000_0000_0000_0002),
      IPv6Address(bits: 0x2001_0db8_0000_0000_0000_0000_0000_0003),
    ]
    var c = PingConfiguration(
      targets: addresses.prefix(Int(random.next() % 3) + 1).map { ProbeTarget(address: $0) })
    c.seed = random.next()
    c.identifier = UInt16(truncatingIfNeeded: random.next())
    // Long enough for a nonce: without one a forgery cannot be told.
    c.payloadLength = [8, 16, 23, 24, 56, 100][Int(random.next() % 6)]
    c.pattern = random.next() % 4 == 0 ? [0xa5, 0x0f] : []
    let interval = Nanoseconds.milliseconds([1, 10, 100, 1_000][Int(random.next() % 4)])
    c.pace =
      switch random.next() % 6 {
      case 0: .schedule(.poisson(mean: interval))
      case 1: .schedule(.burst(count: 4, interval: interval))
      case 2: .flood(window: Int(random.next() % 5) + 1)
      case 3: .adaptive(minimum: .milliseconds(Int64(random.next() % 3)))
      default: .schedule(.constant(interval: interval))
      }
    c.preload = Int(random.next() % 5)
    c.wait =
      switch random.next() % 3 {
      case 0: .untilEnd(ifSilent: random.next() % 2 == 0 ? nil : .seconds(2))
      default: .perProbe(.milliseconds(Int64(random.next() % 1_000)))
      }
    c.until =
      switch random.next() % 5 {
      case 0: .stopped
      case 1: .replied(random.next() % 20)
      case 2: .down
      default: .attempted(random.next() % 60)
      }
    c.deadline = random.next() % 3 == 0 ? .milliseconds(Int64(random.next() % 5_000)) : nil
    c.stopsAtError = random.next() % 5 == 0
    c.reportsSent = true
    c.reportsOutstanding = random.next() % 2 == 0
    configuration = c
    self.random = random
  }

  private func chance(_ percent: UInt64) -> Bool { random.next() % 100 < percent }
  private func delay() -> Nanoseconds { Nanoseconds(Int64(random.next() % UInt64(longest.count))) }

  private func fate(_ probe: VirtualProbe) -> Fate {
    truths.append(Truth())
    let i = truths.count - 1
    if chance(failure) {
      truths[i].hasFailed = true
      return .sendFailed([1, 101, 105][Int(random.next() % 3)])
    }
    let source = probe.target.address.isMulticast ? member : probe.target.address
    var deliveries: [Delivery] = []
    func add(_ octets: [UInt8], from address: IPv6Address, _ after: Nanoseconds) {
      var d = Delivery(after: after, source: address, content: .message(octets))
      d.hostDelay = random.next() % 3 == 0 ? delay() : .zero
      deliveries.append(d)
    }
    var reply = probe.octets
    reply[0] = 129
    if !chance(loss) {
      repeat {
        let after = delay()
        if chance(damage), reply.count > 40 {
          var bad = reply
          // Beyond stamp and nonce, in all layouts.
          if chance(50) {
            bad[32 + Int(random.next() % UInt64(reply.count - 32))] ^= 0x20
          } else {
            bad.removeLast()
          }
          truths[i].damaged += 1
          add(bad, from: source, after)
        } else {
          var good = reply
          if chance(warp), configuration.pattern.isEmpty, reply.count >= 32 {
            good[8 + Int(random.next() % 16)] ^= 0xff
          }
          truths[i].replies.append(after)
          add(good, from: source, after)
        }
      } while chance(duplication)
    }
    if chance(error) {
      truths[i].errors += 1
      deliveries.append(
        probe.error(
          UInt8(random.next() % 4 + 1), UInt8(random.next() % 8), info: 1_280, from: stranger, after: delay())
      )
    }
    if chance(forgery) { add(forged(reply), from: source, delay()) }
    if chance(forgery), !probe.target.address.isMulticast { add(reply, from: stranger, delay()) }
    if chance(forgery) {
      var quote = probe.octets
      for j in 8..<16 { quote[j] ^= 0x5a }
      if quote.count >= 32, configuration.pattern.isEmpty { for j in 24..<32 { quote[j] ^= 0x5a } }
      deliveries.append(
        Delivery(after: delay(), source: stranger, content: .error(type: 1, code: 0, info: 0, quoted: quote)))
    }
    return .delivered(deliveries)
  }

  /// A reply that is not one: another nonce, identifier, sequence or type, or noise.
  private func forged(_ reply: [UInt8]) -> [UInt8] {
    var octets = reply
    switch random.next() % 5 {
    case 0: for j in 8..<octets.count { octets[j] = ~octets[j] }
    case 1: octets[5] ^= 1
    case 2: octets[6] ^= 0x40
    case 3: octets[0] = [128, 130, 140, 161][Int(random.next() % 4)]
    default: octets = (0..<Int(random.next() % 40)).map { _ in 129 }
    }
    return octets
  }

  func run(event: (PingEvent) -> Void) -> [PingSummary] {
    var simulation = PingSimulation(configuration) { self.fate($0) }
    simulation.hasKernelStamps = random.next() % 3 != 0
    let period: Nanoseconds
    switch configuration.pace {
    case .schedule(.constant(let i)), .schedule(.poisson(let i)), .schedule(.burst(_, let i)): period = i
    // As fast as replies come: a few thousand probes at most.
    case .flood, .adaptive: period = min(longest, .milliseconds(10))
    }
    let stop = Instant(nanoseconds: Int64(random.next() % UInt64(period.count * 100)))
    simulation.stopAt = stop
    if random.next() % 3 == 0 {
      let from = Instant(nanoseconds: Int64(random.next() % 2_000_000_000))
      simulation.pause = from..<(from + .milliseconds(Int64(random.next() % 3_000) + 1))
    }
    simulation.wallJumps = (0..<Int64(random.next() % 4)).map { i in
      (.zero + .milliseconds(i * 300), Int64(bitPattern: random.next()))
    }
    let (summaries, end) = simulation.run(event: event)
    simulationEnd = end
    return summaries
  }
}

@Suite struct ScenarioProperties {
  @Test(arguments: 0..<20) func `whatever happens, every probe has one verdict and only true answers give it`(
    block: UInt64
  ) {
    for seed in block * 40..<(block + 1) * 40 {
      let scenario = Scenario(seed: seed)
      let targets = UInt64(scenario.configuration.targets.count)
      var sent: Set<UInt64> = []
      var replies = 0
      var problems: [String] = []
      func number(_ target: Int, _ sequence: UInt64) -> UInt64 {
        let number = (sequence &- 1) &* targets &+ UInt64(target)
        if !sent.contains(number) { problems.append("event about \(sequence), which was not sent") }
        return number
      }
      func check(_ reply: PingReply) {
        let truth = scenario.truths[Int(number(reply.target, reply.sequence))]
        guard let roundTrip = reply.roundTrip else { return problems.append("no round trip") }
        let isTrue =
          reply.roundTripSource == .kernel
          ? truth.replies.contains(roundTrip)
          // From call to read: what the host or a pause adds comes on top.
          : truth.replies.contains { $0 <= roundTrip }
        if !isTrue { problems.append("round trip \(roundTrip) of \(truth)") }
        if truth.hasFailed { problems.append("a reply to what never left") }
      }
      let summaries = scenario.run { event in
        switch event {
        case .sent(let e):
          let n = (e.sequence - 1) * targets + UInt64(e.target)
          if n != UInt64(sent.count) { problems.append("sent out of turn") }
          sent.insert(n)
        case .reply(let e), .late(let e):
          replies += 1
          check(e)
        case .duplicate(let e):
          let truth = scenario.truths[Int(number(e.target, e.sequence))]
          if truth.replies.count + truth.damaged < 2 { problems.append("duplicate of one") }
        case .corrupted(let e, _):
          if scenario.truths[Int(number(e.target, e.sequence))].damaged == 0 {
            problems.append("corrupted, but whole")
          }
        case .icmpError(let e):
          if scenario.truths[Int(number(e.target, e.sequence))].errors == 0 {
            problems.append("an error of nobody")
          }
        case .sendFailed(let e):
          if !scenario.truths[Int(number(e.target, e.sequence))].hasFailed {
            problems.append("failed, but sent")
          }
        case .lost(let e), .noAnswerYet(let e): _ = number(e.target, e.sequence)
        case .rejected(let e): if let r = e.reply { _ = number(r.target, r.sequence) }
        case .gap(let e): if e.skipped <= 0 { problems.append("an empty gap") }
        }
      }

      for (i, s) in summaries.enumerated() {
        let truths = stride(from: i, to: scenario.truths.count, by: Int(targets)).map { scenario.truths[$0] }
        let sum = s.replied + s.corrupted + s.late + s.icmpErrors + s.lost + s.sendFailed + s.inFlight
        if s.attempted != sum { problems.append("\(s.attempted) attempted, \(sum) verdicts") }
        if s.attempted != UInt64(truths.count) { problems.append("attempted") }
        if s.sendFailed != UInt64(truths.count { $0.hasFailed }) { problems.append("send failures") }
        if s.replied + s.late > UInt64(truths.count { !$0.replies.isEmpty }) {
          problems.append("replied without a reply")
        }
        if s.corrupted > UInt64(truths.count { $0.damaged > 0 }) {
          problems.append("corrupted without damage")
        }
        if s.icmpErrors + s.extraErrors > UInt64(truths.reduce(0) { $0 + $1.errors }) {
          problems.append("errors")
        }
        if summaries.allSatisfy({ $0.inFlight == 0 }), (s.lost + s.late > 0) != (s.lossBursts > 0),
          truths.allSatisfy({ $0.errors == 0 && $0.damaged == 0 })
        {
          problems.append("bursts of loss")
        }
        if (s.roundTrip?.count ?? 0) != s.replied + s.late { problems.append("round trips") }
      }
      if replies != summaries.reduce(0, { $0 + Int($1.replied + $1.late) }) {
        problems.append("replies told")
      }
      if sent.count != scenario.truths.count { problems.append("sent told") }
      #expect(problems == [], "seed \(seed)")
    }
  }
}
