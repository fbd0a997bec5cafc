package import Timing

/// The line that tells how far a run is, rewritten in place on a terminal.
package struct SampleProgress: Sendable {
  /// What is known at one moment.
  package struct State: Sendable {
    /// Probes so far, and all that there will be; nil: not known.
    package var attempted: UInt64 = 0
    package var planned: UInt64?
    /// Probes with an outcome, and those answered in time.
    package var resolved: UInt64 = 0
    package var ok: UInt64 = 0
    /// Since the run's begin, and how long it may last; nil: until its counts are done.
    package var elapsed = Nanoseconds.zero
    package var duration: Nanoseconds?
    package init() {}
  }

  /// Columns of the terminal.
  package var width: Int
  /// What the line before was about, for the rate.
  private var before: (attempted: UInt64, elapsed: Nanoseconds) = (0, .zero)
  private var isShown = false

  package init(width: Int) { self.width = width }

  /// The line in place of the one before: percent done, probes, loss, rate, time left.
  package mutating func put(_ state: State, into out: inout [UInt8]) {
    var line: [UInt8] = []
    if let share = Self.share(of: state) {
      line.put(right: 3) { $0.put(decimal: UInt64(share * 100)) }
      line.put(" %  ")
    }
    line.put(decimal: state.attempted)
    if let planned = state.planned {
      line.put(" of ")
      line.put(decimal: planned)
    }
    line.put(" probes, loss ")
    if state.resolved > 0 {
      line.put(
        honestPercent: Double(state.resolved &- min(state.ok, state.resolved)) / Double(state.resolved))
    } else {
      line.put("-")
    }
    if let rate = rate(state) {
      line.put(", ")
      line.put(decimal: rate)
      line.put("/s")
    }
    if let left = Self.left(state) {
      line.put(", ")
      line.put(clock: left)
      line.put(" left")
    }
    before = (state.attempted, state.elapsed)
    isShown = true
    out.put("\r")
    // The last column stays free: some terminals wrap there.
    out.append(contentsOf: line.prefix(max(width - 1, 1)))
    out.put("\u{1b}[K")
  }

  /// Takes the line away; nothing where there is none.
  package mutating func erase(into out: inout [UInt8]) {
    guard isShown else { return }
    isShown = false
    out.put("\r\u{1b}[K")
  }

  // MARK: - Parts

  /// Done of one: what is further, time or probes, for the run ends with the first of them.
  private static func share(of state: State) -> Double? {
    var share: Double?
    if let duration = state.duration, duration.count > 0 {
      share = Double(state.elapsed.count) / Double(duration.count)
    }
    if let planned = state.planned, planned > 0 {
      share = max(share ?? 0, Double(state.attempted) / Double(planned))
    }
    return share.map { min(max($0, 0), 1) }
  }

  /// The smaller of what time and probes say.
  private static func left(_ state: State) -> Nanoseconds? {
    var left: Nanoseconds?
    if let duration = state.duration { left = max(duration - state.elapsed, .zero) }
    if let planned = state.planned, state.attempted > 0 {
      let each = Double(max(state.elapsed.count, 0)) / Double(state.attempted)
      let rest = each * Double(planned - min(state.attempted, planned))
      let byCount = Nanoseconds(rest < 9e18 ? Int64(rest) : .max)
      left = left.map { min($0, byCount) } ?? byCount
    }
    return left
  }

  /// Probes a second since the line before.
  private func rate(_ state: State) -> UInt64? {
    let passed = (state.elapsed - before.elapsed).count
    guard passed > 0, state.attempted >= before.attempted else { return nil }
    let rate = Double(state.attempted - before.attempted) * 1e9 / Double(passed)
    return rate < 1e18 ? UInt64(rate.rounded()) : nil
  }
}

extension [UInt8] {
  /// `42 s`, `2 min 05 s`, `3 h 04 min`; parts of a second count as one.
  mutating func put(clock time: Nanoseconds) {
    let whole = UInt64(Swift.max(time.count, 0))
    let seconds = whole / 1_000_000_000 + (whole % 1_000_000_000 > 0 ? 1 : 0)
    switch seconds {
    case ..<60:
      put(decimal: seconds)
      put(" s")
    case ..<3_600:
      put(decimal: seconds / 60)
      put(" min ")
      put(decimal: seconds % 60, width: 2)
      put(" s")
    default:
      put(decimal: seconds / 3_600)
      put(" h ")
      put(decimal: seconds % 3_600 / 60, width: 2)
      put(" min")
    }
  }
}
