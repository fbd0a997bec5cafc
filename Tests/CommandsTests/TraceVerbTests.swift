import ProbeEngine
import Runtime
import Testing
import Timing

@testable import Commands

@Suite struct TraceVerbTests {
  @Test func defaultsAreUDPAlongOneFlow() throws {
    let invocation = try TraceVerb.parse(["a"])
    let configuration = invocation.request.configuration
    #expect(invocation.request.targetNames == ["a"])
    #expect(configuration.method == .udp)
    #expect(configuration.flow.destinationPort == 33_434)
    #expect(configuration.correlation == .keyed)
    #expect(configuration.mode == .hops)
    #expect(configuration.queries == 3)
    #expect(configuration.firstHop == 1 && configuration.maximumHops == 30)
    #expect(configuration.packetLength == 80)
    #expect(!configuration.sharesHops && !invocation.request.keepsGoingWithoutNames)
    #expect(invocation.output == TraceOutputOptions())
  }

  @Test func longNamesAndShortOnesAreTheSame() throws {
    let long = try TraceVerb.parse([
      "--method", "tcp", "--port", "443", "--queries", "2", "--first", "3", "--max-hops", "9", "--wait",
      "1.5",
      "--numeric", "--verbose", "--source", "fd00::1", "--interface", "eth0", "--traffic-class", "0x20",
      "--flow-label=0xabcde", "--in-flight", "7", "--no-route", "--socket-debug", "--gateway", "fd00::2", "h",
    ])
    let short = try TraceVerb.parse([
      "-nvTrd6p443", "-q2", "-f3", "-m9", "-w1500ms", "-sfd00::1", "-ieth0", "-Q32", "-F703710", "-N7",
      "-gfd00::2", "h",
    ])
    #expect("\(long)" == "\(short)")
    let configuration = long.request.configuration
    #expect(configuration.method == .tcp)
    #expect(configuration.flow.destinationPort == 443)
    #expect(configuration.queries == 2)
    #expect(configuration.firstHop == 3 && configuration.maximumHops == 9)
    #expect(configuration.wait == .fixed(.milliseconds(1_500)))
    #expect(configuration.trafficClass == 0x20)
    #expect(configuration.maximumInFlight == 7)
    #expect(long.request.flowLabel == 0xabcde)
    #expect(long.request.source == "fd00::1" && long.request.interface == "eth0")
    #expect(long.request.isRoutingBypassed && long.request.isSocketDebugged)
    // A routing header can only leave by a raw socket.
    #expect(long.request.path == .raw && long.request.gateways == ["fd00::2"])
    #expect(long.output.isNumeric && long.output.isVerbose)
  }

  @Test(arguments: [
    (["-U"], TraceConfiguration.Method.udp, UInt16(33_434)), (["-I"], .icmp, 0), (["-T"], .tcp, 80),
    (["--udp"], .udp, 33_434), (["--icmp"], .icmp, 0), (["--tcp"], .tcp, 80),
    (["--method=connect"], .connect, 80),
    (["-T", "--method", "tcp"], .tcp, 80),
  ]) func methodsHaveTheirPorts(_ options: [String], _ method: TraceConfiguration.Method, _ port: UInt16)
    throws
  {
    let configuration = try TraceVerb.parse(options + ["h"]).request.configuration
    #expect(configuration.method == method)
    #expect(configuration.flow.destinationPort == port)
  }

  @Test func whatElseCanBeSaidIsFilledIn() throws {
    let invocation = try TraceVerb.parse([
      "--classic", "--source-port", "1234", "--packet-size", "1280", "--pattern", "ff00", "--mark", "0x7",
      "--rate", "2.5", "--per-hop", "1", "--gap-limit", "5", "--deadline", "2m", "--unprivileged", "--seed",
      "1",
      "--as-file", "table", "--no-dns", "h",
    ])
    let configuration = invocation.request.configuration
    #expect(configuration.correlation == .portPerProbe)
    #expect(configuration.packetLength == 1_280)
    #expect(configuration.payload == .pattern([0xff, 0]))
    #expect(configuration.rate == 2.5)
    #expect(configuration.inFlightPerHop == 1)
    #expect(configuration.gapLimit == 5)
    #expect(configuration.deadline == .seconds(120))
    #expect(invocation.request.sourcePort == 1_234)
    #expect(invocation.request.mark == 7)
    #expect(invocation.request.path == .errorQueue)
    #expect(invocation.request.seed == 1)
    #expect(invocation.output.systemsFile == "table")
    #expect(invocation.output.isNumeric)
  }

