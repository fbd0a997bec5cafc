import LinuxNet
import ProbeEngine
import Report
import Runtime
import Testing
import Timing
import Wire

@testable import Commands

/// Errors are those of Debian 12's ndisc6 1.0.5.
@Suite struct NdiscFaceInvocationTests {
  typealias Tool = NdiscFaceInvocation.Tool

  static func parse(
    _ line: String, _ tool: Tool = .neighbor, as name: String? = nil, permutes: Bool = true
  ) throws -> NdiscFaceInvocation {
    try NdiscFaceInvocation(
      parsing: line.split(separator: " ").map { $0 == "''" ? "" : String($0) }, tool,
      programName: name ?? (tool == .neighbor ? "ndisc6" : "rdisc6"), permutes: permutes)
  }

  struct Case: Sendable, CustomTestStringConvertible {
    var tool: Tool
    var line: String
    /// Before the hint.
    var complaint: String
    var testDescription: String { "\(tool) \(line)" }

    init(_ line: String, _ complaint: String = "", _ tool: Tool = .neighbor) {
      self.tool = tool
      self.line = line
      self.complaint =
        complaint.isEmpty ? "" : (tool == .neighbor ? "ndisc6: " : "rdisc6: ") + complaint + "\n"
    }
  }

  static let measured: [Case] = [
    Case(""), Case("", "", .router), Case("-"), Case("2001:db8::b"), Case("2001:db8::b eth0 x"),
    Case("2001:db8::b eth0 x y"), Case("a b c", "", .router),
    Case("-x", "invalid option -- 'x'"), Case("-x", "invalid option -- 'x'", .router),
    Case("-Z -h", "invalid option -- 'Z'"), Case("-qZ a b", "invalid option -- 'Z'"),
    Case("--x", "unrecognized option '--x'"), Case("--x=y", "unrecognized option '--x=y'"),
    Case("--ver", "option '--ver' is ambiguous; possibilities: '--version' '--verbose'"),
    Case("--ver=x", "option '--ver=x' is ambiguous; possibilities: '--version' '--verbose'"),
    Case("--s a b", "option '--s' is ambiguous; possibilities: '--single' '--source'"),
    Case("--n a b", "option '--n' is ambiguous; possibilities: '--no-solicit' '--numeric'"),
    Case(
      "--=x",
      "option '--=x' is ambiguous; possibilities: '--single' '--no-solicit' '--help' '--multiple' '--numeric' '--quiet' '--retry' '--source' '--version' '--verbose' '--wait'"
    ),
    Case("--single=1 a b", "option '--single' doesn't allow an argument"),
    Case("--si= a b", "option '--single' doesn't allow an argument"),
    Case("--wait", "option '--wait' requires an argument"), Case("-w", "option requires an argument -- 'w'"),
    Case("-s", "option requires an argument -- 's'"), Case("-qr", "option requires an argument -- 'r'"),
    Case("-w 5x a b"), Case("-w -1 a b"), Case("-w 4294967296 a b"), Case("-w 0x a b"), Case("-w 08 a b"),
    Case("-r 4294967296 a b"), Case("-r -1 a b"), Case("-r 99999999999999999999999 a b"), Case("-r 1.5 a b"),
  ]

