package import ProbeEngine
package import Timing
package import Wire

/// What a writer must know of an act on a link before its first event. Texts come from people, DNS or the kernel;
/// writers escape them.
package struct LinkRun: Sendable {
  package enum Act: String, Sendable {
    case resolve, unicast, dad, conformance, routers, neighbors, watch, scan
    case baseline = "guard"
  }

  package struct Target: Sendable {
    /// As given on the command line.
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

  package var act: Act
  package var targets: [Target] = []
  /// The link as the kernel knew it at the start.
  package var view: KernelView
  package var source: IPv6Address?
  package var isCaptured = true
  /// `routers` that goes on listening: each advertisement is told when it comes.
  package var isContinuous = false
  package var notes: [String] = []
  package var interfaceNames: InterfaceNames = [:]
  package var version: String

  package init(_ act: Act, view: KernelView, version: String) {
    self.act = act
    self.view = view
    self.version = version
  }
}

/// Turns the events of an act on a link into bytes. Does no I/O and reads no clock.
package protocol LinkWriter {
  /// The run begins: headers, a `start` event.
  mutating func begin(_ run: LinkRun, at now: Instant, wall: WallClock, into out: inout OutputBuffer)
  mutating func write(_ event: LinkEvent, wall: WallClock, into out: inout OutputBuffer)
  /// The run has ended, after the last summary.
  mutating func end(at now: Instant, wall: WallClock, into out: inout OutputBuffer)
}

extension LinkWriter {
  package mutating func end(at now: Instant, wall: WallClock, into out: inout OutputBuffer) {}
}
