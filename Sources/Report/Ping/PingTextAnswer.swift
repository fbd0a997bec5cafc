import ProbeEngine

/// The answer to a node information query (RFC 4620) or an extended echo request (RFC 8335), for people.
enum PingTextAnswer {
  static func put(_ answer: PingReply.Answer, into out: inout [UInt8]) {
    switch answer {
    case .names(let names):
      out.put(names.isEmpty ? ", no name" : ", name")
      for name in names {
        out.put(" ")
        Escape.text(name, into: &out)
      }
    case .ipv6Addresses(let addresses):
      out.put(addresses.isEmpty ? ", no address" : ", addresses")
      for address in addresses {
        out.put(" ")
        out.put(address)
      }
    case .ipv4Addresses(let addresses):
      out.put(addresses.isEmpty ? ", no IPv4 address" : ", IPv4 addresses")
      for address in addresses {
        out.put(" ")
        out.put(ipv4: address)
      }
    case .refused: out.put(", refuses to answer")
    case .unknownQueryType: out.put(", does not know this query")
    case .unknownCode(let code):
      out.put(", answers with unknown code ")
      out.put(decimal: UInt64(code))
    case .malformed: out.put(", answer is malformed")
    case .interfaceStatus(let code, let state, let isActive, let hasIPv4, let hasIPv6):
      out.put(", interface: ")
      ExtendedEchoText.put(code, state, isActive, hasIPv4, hasIPv6, into: &out)
    }
  }
}
