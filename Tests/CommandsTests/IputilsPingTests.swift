import ProbeEngine
import Runtime
import Testing
import Timing
import Wire

@testable import Commands

@Suite struct IputilsPingTests {
  private func parse(
    _ arguments: [String], environment: [String: String] = [:], isRoot: Bool = true, isSecure: Bool = false
  ) throws -> PingInvocation {
    try IputilsPing.parse(
      arguments, programName: "ping6", environment: { environment[$0] }, isRoot: isRoot, isSecure: isSecure)
  }

  @Test func aBareDestinationGivesTheDefaultsOfIputils() throws {
    let invocation = try parse(["::1"])
    let configuration = invocation.request.configuration
    #expect(invocation.request.targetNames == ["::1"])
    #expect(configuration.payloadLength == 56)
    #expect(configuration.pace == .schedule(.constant(interval: .seconds(1))))
    #expect(configuration.preload == 1)
    #expect(configuration.wait == .untilEnd(ifSilent: .seconds(10)))
    #expect(configuration.until == .stopped)
    #expect(configuration.deadline == nil)
    #expect(!configuration.stopsAtError)
    #expect(invocation.request.path == .automatic)
    #expect(invocation.request.identifier == nil)
    #expect(invocation.output == PingOutputOptions(style: .face, exitPolicy: .iputils))
    #expect(invocation.notices.isEmpty)
  }

