/// The options of iputils' `ping -6` (getopt string of 2026), and our own `--compat`.
enum IputilsPingOption: Hashable, Sendable {
  case help, ipv4, broadcast, recordRoute, ipTimestamp, ipv6, flowLabel, nodeInformation
  case threeDecimals, audible, adaptive, sticky, count, connect, timestamps, debug, identifier, flood
  case forceNames, interval, interface, json, preload, noLoop, mark, pathMTU, numeric, outstanding
  case pattern, quiet, trafficClass, noRoute, size, sendBuffer, hopLimit, userToUser, verbose, version
  case deadline, linger, compat
}

extension OptionTable<IputilsPingOption> {
  private static let common = "Options"
  private static let ipv6 = "IPv6 options"
  private static let ours = "Options of probe6"

  /// In the order in which the usage text lists them.
  static let iputilsPing = OptionTable([
    Entry(.threeDecimals, "3", group: common, "round trips always with three decimals"),
    Entry(.audible, "a", group: common, "ring the bell at each reply"),
    Entry(.adaptive, "A", group: common, "adaptive: the interval follows the round trip"),
    Entry(.sticky, "B", group: common, "keep to the source address chosen at the start"),
    Entry(.count, "c", argument: "<count>", group: common, "stop after <count> probes; with -w, replies"),
    Entry(.connect, "C", group: common, "accepted; without effect, as in iputils with IPv6"),
    Entry(.timestamps, "D", group: common, "wall clock time before each line"),
    Entry(.debug, "d", group: common, "set the socket option SO_DEBUG"),
    Entry(
      .identifier, "e", argument: "<identifier>", group: common,
      "echo identifier; 0 forces a raw socket; default: the kernel's choice, or random on a raw socket"),
    Entry(.flood, "f", group: common, "flood: as fast as replies come"),
    Entry(.help, "h", group: common, "print this and exit"),
    Entry(.help, "?", isHidden: true, "print this and exit"),
    Entry(.forceNames, "H", group: common, "look names up even where the target is an address"),
    Entry(
      .interface, "I", argument: "<interface>", group: common,
      "interface name or source address; may be given twice, once for each"),
    Entry(.interval, "i", argument: "<interval>", group: common, "seconds between probes"),
    Entry(.json, "j", isHidden: true, "refused: see probe6 ping --json"),
    Entry(.noLoop, "L", group: common, "no loopback of multicast probes"),
    Entry(.preload, "l", argument: "<preload>", group: common, "send so many probes at once at the start"),
    Entry(
      .mark, "m", argument: "<mark>", group: common,
      "socket mark of the probes; failing to set it is an error"),
    Entry(
      .pathMTU, "M", argument: "<pmtud opt>", group: common, "path MTU discovery: do, dont, want or probe"),
    Entry(.numeric, "n", group: common, "no name look-ups"),
    Entry(.outstanding, "O", group: common, "say which probe is unanswered when the next one leaves"),
    Entry(.pattern, "p", argument: "<pattern>", group: common, "payload, up to 16 octets in hex"),
    Entry(.quiet, "q", group: common, "header and statistics only"),
    Entry(.trafficClass, "Q", argument: "<tclass>", group: common, "traffic class, decimal or 0x hex"),
    Entry(.noRoute, "r", group: common, "past the routing table, to hosts on the link only"),
    Entry(.size, "s", argument: "<size>", group: common, "octets of payload, 0 to 65527; default 56"),
    Entry(.sendBuffer, "S", argument: "<size>", group: common, "socket send buffer in octets"),
    Entry(.hopLimit, "t", argument: "<ttl>", group: common, "hop limit, 0 to 255"),
    Entry(.userToUser, "U", group: common, "round trips from call to read, without kernel stamps"),
    Entry(.verbose, "v", group: common, "say more"),
    Entry(.version, "V", group: common, "print the version and exit"),
    Entry(.deadline, "w", argument: "<deadline>", group: common, "end after so many seconds, fractions too"),
    Entry(
      .linger, "W", argument: "<timeout>", group: common,
      "seconds to wait at the end where nothing replied; 0: for ever; default 10"),
    Entry(.ipv6, "6", group: ipv6, "accepted: this is always IPv6"),
    Entry(
      .flowLabel, "F", argument: "<flowlabel>", group: ipv6, "flow label, 20 bits; 0: the kernel's choice"),
    Entry(
      .nodeInformation, "N", argument: "<nodeinfo opt>", group: ipv6, "node information query; try -N help"),
    Entry(
      .compat, nil, "compat", argument: "<form>", group: ours,
      "iputils-2022: print as iputils did before 20231222; also PROBE6_COMPAT in the environment"),
    Entry(.ipv4, "4", isHidden: true, "refused"),
    Entry(.broadcast, "b", isHidden: true, "refused"),
    Entry(.recordRoute, "R", isHidden: true, "refused"),
    Entry(.ipTimestamp, "T", argument: "<timestamp>", isHidden: true, "refused"),
  ])
}
