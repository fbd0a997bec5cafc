import Testing

@testable import Commands

/// Measured with Debian 12's traceroute 2.1.2, as `unshare -n traceroute6 ARGUMENTS` with lo up: standard error
/// and the exit code.
@Suite struct ButskoyTracerouteErrorTests {
  struct Case: Sendable, CustomTestStringConvertible {
    var arguments: [String]
    var standardError: String
    var testDescription: String { arguments.joined(separator: " ") }

    init(_ line: String, _ standardError: String) {
      arguments = line.split(separator: " ").map { $0 == "''" ? "" : String($0) }
      self.standardError = standardError
    }
  }

  static let measured: [Case] = [
    Case("-Z ::1", "Bad option `-Z' (argc 1)\n"),
    Case("--nonsense ::1", "Bad option `--nonsense' (argc 1)\n"),
    Case("--nonsense=5 ::1", "Bad option `--nonsense=5' (with arg `5') (argc 1)\n"),
    Case("--mtu=5 ::1", "Bad option `--mtu=5' (with arg `5') (argc 1)\n"),
    Case("--e -n ::1", "Bad option `--e' (argc 1)\n"),
    Case("::1 -5", "Bad option `-5' (argc 2)\n"),
    Case("-nUL -q1 ::1", "Bad option `-L' (argc 1)\n"),
    Case("-f", "Option `-f' (argc 1) requires an argument: `-f first_ttl'\n"),
    Case("-i", "Option `-i' (argc 1) requires an argument: `-i device'\n"),
    Case("--first 3 ::1", "Option `--first' (argc 1) requires an argument: `--first=first_ttl'\n"),
    Case("--first", "Option `--first' (argc 1) requires an argument: `--first=first_ttl'\n"),
    Case("--sport 5 ::1", "Option `--sport' (argc 1) requires an argument: `--sport=num'\n"),
    Case("-nq3 -m1 ::1", "Option `-q' (argc 1) requires an argument: `-q nqueries'\n"),
    Case("-f abc ::1", "Cannot handle `-f' option with arg `abc' (argc 2)\n"),
    Case("-f '' ::1", "Cannot handle `-f' option with arg `' (argc 2)\n"),
    Case("--first=abc ::1", "Cannot handle `--first' option with arg `abc' (argc 1)\n"),
    Case("-w abc ::1", "Cannot handle `-w' option with arg `abc' (argc 2)\n"),
    Case("-w 1,2,x ::1", "Cannot handle `-w' option with arg `1,2,x' (argc 2)\n"),
    Case("-w 1,2,3,4 ::1", "Cannot handle `-w' option with arg `1,2,3,4' (argc 2)\n"),
    Case("-w '' ::1", "Cannot handle `-w' option with arg `' (argc 2)\n"),
    Case("-z abc ::1", "Cannot handle `-z' option with arg `abc' (argc 2)\n"),
    Case("-p nonsense ::1", "Cannot handle `-p' option with arg `nonsense' (argc 2)\n"),
    Case("--fwmark=x ::1", "Cannot handle `--fwmark' option with arg `x' (argc 1)\n"),
    Case(
      "-s 127.0.0.1 ::1",
      "127.0.0.1: Address family for hostname not supported\nCannot handle `-s' option with arg `127.0.0.1' (argc 2)\n"
    ),
    Case("-q 0 ::1", "no more than 10 probes per hop\n"),
    Case("-q 11 ::1", "no more than 10 probes per hop\n"),
    Case("-q -1 ::1", "no more than 10 probes per hop\n"),
    Case("-m 256 ::1", "max hops cannot be more than 255\n"),
    Case("-m -1 ::1", "max hops cannot be more than 255\n"),
    Case("-f 0 ::1", "first hop out of range\n"),
    Case("-f 5 -m 4 ::1", "first hop out of range\n"),
    Case("-w -1 ::1", "bad wait specifications `-1,0,0' used\n"),
    Case("-w 1,-2.5,3e3 ::1", "bad wait specifications `1,-2.5,3000' used\n"),
    Case("-z -1 ::1", "bad sendtime `-1' specified\n"),
    Case("::1 66000", "too big packetlen 66000 specified\n"),
    Case("-n", "Specify \"host\" missing argument.\n"),
    Case("::1 100 5", "Extra arg `5' (position 3, argc 3)\n"),
    Case("::1 abc", "Cannot handle \"packetlen\" cmdline arg `abc' on position 2 (argc 2)\n"),
    Case("::1 ''", "Cannot handle \"packetlen\" cmdline arg `' on position 2 (argc 2)\n"),
    Case(
      "127.0.0.1",
      "127.0.0.1: Address family for hostname not supported\nCannot handle \"host\" cmdline arg `127.0.0.1' on position 1 (argc 1)\n"
    ),
    Case(
      "-n -q1 ::ffff:127.0.0.1",
      "Cannot handle \"host\" cmdline arg `::ffff:127.0.0.1' on position 1 (argc 3)\n"),
    Case("-M nonsense ::1", "Unknown traceroute module nonsense\n"),
    Case("-T -O nonsense -n ::1", "`nonsense' (argc 1): arguments are not allowed\n"),
    Case("-T -O syn,nonsense ::1", "`nonsense' (argc 2): arguments are not allowed\n"),
    Case("-T -O mss ::1", "Keyword `mss' (argc 1) requires an argument: `mss=NUM'\n"),
    Case(
      "-I -O raw,dgram ::1",
      "Keyword `dgram' (argc 2): Only one of:\n    raw | dgram\nmay be specified.\n"),
  ]

