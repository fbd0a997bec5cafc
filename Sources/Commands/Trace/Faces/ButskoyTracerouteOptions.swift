/// The options of Butskoy's traceroute 2.1.2, and our own `--as-file`.
enum ButskoyOption: Hashable, Sendable {
  case ipv4, ipv6, debug, dontFragment, firstHop, gateway, icmp, tcp, interface, maximumHops, inFlight,
    numeric
  case port, trafficClass, flowLabel, wait, queries, noRoute, source, gap, extensions, systems, module
  case moduleOptions, sourcePort, mark, udp, udplite, dccp, rawProtocol, pathMTU, wayBack, version, help
  case systemsFile

  typealias Option = ClifOption<ButskoyOption>

  static let all: [Option] = [
    Option(.ipv4, "4"),
    Option(.ipv6, "6"),
    Option(.debug, "d", "debug"),
    Option(.dontFragment, "F", "dont-fragment", isAbbreviable: true),
    Option(.firstHop, "f", "first", argument: "first_ttl"),
    Option(.gateway, "g", "gateway", argument: "gate", isSeveral: true),
    Option(.icmp, "I", "icmp"),
    Option(.tcp, "T", "tcp"),
    Option(.interface, "i", "interface", argument: "device"),
    Option(.maximumHops, "m", "max-hops", argument: "max_ttl"),
    Option(.inFlight, "N", "sim-queries", argument: "squeries"),
    Option(.numeric, "n"),
    Option(.port, "p", "port", argument: "port"),
    Option(.trafficClass, "t", "tos", argument: "tos"),
    Option(.flowLabel, "l", "flowlabel", argument: "flow_label"),
    Option(.wait, "w", "wait", argument: "MAX,HERE,NEAR"),
    Option(.queries, "q", "queries", argument: "nqueries"),
    Option(.noRoute, "r"),
    Option(.source, "s", "source", argument: "src_addr"),
    Option(.gap, "z", "sendwait", argument: "sendwait"),
    Option(.extensions, "e", "extensions", isAbbreviable: true),
    Option(.systems, "A", "as-path-lookups"),
    Option(.module, "M", "module", argument: "name"),
    Option(.moduleOptions, "O", "options", argument: "OPTS", isSeveral: true),
    Option(.sourcePort, nil, "sport", argument: "num"),
    Option(.mark, nil, "fwmark", argument: "num"),
    Option(.udp, "U", "udp"),
    Option(.udplite, nil, "UL", hasOneDash: true),
    Option(.dccp, "D", "dccp"),
    Option(.rawProtocol, "P", "protocol", argument: "prot"),
    Option(.pathMTU, nil, "mtu"),
    Option(.wayBack, nil, "back"),
    Option(.version, "V", "version"),
    Option(.help, nil, "help"),
    Option(.systemsFile, nil, "as-file", argument: "file"),
  ]
}

/// The words of `-O` with `-T`.
enum ButskoyTCPOption: Hashable, Sendable {
  case flag(bit: UInt16)
  case flags, ecn, selectiveAcknowledgment, timestamps, windowScale, kernelSettings, reuse, maximumSegment,
    info

  typealias Option = ClifOption<ButskoyTCPOption>

  static let all: [Option] = [
    Option(.flag(bit: 0x02), nil, "syn"),
    Option(.flag(bit: 0x10), nil, "ack"),
    Option(.flag(bit: 0x01), nil, "fin"),
    Option(.flag(bit: 0x04), nil, "rst"),
    Option(.flag(bit: 0x08), nil, "psh"),
    Option(.flag(bit: 0x20), nil, "urg"),
    Option(.flag(bit: 0x40), nil, "ece"),
    Option(.flag(bit: 0x80), nil, "cwr"),
    Option(.flags, nil, "flags", argument: "NUM", isAbbreviable: true),
    Option(.ecn, nil, "ecn"),
    Option(.selectiveAcknowledgment, nil, "sack"),
    Option(.timestamps, nil, "timestamps", isAbbreviable: true),
    Option(.windowScale, nil, "window_scaling", isAbbreviable: true),
    Option(.kernelSettings, nil, "sysctl"),
    Option(.reuse, nil, "reuse"),
    Option(.maximumSegment, nil, "mss", argument: "NUM"),
    Option(.info, nil, "info"),
  ]
}

/// The words of `-O` with `-I`.
enum ButskoyICMPOption: Hashable, Sendable {
  case raw, datagram

  static let all: [ClifOption<ButskoyICMPOption>] = [
    ClifOption(.raw, nil, "raw", isExclusive: true),
    ClifOption(.datagram, nil, "dgram", isExclusive: true),
  ]
}
