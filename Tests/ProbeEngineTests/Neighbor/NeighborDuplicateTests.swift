import Testing
import Timing
import Wire

@testable import ProbeEngine

/// Has anybody this address already?
@Suite struct NeighborDuplicateTests {
  private typealias Link = SolicitedLink
  private let owner = SolicitedLink.station(1)
  private let other = SolicitedLink.station(2)

  private func ask(
    inputs: [(Nanoseconds, Link.Input)] = [], view: KernelView = SolicitedLink.view(),
    attempts: Int = 1,
    sourceLocation: SourceLocation = #_sourceLocation,
    _ fate: (Link.Question) -> Link.Fate = { _ in .silence }
  ) -> Link.Result {
    Link.ask(
      Link.configuration(.duplicateDetection) {
        $0.attempts = attempts
      }, view: view, inputs: inputs, sourceLocation: sourceLocation, fate)
  }

  private func foreign(nonce: [UInt8], hopLimit: UInt8 = 255) -> [UInt8] {
    let message: [UInt8] =
      [135, 0, 0, 0, 0, 0, 0, 0] + Link.octets(Link.target(0)) + LinkPacket.option(.nonce, nonce)
    return LinkPacket(
      source: .unspecified, destination: Link.target(0).solicitedNodeMulticast, hopLimit: hopLimit,
      message: message
    ).octets
  }

  @Test func `nobody answers a solicitation from nowhere with a nonce, and the address is free`() throws {
    let result = ask()
    #expect(result.verdicts == [.free] && result.elapsed == .seconds(1))
    let question = try #require(result.questions.first)
    #expect(question.message.source == .unspecified && question.message.broken.isEmpty)
    #expect(question.message.destination == Link.target(0).solicitedNodeMulticast)
    #expect(question.message.option(.nonce)?.count == 6)
    #expect(question.message.linkLayerAddress(.sourceLinkLayerAddress) == nil)
  }

  @Test func `nonces differ from target to target and from seed to seed`() {
    var nonces = Set<[UInt8]>()
    for seed in 0..<10 as Range<UInt64> {
      let result = Link.ask(
        Link.configuration(.duplicateDetection, targets: 10) {
          $0.seed = seed
          $0.attempts = 1
        })
      for question in result.questions { nonces.insert(question.message.option(.nonce) ?? []) }
    }
    #expect(nonces.count == 100)
  }

  @Test func `every owner's answer to all nodes says that it is in use`() {
    let result = ask {
      .replies(Link.owner($0, link: owner) + Link.owner($0, link: other, after: .milliseconds(500)))
    }
    #expect(result.verdicts == [.inUse] && result.kinds == [.conflict])
    #expect(result.summaries[0].claims.map(\.link) == [owner, other])
    #expect(result.standings == [.answer, .answer] && result.summaries[0].answered == 1)
    #expect(result.summaries[0].claims.first?.roundTrip == .microseconds(80))
  }

  @Test func `our own probe that comes back is no neighbor`() {
    let result = ask(attempts: 2) {
      .replies([
        Link.Reply(delay: .milliseconds(1), octets: $0.octets, frame: Link.link),
        Link.Reply(delay: .milliseconds(2), octets: $0.octets, frame: other),
      ])
    }
    #expect(result.verdicts == [.loopedBack] && result.summaries[0].loopedBack == 4)
    #expect(result.kinds == [.loopedBack] && result.summaries[0].claims.isEmpty)
    #expect(result.summaries[0].unanswered == 2)
  }

  @Test func `our own probe that comes back beside an owner's answer is in use`() {
    let result = ask {
      .replies(
        [Link.Reply(delay: .milliseconds(1), octets: $0.octets, frame: Link.link)]
          + Link.owner($0, link: owner))
    }
    #expect(result.verdicts == [.inUse] && result.summaries[0].loopedBack == 1)
  }

  @Test(arguments: [[], [1, 2, 3, 4, 5, 6]] as [[UInt8]])
  func `somebody else who looks for the same address has it as much as we do`(nonce: [UInt8]) {
    let octets = foreign(nonce: nonce)
    let result = ask { _ in
      .replies([Link.Reply(delay: .milliseconds(9), octets: octets, frame: other)])
    }
    #expect(result.verdicts == [.inUse] && result.standings == [.answer])
    #expect(result.summaries[0].claims.map(\.frameLink) == [other])
    #expect(result.summaries[0].claims.map(\.source) == [.unspecified])
    // Before our own as well (RFC 4862 §5.4.3).
    let early = ask(
      inputs: [(.zero, .frame(octets, other, stamp: Link.start - .milliseconds(2), isOutgoing: false))])
    #expect(early.verdicts == [.inUse])
  }

  @Test func `what breaks a rule keeps no address from being free`() {
    let octets = foreign(nonce: [1, 2, 3, 4, 5, 6], hopLimit: 64)
    let result = ask { question in
      .replies([
        Link.Reply(delay: .milliseconds(1), octets: octets, frame: other),
        // Multicast with the solicited flag.
        Link.Reply(
          delay: .milliseconds(2),
          octets: Link.advertisement(Link.target(0), flags: 0x60, option: other, to: Link.allNodes),
          frame: other),
      ])
    }
    #expect(result.verdicts == [.free] && result.summaries[0].discarded == 2)
    #expect(result.findings.compactMap { $0.rule?.rule } == [.hopLimit, .solicitedToMulticast])
  }

  @Test func `an ordinary solicitation for the address is no sign that somebody has it`() {
    let asked = LinkPacket.neighborSolicitation(
      target: Link.target(0), source: Link.target(9), link: other
    ).octets
    let result = ask { _ in
      .replies([Link.Reply(delay: .milliseconds(1), octets: asked, frame: other)])
    }
    #expect(result.verdicts == [.free] && result.advertisements.isEmpty)
  }

  @Test func `an address of this host is local, and one that was never asked for is not free`() {
    #expect(ask(view: Link.view(own: [Link.target(0)])).verdicts == [.local])
    #expect(ask(attempts: 0).verdicts == [.interrupted])
    #expect(ask(inputs: [(.milliseconds(500), .stop)]).verdicts == [.interrupted])
    #expect(ask { _ in .failure(errno: 1) }.verdicts == [.sendFailed])
  }
}
