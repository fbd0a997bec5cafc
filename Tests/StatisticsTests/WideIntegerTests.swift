import Testing

@testable import Statistics

@Suite struct WideIntegerTests {
  // Python: math.isqrt(n)
  @Test(
    arguments: [
      (0, 0), (1, 1), (2, 1), (3, 1), (4, 2), (24, 4), (25, 5), (26, 5), (999_999_999_999, 999_999),
      (1 << 126, 1 << 63), ((1 << 126) - 1, (1 << 63) - 1), (UInt128.max, UInt64.max),
      (UInt128(UInt64.max) * UInt128(UInt64.max), .max),
      (UInt128(UInt64.max) * UInt128(UInt64.max) - 1, .max - 1),
      (123_456_789_012_345_678_901_234_567_890, 351_364_182_882_014),
    ] as [(UInt128, UInt64)])
  func `the root is the largest integer whose square fits`(square: UInt128, root: UInt64) {
    #expect(square.squareRoot == root)
  }

  @Test func `every root up to a million is right beside its square`() {
    for root in 1..<1_000_000 as Range<UInt128>
    where (root * root).squareRoot != UInt64(root)
      || (root * root - 1).squareRoot != UInt64(root) - 1
    {
      Issue.record("root of \(root)²")
      return
    }
  }

  @Test func `multiplying and dividing 256 bits undo each other`() {
    let factors: [UInt64] = [1, 2, 3, 10, 0xffff_ffff, 1 << 32, 1 << 63, .max]
    var numbers = Congruential(state: 77)
    for _ in 0..<1_000 {
      // Below 2^192, so that no product leaves the range.
      let high = UInt128(UInt64(numbers.next()) << 33 | UInt64(numbers.next()))
      let value = UInt256(high: high, low: UInt128.max - UInt128(UInt64(numbers.next())))
      for factor in factors {
        #expect(value.multiplied(by: factor).quotient(by: factor) == value)
        // The largest remainder changes nothing.
        var sum = value.multiplied(by: factor)
        sum += UInt256(UInt128(factor - 1))
        #expect(sum.quotient(by: factor) == value)
      }
    }
  }

  // Python: divmod((0x0123456789abcdef << 192) + 0xfedcba9876543210, 0x89abcdef01234567)
  @Test func `a long division is Python's`() {
    let value = UInt256(high: UInt128(0x0123_4567_89ab_cdef) << 64, low: 0xfedc_ba98_7654_3210)
    let quotient = value.quotient(by: 0x89ab_cdef_0123_4567)
    #expect(quotient == UInt256(high: 0x21d_9ead_8105_db84, low: 0xb3bf_73ef_f45b_841f_0ee7_3868_cc19_70d7))
  }

  @Test func `differences below zero are zero and borrows carry over`() {
    let one = UInt256(1)
    #expect(UInt256.zero.subtractingToZero(one) == .zero)
    #expect(UInt256(high: 1, low: 0).subtractingToZero(one) == UInt256(high: 0, low: .max))
    #expect(UInt256(high: 1, low: 0).subtractingToZero(UInt256(high: 1, low: 1)) == .zero)
    #expect(UInt256(high: .max, low: .max).subtractingToZero(UInt256(high: .max, low: 0)) == UInt256(.max))
  }

  @Test func `a division by zero is zero`() {
    #expect(UInt256(high: 5, low: 5).quotient(by: 0) == .zero)
  }

  @Test func `separation is the distance of wider integers`() {
    for a in extremes {
      for b in extremes {
        #expect(UInt128(a.separation(from: b)) == (Int128(a) - Int128(b)).magnitude)
      }
    }
  }
}
