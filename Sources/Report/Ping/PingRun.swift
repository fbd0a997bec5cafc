/// What a writer must know of a run before its first event. Texts come from people, DNS or the kernel;
/// writers escape them.
package struct PingRun: Sendable {
  package struct Target: Sendable {
    /// As given on the command line.
    package var name: String
    /// The resolver's canonical name, else `name`.
    package var canonicalName: String
    /// RFC 5952 text, with `%zone` where the address has one.
    package var address: String
    /// The target was given as an address: no reverse look-up is due for it.
    package var isNumeric: Bool
    /// The address's reverse name, where it was known before the first probe. Only the header of iputils
    /// 20221126 shows it.
    package var reverseName: String? = nil

    package init(name: String, canonicalName: String, address: String, isNumeric: Bool) {
      self.name = name
      self.canonicalName = canonicalName
      self.address = address
      self.isNumeric = isNumeric
    }
  }

  package struct Unresolved: Sendable {
    package var name: String
    package var reason: String

    package init(name: String, reason: String) {
      self.name = name
      self.reason = reason
    }
  }

  /// How packets leave and come back.
  package enum Path: String, Sendable {
    case datagram, raw
  }
  package enum Arrival: String, Sendable {
    case socket, pcap
  }

  package var targets: PingRunTargets
  /// Names that have no address, among several targets, and why.
  package var unresolved: [Unresolved] = []
  /// One name may be several targets: only name and address together tell which.
  package var asksAllAddresses = false
  /// Source address text, where known or chosen.
  package var source: String?
  /// Interface by name, where chosen (`-I`) or found by the route look-up.
  package var interface: String?
  package var payloadLength: Int
  /// Only an echo has a payload. iputils names its length all the same.
  package var hasPayload = true
  package var identifier: UInt16
  package var flowLabel: UInt32?
  package var path: Path
  package var arrival: Arrival
  /// Reasons why the first choice of path was not taken, for verbose and JSON output.
  package var pathNotes: [String] = []
  /// Interface names by index, for the zones of link-local addresses.
  package var interfaceNames: InterfaceNames = [:]
  /// Version text of the program.
  package var version: String

  package init(
    targets: PingRunTargets, source: String?, interface: String?, payloadLength: Int, identifier: UInt16,
    flowLabel: UInt32?, path: Path, arrival: Arrival, version: String
  ) {
    self.targets = targets
    self.source = source
    self.interface = interface
    self.payloadLength = payloadLength
    self.identifier = identifier
    self.flowLabel = flowLabel
    self.path = path
    self.arrival = arrival
    self.version = version
  }
}
