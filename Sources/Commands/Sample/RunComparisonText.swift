import Report

/// A comparison as a table, and as JSON lines.
extension RunComparison {
  /// Columns: group, metric, run 1, run 2, difference, its interval, verdict.
  func text(confidence: Double) -> String {
    let head = [
      "group", "metric", "run 1", "run 2", "difference", "\(LengthText.text(confidence * 100)) % interval",
      "verdict",
    ]
    var lines = [head]
    for (index, row) in rows.enumerated() {
      let isFirst = index == 0 || rows[index - 1].group != row.group
      lines.append([
        isFirst ? escaped(row.group) : "", row.metric.rawValue, Self.shown(row.first, row.metric),
        Self.shown(row.second, row.metric), Self.shown(row.difference, row.metric, isSigned: true),
        row.interval.map {
          Self.shown($0.lower, row.metric, isSigned: true) + " to "
            + Self.shown($0.upper, row.metric, isSigned: true)
        } ?? "-", row.verdictText,
      ])
    }
    let widths = head.indices.map { column in lines.map { $0[column].unicodeScalars.count }.max() ?? 0 }
    var text = ""
    for line in lines {
      var shown = ""
      for (column, cell) in line.enumerated() {
        let blanks = String(repeating: " ", count: widths[column] - cell.unicodeScalars.count)
        // Numbers stand to the right.
        shown += (2...5).contains(column) ? blanks + cell : cell + (column == head.count - 1 ? "" : blanks)
        if column < head.count - 1 { shown += "  " }
      }
      text += shown + "\n"
    }
    if rows.contains(where: { $0.resampling != .blocks }) {
      text +=
        "\nA run without records was drawn from its histogram, each probe for itself: its intervals are narrower\n"
        + "than they should be where probes near each other are alike.\n"
    }
    let worse = rows.count { $0.verdict == .worse }
    let better = rows.count { $0.verdict == .better }
    text +=
      "\n\(worse) worse, \(better) better, \(rows.count - worse - better) no more than chance or too few\n"
    return text
  }

  func json(time: Int64, confidence: Double, files: [String]) -> [UInt8] {
    var octets: [UInt8] = []
    for row in rows {
      var line = Self.line("comparison", time)
      line.put("group", row.group)
      line.put("metric", row.metric.rawValue)
      Self.put("first", row.first, row.metric, into: &line)
      Self.put("second", row.second, row.metric, into: &line)
      Self.put("difference", row.difference, row.metric, into: &line)
      Self.put("lower", row.interval?.lower, row.metric, into: &line)
      Self.put("upper", row.interval?.upper, row.metric, into: &line)
      line.put("resampling", row.resampling.rawValue)
      line.put("verdict", row.verdict.rawValue)
      octets += line.finished()
    }
    var line = Self.line("summary", time)
    line.put("verb", "compare")
    line.put("first", files[0])
    line.put("second", files[1])
    line.put("confidence", share: confidence)
    line.put("worse", Int64(rows.count { $0.verdict == .worse }))
    line.put("better", Int64(rows.count { $0.verdict == .better }))
    line.put("same", Int64(rows.count { $0.verdict == .same }))
    line.put("too_few", Int64(rows.count { $0.verdict == .tooFew }))
    return octets + line.finished()
  }

  // MARK: private parts

  private static func line(_ event: String, _ time: Int64) -> JSONLine {
    var line = JSONLine()
    line.put("schema", "probe6/1")
    line.put("event", event)
    line.put("time", time: time)
    return line
  }

  private static func put(_ key: String, _ value: Double?, _ metric: Metric, into line: inout JSONLine) {
    guard let value else { return }
    if metric == .loss {
      line.put(key + "_share", share: value)
    } else {
      line.put(key + "_ns", nanoseconds(value))
    }
  }

  /// `1.234 ms`, `0.52 %`, `-`.
  private static func shown(_ value: Double?, _ metric: Metric, isSigned: Bool = false) -> String {
    guard let value else { return "-" }
    var octets: [UInt8] = []
    if isSigned, value > 0 { octets.put("+") }
    if metric == .loss {
      octets.put(thousandths: Int64((value * 100_000).rounded()))
      octets.put(" %")
    } else {
      octets.put(milliseconds: nanoseconds(value))
      octets.put(" ms")
    }
    return String(decoding: octets, as: UTF8.self)
  }

  private static func nanoseconds(_ value: Double) -> Int64 {
    Int64(min(max(value, -9e18), 9e18).rounded())
  }
}

extension RunComparison.Row {
  var difference: Double? { first.flatMap { first in second.map { $0 - first } } }

  var verdictText: String {
    switch verdict {
    case .worse, .better: verdict.rawValue
    case .same: "no more than chance"
    case .tooFew: "too few"
    }
  }
}
