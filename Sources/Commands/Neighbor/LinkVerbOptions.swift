/// The options of `probe6 ndisc` and `probe6 rdisc`.
enum LinkVerbOption: Hashable, Sendable {
  // What is asked
  case unicast, duplicateDetection, conformance, file, noLinkOption, to
  // How often, how long
  case count, wait, gap, single, watch, duration, noSolicit
  // Scan
  case listeners, noEcho, noUnknownOption, rounds
  // Guard
  case baseline, write, force, floodRate
  // On both
  case interface, source, promiscuous, captureFile, seed
  case json, format, quiet, verbose, timestamps
  case help, version, ipv6, ipv4
}

extension OptionTable<LinkVerbOption> {
  static let linkGroup = "On the link"

  /// What `ndisc` and `rdisc` say in the same words, in the order in which help lists it.
  static let linkEntries: [Entry] = [
    Entry(
      .interface, "I", "interface", argument: "NAME", group: linkGroup,
      "The interface; a source address with its zone is understood too."),
    Entry(
      .source, "s", "source", argument: "ADDRESS", group: linkGroup,
      "Source address of what is sent, one of this host's; default: the kernel's choice, the link-local address for "
        + "link-local targets and routers."),
    Entry(
      .promiscuous, "p", "promiscuous", group: linkGroup,
      "Hear frames for other stations as well, as far as the link brings them."),
    Entry(
      .captureFile, nil, "capture-file", argument: "FILE", group: linkGroup,
      "Write the frames that were heard and sent to this pcap file."),

    Entry(.json, nil, "json", group: "Output", "One JSON object per line; the same as --format json."),
    Entry(
      .format, nil, "format", argument: "FORMAT", choices: ["text", "json"], group: "Output",
      "text or json."),
    Entry(.quiet, "q", "quiet", group: "Output", "Text of verdicts and findings only."),
    Entry(
      .verbose, "v", "verbose", group: "Output",
      "Say more, in text: what was sent, repeated answers, options in full."),
    Entry(.timestamps, "D", "timestamps", group: "Output", "Wall clock time before each line of text."),

    Entry(.help, "h", "help", group: "Other", "Print this and exit."),
    Entry(.version, "V", "version", group: "Other", "Print the version and exit."),
    Entry(.ipv6, "6", isHidden: true, "Accepted: this is always IPv6."),
    Entry(.ipv4, "4", isHidden: true, "Refused."),
  ]
}

extension CommandDescription.Section {
  /// Of `ndisc` and `rdisc`; `none` is what no answer means there, `broken` what is wrong on the link.
  static func linkExitCodes(fine: String, none: String, broken: String) -> CommandDescription.Section {
    CommandDescription.Section(
      title: "Exit codes",
      lines: [
        "0  \(fine)",
        "1  \(none)",
        "2  the command line is wrong, or a name of a host or an interface",
        "3  this host could not: no socket, no capture, no permission, nothing left it, no output",
        "4  \(broken)",
        "Of several, 3 outweighs 4, 4 outweighs 2 (a bad line of a list), and 2 outweighs 1.",
      ])
  }
}
