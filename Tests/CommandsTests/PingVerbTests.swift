import ProbeEngine
import Runtime
import Testing
import Timing
import Wire

@testable import Commands

@Suite struct PingVerbTests {
  private func message(_ arguments: [String]) -> String {
    do throws(EarlyExit) {
      _ = try PingVerb.parse(arguments)
      return "no error"
    } catch {
      #expect(error.standardOutput.isEmpty)
      #expect(error.exitCode == 2)
      #expect(error.standardError.hasSuffix("\nTry 'probe6 ping --help'.\n"))
      return String(error.standardError.prefix { $0 != "\n" })
    }
  }

  @Test func defaultsWaitASecondForEachProbe() throws {
    let invocation = try PingVerb.parse(["a", "b"])
    #expect(invocation.request.targetNames == ["a", "b"])
    #expect(invocation.request.configuration.wait == .perProbe(.seconds(1)))
    #expect(invocation.request.configuration.pace == .schedule(.constant(interval: .seconds(1))))
    #expect(invocation.request.configuration.until == .stopped)
    #expect(invocation.request.looksUpNames)
    #expect(invocation.output == PingOutputOptions(style: .text, exitPolicy: .verb))
  }

  @Test func longNamesAndShortOnesAreTheSame() throws {
    let long = try PingVerb.parse([
      "--count", "3", "--interval=100us", "--size=100", "--timeout", "1.5ms", "--deadline", "0.5",
      "--hop-limit", "9",
      "--traffic-class", "0x20", "--flow-label", "5", "--interface", "eth0", "--mark", "7", "--pmtud", "do",
      "--pattern", "ff00", "--preload", "2", "--identifier", "77", "--quiet", "--verbose", "--numeric",
      "--outstanding", "--audible", "--timestamps", "--user-to-user", "--no-multicast-loop", "--no-route",
      "--send-buffer", "4096", "--sticky-source", "--socket-debug", "--precise", "h",
    ])
    let short = try PingVerb.parse([
      "-qvnOaDULrBd3c3", "-i100us", "-s100", "-W1.5ms", "-w.5", "-t9", "-Q32", "-F0x5", "-Ieth0", "-m0x7",
      "-Mdo",
      "-pff00", "-l2", "-e77", "-S4096", "-6", "h",
    ])
    #expect("\(long)" == "\(short)")
    let configuration = long.request.configuration
    #expect(configuration.pace == .schedule(.constant(interval: .microseconds(100))))
    #expect(configuration.wait == .perProbe(.microseconds(1500)))
    #expect(configuration.deadline == .milliseconds(500))
    #expect(configuration.until == .attempted(3))
    #expect(configuration.payloadLength == 100)
    #expect(configuration.pattern == [0xff, 0])
    #expect(configuration.preload == 2)
    #expect(configuration.measuresUserToUser && configuration.reportsOutstanding)
    #expect(long.request.hopLimit == 9)
    #expect(long.request.trafficClass == 0x20)
    #expect(long.request.flowLabel == 5)
    #expect(long.request.interface == "eth0")
    #expect(long.request.mark == 7)
    #expect(long.request.pathMTUDiscovery == .do)
    #expect(long.request.identifier == 77)
    #expect(long.request.sendBuffer == 4096)
    #expect(
      long.request.isMulticastLoopOff && long.request.isRoutingBypassed && long.request.isSocketDebugged)
    #expect(long.request.isSourceFixed && !long.request.looksUpNames)
    #expect(long.output.isQuiet && long.output.isVerbose && long.output.isNumeric && long.output.isAudible)
    #expect(long.output.showsTimestamps && long.output.isPrecise && long.output.reportsOutstanding)
    // A deadline alone does not make an error the end of the run, unlike iputils' -w.
    #expect(!configuration.stopsAtError)
  }

  @Test func whatOnlyTheVerbHasIsFilledIn() throws {
    let invocation = try PingVerb.parse([
      "--source", "fe80::1%eth0", "--seed", "0xffffffffffffffff", "--json", "--histogram", "--timing",
      "--report-sent",
      "--raw", "--capture", "pcap", "--pace", "precise", "--schedule", "burst:4", "-i", "1ms", "h",
    ])
    #expect(invocation.request.source == "fe80::1%eth0")
    #expect(invocation.request.interface == "eth0")
    #expect(invocation.request.seed == .max)
    #expect(invocation.request.path == .raw)
    #expect(invocation.request.arrival == .pcap)
    #expect(invocation.request.isPacePrecise)
    #expect(
      invocation.request.configuration.pace == .schedule(.burst(count: 4, interval: .milliseconds(1))))
    #expect(invocation.request.configuration.reportsSent)
    #expect(invocation.output.style == .json)
    #expect(invocation.output.showsHistogram && invocation.output.showsTiming)
    #expect(try PingVerb.parse(["--csv", "--datagram", "h"]).output.style == .csv)
    #expect(
      try PingVerb.parse(["--schedule=poisson", "h"]).request.configuration.pace
        == .schedule(.poisson(mean: .seconds(1))))
    #expect(try PingVerb.parse(["--flood", "-l9", "h"]).request.configuration.pace == .flood(window: 9))
    #expect(
      try PingVerb.parse(["-A", "-i5ms", "h"]).request.configuration.pace
        == .adaptive(minimum: .milliseconds(5)))
  }

  @Test func theConditionOfTheRunIsChosenByUntil() throws {
    func configuration(_ arguments: String...) throws -> PingConfiguration {
      try PingVerb.parse(arguments + ["h"]).request.configuration
    }
    #expect(try configuration("--until", "count", "-c4").until == .attempted(4))
    #expect(try configuration("--until", "reply").until == .replied(1))
    #expect(try configuration("--until", "reply", "-c4").until == .replied(4))
    #expect(try configuration("--until", "reply").stopsAtError)
    #expect(try !configuration("--until", "reply", "--ignore-errors").stopsAtError)
    #expect(try configuration("--until", "up").until == .replied(1))
    #expect(try !configuration("--until", "up").stopsAtError)
    #expect(try configuration("--until", "down").until == .down)
    #expect(message(["--until", "count", "h"]).contains("needs --count"))
    #expect(message(["--until", "down", "-c1", "h"]).contains("--deadline"))
    #expect(
      message(["--until", "sideways", "h"])
        == "probe6 ping: --until: 'sideways'; allowed: count, reply, up, down")
  }

  @Test func anInterfaceIsProbedByNameIndexOrAddress() throws {
    func question(_ arguments: String...) throws -> InterfaceQuestion? {
      guard
        case .extendedEcho(let question) = try PingVerb.parse(arguments + ["h"]).request.configuration.message
      else { return nil }
      return question
    }
    #expect(
      try question("--probe", "eth0")
        == InterfaceQuestion(interface: .name([0x65, 0x74, 0x68, 0x30]), isLocal: true))
    #expect(try question("--probe", "7") == InterfaceQuestion(interface: .index(7), isLocal: true))
    #expect(try question("--probe", "::1") == InterfaceQuestion(interface: .ipv6(.loopback), isLocal: true))
    #expect(
      try question("--neighbor", "--probe", "192.0.2.1")
        == InterfaceQuestion(interface: .ipv4(0xc000_0201), isLocal: false))
    #expect(message(["--neighbor", "--probe", "eth0", "h"]).contains("by its address only"))
    #expect(message(["--neighbor", "h"]).contains("--probe"))
    #expect(message(["--probe", "0", "h"]).contains("not an index"))
    #expect(message(["--probe", "4294967296", "h"]).contains("not an index"))
    #expect(message(["--probe", "", "h"]).contains("''"))
    #expect(message(["--probe", "eth0", "-N", "name", "h"]).contains("exclude"))
  }

  /// faults.md's table of hostile numbers, for every option that takes one.
  @Test(arguments: [
    ("--count", "1", "9223372036854775807"), ("--preload", "1", "65536"), ("--size", "0", "65527"),
    ("--identifier", "0", "65535"), ("--hop-limit", "0", "255"), ("--traffic-class", "0", "255"),
    ("--flow-label", "0", "1048575"), ("--mark", "0", "4294967295"), ("--seed", "0", "18446744073709551615"),
    ("--send-buffer", "1", "2147483647"),
  ]) func everyNumberIsHeldToItsRange(_ option: String, _ lowest: String, _ highest: String) throws {
    _ = try PingVerb.parse([option, lowest, "h"])
    _ = try PingVerb.parse([option, highest, "h"])
    let beyond = String((UInt128(highest) ?? 0) + 1)
    for text in ["-1", beyond, "99999999999999999999999999999999999999999999"] + (lowest == "1" ? ["0"] : [])
    {
      #expect(
        message([option, text, "h"])
          == "probe6 ping: \(option): '\(text)' is out of range; allowed: \(lowest) to \(highest)")
    }
    for text in ["", "abc", "NaN", "1e309", "1e3", "0x", "１", "1.5", " 1", "1 ", "+1", "1_0", "\u{1b}[2J"] {
      let shown = text == "\u{1b}[2J" ? "\\x1b[2J" : text
      #expect(
        message([option, text, "h"])
          == "probe6 ping: \(option): '\(shown)' is not a whole number; allowed: \(lowest) to \(highest)")
    }
  }

  @Test(arguments: ["--interval", "--deadline", "--timeout"])
  func everyLengthOfTimeIsHeldToItsRange(_ option: String) throws {
    _ = try PingVerb.parse([option, "1ns", "h"])
    _ = try PingVerb.parse([option, "2147483.647s", "h"])
    for text in [
      "-1", "0", "0.0", "2147483.648", "1e309", "NaN", "0x", "１", "99999999999999999999999h", "0.1ns", "abc",
      "",
    ] {
      #expect(message([option, text, "h"]).hasPrefix("probe6 ping: \(option)"), "\(text)")
    }
    #expect(
      message([option, "x", "h"]).contains("is not a length of time such as 0.5, 100us or 2m; allowed: "))
  }

  @Test func whatDoesNotGoTogetherIsSaid() {
    #expect(message([]).contains("no target"))
    #expect(message(["--json", "--csv", "h"]).contains("exclude"))
    #expect(message(["--raw", "--datagram", "h"]).contains("exclude"))
    #expect(message(["--datagram", "--capture", "pcap", "h"]).contains("excludes --datagram"))
    #expect(message(["--datagram", "-N", "name", "h"]).contains("excludes --datagram"))
    #expect(message(["--datagram", "-e", "0", "h"]).contains("excludes --datagram"))
    #expect(message(["--flood", "--schedule", "poisson", "h"]).contains("--flood"))
    #expect(message(["-4", "h"]).contains("IPv6 only"))
    #expect(message(["--schedule", "burst:0", "h"]).contains("1 to 65536"))
    #expect(message(["--schedule", "burst", "h"]).contains("burst:N"))
    #expect(message(["--pattern", "f", "h"]).contains("two hexadecimal digits"))
    #expect(message(["--source", "eth0", "h"]).contains("not an IPv6 address"))
    #expect(message(["-N", "subject-ipv6=::1", "h"]).contains("without a query"))
  }

  @Test func anUnknownOptionComesWithTheNearestOne() {
    #expect(message(["--cuont", "3", "h"]) == "probe6 ping: unknown option '--cuont'; did you mean --count?")
    #expect(message(["--ttl", "3", "h"]) == "probe6 ping: unknown option '--ttl'")
    #expect(message(["--xyzzyplugh", "h"]) == "probe6 ping: unknown option '--xyzzyplugh'")
    #expect(message(["-z", "h"]) == "probe6 ping: unknown option '-z'")
    #expect(message(["--count"]) == "probe6 ping: --count needs an argument")
    #expect(message(["--quiet=1", "h"]) == "probe6 ping: --quiet takes no argument")
    #expect(
      message(["--no", "h"])
        == "probe6 ping: '--no' could be --node-info or --no-multicast-loop or --no-route")
  }
}
