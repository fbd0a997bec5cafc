/// What a receiver of neighbor discovery messages must see to (RFC 4861 §6.1, §7.1, §8.1 and the RFCs of the options).
/// One list serves discarding, showing and conformance.
package enum NeighborRule: UInt8, Hashable, Sendable {
  // The message is discarded.
  case hopLimit
  case checksum
  case code
  case length
  case optionLength
  case fragmented
  case sourceNotLinkLocal
  case linkLayerAddressFromUnspecified
  case unspecifiedToOther
  case targetMulticast
  case solicitedToMulticast
  case redirectDestinationMulticast
  case redirectTarget
  // The option is ignored; the message holds.
  case optionLayout
  case prefixLength
  case prefixLinkLocal
  case preferredAboveValid
  case mtuTooSmall
  case reservedPreference
  case nonceTooShort
  case noFlagSet
  case pref64Code
  case labelTooLong

  /// What becomes of what breaks the rule.
  package enum Consequence: Hashable, Sendable {
    case messageDiscarded
    case optionIgnored
  }

  package var consequence: Consequence {
    rawValue < NeighborRule.optionLayout.rawValue ? .messageDiscarded : .optionIgnored
  }

  /// What should have been.
  package var text: StaticString {
    switch self {
    case .hopLimit: "the hop limit is 255"
    case .checksum: "the ICMPv6 checksum is right"
    case .code: "the code is 0"
    case .length: "the message is as long as its type asks for"
    case .optionLength: "every option has a length above 0 and ends within the message"
    case .fragmented: "the message is not fragmented"
    case .sourceNotLinkLocal: "the source is a link-local address"
    case .linkLayerAddressFromUnspecified: "from :: there is no source link-layer address option"
    case .unspecifiedToOther: "from :: the destination is a solicited-node address"
    case .targetMulticast: "the target is no multicast address"
    case .solicitedToMulticast: "to a multicast destination the solicited flag is 0"
    case .redirectDestinationMulticast: "the redirected destination is no multicast address"
    case .redirectTarget: "the target is link-local or the destination itself"
    case .optionLayout: "the option's length fits its type"
    case .prefixLength: "a prefix is at most 128 bits long"
    case .prefixLinkLocal: "the prefix is not the link-local one"
    case .preferredAboveValid: "the preferred lifetime is at most the valid one"
    case .mtuTooSmall: "the MTU is 1280 at least"
    case .reservedPreference: "a route's preference is not the reserved value"
    case .nonceTooShort: "a nonce has 6 octets at least"
    case .noFlagSet: "a flags extension has a flag set"
    case .pref64Code: "the prefix length code is one of 0 to 5"
    case .labelTooLong: "labels have at most 63 octets, names at most 255"
    }
  }

  /// Where it is written.
  package var section: StaticString {
    switch self {
    case .hopLimit, .checksum, .code, .length, .optionLength: "RFC 4861 §6.1, §7.1, §8.1"
    case .fragmented: "RFC 6980 §5"
    case .sourceNotLinkLocal: "RFC 4861 §6.1.2, §8.1"
    case .linkLayerAddressFromUnspecified: "RFC 4861 §6.1.1, §7.1.1"
    case .unspecifiedToOther: "RFC 4861 §7.1.1"
    case .targetMulticast: "RFC 4861 §7.1.1, §7.1.2"
    case .solicitedToMulticast: "RFC 4861 §7.1.2"
    case .redirectDestinationMulticast, .redirectTarget: "RFC 4861 §8.1"
    case .optionLayout: "RFC 4861 §4.6"
    case .prefixLength: "RFC 4861 §4.6.2"
    case .prefixLinkLocal, .preferredAboveValid: "RFC 4862 §5.5.3"
    case .mtuTooSmall: "RFC 4861 §6.3.4"
    case .reservedPreference: "RFC 4191 §2.3"
    case .nonceTooShort: "RFC 3971 §5.3.2"
    case .noFlagSet: "RFC 5175 §4"
    case .pref64Code: "RFC 8781 §4"
    case .labelTooLong: "RFC 1035 §2.3.4"
    }
  }
}

/// A set of broken rules.
package struct NeighborRuleSet: Hashable, Sendable {
  private var bits: UInt32 = 0
  package init() {}
  package var isEmpty: Bool { bits == 0 }
  package mutating func insert(_ rule: NeighborRule) { bits |= 1 << UInt32(rule.rawValue) }
  package func contains(_ rule: NeighborRule) -> Bool { bits & 1 << UInt32(rule.rawValue) != 0 }
  package mutating func formUnion(_ other: NeighborRuleSet) { bits |= other.bits }
  /// Something of it discards the whole message.
  package var discardsMessage: Bool { bits & (1 << UInt32(NeighborRule.optionLayout.rawValue) - 1) != 0 }
}

