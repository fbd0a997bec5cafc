/// What fping remembers of a target: outcomes so far, and round trips in nanoseconds.
struct FpingTally: Hashable {
  /// Probes with an outcome: one in flight is not counted yet.
  private(set) var sent: UInt64 = 0
  private(set) var received: UInt64 = 0
  private(set) var minimum: Int64 = 0
  private(set) var maximum: Int64 = 0
  private var total: Int64 = 0

  mutating func addLoss() { sent += 1 }

  mutating func add(_ roundTrip: Int64) {
    minimum = received == 0 ? roundTrip : min(minimum, roundTrip)
    maximum = max(maximum, roundTrip)
    sent += 1
    received += 1
    let (sum, overflow) = total.addingReportingOverflow(roundTrip)
    total = overflow ? .max : sum
  }

  /// nil before the first answer.
  var average: Int64? { received == 0 ? nil : total / Int64(clamping: received) }
  var lost: UInt64 { sent - received }
  /// Whole per cent, cut off.
  var loss: UInt64 { sent == 0 ? 0 : lost * 100 / sent }
  var returned: UInt64 { sent == 0 ? 0 : received * 100 / sent }
}

/// The round trips that `-C` lists, four octets each, by probe and target.
///
/// A round trip that fits in 31 bits is kept to the nanosecond, a longer one (two seconds and more, of which whole
/// milliseconds are printed) to the microsecond.
struct FpingRoundTrips {
  private enum Mark {
    static let none = UInt32.max
    static let isMicroseconds: UInt32 = 1 << 31
  }

  /// All targets' first probes, then all second ones.
  private var values: [UInt32] = []
  private let targets: Int

  init(targets: Int) { self.targets = targets }

  mutating func set(_ probe: UInt64, of target: Int, to roundTrip: Int64) {
    guard target < targets, let round = Int(exactly: probe), round < Int(UInt32.max) else { return }
    let needed = (round + 1) * targets
    if values.count < needed {
      values.append(contentsOf: repeatElement(Mark.none, count: needed - values.count))
    }
    let short = UInt32(clamping: roundTrip)
    values[round * targets + target] =
      short < Mark.isMicroseconds
      ? short : Mark.isMicroseconds | min(UInt32(clamping: roundTrip / 1_000), Mark.isMicroseconds - 2)
  }

  /// Nanoseconds; nil: it was not answered.
  subscript(_ probe: UInt64, of target: Int) -> Int64? {
    guard let round = Int(exactly: probe), round < values.count / max(targets, 1) else { return nil }
    let value = values[round * targets + target]
    if value == Mark.none { return nil }
    return value < Mark.isMicroseconds ? Int64(value) : Int64(value & ~Mark.isMicroseconds) * 1_000
  }
}
