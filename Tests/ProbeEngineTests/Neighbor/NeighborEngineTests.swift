import Testing
import Timing
import Wire

@testable import ProbeEngine

/// Stamps, failures, floods, and what must hold whatever comes.
@Suite struct NeighborEngineTests {
  private typealias Link = SolicitedLink
  private let owner = SolicitedLink.station(1)

  // MARK: Stamps

  @Test func `an answer that is read before its transmit stamp keeps its round trip`() {
    let result = Link.ask(Link.configuration(targets: 3), stampDelay: .milliseconds(4)) {
      .replies(Link.owner($0, link: owner))
    }
    #expect(result.advertisements.map(\.roundTrip) == Array(repeating: .microseconds(80), count: 3))
    #expect(result.advertisements.map(\.hostTransmit) == Array(repeating: .microseconds(5), count: 3))
  }

  @Test func `answers wait for a stamp that never comes for a short time, and only once`() {
    let configuration = Link.configuration(targets: 2) {
      $0.stopsAtFirstAnswer = true
      $0.gap = .milliseconds(50)
    }
    let result = Link.ask(configuration, stampDelay: nil) { .replies(Link.owner($0, link: owner)) }
    #expect(result.standings == [.answer, .answer] && result.verdicts == [.absent, .absent])
    #expect(result.advertisements.allSatisfy { $0.roundTrip == nil && $0.hostReceive == .microseconds(3) })
    let waits = result.summaries.map { $0.at - Link.start }
    #expect(waits[0] > NeighborEngine.stampPatience && waits[0] < .milliseconds(11))
    #expect(waits[1] < .milliseconds(51))
  }

  @Test func `the end of the window does not wait for a stamp`() {
    let configuration = Link.configuration {
      $0.attempts = 1
      $0.interval = .milliseconds(2)
    }
    let result = Link.ask(configuration, stampDelay: .milliseconds(5)) {
      .replies(Link.owner($0, link: owner))
    }
    #expect(result.verdicts == [.absent] && result.elapsed == .milliseconds(2))
    #expect(result.standings == [.answer] && result.advertisements[0].roundTrip == nil)
  }

  @Test func `stamps of another clock measure nothing`() {
    let result = Link.ask(
      Link.configuration(), stampDelay: nil,
      inputs: [(.microseconds(20), .stamp(0, Link.start - .seconds(9)))]
    ) { .replies(Link.owner($0, link: owner)) }
    #expect(result.standings == [.answer] && result.advertisements[0].roundTrip == nil)
  }

  @Test func `clocks that differ by less than their error do not make an answer an unsolicited one`() {
    let result = Link.ask(Link.configuration { $0.attempts = 1 }, stampDelay: .microseconds(2)) {
      .replies(Link.owner($0, link: owner, after: .microseconds(-3)))
    }
    #expect(result.verdicts == [.absent] && result.standings == [.answer])
    #expect(result.advertisements[0].roundTrip == nil && result.advertisements[0].attempt == 1)
  }

  @Test func `messages that wait keep their order, and there is a bound to them`() {
    let result = Link.ask(Link.configuration(), stampDelay: .milliseconds(2)) { question in
      .replies(
        (0..<100).flatMap {
          Link.owner(question, link: Link.station($0 % 3), after: .microseconds(Int64(10 + $0)))
        })
    }
    #expect(result.verdicts == [.conflict] && result.advertisements.count == 100)
    #expect(result.standings == Array(repeating: .answer, count: 3) + Array(repeating: .repeated, count: 97))
    let stamps = result.advertisements.map(\.message.arrival.stamp)
    #expect(stamps == stamps.sorted())
  }

  // MARK: Failures

  @Test func `solicitations that may not leave are failures, and nobody is called silent for them`() {
    let result = Link.ask(Link.configuration()) { _ in .failure(errno: 1) }
    #expect(result.verdicts == [.sendFailed] && result.sent == 0 && result.failed == 3)
    #expect(result.summaries[0].sendErrno == 1 && result.summaries[0].sendFailed == 3)
    #expect(result.windows.isEmpty && result.elapsed == .seconds(2))
  }

  @Test func `after a failure the next attempt is made, and its answer counts`() {
    let result = Link.ask(Link.configuration()) {
      $0.number == 0 ? .failure(errno: 105) : .replies(Link.owner($0, link: owner))
    }
    #expect(result.verdicts == [.absent] && result.questions.count == 2)
    #expect(result.summaries[0].sendFailed == 1 && result.summaries[0].answered == 1)
    let silent = Link.ask(Link.configuration()) { $0.number == 0 ? .failure(errno: 105) : .silence }
    #expect(silent.verdicts == [.silent])
  }

