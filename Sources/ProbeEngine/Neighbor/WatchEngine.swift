package import Timing
import Wire

/// The kernel's neighbor table once, or one time line of wire and kernel. Sends nothing.
///
/// The time line is in the order of the events' own times: each is held back for `hold`, since a frame and the change
/// that the kernel made of it come by two ways.
package struct WatchEngine: LinkEngine {
  /// How long an event waits for an earlier one. Capture and netlink are read within a millisecond of each other.
  static let hold = Nanoseconds.milliseconds(5)
  /// Events held back at most: then the earliest goes out before its time.
  static let maximumHeld = 4_096
  /// Addresses whose last station is remembered.
  static let maximumAddresses = 8_192
  /// A conflict between the same two stations is told once in such a time.
  static let conflictPause = Nanoseconds.seconds(60)

  let configuration: WatchConfiguration
  let view: KernelView
  private let startedAt: Instant
  var own: OwnAddresses
  var sightings = RecentTable<LinkKey, Sighting>(limit: WatchEngine.maximumAddresses)
  /// false: it has said that it is no default router.
  var routers = RecentTable<LinkKey, Bool>(limit: 256)
  private var held = TimerQueue<LinkEvent>()
  private var ready = EventQueue<LinkEvent>()
  private var losses = LossCount(pause: .seconds(1))
  var summary: WatchSummary
  /// The latest time that was given.
  private var clock: Instant
  private var hasBegun = false
  private var isFinished = false

  package init(_ configuration: WatchConfiguration, view: KernelView, at now: Instant) {
    self.configuration = configuration
    self.view = view
    startedAt = now
    clock = now
    own = OwnAddresses(view)
    summary = WatchSummary(at: now)
    for route in view.routes {
      guard let gateway = route.gateway else { continue }
      routers[LinkKey(gateway, on: route.interface)] = true
    }
    for neighbor in view.neighbors where neighbor.isRouter {
      routers[LinkKey(neighbor.address, on: neighbor.interface)] = true
    }
  }

  package mutating func handleReceived(_ message: HeardMessage) {
    guard configuration.isContinuous, !isFinished, (133...137).contains(message.type) else { return }
    guard configuration.includesOutgoing || !message.arrival.isOutgoing else { return }
    clock = max(clock, message.arrival.readAt)
    let time = min(message.arrival.stamp, message.arrival.readAt)
    summary.messages += 1
    tell(.heard(message), at: time)
    if !message.arrival.isOutgoing { judge(message, at: time) }
    release()
  }

  package mutating func handleKernel(_ change: KernelChange, at now: Instant) {
    guard configuration.isContinuous, !isFinished, isOfThisLink(change) else { return }
    clock = max(clock, now)
    summary.kernelChanges += 1
    if change == .lost { summary.droppedChanges += 1 }
    tell(.kernel(change, at: now), at: now)
    if own.handle(change), case .address(let address, _) = change { tellDuplicate(address, at: now) }
    release()
  }

  package var wantsKernelView: Bool { own.isStale && !isFinished }
  package mutating func handleKernelView(_ view: KernelView) { own.take(view) }

  package mutating func handleCaptureLoss(_ frames: UInt64, at now: Instant) {
    guard configuration.isContinuous, !isFinished else { return }
    clock = max(clock, now)
    losses.add(frames, at: now)
  }

  package mutating func handleTransmitted(_ number: UInt64, at stamp: Instant) {}
  package mutating func handleSendFailure(_ number: UInt64, errno: Int32, at now: Instant) {}

  package mutating func handleTimeout(at now: Instant) {
    guard !isFinished else { return }
    clock = max(clock, now)
    guard configuration.isContinuous else { return tellTable(at: now) }
    if !hasBegun {
      hasBegun = true
      if let finding = tableFull(at: now) { tell(finding) }
      for address in view.addresses where address.isDuplicate { tellDuplicate(address, at: now) }
    }
    if let finding = losses.finding(at: now) { tell(finding) }
    release()
    if let endAt, now >= endAt { finish(at: now) }
  }

  package mutating func pollTransmit(at now: Instant, into buffer: inout MutableSpan<UInt8>) -> LinkTransmit?
  { nil }
  package mutating func pollEvent() -> LinkEvent? { ready.next() }

  package func nextTimeout(now: Instant) -> Instant? {
    guard !isFinished else { return nil }
    guard configuration.isContinuous, hasBegun else { return now }
    return min(endAt ?? .distantFuture, held.earliest ?? .distantFuture, losses.dueAt ?? .distantFuture)
  }

  package mutating func stop(at now: Instant) {
    guard !isFinished else { return }
    configuration.isContinuous ? finish(at: now) : tellTable(at: now)
  }

  package var longestPacket: Int { 0 }

  /// For the tests: events that wait for an earlier one.
  var heldCount: Int { held.count }

  mutating func tell(_ finding: Finding) {
    summary.findings += 1
    tell(.finding(finding), at: finding.at)
  }

  private mutating func tell(_ event: LinkEvent, at time: Instant) {
    held.insert(event, at: time + Self.hold)
    if held.count > Self.maximumHeld, let first = held.popDue(at: .distantFuture) {
      ready.append(first.payload)
    }
  }

  private mutating func release(all: Bool = false) {
    while let due = held.popDue(at: all ? .distantFuture : clock) { ready.append(due.payload) }
  }

  private mutating func tellDuplicate(_ address: KernelAddress, at now: Instant) {
    var finding = Finding(.duplicateAddress, .problem, at: now)
    finding.address = address.address
    tell(finding)
  }

  private func isOfThisLink(_ change: KernelChange) -> Bool {
    let index: UInt32
    switch change {
    case .neighbor(let neighbor, _): index = neighbor.interface
    case .address(let address, _): index = address.interface
    case .route(let route, _): index = route.interface
    case .prefix(_, _, let interface, _, _): index = interface
    case .advertisedOption(_, _, let interface): index = interface
    case .lost: return true
    }
    return view.interface.index == 0 || index == 0 || index == view.interface.index
  }

  private var endAt: Instant? { configuration.duration.map { startedAt + $0 } }

  private mutating func finish(at now: Instant) {
    if let finding = losses.finding(at: now, isLast: true) { tell(finding) }
    release(all: true)
    summary.droppedFrames = losses.total
    summary.at = now
    ready.append(.summary(.watch(summary)))
    isFinished = true
  }

  private mutating func tellTable(at now: Instant) {
    let entries = view.neighbors.sorted { ($0.address.bits, $0.interface) < ($1.address.bits, $1.interface) }
    for entry in entries { ready.append(.neighbor(entry, at: view.at)) }
    if let finding = tableFull(at: now) { ready.append(.finding(finding)) }
    ready.append(.summary(.table(view.limits, entries: entries.count, at: now)))
    isFinished = true
  }

  /// `found` entries, of `expected` at most. A problem where the next neighbor may find no room; a notice from nine
  /// tenths on. How often there was none since the kernel started stands in the limits: it may be long ago.
  private func tableFull(at now: Instant) -> Finding? {
    guard let limits = view.limits, let last = limits.thresholds.last, limits.thresholds.count >= 3 else {
      return nil
    }
    let isFull = limits.entries >= last
    let isNearlyFull = UInt64(limits.entries) * 10 >= UInt64(last) * 9
    guard isFull || isNearlyFull else { return nil }
    var finding = Finding(.tableFull, isFull ? .problem : .notice, at: now)
    finding.expected = .number(UInt64(last))
    finding.found = .number(UInt64(limits.entries))
    return finding
  }
}

/// An address on one link: link-local ones mean another station on each.
struct LinkKey: Hashable, Sendable {
  var address: IPv6Address
  var interface: UInt32

  init(_ address: IPv6Address, on interface: UInt32) {
    self.address = address
    self.interface = interface
  }
}
