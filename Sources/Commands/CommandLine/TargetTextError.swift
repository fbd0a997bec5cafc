package import Plan

/// The words for it.
extension TargetTextError {
  /// One line, without program name: the input, what is wrong, and what would be right.
  package var message: String { quoted(input) + ": " + explanation }

  private var explanation: String {
    switch problem {
    case .empty:
      "an empty target; give a name or an IPv6 address"
    case .url(let host):
      host.isEmpty ? "a URL without a host; give a name or an IPv6 address" : "a URL; write \(escaped(host))"
    case .character(let scalar):
      "\(quoted(String(scalar))) cannot be part of a name or an address"
    case .brackets(nil, _) where mayHavePort:
      "brackets that do not match; write [ADDRESS]:PORT, or the address alone"
    case .brackets(let inside?, _) where mayHavePort:
      "brackets stand around an address only" + (inside.isEmpty ? "" : "; write \(escaped(inside))")
    case .brackets(nil, _):
      "brackets that do not match; write the address without brackets"
    case .brackets(let inside?, let hasPort):
      (hasPort
        ? "no port belongs here, and an address here has no brackets" : "an address here has no brackets")
        + (inside.isEmpty ? "; give an IPv6 address" : "; write \(escaped(inside))")
    case .prefix(let address):
      "a prefix; give one address" + (address.isEmpty ? "" : ", such as \(escaped(address))")
    case .emptyZone(let interfaces):
      "no zone after '%'" + Self.zones(interfaces)
    case .escapedZone(let right):
      "'%25' is how a URL writes '%'; write \(escaped(right))"
    case .badZone(let zone):
      "\(quoted(zone)) is not an interface name (1 to 15 octets) or index"
    case .needlessZone(let address):
      "an address of this scope has no zone; write \(escaped(address)), and choose the interface with \(mayHavePort ? "-i" : "-I")"
    case .missingZone(let address, let interfaces):
      "the zone is missing: an address of this scope means nothing without its interface; write \(escaped(address))%INTERFACE"
        + Self.zones(interfaces)
    case .ipv4(let bits):
      "an IPv4 address, and probe6 is IPv6 only; give a name that has an AAAA record, or behind NAT64 "
        + "(RFC 6052) 64:ff9b::\(String(bits >> 16, radix: 16)):\(String(bits & 0xffff, radix: 16))"
    case .numericName:
      "a number, which is read as an IPv4 address; probe6 is IPv6 only; give a name or an IPv6 address"
    case .malformed(.tooManyGroups) where mayHavePort:
      "too many colons for an IPv6 address, which has eight groups; if the last one is a port, write [ADDRESS]:PORT"
    case .malformed(let problem):
      Self.text(problem)
    case .port(let host):
      "no port belongs here; write \(escaped(host))"
    case .zoneOfName(let name):
      "a zone belongs to an address, not to a name; write \(escaped(name)), and choose the interface with \(mayHavePort ? "-i" : "-I")"
    case .badName:
      "neither an address nor a host name (labels of 1 to 63 octets, 253 in all)"
    case .badPort(let port):
      "\(quoted(port)) is not a port; allowed: 1 to 65535"
    case .otherPort(let port, let chosen):
      "port \(port), and \(chosen) was said before; all targets of a run have one port"
    case .notUnicast:
      "not an address that a neighbor can have; give a unicast address"
    case .otherLink(let chosen):
      "another link than \(quoted(chosen)), which was said before; one run asks on one link"
    case .badPrefixLength(let length):
      "\(quoted(length)) is not the length of a prefix; allowed: 0 to 128"
    case .prefixOfName(let name):
      "a prefix begins with an address, and \(quoted(name)) is a name"
    case .bitsBehindPrefix(let right, let address):
      "bits are set behind the prefix; write \(escaped(right)) for all of it, or \(escaped(address)) for one address"
    case .prefixTooLarge(let count, let limit):
      "\(count) addresses; at most \(limit) are asked unless a larger limit is given"
    }
  }

  /// What to write instead, without anything that could steer a terminal, and without quotation marks.

  private static func zones(_ interfaces: [String]) -> String {
    interfaces.isEmpty ? "" : " (one of " + interfaces.map { quoted($0) }.joined(separator: ", ") + ")"
  }

  private static func text(_ problem: TargetText.AddressProblem) -> String {
    switch problem {
    case .tripleColon: "three colons in a row; '::' is two, and stands for a run of zero groups"
    case .twoGaps:
      "'::' stands twice; only one run of zero groups may be left out, write the other one as 0:0"
    case .longGroup(let group): "the group \(quoted(group)) has more than four hexadecimal digits"
    case .badDigit(let scalar): "\(quoted(String(scalar))) is not a hexadecimal digit"
    case .tooManyGroups:
      "too many groups for an IPv6 address, which has eight; if the last one is a port: none belongs here"
    case .tooFewGroups(let count):
      "only \(count) of the eight groups of an IPv6 address; write '::' where zero groups are left out"
    case .looseColon: "a single colon at an end; write '::' where zero groups are left out"
    case .badIPv4Tail(let tail): "\(quoted(tail)) is not an IPv4 address of four decimal octets at the end"
    }
  }
}
