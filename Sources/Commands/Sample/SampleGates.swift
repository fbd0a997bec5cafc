import Plan
import ProbeEngine
import Report
import Wire

/// Judges a plan's gates by a run's figures.
enum SampleGates {
  static func judge(
    _ gates: [Gate], _ run: SampleRun, _ summary: SampleSummary, _ figures: [SampleFigures]
  ) -> [GateResult] {
    let configuration = run.configuration
    return gates.map { gate in
      gate.judge(
        summary, groups: configuration.groups, targets: configuration.targets, figures: { figures[$0] },
        name: { target in
          // However the plan writes the one that is meant, the gate may write it so as well.
          if case .target(_, let wanted) = gate.scope, isMeant(wanted, target, run) { return wanted }
          return run.name(of: target)
        })
    }
  }

  /// The target goes by this text: its name, or any spelling of its address, with its port or without.
  static func isMeant(_ text: String, _ index: Int, _ run: SampleRun) -> Bool {
    if run.name(of: index) == text { return true }
    let target = run.configuration.targets[index]
    guard let (host, port) = try? TargetText.splittingPort(text), port == nil || port == target.port else {
      return false
    }
    if run.names[index] == host { return true }
    guard case .address(let address, let zone)? = try? TargetText.parse(host, defaultZone: "-") else {
      return false
    }
    guard target.isResolved, address == target.address else { return false }
    guard target.zone != 0, let zone, zone != "-" else { return true }
    return run.interfaceNames[target.zone] == zone || String(target.zone) == zone
  }
}
