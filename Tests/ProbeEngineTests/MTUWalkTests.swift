import Testing
import Timing
import Wire

@testable import ProbeEngine

/// Routers in a row, the last the target, and the links before each.
private struct MTUPath {
  struct Link {
    var mtu = 1_500
    /// Longer packets vanish without Packet Too Big.
    var isHole = false
    /// What Packet Too Big says instead of the MTU.
    var lie: UInt32?
  }
  /// The first link is the host's own.
  var links: [Link]
  var silent: Set<Int> = []
  var loss = 0.0
  var seed: UInt64 = 1
  var chance = RandomNumbers(seed: 1)

  init(_ hops: Int, seed: UInt64 = 1) {
    links = Array(repeating: Link(), count: hops)
    chance = RandomNumbers(seed: seed)
  }

  func address(_ hop: Int) -> IPv6Address { IPv6Address(bits: 0x2001_0db8 << 96 | UInt128(hop)) }

  mutating func fate(_ probe: TraceProbe) -> WalkDriver<MTUWalk>.Verdict {
    if loss > 0, chance.nextUnit() <= loss { return .silence }
    var hop = 0
    for link in links.prefix(Int(probe.hopLimit)) {
      if probe.packetLength > link.mtu {
        if hop == 0 { return .failed(errno: 90, mtu: UInt32(link.mtu)) }
        if link.isHole { return .silence }
        return .answer(address(hop), .packetTooBig(mtu: link.lie ?? UInt32(link.mtu)))
      }
      hop += 1
    }
    if silent.contains(hop) { return .silence }
    return .answer(address(hop), hop == links.count ? .unreachable(code: 4) : .timeExceeded(code: 0))
  }

  mutating func run(
    queries: Int = 1, _ change: (inout TraceConfiguration) -> Void = { _ in }
  ) -> WalkDriver<MTUWalk> {
    var configuration = TraceConfiguration(targets: [TraceTarget(address: address(links.count))])
    configuration.mode = .mtu
    configuration.packetLength = 1_500
    configuration.queries = queries
    change(&configuration)
    var driver = WalkDriver(MTUWalk(configuration, at: .zero))
    driver.keepsProbes = true
    var path = self
    driver.run { path.fate($0) }
    self = path
    return driver
  }
}

@Suite struct MTUWalkTests {
  private func address(_ hop: Int) -> IPv6Address { MTUPath(1).address(hop) }

  @Test func `A path that carries the link's MTU says so at its first hop, and each hop answers once`() {
    var path = MTUPath(4)
    let run = path.run()
    #expect(run.mtus == [TraceMTU(target: 0, hopLimit: 1, mtu: 1_500, source: .link)])
    #expect(run.hops.map(\.hopLimit) == [1, 2, 3, 4])
    #expect(run.hops.map(\.isLast) == [false, false, false, true])
    #expect(run.hops.allSatisfy { $0.verdicts.count == 1 })
    #expect(run.ends.first?.reason == .reached)
    #expect(run.ends.first?.pathMTU == 1_500)
    #expect(run.ends.first?.address == address(4))
    #expect(run.sent <= 8)
  }

