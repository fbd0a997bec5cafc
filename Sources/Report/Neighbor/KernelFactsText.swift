package import ProbeEngine
import Timing
import Wire

extension KernelNeighbor.State {
  /// What ip-neighbour(8) calls the bits that are set, from the lowest; `NONE` where none is.
  package var names: [String] {
    guard rawValue & 0xff != 0 else { return ["NONE"] }
    return ["INCOMPLETE", "REACHABLE", "STALE", "DELAY", "PROBE", "FAILED", "NOARP", "PERMANENT"].enumerated()
      .filter { rawValue >> UInt16($0.offset) & 1 == 1 }.map(\.element)
  }

  /// The names with commas between.
  var text: String { names.joined(separator: ",") }
}

extension KernelAddress {
  /// Names of the flags that tell what an address is good for (linux/if_addr.h), as ip-address(8) has them.
  var flagNames: [String] {
    [
      (0x01, "temporary"), (0x02, "nodad"), (0x04, "optimistic"), (0x08, "dadfailed"), (0x10, "home"),
      (0x20, "deprecated"), (0x40, "tentative"), (0x80, "permanent"), (0x100, "mngtmpaddr"),
      (0x200, "noprefixroute"), (0x400, "autojoin"), (0x800, "stable-privacy"),
    ].filter { flags & $0.0 != 0 }.map(\.1)
  }
}

/// What the kernel knows, for people.
enum KernelFactsText {
  /// `STALE 02:00:00:00:00:0b, confirmed 40 s ago, 2 probes unanswered`
  static func put(_ entry: KernelNeighbor, into out: inout [UInt8]) {
    out.put(entry.state.text)
    if let link = entry.link {
      out.put(" ")
      out.put(link)
    }
    putAges(entry, into: &out)
  }

  /// `, confirmed 40 s ago, 2 probes unanswered`
  static func putAges(_ entry: KernelNeighbor, into out: inout [UInt8]) {
    if let age = entry.confirmedAge, entry.link != nil {
      out.put(", confirmed ")
      DurationText.put(age: age, into: &out)
      out.put(" ago")
    }
    // The kernel keeps the number when an answer comes.
    let waiting =
      KernelNeighbor.State.incomplete.rawValue | KernelNeighbor.State.probe.rawValue
      | KernelNeighbor.State.failed.rawValue
    if entry.probes > 0, entry.state.rawValue & waiting != 0 {
      out.put(", ")
      out.put(UInt64(entry.probes), "probe unanswered", "probes unanswered")
    }
  }

  /// `2001:db8::ff/64 (tentative), valid 1 d, preferred 4 h`
  static func put(_ address: KernelAddress, into out: inout [UInt8]) {
    out.put(address.address, length: address.prefixLength)
    let flags = address.flagNames
    if !flags.isEmpty {
      out.put(" (")
      out.put(list: flags)
      out.put(")")
    }
    if let valid = address.validLifetime {
      out.put(", valid ")
      DurationText.put(lifetime: valid, into: &out)
    }
    if let preferred = address.preferredLifetime {
      out.put(", preferred ")
      DurationText.put(lifetime: preferred, into: &out)
    }
  }

  /// `default via fe80::1, metric 1024, mtu 1400, preference high, expires in 29 min 55 s`
  static func put(_ route: KernelRoute, into out: inout [UInt8]) {
    if route.prefixLength == 0 {
      out.put("default")
    } else {
      out.put(route.prefix, length: route.prefixLength)
    }
    if let gateway = route.gateway {
      out.put(" via ")
      out.put(gateway)
    }
    out.put(", metric ")
    out.put(decimal: UInt64(route.metric))
    if let mtu = route.mtu {
      out.put(", mtu ")
      out.put(decimal: UInt64(mtu))
    }
    if let hopLimit = route.hopLimit {
      out.put(", hop limit ")
      out.put(decimal: UInt64(hopLimit))
    }
    if route.preference != .medium {
      out.put(", preference ")
      out.put(route.preference.name)
    }
    if let lifetime = route.lifetime {
      out.put(", expires in ")
      DurationText.put(seconds: UInt64(lifetime), into: &out)
    }
  }
}

extension RouterPreference {
  package var name: String {
    switch self {
    case .low: "low"
    case .medium: "medium"
    case .high: "high"
    case .reserved: "reserved"
    }
  }
}

extension NeighborAdvertisement.Flags {
  /// Those that are set, in the order of bits.
  package var names: [String] {
    [(0x80, "router"), (0x40, "solicited"), (0x20, "override")].filter { rawValue & $0.0 != 0 }.map(\.1)
  }
}

extension RouterAdvertisement.Flags {
  /// Those that are set, in the order of bits; the preference aside.
  package var names: [String] {
    [
      (0x80, "managed"), (0x40, "other"), (0x20, "home_agent"), (0x04, "proxy"), (0x02, "stub_router"),
      (0x01, "reserved_0x01"),
    ].filter { rawValue & $0.0 != 0 }.map(\.1)
  }
}

extension NeighborOptionValue.PrefixInformation.Flags {
  /// Those that are set, in the order of bits.
  package var names: [String] {
    [
      (0x80, "on_link"), (0x40, "autonomous"), (0x20, "router_address"), (0x10, "delegation_preferred"),
      (0x08, "reserved_0x08"), (0x04, "reserved_0x04"), (0x02, "reserved_0x02"), (0x01, "reserved_0x01"),
    ].filter { rawValue & $0.0 != 0 }.map(\.1)
  }
}
