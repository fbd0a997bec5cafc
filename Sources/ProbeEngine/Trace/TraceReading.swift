import Wire

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
    /// The low bits of the number, as a service repeats the first octets of a datagram; the ports beside it.
    case repeated(UInt16, source: UInt16, destination: UInt16)
    /// UDP ports and length alone.
    case ports(source: UInt16?, destination: UInt16, length: Int?)
    /// A socket that serves one probe alone.
    case socket(number: UInt64)
  }
  var signature: Signature
  var answer: TraceAnswer
  var extensions: [TraceExtension]
  /// The invoking packet as it was quoted; what is nil did not survive or was not shown. Of an answer of the
  /// target itself, which quotes nothing, the destination alone, where only that can show whose answer it is.
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
