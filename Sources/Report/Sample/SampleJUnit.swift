package import ProbeEngine
package import Timing

/// The gates of a run as JUnit XML, as CI systems read it: a test case for each gate, at the end of the run.
package struct SampleJUnit: SampleWriter {
  package init() {}

  package mutating func begin(_ run: SampleRun, at now: Instant, wall: WallClock, into out: inout [UInt8]) {}
  package mutating func reloaded(_ run: SampleRun, at now: Instant, wall: WallClock, into out: inout [UInt8])
  {}
  package mutating func write(_ event: SampleEvent, wall: WallClock, into out: inout [UInt8]) {}

  package mutating func write(_ report: borrowing SampleReport, wall: WallClock, into out: inout [UInt8]) {
    guard report.isLast else { return }
    let run = report.run
    let duration = (report.summary.at - report.summary.startedAt).count
    out.put("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n<testsuite name=\"")
    out.put(xml: run.plan.map { "probe6 sample " + $0 } ?? "probe6 sample")
    out.put("\" tests=\"")
    out.put(decimal: report.gates.count)
    out.put("\" failures=\"")
    out.put(decimal: report.gates.count { !$0.held })
    out.put("\" errors=\"0\" skipped=\"0\" time=\"")
    out.put(thousandths: duration / 1_000_000)
    out.put("\" timestamp=\"")
    WallTime(nanosecondsSinceEpoch: wall.nanoseconds(at: report.summary.startedAt)).putSeconds(into: &out)
    out.put("\" hostname=\"")
    out.put(xml: run.host)
    out.put("\">\n")
    for gate in report.gates {
      Self.put(gate, target: gate.target.flatMap { run.nameIfKnown(of: $0) }, into: &out)
    }
    out.put("</testsuite>\n</testsuites>\n")
  }

  private static func put(_ result: GateResult, target: String?, into out: inout [UInt8]) {
    out.put("<testcase classname=\"probe6.")
    switch result.gate.scope {
    case .group(let group), .eachTarget(let group), .target(let group, _): out.put(xml: group)
    case .scheduler: out.put("scheduler")
    }
    out.put("\" name=\"")
    out.put(xml: result.gate.text)
    var measured: [UInt8] = []
    GateText.putMeasured(result, target: target, into: &measured)
    if result.held {
      out.put("\" time=\"0\"><system-out>")
      out.put(xmlEscaped: measured)
      out.put("</system-out></testcase>\n")
    } else {
      out.put("\" time=\"0\"><failure type=\"gate\" message=\"")
      out.put(xmlEscaped: measured)
      out.put("\">")
      out.put(xml: result.gate.text)
      out.put(": ")
      out.put(xmlEscaped: measured)
      out.put("</failure></testcase>\n")
    }
  }
}

extension [UInt8] {
  /// Text of others in XML 1.0, inside an element or an attribute: escaped as for people first, so that no character
  /// is left that XML does not allow.
  fileprivate mutating func put(xml text: String) {
    var escaped: [UInt8] = []
    Escape.text(text, into: &escaped)
    put(xmlEscaped: escaped)
  }

  fileprivate mutating func put(xmlEscaped text: [UInt8]) {
    for octet in text {
      switch octet {
      case 0x26: put("&amp;")
      case 0x3c: put("&lt;")
      case 0x3e: put("&gt;")
      case 0x22: put("&quot;")
      default: put(octet)
      }
    }
  }
}
