import ProbeEngine
import Statistics
import Timing
import Wire

/// Figures of a sampling run counted anew from what it told, by the definitions alone and with all records at hand.
struct NaiveSampleFigures {
  private var counts: [SampleOutcome: UInt64] = [:]
  private var warmup: UInt64 = 0
  private var duplicates: UInt64 = 0
  private var reordered: UInt64 = 0
  private var lossBursts: UInt64 = 0
  private var longestLossBurst: UInt64 = 0
  private var outage: Int64 = 0
  private var changes: [String: UInt64] = [:]
  private var allChanges: UInt64 = 0
  /// Of ok probes, in the order in which they were told.
  private var roundTrips: [Int64] = []
  /// From deadline to answer, of ok probes.
  private(set) var fromSchedule: [Int64] = []
  private var inFlight: UInt64
  private var hostTransmit: [Int64] = []

  /// Of the targets or groups whose records these are.
  init(of run: SampleScenarioRun, where isOne: (SampleRecord) -> Bool) {
    let all = run.records.filter(isOne)
    let counted = all.filter { !$0.isWarmup }
    warmup = UInt64(all.count - counted.count)
    for record in counted { counts[record.outcome, default: 0] += 1 }
    duplicates = UInt64(run.duplicates.count { isOne($0) && !$0.isWarmup })
    for record in counted where record.outcome == .ok {
      if let roundTrip = record.roundTrip {
        roundTrips.append(roundTrip.count)
        // Until it was read.
        fromSchedule.append((record.at - record.scheduledAt).count)
      }
      if let host = record.hostTransmit { hostTransmit.append(host.count) }
    }
    inFlight = 0
    var youngest: [Int: UInt64] = [:]
    for record in counted where [.ok, .late].contains(record.outcome) {
      if record.sequence < youngest[record.target, default: 0] { reordered += 1 }
      youngest[record.target] = max(youngest[record.target, default: 0], record.sequence)
    }
    // An outage that goes on ends with the last probe of the run.
    let lastSentAt = run.records.map(\.sentAt).max() ?? .zero
    for target in Set(counted.map(\.target)) {
      countBursts(
        counted.filter { $0.target == target }.sorted { $0.sequence < $1.sequence }, end: lastSentAt)
    }
    for change in run.changes {
      // Of a target that was never asked too.
      let place = SampleRecord(
        number: 0, target: change.target, group: change.group, address: .unspecified, sequence: 0,
        outcome: .lost, scheduledAt: .zero, sentAt: .zero, at: .zero)
      guard isOne(place) else { continue }
      if let kind = Self.kind(change.what) {
        changes[kind, default: 0] += 1
        allChanges += 1
      }
    }
  }

  private mutating func countBursts(_ records: [SampleRecord], end: Instant) {
    var began: Instant?
    var length: UInt64 = 0
    for record in records {
      if record.outcome == .ok {
        if let began { outage += (record.sentAt - began).count }
        (began, length) = (nil, 0)
        continue
      }
      if began == nil {
        began = record.sentAt
        lossBursts += 1
      }
      length += 1
      longestLossBurst = max(longestLossBurst, length)
    }
    if let began { outage += (end - began).count }
  }

  /// Troubles and recoveries are told, and are no change of what is there.
  private static func kind(_ what: SampleChange.What) -> String? {
    switch what {
    case .hopLimit: "hop limit"
    case .trafficClass: "traffic class"
    case .pathMTU: "path MTU"
    case .address: "address"
    case .path: "path"
    case .link: "link"
    case .neighborState: "state"
    case .trouble, .recovered: nil
    }
  }

