import ProbeEngine
import Statistics
import Testing
import Timing

@testable import Plan

struct RunFileTests {
  func read(_ lines: [String]) throws(PlanProblems) -> RunFile {
    try RunFile.read(Array((lines.joined(separator: "\n") + "\n").utf8))
  }

  static let start =
    #"{"schema":"probe6/1","event":"start","time":"2026-11-21T12:00:00.000000000Z","verb":"sample","host":"h","groups":[{"group":"n","probe":"icmp6","targets":2}],"version":"x"}"#

  static func record(
    _ sequence: Int, _ outcome: String = "ok", target: String = "fd00::1", group: String = "n",
    roundTrip: Int? = 1_000_000,
    isWarmup: Bool = false, event: String = "record"
  ) -> String {
    #"{"schema":"probe6/1","event":"\#(event)","time":"2026-11-21T12:00:00.000000000Z","group":"\#(group)","target":"\#(target)","destination":"fd00::1","seq":\#(sequence),"number":\#(sequence),"outcome":"\#(outcome)""#
      + (isWarmup ? #","warmup":true"# : "")
      + #","bytes":64,"scheduled_unix_ns":1795262400000000000"#
      + (roundTrip.map { #","rtt_ns":\#($0),"rtt_source":"kernel""# } ?? "") + "}"
  }

  static let figures =
    #""attempted":5,"ok":3,"late":1,"lost":1,"icmp_errors":0,"send_errors":0,"in_flight":0,"warmup":2,"loss":0.4,"duplicates":7,"reordered":6,"loss_bursts":1,"longest_loss_burst":2,"outage_ns":200,"hop_limit_changes":1,"traffic_class_changes":2,"path_mtu_changes":3,"address_changes":4,"path_changes":5,"link_changes":6,"state_changes":7,"hop_limit":64,"traffic_class":0,"path_mtu":1280,"jitter_ns":11,"delay_variation_mean_ns":12,"host_tx_mean_ns":13,"host_rx_mean_ns":14,"rtt_ns":{"count":3,"min":1001,"mean":1004,"max":1010,"mdev":4,"p50":1003,"p999":1010,"histogram":[[1000,1004,1],[1004,1008,1],[1008,1012,1]]}"#
  static let target =
    #"{"schema":"probe6/1","event":"target","time":"x","group":"n","target":"h\u00e9\"\ud83d\ude00","destination":"fd00::1",\#(figures)}"#
  static let group =
    #"{"schema":"probe6/1","event":"group","time":"x","group":"n","probe":"icmp6","labels":{"a":"b","c":"d"},"targets":1,\#(figures),"host_tx_ns":{"count":1,"min":5,"max":5,"p50":5,"histogram":[[5,6,1]]},"host_rx_ns":{"count":1,"min":6,"max":6,"histogram":[[6,7,1]]},"delay_variation_ns":{"count":1,"min":7,"max":7,"histogram":[[7,8,1]]},"from_schedule_ns":{"count":1,"min":9223372036854775807,"max":9223372036854775807,"histogram":[[9187343239835811840,9223372036854775807,1]]}}"#
  static let scheduler =
    #"{"schema":"probe6/1","event":"scheduler","time":"x","missed":9,"schedule_error_ns":{"count":2,"min":3,"max":4,"histogram":[[3,4,1],[4,5,1]]}}"#
  static let summary =
    #"{"schema":"probe6/1","event":"summary","time":"x","verb":"sample","duration_ns":77,"groups":1,"targets":1,"attempted":5,"rejected":3,"stray":4,"held":true,"interrupted":false}"#

  private func histogram(_ values: Int64...) -> Histogram {
    var histogram = Histogram()
    for value in values { histogram.record(value) }
    return histogram
  }

  @Test func theFiguresOfAFileComeBackAsTheyWere() throws {
    let run = try read([Self.start, Self.target, Self.group, Self.scheduler, Self.summary])
    try #require(!run.isCut && run.badLines.isEmpty && run.series.count == 2)
    #expect(run.rejected == 3 && run.stray == 4 && run.duration == 77)
    #expect(run.scheduler.missed == 9 && run.scheduler.histogram == histogram(3, 4))
    let target = try #require(run.series.first)
    #expect(target.group == "n" && target.target == "hé\"😀" && target.destination == "fd00::1")
    let group = run.series[1]
    #expect(group.target == nil && group.probe == "icmp6" && group.targets == 1)
    #expect(group.labels.map { $0.name + $0.value } == ["ab", "cd"])
    #expect(group.hostTransmit == histogram(5) && group.hostReceive == histogram(6))
    #expect(group.delayVariation == histogram(7) && group.fromSchedule == histogram(.max))
    for figures in run.series.map(\.figures) {
      #expect(
        [figures.attempted, figures.ok, figures.late, figures.lost, figures.warmup] == [5, 3, 1, 1, 2])
      #expect(
        [figures.duplicates, figures.reordered, figures.lossBursts, figures.longestLossBurst] == [7, 6, 1, 2])
      #expect(figures.changes == 1 + 2 + 3 + 4 + 5 + 6 + 7)
      #expect(figures.hopLimit == 64 && figures.trafficClass == 0 && figures.pathMTU == 1280)
      #expect(figures.mean == Nanoseconds(1004) && figures.deviation == Nanoseconds(4))
      #expect(figures.outage == Nanoseconds(200) && figures.jitter == Nanoseconds(11))
      #expect(figures.hostTransmit == Nanoseconds(13) && figures.hostReceive == Nanoseconds(14))
      #expect(figures.delayVariation == Nanoseconds(12))
      #expect(figures.histogram == histogram(1001, 1007, 1010))
    }
  }

  @Test func recordsAreTheStretchesOfTheirGroup() throws {
    var lines = [Self.start]
    for sequence in 1...300 {
      let isLost = sequence % 10 == 0
      lines.append(
        Self.record(
          sequence, isLost ? "lost" : "ok", target: sequence % 2 == 0 ? "a" : "b",
          roundTrip: isLost ? nil : sequence * 1000))
    }
    lines.append(Self.record(301, isWarmup: true))
    let run = try read(lines + [Self.target, Self.group, Self.summary])
    let blocks = run.series[1].blocks
    #expect(run.series[0].blocks.isEmpty)
    #expect(blocks.reduce(0) { $0 + $1.resolved } == 300 && blocks.reduce(0) { $0 + $1.failed } == 30)
    // 300 outcomes: at least their cube root in each, which is 7.
    #expect(blocks.dropLast().allSatisfy { $0.resolved == 8 })
    #expect(zip(blocks, blocks.dropFirst()).allSatisfy { ($0.histogram.max ?? 0) < ($1.histogram.min ?? 0) })
    // The figures are those that the run itself gave.
    #expect(run.series[1].figures.attempted == 5)
  }

  @Test func aRunWithoutItsEndIsWhatItsRecordsAddUpTo() throws {
    let text =
      [
        Self.start, Self.record(1, roundTrip: 1000), Self.record(1, target: "b", roundTrip: 3000),
        Self.record(2, "late", roundTrip: 9000), Self.record(3, "lost", roundTrip: nil),
        Self.record(4, "icmp_error", roundTrip: 500), Self.record(5, "send_error", roundTrip: nil),
        Self.record(1, event: "duplicate"), Self.record(6, isWarmup: true), Self.record(7, roundTrip: 2000),
      ].joined(separator: "\n") + "\n"
    for cut in [
      #""#, #"{"schema":"probe6/1","event":"reco"#, #"{"schema":"probe6/1","event":"record","group":"n"}"#,
    ] {
      let run = try RunFile.read(Array((text + cut).utf8))
      #expect(run.isCut && run.badLines.isEmpty)
      #expect(run.series.map(\.target) == ["fd00::1", "b", nil])
      let first = run.series[0].figures
      #expect(
        [first.attempted, first.ok, first.late, first.lost, first.icmpErrors, first.sendErrors] == [
          6, 2, 1, 1, 1, 1,
        ])
      #expect(first.warmup == 1 && first.duplicates == 1 && first.histogram == histogram(1000, 2000))
      // J = |D| / 16, rounded.
      #expect(first.mean == Nanoseconds(1500) && first.jitter == Nanoseconds(63))
      let whole = run.series[2].figures
      #expect(whole.attempted == 7 && whole.ok == 3 && whole.histogram == histogram(1000, 2000, 3000))
      #expect(whole.attempted == whole.resolved + whole.inFlight)
    }
  }

