import Testing
import Timing
import Wire

@testable import ProbeEngine

/// Does it still answer where the kernel sends?
@Suite struct NeighborUnicastTests {
  private typealias Link = SolicitedLink
  private let owner = SolicitedLink.station(1)
  private let other = SolicitedLink.station(2)

  private func ask(
    _ state: KernelNeighbor.State? = .reachable, entry: LinkLayerAddress? = SolicitedLink.station(1),
    change: (inout NeighborConfiguration) -> Void = { _ in },
    sourceLocation: SourceLocation = #_sourceLocation, _ fate: (Link.Question) -> Link.Fate
  ) -> Link.Result {
    Link.ask(
      Link.configuration(.unicast, change), view: Link.view(state.map { [(0, entry, $0)] } ?? []),
      sourceLocation: sourceLocation, fate)
  }

  @Test(arguments: [
    (KernelNeighbor.State.reachable, NeighborVerdict.fresh), (.permanent, .fresh), (.noARP, .fresh),
    (.stale, .stale), (.delay, .stale), (.probe, .stale),
  ])
  func `an answer where the entry points is fresh or stale, as the entry is`(
    state: KernelNeighbor.State, verdict: NeighborVerdict
  ) throws {
    let result = ask(state) { .replies(Link.owner($0, link: owner)) }
    #expect(result.verdicts == [verdict] && result.questions.count == 1 && result.findings.isEmpty)
    let question = try #require(result.questions.first)
    #expect(question.transmit.destination == Link.target(0) && question.transmit.linkDestination == owner)
    #expect(question.message.destination == Link.target(0) && question.message.broken.isEmpty)
    // Linux leaves the option out of such an answer.
    #expect(result.summaries[0].claims.map(\.optionLink) == [nil])
    #expect(result.summaries[0].claims.map(\.link) == [owner])
  }

  @Test func `silence where the entry points, and another station by multicast, is a wrong entry`() {
    let result = ask { .replies(Link.owner($0, link: other)) }
    #expect(result.verdicts == [.differs] && result.questions.count == 4)
    #expect(result.questions.prefix(3).allSatisfy { $0.transmit.linkDestination == owner })
    #expect(result.questions[3].transmit.linkDestination == nil)
    #expect(result.kinds == [.wrongKernelEntry])
    #expect(result.findings[0].link == other && result.findings[0].otherLink == owner)
    #expect(result.windows.map(\.attempt) == [1, 2, 3, 4] && result.windows.map(\.answers) == [0, 0, 0, 1])
  }

  @Test func `silence by unicast and an answer of the same station by multicast is multicast only`() {
    let result = ask {
      $0.transmit.linkDestination == nil ? .replies(Link.owner($0, link: owner)) : .silence
    }
    #expect(result.verdicts == [.multicastOnly] && result.questions.count == 4 && result.findings.isEmpty)
  }

  @Test func `silence both ways is dead`() {
    let result = ask { _ in .silence }
    #expect(result.verdicts == [.dead] && result.questions.count == 6 && result.elapsed == .seconds(6))
    let unknown = ask(nil) { _ in .silence }
    #expect(unknown.verdicts == [.dead] && unknown.questions.count == 3)
  }

  @Test func `without an entry the station is found by multicast and then asked by unicast`() {
    let result = ask(nil) { .replies(Link.owner($0, link: owner)) }
    #expect(result.verdicts == [.stale] && result.questions.map(\.transmit.linkDestination) == [nil, owner])
    #expect(result.summaries[0].claims.count == 1 && result.summaries[0].answered == 2)
    let failed = ask(.failed, entry: nil) { .replies(Link.owner($0, link: owner)) }
    #expect(failed.verdicts == [.stale])
    let deaf = ask(nil) {
      $0.transmit.linkDestination == nil ? .replies(Link.owner($0, link: owner)) : .silence
    }
    #expect(deaf.verdicts == [.multicastOnly] && deaf.questions.count == 4)
  }

  @Test func `two stations are a conflict, which unicast would not resolve`() {
    let result = ask(nil) {
      .replies(Link.owner($0, link: owner) + Link.owner($0, link: other, after: .milliseconds(300)))
    }
    #expect(result.verdicts == [.conflict] && result.questions.count == 1)
  }

  @Test func `a link-layer address that was given is asked in place of the entry's`() {
    let right = ask(change: { $0.unicastLink = owner }) { .replies(Link.owner($0, link: owner)) }
    #expect(right.verdicts == [.fresh])
    let unknown = ask(nil, change: { $0.unicastLink = owner }) { .replies(Link.owner($0, link: owner)) }
    #expect(unknown.verdicts == [.stale] && unknown.questions.count == 1)
    // It answers, and the kernel sends elsewhere.
    let moved = ask(entry: other, change: { $0.unicastLink = owner }) {
      .replies(Link.owner($0, link: owner))
    }
    #expect(moved.verdicts == [.differs] && moved.kinds == [.wrongKernelEntry])
    // It does not, and the kernel is right.
    let wrong = ask(change: { $0.unicastLink = other }) { .replies(Link.owner($0, link: owner)) }
    #expect(wrong.verdicts == [.differs] && wrong.kinds.isEmpty)
  }

  @Test func `an answer in a frame from another address is an answer all the same`() {
    // A virtual router: asked at the virtual address, its frames bear the real one.
    let result = ask { question in
      .replies(
        Link.owner(question, link: owner).map {
          var reply = $0
          reply.frame = other
          return reply
        })
    }
    #expect(result.verdicts == [.fresh] && result.kinds == [.frameDiffers])
    let found = ask(nil) { question in
      .replies(
        Link.owner(question, link: owner).map {
          var reply = $0
          if question.transmit.linkDestination != nil { reply.frame = other }
          return reply
        })
    }
    #expect(found.verdicts == [.stale] && found.kinds == [.frameDiffers])
  }

  @Test func `an answer to unicast that names another address differs`() {
    let result = ask { _ in
      .replies([
        Link.Reply(
          delay: .milliseconds(1), octets: Link.advertisement(Link.target(0), option: other), frame: owner)
      ])
    }
    #expect(result.verdicts == [.differs] && result.kinds == [.frameDiffers, .wrongKernelEntry])
  }

  @Test func `a late answer to unicast does not make it multicast only`() {
    let result = ask {
      switch $0.number {
      case 2: .replies(Link.owner($0, link: owner, after: .milliseconds(1_300)))
      case 3: .silence
      default: .silence
      }
    }
    #expect(result.verdicts == [.fresh] && result.questions.count == 4)
  }

  @Test func `an entry is not called wrong when unicast frames could not leave`() {
    let result = ask {
      $0.transmit.linkDestination == nil
        ? .replies(Link.owner($0, link: owner)) : .failure(errno: 1)
    }
    #expect(result.verdicts == [.sendFailed] && result.summaries[0].sendFailed == 3)
    #expect(result.summaries[0].answered == 1 && result.summaries[0].sendErrno == 1)
  }

  @Test func `the first answer moves on at once where that is asked for`() {
    let result = ask(nil, change: { $0.stopsAtFirstAnswer = true }) {
      .replies(Link.owner($0, link: owner))
    }
    #expect(result.verdicts == [.stale] && result.questions.count == 2)
    #expect(result.elapsed < .milliseconds(5))
  }
}
