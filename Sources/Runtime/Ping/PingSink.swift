package import LinuxNet
package import ProbeEngine
package import Timing
package import Wire

/// What a run tells before its first probe.
package struct PingStart: Sendable {
  package struct Target: Sendable {
    package var name: String
    package var canonicalName: String
    package var address: IPv6Address
    package var zone: UInt32
    package var isNumeric: Bool
  }
  /// A name that failed, among several targets.
  package struct Unresolved: Sendable {
    package var name: String
    package var failure: PingFailure
  }
  package var targets = PingTargets()
  package var unresolved: [Unresolved] = []
  package var path: ICMPv6Socket.Kind = .datagram
  package var isCaptured = false
  package var identifier: UInt16 = 0
  package var source: IPv6Address?
  package var interface: String?
  package var flowLabel: UInt32?
  /// Why the first choice of path was not taken.
  package var notes: [String] = []
  package var at: Instant = .zero
}

/// Where a run's events go. Whoever implements this does the writing; an error of `flush` ends the run.
package protocol PingSink: ~Copyable {
  mutating func begin(_ start: PingStart, clock: KernelClock)
  mutating func handle(_ event: PingEvent, clock: KernelClock)
  mutating func snapshot(_ summaries: [PingSummary], at now: Instant, clock: KernelClock)
  /// The run has ended. With many targets in several calls, in order; `snapshot` too.
  mutating func end(_ summaries: [PingSummary], at now: Instant, clock: KernelClock)
  /// Writes what has come together. `isLast`: nothing comes after.
  mutating func flush(isLast: Bool) throws(SystemError)
  /// A descriptor that wakes the loop (reverse names that have come), or nil.
  var wakeDescriptor: Int32? { get }
  mutating func wake()
}

/// Why a run could not begin, or had to end.
package enum PingFailure: Error, Sendable {
  /// A name that has no IPv6 address.
  case resolution(name: String, ResolverError, hasIPv4: Bool)
  /// A link-local target without a zone; the candidates are the interfaces that are up.
  case missingZone(String, candidates: [String])
  case unknownInterface(String)
  /// Neither a datagram nor a raw socket is allowed.
  case notPermitted(datagram: SystemError?, raw: SystemError?)
  case socket(SystemError)
  case capture(text: String)
  /// A socket option that was asked for could not be set.
  case option(String, SystemError)
  /// The source address cannot be used.
  case source(String, SystemError)
  /// The face asks for a route before it starts, as its original does.
  case noRoute(SystemError)
  case privileges(SystemError)
  /// Targets of one run that are on different links: the first, its interface, another, its interface.
  case differentLinks(String, on: String, String, onOther: String)
  /// The link cannot serve as asked, in words.
  case link(text: String)
  /// The loop itself failed, or standard output did (its call is `write`).
  case system(SystemError)
}
