import LinuxNet
import ProbeEngine
import Synchronization
import Timing
import Wire

/// Neighbor checks of one interface in the course of a sampling run, on a thread of its own. Sockets and capture were
/// opened while there were privileges.
final class SampleLink: Sendable {
  struct Order: Sendable {
    var number: UInt64
    var address: IPv6Address
    var seed: UInt64
  }

  private struct State {
    var queue: [Order] = []
    var isRunning = false
  }

  /// Taken over by the thread that works, one at a time.
  private final class Way: @unchecked Sendable {
    var transport: LinkTransport
    let interface: UInt32
    init(_ transport: consuming LinkTransport, interface: UInt32) {
      self.transport = transport
      self.interface = interface
    }
  }

  /// A silent neighbor is asked twice, half a second apart.
  private static let attempts = 2
  private static let interval = Nanoseconds.milliseconds(500)
  /// So long a second station is listened for that claims the same address.
  private static let linger = Nanoseconds.milliseconds(20)
  /// Of one run of the engine.
  private static let atOnce = 256

  private let mailbox: Mailbox<SampleNews>
  private let way: Way
  private let state = Mutex(State())

  /// Needs CAP_NET_RAW.
  init(interface: String, _ mailbox: Mailbox<SampleNews>) throws(PingFailure) {
    var request = LinkRequest(.neighbor(SampleLink.configuration([], source: .unspecified, seed: 1)))
    request.interface = interface
    var setup = try LinkSetup.open(request)
    let longest = NeighborEngine(
      SampleLink.configuration([], source: .unspecified, seed: 1), view: setup.start.view, at: .zero
    ).longestPacket
    self.mailbox = mailbox
    way = Way(
      LinkTransport(&setup, longestPacket: longest), interface: setup.start.view.interface.index)
  }

  /// Never waits; what came of it comes by the mailbox.
  func submit(_ order: Order) {
    let startsThread = state.withLock { state in
      state.queue.append(order)
      defer { state.isRunning = true }
      return !state.isRunning
    }
    guard startsThread else { return }
    do throws(SystemError) {
      // Let go of at once: it ends by itself when nothing waits.
      _ = try Thread { self.work() }
    } catch {
      let left = state.withLock { state in
        defer { state = State() }
        return state.queue
      }
      fail(left, error.errno.rawValue, error.description)
    }
  }

  private static func configuration(
    _ targets: [IPv6Address], source: IPv6Address, seed: UInt64
  ) -> NeighborConfiguration {
    var configuration = NeighborConfiguration(
      targets: targets.map { NeighborConfiguration.Target($0) }, source: source)
    configuration.attempts = attempts
    configuration.interval = interval
    configuration.stopsAtFirstAnswer = true
    configuration.linger = linger
    configuration.seed = seed
    return configuration
  }

  private func work() {
    while true {
      let orders = state.withLock { state -> [Order] in
        // One question has one source: link-local targets and others are asked apart, in their order.
        guard let first = state.queue.first else {
          state.isRunning = false
          return []
        }
        let isLocal = first.address.isLinkLocalUnicast
        let end =
          state.queue.firstIndex { $0.address.isLinkLocalUnicast != isLocal } ?? state.queue.count
        let taken = Array(state.queue.prefix(min(end, SampleLink.atOnce)))
        state.queue.removeFirst(taken.count)
        return taken
      }
      guard !orders.isEmpty else { return }
      carryOut(orders)
    }
  }

  private func carryOut(_ orders: [Order]) {
    let tables = KernelTables(interface: way.interface, parts: .neighbors)
    let view: KernelView
    do throws(SystemError) { view = try tables.read() } catch {
      return fail(orders, error.errno.rawValue, error.description)
    }
    let addresses = orders.map(\.address)
    guard let source = view.neighborSource(for: addresses) else {
      return fail(
        orders, Errno.addressNotAvailable.rawValue, "\(view.interface.name) has no IPv6 address to ask from")
    }
    way.transport.forget()
    var engine = NeighborEngine(
      SampleLink.configuration(addresses, source: source, seed: orders[0].seed), view: view,
      at: SystemClock.monotonicNow())
    var run = LinkSession.Run(LinkRequest(.neighbor(NeighborConfiguration(targets: [], source: source))))
    var sink = Teller(orders: orders, mailbox: mailbox)
    do throws(LinkEnd) { try run.loop(&engine, &way.transport, tables, &sink) } catch {
      let left = orders.indices.filter { !sink.told.contains($0) }.map { orders[$0] }
      switch error {
      case .system(let error): fail(left, error.errno.rawValue, error.description)
      case .capture(let text): fail(left, Errno.networkDown.rawValue, text)
      }
    }
  }

  private func fail(_ orders: [Order], _ errno: Int32, _ text: String) {
    for order in orders {
      mailbox.post(.finding(order: order.number, .failed(errno: errno, text: text)))
    }
  }

  /// Tells each verdict as it comes.
  private struct Teller: LinkSink, ~Copyable {
    let orders: [Order]
    let mailbox: Mailbox<SampleNews>
    var told: Set<Int> = []

    init(orders: [Order], mailbox: Mailbox<SampleNews>) {
      self.orders = orders
      self.mailbox = mailbox
    }

    mutating func begin(_ start: LinkStart, clock: KernelClock) {}
    mutating func handle(_ event: LinkEvent, clock: KernelClock) {
      guard case .summary(.neighbor(let summary)) = event, orders.indices.contains(summary.target),
        told.insert(summary.target).inserted
      else { return }
      mailbox.post(.finding(order: orders[summary.target].number, .neighbor(summary)))
    }
    mutating func end(at now: Instant, clock: KernelClock) {}
    mutating func flush(isLast: Bool) throws(SystemError) {}
  }
}
