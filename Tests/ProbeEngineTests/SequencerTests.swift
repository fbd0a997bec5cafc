import Testing
import Timing

@testable import ProbeEngine

/// Deadlines of so many probes, each sent when it is due, none answered.
private func deadlines(_ pace: PingConfiguration.Pace, preload: Int = 1, count: Int) -> [Int64] {
  var sequencer = Sequencer(pace: pace, preload: preload, start: .zero, seed: 3)
  var outstanding: UInt64 = 0
  return (0..<count).map { _ in
    let due = sequencer.due(outstanding: outstanding, now: .zero)
    sequencer.sent(at: due)
    outstanding += 1
    return due.nanoseconds / 1_000_000
  }
}

@Suite struct SequencerTests {
  @Test func `a constant schedule is due at each multiple of its interval`() {
    #expect(
      deadlines(.schedule(.constant(interval: .milliseconds(200))), count: 5) == [0, 200, 400, 600, 800])
  }

  @Test func `a burst is due all at once, then waits for its interval`() {
    #expect(
      deadlines(.schedule(.burst(count: 3, interval: .milliseconds(500))), count: 7) == [
        0, 0, 0, 500, 500, 500, 1_000,
      ])
  }

  @Test func `a Poisson schedule never goes back and keeps its mean`() {
    let times = deadlines(.schedule(.poisson(mean: .milliseconds(100))), count: 5_001)
    #expect(times == times.sorted())
    // The mean of 5000 exponential gaps: 100 ms, standard error 1.4 ms.
    #expect((95_000...105_000).contains((times.last ?? 0) / 5))
  }

  @Test func `preloaded probes leave at once and the schedule follows them`() {
    #expect(
      deadlines(.schedule(.constant(interval: .seconds(1))), preload: 3, count: 6) == [
        0, 0, 0, 1_000, 2_000, 3_000,
      ])
  }

  @Test func `a flood without answers goes on every ten milliseconds`() {
    #expect(deadlines(.flood(window: 1), count: 4) == [0, 10, 20, 30])
    #expect(deadlines(.flood(window: 3), count: 5) == [0, 0, 0, 10, 20])
  }

  @Test
  func `a flood's window doubles while answers are prompt and falls back when they are not, or on loss`() {
    var sequencer = Sequencer(pace: .flood(window: 2), preload: 1, start: .zero, seed: 0)
    sequencer.sent(at: .zero)
    func window(_ s: Sequencer) -> UInt64 {
      (0..<1_000).first { s.due(outstanding: $0, now: .zero) > .zero } ?? .max
    }
    #expect(window(sequencer) == 2)
    var seen: [UInt64] = []
    for _ in 0..<8 {
      sequencer.windowStarts(at: .zero)
      sequencer.windowAnswered(inFlight: 0, at: .zero + .milliseconds(1))
      seen.append(window(sequencer))
    }
    #expect(seen == [4, 8, 16, 32, 64, 128, 128, 128])
    #expect(sequencer.isBatching)
    sequencer.windowAnswered(inFlight: 0, at: .zero + .milliseconds(2))
    #expect(window(sequencer) == 2 && !sequencer.isBatching)
    sequencer.windowAnswered(inFlight: 0, at: .zero)
    sequencer.probeLost()
    #expect(window(sequencer) == 2)
    // A window that leaves a probe behind has lost it, as far as pace goes.
    sequencer.windowAnswered(inFlight: 0, at: .zero)
    #expect(window(sequencer) == 4)
    sequencer.windowAnswered(inFlight: 1, at: .zero)
    #expect(window(sequencer) == 2)
    sequencer.windowAnswered(inFlight: 1, at: .zero)
    #expect(window(sequencer) == 4)
  }

  @Test func `a window asked for that is larger than what growth allows stays`() {
    var sequencer = Sequencer(pace: .flood(window: 500), preload: 1, start: .zero, seed: 0)
    sequencer.sent(at: .zero)
    sequencer.windowAnswered(inFlight: 0, at: .zero)
    #expect(sequencer.due(outstanding: 499, now: .zero) == .zero)
    #expect(sequencer.due(outstanding: 500, now: .zero) == .zero + .milliseconds(10))
  }

  @Test
  func
    `where nothing leaves, flood and adaptive ping try a hundred times a second until something is answered`()
  {
    for pace in [PingConfiguration.Pace.flood(window: 128), .adaptive(minimum: .zero)] {
      var sequencer = Sequencer(pace: pace, preload: 1, start: .zero, seed: 0)
      sequencer.sent(at: .zero)
      #expect(sequencer.due(outstanding: 0, now: .zero) == .zero)
      sequencer.sendFailed()
      #expect(sequencer.due(outstanding: 0, now: .zero) == .zero + .milliseconds(10))
      sequencer.answered()
      #expect(sequencer.due(outstanding: 0, now: .zero) == .zero)
    }
  }

  @Test func `an adaptive ping follows the smoothed round trip, between its minimum and ten seconds`() {
    var sequencer = Sequencer(pace: .adaptive(minimum: .milliseconds(2)), preload: 1, start: .zero, seed: 0)
    #expect(sequencer.due(outstanding: 0, now: .zero) == .zero)
    sequencer.sent(at: .zero)
    // Nothing is known yet: one second.
    #expect(sequencer.due(outstanding: 1, now: .zero) == .zero + .seconds(1))
    #expect(sequencer.due(outstanding: 0, now: .zero) == .zero + .milliseconds(2))
    for (eighths, interval) in [
      (8 * 49_400, Nanoseconds.milliseconds(49)), (8 * 49_500, .milliseconds(50)), (8, .milliseconds(2)),
      (0, .milliseconds(2)), (8 * 3_600_000_000, .seconds(10)), (.max, .seconds(10)),
      (.min, .milliseconds(2)),
    ] as [(Int64, Nanoseconds)] {
      sequencer.adapt(ewmaEighthMicroseconds: eighths)
      #expect(sequencer.due(outstanding: 1, now: .zero) == Instant.zero + interval)
    }
  }
}
