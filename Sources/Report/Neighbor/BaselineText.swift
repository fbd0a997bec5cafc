import ProbeEngine
import Timing
import Wire

/// What a baseline holds, for people.
enum BaselineText {
  static func put(_ baseline: LinkBaseline, into out: inout [UInt8]) {
    for router in baseline.routers {
      out.put("  router ")
      out.put(router.address)
      if let link = router.link {
        out.put(" at ")
        out.put(link)
      }
      if let option = router.optionLink {
        out.put(" (its option names ")
        out.put(option)
        out.put(")")
      }
      out.put(": lifetime ")
      DurationText.put(seconds: UInt64(router.lifetime), into: &out)
      out.put(", preference ")
      out.put(router.preference.name)
      for name in RouterAdvertisement.Flags(rawValue: router.flags & ~0x18).names {
        out.put(", " + LinkWords.plain(name))
      }
      if router.hopLimit != 0 {
        out.put(", hop limit ")
        out.put(decimal: UInt64(router.hopLimit))
      }
      if let mtu = router.mtu {
        out.put(", mtu ")
        out.put(decimal: UInt64(mtu))
      }
      out.put("\n")
      for prefix in router.prefixes {
        out.put("    prefix ")
        out.put(prefix.prefix, length: prefix.length)
        for name in NeighborOptionValue.PrefixInformation.Flags(rawValue: prefix.flags).names {
          out.put(", " + LinkWords.plain(name))
        }
        out.put(", valid ")
        DurationText.put(lifetime: prefix.validLifetime, into: &out)
        out.put(", preferred ")
        DurationText.put(lifetime: prefix.preferredLifetime, into: &out)
        out.put("\n")
      }
      for route in router.routes {
        out.put("    route ")
        out.put(route.prefix, length: route.length)
        out.put(", preference ")
        out.put(route.preference.name)
        out.put("\n")
      }
      for server in router.dnsServers {
        out.put("    DNS server ")
        out.put(server)
        out.put("\n")
      }
      for name in router.dnsSearchList {
        out.put("    DNS search list ")
        Escape.text(name, into: &out)
        out.put("\n")
      }
    }
  }
}
