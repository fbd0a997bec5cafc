import ProbeEngine
package import Wire

extension NeighborRule {
  /// For programs.
  package var name: String {
    switch self {
    case .hopLimit: "hop_limit"
    case .checksum: "checksum"
    case .code: "code"
    case .length: "length"
    case .optionLength: "option_length"
    case .fragmented: "fragmented"
    case .sourceNotLinkLocal: "source_not_link_local"
    case .linkLayerAddressFromUnspecified: "link_layer_address_from_unspecified"
    case .unspecifiedToOther: "unspecified_to_other"
    case .targetMulticast: "target_multicast"
    case .solicitedToMulticast: "solicited_to_multicast"
    case .redirectDestinationMulticast: "redirect_destination_multicast"
    case .redirectTarget: "redirect_target"
    case .optionLayout: "option_layout"
    case .prefixLength: "prefix_length"
    case .prefixLinkLocal: "prefix_link_local"
    case .preferredAboveValid: "preferred_above_valid"
    case .mtuTooSmall: "mtu_too_small"
    case .reservedPreference: "reserved_preference"
    case .nonceTooShort: "nonce_too_short"
    case .noFlagSet: "no_flag_set"
    case .pref64Code: "pref64_code"
    case .labelTooLong: "label_too_long"
    }
  }
}

/// Rules that a message breaks, for people.
enum NeighborRuleText {
  /// `hop_limit: the hop limit is 255, here 64 (RFC 4861 §6.1, §7.1, §8.1)`; `envelope` nil: without what was found.
  static func put(_ broken: BrokenRule, _ envelope: NeighborEnvelope?, into out: inout [UInt8]) {
    out.put(broken.rule.name)
    if let offset = broken.offset {
      out.put(" at octet ")
      out.put(decimal: offset)
    }
    out.put(": ")
    out.put(broken.rule.text.description)
    if let envelope {
      switch broken.rule {
      case .hopLimit:
        out.put(", here ")
        out.put(decimal: UInt64(envelope.hopLimit))
      case .sourceNotLinkLocal:
        out.put(", here ")
        out.put(envelope.source)
      case .solicitedToMulticast, .unspecifiedToOther:
        out.put(", here to ")
        out.put(envelope.destination)
      default: break
      }
    }
    out.put(" (")
    // A terminal without UTF-8 has no section sign.
    for scalar in broken.rule.section.description.unicodeScalars {
      if scalar == "§" { out.put("section ") } else { out.put(UInt8(truncatingIfNeeded: scalar.value)) }
    }
    out.put(")")
  }
}
