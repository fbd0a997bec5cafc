import ProbeEngine
import Wire

extension StationRow.Ways {
  /// How an address was found, for programs.
  var names: [String] {
    [
      (StationRow.Ways.echo, "echo"), (.parameterProblem, "parameter_problem"),
      (.neighborDiscovery, "neighbor_discovery"), (.listenerReport, "listener_report"), (.other, "other"),
    ].filter { contains($0.0) }.map(\.1)
  }
}

/// One station of a link: its link-layer address, and below it what answers there.
enum StationText {
  static func put(_ station: StationRow, into out: inout [UInt8]) {
    if let link = station.link { out.put(link) } else { out.put("no link-layer address") }
    if station.isThisHost { out.put(", this host") }
    if station.isRouter { out.put(", router") }
    out.put("\n")
    let width =
      station.addresses.map { address in
        var text: [UInt8] = []
        text.put(address.address)
        return text.count
      }.max() ?? 0
    for address in station.addresses {
      out.put("  ")
      out.put(left: width) { $0.put(address.address) }
      let ways = address.ways.names
      if ways.isEmpty {
        while out.last == 0x20 { out.removeLast() }
      } else {
        out.put("  ")
        out.put(list: ways.map(LinkWords.plain))
      }
      out.put("\n")
    }
    for group in station.unexplainedGroups {
      out.put("  listens to ")
      out.put(group)
      if group.bits & 0xff_ffff == 0 {
        out.put(": the subnet-router anycast address of a router\n")
        continue
      }
      out.put(": it has an address that ends in ")
      out.put(hexadecimal: UInt64(truncatingIfNeeded: group.bits >> 16 & 0xff), width: 2)
      out.put(":")
      out.put(hexadecimal: UInt64(truncatingIfNeeded: group.bits & 0xffff), width: 4)
      out.put(" and did not show\n")
    }
  }
}
