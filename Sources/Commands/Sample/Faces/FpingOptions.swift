/// The options of fping 5.5. Those of one letter have the letter's place in the original's table.
enum FpingOption: Hashable, Sendable {
  case ipv4, ipv6, alive, address, size, backoff, count, listedCount, reverse, timestamp, timestampFormat
  case elapsed, file, generate, help, hopLimit, interval, interface, outgoing, json, icmpTimestamp, mark, loop
  case allAddresses, unfragmented, name, netdata, outage, trafficClass, period, quiet, reports, retry, random
  case statistics, source, timeout, nothing, unreachable, version, reachable, fastReachable, checkSource
  case showTrafficClass, showHopLimit, showSource, sequenceTimeout
}

extension OptionTable<FpingOption> {
  private static let probing = "Probing"
  private static let output = "Output"

  static let fping = OptionTable([
    Entry(.ipv4, "4", "ipv4", group: probing, "refused: this is an IPv6 tool"),
    Entry(.ipv6, "6", "ipv6", group: probing, "IPv6 only, as always"),
    Entry(.size, "b", "size", argument: "BYTES", group: probing, "octets of data in a request; default 56"),
    Entry(
      .backoff, "B", "backoff", argument: "N", group: probing,
      "each wait is so many times the one before, 1.0 to 5.0; default 1.5"),
    Entry(
      .count, "c", "count", argument: "N", group: probing, "send N requests to each target, with figures"),
    Entry(
      .file, "f", "file", argument: "FILE", group: probing,
      "targets from a file, the first word of each line; - is standard input"),
    Entry(
      .generate, "g", "generate", group: probing,
      "targets from first to last address, or of a prefix of 65 to 128 bits; at most 131070"),
    Entry(.hopLimit, "H", "ttl", argument: "N", group: probing, "hop limit of requests"),
    Entry(
      .interval, "i", "interval", argument: "MSEC", group: probing,
      "at least so long between two requests to whatever target; default 10"),
    Entry(.interface, "I", "iface", argument: "IFACE", group: probing, "interface, for requests and answers"),
    Entry(.outgoing, nil, "oiface", argument: "IFACE", group: probing, "interface that requests leave by"),
    Entry(.mark, "k", "fwmark", argument: "MARK", group: probing, "routing mark of requests"),
    Entry(.loop, "l", "loop", group: probing, "go on for ever"),
    Entry(.allAddresses, "m", "all", group: probing, "all addresses of each name; best with -A"),
    Entry(.unfragmented, "M", "dontfrag", group: probing, "never fragment"),
    Entry(.trafficClass, "O", "tos", argument: "N", group: probing, "traffic class of requests, 0 to 255"),
    Entry(
      .period, "p", "period", argument: "MSEC", group: probing,
      "with -c, -C and -l: from one request to a target to the next; default 1000"),
    Entry(
      .retry, "r", "retry", argument: "N", group: probing, "ask a silent target so often again; default 3"),
    Entry(.random, "R", "random", group: probing, "random data instead of zeros"),
    Entry(.source, "S", "src", argument: "ADDRESS", group: probing, "source address"),
    Entry(
      .sequenceTimeout, nil, "seqmap-timeout", argument: "MSEC", group: probing,
      "without effect: sequence numbers do not run out here"),
    Entry(
      .timeout, "t", "timeout", argument: "MSEC", group: probing,
      "how long to wait for the first answer; default 500, with -c, -C and -l the period, at most 2000"),
    Entry(
      .checkSource, nil, "check-source", group: probing, "an answer from another address than asked is none"),
    Entry(.icmpTimestamp, nil, "icmp-timestamp", group: probing, "refused: IPv4 only"),
    Entry(.nothing, "T", nil, argument: "N", isHidden: true, "without effect"),
    Entry(.alive, "a", "alive", group: output, "names of targets that answer"),
    Entry(.address, "A", "addr", group: output, "show addresses, not names"),
    Entry(
      .listedCount, "C", "vcount", argument: "N", group: output, "as -c, with all round trips of a target"),
    Entry(.reverse, "d", "rdns", group: output, "show the names of addresses, also of names'"),
    Entry(.timestamp, "D", "timestamp", group: output, "the time before each line"),
    Entry(
      .timestampFormat, nil, "timestamp-format", argument: "FORMAT", choices: ["ctime", "iso", "rfc3339"],
      group: output, "how -D writes it: ctime, iso or rfc3339"),
    Entry(.elapsed, "e", "elapsed", group: output, "round trips of targets that answer"),
    Entry(.help, "h", "help", group: output, "print this and exit"),
    Entry(.json, "J", "json", group: output, "JSON, one object a line; with -c, -C or -l"),
    Entry(.name, "n", "name", group: output, "show the names of targets given as addresses"),
    Entry(.netdata, "N", "netdata", group: output, "for netdata; with -l and -Q"),
    Entry(.outage, "o", "outage", group: output, "lost requests times period"),
    Entry(.quiet, "q", "quiet", group: output, "only the figures at the end"),
    Entry(
      .reports, "Q", "squiet", argument: "SECS[,cumulative]", group: output,
      "as -q, and figures every SECS seconds: of these, or (cumulative) since the beginning"),
    Entry(.statistics, "s", "stats", group: output, "figures of the whole run"),
    Entry(.unreachable, "u", "unreach", group: output, "names of targets that do not answer"),
    Entry(.version, "v", "version", group: output, "print the version and exit"),
    Entry(.reachable, "x", "reachable", argument: "N", group: output, "whether N targets or more answer"),
    Entry(
      .fastReachable, "X", "fast-reachable", argument: "N", group: output,
      "the same, and end as soon as they have"),
    Entry(.showTrafficClass, nil, "print-tos", group: output, "traffic class of answers"),
    Entry(.showHopLimit, nil, "print-ttl", group: output, "hop limit of answers"),
    Entry(
      .showSource, nil, "print-srcaddr", group: output, "where answers went; not known for IPv6"),
  ])
}

/// Texts of the face, in our own words.
enum FpingTexts {
  /// Scripts look for the word and the number behind it.
  static func version(program: String) -> String {
    "\(escaped(program)): Version 5.5 (probe6 \(Version.text))\n"
  }

  static func usage(program: String) -> String {
    var text = "Usage: \(escaped(program)) [options] [targets...]\n"
    var group = ""
    for option in OptionTable<FpingOption>.fping.descriptions where !option.isHidden {
      if option.group != group {
        group = option.group
        text += "\n\(group) options:\n"
      }
      let argument = option.argument.map { "=" + $0 } ?? ""
      let left = option.short.map { "-\($0), " } ?? "    "
      var first = "  \(left)--\(option.long ?? "")\(argument)  "
      first += String(repeating: " ", count: max(24 - first.utf8.count, 0))
      text += HelpText.wrapped(option.help, first: first, indent: 24, width: 80)
    }
    return text + "\nSampling by a plan, with percentiles and gates: probe6 sample --help\n"
  }
}
