import ProbeEngine
import Report
import Runtime
import Testing
import Timing
import Wire

@testable import Commands

@Suite struct ButskoyTracerouteTests {
  static func parse(
    _ line: String, as programName: String = "traceroute6", settings: [String: String] = [:],
    environment: [String: String] = [:]
  ) throws -> TraceFaceInvocation {
    var surroundings = ButskoyTraceroute.Surroundings()
    surroundings.setting = { settings[$0] }
    surroundings.environment = { environment[$0] }
    surroundings.port = { $0 == "http" ? 80 : nil }
    surroundings.stamp = 0x0102_0304
    return try ButskoyTraceroute.parse(
      line.split(separator: " ").map(String.init), programName: programName, in: surroundings)
  }

  static func configuration(_ line: String) throws -> TraceConfiguration {
    try parse(line).request.configuration
  }

  static func text(_ line: String) throws -> ButskoyTextOptions {
    guard case .butskoy(let options) = try parse(line).text else { throw WrongText() }
    return options
  }

  struct WrongText: Error {}

  @Test func aPlainTraceIsTheOriginals() throws {
    let request = try Self.parse("::1").request
    #expect(request.targetNames == ["::1"])
    #expect(request.path == .errorQueue)
    #expect(request.hasSocketPerProbe)
    #expect(request.isFragmentationAllowed == true)
    #expect(request.configuration.endsAtPacketTooBig)
    let configuration = request.configuration
    #expect(configuration.method == .udp)
    #expect(configuration.mode == .hops)
    #expect(configuration.correlation == .portPerProbe)
    #expect(configuration.payload == .traceroute)
    #expect(configuration.flow.destinationPort == 33_434)
    #expect(!configuration.isDestinationPortFixed)
    #expect(configuration.packetLength == 80)
    #expect(configuration.isLengthFixed)
    #expect(configuration.firstHop == 1)
    #expect(configuration.maximumHops == 30)
    #expect(configuration.queries == 3)
    #expect(configuration.maximumInFlight == 16)
    #expect(configuration.wait == .traceroute(maximum: .seconds(5), here: 3, near: 10))
    #expect(configuration.minimumGap == .zero)
  }

  @Test(arguments: ["-nq 1 ::1", "-q1 -n ::1", "-n -- ::1", "::1 -n", "-6 -n ::1", "-n ::1 80"])
  func clustersAndOrderAreFree(_ line: String) throws {
    #expect(try Self.text(line).isNumeric)
    #expect(try Self.parse(line).request.targetNames == ["::1"])
  }

  @Test func anArgumentIsAttachedOnlyToAnOptionThatStandsFirst() throws {
    #expect(try Self.configuration("-q1 ::1").queries == 1)
    #expect(throws: EarlyExit.self) { try Self.configuration("-nq1 ::1") }
  }

  @Test func longNamesAreCutShortOnlyWhereTheOriginalLetsThem() throws {
    #expect(try Self.parse("--dont ::1").request.isFragmentationAllowed == false)
    #expect(try Self.text("--ext ::1").showsExtensions)
    #expect(throws: EarlyExit.self) { try Self.configuration("--que=2 ::1") }
  }

  @Test func whatFollowsTwoDashesIsNoOption() throws {
    #expect(try Self.parse("-n -- -q").request.targetNames == ["-q"])
    #expect(try Self.parse("-n ---").request.targetNames == ["---"])
    #expect(try Self.parse("-n -").request.targetNames == ["-"])
  }

