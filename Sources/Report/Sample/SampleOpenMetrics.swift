package import ProbeEngine
import Statistics
package import Timing

/// A sampling run's figures in the text that OpenMetrics 1.0 and the Prometheus text format 0.0.4 share, so that a
/// file can be scraped, pushed, or laid before a textfile collector: the whole text at the end, and at each snapshot.
///
/// Counters carry help but no TYPE: OpenMetrics wants the family's name without `_total` there, the other format
/// wants it with, and no text can do both. Without one they are of type unknown, which both allow.
package struct SampleOpenMetrics: SampleWriter {
  package struct Options: Sendable {
    /// A group of more targets has its series for the whole group, without `target`.
    package var maximumTargets = 2_000
    package init() {}
  }

  private let options: Options

  package init(options: Options = Options()) { self.options = options }

  package mutating func begin(_ run: SampleRun, at now: Instant, wall: WallClock, into out: inout [UInt8]) {}
  package mutating func reloaded(_ run: SampleRun, at now: Instant, wall: WallClock, into out: inout [UInt8])
  {}
  package mutating func write(_ event: SampleEvent, wall: WallClock, into out: inout [UInt8]) {}

  package mutating func write(_ report: borrowing SampleReport, wall: WallClock, into out: inout [UInt8]) {
    let series = OpenMetricsSeries(report, maximumTargets: options.maximumTargets)
    Self.putOutcomes(series, into: &out)
    Self.putTimes(series, into: &out)
    Self.putCounts(series, into: &out)
    Self.putLast(series, into: &out)
    Self.putGroups(report, into: &out)
    Self.putRun(report, series, into: &out)
    out.put("# EOF\n")
  }

  // MARK: - Families of targets

  private static func putOutcomes(_ series: OpenMetricsSeries, into out: inout [UInt8]) {
    out.begin("probe6_results_total", help: "Probes by what became of them; each has one outcome, told once.")
    for (labels, figures) in series {
      for (outcome, count) in [
        (SampleOutcome.ok, figures.ok), (.late, figures.late), (.lost, figures.lost),
        (.icmpError, figures.icmpErrors), (.sendError, figures.sendErrors),
      ] {
        out.put("probe6_results_total{")
        out.append(contentsOf: labels)
        out.put(",outcome=\"")
        out.put(SampleNames.name(outcome))
        out.put("\"} ")
        out.put(decimal: count)
        out.put("\n")
      }
    }
    out.begin("probe6_in_flight", .gauge, help: "Probes without an outcome.")
    for (labels, figures) in series { out.sample("probe6_in_flight", labels, figures.inFlight) }
  }

  private static func putTimes(_ series: OpenMetricsSeries, into out: inout [UInt8]) {
    out.begin(
      "probe6_rtt_seconds", .histogram, unit: "seconds", help: "Round trips of probes answered in time.")
    for (labels, figures) in series {
      out.put(histogram: "probe6_rtt_seconds", labels, figures.histogram, mean: figures.mean)
    }
    let gauges: [(String, String, (SampleFigures) -> Nanoseconds?)] = [
      (
        "probe6_jitter_rfc3550_seconds",
        "Interarrival jitter (RFC 3550 section 6.4.1) of round trips; of a group its targets' mean.",
        { $0.jitter }
      ),
      (
        "probe6_delay_variation_seconds",
        "Mean absolute difference of consecutive round trips (RFC 3393 section 4.5).", { $0.delayVariation }
      ),
    ]
    for (name, help, value) in gauges {
      out.begin(name, .gauge, unit: "seconds", help: help)
      for (labels, figures) in series {
        if let time = value(figures) { out.sample(name, labels, seconds: time.count) }
      }
    }
  }

  private static func putCounts(_ series: OpenMetricsSeries, into out: inout [UInt8]) {
    let counts: [(String, String, (SampleFigures) -> UInt64)] = [
      ("probe6_duplicates_total", "Further answers to probes that had one.", { $0.duplicates }),
      (
        "probe6_reordered_total", "Answers that came behind one of a later probe (RFC 4737 section 3).",
        { $0.reordered }
      ),
      ("probe6_loss_bursts_total", "Runs of probes without an answer in time.", { $0.lossBursts }),
      ("probe6_hop_limit_changes_total", "Changes of the answers' hop limit.", { $0.hopLimitChanges }),
      (
        "probe6_traffic_class_changes_total", "Changes of the answers' traffic class.",
        { $0.trafficClassChanges }
      ),
      ("probe6_pmtu_changes_total", "Changes of the path MTU by Packet Too Big.", { $0.pathMTUChanges }),
      ("probe6_address_changes_total", "Changes of a name's address.", { $0.addressChanges }),
      ("probe6_path_changes_total", "Changes of the path that traceroutes found.", { $0.pathChanges }),
      ("probe6_link_changes_total", "Changes of a neighbor's link-layer address.", { $0.linkChanges }),
      (
        "probe6_neighbor_state_changes_total", "Changes of the verdict on a neighbor.", { $0.stateChanges }
      ),
    ]
    for (name, help, value) in counts {
      out.begin(name, help: help)
      for (labels, figures) in series { out.sample(name, labels, value(figures)) }
    }
    out.begin(
      "probe6_outage_seconds_total",
      help: "From the first probe of each loss burst to the next answered one's.")
    for (labels, figures) in series {
      out.sample("probe6_outage_seconds_total", labels, seconds: figures.outage.count)
    }
  }

  private static func putLast(_ series: OpenMetricsSeries, into out: inout [UInt8]) {
    out.begin(
      "probe6_longest_loss_burst_probes", .gauge, unit: "probes",
      help: "Probes of the longest run without an answer in time.")
    for (labels, figures) in series {
      out.sample("probe6_longest_loss_burst_probes", labels, figures.longestLossBurst)
    }
    let last: [(String, String?, String, (SampleFigures) -> UInt64?)] = [
      ("probe6_reply_hop_limit", nil, "Hop limit of the last answer.", { $0.hopLimit.map { UInt64($0) } }),
      (
        "probe6_reply_traffic_class", nil, "Traffic class of the last answer.",
        { $0.trafficClass.map { UInt64($0) } }
      ),
      (
        "probe6_pmtu_bytes", "bytes", "Path MTU by the last Packet Too Big.",
        { $0.pathMTU.map { UInt64($0) } }
      ),
    ]
    for (name, unit, help, value) in last {
      out.begin(name, .gauge, unit: unit, help: help)
      for (labels, figures) in series { if let value = value(figures) { out.sample(name, labels, value) } }
    }
  }

  // MARK: - Families of groups and of the run

  private static func putGroups(_ report: borrowing SampleReport, into out: inout [UInt8]) {
    let summary = report.summary
    let labels = report.run.configuration.groups.indices.map {
      OpenMetricsSeries.labels(ofGroup: $0, report.run)
    }
    let families: [(String, String, [Histogram])] = [
      (
        "probe6_rtt_from_schedule_seconds",
        "From the time that the schedule said to the answer: stalls of this host are not hidden.",
        summary.fromSchedule
      ),
      ("probe6_host_transmit_seconds", "From the call to send to the transmit stamp.", summary.hostTransmit),
      ("probe6_host_receive_seconds", "From the receive stamp to the end of the read.", summary.hostReceive),
    ]
    for (name, help, histograms) in families {
      out.begin(name, .histogram, unit: "seconds", help: help)
      for (group, histogram) in histograms.enumerated() where labels.indices.contains(group) {
        out.put(histogram: name, labels[group], histogram, mean: nil)
      }
    }
  }

  private static func putRun(
    _ report: borrowing SampleReport, _ series: OpenMetricsSeries, into out: inout [UInt8]
  ) {
    let summary = report.summary
    out.begin(
      "probe6_scheduler_error_seconds", .histogram, unit: "seconds",
      help: "Call to send against the time that the schedule said.")
    out.put(histogram: "probe6_scheduler_error_seconds", [], summary.scheduler.histogram, mean: nil)
    out.begin("probe6_scheduler_missed_total", help: "Deadlines that passed without a probe.")
    out.sample("probe6_scheduler_missed_total", [], summary.scheduler.missed)
    out.begin("probe6_rejected_total", help: "What looked like an answer and was not believed.")
    out.sample("probe6_rejected_total", [], summary.rejected)
    out.begin("probe6_stray_total", help: "Answers to probes whose outcome had been told.")
    out.sample("probe6_stray_total", [], summary.stray)
    out.begin("probe6_run_seconds", .gauge, unit: "seconds", help: "How long the run has lasted.")
    out.sample("probe6_run_seconds", [], seconds: (summary.at - summary.startedAt).count)
    out.begin(
      "probe6_run_complete", .gauge, help: "1 at the end of a run, 0 in a snapshot or after a signal.")
    out.sample("probe6_run_complete", [], report.isLast && !report.isInterrupted ? 1 : 0)
    out.begin("probe6_target_info", .gauge, help: "Address of a target; 1.")
    for (target, labels) in series.targetLabels {
      let address = report.run.address(of: target) ?? ""
      out.sample(
        "probe6_target_info", labels + OpenMetricsSeries.label("address", address, isFirst: false), 1)
    }
    out.begin("probe6_gate_held", .gauge, help: "1: the gate held; 0: it failed.")
    var told: Set<String> = []
    for gate in report.gates where told.insert(gate.gate.text).inserted {
      out.sample(
        "probe6_gate_held", OpenMetricsSeries.label("gate", gate.gate.text, isFirst: true), gate.held ? 1 : 0)
    }
    out.begin("probe6_build_info", .gauge, help: "Version of probe6; 1.")
    out.sample(
      "probe6_build_info", OpenMetricsSeries.label("version", report.run.version, isFirst: true), 1)
  }
}
