import Testing
import Timing
import Wire

@testable import ProbeEngine

@Suite struct PathWalkTests {
  /// A diamond of four behind a router, then one more.
  private static func series() -> PathTopology {
    PathTopology([[1], [2, 3, 4, 5], [6], [6], [6], [6], [7], [8, 9], [10], [10], [11], []])
  }
  /// 1 → 2 → 5 and 1 → 3 → 4 → 5: branches of different length.
  private static func uneven() -> PathTopology { PathTopology([[1], [2, 3], [5], [4], [5], [6], [7], []]) }
  /// A balancer on a branch of a balancer.
  private static func nested() -> PathTopology {
    PathTopology([[1, 2], [3, 4], [5], [6], [6], [6], [7], []])
  }
  /// Each node of one level to each of the next.
  private static func meshed() -> PathTopology {
    PathTopology([[1, 2], [3, 4, 5], [3, 4, 5], [6], [6], [6], [7], []])
  }

  @Test func `A plain path is a chain of links, and its last is an arrival`() {
    let topology = PathTopology.chain(6)
    let run = WalkDriver.run(topology)
    #expect(run.links == topology.links)
    #expect(run.balancers.isEmpty)
    #expect(run.hops.map(\.hopLimit) == [1, 2, 3, 4, 5, 6])
    #expect(run.ends.first?.reason == .reached)
    #expect(run.ends.first?.hops == 6)
    // Six flows at each hop, and few beyond the target.
    #expect(run.sent <= 6 * 6 + 3)
    #expect(run.now <= .zero + .milliseconds(8))
  }

  @Test func `A target at the first hop`() {
    let run = WalkDriver.run(.chain(1))
    #expect(run.links == PathTopology.chain(1).links)
    #expect(run.ends.first?.reason == .reached)
    #expect(run.hops.map(\.isLast) == [true])
  }

  @Test func `A diamond of four is whole, without a serial wait`() {
    var missed = 0
    for seed in UInt64(1)...100 {
      let topology = PathTopology.diamond(4, salt: seed)
      let run = WalkDriver.run(topology, seed: seed)
      #expect(run.links.isSubset(of: topology.links))
      if run.links != topology.links { missed += 1 }
      #expect(run.now < .zero + .milliseconds(100))
      #expect(run.sent < 400)
    }
    #expect(missed <= 5)
  }

  @Test(arguments: [1, 2, 3, 4])
  func `Diamonds in series, uneven, nested and meshed: nothing that is not there, and nearly all that is`(
    shape: Int
  ) {
    var links = 0
    var found = 0
    for seed in UInt64(1)...25 {
      var topology = [Self.series(), Self.uneven(), Self.nested(), Self.meshed()][shape - 1]
      topology.salt = seed
      let run = WalkDriver.run(topology, seed: seed)
      #expect(run.links.isSubset(of: topology.links), "\(run.links.subtracting(topology.links))")
      #expect(run.linkCount == run.links.count, "each link once")
      #expect(run.ends.count == 1)
      #expect(run.ends.first?.reason == .reached)
      links += topology.links.count
      found += run.links.intersection(topology.links).count
      #expect(run.sent < 800)
    }
    #expect(found * 100 >= links * 97)
  }

  @Test(arguments: [TraceBalancer.Hashes.flowLabel, .ports, .both])
  func `What a balancer hashes is told by varying one field at a time`(hashes: TraceBalancer.Hashes) {
    var right = 0
    var told = 0
    for seed in UInt64(1)...25 {
      var topology = Self.series()
      topology.salt = seed
      for router in [1, 7] {
        topology.routers[router].spread = .fields(label: hashes != .ports, ports: hashes != .flowLabel)
      }
      let run = WalkDriver.run(topology, seed: seed)
      for balancer in run.balancers {
        told += 1
        if balancer.hashes == hashes { right += 1 }
      }
      #expect(run.links.isSubset(of: topology.links))
    }
    #expect(told >= 45)
    #expect(right * 100 >= told * 95, "\(right) of \(told)")
  }

