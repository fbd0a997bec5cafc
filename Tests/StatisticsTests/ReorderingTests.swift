import Testing

@testable import Statistics

@Suite struct ReorderingTests {
  private func reordering(_ sequences: [UInt64]) -> Reordering {
    var reordering = Reordering()
    for sequence in sequences { reordering.record(sequence) }
    return reordering
  }

  /// The definitions of RFC 4737 §3.3 and §4.2, word for word and without economy.
  private func extents(_ sequences: [UInt64]) -> [UInt64] {
    sequences.indices.compactMap { i in
      sequences[..<i].firstIndex { $0 > sequences[i] }.map { UInt64(i - $0) }
    }
  }

  private func expectDefinition(_ sequences: [UInt64], _ comment: Comment? = nil) {
    let measured = reordering(sequences)
    let expected = extents(sequences)
    #expect(measured.received == UInt64(sequences.count), comment)
    #expect(measured.reordered == UInt64(expected.count), comment)
    #expect(measured.cutExtents == 0, comment)
    #expect(measured.maximumExtent == expected.max() ?? 0, comment)
    let mean = expected.isEmpty ? nil : Double(expected.reduce(0, +)) / Double(expected.count)
    #expect(measured.meanExtent == mean, comment)
  }

  @Test func `three packets that seven to ten overtook have extents of 4, 5 and 6`() {
    var reordering = Reordering()
    let isReordered = [1, 2, 3, 7, 8, 9, 10, 4, 5, 6, 11].map { reordering.record($0) }
    #expect(isReordered == [false, false, false, false, false, false, false, true, true, true, false])
    #expect(reordering.ratio == 3.0 / 11 && reordering.maximumExtent == 6 && reordering.meanExtent == 5)
  }

  @Test func `losses are not reordering`() {
    let lossy = reordering([1, 2, 5, 9, 10, 1_000])
    #expect(lossy.reordered == 0 && lossy.ratio == 0 && lossy.meanExtent == nil && lossy.maximumExtent == 0)
    #expect(Reordering().ratio == nil)
  }

  @Test func `every order of six packets is as defined`() {
    func permutations(_ rest: [UInt64]) -> [[UInt64]] {
      rest.isEmpty
        ? [[]]
        : rest.indices.flatMap { index in
          var others = rest
          let first = others.remove(at: index)
          return permutations(others).map { [first] + $0 }
        }
    }
    let all = permutations([1, 2, 3, 4, 5, 6])
    #expect(all.count == 720)
    for order in all { expectDefinition(order, "\(order)") }
  }

  // Python: d = [next(g) for _ in range(3000)] with g = lcg(6);
  // delay = [(40_000 if x % 11 == 0 else 0) + (x % 3000 if x % 7 == 0 else 0) for x in d];
  // order = sorted(range(3000), key=lambda s: (s * 1000 + delay[s], s)); then the definition by two loops:
  // len(extents), max(extents), sum(extents) / len(extents)
  @Test func `a path with two delays is Python's`() {
    var numbers = Congruential(state: 6)
    let arrivals = (0..<3_000).map { sequence in
      let x = numbers.next()
      let delay: Int64 = (x % 11 == 0 ? 40_000 : 0) + (x % 7 == 0 ? x % 3_000 : 0)
      return (at: Int64(sequence) * 1_000 + delay, sequence: UInt64(sequence))
    }
    let order = arrivals.sorted { ($0.at, $0.sequence) < ($1.at, $1.sequence) }.map(\.sequence)
    let measured = reordering(order)
    #expect(measured.reordered == 545 && measured.maximumExtent == 46)
    #expect(measured.meanExtent == 21.71926605504587 && measured.cutExtents == 0)
    expectDefinition(order)
  }

  @Test func `an extent that reaches past what is remembered is cut and counted`() {
    // Every second packet is lost, so each arrival is a run of its own.
    var sequences = (1...100).map { UInt64($0) * 2 }
    sequences.append(3)
    let measured = reordering(sequences)
    #expect(extents(sequences) == [99])
    #expect(measured.reordered == 1 && measured.cutExtents == 1)
    #expect(measured.maximumExtent == UInt64(Reordering.runLimit))
    // One that lies within is exact.
    sequences[100] = 191
    #expect(extents(sequences) == [5])
    expectDefinition(sequences)
  }

  @Test func `a duplicate of the newest packet is not reordering`() {
    #expect(reordering([1, 2, 2, 3]).reordered == 0)
  }

  @Test func `sequences at the end of the range do not trap`() {
    expectDefinition([.max, 0, .max - 1, 1])
    expectDefinition([0, .max - 1, .max, 5])
  }
}
