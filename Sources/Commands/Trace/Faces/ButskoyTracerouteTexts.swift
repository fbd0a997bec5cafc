/// Texts of the `traceroute6` face, in our own words.
enum ButskoyTracerouteTexts {
  /// Scripts look for the word `traceroute` and the version whose behaviour they know.
  static let version = "traceroute from probe6 \(Version.text) (compatible with Butskoy's traceroute 2.1.2)\n"

  static func usage(program: String) -> String {
    var text = "Usage:\n  \(escaped(program)) [ options ] host [ packetlen ]\nOptions:\n"
    for option in ButskoyOption.all {
      guard let help = help[option.key] else { continue }
      let names = [
        option.short.map { _ in option.shortName(withArgument: true) },
        option.long.map { _ in option.longName(isKeyword: false, withArgument: true) },
      ]
      text += row(names.compactMap { $0 }.joined(separator: "  "), help)
    }
    return text + "\nArguments:\n"
      + row("host", "name or IPv6 address")
      + row("packetlen", "octets of the whole packet; default: 40 behind the IPv6 header")
      + "\nEverything else that a trace of ours can do: probe6 trace --help\n"
  }

  /// What `-O help` prints.
  static func moduleOptions(of module: String) -> String {
    switch module.lowercased() {
    case "tcp":
      return ButskoyTCPOption.all.map { option in
        row(option.longName(isKeyword: true, withArgument: true), help(option.key))
      }.joined()
    case "icmp":
      return row("raw", "a raw socket and nothing else") + row("dgram", "a datagram socket and nothing else")
    default: return "No options for module `\(escaped(module))'\n"
    }
  }

  private static func row(_ left: String, _ right: String) -> String {
    let indent = 30
    let first = "  " + left
    guard first.utf8.count < indent else {
      return first + "\n"
        + HelpText.wrapped(right, first: String(repeating: " ", count: indent), indent: indent, width: 80)
    }
    let padding = String(repeating: " ", count: indent - first.utf8.count)
    return HelpText.wrapped(right, first: first + padding, indent: indent, width: 80)
  }

  private static let help: [ButskoyOption: String] = [
    .ipv6: "accepted: this is always IPv6",
    .debug: "set the socket option SO_DEBUG",
    .dontFragment: "a probe too long for its path is refused, not cut up",
    .firstHop: "the first hop to ask; default 1",
    .gateway: "go through this router (segment routing header; needs a raw socket)",
    .icmp: "send echo requests",
    .tcp: "send TCP SYN, to port 80 where no other is given",
    .interface: "outgoing interface",
    .maximumHops: "the last hop to ask, 255 at most; default 30",
    .inFlight: "unanswered probes at a time; default 16",
    .numeric: "no name look-ups",
    .port: "destination port: the first one (33434, one more for each probe), the only one of -T and -U, "
      + "the first sequence of -I",
    .trafficClass: "traffic class",
    .flowLabel: "flow label, 20 bits",
    .wait:
      "seconds to wait for an answer: MAX (5), but no more than HERE (3) times the round trip of the same hop, or "
      + "NEAR (10) times that of a later one",
    .queries: "probes to each hop, 10 at most; default 3",
    .noRoute: "past the routing table, to hosts on the link only",
    .source: "source address",
    .gap: "time between two probes: seconds, from 10 on milliseconds",
    .extensions: "show ICMP extensions, MPLS labels in words",
    .systems: "show AS numbers, from a local file of prefixes only (--as-file, or PROBE6_AS_FILE)",
    .systemsFile: "the file for -A: lines of PREFIX and number; an option of probe6",
    .module: "default, udp, icmp, tcp or tcpconn",
    .moduleOptions: "options of the method, between commas; help lists them",
    .sourcePort: "source port of all probes; one at a time then",
    .mark: "socket mark",
    .udp: "UDP to one port, 53 where no other is given",
    .pathMTU: "find the MTU of the path; as -F -N 1",
    .wayBack: "show the length of the way back where it seems to differ",
    .version: "print the version and exit",
    .help: "print this and exit",
  ]

  private static func help(_ option: ButskoyTCPOption) -> String {
    switch option {
    case .flag(0x02): "set the flag SYN; the default where no other is set"
    case .flag: "set this flag"
    case .flags: "set all flags at once"
    case .ecn: "set ECE and CWR beside SYN (RFC 3168)"
    case .selectiveAcknowledgment: "add the option SACK permitted"
    case .timestamps: "add the option timestamps"
    case .windowScale: "add the option window scale"
    case .kernelSettings: "add what this host's own TCP would; the default where nothing is asked for"
    case .reuse: "accepted: ports are shared in any case"
    case .maximumSegment: "value of the option maximum segment size"
    case .info: "show the flags of the target's answers"
    }
  }
}
