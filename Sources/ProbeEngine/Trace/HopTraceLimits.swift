import Timing

/// Routers that limit how many errors they send (RFC 4443 §2.4 (f)), told from a path that loses packets.
extension HopTrace {
  /// So many hops whose last queries alone are unanswered are no chance.
  private static let cutOffHops = 3

  /// As from a token bucket: the first queries were answered and none after them, by one router; and what else is known
  /// of the path speaks against loss: further hops answered all of theirs, or several hops were cut off just so.
  func isRateLimited(_ hopLimit: UInt8) -> Bool {
    let i = index(hopLimit)
    let slots = hops[i]
    guard hopLimit != final, queries >= 2, slots.routers.count == 1, HopTrace.isCutOff(slots) else {
      return false
    }
    let last = index(final ?? maximumHops)
    var full = 0
    for later in hops[(i + 1)...].prefix(last - i) {
      let answered = later.places.count { $0.verdict?.reply != nil }
      if later.places.count >= queries, answered == later.places.count {
        full += 1
      } else if answered > 0, later.isComplete, !HopTrace.isCutOff(later) {
        // Loss further on speaks for a path that loses.
        return false
      }
    }
    return full > 0 || hops[...last].count { HopTrace.isCutOff($0) } >= HopTrace.cutOffHops
  }

  private static func isCutOff(_ slots: HopSlots) -> Bool {
    let inOrder = slots.places.compactMap(\.verdict).sorted { $0.sentAt < $1.sentAt }
    guard let lost = inOrder.firstIndex(where: { $0.isLost }), lost > 0 else { return false }
    // A limiter answers at once or not at all: what came late says that the path is slow, or loses.
    return inOrder[lost...].allSatisfy { $0.isLost }
      && inOrder[..<lost].allSatisfy { $0.reply.map { !$0.isLate } ?? false }
  }
}
