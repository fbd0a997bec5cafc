/// A point on the monotonic clock: nanoseconds since an arbitrary origin (CLOCK_MONOTONIC's), or since the
/// start of virtual time in the simulator.
package struct Instant: Hashable, Comparable, Sendable {
  package var nanoseconds: Int64

  package init(nanoseconds: Int64) { self.nanoseconds = nanoseconds }

  package static let zero = Instant(nanoseconds: 0)
  /// Later than every instant that can be reached.
  package static let distantFuture = Instant(nanoseconds: .max)

  package static func < (a: Instant, b: Instant) -> Bool { a.nanoseconds < b.nanoseconds }

  /// Saturating: never traps, whatever the operands.
  package static func + (a: Instant, b: Nanoseconds) -> Instant {
    Instant(nanoseconds: a.nanoseconds.addingSaturating(b.count))
  }
  package static func - (a: Instant, b: Nanoseconds) -> Instant {
    Instant(nanoseconds: a.nanoseconds.subtractingSaturating(b.count))
  }
  package static func - (a: Instant, b: Instant) -> Nanoseconds {
    Nanoseconds(a.nanoseconds.subtractingSaturating(b.nanoseconds))
  }
}

/// A length of time in whole nanoseconds; may be negative. All arithmetic saturates.
package struct Nanoseconds: Hashable, Comparable, Sendable {
  package var count: Int64

  package init(_ count: Int64) { self.count = count }

  package static let zero = Nanoseconds(0)
  package static func microseconds(_ n: Int64) -> Nanoseconds { Nanoseconds(n.multipliedSaturating(1_000)) }
  package static func milliseconds(_ n: Int64) -> Nanoseconds {
    Nanoseconds(n.multipliedSaturating(1_000_000))
  }
  package static func seconds(_ n: Int64) -> Nanoseconds {
    Nanoseconds(n.multipliedSaturating(1_000_000_000))
  }

  package static func < (a: Nanoseconds, b: Nanoseconds) -> Bool { a.count < b.count }
  package static func + (a: Nanoseconds, b: Nanoseconds) -> Nanoseconds {
    Nanoseconds(a.count.addingSaturating(b.count))
  }
  package static func - (a: Nanoseconds, b: Nanoseconds) -> Nanoseconds {
    Nanoseconds(a.count.subtractingSaturating(b.count))
  }
  package static func * (a: Nanoseconds, n: Int64) -> Nanoseconds {
    Nanoseconds(a.count.multipliedSaturating(n))
  }
}

extension Int64 {
  package func addingSaturating(_ other: Int64) -> Int64 {
    let (sum, overflow) = addingReportingOverflow(other)
    return overflow ? (other < 0 ? .min : .max) : sum
  }
  package func subtractingSaturating(_ other: Int64) -> Int64 {
    let (difference, overflow) = subtractingReportingOverflow(other)
    return overflow ? (other < 0 ? .max : .min) : difference
  }
  package func multipliedSaturating(_ other: Int64) -> Int64 {
    let (product, overflow) = multipliedReportingOverflow(by: other)
    return overflow ? ((self < 0) == (other < 0) ? .max : .min) : product
  }
}
