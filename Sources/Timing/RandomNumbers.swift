/// A seeded generator of random numbers: the same seed gives the same numbers on every machine.
///
/// xoshiro256** 1.0 (Blackman and Vigna, 2018) whose four words of state are filled by SplitMix64. It is
/// small, fast and reproducible; it is not for secrets: whoever sees its output can continue it.
package struct RandomNumbers: RandomNumberGenerator, Hashable, Sendable {
  private var s0, s1, s2, s3: UInt64

  package init(seed: UInt64) {
    var words = SplitMix64(state: seed)
    self.init(words: (words.next(), words.next(), words.next(), words.next()))
  }

  /// Starts from a state instead of a seed. All four words zero would give zeros for ever, so that state is
  /// replaced by the one of seed 0.
  init(state: (UInt64, UInt64, UInt64, UInt64)) {
    if state == (0, 0, 0, 0) {
      self.init(seed: 0)
    } else {
      self.init(words: state)
    }
  }

  private init(words: (UInt64, UInt64, UInt64, UInt64)) {
    (s0, s1, s2, s3) = words
  }

  package mutating func next() -> UInt64 {
    let result = (s1 &* 5).rotatedLeft(7) &* 9
    let t = s1 << 17
    s2 ^= s0
    s3 ^= s1
    s1 ^= s2
    s0 ^= s3
    s2 ^= t
    s3 = s3.rotatedLeft(45)
    return result
  }

  /// A number in (0, 1]: one of the 2^53 multiples of 2^-53 with equal chance, never 0.
  package mutating func nextUnit() -> Double {
    Double((next() >> 11) + 1) * 0x1p-53
  }

  /// A length of time of the exponential distribution with this mean, rounded to the nearest nanosecond.
  ///
  /// Inverse transform, -mean × ln(u). 53 bits of u bound it to 36.8 means; a longer gap would come once in
  /// 9 × 10^15 draws. A mean of zero or less gives zero; the result saturates at `Int64.max`.
  package mutating func nextExponential(mean: Nanoseconds) -> Nanoseconds {
    let unit = nextUnit()
    guard mean.count > 0 else { return .zero }
    // Adding a half and cutting rounds without libm, which `rounded()` would call.
    let gap = -naturalLogarithm(unit) * Double(mean.count) + 0.5
    return Nanoseconds(gap < 0x1p63 ? Int64(gap) : .max)
  }
}

/// The generator that xoshiro's authors give for filling its state (Steele, Lea and Flood, 2014).
struct SplitMix64 {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var z = state
    z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
    z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
    return z ^ (z >> 31)
  }
}

/// The natural logarithm of a positive finite number, to within 4 units in the last place.
///
/// The standard library has none without libm, and libm's differ in the last digit, which would make a seeded
/// schedule depend on the machine. Only IEEE additions, multiplications and divisions are used, so the result
/// is the same everywhere. x = m × 2^e with m in [√½, √2); ln m = 2 artanh((m - 1) / (m + 1)) as a series.
package func naturalLogarithm(_ x: Double) -> Double {
  var m = x.significand
  var e = Double(x.exponent)
  if m > 1.414_213_562_373_095_1 {
    m /= 2
    e += 1
  }
  let s = (m - 1) / (m + 1)
  let square = s * s
  // |s| ≤ 0.1716, so the first omitted term, s^24/25, is below 2^-65 of the sum.
  var series = 1.0 / 23
  series = series * square + 1.0 / 21
  series = series * square + 1.0 / 19
  series = series * square + 1.0 / 17
  series = series * square + 1.0 / 15
  series = series * square + 1.0 / 13
  series = series * square + 1.0 / 11
  series = series * square + 1.0 / 9
  series = series * square + 1.0 / 7
  series = series * square + 1.0 / 5
  series = series * square + 1.0 / 3
  series = series * square + 1.0
  // ln 2 in two parts, the first with 21 trailing zero bits, so that e × high is exact.
  let high = 0x1.62e42feep-1
  let low = 0x1.a39ef35793c76p-33
  return e * high + (2 * s * series + e * low)
}

extension UInt64 {
  fileprivate func rotatedLeft(_ n: UInt64) -> UInt64 { (self << n) | (self >> (64 - n)) }
}
