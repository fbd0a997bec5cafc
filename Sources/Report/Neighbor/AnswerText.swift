import ProbeEngine
import Timing
import Wire

/// An answer to a solicitation, on one line: what it says, from where, after how long.
struct AnswerText {
  let options: LinkTextOptions

  /// Without an end. `answer: 02:00:00:00:00:0b, solicited override, 0.213 ms`
  func put(_ answer: LinkAdvertisement, into out: inout [UInt8]) {
    let message = answer.message
    switch answer.standing {
    case .answer: out.put("answer: ")
    case .repeated: out.put("again: ")
    case .unsolicited: out.put("unsolicited: ")
    case .discarded: out.put("not believed: ")
    case .loopedBack: out.put("looped back: ")
    }
    let target = putClaim(message, into: &out)
    if message.source != target {
      out.put(", from ")
      out.put(message.source)
    }
    if message.envelope.hopLimit != 255 {
      out.put(", hop limit ")
      out.put(decimal: UInt64(message.envelope.hopLimit))
    }
    if let roundTrip = answer.roundTrip {
      out.put(", ")
      putRoundTrip(roundTrip, answer, into: &out)
    }
    if options.isVerbose, answer.attempt > 1 {
      out.put(", attempt ")
      out.put(decimal: answer.attempt)
    }
    for broken in message.broken {
      out.put("\n  breaks ")
      NeighborRuleText.put(broken, message.envelope, into: &out)
    }
  }

  /// What a neighbor's message says of the target's link-layer address; returns the address it speaks of.
  private func putClaim(_ message: HeardMessage, into out: inout [UInt8]) -> IPv6Address? {
    let octets = message.octets.span
    if let solicitation = try? NeighborSolicitation(decoding: octets) {
      if let link = message.arrival.linkSource { out.put(link) } else { out.put("somebody") }
      out.put(
        message.source == .unspecified
          ? " performs duplicate address detection for it" : " solicits it")
      if let nonce = message.option(.nonce, from: solicitation.options) {
        out.put(", nonce ")
        out.put(hexadecimal: nonce)
      }
      return .unspecified
    }
    guard let advertisement = try? NeighborAdvertisement(decoding: octets) else {
      out.put(UInt64(message.octets.count), "octet", "octets")
      out.put(" of ICMPv6 type ")
      out.put(decimal: UInt64(message.type))
      return nil
    }
    let option = message.option(.targetLinkLayerAddress, from: advertisement.options)
      .flatMap { LinkLayerAddress($0) }
    let frame = message.arrival.linkSource
    switch (option, frame) {
    case (let option?, let frame?) where option != frame:
      out.put(option)
      out.put(" in a frame from ")
      out.put(frame)
    case (let option?, _): out.put(option)
    case (nil, let frame?):
      out.put(frame)
      out.put(" by its frame alone")
    case (nil, nil): out.put("no link-layer address")
    }
    let flags = advertisement.flags.names
    out.put(", ")
    out.put(flags.isEmpty ? "no flags" : flags.joined(separator: " "))
    return advertisement.target
  }

  private func putRoundTrip(_ roundTrip: Nanoseconds, _ answer: LinkAdvertisement, into out: inout [UInt8]) {
    out.put(milliseconds: roundTrip.count)
    out.put(" ms")
    guard options.isVerbose else { return }
    guard answer.hostTransmit != nil || answer.hostReceive != nil else { return }
    out.put(" (")
    if let hostTransmit = answer.hostTransmit {
      out.put("host tx ")
      out.put(milliseconds: hostTransmit.count)
    }
    if let hostReceive = answer.hostReceive {
      out.put(answer.hostTransmit == nil ? "host rx " : ", host rx ")
      out.put(milliseconds: hostReceive.count)
    }
    out.put(")")
  }
}

extension HeardMessage {
  /// The first option of that type whose layout holds: what stands behind type and length.
  func option(_ type: NeighborOptionType, from range: Range<Int>) -> [UInt8]? {
    let span = octets.span
    var walk = NeighborOptionWalk(range: range)
    while let option = try? walk.next(in: span) {
      if option.type == type { return span.array(option.data) }
    }
    return nil
  }
}
