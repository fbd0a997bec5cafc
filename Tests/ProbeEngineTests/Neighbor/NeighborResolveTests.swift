import Testing
import Timing
import Wire

@testable import ProbeEngine

/// Who has this address?
@Suite struct NeighborResolveTests {
  private typealias Link = SolicitedLink
  private let owner = SolicitedLink.station(1)
  private let other = SolicitedLink.station(2)

  @Test func `one owner answers within the first window, which is listened to whole`() throws {
    let result = Link.ask(Link.configuration()) { .replies(Link.owner($0, link: owner)) }
    #expect(result.verdicts == [.absent])
    #expect(result.questions.count == 1 && result.elapsed == .seconds(1))
    let question = try #require(result.questions.first)
    #expect(question.message.broken.isEmpty && question.message.source == Link.source)
    #expect(question.message.destination == Link.target(0).solicitedNodeMulticast)
    #expect(question.message.linkLayerAddress(.sourceLinkLayerAddress) == Link.link)
    #expect(question.message.option(.nonce) == nil && question.transmit.linkDestination == nil)
    let answer = try #require(result.advertisements.first)
    #expect(answer.standing == .answer && answer.attempt == 1 && answer.target == 0)
    #expect(answer.roundTrip == .microseconds(80) && answer.hostTransmit == .microseconds(5))
    #expect(answer.hostReceive == .microseconds(3) && answer.roundTripSource == .capture)
    let claim = try #require(result.summaries[0].claims.first)
    #expect(claim.optionLink == owner && claim.frameLink == owner && claim.answers == 1)
    #expect(claim.roundTrip == .microseconds(80) && claim.flags.rawValue == 0x60)
    #expect(result.findings.isEmpty && result.windows.map(\.answers) == [1])
  }

  @Test func `the kernel's entry agrees, differs or is absent`() {
    let view = Link.view([
      (0, owner, .stale), (1, other, .reachable), (2, nil, .failed),
    ])
    let result = Link.ask(Link.configuration(targets: 4), view: view) {
      .replies(Link.owner($0, link: owner))
    }
    #expect(result.verdicts == [.agrees, .differs, .absent, .absent])
    #expect(result.kinds == [.wrongKernelEntry])
    #expect(result.findings[0].target == 1 && result.findings[0].severity == .problem)
    #expect(result.findings[0].link == owner && result.findings[0].otherLink == other)
    #expect(result.summaries.first { $0.target == 1 }?.kernel == view.neighbors[1])
  }

  @Test func `an own address is local at once, and nothing is sent for it`() {
    let result = Link.ask(
      Link.configuration(targets: 2), view: Link.view(own: [Link.target(0)])
    ) { .replies(Link.owner($0, link: owner)) }
    #expect(result.verdicts == [.local, .absent])
    #expect(result.questions.map(\.target) == [Link.target(1)])
    guard case .summary(.neighbor(let first)) = result.events[0] else {
      Issue.record("the local one is not the first to be told")
      return
    }
    #expect(first.verdict == .local && first.at == Link.start)
  }

  @Test func `a silent neighbor is asked as often as configured, an interval apart`() {
    let result = Link.ask(Link.configuration { $0.interval = .milliseconds(500) })
    #expect(result.verdicts == [.silent])
    #expect(result.questions.map { $0.at - Link.start } == [0, 500, 1_000].map { .milliseconds($0) })
    #expect(result.elapsed == .milliseconds(1_500))
    #expect(result.windows.map(\.attempt) == [1, 2, 3] && result.windows.allSatisfy { $0.answers == 0 })
    #expect(result.summaries[0].unanswered == 3)
  }

  @Test func `two owners are a conflict, whichever the kernel believes`() {
    let result = Link.ask(Link.configuration(), view: Link.view([(0, owner, .reachable)])) {
      .replies(
        Link.owner($0, link: owner) + Link.owner($0, link: other, after: .milliseconds(400)))
    }
    #expect(result.verdicts == [.conflict])
    #expect(result.kinds == [.conflict] && result.findings[0].severity == .problem)
    #expect(result.findings[0].link == owner && result.findings[0].otherLink == other)
    #expect(result.summaries[0].claims.map(\.link) == [owner, other])
    #expect(result.standings == [.answer, .answer] && result.summaries[0].answered == 1)
  }

  @Test func `a proxy's late answer without the override flag counts, even from a link-local source`() {
    let result = Link.ask(Link.configuration()) {
      .replies([
        Link.Reply(
          delay: .milliseconds(990),
          octets: Link.advertisement(
            $0.target ?? .unspecified, flags: 0x40, option: owner,
            from: IPv6Address(bits: 0xfe80 << 112 | 9)),
          frame: owner)
      ])
    }
    #expect(result.verdicts == [.absent] && result.questions.count == 1)
    #expect(result.summaries[0].claims.first?.roundTrip == .milliseconds(990))
  }