  @Test(arguments: measured) func whatTheOriginalRefusesIsRefusedInItsWords(_ measured: Case) {
    #expect(
      throws: EarlyExit(standardError: measured.standardError, exitCode: 2)
    ) { try ButskoyTraceroute.parse(measured.arguments, programName: "traceroute6") }
  }

  @Test func aTrafficClassThatTheKernelRefusesIsALocalFailure() {
    #expect(
      throws: EarlyExit(standardError: "\nsetsockopt IPV6_TCLASS: Invalid argument\n", exitCode: 1)
    ) { try ButskoyTraceroute.parse(["-t", "256", "::1"], programName: "traceroute6") }
  }

  /// What the original would do and we cannot, or would not.
  @Test(arguments: [
    ("-4", "IPv4"), ("-D", "DCCP"), ("-UL", "UDP-Lite"), ("-P 99", "raw packets"), ("-M dccp", "DCCP"),
    ("-g 0,::2", "routing header type 0"), ("-g 2,::2", "routing header type 2"),
  ])
  func whatWeDoNotSpeakIsRefusedClearly(_ line: String, _ reason: String) throws {
    let exit = try #require(throws: EarlyExit.self) {
      try ButskoyTraceroute.parse(
        line.split(separator: " ").map(String.init) + ["::1"], programName: "traceroute6")
    }
    #expect(exit.exitCode == 2)
    #expect(exit.standardOutput.isEmpty)
    #expect(exit.standardError.hasPrefix("traceroute6: -"))
    #expect(exit.standardError.split(separator: "\n").count == 1)
    #expect(exit.standardError.components(around: reason) == 2, "\(exit.standardError)")
  }

  @Test(arguments: [[], ["--help"], ["-O", "help"], ["-T", "-O", "help"], ["-V"], ["--version"]])
  func helpAndVersionGoToStandardErrorAndAreNoFailure(_ arguments: [String]) throws {
    let exit = try #require(throws: EarlyExit.self) {
      try ButskoyTraceroute.parse(arguments, programName: "traceroute6")
    }
    #expect(exit.exitCode == 0)
    #expect(exit.standardOutput.isEmpty)
    #expect(exit.standardError.hasSuffix("\n"))
    #expect(exit.standardError.split(separator: "\n").allSatisfy { $0.utf8.count <= 80 })
  }

  @Test func everyOptionIsInTheHelp() {
    let usage = ButskoyTracerouteTexts.usage(program: "traceroute6")
    for option in ButskoyOption.all {
      switch option.key {
      // Refused.
      case .ipv4, .udplite, .dccp, .rawProtocol: break
      default:
        let name = option.short.map { "  -\($0) " } ?? "  \(option.longName(isKeyword: false))"
        #expect(
          usage.components(around: name) > 1 || usage.components(around: name.dropLast() + "\n") > 1,
          "\(name)")
      }
    }
  }
}

extension String {
  /// In how many parts the text falls at `separator`. The standard library without string processing has no
  /// search for texts.
  func components(around separator: some StringProtocol) -> Int {
    let octets = Array(utf8)
    let wanted = Array(separator.utf8)
    guard !wanted.isEmpty, octets.count >= wanted.count else { return 1 }
    return (0...octets.count - wanted.count).count { Array(octets[$0..<$0 + wanted.count]) == wanted } + 1
  }
}
