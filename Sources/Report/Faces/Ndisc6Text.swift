package import ProbeEngine
package import Timing
import Wire

/// The text of ndisc6 1.0.5: each answer's target link-layer address.
///
/// A second station that claims the address is told of on standard error.
package struct Ndisc6Text: LinkWriter {
  private var lines: NdiscLines

  package init(options: NdiscTextOptions) { lines = NdiscLines(options: options) }

  package mutating func begin(_ run: LinkRun, at now: Instant, wall: WallClock, into out: inout OutputBuffer)
  {
    lines.options.putHeader(into: &out.standardOutput)
  }

  package mutating func write(_ event: LinkEvent, wall: WallClock, into out: inout OutputBuffer) {
    switch event {
    case .advertisement(let advertisement): put(advertisement, into: &out)
    case .finding(let finding) where finding.kind == .conflict: put(finding, into: &out.standardError)
    default: lines.write(event, into: &out)
    }
  }

  private mutating func put(_ advertisement: LinkAdvertisement, into out: inout OutputBuffer) {
    let message = advertisement.message
    guard lines.takes(advertisement, type: 136, evenUnsolicited: !lines.options.solicits),
      let range = Self.targetLinkLayerAddress(in: message.octets.span)
    else { return }
    if !lines.options.isQuiet { out.standardOutput.put("Target link-layer address: ") }
    out.standardOutput.putLinkLayerAddress(message.octets[range])
    lines.noteAnswer(from: message.source, into: &out.standardOutput)
  }

  /// The first target link-layer address option's octets; nil where there is none.
  private static func targetLinkLayerAddress(in octets: Span<UInt8>) -> Range<Int>? {
    guard let header = try? NeighborAdvertisement(decoding: octets) else { return nil }
    var walk = NeighborOptionWalk(range: header.options)
    while let option = try? walk.next(in: octets) {
      if option.type == .targetLinkLayerAddress { return option.data }
    }
    return nil
  }

  private func put(_ finding: Finding, into out: inout [UInt8]) {
    Escape.text(lines.options.programName, into: &out)
    out.put(": ")
    out.put(presentation: finding.address ?? lines.options.address)
    out.put(": more than one station answers")
    if let link = finding.link, let other = finding.otherLink {
      out.put(": ")
      out.putLinkLayerAddress(link.octets)
      // In place of the newline.
      out.removeLast()
      out.put(" and ")
      out.putLinkLayerAddress(other.octets)
    } else {
      out.put(0x0a)
    }
  }
}
