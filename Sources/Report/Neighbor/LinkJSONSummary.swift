import ProbeEngine
import Timing
import Wire

/// The keys of a summary that are its own.
struct LinkJSONSummary {
  let scope: LinkJSONScope

  func put(_ summary: LinkSummary, into line: inout JSONLine) {
    switch summary {
    case .neighbor(let summary): put(summary, into: &line)
    case .routers(let summary):
      line.put("solicitations", Int64(summary.solicitations))
      line.put("send_failed", Int64(summary.sendFailed))
      line.put(errno: summary.sendErrno)
      line.put("routers", Int64(summary.routers))
      line.put("advertisements", summary.advertisements)
      line.put("discarded", summary.discarded)
      line.put("forgotten", summary.forgotten)
      line.put("problems", Int64(summary.problems))
      line.put("interrupted", summary.isInterrupted)
    case .table(let limits, let entries, _):
      line.put("entries", Int64(entries))
      if let limits { line.object("table") { LinkJSONKernel(scope: scope).put(limits, into: &$0) } }
    case .watch(let summary):
      line.put("messages", summary.messages)
      line.put("kernel_changes", summary.kernelChanges)
      line.put("findings", summary.findings)
      line.put("dropped_frames", summary.droppedFrames)
      line.put("dropped_changes", summary.droppedChanges)
    case .scan(let summary):
      line.put("stations", Int64(summary.stations))
      line.put("addresses", Int64(summary.addresses))
      line.put("questions", Int64(summary.questions))
      line.put("send_failed", Int64(summary.sendFailed))
      line.put(errno: summary.sendErrno)
      line.put("dropped", summary.dropped)
      line.put("problems", Int64(summary.problems))
    case .baseline(let summary):
      line.put("written", summary.isWritten)
      line.put("advertisements", summary.advertisements)
      line.put("problems", summary.problems)
      line.put("notices", summary.notices)
      line.put("repeats", summary.repeats)
      line.put("dropped", summary.dropped)
      line.put("send_failed", Int64(summary.sendFailed))
      line.put(errno: summary.sendErrno)
      line.put("interrupted", summary.isInterrupted)
      line.objects("routers", summary.baseline.routers) { put($0, into: &$1) }
    case .conformance(let tried, let asExpected, _):
      line.put("tried", Int64(tried))
      line.put("as_expected", Int64(asExpected))
    }
  }

  private func put(_ summary: NeighborSummary, into line: inout JSONLine) {
    line.put("verdict", summary.verdict.rawValue)
    line.objects("claims", summary.claims) { claim, object in
      object.put("link", link: claim.link)
      object.put("option_link", link: claim.optionLink)
      object.put("frame_link", link: claim.frameLink)
      scope.put("source", claim.source, into: &object)
      object.put("flags", words: claim.flags.names)
      object.put("flags_octet", UInt64(claim.flags.rawValue))
      object.put("answers", claim.answers)
      object.put("rtt_ns", ifKnown: claim.roundTrip?.count)
    }
    if let kernel = summary.kernel {
      line.object("kernel") { LinkJSONKernel(scope: scope).put(kernel, into: &$0) }
    }
    line.put("attempted", Int64(summary.attempted))
    line.put("answered", Int64(summary.answered))
    line.put("unanswered", Int64(summary.unanswered))
    line.put("send_failed", Int64(summary.sendFailed))
    line.put(errno: summary.sendErrno)
    line.put("discarded", summary.discarded)
    line.put("looped_back", summary.loopedBack)
    line.put("further_answers", summary.furtherAnswers)
  }

  private func put(_ router: LinkBaseline.Router, into object: inout JSONLine) {
    scope.put("address", router.address, into: &object)
    object.put("link", link: router.link)
    object.put("option_link", link: router.optionLink)
    object.put("current_hop_limit", UInt64(router.hopLimit))
    object.put("flags", words: RouterAdvertisement.Flags(rawValue: router.flags).names)
    object.put("flags_octet", UInt64(router.flags))
    object.put("preference", router.preference.name)
    object.put("router_lifetime_ns", seconds: UInt64(router.lifetime))
    if let mtu = router.mtu { object.put("mtu", UInt64(mtu)) }
    object.objects("prefixes", router.prefixes) { prefix, object in
      object.put(prefix: prefix.prefix, length: prefix.length)
      object.put(
        "flags", words: NeighborOptionValue.PrefixInformation.Flags(rawValue: prefix.flags).names)
      object.put("flags_octet", UInt64(prefix.flags))
      object.put("valid_lifetime_ns", lifetime: prefix.validLifetime)
      object.put("preferred_lifetime_ns", lifetime: prefix.preferredLifetime)
    }
    object.objects("routes", router.routes) { route, object in
      object.put(prefix: route.prefix, length: route.length)
      object.put("preference", route.preference.name)
    }
    object.put("dns_servers", addresses: router.dnsServers)
    object.put("dns_search_list", texts: router.dnsSearchList)
  }
}

extension LinkSummary {
  /// When it was made.
  var at: Instant {
    switch self {
    case .neighbor(let summary): summary.at
    case .routers(let summary): summary.at
    case .table(_, _, let at): at
    case .watch(let summary): summary.at
    case .scan(let summary): summary.at
    case .baseline(let summary): summary.at
    case .conformance(_, _, let at): at
    }
  }

  /// Of what act it is; that of a neighbor follows the run.
  var act: LinkRun.Act? {
    switch self {
    case .neighbor: nil
    case .routers: .routers
    case .table: .neighbors
    case .watch: .watch
    case .scan: .scan
    case .baseline: .baseline
    case .conformance: .conformance
    }
  }

  var target: Int? {
    if case .neighbor(let summary) = self { summary.target } else { nil }
  }
}