  @Test func afterTheHostNoOptionComesWherePOSIXIsAskedFor() throws {
    #expect(throws: EarlyExit.self) {
      try Self.parse("::1 -n", environment: ["POSIXLY_CORRECT": ""])
    }
  }

  @Test(arguments: [
    ("-q 0x3", 3), ("-q 010", 8), ("-q +2", 2), ("-q 4294967297", 1),
  ])
  func numbersAreCs(_ option: String, _ queries: Int) throws {
    #expect(try Self.configuration(option + " ::1").queries == queries)
  }

  @Test(arguments: [
    ("::1", 80), ("::1 20", 48), ("::1 100", 100), ("-I ::1", 80), ("-I ::1 20", 48), ("-I ::1 64", 64),
    ("-T ::1", 64), ("-T ::1 200", 64), ("::1 65000", 65_000), ("--mtu ::1", 65_000),
    ("--mtu ::1 2000", 2_000),
    ("-U ::1 60", 60), ("-M tcpconn ::1", 80),
  ])
  func theHeaderNamesTheLengthThatIsSent(_ line: String, _ octets: Int) throws {
    #expect(try Self.text(line).packetLength == octets)
    #expect(try Self.configuration(line).packetLength == octets)
  }

  @Test func theMethodsHaveTheirPorts() throws {
    #expect(try Self.configuration("-p 4000 ::1").flow.destinationPort == 4_000)
    #expect(try Self.configuration("-p 80x ::1").flow.destinationPort == 80)
    #expect(try Self.configuration("-p http ::1").flow.destinationPort == 80)
    #expect(try Self.configuration("-T ::1").flow.destinationPort == 80)
    #expect(try Self.configuration("-T -p 443 ::1").flow.destinationPort == 443)
    let constant = try Self.configuration("-U ::1")
    #expect(constant.flow.destinationPort == 53)
    #expect(constant.isDestinationPortFixed)
    #expect(try Self.configuration("-I ::1").flow.destinationPort == 0)
    #expect(try Self.configuration("-I ::1").firstSequence == 1)
    #expect(try Self.configuration("-I -p 7 ::1").firstSequence == 7)
  }

  @Test(arguments: [
    ("-I", TraceConfiguration.Method.icmp), ("-T", .tcp), ("-U", .udp), ("-M ICMP", .icmp),
    ("-M tcpconn", .connect), ("-M default", .udp), ("--icmp", .icmp), ("-T -I", .icmp),
  ])
  func theMethodIsTheLastOneNamed(_ line: String, _ method: TraceConfiguration.Method) throws {
    #expect(try Self.configuration(line + " ::1").method == method)
  }

  @Test(arguments: [
    ("tcptraceroute", TraceConfiguration.Method.tcp), ("/usr/bin/tracert", .icmp), ("traceroute6", .udp),
    ("tracert6/traceroute", .udp),
  ])
  func theNameChoosesTheMethod(_ name: String, _ method: TraceConfiguration.Method) throws {
    #expect(try Self.parse("::1", as: name).request.configuration.method == method)
  }

  @Test func theWaysOut() throws {
    #expect(try Self.parse("-I ::1").request.path == .automatic)
    #expect(try Self.parse("-I -O raw ::1").request.path == .raw)
    #expect(try Self.parse("-I -O dgram ::1").request.path == .errorQueue)
    #expect(try Self.parse("-T ::1").request.path == .raw)
    let request = try Self.parse("-i eth0 -s fd00::1 --fwmark=0x10 -r -d -l 0x12345 -t 0x20 ::1").request
    #expect(request.interface == "eth0")
    #expect(request.source == "fd00::1")
    #expect(request.mark == 16)
    #expect(request.isRoutingBypassed)
    #expect(request.isSocketDebugged)
    #expect(request.flowLabel == 0x12345)
    #expect(request.configuration.trafficClass == 32)
    #expect(try Self.parse("-l 0x100000 ::1").request.flowLabel == nil)
    #expect(try Self.parse("-s :: ::1").request.source == nil)
    #expect(try Self.parse("-s name ::1").sourceName?.text == "name")
  }

  @Test(arguments: [
    ("-w 2", 2_000, 0.0, 0.0), ("-w 0.5,2", 500, 2, 0), ("-w 5,3,10", 5_000, 3, 10), ("-w 1,2,", 0, 0, 0),
  ])
  func theWaitHasThreeParts(_ option: String, _ maximum: Int64, _ here: Double, _ near: Double) throws {
    guard option.last != "," else {
      #expect(throws: EarlyExit.self) { try Self.configuration(option + " ::1") }
      return
    }
    #expect(
      try Self.configuration(option + " ::1").wait
        == .traceroute(maximum: .milliseconds(maximum), here: here, near: near))
  }

  @Test(arguments: [
    ("-z 0.5", Nanoseconds.milliseconds(500)), ("-z 9.5", .milliseconds(9_500)), ("-z 10", .milliseconds(10)),
    ("-z 500", .milliseconds(500)),
  ])
  func fromTenOnTheGapIsInMilliseconds(_ option: String, _ gap: Nanoseconds) throws {
    #expect(try Self.configuration(option + " ::1").minimumGap == gap)
  }

  @Test func probesFromOneSourcePortGoOneAtATime() throws {
    let request = try Self.parse("--sport=4000 ::1").request
    #expect(request.sourcePort == 4_000)
    #expect(request.configuration.maximumInFlight == 1)
    #expect(request.configuration.wait == .traceroute(maximum: .seconds(5), here: 0, near: 0))
    #expect(try Self.configuration("--mtu ::1").maximumInFlight == 1)
    #expect(try Self.configuration("-N 0 ::1").maximumInFlight == 1)
  }

  @Test func theSearchForTheMTUIsUnfragmented() throws {
    let request = try Self.parse("--mtu ::1").request
    #expect(request.configuration.mode == .hops)
    #expect(request.isFragmentationAllowed == false)
    #expect(!request.configuration.endsAtPacketTooBig)
    #expect(try Self.text("--mtu ::1").discoversMTU)
  }

  @Test func aSegmentIsAsTheKernelsSettingsSay() throws {
    let all = [
      "net/ipv4/tcp_ecn": "2", "net/ipv4/tcp_sack": "1", "net/ipv4/tcp_timestamps": "1",
      "net/ipv4/tcp_window_scaling": "1",
    ]
    let configuration = try Self.parse("-T ::1", settings: all).request.configuration
    #expect(configuration.tcpFlags == .syn)
    #expect(
      configuration.tcpOptions == [
        2, 4, 5, 0xa0,  // maximum segment size 1440
        4, 2,  // SACK permitted
        8, 10, 1, 2, 3, 4, 0, 0, 0, 0,  // timestamps
        1, 3, 3, 2,  // window scale
      ])
    #expect(configuration.packetLength == 80)
    let withECN = try Self.parse("-T ::1", settings: ["net/ipv4/tcp_ecn": "1"]).request.configuration
    #expect(withECN.tcpFlags.rawValue == 0xc2)
  }

  @Test(arguments: [
    ("ack", 0x10, [UInt8]()), ("syn", 0x02, [2, 4, 5, 0xa0]), ("flags=0x11", 0x11, []),
    ("flags=0", 0, []), ("ecn", 0xc2, [2, 4, 5, 0xa0]), ("mss=1200", 0x02, [2, 4, 4, 0xb0]),
    ("sack", 0x02, [2, 4, 5, 0xa0, 1, 1, 4, 2]), ("fin,psh,urg", 0x29, []),
    ("window_", 0x02, [2, 4, 5, 0xa0, 1, 3, 3, 2]),
  ])
  func wordsOfTheModuleMakeTheSegment(_ words: String, _ flags: UInt16, _ options: [UInt8]) throws {
    let configuration = try Self.configuration("-T -O \(words) ::1")
    #expect(configuration.tcpFlags.rawValue == flags)
    #expect(configuration.tcpOptions == options)
    #expect(configuration.packetLength == 60 + options.count)
  }

  @Test func gatewaysGoIntoASegmentRoutingHeader() throws {
    let request = try Self.parse("-g fd00::1,fd00::2 -g fd00::3 ::1").request
    #expect(request.gateways == ["fd00::1", "fd00::2", "fd00::3"])
    #expect(request.path == .raw)
    #expect(request.configuration.packetLength == 80 + 8 + 16 * 4)
    #expect(try Self.parse("-g 4,fd00::1 ::1").request.gateways == ["fd00::1"])
  }

  @Test func systemsComeFromALocalFileOnly() throws {
    #expect(try Self.parse("-A ::1").systemsFile == nil)
    #expect(try Self.parse("-A --as-file=list ::1").systemsFile == "list")
    #expect(try Self.parse("-A ::1", environment: ["PROBE6_AS_FILE": "list"]).systemsFile == "list")
    #expect(try Self.parse("--as-file=list ::1").systemsFile == nil)
    #expect(try Self.text("-A ::1").showsSystems)
  }

  @Test func whatIsShown() throws {
    let options = try Self.text("-n -e --back -T -O info ::1")
    #expect(options.isNumeric)
    #expect(options.showsExtensions)
    #expect(options.showsWayBack)
    #expect(options.showsTCPFlags)
  }

  /// No octets on a command line trap.
  @Test func anyArgumentsEndInAnInvocationOrAnExit() {
    let pieces = [
      "-", "--", "-f", "-w", "1,,", "-O", "-T", "=", "ü", "\u{0}", "-q99999999999999999999999", "-z", "nan",
      "inf", "-1e400", "0x", "::1", "-s", "%", "-g", ",,", "--mtu", "-l", "1e5", "-p", "-UL", "-M",
    ]
    var state: UInt64 = 1
    for _ in 0..<3_000 {
      var arguments: [String] = []
      for _ in 0..<5 {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        arguments.append(pieces[Int(state >> 33) % pieces.count])
      }
      _ = try? ButskoyTraceroute.parse(arguments, programName: "traceroute6")
      _ = try? Ndisc6Traceroute.parse(arguments, programName: "x", face: .rltraceroute6)
      _ = try? Tracepath.parse(arguments, programName: "x")
    }
  }
}
