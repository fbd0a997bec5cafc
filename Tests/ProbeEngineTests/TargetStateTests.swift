import Statistics
import Testing
import Timing
import Wire

@testable import ProbeEngine

struct TargetStateTests {
  private func reply(_ sequence: UInt64, _ roundTrip: Int64, host: Int64? = 500) -> PingReply {
    PingReply(
      target: 0, sequence: sequence, source: target, sourceZone: 0, destination: nil, interface: 0,
      octets: 64,
      identifier: 1, hopLimit: nil, trafficClass: nil, roundTrip: Nanoseconds(roundTrip),
      roundTripSource: .kernel,
      hostTransmit: host.map { Nanoseconds($0) }, hostReceive: Nanoseconds(700), sentAt: .zero,
      receivedAt: .zero)
  }

  /// Two that were told the same: one keeps everything from the first probe on, the other as little as it can.
  private func told(_ story: (inout TargetState) -> Void) -> (whole: PingSummary, small: PingSummary) {
    var whole = TargetState(isDetailed: true)
    var small = TargetState(isDetailed: false)
    story(&whole)
    story(&small)
    return (whole.summary(withHistogram: true), small.summary(withHistogram: true))
  }

  private func expectSame(_ told: (whole: PingSummary, small: PingSummary)) {
    let (a, b) = told
    #expect(a.attempted == b.attempted && a.inFlight == b.inFlight && a.replied == b.replied)
    #expect(a.late == b.late && a.corrupted == b.corrupted && a.lost == b.lost)
    #expect(a.icmpErrors == b.icmpErrors && a.sendFailed == b.sendFailed && a.duplicates == b.duplicates)
    #expect(a.extraErrors == b.extraErrors && a.pipe == b.pipe && a.reordered == b.reordered)
    #expect(a.lossBursts == b.lossBursts && a.longestLossBurst == b.longestLossBurst)
    #expect(a.roundTrip?.mean == b.roundTrip?.mean && a.roundTrip?.count == b.roundTrip?.count)
    #expect(a.roundTrip?.p99 == b.roundTrip?.p99 && a.roundTripSources == b.roundTripSources)
    #expect(a.hostTransmit?.maximum == b.hostTransmit?.maximum && a.hostReceive?.mean == b.hostReceive?.mean)
    #expect(a.jitter == b.jitter && a.ewmaEighthMicroseconds == b.ewmaEighthMicroseconds)
    #expect(a.histogram.map(\.lower) == b.histogram.map(\.lower))
    #expect(
      b.attempted == b.replied + b.corrupted + b.late + b.icmpErrors + b.lost + b.sendFailed + b.inFlight)
  }

  @Test func `a target and its state take no more than a hundred octets together`() {
    #expect(MemoryLayout<TargetState>.stride + MemoryLayout<ProbeTarget>.stride <= 100)
  }

  @Test func `what is kept of a target with one answer says the same as the whole figures`() {
    expectSame(
      told { state in
        for sequence in 1...5 as ClosedRange<UInt64> {
          state.send(at: at(Int64(sequence)))
          if sequence == 3 {
            state.move(from: .inFlight, to: .replied)
            state.notePipe(sequence)
            state.record(reply(sequence, 81_234))
          } else if sequence == 4 {
            state.move(from: .inFlight, to: .icmpError)
          } else if sequence < 5 {
            state.move(from: .inFlight, to: .lost)
          }
          if sequence < 5 { state.resolve(sequence, sequence < 3 ? .lost : .received) }
        }
      })
  }

  @Test(arguments: [ProbeState.replied, .late, .corrupted])
  func `the second answer, a duplicate or an error beside brings the whole figures, and nothing is forgotten`(
    _ second: ProbeState
  ) {
    expectSame(
      told { state in
        for _ in 0..<4 { state.send(at: .zero) }
        state.move(from: .inFlight, to: .lost)
        state.resolve(1, .lost)
        state.move(from: .inFlight, to: .replied)
        state.record(reply(3, 1_000_000))
        state.move(from: .lost, to: second)
        state.notePipe(1)
        state.record(reply(1, 2_000_000))
        state.noteDuplicate()
        state.noteExtraError()
        state.resolve(2, .lost)
        state.resolve(3, .received)
        state.send(at: .zero)
      })
  }

  @Test func `a host that took longer than 32 bits of nanoseconds is told in full`() {
    expectSame(
      told { state in
        state.send(at: .zero)
        state.move(from: .inFlight, to: .replied)
        state.record(reply(1, 5, host: 5_000_000_000))
      })
  }

  @Test func `a reply without a round trip is an answer, and the next one has its own`() {
    expectSame(
      told { state in
        for _ in 0..<2 { state.send(at: .zero) }
        state.move(from: .inFlight, to: .corrupted)
        state.move(from: .inFlight, to: .late)
        state.record(reply(2, 9_999))
      })
  }
}
