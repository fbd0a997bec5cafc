import LinuxNet
import Plan
import ProbeEngine
import Runtime
import Timing

extension SampleRequest {
  /// How often the progress line is drawn, and outputs that wait are written.
  private static var tickInterval: Nanoseconds { .milliseconds(200) }

  /// A plan as a run needs it; the command line's own words outweigh the plan's.
  init(_ invocation: SampleInvocation, _ file: SamplePlanFile) {
    self.init()
    let plan = file.plan
    configuration = SampleConfiguration(groups: plan.groups.map(\.group), targets: [])
    configuration.duration = invocation.duration ?? plan.duration
    configuration.warmup = plan.warmup
    configuration.splay = plan.splay
    if let count = invocation.count {
      for index in configuration.groups.indices { configuration.groups[index].count = count }
    }
    sources = file.sources
    resolveInterval = plan.resolveInterval
    seed = invocation.seed ?? plan.seed
    tick = Self.tickInterval
    keepsFileRights = Process.isRealUserRoot
  }
}
