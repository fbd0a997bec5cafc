import Testing
import Timing
import Wire

@testable import ProbeEngine

@Suite struct TraceEngineTests {
  @Test(arguments: [TraceConfiguration.Method.udp, .icmp, .tcp])
  func `a plain path is told hop by hop and ends at once`(method: TraceConfiguration.Method) {
    let c = traceConfiguration { $0.method = method }
    let result = run(c, chain(c, length: 12))
    #expect(result.hops.map(\.hopLimit) == Array(1...12))
    #expect(result.hops.dropLast().allSatisfy { $0.marks == "..." && !$0.isLast && $0.notes.isEmpty })
    #expect(result.hop(12)?.marks == "===" && result.hop(12)?.isLast == true)
    #expect(result.hop(7)?.address == router(7))
    let end = result.ends[0]
    #expect(end.reason == .reached && end.address == target && !end.isFromAnotherAddress)
    // No wait of any kind: three round trips of 1.2 ms, and the pauses at an open port.
    #expect(result.elapsed < .milliseconds(method == .tcp ? 25 : 5))
    #expect(end.lost == 0 && end.sent <= 36 + 70)
  }

  @Test func `a round trip is the kernel's from stamp to stamp, and the host's share is told apart`() {
    let c = traceConfiguration { $0.queries = 1 }
    let stamped = run(c, chain(c, length: 2))
    guard case .reply(let reply)? = stamped.hop(1)?.verdicts.first else {
      Issue.record("no reply")
      return
    }
    #expect(reply.roundTrip == .microseconds(100) && reply.roundTripSource == .capture)
    #expect(reply.hostTransmit == .zero && reply.hostReceive == .zero && reply.quotedHopLimit == 1)
    let unstamped = run(c, hasStamps: false, chain(c, length: 2))
    guard case .reply(let reply)? = unstamped.hop(1)?.verdicts.first else {
      Issue.record("no reply")
      return
    }
    #expect(reply.roundTrip == .microseconds(100) && reply.roundTripSource == .user)
    #expect(reply.hostTransmit == nil && reply.hostReceive == nil)
  }

  @Test func `the first window is sixteen probes, and it grows with the answers`() {
    let c = traceConfiguration()
    let result = run(c, chain(c, length: 64) { _ in .milliseconds(1) })
    let times = result.transmits.map(\.at)
    #expect(times.filter { $0 == .zero }.count == 16 && times.filter { $0 == at(1) }.count == 32)
    #expect(result.mostInFlight <= 128 && result.ends[0].reason == .maximumHops)
    #expect(result.elapsed == .milliseconds(3))
    // Long round trips make it grow faster.
    let slow = run(c, chain(c, length: 64) { _ in .milliseconds(10) })
    #expect(slow.transmits.filter { $0.at == at(10) }.count == 64)
  }

  @Test func `thirty hops of 5 ms each take little longer than the furthest round trip`() {
    let c = traceConfiguration()
    let result = run(c, chain(c, length: 30) { .milliseconds(5 * Int64($0)) })
    #expect(result.ends[0].isReached && result.hops.count == 30)
    #expect(result.elapsed <= .milliseconds(190), "\(result.elapsed.count)")
  }

  @Test func `a stated window and gap hold`() {
    let c = traceConfiguration {
      $0.maximumInFlight = 4
      $0.inFlightPerHop = 2
      $0.minimumGap = .milliseconds(3)
    }
    let result = run(c, chain(c, length: 8) { _ in .milliseconds(5) })
    #expect(result.hops.count == 8 && result.mostInFlight <= 4 && result.mostInFlightPerHop <= 2)
    for (a, b) in zip(result.transmits, result.transmits.dropFirst()) {
      #expect(b.at - a.at >= .milliseconds(3))
    }
  }

