import ProbeEngine
import Statistics
import Timing

/// The series that a report has for each of its families: one for each target, or one for the whole of a large
/// group.
struct OpenMetricsSeries: Sequence {
  private struct Source {
    var target: Int?
    var group: Int
    /// Told apart where several targets have one name.
    var name: String?
  }

  private let run: SampleRun
  private let targets: [SampleFigures]
  private let groups: [SampleFigures]
  private let groupLabels: [[UInt8]]
  private var sources: [Source] = []

  init(_ report: borrowing SampleReport, maximumTargets: Int) {
    let run = report.run
    self.run = run
    targets = report.targets
    groups = report.summary.groups
    groupLabels = run.configuration.groups.indices.map { Self.labels(ofGroup: $0, run) }
    for group in run.configuration.groups.indices {
      let range = run.targets(of: group)
      guard range.count <= maximumTargets else {
        sources.append(Source(target: nil, group: group, name: nil))
        continue
      }
      var names: Set<String> = []
      for target in range {
        var name = run.name(of: target)
        if !names.insert(name).inserted {
          name += " [\(run.address(of: target) ?? "")] #\(target)"
          names.insert(name)
        }
        sources.append(Source(target: target, group: group, name: name))
      }
    }
  }

  func makeIterator() -> AnyIterator<(labels: [UInt8], figures: SampleFigures)> {
    var rest = sources.makeIterator()
    return AnyIterator {
      while let source = rest.next() {
        if let target = source.target {
          if targets.indices.contains(target) { return (labels(of: source), targets[target]) }
        } else if groups.indices.contains(source.group) {
          return (labels(of: source), groups[source.group])
        }
      }
      return nil
    }
  }

  /// Those that stand for one target.
  var targetLabels: AnySequence<(Int, [UInt8])> {
    AnySequence(sources.lazy.compactMap { source in source.target.map { ($0, labels(of: source)) } })
  }

  private func labels(of source: Source) -> [UInt8] {
    guard let name = source.name else { return groupLabels[source.group] }
    return groupLabels[source.group] + Self.label("target", name, isFirst: false)
  }

  // MARK: - Labels

  /// Names that this tool gives meaning to.
  private static let ownNames: Set<String> = [
    "group", "target", "outcome", "le", "address", "gate", "version", "quantile",
  ]

  /// `group="nodes",cluster="prod-a"`: the group's name, and the labels of the plan.
  static func labels(ofGroup group: Int, _ run: SampleRun) -> [UInt8] {
    var octets = label("group", run.groupName(group), isFirst: true)
    var taken = ownNames
    for item in run.labels.indices.contains(group) ? run.labels[group] : [] {
      var name = validName(item.name)
      while !taken.insert(name).inserted { name += "_" }
      octets += label(name, item.value, isFirst: false)
    }
    return octets
  }

  /// `[a-zA-Z_][a-zA-Z0-9_]*`, not beginning with two underscores: those are Prometheus's own.
  static func validName(_ name: String) -> String {
    var octets: [UInt8] = []
    for octet in name.utf8 {
      switch octet {
      case 0x30...0x39, 0x41...0x5a, 0x61...0x7a, 0x5f: octets.put(octet)
      default: octets.put(0x5f)
      }
    }
    if octets.isEmpty || (0x30...0x39).contains(octets[0]) || octets.starts(with: [0x5f, 0x5f]) {
      octets.insert(contentsOf: "label_".utf8, at: 0)
    }
    return String(decoding: octets, as: UTF8.self)
  }

  /// What is harmful in the value is escaped as for people first, its own backslashes aside; then all as the format has
  /// it.
  static func label(_ name: String, _ value: String, isFirst: Bool) -> [UInt8] {
    var octets: [UInt8] = isFirst ? [] : [0x2c]
    octets.put(name)
    octets.put("=\"")
    var isLater = false
    for part in value.utf8.split(separator: 0x5c, omittingEmptySubsequences: false) {
      if isLater { octets.put("\\\\") }
      isLater = true
      var escaped: [UInt8] = []
      Escape.text(part, into: &escaped)
      for octet in escaped {
        if octet == 0x5c || octet == 0x22 { octets.put(0x5c) }
        octets.put(octet)
      }
    }
    octets.put("\"")
    return octets
  }
}

/// Parts of the text of OpenMetrics.
extension [UInt8] {
  enum OpenMetricsType: String {
    case gauge, histogram
  }

  /// Upper ends of buckets, nanoseconds: 1, 1.5, 2, 3, 5, 7 of each decade from 10 µs, and 10, 20, 30, 60 s. Finer
  /// ones would make files of thousands of targets unwieldy; exact percentiles are in the JSON lines.
  static let openMetricsBounds: [Int64] = {
    var bounds: [Int64] = []
    var decade: Int64 = 10_000
    while decade < 10_000_000_000 {
      bounds += [10, 15, 20, 30, 50, 70].map { decade / 10 * $0 }
      decade *= 10
    }
    return bounds + [10, 20, 30, 60].map { $0 * 1_000_000_000 }
  }()

  mutating func begin(_ name: String, _ type: OpenMetricsType? = nil, unit: String? = nil, help: String) {
    put("# HELP \(name) \(help)\n")
    if let type { put("# TYPE \(name) \(type.rawValue)\n") }
    if let unit { put("# UNIT \(name) \(unit)\n") }
  }

  mutating func sample(_ name: String, _ labels: [UInt8], _ value: UInt64) {
    put(series: name, labels)
    put(decimal: value)
    put("\n")
  }

  mutating func sample(_ name: String, _ labels: [UInt8], seconds nanoseconds: Int64) {
    put(series: name, labels)
    put(seconds: nanoseconds)
    put("\n")
  }

  /// Buckets, sum and count. A bucket of ours that holds a bound counts where its middle is. Without a mean the sum
  /// is that of the middles, within 0.4 %.
  mutating func put(histogram name: String, _ labels: [UInt8], _ histogram: Histogram, mean: Nanoseconds?) {
    let bounds = Self.openMetricsBounds
    var counts = [UInt64](repeating: 0, count: bounds.count)
    var sum = 0.0
    var index = 0
    for bucket in histogram.buckets {
      let middle = bucket.lower + (bucket.upper - bucket.lower) / 2
      while index < bounds.count, bounds[index] < middle { index += 1 }
      if index < bounds.count { counts[index] &+= bucket.count }
      sum += Double(middle) * Double(bucket.count)
    }
    if let mean { sum = Double(mean.count) * Double(histogram.count) }
    let separator = labels.isEmpty ? "le=\"" : ",le=\""
    var below: UInt64 = 0
    for (bound, count) in zip(bounds, counts) {
      below &+= count
      put(name)
      put("_bucket{")
      append(contentsOf: labels)
      put(separator)
      put(seconds: bound)
      put("\"} ")
      put(decimal: below)
      put("\n")
    }
    put(name)
    put("_bucket{")
    append(contentsOf: labels)
    put(separator)
    put("+Inf\"} ")
    put(decimal: histogram.count)
    put("\n")
    sample(name + "_count", labels, histogram.count)
    put(series: name + "_sum", labels)
    put((sum / 1e9).description)
    put("\n")
  }

  private mutating func put(series name: String, _ labels: [UInt8]) {
    put(name)
    if !labels.isEmpty {
      put("{")
      append(contentsOf: labels)
      put("}")
    }
    put(" ")
  }

  /// As the nearest binary64 is written in the fewest digits: `0.001`, `1.5e-05`, `60.0`.
  private mutating func put(seconds nanoseconds: Int64) { put((Double(nanoseconds) / 1e9).description) }
}
