import Plan
import ProbeEngine
import Timing

/// What a group would send, by its plan alone.
struct SampleForecast: Hashable {
  private enum Octets {
    static let network: Double = 40
    /// ICMPv6 echo and UDP alike.
    static let header: Double = 8
    /// A SYN with the options that Linux gives it: maximum segment, selective acknowledgment, time stamps, window scale.
    static let synchronize: Double = 40
    /// A solicitation with its source link-layer address.
    static let solicitation: Double = 32
    /// A trace's probe; by its method some more or less.
    static let trace: Double = 40
  }

  var targets: Int
  /// Between two probes to one target; zero: as fast as possible.
  var interval: Nanoseconds
  /// Probes of all targets in a second; nil: as fast as possible.
  var rate: Double?
  /// Octets of one probe from the IPv6 header on; of a trace at most.
  var octets: Double
  /// Packets of one probe; of a trace at most.
  var packets: Int
  /// Probes of all targets; nil: until stopped.
  var probes: Double?

  init(_ group: SampleGroup, targets: Int, duration: Nanoseconds?) {
    self.targets = targets
    interval = group.interval
    if case .constant(let spacing?) = group.order {
      let (all, overflow) = spacing.count.multipliedReportingOverflow(by: Int64(targets))
      interval = max(interval, Nanoseconds(overflow ? .max : all))
    }
    rate = interval > .zero ? Double(targets) * 1e9 / Double(interval.count) : nil
    switch group.probe {
    case .echo, .udp: (octets, packets) = (Octets.network + Octets.header + Double(group.payloadLength), 1)
    case .tcp: (octets, packets) = (Octets.network + Octets.synchronize, 1)
    case .neighbor: (octets, packets) = (Octets.network + Octets.solicitation, 1)
    case .trace(let order):
      packets = Int(order.maximumHops) * order.queries
      octets = (Octets.network + Octets.trace) * Double(packets)
    }
    let byCount = group.count.map { Double($0) * Double(targets) }
    var byTime: Double?
    if let duration, interval > .zero {
      // Deadlines from zero on, the end itself not among them.
      let (times, rest) = duration.count.quotientAndRemainder(dividingBy: interval.count)
      byTime = (Double(times) + (rest > 0 ? 1 : 0)) * Double(targets)
    }
    probes = [byCount, byTime].compactMap { $0 }.min()
  }

  /// Seconds until a group's last probe has left; nil: not known.
  var length: Double? {
    guard let probes, let rate, rate > 0 else { return nil }
    return probes / rate
  }
}
