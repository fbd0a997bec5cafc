import Testing
import Timing
import Wire

@testable import ProbeEngine

/// What the faces need: windows without a question, and a moment for a second station.
@Suite struct ListeningTests {
  private typealias Link = SolicitedLink
  private let owner = SolicitedLink.station(1)
  private let other = SolicitedLink.station(2)

  private func single(_ linger: Nanoseconds) -> NeighborConfiguration {
    Link.configuration {
      $0.stopsAtFirstAnswer = true
      $0.linger = linger
    }
  }

  @Test func `the first answer ends the run, and a second station stays unknown`() {
    let result = Link.ask(single(.zero)) {
      .replies(Link.owner($0, link: owner) + Link.owner($0, link: other, after: .milliseconds(2)))
    }
    #expect(result.verdicts == [.absent])
    #expect(result.elapsed < .milliseconds(1))
  }

  @Test func `a second station is heard while the engine lingers, and nobody is waited for longer`() {
    let result = Link.ask(single(.milliseconds(10))) {
      .replies(
        Link.owner($0, link: owner) + Link.owner($0, link: other, after: .milliseconds(2))
          + Link.owner($0, link: owner, after: .milliseconds(9)))
    }
    #expect(result.verdicts == [.conflict])
    #expect(result.kinds == [.conflict])
    #expect(result.findings.first?.link == owner && result.findings.first?.otherLink == other)
    // From the first answer, which later ones do not prolong.
    #expect(result.elapsed > .milliseconds(10) && result.elapsed < .milliseconds(11))
    #expect(result.windows.map(\.answers) == [3] && result.questions.count == 1)
  }

  @Test func `a silent address is asked as ever, whatever lingers`() {
    let result = Link.ask(single(.milliseconds(10)))
    #expect(result.verdicts == [.silent])
    #expect(result.questions.count == 3 && result.elapsed == .seconds(3))
  }

  private func silent(_ change: (inout NeighborConfiguration) -> Void = { _ in }) -> NeighborEngine {
    let configuration = Link.configuration {
      $0.solicits = false
      change(&$0)
    }
    return NeighborEngine(configuration, view: Link.view(), at: Link.start)
  }

  @Test func `without solicitations every window is listened to`() {
    #expect(silent().longestPacket == 0)
    let result = Link.run(silent())
    #expect(result.questions.isEmpty && result.sent == 0)
    #expect(result.windows.map(\.attempt) == [1, 2, 3])
    #expect(result.verdicts == [.silent] && result.elapsed == .seconds(3))
  }

  @Test func `what is heard without a question is an answer, to whomever it goes`() throws {
    let octets = Link.advertisement(Link.target(0), flags: 0x20, option: owner, to: Link.allNodes)
    let at = Link.start + .milliseconds(1_500)
    let result = Link.run(
      silent(), inputs: [(.milliseconds(1_500), .frame(octets, owner, stamp: at, isOutgoing: false))])
    #expect(result.windows.map(\.answers) == [0, 1])
    #expect(result.verdicts == [.absent] && result.elapsed == .seconds(2))
    let answer = try #require(result.advertisements.first)
    #expect(answer.standing == .answer && answer.attempt == 2 && answer.roundTrip == nil)
    let first = Link.run(
      silent { $0.stopsAtFirstAnswer = true },
      inputs: [(.milliseconds(1_500), .frame(octets, owner, stamp: at, isOutgoing: false))])
    #expect(first.elapsed == .milliseconds(1_500))
  }

  // MARK: Routers

  private func routers(_ change: (inout RouterConfiguration) -> Void = { _ in }) -> RouterEngine {
    var configuration = RouterConfiguration()
    configuration.solicits = false
    configuration.patience = .zero
    change(&configuration)
    return RouterEngine(configuration, view: Link.view(), at: Link.start)
  }

  /// Windows and advertisements as they come, the summary, and how long it took.
  private func run(
    _ engine: RouterEngine, _ heard: [Nanoseconds] = []
  ) -> (
    windows: [Int], standings: [LinkAdvertisement.Standing], summary: RoutersSummary?, elapsed: Nanoseconds
  ) {
    var engine = engine
    var heard = heard[...]
    var now = Link.start
    var result = (
      windows: [Int](), standings: [LinkAdvertisement.Standing](), summary: RoutersSummary?.none,
      elapsed: Nanoseconds.zero
    )
    var buffer: [UInt8] = []
    var span = buffer.mutableSpan
    for _ in 0..<1_000 {
      guard let next = engine.nextTimeout(now: now) else { break }
      let arrival = heard.first.map { Link.start + $0 } ?? .distantFuture
      now = max(now, min(next, arrival))
      if arrival <= now {
        heard.removeFirst()
        let message: [UInt8] = [134, 0, 0, 0, 64, 0, 7, 8] + [UInt8](repeating: 0, count: 8)
        let packet = LinkPacket(
          source: IPv6Address(bits: 0xfe80 << 112 | 1), destination: Link.allNodes, message: message)
        if let message = HeardMessage(
          decoding: packet.octets.span,
          FrameArrival(interface: 3, linkSource: owner, stamp: now, readAt: now))
        {
          engine.handleReceived(message)
        }
      }
      engine.handleTimeout(at: now)
      if engine.pollTransmit(at: now, into: &span) != nil { Issue.record("a packet") }
      if engine.wantsKernelView { engine.handleKernelView(Link.view()) }
      while let event = engine.pollEvent() {
        switch event {
        case .attemptEnded(_, _, let answers, _): result.windows.append(answers)
        case .advertisement(let advertisement): result.standings.append(advertisement.standing)
        case .summary(.routers(let summary)): result.summary = summary
        case .sent, .sendFailed: Issue.record("a packet")
        default: break
        }
      }
    }
    result.elapsed = now - Link.start
    return result
  }

  @Test func `routers are listened for in every window without a question`() {
    #expect(routers().longestPacket == 0)
    let result = run(routers())
    #expect(result.windows == [0, 0, 0])
    #expect(result.summary?.routers == 0 && result.summary?.solicitations == 0)
    #expect(result.elapsed == .seconds(12))
  }

  @Test func `the window in which a router is heard is the last`() {
    let result = run(routers(), [.seconds(5), .seconds(6)])
    #expect(result.windows == [0, 2])
    #expect(result.standings == [.unsolicited, .unsolicited])
    #expect(result.summary?.routers == 1)
    #expect(result.elapsed == .seconds(8))
    let single = run(routers { $0.stopsAtFirstAnswer = true }, [.seconds(5), .seconds(6)])
    #expect(single.windows == [0, 1] && single.elapsed == .seconds(5))
  }
}