  @Test func `One Packet Too Big on ten hops costs a few round trips, not one per hop`() {
    var path = MTUPath(10)
    path.links[3].mtu = 1_400
    let run = path.run()
    #expect(
      run.mtus == [
        TraceMTU(target: 0, hopLimit: 1, mtu: 1_500, source: .link),
        TraceMTU(target: 0, hopLimit: 4, mtu: 1_400, source: .packetTooBig, reporter: address(3)),
      ])
    #expect(run.hops.count == 10)
    #expect(run.ends.first?.pathMTU == 1_400)
    #expect(run.now <= .zero + .milliseconds(6))
    #expect(run.sent <= 20)
  }

  @Test func `Each narrower link lowers the MTU of what follows`() {
    var path = MTUPath(6)
    path.links[1].mtu = 1_480
    path.links[4].mtu = 1_280
    let run = path.run()
    #expect(run.mtus.map(\.mtu) == [1_500, 1_480, 1_280])
    #expect(run.mtus.map(\.hopLimit) == [1, 2, 5])
    #expect(run.ends.first?.pathMTU == 1_280)
  }

  @Test func `Each hop gets as many probes of its final length as there are queries`() {
    var path = MTUPath(3)
    path.links[2].mtu = 1_400
    let run = path.run(queries: 3)
    for hop in run.hops {
      #expect(hop.verdicts.count == 3)
      for verdict in hop.verdicts {
        guard case .reply(let reply) = verdict else {
          Issue.record("not answered")
          continue
        }
        #expect(reply.probe.packetLength == (hop.hopLimit < 3 ? 1_500 : 1_400))
        #expect(reply.answer.icmp?.type != 2)
      }
    }
  }

  @Test func `An MTU below 1280 or not below what was sent is shown and not used`() {
    for lie in [UInt32(0), 1_279, 1_500, 9_000, .max] {
      var path = MTUPath(4)
      path.links[2].mtu = 1_400
      path.links[2].lie = lie
      let run = path.run()
      let invalid = run.mtus.filter(\.isReportInvalid)
      #expect(invalid.map(\.mtu) == [Int(lie)])
      #expect(invalid.first?.reporter == address(2))
      #expect(invalid.first?.hopLimit == 3)
      // What passes is then found by size.
      #expect(run.mtus.last { !$0.isReportInvalid }?.source == .blackHole)
      #expect(run.ends.first?.pathMTU == 1_400)
    }
  }

  @Test(arguments: [1_280, 1_281, 1_337, 1_400, 1_420, 1_460, 1_472, 1_492, 1_499])
  func `Where longer packets vanish, the longest that passes is found by size`(mtu: Int) {
    var path = MTUPath(6)
    path.links[3].mtu = mtu
    path.links[3].isHole = true
    let run = path.run()
    #expect(
      run.mtus == [
        TraceMTU(target: 0, hopLimit: 1, mtu: 1_500, source: .link),
        TraceMTU(target: 0, hopLimit: 4, mtu: mtu, source: .blackHole),
      ])
    #expect(run.hops.map(\.hopLimit) == [1, 2, 3, 4, 5, 6])
    #expect(run.ends.first?.pathMTU == mtu)
    #expect(run.ends.first?.reason == .reached)
    #expect(run.now < .zero + .seconds(6), "\(run.now)")
    #expect(run.sent < 80)
  }

  @Test func `A jumbo link that loses what is longer than Ethernet is found as well`() {
    var path = MTUPath(3)
    for index in path.links.indices { path.links[index].mtu = 9_000 }
    path.links[1].mtu = 1_500
    path.links[1].isHole = true
    let run = path.run { $0.packetLength = 9_000 }
    #expect(run.mtus.map(\.mtu) == [9_000, 1_500])
    #expect(run.ends.first?.pathMTU == 1_500)
  }

  @Test func `A black hole behind silent hops is told at the first hop that shows it`() {
    var path = MTUPath(6)
    path.links[2].mtu = 1_400
    path.links[2].isHole = true
    path.silent = [3, 4]
    let run = path.run()
    #expect(run.mtus.map(\.hopLimit) == [1, 5])
    #expect(run.mtus.last?.mtu == 1_400)
    #expect(run.ends.first?.pathMTU == 1_400)
  }

  @Test func `A hop that is silent at every size is silent`() {
    var path = MTUPath(5)
    path.silent = [2]
    let run = path.run()
    #expect(run.mtus.count == 1)
    guard case .lost? = run.hops[1].verdicts.first else {
      Issue.record("hop 2 is not lost")
      return
    }
    #expect(run.hops.count == 5)
    #expect(run.now <= .zero + .milliseconds(1_600))
  }

  @Test func `Ordinary loss of one in ten is not taken for a black hole`() {
    for seed in UInt64(1)...300 {
      var path = MTUPath(8, seed: seed)
      path.loss = 0.1
      let run = path.run()
      #expect(run.mtus.map(\.mtu) == [1_500], "seed \(seed)")
      #expect(run.ends.first?.reason == .reached)
    }
  }

  @Test func `A black hole is measured to the octet in spite of loss, nearly always`() {
    var wrong = 0
    for seed in UInt64(1)...200 {
      var path = MTUPath(5, seed: seed)
      path.loss = 0.1
      let mtu = 1_281 + Int(seed)
      path.links[2].mtu = mtu
      path.links[2].isHole = true
      let run = path.run()
      if run.ends.first?.pathMTU != mtu { wrong += 1 }
      #expect(run.ends.first?.pathMTU ?? 0 <= mtu, "a size that does not pass is never told")
    }
    #expect(wrong <= 4, "\(wrong) of 200")
  }

  @Test func `The host's own word is about its interface and holds from the first hop on`() {
    var path = MTUPath(3)
    for index in path.links.indices { path.links[index].mtu = 1_450 }
    let run = path.run { $0.packetLength = 9_000 }
    #expect(run.mtus == [TraceMTU(target: 0, hopLimit: 1, mtu: 1_450, source: .link)])
    #expect(run.ends.first?.pathMTU == 1_450)
    #expect(run.ends.first?.reason == .reached)
  }

  @Test func `Probes that never leave end it with their errno`() {
    var configuration = TraceConfiguration(targets: [TraceTarget(address: target)])
    configuration.mode = .mtu
    configuration.packetLength = 1_500
    var driver = WalkDriver(MTUWalk(configuration, at: .zero))
    driver.run { _ in .failed(errno: 101, mtu: nil) }
    #expect(driver.ends.first?.reason == .sendFailed(101))
    #expect(driver.sent < 20)
  }

  @Test func `A gap limit ends it, and so does the last hop; a refusal is told as one`() {
    var path = MTUPath(20)
    path.silent = Set(4...20)
    let gap = path.run { $0.gapLimit = 3 }
    #expect(gap.ends.first?.reason == .gapLimit)
    #expect(gap.ends.first?.hops == 6)
    var long = MTUPath(8)
    let short = long.run { $0.maximumHops = 5 }
    #expect(short.ends.first?.reason == .maximumHops)
    #expect(short.ends.first?.hops == 5)
    #expect(short.hops.last?.isLast == true)

    var configuration = TraceConfiguration(targets: [TraceTarget(address: target)])
    configuration.mode = .mtu
    configuration.packetLength = 1_500
    var driver = WalkDriver(MTUWalk(configuration, at: .zero))
    driver.run { probe in
      probe.hopLimit < 3
        ? .answer(self.address(Int(probe.hopLimit)), .timeExceeded(code: 0))
        : .answer(self.address(2), .unreachable(code: 1))
    }
    #expect(driver.ends.first?.reason == .unreachable(type: 1, code: 1))
    #expect(driver.ends.first?.address == address(2))
  }

  @Test func `A router that names ever smaller sizes comes to an end`() {
    var configuration = TraceConfiguration(targets: [TraceTarget(address: target)])
    configuration.mode = .mtu
    configuration.packetLength = 1_500
    var driver = WalkDriver(MTUWalk(configuration, at: .zero))
    driver.run { .answer(self.address(1), .packetTooBig(mtu: UInt32($0.packetLength - 1))) }
    #expect(driver.walk.isFinished)
    #expect(driver.sent < 20_000)
  }

  @Test func `Whatever comes back, it comes to an end`() {
    for seed in UInt64(1)...200 {
      var configuration = TraceConfiguration(targets: [TraceTarget(address: target)])
      configuration.mode = .mtu
      configuration.packetLength = [80, 1_280, 1_500, 9_000, 65_535][Int(seed % 5)]
      configuration.maximumHops = 8
      var chance = RandomNumbers(seed: seed)
      var driver = WalkDriver(MTUWalk(configuration, at: .zero))
      driver.run { probe in
        let address = IPv6Address(bits: UInt128(chance.next() % 5))
        return switch chance.next() % 12 {
        case 0...3: .answer(address, .timeExceeded(code: 0))
        case 4...5: .answer(address, .packetTooBig(mtu: UInt32(1_200 + chance.next() % 1_000)))
        case 6: .answer(address, .packetTooBig(mtu: UInt32(truncatingIfNeeded: chance.next())))
        case 7: .failed(errno: 90, mtu: chance.next() % 2 == 0 ? nil : UInt32(probe.packetLength / 2))
        case 8: .failed(errno: 105, mtu: nil)
        default: .silence
        }
      }
      #expect(driver.walk.isFinished, "seed \(seed)")
      #expect(driver.ends.count == 1)
      #expect(driver.sent < 2_000)
    }
  }

  @Test func `Stopping ends each target as interrupted`() {
    var configuration = TraceConfiguration(targets: [
      TraceTarget(address: target), TraceTarget(address: stranger),
    ])
    configuration.mode = .mtu
    configuration.targetsAtOnce = 1
    var walk = MTUWalk(configuration, at: .zero)
    _ = walk.next { _, _ in true }
    walk.stop(at: at(1))
    var reasons: [TraceEnd.Reason] = []
    while let event = walk.pollEvent() { if case .end(let end) = event { reasons.append(end.reason) } }
    #expect(reasons == [.interrupted, .interrupted])
    #expect(walk.isFinished)
  }
}
