import ProbeEngine
import Report
import Simulator
import Statistics
import Testing
import Timing
import Wire

/// The files of `Scenarios`, by name, and what of their JSON lines is kept.
private enum Kept {
  case records, figures
}

private let scenarios: [(name: String, kept: Kept)] = [
  ("bursts", .figures), ("changes", .records), ("duplicates", .records), ("groups", .records),
  ("hiccup", .records), ("host-delay", .records), ("hour", .figures), ("in-flight", .figures),
  ("interrupted", .records), ("late", .records), ("link-down", .records), ("neighbor", .records),
  ("outage", .records), ("outcomes", .records), ("path-change", .records), ("poisson", .figures),
  ("reload", .records), ("renumber", .records), ("reordering", .records), ("retry", .records),
  ("stall", .figures), ("trouble", .records), ("user-stamps", .records), ("warmup", .records),
]

/// Where every record is looked at, a hundred seconds of it and a few thousand probes are enough.
private func shorten(_ simulation: inout SampleSimulation) {
  simulation.configuration.duration = simulation.configuration.duration.map { min($0, .seconds(100)) }
  for group in simulation.configuration.groups.indices {
    simulation.configuration.groups[group].count = simulation.configuration.groups[group].count.map {
      min($0, 2_000)
    }
  }
}

@Suite struct SampleScenarioTests {
  @Test(arguments: scenarios.map(\.name))
  func `a sampling scenario's JSON lines are what they always were`(_ name: String) throws {
    let kept = try #require(scenarios.first { $0.name == name }).kept
    let run = try SampleScenarioRun(name) { simulation in
      if kept == .figures { simulation.configuration.reportsRecords = false }
    }
    var options = SampleJSON.Options()
    options.includesHistograms = name == "stall"
    let text = run.text(SampleJSON(options: options))
    if GoldenFiles.isWriting { GoldenFiles.write(text, "sample/\(name).json") }
    #expect(text == GoldenFiles.read("sample/\(name).json"))
  }

  @Test func `each sampling scenario file is run`() {
    #expect(GoldenFiles.names(in: "Scenarios", ending: ".sample") == scenarios.map(\.name))
  }

  @Test(arguments: scenarios.map(\.name))
  func `a scenario run twice is the same to the octet`(_ name: String) throws {
    let first = try SampleScenarioRun(name, shorten).text(SampleJSON())
    let second = try SampleScenarioRun(name, shorten).text(SampleJSON())
    #expect(first == second)
  }

  @Test(arguments: scenarios.map(\.name))
  func `figures are what a naive count of the records gives`(_ name: String) throws {
    let run = try SampleScenarioRun(name, shorten)
    // A new plan begins new figures for some targets, whose records have other numbers: see the reload's own tests.
    guard !run.wasReloaded else { return }
    for target in run.state.targets.indices {
      let naive = NaiveSampleFigures(of: run, where: { $0.target == target })
      #expect(naive.differences(from: run.figures(target)) == [], "target \(target)")
    }
    for group in run.state.summary.groups.indices {
      let figures = run.state.summary.groups[group]
      let targets = run.simulation.configuration.targets.indices.filter {
        Int(run.simulation.configuration.targets[$0].group) == group
      }
      #expect(figures.attempted == targets.reduce(0) { $0 + run.figures($1).attempted })
      #expect(figures.duplicates == targets.reduce(0) { $0 + run.figures($1).duplicates })
      #expect(figures.lossBursts == targets.reduce(0) { $0 + run.figures($1).lossBursts })
      let naive = NaiveSampleFigures(of: run, where: { $0.group == group })
      #expect(naive.countDifferences(from: figures) == [], "group \(group)")
      // An order takes as long as it takes.
      if run.isOrder(group) { continue }
      let fromSchedule = run.state.summary.fromSchedule[group]
      // What was not sent at all would have been waited for as well.
      let gaps = run.gaps.filter { $0.group == group }.map(\.gap)
      #expect(fromSchedule.count == UInt64(naive.fromSchedule.count + gaps.reduce(0) { $0 + $1.skipped }))
      #expect(fromSchedule.max == (naive.fromSchedule + gaps.map(\.length.count)).max())
    }
  }

