import Testing
import Timing
import Wire

@testable import ProbeEngine

extension TraceTable {
  /// Claims the next number at that instant.
  @discardableResult
  fileprivate mutating func claim(hop: UInt8 = 1, port: UInt16 = 1, at now: Instant = .zero) -> UInt64 {
    let ordered = TraceProbe(
      target: 0, hopLimit: hop, query: 0, flow: TraceFlow(sourcePort: 7, destinationPort: 9),
      packetLength: 80)
    var sent = ordered
    sent.flow.destinationPort = port
    sent.packetLength = 81
    return claim(ordered: ordered, sent: sent, at: now)
  }

  fileprivate var inFlightNumbers: [UInt64] {
    var all: [UInt64] = []
    var slot = oldest
    while let candidate = slot {
      all.append(candidate.number)
      slot = younger(than: candidate)
    }
    return all
  }
}

@Suite struct TraceTableTests {
  private let targets = [TraceTarget(address: target)]

  @Test func `a probe is kept both as it was ordered and as it was sent`() {
    var table = TraceTable(targets: targets)
    let number = table.claim(hop: 5, port: 33_440)
    #expect(table[number]?.ordered.flow.destinationPort == 9 && table[number]?.ordered.packetLength == 80)
    #expect(table[probe: number]?.flow.destinationPort == 33_440 && table[probe: number]?.packetLength == 81)
    #expect(table[probe: number]?.hopLimit == 5 && table[probe: number]?.flow.sourcePort == 7)
    #expect(table[probe: number].map(table.target(of:))?.address == target)
    #expect(table[number + 1] == nil)
  }

  @Test func `probes in flight stand in order of sending, whichever leave`() {
    var table = TraceTable(targets: targets)
    for _ in 0..<1_000 { table.claim() }
    var random = RandomNumbers(seed: 8)
    var left = Array(0..<1_000 as Range<UInt64>)
    while !left.isEmpty {
      let number = left.remove(at: Int.random(in: left.indices, using: &random))
      table.setState(
        [.replied, .lost, .sendFailed, .abandoned].randomElement(using: &random) ?? .lost, of: number)
      #expect(table.inFlight == left.count)
      if left.count % 97 == 0 { #expect(table.inFlightNumbers == left) }
    }
    #expect(table.oldest == nil)
    #expect(table.claim() == 1_000 && table.inFlightNumbers == [1_000])
  }

  @Test func `ninety thousand probes all find their slots, and an answer a minute later does`() {
    var table = TraceTable(targets: targets)
    for i in 0..<90_000 as Range<Int64> {
      table.setState(.lost, of: table.claim(at: .zero + .milliseconds(i / 2)))
    }
    #expect((0..<90_000 as Range<UInt64>).allSatisfy { table[$0]?.number == $0 })
    table.setState(.late, of: 3)
    #expect(table[3]?.state == .late && table.inFlight == 0)
  }

  @Test func `a table that runs for days stays small`() {
    var table = TraceTable(targets: targets)
    for i in 0..<200_000 as Range<Int64> {
      table.setState(.replied, of: table.claim(at: .zero + .seconds(i)))
    }
    // One a second: what is older than a minute makes room, so 128 slots do.
    #expect(table[199_999] != nil && table[199_999 - 127] != nil && table[199_999 - 128] == nil)
  }

  @Test func `what is not in flight is not pushed out of turn, and what is names itself first`() {
    var table = TraceTable(targets: targets)
    for _ in 0..<131_072 {
      #expect(table.displacedByNextClaim == nil)
      table.claim()
    }
    #expect(table.displacedByNextClaim == 0)
    table.setState(.lost, of: 0)
    #expect(table.claim() == 131_072 && table[0] == nil && table.inFlight == 131_072)
    #expect(table.oldest?.number == 1)
  }

  @Test func `probes without a number on the wire are found by what they look like`() {
    var table = TraceTable(targets: targets)
    for hop in 1...20 as ClosedRange<UInt8> { table.claim(hop: hop, port: UInt16(hop % 5)) }
    #expect(table.oldestInFlight { $0.flow.destinationPort == 3 } == 2)
    #expect(table.youngest { $0.flow.destinationPort == 3 } == 17)
    table.setState(.replied, of: 2)
    #expect(table.oldestInFlight { $0.flow.destinationPort == 3 } == 7)
    table.setState(.sendFailed, of: 17)
    #expect(table.youngest { $0.flow.destinationPort == 3 } == 12)
    #expect(table.youngest { $0.flow.destinationPort == 77 } == nil)
    #expect(table.youngest(endingIn: 0x1_0007, bits: 4) == 7)
  }
}