  @Test func modesAndFormats() throws {
    let paths = try TraceVerb.parse(["--paths", "--format", "dot", "h"])
    #expect(paths.request.configuration.mode == .paths(confidence: 0.95))
    #expect(paths.output.style == .dot)
    let surer = try TraceVerb.parse(["--paths", "--confidence", "99", "--json", "h"])
    #expect(surer.request.configuration.mode == .paths(confidence: 0.99))
    #expect(surer.output.style == .json && surer.request.configuration.reportsProbes)
    #expect(try TraceVerb.parse(["--mtu", "h"]).request.configuration.mode == .mtu)
    let live = try TraceVerb.parse(["--live", "--interval", "200ms", "h"])
    #expect(live.request.configuration.mode == .rounds(count: nil, interval: .milliseconds(200)))
    #expect(live.output.style == .live)
    let report = try TraceVerb.parse(["--report", "10", "h"])
    #expect(report.request.configuration.mode == .rounds(count: 10, interval: .seconds(1)))
    #expect(report.output.style == .report)
    #expect(try TraceVerb.parse(["--live", "--json", "h"]).output.style == .json)
    #expect(try TraceVerb.parse(["--format", "atlas", "h"]).output.style == .atlas)
    #expect(try TraceVerb.parse(["--format=scamper", "h"]).output.style == .scamper)
    #expect(try TraceVerb.parse(["--format=json", "--json", "h"]).output.style == .json)
  }

  @Test func severalTargetsShareHopsAndGoOnWithoutNamesThatFail() throws {
    let several = try TraceVerb.parse(["a", "b"])
    #expect(several.request.configuration.sharesHops && several.request.keepsGoingWithoutNames)
    let alone = try TraceVerb.parse(["a", "b", "--no-share-hops"])
    #expect(!alone.request.configuration.sharesHops && alone.request.keepsGoingWithoutNames)
    #expect(try !TraceVerb.parse(["a", "b", "--paths"]).request.configuration.sharesHops)
    let lists = try TraceVerb.parse(["a", "-", "--file", "f", "--file=g"])
    #expect(lists.targetLists == [.standardInput, .file("f"), .file("g")])
    #expect(lists.request.targetNames == ["a"])
    #expect(lists.request.configuration.sharesHops)
  }

  @Test func portsMayStandBehindTargets() throws {
    let bracketed = try TraceVerb.parse(["-T", "[fd00::1]:443"])
    #expect(bracketed.request.targetNames == ["fd00::1"])
    #expect(bracketed.request.configuration.flow.destinationPort == 443)
    let zoned = try TraceVerb.parse(["[fe80::1%eth0]:53", "[fd00::2]", "name:53"])
    #expect(zoned.request.targetNames == ["fe80::1%eth0", "fd00::2", "name"])
    #expect(zoned.request.configuration.flow.destinationPort == 53)
    #expect(try TraceVerb.parse(["-p53", "name:53"]).port == 53)
    // Without brackets the last group belongs to the address.
    #expect(try TraceVerb.parse(["fd00::1:443"]).request.targetNames == ["fd00::1:443"])
  }

