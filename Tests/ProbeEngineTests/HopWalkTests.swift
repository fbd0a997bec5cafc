import Testing
import Timing
import Wire

@testable import ProbeEngine

@Suite struct HopWalkTests {
  private let quick = Nanoseconds.microseconds(300)

  /// Routers named by hop; where the list ends, its last `loop` members come again and again.
  private func path(
    _ routers: [Int], loop: Int = 0, reaches: Bool = true
  ) -> (TraceTransmit, Instant) -> PathFate {
    { transmit, _ in
      let hop = Int(transmit.probe.hopLimit)
      if hop <= routers.count {
        return .answers([
          PathAnswer(after: quick, from: router(routers[hop - 1]), content: .error(type: 3, code: 0))
        ])
      }
      if loop > 0 {
        let again = routers.suffix(loop)
        let next = again[again.startIndex + (hop - routers.count - 1) % loop]
        return .answers([PathAnswer(after: quick, from: router(next), content: .error(type: 3, code: 0))])
      }
      return .answers([PathAnswer(after: quick, from: target, content: .error(type: 1, code: 4))])
    }
  }

  @Test func `a loop of two routers is named where it comes round, and ends the trace after three rounds`() {
    let c = traceConfiguration()
    let result = run(c, path([1, 2, 3, 4], loop: 2))
    #expect(result.ends[0].reason == .loop && result.hops.count == 8)
    #expect(result.hops.prefix(4).allSatisfy { $0.notes.isEmpty })
    #expect(result.hop(5)?.notes == [.loop(firstSeen: 3)] && result.hop(6)?.notes == [.loop(firstSeen: 4)])
    #expect(result.hop(8)?.isLast == true && result.hop(8)?.notes == [.loop(firstSeen: 4)])
  }

  @Test func `a router that answers at two hops in a row is no loop`() {
    let c = traceConfiguration()
    let result = run(c, path([1, 2, 2, 2, 3]))
    #expect(result.ends[0].reason == .reached && result.hops.allSatisfy { $0.notes.isEmpty })
  }

  @Test func `a longer loop is told as well, and a path that comes back once goes on`() {
    let c = traceConfiguration()
    let once = run(c, path([1, 2, 3, 4, 2, 5]))
    #expect(once.ends[0].reason == .reached && once.hop(5)?.notes == [.loop(firstSeen: 2)])
    let three = run(c, path([1, 2, 3, 4], loop: 3))
    #expect(three.ends[0].reason == .loop && three.hops.count == 10)
  }

  @Test func `time exceeded from the target's own address is a hop, and a translator is named`() {
    let c = traceConfiguration()
    let result = run(c) { transmit, _ in
      let hop = Int(transmit.probe.hopLimit)
      if hop < 4 { return path([1, 2, 3])(transmit, .zero) }
      return .answers([
        PathAnswer(
          after: quick, from: target, content: hop < 7 ? .error(type: 3, code: 0) : .error(type: 1, code: 4))
      ])
    }
    #expect(result.hops.count == 7 && result.ends[0].reason == .reached)
    #expect(result.hop(4)?.notes == [.addressTranslation])
    #expect(result.hops[4...].allSatisfy { $0.notes.isEmpty })
  }

  @Test func `one flow answered by several routers of a hop is noted`() {
    let c = traceConfiguration()
    let result = run(c) { transmit, _ in
      let hop = Int(transmit.probe.hopLimit)
      if hop == 3 {
        return .answers([
          PathAnswer(
            after: quick, from: router(30 + transmit.probe.query), content: .error(type: 3, code: 0))
        ])
      }
      return path([1, 2, 3, 4, 5])(transmit, .zero)
    }
    #expect(result.hop(3)?.notes == [.severalAddresses])
    // Classic probes have a flow each: different routers are what a balancer makes of that.
    let classic = traceConfiguration { $0.correlation = .portPerProbe }
    let many = run(classic) { transmit, _ in
      let hop = Int(transmit.probe.hopLimit)
      guard hop == 3 else { return path([1, 2, 3, 4, 5])(transmit, .zero) }
      return .answers([
        PathAnswer(after: quick, from: router(30 + transmit.probe.query), content: .error(type: 3, code: 0))
      ])
    }
    #expect(many.hop(3)?.notes == [] && many.hops.count == 6)
  }

