import ProbeEngine
import Simulator
import Testing
import Timing
import Wire

private let target = ProbeTarget(address: IPv6Address(bits: 0x2001_0db8_0000_0000_0000_0000_0000_0001))
private let router = IPv6Address(bits: 0x2001_0db8_0000_0000_0000_0000_0000_00ff)

private func configuration(_ change: (inout PingConfiguration) -> Void = { _ in }) -> PingConfiguration {
  var c = PingConfiguration(targets: [target])
  c.identifier = 0x1234
  c.seed = 7
  change(&c)
  return c
}

/// Names of the events of a run, with their sequences.
private func names(_ simulation: PingSimulation) -> ([String], PingSummary) {
  var names: [String] = []
  let (summaries, _) = simulation.run { event in
    switch event {
    case .sent(let e): names.append("sent \(e.sequence)")
    case .sendFailed(let e): names.append("failed \(e.sequence)")
    case .reply(let e): names.append("reply \(e.sequence)")
    case .late(let e): names.append("late \(e.sequence)")
    case .duplicate(let e): names.append("duplicate \(e.sequence)")
    case .corrupted(let e, let c): names.append("corrupted \(e.sequence) at \(c.offset)")
    case .icmpError(let e): names.append("error \(e.sequence)\(e.isExtra ? " extra" : "")")
    case .lost(let e): names.append("lost \(e.sequence)")
    case .noAnswerYet(let e): names.append("outstanding \(e.sequence)")
    case .rejected(let e): names.append("rejected \(e.reason)")
    case .gap(let e): names.append("gap \(e.skipped)")
    }
  }
  let s = summaries[0]
  #expect(
    s.attempted == s.replied + s.corrupted + s.late + s.icmpErrors + s.lost + s.sendFailed + s.inFlight)
  return (names, s)
}

@Suite struct PingVerdicts {
  @Test func `three answered probes are three replies and the run ends with the last of them`() {
    let c = configuration { $0.until = .attempted(3) }
    let (events, s) = names(PingSimulation(c) { .delivered([$0.reply(after: .milliseconds(5))]) })
    #expect(events == ["reply 1", "reply 2", "reply 3"])
    #expect(s.replied == 3 && s.inFlight == 0)
    #expect(s.roundTrip?.minimum == .milliseconds(5) && s.roundTrip?.maximum == .milliseconds(5))
    #expect(s.endedAt == Instant(nanoseconds: 2_005_000_000))
  }

  @Test func `a reply after the timeout is lost first and late then, and counted once`() {
    let c = configuration {
      $0.until = .attempted(3)
      $0.wait = .perProbe(.milliseconds(500))
    }
    let (events, s) = names(
      PingSimulation(c) {
        .delivered([$0.reply(after: $0.number == 0 ? .milliseconds(700) : .milliseconds(1))])
      })
    #expect(events == ["lost 1", "late 1", "reply 2", "reply 3"])
    #expect(s.late == 1 && s.lost == 0 && s.replied == 2)
    #expect(s.roundTrip?.maximum == .milliseconds(700))
  }

  @Test func `duplicates and reordering are counted beside and hide no loss`() {
    let c = configuration {
      $0.until = .attempted(4)
      $0.wait = .perProbe(.seconds(5))
    }
    let (events, s) = names(
      PingSimulation(c) { probe in
        switch probe.number {
        case 0: .delivered([probe.reply(after: .milliseconds(2_500))])
        case 1: .delivered([probe.reply(after: .milliseconds(1)), probe.reply(after: .milliseconds(2))])
        case 2: .delivered([])
        default: .delivered([probe.reply(after: .milliseconds(1))])
        }
      })
    #expect(events == ["reply 2", "duplicate 2", "reply 1", "reply 4", "lost 3"])
    #expect(s.replied == 3 && s.lost == 1 && s.duplicates == 1 && s.reordered == 1)
  }

