package import ProbeEngine
package import Statistics
import Timing

/// What is known of one hop that is asked again and again. Counts saturate; the times of late answers count among
/// the others.
package struct HopStatistics: Sendable {
  /// Addresses that are remembered; a hop that shows more is spread beyond what a screen can tell.
  package static let addressLimit = 64

  /// Who answered, in the order of first sight, with the number of answers.
  package private(set) var addresses: [(address: TraceAddress, answers: UInt64)] = []
  /// Verdicts: in time, after the wait, none, never left. A probe in flight is none of them.
  package private(set) var replied: UInt64 = 0
  package private(set) var late: UInt64 = 0
  package private(set) var lost: UInt64 = 0
  package private(set) var sendFailed: UInt64 = 0
  /// In nanoseconds.
  package private(set) var last: Int64?
  package private(set) var times = Moments()
  package private(set) var histogram = Histogram()
  package private(set) var jitter = Jitter()
  /// The target itself answered here.
  package private(set) var isArrival = false
  /// Losses since the last answer.
  package private(set) var lostInRow: UInt64 = 0
  /// Label stack of the last answer (RFC 4950).
  package private(set) var extensions: [TraceExtension] = []
  package private(set) var lastAnswer: TraceAnswer?

  package init() {}

  /// Probes with a verdict that left.
  package var sent: UInt64 { Self.sum(Self.sum(replied, late), lost) }
  package var answered: UInt64 { Self.sum(replied, late) }

  package mutating func record(_ reply: TraceReply, isLate: Bool) {
    if isLate {
      late = Self.sum(late, 1)
      // Its verdict was lost, unless the figures were reset since.
      if lost > 0 { lost -= 1 }
    } else {
      replied = Self.sum(replied, 1)
    }
    lostInRow = 0
    let address = TraceAddress(reply.address, zone: reply.zone)
    if let index = addresses.firstIndex(where: { $0.address == address }) {
      addresses[index].answers = Self.sum(addresses[index].answers, 1)
    } else if addresses.count < Self.addressLimit {
      addresses.append((address, 1))
    }
    extensions = reply.extensions
    lastAnswer = reply.answer
    if reply.answer.isArrival { isArrival = true }
    guard let roundTrip = reply.roundTrip?.count else { return }
    last = roundTrip
    times.record(roundTrip)
    histogram.record(roundTrip)
    jitter.record(roundTrip)
  }

  package mutating func recordLoss() {
    lost = Self.sum(lost, 1)
    lostInRow = Self.sum(lostInRow, 1)
  }

  package mutating func recordSendFailure() { sendFailed = Self.sum(sendFailed, 1) }

  /// Forgets the figures and keeps who answers here.
  package mutating func reset() {
    var fresh = HopStatistics()
    fresh.addresses = addresses.map { ($0.address, 0) }
    fresh.isArrival = isArrival
    fresh.extensions = extensions
    fresh.lastAnswer = lastAnswer
    self = fresh
  }

  /// The standard deviation of a sample (divided by n - 1), as mtr prints it; 0 for one value.
  package var sampleDeviation: Int64? {
    guard let deviation = times.deviation else { return nil }
    guard times.count > 1 else { return 0 }
    let count = Double(times.count)
    return Int64(clamping: Int128(Double(deviation) * (count / (count - 1)).squareRoot()))
  }

  private static func sum(_ a: UInt64, _ b: UInt64) -> UInt64 {
    let (sum, overflow) = a.addingReportingOverflow(b)
    return overflow ? .max : sum
  }
}
