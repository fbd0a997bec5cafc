import LinuxNet
import ProbeEngine
import Synchronization
import Timing
import Wire

/// What other threads of a sampling run tell its loop.
enum SampleNews: Sendable {
  /// An order was carried out.
  case finding(order: UInt64, SampleFinding)
  /// A name was looked up again, for a plan of that generation.
  case address(generation: Int, target: Int, SampleSources.Answer)
  /// All names were, once.
  case lookedUp(generation: Int)
  /// The targets of a new plan are known.
  case reloaded(SampleRequest, SampleSources)
}

/// Traceroutes in the course of a sampling run: on threads of their own, by sockets of the kernel and their error
/// queues, without privileges.
final class SampleTraces: Sendable {
  struct Order: Sendable {
    var number: UInt64
    var request: TraceRequest
  }

  private struct State {
    var queue: [Order] = []
    var head = 0
    var running = 0

    mutating func next() -> Order? {
      guard head < queue.count else { return nil }
      defer {
        head += 1
        if head == queue.count {
          queue.removeAll(keepingCapacity: true)
          head = 0
        }
      }
      return queue[head]
    }
  }

  /// Traceroutes at a time: they must not disturb what is measured beside them.
  private static let limit = 4

  private let mailbox: Mailbox<SampleNews>
  private let raises: Capabilities
  private let state = Mutex(State())

  init(_ mailbox: Mailbox<SampleNews>, raises: Capabilities) {
    self.mailbox = mailbox
    self.raises = raises
  }

  /// Never waits; what came of it comes by the mailbox.
  func submit(_ order: Order) {
    let startsThread = state.withLock { state in
      state.queue.append(order)
      guard state.running < SampleTraces.limit else { return false }
      state.running += 1
      return true
    }
    guard startsThread else { return }
    do throws(SystemError) {
      // Let go of at once: it ends by itself when nothing waits.
      _ = try Thread { self.work() }
    } catch {
      let failure = error
      let left = state.withLock { state -> [Order] in
        state.running -= 1
        // Others will do the work, if there are others.
        guard state.running == 0 else { return [] }
        var left: [Order] = []
        while let order = state.next() { left.append(order) }
        return left
      }
      for order in left {
        mailbox.post(
          .finding(
            order: order.number,
            .failed(errno: failure.errno.rawValue, text: failure.description)))
      }
    }
  }

  private func work() {
    while true {
      let next = state.withLock { state -> Order? in
        let next = state.next()
        if next == nil { state.running -= 1 }
        return next
      }
      guard let next else { return }
      mailbox.post(.finding(order: next.number, carryOut(next.request)))
    }
  }

  private func carryOut(_ request: TraceRequest) -> SampleFinding {
    var sink = Collector()
    do throws(PingFailure) {
      let ends = try TraceSession.runWithin(request, raises: raises, sink: &sink)
      guard let end = ends.first else { return .failed(errno: 0, text: "the traceroute came to no end") }
      return .path(SampledPath(hops: sink.hops, end: end))
    } catch {
      return .failed(errno: error.errno?.rawValue ?? 0, text: error.shortText)
    }
  }

  /// Keeps the hops.
  private struct Collector: TraceSink, ~Copyable {
    var hops: [TraceHop] = []
    var wakeDescriptor: Int32? { nil }
    var inputDescriptor: Int32? { nil }
    var nextWake: Instant? { nil }

    mutating func begin(_ start: TraceStart, clock: KernelClock) {}
    mutating func targetFailed(_ name: String, _ failure: PingFailure) {}
    mutating func handle(_ event: TraceEvent, clock: KernelClock) {
      if case .hop(let hop) = event { hops.append(hop) }
    }
    mutating func snapshot(at now: Instant, clock: KernelClock) {}
    mutating func end(at now: Instant, clock: KernelClock) {}
    mutating func flush(isLast: Bool) throws(SystemError) {}
    mutating func wake() {}
    mutating func input() -> TraceControl? { nil }
    mutating func redraw() {}
    mutating func suspend() {}
  }
}

extension TraceRequest {
  /// The traceroute that an order means. The target is an address: no name is asked for.
  init(_ order: TraceOrder, to target: SampleTarget, path: SamplePath, mark: UInt32?, seed: UInt64) {
    self.init()
    var text = target.address.description
    if target.zone != 0 { text += "%" + (Interfaces.name(of: target.zone) ?? "\(target.zone)") }
    targetNames = [text]
    self.path = .errorQueue
    self.mark = mark
    self.seed = seed
    source = path.source
    interface = path.interface
    configuration.method = order.method
    configuration.trafficClass = path.trafficClass ?? 0
    configuration.maximumHops = order.maximumHops
    configuration.queries = order.queries
    configuration.reportsProbes = false
    configuration.flow.destinationPort = order.port
    guard order.port == 0 else { return }
    switch order.method {
    case .udp: configuration.flow.destinationPort = 33_434
    case .tcp, .connect: configuration.flow.destinationPort = 80
    case .icmp: break
    }
  }
}

extension PingFailure {
  /// For a record: what failed, in the kernel's words.
  var shortText: String {
    switch self {
    case .resolution(let name, let error, _): "\(name): \(error)"
    case .missingZone(let name, _): "\(name): no zone"
    case .unknownInterface(let name): "\(name): no such interface"
    case .notPermitted(let datagram, let raw):
      (raw ?? datagram)?.description ?? "no socket is permitted"
    case .socket(let error), .noRoute(let error), .privileges(let error), .system(let error):
      error.description
    case .capture(let text), .link(let text): text
    case .option(let name, let error), .source(let name, let error): "\(name): \(error)"
    case .differentLinks(let first, _, let other, _): "\(first), \(other): different links"
    }
  }
}