  @Test(arguments: [
    ([], "no target; give a name or an IPv6 address"),
    (["--port", "0", "h"], "--port: '0' is out of range; allowed: 1 to 65535"),
    (["-p", "http", "h"], "-p: 'http' is not a whole number; allowed: 1 to 65535"),
    (["-q0", "h"], "-q: '0' is out of range; allowed: 1 to 255"),
    (["-m256", "h"], "-m: '256' is out of range; allowed: 1 to 255"),
    (["-f9", "-m3", "h"], "--first 9 is beyond the last hop, --max-hops 3"),
    (["--method", "sctp", "h"], "--method: 'sctp'; allowed: udp, icmp, tcp, connect"),
    (["-I", "-T", "h"], "-I and -T exclude each other"),
    (["-I", "--method", "udp", "h"], "-I and --method udp exclude each other"),
    (["--confidence", "90", "--paths", "h"], "--confidence: '90'; allowed: 95, 99"),
    (["--confidence", "95", "h"], "--confidence has no meaning without --paths"),
    (["--interval", "1", "h"], "--interval has no meaning without --live or --report"),
    (["--paths", "--mtu", "h"], "--paths and --mtu exclude each other"),
    (["--live", "--report", "3", "h"], "--live and --report exclude each other"),
    (["--raw", "--unprivileged", "h"], "--raw and --unprivileged exclude each other"),
    (["--json", "--format", "atlas", "h"], "--json and --format atlas exclude each other"),
    (["--format", "csv", "h"], "--format: 'csv'; allowed: text, json, atlas, scamper, dot"),
    (["--format", "dot", "h"], "--format dot makes no sense here: only --paths makes a graph"),
    (
      ["--format", "atlas", "--paths", "h"],
      "--format atlas makes no sense here: that format has no place for what --paths finds"
    ),
    (
      ["--classic", "--paths", "h"],
      "--classic makes no sense here: --paths follows flows, and --classic changes the flow with every probe"
    ),
    (
      ["--classic", "-p65500", "h"],
      "--classic: from port 65500 on there are not enough for 90 probes"
    ),
    (
      ["-q3", "--paths", "h"],
      "--queries makes no sense here: --paths sends as many probes as its confidence asks for"
    ),
    (["-q3", "--live", "h"], "--queries makes no sense here: each round sends one probe to a hop"),
    (["-F1", "--paths", "h"], "--flow-label makes no sense here: --paths varies it"),
    (
      ["-gfd00::1", "--unprivileged", "h"],
      "--gateway makes no sense here: it needs a raw socket, and --unprivileged excludes that"
    ),
    (["-g", "fe80::1", "h"], "-g: 'fe80::1' is not a unicast IPv6 address of global scope"),
    (
      ["--method=connect", "--raw", "h"],
      "--raw makes no sense here: --method connect leaves the packets to the kernel"
    ),
    (["--method=connect", "--mtu", "h"], "--mtu makes no sense here: connect(2) makes its own packets"),
    (["-I", "-p80", "h"], "port 80 makes no sense here: echo requests have none"),
    (["-I", "h:80"], "port 80 makes no sense here: echo requests have none"),
    (["-T", "--pattern", "ff", "h"], "--pattern makes no sense here: a SYN carries no payload here"),
    (
      ["--size", "100", "h"],
      "--size: ping counts the octets of payload; say --packet-size, octets of the whole packet"
    ),
    (["--packet-size", "40", "h"], "--packet-size: '40' is out of range; allowed: 48 to 65575"),
    (["--rate", "0", "h"], "--rate: '0' is out of range; allowed: 0.001 to 3000000 probes a second"),
    (["--rate", "fast", "h"], "--rate: 'fast' is not a number; allowed: 0.001 to 3000000 probes a second"),
    (["--share-hops", "h"], "--share-hops makes no sense here: there is one target"),
    (["--share-hops", "--mtu", "a", "b"], "--share-hops makes no sense here: --mtu asks every hop anew"),
    (["-", "-"], "-: standard input can be read only once"),
    (["--file", "", "h"], "--file: '' is not a file name"),
    (["-4", "h"], "-4: probe6 is IPv6 only"),
    (["--quereis", "3", "h"], "unknown option '--quereis'; did you mean --queries?"),
    (["h:0"], "'h:0': '0' is not a port; allowed: 1 to 65535"),
    (["[fd00::1]:99999"], "'[fd00::1]:99999': '99999' is not a port; allowed: 1 to 65535"),
    (["-p1", "h:2"], "'h:2': port 2, and 1 was said before; all targets of a run have one port"),
    (["[fd00::1"], "'[fd00::1': brackets that do not match; write [ADDRESS]:PORT, or the address alone"),
    (["[name]:80"], "'[name]:80': brackets stand around an address only; write name"),
    (
      ["1:2:3:4:5:6:7:8:443"],
      "'1:2:3:4:5:6:7:8:443': too many colons for an IPv6 address, which has eight groups; if the last one is a port, write [ADDRESS]:PORT"
    ),
    (
      ["[fe80::1]:80"],
      "'[fe80::1]:80': the zone is missing: an address of this scope means nothing without its interface; write fe80::1%INTERFACE"
    ),
    (
      ["name%eth0"],
      "'name%eth0': a zone belongs to an address, not to a name; write name, and choose the interface with -i"
    ),
    (["http://h/"], "'http://h/': a URL; write h"),
  ]) func whatIsWrongIsSaidWithWhatWouldBeRight(_ arguments: [String], _ text: String) {
    do throws(EarlyExit) {
      _ = try TraceVerb.parse(arguments)
      Issue.record("\(arguments) parses")
    } catch {
      #expect(String(error.standardError.prefix { $0 != "\n" }) == "probe6 trace: " + text)
      #expect(error.exitCode == 2 && error.standardOutput.isEmpty)
    }
  }