  @Test func `A balancer below one that hashes another field is told right as well`() {
    var right = 0
    var told = 0
    for seed in UInt64(1)...25 {
      var topology = Self.nested()
      topology.salt = seed
      topology.routers[0].spread = .fields(label: true, ports: false)
      topology.routers[1].spread = .fields(label: false, ports: true)
      for balancer in WalkDriver.run(topology, seed: seed).balancers {
        told += 1
        if balancer.hashes == (balancer.hopLimit == 1 ? .flowLabel : .ports) { right += 1 }
      }
    }
    #expect(told >= 45)
    #expect(right * 100 >= told * 95, "\(right) of \(told)")
  }

  @Test func `With echo requests the flow label alone differs, and ports are not spoken of`() {
    var topology = Self.series()
    topology.method = .icmp
    topology.routers[1].spread = .fields(label: true, ports: false)
    let run = WalkDriver.run(topology, keepsProbes: true)
    #expect(run.balancers.first?.hashes == .flowLabel)
    #expect(Set(run.probes.map(\.flow.sourcePort)) == [50_000])
    #expect(Set(run.probes.map(\.flow.flowLabel)).count > 10)
  }

  @Test func `A balancer that spreads packets one by one is told, and no link behind it is made up`() {
    var told = 0
    for seed in UInt64(1)...100 {
      // 1 spreads over 2 and 3, which go on to 4 and 5 and meet in 6.
      var topology = PathTopology([[1], [2, 3], [4], [5], [6], [6], [7], []], salt: seed)
      topology.routers[1].spread = .perPacket
      let run = WalkDriver.run(topology, seed: seed)
      #expect(
        run.links.isSubset(of: topology.links), "seed \(seed): \(run.links.subtracting(topology.links))")
      #expect(run.ends.first?.reason == .reached)
      if run.balancers.map(\.hashes) == [.perPacket] { told += 1 }
      #expect(run.balancers.allSatisfy { $0.hashes == .perPacket && $0.hopLimit == 2 })
      #expect(run.sent < 400)
    }
    #expect(told >= 93, "\(told)")
  }

  @Test func `Behind a per-packet balancer links begin again where all packets meet`() {
    var topology = PathTopology([[1], [2, 3], [4], [4], [5, 6], [7], [7], [8], []])
    topology.routers[1].spread = .perPacket
    let run = WalkDriver.run(topology, seed: 5)
    #expect(run.links == topology.links)
    #expect(Set(run.balancers.map(\.hashes)) == [.perPacket, .both])
  }

  @Test func `A silent hop is a node of its own, and costs two waits at most`() {
    var topology = PathTopology.chain(6)
    topology.routers[2].isSilent = true
    topology.routers[3].isSilent = true
    let run = WalkDriver.run(topology)
    #expect(run.links == topology.links)
    #expect(run.balancers.isEmpty)
    #expect(run.now < .zero + .milliseconds(1_100), "\(run.now)")
    #expect(run.hops.map(\.hopLimit) == [1, 2, 3, 4, 5, 6])
  }

  @Test func `A silent branch beside one that answers`() {
    var found = 0
    var times: [Instant] = []
    for seed in UInt64(1)...40 {
      var topology = PathTopology([[1], [2, 3], [4], [4], [5], []], salt: seed)
      topology.routers[3].isSilent = true
      let run = WalkDriver.run(topology, seed: seed)
      #expect(run.links.isSubset(of: topology.links))
      if run.links == topology.links { found += 1 }
      times.append(run.now)
    }
    // Each of some ten flows that meet silence is a few waits, three flows at a time.
    #expect(times.sorted()[20] < .zero + .seconds(7))
    #expect(times.max() ?? .zero < .zero + .seconds(12))
    #expect(found >= 34, "\(found)")
  }

  @Test func `A diamond behind a silent hop`() {
    var found = 0
    for seed in UInt64(1)...40 {
      var topology = PathTopology([[1], [2], [3, 4], [5], [5], [6], []], salt: seed)
      topology.routers[1].isSilent = true
      let run = WalkDriver.run(topology, seed: seed)
      #expect(run.links.isSubset(of: topology.links))
      if run.links == topology.links { found += 1 }
      #expect(run.now < .zero + .seconds(3), "\(run.now)")
    }
    #expect(found >= 37, "\(found)")
  }

  @Test(arguments: [1, 2, 3, 4, 5])
  func `One probe in five lost: no impossible link and no false silence`(shape: Int) {
    var links = 0
    var found = 0
    for seed in UInt64(1)...25 {
      var topology = [Self.series(), Self.uneven(), Self.nested(), Self.meshed(), .chain(8)][shape - 1]
      topology.salt = seed
      let run = WalkDriver.run(topology, loss: 0.2, seed: seed)
      #expect(
        run.links.isSubset(of: topology.links), "seed \(seed): \(run.links.subtracting(topology.links))")
      #expect(run.ends.first?.reason == .reached)
      links += topology.links.count
      found += run.links.intersection(topology.links).count
    }
    #expect(found * 100 >= links * 96)
  }

  @Test func `Routers that limit their answers are not taken for silent ones`() {
    for seed in UInt64(1)...8 {
      let topology = PathTopology([[1], [2, 3, 4], [5], [5], [5], [6], []], salt: seed)
      var configuration = TraceConfiguration(targets: [TraceTarget(address: topology.targetAddress)])
      configuration.mode = .paths(confidence: 0.95)
      configuration.seed = seed
      var driver = WalkDriver(PathWalk(configuration, at: .zero))
      var chance = RandomNumbers(seed: seed)
      // Linux: six answers at once, then one each 250 ms (net.ipv6.icmp.ratelimit, a route of 64 bits).
      var tokens: [IPv6Address: (left: Double, at: Instant)] = [:]
      driver.runTimed { probe, now in
        guard case .answer(let address, let answer) = topology.fate(of: probe, &chance) else {
          return .silence
        }
        var bucket = tokens[address] ?? (6, now)
        bucket.left = min(6, bucket.left + Double((now - bucket.at).count) / 250e6)
        bucket.at = now
        defer { tokens[address] = bucket }
        guard bucket.left >= 1 else { return .silence }
        bucket.left -= 1
        return .answer(address, answer)
      }
      #expect(driver.links.isSubset(of: topology.links), "\(driver.links.subtracting(topology.links))")
      #expect(driver.links.count >= topology.links.count - 2)
      #expect(driver.ends.first?.reason == .reached)
    }
  }

  @Test func `Links alone name every address that answered where flows are stable`() {
    for seed in UInt64(1)...20 {
      var topology = Self.meshed()
      topology.salt = seed
      let run = WalkDriver.run(topology, seed: seed, keepsProbes: true)
      var chance = RandomNumbers(seed: 1)
      var answered: Set<IPv6Address> = []
      for probe in run.probes {
        if case .answer(let address, _) = topology.fate(of: probe, &chance) { answered.insert(address) }
      }
      var named: Set<IPv6Address> = []
      for link in run.links { if case .router(let address, _) = link.to { named.insert(address) } }
      #expect(named == answered)
    }
  }

  @Test func `A flow is the same at every hop, and no two flows are alike`() {
    let run = WalkDriver.run(Self.series(), keepsProbes: true)
    var flows: [Int: TraceFlow] = [:]
    for probe in run.probes {
      if let known = flows[probe.flowNumber] { #expect(known == probe.flow) }
      flows[probe.flowNumber] = probe.flow
    }
    #expect(Set(flows.values).count == flows.count)
    #expect(flows[0] == TraceFlow(sourcePort: 50_000, destinationPort: 33_434))
    let again = WalkDriver.run(Self.series(), keepsProbes: true)
    #expect(again.probes == run.probes)
  }

  @Test func `Hops before the first asked are not made up`() {
    let topology = PathTopology([[1], [2, 3, 4, 5], [6], [6], [6], [6], [7], []])
    let run = WalkDriver.run(topology, firstHop: 3)
    #expect(run.links.isSubset(of: topology.links))
    #expect(!run.links.contains { $0.from == .origin })
    #expect(run.hops.first?.hopLimit == 3)
    #expect(run.balancers.isEmpty)
    #expect(run.links.count >= 5)
  }

  @Test func `A target that says nothing ends it after the gap limit, in few waits`() {
    var topology = PathTopology.chain(12)
    for router in 4...11 { topology.routers[router].isSilent = true }
    let run = WalkDriver.run(topology)
    #expect(run.ends.first?.reason == .gapLimit)
    #expect(run.links == topology.links.filter { if case .silent = $0.to { false } else { true } })
    #expect(run.hops.map(\.hopLimit) == Array(1...9))
    #expect(run.hops.last?.isLast == true)
    #expect(run.now < .zero + .milliseconds(2_200), "\(run.now)")
  }

  @Test func `A branch that leads nowhere is shown as silence, and does not hold up the rest`() {
    for seed in UInt64(1)...20 {
      // 3 and all behind it answer nothing.
      var topology = PathTopology([[1], [2, 3], [4], [5], [6], [6], [7], []], salt: seed)
      for router in [3, 5] { topology.routers[router].isSilent = true }
      topology.routers[5].nexts = [5]
      let run = WalkDriver.run(topology, seed: seed)
      #expect(run.ends.first?.reason == .reached)
      #expect(run.now < .zero + .seconds(10), "\(run.now)")
      #expect(run.links.isSubset(of: topology.links))
    }
  }

  @Test func `A loop is bounded by the last hop and named`() {
    // 2 and 3 pass packets to and fro.
    let topology = PathTopology([[1], [2], [3], [2], []])
    let run = WalkDriver.run(topology)
    #expect(run.ends.first?.reason == .loop)
    #expect(run.hops.count == 30)
    #expect(run.hops[4].notes == [.loop(firstSeen: 3)])
    #expect(run.links == topology.links)
    #expect(run.sent <= 30 * 6)
    #expect(run.balancers.isEmpty)
  }

  @Test func `A refusal on the way ends its flows and is no link of a router to itself`() {
    var configuration = TraceConfiguration(targets: [TraceTarget(address: target)])
    configuration.mode = .paths(confidence: 0.95)
    var driver = WalkDriver(PathWalk(configuration, at: .zero))
    let topology = PathTopology.chain(3)
    driver.run { probe in
      probe.hopLimit <= 2
        ? .answer(topology.address(Int(probe.hopLimit)), .timeExceeded(code: 0))
        : .answer(topology.address(2), .unreachable(code: 1))
    }
    #expect(driver.ends.first?.reason == .unreachable(type: 1, code: 1))
    #expect(driver.ends.first?.address == topology.address(2))
    #expect(driver.links.count == 2)
    #expect(driver.hops.count == 3)
  }

  @Test func `Probes that never leave end it with their errno`() {
    var configuration = TraceConfiguration(targets: [TraceTarget(address: target)])
    configuration.mode = .paths(confidence: 0.95)
    var driver = WalkDriver(PathWalk(configuration, at: .zero))
    driver.run { _ in .failed(errno: 101, mtu: nil) }
    #expect(driver.ends.first?.reason == .sendFailed(101))
    #expect(driver.sent < 20)
  }

  @Test func `Nothing but random answers comes to an end`() {
    for seed in UInt64(1)...1 {
      var configuration = TraceConfiguration(targets: [TraceTarget(address: target)])
      configuration.mode = .paths(confidence: 0.99)
      configuration.maximumHops = 4
      configuration.seed = seed
      var chance = RandomNumbers(seed: seed)
      var driver = WalkDriver(PathWalk(configuration, at: .zero))
      driver.perHop = 64
      driver.run { _ in
        .answer(IPv6Address(bits: UInt128(chance.next() % 4_000)), .timeExceeded(code: 0))
      }
      #expect(driver.walk.isFinished)
      #expect(driver.sent <= PathGraph.maximumProbes)
    }
  }

  @Test func `Several targets are searched at once, each with its own flows and its own end`() {
    var configuration = TraceConfiguration(
      targets: (0..<20).map {
        TraceTarget(address: IPv6Address(bits: 0x2001_0db8 << 96 | 0xffff_0000 | UInt128($0)))
      })
    configuration.mode = .paths(confidence: 0.95)
    configuration.targetsAtOnce = 7
    var driver = WalkDriver(PathWalk(configuration, at: .zero))
    driver.run { probe in
      probe.hopLimit < 4
        ? .answer(IPv6Address(bits: UInt128(probe.hopLimit)), .timeExceeded(code: 0))
        : .answer(configuration.targets[probe.target].address, .unreachable(code: 4))
    }
    #expect(Set(driver.ends.map(\.target)).count == 20)
    #expect(driver.ends.allSatisfy { $0.reason == .reached && !$0.isFromAnotherAddress })
    #expect(driver.linkCount == 20 * 4)
  }

  @Test func `Whatever comes back, it comes to an end within its probes`() {
    for seed in UInt64(1)...8 {
      var configuration = TraceConfiguration(targets: [TraceTarget(address: target)])
      configuration.mode = .paths(confidence: 0.95)
      configuration.maximumHops = 5
      configuration.seed = seed
      var chance = RandomNumbers(seed: seed)
      var driver = WalkDriver(PathWalk(configuration, at: .zero))
      driver.perHop = 32
      driver.run { _ in
        let address = IPv6Address(bits: UInt128(chance.next() % 5))
        return switch chance.next() % 12 {
        case 0...5: .answer(address, .timeExceeded(code: 0))
        case 6: .answer(address, .unreachable(code: UInt8(truncatingIfNeeded: chance.next() % 7)))
        case 7: .answer(address, .packetTooBig(mtu: UInt32(truncatingIfNeeded: chance.next())))
        case 8: .failed(errno: 101, mtu: nil)
        default: .silence
        }
      }
      #expect(driver.walk.isFinished)
      #expect(driver.ends.count == 1)
      #expect(driver.sent <= PathGraph.maximumProbes)
    }
  }

  @Test func `A late answer counts as one`() {
    var configuration = TraceConfiguration(targets: [TraceTarget(address: target)])
    configuration.mode = .paths(confidence: 0.95)
    configuration.maximumHops = 1
    var walk = PathWalk(configuration, at: .zero)
    var sent: [TraceProbe] = []
    while let probe = walk.next(mayProbe: { _, _ in true }) { sent.append(probe) }
    #expect(sent.count == 6)
    for probe in sent {
      walk.handle(
        .lost(TraceLoss(number: 0, probe: probe, sentAt: .zero, at: at(500))), of: 0, probe: probe,
        at: at(500))
      var reply = TraceReply(
        number: 0, probe: probe, address: stranger, zone: 0, interface: 1, answer: .timeExceeded(code: 0),
        roundTrip: nil, roundTripSource: .user, sentAt: .zero, receivedAt: at(501))
      reply.isLate = true
      walk.handle(.reply(reply), of: 0, probe: probe, at: at(501))
    }
    while let probe = walk.next(mayProbe: { _, _ in true }) { sent.append(probe) }
    var links: [TraceLink] = []
    while let event = walk.pollEvent() { if case .link(let link) = event { links.append(link) } }
    #expect(links.map(\.to) == [.router(stranger, zone: 0)])
    #expect(walk.isFinished)
    // The last was lost before its answer came, and asked again.
    #expect(sent.count <= 7)
  }

  @Test func `Stopping ends each target as interrupted`() {
    var configuration = TraceConfiguration(targets: [
      TraceTarget(address: target), TraceTarget(address: stranger),
    ])
    configuration.mode = .paths(confidence: 0.95)
    configuration.targetsAtOnce = 1
    var walk = PathWalk(configuration, at: .zero)
    _ = walk.next { _, _ in true }
    walk.stop(at: at(1))
    var reasons: [TraceEnd.Reason] = []
    while let event = walk.pollEvent() { if case .end(let end) = event { reasons.append(end.reason) } }
    #expect(reasons == [.interrupted, .interrupted])
    #expect(walk.isFinished)
  }
}