  @Test func `a token bucket is told from loss`() {
    let c = traceConfiguration()
    func lossy(_ lost: @escaping (Int, Int) -> Bool) -> PathRun {
      run(c) { transmit, _ in
        lost(Int(transmit.probe.hopLimit), transmit.probe.query)
          ? .silence : path([1, 2, 3, 4, 5, 6])(transmit, .zero)
      }
    }
    let limited = lossy { hop, query in hop == 3 && query == 2 }
    #expect(limited.hop(3)?.marks == "..*" && limited.hop(3)?.notes == [.rateLimited])
    // The first of three is no token bucket, nor is loss that later hops show as well.
    #expect(lossy { hop, query in hop == 3 && query == 0 }.hop(3)?.notes == [])
    #expect(lossy { hop, query in hop == 3 && query == 2 || hop >= 5 && query == 1 }.hop(3)?.notes == [])
    #expect(lossy { hop, query in hop >= 6 && query == 2 }.hops.allSatisfy { $0.notes.isEmpty })
    // Each hop answers its first two only, the target too.
    let all = lossy { _, query in query == 2 }
    #expect(all.hops.dropLast().allSatisfy { $0.notes == [.rateLimited] } && all.hop(7)?.notes == [])
  }

  @Test func `a gap of silent hops ends the trace and nothing beyond it is asked`() {
    let c = traceConfiguration { $0.gapLimit = 4 }
    let result = run(c, chain(c, length: 30, silent: Set(6...29)))
    #expect(result.ends[0].reason == .gapLimit && result.hops.count == 9 && result.hop(9)?.isLast == true)
    #expect(result.transmits.allSatisfy { $0.transmit.probe.hopLimit <= 9 })
    // A shorter one does not.
    let short = run(c, chain(c, length: 12, silent: [6, 7, 8]))
    #expect(short.ends[0].reason == .reached && short.hops.count == 12)
  }

