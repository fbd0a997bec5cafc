/// Which probe a transmit stamp belongs to, where the kernel counts messages itself (before Linux 6.13).
///
/// The kernel's counter and ours agree as long as every message that was counted left. After a failed send it is
/// not known whether the kernel counted it, so whoever sends re-arms the option (which sets the counter to 0)
/// and calls `restart`.
struct StampLedger {
  private static let capacity = 4_096

  private var probes: [UInt64] = []
  private var sent: UInt32 = 0

  /// A message left, the probe's number with it.
  mutating func noteSent(_ probe: UInt64) {
    if probes.count < StampLedger.capacity {
      probes.append(probe)
    } else {
      probes[Int(sent) % StampLedger.capacity] = probe
    }
    sent &+= 1
  }

  /// The probe of the message that the kernel counts as `id` (from 0).
  func probe(for id: UInt32) -> UInt64? {
    let age = sent &- id
    guard age >= 1, age <= UInt32(probes.count) else { return nil }
    return probes[Int(id) % StampLedger.capacity]
  }

  mutating func restart() {
    probes.removeAll(keepingCapacity: true)
    sent = 0
  }
}
