import Testing
import Timing

@testable import ProbeEngine

extension SendTable {
  /// Claims the next number at that instant, its sequence one above it.
  @discardableResult
  mutating func claim(at now: Instant = .zero) -> UInt64 {
    claim(target: 0, sequence: next + 1, scheduledAt: now, now: now, stamp: 0, isStamped: true)
  }
}

@Suite struct SendTableTests {
  private let capacity: UInt64 = 1 << 20

  @Test func `numbers are claimed one after the other and each finds its own slot`() {
    var table = SendTable()
    for expected in 0..<1_000 as Range<UInt64> { #expect(table.claim() == expected) }
    #expect(table.next == 1_000)
    for probe in 0..<1_000 as Range<UInt64> {
      #expect(table[probe]?.probe == probe && table[probe]?.sequence == probe + 1)
      #expect(table[probe]?.state == .inFlight)
    }
    #expect(table[1_000] == nil)
    #expect(table[.max] == nil)
  }

  @Test func `a slot older than ten seconds with its verdict makes room, a younger one is kept`() {
    var table = SendTable()
    for i in 0..<64 as Range<UInt64> {
      table.setState(.replied, of: table.claim(at: Instant(nanoseconds: Int64(i))))
    }
    table.claim(at: .zero + .seconds(11))
    #expect(table[0] == nil && table[64] != nil)

    var young = SendTable()
    for _ in 0..<64 { young.setState(.replied, of: young.claim()) }
    young.claim(at: .zero + .seconds(9))
    #expect(young[0]?.state == .replied && young[64] != nil)
  }

  @Test func `a probe in flight is never pushed out while there is room to grow, however old`() {
    var table = SendTable()
    table.claim()
    for i in 1..<10_000 as Range<Int64> {
      table.setState(.replied, of: table.claim(at: .zero + .seconds(60 * i)))
    }
    #expect(table[0]?.state == .inFlight)
    #expect(table.displacedByNextClaim == nil)
  }

  @Test func `a full table names the probe in flight that the next claim pushes out`() {
    var table = SendTable()
    for _ in 0..<capacity {
      #expect(table.displacedByNextClaim == nil)
      table.claim()
    }
    #expect(table.displacedByNextClaim == 0)
    table.setState(.lost, of: 0)
    #expect(table.displacedByNextClaim == nil)
    #expect(table.nextResolved()?.probe == 0)
    #expect(table.claim() == capacity)
    #expect(table[0] == nil && table[1]?.state == .inFlight && table[capacity]?.state == .inFlight)
    #expect(table.displacedByNextClaim == 1)
  }

  @Test func `verdicts are told in the order of sending, each once`() {
    var table = SendTable()
    for _ in 0..<5 { table.claim() }
    table.setState(.replied, of: 2)
    table.setState(.lost, of: 1)
    #expect(table.nextResolved() == nil)
    table.setState(.icmpError, of: 0)
    #expect([0, 1, 2].allSatisfy { table.nextResolved()?.probe == $0 })
    #expect(table.nextResolved() == nil && table.firstUnresolved == 3)
    table.setState(.late, of: 1)
    #expect(table.nextResolved() == nil)
    table.setState(.sendFailed, of: 3)
    table.setState(.corrupted, of: 4)
    #expect(table.nextResolved()?.state == .sendFailed)
    #expect(table.nextResolved()?.state == .corrupted)
    #expect(table.nextResolved() == nil && table.firstUnresolved == table.next)
  }

  @Test func `what is said of a probe whose slot is gone changes nothing`() {
    var table = SendTable()
    for _ in 0..<64 { table.setState(.replied, of: table.claim()) }
    table.claim(at: .zero + .seconds(20))
    table.setState(.lost, of: 0)
    table.setTransmitted(Instant(nanoseconds: 5), of: 0)
    table.setReplier(9, of: 0)
    #expect(table[64]?.state == .inFlight && table[64]?.transmittedAt == nil && table[64]?.replier == 0)
    table.setTransmitted(Instant(nanoseconds: 5), of: 100_000)
    #expect(table[100_000] == nil)
  }

  @Test(arguments: [8, 16, 32] as [UInt64]) func `low bits name the youngest probe that ends in them`(
    bits: UInt64
  ) {
    var table = SendTable()
    #expect(table.youngest(endingIn: 0, bits: bits) == nil)
    let count: UInt64 = 70_000
    for i in 0..<count { table.setState(.replied, of: table.claim(at: .zero + .seconds(Int64(i)))) }
    let modulus: UInt64 = 1 << bits
    for low in [0, 1, 255, 256, 4_463, 4_464, 65_535, 69_999, 70_000, .max] as [UInt64] {
      let last = stride(from: count - 1, through: 0, by: -1).first { $0 % modulus == low % modulus }
      #expect(table.youngest(endingIn: low, bits: bits) == last)
    }
  }
}
