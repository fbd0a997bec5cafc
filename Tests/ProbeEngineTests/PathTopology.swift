import Timing
import Wire

@testable import ProbeEngine

/// A network of routers for walks: decides what becomes of a probe. Router 0 is the first hop, the last the target.
struct PathTopology {
  enum Spread {
    /// Hashes these fields of the flow.
    case fields(label: Bool, ports: Bool)
    case perPacket
  }
  struct Router {
    var nexts: [Int]
    var spread = Spread.fields(label: true, ports: true)
    var isSilent = false
  }
  enum Fate {
    case answer(IPv6Address, TraceAnswer)
    case silence
  }

  var routers: [Router]
  var salt: UInt64
  var method = TraceConfiguration.Method.udp

  init(_ nexts: [[Int]], salt: UInt64 = 1) {
    routers = nexts.map { Router(nexts: $0) }
    self.salt = salt
  }

  /// A balancer with so many next hops that all lead to the target.
  static func diamond(_ width: Int, salt: UInt64 = 1) -> PathTopology {
    let branches = Array(repeating: [width + 1], count: width)
    return PathTopology([Array(1...width)] + branches + [[]], salt: salt)
  }

  /// Routers in a row.
  static func chain(_ length: Int) -> PathTopology {
    PathTopology((0..<length).map { $0 + 1 < length ? [$0 + 1] : [] })
  }

  var target: Int { routers.count - 1 }

  func address(_ router: Int) -> IPv6Address {
    IPv6Address(bits: 0x2001_0db8 << 96 | UInt128(router + 1))
  }

  var targetAddress: IPv6Address { address(target) }

  /// Where a packet goes next; each call is one packet.
  func next(_ router: Int, _ flow: TraceFlow, _ chance: inout RandomNumbers) -> Int {
    let nexts = routers[router].nexts
    guard nexts.count > 1 else { return nexts[0] }
    switch routers[router].spread {
    case .perPacket: return nexts[Int(chance.next() % UInt64(nexts.count))]
    case .fields(let label, let ports):
      var bits = UInt64(router) &* 0x9e37_79b9
      if label { bits ^= UInt64(flow.flowLabel) << 32 }
      if ports { bits ^= UInt64(flow.sourcePort) << 16 | UInt64(flow.destinationPort) }
      var hash = RandomNumbers(seed: salt &* 0xd134_2543_de82_ef95 ^ bits)
      return nexts[Int(hash.next() % UInt64(nexts.count))]
    }
  }

  func fate(of probe: TraceProbe, _ chance: inout RandomNumbers) -> Fate {
    var router = 0
    for _ in 1..<max(Int(probe.hopLimit), 1) {
      if router == target { break }
      router = next(router, probe.flow, &chance)
    }
    if routers[router].isSilent { return .silence }
    guard router == target else { return .answer(address(router), .timeExceeded(code: 0)) }
    return .answer(address(router), method == .icmp ? .echoReply : .unreachable(code: 4))
  }

  /// Every link that a packet can take, as a walk names it; and those to routers.
  var links: Set<Link> {
    var found: Set<Link> = []
    var level: Set<Int> = [0]
    func node(_ router: Int, _ hop: Int) -> TraceNode {
      routers[router].isSilent
        ? .silent(hopLimit: UInt8(hop)) : .router(address(router), zone: 0)
    }
    found.insert(Link(.origin, node(0, 1)))
    for hop in 1..<30 where !level.isEmpty {
      var below: Set<Int> = []
      for router in level {
        for next in routers[router].nexts {
          found.insert(Link(node(router, hop), node(next, hop + 1)))
          below.insert(next)
        }
      }
      level = below
    }
    return found
  }

  struct Link: Hashable, CustomStringConvertible {
    var from: TraceNode
    var to: TraceNode
    init(_ from: TraceNode, _ to: TraceNode) {
      self.from = from
      self.to = to
    }
    var description: String { "\(Self.text(from))-\(Self.text(to))" }
    private static func text(_ node: TraceNode) -> String {
      switch node {
      case .origin: "o"
      case .silent(let hop): "*\(hop)"
      case .router(let address, _): "\(address.bits & 0xffff)"
      }
    }
  }
}

/// Plays the engine's part: takes probes from a walk while the windows have room, and brings their verdicts.
struct WalkDriver<Walk: TraceWalk> {
  var walk: Walk
  var now = Instant.zero
  var sent = 0
  var events: [TraceEvent] = []
  /// Probes that were sent, in order.
  var probes: [TraceProbe] = []
  var times: [Instant] = []
  var perHop = 3
  var roundTrip = Nanoseconds.milliseconds(1)
  var wait = Nanoseconds.milliseconds(500)
  /// Probes after which the walk is held to run for ever.
  var limit = 40_000
  var keepsProbes = false

  init(_ walk: Walk) { self.walk = walk }

  enum Verdict {
    case answer(IPv6Address, TraceAnswer)
    case silence
    case failed(errno: Int32, mtu: UInt32?)
  }

  private struct Flight {
    var due: Instant
    var number: UInt64
    var probe: TraceProbe
    var verdict: Verdict
  }

