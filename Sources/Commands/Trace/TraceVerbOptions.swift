import Report

/// The options of `probe6 trace`.
enum TraceVerbOption: Hashable, Sendable {
  case method, udp, icmp, tcp, port, sourcePort, queries, firstHop, maximumHops, classic
  case paths, confidence, pathMTU, live, report, interval
  case packetSize, pattern, trafficClass, flowLabel, gateway, seed
  case source, interface, mark, noRoute, debug, raw, unprivileged
  case rate, inFlight, perHop, wait, gapLimit, deadline
  case file, shareHops, noShareHops
  case json, format, numeric, systemsFile, timestamps, verbose
  case help, version, payloadSize, ipv6, ipv4
}

extension OptionTable<TraceVerbOption> {
  private static let probes = "Probes"
  private static let finding = "What is to be found out"
  private static let what = "What is sent"
  private static let how = "How it is sent"
  private static let pace = "Pace and waiting"
  private static let targets = "Many targets"
  private static let output = "Output"
  private static let other = "Other"

  /// In the order in which help lists them. Long names are those of ping; letters are those that traceroute has
  /// made known, where the two differ.
  static let traceVerb = OptionTable([
    Entry(
      .method, "M", "method", argument: "METHOD", choices: ["udp", "icmp", "tcp", "connect"], group: probes,
      "udp (default), icmp (echo requests), tcp (SYN, half open; without CAP_NET_RAW as connect), "
        + "connect (connect(2): a whole handshake where the port is open)."),
    Entry(.udp, "U", "udp", group: probes, "The same as --method udp."),
    Entry(.icmp, "I", "icmp", group: probes, "The same as --method icmp."),
    Entry(.tcp, "T", "tcp", group: probes, "The same as --method tcp."),
    Entry(
      .port, "p", "port", argument: "N", group: probes,
      "Destination port; default 33434 for UDP, 80 for TCP. [ADDRESS]:PORT and NAME:PORT say it too."),
    Entry(
      .sourcePort, nil, "source-port", argument: "N", group: probes,
      "Source port of all probes, or the identifier of echo requests; default: the kernel's choice."),
    Entry(.queries, "q", "queries", argument: "N", group: probes, "Probes to each hop, 1 to 255; default 3."),
    Entry(.firstHop, "f", "first", argument: "N", group: probes, "The first hop to ask; default 1."),
    Entry(
      .maximumHops, "m", "max-hops", argument: "N", group: probes,
      "The last hop to ask, 1 to 255; default 30."
    ),
    Entry(
      .classic, nil, "classic", group: probes,
      "Another port for each probe, as old traceroutes do (UDP: destination port + 1; TCP: source port + 1). Some "
        + "filters want it; balancers scatter such probes."),

    Entry(
      .paths, nil, "paths", group: finding,
      "All the paths, by as many flows as that takes, and what each balancer hashes."),
    Entry(
      .confidence, nil, "confidence", argument: "PERCENT", choices: ["95", "99"], group: finding,
      "With --paths: that no branch was missed, 95 (default) or 99."),
    Entry(
      .pathMTU, nil, "mtu", group: finding,
      "The path MTU of each hop, also where nobody sends Packet Too Big."),
    Entry(
      .live, nil, "live", group: finding,
      "A screen that goes on, hop by hop; lines where standard output is no terminal."),
    Entry(
      .report, nil, "report", argument: "N", group: finding,
      "N rounds of one probe to each hop, then a table."),
    Entry(
      .interval, nil, "interval", argument: "TIME", group: finding,
      "Between the rounds of --live and --report; default 1s."),

    Entry(
      .packetSize, nil, "packet-size", argument: "N", group: what,
      "Octets of the whole packet, IPv6 header included; default 80 (--mtu: what the link carries)."),
    Entry(
      .pattern, nil, "pattern", argument: "HEX", group: what,
      "Repeat these octets over the payload, up to 16, such as ff00."),
    Entry(
      .trafficClass, "Q", "traffic-class", argument: "N", group: what, "Traffic class, 0 to 255 or 0x hex."),
    Entry(
      .flowLabel, "F", "flow-label", argument: "N", group: what,
      "Flow label, 20 bits, decimal or 0x hex; default 0, the same in every probe."),
    Entry(
      .gateway, "g", "gateway", argument: "ADDRESS", group: what,
      "Go through this router (segment routing header, RFC 8754); may be repeated. Needs CAP_NET_RAW."),
    Entry(
      .seed, nil, "seed", argument: "N", group: what, "Seed of the keys in probes: same seed, same octets."),

    Entry(
      .source, "s", "source", argument: "ADDRESS", group: how, "Source address, with %INTERFACE where needed."
    ),
    Entry(
      .interface, "i", "interface", argument: "NAME", group: how,
      "Outgoing interface, and the zone of targets that need one; a source address is understood too."),
    Entry(
      .mark, nil, "mark", argument: "N", group: how, "Socket mark for policy routing, decimal or 0x hex."),
    Entry(.noRoute, "r", "no-route", group: how, "Past the routing table, to hosts on the link only."),
    Entry(.debug, "d", "socket-debug", group: how, "Set SO_DEBUG."),
    Entry(.raw, nil, "raw", group: how, "Raw sockets and libpcap (need CAP_NET_RAW), and nothing else."),
    Entry(
      .unprivileged, nil, "unprivileged", group: how,
      "Sockets that any user may open, and their error queues; also for root."),

    Entry(
      .rate, nil, "rate", argument: "N", group: pace,
      "Probes a second at most, over all targets; default: as the answers allow."),
    Entry(
      .inFlight, "N", "in-flight", argument: "N", group: pace,
      "Unanswered probes at most, over all targets; default: as the answers allow."),
    Entry(
      .perHop, nil, "per-hop", argument: "N", group: pace,
      "Unanswered probes to one hop at most; default 3."),
    Entry(
      .wait, "w", "wait", argument: "TIME", group: pace,
      "A probe unanswered for so long is lost, and its answer late; default: by the answers so far, 0.5s to 3s. Plain "
        + "numbers are seconds; units ns, us, ms, s, m, h."),
    Entry(
      .gapLimit, nil, "gap-limit", argument: "N", group: pace,
      "Ask no further hop after so many silent ones in a row; default: none."),
    Entry(.deadline, nil, "deadline", argument: "TIME", group: pace, "End the run after this long."),

    Entry(
      .file, nil, "file", argument: "FILE", group: targets,
      "More targets, one to a line; blank lines and what follows # are skipped. A target - reads standard input."
    ),
    Entry(
      .shareHops, nil, "share-hops", group: targets,
      "Do not ask hops again that were found for another target; default."
    ),
    Entry(.noShareHops, nil, "no-share-hops", group: targets, "Ask every hop for every target."),

    Entry(.json, nil, "json", group: output, "One JSON object per line; the same as --format json."),
    Entry(
      .format, nil, "format", argument: "FORMAT", choices: ["text", "json", "atlas", "scamper", "dot"],
      group: output,
      "text, json (an object per event), atlas (RIPE Atlas results), scamper (its JSON), dot (with --paths: a graph for "
        + "Graphviz)."),
    Entry(
      .systemsFile, nil, "as-file", argument: "FILE", group: output,
      "Show AS numbers from this file, lines such as 2001:db8::/32 64500; the network is not asked."
    ),
    Entry(.timestamps, "D", "timestamps", group: output, "Wall clock time before each line."),
    Entry(.numeric, "n", "numeric", group: output, "No name look-ups."),
    Entry(.numeric, nil, "no-dns", group: output, isHidden: true, "The same."),
    Entry(
      .verbose, "v", "verbose", group: output,
      "Say more: why this way, hop limits of answers, rejected answers."),

    Entry(.help, "h", "help", group: other, "Print this and exit."),
    Entry(.version, "V", "version", group: other, "Print the version and exit."),
    Entry(.wait, nil, "timeout", argument: "TIME", isHidden: true, "ping's name of --wait."),
    Entry(.payloadSize, nil, "size", argument: "N", isHidden: true, "Refused: ping counts the payload."),
    Entry(.ipv6, "6", isHidden: true, "Accepted: this is always IPv6."),
    Entry(.ipv4, "4", isHidden: true, "Refused."),
  ])
}

