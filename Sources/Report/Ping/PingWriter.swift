package import ProbeEngine
package import Timing
package import Wire

/// Bytes on their way to a terminal or a file; filled by writers, emptied by whoever does I/O.
package struct OutputBuffer: Sendable {
  package var standardOutput: [UInt8] = []
  package var standardError: [UInt8] = []
  package init() {}
}

/// The wall clock beside the monotonic one: nanoseconds since 1970-01-01T00:00:00Z at monotonic zero.
package struct WallClock: Sendable {
  package var offset: Int64
  package init(offset: Int64) { self.offset = offset }
  /// Nanoseconds since the epoch at that instant.
  package func nanoseconds(at instant: Instant) -> Int64 { instant.nanoseconds.addingSaturating(offset) }
}

/// Turns a ping's events into bytes. Does no I/O and reads no clock.
package protocol PingWriter {
  /// The run begins: headers, `start` events.
  mutating func begin(_ run: PingRun, at now: Instant, wall: WallClock, into out: inout OutputBuffer)
  /// `name` is the reverse name of the address that `nameWanted(by:)` asked for; nil where there is none.
  mutating func write(_ event: PingEvent, wall: WallClock, name: String?, into out: inout OutputBuffer)
  /// With many targets `begin` tells of the first `PingWriting.targetsAtOnce` of them only; these are more.
  mutating func beginMore(
    _ targets: Range<Int>, at now: Instant, wall: WallClock, into out: inout OutputBuffer)
  /// The figures so far (SIGQUIT). Of many targets not all at once, but in order.
  mutating func writeSnapshot(
    _ summaries: [PingSummary], at now: Instant, wall: WallClock, into out: inout OutputBuffer)
  /// The run has ended. Of many targets not all at once, but in order.
  mutating func end(
    _ summaries: [PingSummary], at now: Instant, wall: WallClock, into out: inout OutputBuffer)
  /// The address whose reverse name this writer would print with the event.
  func nameWanted(by event: PingEvent) -> (address: IPv6Address, zone: UInt32)?
}

package enum PingWriting {
  /// How many targets a writer tells of in one call.
  package static let targetsAtOnce = 1_024
}

extension PingWriter {
  /// A writer that has one header for all.
  package mutating func beginMore(
    _ targets: Range<Int>, at now: Instant, wall: WallClock, into out: inout OutputBuffer
  ) {}
}
