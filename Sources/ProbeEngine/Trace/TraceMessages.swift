import Timing
import Wire

/// Writes a trace's probes and reads what comes back for them. Pure; knows the key, not the table of probes.
struct TraceMessages: Sendable {
  let configuration: TraceConfiguration
  let key: TraceKey
  /// Octets of the segment routing header; 0 without gateways.
  let routingCount: Int
  /// Addresses that probes are sent to.
  let destinations: Set<IPv6Address>

  init(_ configuration: TraceConfiguration, nonce: KeyedNonce) {
    self.configuration = configuration
    key = TraceKey(nonce)
    let gateways = min(configuration.gateways.count, TraceMessages.maximumGateways)
    routingCount = gateways == 0 ? 0 : 8 + 16 * (gateways + 1)
    destinations = Set(configuration.targets.map(\.address) + configuration.gateways)
  }

  /// What one segment routing header can list beside the target (its length octet counts 8-octet units).
  static var maximumGateways: Int { 126 }

  /// Octets that a transmit buffer must hold.
  var messageLength: Int {
    max(configuration.packetLength, minimumLength + TraceKey.cookieCount) + 64
  }

  // MARK: The place of a probe on the wire

  /// The probe with the ports that its number and the correlation give it, and its final length.
  func assign(_ probe: TraceProbe, number: UInt64) -> TraceProbe {
    var probe = probe
    switch configuration.method {
    case .udp:
      switch configuration.correlation {
      case .keyed: break
      case .portPerProbe where configuration.isDestinationPortFixed:
        // 0: each probe has a socket of its own, and the kernel chooses its port.
        guard probe.flow.sourcePort != 0 else { break }
        probe.flow.sourcePort = TraceMessages.port(probe.flow.sourcePort, number)
      case .portPerProbe:
        // tracepath comes round after 64 ports.
        let step = configuration.payload == .tracepath ? number & 63 : number
        if !countsSourcePort {
          probe.flow.destinationPort = TraceMessages.port(probe.flow.destinationPort, step)
        } else if probe.flow.sourcePort != 0 {
          probe.flow.sourcePort = TraceMessages.port(probe.flow.sourcePort, step)
        }
      case .portPerHop:
        probe.flow.destinationPort = TraceMessages.port(
          probe.flow.destinationPort, UInt64(probe.hopLimit))
      }
      if tellsByLength {
        // The shortest still holds a cookie.
        let least = max(probe.packetLength, minimumLength + TraceKey.cookieCount)
        probe.packetLength = least + Int(number & 63)
      }
      probe.packetLength = clamped(probe.packetLength)
    case .icmp: probe.packetLength = clamped(probe.packetLength)
    case .tcp:
      if countsSourcePort, probe.flow.sourcePort != 0 {
        probe.flow.sourcePort = TraceMessages.port(probe.flow.sourcePort, number)
      }
      probe.packetLength = carriesTCPData ? clamped(probe.packetLength) : minimumLength
    case .connect: break
    }
    return probe
  }

  /// The port so many further on; past the last one it goes on at 1, for 0 is no port.
  static func port(_ base: UInt16, _ step: UInt64) -> UInt16 {
    let port = base &+ UInt16(truncatingIfNeeded: step)
    return port == 0 ? 1 : port
  }

  /// Correlation `.portPerProbe`: which of the two ports counts the probes.
  var countsSourcePort: Bool {
    configuration.correlation == .portPerProbe
      && (configuration.method == .tcp
        || configuration.method == .udp && configuration.isDestinationPortFixed)
  }

  /// Octets of a packet without payload.
  var minimumLength: Int { IPv6Header.count + routingCount + headerCount }

  /// Octets of the header behind IPv6 and segment routing.
  var headerCount: Int {
    switch configuration.method {
    case .udp: UDPHeader.count
    case .icmp: ICMPv6Echo.headerCount
    case .tcp, .connect: TCPHeader.minimumCount + (optionCount + 3) & ~3
    }
  }

  private var optionCount: Int {
    if configuration.tcpOptions.isEmpty {
      return configuration.payload == .ndisc6 || configuration.isTCPBare ? 0 : 4
    }
    return min(configuration.tcpOptions.count, 40)
  }

  /// No shorter than its headers, no longer than a payload length can say.
  private func clamped(_ length: Int) -> Int { min(max(length, minimumLength), 0xffff) }

  /// UDP: the length tells one probe from its neighbours, in case a quote is cut before the cookie.
  var tellsByLength: Bool {
    if case .mtu = configuration.mode { return false }
    return configuration.method == .udp && configuration.correlation == .keyed && hasRoomForOurs
      && !configuration.isLengthFixed
  }

  /// A SYN with data is dropped by some filters, so only who asks for a length gets one; traceroute never.
  var carriesTCPData: Bool {
    if configuration.payload == .traceroute { return false }
    if case .mtu = configuration.mode { return true }
    return configuration.isLengthFixed || configuration.payload == .ndisc6
  }

  /// Nothing of ours stands in the payloads of other tools.
  var hasRoomForOurs: Bool {
    if case .pattern = configuration.payload { return true }
    return false
  }

  /// Octets of payload behind UDP or echo header.
  func payloadCount(_ probe: TraceProbe) -> Int { max(probe.packetLength - minimumLength, 0) }

  /// Two octets of an echo keep its checksum the same whatever the sequence is: some routers take it for ports.
  var keepsChecksum: Bool {
    configuration.method == .icmp && configuration.correlation == .keyed && hasRoomForOurs
  }

  /// Whether a payload of so many octets starts with the cookie.
  func hasCookie(payloadCount: Int) -> Bool {
    hasRoomForOurs && payloadCount >= TraceKey.cookieCount + (keepsChecksum ? 2 : 0)
  }

  // MARK: Numbers on the wire

  /// The sequence of an echo request.
  func echoSequence(_ number: UInt64, _ probe: TraceProbe) -> UInt16 {
    if configuration.payload == .ndisc6 {
      return UInt16(probe.hopLimit) << 8 | UInt16(UInt8(truncatingIfNeeded: probe.query))
    }
    return UInt16(truncatingIfNeeded: number) &+ configuration.firstSequence
  }

  /// What stands in the TCP sequence, or in the acknowledgment of a probe that has no SYN.
  func tcpSequence(_ number: UInt64, _ probe: TraceProbe) -> UInt32 {
    if configuration.payload == .ndisc6 {
      return UInt32(probe.hopLimit) << 24 | UInt32(UInt8(truncatingIfNeeded: probe.query)) << 16
        | UInt32(key.run)
    }
    return key.sequence(number)
  }

  /// A probe that acknowledges, and so is reset without an acknowledgment (RFC 9293 §3.5.2).
  var acknowledges: Bool {
    configuration.tcpFlags.contains(.ack)
  }

  /// What an arrival is to this trace.
  enum Outcome: Sendable {
    case reading(TraceReading)
    /// Not an answer to anything that a trace of this method sends; no word about it.
    case foreign
    /// Looks like one and is not. `type`: ICMPv6 type, 0 for others.
    case rejected(RejectionReason, type: UInt8)
  }

  enum Match: Sendable {
    case probe(UInt64, isWeak: Bool)
    case none(RejectionReason)
  }
}
