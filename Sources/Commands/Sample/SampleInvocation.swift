package import Plan
package import Timing

/// A sampling run as the command line asked for it.
package struct SampleInvocation: Hashable, Sendable {
  package enum Act: Hashable, Sendable {
    case run
    /// Only read and judge the plan.
    case check
    /// Say what would be sent.
    case dryRun
  }

  /// Where the plan stands.
  package var plan: TargetList
  package var act = Act.run
  /// Gates beside the plan's, as typed.
  package var gates: [String] = []
  package var duration: Nanoseconds?
  package var count: UInt64?
  package var seed: UInt64?
  /// Outputs beside the plan's; their paths are relative to the working directory.
  package var outputs: [SamplePlan.Output] = []
  package var display = SampleDisplay()

  package init(plan: TargetList) { self.plan = plan }
}

/// What of a run goes to the standard descriptors.
package struct SampleDisplay: Hashable, Sendable {
  package enum Color: String, Hashable, Sendable, CaseIterable { case auto, always, never }

  package var isJSON = false
  package var isQuiet = false
  package var showsProgress = true
  package var color = Color.auto

  package init() {}
}