/// What is known of a neighbor discovery message beside its octets.
package struct NeighborEnvelope: Hashable, Sendable {
  package var source: IPv6Address
  package var destination: IPv6Address
  package var hopLimit: UInt8
  /// A fragment header stood before it, an atomic one included.
  package var isFragmented: Bool
  /// nil where somebody else has verified it.
  package var isChecksumValid: Bool?

  package init(
    source: IPv6Address, destination: IPv6Address, hopLimit: UInt8, isFragmented: Bool = false,
    isChecksumValid: Bool? = nil
  ) {
    self.source = source
    self.destination = destination
    self.hopLimit = hopLimit
    self.isFragmented = isFragmented
    self.isChecksumValid = isChecksumValid
  }
}

extension NeighborRule {
  /// The rules that the ICMPv6 message (types 133 to 137) in `octets` breaks, those of its options included.
  package static func broken(by octets: Span<UInt8>, _ envelope: NeighborEnvelope) -> NeighborRuleSet {
    var broken = NeighborRuleSet()
    forEachBroken(by: octets, envelope) { rule, _ in broken.insert(rule) }
    return broken
  }

  /// The same one by one: first the message's own, then those of each option with the option's offset. A rule may
  /// come once for each option.
  package static func forEachBroken(
    by octets: Span<UInt8>, _ envelope: NeighborEnvelope, _ body: (NeighborRule, _ offset: Int?) -> Void
  ) {
    if envelope.hopLimit != 255 { body(.hopLimit, nil) }
    if envelope.isChecksumValid == false { body(.checksum, nil) }
    if envelope.isFragmented { body(.fragmented, nil) }
    guard octets.count >= 8, let headerCount = headerCount(type: octets[0]), octets.count >= headerCount
    else { return body(.length, nil) }
    let type = octets[0]
    if octets[1] != 0 { body(.code, nil) }
    if type == 134 || type == 137, !envelope.source.isLinkLocalUnicast { body(.sourceNotLinkLocal, nil) }
    if type == 135 || type == 136 {
      if IPv6Address(bits: octets.uint128(at: 8)).isMulticast { body(.targetMulticast, nil) }
    }
    if type == 136, envelope.destination.isMulticast, octets[4] & 0x40 != 0 {
      body(.solicitedToMulticast, nil)
    }
    if type == 135, envelope.source == .unspecified,
      envelope.destination.bits >> 24 != IPv6Address.unspecified.solicitedNodeMulticast.bits >> 24
    {
      body(.unspecifiedToOther, nil)
    }
    if type == 137 {
      let target = IPv6Address(bits: octets.uint128(at: 8))
      let destination = IPv6Address(bits: octets.uint128(at: 24))
      if destination.isMulticast { body(.redirectDestinationMulticast, nil) }
      if !target.isLinkLocalUnicast, target != destination { body(.redirectTarget, nil) }
    }
    var walk = NeighborOptionWalk(range: headerCount..<octets.count)
    do throws(WireError) {
      while let option = try walk.next(in: octets) {
        if option.type == .sourceLinkLayerAddress, envelope.source == .unspecified, type == 133 || type == 135
        {
          body(.linkLayerAddressFromUnspecified, option.offset)
        }
        if let rule = brokenRule(of: option, in: octets) { body(rule, option.offset) }
      }
    } catch {
      body(.optionLength, walk.range.lowerBound)
    }
  }

  /// The first rule that an option by itself breaks; nil where it is as it should be or is not known here.
  package static func brokenRule(of option: NeighborOption, in octets: Span<UInt8>) -> NeighborRule? {
    let value: NeighborOptionValue
    do throws(WireError) { value = try option.value(in: octets) } catch {
      // Of this one a name's label may be at fault in place of the option's own length.
      if case .invalid(.length, _, option.offset + 1) = error { return .optionLayout }
      return option.type == .provisioningDomain ? .labelTooLong : .optionLayout
    }
    switch value {
    case .prefix(let prefix):
      if prefix.length > 128 { return .prefixLength }
      if prefix.prefix.isLinkLocalUnicast { return .prefixLinkLocal }
      return prefix.preferredLifetime > prefix.validLifetime ? .preferredAboveValid : nil
    case .mtu(let mtu): return mtu < 1_280 ? .mtuTooSmall : nil
    case .route(let route): return route.preference == .reserved ? .reservedPreference : nil
    case .nonce(let nonce): return nonce.count < 6 ? .nonceTooShort : nil
    case .flagsExtension(let flags):
      for index in flags where octets[index] != 0 { return nil }
      return .noFlagSet
    case .pref64(_, let length, _): return length == nil ? .pref64Code : nil
    case .dnsSearchList(_, let names):
      var labels = DNSLabelWalk(range: names)
      // Zeros behind the last name are names without a label; each step takes one octet at least.
      while !labels.range.isEmpty {
        do throws(WireError) { _ = try labels.next(in: octets) } catch { return .labelTooLong }
      }
      return nil
    default: return nil
    }
  }

  private static func headerCount(type: UInt8) -> Int? {
    switch type {
    case 133: RouterSolicitation.headerCount
    case 134: RouterAdvertisement.headerCount
    case 135: NeighborSolicitation.headerCount
    case 136: NeighborAdvertisement.headerCount
    case 137: Redirect.headerCount
    default: nil
    }
  }
}
