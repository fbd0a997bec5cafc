import ProbeEngine
import Report
import Runtime
import Testing
import Timing
import Wire

@testable import Commands

/// Errors measured with Debian 12's fping 5.1, called as fping6 in a network namespace with lo up; where 5.5 has
/// other words, or is stricter, its source says so.
@Suite struct FpingParseTests {
  static func parse(
    _ line: String, isRoot: Bool = true, interfaces: [String] = ["eth0"]
  ) throws -> FpingInvocation {
    try FpingInvocation(
      parsing: line.split(separator: " ").map { $0 == "''" ? "" : String($0) }, programName: "fping6",
      isRoot: isRoot, isInterface: { interfaces.contains($0) })
  }

  static func failure(_ line: String, isRoot: Bool = true) -> EarlyExit? {
    do {
      _ = try parse(line, isRoot: isRoot)
      return nil
    } catch { return error as? EarlyExit }
  }

  @Test(arguments: [
    ("-4 ::1", "fping6: can't specify both -4 and -6\n"),
    ("-c 1 -l ::1", "fping6: specify only one of c, l\n"),
    ("-a -u ::1", "fping6: specify only one of a, u\n"),
    ("-d -n ::1", "fping6: use either one of -d or -n\n"),
    ("-n -d ::1", "fping6: use either one of -d or -n\n"),
    ("-H 256 ::1", "fping6: ttl 256 out of range\n"),
    ("-B 7 ::1", "fping6: backoff factor 7.0 not valid, must be between 1.0 and 5.0\n"),
    ("-B 0.99 ::1", "fping6: backoff factor 1.0 not valid, must be between 1.0 and 5.0\n"),
    ("-S foo ::1", "fping6: can't parse source address: foo\n"),
    ("-S fe80::1%eth0 ::1", "fping6: can't parse source address: fe80::1%eth0\n"),
    ("-b 65508 ::1", "fping6: data size 65508 not valid, must not be larger than 65507\n"),
    ("-J ::1", "fping6: option -J, --json requires -c, -C, or -l\n"),
    ("--icmp-timestamp ::1", "fping6: ICMP Timestamp is IPv4 only\n"),
    ("--oiface eth0 -I eth0 ::1", "fping6: specify only --oiface or -I, --iface\n"),
    ("--oiface nonsense ::1", "fping: unknown interface 'nonsense'\n"),
    ("-I nonsense ::1", "binding to specific interface (SO_BINDTODEVICE): No such device\n"),
    ("-g ::1/64", "fping6: netmask must be between 65 and 128 (is: 64)\n"),
    ("-g ::1/129", "fping6: netmask must be between 65 and 128 (is: 129)\n"),
    ("-g 192.0.2.0/24", "fping6, can't parse address 192.0.2.0: Address family for hostname not supported\n"),
    ("-g nonsense/120", "fping6, can't parse address nonsense: Name or service not known\n"),
    ("-g ::1 nonsense", "fping6: can't parse address nonsense: Name or service not known\n"),
    ("-g fe80::1%eth0 fe80::2", "fping6: different scopes for start and end addresses\n"),
    ("-g fe80::1/120%eth0", "fping6: address scope must precede prefix length\n"),
    ("-g ::/111", "fping6: -g parameter generates too many addresses\n"),
    ("-g ::1 ::1:ffff:ffff", "fping6: -g parameter generates too many addresses\n"),
  ])
  func anErrorIsTheOriginals(line: String, standardError: String) {
    #expect(Self.failure(line) == EarlyExit(standardError: standardError, exitCode: 1))
  }

  @Test(arguments: [
    ("-z", "invalid option -- 'z'"), ("-q- ::1", "invalid option -- '-'"),
    ("--foo=3 ::1", "invalid option -- 'foo=3'"), ("--coun 3 ::1", "invalid option -- 'coun'"),
    ("--count", "option requires an argument -- 'count'"), ("-c", "option requires an argument -- 'c'"),
    ("--alive=3 ::1", "option takes no arguments -- 'alive'"),
  ])
  func whatIsNoOptionIsToldAsOptparseTellsIt(line: String, what: String) {
    let text = "fping6: \(what)\nsee 'fping -h' for usage information\n"
    #expect(Self.failure(line) == EarlyExit(standardError: text, exitCode: 1))
  }

