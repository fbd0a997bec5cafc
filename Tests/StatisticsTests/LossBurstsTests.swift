import Testing

@testable import Statistics

@Suite struct LossBurstsTests {
  /// `+` received, `-` lost, `x` excluded, told in order.
  private func bursts(_ outcomes: String, firstSequence: UInt64 = 0) -> LossBursts {
    var bursts = LossBursts(firstSequence: firstSequence)
    for (index, outcome) in outcomes.enumerated() {
      bursts.resolve(
        firstSequence + UInt64(index), outcome == "+" ? .received : outcome == "-" ? .lost : .excluded)
    }
    return bursts
  }

  /// r = next(g); bad = r % 4 != 0 if bad else r % 20 == 0
  private static let gilbert: [Bool] = {
    var numbers = Congruential(state: 5)
    var isLost = false
    return (0..<10_000).map { _ in
      let r = numbers.next()
      isLost = isLost ? r % 4 != 0 : r % 20 == 0
      return isLost
    }
  }()

  // Python: runs = [len(list(x)) for k, x in itertools.groupby(lost) if k];
  // sum(runs), len(runs), max(runs), sum(runs) / len(runs)
  private func expectGilbert(_ bursts: LossBursts) {
    #expect(bursts.counted == 10_000 && bursts.lost == 1_662)
    #expect(bursts.bursts == 400 && bursts.longest == 27 && bursts.meanLength == 4.155)
    #expect(bursts.current == 0 && bursts.abandoned == 0 && bursts.firstOpen == 10_000)
  }

  @Test func `runs of a bursty link are those of itertools' groupby`() {
    var bursts = LossBursts()
    for (sequence, isLost) in Self.gilbert.enumerated() {
      bursts.resolve(UInt64(sequence), isLost ? .lost : .received)
    }
    expectGilbert(bursts)
  }

  @Test(arguments: [3, 17, 1_000, 10_000])
  func `the order in which outcomes are told does not matter`(distance: Int) {
    var numbers = Congruential(state: 9)
    var order = (0..<10_000).map { (key: Int64($0) + numbers.next() % Int64(distance), sequence: $0) }
    order.sort { ($0.key, $0.sequence) < ($1.key, $1.sequence) }
    #expect(order.map(\.sequence) != Array(0..<10_000))
    var bursts = LossBursts()
    for (_, sequence) in order {
      bursts.resolve(UInt64(sequence), Self.gilbert[sequence] ? .lost : .received)
    }
    expectGilbert(bursts)
  }

  @Test func `replies come at once and losses at their time-out`() {
    var bursts = LossBursts(firstSequence: 1)
    for sequence in 1...1_000 as ClosedRange<UInt64> {
      if sequence % 10 != 0 { bursts.resolve(sequence, .received) }
      if sequence > 100, (sequence - 100) % 10 == 0 { bursts.resolve(sequence - 100, .lost) }
    }
    #expect(bursts.firstOpen == 910 && bursts.lost == 90 && bursts.bursts == 90 && bursts.longest == 1)
    bursts.finish()
    // 910, 920 … 990 never resolved; 1000 is behind the last that is known.
    #expect(bursts.firstOpen == 1_000 && bursts.lost == 90 && bursts.counted == 90 + 900)
  }

  @Test(
    arguments: [
      ("", 0, 0, 0, 0), ("++", 0, 0, 0, 0), ("-", 1, 1, 1, 1), ("+-+", 1, 1, 1, 0), ("--+---", 5, 2, 3, 3),
      // A probe that never left does not part a burst, nor does it lengthen one.
      ("-x-", 2, 1, 2, 2), ("-x", 1, 1, 1, 1), ("x", 0, 0, 0, 0), ("-x+-", 2, 2, 1, 1),
    ] as [(String, UInt64, UInt64, UInt64, UInt64)])
  func `bursts of short runs`(outcomes: String, lost: UInt64, count: UInt64, longest: UInt64, current: UInt64)
  {
    let bursts = bursts(outcomes)
    #expect(bursts.lost == lost && bursts.bursts == count)
    #expect(bursts.longest == longest && bursts.current == current)
    #expect((bursts.meanLength == nil) == (count == 0))
  }

  @Test func `an outcome told twice is the first one`() {
    var bursts = LossBursts()
    bursts.resolve(1, .lost)
    bursts.resolve(1, .received)
    bursts.resolve(0, .lost)
    bursts.resolve(0, .received)
    #expect(bursts.lost == 2 && bursts.longest == 2 && bursts.firstOpen == 2)
  }

  @Test func `with a full window the oldest open sequences are given up`() {
    var bursts = LossBursts()
    let limit = UInt64(LossBursts.windowLimit)
    bursts.resolve(1, .lost)
    bursts.resolve(limit - 1, .received)
    #expect(bursts.firstOpen == 0 && bursts.abandoned == 0)
    bursts.resolve(limit, .lost)
    // Sequence 0 was given up; 1 is taken.
    #expect(bursts.abandoned == 1 && bursts.firstOpen == 2 && bursts.lost == 1)
    bursts.resolve(0, .lost)
    #expect(bursts.lost == 1)
  }

  @Test func `a jump to the end of the range is soon done and does not trap`() {
    var bursts = bursts("--", firstSequence: 5)
    bursts.resolve(.max, .lost)
    bursts.resolve(9, .lost)
    #expect(bursts.lost == 2)
    bursts.resolve(.max - 1, .lost)
    bursts.finish()
    #expect(bursts.lost == 4 && bursts.longest == 4)
    #expect(bursts.abandoned == UInt64.max - UInt64(LossBursts.windowLimit - 1) - 7)
  }
}
