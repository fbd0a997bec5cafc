@testable import Statistics

/// Made-up values that a line of Python repeats, so that other software can be the oracle:
///
///     def lcg(x):
///       while True:
///         x = (x * 6364136223846793005 + 1442695040888963407) % 2**64
///         yield x >> 33
struct Congruential {
  var state: UInt64
  mutating func next() -> Int64 {
    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    return Int64(state >> 33)
  }
}

/// 20 000 values of one kind; the generator's seed is the raw value and each value comes from one number r.
enum Series: UInt64, CaseIterable, Sendable {
  /// 100_000 + r % 1_000_000
  case uniform = 1
  /// ((r & 0xffff) | 0x8000) << ((r >> 16) & 15): sixteen octaves
  case octaves = 2
  /// 10_000_000_000 + r % 1_000_000 if r % 10 == 0 else 30_000 + r % 5_000
  case twoHumps = 3
  /// r % 300
  case tiny = 4

  func values(_ count: Int = 20_000) -> [Int64] {
    var numbers = Congruential(state: rawValue)
    return (0..<count).map { _ in
      let r = numbers.next()
      return switch self {
      case .uniform: 100_000 + r % 1_000_000
      case .octaves: ((r & 0xffff) | 0x8000) << ((r >> 16) & 15)
      case .twoHumps: r % 10 == 0 ? 10_000_000_000 + r % 1_000_000 : 30_000 + r % 5_000
      case .tiny: r % 300
      }
    }
  }
}

/// Values at which integers break.
let extremes: [Int64] = [.min, .min + 1, -1, 0, 1, 127, 128, 255, 256, 257, .max - 1, .max]
