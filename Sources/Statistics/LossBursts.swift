/// How losses cluster: runs of consecutive lost probes, by sequence (the loss periods of RFC 3357).
///
/// Outcomes may be told in any order; each waits until all before it are known. The figures speak of the
/// probes up to the first one that is still open. At most `windowLimit` sequences wait: if one that far ahead
/// is told, the oldest open ones are given up and count as excluded.
package struct LossBursts: Sendable {
  package enum Outcome: UInt8, Sendable {
    /// A reply came, or anything else that says the probe was not lost.
    case received = 1
    case lost
    /// The probe never left, or was never resolved: it neither extends a burst nor ends it.
    case excluded
  }

  /// 65 536: more than six seconds at 100 µs, and 64 KiB at the very worst. It starts with 64 octets.
  package static let windowLimit = 1 << 16
  private static let initialWindow = 64

  /// The lowest sequence whose outcome is not known.
  package private(set) var firstOpen: UInt64
  /// Outcomes of the sequences from `firstOpen` on, at index sequence modulo size; 0 if not known.
  private var window: [UInt8] = []
  /// How many entries of the window are known.
  private var waiting = 0

  /// All lost probes.
  package private(set) var lost: UInt64 = 0
  /// All probes that were received or lost.
  package private(set) var counted: UInt64 = 0
  /// How many bursts there were, the current one included. A single lost probe is a burst of length 1.
  package private(set) var bursts: UInt64 = 0
  /// The length of the longest burst.
  package private(set) var longest: UInt64 = 0
  /// The length of the burst at the end; 0 if the last outcome was a reply.
  package private(set) var current: UInt64 = 0
  /// How many sequences were given up because the window was full.
  package private(set) var abandoned: UInt64 = 0

  package init(firstSequence: UInt64 = 0) { firstOpen = firstSequence }

  /// Goes on from what somebody else has counted, in order, up to `firstSequence`: how many bursts, the longest, and
  /// the one at the end. `lost` and `counted` begin at 0.
  package init(firstSequence: UInt64, bursts: UInt64, longest: UInt64, current: UInt64) {
    firstOpen = firstSequence
    (self.bursts, self.longest, self.current) = (bursts, longest, current)
  }

  /// The mean length of all bursts; nil if there was none.
  package var meanLength: Double? { bursts == 0 ? nil : Double(lost) / Double(bursts) }

  /// Tells the outcome of a probe. Told twice, or for a sequence that was given up, the first one stands.
  package mutating func resolve(_ sequence: UInt64, _ outcome: Outcome) {
    guard sequence >= firstOpen else { return }
    if sequence == firstOpen, waiting == 0 {
      append(outcome)
      firstOpen &+= 1
      return
    }
    makeRoom(for: sequence)
    guard window[index(of: sequence)] == 0 else { return }
    window[index(of: sequence)] = outcome.rawValue
    waiting += 1
    drain()
  }

  /// Closes the books: every sequence that is still open counts as excluded.
  package mutating func finish() {
    while waiting > 0 {
      close(orElse: .excluded)
    }
  }

  private func index(of sequence: UInt64) -> Int { Int(sequence & UInt64(window.count - 1)) }

  /// Takes what is known at the front of the window.
  private mutating func drain() {
    while waiting > 0, window[index(of: firstOpen)] != 0 { close(orElse: .excluded) }
  }

  /// Moves past the first open sequence.
  private mutating func close(orElse unknown: Outcome) {
    let index = index(of: firstOpen)
    if let outcome = Outcome(rawValue: window[index]) {
      window[index] = 0
      waiting -= 1
      append(outcome)
    } else {
      append(unknown)
    }
    firstOpen &+= 1
  }

  private mutating func makeRoom(for sequence: UInt64) {
    while sequence - firstOpen >= Self.windowLimit {
      guard waiting > 0 else {
        // Nothing is known before this sequence: jump, however far.
        let distance = sequence - firstOpen - UInt64(Self.windowLimit - 1)
        abandoned = abandoned.addingSaturating(distance)
        firstOpen += distance
        break
      }
      if window[index(of: firstOpen)] == 0 { abandoned = abandoned.addingSaturating(1) }
      close(orElse: .excluded)
    }
    let needed = Int(sequence - firstOpen) + 1
    if needed > window.count { grow(to: needed) }
  }

  private mutating func grow(to needed: Int) {
    var size = max(window.count, Self.initialWindow)
    while size < needed { size *= 2 }
    var grown = [UInt8](repeating: 0, count: size)
    for offset in 0..<window.count {
      let sequence = firstOpen &+ UInt64(offset)
      grown[Int(sequence & UInt64(size - 1))] = window[index(of: sequence)]
    }
    window = grown
  }

  private mutating func append(_ outcome: Outcome) {
    switch outcome {
    case .received:
      counted = counted.addingSaturating(1)
      current = 0
    case .lost:
      counted = counted.addingSaturating(1)
      lost = lost.addingSaturating(1)
      if current == 0 { bursts = bursts.addingSaturating(1) }
      current = current.addingSaturating(1)
      longest = max(longest, current)
    case .excluded:
      break
    }
  }
}
