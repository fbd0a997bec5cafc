import Timing

/// When and how many probes may leave: rate, gap and window. The same for all targets of a run.
struct TracePace {
  /// Probes in flight to begin with, as traceroute has them.
  private static let firstWindow = 16
  private static let largestWindow = 128
  /// No more octets than this leave at once, however long the probes are.
  private static let largestBurst = 131_072
  /// A probe that is this old and unanswered holds no place in the window any more; where nothing has answered yet,
  /// it holds it twice as long. It is waited for all the same.
  private static let overdue = Nanoseconds.milliseconds(250)
  private static let longRoundTrip = Nanoseconds.milliseconds(2)
  /// The table has room for twice as many.
  private static let mostInFlight = 65_536

  /// As the user said; nothing grows then.
  private let fixed: Int?
  private let largest: Int
  /// Overdue ones included.
  private let most: Int
  private var window: Int
  private let minimumGap: Nanoseconds
  private var pacer: Pacer?
  private var lastSentAt: Instant?
  private var hasAnswers = false
  /// Probes that hold a place in the window.
  private(set) var occupied = 0

  init(_ configuration: TraceConfiguration, at now: Instant) {
    minimumGap = max(configuration.minimumGap, .zero)
    fixed = configuration.maximumInFlight.map { min(max($0, 1), TracePace.mostInFlight) }
    let byOctets = TracePace.largestBurst / max(configuration.packetLength, 1)
    if let rate = configuration.rate, rate > 0, rate <= 1e9 {
      // A rate paces by itself; what is in flight is what it sends while the longest wait lasts.
      pacer = Pacer(.constant(interval: Nanoseconds(Int64(1e9 / max(rate, 1e-6)))), start: now, seed: 0)
      let seconds = max(configuration.wait.maximum.count / 1_000_000_000, 1)
      largest = Int(min(max(rate * Double(seconds), 128), Double(TracePace.mostInFlight)))
      window = largest
      most = largest
    } else {
      largest = min(max(byOctets, TracePace.firstWindow), TracePace.largestWindow)
      window = TracePace.firstWindow
      most = configuration.targets.count > 1 ? largest * 8 : largest
    }
  }

  func hasRoom(inFlight: Int) -> Bool {
    if let fixed { return inFlight < fixed }
    return occupied < window && inFlight < most
  }

  /// When the next probe may leave, room or not.
  func due(now: Instant) -> Instant {
    var due = pacer?.nextDeadline ?? now
    if let lastSentAt, minimumGap > .zero { due = max(due, lastSentAt + minimumGap) }
    return due
  }

  /// Deadlines that passed while there was nothing to send or nobody to send it: the pace goes on without a burst.
  mutating func skipMissed(now: Instant) { _ = pacer?.skipMissed(now: now) }

  mutating func noteSent(at now: Instant) {
    pacer?.advance()
    lastSentAt = now
    occupied += 1
  }

  /// A probe has its verdict or is overdue.
  mutating func noteGone() { occupied -= 1 }

  /// An answer in time: its place is free for another probe, and so is one more, and so the window doubles with each
  /// round trip whose probes are all answered. Where round trips are long, each of them costs more than probes that go
  /// beyond the target: three more.
  mutating func noteAnswered(after roundTrip: Nanoseconds) {
    hasAnswers = true
    let more = roundTrip < TracePace.longRoundTrip ? 1 : 3
    window = max(min(window + more, largest), window)
  }

  /// When a probe that left then holds no place any more; nil where that never happens.
  func overdueAt(_ sentAt: Instant) -> Instant? {
    guard fixed == nil else { return nil }
    return sentAt + TracePace.overdue * (hasAnswers ? 1 : 2)
  }
}

extension TraceConfiguration.Wait {
  /// No probe is waited for longer.
  var maximum: Nanoseconds {
    switch self {
    case .adaptive(let floor, let maximum): max(floor, maximum)
    case .fixed(let wait): wait
    case .traceroute(let maximum, _, _): maximum
    }
  }
}
