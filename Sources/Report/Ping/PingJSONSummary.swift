import ProbeEngine
import Timing

/// The keys that a summary and a snapshot of a ping share.
enum PingJSONSummary {
  static func put(_ summary: PingSummary, includesHistogram: Bool, into line: inout JSONLine) {
    line.put("duration_ns", (summary.endedAt - summary.startedAt).count)
    line.put("attempted", summary.attempted)
    line.put("sent", summary.sent)
    line.put("replied", summary.replied)
    line.put("corrupted", summary.corrupted)
    line.put("late", summary.late)
    line.put("icmp_errors", summary.icmpErrors)
    line.put("lost", summary.lost)
    line.put("send_failed", summary.sendFailed)
    line.put("in_flight", summary.inFlight)
    line.put("duplicates", summary.duplicates)
    line.put("reordered", summary.reordered)
    line.put("reordering_extent", summary.maximumReorderingExtent)
    line.put("extra_icmp_errors", summary.extraErrors)
    line.put("rejected", summary.rejected)
    line.object("rejected_by_reason") { object in
      for (reason, count) in RejectionText.counted(summary) { object.put(RejectionText.name(reason), count) }
    }
    line.put("loss_bursts", summary.lossBursts)
    line.put("longest_loss_burst", summary.longestLossBurst)
    put("rtt_ns", summary.roundTrip, into: &line)
    if summary.roundTrip != nil {
      line.object("rtt_sources") { object in
        for source in [RoundTripSource.kernel, .capture, .user] {
          let index = Int(source.rawValue)
          guard summary.roundTripSources.indices.contains(index) else { continue }
          object.put(RoundTripText.name(source), summary.roundTripSources[index])
        }
      }
    }
    put("host_tx_ns", summary.hostTransmit, into: &line)
    put("host_rx_ns", summary.hostReceive, into: &line)
    if let jitter = summary.jitter { line.put("jitter_ns", jitter.count) }
    if let error = summary.scheduleError {
      line.object("schedule_error_ns") { object in
        object.put("p50", error.p50.count)
        object.put("p99", error.p99.count)
        object.put("max", error.maximum.count)
      }
      line.put("missed", error.missed)
    }
    guard includesHistogram, !summary.histogram.isEmpty else { return }
    line.array("histogram", summary.histogram) { bucket, octets in
      octets.put(0x5b)
      octets.put(decimal: bucket.lower)
      octets.put(0x2c)
      octets.put(decimal: bucket.upper)
      octets.put(0x2c)
      octets.put(decimal: bucket.count)
      octets.put(0x5d)
    }
  }

  private static func put(_ key: String, _ times: RoundTripSummary?, into line: inout JSONLine) {
    guard let times else { return }
    line.object(key) { object in
      object.put("min", times.minimum.count)
      object.put("mean", times.mean.count)
      object.put("max", times.maximum.count)
      object.put("mdev", times.mdev.count)
      object.put("p50", times.p50.count)
      object.put("p90", times.p90.count)
      object.put("p95", times.p95.count)
      object.put("p99", times.p99.count)
      object.put("p999", times.p999.count)
    }
  }
}