  @Test func `a rate is kept over the whole run`() {
    let c = traceConfiguration { $0.rate = 1_000 }
    let result = run(c, chain(c, length: 30) { _ in .milliseconds(20) })
    #expect(result.hops.count == 30)
    for (i, (_, at)) in result.transmits.enumerated() { #expect(at == .zero + .milliseconds(Int64(i))) }
  }

  @Test func `27 silent hops of 30 end in well under six seconds`() {
    let c = traceConfiguration()
    let result = run(c, chain(c, length: 31, silent: Set(4...30)))
    #expect(result.hops.count == 30 && result.ends[0].reason == .maximumHops)
    #expect(result.hops[3...].allSatisfy { $0.marks == "***" })
    #expect(result.elapsed <= .seconds(3))
    #expect(result.ends[0].sent == 90 && result.ends[0].lost == 81 && result.ends[0].replied == 9)
  }

  @Test func `a target that never says anything is given up after the longest wait`() {
    let c = traceConfiguration()
    let result = run(c) { _, _ in .silence }
    #expect(result.hops.count == 30 && result.ends[0].hops == 30)
    #expect(result.elapsed >= .seconds(3) && result.elapsed < .seconds(8))
  }

  @Test func `a hop that answers after 100 ms among those of 0.3 ms is shown with its time`() {
    let c = traceConfiguration()
    let result = run(c, chain(c, length: 8) { $0 == 2 ? .milliseconds(100) : .microseconds(300) })
    #expect(result.hop(2)?.marks == "...")
    for verdict in result.hop(2)?.verdicts ?? [] { #expect(verdict.reply?.roundTrip == .milliseconds(100)) }
    #expect(result.elapsed == .milliseconds(100) && result.ends[0].lost == 0)
  }

  @Test func `the wait grows with the slowest answers nearby, and stays where they are quick`() {
    let c = traceConfiguration()
    // Hop 3 answers after 0.7 s; hop 5 says after 0.4 s that this path has slow hops there, hop 15 would not.
    for (slow, isHeard) in [(5, true), (15, false)] {
      let result = run(
        c,
        chain(c, length: 16) {
          $0 == 3 ? .milliseconds(700) : $0 == slow ? .milliseconds(400) : .microseconds(300)
        })
      #expect(result.hop(3)?.marks == (isHeard ? "..." : "***"))
    }
  }

  @Test func `the line of a silent hop waits for late answers while others are asked`() {
    // One query at a time: the later hops take their time.
    let c = traceConfiguration {
      $0.maximumInFlight = 4
      $0.wait = .adaptive(floor: .milliseconds(300), maximum: .seconds(3))
    }
    let result = run(
      c,
      chain(c, length: 20) { $0 == 2 ? .milliseconds(600) : .milliseconds(60) })
    #expect(result.hop(2)?.marks == "LLL")
    #expect(result.ends[0].late == 3 && result.ends[0].lost == 0 && result.ends[0].reason == .reached)
  }

  @Test func `errors in the middle end the path there, with their type and code`() {
    let c = traceConfiguration()
    for (type, code) in [(1, 1), (1, 0), (1, 3), (4, 1), (3, 1), (5, 7)] as [(UInt8, UInt8)] {
      let result = run(c) { transmit, _ in
        let hop = Int(transmit.probe.hopLimit)
        return .answers([
          PathAnswer(
            after: .milliseconds(1), from: router(min(hop, 5)),
            content: hop < 5 ? .error(type: 3, code: 0) : .error(type: type, code: code))
        ])
      }
      #expect(result.hops.count == 5 && result.hop(5)?.marks == "XXX" && result.hop(5)?.isLast == true)
      #expect(result.ends[0].reason == .unreachable(type: type, code: code))
      #expect(result.ends[0].address == router(5))
    }
  }

  @Test func `a port unreachable from another address than was asked is an arrival, and said to be one`() {
    let c = traceConfiguration()
    let result = run(c) { transmit, _ in
      let hop = Int(transmit.probe.hopLimit)
      return .answers([
        PathAnswer(
          after: .milliseconds(1), from: router(hop < 4 ? hop : 99),
          content: hop < 4 ? .error(type: 3, code: 0) : .error(type: 1, code: 4))
      ])
    }
    #expect(result.ends[0].reason == .reached && result.ends[0].isFromAnotherAddress)
    #expect(result.ends[0].address == router(99) && result.hops.count == 4)
  }

  @Test func `stop tells what is known and ends as interrupted`() {
    let c = traceConfiguration([target, stranger]) { $0.targetsAtOnce = 1 }
    let result = run(c, stopAt: at(50), chain(c, length: 9, silent: [3]) { _ in .milliseconds(2) })
    #expect(result.ends.map(\.reason) == [.interrupted, .interrupted])
    #expect(result.hops(of: 0).map(\.hopLimit) == Array(1...9))
    #expect(result.hops(of: 0)[2].verdicts.isEmpty)
    #expect(result.hops(of: 1).isEmpty && result.end == at(50))
    let end = result.ends[0]
    #expect(end.sent == end.replied + 3)
  }

  @Test func `a deadline ends the run`() {
    let c = traceConfiguration { $0.deadline = .milliseconds(700) }
    let result = run(c) { _, _ in .silence }
    #expect(result.end == at(700) && result.ends[0].reason == .interrupted)
  }

  @Test func `the same seed and the same path give the same run`() {
    let c = traceConfiguration()
    let path = chain(c, length: 20, silent: [4, 9]) { .milliseconds(Int64($0 * 7 % 11)) }
    #expect(run(c, path).log == run(c, path).log)
  }

  @Test func `what is not ours changes no verdict`() {
    let c = traceConfiguration()
    let path = chain(c, length: 10)
    var random = RandomNumbers(seed: 3)
    // Another run's probes: same addresses and ports, another key.
    let other = traceConfiguration { $0.seed = 6 }
    var forged: [[UInt8]] = []
    var engine = TraceEngine(other, at: .zero)
    var buffer = [UInt8](repeating: 0, count: engine.messageLength)
    var span = buffer.mutableSpan
    while let transmit = engine.pollTransmit(at: .zero, into: &span) {
      forged.append((0..<transmit.octets).map { span[$0] })
    }
    #expect(forged.count == 16)
    let plain = run(c, path)
    let attacked = run(c) { transmit, now in
      guard case .answers(var answers) = path(transmit, now) else { return .silence }
      let noise = (0..<100).map { _ in UInt8(truncatingIfNeeded: random.next()) }
      answers.append(PathAnswer(after: .microseconds(5), from: stranger, content: .octets(noise)))
      answers.append(
        PathAnswer(
          after: .microseconds(6), from: stranger,
          content: .octets(unreachable(quoting: forged[Int(transmit.number) % forged.count]))))
      return .answers(answers)
    }
    #expect(attacked.rejected.count == attacked.transmits.count)
    #expect(attacked.hops.map(\.marks) == plain.hops.map(\.marks))
    #expect(attacked.ends[0].rejected > 0 && attacked.ends[0].reason == .reached)
  }

  @Test func `probes that cannot be sent end the trace with their errno`() {
    let c = traceConfiguration()
    let result = run(c) { _, _ in .failure(errno: 101) }
    #expect(result.hops.map(\.marks) == ["!!!"] && result.ends[0].reason == .sendFailed(101))
    #expect(result.ends[0].sendFailed == result.ends[0].sent && result.ends[0].sent < 20)
  }
}