  @Test func `Packet Too Big shortens the probes, and the hop shows both`() {
    for length in [1_500, 9_000] {
      let c = traceConfiguration { $0.packetLength = length }
      let result = run(c) { transmit, _ in
        let hop = Int(transmit.probe.hopLimit)
        if hop > 3, transmit.probe.packetLength > 1_400 {
          return .answers([
            PathAnswer(after: quick, from: router(3), content: .error(type: 2, code: 0, info: 1_400))
          ])
        }
        return path([1, 2, 3, 4, 5])(transmit, .zero)
      }
      #expect(result.ends[0].reason == .reached && result.ends[0].pathMTU == 1_400)
      #expect(
        result.hop(4)?.marks == "F..." || result.hop(4)?.marks == "F.F.F.", "\(result.hop(4)?.marks ?? "")")
      #expect(result.hop(5)?.marks == "...")
      #expect(result.hops.count == 6)
    }
  }

  @Test func `a Packet Too Big that cannot be met ends the path`() {
    let c = traceConfiguration { $0.packetLength = 1_300 }
    for mtu in [0, 1_279, 1_300 + 64, 65_000] as [UInt32] {
      let result = run(c) { transmit, _ in
        Int(transmit.probe.hopLimit) > 2
          ? .answers([
            PathAnswer(after: quick, from: router(2), content: .error(type: 2, code: 0, info: mtu))
          ]) : path([1, 2])(transmit, .zero)
      }
      #expect(result.ends[0].reason == .unreachable(type: 2, code: 0) && result.hops.count == 3)
      #expect(result.ends[0].pathMTU == nil)
    }
  }

  @Test func `a path whose MTU shrinks for ever ends all the same`() {
    let c = traceConfiguration { $0.packetLength = 60_000 }
    var mtu: UInt32 = 60_000
    let result = run(c) { transmit, _ in
      mtu -= 1
      return .answers([
        PathAnswer(after: quick, from: router(2), content: .error(type: 2, code: 0, info: mtu))
      ])
    }
    #expect(result.ends[0].reason == .unreachable(type: 2, code: 0))
    #expect(result.transmits.count < 200)
  }

  @Test func `a probe too long for the link is shortened by what the kernel names`() {
    let c = traceConfiguration { $0.packetLength = 9_000 }
    let result = run(c) { transmit, now in
      transmit.probe.packetLength > 1_500 ? .failure(errno: 90, mtu: 1_500) : path([1, 2])(transmit, now)
    }
    #expect(result.ends[0].reason == .reached && result.ends[0].pathMTU == 1_500)
    #expect(result.hops.map(\.hopLimit) == [1, 2, 3])
  }

  @Test func `an open port that swallows further probes is asked one at a time until each is answered`() {
    let c = traceConfiguration { $0.method = .tcp }
    var halfOpenUntil = Instant.zero
    let result = run(c) { transmit, now in
      let hop = Int(transmit.probe.hopLimit)
      guard hop >= 4 else { return path([1, 2, 3])(transmit, now) }
      // The reset of our kernel frees the port one round trip after the first SYN.
      guard now >= halfOpenUntil else { return .silence }
      halfOpenUntil = now + .milliseconds(2)
      return .answers([
        PathAnswer(after: .milliseconds(2), from: target, content: .segment([.syn, .ack]))
      ])
    }
    #expect(result.hop(4)?.marks == "===" && result.ends[0].reason == .reached)
    #expect(result.elapsed < .milliseconds(50), "\(result.elapsed.count)")
  }

  @Test func `a query that got lost at an open port is asked once more before it is called lost`() {
    let c = traceConfiguration { $0.method = .tcp }
    var asked = 0
    let result = run(c) { transmit, now in
      let hop = Int(transmit.probe.hopLimit)
      guard hop >= 2 else { return path([1])(transmit, now) }
      if hop == 2 { asked += 1 }
      return hop == 2 && transmit.probe.query == 0
        ? .answers([PathAnswer(after: quick, from: target, content: .segment([.syn, .ack]))]) : .silence
    }
    #expect(asked == 5 && result.hop(2)?.marks == "=**")
  }

  @Test func `connect has one probe in flight at a time`() {
    let c = traceConfiguration {
      $0.method = .connect
      $0.framing = .message
    }
    var engine = TraceEngine(c, at: .zero)
    var buffer = [UInt8](repeating: 0, count: engine.messageLength)
    var span = buffer.mutableSpan
    // An ICMPv6 error (113) is for the error queue to tell; that it timed out (110), nobody else says.
    for (errnos, isSettled) in [([113, 110], true), ([0], true), ([111], true)] as [([Int32], Bool)] {
      let number = engine.pollTransmit(at: .zero, into: &span)?.number ?? .max
      let second = engine.pollTransmit(at: .zero, into: &span)
      #expect(number != .max && second == nil)
      for errno in errnos {
        let before = engine.isSettled(number)
        #expect(!before)
        engine.handleConnected(number, errno: errno, at: at(1))
      }
      let after = engine.isSettled(number)
      #expect(after == isSettled)
    }
    var hops: [TraceHop] = []
    while let event = engine.pollEvent() { if case .hop(let hop) = event { hops.append(hop) } }
    let isFinished = engine.isFinished
    #expect(isFinished && hops.map(\.marks) == ["*=="])
    #expect(hops.first?.verdicts.map { $0.reply?.answer } == [nil, .connected, .refused])
  }

  @Test
  func `traceroute's wait is a multiple of the hop's own time, else of a later hop's, else the longest`() {
    let c = traceConfiguration {
      $0.wait = .traceroute(maximum: .seconds(5), here: 3, near: 10)
      $0.maximumInFlight = 16
      $0.inFlightPerHop = 16
    }
    // Its own times: 3 x (150 + 1) ms.
    let here = run(c) { transmit, now in
      transmit.probe.hopLimit == 2 && transmit.probe.query == 2
        ? .silence : chain(c, length: 4) { _ in .milliseconds(150) }(transmit, now)
    }
    #expect(here.hop(2)?.marks == "..*" && here.elapsed == .milliseconds(453))
    // A later hop's: 10 x (50 + 1) ms.
    let near = run(c, chain(c, length: 4) { $0 == 2 ? .milliseconds(1_000) : .milliseconds(50) })
    #expect(near.hop(2)?.marks == "***" && near.elapsed == .milliseconds(510))
    // traceroute would wait 10 x (2 + 1) ms and hide a hop that is merely slower than its neighbors.
    let slow = run(c, chain(c, length: 4) { $0 == 2 ? .milliseconds(100) : .milliseconds(2) })
    #expect(slow.hop(2)?.marks == "..." && slow.elapsed == .milliseconds(100))
    // Nothing at all: five seconds, six windows of sixteen one after the other.
    let silent = run(c) { _, _ in .silence }
    #expect(silent.elapsed == .seconds(30) && silent.hops.count == 30)
  }
}