  @Test(arguments: scenarios.map(\.name))
  func `attempted is the sum of the outcomes and of what is in flight`(_ name: String) throws {
    let run = try SampleScenarioRun(name, shorten)
    for figures in run.state.targets + run.state.summary.groups {
      #expect(figures.attempted == figures.resolved + figures.inFlight)
      #expect(figures.histogram.count == figures.ok)
    }
    // Of each probe's number there is one record, and a duplicate only of an answered one.
    var seen: [UInt64: SampleRecord] = [:]
    for record in run.records {
      #expect(seen.updateValue(record, forKey: record.number) == nil, "probe \(record.number) twice")
      #expect(record.at >= record.sentAt && record.sentAt >= record.scheduledAt)
      #expect((record.roundTrip != nil) == (record.receivedAt != nil), "\(record)")
      if !run.isOrder(record.group), record.answer == .none {
        #expect(record.outcome == .sendError || record.outcome == .lost)
      }
    }
    for duplicate in run.duplicates {
      let first = try #require(seen[duplicate.number])
      #expect(first.outcome == .ok || first.outcome == .late)
      #expect(first.target == duplicate.target && first.sequence == duplicate.sequence)
    }
  }
}

// MARK: - What each scenario is about

@Suite struct SampleMeaningTests {
  @Test func `an hour of twenty hosts has its 72,000 probes and the drawn loss`() throws {
    let run = try SampleScenarioRun("hour") { $0.configuration.reportsRecords = false }
    let figures = run.state.summary.groups[0]
    #expect(figures.attempted == 72_000 && figures.inFlight == 0)
    #expect(run.state.targets.allSatisfy { $0.attempted == 3_600 })
    // 72 expected, by a seeded draw.
    #expect((40...110).contains(figures.lost) && figures.ok + figures.lost == figures.attempted)
    #expect(run.records.isEmpty)
  }

  @Test func `each outcome is told for what the network did`() throws {
    let run = try SampleScenarioRun("outcomes")
    func first(_ target: Int) -> SampleRecord? {
      run.records.first { $0.target == target && $0.sequence == 1 }
    }
    let wanted: [(SampleOutcome, SampleAnswer)] = [
      (.ok, .echoReply), (.late, .echoReply), (.lost, .none), (.lost, .none), (.icmpError, .icmpError),
      (.icmpError, .icmpError), (.lost, .none), (.sendError, .none),
      (.ok, .datagram), (.icmpError, .icmpError), (.lost, .none), (.ok, .icmpError),
      (.ok, .open), (.icmpError, .reset), (.lost, .none), (.icmpError, .icmpError), (.ok, .reset),
    ]
    for (target, (outcome, answer)) in wanted.enumerated() {
      #expect(first(target)?.outcome == outcome, "target \(target)")
      #expect(first(target)?.answer == answer, "target \(target)")
    }
    let tooBig = first(5)
    #expect(tooBig?.errorType == 2 && tooBig?.errorInfo == 1_280)
    #expect(tooBig?.from == IPv6Address(bits: 0x2001_0db8_0001_0000_0000_0000_0000_0001))
    #expect(first(7)?.errno == 0)
    // From 1.1 s on nothing leaves: what was scheduled later has the errno, but for the name, which has no address.
    let late = run.records.filter { $0.sentAt > .zero + .milliseconds(1_100) && $0.target != 7 }
    #expect(!late.isEmpty && late.allSatisfy { $0.outcome == .sendError && $0.errno == 105 })
    #expect(!run.rejections.isEmpty && run.state.summary.rejected == UInt64(run.rejections.count))
  }

  @Test func `behind the timeout an answer is late, behind the late window it is a stray`() throws {
    let run = try SampleScenarioRun("late")
    #expect(run.outcomes(0) == [.ok, .ok, .ok])
    #expect(run.outcomes(1) == [.late, .late, .late])
    #expect(run.outcomes(2) == [.lost, .lost, .lost])
    #expect(run.outcomes(3) == [.ok, .late, .ok])
    // The answers of the last probes come after the run has ended: only a lost probe's answer that comes while
    // another is still waited for is seen.
    #expect((1...3).contains(run.state.summary.stray))
    #expect(run.duplicates.isEmpty)
    #expect(run.figures(1).loss == 1 && run.figures(1).histogram.count == 0)
  }

  @Test func `a duplicate is told and counted, and answers nothing`() throws {
    let run = try SampleScenarioRun("duplicates")
    #expect(run.figures(0).duplicates == 4 && run.figures(1).duplicates == 3)
    #expect(run.figures(2).duplicates == 2)
    #expect(run.state.targets.allSatisfy { $0.ok == 4 && $0.attempted == 4 })
  }

