import Statistics

extension TraceJSONReply {
  /// The figures of one hop over all rounds.
  func put(_ hop: HopStatistics, into line: inout JSONLine) {
    line.array("addresses", hop.addresses) { entry, octets in
      octets.append(
        contentsOf: JSONLine.element { object in
          object.put(
            "address", entry.address.address, zone: entry.address.zone, names: run.interfaceNames)
          object.put("name", ifKnown: names.names[entry.address])
          object.put("as", ifKnown: names.systems?(entry.address.address))
          object.put("answers", entry.answers)
        })
    }
    if hop.isArrival { line.put("reached", true) }
    line.put("sent", hop.sent)
    line.put("replied", hop.replied)
    line.put("late", hop.late)
    line.put("lost", hop.lost)
    line.put("send_failed", hop.sendFailed)
    guard let least = hop.times.min, let mean = hop.times.mean, let greatest = hop.times.max else { return }
    line.object("rtt_ns") { object in
      object.put("min", least)
      object.put("mean", mean)
      object.put("max", greatest)
      object.put("mdev", hop.times.deviation ?? 0)
      for (key, percent) in [("p50", 50), ("p90", 90), ("p95", 95), ("p99", 99), ("p999", 99.9)] {
        object.put(key, hop.histogram.percentile(percent) ?? 0)
      }
    }
    if let jitter = hop.jitter.value { line.put("jitter_ns", jitter) }
  }
}
