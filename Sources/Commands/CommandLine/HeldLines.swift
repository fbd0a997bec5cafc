import LinuxNet
import Report
import Timing
import Wire

/// Events that wait for reverse names in their order; probes never do.
///
/// The first look-up starts the resolver's thread.
struct HeldLines<Event>: ~Copyable {
  /// An address to look up.
  struct Wanted: Hashable, Sendable {
    var address: IPv6Address
    var zone: UInt32
  }

  /// What is written now: `names` as far as they came in time, in the order of `wanted`.
  struct Line {
    var event: Event
    var wall: WallClock
    var wanted: [Wanted]
    var names: [String?]
  }

  private struct Held {
    var event: Event
    var wall: WallClock
    var wanted: [Wanted]
    var since: Instant
  }

  /// Lines that wait beyond this many make the older half go without names.
  private let limit: Int

  private var held: [Held] = []
  /// Those before it have been written.
  private var first = 0
  /// So many go without waiting.
  private var overdue = 0
  private var names: ReverseResolver?
  private let isLookingUp: Bool
  /// How long a line waits for its names; nil: until they are known or the run ends.
  private let patience: Nanoseconds?

  init(isLookingUp: Bool, patience: Nanoseconds? = nil, limit: Int = 1_024) {
    self.limit = limit
    self.isLookingUp = isLookingUp
    self.patience = patience
  }

  /// Readable when names have come; then `acknowledge` and ask for `next`.
  var wakeDescriptor: Int32? { names?.descriptor.number }

  /// When the first line's patience ends; nil where none waits, or it waits for ever.
  var nextWake: Instant? {
    guard let patience, first < held.count else { return nil }
    return held[first].since + patience
  }

  /// Nothing waits, and a line without names need not go through here.
  var isEmpty: Bool { first == held.count }

  mutating func acknowledge() { names?.acknowledge() }

  mutating func add(_ event: Event, wall: WallClock, wanted: [Wanted]) {
    held.append(
      Held(
        event: event, wall: wall, wanted: wanted, since: patience == nil ? .zero : SystemClock.monotonicNow())
    )
    if held.count - first > limit { overdue = limit / 2 }
  }

  /// The next line that may be written; nil while it waits.
  mutating func next() -> Line? { next(isForced: false) }

  /// The same at the end of a run: waits for names until `deadline`, then gives lines without.
  mutating func next(waitingUntil deadline: Instant) -> Line? {
    while true {
      if isEmpty { return nil }
      if let line = next(isForced: false) { return line }
      guard waitForNames(until: deadline) else { return next(isForced: true) }
    }
  }

  /// The names of these addresses, waited for until `deadline`; nil for those not known then.
  mutating func names(of wanted: [Wanted], waitingUntil deadline: Instant) -> [String?] {
    while true {
      let (names, isComplete) = lookUp(wanted)
      if isComplete || !waitForNames(until: deadline) { return names }
    }
  }

  // MARK: private parts

  private mutating func next(isForced: Bool) -> Line? {
    guard first < held.count else { return nil }
    let line = held[first]
    let (names, isComplete) = lookUp(line.wanted)
    let isPatienceOver = patience.map { line.since + $0 <= SystemClock.monotonicNow() } ?? false
    guard isComplete || isForced || overdue > 0 || isPatienceOver else { return nil }
    if overdue > 0 { overdue -= 1 }
    first += 1
    // What has been written goes when nothing waits, or when it is the greater part.
    if first == held.count || first > limit {
      held.removeFirst(first)
      first = 0
    }
    return Line(event: line.event, wall: line.wall, wanted: line.wanted, names: names)
  }

  /// Whether some came.
  private mutating func waitForNames(until deadline: Instant) -> Bool {
    guard let number = names?.descriptor.number, SystemClock.monotonicNow() < deadline else { return false }
    var poller = Poller()
    _ = poller.add(number: number)
    guard (try? poller.wait(until: deadline)) ?? 0 > 0 else { return false }
    acknowledge()
    return true
  }

  /// What is known. All are asked for, also behind one that is not known yet.
  private mutating func lookUp(_ wanted: [Wanted]) -> (names: [String?], isComplete: Bool) {
    if wanted.isEmpty { return ([], true) }
    if isLookingUp, names == nil { names = try? ReverseResolver() }
    guard isLookingUp, let names else { return ([String?](repeating: nil, count: wanted.count), true) }
    var isComplete = true
    let result = wanted.map { address -> String? in
      switch names.lookUp(address.address, scope: address.zone) {
      case .name(let name): return name
      case .pending: isComplete = false
      // Where lines do not wait for ever they may wait for their turn, too.
      case .busy: if patience != nil { isComplete = false }
      }
      return nil
    }
    return (result, isComplete)
  }
}