  @Test func `replies that nobody asked for change nothing`() {
    let c = configuration { $0.until = .attempted(2) }
    let (events, s) = names(
      PingSimulation(c) { probe in
        var unsent = probe.reply(after: .milliseconds(1))
        var foreign = unsent
        var forged = unsent
        if case .message(var octets) = unsent.content {
          octets[6] = 0x7f
          unsent.content = .message(octets)
          octets = probe.octets
          octets[0] = 129
          octets[4] ^= 0xff
          foreign.content = .message(octets)
          octets = probe.octets
          octets[0] = 129
          for i in 24..<32 { octets[i] ^= 0xa5 }
          forged.content = .message(octets)
        }
        var elsewhere = probe.reply(after: .milliseconds(1))
        elsewhere.source = router
        return .delivered([unsent, foreign, forged, elsewhere])
      })
    #expect(
      events == [
        "rejected sequence", "rejected identifier", "rejected nonce", "rejected source", "lost 1",
        "rejected sequence", "rejected identifier", "rejected nonce", "rejected source", "lost 2",
      ])
    #expect(s.lost == 2 && s.replied == 0 && s.rejected == 8 && s.roundTrip == nil)
  }

  @Test func `a changed stamp is told, and the reply keeps its own round trip`() {
    let c = configuration { $0.until = .attempted(1) }
    let (events, s) = names(
      PingSimulation(c) { probe in
        var warped = probe.octets
        warped[0] = 129
        for i in 8..<24 { warped[i] = 0 }
        return .delivered([
          Delivery(after: .milliseconds(3), source: target.address, content: .message(warped))
        ])
      })
    #expect(events == ["rejected stamp", "reply 1"])
    #expect(s.roundTrip?.mean == .milliseconds(3))
  }

  @Test(arguments: [24, 31, 32, 40, 63]) func `one wrong octet is corruption at its offset`(index: Int) {
    let c = configuration { $0.until = .attempted(1) }
    let (events, s) = names(
      PingSimulation(c) { probe in
        var damaged = probe.octets
        damaged[0] = 129
        damaged[index] ^= 0x10
        return .delivered([
          Delivery(after: .milliseconds(3), source: target.address, content: .message(damaged))
        ])
      })
    #expect(events == ["corrupted 1 at \(index - 8)"])
    #expect(s.corrupted == 1 && s.lost == 0)
  }

  @Test(arguments: 8..<64) func `a reply cut at any octet is corrupted there`(length: Int) {
    let c = configuration { $0.until = .attempted(1) }
    var corruption: Corruption?
    _ = PingSimulation(c) { probe in
      var cut = Array(probe.octets[..<length])
      cut[0] = 129
      return .delivered([Delivery(after: .milliseconds(3), source: target.address, content: .message(cut))])
    }.run { if case .corrupted(_, let c) = $0 { corruption = c } }
    #expect(corruption?.offset == length - 8 && corruption?.isTruncated == true)
  }

  @Test func `an error is the probe's verdict unless a reply follows, and a second error is extra`() {
    let c = configuration {
      $0.until = .attempted(3)
      $0.wait = .perProbe(.milliseconds(500))
    }
    let (events, s) = names(
      PingSimulation(c) { probe in
        let error = probe.error(1, 3, from: router, after: .milliseconds(2))
        switch probe.number {
        case 0: return .delivered([error, error])
        case 1: return .delivered([probe.reply(after: .milliseconds(1)), error])
        default: return .delivered([error, probe.reply(after: .milliseconds(4))])
        }
      })
    #expect(events == ["error 1", "error 1 extra", "reply 2", "error 2 extra", "error 3"])
    #expect(s.icmpErrors == 2 && s.replied == 1 && s.extraErrors == 2)
  }

  @Test func `a probe that never left is neither sent nor lost`() {
    let c = configuration { $0.until = .attempted(3) }
    let (events, s) = names(
      PingSimulation(c) {
        $0.number == 1 ? .sendFailed(101) : .delivered([$0.reply(after: .milliseconds(1))])
      })
    #expect(events == ["reply 1", "failed 2", "reply 3"])
    #expect(s.attempted == 3 && s.sent == 2 && s.sendFailed == 1 && s.lost == 0)
  }

  @Test func `what is in flight when the run is stopped is neither lost nor replied`() {
    var simulation = PingSimulation(configuration { $0.wait = .perProbe(.seconds(5)) }) { _ in .delivered([])
    }
    simulation.stopAt = Instant(nanoseconds: 3_500_000_000)
    let (_, s) = names(simulation)
    #expect(s.attempted == 4 && s.inFlight == 4 && s.lost == 0)
  }

  @Test func `a stopped process leaves a marked gap and no burst`() {
    var simulation = PingSimulation(configuration { $0.reportsSent = true }) {
      .delivered([$0.reply(after: .milliseconds(1))])
    }
    simulation.pause = Instant(nanoseconds: 1_500_000_000)..<Instant(nanoseconds: 10_400_000_000)
    simulation.stopAt = Instant(nanoseconds: 12_500_000_000)
    let (events, s) = names(simulation)
    #expect(events.contains("gap 8"))
    #expect(s.attempted == 5 && s.replied == 5)
  }
}

