import ProbeEngine
import Report
import Runtime
import Timing
import Wire

extension NdiscFaceInvocation {
  private enum Limits {
    /// What a window must be to hear anything: the original's poll(2) of no time still finds what is there already.
    static let shortestWait = Nanoseconds.milliseconds(1)
    /// How long a second station is listened for behind the first answer: it was asked by the same frame, and hosts
    /// answer at once.
    static let conflictWait = Nanoseconds.milliseconds(10)
  }

  private var interval: Nanoseconds {
    max(.milliseconds(Int64(waitMilliseconds)), Limits.shortestWait)
  }

  /// `-r 0` asks nobody and waits for nothing.
  private var isEmpty: Bool { attempts == 0 }

  /// What is to be done for the target, whose name was looked up.
  ///
  /// - source: nil where none was given, or `::`, which leaves the choice to the kernel.
  func request(target: IPv6Address, source: IPv6Address?) -> LinkRequest {
    var request: LinkRequest
    switch tool {
    case .neighbor:
      var configuration = NeighborConfiguration(targets: [], source: .unspecified)
      configuration.attempts = isEmpty ? 1 : Int(attempts)
      configuration.interval = isEmpty ? Limits.shortestWait : interval
      configuration.stopsAtFirstAnswer = answers != .all
      configuration.linger = answers == .firstAndConflicts ? Limits.conflictWait : .zero
      configuration.needsTargetLinkLayerAddress = true
      configuration.solicits = solicits && !isEmpty
      request = LinkRequest(.neighbor(configuration))
      request.targetNames = [target.description]
    case .router:
      var configuration = RouterConfiguration()
      configuration.destination = target
      configuration.attempts = isEmpty ? 1 : Int(attempts)
      configuration.interval = isEmpty ? Limits.shortestWait : interval
      configuration.stopsAtFirstAnswer = answers != .all
      configuration.solicits = solicits && !isEmpty
      // The wait that was asked for, and no more.
      configuration.patience = .zero
      request = LinkRequest(.routers(configuration))
    }
    request.interface = interface
    request.source = source.map(\.description)
    // Both print what came over the wire.
    request.allowsKernelAlone = false
    return request
  }

  /// How it is told.
  func text(target address: IPv6Address) -> NdiscTextOptions {
    var options = NdiscTextOptions(
      name: target, address: address, interface: interface, programName: programName)
    options.isQuiet = isQuiet
    options.isSingle = answers != .all
    options.solicits = solicits
    options.attempts = attempts
    return options
  }
}
