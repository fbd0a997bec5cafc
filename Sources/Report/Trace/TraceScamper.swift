package import ProbeEngine
package import Timing
import Wire

/// One JSON object of type `trace` for each target, on one line, when its trace has ended: the keys that scamper
/// writes (sc_warts2json), as far as what they say is known here.
package struct TraceScamper: TraceWriter {
  private var run: TraceRun?
  private var records = TraceRecords()

  package init() {}

  package mutating func begin(_ run: TraceRun, at now: Instant, wall: WallClock, into out: inout OutputBuffer)
  { self.run = run }

  package mutating func write(
    _ event: TraceEvent, wall: WallClock, names: TraceNames, into out: inout OutputBuffer
  ) {
    guard let (end, record) = records.record(event), let run, run.targets.indices.contains(end.target) else {
      return
    }
    let target = run.targets[end.target]
    var line = JSONLine()
    line.put("type", "trace")
    line.put("version", "0.1")
    line.put("userid", UInt64(0))
    line.put("method", Self.method(run.method, isOneFlow: record.isOneFlow))
    line.put("src", ifKnown: target.source)
    line.put("dst", target.address, zone: 0, names: [:])
    if run.method != .icmp {
      line.put("sport", UInt64(run.flow.sourcePort))
      line.put("dport", UInt64(run.flow.destinationPort))
    }
    let (reason, data) = Self.stop(end.reason)
    line.put("stop_reason", reason)
    line.put("stop_data", data)
    let start = wall.nanoseconds(at: end.startedAt)
    line.object("start") { object in
      Self.put(time: start, into: &object)
      var text: [UInt8] = []
      let time = WallTime(nanosecondsSinceEpoch: start)
      time.putDate(into: &text)
      text.put(" ")
      time.putTime(into: &text)
      object.put("ftime", octets: text)
    }
    line.put("hop_count", UInt64(end.hops))
    line.put("attempts", Int64(run.queries))
    line.put("hoplimit", UInt64(run.maximumHops))
    line.put("firsthop", UInt64(run.firstHop))
    if let wait = run.maximumWait {
      line.put("wait", (wait.count.addingSaturating(999_999_999)) / 1_000_000_000)
    }
    line.put("wait_probe", UInt64(0))
    line.put("tos", UInt64(run.trafficClass))
    line.put("probe_size", Int64(run.packetLength))
    line.put("probe_count", end.left)
    let replies = record.ordered.flatMap(\.verdicts).compactMap { verdict in
      if case .reply(let reply) = verdict { reply } else { nil }
    }
    if !replies.isEmpty {
      line.array("hops", replies) { reply, octets in
        octets.append(contentsOf: JSONLine.element { Self.put(reply, run, wall, into: &$0) })
      }
    }
    out.standardOutput.append(contentsOf: line.finished())
  }

  // MARK: - Parts

  private static func put(_ reply: TraceReply, _ run: TraceRun, _ wall: WallClock, into hop: inout JSONLine) {
    hop.put("addr", reply.address, zone: 0, names: [:])
    hop.put("probe_ttl", UInt64(reply.probe.hopLimit))
    hop.put("probe_id", Int64(reply.probe.query).addingSaturating(1))
    hop.put("probe_size", Int64(reply.probe.packetLength))
    hop.object("tx") { put(time: wall.nanoseconds(at: reply.sentAt), into: &$0) }
    if let roundTrip = reply.roundTrip { hop.put("rtt", milliseconds: roundTrip.count) }
    if let hopLimit = reply.hopLimit { hop.put("reply_ttl", UInt64(hopLimit)) }
    if let trafficClass = reply.trafficClass { hop.put("reply_tos", UInt64(trafficClass)) }
    if let octets = reply.octets { hop.put("reply_size", Int64(octets)) }
    if case .tcp(let flags) = reply.answer {
      hop.put("tcp_flags", UInt64(flags.rawValue))
    } else if let (type, code) = reply.answer.icmp {
      hop.put("icmp_type", UInt64(type))
      hop.put("icmp_code", UInt64(code))
      if case .packetTooBig(let mtu) = reply.answer { hop.put("icmp_nhmtu", UInt64(mtu)) }
      if let quoted = reply.quotedHopLimit {
        hop.put("icmp_q_ttl", UInt64(quoted))
        hop.put("icmp_q_ipl", Int64(reply.quotedPayloadLength))
        hop.put("icmp_q_tos", UInt64(reply.quotedTrafficClass(sent: run.trafficClass)))
      }
    }
    if !reply.extensions.isEmpty {
      hop.array("icmpext", reply.extensions) { item, octets in
        octets.append(contentsOf: JSONLine.element { put(item, into: &$0) })
      }
    }
  }

  private static func put(_ item: TraceExtension, into object: inout JSONLine) {
    let (classNumber, type) = item.classAndType
    object.put("ie_cn", UInt64(classNumber))
    object.put("ie_ct", UInt64(type))
    switch item {
    case .mpls(let entries):
      object.put("ie_dl", Int64(entries.count * MPLSLabelStackEntry.count))
      object.array("mpls_labels", entries) { entry, octets in
        octets.append(
          contentsOf: JSONLine.element {
            $0.put("mpls_ttl", UInt64(entry.timeToLive))
            $0.put("mpls_s", UInt64(entry.isBottomOfStack ? 1 : 0))
            $0.put("mpls_exp", UInt64(entry.trafficClass))
            $0.put("mpls_label", UInt64(entry.label))
          })
      }
    case .interface: break
    case .other(_, _, let data): object.put("ie_dl", Int64(data.count))
    }
  }

  private static func put(time nanosecondsSinceEpoch: Int64, into object: inout JSONLine) {
    object.put("sec", nanosecondsSinceEpoch / 1_000_000_000)
    object.put("usec", nanosecondsSinceEpoch / 1_000 % 1_000_000)
  }

  private static func method(_ method: TraceConfiguration.Method, isOneFlow: Bool) -> String {
    switch method {
    case .udp: isOneFlow ? "udp-paris" : "udp"
    case .icmp: isOneFlow ? "icmp-echo-paris" : "icmp-echo"
    case .tcp, .connect: "tcp"
    }
  }

  private static func stop(_ reason: TraceEnd.Reason) -> (reason: String, data: Int64) {
    switch reason {
    case .reached: ("COMPLETED", 0)
    case .unreachable(type: 1, let code): ("UNREACH", Int64(code))
    case .unreachable(let type, _): ("ICMP", Int64(type))
    case .maximumHops: ("HOPLIMIT", 0)
    case .gapLimit: ("GAPLIMIT", 0)
    case .loop: ("LOOP", 0)
    case .sendFailed(let errno): ("ERROR", Int64(errno))
    case .interrupted: ("HALTED", 0)
    }
  }
}

extension TraceReply {
  /// The IPv6 payload length in the quoted packet: as it was sent, unless it came back changed.
  fileprivate var quotedPayloadLength: Int {
    for case .length(_, let quoted) in rewritten { return quoted }
    return max(probe.packetLength - 40, 0)
  }

  /// The same for the traffic class.
  fileprivate func quotedTrafficClass(sent: UInt8) -> UInt8 {
    var trafficClass = sent
    for rewrite in rewritten {
      switch rewrite {
      case .differentiatedServices(_, let quoted): trafficClass = quoted << 2 | trafficClass & 3
      case .ecn(_, let quoted): trafficClass = trafficClass & 0xfc | quoted & 3
      default: break
      }
    }
    return trafficClass
  }
}