@Suite struct LongRuns {
  @Test func `an hour at a hundred milliseconds with loss, late and reordered replies adds up`() {
    let c = configuration {
      $0.until = .attempted(36_000)
      $0.pace = .schedule(.constant(interval: .milliseconds(100)))
      $0.wait = .perProbe(.seconds(1))
    }
    let simulation = PingSimulation(c) { probe in
      switch probe.number % 100 {
      case 9: .delivered([])
      case 19: .delivered([probe.reply(after: .seconds(2))])
      case 29: .delivered([probe.reply(after: .milliseconds(450))])
      case 39: .delivered([probe.reply(after: .milliseconds(4)), probe.reply(after: .milliseconds(5))])
      default: .delivered([probe.reply(after: .milliseconds(4))])
      }
    }
    let (summaries, end) = simulation.run { _ in }
    let s = summaries[0]
    #expect(s.attempted == 36_000 && s.lost == 360 && s.late == 360 && s.replied == 35_280)
    #expect(s.duplicates == 360 && s.reordered == 720 && s.rejected == 0 && s.inFlight == 0)
    #expect(s.roundTrip?.p50 != nil && s.roundTrip?.maximum == .seconds(2))
    #expect(end == Instant(nanoseconds: 3_599_904_000_000))
  }

  @Test func `a reply that comes after a wrap of the sequence finds its own probe`() {
    let c = configuration {
      $0.until = .attempted(70_000)
      $0.pace = .schedule(.constant(interval: .microseconds(100)))
      $0.wait = .perProbe(.seconds(10))
    }
    let (summaries, _) = PingSimulation(c) { probe in
      .delivered([probe.reply(after: probe.number == 5 ? .milliseconds(6_700) : .milliseconds(1))])
    }.run { _ in }
    let s = summaries[0]
    #expect(s.replied == 70_000 && s.duplicates == 0 && s.rejected == 0)
    #expect(s.roundTrip?.maximum == .milliseconds(6_700))
  }

  @Test func `the schedule does not drift`() {
    let c = configuration {
      $0.until = .attempted(10_000)
      $0.pace = .schedule(.constant(interval: .microseconds(100)))
      $0.reportsSent = true
    }
    var worst = Nanoseconds.zero
    _ = PingSimulation(c) { .delivered([$0.reply(after: .microseconds(37))]) }.run {
      if case .sent(let s) = $0 { worst = max(worst, s.sentAt - s.scheduledAt) }
    }
    #expect(worst == .zero)
  }

  @Test func `a flood sends as replies come, and 100 a second without them`() {
    let c = configuration {
      $0.pace = .flood(window: 4)
      $0.deadline = .seconds(1)
      $0.wait = .untilEnd(ifSilent: .seconds(10))
    }
    let (answered, _) = PingSimulation(c) { .delivered([$0.reply(after: .milliseconds(2))]) }.run { _ in }
    #expect((1_990...2_010).contains(answered[0].attempted))
    let (silent, _) = PingSimulation(c) { _ in .delivered([]) }.run { _ in }
    #expect((100...108).contains(silent[0].attempted))
  }

  @Test(arguments: [PingConfiguration.Wait.untilEnd(ifSilent: .seconds(10)), .perProbe(.seconds(1))])
  func `a lost probe does not hold up a flood`(wait: PingConfiguration.Wait) {
    let c = configuration {
      $0.pace = .flood(window: 1)
      $0.deadline = .seconds(1)
      $0.wait = wait
    }
    let (summaries, _) = PingSimulation(c) { probe in
      .delivered(probe.number % 100 == 50 ? [] : [probe.reply(after: .milliseconds(2))])
    }.run { _ in }
    // A hundred probes take 99 round trips of 2 ms and one gap of 10 ms; iputils does the same.
    #expect((470...490).contains(summaries[0].attempted))
    #expect(summaries[0].lost + summaries[0].inFlight == 5)
  }

  @Test func `a flood whose probes cannot leave tries a hundred times a second`() {
    for pace in [PingConfiguration.Pace.flood(window: 128), .adaptive(minimum: .zero)] {
      let c = configuration {
        $0.pace = pace
        $0.deadline = .seconds(1)
      }
      let (summaries, _) = PingSimulation(c) {
        $0.number < 200 ? .delivered([$0.reply(after: .microseconds(50))]) : .sendFailed(101)
      }.run { _ in }
      #expect(summaries[0].replied == 200)
      #expect((95...105).contains(summaries[0].sendFailed))
    }
  }

  @Test func `the same seed gives the same run, octet by octet`() {
    func octets() -> [[UInt8]] {
      var all: [[UInt8]] = []
      let c = configuration {
        $0.until = .attempted(50)
        $0.pace = .schedule(.poisson(mean: .milliseconds(3)))
      }
      _ = PingSimulation(c) { probe in
        all.append(probe.octets)
        return .delivered([probe.reply(after: .milliseconds(1))])
      }.run { _ in }
      return all
    }
    #expect(octets() == octets())
  }
}
