import ProbeEngine
import Wire

/// Fields of an advertisement and their values, for people.
enum FieldText {
  static func name(_ field: Finding.Field) -> String {
    switch field {
    case .mtu: "the MTU"
    case .managed: "the managed flag"
    case .other: "the other flag"
    case .homeAgent: "the home agent flag"
    case .proxy: "the proxy flag"
    case .lifetime: "the router lifetime"
    case .recursiveDNSServers: "the DNS servers"
    case .dnsSearchList: "the DNS search list"
    case .pref64: "the NAT64 prefix"
    case .encryptedDNS: "encrypted DNS"
    case .link: "the link-layer address"
    default: "the " + LinkWords.plain(field.rawValue)
    }
  }

  /// - Parameter field: what the value is of: lifetimes are durations, flags yes or no.
  static func put(_ value: Finding.Value, of field: Finding.Field?, into out: inout [UInt8]) {
    switch value {
    case .number(let number):
      switch field {
      case .validLifetime, .preferredLifetime, .routeLifetime:
        DurationText.put(lifetime: UInt32(clamping: number), into: &out)
      case .lifetime: DurationText.put(seconds: number, into: &out)
      case .reachableTime, .retransmitTimer:
        out.put(decimal: number)
        out.put(" ms")
      case .prefixFlags:
        let names = NeighborOptionValue.PrefixInformation.Flags(rawValue: UInt8(truncatingIfNeeded: number))
          .names
        out.put(list: names.isEmpty ? ["none"] : names.map(LinkWords.plain))
      default: out.put(decimal: number)
      }
    case .flag(let flag): out.put(flag ? "yes" : "no")
    case .address(let address): out.put(address)
    case .addresses(let addresses):
      if addresses.isEmpty { out.put("none") }
      for (index, address) in addresses.enumerated() {
        if index > 0 { out.put(", ") }
        out.put(address)
      }
    case .prefix(let prefix, let length): out.put(prefix, length: length)
    case .link(let link): out.put(link)
    case .text(let text): if text.isEmpty { out.put("none") } else { Escape.text(text, into: &out) }
    case .preference(let preference): out.put(preference.name)
    case .none: out.put("none")
    }
  }
}