extension CommandDescription {
  /// The marks behind times; those of parameter problems together.
  private static var marks: [String] {
    var entries = TraceMark.table.filter { !$0.mark.hasPrefix("!P") }
    entries.insert(("!PCODE", "parameter problem"), at: entries.count - 1)
    return entries.map { mark, meaning in
      mark + String(repeating: " ", count: max(12 - mark.utf8.count, 1)) + meaning
    }
  }

  static let trace = CommandDescription(
    name: "trace",
    summary: "Shows every hop of the path to a host, and says of each probe what became of it.",
    operands: "TARGET...",
    examples: [
      Example("probe6 trace example.org", "every hop, three probes each, along one flow"),
      Example("probe6 trace -T -p 443 example.org", "with TCP SYN, as a web client's packets go"),
      Example("probe6 trace --paths example.org", "all the paths, and what the balancers hash"),
      Example("probe6 trace --mtu example.org", "the path MTU of each hop"),
      Example("probe6 trace --live example.org", "a screen that goes on; ? for its keys"),
      Example("probe6 trace --report 10 example.org", "ten rounds, then a table"),
      Example("probe6 trace --json --file hosts", "many targets, one JSON object per event"),
    ],
    options: OptionTable.traceVerb.descriptions,
    sections: [
      Section(title: "Marks in the text", lines: marks),
      Section(
        title: "Exit codes",
        lines: [
          "0  every target was reached",
          "1  a target was not reached",
          "2  the command line is wrong, or a name of a host or an interface",
          "3  this host could not: no socket, no permission, no such source address, no output",
        ]),
    ])
}
