import ProbeEngine
import Statistics
import Timing

/// What a line of a run's file says, as far as it is needed (Report/Sample/SampleJSON writes it).
struct RunLine {
  enum Event {
    case start, record, duplicate, target, group, scheduler, summary
    /// Changes, gaps, gates and what later versions add.
    case other
  }

  var isOurs = false
  var event = Event.other
  var verb: String?
  var isSnapshot = false
  var group: String?
  var target: String?
  var destination: String?
  var probe: String?
  var labels: [SamplePlan.Label] = []
  var targets: UInt64 = 0
  // Of a record.
  var outcome: SampleOutcome?
  var isWarmup = false
  var roundTrip: Int64?
  // Of figures.
  var figures = SampleFigures()
  var hostTransmit: Histogram?
  var hostReceive: Histogram?
  var delayVariation: Histogram?
  var fromSchedule: Histogram?
  var scheduleError: Histogram?
  var missed: UInt64 = 0
  var rejected: UInt64 = 0
  var stray: UInt64 = 0
  var duration: Int64?

  /// False: no JSON object, or a value of another kind than its key has.
  mutating func read(_ text: inout JSONText) -> Bool {
    text.object { text, key in
      // `schema` and `event` are first: they say what the others mean.
      switch text.octets(key).count {
      case 6 where text.equals(key, "schema"):
        guard let schema = text.rawString() else { return false }
        isOurs = text.equals(schema, "probe6/1")
        return isOurs
      case 5 where text.equals(key, "event"):
        guard let name = text.rawString() else { return false }
        event = Self.event(text, name)
        return true
      default:
        switch event {
        case .record, .duplicate: return readRecord(&text, key)
        case .target, .group, .scheduler, .summary, .start: return readFigures(&text, key)
        case .other: return text.skip()
        }
      }
    }
  }

  private static func event(_ text: JSONText, _ name: Range<Int>) -> Event {
    if text.equals(name, "record") { return .record }
    if text.equals(name, "duplicate") { return .duplicate }
    if text.equals(name, "target") { return .target }
    if text.equals(name, "group") { return .group }
    if text.equals(name, "scheduler") { return .scheduler }
    if text.equals(name, "summary") { return .summary }
    if text.equals(name, "start") { return .start }
    return .other
  }

  private mutating func readRecord(_ text: inout JSONText, _ key: Range<Int>) -> Bool {
    switch key.count {
    case 5 where text.equals(key, "group"): return set(&group, text.string())
    case 6 where text.equals(key, "target"): return set(&target, text.string())
    case 6 where text.equals(key, "rtt_ns"): return set(&roundTrip, text.integer())
    case 7 where text.equals(key, "warmup"): break
    case 7 where text.equals(key, "outcome"):
      guard let name = text.rawString() else { return false }
      outcome = Self.outcome(text, name)
      return outcome != nil
    default: break
    }
    if text.equals(key, "warmup") { return set(&isWarmup, text.truth()) }
    return text.skip()
  }

  private static func outcome(_ text: JSONText, _ name: Range<Int>) -> SampleOutcome? {
    if text.equals(name, "ok") { return .ok }
    if text.equals(name, "late") { return .late }
    if text.equals(name, "lost") { return .lost }
    if text.equals(name, "icmp_error") { return .icmpError }
    if text.equals(name, "send_error") { return .sendError }
    return nil
  }

  /// A distribution as it is written: a summary, and the buckets to rebuild it from.
  private struct Distribution {
    var histogram = Histogram()
    var mean: Nanoseconds?
    var deviation: Nanoseconds?
  }

  private mutating func readFigures(_ text: inout JSONText, _ key: Range<Int>) -> Bool {
    guard let name = text.text(key) else { return false }
    if let count = Self.counts[name] { return set(&self[keyPath: count], text.count()) }
    switch name {
    case "verb": return set(&verb, text.string())
    case "snapshot": return set(&isSnapshot, text.truth())
    case "group" where event != .start: return set(&group, text.string())
    case "target": return set(&target, text.string())
    case "destination": return set(&destination, text.string())
    case "probe": return set(&probe, text.string())
    case "labels": return readLabels(&text)
    // The summary counts them all.
    case "targets": return set(&targets, text.count())
    case "duration_ns" where event == .summary: return set(&duration, text.integer())
    case "outage_ns": return set(&figures.outage, text.integer().map { Nanoseconds($0) })
    case "jitter_ns": return set(&figures.jitter, text.integer().map { Nanoseconds($0) })
    case "delay_variation_mean_ns":
      return set(&figures.delayVariation, text.integer().map { Nanoseconds($0) })
    case "host_tx_mean_ns": return set(&figures.hostTransmit, text.integer().map { Nanoseconds($0) })
    case "host_rx_mean_ns": return set(&figures.hostReceive, text.integer().map { Nanoseconds($0) })
    case "hop_limit": return set(&figures.hopLimit, text.count().flatMap { UInt8(exactly: $0) })
    case "traffic_class": return set(&figures.trafficClass, text.count().flatMap { UInt8(exactly: $0) })
    case "path_mtu": return set(&figures.pathMTU, text.count().flatMap { UInt32(exactly: $0) })
    case "rtt_ns":
      guard let found = Self.distribution(&text) else { return false }
      (figures.histogram, figures.mean, figures.deviation) = (found.histogram, found.mean, found.deviation)
      return true
    case "host_tx_ns": return set(&hostTransmit, Self.distribution(&text)?.histogram)
    case "host_rx_ns": return set(&hostReceive, Self.distribution(&text)?.histogram)
    case "delay_variation_ns": return set(&delayVariation, Self.distribution(&text)?.histogram)
    case "from_schedule_ns": return set(&fromSchedule, Self.distribution(&text)?.histogram)
    case "schedule_error_ns": return set(&scheduleError, Self.distribution(&text)?.histogram)
    default: return text.skip()
    }
  }

