import ProbeEngine
import Report
import Simulator
import Statistics
import Testing
import Timing
import Wire

/// A scenario's text of which everything is drawn from the seed.
private struct RandomScenario {
  private var random: RandomNumbers
  private(set) var text = ""

  init(seed: UInt64) {
    random = RandomNumbers(seed: seed)
    let hosts = 6
    line("seed \(random.next() >> 32)")
    line("duration \(2 + pick(4))s")
    if chance(30) { line("warmup \(200 + pick(800))ms") }
    if chance(30) { line("splay \(pick(500))ms") }
    if chance(30) { line("wake \(pick(3_000))us") }
    if chance(30) { line("host-transmit \(pick(300))us") }
    if chance(30) { line("host-receive \(pick(300))us") }
    if chance(20) { line("no-stamps") }
    let groups = 1 + pick(3)
    for group in 0..<groups {
      let probe = ["echo", "echo", "udp", "udp-any", "tcp", "tcp-any"][pick(6)]
      var words = ["group g\(group) \(probe) interval=\([20, 50, 130, 1_000][pick(4)])ms"]
      words.append("timeout=\([30, 200, 700][pick(3)])ms late=\([0, 50, 400][pick(3)])ms")
      if chance(30) { words.append("poisson") } else if chance(20) { words.append("spacing=\(pick(30))ms") }
      if chance(30) { words.append("count=\(1 + pick(40))") }
      if chance(30) { words.append("trouble=\(1 + pick(3))") }
      if chance(50), probe != "tcp" { words.append("size=\([8, 16, 23, 56, 200][pick(5)])") }
      line(words.joined(separator: " "))
    }
    for group in 0..<groups {
      for host in 1...(1 + pick(hosts)) {
        line("g\(group) 2001:db8::\(host) \(pick(300))ms port=\(1 + pick(3)) \(behaviour())")
      }
    }
    line("- 2001:db8::99 \(pick(300))ms \(behaviour())")
    for _ in 0..<pick(8) {
      let time = "\(pick(5_000))ms"
      // A host that stands in every first group.
      switch pick(6) {
      case 0: line("at \(time) stall \(pick(1_500))ms")
      case 1: line("at \(time) errno \([0, 101, 105][pick(3)])")
      case 2: line("at \(time) renumber 2001:db8::1 2001:db8::99")
      case 3: line("at \(time) renumber 2001:db8::99 -")
      case 4: line("at \(time) stop")
      default: line("at \(time) 2001:db8::1 \(behaviour())")
      }
    }
  }

  private mutating func line(_ words: String) { text += words + "\n" }
  private mutating func pick(_ count: Int) -> Int { Int(random.next() >> 33) % count }
  private mutating func chance(_ percent: Int) -> Bool { pick(100) < percent }

  private mutating func behaviour() -> String {
    var words: [String] = []
    if chance(30) { words.append("jitter=\(pick(100))ms") }
    if chance(20) { words.append("tail=\(pick(100))ms") }
    if chance(20) { words.append("loses=\(1 + pick(9))") }
    if chance(20) { words.append("loss=0.\(pick(5)) burst=\(1 + pick(5))") }
    if chance(20) { words.append("copies=\(1 + pick(3))/\(1 + pick(5))") }
    if chance(20) { words.append("holds=\(1 + pick(5))/\(pick(1_000))ms") }
    if chance(20) { words.append("hops=\(1 + pick(3))") }
    if chance(20) { words.append("class=\(pick(3))") }
    words.append(
      ["answers", "answers", "answers", "silent", "closed", "error=1/\(pick(5))", "error=2/0/1300"][pick(7)])
    return words.joined(separator: " ")
  }
}

@Suite struct SampleRandomScenarioTests {
  @Test(arguments: 0..<10)
  func `whatever happens, each probe has one outcome and figures are what records say`(
    block: UInt64
  ) throws {
    for seed in block * 12..<(block + 1) * 12 {
      let text = RandomScenario(seed: seed).text
      let run = try SampleScenarioRun(parsing: text)
      var problems: [String] = []
      for target in run.state.targets.indices {
        let naive = NaiveSampleFigures(of: run, where: { $0.target == target })
        problems += naive.differences(from: run.figures(target)).map { "target \(target): " + $0 }
      }
      for (group, figures) in run.state.summary.groups.enumerated() {
        let naive = NaiveSampleFigures(of: run, where: { $0.group == group })
        problems += naive.countDifferences(from: figures).map { "group \(group): " + $0 }
        if figures.attempted != figures.resolved || figures.inFlight != 0 {
          problems.append("in flight at the end")
        }
      }
      let numbers = run.records.map(\.number)
      if Set(numbers).count != numbers.count { problems.append("a probe with two records") }
      if numbers.max().map({ Int($0) + 1 }) ?? 0 != numbers.count {
        problems.append("a probe without a record")
      }
      let missed = run.gaps.reduce(0) { $0 + $1.gap.skipped }
      if run.state.summary.scheduler.missed != UInt64(missed) { problems.append("missed") }
      for record in run.records where record.sentAt < record.scheduledAt || record.at < record.sentAt {
        problems.append("probe \(record.number) is out of its time")
      }
      #expect(problems == [], "seed \(seed):\n\(text)")
    }
  }
}