  @Test func interfacesAreOfferedWhereAZoneIsMissing() {
    let error = #expect(throws: EarlyExit.self) {
      try TraceVerb.parse(["fe80::1"]) { ["eth0", "eth1"] }
    }
    #expect(error?.standardError.hasSuffix("write fe80::1%INTERFACE (one of 'eth0', 'eth1')\n") == true)
  }

  /// What help lists, in its order: scripts and fingers know these names.
  @Test func theOptionsAreThese() {
    let listed = HelpText.render(.trace).split(separator: "\n")
      .filter { $0.hasPrefix("  -") || $0.hasPrefix("      --") }
      .map { String(Substring($0.unicodeScalars.prefix(34)).drop(while: { $0 == " " })) }
      .map { line in String(line.reversed().drop(while: { $0 == " " }).reversed()) }
    #expect(
      listed == [
        "-M, --method METHOD",
        "-U, --udp",
        "-I, --icmp",
        "-T, --tcp",
        "-p, --port N",
        "--source-port N",
        "-q, --queries N",
        "-f, --first N",
        "-m, --max-hops N",
        "--classic",
        "--paths",
        "--confidence PERCENT",
        "--mtu",
        "--live",
        "--report N",
        "--interval TIME",
        "--packet-size N",
        "--pattern HEX",
        "-Q, --traffic-class N",
        "-F, --flow-label N",
        "-g, --gateway ADDRESS",
        "--seed N",
        "-s, --source ADDRESS",
        "-i, --interface NAME",
        "--mark N",
        "-r, --no-route",
        "-d, --socket-debug",
        "--raw",
        "--unprivileged",
        "--rate N",
        "-N, --in-flight N",
        "--per-hop N",
        "-w, --wait TIME",
        "--gap-limit N",
        "--deadline TIME",
        "--file FILE",
        "--share-hops",
        "--no-share-hops",
        "--json",
        "--format FORMAT",
        "--as-file FILE",
        "-D, --timestamps",
        "-n, --numeric",
        "-v, --verbose",
        "-h, --help",
        "-V, --version",
      ])
  }

  @Test func thePathMTUIsSoughtFromTheLinksUnlessASizeIsGiven() throws {
    #expect(try TraceVerb.parse(["--mtu", "h"]).request.configuration.packetLength == 0)
    #expect(
      try TraceVerb.parse(["--mtu", "--packet-size", "9000", "h"]).request.configuration.packetLength == 9_000
    )
  }

  @Test func pathsKeepAPortThatWasAskedFor() throws {
    #expect(try TraceVerb.parse(["--paths", "-p53", "h"]).request.configuration.isDestinationPortFixed)
    #expect(try TraceVerb.parse(["--paths", "h:53"]).request.configuration.isDestinationPortFixed)
    #expect(try !TraceVerb.parse(["--paths", "h"]).request.configuration.isDestinationPortFixed)
    // Elsewhere it would turn --classic around.
    #expect(try !TraceVerb.parse(["--classic", "-p53", "h"]).request.configuration.isDestinationPortFixed)
  }
}
