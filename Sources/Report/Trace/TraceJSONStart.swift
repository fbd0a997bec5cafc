import ProbeEngine
import Timing

/// The keys of a trace's `start` that are its own.
enum TraceJSONStart {
  static func put(_ run: TraceRun, _ target: TraceRun.Target, into line: inout JSONLine) {
    line.put("source", ifKnown: target.source)
    line.put("interface", ifKnown: run.interface)
    line.put("method", run.method.rawValue)
    switch run.mode {
    case .hops: line.put("mode", "hops")
    case .paths(let confidence):
      line.put("mode", "paths")
      line.put("confidence_percent", percent: confidence)
    case .mtu: line.put("mode", "mtu")
    case .rounds(let count, let interval):
      line.put("mode", "rounds")
      if let count { line.put("rounds", Int64(count)) }
      line.put("interval_ns", interval.count)
    }
    line.put("path", run.path)
    line.put("arrival", run.arrival.rawValue)
    if !run.pathNotes.isEmpty {
      line.array("path_notes", run.pathNotes) { note, octets in
        octets.put("\"")
        Escape.json(note.utf8, into: &octets)
        octets.put("\"")
      }
    }
    switch run.method {
    case .icmp: line.put("identifier", UInt64(run.flow.sourcePort))
    case .udp, .tcp, .connect:
      if run.flow.sourcePort != 0 { line.put("source_port", UInt64(run.flow.sourcePort)) }
      line.put("destination_port", UInt64(run.flow.destinationPort))
    }
    line.put("flow_label", UInt64(run.flow.flowLabel))
    line.put("traffic_class", UInt64(run.trafficClass))
    line.put("packet_bytes", Int64(run.packetLength))
    line.put("first_hop", UInt64(run.firstHop))
    line.put("max_hops", UInt64(run.maximumHops))
    line.put("queries", Int64(run.queries))
    if let linkMTU = run.linkMTU { line.put("link_mtu", UInt64(linkMTU)) }
    if let cachedMTU = target.cachedMTU { line.put("cached_mtu", UInt64(cachedMTU)) }
    line.put("version", run.version)
  }
}
