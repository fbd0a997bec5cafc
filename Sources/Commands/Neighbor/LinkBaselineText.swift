import ProbeEngine
import Report
import Wire

/// A baseline as text that people read, edit and keep: one fact to a line, `#` before what is not one.
///
/// ```
/// # probe6 link baseline 1
/// router fe80::1 mac 02:00:00:00:00:0b hop-limit 64 lifetime 1800 preference medium flags managed,other
///   prefix 2001:db8::/64 flags on-link,autonomous valid 86400 preferred 14400
///   route 2001:db8:1::/48 preference high
///   mtu 1500
///   dns 2001:db8::53
///   search example.org
/// ```
enum LinkBaselineText {
  static let heading = "# probe6 link baseline 1"
  static let headingStart = "# probe6 link baseline "

  /// In the order of their bits.
  static let routerFlags: KeyValuePairs<String, UInt8> = [
    "managed": 0x80, "other": 0x40, "home-agent": 0x20, "proxy": 0x04, "stub-router": 0x02,
  ]
  static let prefixFlags: KeyValuePairs<String, UInt8> = [
    "on-link": 0x80, "autonomous": 0x40, "router-address": 0x20, "delegation-preferred": 0x10,
  ]
  static let preferences: KeyValuePairs<String, RouterPreference> = [
    "high": .high, "medium": .medium, "low": .low, "reserved": .reserved,
  ]

  static func emit(_ baseline: LinkBaseline) -> [UInt8] {
    var out: [UInt8] = []
    out.put(heading)
    out.put(
      """

      # What routers of a link should advertise; lifetimes in seconds. Compare with:
      #   probe6 ndisc guard INTERFACE --baseline THIS-FILE

      """)
    for router in baseline.routers { emit(router, into: &out) }
    return out
  }

  private static func emit(_ router: LinkBaseline.Router, into out: inout [UInt8]) {
    out.put("router ")
    out.put(router.address)
    out.put(" mac ")
    if let link = router.link { out.put(link) } else { out.put("none") }
    if let link = router.optionLink {
      out.put(" option-mac ")
      out.put(link)
    }
    out.put(" hop-limit \(router.hopLimit) lifetime \(router.lifetime)")
    out.put(" preference \(name(of: router.preference)) flags ")
    put(router.flags, routerFlags, into: &out)
    out.put("\n")
    for prefix in router.prefixes {
      put("prefix", prefix.prefix, prefix.length, into: &out)
      out.put(" flags ")
      put(prefix.flags, prefixFlags, into: &out)
      out.put(" valid \(lifetime(prefix.validLifetime)) preferred \(lifetime(prefix.preferredLifetime))\n")
    }
    for route in router.routes {
      put("route", route.prefix, route.length, into: &out)
      out.put(" preference \(name(of: route.preference))\n")
    }
    if let mtu = router.mtu { out.put("  mtu \(mtu)\n") }
    for server in router.dnsServers {
      out.put("  dns ")
      out.put(server)
      out.put("\n")
    }
    for name in router.dnsSearchList {
      out.put("  search ")
      putName(name, into: &out)
      out.put("\n")
    }
  }

  private static func put(
    _ word: String, _ prefix: IPv6Address, _ length: UInt8, into out: inout [UInt8]
  ) {
    out.put("  \(word) ")
    out.put(prefix, length: length)
  }

  /// Names of the bits that have one, then the others as a number; `none` for no bit.
  private static func put(
    _ flags: UInt8, _ names: KeyValuePairs<String, UInt8>, into out: inout [UInt8]
  ) {
    var words: [String] = []
    var rest = flags
    for (name, bit) in names where flags & bit != 0 {
      words.append(name)
      rest &= ~bit
    }
    if rest != 0 { words.append("0x" + String(rest, radix: 16)) }
    out.put(words.isEmpty ? "none" : words.joined(separator: ","))
  }

  private static func name(of preference: RouterPreference) -> String {
    for (name, value) in preferences where value == preference { return name }
    return "medium"
  }

  private static func lifetime(_ seconds: UInt32) -> String {
    seconds == .max ? "infinite" : String(seconds)
  }

  /// Printable ASCII as it is, other octets, `#`, `"` and the backslash as `\DDD` (RFC 1035 §5.1); nothing as `""`.
  private static func putName(_ name: [UInt8], into out: inout [UInt8]) {
    if name.isEmpty { out.put("\"\"") }
    for octet in name {
      let isPlain = (0x21...0x7e).contains(octet) && octet != 0x22 && octet != 0x23 && octet != 0x5c
      if isPlain {
        out.append(octet)
      } else {
        out.put("\\")
        out.put(decimal: UInt64(octet), width: 3)
      }
    }
  }
}

/// Lines of a baseline that are not understood.
struct LinkBaselineError: Error, Hashable {
  var lines: [TargetList.BadLine]
  /// Those that were not kept.
  var more = 0
}
