import Testing

@testable import Commands

/// Measured with Debian 12's iputils 20221126, as `unshare -n ping -6 -c1 ARGUMENTS ::1` with lo up: standard
/// error up to the usage text, and the exit code.
@Suite struct IputilsPingErrorTests {
  struct Case: Sendable, CustomTestStringConvertible {
    var arguments: [String]
    var standardError: String
    var exitCode: Int32
    var testDescription: String { arguments.joined(separator: " ") }

    init(_ arguments: [String], _ standardError: String, _ exitCode: Int32) {
      self.arguments = arguments
      self.standardError = standardError
      self.exitCode = exitCode
    }
  }

  static let measured: [Case] = [
    Case(["-c", "abc"], "invalid argument: 'abc'", 1),
    Case(["-c", "0"], "invalid argument: '0': out of range: 1 <= value <= 9223372036854775807", 1),
    Case(["-c", "-1"], "invalid argument: '-1': out of range: 1 <= value <= 9223372036854775807", 1),
    Case(["-c", ""], "invalid argument: ''", 1),
    Case(["-c", "5x"], "invalid argument: '5x'", 1),
    Case(["-c", "+5x"], "invalid argument: '+5x'", 1),
    Case(["-c", "1 "], "invalid argument: '1 '", 1),
    Case(["-c", "0x5"], "invalid argument: '0x5'", 1),
    Case(["-c", "１"], "invalid argument: '１'", 1),
    Case(
      ["-c", "99999999999999999999"],
      "invalid argument: '99999999999999999999': Numerical result out of range", 1),
    Case(["-s", "-1"], "invalid argument: '-1': out of range: 0 <= value <= 2147483647", 1),
    Case(["-s", "2147483648"], "invalid argument: '2147483648': out of range: 0 <= value <= 2147483647", 1),
    Case(["-s", "0x10"], "invalid argument: '0x10'", 1),
    Case(["-i", "1e309"], "bad timing interval: 1e309: Numerical result out of range", 2),
    Case(["-i", "NaN"], "bad timing interval: NaN: Numerical result out of range", 2),
    Case(["-i", "inf"], "bad timing interval: inf: Numerical result out of range", 2),
    Case(["-i", ""], "bad timing interval: ", 2),
    Case(["-i", "99999999999"], "bad timing interval: 99999999999", 2),
    Case(["-i", "2147483.648"], "bad timing interval: 2147483.648", 2),
    Case(["-W", "-1"], "bad linger time: -1", 2),
    Case(["-W", "-0.5"], "bad linger time: -0.5", 2),
    Case(["-W", "1e309"], "bad linger time: 1e309: Numerical result out of range", 2),
    Case(["-W", "NaN"], "bad linger time: NaN: Numerical result out of range", 2),
    Case(["-W", ""], "bad linger time: ", 2),
    Case(["-W", "99999999999"], "bad linger time: 99999999999", 2),
    Case(["-w", "abc"], "invalid argument: 'abc'", 1),
    Case(["-w", "0.5"], "invalid argument: '0.5'", 1),
    Case(["-w", ""], "invalid argument: ''", 1),
    Case(["-w", "1e309"], "invalid argument: '1e309'", 1),
    Case(["-w", "-1"], "invalid argument: '-1': out of range: 0 <= value <= 2147483647", 1),
    Case(
      ["-w", "99999999999"], "invalid argument: '99999999999': out of range: 0 <= value <= 2147483647", 1),
    Case(["-t", "256"], "invalid argument: '256': out of range: 0 <= value <= 255", 1),
    Case(["-t", "-1"], "invalid argument: '-1': out of range: 0 <= value <= 255", 1),
    Case(["-t", "NaN"], "invalid argument: 'NaN'", 1),
    Case(["-t", "0x10"], "invalid argument: '0x10'", 1),
    Case(["-l", "0"], "invalid argument: '0': out of range: 1 <= value <= 65536", 1),
    Case(["-l", "65537"], "invalid argument: '65537': out of range: 1 <= value <= 65536", 1),
    Case(["-l", "-1"], "invalid argument: '-1': out of range: 1 <= value <= 65536", 1),
    Case(["-S", "0"], "invalid argument: '0': out of range: 1 <= value <= 2147483647", 1),
    Case(["-S", "2147483648"], "invalid argument: '2147483648': out of range: 1 <= value <= 2147483647", 1),
    Case(["-S", "1e309"], "invalid argument: '1e309'", 1),
    Case(["-e", "65536"], "invalid argument: '65536': out of range: 0 <= value <= 65535", 1),
    Case(["-e", "-1"], "invalid argument: '-1': out of range: 0 <= value <= 65535", 1),
    Case(
      ["-e", "99999999999999999999"],
      "invalid argument: '99999999999999999999': Numerical result out of range", 1),
    Case(["-m", "-1"], "invalid argument: '-1': out of range: 0 <= value <= 4294967295", 1),
    Case(["-m", "4294967296"], "invalid argument: '4294967296': out of range: 0 <= value <= 4294967295", 1),
    Case(["-m", "0x10"], "invalid argument: '0x10'", 1),
    Case(["-Q", "256"], "the decimal value of TOS bits must be in range 0-255: 256", 2),
    Case(["-Q", "0x100"], "the decimal value of TOS bits must be in range 0-255: 256", 2),
    Case(["-Q", "abc"], "bad TOS value: abc", 2),
    Case(["-Q", "０"], "bad TOS value: ０", 2),
    Case(["-F", "0x100000"], "flow value is greater than 20 bits: 0x100000", 2),
    Case(["-F", "1048576"], "flow value is greater than 20 bits: 1048576", 2),
    Case(["-F", "-1"], "flow value is greater than 20 bits: -1", 2),
    Case(
      ["-F", "99999999999999999999"], "flow value is greater than 20 bits: 99999999999999999999", 2),
    Case(["-F", "abc"], "bad value for flowinfo: abc", 2),
    Case(["-F", "0x1x"], "bad value for flowinfo: 0x1x", 2),
    Case(["-p", "xyz"], "patterns must be specified as hex digits: xyz", 2),
    Case(["-p", "0xff"], "patterns must be specified as hex digits: xff", 2),
    Case(["-M", "foo"], "invalid -M argument: foo", 2),
    Case(["-I", "zz:1"], "invalid source address: zz:1", 2),
    Case(["-4"], "only one -4 or -6 option may be specified", 2),
    Case(["-N", "subject-fqdn=a..b"], "inappropriate subject name: a..b", 1),
  ]

