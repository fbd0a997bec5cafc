extension OptionTable<LinkVerbOption> {
  private static let asking = "Asking a neighbor"
  private static let pace = "How often and how long"
  private static let watching = "neighbors (the kernel's table, or a time line)"
  private static let scanning = "scan (every station of the link)"
  private static let guarding = "guard (the link beside a baseline)"

  /// In the order in which help lists them.
  static let ndiscVerb = OptionTable(
    [
      Entry(
        .unicast, "u", "unicast", argument: "MAC", isArgumentOptional: true, group: asking,
        "Ask where the kernel's entry points (or MAC), as its own unreachability detection does; all stations only "
          + "where that stays silent."),
      Entry(
        .duplicateDetection, nil, "dad", group: asking,
        "Duplicate address detection: ask from :: with a nonce whether anybody has the address. Works before it is "
          + "assigned."),
      Entry(
        .conformance, nil, "conformance", group: asking,
        "Send one target 21 crafted solicitations, right and wrong ones, and compare its answers with Linux's."
      ),
      Entry(
        .noLinkOption, nil, "no-link-option", group: asking,
        "Leave our own link-layer address out of the solicitation."),
      Entry(
        .file, "f", "file", argument: "FILE", group: asking,
        "More addresses, one to a line; blank lines and what follows # are skipped. - is standard input."),

      Entry(
        .count, "c", "count", argument: "N", group: pace,
        "Solicitations at most, for each address and way; default 3, with --dad 1."),
      Entry(
        .wait, "w", "wait", argument: "TIME", group: pace,
        "How long each solicitation's answers are listened for; default 1s, and an anycast or proxy answer may "
          + "take as long. scan: after the last question, default 2s. guard: without --watch, default 4s."),
      Entry(
        .gap, "g", "gap", argument: "TIME", group: pace,
        "Between solicitations for two addresses, default 1ms; scan: between rounds, default 1s."),
      Entry(
        .single, "1", "single", group: pace,
        "Be done with an address at its first answer. A second station that claims it is then not seen."),

      Entry(
        .watch, nil, "watch", group: watching,
        "One time line of wire and kernel, until stopped; without CAP_NET_RAW the kernel's half. guard: go on "
          + "comparing."),
      Entry(.duration, nil, "for", argument: "TIME", group: watching, "Watch for so long."),

      Entry(
        .listeners, nil, "listeners", group: scanning,
        "Ask for multicast listeners, too (a general MLDv2 query). Off by default: the query can win the querier "
          + "election, and switches then send multicast our way."),
      Entry(.noEcho, nil, "no-echo", group: scanning, "No echo requests to ff02::1."),
      Entry(
        .noUnknownOption, nil, "no-unknown-option", group: scanning,
        "No packets with an option that nobody knows (the answer is Parameter Problem)."),
      Entry(
        .rounds, nil, "rounds", argument: "N", group: scanning, "Rounds of questions; default 2."),

      Entry(
        .baseline, "b", "baseline", argument: "FILE", group: guarding,
        "What the link should look like: routers, their link-layer addresses, prefixes, routes, MTU, DNS. - reads "
          + "standard input."),
      Entry(
        .write, nil, "write", group: guarding, "Make the baseline of what is heard now. Only a new file."),
      Entry(
        .force, nil, "force", group: guarding,
        "With --write: replace the file, and write one without routers."),
      Entry(
        .floodRate, nil, "flood-rate", argument: "N", group: guarding,
        "Advertisements in one second from which on it is a flood; default 50."),
      Entry(
        .noSolicit, "d", "no-solicit", group: guarding,
        "Send nothing, only listen (scan, too). Advertisements that nobody asked for may come half an hour apart."
      ),
      Entry(
        .seed, nil, "seed", argument: "N", group: "On the link",
        "Seed of nonces and identifiers: same seed, same octets."),
    ] + linkEntries)
}

extension CommandDescription {
  static let ndisc = CommandDescription(
    name: "ndisc",
    summary: "Says who has an address on the link, and whether it is the right one.",
    operands: "ADDRESS... | neighbors [IFACE] | scan IFACE | guard IFACE",
    operandWords: ["neighbors", "scan", "guard"],
    examples: [
      Example("probe6 ndisc fe80::1%eth0", "who has it, and does the kernel's entry agree"),
      Example("probe6 ndisc -I eth0 2001:db8::5 2001:db8::6", "two addresses on one link"),
      Example("probe6 ndisc --unicast fe80::1%eth0", "is the kernel's entry still right"),
      Example("probe6 ndisc --unicast=02:00:00:00:00:0b fe80::1%eth0", "is it there"),
      Example("probe6 ndisc --dad -I eth0 2001:db8::7", "may this address be taken"),
      Example("probe6 ndisc --json -I eth0 -f hosts", "many, one JSON object per event"),
      Example("probe6 ndisc neighbors", "the kernel's neighbor table"),
      Example("probe6 ndisc neighbors eth0 --watch", "what happens on wire and in kernel"),
      Example("probe6 ndisc scan eth0", "every station of the link"),
      Example("probe6 ndisc guard eth0 --baseline lan --write", "remember what routers say"),
      Example("probe6 ndisc guard eth0 --baseline lan", "and compare, once (for cron)"),
      Example("probe6 ndisc guard eth0 --baseline lan --watch --json", "or until stopped"),
      Example("probe6 ndisc --conformance -I eth0 fe80::1", "does it answer as Linux does"),
    ],
    options: OptionTable.ndiscVerb.descriptions,
    sections: [
      Section(
        title: "Verdicts",
        lines: [
          "agrees          one station answered, and the kernel's entry names the same",
          "differs         one answered, and the kernel's entry names another",
          "absent          one answered, and the kernel has no entry",
          "local           an address of this host: nobody was asked",
          "silent          nobody answered",
          "conflict        two stations claim it",
          "free, in_use    --dad: nobody has it; somebody has it, or is about to",
          "looped_back     --dad: nobody has it, but our own probe came back",
          "fresh, stale    --unicast: it is where the kernel's entry points; reachable, or not confirmed",
          "multicast_only  --unicast: silent there, while multicast is answered by the same station",
          "dead            --unicast: neither is answered",
          "send_failed     nothing left this host",
        ]),
      Section.linkExitCodes(
        fine: "every address has its answer, or is free; table, scan or comparison without a problem",
        none: "an address is silent or dead, no station was found, no router to make a baseline of",
        broken:
          "something is wrong on the link: differs, conflict, in_use, looped_back, multicast_only, a broken rule, a "
          + "difference from the baseline"),
      Section(
        title: "What it needs",
        lines: [
          "CAP_NET_RAW for all that is sent or captured (setcap cap_net_raw+ep FILE, or root).",
          "Nothing for neighbors, and for the kernel's half of neighbors --watch.",
        ]),
    ])
}
