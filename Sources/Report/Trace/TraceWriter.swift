package import ProbeEngine
package import Timing
package import Wire

/// Turns a trace's events into bytes. Does no I/O and reads no clock.
package protocol TraceWriter {
  /// The run begins: headers, `start` events.
  mutating func begin(_ run: TraceRun, at now: Instant, wall: WallClock, into out: inout OutputBuffer)
  /// `names` gives the reverse name (unescaped) and the AS number text of an address, nil where there is none; it
  /// was asked for by `namesWanted(by:)`.
  mutating func write(
    _ event: TraceEvent, wall: WallClock, names: TraceNames, into out: inout OutputBuffer)
  /// The run has ended, after the last target's `.end`.
  mutating func end(at now: Instant, wall: WallClock, names: TraceNames, into out: inout OutputBuffer)
  /// The figures so far (SIGQUIT).
  mutating func writeSnapshot(
    at now: Instant, wall: WallClock, names: TraceNames, into out: inout OutputBuffer)
  /// The addresses whose reverse names this writer would print with the event.
  func namesWanted(by event: TraceEvent) -> [TraceAddress]
  /// The same for `end`.
  var namesWantedAtEnd: [TraceAddress] { get }
}

/// What writers that print line by line, without names, need not say.
extension TraceWriter {
  package mutating func end(
    at now: Instant, wall: WallClock, names: TraceNames, into out: inout OutputBuffer
  ) {}

  package mutating func writeSnapshot(
    at now: Instant, wall: WallClock, names: TraceNames, into out: inout OutputBuffer
  ) {}

  package func namesWanted(by event: TraceEvent) -> [TraceAddress] { [] }
  package var namesWantedAtEnd: [TraceAddress] { [] }
}

/// An address with its zone (0 where it needs none).
package struct TraceAddress: Hashable, Sendable {
  package var address: IPv6Address
  package var zone: UInt32
  package init(_ address: IPv6Address, zone: UInt32 = 0) {
    self.address = address
    self.zone = zone
  }
}

/// What is known of addresses by the time a line is written.
package struct TraceNames: Sendable {
  package var names: [TraceAddress: String] = [:]
  /// From the local prefix file; nil where none was given.
  package var systems: (@Sendable (IPv6Address) -> String?)?
  package init() {}
}
