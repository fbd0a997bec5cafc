import Plan

/// What the program is asked to be, from its name and its arguments.
package enum Dispatch: Hashable, Sendable {
  /// Another tool, whose name the program was called by.
  package enum Face: String, CaseIterable, Sendable {
    case ping6
    /// Butskoy's traceroute.
    case traceroute6
    /// ndisc6's three.
    case rltraceroute6, tcptraceroute6, tracert6
    /// iputils' tracepath.
    case tracepath6
    /// ndisc6's two.
    case ndisc6, rdisc6
    case fping6
  }

  package enum Verb: String, CaseIterable, Sendable {
    case ping
    case trace
    case ndisc
    case rdisc
    case sample
    case compare
    case merge
  }

  package enum Shell: String, CaseIterable, Sendable {
    case bash, zsh, fish
  }

  /// `programName` is what the face's messages begin with.
  case face(Face, programName: String, arguments: [String])
  case verb(Verb, arguments: [String])
  /// Text for standard output, exit code 0.
  case help(String)
  case version
  case completions(Shell)
  /// A command line that names nothing we know.
  case error(EarlyExit)

  package static let versionText = "probe6 \(Version.text)\n"

  /// - argv0: a path ending in the name of a face (`ping6`, or `ping`, which is IPv6 here too, as are `traceroute`,
  ///   `tracepath` and `fping`) is that face; any other name is `probe6`.
  package static func resolve(argv0: String, arguments: [String]) -> Dispatch {
    let called = String(argv0.utf8.split(separator: UInt8(ascii: "/")).last.map(Substring.init) ?? "")
    if let face = face(named: called) { return .face(face, programName: argv0, arguments: arguments) }
    guard let first = arguments.first else { return .error(EarlyExit(standardError: overview, exitCode: 2)) }
    let rest = Array(arguments.dropFirst())
    if let verb = Verb(rawValue: first) { return .verb(verb, arguments: rest) }
    if let face = Face(rawValue: first) { return .face(face, programName: first, arguments: rest) }
    switch first {
    case "--version", "-V", "version": return .version
    case "--help", "-h", "help": return help(on: rest.first)
    case "completions": return completions(rest)
    default: break
    }
    if first.hasPrefix("-") { return wrong("unknown option \(quoted(first))") }
    let near = Suggestion.nearest(to: first, among: words).map { "; did you mean \($0)?" } ?? ""
    return wrong("unknown command \(quoted(first))" + near)
  }

  /// The text of `probe6 completions SHELL`.
  package static func completionsText(_ shell: Shell) -> String {
    let commands = Verb.allCases.map(\.description)
    let others = Face.allCases.map(\.rawValue) + ["help", "completions", "version"]
    switch shell {
    case .bash: return Completions.bash(commands: commands, others: others)
    case .zsh: return Completions.zsh(commands: commands, others: others)
    case .fish: return Completions.fish(commands: commands, others: others)
    }
  }

  private static var words: [String] {
    Verb.allCases.map(\.rawValue) + Face.allCases.map(\.rawValue) + ["help", "completions", "version"]
  }

  private static func face(named name: String) -> Face? {
    switch name {
    case "ping": .ping6
    case "traceroute": .traceroute6
    case "tracepath": .tracepath6
    case "fping": .fping6
    default: Face(rawValue: name)
    }
  }

  private static func wrong(_ text: String) -> Dispatch {
    .error(EarlyExit(standardError: "probe6: \(text)\nTry 'probe6 --help'.\n", exitCode: 2))
  }

  private static func help(on topic: String?) -> Dispatch {
    guard let topic else { return .help(overview) }
    if let verb = Verb(rawValue: topic) { return .help(HelpText.render(verb.description)) }
    switch Face(rawValue: topic) {
    case .ping6?: return .help(IputilsPingTexts.usage(program: "ping6"))
    case .ndisc6?, .rdisc6?: return .help(RunLinkFace.help(topic))
    case .fping6?: return .help(RunFpingFace.help(program: "fping6"))
    case let face?: return .help(RunTraceFace.help(face))
    case nil: break
    }
    let near = Suggestion.nearest(to: topic, among: words).map { "; did you mean \($0)?" } ?? ""
    return wrong("no help on \(quoted(topic))" + near)
  }

  private static func completions(_ arguments: [String]) -> Dispatch {
    let shells = Shell.allCases.map(\.rawValue).joined(separator: ", ")
    guard let name = arguments.first else { return wrong("completions for which shell? One of: \(shells)") }
    guard let shell = Shell(rawValue: name) else {
      return wrong("no completions for \(quoted(name)); known shells: \(shells)")
    }
    return .completions(shell)
  }

  private static var overview: String {
    var text =
      "probe6: an IPv6 network probe suite\n\nUsage: probe6 COMMAND [OPTION]... [OPERAND]...\n\nCommands:\n"
    for verb in Verb.allCases {
      text += "  " + verb.rawValue + String(repeating: " ", count: max(1, 16 - verb.rawValue.utf8.count))
      text += verb.description.summary + "\n"
    }
    text += """
        help COMMAND    all about a command
        completions SHELL
                        completions for bash, zsh or fish
        version         print the version

      Faces, also reached through a link of that name:
        ping6           iputils' ping -6, options and output
        traceroute6     traceroute -6 (Dmitry Butskoy's)
        rltraceroute6, tcptraceroute6, tracert6
                        ndisc6's traceroute tools
        tracepath6      iputils' tracepath -6
        ndisc6, rdisc6  ndisc6's neighbor and router discovery
        fping6          fping -6

      """
    return text
  }
}

extension Dispatch.Verb {
  package var description: CommandDescription {
    switch self {
    case .ping: .ping
    case .trace: .trace
    case .ndisc: .ndisc
    case .rdisc: .rdisc
    case .sample: .sample
    case .compare: .compare
    case .merge: .merge
    }
  }
}