  @Test func aSnapshotStandsUntilBetterFiguresCome() throws {
    let snapshot = Self.group.replacing(#""attempted":5"#, with: #""snapshot":true,"attempted":4"#)
    #expect(try read([Self.start, snapshot]).series.map(\.figures.attempted) == [4])
    #expect(try read([Self.start, snapshot]).isCut)
    let two = try read([Self.start, snapshot, Self.target, Self.group, Self.summary])
    #expect(two.series.map(\.target) == ["hé\"😀", nil] && !two.isCut)
    #expect(two.series[1].figures.attempted == 5)
    // Of two snapshots the later one.
    let later = snapshot.replacing(#""attempted":4"#, with: #""attempted":6"#)
    #expect(try read([Self.start, snapshot, later]).series.map(\.figures.attempted) == [6])
  }

  @Test func linesThatCannotBeReadAreListedAndTheOthersCount() throws {
    let run = try read([
      Self.start, "nonsense", Self.record(1), "", #"{"schema":"probe6/2","event":"record"}"#,
      Self.record(2, "perhaps"), Self.record(3) + "x", Self.record(4).replacing("1000000", with: "1.5"),
      Self.group.replacing("[1008,1012,1]", with: "[1008,1011,1]"),
      #"{"schema":"probe6/1","event":"gap","x":[1,{"y":null}]}"#,
      Self.summary,
    ])
    #expect(run.badLines == [2, 5, 6, 7, 8, 9] && run.badLineCount == 6)
    #expect(run.series.map(\.figures.attempted) == [1, 1])
  }

  @Test(arguments: [
    "", "\n\n", "x\n", #"{"a":1}"# + "\n", "\u{feff}",
    #"{"schema":"probe6/1","event":"start","verb":"ping"}"# + "\n",
  ])
  func whatIsNoSamplingRunIsRefused(text: String) {
    #expect {
      _ = try RunFile.read(Array(text.utf8))
    } throws: { error in
      guard case .text(let words) = (error as? PlanProblems)?.problems.first?.what else { return false }
      return PlanTextTests.has(words, "probe6 sample")
        && PlanTextTests.has(text, "ping") == PlanTextTests.has(words, "ping")
    }
  }

  @Test func aFileInPartsIsTheSameWhereverTheyAreCut() throws {
    let octets = Array(
      ([Self.start, Self.record(1), Self.target, Self.group, Self.summary].joined(separator: "\n") + "\n")
        .utf8)
    for length in [1, 7, 100, 4096] {
      var reader = RunFileReader()
      for start in stride(from: 0, to: octets.count, by: length) {
        reader.read(Array(octets[start..<min(start + length, octets.count)]))
      }
      let run = try reader.finish()
      #expect(run.series.count == 2 && !run.isCut && run.badLines.isEmpty)
      #expect(run.series[1].blocks.count == 1)
    }
  }

  @Test func aLineWithoutEndIsPassedOver() throws {
    var reader = RunFileReader()
    reader.read(Array((Self.start + "\n").utf8))
    for _ in 0..<10 { reader.read([UInt8](repeating: 0x20, count: RunFileReader.lineLimit / 4)) }
    reader.read(Array(("\n" + Self.record(1) + "\n").utf8))
    let run = try reader.finish()
    #expect(run.badLines == [2] && run.series.count == 2)
  }

  @Test func anyChangeOfAnOctetIsReadOrListedNeverTrappedOn() {
    let octets = Array(
      ([Self.start, Self.record(1), Self.target, Self.group, Self.scheduler, Self.summary].joined(
        separator: "\n")).utf8)
    var state: UInt64 = 3
    for _ in 0..<600 {
      var changed = octets
      for _ in 0..<3 {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        let pool = Array("\"\\[]{},:-0129.eut\n x".utf8)
        changed[Int(state >> 33) % octets.count] = pool[Int(state >> 20) % pool.count]
      }
      _ = try? RunFile.read(changed)
    }
  }
}

extension String {
  /// The first place where `word` stands, replaced.
  func replacing(_ word: String, with other: String) -> String {
    guard let start = indices.first(where: { self[$0...].hasPrefix(word) }) else { return self }
    return self[..<start] + other + self[index(start, offsetBy: word.count)...]
  }
}