  @Test func `an answer behind those of later probes is reordered`() throws {
    let run = try SampleScenarioRun("reordering")
    #expect(run.figures(0).ok == 20 && run.figures(1).ok == 20)
    // Probes 5, 10 and 15 are overtaken; the last one by nothing.
    #expect(run.figures(0).reordered == 3 && run.figures(1).reordered == 0)
  }

  @Test func `an outage is one burst, from its first lost probe to the next that is answered`() throws {
    let run = try SampleScenarioRun("outage")
    #expect(run.figures(0).lost == 5 && run.figures(0).lossBursts == 1)
    #expect(run.figures(0).longestLossBurst == 5)
    #expect(run.figures(0).outage == .seconds(5))
    #expect(run.figures(1).lost == 5 && run.figures(1).longestLossBurst == 1)
  }

  @Test func `a change of path is told once, with the hops before and after`() throws {
    let run = try SampleScenarioRun("path-change")
    let paths = run.changes.filter { if case .path = $0.what { true } else { false } }
    // There, back, and cut short.
    #expect(paths.count == 3 && run.figures(0).pathChanges == 3)
    guard case .path(let before, let after) = paths[0].what else { return }
    #expect(before.count == 3 && after.count == 4)
    #expect(before.first == after.first && before[1] != after[1])
    #expect(run.outcomes(0) == [.ok, .ok, .ok, .ok, .ok, .lost])
    #expect(run.findings.count == 6 && run.findings.allSatisfy { !$0.order.isAction })
  }

  @Test func `a neighbor's new link-layer address and its silence are changes`() throws {
    let run = try SampleScenarioRun("neighbor")
    let links = run.changes.filter { if case .link = $0.what { true } else { false } }
    #expect(links.filter { $0.target == 0 }.count == 1)
    guard case .link(let from, let to) = links.first(where: { $0.target == 0 })?.what else { return }
    #expect(from?.octets.last == 1 && to?.octets.last == 10)
    #expect(run.figures(0).linkChanges == 1)
    #expect(run.outcomes(1).count { $0 == .lost } == 1)
    #expect(run.figures(1).lost == 1 && run.figures(1).ok == 4)
  }

  @Test func `trouble orders one trace until all is well again`() throws {
    let run = try SampleScenarioRun("trouble")
    let actions = run.orders.filter { $0.isAction }
    // Silence of ten probes is one trouble; single losses at 47 s and later are none. The slow host's 40th is one.
    #expect(actions.map(\.target) == [0, 1])
    #expect(run.findings.filter { $0.order.isAction }.count == 2)
    let troubles = run.changes.filter { if case .trouble = $0.what { true } else { false } }
    #expect(troubles.count == 2)
    let recoveries = run.changes.compactMap { change in
      if case .recovered(_, let lost) = change.what { (change.target, lost) } else { nil }
    }
    #expect(recoveries.first { $0.0 == 0 }?.1 == 10)
    // An order that trouble gave counts for nothing.
    #expect(run.figures(0).attempted == 60 && run.figures(1).attempted == 60)
  }

  @Test func `a Poisson group's gaps have the mean and the spread of a Poisson process`() throws {
    let run = try SampleScenarioRun("poisson")
    let times = run.records.map(\.scheduledAt.nanoseconds).sorted()
    let gaps = zip(times.dropFirst(), times).map { Double($0 - $1) }
    let mean = gaps.reduce(0, +) / Double(gaps.count)
    let variance = gaps.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(gaps.count)
    // 1,000 gaps of 100 ms: three standard errors are a tenth.
    #expect((900...1_100).contains(times.count))
    #expect(abs(mean - 1e8) < 1e7)
    // Its variance is the square of its mean; an even spacing has none.
    #expect((0.7...1.3).contains(variance / (mean * mean)))
    #expect(run.records.allSatisfy { $0.sentAt == $0.scheduledAt })
    #expect(Set(run.records.map(\.target)).count == 5)
  }

  @Test func `what is scheduled in the warm-up is recorded and in no figure`() throws {
    let run = try SampleScenarioRun("warmup")
    let warm = run.records.filter(\.isWarmup)
    #expect(warm.count == 4 && warm.allSatisfy { $0.scheduledAt < .zero + .seconds(1) })
    #expect(run.figures(0).warmup == 4 && run.figures(0).attempted == 8 && run.figures(0).ok == 8)
    #expect(run.figures(0).histogram.max == 5_000_000)
  }

