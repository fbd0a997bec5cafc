import LinuxNet
import ProbeEngine
import Timing
import Wire

/// What a run keeps for the day when its plan is read again.
struct SampleReload {
  /// A new plan with all that it took time to find out.
  struct Plan: Sendable {
    var request: SampleRequest
    var sources: SampleSources
    var paths: [SamplePathSettings]
  }

  let common: SampleCommon
  /// Counts plans that were asked for.
  private(set) var generation = 0
  var path: ICMPv6Socket.Kind
  var isCaptured: Bool
  /// Of the plan that is in force, by target.
  var names: [Int: String]

  init(_ request: SampleRequest, _ start: SampleStart, _ common: SampleCommon) {
    self.common = common
    path = start.path
    isCaptured = start.isCaptured
    names = start.targets.names
  }

  /// Finds the new plan's targets on a thread: the old one goes on meanwhile.
  mutating func begin(_ request: SampleRequest, _ mailbox: Mailbox<SampleNews>) {
    generation += 1
    let generation = generation
    let find: @Sendable () -> Void = {
      do throws(PingFailure) {
        let paths = try SampleSetup.paths(request)
        let plan = Plan(request: request, sources: try SampleSources.resolve(request), paths: paths)
        mailbox.post(.reloaded(generation: generation, plan))
      } catch { mailbox.post(.reloadFailed(generation: generation, error)) }
    }
    do throws(SystemError) { _ = try Thread(find) } catch { find() }
  }

  /// A target by what it was called, not by its place.
  private struct Key: Hashable {
    var group: String
    var kind: Int
    var port: UInt16
    var name: String?
    var address: IPv6Address
    var zone: UInt32
  }

  /// For each target of the new plan the old one whose state goes on: the same in a group of the same name and kind.
  static func kept(
    from old: SampleConfiguration, _ oldNames: [Int: String], to new: SampleConfiguration,
    _ newNames: [Int: String]
  ) -> [Int?] {
    var known: [Key: [Int]] = [:]
    // From the last on, so that the first of equals is taken first.
    for i in old.targets.indices.reversed() { known[key(i, old, oldNames), default: []].append(i) }
    return new.targets.indices.map { known[key($0, new, newNames)]?.popLast() }
  }

  private static func key(_ target: Int, _ plan: SampleConfiguration, _ names: [Int: String]) -> Key {
    let each = plan.targets[target]
    let group = plan.groups[Int(each.group)]
    let name = names[target]
    // A name's address is not its identity.
    return Key(
      group: group.name, kind: group.probe.kind, port: each.port, name: name,
      address: name == nil ? each.address : .unspecified, zone: name == nil ? each.zone : 0)
  }
}

extension SampleProbe {
  fileprivate var kind: Int {
    switch self {
    case .echo: 0
    case .udp: 1
    case .tcp: 2
    case .trace: 3
    case .neighbor: 4
    }
  }
}
