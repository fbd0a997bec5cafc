package import ProbeEngine
import Timing

/// What became of a gate, in words: one line for each.
package enum GateText {
  package struct Options: Sendable {
    package var isUTF8 = true
    package var isColored = false
    package init() {}
  }

  /// `✓ nodes: p99 < 2ms   (1.512 ms)`. `target`: who decided.
  package static func put(
    _ result: GateResult, target: String? = nil, _ options: Options, into out: inout [UInt8]
  ) {
    let mark = result.held ? (options.isUTF8 ? "✓" : "OK  ") : (options.isUTF8 ? "✗" : "FAIL")
    if options.isColored { out.put(result.held ? "\u{1b}[32m" : "\u{1b}[31m") }
    out.put(mark)
    if options.isColored { out.put("\u{1b}[0m") }
    out.put(" ")
    Escape.text(result.gate.text, into: &out)
    out.put(result.held ? ": held, " : ": failed, ")
    putMeasured(result, target: target, into: &out)
    out.put("\n")
  }

  /// `1.512 ms`, `2.34 % (fd00::1)`, `nothing was measured`.
  static func putMeasured(_ result: GateResult, target: String?, into out: inout [UInt8]) {
    if let measured = result.measured {
      put(measured, into: &out)
    } else {
      out.put("nothing was measured")
    }
    if let target {
      out.put(" (")
      Escape.text(target, into: &out)
      out.put(")")
    }
  }

  static func put(_ value: Gate.Value, into out: inout [UInt8]) {
    switch value {
    case .time(let time): out.put(duration: time)
    // Near its limit two digits would not tell why it failed.
    case .share(let share): out.put(honestPercent: share, further: 2)
    case .count(let count): out.put(decimal: count)
    }
  }

  /// A metric as a plan names it: `p99`, `from_schedule_p99.9`, `longest_burst`.
  package static func name(_ metric: Gate.Metric) -> String {
    switch metric {
    case .percentile(let percent): percentile(percent)
    case .minimum: "min"
    case .mean: "mean"
    case .maximum: "max"
    case .deviation: "stddev"
    case .jitter: "jitter"
    case .delayVariation: "ipdv"
    case .fromSchedule(let percent): "from_schedule_" + percentile(percent)
    case .host(let percent): "host_" + percentile(percent)
    case .loss: "loss"
    case .late: "late"
    case .lost: "lost"
    case .icmpErrors: "icmp_errors"
    case .sendErrors: "send_errors"
    case .duplicates: "duplicates"
    case .reordered: "reordered"
    case .lossBursts: "bursts"
    case .longestLossBurst: "longest_burst"
    case .outage: "outage"
    case .changes: "changes"
    case .attempted: "attempted"
    case .ok: "ok"
    case .scheduleError(100): "max_error"
    case .scheduleError(let percent): percentile(percent) + "_error"
    case .missed: "missed"
    }
  }

  /// `p99`, `p99.9`.
  private static func percentile(_ percent: Double) -> String {
    let text = percent.isFinite ? percent.description : "0"
    return "p" + (text.hasSuffix(".0") ? String(text.dropLast(2)) : text)
  }
}

extension [UInt8] {
  /// A length of time with a unit that suits it and three decimals at most: `870 ns`, `12.346 us`, `1.5 ms`, `2 s`.
  mutating func put(duration time: Nanoseconds) {
    let magnitude = time.count.magnitude
    if time.count < 0 { put(0x2d) }
    switch magnitude {
    case ..<1_000:
      put(decimal: magnitude)
      put(" ns")
    case ..<1_000_000: put(trimmed: magnitude, " us")
    case ..<999_999_500: put(trimmed: (magnitude + 500) / 1_000, " ms")
    default: put(trimmed: (magnitude / 1_000 + 500) / 1_000, " s")
    }
  }

  /// Thousandths without zeros at the end, and a unit.
  private mutating func put(trimmed thousandths: UInt64, _ unit: String) {
    put(thousandths: Int64(thousandths))
    while last == 0x30 { removeLast() }
    if last == 0x2e { removeLast() }
    put(unit)
  }

  /// A share of one as percent, with the decimals that it takes to tell it from none and from all: 0.1 % of 10,000 is
  /// not 0 %, and one answer of a million is not 100 %.
  ///
  /// - Parameter further: more decimals than those.
  mutating func put(honestPercent share: Double, further: Int = 0) {
    guard share.isFinite, share > 0 else { return put("0 %") }
    guard share < 1 else { return put("100 %") }
    // The side that is nearer decides how many decimals are needed.
    let rare = Swift.min(share, 1 - share)
    var decimals = 1
    var bound = 0.01
    while rare < bound, decimals < 7 {
      decimals += 1
      bound /= 10
    }
    decimals += Swift.min(Swift.max(further, 0), 4)
    var scale = 100.0
    for _ in 0..<decimals { scale *= 10 }
    var digits = UInt64((share * scale).rounded())
    let all = UInt64(scale)
    digits = Swift.min(Swift.max(digits, 1), all - 1)
    var unit: UInt64 = 1
    for _ in 0..<decimals { unit *= 10 }
    // Zeros at the end say nothing.
    while decimals > 0, digits % 10 == 0 {
      digits /= 10
      unit /= 10
      decimals -= 1
    }
    put(decimal: digits / unit)
    if decimals > 0 {
      put(0x2e)
      put(decimal: digits % unit, width: decimals)
    }
    put(" %")
  }
}
