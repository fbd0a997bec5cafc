import Testing
import Timing
import Wire

@testable import ProbeEngine

@Suite struct ConformanceEngineTests {
  private typealias Link = SolicitedLink
  private let owner = SolicitedLink.station(1)

  private func ask(
    view: KernelView = SolicitedLink.view(), inputs: [(Nanoseconds, Link.Input)] = [],
    change: (inout NeighborConfiguration) -> Void = { _ in },
    sourceLocation: SourceLocation = #_sourceLocation, _ fate: (Link.Question) -> Link.Fate
  ) -> Link.Result {
    let result = Link.run(
      ConformanceEngine(Link.configuration(.resolve, targets: 1, change), view: view, at: Link.start),
      inputs: inputs,
      sourceLocation: sourceLocation, fate)
    #expect(result.tried == result.rows.count, sourceLocation: sourceLocation)
    #expect(result.asExpected == result.rows.filter(\.isAsExpected).count, sourceLocation: sourceLocation)
    return result
  }

  private func crafted(_ question: Link.Question) -> CraftedSolicitation {
    CraftedSolicitation.allCases[question.number]
  }

  /// What Linux 6.18 was seen to do: flags of its answer, or none.
  private let measured: [CraftedSolicitation: UInt8] = [
    .multicast: 0x60, .unicast: 0x40, .unicastWithoutLink: 0x40, .multicastWithoutLink: 0x60,
    .duplicateDetection: 0x20, .duplicateDetectionWithNonce: 0x20, .reservedBits: 0x60,
    .unknownOptionFirst: 0x60, .allNodes: 0x60,
  ]

  @Test func `a station that does as Linux does has all of them as expected`() {
    let result = ask { .replies(Link.owner($0, link: owner)) }
    #expect(result.tried == 21 && result.asExpected == 21 && result.questions.count == 21)
    #expect(result.rows.map(\.solicitation) == CraftedSolicitation.allCases)
    for row in result.rows {
      #expect(row.received?.flags == measured[row.solicitation], "\(row.solicitation)")
      let isDuplicateDetection = row.received?.flags == 0x20
      #expect(row.received.map { $0.isToAllNodes == isDuplicateDetection } ?? true)
      #expect(row.received.map { $0.hasLinkLayerAddress == ($0.flags != 0x40) } ?? true)
    }
    #expect(result.standings.count == 9 && result.standings.allSatisfy { $0 == .answer })
    #expect(result.advertisements.allSatisfy { $0.roundTrip == .microseconds(80) })
    #expect(result.elapsed == Nanoseconds.milliseconds(1_000 + 20 * 300))
  }

  @Test func `each solicitation is what its name says, and breaks the one rule that it should`() throws {
    let result = ask { .replies(Link.owner($0, link: owner)) }
    var questions: [CraftedSolicitation: Link.Question] = [:]
    for question in result.questions { questions[crafted(question)] = question }
    let broken: [CraftedSolicitation: NeighborRule] = [
      .targetMulticast: .targetMulticast, .unspecifiedToAllNodes: .unspecifiedToOther,
      .unspecifiedToUnicast: .unspecifiedToOther, .unspecifiedWithLink: .linkLayerAddressFromUnspecified,
      .hopLimit254: .hopLimit, .badChecksum: .checksum, .code1: .code, .shortMessage: .length,
      .zeroLengthOption: .optionLength, .atomicFragment: .fragmented, .overrunningOption: .optionLength,
      .trailingOctets: .optionLength,
    ]
    for (crafted, question) in questions {
      #expect(question.message.broken.map(\.rule) == (broken[crafted].map { [$0] } ?? []), "\(crafted)")
      let isUnicast = [.unicast, .unicastWithoutLink, .unspecifiedToUnicast].contains(crafted)
      #expect(question.transmit.linkDestination == (isUnicast ? owner : nil), "\(crafted)")
      #expect(question.transmit.destination == question.message.destination)
      #expect(question.transmit.octets <= 160)
    }
    let short = try #require(questions[.shortMessage])
    #expect(short.message.octets.count == 16)
    #expect(try #require(questions[.hopLimit254]).message.envelope.hopLimit == 254)
    #expect(try #require(questions[.atomicFragment]).octets[6] == 44)
    #expect(try #require(questions[.trailingOctets]).message.octets.count == 36)
    #expect(try #require(questions[.reservedBits]).message.octets[4] == 0xff)
    #expect(try #require(questions[.unknownOptionFirst]).message.octets[24] == 250)
    #expect(try #require(questions[.allNodes]).message.destination == Link.allNodes)
    #expect(try #require(questions[.duplicateDetectionWithNonce]).message.option(.nonce)?.count == 6)
    #expect(try #require(questions[.multicastWithoutLink]).message.octets.count == 24)
  }

