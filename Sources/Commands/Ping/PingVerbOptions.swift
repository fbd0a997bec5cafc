/// The options of `probe6 ping`.
enum PingVerbOption: Hashable, Sendable {
  case file, allAddresses, limit
  case count, interval, deadline, timeout, until, ignoreErrors
  case flood, adaptive, preload, pace, schedule
  case size, pattern, identifier, hopLimit, trafficClass, flowLabel, nodeInformation, probe, neighbor, seed
  case source, interface, sticky, mark, pathMTU, sendBuffer, noLoop, noRoute, debug, raw, datagram, capture
  case userToUser
  case json, csv, quiet, verbose, numeric, names, audible, timestamps, outstanding, reportSent, timing
  case histogram, threeDecimals
  case help, version, ipv6, ipv4
}

extension OptionTable<PingVerbOption> {
  private static let targets = "Targets"
  private static let when = "When and how long"
  private static let what = "What is sent"
  private static let how = "How it is sent"
  private static let output = "Output"
  private static let other = "Other"

  /// In the order in which help lists them.
  static let pingVerb = OptionTable([
    Entry(
      .count, "c", "count", argument: "N", group: when,
      "Stop after N probes to each target; with --until reply, after N replies."),
    Entry(
      .interval, "i", "interval", argument: "TIME", group: when,
      "Between probes to a target; default 1s, or longer where that were more than 10,000 probes a second in all. "
        + "A number is in seconds (0.0001); units ns, us, ms, s, m, h (100us, 1.5ms). Several targets share the "
        + "interval evenly."
    ),
    Entry(.deadline, "w", "deadline", argument: "TIME", group: when, "End the run after this long."),
    Entry(
      .timeout, "W", "timeout", argument: "TIME", group: when,
      "A probe unanswered for this long is lost, and its reply late; default 1s."),
    Entry(
      .until, nil, "until", argument: "WHAT", choices: ["count", "reply", "up", "down"], group: when,
      "What the run waits for: count (as many probes as --count says), reply (--count replies, default 1), "
        + "up (the first reply, whatever errors come before it), down (the first probe lost or met by an error)."
    ),
    Entry(
      .ignoreErrors, nil, "ignore-errors", group: when,
      "ICMPv6 errors and failures to send do not end --until reply."),
    Entry(
      .flood, nil, "flood", group: when,
      "As fast as replies come, at least 100 a second, or at --interval; dots instead of lines."),
    Entry(.adaptive, "A", "adaptive", group: when, "The interval follows the round trip."),
    Entry(.preload, "l", "preload", argument: "N", group: when, "Send N probes at once at the start."),
    Entry(
      .schedule, nil, "schedule", argument: "KIND", choices: ["constant", "poisson", "burst:"], group: when,
      "Departures: constant; poisson (random gaps, --interval on average); burst:N (N at once, each --interval)."
    ),
    Entry(
      .pace, nil, "pace", argument: "KIND", choices: ["normal", "precise"], group: when,
      "precise: sleep until shortly before each departure, then spin; costs a processor."),

    Entry(
      .file, "f", "file", argument: "FILE", group: targets,
      "More targets, one to a line; blank lines and what follows # are skipped. A target - reads standard input."
    ),
    Entry(
      .allAddresses, nil, "all-addresses", group: targets, "Each address of a name is a target."),
    Entry(
      .limit, nil, "limit", argument: "N", group: targets,
      "Addresses that prefixes (2001:db8::/120) may have; default 65536."),

    Entry(.size, "s", "size", argument: "N", group: what, "Octets of payload, 0 to 65527; default 56."),
    Entry(
      .pattern, "p", "pattern", argument: "HEX", group: what,
      "Repeat these octets over the payload, up to 16, such as ff00."),
    Entry(
      .identifier, "e", "identifier", argument: "N", group: what,
      "Echo identifier, 0 to 65535; default: the kernel's choice, or random on a raw socket. 0 needs --raw."),
    Entry(
      .nodeInformation, "N", "node-info", argument: "WORD",
      choices: NodeInformationText.queries + NodeInformationText.subjects, group: what,
      "Ask for a node's names or addresses (RFC 4620): name, ipv6[-all|-compatible|-linklocal|-sitelocal|-global], "
        + "ipv4[-all]; about subject-ipv6=, subject-ipv4=, subject-name= or subject-fqdn=. May be repeated."),
    Entry(
      .probe, nil, "probe", argument: "INTERFACE", group: what,
      "Extended echo (RFC 8335): ask the target about its interface of this name, index or address."),
    Entry(
      .neighbor, nil, "neighbor", group: what,
      "With --probe ADDRESS: ask about the target's neighbor of this address instead."),
    Entry(
      .seed, nil, "seed", argument: "N", group: what,
      "Seed of nonces and random schedules: same seed, same octets."),

    Entry(
      .source, nil, "source", argument: "ADDRESS", group: how, "Source address, with %INTERFACE where needed."
    ),
    Entry(
      .interface, "I", "interface", argument: "NAME", group: how,
      "Outgoing interface, and the zone of targets that need one; a source address is understood too."),
    Entry(.sticky, "B", "sticky-source", group: how, "Keep to the source address chosen at the start."),
    Entry(
      .hopLimit, "t", "hop-limit", argument: "N", group: how, "Hop limit, 0 to 255, unicast and multicast."),
    Entry(
      .trafficClass, "Q", "traffic-class", argument: "N", group: how, "Traffic class, 0 to 255 or 0x hex."),
    Entry(
      .flowLabel, "F", "flow-label", argument: "N", group: how,
      "Flow label, 20 bits, decimal or 0x hex; 0: the kernel's choice."),
    Entry(
      .mark, "m", "mark", argument: "N", group: how, "Socket mark for policy routing, decimal or 0x hex."),
    Entry(
      .pathMTU, "M", "pmtud", argument: "MODE", choices: ["do", "dont", "want", "probe"], group: how,
      "Path MTU discovery: do (never fragment), want (fragment where the path asks), dont (fragment, ignore it), "
        + "probe (never fragment, ignore it)."),
    Entry(.sendBuffer, "S", "send-buffer", argument: "N", group: how, "Socket send buffer in octets."),
    Entry(.noLoop, "L", "no-multicast-loop", group: how, "Multicast probes do not come back to this host."),
    Entry(.noRoute, "r", "no-route", group: how, "Past the routing table, to hosts on the link only."),
    Entry(.debug, "d", "socket-debug", group: how, "Set SO_DEBUG."),
    Entry(.raw, nil, "raw", group: how, "A raw socket (needs CAP_NET_RAW); replies by libpcap."),
    Entry(
      .datagram, nil, "datagram", group: how,
      "A ping socket (needs the group in net.ipv4.ping_group_range), or nothing."),
    Entry(
      .capture, nil, "capture", argument: "HOW", choices: ["socket", "pcap"], group: how,
      "How replies come in: socket or pcap."),
    Entry(
      .userToUser, "U", "user-to-user", group: how,
      "Round trips from the call to the read, without the kernel's stamps."),

    Entry(.json, nil, "json", group: output, "One JSON object per line."),
    Entry(.csv, nil, "csv", group: output, "One line of comma-separated values per event."),
    Entry(
      .timing, nil, "timing", group: output, "Show each round trip in its parts: host tx, wire, host rx."),
    Entry(.histogram, nil, "histogram", group: output, "Draw the round trips after the statistics."),
    Entry(
      .outstanding, "O", "outstanding", group: output,
      "Say which probe is unanswered when the next one leaves."),
    Entry(.reportSent, nil, "report-sent", group: output, "Report each probe when it is sent."),
    Entry(.timestamps, "D", "timestamps", group: output, "Wall clock time before each line."),
    Entry(.threeDecimals, "3", "precise", group: output, "Round trips always with three decimals."),
    Entry(.audible, "a", "audible", group: output, "Ring the bell at each reply."),
    Entry(.numeric, "n", "numeric", group: output, "No name look-ups."),
    Entry(.names, "H", "names", group: output, "Look names up even where the target is an address."),
    Entry(.quiet, "q", "quiet", group: output, "Header and statistics only."),
    Entry(.verbose, "v", "verbose", group: output, "Say more: path, source, lateness of the schedule."),

    Entry(.help, "h", "help", group: other, "Print this and exit."),
    Entry(.version, "V", "version", group: other, "Print the version and exit."),
    Entry(.ipv6, "6", isHidden: true, "Accepted: this is always IPv6."),
    Entry(.ipv4, "4", isHidden: true, "Refused."),
  ])
}

extension CommandDescription {
  static let ping = CommandDescription(
    name: "ping",
    summary: "Sends ICMPv6 echo requests, and says of each one what became of it.",
    operands: "TARGET...",
    examples: [
      Example("probe6 ping -c 3 example.org", "three probes, a second apart"),
      Example("probe6 ping -c 100 -i 1ms --histogram ::1", "a hundred at 1 ms, and how they spread"),
      Example("probe6 ping fe80::1%eth0", "a link-local address, with its interface"),
      Example("probe6 ping --until up -w 60 host", "wait up to a minute until the host replies"),
      Example("probe6 ping --json -c 10 host", "one JSON object per event"),
      Example("probe6 ping -q -c 1 2001:db8::/120", "all hosts of a prefix once, as a table"),
      Example("probe6 ping --probe eth1 router", "ask a router whether its eth1 is up"),
    ],
    options: OptionTable.pingVerb.descriptions,
    sections: [
      Section(
        title: "Exit codes",
        lines: [
          "0  every target replied; with --until, what was waited for came",
          "1  a target did not reply; with --until, the run ended before it came; of several names one has no address",
          "2  the command line is wrong, or a name of a host or an interface",
          "3  this host could not: no socket, no permission, no such source address, no output",
        ])
    ])
}
