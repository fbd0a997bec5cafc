import ProbeEngine

/// Reads what a group's target file has on its lines, by the rules of the group's own targets.
package struct TargetLines {
  private var list: TargetList
  private let interfaces: [String]
  private var known: Set<SamplePlan.Target> = []
  /// A target without a port was read, where each needs one and the group has none.
  package var lacksPort: Bool { list.kind.hasPort && list.port == nil && list.lacksPort }

  /// `interfaces`: names offered where a zone is missing.
  package init(of group: SamplePlan.Group, interfaces: [String] = []) {
    var interface = group.group.path.interface
    let kind: PlanProbe
    switch group.group.probe {
    case .echo: kind = .icmp6
    case .udp: kind = .udp
    case .tcp: kind = .tcp
    case .trace: kind = .trace
    case .neighbor(let link): (kind, interface) = (.ndisc, interface ?? link)
    }
    list = TargetList(kind: kind, interface: interface, port: group.port, limit: group.limit)
    self.interfaces = interfaces
    for target in group.targets {
      known.insert(PlanReader.same(target, list))
      if case .prefix(let prefix) = target { list.addresses += prefix.count }
    }
  }

  /// A target as it stands on a line; nil: it was there before, and is asked once.
  package mutating func read(_ text: String) throws(TargetTextError) -> SamplePlan.Target? {
    let target = try PlanTarget.parse(text, interfaces: interfaces, &list)
    return known.insert(PlanReader.same(target, list)).inserted ? target : nil
  }
}
