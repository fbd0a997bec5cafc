import Timing
import Wire

/// Lets a finding through so many times a minute. What makes two of them the same is kind, address, field, prefix and
/// rule, so that one change does not hide another.
struct RepeatLimit: Sendable {
  enum Verdict { case tell, repeated, noRoom }

  private struct Key: Hashable {
    var kind: Finding.Kind
    var address: IPv6Address?
    var field: Finding.Field?
    var prefix: IPv6Address?
    var prefixLength: UInt8?
    var rule: NeighborRule?
  }
  private struct Minute {
    var startedAt: Instant
    var told: Int
  }

  static let minute = Nanoseconds.seconds(60)
  private let repeats: Int
  private let maximum: Int
  private var minutes: [Key: Minute] = [:]
  private var sweptAt: Instant?

  /// `maximum`: different findings in one minute; there is no room for further ones.
  init(repeats: Int, maximum: Int) {
    self.repeats = max(1, repeats)
    self.maximum = max(1, maximum)
  }

  /// How many are remembered, `maximum` at most.
  var count: Int { minutes.count }

  mutating func judge(_ finding: Finding, at now: Instant) -> Verdict {
    let key = Key(
      kind: finding.kind, address: finding.address, field: finding.field, prefix: finding.prefix,
      prefixLength: finding.prefixLength, rule: finding.rule?.rule)
    if let minute = minutes[key], now - minute.startedAt < Self.minute {
      guard minute.told < repeats else { return .repeated }
      minutes[key]?.told += 1
      return .tell
    }
    if minutes[key] == nil, minutes.count >= maximum { sweep(at: now) }
    guard minutes[key] != nil || minutes.count < maximum else { return .noRoom }
    minutes[key] = Minute(startedAt: now, told: 1)
    return .tell
  }

  /// Forgets what is older than a minute; looks through them once a second at most.
  private mutating func sweep(at now: Instant) {
    if let sweptAt, now - sweptAt < .seconds(1) { return }
    sweptAt = now
    minutes = minutes.filter { now - $0.value.startedAt < Self.minute }
  }
}
