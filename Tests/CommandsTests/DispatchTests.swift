import Testing

@testable import Commands

@Suite struct DispatchTests {
  private func resolve(_ argv0: String, _ arguments: String...) -> Dispatch {
    Dispatch.resolve(argv0: argv0, arguments: arguments)
  }

  @Test func theNameOfTheProgramChoosesTheFace() {
    #expect(
      resolve("/usr/bin/ping6", "-c1", "h")
        == .face(.ping6, programName: "/usr/bin/ping6", arguments: ["-c1", "h"]))
    #expect(resolve("ping6") == .face(.ping6, programName: "ping6", arguments: []))
    #expect(resolve("./ping", "h") == .face(.ping6, programName: "./ping", arguments: ["h"]))
    #expect(resolve("probe6", "ping6", "-V") == .face(.ping6, programName: "ping6", arguments: ["-V"]))
    // A face takes every word as its own, also those that are verbs.
    #expect(resolve("ping6", "ping") == .face(.ping6, programName: "ping6", arguments: ["ping"]))
  }

  @Test func theFirstWordChoosesTheVerb() {
    #expect(resolve("/a/ping6/probe6", "ping", "-c1", "h") == .verb(.ping, arguments: ["-c1", "h"]))
    #expect(resolve("probe6", "--version") == .version)
    #expect(resolve("probe6-1.0", "version") == .version)
    #expect(Dispatch.versionText == "probe6 0.1.0\n")
    #expect(resolve("probe6", "completions", "zsh") == .completions(.zsh))
    for argv0 in ["", "/", "probe6"] {
      guard case .error(let exit) = resolve(argv0) else {
        Issue.record("\(argv0) without arguments is no error")
        continue
      }
      #expect(exit.exitCode == 2)
      #expect(exit.standardError.contains("Usage: probe6 COMMAND"))
    }
  }

  @Test func theOverviewKeepsToAHundredColumnsToo() {
    guard case .help(let text) = resolve("probe6", "help") else {
      Issue.record("no help")
      return
    }
    for line in text.split(separator: "\n") { #expect(line.unicodeScalars.count <= 100, "\(line)") }
  }

  @Test(arguments: [
    (["pign"], "unknown command 'pign'; did you mean ping?"), (["xyzzy"], "unknown command 'xyzzy'"),
    (["--verbose"], "unknown option '--verbose'"),
    (["help", "pnig"], "no help on 'pnig'; did you mean ping?"),
    (["completions"], "completions for which shell? One of: bash, zsh, fish"),
    (["completions", "tcsh"], "no completions for 'tcsh'; known shells: bash, zsh, fish"),
    (["\u{1b}]0;x\u{7}"], "unknown command '\\x1b]0;x\\x07'"),
  ]) func whatIsNotKnownIsSaidWithTheNearestWord(_ arguments: [String], _ text: String) {
    #expect(
      Dispatch.resolve(argv0: "probe6", arguments: arguments)
        == .error(EarlyExit(standardError: "probe6: \(text)\nTry 'probe6 --help'.\n", exitCode: 2)))
  }

  @Test(arguments: Dispatch.Verb.allCases)
  func helpOnAVerbHasEveryOptionOfTheTableWithinAHundredColumns(_ verb: Dispatch.Verb) throws {
    guard case .help(let text) = resolve("probe6", "help", verb.rawValue) else {
      Issue.record("no help")
      return
    }
    let same = #expect(throws: EarlyExit.self) {
      switch verb {
      case .ping: _ = try PingVerb.parse(["-c1", "--help"])
      case .trace: _ = try TraceVerb.parse(["-q1", "--help"])
      case .ndisc: _ = try NdiscVerb.parse(["-c1", "--help"])
      case .rdisc: _ = try RdiscVerb.parse(["-c1", "--help"])
      case .sample: _ = try SampleVerb.parse(["-c1", "--help"])
      case .compare: _ = try CompareVerb.parse(["--json", "--help"])
      case .merge: _ = try MergeVerb.parse(["a", "--help"])
      }
    }
    #expect(same == EarlyExit(standardOutput: text, exitCode: 0))
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
    for line in lines { #expect(line.count <= 100, "\(line)") }
    for line in lines { #expect(line.last != " ", "\(line)") }
    for option in verb.description.options where !option.isHidden {
      #expect(text.contains("--" + (option.long ?? "?")))
      #expect(!option.help.isEmpty && !option.group.isEmpty)
    }
    let examples = try #require(lines.firstIndex(of: "Examples:"))
    let options = try #require(lines.firstIndex(of: (verb.description.options[0].group + ":")[...]))
    #expect(examples < options)
    #expect(text.contains("\n  2  the command line is wrong, or "))
  }

  @Test(arguments: Dispatch.Verb.allCases)
  func everyExampleInHelpIsACommandLineThatParses(_ verb: Dispatch.Verb) throws {
    for example in verb.description.examples {
      // As a shell splits it: blanks in quotes stay.
      let words = example.line.split(separator: "'", omittingEmptySubsequences: false).enumerated().flatMap {
        $0 % 2 == 1 ? [String($1)] : $1.split(separator: " ").map(String.init)
      }
      switch Dispatch.resolve(argv0: words[0], arguments: Array(words.dropFirst())) {
      case .verb(.ping, let arguments) where verb == .ping: _ = try PingVerb.parse(arguments)
      case .verb(.trace, let arguments) where verb == .trace: _ = try TraceVerb.parse(arguments)
      case .verb(.ndisc, let arguments) where verb == .ndisc: _ = try NdiscVerb.parse(arguments)
      case .verb(.rdisc, let arguments) where verb == .rdisc: _ = try RdiscVerb.parse(arguments)
      case .verb(.sample, let arguments) where verb == .sample: _ = try SampleVerb.parse(arguments)
      case .verb(.compare, let arguments) where verb == .compare: _ = try CompareVerb.parse(arguments)
      case .verb(.merge, let arguments) where verb == .merge: _ = try MergeVerb.parse(arguments)
      default: Issue.record("\(example.line)")
      }
    }
  }

  @Test func namesInATableAreUnique() {
    for descriptions in [
      OptionTable.pingVerb.descriptions, OptionTable.traceVerb.descriptions,
      OptionTable.iputilsPing.descriptions, OptionTable.ndiscVerb.descriptions,
      OptionTable.rdiscVerb.descriptions, OptionTable.sampleVerb.descriptions,
      OptionTable.compareVerb.descriptions, OptionTable.mergeVerb.descriptions,
    ] {
      let shorts = descriptions.compactMap(\.short)
      let longs = descriptions.compactMap(\.long)
      #expect(Set(shorts).count == shorts.count)
      #expect(Set(longs).count == longs.count)
      for option in descriptions { #expect(option.short != nil || option.long != nil) }
    }
  }

  /// The getopt string of iputils (2026): every letter is known, and takes an argument where it does there.
  @Test func theFaceHasEveryOptionOfIputils() {
    let letters = Array("h?4bRT:6F:N:3aABc:CdDe:fHi:I:jl:Lm:M:nOp:qQ:rs:S:t:UvVw:W:".unicodeScalars)
    for (index, letter) in letters.enumerated() where letter != ":" {
      let takesArgument = index + 1 < letters.count && letters[index + 1] == ":"
      let entry = OptionTable.iputilsPing.entry(short: letter)
      #expect(entry != nil, "\(letter)")
      #expect((entry?.description.argument != nil) == takesArgument, "\(letter)")
    }
  }

  @Test(arguments: Dispatch.Shell.allCases)
  func completionsOfEveryShellOfferEveryOptionThatIsShown(_ shell: Dispatch.Shell) {
    let text = Dispatch.completionsText(shell)
    for option in Dispatch.Verb.allCases.flatMap(\.description.options) {
      guard let long = option.long, !option.isHidden else { continue }
      let written = shell == .fish ? " -l \(long) " : "--" + long
      #expect(text.contains(written), "\(long)")
    }
    #expect(text.contains("ping6"))
  }
}
