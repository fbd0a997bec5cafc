import ProbeEngine
import Timing
import Wire

/// The keys of a message that was heard: its envelope, what it says, its octets.
enum LinkJSONMessage {
  static func put(_ message: HeardMessage, _ wall: WallClock, into object: inout JSONLine) {
    object.put("time", time: wall.nanoseconds(at: message.arrival.stamp))
    object.put("read_after_ns", (message.arrival.readAt - message.arrival.stamp).count)
    if let type = message.octets.first { object.put("type", UInt64(type)) }
    object.put("name", ifKnown: message.name)
    if message.octets.count > 1 { object.put("code", UInt64(message.octets[1])) }
    object.put("source", address: message.source)
    object.put("destination", address: message.destination)
    object.put("hop_limit", UInt64(message.envelope.hopLimit))
    object.put("fragmented", message.envelope.isFragmented)
    if let isValid = message.envelope.isChecksumValid { object.put("checksum_valid", isValid) }
    object.put("link_source", link: message.arrival.linkSource)
    object.put("link_destination", link: message.arrival.linkDestination)
    object.put("outgoing", message.arrival.isOutgoing)
    object.put("discarded", message.isDiscarded)
    object.objects("broken", message.broken) { $1.put($0) }
    putBody(message, into: &object)
    object.put("octets", hexadecimal: message.octets)
  }

  private static func putBody(_ message: HeardMessage, into object: inout JSONLine) {
    let octets = message.octets.span
    if let solicitation = try? RouterSolicitation(decoding: octets) {
      LinkJSONOption.putAll(solicitation.options, of: message, into: &object)
    } else if let advertisement = try? RouterAdvertisement(decoding: octets) {
      put(header: advertisement, into: &object)
      LinkJSONOption.putAll(advertisement.options, of: message, into: &object)
    } else if let solicitation = try? NeighborSolicitation(decoding: octets) {
      object.put("target", address: solicitation.target)
      LinkJSONOption.putAll(solicitation.options, of: message, into: &object)
    } else if let advertisement = try? NeighborAdvertisement(decoding: octets) {
      object.put("target", address: advertisement.target)
      object.put("flags", words: advertisement.flags.names)
      object.put("flags_octet", UInt64(advertisement.flags.rawValue))
      LinkJSONOption.putAll(advertisement.options, of: message, into: &object)
    } else if let redirect = try? Redirect(decoding: octets) {
      object.put("target", address: redirect.target)
      object.put("redirected", address: redirect.destination)
      LinkJSONOption.putAll(redirect.options, of: message, into: &object)
    } else if (130...132).contains(message.type) || message.type == 143 {
      object.objects("groups", message.groups) { group, object in
        object.put("group", address: group.group)
        object.put("change", group.change.rawValue)
      }
    }
  }

  /// A router advertisement's fields before its options.
  static func put(header: RouterAdvertisement, into object: inout JSONLine) {
    object.put("current_hop_limit", UInt64(header.hopLimit))
    object.put("flags", words: header.flags.names)
    object.put("flags_octet", UInt64(header.flags.rawValue))
    object.put("preference", header.preference.name)
    object.put("router_lifetime_ns", seconds: UInt64(header.lifetime))
    object.put("reachable_time_ns", Nanoseconds.milliseconds(Int64(header.reachableTime)).count)
    object.put("retransmit_timer_ns", Nanoseconds.milliseconds(Int64(header.retransmitTimer)).count)
  }
}