  @Test func `an answer after its window belongs to the attempt that is open`() {
    let result = Link.ask(Link.configuration()) {
      $0.number == 0 ? .replies(Link.owner($0, link: owner, after: .milliseconds(1_200))) : .silence
    }
    #expect(result.verdicts == [.absent] && result.questions.count == 2)
    #expect(result.advertisements.map(\.attempt) == [2])
    // From the youngest solicitation before it: nobody can say which one it answers.
    #expect(result.advertisements[0].roundTrip == .milliseconds(200))
  }

  @Test func `a late answer, while the next solicitation waits for its turn, ends the asking`() {
    // Two hundred targets a gap of 10 ms apart: the first is asked again after two seconds.
    let configuration = Link.configuration(targets: 200) { $0.gap = .milliseconds(10) }
    let result = Link.ask(configuration) {
      .replies(Link.owner($0, link: owner, after: .milliseconds($0.target == Link.target(0) ? 1_500 : 1)))
    }
    #expect(result.verdicts.allSatisfy { $0 == .absent } && result.questions.count == 200)
    let first = result.summaries.first { $0.target == 0 }
    #expect(first?.answered == 1 && first?.unanswered == 0)
    #expect(result.windows.first { $0.target == 0 }?.answers == 0)
  }

  @Test func `further answers of the same station in one window are repeated`() {
    let result = Link.ask(Link.configuration()) {
      .replies(
        Link.owner($0, link: owner)
          + Link.owner($0, link: owner, after: .milliseconds(2)))
    }
    #expect(result.standings == [.answer, .repeated] && result.windows.map(\.answers) == [2])
    #expect(result.summaries[0].claims.map(\.answers) == [2] && result.summaries[0].answered == 1)
  }

  @Test func `asking on after an answer hears it in each attempt`() {
    let result = Link.ask(Link.configuration { $0.asksOn = true }) {
      .replies(Link.owner($0, link: owner))
    }
    #expect(result.questions.count == 3 && result.summaries[0].answered == 3)
    #expect(result.standings == [.answer, .answer, .answer])
    #expect(result.advertisements.map(\.attempt) == [1, 2, 3])
  }

  @Test func `the first answer ends the target where that is asked for`() {
    let result = Link.ask(Link.configuration { $0.stopsAtFirstAnswer = true }) {
      .replies(Link.owner($0, link: owner) + Link.owner($0, link: other, after: .milliseconds(1)))
    }
    #expect(result.verdicts == [.absent] && result.elapsed < .milliseconds(1))
    #expect(result.windows.map(\.answers) == [1] && result.advertisements.count == 1)
  }

  @Test func `an answer without the option counts by its frame, unless the option is required`() {
    func reply(_ question: Link.Question) -> Link.Fate {
      .replies([
        Link.Reply(
          delay: .milliseconds(1), octets: Link.advertisement(question.target ?? .unspecified), frame: owner)
      ])
    }
    let view = Link.view([(0, owner, .reachable)])
    #expect(Link.ask(Link.configuration(), view: view, reply).verdicts == [.agrees])
    let strict = Link.ask(
      Link.configuration { $0.needsTargetLinkLayerAddress = true }, view: view, reply)
    #expect(strict.verdicts == [.silent] && strict.standings == [.unsolicited, .unsolicited, .unsolicited])
  }

  @Test func `a frame from another address than the option names is a notice`() {
    let result = Link.ask(Link.configuration(), view: Link.view([(0, owner, .reachable)])) {
      .replies([
        Link.Reply(
          delay: .milliseconds(1), octets: Link.advertisement($0.target ?? .unspecified, option: owner),
          frame: other)
      ])
    }
    #expect(result.verdicts == [.agrees] && result.kinds == [.frameDiffers])
    #expect(result.findings[0].severity == .notice)
    #expect(result.findings[0].link == other && result.findings[0].otherLink == owner)
  }

