import ProbeEngine
import Timing

/// What is wrong with a gate: the input, and what would be right. Not escaped.
struct GateTextError: Error {
  var text: String
}

/// Reads `SCOPE: METRIC OPERATOR VALUE`.
enum GateText {
  /// The unit that a metric is measured in.
  enum Unit {
    case time, share, count
  }

  static func parse(_ input: String, groups: [String]) throws(GateTextError) -> Gate {
    let text = String(trimmed(input[...]))
    func problem(_ what: String) -> GateTextError { GateTextError(text: "gate \"\(text)\": \(what)") }
    guard let colon = scopeEnd(text) else {
      throw problem(
        "a gate is \"GROUP: METRIC OPERATOR VALUE\", such as \"\(groups.first ?? "nodes"): p99 < 2ms\"")
    }
    let scopeText = String(trimmed(text[..<colon]))
    let rest = text[text.index(after: colon)...]
    let (metricText, comparison, valueText) = try split(rest, problem)
    let scope = try scope(scopeText, groups: groups, problem)
    let metric = try metric(metricText, scope: scope, problem)
    let limit = try value(valueText, unit: unit(of: metric), metric: metricText, problem)
    return Gate(scope: scope, metric: metric, comparison: comparison, limit: limit, text: text)
  }

  /// The colon between scope and metric: a target may have colons of its own, what stands behind has none.
  private static func scopeEnd(_ text: String) -> String.Index? {
    var last: String.Index?
    var lastBeforeBlank: String.Index?
    for index in text.indices where text[index] == ":" {
      last = index
      let after = text.index(after: index)
      if after < text.endIndex, text[after] == " " || text[after] == "\t" { lastBeforeBlank = index }
    }
    return lastBeforeBlank ?? last
  }

  private static func split(
    _ text: Substring, _ problem: (String) -> GateTextError
  ) throws(GateTextError) -> (metric: String, Gate.Comparison, value: String) {
    let operators = "<>=!≤≥"
    guard let start = text.firstIndex(where: { operators.contains($0) }) else {
      throw problem("no comparison; write one of < <= > >= == != between metric and limit")
    }
    let end = text[start...].firstIndex { !operators.contains($0) } ?? text.endIndex
    let written = String(text[start..<end])
    let metric = String(trimmed(text[..<start]))
    let value = String(trimmed(text[end...]))
    if metric.isEmpty { throw problem("no metric before \(written); one of \(groupMetrics)") }
    if value.isEmpty { throw problem("no limit behind \(written)") }
    switch written {
    case "≤": return (metric, .lessOrEqual, value)
    case "≥": return (metric, .greaterOrEqual, value)
    default:
      guard let comparison = Gate.Comparison(rawValue: written) else {
        let right = ["=": "==", "=<": "<=", "=>": ">=", "<>": "!=", "===": "=="][written]
        throw problem(
          "\"\(written)\" is no comparison; write " + (right ?? "one of < <= > >= == !="))
      }
      return (metric, comparison, value)
    }
  }

  private static func scope(
    _ text: String, groups: [String], _ problem: (String) -> GateTextError
  ) throws(GateTextError) -> Gate.Scope {
    if text == "scheduler" { return .scheduler }
    let slash = text.firstIndex(of: "/")
    let group = String(slash.map { text[..<$0] } ?? text[...])
    guard groups.contains(group) else {
      var hint = "; a gate is \"GROUP: METRIC OPERATOR VALUE\""
      if let nearest = Suggestion.nearest(to: group, among: groups + ["scheduler"]) {
        hint = "; did you mean \"\(nearest)\"?"
      } else if !groups.isEmpty {
        hint = "; there is " + listed(groups) + ", and scheduler"
      }
      throw problem(
        group.isEmpty ? "no group before the colon" + hint : "no group is named \"\(group)\"" + hint)
    }
    guard let slash else { return .group(group) }
    let target = String(text[text.index(after: slash)...])
    if target == "*" { return .eachTarget(group) }
    if target.isEmpty {
      throw problem("no target behind \"/\"; write \(group)/TARGET, \(group)/* for each, or \(group) alone")
    }
    return .target(group: group, name: target)
  }

  private static let groupMetrics =
    "p50 p90 p95 p99 p99.9 (any pN) min mean max stddev jitter ipdv from_schedule_pN host_pN loss late lost icmp_errors send_errors duplicates reordered bursts longest_burst outage changes attempted ok"
  private static let schedulerMetrics = "p99_error (any pN_error) max_error missed"
  private static let named: [String: Gate.Metric] = [
    "min": .minimum, "mean": .mean, "max": .maximum, "stddev": .deviation, "jitter": .jitter,
    "ipdv": .delayVariation, "loss": .loss, "late": .late, "lost": .lost, "icmp_errors": .icmpErrors,
    "send_errors": .sendErrors, "duplicates": .duplicates, "reordered": .reordered, "bursts": .lossBursts,
    "longest_burst": .longestLossBurst, "outage": .outage, "changes": .changes, "attempted": .attempted,
    "ok": .ok,
  ]
  /// Keys of JSON lines for the same figures: a gate may be written as it is reported.
  private static let keys: [String: Gate.Metric] = [
    "mdev": .deviation, "delay_variation": .delayVariation, "loss_bursts": .lossBursts,
    "longest_loss_burst": .longestLossBurst,
  ]
  /// What others call the same.
  private static let elsewhere = [
    "avg": "mean", "average": "mean", "median": "p50", "minimum": "min", "maximum": "max",
    "deviation": "stddev", "stdev": "stddev", "sent": "attempted", "received": "ok", "dup": "duplicates",
    "errors": "icmp_errors",
  ]

