/// The search for the longest packet that passes a place where longer ones vanish without a word.
///
/// Works in batches of up to three sizes. That a size passes is certain; that it does not is only likely, because
/// any packet may be lost, so that an answer above corrects what was concluded from losses.
struct MTUSearch: Sendable {
  /// Sizes of IPv6 links that are met often: Ethernet with jumbo frames, PPPoE, tunnels, the minimum link MTU
  /// (RFC 8200 §5).
  static let commonSizes = [
    1280, 1300, 1320, 1340, 1360, 1380, 1400, 1412, 1420, 1428, 1440, 1450, 1452, 1460, 1472, 1480, 1492,
    1500,
    1508, 1550, 1600, 2000, 4352, 4470, 8950, 8972, 9000, 9100, 9180, 9216,
  ]
  /// Losses of one size, none answered, that rule it out where one packet in ten is lost (1 in 1,000).
  static let tries = 3

  /// The longest that is known to pass.
  private(set) var low: Int
  /// The shortest that is known not to pass.
  let high: Int
  /// The shortest that was lost since the last correction.
  private var suspect: Int
  /// Losses by size.
  private var losses: [Int: Int] = [:]

  init(passes low: Int, fails high: Int) {
    self.low = low
    self.high = max(high, low + 1)
    suspect = self.high
  }

  /// Nothing fits between what passes and what does not.
  var isDone: Bool {
    suspect == low + 1 && (suspect == high || losses[suspect, default: 0] >= Self.tries)
  }

  mutating func noteAnswer(_ size: Int) {
    low = max(low, min(size, high - 1))
    if suspect <= low {
      // The loss that was taken for the limit was a loss like any other.
      suspect = losses.keys.filter { $0 > low }.min() ?? high
      suspect = min(suspect, high)
    }
  }

  mutating func noteLoss(_ size: Int) {
    losses[size, default: 0] += 1
    if size > low { suspect = min(suspect, size) }
  }

  /// What to ask next, all at once; ask again when each has its verdict.
  var batch: [Int] {
    if isDone { return [] }
    if suspect == low + 1 {
      return Array(repeating: suspect, count: Self.tries - min(losses[suspect, default: 0], Self.tries - 1))
    }
    let common = Self.commonSizes.filter { $0 > low && $0 < suspect }
    if common.count <= 3, !common.isEmpty { return common }
    if !common.isEmpty { return (1...3).map { common[common.count * $0 / 4] } }
    // Most often the limit is the common size itself, so that one octet more settles it.
    let room = suspect - low
    var sizes = [low + 1]
    for part in 1...2 where !sizes.contains(low + room * part / 3) { sizes.append(low + room * part / 3) }
    return sizes.filter { $0 > low && $0 < suspect }
  }
}