  @Test func `a router's flag is expected where the first answer has it`() {
    let result = ask { .replies(Link.owner($0, link: owner, flags: 0x80)) }
    #expect(result.asExpected == 21 && result.rows[0].received?.flags == 0xe0)
  }

  @Test func `a station that believes everything is found out`() {
    let result = ask { question in
      .replies([
        Link.Reply(
          delay: .milliseconds(1),
          octets: question.message.source == .unspecified
            ? Link.advertisement(Link.target(0), flags: 0x20, option: owner, to: Link.allNodes)
            : Link.advertisement(Link.target(0), option: owner), frame: owner)
      ])
    }
    // Right by chance: what is answered in this way by Linux as well.
    let right = Set(measured.filter { $0.value != 0x40 }.keys)
    #expect(Set(result.rows.filter(\.isAsExpected).map(\.solicitation)) == right)
    #expect(result.tried == 21 && result.asExpected == 7)
  }

  @Test func `a silent target has one row and its verdict`() {
    let result = ask { _ in .silence }
    #expect(result.tried == 1 && result.asExpected == 0 && result.questions.count == 3)
    #expect(result.verdicts == [.silent] && result.summaries[0].unanswered == 3)
    let failed = ask { _ in .failure(errno: 1) }
    #expect(failed.verdicts == [.sendFailed] && failed.rows.map(\.errno) == [1])
    #expect(failed.failed == 3 && failed.sent == 0)
  }

  @Test func `the first answer may come to a later attempt`() {
    let result = ask { $0.number == 0 ? .silence : .replies(Link.owner($0, link: owner)) }
    #expect(result.tried == 21 && result.asExpected == 21 && result.questions.count == 22)
  }

  @Test func `answers to one question are not taken for answers to the next`() {
    // Doubled, once at the start of the next window.
    let result = ask { question in
      .replies(
        Link.owner(question, link: owner)
          + Link.owner(question, link: owner, after: .milliseconds(question.number == 0 ? 999 : 299)))
    }
    #expect(result.asExpected == 21)
    #expect(result.standings.count { $0 == .answer } == 9)
    // A unicast answer that is late for its window does not answer a question from nowhere, nor the other way round.
    let late = ask { question in
      .replies(
        Link.owner(
          question, link: owner, after: .milliseconds([3, 5].contains(question.number) ? 310 : 1)))
    }
    let wrong = Set(late.rows.filter { !$0.isAsExpected }.map(\.solicitation))
    #expect(wrong == [.multicastWithoutLink, .duplicateDetectionWithNonce])
    #expect(late.standings.count { $0 == .unsolicited } == 2)
  }

  @Test func `a slow station has longer windows`() {
    let result = ask { .replies(Link.owner($0, link: owner, after: .milliseconds(200))) }
    #expect(result.asExpected == 21 && result.elapsed == Nanoseconds.milliseconds(1_000 + 20 * 800))
  }

  @Test func `one that cannot be sent has its errno, and the others go on`() {
    let result = ask {
      crafted($0) == .badChecksum ? .failure(errno: 22) : .replies(Link.owner($0, link: owner))
    }
    #expect(result.tried == 21 && result.asExpected == 20)
    #expect(result.rows.first { $0.errno != nil }?.solicitation == .badChecksum)
  }

  @Test func `an own address is local, and stopping tells what was tried`() {
    let own = ask(view: Link.view(own: [Link.target(0)])) { _ in .silence }
    #expect(own.verdicts == [.local] && own.tried == 0 && own.questions.isEmpty)
    let stopped = ask(inputs: [(.milliseconds(1_700), .stop)]) { .replies(Link.owner($0, link: owner)) }
    #expect(stopped.tried == 3 && stopped.asExpected == 3)
    let none = ask(change: { $0.targets = [] }) { _ in .silence }
    #expect(none.tried == 0 && none.questions.isEmpty)
  }

  @Test func `without transmit stamps answers count all the same`() {
    let result = Link.run(
      ConformanceEngine(Link.configuration(), view: Link.view(), at: Link.start), stampDelay: nil
    ) { .replies(Link.owner($0, link: owner)) }
    #expect(result.asExpected == 21 && result.advertisements.allSatisfy { $0.roundTrip == nil })
    #expect(result.elapsed == Nanoseconds.milliseconds(1_000 + 20 * 300))
  }

  @Test func `a flood within a window is bounded and told`() {
    let result = ask { question in
      .replies(
        (0..<200).flatMap { _ in Link.owner(question, link: owner) })
    }
    #expect(result.asExpected == 21 && result.kinds == [.dropped])
    #expect(result.findings[0].found == .number(9 * (200 - 64)))
  }
}