  @Test(arguments: measured) func aWrongArgumentIsToldInTheBytesOfIputils(_ measured: Case) {
    let vector = ["-6", "-c1"] + measured.arguments + ["::1"]
    let error = #expect(throws: FaceError.self) {
      try IputilsPing.parse(vector, programName: "ping", isRoot: true)
    }
    #expect(error?.standardError == "ping: \(measured.standardError)\n")
    #expect(error?.standardOutput == "")
    #expect(error?.exitCode == measured.exitCode)
  }

  /// Measured as above; the usage text that follows is our own.
  @Test(arguments: [
    Case(["-c"], "option requires an argument -- 'c'", 2),
    Case(["-Z", "::1"], "invalid option -- 'Z'", 2),
    Case(["--foo", "::1"], "invalid option -- '-'", 2),
    Case(["-qZ", "::1"], "invalid option -- 'Z'", 2),
  ]) func aWrongOptionIsToldInTheBytesOfGlibcAndThenTheUsage(_ measured: Case) {
    let error = #expect(throws: FaceError.self) {
      try IputilsPing.parse(measured.arguments, programName: "ping", isRoot: true)
    }
    let expected = "ping: \(measured.standardError)\n\nUsage\n  ping [options] <destination>\n\nOptions:\n"
    #expect(error?.standardError.hasPrefix(expected) == true)
    #expect(error?.exitCode == measured.exitCode)
  }

  @Test(arguments: [["-h"], ["-?"], ["::1", "::2"], ["-qh", "::1"]])
  func helpAndASecondDestinationPrintTheUsageOnStandardErrorWithExitCode2(_ arguments: [String]) {
    let error = #expect(throws: FaceError.self) {
      try IputilsPing.parse(arguments, programName: "ping6", isRoot: true)
    }
    #expect(error?.standardError.hasPrefix("\nUsage\n  ping [options] <destination>\n") == true)
    #expect(error?.standardOutput == "")
    #expect(error?.exitCode == 2)
  }

  /// The text and 2022's exit code measured; exit code 2 since then.
  @Test func aMissingDestinationIsAUsageError() {
    for (arguments, exitCode) in [([String](), Int32(2)), (["--compat", "iputils-2022"], 1)] {
      let error = #expect(throws: FaceError.self) {
        try IputilsPing.parse(arguments, programName: "ping", isRoot: true)
      }
      #expect(
        error
          == FaceError(
            standardError: "ping: usage error: Destination address required\n", exitCode: exitCode))
    }
  }

  @Test func anErrorInAnEarlierOptionComesBeforeTheShapeOfALaterOne() {
    let error = #expect(throws: FaceError.self) {
      try IputilsPing.parse(["-c", "abc", "-Z"], programName: "ping", isRoot: true)
    }
    #expect(error?.standardError == "ping: invalid argument: 'abc'\n")
  }

  /// iputils 20221126 warns, and then sends as with `-i 0`: a flood for root.
  @Test(arguments: ["abc", "-1", "-0.5", "1.5x", "0x", "0x1", "1e", "1e+", "1e 1", ".", "１", "1,5", "1_0"])
  func garbageForAnIntervalOrALingerTimeIsAnError(_ text: String) {
    for (option, complaint) in [("-i", "bad timing interval"), ("-W", "bad linger time")] {
      let error = #expect(throws: FaceError.self) {
        try IputilsPing.parse([option, text, "::1"], programName: "ping", isRoot: true)
      }
      #expect(error == FaceError(standardError: "ping: \(complaint): \(text)\n", exitCode: 2))
    }
  }

  /// The words of iputils since 2024; 20221126 only finds out when it cannot send.
  @Test func aPayloadThatNoPacketHoldsIsAnError() {
    let error = #expect(throws: FaceError.self) {
      try IputilsPing.parse(["-s", "65528", "::1"], programName: "ping", isRoot: true)
    }
    #expect(
      error
        == FaceError(
          standardError: "ping: invalid -s value: '65528': out of range: 0 <= value <= 65527\n", exitCode: 1))
  }

  /// Measured as uid 65534 with a copy of ping without file capabilities.
  @Test func usersAreHeldToTheirLimits() {
    for arguments in [["-i", "0.001"], ["-i", "0"], ["-f"], ["-i", "0.0019999"]] {
      let new = #expect(throws: FaceError.self) {
        try IputilsPing.parse(arguments + ["::1"], programName: "ping", isRoot: false)
      }
      #expect(
        new?.standardError
          == "ping: cannot flood, minimal interval for user must be >= 2 ms, use -i 0.002 (or higher)\n")
      #expect(new?.exitCode == 2)
      let old = #expect(throws: FaceError.self) {
        try IputilsPing.parse(
          arguments + ["::1"], programName: "ping",
          environment: { $0 == "PROBE6_COMPAT" ? "iputils-2022" : nil },
          isRoot: false)
      }
      #expect(old?.standardError == "ping: cannot flood; minimal interval allowed for user is 2ms\n")
    }
    let preload = #expect(throws: FaceError.self) {
      try IputilsPing.parse(["-l", "4", "::1"], programName: "ping", isRoot: false)
    }
    #expect(
      preload
        == FaceError(standardError: "ping: cannot set preload to value greater than 3: 4\n", exitCode: 2))
  }

  /// Measured as uid 65534: `ping -6 -i 0.5 -c 1 -I lo ff02::1%lo`.
  @Test func usersSendToGroupsOnceASecondAtMost() throws {
    func check(_ arguments: [String], isRoot: Bool = false) throws -> String? {
      let invocation = try IputilsPing.parse(arguments + ["ff02::1%lo"], programName: "ping", isRoot: isRoot)
      do throws(FaceError) {
        try IputilsPing.checkMulticast(invocation.request, programName: "ping", isRoot: isRoot)
        return nil
      } catch {
        #expect(error.exitCode == 2)
        return error.standardError
      }
    }
    #expect(try check(["-i", "0.5"]) == "ping: multicast ping with too short interval: 500\n")
    #expect(try check(["-i", "1"]) == nil)
    #expect(try check([]) == nil)
    #expect(try check(["-i", "0.5"], isRoot: true) == nil)
    #expect(try check(["-f"], isRoot: true) == nil)
    #expect(try check(["-M", "dont"]) == "ping: multicast ping does not fragment\n")
    #expect(try check(["-M", "do"]) == nil)
  }

  @Test(arguments: [["-b"], ["-R"], ["-T", "tsonly"], ["-4"]])
  func optionsOfIPv4AreRefusedByName(_ arguments: [String]) {
    let error = #expect(throws: FaceError.self) {
      try IputilsPing.parse(arguments + ["::1"], programName: "ping", isRoot: true)
    }
    #expect(error?.standardError.hasPrefix("ping: \(arguments[0]): ") == true)
    #expect(error?.standardError.contains("IPv6 only") == true)
    #expect(error?.exitCode == 2)
  }

  @Test func jsonOfTheFaceIsRefusedWithTheWayToOurs() {
    let error = #expect(throws: FaceError.self) {
      try IputilsPing.parse(["-j", "::1"], programName: "ping6", isRoot: true)
    }
    #expect(error?.standardError.contains("probe6 ping --json") == true)
    #expect(error?.exitCode == 2)
  }

  @Test func theVersionIsOneLineThatNamesIputils() {
    for arguments in [["-V"], ["-6", "-V", "::1"], ["-c1", "-V"]] {
      let error = #expect(throws: FaceError.self) {
        try IputilsPing.parse(arguments, programName: "ping6", isRoot: false)
      }
      #expect(
        error
          == FaceError(standardOutput: "ping from probe6 0.1.0 (iputils compatible 20250605)\n", exitCode: 0))
    }
  }

  /// Both measured: help on request goes to standard output, after an unknown word to standard error.
  @Test func nodeInformationHelpGoesWhereIputilsSendsIt() {
    let asked = #expect(throws: FaceError.self) {
      try IputilsPing.parse(["-N", "help", "::1"], programName: "ping", isRoot: true)
    }
    #expect(
      asked?.standardOutput.hasPrefix("ping -6 -N <nodeinfo opt>\nHelp:\n  help\nQuery:\n  name\n") == true)
    #expect(asked?.standardError == "")
    #expect(asked?.exitCode == 0)
    for word in [
      "foo", "", "ipv4-foo", "name-foo", "ipv6-", "subject-fred", "subject-ipv6", "ipv6-all-global",
    ] {
      let unknown = #expect(throws: FaceError.self) {
        try IputilsPing.parse(["-N", word, "::1"], programName: "ping", isRoot: true)
      }
      #expect(unknown == FaceError(standardError: asked?.standardOutput ?? "", exitCode: 2))
    }
    let conflict = #expect(throws: FaceError.self) {
      try IputilsPing.parse(["-N", "name", "-N", "ipv6", "::1"], programName: "ping", isRoot: true)
    }
    #expect(conflict?.standardOutput == "Qtype conflict\n")
    #expect(conflict?.exitCode == 2)
  }
}