  @Test func `a failure that is told late moves the attempt to the failed ones`() {
    let configuration = Link.configuration { $0.attempts = 2 }
    var engine = NeighborEngine(configuration, view: Link.view(), at: Link.start)
    var buffer = [UInt8](repeating: 0, count: engine.longestPacket)
    var span = buffer.mutableSpan
    engine.handleTimeout(at: Link.start)
    #expect(engine.pollTransmit(at: Link.start, into: &span)?.number == 0)
    var result = Link.Result()
    while let event = engine.pollEvent() { result.take(event) }
    #expect(result.sent == 1)
    engine.handleTimeout(at: Link.start + .seconds(1))
    engine.handleSendFailure(0, errno: 100, at: Link.start + .seconds(1))
    engine.handleSendFailure(0, errno: 100, at: Link.start + .seconds(1))
    engine.handleSendFailure(77, errno: 100, at: Link.start + .seconds(1))
    #expect(engine.pollTransmit(at: Link.start + .seconds(1), into: &span)?.number == 1)
    engine.handleTimeout(at: Link.start + .seconds(2))
    while let event = engine.pollEvent() { result.take(event) }
    #expect(result.verdicts == [.silent] && result.failed == 1)
    #expect(result.summaries[0].sendFailed == 1 && result.summaries[0].unanswered == 1)
    #expect(engine.nextTimeout(now: Link.start + .seconds(2)) == nil)
  }

  // MARK: Ending early

  @Test func `stopping makes a verdict of what is known`() {
    let configuration = Link.configuration(targets: 3) { $0.gap = .milliseconds(400) }
    let result = Link.ask(
      configuration, stampDelay: nil, inputs: [(.milliseconds(500), .stop)]
    ) { $0.target == Link.target(0) ? .replies(Link.owner($0, link: owner)) : .silence }
    #expect(result.verdicts == [.absent, .interrupted, .interrupted])
    #expect(result.elapsed == .milliseconds(500) && result.questions.count == 2)
    let unicast = Link.ask(
      Link.configuration(.unicast), inputs: [(.milliseconds(1_500), .stop)]
    ) { $0.transmit.linkDestination == nil ? .replies(Link.owner($0, link: owner)) : .silence }
    #expect(unicast.verdicts == [.interrupted])
  }

  @Test func `an answer that waits for its stamp when the run is stopped counts`() {
    let result = Link.ask(
      Link.configuration(), stampDelay: nil, inputs: [(.microseconds(200), .stop)]
    ) { .replies(Link.owner($0, link: owner)) }
    #expect(result.verdicts == [.absent] && result.standings == [.answer])
  }

  @Test func `nothing is heard after the end`() {
    var engine = NeighborEngine(Link.configuration(), view: Link.view(), at: Link.start)
    engine.stop(at: Link.start)
    var result = Link.Result()
    while let event = engine.pollEvent() { result.take(event) }
    #expect(result.verdicts == [.interrupted] && engine.nextTimeout(now: Link.start) == nil)
    let octets = Link.advertisement(Link.target(0), option: owner)
    let arrival = FrameArrival(interface: 3, linkSource: owner, stamp: Link.start, readAt: Link.start)
    if let message = HeardMessage(decoding: octets.span, arrival) { engine.handleReceived(message) }
    engine.handleTimeout(at: Link.start + .seconds(9))
    #expect(engine.pollEvent() == nil)
  }

  // MARK: Many

  @Test func `thousands of targets are asked at once, a gap apart`() {
    let configuration = Link.configuration(targets: 3_000)
    let result = Link.ask(configuration) { .replies(Link.owner($0, link: owner)) }
    #expect(result.questions.count == 3_000)
    let gaps = zip(result.questions.dropFirst(), result.questions).map { $0.at - $1.at }
    #expect(gaps.allSatisfy { $0 == .milliseconds(1) })
    #expect(result.elapsed < Nanoseconds.milliseconds(4_010))
    #expect(result.verdicts.allSatisfy { $0 == .absent })
  }

  @Test func `a flood of forged answers keeps its bounds and says what it left out`() {
    let result = Link.ask(Link.configuration { $0.attempts = 1 }, stampDelay: .milliseconds(1)) { question in
      .replies(
        (0..<5_000).flatMap {
          Link.owner(question, link: Link.station($0), after: .microseconds(10 + Int64($0)))
        })
    }
    #expect(result.verdicts == [.conflict] && result.summaries[0].claims.count == 16)
    #expect(result.summaries[0].furtherAnswers == 5_000 - 16)
    #expect(result.advertisements.count == 5_000 && result.findings.count == 15)
    #expect(result.summaries[0].answered == 1)
  }

  // MARK: Laws

