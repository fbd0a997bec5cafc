/// The options of ndisc6's ndisc6 and rdisc6 1.0.5, which are the same.
enum NdiscFaceOption: Hashable, Sendable {
  case single, noSolicit, help, multiple, numeric, quiet, retry, source, version, verbose, wait
}

extension OptionTable<NdiscFaceOption> {
  /// In the order in which messages name those that a prefix fits.
  static let ndiscFaces = OptionTable([
    Entry(.single, "1", "single", "end with the first answer"),
    Entry(.noSolicit, "d", "no-solicit", "send nothing, only listen"),
    Entry(.help, "h", "help", "print this and exit"),
    Entry(.multiple, "m", "multiple", "listen to the end of the wait, show every answer"),
    Entry(.numeric, "n", "numeric", "take no names, only addresses"),
    Entry(.quiet, "q", "quiet", "print only what a script wants:"),
    Entry(.retry, "r", "retry", argument: "N", "attempts at most; default 3"),
    Entry(.source, "s", "source", argument: "ADDRESS", "source address"),
    Entry(.version, "V", "version", "print the version and exit"),
    Entry(.verbose, "v", "verbose", "more text; the default"),
    Entry(.wait, "w", "wait", argument: "MS", "milliseconds to wait for answers in each attempt; default"),
  ])
}

/// Texts of `ndisc6` and `rdisc6`, in our own words.
enum NdiscFaceTexts {
  /// Scripts look for the name and the version whose behaviour they know.
  static let version =
    "ndisc6: from probe6 \(Version.text) (compatible with the IPv6 Neighbor/Router Discovery userland tool 1.0.5)\n"

  static func usage(_ tool: NdiscFaceInvocation.Tool, program: String) -> String {
    var text = "Usage: \(escaped(program)) [options] "
    switch tool {
    case .neighbor:
      text +=
        "<IPv6 address> <interface>\nAsks who has an address on the link, and prints the link-layer address\n\n"
    case .router:
      text += "[IPv6 address] <interface>\nAsks the routers of the link, and prints what they advertise\n\n"
    }
    for option in OptionTable.ndiscFaces.entries {
      text += HelpText.wrapped(
        option.description.help + addition(option.key, tool),
        first: names(option.description), indent: 20, width: 80)
    }
    switch tool {
    case .neighbor:
      text += """

        Without -1 and -m the first answer is printed, and others are listened for a
        moment longer: a second station with that address is told of on standard error.
        An address of this host itself gets the text of one that nobody has, at once.
        Exit code: 0 answered, 1 failed, 2 no answer or wrong usage.

        Verdicts, flags, round trips and more: probe6 ndisc --help

        """
    case .router:
      text += """

        Advertisements that a host must discard are not shown, nor are options of wrong
        length.
        Exit code: 0 answered, 1 failed, 2 no answer or wrong usage.

        All options, broken rules and what the kernel made of it: probe6 rdisc --help

        """
    }
    return text
  }

  static func hint(program: String) -> String { "Try \"\(escaped(program)) -h\" for more information.\n" }

  private static func names(_ option: OptionDescription) -> String {
    let names = "  -" + (option.short.map(String.init) ?? "") + ", --" + (option.long ?? "")
    return names + String(repeating: " ", count: max(20 - names.utf8.count, 1))
  }

  /// What is not the same in both.
  private static func addition(_ option: NdiscFaceOption, _ tool: NdiscFaceInvocation.Tool) -> String {
    switch (option, tool) {
    case (.quiet, .neighbor): " the link-layer address"
    case (.quiet, .router): " the prefixes"
    case (.wait, .neighbor): " 1000"
    case (.wait, .router): " 4000"
    case (.multiple, .router): "; the default"
    default: ""
    }
  }
}