  private static let counts: [String: any WritableKeyPath<RunLine, UInt64> & Sendable] = [
    "attempted": \.figures.attempted, "ok": \.figures.ok, "late": \.figures.late, "lost": \.figures.lost,
    "icmp_errors": \.figures.icmpErrors, "send_errors": \.figures.sendErrors, "in_flight": \.figures.inFlight,
    "warmup": \.figures.warmup, "duplicates": \.figures.duplicates, "reordered": \.figures.reordered,
    "loss_bursts": \.figures.lossBursts, "longest_loss_burst": \.figures.longestLossBurst,
    "hop_limit_changes": \.figures.hopLimitChanges, "traffic_class_changes": \.figures.trafficClassChanges,
    "path_mtu_changes": \.figures.pathMTUChanges, "address_changes": \.figures.addressChanges,
    "path_changes": \.figures.pathChanges, "link_changes": \.figures.linkChanges,
    "state_changes": \.figures.stateChanges, "missed": \.missed, "rejected": \.rejected, "stray": \.stray,
  ]

  private mutating func readLabels(_ text: inout JSONText) -> Bool {
    var labels: [SamplePlan.Label] = []
    let isRead = text.object { text, key in
      guard let name = text.text(key), let value = text.string() else { return false }
      labels.append(SamplePlan.Label(name: name, value: value))
      return true
    }
    self.labels = labels
    return isRead
  }

  /// Buckets are written with the end behind them.
  private static func distribution(_ text: inout JSONText) -> Distribution? {
    var found = Distribution()
    var minimum: Int64?
    var maximum: Int64?
    var buckets: [(lower: Int64, upper: Int64, count: UInt64)] = []
    var hasBuckets = false
    let isRead = text.object { text, key in
      if text.equals(key, "min") { return set(&minimum, text.integer()) }
      if text.equals(key, "max") { return set(&maximum, text.integer()) }
      if text.equals(key, "mean") { return set(&found.mean, text.integer().map { Nanoseconds($0) }) }
      if text.equals(key, "mdev") { return set(&found.deviation, text.integer().map { Nanoseconds($0) }) }
      guard text.equals(key, "histogram") else { return text.skip() }
      hasBuckets = true
      return text.array { text in
        guard let bucket = bucket(&text) else { return false }
        buckets.append(bucket)
        // Twice as many as there are is no histogram of ours.
        return buckets.count <= 20_000
      }
    }
    guard isRead else { return nil }
    guard hasBuckets else { return found }
    guard let histogram = Histogram(buckets: buckets, minimum: minimum, maximum: maximum) else { return nil }
    found.histogram = histogram
    return found
  }

  /// `[lower,end,count]`.
  private static func bucket(_ text: inout JSONText) -> (lower: Int64, upper: Int64, count: UInt64)? {
    var lower: Int64?
    var end: Int64?
    var count: UInt64?
    var index = 0
    let isRead = text.array { text in
      defer { index += 1 }
      switch index {
      case 0: return set(&lower, text.integer())
      case 1: return set(&end, text.integer())
      case 2: return set(&count, text.count())
      default: return false
      }
    }
    guard isRead, let lower, let end, let count, end > lower else { return nil }
    // The last bucket's end would be 2^63.
    return (lower, end == .max ? end : end - 1, count)
  }

  func series(_ group: String) -> RunFile.Series {
    var series = RunFile.Series(group: group, target: target, figures: figures)
    series.destination = destination
    series.probe = probe
    series.labels = labels
    series.targets = Int(clamping: targets)
    series.hostTransmit = hostTransmit
    series.hostReceive = hostReceive
    series.delayVariation = delayVariation
    series.fromSchedule = fromSchedule
    return series
  }
}

private func set<Value>(_ place: inout Value?, _ value: Value?) -> Bool {
  place = value
  return value != nil
}

private func set<Value>(_ place: inout Value, _ value: Value?) -> Bool {
  guard let value else { return false }
  place = value
  return true
}