  /// Runs until the walk is finished, or nothing moves any more.
  mutating func run(_ fate: (TraceProbe) -> Verdict) {
    runTimed { probe, _ in fate(probe) }
  }

  mutating func runTimed(_ fate: (TraceProbe, Instant) -> Verdict) {
    var answers = EventQueue<Flight>()
    var losses = EventQueue<Flight>()
    var nextAnswer: Flight?
    var nextLoss: Flight?
    var inFlight: [Int: Int] = [:]
    while !walk.isFinished, sent < limit {
      let perHop = perHop
      while let probe = walk.next(mayProbe: { inFlight[$0 << 8 | Int($1), default: 0] < perHop }) {
        inFlight[probe.target << 8 | Int(probe.hopLimit), default: 0] += 1
        let verdict = fate(probe, now)
        let number = UInt64(sent)
        sent += 1
        if keepsProbes {
          probes.append(probe)
          times.append(now)
        }
        if case .silence = verdict {
          losses.append(Flight(due: now + wait, number: number, probe: probe, verdict: verdict))
        } else {
          answers.append(Flight(due: now + roundTrip, number: number, probe: probe, verdict: verdict))
        }
      }
      drain()
      if nextAnswer == nil { nextAnswer = answers.next() }
      if nextLoss == nil { nextLoss = losses.next() }
      if nextLoss == nil { nextLoss = losses.next() }
      guard let due = [nextAnswer, nextLoss].compactMap({ $0?.due }).min() else { break }
      now = due
      // All that arrives at once is read before anything is sent, as a loop over a socket does.
      while let flight = nextAnswer, flight.due <= now {
        inFlight[flight.probe.target << 8 | Int(flight.probe.hopLimit), default: 1] -= 1
        walk.handle(verdict(flight), of: flight.number, probe: flight.probe, at: now)
        nextAnswer = answers.next()
      }
      while let flight = nextLoss, flight.due <= now {
        inFlight[flight.probe.target << 8 | Int(flight.probe.hopLimit), default: 1] -= 1
        walk.handle(verdict(flight), of: flight.number, probe: flight.probe, at: now)
        nextLoss = losses.next()
      }
      drain()
    }
    drain()
  }

  private func verdict(_ flight: Flight) -> TraceHop.Verdict {
    switch flight.verdict {
    case .silence:
      .lost(TraceLoss(number: flight.number, probe: flight.probe, sentAt: now - wait, at: now))
    case .failed(let errno, let mtu):
      .sendFailed(
        TraceSendFailure(number: flight.number, probe: flight.probe, at: now, errno: errno, mtu: mtu))
    case .answer(let address, let answer):
      .reply(
        TraceReply(
          number: flight.number, probe: flight.probe, address: address, zone: 0, interface: 1, answer: answer,
          roundTrip: roundTrip, roundTripSource: .user, sentAt: now - roundTrip, receivedAt: now))
    }
  }

  private mutating func drain() { while let event = walk.pollEvent() { events.append(event) } }

  // MARK: What came out

  var links: Set<PathTopology.Link> {
    Set(
      events.compactMap {
        if case .link(let link) = $0 { PathTopology.Link(link.from, link.to) } else { nil }
      })
  }
  var linkCount: Int { events.reduce(0) { if case .link = $1 { $0 + 1 } else { $0 } } }
  var balancers: [TraceBalancer] {
    events.compactMap { if case .balancer(let balancer) = $0 { balancer } else { nil } }
  }
  var hops: [TraceHop] { events.compactMap { if case .hop(let hop) = $0 { hop } else { nil } } }
  var mtus: [TraceMTU] { events.compactMap { if case .mtu(let mtu) = $0 { mtu } else { nil } } }
  var ends: [TraceEnd] { events.compactMap { if case .end(let end) = $0 { end } else { nil } } }
}

extension WalkDriver where Walk == PathWalk {
  /// One run over a topology, `loss` of all probes lost at random.
  static func run(
    _ topology: PathTopology, confidence: Double = 0.95, loss: Double = 0, seed: UInt64 = 1,
    isFieldTested: Bool = true, firstHop: UInt8 = 1, maximumHops: UInt8 = 30, perHop: Int = 3,
    keepsProbes: Bool = false
  ) -> WalkDriver {
    var configuration = TraceConfiguration(targets: [TraceTarget(address: topology.targetAddress)])
    configuration.mode = .paths(confidence: confidence)
    configuration.method = topology.method
    configuration.flow.sourcePort = 50_000
    configuration.firstHop = firstHop
    configuration.maximumHops = maximumHops
    configuration.seed = seed
    var chance = RandomNumbers(seed: seed)
    var driver = WalkDriver(PathWalk(configuration, isFieldTested: isFieldTested, at: .zero))
    driver.keepsProbes = keepsProbes
    driver.perHop = perHop
    driver.run { probe in
      if loss > 0, chance.nextUnit() <= loss { return .silence }
      return switch topology.fate(of: probe, &chance) {
      case .silence: .silence
      case .answer(let address, let answer): .answer(address, answer)
      }
    }
    return driver
  }
}
