import ProbeEngine
import Report

/// What a sampling run came to, and what that means to a script.
struct SampleVerdict: Hashable {
  /// Gates that were judged, and those that did not hold.
  var gates = 0
  var failedGates = 0
  /// An output was not written, or what it was written to failed.
  var isOutputLost = false
  /// Probes of all targets with an outcome, and those that never left this host.
  var resolved: UInt64 = 0
  var sendErrors: UInt64 = 0

  init() {}

  init(_ report: borrowing SampleReport, isOutputLost: Bool) {
    gates = report.gates.count
    failedGates = report.gates.count { !$0.held }
    self.isOutputLost = isOutputLost
    for group in report.summary.groups {
      resolved = resolved &+ group.resolved
      sendErrors = sendErrors &+ group.sendErrors
    }
  }

  /// 0 all gates held, or none; 1 a gate failed; 3 an output was not written, or no probe left this host and no gate
  /// is there to judge that.
  var exitCode: Int32 {
    if isOutputLost { return 3 }
    if gates > 0 { return failedGates > 0 ? 1 : 0 }
    return isHostAtFault ? 3 : 0
  }

  /// Nothing was sent, and no gate judges that.
  var isHostAtFault: Bool { gates == 0 && resolved > 0 && sendErrors >= resolved }
}
