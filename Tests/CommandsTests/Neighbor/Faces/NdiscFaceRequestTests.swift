import LinuxNet
@testable import Plan
import ProbeEngine
import Report
import Runtime
import Testing
import Timing
import Wire

@testable import Commands

@Suite struct NdiscFaceRequestTests {
  static let target = IPv6Address(bits: 0x2001_0db8 << 96 | 0xb)

  static func neighbor(_ line: String) throws -> (LinkRequest, NeighborConfiguration) {
    let request = try NdiscFaceInvocationTests.parse(line).request(target: target, source: nil)
    guard case .neighbor(let configuration) = request.act else { throw WrongAct() }
    return (request, configuration)
  }

  static func router(_ line: String) throws -> (LinkRequest, RouterConfiguration) {
    let request = try NdiscFaceInvocationTests.parse(line, .router).request(target: target, source: nil)
    guard case .routers(let configuration) = request.act else { throw WrongAct() }
    return (request, configuration)
  }

  struct WrongAct: Error {}

  @Test func aNeighborIsAskedAsTheOriginalDoes() throws {
    let (request, configuration) = try Self.neighbor("host eth0")
    #expect(request.targetNames == ["2001:db8::b"])
    #expect(request.interface == "eth0")
    #expect(request.source == nil)
    #expect(!request.allowsKernelAlone)
    #expect(configuration.act == .resolve)
    #expect(configuration.attempts == 3)
    #expect(configuration.interval == .seconds(1))
    #expect(configuration.stopsAtFirstAnswer)
    #expect(configuration.needsTargetLinkLayerAddress)
    #expect(configuration.includesLinkLayerAddress && configuration.solicits && !configuration.asksOn)
  }

  @Test func aSecondStationIsListenedForUnlessOneIsWanted() throws {
    #expect(try Self.neighbor("a b").1.linger > .zero)
    #expect(try Self.neighbor("-1 a b").1.linger == .zero)
    let (_, all) = try Self.neighbor("-m a b")
    #expect(!all.stopsAtFirstAnswer)
  }

  @Test func routersAreAskedAsTheOriginalDoes() throws {
    let (request, configuration) = try Self.router("host eth0")
    #expect(configuration.destination == Self.target)
    #expect(request.interface == "eth0")
    #expect(configuration.attempts == 3)
    #expect(configuration.interval == .seconds(4))
    #expect(!configuration.stopsAtFirstAnswer && configuration.solicits)
    #expect(configuration.watch == .no)
    #expect(try Self.router("-1 eth0").1.stopsAtFirstAnswer)
  }

  @Test func attemptsAndWaitAreThoseOfTheCommandLine() throws {
    let (_, configuration) = try Self.neighbor("-r 5 -w 250 a b")
    #expect(configuration.attempts == 5)
    #expect(configuration.interval == .milliseconds(250))
    #expect(try Self.router("-r 4294967295 -w 4294967295 b").1.attempts == 4_294_967_295)
    #expect(try Self.router("-w 4294967295 b").1.interval == .milliseconds(4_294_967_295))
    // An answer needs some time, however little is given.
    #expect(try Self.router("-w 0 b").1.interval == .milliseconds(1))
  }

  @Test func noAttemptsAskNobody() throws {
    #expect(try !Self.neighbor("-r 0 a b").1.solicits)
    #expect(try !Self.router("-r 0 b").1.solicits)
    #expect(try Self.neighbor("-r 0 a b").1.interval == .milliseconds(1))
    #expect(try !Self.neighbor("-d a b").1.solicits)
    #expect(try Self.router("-d b").1.attempts == 3)
  }

  @Test func aSourceIsHandedOnWithoutItsZone() throws {
    let source = try #require(TargetText.ipv6Address("fe80::a"))
    let request = try NdiscFaceInvocationTests.parse("-s fe80::a%eth1 a b").request(
      target: Self.target, source: source)
    #expect(request.source == "fe80::a")
  }

  // MARK: Ends

  static func exitCode(_ line: String, _ summaries: [LinkSummary], sendError: Int32? = nil) throws -> Int32 {
    try NdiscFaceInvocationTests.parse(line).exitCode(summaries, sendError: sendError)
  }

