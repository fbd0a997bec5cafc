import Testing
import Timing
import Wire

@testable import ProbeEngine

/// Asking, waiting, ending.
@Suite struct RouterEngineTests {
  private let routerA = CraftedAdvertisement()
  private let routerB = CraftedAdvertisement {
    $0.source = routerAddress("fe80::b")
    $0.frameLink = routerLink(0xb)
  }

  @Test func `a solicitation goes to all routers with hop limit 255 and our link-layer address`() throws {
    var run = RouterRun()
    run.run()
    let packet = try #require(run.packets.first)
    let expected: [UInt8] =
      [0x60, 0, 0, 0, 0, 16, 58, 255]  // version, payload length, next header, hop limit
      + [0xfe, 0x80] + [UInt8](repeating: 0, count: 13) + [0x11]  // source
      + [0xff, 2] + [UInt8](repeating: 0, count: 13) + [2]  // ff02::2
      + [133, 0, 0x7a, 0x0c, 0, 0, 0, 0]  // type, code, checksum as scapy has it, reserved
      + [1, 1, 2, 0, 0, 0, 0, 0x11]  // source link-layer address
    #expect(packet == expected)
    #expect(run.engine.longestPacket == packet.count)
  }

  @Test func `from the unspecified address a solicitation carries no link-layer address`() throws {
    var run = RouterRun(source: nil)
    run.run()
    let packet = try #require(run.packets.first)
    #expect(packet.count == 48)
    #expect(packet[8..<24].allSatisfy { $0 == 0 })
  }

  @Test func `nobody answers: three windows of four seconds, then no router`() throws {
    var run = RouterRun()
    run.run()
    #expect(run.sentAt == [at(0), at(4_000), at(8_000)])
    #expect(run.attempts.map { $0.attempt } == [1, 2, 3])
    #expect(run.attempts.map { $0.at } == [at(4_000), at(8_000), at(12_000)])
    #expect(run.times(.noRouter) == [at(12_000)])
    let summary = try #require(run.summaries.first)
    #expect(run.summaries.count == 1)
    #expect(summary.solicitations == 3 && summary.routers == 0 && summary.problems == 0)
    #expect(run.viewsAsked == 1)
  }

  @Test(arguments: [(1_000, 3, 5_500), (100, 1, 3_500), (3_600, 1, 3_600), (4_000, 2, 8_000)])
  func `no router is said no earlier than a legal answer could come`(
    interval: Int64, attempts: Int, said: Int64
  ) {
    var run = RouterRun {
      $0.interval = .milliseconds(interval)
      $0.attempts = attempts
    }
    run.run()
    #expect(run.times(.noRouter) == [at(said)])
  }

  @Test func `an answer after the last window but within the legal wait counts`() throws {
    var run = RouterRun {
      $0.interval = .milliseconds(500)
      $0.attempts = 2
    }
    run.hear(routerA, at: 500 + 3_400)
    run.run()
    #expect(run.findings(.noRouter).isEmpty)
    #expect(run.advertisements.map { $0.standing } == [.answer])
    #expect(run.advertisements.first?.attempt == 2)
    #expect(run.summaries.first?.routers == 1)
  }

  @Test func `after an answer the window is listened to and nothing more is asked`() throws {
    var run = RouterRun()
    run.hear(routerA, at: 300)
    run.hear(routerB, at: 3_400)
    run.run()
    #expect(run.sentAt == [at(0)])
    #expect(run.rows.map { $0.address } == [routerA.source, routerB.source])
    #expect(run.attempts.map { $0.answers } == [2])
    #expect(run.summaries.first?.at == at(4_000))
    #expect(run.findings.isEmpty || run.findings.allSatisfy { $0.kind == .notAccepted })
  }

  @Test func `the second window is asked where the first had only a discarded message`() {
    var run = RouterRun()
    run.hear(CraftedAdvertisement { $0.envelopeHopLimit = 64 }, at: 300)
    run.hear(routerA, at: 4_300)
    run.run()
    #expect(run.sentAt == [at(0), at(4_000)])
    #expect(run.advertisements.map { $0.standing } == [.discarded, .answer])
  }

  @Test func `the first answer ends the run where that is asked for`() {
    var run = RouterRun { $0.stopsAtFirstAnswer = true }
    run.hear(routerA, at: 300)
    run.hear(routerB, at: 400)
    run.run()
    #expect(run.rows.map { $0.address } == [routerA.source])
    #expect(run.attempts.map { $0.answers } == [1])
    #expect(run.summaries.first.map { $0.at < at(400) } == true)
  }