  @Test(arguments: measured) func aBadCommandLineIsRefusedAsTheOriginalDoes(_ bad: Case) {
    let hint = "Try \"\(bad.tool == .neighbor ? "ndisc6" : "rdisc6") -h\" for more information.\n"
    #expect(throws: EarlyExit(standardError: bad.complaint + hint, exitCode: 2)) {
      try Self.parse(bad.line, bad.tool)
    }
  }

  @Test func messagesBeginWithTheWholeNameOfTheProgramMadeHarmless() {
    #expect(
      throws: EarlyExit(
        standardError:
          "/tmp/\\x1bx/rdisc6: invalid option -- 'x'\nTry \"/tmp/\\x1bx/rdisc6 -h\" for more information.\n",
        exitCode: 2)
    ) { try Self.parse("-x", .router, as: "/tmp/\u{1b}x/rdisc6") }
    #expect(
      throws: EarlyExit(
        standardError:
          "ndisc6: unrecognized option '--\\x1b]0;'\nTry \"ndisc6 -h\" for more information.\n",
        exitCode: 2)
    ) { try Self.parse("--\u{1b}]0;") }
  }

  @Test func whatIsNotSaidIsAsInTheOriginal() throws {
    let neighbor = try Self.parse("host.example eth0")
    #expect(neighbor.target == "host.example")
    #expect(neighbor.interface == "eth0")
    #expect(neighbor.attempts == 3)
    #expect(neighbor.waitMilliseconds == 1_000)
    #expect(neighbor.answers == .firstAndConflicts)
    #expect(neighbor.solicits && !neighbor.isQuiet && !neighbor.isNumeric && neighbor.source == nil)
    let router = try Self.parse("eth0", .router)
    #expect(router.target == "ff02::2")
    #expect(router.interface == "eth0")
    #expect(router.attempts == 3)
    #expect(router.waitMilliseconds == 4_000)
    #expect(router.answers == .all)
    let one = try Self.parse("fe80::1 eth0", .router)
    #expect((one.target, one.interface) == ("fe80::1", "eth0"))
  }

  @Test(arguments: [
    ("a b -q", true), ("a -q b", true), ("-qv a b", false), ("-vq a b", true), ("--verb -q a b", true),
    ("--quie a b", true), ("-vvvv a b", false), ("-q -- a b", true),
  ]) func theLastOfQuietAndVerboseCountsWhereverItStands(_ line: String, _ isQuiet: Bool) throws {
    let invocation = try Self.parse(line)
    #expect(invocation.isQuiet == isQuiet)
    #expect((invocation.target, invocation.interface) == ("a", "b"))
  }

  @Test(arguments: [
    ("-1 a b", NdiscFaceInvocation.Answers.first), ("-m a b", .all), ("-1m a b", .all), ("-m1 a b", .first),
    ("--single a b", .first), ("--multiple a b", .all), ("--mul a b", .all),
  ]) func theLastOfSingleAndMultipleCountsAndNeitherTakesAnArgument(
    _ line: String, _ answers: NdiscFaceInvocation.Answers
  ) throws {
    // The original's --multiple swallows what follows it.
    for tool in [Tool.neighbor, .router] {
      let invocation = try Self.parse(line, tool)
      #expect(invocation.answers == answers)
      #expect((invocation.target, invocation.interface) == ("a", "b"))
    }
  }

  @Test(
    arguments: [
      ("0x64", 100), ("0X64", 100), ("010", 8), ("100", 100), ("''", 0), ("+7", 7), ("\t50", 50), ("0", 0),
      ("4294967295", UInt32.max), ("-18446744073709551615", 1),
    ] as [(String, UInt32)])
  func numbersAreReadAsStrtoulDoes(_ text: String, _ value: UInt32) throws {
    #expect(try Self.parse("-w \(text) a b").waitMilliseconds == value)
    #expect(try Self.parse("-r \(text) a b").attempts == value)
    if text != "''" { #expect(try Self.parse("--wait=\(text) a b").waitMilliseconds == value) }
  }

  @Test func operandsEndWhereTheyBeginUnderPosixlyCorrect() throws {
    #expect(throws: EarlyExit.self) { try Self.parse("a b -q", permutes: false) }
    #expect(try Self.parse("-q a b", permutes: false).isQuiet)
  }

  @Test func optionsGoOnBehindOperandsThatAreDashes() throws {
    #expect(try Self.parse("-- -q b").target == "-q")
    #expect(try Self.parse("- b").target == "-")
  }

  @Test func otherOptionsAreTaken() throws {
    let invocation = try Self.parse("-dns fe80::1 a b")
    #expect(invocation.source == "fe80::1")
    #expect(!invocation.solicits && invocation.isNumeric)
    #expect(try !Self.parse("--no-s a b").solicits)
    #expect(try Self.parse("--nu a b").isNumeric)
    #expect(try Self.parse("--so=x a b").source == "x")
  }

  @Test(arguments: [Tool.neighbor, .router]) func helpAndVersionEndWithZeroBeforeOperandsAreLookedAt(
    _ tool: Tool
  ) {
    let name = tool == .neighbor ? "ndisc6" : "rdisc6"
    for line in ["-h", "--help", "a b c -h", "-qh -Z", "--he"] {
      #expect(throws: EarlyExit(standardOutput: RunLinkFace.help(name), exitCode: 0)) {
        try Self.parse(line, tool)
      }
    }
    for line in ["-V", "-qV", "--vers", "--version a b c"] {
      #expect(throws: EarlyExit(standardOutput: NdiscFaceTexts.version, exitCode: 0)) {
        try Self.parse(line, tool)
      }
    }
    let help = RunLinkFace.help(name)
    for line in help.split(separator: "\n", omittingEmptySubsequences: false) {
      #expect(line.count <= 80, "\(line)")
    }
    for option in OptionTable.ndiscFaces.descriptions { #expect(help.contains("--" + (option.long ?? "?"))) }
    #expect(help.hasPrefix("Usage: \(name) [options] "))
    #expect(NdiscFaceTexts.version.hasPrefix("ndisc6: "))
  }
}