  /// The command lines of common callers.
  @Test(arguments: [
    ["-nqc3", "-i", "0.2", "host"], ["-n", "-q", "-c", "3", "-i0.2", "host"], ["host", "-c3", "-nqi", "0.2"],
    ["-nq", "-c3", "-i.2", "--", "host"], ["-c", " +3", "-i", "2e-1", "-nq", "host"],
  ]) func clustersAndOrderMakeNoDifference(_ arguments: [String]) throws {
    let invocation = try parse(arguments)
    #expect(invocation.request.targetNames == ["host"])
    #expect(invocation.request.configuration.until == .attempted(3))
    #expect(
      invocation.request.configuration.pace == .schedule(.constant(interval: .milliseconds(200))))
    #expect(invocation.output.isNumeric)
    #expect(invocation.output.isQuiet)
    #expect(!invocation.request.looksUpNames)
  }

  @Test func aCountEndsAtProbesAndWithADeadlineAtReplies() throws {
    #expect(try parse(["-c2", "::1"]).request.configuration.until == .attempted(2))
    let both = try parse(["-c2", "-w", "5", "::1"]).request.configuration
    #expect(both.until == .replied(2))
    #expect(both.deadline == .seconds(5))
    #expect(both.stopsAtError)
    let deadline = try parse(["-w", "3", "::1"]).request.configuration
    #expect(deadline.until == .stopped)
    #expect(deadline.deadline == .seconds(3))
    for none in ["0", "00"] {
      let configuration = try parse(["-c2", "-w", none, "::1"]).request.configuration
      #expect(configuration.deadline == nil)
      #expect(configuration.until == .attempted(2))
      #expect(!configuration.stopsAtError)
    }
    #expect(
      try parse(["-c", "9223372036854775807", "::1"]).request.configuration.until == .attempted(1 << 63 - 1))
    // Measured: decimal, not octal.
    #expect(try parse(["-c", "010", "::1"]).request.configuration.until == .attempted(10))
  }

  @Test func lingerTimeZeroWaitsForEver() throws {
    #expect(try parse(["-W0", "::1"]).request.configuration.wait == .untilEnd(ifSilent: nil))
    #expect(
      try parse(["-W", "0.25", "::1"]).request.configuration.wait == .untilEnd(ifSilent: .milliseconds(250)))
  }

  @Test func paceFollowsFloodAdaptiveAndInterval() throws {
    func pace(_ arguments: [String], isRoot: Bool = true) throws -> (
      PingConfiguration.Pace, PingOutputOptions
    ) {
      let invocation = try parse(arguments + ["::1"], isRoot: isRoot)
      return (invocation.request.configuration.pace, invocation.output)
    }
    let flood = try pace(["-f", "-l", "5"])
    #expect(flood.0 == .flood(window: 5))
    #expect(flood.1.isFlood && flood.1.isNumeric && flood.1.showsPace)
    let paced = try pace(["-f", "-i", "0.5"], isRoot: false)
    #expect(paced.0 == .schedule(.constant(interval: .milliseconds(500))))
    #expect(paced.1.isFlood && paced.1.showsPace)
    let zero = try pace(["-i0"])
    #expect(zero.0 == .flood(window: 1))
    #expect(!zero.1.isFlood && zero.1.showsPace)
    #expect(try pace(["-A"], isRoot: false).0 == .adaptive(minimum: .milliseconds(2)))
    #expect(try pace(["-A"]).0 == .adaptive(minimum: .zero))
    #expect(try pace(["-i", "0.0001"]).0 == .schedule(.constant(interval: .microseconds(100))))
    #expect(try pace(["-i", "0.002"], isRoot: false).0 == .schedule(.constant(interval: .milliseconds(2))))
    #expect(
      try pace(["-i", "2147483.647"]).0 == .schedule(.constant(interval: .milliseconds(2_147_483_647))))
  }

  @Test func everySocketOptionHasItsPlace() throws {
    let request = try parse([
      "-I", "eth0", "-I", "2001:db8::1", "-B", "-m", "4294967295", "-M", "probe", "-S", "4096", "-L", "-r",
      "-d",
      "-t", "0", "-Q", "0xff", "-F", "0xFFFFF", "-e", "65535", "-s", "65527", "-U", "-C", "-6", "-O", "::1",
    ]).request
    #expect(request.interface == "eth0")
    #expect(request.source == "2001:db8::1")
    #expect(request.isSourceFixed)
    #expect(request.mark == .max)
    #expect(request.pathMTUDiscovery == .probe)
    #expect(request.sendBuffer == 4096)
    #expect(request.isMulticastLoopOff && request.isRoutingBypassed && request.isSocketDebugged)
    #expect(request.hopLimit == 0)
    #expect(request.trafficClass == 255)
    #expect(request.flowLabel == 0xfffff)
    #expect(request.identifier == 65535)
    #expect(request.configuration.payloadLength == 65527)
    #expect(request.configuration.measuresUserToUser)
    #expect(request.configuration.reportsOutstanding)
  }

  @Test func aSourceWithAZoneChoosesTheInterfaceToo() throws {
    let invocation = try parse(["-I", "fe80::1%eth0", "ff02::1"])
    #expect(invocation.request.source == "fe80::1%eth0")
    #expect(invocation.request.interface == "eth0")
    #expect(invocation.output.showsSource)
    #expect(throws: FaceError.self) { try parse(["-I", "192.0.2.1", "::1"]) }
    #expect(throws: FaceError.self) { try parse(["-I", "fe80::1%", "::1"]) }
  }

  @Test func identifierZeroForcesARawSocketAndVerboseSaysSo() throws {
    #expect(try parse(["-e0", "::1"]).request.path == .raw)
    #expect(try parse(["-ve0", "::1"]).notices == ["WARNING: ident 0 => forcing raw socket"])
    #expect(try parse(["-e0", "-e5", "::1"]).request.path == .automatic)
  }

  /// Measured: the line PATTERN: 0x….
  @Test(arguments: [
    ("", [UInt8]()), ("f", [0x0f]), ("ff0", [0xff, 0x00]), ("DEadbeef", [0xde, 0xad, 0xbe, 0xef]),
    (
      "00112233445566778899aabbccddeeff00",
      [0, 0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77, 0x88, 0x99, 0xaa, 0xbb, 0xcc, 0xdd, 0xee, 0xff]
    ),
  ]) func patternsAreReadAsIputilsReadsThem(_ text: String, _ octets: [UInt8]) throws {
    let invocation = try parse(["-p", text, "::1"])
    #expect(invocation.request.configuration.pattern == octets)
    #expect(try parse(["-p", text, "-q", "::1"]).output.patternText == nil)
  }

  /// Measured: `-p f` prints `PATTERN: 0x0f`, `-p ff0` prints `PATTERN: 0xff00`, `-p ''` prints `PATTERN: 0x`.
  @Test func thePatternIsShownInWholeOctets() throws {
    #expect(try parse(["-p", "f", "::1"]).output.patternText == "0f")
    #expect(try parse(["-p", "ff0", "::1"]).output.patternText == "ff00")
    #expect(try parse(["-p", "", "::1"]).output.patternText == "")
  }

  @Test func namesAreLookedUpAsOptionsAndEnvironmentSay() throws {
    let variable = ["IPUTILS_PING_PTR_LOOKUP": "0"]
    let warning = ["WARNING: reverse DNS resolution (PTR lookup) disabled, enforce with -H"]
    let disabled = try parse(["::1"], environment: variable)
    #expect(!disabled.request.looksUpNames)
    #expect(disabled.notices == warning)
    #expect(try parse(["-q", "::1"], environment: variable).notices.isEmpty)
    let forced = try parse(["-H", "::1"], environment: variable)
    #expect(forced.request.looksUpNames && forced.output.forcesNames && forced.notices.isEmpty)
    #expect(try parse(["::1"], environment: ["IPUTILS_PING_PTR_LOOKUP": "1"]).request.looksUpNames)
    #expect(try !parse(["-H", "-n", "::1"]).request.looksUpNames)
    #expect(try parse(["-n", "-H", "::1"]).request.looksUpNames)
  }

  @Test func theOlderFormIsChosenByOptionOrEnvironmentButNotWithForeignPrivileges() throws {
    let environment = ["PROBE6_COMPAT": "iputils-2022"]
    #expect(try parse(["--compat", "iputils-2022", "::1"]).output.isCompat2022)
    #expect(try parse(["--compat=iputils-2022", "::1"]).output.isCompat2022)
    #expect(try parse(["::1"], environment: environment).output.isCompat2022)
    #expect(try !parse(["::1"], environment: environment, isSecure: true).output.isCompat2022)
    #expect(throws: FaceError.self) { try parse(["--compat", "iputils-1999", "::1"]) }
    #expect(throws: FaceError.self) { try parse(["--comp", "iputils-2022", "::1"]) }
  }

  /// Measured: with POSIXLY_CORRECT, `ping -6 ::1 -q` resolves the name `-q`.
  @Test func operandsEndTheOptionsWherePOSIXIsAsked() throws {
    let error = #expect(throws: FaceError.self) {
      try parse(["::1", "-q"], environment: ["POSIXLY_CORRECT": "1"])
    }
    #expect(error?.exitCode == 2)
    #expect(try parse(["-q", "::1"], environment: ["POSIXLY_CORRECT": "1"]).output.isQuiet)
  }

  @Test func nodeInformationWordsAddUpToOneQuestion() throws {
    func question(_ words: String...) throws -> NodeInformationQuestion? {
      let request = try parse(words.flatMap { ["-N", $0] } + ["::1"]).request
      guard case .nodeInformation(let question) = request.configuration.message else { return nil }
      #expect(request.path == .raw)
      return question
    }
    #expect(try question("name") == NodeInformationQuestion(kind: .name, subject: nil))
    #expect(try question("fqdn") == NodeInformationQuestion(kind: .name, subject: nil))
    // RFC 4620 §6.3: G S L C A T are bits 5 to 0.
    #expect(
      try question(
        "ipv6", "ipv6-all", "ipv6-compatible", "ipv6-linklocal", "ipv6-sitelocal", "ipv6-global")
        == NodeInformationQuestion(kind: .ipv6Addresses(flags: 0b111110), subject: nil))
    #expect(
      try question("ipv4-all", "subject-ipv4=192.0.2.1")
        == NodeInformationQuestion(kind: .ipv4Addresses(flags: 2), subject: .ipv4(0xc000_0201)))
    #expect(
      try question("subject-ipv6=2001:db8::1", "name")
        == NodeInformationQuestion(
          kind: .name, subject: .ipv6(IPv6Address(bits: 0x2001_0db8_0000_0000_0000_0000_0000_0001))))
    // One label: not fully qualified, two empty labels at the end.
    #expect(
      try question("name", "subject-name=Host")
        == NodeInformationQuestion(
          kind: .name, subject: .name([4, 0x68, 0x6f, 0x73, 0x74, 0, 0])))
    #expect(
      try question("name", "subject-name=a.B")
        == NodeInformationQuestion(kind: .name, subject: .name([1, 0x61, 1, 0x62, 0])))
    #expect(
      try question("name", "subject-fqdn=a")
        == NodeInformationQuestion(kind: .name, subject: .name([1, 0x61, 0])))
  }

  @Test(arguments: [
    ["subject-ipv6=::1"], ["name", "subject-ipv6=zzz"], ["name", "subject-ipv4=::1"],
    ["name", "subject-ipv6=::1", "subject-ipv4=192.0.2.1"], ["name", "subject-name="],
    ["name", "subject-name=" + String(repeating: "a", count: 64)],
    ["name", "subject-name=" + String(repeating: "abcdefg.", count: 32) + "a"],
  ]) func nodeInformationSubjectsThatMakeNoQuestionAreErrors(_ words: [String]) {
    #expect(throws: FaceError.self) { try parse(words.flatMap { ["-N", $0] } + ["::1"]) }
  }
}
