package import Wire

/// What came back for a probe, by message type and quoted packet; never by the address that sent it.
package enum TraceAnswer: Hashable, Sendable {
  /// ICMPv6 type 3; code 0 is an ordinary hop.
  case timeExceeded(code: UInt8)
  /// ICMPv6 type 1.
  case unreachable(code: UInt8)
  /// ICMPv6 type 2.
  case packetTooBig(mtu: UInt32)
  /// ICMPv6 type 4.
  case parameterProblem(code: UInt8, pointer: UInt32)
  /// Another ICMPv6 error type (below 128).
  case otherError(type: UInt8, code: UInt8)
  case echoReply
  /// A TCP segment that acknowledges the probe. SYN and ACK: the port is open; RST: closed.
  case tcp(TCPHeader.Flags)
  /// A UDP datagram from the port that was asked.
  case datagram
  /// connect(2) succeeded.
  case connected
  /// connect(2) said ECONNREFUSED without an ICMPv6 error.
  case refused

  /// The target itself answered the probe: an echo reply, a segment, a datagram, or a port unreachable.
  package var isArrival: Bool {
    switch self {
    case .echoReply, .tcp, .datagram, .connected, .refused: true
    case .unreachable(let code): code == 4
    default: false
    }
  }

  /// ICMPv6 type and code; nil for TCP, UDP and connect(2).
  package var icmp: (type: UInt8, code: UInt8)? {
    switch self {
    case .timeExceeded(let code): (3, code)
    case .unreachable(let code): (1, code)
    case .packetTooBig: (2, 0)
    case .parameterProblem(let code, _): (4, code)
    case .otherError(let type, let code): (type, code)
    case .echoReply: (129, 0)
    case .tcp, .datagram, .connected, .refused: nil
    }
  }
}

/// One object of an ICMPv6 extension structure (RFC 4884), with its own storage.
package enum TraceExtension: Hashable, Sendable {
  /// RFC 4950, class 1 type 1.
  case mpls([MPLSLabelStackEntry])
  /// RFC 5837, class 2. `name`: octets as on the wire, unescaped.
  case interface(
    role: InterfaceInformation.Role, index: UInt32?, address: InterfaceInformation.Address?, name: [UInt8]?,
    mtu: UInt32?)
  /// Any other, or one that could not be read.
  case other(classNumber: UInt8, type: UInt8, data: [UInt8])
}

/// A field of the probe that the quoted packet shows changed.
package enum TraceRewrite: Hashable, Sendable {
  /// Upper six bits of the traffic class (RFC 2474).
  case differentiatedServices(sent: UInt8, quoted: UInt8)
  /// Lower two bits (RFC 3168).
  case ecn(sent: UInt8, quoted: UInt8)
  case flowLabel(sent: UInt32, quoted: UInt32)
  case source(sent: IPv6Address, quoted: IPv6Address)
  case destination(sent: IPv6Address, quoted: IPv6Address)
  case sourcePort(sent: UInt16, quoted: UInt16)
  case destinationPort(sent: UInt16, quoted: UInt16)
  /// The IPv6 payload length, or the UDP length, in octets.
  case length(sent: Int, quoted: Int)
  /// The transport checksum, where it was ours.
  case checksum(sent: UInt16, quoted: UInt16)
}