  private static func metric(
    _ text: String, scope: Gate.Scope, _ problem: (String) -> GateTextError
  ) throws(GateTextError) -> Gate.Metric {
    if scope == .scheduler {
      if text == "missed" { return .missed }
      if text == "max_error" { return .scheduleError(100) }
      if text.hasPrefix("p"), text.hasSuffix("_error"), let p = percentile(text.dropLast(6)) {
        return .scheduleError(p)
      }
      throw problem("\"\(text)\" is no figure of the scheduler; one of \(schedulerMetrics)")
    }
    if let metric = named[text] ?? keys[text] { return metric }
    if let p = percentile(text[...]) { return .percentile(p) }
    if let metric = ofGroup(text) {
      guard case .group = scope else {
        throw problem("\(text) is measured for a whole group only; write \(group(of: scope)): \(text)")
      }
      return metric
    }
    if text == "missed" || text.hasSuffix("_error") {
      throw problem("\"\(text)\" is a figure of the scheduler; write \"scheduler: \(text) …\"")
    }
    let known = named.keys.sorted() + ["p50", "p90", "p95", "p99", "p99.9", "from_schedule_p99", "host_p99"]
    if let nearest = elsewhere[text] ?? Suggestion.nearest(to: text, among: known) {
      throw problem("unknown metric \"\(text)\"; did you mean \(nearest)?")
    }
    throw problem("unknown metric \"\(text)\"; one of \(groupMetrics)")
  }

  /// Distributions that are kept by group: `from_schedule_p99`, or `p99_from_schedule` as JSON lines have it.
  private static func ofGroup(_ text: String) -> Gate.Metric? {
    for (word, metric) in [
      ("from_schedule", { .fromSchedule($0) }), ("host", { .host($0) }),
    ] as [(String, (Double) -> Gate.Metric)] {
      if text.hasPrefix(word + "_"), let p = percentile(text.dropFirst(word.utf8.count + 1)) {
        return metric(p)
      }
      if text.hasSuffix("_" + word), let p = percentile(text.dropLast(word.utf8.count + 1)) {
        return metric(p)
      }
    }
    return nil
  }

  private static func group(of scope: Gate.Scope) -> String {
    switch scope {
    case .group(let name), .eachTarget(let name), .target(let name, _): name
    case .scheduler: "scheduler"
    }
  }

  /// `p99.9`.
  private static func percentile(_ text: Substring) -> Double? {
    guard text.hasPrefix("p") else { return nil }
    return decimal(String(text.dropFirst())).flatMap { (0...100).contains($0) ? $0 : nil }
  }

  static func unit(of metric: Gate.Metric) -> Unit {
    switch metric {
    case .percentile, .minimum, .mean, .maximum, .deviation, .jitter, .delayVariation, .fromSchedule, .host,
      .outage, .scheduleError:
      .time
    case .loss, .late, .lost, .icmpErrors, .sendErrors: .share
    case .duplicates, .reordered, .lossBursts, .longestLossBurst, .changes, .attempted, .ok, .missed: .count
    }
  }

  private static func value(
    _ text: String, unit: Unit, metric: String, _ problem: (String) -> GateTextError
  ) throws(GateTextError) -> Gate.Value {
    switch unit {
    case .time:
      if let plain = decimal(text) {
        guard plain == 0 else {
          throw problem("\(text) of what? \(metric) is a time: write \(text)ms or \(text)s")
        }
        return .time(.zero)
      }
      guard let time = try? NumberText.seconds(text, allowsUnits: true), time >= .zero else {
        throw problem("\"\(text)\" is no length of time, and \(metric) is one; write such as 2ms or 1.5s")
      }
      return .time(time)
    case .share:
      let isPercent = text.hasSuffix("%")
      guard let number = decimal(String(trimmed(isPercent ? text.dropLast() : text[...]))) else {
        throw problem("\"\(text)\" is no share, and \(metric) is one; write such as 0.1% or 0.001")
      }
      if isPercent {
        guard number <= 100 else { throw problem("\(text) is more than all; a share is 0% to 100%") }
        return .share(number / 100)
      }
      // "loss < 1" would hold whatever happens, and whoever writes it means one percent.
      guard number < 1 else {
        throw problem(
          "\(text) without % would be \(text) times all; write \(text)%, or a fraction such as 0.01")
      }
      return .share(number)
    case .count:
      guard let number = try? NumberText.integer(text), let count = UInt64(exactly: number) else {
        throw problem("\"\(text)\" is no count, and \(metric) is one; write a whole number such as 0")
      }
      return .count(count)
    }
  }

  /// Digits, perhaps with a point between them; at most 18, which is exact enough for a limit.
  private static func decimal(_ text: String) -> Double? {
    let digits = text.utf8
    guard let first = digits.first, let last = digits.last, digits.count <= 18,
      first != UInt8(ascii: "."), last != UInt8(ascii: "."),
      digits.allSatisfy({ (0x30...0x39).contains($0) || $0 == UInt8(ascii: ".") }),
      digits.count(where: { $0 == UInt8(ascii: ".") }) <= 1
    else { return nil }
    return Double(text)
  }

  static func trimmed(_ text: Substring) -> Substring {
    var text = text
    while let first = text.first, first == " " || first == "\t" { text = text.dropFirst() }
    while let last = text.last, last == " " || last == "\t" { text = text.dropLast() }
    return text
  }

  static func listed(_ words: [String]) -> String {
    let shown = words.prefix(8).map { "\"\($0)\"" }.joined(separator: ", ")
    return words.count > 8 ? shown + " …" : shown
  }
}