  @Test func `what this host did not send is missed and told, and hidden from no percentile`() throws {
    let run = try SampleScenarioRun("stall")
    #expect(run.gaps.count == 1)
    let skipped = run.gaps.reduce(0) { $0 + $1.gap.skipped }
    // Deadlines at 4.1, 4.2 … 6.0 s passed; the last one of them is still kept.
    #expect(skipped == 19 && run.state.summary.scheduler.missed == 19)
    #expect(run.figures(0).attempted == 81 && run.figures(0).ok == 81)
    // The kernel stamped the answers in time: no round trip is longer.
    #expect(run.figures(0).histogram.max == 20_000_000)
    #expect(run.state.summary.scheduler.histogram.count == 81)
    // Due at 4 s, answered at 4.02 s, and nobody read it before 6.005 s.
    #expect(run.state.summary.fromSchedule[0].max == 2_005_000_000)
    // Of a hundred deadlines 21 are in it: the one before, those missed, and the one kept.
    #expect(run.state.summary.fromSchedule[0].count == 100)
    #expect(run.state.summary.fromSchedule[0].percentile(79)! < 25_000_000)
    #expect(run.state.summary.fromSchedule[0].percentile(82)! > 100_000_000)
  }

  @Test func `a stall of the sender is in the percentiles from the schedule, not in a round trip`() throws {
    let run = try SampleScenarioRun("hiccup")
    #expect(run.gaps.isEmpty && run.figures(0).attempted == 10 && run.figures(0).ok == 10)
    #expect(run.figures(0).histogram.max == 5_000_000)
    // Due at 3 s, sent at 3.7 s.
    #expect(run.state.summary.fromSchedule[0].max == 705_000_000)
    #expect(run.state.summary.scheduler.histogram.max == 700_000_000)
    // The one after it is due at 4 s as ever.
    #expect(run.records.map(\.scheduledAt.nanoseconds).sorted() == (0..<10).map { $0 * 1_000_000_000 })
  }

  @Test func `a new plan keeps what stays and ends what goes`() throws {
    let run = try SampleScenarioRun("reload")
    #expect(run.wasReloaded)
    // Target 2 of the second plan is the first of the first one.
    let kept = run.figures(2)
    #expect(kept.attempted == 10 && kept.ok == 10, "\(kept)")
    #expect(run.figures(1).attempted == 5 || run.figures(1).attempted == 6)
    #expect(run.figures(0).attempted == 3)
    // No probe is lost sight of: the one that was in flight has its record too, or is given up; none is told twice.
    #expect(Set(run.records.map(\.number)).count == run.records.count)
  }

  @Test func `more probes are in flight than there are sequence numbers, and none is mistaken`() throws {
    let run = try SampleScenarioRun("in-flight") { $0.configuration.reportsRecords = false }
    #expect(run.simulation.mostInFlight > 65_536)
    let figures = run.state.summary.groups[0]
    #expect(figures.attempted == 90_000 && figures.ok == 90_000 && figures.duplicates == 0)
    #expect(run.state.summary.rejected == 0 && run.state.summary.stray == 0)
    #expect(figures.histogram.min! >= 950_000_000 && figures.histogram.max! <= 1_000_000_000)
  }