  @Test(arguments: [
    "-c 0 ::1", "-c -1 ::1", "-c 3x ::1", "-c '' ::1", "-c 99999999999999999999 ::1", "-c 4294967296 ::1",
    "-C 0 ::1", "-p -1 ::1", "-p abc ::1", "-p nan ::1", "-p inf ::1", "-t 1s ::1", "-i '' ::1", "-O 256 ::1",
    "-O 1x ::1", "-H 0 ::1", "-x 0 ::1", "-X 0 ::1", "-k 0 ::1", "-r 1.5 ::1", "-Q -1 ::1", "-Q 1x ::1",
    "-Q , ::1", "-D --timestamp-format never ::1", "-g", "-g ::1", "-g ::1 ::2 ::3", "-g ::/0x70",
    "-f list ::1", "-f list -g ::1/120", "-B x ::1",
  ])
  func whatIsNoNumberOrNoSenseShowsTheUsage(line: String) throws {
    let failure = try #require(Self.failure(line))
    #expect(failure.exitCode == 1)
    #expect(failure.standardOutput.isEmpty)
    #expect(failure.standardError.hasPrefix("Usage: fping6 [options] [targets...]\n"))
  }

  @Test func onlyRootAsksWithoutRest() {
    #expect(Self.failure("-p 0.0009 ::1", isRoot: false)?.standardError == "fping6: -p must be >= 0.001\n")
    #expect(Self.failure("-p 0.001 -i 0 ::1", isRoot: false) == nil)
    #expect(Self.failure("-p 0 -i 0 ::1") == nil)
  }

  @Test func helpAndVersionAreNoErrors() {
    #expect(Self.failure("-h")?.exitCode == 0)
    #expect(Self.failure("-h")?.standardError == "")
    #expect(Self.failure("-v")?.standardOutput == "fping6: Version 5.5 (probe6 \(Version.text))\n")
  }

  @Test func withoutOptionsATargetIsAskedFourTimes() throws {
    let invocation = try Self.parse("::1 b")
    #expect(invocation.targets == .names(["::1", "b"]))
    let group = try #require(invocation.request([]).configuration.groups.first)
    #expect(group.retry == SampleGroup.Retry(attempts: 4, backoff: 1.5, endsAtSendError: true))
    #expect(group.count == 1)
    #expect(group.timeout == .milliseconds(500))
    #expect(group.lateWindow == .zero)
    #expect(group.order == .constant(spacing: .milliseconds(10)))
    #expect(group.payloadLength == 56)
    #expect(group.pattern == [0])
  }

  @Test func clustersAndAttachedArgumentsAreRead() throws {
    let invocation = try Self.parse("-qsc3 -p20 -i0.5 ::1 -O0x10 -H 7 -k 9")
    #expect(invocation.text.isQuiet)
    #expect(invocation.text.showsStatistics)
    #expect(!invocation.text.showsProbes)
    #expect(!invocation.text.isVerbose)
    let request = invocation.request([])
    let group = try #require(request.configuration.groups.first)
    #expect(group.count == 3)
    #expect(group.retry == nil)
    #expect(group.interval == .milliseconds(20))
    #expect(group.order == .constant(spacing: .microseconds(500)))
    #expect(group.timeout == .milliseconds(20))
    #expect(group.path.trafficClass == 16)
    #expect(group.path.hopLimit == 7)
    #expect(request.mark == 9)
    #expect(request.resolveInterval == .zero)
  }

  @Test(arguments: [
    ("-c 1 ::1", 1_000), ("-c 1 -p 5000 ::1", 2_000), ("-c 1 -p 50 ::1", 50), ("-l -t 70 ::1", 70),
    ("::1", 500),
  ])
  func theTimeoutFollowsThePeriod(line: String, milliseconds: Int64) throws {
    #expect(try Self.parse(line).timeout == .milliseconds(milliseconds))
  }

