/// The options of ndisc6's rltraceroute6 and tcptraceroute6 1.0.5.
enum Ndisc6Option: Hashable, Sendable {
  case ack, debug, ecn, firstHop, segment, help, icmp, interface, udplite, hopLimit, length, maximumHops,
    names
  case numeric, destinationPort, sourcePort, queries, noRoute, syn, source, trafficClass, udp, version, wait
  case gap
  /// Understood, without effect: `-F` and `-x`.
  case nothing
}

extension OptionTable<Ndisc6Option> {
  private static func common(_ own: [Entry]) -> OptionTable<Ndisc6Option> {
    OptionTable(
      [
        Entry(.ack, "A", "ack", "send TCP ACK segments"),
        Entry(.debug, "d", "debug", "set the socket option SO_DEBUG"),
        Entry(.ecn, "E", "ecn", "set the ECN flags of TCP SYN segments"),
        Entry(.nothing, "F", nil, isHidden: true, "without effect"),
        Entry(.firstHop, "f", "first", argument: "HOPS", "the first hop to ask; default 1"),
        Entry(
          .segment, "g", "segment", argument: "ADDRESS", "go through this router (segment routing header)"),
        Entry(.help, "h", "help", "print this and exit"),
        Entry(.interface, "i", "iface", argument: "NAME", "outgoing interface"),
        Entry(.maximumHops, "m", "max", argument: "HOPS", "the last hop to ask; default 30"),
        Entry(.names, "N", nil, "look names up; the default"),
        Entry(.numeric, "n", "numeric", "no name look-ups"),
        Entry(.queries, "q", "retry", argument: "N", "probes to each hop; default 3"),
        Entry(.noRoute, "r", "noroute", "past the routing table, to hosts on the link only"),
        Entry(.syn, "S", "syn", "send TCP SYN segments"),
        Entry(.source, "s", "source", argument: "ADDRESS", "source address"),
        Entry(.trafficClass, "t", "tclass", argument: "N", "traffic class"),
        Entry(.version, "V", "version", "print the version and exit"),
        Entry(.wait, "w", "wait", argument: "SECONDS", "seconds to wait for an answer; default 5"),
        Entry(.nothing, "x", nil, isHidden: true, "without effect"),
        Entry(.gap, "z", "delay", argument: "MS", "milliseconds between probes; default 0"),
      ] + own)
  }

  static let rltraceroute6 = common([
    Entry(.icmp, "I", "icmp", "send echo requests"),
    Entry(.udplite, "L", nil, isHidden: true, "refused"),
    Entry(.hopLimit, "l", "hlim", "show the hop limit of answers"),
    Entry(.destinationPort, "p", "port", argument: "PORT", "destination port"),
    Entry(.sourcePort, "P", nil, argument: "PORT", isHidden: true, "source port"),
    Entry(.udp, "U", "udp", "send UDP datagrams; the default"),
  ])

  static let tcptraceroute6 = common([
    Entry(.length, "l", "length", argument: "N", "octets of the whole packet"),
    Entry(.sourcePort, "p", "port", argument: "PORT", "source port"),
  ])
}

/// Texts of ndisc6's faces, in our own words.
enum Ndisc6TracerouteTexts {
  /// Scripts look for the name and the version whose behaviour they know.
  static let version =
    "traceroute6: from probe6 \(Version.text) (compatible with the TCP & UDP IPv6 traceroute tool 1.0.5)\n"

  static func usage(program: String, last: String, options: OptionTable<Ndisc6Option>) -> String {
    var text =
      "Usage: \(escaped(program)) [options] <IPv6 hostname/address> [\(last)]\nShows every hop of the path to a host\n\n"
    for option in options.descriptions.sorted(by: { isBefore($0, $1) }) where !option.isHidden {
      let left = option.short.map { "-" + String($0) } ?? ""
      text += HelpText.wrapped(
        option.help, first: "  \(left)  ", indent: 6, width: 80)
    }
    return text + "\nEverything else that a trace of ours can do: probe6 trace --help\n"
  }

  /// By letter, capitals first.
  private static func isBefore(_ one: OptionDescription, _ other: OptionDescription) -> Bool {
    func key(_ option: OptionDescription) -> (UInt32, UInt32) {
      let value = option.short?.value ?? 0
      return (value | 0x20, value)
    }
    return key(one) < key(other)
  }

  static func hint(program: String) -> String {
    "Try \"\(escaped(program)) -h\" for more information.\n"
  }
}
