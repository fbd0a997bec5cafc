/// Why a target cannot be probed, found in its text alone.
package struct TargetTextError: Error, Hashable, Sendable {
  package enum Problem: Hashable, Sendable {
    case empty
    case url(host: String)
    case character(Unicode.Scalar)
    /// `inside` is nil where the brackets do not match.
    case brackets(inside: String?, hasPort: Bool)
    /// `2001:db8::/64`.
    case prefix(address: String)
    case emptyZone(interfaces: [String])
    /// `%25eth0`, as a URL writes `%eth0` (RFC 6874).
    case escapedZone(right: String)
    case badZone(String)
    case needlessZone(address: String)
    case missingZone(address: String, interfaces: [String])
    /// An IPv4 address, plain or as `::ffff:a.b.c.d`.
    case ipv4(bits: UInt32)
    /// A name that ends in a number, which libc reads as an IPv4 address.
    case numericName
    case malformed(TargetText.AddressProblem)
    /// `name:80`.
    case port(host: String)
    case zoneOfName(String)
    case badName
    /// Behind a target that may have one.
    case badPort(String)
    /// All targets of a run have one port.
    case otherPort(UInt16, chosen: UInt16)
    /// A group, or `::`: nobody's address.
    case notUnicast
    /// Another zone than that of the others, where all must be on one link.
    case otherLink(chosen: String)
    /// Not 0 to 128 behind the slash.
    case badPrefixLength(String)
    case prefixOfName(String)
    /// `2001:db8::5/120`.
    case bitsBehindPrefix(right: String, address: String)
    /// More addresses than the group may have.
    case prefixTooLarge(count: String, limit: Int)
  }

  /// As typed.
  package var input: String
  package var problem: Problem
  /// A port may stand behind the target.
  package var mayHavePort = false

  package init(input: String, problem: Problem, mayHavePort: Bool = false) {
    self.input = input
    self.problem = problem
    self.mayHavePort = mayHavePort
  }
}