  @Test func `a target that is answered by broken advertisements only is silent, and each rule is told once`()
  {
    let result = Link.ask(Link.configuration()) { question in
      let target = question.target ?? .unspecified
      var short = Link.advertisement(target)
      short[5] = 16
      return .replies([
        Link.Reply(
          delay: .milliseconds(1), octets: Link.advertisement(target, option: owner, hopLimit: 64),
          frame: owner),
        Link.Reply(
          delay: .milliseconds(2),
          octets: Link.advertisement(target, option: owner, further: [7, 0, 0, 0, 0, 0, 0, 0]), frame: owner),
        Link.Reply(delay: .milliseconds(3), octets: Array(short.prefix(56)), frame: owner),
      ])
    }
    #expect(result.verdicts == [.silent] && result.summaries[0].discarded == 9)
    #expect(result.summaries[0].claims.isEmpty)
    #expect(result.standings.allSatisfy { $0 == .discarded } && result.standings.count == 9)
    #expect(result.kinds.allSatisfy { $0 == .brokenRule })
    #expect(
      Set(result.findings.compactMap { $0.rule?.rule }) == [.hopLimit, .optionLength, .length, .checksum])
    #expect(result.findings.count == 4 && result.findings.allSatisfy { $0.severity == .problem })
    #expect(result.findings.first { $0.rule?.rule == .optionLength }?.rule?.offset == 32)
  }

  @Test func `an option that is to be ignored is a notice, and the answer counts`() {
    let result = Link.ask(Link.configuration()) {
      .replies([
        Link.Reply(
          delay: .milliseconds(1),
          octets: Link.advertisement(
            $0.target ?? .unspecified, option: owner, further: [5, 1, 0, 0, 0, 0, 0, 9]), frame: owner)
      ])
    }
    #expect(result.verdicts == [.absent] && result.kinds == [.brokenRule])
    #expect(result.findings[0].severity == .notice && result.findings[0].rule?.rule == .mtuTooSmall)
  }

  @Test func `who only announces an address has not answered, but may be in conflict with who did`() {
    func announcing(_ isAnswered: Bool) -> Link.Result {
      Link.ask(Link.configuration { $0.attempts = 1 }) {
        .replies(
          (isAnswered ? Link.owner($0, link: owner) : []) + [
            Link.Reply(
              delay: .milliseconds(3),
              octets: Link.advertisement(
                $0.target ?? .unspecified, flags: 0x20, option: other, to: Link.allNodes), frame: other)
          ])
      }
    }
    let alone = announcing(false)
    #expect(alone.verdicts == [.silent] && alone.standings == [.unsolicited])
    #expect(alone.summaries[0].claims.isEmpty && alone.findings.isEmpty)
    let both = announcing(true)
    #expect(both.verdicts == [.conflict] && both.standings == [.answer, .unsolicited])
    #expect(both.kinds == [.conflict] && both.summaries[0].claims.count == 2)
  }

  @Test func `what came before the first solicitation, or is this host's own, is no answer`() {
    let frame = Link.advertisement(Link.target(1), option: owner)
    let configuration = Link.configuration(targets: 2) {
      $0.gap = .milliseconds(50)
      $0.attempts = 1
    }
    let early = Link.ask(
      configuration,
      inputs: [
        (
          .milliseconds(10),
          .frame(frame, owner, stamp: Link.start + .milliseconds(10), isOutgoing: false)
        )
      ])
    #expect(early.verdicts == [.silent, .silent] && early.standings == [.unsolicited])
    #expect(early.advertisements[0].attempt == 0 && early.advertisements[0].roundTrip == nil)
    let own = Link.ask(Link.configuration { $0.attempts = 1 }) {
      .replies(
        Link.owner($0, link: owner).map {
          var reply = $0
          reply.isOutgoing = true
          return reply
        })
    }
    #expect(own.verdicts == [.silent] && own.advertisements.isEmpty)
  }

  @Test func `our own solicitation that comes back is told, and is no answer`() {
    let result = Link.ask(Link.configuration { $0.attempts = 2 }) {
      .replies([Link.Reply(delay: .milliseconds(1), octets: $0.octets, frame: Link.link)])
    }
    #expect(result.verdicts == [.silent] && result.summaries[0].loopedBack == 2)
    #expect(result.standings == [.loopedBack, .loopedBack])
    #expect(result.kinds == [.loopedBack] && result.findings[0].severity == .notice)
  }

  @Test func `one address that is given twice has two verdicts`() {
    let configuration = Link.configuration(targets: 2) { $0.targets[1] = $0.targets[0] }
    let result = Link.ask(configuration) { .replies(Link.owner($0, link: owner)) }
    #expect(result.verdicts == [.absent, .absent] && result.questions.count == 2)
  }

  @Test func `options of the solicitation can be left out, and no attempts are none`() {
    let result = Link.ask(Link.configuration { $0.includesLinkLayerAddress = false })
    #expect(result.questions.allSatisfy { $0.message.octets.count == 24 })
    let none = Link.ask(Link.configuration { $0.attempts = 0 })
    #expect(none.verdicts == [.silent] && none.questions.isEmpty)
    #expect(Link.ask(Link.configuration(targets: 0)).events.isEmpty)
  }

  @Test func `frames that the capture had no room for are told`() {
    let result = Link.ask(Link.configuration(), inputs: [(.milliseconds(2), .capture(frames: 77))])
    #expect(result.kinds == [.dropped] && result.findings[0].found == .number(77))
  }
}