  @Test func `a renumbered name's probes go to its new address, and are send errors while it has none`()
    throws
  {
    let run = try SampleScenarioRun("renumber")
    #expect(
      run.outcomes(0)
        == [.ok, .ok, .ok, .ok, .ok, .ok, .ok, .sendError, .sendError, .sendError, .ok, .ok])
    #expect(run.figures(0).addressChanges == 3)
    let asked = run.records.filter { $0.outcome == .ok }.map(\.address.bits)
    #expect(asked.map { UInt8(truncatingIfNeeded: $0) } == [1, 1, 1, 1, 9, 9, 9, 1, 1])
    let errors = run.records.filter { $0.outcome == .sendError }
    #expect(errors.allSatisfy { $0.errno == 0 })
  }

  @Test func `a link that is down gives send errors and ends nothing`() throws {
    let run = try SampleScenarioRun("link-down")
    #expect(run.figures(0).sendErrors == 3 && run.figures(0).ok == 7)
    #expect(run.outcomes(1) == [.ok, .sendError])
    #expect(run.figures(0).lossBursts == 1 && run.figures(0).outage == .seconds(3))
  }

  @Test func `who answers is asked no more, and who does not is asked with longer waits`() throws {
    let run = try SampleScenarioRun("retry")
    #expect(run.figures(0).attempted == 1 && run.figures(0).ok == 1)
    let silent = run.records.filter { $0.target == 1 }.sorted { $0.number < $1.number }
    #expect(silent.count == 4 && silent.allSatisfy { $0.outcome == .lost })
    let waits = zip(silent.dropFirst(), silent).map { ($0.sentAt - $1.sentAt).count / 1_000_000 }
    #expect(waits == [500, 750, 1_125])
    #expect(run.figures(3).ok == 1)
  }

  @Test func `hop limit, traffic class and path MTU are told when they change`() throws {
    let run = try SampleScenarioRun("changes")
    let figures = run.figures(0)
    #expect(figures.hopLimitChanges == 2 || figures.hopLimitChanges == 1)
    #expect(figures.trafficClassChanges == 1 && figures.pathMTUChanges == 1)
    #expect(figures.pathMTU == 1_300)
    #expect(figures.changes == UInt64(run.changes.count))
  }

  @Test func `host delay is apart from the round trip where the kernel stamps, and in it where it does not`()
    throws
  {
    let stamped = try SampleScenarioRun("host-delay")
    #expect(stamped.figures(0).histogram.max == 5_000_000)
    #expect(stamped.figures(0).hostTransmit == .microseconds(30))
    #expect(stamped.figures(0).hostReceive == .microseconds(200))
    #expect(stamped.state.summary.scheduler.histogram.max == 50_000)
    #expect(stamped.records.allSatisfy { $0.roundTripSource == .kernel })
    let plain = try SampleScenarioRun("user-stamps")
    #expect(plain.figures(0).histogram.max == 5_230_000)
    #expect(plain.figures(0).hostReceive == nil)
    #expect(plain.records.allSatisfy { $0.roundTripSource == .user })
  }

  @Test func `a run that is given up leaves its probes in flight, counted`() throws {
    let run = try SampleScenarioRun("interrupted")
    #expect(run.end == .zero + .milliseconds(1_200))
    // Until 1.05 s: eleven deadlines, and ten for the second one, whose turn is in between.
    #expect(run.figures(0).attempted == 11 && run.figures(1).attempted == 10)
    #expect(run.figures(1).inFlight == 10 && run.figures(0).inFlight == 2)
    #expect(run.state.inFlight == 12)
  }

  @Test func `a schedule knows no drift, and its groups nothing of each other`() throws {
    let run = try SampleScenarioRun("groups")
    for target in 0..<7 {
      let times = run.records.filter { $0.target == target }.map(\.scheduledAt).sorted()
      // As many as there are until 4 s.
      #expect(
        Int64(times.count) == ((Instant.zero + .seconds(4) - times[0]).count + 999_999_999) / 1_000_000_000)
      #expect(zip(times.dropFirst(), times).allSatisfy { $0 - $1 == .seconds(1) })
    }
    let firsts = (0..<7).map { target in run.records.first { $0.target == target }!.scheduledAt }
    #expect(firsts[1] - firsts[0] == .milliseconds(10) && firsts[2] - firsts[1] == .milliseconds(10))
    #expect(firsts[4] - firsts[3] == .milliseconds(250))
    #expect(firsts[0] != firsts[3], "each group begins at a time of its own")
    #expect(firsts[0] < .zero + .milliseconds(500) && firsts[3] < .zero + .milliseconds(500))
  }

  @Test func `a text that means nothing is refused with its line`() {
    let faults = [
      ("group nodes icmp4", 1), ("group a echo\n\na 2001:db8::1 1x", 3),
      ("group a echo\nb 2001:db8::1 1ms", 2),
      ("group a echo\na 2001:db8::1 1ms sings", 2), ("duration 1s", 1),
      ("group a echo\na 2001:db8::1 1ms\nat 1s 2001:db8::2 silent", 3),
      ("group a echo\na 2001:db8::1 1ms\nat 1s reload nothing", 3),
    ]
    for (text, line) in faults {
      do {
        _ = try SampleScenario(parsing: text)
        Issue.record("read: \(text)")
      } catch {
        #expect(error.line == line, "\(text): \(error.what)")
      }
    }
  }
}
