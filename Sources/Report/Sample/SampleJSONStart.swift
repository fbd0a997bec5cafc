import ProbeEngine
import Timing

/// The keys of a run's `start` and `reload` that are its own: what is asked of whom, and how.
enum SampleJSONStart {
  static func put(_ run: SampleRun, into line: inout JSONLine) {
    let configuration = run.configuration
    line.put("verb", "sample")
    line.put("plan", ifKnown: run.plan)
    line.put("host", run.host)
    line.put("path", run.path.rawValue)
    line.put("arrival", run.arrival.rawValue)
    if !run.pathNotes.isEmpty { line.put("path_notes", texts: run.pathNotes.map { Array($0.utf8) }) }
    line.put("identifier", UInt64(configuration.identifier))
    line.put("seed", configuration.seed)
    line.put("duration_ns", ifKnown: configuration.duration?.count)
    line.put("warmup_ns", configuration.warmup.count)
    line.put("splay_ns", configuration.splay.count)
    line.objects("groups", configuration.groups.indices) { group, object in
      put(
        configuration.groups[group], labels: run.labels.indices.contains(group) ? run.labels[group] : [],
        targets: run.targets(of: group).count, into: &object)
    }
    line.put("version", run.version)
  }

  private static func put(
    _ group: SampleGroup, labels: [SampleRun.Label], targets: Int, into object: inout JSONLine
  ) {
    object.put("group", group.name)
    object.put("probe", SampleNames.name(group.probe))
    switch group.probe {
    case .echo: break
    case .udp(let acceptsUnreachable): object.put("accepts_unreachable", acceptsUnreachable)
    case .tcp(let acceptsReset): object.put("accepts_reset", acceptsReset)
    case .trace(let order): object.object("trace") { put(order, into: &$0) }
    case .neighbor(let interface): object.put("neighbor_interface", interface)
    }
    object.put(labels: labels)
    object.put("targets", Int64(targets))
    object.put("interval_ns", group.interval.count)
    switch group.order {
    case .constant(let spacing):
      object.put("schedule", "constant")
      object.put("spacing_ns", ifKnown: spacing?.count)
    case .poisson: object.put("schedule", "poisson")
    }
    object.put("timeout_ns", group.timeout.count)
    object.put("late_window_ns", group.lateWindow.count)
    if !group.probe.isOrder { object.put("payload_bytes", Int64(group.payloadLength)) }
    if let count = group.count { object.put("count", count) }
    if let retry = group.retry {
      object.put("attempts", Int64(retry.attempts))
      object.put("backoff", share: retry.backoff)
    }
    if let hopLimit = group.path.hopLimit { object.put("hop_limit", UInt64(hopLimit)) }
    if let trafficClass = group.path.trafficClass { object.put("traffic_class", UInt64(trafficClass)) }
    object.put("interface", ifKnown: group.path.interface)
    object.put("source", ifKnown: group.path.source)
    if group.path.isUnfragmented { object.put("unfragmented", true) }
    guard let order = group.onTrouble else { return }
    object.object("on_trouble") { trouble in
      put(order, into: &trouble)
      trouble.put("losses", Int64(group.troubleLosses))
      trouble.put("rtt_ns", ifKnown: group.troubleRoundTrip?.count)
    }
  }

  private static func put(_ order: TraceOrder, into object: inout JSONLine) {
    object.put("method", order.method.rawValue)
    if order.port != 0 { object.put("port", UInt64(order.port)) }
    object.put("max_hops", UInt64(order.maximumHops))
    object.put("queries", Int64(order.queries))
  }
}
