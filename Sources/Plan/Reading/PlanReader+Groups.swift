import ProbeEngine
import Timing
import YAML

/// Keys of a group beside those of the defaults.
enum GroupKeys {
  static let always = ["name", "probe", "targets"]
  static let trace = ["method", "port", "max_hops", "queries"]
  static let all = always + ["port", "accept", "method", "max_hops", "queries"]

  /// The keys that mean something to a kind of probe.
  static func own(_ kind: PlanProbe) -> [String] {
    switch kind {
    case .icmp6, .ndisc: []
    case .udp, .tcp: ["port", "accept"]
    case .trace: trace
    }
  }

  /// Those of the shared keys that mean nothing to it. In the defaults they may stand for others.
  static func meaningless(_ kind: PlanProbe) -> [String] {
    switch kind {
    case .icmp6, .udp: []
    case .tcp: ["size", "pattern", "dont_fragment"]
    case .trace: ["size", "pattern", "dont_fragment", "hop_limit", "on_trouble"]
    case .ndisc: ["size", "pattern", "dont_fragment", "hop_limit", "traffic_class", "on_trouble"]
    }
  }
}

/// What `probe` may say.
enum PlanProbe: String, CaseIterable {
  case icmp6, udp, tcp, trace, ndisc

  var hasPort: Bool { self == .udp || self == .tcp }
}

extension PlanReader {
  mutating func groups(_ node: YAMLNode, _ defaults: GroupSettings, _ run: RunSettings) {
    guard
      let elements = list(
        node, "groups", example: "[{name: nodes, probe: icmp6, targets: [\"2001:db8::1\"]}]")
    else { return }
    if elements.isEmpty { report("groups is empty; a plan samples one group at least", at: node) }
    // SampleTarget keeps the group's index in 16 bits.
    if elements.count > 10_000 { report("\(elements.count) groups; at most 10000", at: node) }
    for element in elements.prefix(10_000) { group(element, defaults, run) }
  }

  private mutating func group(_ node: YAMLNode, _ defaults: GroupSettings, _ run: RunSettings) {
    // First the kind: it says which keys there are.
    guard case .mapping(let entries) = node.content else {
      _ = mapping(node, "a group", keys: GroupKeys.always)
      return
    }
    let kindNode = entries.first { $0.key == "probe" }?.value
    let kind = word(kindNode, "probe", among: PlanProbe.allCases.map(\.rawValue)).flatMap(
      PlanProbe.init(rawValue:))
    let known: [String]
    if let kind {
      let none = GroupKeys.meaningless(kind)
      known = GroupKeys.always + GroupKeys.own(kind) + GroupSettings.keys.filter { !none.contains($0) }
    } else {
      known = GroupKeys.all + GroupSettings.keys
    }
    guard
      let values = mapping(
        node, "a group", keys: known,
        elsewhere: { key in
          guard let kind, GroupKeys.all.contains(key) || GroupSettings.keys.contains(key) else { return nil }
          return "\(key) means nothing to a probe by \(kind.rawValue); leave it away"
        })
    else { return }
    if kindNode == nil {
      report(
        "probe is missing; one of \(PlanProbe.allCases.map(\.rawValue).joined(separator: ", "))", at: node)
    }
    let name = self.name(values["name"], of: node)
    let own = settings(values, inherited: defaults.interface)
    let settings = own.over(defaults)
    guard let targets = values["targets"] else {
      report("targets are missing; write targets: [\"2001:db8::1\", host.example]", at: node)
      return
    }
    guard let kind else { return }
    var group = SampleGroup(name: name ?? "", probe: probe(kind, values, node, settings))
    fill(&group, settings, run)
    if case .poisson = group.order, let spacing = values["spacing"], own.isPoisson == nil {
      report(
        "spacing belongs to a constant schedule, and the run's or the defaults' is poisson; write schedule: constant",
        at: spacing)
    }
    var written = SamplePlan.Group(
      group: group, port: nil, targets: [], labels: settings.labels, limit: settings.limit ?? 65_536)
    if kind.hasPort { written.port = integer(values["port"], "port", 1...65_535).map { UInt16($0) } }
    var list = TargetList(kind: kind, interface: settings.interface, port: written.port, limit: written.limit)
    written.targets = self.targets(targets, &list)
    if kind.hasPort, values["port"] == nil, list.lacksPort {
      report(
        "port is missing: a \(kind.rawValue) probe needs one, of the group or behind each target (\"[2001:db8::1]:443\")",
        at: node)
    }
    if name != nil { plan.groups.append(written) }
  }

  private mutating func name(_ node: YAMLNode?, of group: YAMLNode) -> String? {
    guard let node else {
      report("name is missing; gates and records call a group by it", at: group)
      return nil
    }
    guard let name = text(node, "name") else { return nil }
    let isBad = name.unicodeScalars.contains {
      $0.value <= 0x20 || $0.value == 0x7f || $0 == "/" || $0 == ":"
    }
    guard !isBad, name.unicodeScalars.count <= 64 else {
      report(
        "a group's name has no blanks, no / and no :, and at most 64 characters; here is \"\(name.prefix(80))\"",
        at: node)
      return nil
    }
    guard name != "scheduler" else {
      report("scheduler is what gates call probe6's own clockwork; choose another name", at: node)
      return nil
    }
    if let line = groupLines[name] {
      report("a group named \"\(name)\" stands in line \(line) already; choose another name", at: node)
      return nil
    }
    groupLines[name] = node.place.line
    return name
  }

  private mutating func probe(
    _ kind: PlanProbe, _ values: [String: YAMLNode], _ node: YAMLNode, _ settings: GroupSettings
  ) -> SampleProbe {
    switch kind {
    case .icmp6: return .echo
    case .udp: return .udp(acceptsUnreachable: accepts("unreachable", values["accept"]))
    case .tcp: return .tcp(acceptsReset: accepts("reset", values["accept"]))
    case .trace: return .trace(order(values))
    case .ndisc:
      if settings.interface == nil {
        let names = interfaces.isEmpty ? "eth0" : interfaces[0]
        report("interface is missing: neighbors are on a link; write interface: \(names)", at: node)
      }
      return .neighbor(interface: settings.interface ?? "")
    }
  }

  private mutating func accepts(_ word: String, _ node: YAMLNode?) -> Bool {
    guard let node, let elements = list(node, "accept", example: "[\(word)]") else { return false }
    var accepts = false
    for element in elements {
      guard self.word(element, "accept", among: [word]) != nil else { continue }
      if accepts { report("\(word) stands here twice", at: element) }
      accepts = true
    }
    return accepts
  }

  private func fill(_ group: inout SampleGroup, _ settings: GroupSettings, _ run: RunSettings) {
    group.interval = settings.interval ?? group.interval
    group.timeout = settings.timeout ?? group.timeout
    group.lateWindow = settings.late ?? group.lateWindow
    group.payloadLength = settings.size ?? group.payloadLength
    group.pattern = settings.pattern ?? []
    group.count = settings.count ?? run.count
    group.order =
      settings.isPoisson ?? run.isPoisson ?? false ? .poisson : .constant(spacing: settings.spacing)
    group.path.hopLimit = settings.hopLimit
    group.path.trafficClass = settings.trafficClass
    group.path.interface = settings.interface
    group.path.source = settings.source
    group.path.isUnfragmented = settings.isUnfragmented ?? false
    if let trouble = settings.trouble, !group.probe.isOrder {
      group.onTrouble = trouble.trace
      group.troubleLosses = trouble.losses
      group.troubleRoundTrip = trouble.roundTrip
    }
  }
}
