import ProbeEngine
import Report
import Runtime
import Testing
import Timing
import Wire

@testable import Commands

/// Errors and lengths measured with Debian 12's ndisc6 1.0.5, in a network namespace with lo up.
@Suite struct Ndisc6TracerouteTests {
  typealias Face = Ndisc6Traceroute.Face

  static func parse(
    _ line: String, _ face: Face = .rltraceroute6, as name: String? = nil
  ) throws -> TraceFaceInvocation {
    try Ndisc6Traceroute.parse(
      line.split(separator: " ").map { $0 == "''" ? "" : String($0) }, programName: name ?? face.rawValue,
      face: face, service: { $0 == "http" ? 80 : nil })
  }

  static func text(_ line: String, _ face: Face = .rltraceroute6) throws -> Ndisc6TracerouteTextOptions {
    guard case .ndisc6(let options) = try parse(line, face).text else {
      throw ButskoyTracerouteTests.WrongText()
    }
    return options
  }

  struct Case: Sendable, CustomTestStringConvertible {
    var face: Face
    var line: String
    var standardError: String
    var exitCode: Int32
    var testDescription: String { "\(face) \(line)" }

    init(_ face: Face, _ line: String, _ standardError: String, _ exitCode: Int32) {
      self.face = face
      self.line = line
      self.standardError = standardError
      self.exitCode = exitCode
    }
  }

  static let hint = "Try \"rltraceroute6 -h\" for more information.\n"
  static let tcpHint = "Try \"tcptraceroute6 -h\" for more information.\n"

  static let measured: [Case] = [
    Case(.rltraceroute6, "", hint, 2),
    Case(.rltraceroute6, "-Z ::1", "rltraceroute6: invalid option -- 'Z'\n" + hint, 2),
    Case(.rltraceroute6, "--nonsense ::1", "rltraceroute6: unrecognized option '--nonsense'\n" + hint, 2),
    Case(
      .rltraceroute6, "--s ::1",
      "rltraceroute6: option '--s' is ambiguous; possibilities: '--segment' '--syn' '--source'\n" + hint, 2),
    Case(.rltraceroute6, "-p", "rltraceroute6: option requires an argument -- 'p'\n" + hint, 2),
    Case(.rltraceroute6, "--port", "rltraceroute6: option '--port' requires an argument\n" + hint, 2),
    Case(
      .rltraceroute6, "--numeric=3 ::1",
      "rltraceroute6: option '--numeric' doesn't allow an argument\n" + hint,
      2),
    Case(.rltraceroute6, "-f 256 ::1", "256: invalid hop limit\n", 1),
    Case(.rltraceroute6, "-f abc ::1", "abc: invalid hop limit\n", 1),
    Case(.rltraceroute6, "-q 256 ::1", hint, 2),
    Case(.rltraceroute6, "-t 256 ::1", hint, 2),
    Case(.rltraceroute6, "-w abc ::1", hint, 2),
    Case(.rltraceroute6, "-w -1 ::1", hint, 2),
    Case(.rltraceroute6, "::1 abc", "abc: invalid packet length\n", 1),
    Case(.rltraceroute6, "::1 65576", "65576: invalid packet length\n", 1),
    Case(.rltraceroute6, "::1 60 3", hint, 2),
    Case(.rltraceroute6, "-p nonsense ::1", "::1 port nonsense: Servname not supported for ai_socktype\n", 1),
    Case(.tcptraceroute6, "", tcpHint, 2),
    Case(.tcptraceroute6, "-Z ::1", "tcptraceroute6: invalid option -- 'Z'\n" + tcpHint, 2),
    Case(.tcptraceroute6, "-I ::1", "tcptraceroute6: invalid option -- 'I'\n" + tcpHint, 2),
    Case(.tcptraceroute6, "::1 1 2", tcpHint, 2),
    Case(.tcptraceroute6, "-q 256 ::1", hint, 2),
    Case(.tcptraceroute6, "::1 nonsense", "::1 port nonsense: Servname not supported for ai_socktype\n", 1),
    Case(.tcptraceroute6, "-l abc ::1", "abc: invalid packet length\n", 1),
    Case(.tcptraceroute6, "-f 300 ::1", "300: invalid hop limit\n", 1),
  ]

