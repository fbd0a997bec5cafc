import Timing
import Wire

/// Writes a trace's probes and reads what comes back for them. Pure; knows the key, not the table of probes.
struct TraceMessages: Sendable {
  let configuration: TraceConfiguration
  private let nonce: KeyedNonce

  init(_ configuration: TraceConfiguration, nonce: KeyedNonce) {
    self.configuration = configuration
    self.nonce = nonce
  }

  /// Octets that a transmit buffer must hold.
  var messageLength: Int { configuration.packetLength + 64 }

  /// The probe with the ports that its number and the correlation give it, and its final length.
  func assign(_ probe: TraceProbe, number: UInt64) -> TraceProbe { probe }

  /// Writes an assigned probe into the buffer and returns how many octets (0 where the kernel makes the packet).
  /// `wall`: nanoseconds since 1970, for a payload that shows them.
  func write(
    into buffer: inout MutableSpan<UInt8>, number: UInt64, probe: TraceProbe, target: TraceTarget, wall: Int64
  ) -> Int { 0 }

  /// What an arrival is to this trace.
  enum Outcome: Sendable {
    case reading(TraceReading)
    /// Not an answer to anything that a trace of this method sends; no word about it.
    case foreign
    /// Looks like one and is not. `type`: ICMPv6 type, 0 for others.
    case rejected(RejectionReason, type: UInt8)
  }

  /// A captured packet from its IPv6 header on; checksums are verified here.
  func read(packet octets: Span<UInt8>) -> Outcome { .foreign }
  /// An ICMPv6 message of a ping socket.
  func read(message octets: Span<UInt8>) -> Outcome { .foreign }
  /// The payload of a UDP datagram.
  func read(datagram octets: Span<UInt8>, sourcePort: UInt16, destinationPort: UInt16) -> Outcome { .foreign }
  /// An entry of the error queue, see `TraceEngine.handleError`.
  func read(error octets: Span<UInt8>, _ error: ErrorArrival, number: UInt64?) -> Outcome { .foreign }

  /// The probe that a reading belongs to, keys checked, and whether the key could not be checked because too
  /// little was quoted.
  func match(_ reading: TraceReading, in probes: some NumberedProbes) -> Match { .none(.quote) }

  enum Match: Sendable {
    case probe(UInt64, isWeak: Bool)
    case none(RejectionReason)
  }

  /// What the quoted packet shows changed.
  func rewrites(
    _ quoted: TraceReading.Quoted, number: UInt64, probe: TraceProbe, target: TraceTarget
  ) -> [TraceRewrite] { [] }
}

/// The probes that were sent, by number.
protocol NumberedProbes {
  subscript(probe number: UInt64) -> TraceProbe? { get }
  func target(of probe: TraceProbe) -> TraceTarget
  /// The youngest probe whose number ends in `low` (of so many bits), if it has been sent.
  func youngest(endingIn low: UInt64, bits: UInt64) -> UInt64?
  /// The oldest probe without a verdict that fits.
  func oldestInFlight(where fits: (TraceProbe) -> Bool) -> UInt64?
  /// The youngest probe, with or without a verdict, that fits, among those still remembered.
  func youngest(where fits: (TraceProbe) -> Bool) -> UInt64?
}

/// What an arrival shows of the probe it belongs to; `TraceMessages.match` looks for that probe.
struct TraceReading: Sendable {
  /// What ties it to a probe, strongest first.
  enum Signature: Hashable, Sendable {
    /// The payload cookie: low 32 bits of the probe's number, and its keyed nonce.
    case cookie(low: UInt32, nonce: UInt64)
    /// The TCP sequence of a probe (already reduced by one where it was acknowledged).
    case tcpSequence(UInt32)
    /// The sequence of an echo, with no cookie left to check.
    case echoSequence(UInt16)
    /// UDP ports and length alone.
    case ports(source: UInt16?, destination: UInt16, length: Int?)
    /// A socket that serves one probe alone.
    case socket(number: UInt64)
  }
  var signature: Signature
  var answer: TraceAnswer
  var extensions: [TraceExtension]
  /// The invoking packet as it was quoted; what is nil did not survive or was not shown.
  var quoted: Quoted

  struct Quoted: Sendable {
    var trafficClass: UInt8?
    var flowLabel: UInt32?
    var hopLimit: UInt8?
    var source: IPv6Address?
    var destination: IPv6Address?
    var sourcePort: UInt16?
    var destinationPort: UInt16?
    /// The IPv6 payload length.
    var payloadLength: Int?
    var checksum: UInt16?
    init() {}
  }
}