  @Test(arguments: 0..<80 as Range<UInt64>)
  func `whatever a link does, the sums add up and each verdict is one of its act`(seed: UInt64) {
    var random = RandomNumbers(seed: seed)
    func one(in n: Int) -> Bool { Int.random(in: 0..<n, using: &random) == 0 }
    let act: NeighborConfiguration.Act = [.resolve, .unicast, .duplicateDetection][Int(seed % 3)]
    let count = Int.random(in: 1...12, using: &random)
    let configuration = Link.configuration(act, targets: count) {
      $0.attempts = Int.random(in: 1...6, using: &random)
      $0.interval = .milliseconds(Int64.random(in: 1...1_500, using: &random))
      $0.gap = .milliseconds(Int64.random(in: 0...200, using: &random))
      $0.stopsAtFirstAnswer = one(in: 3)
      $0.asksOn = one(in: 3)
      $0.needsTargetLinkLayerAddress = one(in: 4)
      $0.unicastLink = one(in: 4) ? Link.station(2) : nil
      if one(in: 4) { $0.targets.append($0.targets[0]) }
    }
    let view = Link.view(
      (0..<count).filter { _ in one(in: 2) }.map { ($0, Link.station($0 % 3), .reachable) },
      own: one(in: 5) ? [Link.target(0)] : [])
    let stamps: [Nanoseconds?] = [nil, .microseconds(10), .milliseconds(8), .milliseconds(30)]
    var inputs: [(Nanoseconds, Link.Input)] = []
    if one(in: 4) { inputs.append((.milliseconds(Int64.random(in: 0...3_000, using: &random)), .stop)) }
    for number in 0..<4 as Range<UInt64> where one(in: 3) {
      inputs.append(
        (.milliseconds(Int64.random(in: 0...3_000, using: &random)), .failure(number, errno: 1)))
    }
    let result = Link.ask(
      configuration, view: view, stampDelay: stamps[Int.random(in: 0..<4, using: &random)], inputs: inputs
    ) { question in
      if one(in: 12) { return .failure(errno: 105) }
      var replies: [Link.Reply] = []
      for _ in 0..<Int.random(in: 0...3, using: &random) {
        let station = Link.station(Int.random(in: 0...2, using: &random))
        let delay = Nanoseconds.microseconds(
          Int64.random(in: 0...(one(in: 3) ? 3_000_000 : 900), using: &random))
        if one(in: 6) {
          replies.append(
            Link.Reply(delay: delay, octets: question.octets, frame: one(in: 2) ? Link.link : station))
        } else if one(in: 3) {
          replies += Link.owner(question, link: station, after: delay)
        } else {
          replies.append(
            Link.Reply(
              delay: delay,
              octets: Link.advertisement(
                question.target ?? .unspecified, flags: UInt8.random(in: 0...255, using: &random),
                option: one(in: 2) ? Link.station(Int.random(in: 0...2, using: &random)) : nil,
                to: one(in: 2) ? Link.source : Link.allNodes, hopLimit: one(in: 9) ? 64 : 255),
              frame: one(in: 9) ? nil : station, isOutgoing: one(in: 9)))
        }
      }
      return .replies(replies)
    }
    let possible: Set<NeighborVerdict> =
      switch act {
      case .resolve: [.agrees, .differs, .absent, .local, .silent, .conflict, .sendFailed, .interrupted]
      case .unicast:
        [.fresh, .stale, .differs, .multicastOnly, .dead, .conflict, .local, .sendFailed, .interrupted]
      case .duplicateDetection: [.free, .inUse, .loopedBack, .local, .sendFailed, .interrupted]
      }
    for summary in result.summaries {
      #expect(possible.contains(summary.verdict))
      if summary.verdict == .interrupted {
        #expect(inputs.contains { if case .stop = $0.1 { true } else { false } })
      }
      if [.silent, .dead, .free].contains(summary.verdict) { #expect(summary.claims.isEmpty) }
      if [.agrees, .absent, .fresh, .stale, .inUse].contains(summary.verdict) {
        #expect(!summary.claims.isEmpty)
      }
      if summary.verdict == .conflict {
        #expect(Set(summary.claims.map(\.link)).count > 1)
        #expect(result.findings.contains { $0.kind == .conflict && $0.target == summary.target })
      }
    }
  }

  @Test func `random octets and calls about nothing never trap, and make no claim`() {
    var random = RandomNumbers(seed: 4861)
    var engine = NeighborEngine(
      Link.configuration(.duplicateDetection), view: Link.view(), at: Link.start)
    var buffer = [UInt8](repeating: 0, count: engine.longestPacket)
    var span = buffer.mutableSpan
    engine.handleTimeout(at: Link.start)
    _ = engine.pollTransmit(at: Link.start, into: &span)
    for _ in 0..<4_000 {
      var octets = (0..<Int.random(in: 0...120, using: &random)).map { _ in
        UInt8(truncatingIfNeeded: random.next())
      }
      if octets.count > 64, Bool.random(using: &random) {
        octets.replaceSubrange(0..<8, with: [0x60, 0, 0, 0, 0, UInt8(octets.count - 40), 58, 255])
        octets[40] = UInt8.random(in: 130...140, using: &random)
        octets.replaceSubrange(48..<64, with: Link.octets(Link.target(0)))
      }
      let arrival = FrameArrival(
        interface: 3, linkSource: LinkLayerAddress(octets.prefix(6)),
        stamp: Instant(nanoseconds: Int64(bitPattern: random.next())),
        readAt: Instant(nanoseconds: Int64(bitPattern: random.next())))
      if let message = HeardMessage(decoding: octets.span, arrival) { engine.handleReceived(message) }
      engine.handleTransmitted(random.next(), at: arrival.stamp)
      engine.handleSendFailure(random.next() | 2, errno: 1, at: arrival.readAt)
      while let event = engine.pollEvent() {
        if case .advertisement(let advertisement) = event { #expect(advertisement.standing == .discarded) }
      }
    }
  }
}
