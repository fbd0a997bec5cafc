import Testing
import Timing
import Wire

@testable import ProbeEngine

/// What holds on any path, tried on paths made by chance. The laws themselves stand in `TracePath`.
@Suite struct TraceLawTests {
  @Test(arguments: 0..<60 as Range<UInt64>)
  func `any path is traced to its end, hop by hop, and the sums add up`(seed: UInt64) {
    var random = RandomNumbers(seed: seed)
    func one(in n: Int) -> Bool { Int.random(in: 0..<n, using: &random) == 0 }
    let addresses = (0..<Int.random(in: 1...6, using: &random)).map { router(1_000 + $0) }
    let c = traceConfiguration(addresses) {
      $0.seed = seed
      $0.method = [.udp, .icmp, .tcp][Int(seed % 3)]
      $0.packetLength = one(in: 3) ? 1_500 : 80
      $0.queries = Int.random(in: 1...4, using: &random)
      $0.firstHop = one(in: 4) ? 3 : 1
      $0.maximumHops = one(in: 4) ? 12 : 30
      $0.inFlightPerHop = Int.random(in: 1...4, using: &random)
      $0.maximumInFlight = one(in: 3) ? Int.random(in: 1...20, using: &random) : nil
      $0.gapLimit = one(in: 3) ? Int.random(in: 1...5, using: &random) : nil
      $0.rate = one(in: 5) ? 200 : nil
      $0.sharesHops = one(in: 2)
      $0.targetsAtOnce = one(in: 3) ? 2 : 1_000
      $0.wait =
        [
          .adaptive(floor: .milliseconds(300), maximum: .seconds(2)), .fixed(.milliseconds(400)),
          .traceroute(maximum: .seconds(1), here: 3, near: 10),
        ][Int.random(in: 0..<3, using: &random)]
      if one(in: 4) { $0.mode = .rounds(count: 7, interval: .milliseconds(200)) }
    }
    let length = Int.random(in: 2...20, using: &random)
    let loss = Int.random(in: 2...20, using: &random)
    var lost: UInt64 = 0
    var sendFailures: UInt64 = 0
    let result = run(c) { transmit, _ in
      let hop = Int(transmit.probe.hopLimit)
      if one(in: 60) {
        sendFailures += 1
        return .failure(errno: 105)
      }
      if one(in: loss) || hop % 7 == Int(seed % 9) {
        lost += 1
        return .silence
      }
      let delay = Nanoseconds.microseconds(
        Int64.random(in: 1...(one(in: 20) ? 2_000_000 : 30_000), using: &random))
      var answer = PathAnswer(after: delay, from: router(hop), content: .error(type: 3, code: 0))
      if hop >= length {
        answer.from = addresses[transmit.probe.target]
        answer.content = arrival(c.method)
      }
      if one(in: 40) {
        answer.content = .error(
          type: [1, 2, 3, 4, 100][Int.random(in: 0..<5, using: &random)],
          code: UInt8.random(in: 0...5, using: &random), info: UInt32.random(in: 0...2_000, using: &random))
      }
      if one(in: 30) { answer.from = router(max(hop - 2, 1)) }
      // Some come twice.
      return .answers(one(in: 10) ? [answer, answer] : [answer])
    }
    for end in result.ends {
      let late = end.late
      #expect(end.sendFailed <= sendFailures && late <= end.sent)
    }
    #expect(result.ends.reduce(0) { $0 + $1.sent } == UInt64(result.transmits.count))
    // Nothing beyond what was allowed.
    #expect(result.transmits.allSatisfy { (c.firstHop...c.maximumHops).contains($0.transmit.probe.hopLimit) })
    for hop in result.hops {
      #expect(hop.verdicts.count <= c.queries * 6)
      if !hop.isLast, !hop.notes.contains(.shared) { #expect(!hop.verdicts.isEmpty) }
    }
    #expect(result.elapsed < .seconds(200))
  }

  @Test func `random octets by every way in change no verdict and never trap`() {
    var random = RandomNumbers(seed: 12)
    for method in TraceConfiguration.Method.allCases {
      let c = traceConfiguration {
        $0.method = method
        $0.framing = .message
      }
      var engine = TraceEngine(c, at: .zero)
      var buffer = [UInt8](repeating: 0, count: engine.messageLength)
      var span = buffer.mutableSpan
      while engine.pollTransmit(at: .zero, into: &span) != nil {}
      while engine.pollEvent() != nil {}
      for _ in 0..<2_000 {
        var octets = (0..<Int.random(in: 0...200, using: &random)).map { _ in
          UInt8(truncatingIfNeeded: random.next())
        }
        if octets.count > 60, Bool.random(using: &random) {
          octets[0] = 0x60
          octets[6] = [6, 17, 58, 43][Int.random(in: 0..<4, using: &random)]
        }
        let arrival = Arrival(source: stranger, destination: ourselves, readAt: at(1))
        engine.handlePacket(octets.span, arrival)
        engine.handleMessage(octets.span, arrival)
        engine.handleDatagram(
          octets.span, sourcePort: UInt16(truncatingIfNeeded: random.next()), destinationPort: 40_000, arrival
        )
        engine.handleError(
          octets.span,
          ErrorArrival(
            type: UInt8(truncatingIfNeeded: random.next()), code: 0, info: .max, source: stranger,
            destination: stranger, readAt: at(1)))
        engine.handleConnected(random.next(), errno: 0, at: at(1))
        engine.handleTransmitted(random.next(), at: at(1))
        engine.handleSendFailure(random.next(), errno: 1, at: at(1))
      }
      var verdicts = 0
      while let event = engine.pollEvent() {
        if case .rejected = event { continue }
        verdicts += 1
      }
      #expect(verdicts == 0)
    }
  }
}
