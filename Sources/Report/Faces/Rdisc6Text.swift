package import ProbeEngine
package import Timing
import Wire

/// The text of rdisc6 1.0.5: each router advertisement with the options that the original knows.
///
/// An option that breaks its own layout (a length that does not fit, a prefix of more than 128 bits, a name that
/// reaches beyond it) is left out whole, and an advertisement that must be discarded is not shown.
package struct Rdisc6Text: LinkWriter {
  private var lines: NdiscLines

  package init(options: NdiscTextOptions) { lines = NdiscLines(options: options) }

  package mutating func begin(_ run: LinkRun, at now: Instant, wall: WallClock, into out: inout OutputBuffer)
  {
    lines.options.putHeader(into: &out.standardOutput)
  }

  package mutating func write(_ event: LinkEvent, wall: WallClock, into out: inout OutputBuffer) {
    guard case .advertisement(let advertisement) = event else { return lines.write(event, into: &out) }
    let message = advertisement.message
    let octets = message.octets.span
    // Routers advertise to all, asked or not.
    guard lines.takes(advertisement, type: 134, evenUnsolicited: true),
      let header = try? RouterAdvertisement(decoding: octets)
    else {
      return
    }
    if !lines.options.isQuiet { Self.put(header, into: &out.standardOutput) }
    var walk = NeighborOptionWalk(range: header.options)
    while let option = try? walk.next(in: octets) {
      put(option, in: message.octets, into: &out.standardOutput)
    }
    lines.noteAnswer(from: message.source, into: &out.standardOutput)
  }

  // MARK: The header

  private static func put(_ header: RouterAdvertisement, into out: inout [UInt8]) {
    out.put("\nHop limit                 :    ")
    if header.hopLimit == 0 {
      out.put("undefined")
    } else {
      out.put(right: 9) { $0.put(decimal: UInt64(header.hopLimit)) }
    }
    out.put(" (      0x")
    out.put(hexadecimal: UInt64(header.hopLimit), width: 2)
    out.put(")\n")
    func put(_ label: String, _ flag: RouterAdvertisement.Flags) {
      out.put(label)
      out.putYesOrNo(header.flags.rawValue & flag.rawValue != 0)
    }
    put("Stateful address conf.    : ", .managed)
    put("Stateful other conf.      : ", .other)
    put("Mobile home agent         : ", .homeAgent)
    out.put("Router preference         : ")
    out.put(header.preference)
    put("Neighbor discovery proxy  : ", .proxy)
    out.put("Router lifetime           : ")
    out.put(UInt32(header.lifetime), unit: "second")
    for (label, time) in [
      ("Reachable time            : ", header.reachableTime),
      ("Retransmit time           : ", header.retransmitTimer),
    ] {
      out.put(label)
      if time == 0 { out.put(" unspecified (0x00000000)\n") } else { out.put(time, unit: "millisecond") }
    }
  }

  // MARK: Options

  private func put(_ option: NeighborOption, in octets: [UInt8], into out: inout [UInt8]) {
    guard !lines.options.isQuiet || option.type == .prefixInformation,
      let value = try? option.value(in: octets.span)
    else { return }
    switch NeighborRule.brokenRule(of: option, in: octets.span) {
    case .optionLayout?, .prefixLength?, .labelTooLong?: return
    default: break
    }
    switch value {
    case .linkLayerAddress(let range) where option.type == .sourceLinkLayerAddress:
      out.put(" Source link-layer address: ")
      out.putLinkLayerAddress(octets[range])
    case .prefix(let prefix): put(prefix, into: &out)
    case .mtu(let mtu):
      out.put(" MTU                      :        ")
      out.put(right: 5) { $0.put(decimal: UInt64(mtu)) }
      out.put(mtu == 1 ? " byte" : " bytes")
      out.put(mtu >= 1_280 ? " (valid)\n" : " (invalid)\n")
    case .route(let route):
      out.put(" Route                    : ")
      out.put(line: route.prefix, length: route.length)
      out.put("  Route preference        : ")
      out.put(route.preference)
      out.put("  Route lifetime          : ")
      out.put(lifetime: route.lifetime)
    case .recursiveDNSServers(let lifetime, let servers):
      for start in stride(from: servers.lowerBound, to: servers.upperBound, by: 16) {
        guard let server = try? IPv6Address(decoding: octets.span, at: start) else { break }
        out.put(" Recursive DNS server     : ")
        out.put(presentation: server)
        out.put(0x0a)
      }
      out.put(servers.count > 16 ? "  DNS servers lifetime    : " : "  DNS server lifetime     : ")
      out.put(lifetime: lifetime)
    case .dnsSearchList(let lifetime, let names):
      out.put(" DNS search list          : ")
      Self.put(names: names, in: octets, into: &out)
      out.put("\n  DNS search list lifetime: ")
      out.put(lifetime: lifetime)
    default: break
    }
  }

  private func put(_ prefix: NeighborOptionValue.PrefixInformation, into out: inout [UInt8]) {
    if !lines.options.isQuiet { out.put(" Prefix                   : ") }
    out.put(line: prefix.prefix, length: prefix.length)
    guard !lines.options.isQuiet else { return }
    let flags = prefix.flags.rawValue
    out.put("  On-link                 : ")
    out.putYesOrNo(flags & NeighborOptionValue.PrefixInformation.Flags.onLink.rawValue != 0)
    out.put("  Autonomous address conf.: ")
    out.putYesOrNo(flags & NeighborOptionValue.PrefixInformation.Flags.autonomous.rawValue != 0)
    out.put("  Valid time              : ")
    out.put(lifetime: prefix.validLifetime)
    out.put("  Pref. time              : ")
    out.put(lifetime: prefix.preferredLifetime)
  }

  /// Each name with a blank behind it, up to the padding.
  private static func put(names: Range<Int>, in octets: [UInt8], into out: inout [UInt8]) {
    var walk = DNSLabelWalk(range: names)
    while !walk.range.isEmpty {
      var labels = 0
      while let label = try? walk.next(in: octets.span) {
        if labels > 0 { out.put(0x2e) }
        labels += 1
        Escape.text(octets[label], into: &out)
      }
      guard labels > 0 else { return }
      out.put(0x20)
    }
  }
}

extension [UInt8] {
  fileprivate mutating func putYesOrNo(_ flag: Bool) { put(flag ? "         Yes\n" : "          No\n") }

  fileprivate mutating func put(_ preference: RouterPreference) {
    switch preference {
    case .low: put("         low\n")
    case .medium: put("      medium\n")
    case .high: put("        high\n")
    case .reserved: put("      medium (invalid)\n")
    }
  }

  fileprivate mutating func put(line address: IPv6Address, length: UInt8) {
    put(presentation: address)
    put(0x2f)
    put(decimal: UInt64(length))
    put(0x0a)
  }

  /// A number of units, decimal and hexadecimal.
  fileprivate mutating func put(_ number: UInt32, unit: String) {
    put(right: 12) { $0.put(decimal: UInt64(number)) }
    put(" (0x")
    put(hexadecimal: UInt64(number), width: 8)
    put(") ")
    put(unit)
    put(number == 1 ? "\n" : "s\n")
  }

  /// Seconds, of which all ones are for ever.
  fileprivate mutating func put(lifetime: UInt32) {
    if lifetime == .max { put("    infinite (0xffffffff)\n") } else { put(lifetime, unit: "second") }
  }
}
