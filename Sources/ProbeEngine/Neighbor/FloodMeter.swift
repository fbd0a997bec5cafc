import Timing

/// Tells a flood of messages from messages: `rate` and more of them within a second begin one, a second with fewer ends
/// it. A flood is told once, with its count, when it ends; one that lasts is told each minute.
struct FloodMeter: Sendable {
  private static let second = Nanoseconds.seconds(1)
  private static let longest = Nanoseconds.seconds(60)
  private let rate: UInt64
  private var secondStartedAt: Instant?
  private var inSecond: UInt64 = 0
  /// Since the flood began, or was told.
  private var total: UInt64 = 0
  private var startedAt: Instant?
  /// The station of all its messages; nil: of several.
  private var link: LinkLayerAddress?

  init(rate: Int) { self.rate = UInt64(max(1, rate)) }

  var isFlooding: Bool { startedAt != nil }

  /// When `finding` is to be asked; nil: not before the next message.
  var dueAt: Instant? { isFlooding ? secondStartedAt.map { $0 + Self.second } : nil }

  /// One message, after `finding` was asked at the same time.
  mutating func count(from link: LinkLayerAddress?, at now: Instant) {
    if secondStartedAt == nil {
      secondStartedAt = now
      inSecond = 0
      if startedAt == nil { self.link = link }
    }
    inSecond += 1
    if self.link != link { self.link = nil }
    if startedAt != nil {
      total += 1
    } else if inSecond >= rate {
      startedAt = now
      total = inSecond
    }
  }

  /// Closes the second that has passed; the flood that ended with it, or has lasted for a minute. `isLast`: the run
  /// ends.
  mutating func finding(at now: Instant, isLast: Bool = false) -> Finding? {
    var hasEnded = isLast
    if let secondStartedAt, now - secondStartedAt >= Self.second {
      // Nothing was counted in any second after this one.
      hasEnded = hasEnded || inSecond < rate || now - secondStartedAt >= Self.second * 2
      // While a flood lasts the seconds follow each other, so that one in which nothing comes ends it.
      self.secondStartedAt = startedAt == nil || hasEnded ? nil : secondStartedAt + Self.second
      inSecond = 0
    }
    guard let startedAt, hasEnded || now - startedAt >= Self.longest else { return nil }
    guard total > 0 else {
      self.startedAt = nil
      return nil
    }
    var finding = Finding(.advertisementFlood, .problem, at: now)
    finding.link = link
    finding.expected = .number(rate)
    finding.found = .number(total)
    total = 0
    self.startedAt = hasEnded ? nil : now
    return finding
  }
}