  @Test(arguments: measured) func whatTheOriginalRefusesIsRefusedInItsWords(_ measured: Case) {
    #expect(throws: EarlyExit(standardError: measured.standardError, exitCode: measured.exitCode)) {
      try Self.parse(measured.line, measured.face)
    }
  }

  @Test func behindAWrapperErrorsNameTheProgramInItsDirectory() {
    let hint = "Try \"/usr/bin/rltraceroute6 -h\" for more information.\n"
    #expect(throws: EarlyExit(standardError: hint, exitCode: 2)) {
      try Self.parse("-q 256 ::1", .tracert6, as: "/usr/bin/tracert6")
    }
    #expect(
      throws: EarlyExit(
        standardError: "/usr/bin/rltraceroute6: invalid option -- 'Z'\n" + hint, exitCode: 2)
    ) { try Self.parse("-Z ::1", .tracert6, as: "/usr/bin/tracert6") }
  }

  @Test func theDefaultsAreTheOriginals() throws {
    let request = try Self.parse("::1").request
    let configuration = request.configuration
    #expect(configuration.method == .udp)
    #expect(configuration.correlation == .portPerHop)
    #expect(configuration.payload == .ndisc6)
    #expect(configuration.flow.destinationPort == 33_434)
    #expect(configuration.packetLength == 60)
    #expect(configuration.isLengthFixed)
    #expect(configuration.queries == 3)
    #expect(configuration.maximumHops == 30)
    #expect(configuration.wait == .fixed(.seconds(5)))
    #expect(try !Self.text("::1").isNumeric)
  }

  @Test(arguments: [
    (Face.rltraceroute6, "::1", TraceConfiguration.Method.udp), (.rltraceroute6, "-I ::1", .icmp),
    (.rltraceroute6, "-S ::1", .tcp), (.rltraceroute6, "-A ::1", .tcp), (.rltraceroute6, "-A -U ::1", .udp),
    (.tracert6, "::1", .icmp), (.tracert6, "-S ::1", .tcp), (.tracert6, "-U ::1", .udp),
    (.tcptraceroute6, "::1", .tcp), (.tcptraceroute6, "-A ::1", .tcp), (.rltraceroute6, "--icmp ::1", .icmp),
  ])
  func eachFaceHasItsMethod(_ face: Face, _ line: String, _ method: TraceConfiguration.Method) throws {
    #expect(try Self.parse(line, face).request.configuration.method == method)
  }

  @Test func tcptraceroute6TakesThePortBehindTheHost() throws {
    #expect(try Self.parse("::1", .tcptraceroute6).request.configuration.flow.destinationPort == 80)
    #expect(try Self.parse("::1 22", .tcptraceroute6).request.configuration.flow.destinationPort == 22)
    #expect(try Self.parse("::1 http", .tcptraceroute6).request.configuration.flow.destinationPort == 80)
    #expect(try Self.parse("-p 4000 ::1", .tcptraceroute6).request.sourcePort == 4_000)
    #expect(try Self.parse("-l 100 ::1", .tcptraceroute6).request.configuration.packetLength == 100)
    #expect(try Self.parse("-p 70000 ::1").request.configuration.flow.destinationPort == 4_464)
  }

  @Test func flagsOfSegments() throws {
    #expect(try Self.parse("::1", .tcptraceroute6).request.configuration.tcpFlags == .syn)
    #expect(try Self.parse("-E ::1", .tcptraceroute6).request.configuration.tcpFlags.rawValue == 0xc2)
    #expect(try Self.parse("-A -E ::1", .tcptraceroute6).request.configuration.tcpFlags == .ack)
    #expect(try Self.parse("::1", .tcptraceroute6).request.configuration.tcpOptions.isEmpty)
    #expect(try Self.text("::1", .tcptraceroute6).showsPortState)
    #expect(try !Self.text("-A ::1", .tcptraceroute6).showsPortState)
  }

  /// The header names 40 octets at least, the probe has its own header beside.
  @Test(arguments: [
    ("::1 20", 40, 48), ("::1 100", 100, 100), ("-I ::1 0", 40, 48), ("-S ::1 50", 50, 60),
    ("::1 ''", 40, 48),
  ])
  func lengths(_ line: String, _ named: Int, _ sent: Int) throws {
    #expect(try Self.text(line).packetLength == named)
    #expect(try Self.parse(line).request.configuration.packetLength == sent)
  }

  @Test func theRest() throws {
    let invocation = try Self.parse(
      "-nl -f 2 -m 0x10 -q 1 -r -d -t 7 -w 1 -z 20 -i eth0 -s fd00::1 -F -x ::1")
    let request = invocation.request
    #expect(request.configuration.firstHop == 2)
    #expect(request.configuration.maximumHops == 16)
    #expect(request.configuration.queries == 1)
    #expect(request.isRoutingBypassed)
    #expect(request.isSocketDebugged)
    #expect(request.configuration.trafficClass == 7)
    #expect(request.configuration.wait == .fixed(.seconds(1)))
    #expect(request.configuration.minimumGap == .milliseconds(20))
    #expect(request.interface == "eth0")
    #expect(request.source == "fd00::1")
    #expect(try Self.text("-nl ::1").showsHopLimit)
    #expect(try Self.text("-n ::1").isNumeric)
    #expect(try !Self.text("-n -N ::1").isNumeric)
    #expect(try Self.parse("-g fd00::1 -g fd00::2 ::1").request.gateways == ["fd00::1", "fd00::2"])
  }

  @Test(arguments: [("-h", 0), ("--help", 0), ("-V", 0)])
  func helpAndVersionAreNoFailure(_ line: String, _ code: Int32) throws {
    for face in Face.allCases {
      let exit = try #require(throws: EarlyExit.self) { try Self.parse(line, face) }
      #expect(exit.exitCode == code)
      #expect(exit.standardError.isEmpty)
      #expect(!exit.standardOutput.isEmpty)
    }
  }
}
