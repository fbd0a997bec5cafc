import ProbeEngine
import Wire

extension CraftedSolicitation {
  /// For programs.
  package var name: String {
    switch self {
    case .multicast: "multicast"
    case .unicast: "unicast"
    case .unicastWithoutLink: "unicast_without_link"
    case .multicastWithoutLink: "multicast_without_link"
    case .duplicateDetection: "duplicate_detection"
    case .duplicateDetectionWithNonce: "duplicate_detection_with_nonce"
    case .reservedBits: "reserved_bits"
    case .unknownOptionFirst: "unknown_option_first"
    case .allNodes: "all_nodes"
    case .targetMulticast: "target_multicast"
    case .unspecifiedToAllNodes: "unspecified_to_all_nodes"
    case .unspecifiedToUnicast: "unspecified_to_unicast"
    case .unspecifiedWithLink: "unspecified_with_link"
    case .hopLimit254: "hop_limit_254"
    case .badChecksum: "bad_checksum"
    case .code1: "code_1"
    case .shortMessage: "short_message"
    case .zeroLengthOption: "zero_length_option"
    case .atomicFragment: "atomic_fragment"
    case .overrunningOption: "overrunning_option"
    case .trailingOctets: "trailing_octets"
    }
  }

  /// For people; at most 36 octets.
  var text: String {
    switch self {
    case .multicast: "multicast, with link-layer address"
    case .unicast: "unicast, with link-layer address"
    case .unicastWithoutLink: "unicast, without"
    case .multicastWithoutLink: "multicast, without"
    case .duplicateDetection: "duplicate address detection"
    case .duplicateDetectionWithNonce: "the same with a nonce"
    case .reservedBits: "reserved bits set"
    case .unknownOptionFirst: "an unknown option first"
    case .allNodes: "to all nodes"
    case .targetMulticast: "the target is multicast"
    case .unspecifiedToAllNodes: "from :: to all nodes"
    case .unspecifiedToUnicast: "from :: by unicast"
    case .unspecifiedWithLink: "from :: with link-layer address"
    case .hopLimit254: "hop limit 254"
    case .badChecksum: "bad checksum"
    case .code1: "code 1"
    case .shortMessage: "message of 16 octets"
    case .zeroLengthOption: "option of length 0"
    case .atomicFragment: "behind a fragment header"
    case .overrunningOption: "option beyond the message's end"
    case .trailingOctets: "4 octets behind the options"
    }
  }
}

extension ConformanceRow.Answer {
  /// Flags that are set, in the order of bits.
  var flagNames: [String] { NeighborAdvertisement.Flags(rawValue: flags).names }

  var text: String {
    (flagNames.isEmpty ? "no flags" : flagNames.joined(separator: " "))
      + (isToAllNodes ? ", to all nodes" : "") + (hasLinkLayerAddress ? ", address" : ", no address")
  }
}

/// Crafted solicitations and what came of them, in columns.
enum ConformanceText {
  static func putHeading(into out: inout [UInt8]) {
    put("SOLICITATION", "EXPECTED", "RECEIVED", "", into: &out)
  }

  static func put(_ row: ConformanceRow, into out: inout [UInt8]) {
    let received: String
    if let errno = row.errno {
      received = "could not be sent: " + (ErrnoText.name(errno) ?? "errno \(errno)")
    } else {
      received = row.received?.text ?? "no answer"
    }
    put(
      row.solicitation.text, row.expected?.text ?? "no answer", received, row.isAsExpected ? "ok" : "DIFFERS",
      into: &out)
  }

  private static func put(
    _ solicitation: String, _ expected: String, _ received: String, _ verdict: String, into out: inout [UInt8]
  ) {
    out.put(left: 36) { $0.put(solicitation) }
    out.put(left: 35) { $0.put(expected) }
    out.put(left: 35) { $0.put(received) }
    out.put(verdict)
    while out.last == 0x20 { out.removeLast() }
    out.put("\n")
  }
}