  static func summary(_ verdict: NeighborVerdict, answered: Int = 0) -> LinkSummary {
    var summary = NeighborSummary(target: 0, verdict: verdict, at: .zero)
    summary.answered = answered
    return .neighbor(summary)
  }

  @Test func exitCodesAreTheOriginals() throws {
    #expect(try Self.exitCode("a b", [Self.summary(.agrees, answered: 1)]) == 0)
    #expect(try Self.exitCode("a b", [Self.summary(.conflict, answered: 1)]) == 0)
    #expect(try Self.exitCode("a b", [Self.summary(.silent)]) == 2)
    #expect(try Self.exitCode("a b", [Self.summary(.local)]) == 2)
    #expect(try Self.exitCode("a b", [Self.summary(.sendFailed)], sendError: 101) == 1)
    #expect(try Self.exitCode("a b", [Self.summary(.interrupted)]) == 130)
    #expect(try Self.exitCode("a b", []) == 2)
    var routers = RoutersSummary(at: .zero)
    #expect(try Self.exitCode("a b", [.routers(routers)]) == 2)
    routers.discarded = 3
    #expect(try Self.exitCode("a b", [.routers(routers)]) == 2)
    routers.isInterrupted = true
    #expect(try Self.exitCode("a b", [.routers(routers)]) == 130)
    routers.routers = 1
    #expect(try Self.exitCode("a b", [.routers(routers)]) == 0)
    #expect(try Self.exitCode("-r 0 a b", [.routers(routers)]) == 130)
  }

  static func failure(
    _ failure: PingFailure, _ line: String = "-w 50 host ''", hasBegun: Bool = false
  ) throws -> EarlyExit {
    let invocation = try NdiscFaceInvocationTests.parse(line)
    return NdiscFaceFailure.exit(failure, invocation, invocation.text(target: target), hasBegun: hasBegun)
  }

  @Test func failuresAreToldInTheOriginalsWords() throws {
    func told(_ text: String, _ header: String = "") -> EarlyExit {
      EarlyExit(standardOutput: header, standardError: text + "\n", exitCode: 1)
    }
    let header = "Soliciting host (2001:db8::b) on gone\\x1b...\n"
    let line = "-s a%b host gone\u{1b}"
    #expect(
      try Self.failure(.notPermitted(datagram: nil, raw: nil))
        == told("Raw IPv6 socket: Operation not permitted"))
    #expect(
      try Self.failure(.socket(SystemError("socket", .tooManyOpenFiles)))
        == told("Raw IPv6 socket: Too many open files"))
    #expect(try Self.failure(.unknownInterface("no\u{1b}such")) == told("no\\x1bsuch: No such device"))
    #expect(try Self.failure(.unknownInterface("")) == told("No such device"))
    let bind = PingFailure.source("2001:db8::99", SystemError("bind", .addressNotAvailable))
    #expect(try Self.failure(bind, line) == told("a%b: Cannot assign requested address"))
    #expect(
      try Self.failure(bind, "host gone\u{1b}")
        == told("Sending ICMPv6 packet: Cannot assign requested address", header))
    let unreachable = PingFailure.noRoute(SystemError("connect", .networkUnreachable))
    #expect(
      try Self.failure(unreachable, line) == told("Sending ICMPv6 packet: Network is unreachable", header))
    #expect(
      try Self.failure(unreachable, line, hasBegun: true)
        == told("Sending ICMPv6 packet: Network is unreachable"))
    #expect(
      try Self.failure(unreachable, "-q " + line) == told("Sending ICMPv6 packet: Network is unreachable"))
    #expect(
      try Self.failure(.capture(text: "gone"), "host no-such-link", hasBegun: true)
        == told("no-such-link: No such device"))
    #expect(
      try Self.failure(.link(text: "no address"), "host lo")
        == told(
          "Sending ICMPv6 packet: Cannot assign requested address", "Soliciting host (2001:db8::b) on lo...\n"
        ))
    #expect(
      try Self.failure(.system(SystemError("write", .noSpace)))
        == told("ndisc6: write: No space left on device"))
    #expect(try Self.failure(.system(SystemError("write", .brokenPipe))) == EarlyExit(exitCode: 1))
  }
}
