package import LinuxNet
package import ProbeEngine
package import Timing
package import Wire

/// What an act on a link tells before its first packet.
package struct LinkStart: Sendable {
  package struct Target: Sendable {
    package var name: String
    package var canonicalName: String
    package var address: IPv6Address
    package var zone: UInt32

    package init(name: String, canonicalName: String, address: IPv6Address, zone: UInt32) {
      self.name = name
      self.canonicalName = canonicalName
      self.address = address
      self.zone = zone
    }
  }
  package var targets: [Target] = []
  /// The link as the kernel knew it at the start. `watch` without an interface has an interface of index 0 and
  /// empty name, and tells of all.
  package var view: KernelView
  /// The source of solicitations; nil where nothing is sent, or from `::`.
  package var source: IPv6Address?
  package var isCaptured = false
  /// Why something is missing (no CAP_NET_RAW: the kernel's half alone).
  package var notes: [String] = []
  package var at: Instant

  package init(view: KernelView, at: Instant) {
    self.view = view
    self.at = at
  }
}

/// Where the events of an act on a link go. Whoever implements this does the writing; an error of `flush` ends the
/// run.
package protocol LinkSink: ~Copyable {
  mutating func begin(_ start: LinkStart, clock: KernelClock)
  mutating func handle(_ event: LinkEvent, clock: KernelClock)
  mutating func end(at now: Instant, clock: KernelClock)
  /// Writes what has come together. `isLast`: nothing comes after.
  mutating func flush(isLast: Bool) throws(SystemError)
}
