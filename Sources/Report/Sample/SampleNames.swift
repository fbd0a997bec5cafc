import ProbeEngine
import Wire

/// Words of sampling for programs: the same in JSON lines, CSV and OpenMetrics.
enum SampleNames {
  static func name(_ outcome: SampleOutcome) -> String {
    switch outcome {
    case .ok: "ok"
    case .late: "late"
    case .lost: "lost"
    case .icmpError: "icmp_error"
    case .sendError: "send_error"
    }
  }

  /// nil where nothing answered.
  static func name(_ answer: SampleAnswer) -> String? {
    switch answer {
    case .none: nil
    case .echoReply: "echo_reply"
    case .datagram: "datagram"
    case .open: "open"
    case .reset: "reset"
    case .icmpError: "icmp_error"
    }
  }

  /// As a plan names it.
  static func name(_ probe: SampleProbe) -> String {
    switch probe {
    case .echo: "icmp6"
    case .udp: "udp"
    case .tcp: "tcp"
    case .trace: "trace"
    case .neighbor: "ndisc"
    }
  }

  static func name(_ what: SampleChange.What) -> String {
    switch what {
    case .hopLimit: "hop_limit"
    case .trafficClass: "traffic_class"
    case .pathMTU: "path_mtu"
    case .address: "address"
    case .path: "path"
    case .link: "link"
    case .neighborState: "neighbor_state"
    case .trouble: "trouble"
    case .recovered: "recovered"
    }
  }

  static func name(_ reason: TraceEnd.Reason) -> String {
    switch reason {
    case .reached: "reached"
    case .unreachable: "unreachable"
    case .maximumHops: "max_hops"
    case .gapLimit: "gap_limit"
    case .loop: "loop"
    case .sendFailed: "send_failed"
    case .interrupted: "interrupted"
    }
  }
}

extension SampleRun {
  /// Target numbers of a group: they stand together. Empty for a group without any.
  func targets(of group: Int) -> Range<Int> {
    let targets = configuration.targets
    // The first target whose group is not before `group`, by bisection: there may be 100,000.
    func start(_ group: Int) -> Int {
      var (low, high) = (0, targets.count)
      while low < high {
        let middle = low + (high - low) / 2
        if Int(targets[middle].group) < group { low = middle + 1 } else { high = middle }
      }
      return low
    }
    let first = start(group)
    return first..<max(first, start(group + 1))
  }

  /// The group's name; what is no group has none.
  func groupName(_ group: Int) -> String {
    configuration.groups.indices.contains(group) ? configuration.groups[group].name : ""
  }
}
