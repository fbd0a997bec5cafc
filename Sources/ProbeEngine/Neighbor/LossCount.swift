import Timing

/// Adds up what was not looked at, and tells it in one finding a second after the first of it and then one for each
/// pause: a flood of losses is no flood of lines.
struct LossCount: Sendable {
  private let pause: Nanoseconds
  private(set) var total: UInt64 = 0
  private var untold: UInt64 = 0
  private var untoldSince: Instant = .zero
  private var toldAt: Instant?

  init(pause: Nanoseconds) { self.pause = pause }

  mutating func add(_ count: UInt64 = 1, at now: Instant) {
    if untold == 0 { untoldSince = now }
    total = total.addingReportingOverflow(count).overflow ? .max : total + count
    untold = untold.addingReportingOverflow(count).overflow ? .max : untold + count
  }

  /// When there is something to tell; nil: nothing was lost since.
  var dueAt: Instant? {
    guard untold > 0 else { return nil }
    let soonest = untoldSince + .seconds(1)
    return toldAt.map { max($0 + pause, soonest) } ?? soonest
  }

  /// The finding that is due; `isLast` does not wait for the pause to end.
  mutating func finding(at now: Instant, isLast: Bool = false) -> Finding? {
    guard let dueAt, isLast || now >= dueAt else { return nil }
    var finding = Finding(.dropped, .notice, at: now)
    finding.found = .number(untold)
    untold = 0
    toldAt = now
    return finding
  }
}
