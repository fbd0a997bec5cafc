import ProbeEngine
import Wire

/// What the kernel told, in words for a time line.
struct KernelChangeText {
  let run: LinkRun

  func put(_ change: KernelChange, into out: inout [UInt8]) {
    switch change {
    case .neighbor(let entry, let isGone):
      putInterface(entry.interface, into: &out)
      put(entry, isGone: isGone, into: &out)
    case .address(let address, let isGone):
      putInterface(address.interface, into: &out)
      out.put("address ")
      KernelFactsText.put(address, into: &out)
      if isGone { out.put(" removed") } else if address.isDuplicate { out.put(": refused as a duplicate") }
    case .route(let route, let isGone):
      putInterface(route.interface, into: &out)
      out.put("route ")
      KernelFactsText.put(route, into: &out)
      if let origin = Self.origin(of: route) { out.put(", \(origin)") }
      if isGone { out.put(" removed") }
    case .prefix(let prefix, let length, let interface, let valid, let preferred):
      putInterface(interface, into: &out)
      out.put("prefix ")
      out.put(prefix, length: length)
      out.put(" taken from a router advertisement, valid ")
      DurationText.put(lifetime: valid, into: &out)
      out.put(", preferred ")
      DurationText.put(lifetime: preferred, into: &out)
    case .advertisedOption(let octets, let source, let interface):
      putInterface(interface, into: &out)
      out.put("router ")
      out.put(source)
      out.put(" advertises ")
      NeighborOptionText().put(inline: octets, into: &out)
    case .lost: out.put("changes were lost here: the kernel's queue ran over")
    }
  }

  func put(_ entry: KernelNeighbor, isGone: Bool, into out: inout [UInt8]) {
    out.put("neighbor ")
    out.put(entry.address)
    out.put(" ")
    KernelFactsText.put(entry, into: &out)
    for flag in entry.flagNames { out.put(", " + flag) }
    if isGone { out.put(" removed") }
  }

  /// Who made it (RTPROT_*); nil for others.
  static func origin(of route: KernelRoute) -> String? {
    switch route.origin {
    case 2: "kernel"
    case 3: "boot"
    case 4: "static"
    case 9: "router advertisement"
    default: nil
    }
  }

  /// Where all are told of.
  private func putInterface(_ index: UInt32, into out: inout [UInt8]) {
    guard run.view.interface.index != index else { return }
    Escape.text(run.interfaceNames[index] ?? "interface \(index)", into: &out)
    out.put(": ")
  }
}
