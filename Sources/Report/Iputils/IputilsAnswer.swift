import ProbeEngine

/// The answer to a node information query (RFC 4620), or to an extended echo request (RFC 8335, which iputils
/// does not know), in the place where iputils prints it.
enum IputilsAnswer {
  static func put(_ answer: PingReply.Answer, into out: inout [UInt8]) {
    switch answer {
    case .names(let names):
      for (index, name) in names.enumerated() {
        if index > 0 { out.put(",") }
        out.put(" ")
        Escape.text(name, into: &out)
        if name.last != 0x2e { out.put(".") }
      }
    case .ipv6Addresses(let addresses):
      for (index, address) in addresses.enumerated() {
        out.put(index > 0 ? ", " : " ")
        out.put(address)
      }
    case .ipv4Addresses(let addresses):
      for (index, address) in addresses.enumerated() {
        out.put(index > 0 ? ", " : " ")
        out.put(ipv4: address)
      }
    case .refused: out.put(" refused")
    case .unknownQueryType: out.put(" unknown")
    case .unknownCode(let code):
      out.put(" unknown code(")
      out.put(hexadecimal: UInt64(code), width: 2)
      out.put(")")
    case .malformed: out.put(" parse error (truncated)")
    case .interfaceStatus(let code, let state, let isActive, let hasIPv4, let hasIPv6):
      out.put(" ")
      ExtendedEchoText.put(code, state, isActive, hasIPv4, hasIPv6, into: &out)
    }
  }
}

/// RFC 8335 §3 in words.
enum ExtendedEchoText {
  static func put(
    _ code: UInt8, _ state: UInt8, _ isActive: Bool, _ hasIPv4: Bool, _ hasIPv6: Bool, into out: inout [UInt8]
  ) {
    switch code {
    case 0:
      out.put(isActive ? "active" : "not active")
      if hasIPv4 { out.put(", IPv4") }
      if hasIPv6 { out.put(", IPv6") }
      if let state = stateText(state) {
        out.put(", neighbor ")
        out.put(state)
      }
    case 1: out.put("malformed query")
    case 2: out.put("no such interface")
    case 3: out.put("no such table entry")
    case 4: out.put("multiple interfaces satisfy query")
    default:
      out.put("code ")
      out.put(decimal: UInt64(code))
    }
  }

  /// The state of the neighbor cache entry; nil where the interface asked about is the node's own (0).
  static func stateText(_ state: UInt8) -> String? {
    switch state {
    case 1: "incomplete"
    case 2: "reachable"
    case 3: "stale"
    case 4: "delay"
    case 5: "probe"
    case 6: "failed"
    default: nil
    }
  }
}