  /// What of a group's (or a target's) counts is otherwise, in words.
  func countDifferences(from figures: SampleFigures) -> [String] {
    var differences: [String] = []
    func compare<Value: Equatable>(_ name: String, _ naive: Value, _ told: Value) {
      if naive != told { differences.append("\(name): \(told), by hand \(naive)") }
    }
    compare("ok", counts[.ok, default: 0], figures.ok)
    compare("late", counts[.late, default: 0], figures.late)
    compare("lost", counts[.lost, default: 0], figures.lost)
    compare("ICMP errors", counts[.icmpError, default: 0], figures.icmpErrors)
    compare("send errors", counts[.sendError, default: 0], figures.sendErrors)
    compare("warm-up", warmup, figures.warmup)
    compare("duplicates", duplicates, figures.duplicates)
    compare("reordered", reordered, figures.reordered)
    compare("bursts", lossBursts, figures.lossBursts)
    compare("longest burst", longestLossBurst, figures.longestLossBurst)
    compare("changes", allChanges, figures.changes)
    compare("hop limit changes", changes["hop limit", default: 0], figures.hopLimitChanges)
    compare("traffic class changes", changes["traffic class", default: 0], figures.trafficClassChanges)
    compare("path MTU changes", changes["path MTU", default: 0], figures.pathMTUChanges)
    compare("address changes", changes["address", default: 0], figures.addressChanges)
    compare("path changes", changes["path", default: 0], figures.pathChanges)
    compare("link changes", changes["link", default: 0], figures.linkChanges)
    compare("state changes", changes["state", default: 0], figures.stateChanges)
    compare("round trips", UInt64(roundTrips.count), figures.histogram.count)
    compare("minimum", roundTrips.min(), figures.histogram.min)
    compare("maximum", roundTrips.max(), figures.histogram.max)
    let resolved = counts.values.reduce(0, +)
    let failed = resolved - counts[.ok, default: 0]
    compare("loss", resolved == 0 ? nil : Double(failed) / Double(resolved), figures.loss)
    for percentile in [50.0, 90, 99, 99.9] {
      guard let told = figures.histogram.percentile(percentile), !roundTrips.isEmpty else { continue }
      let rank = Int((percentile / 100 * Double(roundTrips.count)).rounded(.up))
      let exact = roundTrips.sorted()[max(rank, 1) - 1]
      if abs(Double(told - exact)) > max(0.004 * Double(exact), 1) {
        differences.append("p\(percentile): \(told), by hand \(exact)")
      }
    }
    return differences
  }

  /// What of a target's figures is otherwise, in words; nanoseconds are equal to the last one but for rounding.
  func differences(from figures: SampleFigures) -> [String] {
    var differences = countDifferences(from: figures)
    func compare(_ name: String, _ naive: Double?, _ told: Nanoseconds?) {
      switch (naive, told) {
      case (nil, nil): break
      case (let naive?, let told?) where abs(naive - Double(told.count)) <= 1: break
      default:
        differences.append(
          "\(name): \(told.map { "\($0.count)" } ?? "-"), by hand \(naive.map { "\($0)" } ?? "-")")
      }
    }
    compare("outage", Double(outage), figures.outage)
    // Of a target with one round trip the engine keeps no more than that.
    if roundTrips.count > 1 {
      compare("host delay of sending", mean(hostTransmit.map(Double.init)), figures.hostTransmit)
    }
    let times = roundTrips.map(Double.init)
    let mean = mean(times)
    compare("mean", mean, figures.mean)
    compare(
      "deviation",
      mean.map { mean in
        (times.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(times.count)).squareRoot()
      },
      figures.deviation)
    let distances = zip(times.dropFirst(), times).map { abs($0 - $1) }
    compare("delay variation", self.mean(distances), figures.delayVariation)
    compare("jitter", jitter(distances), figures.jitter)
    return differences
  }

  private func mean(_ values: [Double]) -> Double? {
    values.isEmpty ? nil : values.reduce(0, +) / Double(values.count)
  }

  /// RFC 3550 appendix A.8, in sixteenths.
  private func jitter(_ distances: [Double]) -> Double? {
    guard !distances.isEmpty else { return nil }
    var sixteenths: Int64 = 0
    for distance in distances { sixteenths += Int64(distance) - ((sixteenths + 8) >> 4) }
    return Double((sixteenths + 8) >> 4)
  }
}