  @Test func `the same advertisement again is repeated, another one is an answer`() {
    var run = RouterRun()
    run.hear(routerA, at: 300)
    run.hear(routerA, at: 600)
    run.hear(CraftedAdvertisement { $0.header.hopLimit = 32 }, at: 900)
    run.run()
    #expect(run.advertisements.map { $0.standing } == [.answer, .repeated, .answer])
    #expect(run.rows.first?.advertisements == 3)
  }

  @Test func `a watch goes on until it is stopped and shows what nobody asked for`() throws {
    var run = RouterRun { $0.watch = .untilStopped }
    run.hear(routerA, at: 300)
    run.hear(routerA, at: 600_000)
    run.add(.stop, at: at(900_000))
    run.run()
    #expect(run.sentAt == [at(0)])
    #expect(run.advertisements.map { $0.standing } == [.answer, .unsolicited])
    let summary = try #require(run.summaries.first)
    #expect(summary.at == at(900_000) && !summary.isInterrupted)
  }

  @Test func `a watch without an answer says no router once and goes on`() {
    var run = RouterRun { $0.watch = .time(.seconds(60)) }
    run.hear(routerA, at: 30_000)
    run.run()
    #expect(run.times(.noRouter) == [at(12_000)])
    #expect(run.rows.count == 1)
    #expect(run.summaries.first?.at == at(60_000))
  }

  @Test func `listening alone sends nothing and does not call a silent link one without a router`() throws {
    var run = RouterRun { $0.attempts = 0 }
    run.run()
    #expect(run.sentAt.isEmpty && run.engine.longestPacket == 0)
    #expect(run.findings.isEmpty)
    #expect(run.attempts.map { $0.attempt } == [0])
    let summary = try #require(run.summaries.first)
    #expect(summary.routers == 0 && summary.at == at(4_000))
  }

  @Test func `listening alone hears routers as unsolicited`() {
    var run = RouterRun { $0.attempts = 0 }
    run.hear(routerA, at: 300)
    run.run()
    #expect(run.advertisements.map { $0.standing } == [.unsolicited])
    #expect(run.advertisements.first?.attempt == 0 && run.advertisements.first?.roundTrip == nil)
    #expect(run.rows.count == 1)
  }

  @Test func `a stopped run keeps what it knows`() throws {
    var run = RouterRun()
    run.hear(routerA, at: 300)
    run.add(.stop, at: at(500))
    run.run()
    let summary = try #require(run.summaries.first)
    #expect(summary.isInterrupted && summary.routers == 1 && summary.at == at(500))
    #expect(run.rows.count == 1 && run.findings(.noRouter).isEmpty)
  }

  @Test func `nothing can be sent: three tries, no wait for answers, no word of routers`() throws {
    var run = RouterRun()
    run.sendError = 101
    run.run()
    #expect(run.sentAt == [at(0), at(1_000), at(2_000)])
    let summary = try #require(run.summaries.first)
    #expect(summary.solicitations == 3 && summary.sendFailed == 3 && summary.sendErrno == 101)
    #expect(summary.at == at(2_000))
    #expect(run.findings.isEmpty && run.attempts.isEmpty)
  }

  @Test func `a kernel that does not answer leaves routers without parts`() throws {
    var run = RouterRun()
    run.kernel = nil
    run.hear(routerA, at: 300)
    run.run()
    let row = try #require(run.rows.first)
    #expect(row.parts == nil)
    #expect(run.summaries.first?.at == at(6_000))
  }

  @Test func `a unicast question goes to the kernel's neighbor`() throws {
    let view = hostView {
      $0.neighbors = [
        KernelNeighbor(
          address: routerAddress("fe80::a"), interface: 3, link: routerLink(0xa), state: .reachable)
      ]
    }
    var engine = RouterEngine(
      {
        var configuration = RouterConfiguration()
        configuration.destination = routerAddress("fe80::a")
        return configuration
      }(), view: view, at: .zero)
    engine.handleTimeout(at: .zero)
    var buffer = [UInt8](repeating: 0, count: 128)
    var span = buffer.mutableSpan
    let transmit = try #require(engine.pollTransmit(at: .zero, into: &span))
    #expect(transmit.linkDestination == routerLink(0xa))
    #expect(transmit.destination == routerAddress("fe80::a"))
  }

