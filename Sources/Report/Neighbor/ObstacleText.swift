package import ProbeEngine
import Wire

extension AcceptanceObstacle {
  /// For programs.
  package var name: String {
    switch self {
    case .discarded: "discarded"
    case .ipv6Disabled: "ipv6_disabled"
    case .acceptRAOff: "accept_ra_off"
    case .forwarding: "forwarding"
    case .noLinkLocalAddress: "no_link_local_address"
    case .defaultRouterOff: "default_router_off"
    case .prefixInformationOff: "prefix_information_off"
    case .autoconfigurationOff: "autoconfiguration_off"
    case .hopLimitTooLow: "hop_limit_too_low"
    case .lifetimeTooShort: "lifetime_too_short"
    case .mtuOff: "mtu_off"
    case .mtuOutOfRange: "mtu_out_of_range"
    case .prefixLengthNot64: "prefix_length_not_64"
    case .routePreferenceOff: "route_preference_off"
    case .delegationPreferred: "delegation_preferred"
    case .routeTooLong: "route_too_long"
    case .fromThisHost: "from_this_host"
    case .optionIgnored: "option_ignored"
    case .duplicateAddress: "duplicate_address"
    case .lifetimeZero: "lifetime_zero"
    case .unknown: "unknown"
    }
  }
}

/// Why the kernel did not do what a router advertises, for people.
enum ObstacleText {
  /// - Parameter interface: its name, for the sysctl's; it is the kernel's or a person's text.
  static func put(_ obstacle: AcceptanceObstacle, interface: String, into out: inout [UInt8]) {
    func put(setting: String, _ value: String, into out: inout [UInt8]) {
      out.put("net.ipv6.conf.")
      Escape.text(interface, into: &out)
      out.put(".\(setting) = \(value)")
    }
    switch obstacle {
    case .discarded(let rule):
      out.put("the advertisement must be discarded: ")
      NeighborRuleText.put(BrokenRule(rule), nil, into: &out)
    case .ipv6Disabled: put(setting: "disable_ipv6", "1", into: &out)
    case .acceptRAOff: put(setting: "accept_ra", "0", into: &out)
    case .forwarding:
      put(setting: "forwarding", "1", into: &out)
      out.put(" while accept_ra = 1 (2 accepts all the same)")
    case .noLinkLocalAddress: out.put("the interface has no link-local address that is ready")
    case .defaultRouterOff: put(setting: "accept_ra_defrtr", "0", into: &out)
    case .prefixInformationOff: put(setting: "accept_ra_pinfo", "0", into: &out)
    case .autoconfigurationOff: put(setting: "autoconf", "0", into: &out)
    case .hopLimitTooLow(let minimum):
      out.put("the hop limit is below ")
      put(setting: "accept_ra_min_hop_limit", "\(minimum)", into: &out)
    case .lifetimeTooShort(let minimum):
      out.put("the lifetime is below ")
      put(setting: "accept_ra_min_lft", "\(minimum)", into: &out)
    case .mtuOff: put(setting: "accept_ra_mtu", "0", into: &out)
    case .mtuOutOfRange: out.put("the MTU is below 1280 or above the link's")
    case .prefixLengthNot64: out.put("addresses are made of prefixes of 64 bits only")
    case .routePreferenceOff: put(setting: "accept_ra_rtr_pref", "0", into: &out)
    case .delegationPreferred:
      out.put("the prefix asks for delegation (P flag), and ")
      put(setting: "ra_honor_pio_pflag", "1", into: &out)
    case .routeTooLong(let maximum):
      out.put("the prefix is longer than ")
      put(setting: "accept_ra_rt_info_max_plen", "\(maximum)", into: &out)
    case .fromThisHost:
      out.put("it comes from an address of this host, and ")
      put(setting: "accept_ra_from_local", "0", into: &out)
    case .optionIgnored(let rule):
      out.put("the option must be ignored: ")
      NeighborRuleText.put(BrokenRule(rule), nil, into: &out)
    case .duplicateAddress: out.put("the kernel refused the address as a duplicate (dadfailed)")
    case .lifetimeZero: out.put("its lifetime is 0")
    case .unknown: out.put("no setting explains it")
    }
  }
}
