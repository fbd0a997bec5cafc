import LinuxNet
import ProbeEngine
import Timing
import Wire

/// Everything that is opened before the first probe of a sampling run: names, sockets, captures.
struct SampleSetup: ~Copyable {
  /// For the kernel to begin with receive stamps, at the most; a run without them is worth more than none.
  private static let stampWait = Nanoseconds.milliseconds(100)

  /// Echo requests a second up to which each one's way to the device is watched: the second stamp that this takes
  /// costs 8 µs a probe.
  private static let unhurriedRate = 500.0

  /// Its configuration has targets, identifier and seed filled in.
  var start: SampleStart
  let sources: SampleSources
  let paths: [SamplePathSettings]
  var common: SampleCommon
  var orders: SampleOrders
  let mailbox: Mailbox<SampleNews>
  var sockets: SampleSockets
  private var stampStarter: StampStarter?

  static func open(_ request: SampleRequest, _ signals: HeldSignals) throws(PingFailure) -> SampleSetup {
    var starter: StampStarter?
    let mailbox: Mailbox<SampleNews>
    do throws(SystemError) {
      // Early: stamps start while names are asked for.
      starter = try StampStarter()
      mailbox = try Mailbox()
    } catch { throw .socket(error) }
    let sources = try SampleSources.resolve(request, signals: signals)
    let paths = try SampleSetup.paths(request)
    var start = SampleStart(
      configuration: request.configuration, targets: sources.found, at: SystemClock.monotonicNow())
    start.configuration.targets = sources.targets
    start.configuration.seed = try PingSetup.seed(request.seed)

    var request = request
    request.configuration.reportsDepartures = start.configuration.echoRate <= SampleSetup.unhurriedRate
    var sockets = SampleSockets()
    let failure = sockets.openMissing(request, &start)
    start.configuration.identifier = sockets.identifier
    // A raw socket's send(2) says itself that the local firewall drops.
    start.configuration.reportsDepartures =
      start.path == .datagram && request.configuration.reportsDepartures
    var common = SampleCommon(mark: request.mark)
    if request.needsLaterPrivileges {
      let needed: Capabilities = [.networkAdministration, .networkRaw]
      do throws(SystemError) { common.raises = try Privileges.current().permitted.intersection(needed) } catch
      {
        throw .privileges(error)
      }
    }
    var orders = SampleOrders(mailbox, common: common, seed: start.configuration.seed)
    start.notes += orders.configure(request.configuration.groups)
    if let failure, !request.hasOtherWays(than: sockets, orders) { throw failure }
    return SampleSetup(
      start: start, sources: sources, paths: paths, common: common, orders: orders, mailbox: mailbox,
      sockets: consume sockets, stampStarter: consume starter)
  }

  static func paths(_ request: SampleRequest) throws(PingFailure) -> [SamplePathSettings] {
    var paths: [SamplePathSettings] = []
    for group in request.configuration.groups { paths.append(try SamplePathSettings(group.path)) }
    return paths
  }

  /// For good; where files are still to be written, or marked sockets to be made, capabilities can be raised again.
  func dropPrivileges(_ request: SampleRequest) throws(PingFailure) {
    do throws(SystemError) {
      if request.needsLaterPrivileges || (request.keepsFileRights && Process.isRealUserRoot) {
        try Privileges.lower(Capabilities(rawValue: .max))
      } else {
        try Privileges.dropAll()
      }
    } catch { throw .privileges(error) }
  }

  /// Waits until the first answer will have the kernel's stamp; nearly always it would by now.
  mutating func waitForStamps() {
    guard let starter = stampStarter.take() else { return }
    _ = starter.wait(atMost: SampleSetup.stampWait)
  }
}

extension SampleRequest {
  /// Sockets that are made while it runs are to carry a mark.
  fileprivate var needsLaterPrivileges: Bool {
    mark != nil
      && configuration.groups.contains {
        if $0.onTrouble != nil { return true }
        switch $0.probe {
        case .tcp, .trace: return true
        case .echo, .udp, .neighbor: return false
        }
      }
  }

  /// Something can be asked though something could not be opened.
  fileprivate func hasOtherWays(than sockets: borrowing SampleSockets, _ orders: SampleOrders) -> Bool {
    if sockets.echo != nil || sockets.udp != nil || orders.canAskNeighbors { return true }
    return configuration.groups.contains {
      switch $0.probe {
      case .tcp, .trace: true
      case .echo, .udp, .neighbor: false
      }
    }
  }
}

extension SampleConfiguration {
  /// Echo requests a second, of all groups together.
  fileprivate var echoRate: Double {
    var members = [Int](repeating: 0, count: groups.count)
    for target in targets { members[Int(target.group)] += 1 }
    return groups.indices.reduce(0) { rate, i in
      guard case .echo = groups[i].probe, members[i] > 0 else { return rate }
      let interval = groups[i].interval
      return rate + (interval > .zero ? Double(members[i]) * 1e9 / Double(interval.count) : .infinity)
    }
  }
}
