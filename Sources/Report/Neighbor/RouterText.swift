import ProbeEngine
import Timing
import Wire

/// One router's advertisement, whole, and what the kernel made of it.
struct RouterText {
  let options: LinkTextOptions
  let run: LinkRun

  func put(_ row: RouterRow, into out: inout [UInt8]) {
    out.put("router ")
    out.put(row.address)
    putLinks(frame: row.frameLink, option: row.optionLink, into: &out)
    out.put(", ")
    out.put(row.advertisements, "advertisement", "advertisements")
    if let roundTrip = row.roundTrip {
      out.put(row.advertisements == 1 ? ", after " : ", the first after ")
      out.put(milliseconds: roundTrip.count)
      out.put(" ms")
    }
    if row.advertisement.isDiscarded { out.put(", DISCARDED") }
    out.put("\n")
    let age = (row.at - row.advertisement.arrival.stamp).count / 1_000_000_000
    put(row.advertisement, age: UInt64(clamping: age), into: &out)
    if let parts = row.parts, !parts.isEmpty {
      out.put("  kernel:\n")
      for part in parts { put(part, into: &out) }
    }
  }

  /// An advertisement that nobody must believe, with what it breaks on top.
  func put(discarded message: HeardMessage, into out: inout [UInt8]) {
    out.put("not believed: router advertisement from ")
    out.put(message.source)
    putLinks(frame: message.arrival.linkSource, option: nil, into: &out)
    out.put("\n")
    put(message, age: 0, into: &out)
  }

  /// Rules about the message, header, options; two columns in.
  private func put(_ message: HeardMessage, age: UInt64, into out: inout [UInt8]) {
    for broken in message.broken where broken.offset == nil {
      out.put("  breaks ")
      NeighborRuleText.put(broken, message.envelope, into: &out)
      out.put(
        broken.rule.consequence == .messageDiscarded
          ? "; the message is discarded\n" : "; the option is ignored\n")
    }
    let text = NeighborOptionText(age: age)
    guard let header = try? RouterAdvertisement(decoding: message.octets.span) else {
      NeighborOptionText.line("unreadable", indent: 2, into: &out) { $0.put(hexadecimal: message.octets) }
      return
    }
    text.put(header: header, indent: 2, into: &out)
    if header.code != 0 {
      NeighborOptionText.line("code", indent: 2, into: &out) { $0.put(decimal: UInt64(header.code)) }
    }
    text.putAll(header.options, of: message.octets, broken: message.broken, indent: 2, into: &out)
    if options.isVerbose {
      NeighborOptionText.line("sent to", indent: 2, into: &out) { line in
        line.put(message.destination)
        line.put(", hop limit ")
        line.put(decimal: UInt64(message.envelope.hopLimit))
        line.put(", ")
        line.put(message.octets.count, "octet", "octets")
      }
    }
  }

  private func putLinks(frame: LinkLayerAddress?, option: LinkLayerAddress?, into out: inout [UInt8]) {
    guard let link = frame ?? option else { return }
    out.put(" at ")
    out.put(link)
    if let option, option != link {
      out.put(" (its option names ")
      out.put(option)
      out.put(")")
    }
  }

  // MARK: - What the kernel made of it

  private func put(_ part: AcceptedPart, into out: inout [UInt8]) {
    out.put("    ")
    switch part.part {
    case .defaultRouter: out.put("default router")
    case .prefix(let prefix, let length):
      out.put("prefix ")
      out.put(prefix, length: length)
    case .route(let prefix, let length):
      out.put("route ")
      out.put(prefix, length: length)
    case .mtu(let mtu):
      out.put("mtu ")
      out.put(decimal: UInt64(mtu))
    case .hopLimit(let hopLimit):
      out.put("hop limit ")
      out.put(decimal: UInt64(hopLimit))
    }
    out.put(part.obstacles.isEmpty ? ": accepted" : ": not accepted: ")
    for (index, obstacle) in part.obstacles.enumerated() {
      if index > 0 { out.put("; ") }
      ObstacleText.put(obstacle, interface: run.view.interface.name, into: &out)
    }
    var separator = part.obstacles.isEmpty ? ": " : "; yet there is "
    for address in part.addresses {
      out.put(separator)
      out.put("address ")
      KernelFactsText.put(address, into: &out)
      separator = "; "
    }
    if let route = part.route {
      out.put(separator)
      out.put("route ")
      KernelFactsText.put(route, into: &out)
      separator = "; "
    }
    if let mtu = part.mtu {
      out.put(separator == "; " ? "; IPv6 uses " : part.obstacles.isEmpty ? ": IPv6 uses " : "; IPv6 uses ")
      out.put(decimal: UInt64(mtu))
    }
    out.put("\n")
  }
}
