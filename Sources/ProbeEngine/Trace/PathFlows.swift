import Timing

/// Makes the flows that a path walk sends to one target: the flow of the configuration first, others from it.
///
/// UDP varies the destination port (or the source port, see `isDestinationPortFixed`) and the flow label together,
/// TCP the source port and the flow label, ICMPv6 the flow label alone. Ports count up, as firewalls expect of a
/// traceroute; flow labels are drawn, because a router that folds port and label together would see too few
/// differences in two counters.
struct PathFlows: Sendable {
  enum PortField: Hashable, Sendable {
    case none, source, destination
  }

  /// Flow 0.
  let base: TraceFlow
  let portField: PortField
  /// How many ports, and labels, have been given out.
  private var ports = 0
  private var labels: Set<UInt32>
  private var numbers: RandomNumbers

  init(_ configuration: TraceConfiguration, target: Int) {
    portField =
      switch configuration.method {
      case .icmp: .none
      case .tcp, .connect: .source
      case .udp:
        if !configuration.isDestinationPortFixed {
          .destination
        } else if configuration.framing == .packet {
          .source
        } else {
          .none
        }
      }
    numbers = RandomNumbers(
      seed: configuration.seed ^ UInt64(truncatingIfNeeded: target) &* 0x9e37_79b9_7f4a_7c15)
    var base = configuration.flow
    let choosesSource = configuration.framing == .packet || portField == .source
    if base.sourcePort == 0, choosesSource, configuration.method != .icmp {
      // A flow needs a port of its own; above the ports that Linux gives out by itself less often collide.
      base.sourcePort = UInt16(61_000 + numbers.next() % 3_000)
    }
    self.base = base
    labels = [base.flowLabel]
  }

  /// Another flow of the ordinary kind: port and label differ from all others.
  mutating func next() -> TraceFlow {
    varyingLabel(of: varyingPort(of: base))
  }

  /// The same ports with another flow label.
  mutating func varyingLabel(of flow: TraceFlow) -> TraceFlow {
    var varied = flow
    repeat {
      varied.flowLabel = UInt32(truncatingIfNeeded: numbers.next() >> 44)
      // More flows than this are never asked for, so a free label comes soon.
    } while varied.flowLabel == 0 || (labels.contains(varied.flowLabel) && labels.count < 1 << 18)
    labels.insert(varied.flowLabel)
    return varied
  }

  /// The same flow label with another port; the flow itself where there are no ports to vary.
  mutating func varyingPort(of flow: TraceFlow) -> TraceFlow {
    var varied = flow
    switch portField {
    case .none: return flow
    case .source: varied.sourcePort = port(after: base.sourcePort)
    case .destination: varied.destinationPort = port(after: base.destinationPort)
    }
    return varied
  }

  /// The next unused port above `start`; beyond 65,535 it goes on from 1,024.
  private mutating func port(after start: UInt16) -> UInt16 {
    ports += 1
    let sum = Int(start) + ports
    return UInt16(sum <= 65_535 ? sum : 1_024 + (sum - 65_536) % 64_512)
  }
}
