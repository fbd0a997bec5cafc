package import ProbeEngine
package import Timing
package import Wire

/// What a writer must know of a trace before its first event. Texts come from people, DNS or the kernel; writers
/// escape them.
package struct TraceRun: Sendable {
  package struct Target: Sendable {
    /// As given on the command line.
    package var name: String
    /// The resolver's canonical name, else `name`.
    package var canonicalName: String
    package var address: IPv6Address
    package var zone: UInt32
    /// RFC 5952 text, with `%zone` where the address has one.
    package var addressText: String
    package var isNumeric: Bool
    /// Source address text, where known.
    package var source: String?
    /// The kernel's cached path MTU.
    package var cachedMTU: UInt32?

    package init(
      name: String, canonicalName: String, address: IPv6Address, zone: UInt32, addressText: String,
      isNumeric: Bool
    ) {
      self.name = name
      self.canonicalName = canonicalName
      self.address = address
      self.zone = zone
      self.addressText = addressText
      self.isNumeric = isNumeric
    }
  }

  package var targets: [Target]
  package var method: TraceConfiguration.Method
  /// `error_queue` or `raw`.
  package var path: String
  /// `socket` or `pcap`.
  package var arrival: PingRun.Arrival
  package var mode: TraceConfiguration.Mode
  package var flow: TraceFlow
  package var trafficClass: UInt8 = 0
  package var packetLength: Int
  package var firstHop: UInt8
  package var maximumHops: UInt8
  package var queries: Int
  package var interface: String?
  package var linkMTU: UInt32?
  /// Reasons why the first choice of path was not taken.
  package var pathNotes: [String] = []
  /// Interface names by index, for the zones of link-local addresses.
  package var interfaceNames: InterfaceNames = [:]
  package var version: String
  /// The longest that an unanswered probe is waited for, where it is limited.
  package var maximumWait: Nanoseconds?
  /// Name of this host, for tables that begin with it.
  package var hostName: String?

  package init(
    targets: [Target], method: TraceConfiguration.Method, path: String, arrival: PingRun.Arrival,
    mode: TraceConfiguration.Mode, flow: TraceFlow, packetLength: Int, firstHop: UInt8, maximumHops: UInt8,
    queries: Int, version: String
  ) {
    self.targets = targets
    self.method = method
    self.path = path
    self.arrival = arrival
    self.mode = mode
    self.flow = flow
    self.packetLength = packetLength
    self.firstHop = firstHop
    self.maximumHops = maximumHops
    self.queries = queries
    self.version = version
  }
}