  @Test func `a window ends once, however often the time is told before the next solicitation leaves`() {
    var configuration = RouterConfiguration()
    configuration.attempts = 2
    var engine = RouterEngine(configuration, view: hostView(), at: .zero)
    var buffer = [UInt8](repeating: 0, count: 128)
    var span = buffer.mutableSpan
    engine.handleTimeout(at: .zero)
    #expect(engine.pollTransmit(at: .zero, into: &span) != nil)
    for _ in 0..<3 { engine.handleTimeout(at: at(4_000)) }
    #expect(engine.nextTimeout(now: at(4_000)) == at(4_000))
    #expect(engine.pollTransmit(at: at(4_000), into: &span) != nil)
    #expect(engine.pollTransmit(at: at(4_000), into: &span) == nil)
    var ended = 0
    while let event = engine.pollEvent() { if case .attemptEnded = event { ended += 1 } }
    #expect(ended == 1)
  }

  @Test func `after the summary nothing more is told`() {
    var run = RouterRun()
    run.hear(routerA, at: 300)
    run.run()
    run.engine.handleReceived(routerB.heard(at: at(5_000)))
    run.engine.handleSendFailure(0, errno: 101, at: at(5_000))
    let refused = KernelAddress(
      address: routerAddress("2001:db8::1"), prefixLength: 64, interface: 3, flags: 8)
    run.engine.handleKernel(.address(refused, isGone: true), at: at(5_000))
    run.engine.stop(at: at(5_000))
    run.engine.handleTimeout(at: at(6_000))
    if let event = run.engine.pollEvent() { Issue.record("told after the summary: \(event)") }
    #expect(run.engine.nextTimeout(now: at(6_000)) == nil && !run.engine.wantsKernelView)
  }

  // MARK: Round trips

  @Test func `a round trip is from the transmit stamp to the frame's stamp`() throws {
    var run = RouterRun()
    run.stampDelay = .microseconds(150)
    run.hear(routerA, at: 300)
    run.run()
    let answer = try #require(run.advertisements.first)
    #expect(answer.roundTrip == .microseconds(299_850))
    #expect(answer.hostTransmit == .microseconds(150))
    #expect(answer.hostReceive == .microseconds(30))
    #expect(answer.roundTripSource == .capture)
    #expect(run.rows.first?.roundTrip == .microseconds(299_850))
  }

  @Test func `a transmit stamp that is handed in after the answer is not lost, and events keep their order`()
  {
    var run = RouterRun()
    run.stampLag = .milliseconds(310)
    run.hear(CraftedAdvertisement { $0.header.lifetime = 0 }, at: 300)
    run.hear(routerB, at: 305)
    run.run()
    #expect(run.advertisements.map { $0.roundTrip } == [.microseconds(299_980), .microseconds(304_980)])
    #expect(run.rows.map { $0.roundTrip } == [.microseconds(299_980), .microseconds(304_980)])
    let order = run.events.compactMap { event -> String? in
      switch event {
      case .sent: "sent"
      case .advertisement: "advertisement"
      case .finding(let finding) where finding.kind == .routerRetires: "retires"
      default: nil
      }
    }
    #expect(order == ["sent", "advertisement", "retires", "advertisement"])
  }

  @Test func `an answer waits for its transmit stamp 50 ms at most, and the next does not wait again`() {
    var run = RouterRun()
    run.stampDelay = nil
    run.hear(routerA, at: 300)
    run.hear(routerB, at: 600)
    run.run()
    let times = zip(run.events, run.eventTimes).compactMap { event, time -> Instant? in
      if case .advertisement = event { time } else { nil }
    }
    #expect(times == [at(350) + .microseconds(30), at(600) + .microseconds(30)])
    #expect(run.advertisements.allSatisfy { $0.roundTrip == nil })
  }

  @Test func `a stamp that comes later still gives the router its round trip`() {
    var run = RouterRun()
    run.stampLag = .seconds(1)
    run.hear(routerA, at: 300)
    run.run()
    #expect(run.advertisements.map { $0.roundTrip } == [nil])
    #expect(run.rows.first?.roundTrip == .microseconds(299_980))
  }

  @Test func `the first answer ends a run only after its stamp had its time`() throws {
    var run = RouterRun { $0.stopsAtFirstAnswer = true }
    run.stampLag = .milliseconds(320)
    run.hear(routerA, at: 300)
    run.run()
    #expect(run.rows.first?.roundTrip == .microseconds(299_980))
    guard case .summary? = run.events.last else {
      Issue.record("the summary is the last event")
      return
    }
  }

  @Test func `an answer that crossed the second solicitation belongs to the first`() throws {
    var run = RouterRun()
    // The second leaves 20 us after 4 s.
    run.add(
      .message(routerA.heard(at: at(4_000) + .microseconds(10), readAfter: .milliseconds(1))), at: at(4_001))
    run.run()
    let answer = try #require(run.advertisements.first)
    #expect(answer.attempt == 1)
    #expect(answer.roundTrip == .seconds(4) - .microseconds(10))
  }
}