  @Test(arguments: [
    ("::1", false, true, false, false), ("-q ::1", false, false, false, false),
    ("-a ::1", false, false, true, false), ("-qu ::1", false, false, false, true),
    ("-c 1 ::1", true, false, false, false), ("-c 1 -q ::1", false, false, false, false),
    ("-c 1 -a ::1", true, false, false, false), ("-l ::1", true, false, false, false),
    ("-l -q ::1", true, false, false, false), ("-l -Q 1 ::1", false, false, false, false),
    ("-l -Q 0 ::1", true, false, false, false), ("-x 1 ::1", false, false, false, false),
  ])
  func whatIsShownFollowsTheMode(
    line: String, showsProbes: Bool, isVerbose: Bool, listsAlive: Bool, listsUnreachable: Bool
  ) throws {
    let text = try Self.parse(line).text
    #expect(text.showsProbes == showsProbes)
    #expect(text.isVerbose == isVerbose)
    #expect(text.listsAlive == listsAlive)
    #expect(text.listsUnreachable == listsUnreachable)
  }

  @Test func reportsHaveAnIntervalAndMayBeCumulative() throws {
    #expect(try Self.parse("-l -Q 0.5 ::1").text.reportInterval == .milliseconds(500))
    #expect(try Self.parse("-l -Q 2 ::1").request([]).tick == .seconds(2))
    #expect(try Self.parse("-Q 2 ::1").text.reportInterval == nil)
    let cumulative = try Self.parse("-c 9 -Q 2,cumulative ::1").text
    #expect(cumulative.isCumulative)
    #expect(cumulative.reportInterval == .seconds(2))
    #expect(try !Self.parse("-c 9 -Q 2,other ::1").text.isCumulative)
  }

  @Test func rangesAreOfAddresses() throws {
    let first = try #require(IPv6Address("2001:db8::10"))
    let last = try #require(IPv6Address("2001:db8::1f"))
    #expect(try Self.parse("-g 2001:db8::17/124").targets == .range(first: first, last: last, zone: nil))
    #expect(
      try Self.parse("-g 2001:db8::10 2001:db8::1f").targets == .range(first: first, last: last, zone: nil))
    #expect(try Self.parse("-g 2001:db8::10/128").targets == .range(first: first, last: first, zone: nil))
    let linkLocal = try #require(IPv6Address("fe80::1"))
    #expect(
      try Self.parse("-g fe80::1%eth0 fe80::1%eth0").targets
        == .range(first: linkLocal, last: linkLocal, zone: "eth0"))
  }

  @Test func theLargestRangeHasAsManyAddressesAsTheOriginals() throws {
    let first = try #require(IPv6Address("2001:db8::"))
    let most = IPv6Address(bits: first.bits + 131_069)
    #expect(try Self.parse("-g 2001:db8:: \(most)").targets == .range(first: first, last: most, zone: nil))
    let more = IPv6Address(bits: first.bits + 131_070)
    #expect(Self.failure("-g 2001:db8:: \(more)")?.exitCode == 1)
  }

  @Test func withoutTargetsTheyComeFromStandardInput() throws {
    #expect(try Self.parse("-q").targets == .file("-"))
    #expect(try Self.parse("-f list").targets == .file("list"))
  }

  @Test func whatStandsBehindTwoDashesIsATarget() throws {
    #expect(try Self.parse("-q -- -c").targets == .names(["-c"]))
    #expect(try Self.parse("a - b").targets == .names(["a", "-", "b"]))
  }

  @Test func ofALineTheFirstWordIsATarget() {
    let list = "::1\n\n  b c # d\n#e\n \t# f\ng#h\r\ni"
    #expect(
      FpingTargets.words(of: Array(list.utf8)).map { String(decoding: $0, as: UTF8.self) } == [
        "::1", "b", "g#h", "i",
      ])
  }
}
