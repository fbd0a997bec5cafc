extension OptionTable<LinkVerbOption> {
  private static let asking = "Asking routers"

  /// In the order in which help lists them.
  static let rdiscVerb = OptionTable(
    [
      Entry(
        .to, nil, "to", argument: "ADDRESS", group: asking,
        "Ask this router alone; default: all of them (ff02::2)."),
      Entry(
        .noLinkOption, nil, "no-link-option", group: asking,
        "Leave our own link-layer address out of the solicitation."),
      Entry(.count, "c", "count", argument: "N", group: asking, "Solicitations at most; default 3."),
      Entry(
        .wait, "w", "wait", argument: "TIME", group: asking,
        "How long each solicitation's answers are listened for; default 4s. That there is no router is said 3.5s after "
          + "the last one at the earliest: an answer may take 0.5s, and 3s more where it goes to all."),
      Entry(
        .single, "1", "single", group: asking,
        "Be done with the first advertisement. A second router is then not seen."),
      Entry(.watch, nil, "watch", group: asking, "Go on listening until stopped."),
      Entry(.duration, nil, "for", argument: "TIME", group: asking, "Go on listening for so long."),
      Entry(
        .noSolicit, "d", "no-solicit", group: asking,
        "Send nothing, only listen, until stopped or for --for. Advertisements that nobody asked for may come half "
          + "an hour apart."),
    ] + linkEntries)
}

extension CommandDescription {
  static let rdisc = CommandDescription(
    name: "rdisc",
    summary: "Shows what each router of the link advertises, and what the kernel made of it.",
    operands: "INTERFACE",
    takesInterfaces: true,
    examples: [
      Example("probe6 rdisc eth0", "every router, side by side"),
      Example("probe6 rdisc eth0 --to fe80::1", "one router alone"),
      Example("probe6 rdisc eth0 --single", "the first that answers, at once"),
      Example("probe6 rdisc eth0 --watch --json", "every advertisement, until stopped"),
      Example("probe6 rdisc eth0 --no-solicit --for 30m", "only listen, for half an hour"),
    ],
    options: OptionTable.rdiscVerb.descriptions,
    sections: [
      Section.linkExitCodes(
        fine: "a router advertises, and nothing is wrong with it",
        none: "no router answered",
        broken:
          "something is wrong: a broken rule, routers that disagree, an MTU that is not what it should be"
      ),
      Section(
        title: "What it needs",
        lines: [
          "CAP_NET_RAW, to send and to capture (setcap cap_net_raw+ep FILE, or root).",
          "Without it, what the kernel accepted: probe6 ndisc neighbors INTERFACE --watch.",
        ]),
    ])
}
