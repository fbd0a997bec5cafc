import ProbeEngine
import Timing

/// What fping 5.5 writes for other programs: JSON lines (`-J`) and netdata's protocol (`-N`). Names are escaped as
/// JSON wants it, which the original's are not.
extension FpingText {
  func putJSONAnswer(_ record: SampleRecord, _ roundTrip: Int64, at time: Int64, into out: inout [UInt8]) {
    putJSONStart("resp", record, at: time, into: &out)
    out.put(", \"size\": ")
    out.put(decimal: record.octets)
    out.put(", \"rtt\": ")
    out.put(fping: roundTrip)
    if options.showsSource { out.put(", \"src\": \"not supported\"") }
    if options.showsTrafficClass {
      out.put(", \"tos\": ")
      out.put(decimal: record.trafficClass.map { Int($0) } ?? -1)
    }
    if options.showsHopLimit {
      out.put(", \"ttl\": ")
      out.put(decimal: record.hopLimit.map { Int($0) } ?? -1)
    }
    out.put("}}\n")
  }

  func putJSONTimeout(_ record: SampleRecord, at time: Int64, into out: inout [UInt8]) {
    putJSONStart("timeout", record, at: time, into: &out)
    out.put("}}\n")
  }

  private func putJSONStart(
    _ kind: String, _ record: SampleRecord, at time: Int64, into out: inout [UInt8]
  ) {
    out.put("{\"\(kind)\": {")
    if let form = options.timestamp {
      out.put("\"timestamp\": \"")
      out.put(fpingTime: time, form, offset: run.localOffset(time / 1_000_000_000))
      out.put("\", ")
    }
    out.put("\"host\": ")
    run.putJSON(name: record.target, into: &out)
    out.put(", \"seq\": ")
    out.put(decimal: probe(of: record))
  }

  func putJSONInterval(now: Int64, into out: inout [UInt8]) {
    for target in tallies.indices {
      out.put("{\"intSum\": {\"time\": ")
      out.put(decimal: now / 1_000_000_000)
      out.put(",\"host\": ")
      run.putJSON(name: target, into: &out)
      putJSONFigures(latest(target), into: &out)
      out.put("}}\n")
    }
  }

  func putJSONSummary(into out: inout [UInt8]) {
    for target in tallies.indices {
      out.put(roundTrips == nil ? "{\"summary\": {\"host\": " : "{\"vSum\": {\"host\": ")
      run.putJSON(name: target, into: &out)
      if let roundTrips {
        out.put(", \"values\": [")
        for probe in 0..<tallies[target].sent {
          if probe > 0 { out.put(", ") }
          if let roundTrip = roundTrips[probe, of: target] {
            out.put(fping: roundTrip)
          } else {
            out.put("null")
          }
        }
        out.put("]")
      } else {
        putJSONFigures(tallies[target], into: &out)
      }
      out.put("}}\n")
    }
  }

  private func putJSONFigures(_ tally: FpingTally, into out: inout [UInt8]) {
    out.put(", \"xmt\": ")
    out.put(decimal: tally.sent)
    out.put(", \"rcv\": ")
    out.put(decimal: tally.received)
    out.put(", \"loss\": ")
    out.put(decimal: tally.loss)
    if options.showsOutage {
      out.put(", \"outage(ms)\": ")
      out.put(decimal: outage(tally))
    }
    guard let average = tally.average else { return }
    putJSONRoundTrips(tally.minimum, average, tally.maximum, into: &out)
  }

  private func putJSONRoundTrips(
    _ minimum: Int64, _ average: Int64, _ maximum: Int64, into out: inout [UInt8]
  ) {
    out.put(", \"rttMin\": ")
    out.put(fping: minimum)
    out.put(", \"rttAvg\": ")
    out.put(fping: average)
    out.put(", \"rttMax\": ")
    out.put(fping: maximum)
  }

  func putJSONStatistics(_ sent: UInt64, _ received: UInt64, _ elapsed: Nanoseconds, into out: inout [UInt8])
  {
    let targets = UInt64(tallies.count)
    let counts: [(String, UInt64)] = [
      ("targets", targets), ("alive", alive), ("unreachable", targets - alive),
      ("unknownAddresses", run.unknown), ("timeouts", timeouts), ("icmpEchosSent", sent),
      ("icmpEchoRepliesReceived", received), ("otherIcmpReceived", errors),
    ]
    out.put("{\"stats\": {")
    for (index, (name, count)) in counts.enumerated() {
      out.put(index == 0 ? "\"\(name)\": " : ", \"\(name)\": ")
      out.put(decimal: count)
    }
    putJSONRoundTrips(all.minimum, all.average ?? 0, all.maximum, into: &out)
    out.put(", \"elapsed\": ")
    out.put(milliseconds: elapsed.count / 1_000)
    out.put("}}\n")
  }

  /// A name that has no address.
  package static func putJSONWarning(name: String, message: String, into out: inout [UInt8]) {
    out.put("{\"warning\": {\"host\": \"")
    Escape.json(name.utf8, into: &out)
    out.put("\", \"message\": \"")
    Escape.json(message.utf8, into: &out)
    out.put("\"}}\n")
  }

  // MARK: netdata

  func putCharts(into out: inout [UInt8]) {
    for target in tallies.indices {
      let tally = latest(target)
      putChart(
        target, "packets", "'FPing Packets' packets", "line 110020",
        ["xmt sent absolute 1 1", "rcv received absolute 1 1"], into: &out)
      putSet("xmt", tally.sent, into: &out)
      putSet("rcv", tally.received, into: &out)
      out.put("END\n")
      putChart(
        target, "quality", "'FPing Quality' percentage", "area 110010", ["returned '' absolute 1 1"],
        into: &out)
      putSet("returned", tally.returned, into: &out)
      out.put("END\n")
      putChart(
        target, "latency", "'FPing Latency' ms", "area 110000",
        [
          "min minimum absolute 1 1000000", "max maximum absolute 1 1000000",
          "avg average absolute 1 1000000",
        ],
        into: &out)
      if let average = tally.average {
        putSet("min", UInt64(clamping: tally.minimum), into: &out)
        putSet("avg", UInt64(clamping: average), into: &out)
        putSet("max", UInt64(clamping: tally.maximum), into: &out)
      }
      out.put("END\n")
    }
  }

  /// Describes the chart the first time, and begins a set of its values.
  private func putChart(
    _ target: Int, _ kind: String, _ title: String, _ form: String, _ dimensions: [String],
    into out: inout [UInt8]
  ) {
    if !hasCharts {
      out.put("CHART fping.")
      run.putChart(name: target, into: &out)
      out.put("_\(kind) '' \(title) '")
      // A quote would end the word early.
      var name: [UInt8] = []
      run.put(name: target, into: &name)
      for octet in name { out.put(octet == 0x27 ? 0x5f : octet) }
      out.put("' fping.\(kind) \(form) ")
      let seconds = Double(options.reportInterval?.count ?? 0) / 1e9
      out.put(decimal: UInt64(max(seconds.rounded(.toNearestOrEven), 0)))
      out.put(0x0a)
      for dimension in dimensions { out.put("DIMENSION \(dimension)\n") }
    }
    out.put("BEGIN fping.")
    run.putChart(name: target, into: &out)
    out.put("_\(kind)\n")
  }

  private func putSet(_ name: String, _ value: UInt64, into out: inout [UInt8]) {
    out.put("SET \(name) = ")
    out.put(decimal: value)
    out.put(0x0a)
  }
}
