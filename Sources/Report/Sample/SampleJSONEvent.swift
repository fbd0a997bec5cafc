import ProbeEngine
import Timing
import Wire

/// The keys of changes and of what came of orders.
struct SampleJSONEvent {
  let run: SampleRun

  func put(_ what: SampleChange.What, into line: inout JSONLine) {
    line.put("what", SampleNames.name(what))
    switch what {
    case .hopLimit(let from, let to), .trafficClass(let from, let to):
      line.put("from", UInt64(from))
      line.put("to", UInt64(to))
    case .pathMTU(let from, let to):
      if from != 0 { line.put("from", UInt64(from)) }
      line.put("to", UInt64(to))
    case .address(let from, let to):
      if let from { line.put("from", address: from) }
      if let to { line.put("to", address: to) }
    case .path(let from, let to):
      put("from", path: from, into: &line)
      put("to", path: to, into: &line)
    case .link(let from, let to):
      line.put("from", link: from)
      line.put("to", link: to)
    case .neighborState(let from, let to):
      line.put("from", from.rawValue)
      line.put("to", to.rawValue)
    case .trouble(.losses(let count)): line.put("lost", count)
    case .trouble(.roundTrip(let time, let limit)):
      line.put("rtt_ns", time.count)
      line.put("limit_ns", limit.count)
    case .recovered(let after, let lost):
      line.put("after_ns", after.count)
      line.put("lost", lost)
    }
  }

  /// When it was known; nil where the finding does not say.
  func time(of finding: SampleFinding) -> Instant? {
    switch finding {
    case .path(let path): path.end.at
    case .neighbor(let summary): summary.at
    case .failed: nil
    }
  }

  func put(_ order: SampleOrder, _ finding: SampleFinding, _ wall: WallClock, into line: inout JSONLine) {
    if !order.isAction { line.put("number", order.number) }
    if case .neighbor(let interface) = order.act { line.put("interface", interface) }
    if order.isAction { line.put("action", true) }
    line.put("ordered_unix_ns", wall.nanoseconds(at: order.at))
    switch finding {
    case .failed(let errno, let text):
      line.put("failed", true)
      line.put("errno", Int64(errno))
      line.put("error", ifKnown: ErrnoText.name(errno))
      line.put("message", text)
    case .path(let path): put(path, into: &line)
    case .neighbor(let summary): put(summary, into: &line)
    }
  }

  // MARK: - Parts

  /// Addresses by hop from 1; `*` is a silent hop.
  private func put(_ key: String, path: [IPv6Address?], into line: inout JSONLine) {
    line.array(key, path) { hop, octets in
      octets.put("\"")
      if let hop { octets.put(hop) } else { octets.put("*") }
      octets.put("\"")
    }
  }

  private func put(_ path: SampledPath, into line: inout JSONLine) {
    let end = path.end
    line.put("reached", end.isReached)
    line.put("reason", SampleNames.name(end.reason))
    switch end.reason {
    case .unreachable(let type, let code): put(icmp: type, code, into: &line)
    case .sendFailed(let errno): line.put(errno: errno)
    default: break
    }
    if let pathMTU = end.pathMTU { line.put("path_mtu", Int64(pathMTU)) }
    line.put("duration_ns", max((end.at - end.startedAt).count, 0))
    line.objects("hops", path.hops) { hop, object in
      object.put("hop_limit", UInt64(hop.hopLimit))
      object.objects("replies", hop.verdicts) { verdict, reply in
        switch verdict {
        case .reply(let answer): put(answer, into: &reply)
        case .lost: reply.put("lost", true)
        case .sendFailed(let failure):
          reply.put("send_failed", true)
          reply.put(errno: failure.errno)
        }
      }
    }
  }

  private func put(_ reply: TraceReply, into object: inout JSONLine) {
    object.put("address", reply.address, zone: reply.zone, names: run.interfaceNames)
    if let (type, code) = reply.answer.icmp { put(icmp: type, code, into: &object) }
    if reply.answer.isArrival { object.put("reached", true) }
    if let roundTrip = reply.roundTrip {
      object.put("rtt_ns", roundTrip.count)
      object.put("rtt_source", RoundTripText.name(reply.roundTripSource))
    }
    if reply.isLate { object.put("late", true) }
  }

  private func put(icmp type: UInt8, _ code: UInt8, into object: inout JSONLine) {
    object.put("icmp_type", UInt64(type))
    object.put("icmp_code", UInt64(code))
    object.put("icmp_name", ifKnown: ICMPv6ErrorText.name(type: type, code: code))
  }

  private func put(_ summary: NeighborSummary, into line: inout JSONLine) {
    line.put("verdict", summary.verdict.rawValue)
    line.objects("claims", summary.claims) { claim, object in
      object.put("link", link: claim.link)
      object.put("source", address: claim.source)
      object.put("answers", claim.answers)
      object.put("rtt_ns", ifKnown: claim.roundTrip?.count)
    }
    line.put("kernel_link", link: summary.kernel?.link)
    line.put("attempted", Int64(summary.attempted))
    line.put("answered", Int64(summary.answered))
    line.put("unanswered", Int64(summary.unanswered))
    line.put("send_failed", Int64(summary.sendFailed))
    line.put(errno: summary.sendErrno)
  }
}
